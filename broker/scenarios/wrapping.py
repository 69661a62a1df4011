"""Signature wrapping: a good signature over what the provider should not read, beside what nobody signed.

The forged assertion is a copy of the good one that names another company. It has no signature; that of the Response
goes, as it could not be good. Everything else in it is right, so that only the signature can give it away.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from broker.login import service_of
from broker.scenarios import anew, sp_must
from broker.scenarios.model import CannotAct, Case, OnResponse, Param, Point, Scenario
from broker.wire.encryption import Identifier, Recipient, add_encrypted_id
from broker.wire.names import IDENTIFIER_TYPES, LEGAL_SUBJECT, qname
from broker.wire.xml import Element, add, child, make, serialize
from suppliers.ask import Names

GROUP = "wrapping"
NUMBER = Param(
    "kvk",
    "90009999",
    Names(
        "het KvK-nummer in de vervalste assertion",
        "the KvK number in the forged assertion",
    ),
)
Build = Callable[[Element, Element, Element, Element], None]
"""What a wrapping does with the Response, the signed assertion in it, its Signature, and the forged assertion."""


def _wraps(build: Build) -> OnResponse:
    def act(message: bytes, case: Case) -> bytes:
        response = anew.opened(message)
        good = anew.own_assertion(response)
        anew.unsign(response)
        if anew.signature_of(good) is None:
            anew.sign_again(good, case)
        signature = anew.signature_of(good)
        assert signature is not None
        build(response, good, signature, forged(good, case))
        return serialize(response)

    return act


def forged(good: Element, case: Case) -> Element:
    """The same for another company, without a signature and without Advice, all IDs new. Raises CannotAct."""
    copy = anew.with_new_ids(good, case)
    anew.unsign(copy)
    advice = child(copy, "saml:Advice")
    if advice is not None:
        copy.remove(advice)
    if not _other_company(copy, case):
        raise CannotAct("the assertion has no company in it that could be another")
    return copy


def _other_company(assertion: Element, case: Case) -> bool:
    sp, service = service_of(case.parts, case.login)
    number, changed = case.text("kvk"), False
    for attribute in assertion.iter(qname("saml:Attribute")):
        for value in attribute.iterchildren(qname("saml:AttributeValue")):
            holder = child(value, "saml:EncryptedID")
            if holder is not None and attribute.get("Name") == LEGAL_SUBJECT:
                certificate = service.certificate or next(iter(sp.encryption), None)
                if certificate is None:
                    raise CannotAct("the metadata has no certificate to encrypt another company for")
                value.remove(holder)
                recipient = Recipient(sp.entity_id, certificate, anew.shape_of(case).encryption)
                identifier = Identifier(IDENTIFIER_TYPES["KvKnr"], number)
                add_encrypted_id(value, identifier, recipient, case.parts.new_id)
                changed = True
    for node in anew.plain_values(assertion):
        if re.fullmatch(r"[0-9]{8,9}", node.text or ""):
            node.text = number
            changed = True
    return changed


def before(response: Element, good: Element, signature: Element, evil: Element) -> None:
    good.addprevious(evil)


def behind(response: Element, good: Element, signature: Element, evil: Element) -> None:
    good.addnext(evil)


def around(response: Element, good: Element, signature: Element, evil: Element) -> None:
    response.replace(good, evil)
    evil.append(good)


def signature_moved(response: Element, good: Element, signature: Element, evil: Element) -> None:
    good.remove(signature)
    good.addprevious(evil)
    _after_issuer(evil, signature)


def in_signature(response: Element, good: Element, signature: Element, evil: Element) -> None:
    good.remove(signature)
    response.replace(good, evil)
    _after_issuer(evil, signature)
    signature.append(good)


def in_extensions(response: Element, good: Element, signature: Element, evil: Element) -> None:
    holder = make("samlp:Extensions")
    issuer = child(response, "saml:Issuer")
    assert issuer is not None
    issuer.addnext(holder)
    holder.append(evil)


def in_object(response: Element, good: Element, signature: Element, evil: Element) -> None:
    good.remove(signature)
    response.replace(good, evil)
    _after_issuer(evil, signature)
    add(signature, "ds:Object").append(good)


def same_id(response: Element, good: Element, signature: Element, evil: Element) -> None:
    evil.set("ID", good.get("ID", ""))
    good.addprevious(evil)


def _after_issuer(assertion: Element, signature: Element) -> None:
    issuer = child(assertion, "saml:Issuer")
    assert issuer is not None
    issuer.addnext(signature)


def _wrapping(
    name: str, build: Build, title: tuple[str, str], changes: tuple[str, str], reference: str
) -> Scenario:
    return Scenario(
        name,
        Names(*title),
        GROUP,
        Point.RESPONSE,
        _wraps(build),
        Names(
            f"{changes[0]}; de Response is niet ondertekend",
            f"{changes[1]}; the Response is not signed",
        ),
        sp_must.REFUSE,
        f"SP-12, {reference}",
        (NUMBER,),
        hostile=True,
    )


SCENARIOS = (
    _wrapping(
        "wrapping-before",
        before,
        ("Vervalste assertion voor de ondertekende", "Forged assertion before the signed one"),
        (
            "Voor de goede assertion staat een vervalste zonder handtekening",
            "A forged assertion without a signature stands before the good one",
        ),
        "XSW-03",
    ),
    _wrapping(
        "wrapping-around",
        around,
        ("Vervalste assertion om de ondertekende heen", "Forged assertion around the signed one"),
        (
            "De goede assertion zit in een vervalste zonder handtekening",
            "The good assertion is inside a forged one without a signature",
        ),
        "XSW-04",
    ),
    _wrapping(
        "wrapping-signature-moved",
        signature_moved,
        ("Handtekening verplaatst naar de vervalste assertion", "Signature moved to the forged assertion"),
        (
            "De vervalste assertion heeft de handtekening van de goede, die erachter staat",
            "The forged assertion has the signature of the good one, which stands behind it",
        ),
        "XSW-05",
    ),
    _wrapping(
        "wrapping-in-signature",
        in_signature,
        ("Goede assertion in de handtekening", "Good assertion inside the signature"),
        (
            "De vervalste assertion heeft de handtekening van de goede, en die zit daar weer in",
            "The forged assertion has the signature of the good one, which is inside it",
        ),
        "XSW-06",
    ),
    _wrapping(
        "wrapping-in-extensions",
        in_extensions,
        ("Vervalste assertion in Extensions", "Forged assertion in Extensions"),
        (
            "In Extensions, voor de goede assertion, staat een vervalste zonder handtekening",
            "A forged assertion without a signature stands in Extensions, before the good one",
        ),
        "XSW-07",
    ),
    _wrapping(
        "wrapping-in-object",
        in_object,
        ("Goede assertion in een Object van de handtekening", "Good assertion in an Object of the signature"),
        (
            "De vervalste assertion heeft de handtekening van de goede, en die zit in een Object daarvan",
            "The forged assertion has the signature of the good one, which is in an Object of that",
        ),
        "XSW-08",
    ),
    _wrapping(
        "wrapping-behind",
        behind,
        ("Vervalste assertion achter de ondertekende", "Forged assertion behind the signed one"),
        (
            "Achter de goede assertion staat een vervalste zonder handtekening",
            "A forged assertion without a signature stands behind the good one",
        ),
        "XSW-10",
    ),
    _wrapping(
        "wrapping-same-id",
        same_id,
        ("Twee assertions met dezelfde ID", "Two assertions with the same ID"),
        (
            "Voor de goede assertion staat een vervalste zonder handtekening, met dezelfde ID",
            "A forged assertion without a signature, with the same ID, stands before the good one",
        ),
        "XSW-12",
    ),
)
