"""What it asks for beyond that, and what is there for nothing (AR-39..40)."""

from __future__ import annotations

from lxml import etree

from broker.rules import attributes
from broker.rules.authn.examples import rule, sent
from broker.rules.authn.seen import EXTRA_ATTRIBUTE, UNSUPPORTED, SeenRequest, said
from broker.rules.authn.wishes import BEFORE_CONTEXT
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import ATTRIBUTES, INTERFACE
from broker.rules.nearest import nearest
from broker.wire import names
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.request import empty_spots
from broker.wire.xml import Element, named, named_in

ASKING = "esp:RequestedAttributes"


def _extended(inside: str) -> tuple[str, str]:
    extensions = f"  <samlp:Extensions>\n    {inside}\n  </samlp:Extensions>\n"
    return BEFORE_CONTEXT, extensions + BEFORE_CONTEXT


def _asking(attribute: str) -> tuple[str, str]:
    return _extended(
        '<esp:RequestedAttributes xmlns:esp="urn:etoegang:1.9:samlp-extension"'
        f' xmlns:md="{names.MD}">\n      <md:RequestedAttribute Name="{attribute}"/>\n'
        "    </esp:RequestedAttributes>"
    )


@rule(
    "AR-39",
    "the request asks only for extra attributes that the service may have",
    "E/E/-",
    mend="Ask only for attributes that the service catalogue lists for the service, and never for identifiers: "
    "those are in the identifier sets.",
    reference=ATTRIBUTES,
    status=UNSUPPORTED,
    bad=sent(_asking("urn:etoegang:core:LegalSubjectID")),
    good=sent(_asking("urn:etoegang:1.9:attribute:FirstName")),
    certainty="That a request to a broker may ask for attributes could not be confirmed; on HM-AD it may.",
)
def attributes_allowed(seen: SeenRequest) -> Fault | None:
    for holder in seen.request.element.iterfind(f"{qname('samlp:Extensions')}/{qname(ASKING)}"):
        if fault := _no_attributes(holder):
            return fault
    asked = seen.request.requested_attributes
    if not asked:
        raise NotApplicable
    wrong = [
        name
        for name in asked
        if not EXTRA_ATTRIBUTE.fullmatch(name) or (seen.may_ask is not None and name not in seen.may_ask)
    ]
    if not wrong:
        return None
    expected = "urn:etoegang:<version>:attribute:<name> or attribute-represented:<name>"
    if seen.may_ask is not None:
        expected = "of the catalogue: " + (", ".join(seen.may_ask) or "none")
    received = ", ".join(said(name) if name else "one without Name" for name in wrong)
    return Fault(expected, received, mend=_meant(seen, wrong[0]), at=_attribute(seen, wrong[0]))


def _meant(seen: SeenRequest, name: str) -> str | None:
    """What somebody will have meant by a name that may not be asked; None where the usual mend will do."""
    if not name:
        return "Put the URN of the attribute in Name; FriendlyName is for people, and asks for nothing."
    found = attributes.meant(name) or nearest(name, seen.may_ask or (), 0.85)
    if found and found != name and (seen.may_ask is None or found in seen.may_ask):
        return f"Write {found}."
    return None


@rule(
    "AR-39-other",
    "Extensions holds esp:RequestedAttributes only",
    "W/W/-",
    mend="Leave other extensions out: the scheme has only RequestedAttributes of urn:etoegang:1.9:samlp-extension.",
    reference=INTERFACE,
    bad=sent(_extended('<x:Language xmlns:x="urn:example">nl</x:Language>')),
)
def extensions_known(seen: SeenRequest) -> Fault | None:
    if not seen.request.other_extensions:
        return None
    received = ", ".join(seen.request.other_extensions)
    mend = None
    if any("RequestedAttributes>" in one for one in seen.request.other_extensions):
        mend = f"Use the namespace {names.ESP} for RequestedAttributes, letter for letter: another one is not heard."
    return Fault(
        f"<{ASKING}> in the namespace {names.ESP} only",
        received,
        mend=mend,
        at=seen.inside("samlp:Extensions"),
    )


@rule(
    "AR-40",
    "no optional part is there but empty",
    "W",
    mend="Leave an optional element or attribute out when it has no value.",
    reference=INTERFACE,
    bad=sent(("</samlp:AuthnRequest>", "  <samlp:Scoping/>\n</samlp:AuthnRequest>")),
)
def nothing_empty(seen: SeenRequest) -> Fault | None:
    # What is obligatory, or judged by a rule of its own, is no optional part.
    known = ("ID", "Version", "IssueInstant", "Destination", "Consent", "ProviderName")
    found = [
        place
        for place in empty_spots(seen.request.element)
        if place.attribute not in known and place.element.tag != qname("saml:Issuer")
    ]
    if not found:
        return None
    listed = ", ".join(f"@{place.attribute}" if place.attribute else named(place.element) for place in found)
    return Fault("a value, or no such part", listed, at=found[0])


def _no_attributes(holder: Element) -> Fault | None:
    """What is in the list and asks for nothing: nobody may take it for a request that was heard."""
    inside = list(holder.iterchildren(etree.Element))
    wrong = [node for node in inside if node.tag != qname("md:RequestedAttribute")]
    if inside and not wrong:
        return None
    return Fault(
        f"in {named(holder)}: <md:RequestedAttribute> in the namespace {names.MD}",
        ", ".join(map(named_in, wrong[:10])) or "none",
        mend=f"Write a <md:RequestedAttribute Name=…> of the namespace {names.MD} for each attribute that you ask for, "
        f"and nothing else; or leave {named(holder)} out.",
        at=Spot(wrong[0] if wrong else holder),
    )


def _attribute(seen: SeenRequest, name: str) -> Spot:
    for node in seen.request.element.iter(qname("md:RequestedAttribute")):
        if node.get("Name", "") == name:
            return Spot(node, "Name")
    return seen.at()
