"""What may stand in a catalogue only once, and what each thing in it refers to (SC-03)."""

from __future__ import annotations

from collections.abc import Iterable

from broker.rules.authn.seen import said
from broker.rules.engine import Fault
from broker.rules.finding import Severity
from broker.rules.service_catalogue.examples import HM, swap
from broker.rules.service_catalogue.seen import CATALOGUE, SeenCatalogue, rule
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.service_catalogue import UUID
from broker.wire.xml import Element, named, text_of

_INSTANCE = "<esc:InstanceOfService>11111111-1111-4111-8111-111111111111</esc:InstanceOfService>"
_SECOND = f"""    <esc:ServiceDefinition esc:IsPublic="true">
      <esc:ServiceUUID>33333333-3333-4333-8333-333333333333</esc:ServiceUUID>
      <esc:ServiceName xml:lang="nl">Ander loket</esc:ServiceName>
      <esc:ServiceDescription xml:lang="nl">Iets anders aanvragen</esc:ServiceDescription>
      <saml:AuthnContextClassRef>urn:etoegang:core:assurance-class:loa3</saml:AuthnContextClassRef>
      <esc:HerkenningsmakelaarId>{HM}</esc:HerkenningsmakelaarId>
      <esc:EntityConcernedTypesAllowed>urn:etoegang:1.9:EntityConcernedID:RSIN</esc:EntityConcernedTypesAllowed>
    </esc:ServiceDefinition>
"""


@rule(
    "SC-03",
    "each ServiceInstance is one of a ServiceDefinition in the catalogue",
    "E",
    mend="Let InstanceOfService be the ServiceUUID of a ServiceDefinition.",
    reference=CATALOGUE,
    **swap(_INSTANCE, _INSTANCE.replace("1111-1", "3333-1", 1)),
)
def instances(seen: SeenCatalogue) -> Fault | None:
    """A UUID that is none, SC-01 says. Other capitals are the same UUID, and a warning."""
    written = [seen.text(node, "ServiceUUID") for node in seen.every("ServiceDefinition")]
    definitions = {uuid.lower(): uuid for uuid in written}
    exactly, sound = set(written), all(map(UUID.fullmatch, written))
    warning = None
    for node in seen.some("ServiceInstance"):
        pointers = seen.inside(node, "InstanceOfService")
        others = seen.inside(node, "IntermediatedService")
        if not pointers:
            if others:
                continue
            mend = "Add InstanceOfService, with the ServiceUUID of the ServiceDefinition that it is one of."
            return Fault("InstanceOfService", "none", mend=mend, at=Spot(node))
        wanted = text_of(pointers[0]) or ""
        if not sound or not UUID.fullmatch(wanted):
            continue
        if wanted.lower() not in definitions:
            expected = "one of " + (", ".join(definitions.values()) or "no ServiceDefinition at all")
            return Fault(expected, said(wanted), at=Spot(pointers[0]))
        if wanted not in exactly:
            warning = Fault(
                said(definitions[wanted.lower()]),
                said(wanted),
                mend="Write it with the capitals of the ServiceUUID: not everybody compares them without.",
                at=Spot(pointers[0]),
                severity=Severity.WARNING,
            )
        elif others:
            warning = Fault(
                "InstanceOfService or IntermediatedService",
                "both",
                mend="Leave IntermediatedService out, unless the service stands for one of another provider; then "
                "leave InstanceOfService out.",
                at=Spot(others[0]),
                severity=Severity.WARNING,
            )
    return warning


@rule(
    "SC-03-unique",
    "each ServiceProvider, ServiceUUID and ServiceID stands there once",
    "E",
    mend="Give each ServiceDefinition and each ServiceInstance a new UUID of its own, and each instance its own "
    "ServiceID.",
    reference=CATALOGUE,
    **swap("22222222-2222-4222-8222-222222222222", "11111111-1111-4111-8111-111111111111"),
)
def unique(seen: SeenCatalogue) -> Fault | None:
    """A ServiceProvider that stands there twice is told as that alone."""
    if (node := _second(seen.every("ServiceProviderID"))) is not None:
        mend = "Put all services of one OIN in one ServiceProvider, and take the other out."
        return Fault("each ServiceProviderID once", f"{said(text_of(node))} twice", mend=mend, at=Spot(node))
    if (node := _second(seen.every("ServiceUUID"))) is not None:
        holder = node.getparent()
        received = f"{said(text_of(node))} for the second time"
        if holder is not None:
            received += f", in {named(holder)}"
        return Fault("a ServiceUUID that stands nowhere else", received, at=Spot(node))
    if (node := _second(seen.every("ServiceID"))) is not None:
        mend = "Number the services: each ServiceInstance has a ServiceID of its own."
        return Fault("each ServiceID once", f"{said(text_of(node))} twice", mend=mend, at=Spot(node))
    return None


@rule(
    "SC-03-once",
    "there is one text for each language, and each attribute is named once",
    "E",
    mend="Leave one of them: nobody knows which one counts.",
    reference=CATALOGUE,
    **swap(
        '<esc:ServiceName xml:lang="nl">Mijn loket</esc:ServiceName>',
        '<esc:ServiceName xml:lang="nl">Mijn loket</esc:ServiceName>'
        '<esc:ServiceName xml:lang="nl">Ons loket</esc:ServiceName>',
    ),
)
def once(seen: SeenCatalogue) -> Fault | None:
    by = {
        "OrganizationDisplayName": qname("xml:lang"),
        "ServiceName": qname("xml:lang"),
        "ServiceDescription": qname("xml:lang"),
        "PurposeStatement": qname("xml:lang"),
        "RequestedAttribute": "Name",
    }
    for name, attribute in by.items():
        there: set[tuple[Element | None, str]] = set()
        for node in seen.every(name):
            key = (node.getparent(), node.get(attribute, ""))
            if key[1] and key in there:
                received = f"{named(node)} with {said(key[1])} for the second time"
                return Fault("each one once", received, at=Spot(node, attribute))
            there.add(key)
    return None


@rule(
    "SC-03-used",
    "each ServiceDefinition has a ServiceInstance",
    "W",
    mend="Add a ServiceInstance with a ServiceID for it, or leave the ServiceDefinition out: as it is, nobody logs in.",
    reference=CATALOGUE,
    **swap("    <esc:ServiceInstance", _SECOND + "    <esc:ServiceInstance"),
)
def used(seen: SeenCatalogue) -> Fault | None:
    """Not where a UUID is none, as SC-01 says, or leads nowhere, as SC-03 says."""
    pointers = {
        (text_of(node) or "").lower()
        for name in ("InstanceOfService", "IntermediatedService")
        for node in seen.every(name)
    }
    definitions = {seen.text(node, "ServiceUUID").lower(): node for node in seen.some("ServiceDefinition")}
    unused = [node for uuid, node in definitions.items() if uuid not in pointers]
    bare = [node for node in seen.every("ServiceInstance") if not _points(seen, node, definitions)]
    if not unused or bare or not all(map(UUID.fullmatch, (*definitions, *pointers))):
        return None
    return Fault("a ServiceInstance of it", "none", at=Spot(unused[0]))


@rule(
    "SC-03-portal",
    "a portal names services that are in the catalogue",
    "W",
    mend="Write the ServiceID of a service in this catalogue as PortalForService, or leave it out.",
    reference=CATALOGUE,
    certainty="A portal may be for services of another provider, whose catalogue is another document.",
    **swap(
        "    </esc:ServiceInstance>",
        "      <esc:PortalForService>33333333-3333-4333-8333-333333333333</esc:PortalForService>\n"
        "    </esc:ServiceInstance>",
    ),
)
def portals(seen: SeenCatalogue) -> Fault | None:
    known = {text_of(node) or "" for name in ("ServiceID", "ServiceUUID") for node in seen.every(name)}
    for node in seen.every("PortalForService"):
        if (text_of(node) or "") not in known:
            listed = ", ".join(text_of(one) or "" for one in seen.every("ServiceID"))
            return Fault(f"one of {listed or 'no ServiceID at all'}", said(text_of(node)), at=Spot(node))
    return None


def _points(seen: SeenCatalogue, node: Element, definitions: Iterable[str]) -> bool:
    if seen.inside(node, "IntermediatedService"):
        return True
    return seen.text(node, "InstanceOfService").lower() in definitions


def _second(nodes: Iterable[Element]) -> Element | None:
    """The first that says what another one before it said, capitals aside."""
    there: set[str] = set()
    for node in nodes:
        text = (text_of(node) or "").lower()
        if text and text in there:
            return node
        there.add(text)
    return None
