"""A Response that was signed, taken apart and signed anew: what the RESPONSE scenarios are made of.

Every key is one that this mock made, and its certificate says TEST.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from broker.scenarios.model import CannotAct, Case
from broker.wire.assertions import Party
from broker.wire.keys import SigningKey
from broker.wire.names import qname
from broker.wire.shape import Shape, Signing
from broker.wire.signing import sign
from broker.wire.xml import Element, child, children, parse_own, serialize

STRANGER = "scenario-stranger"
ID = re.compile(rb'\b(?:ID|Id)="([^"]+)"')


def stranger(case: Case) -> Party:
    """Our entity id with a key that no metadata has; made the first time that somebody needs it."""
    return case.parts.party(STRANGER, case.parts.settings.entity_id)


def supplier_key(case: Case) -> SigningKey:
    """The key of the AD at which the person logged in: known in the network, and not ours."""
    slug = case.login.supplier or ""
    offer = next((offer for offer in case.parts.suppliers.offers() if offer.slug == slug), None)
    if offer is None:
        raise CannotAct("no supplier was chosen in this login")
    return case.parts.party(f"supplier-{slug}-ad", offer.ad).key


def shape_of(case: Case) -> Shape:
    return case.parts.current.shape_of(case.login.sp, case.login.version)


def opened(message: bytes) -> Element:
    return parse_own(message)


def own_assertion(response: Element) -> Element:
    """Ours, in clear. Raises CannotAct."""
    found = child(response, "saml:Assertion")
    if found is None and child(response, "saml:EncryptedAssertion") is not None:
        raise CannotAct(
            "the assertion is encrypted for this provider as a whole: nothing in it can be altered"
        )
    if found is None:
        raise CannotAct("this login ended without an assertion")
    return found


def signature_of(element: Element) -> Element | None:
    return child(element, "ds:Signature")


def signed_elements(response: Element) -> list[Element]:
    """Of Response and own assertion those that are signed; what is in Advice is the suppliers'."""
    found = (response, *children(response, "saml:Assertion"))
    return [element for element in found if signature_of(element) is not None]


def unsign(element: Element) -> bool:
    """Take its own signature away; whether there was one."""
    found = signature_of(element)
    if found is not None:
        element.remove(found)
    return found is not None


def resigned(
    response: Element,
    case: Case,
    change: Callable[[], object] = lambda: None,
    *,
    key: SigningKey | None = None,
    signing: Signing | None = None,
    finish: Callable[[Element], object] = lambda signature: None,
) -> bytes:
    """Alter something, and sign what was signed again, from the inside out: own assertion, then Response.

    ``finish`` gets each new signature before the one around it is made.
    """
    inner = [element for element in children(response, "saml:Assertion") if unsign(element)]
    outer = [response] if unsign(response) else []
    change()
    for element in (*inner, *outer):
        sign_again(element, case, key=key, signing=signing)
        made = signature_of(element)
        assert made is not None
        finish(made)
    return serialize(response)


def sign_again(
    element: Element, case: Case, *, key: SigningKey | None = None, signing: Signing | None = None
) -> None:
    """One more signature, after the Issuer."""
    issuer = child(element, "saml:Issuer")
    sign(element, key or case.parts.broker.key, after=issuer, algorithms=signing or shape_of(case).signing)


def set_status(response: Element, top: str, second: str | None = None) -> None:
    status = child(response, "samlp:Status")
    code = None if status is None else child(status, "samlp:StatusCode")
    assert code is not None
    code.clear()
    code.set("Value", top)
    if second:
        nested = code.makeelement(qname("samlp:StatusCode"), {"Value": second})
        code.append(nested)


def plain_values(assertion: Element) -> Iterator[Element]:
    """What says something in clear: the NameID of the Subject, and the values of the attributes."""
    subject = child(assertion, "saml:Subject")
    name_id = None if subject is None else child(subject, "saml:NameID")
    if name_id is not None:
        yield name_id
    for value in assertion.iterfind(
        f"{qname('saml:AttributeStatement')}/{qname('saml:Attribute')}/{qname('saml:AttributeValue')}"
    ):
        inside = child(value, "saml:NameID")
        node = value if inside is None else inside
        if node.text and not len(node):
            yield node


def encrypted_parts(response: Element) -> list[Element]:
    """Each holder of something that is encrypted for the provider. Raises CannotAct where there is none."""
    advice = qname("saml:Advice")
    found = [
        parent
        for data in response.iter(qname("xenc:EncryptedData"))
        if (parent := data.getparent()) is not None and next(data.iterancestors(advice), None) is None
    ]
    if not found:
        raise CannotAct("nothing in this answer is encrypted for the provider")
    return found


def with_new_ids(element: Element, case: Case) -> Element:
    """A copy, all of whose IDs are new, with what refers to them inside it."""
    text = serialize(element)
    for old in dict.fromkeys(ID.findall(text)):
        text = text.replace(old, case.parts.new_id().encode())
    return parse_own(text)
