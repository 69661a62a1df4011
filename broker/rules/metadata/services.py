"""The services that it announces (MD-22..29)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from broker.rules.authn.seen import EXTRA_ATTRIBUTE, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import ATTRIBUTES, METADATA
from broker.rules.metadata.endpoints import indexes_unique
from broker.rules.metadata.examples import OIN, SURROUNDINGS, other, swap
from broker.rules.metadata.seen import SeenMetadata, rule
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.request import is_true
from broker.wire.service_catalogue import CatalogueService, Wanted
from broker.wire.xml import Element, children, text_of

CATALOGUE = "https://afsprakenstelsel.etoegang.nl/display/as/Service+catalog"
SERVICE_ID = re.compile(r"urn:etoegang:DV:([0-9]{20}):services:[0-9]{1,4}")
INTERMEDIATE = re.compile(r"urn:etoegang:1\.[0-9]+:attribute-intermediate:CompanyName")
IDENTIFYING = re.compile(
    r"urn:etoegang:(core:(ActingSubjectID|LegalSubjectID|IntermediateSubjectID|ActingEntityID)"
    r"|1\.[0-9]+:(EntityConcernedID|ServiceRestriction):\S+"
    r"|1\.[0-9]+:attribute(-represented)?:(KvKnr|RSIN|BSN|Pseudo|PseudoID|Vestigingsnr|SubdossierNr))"
)
_SECOND = (
    '<md:AttributeConsumingService index="2"><md:ServiceName xml:lang="nl">Ander loket</md:ServiceName>'
    f'<md:RequestedAttribute Name="urn:etoegang:DV:{OIN}:services:2"/></md:AttributeConsumingService>'
)
_END = "  </md:SPSSODescriptor>"


def listing(*names: str, number: int = 1, types: tuple[str, ...] = ("KvKnr",)) -> CatalogueService:
    """A service in a catalogue, for the examples."""
    return CatalogueService(
        service_id=f"urn:etoegang:DV:{OIN}:services:{number}",
        uuid="11111111-1111-4111-8111-111111111111",
        instance_uuid="22222222-2222-4222-8222-222222222222",
        oin=OIN,
        names={"nl": "Mijn loket"},
        provider={"nl": "Testorganisatie (fictief)"},
        level="urn:etoegang:core:assurance-class:loa3",
        identifier_sets=(types,),
        branches_accepted=False,
        attributes=tuple(Wanted(name) for name in names),
    )


def _listed(*found: CatalogueService) -> dict[str, CatalogueService]:
    return {service.service_id: service for service in found}


@rule(
    "MD-22",
    "there is a md:AttributeConsumingService for each service, each with an index of its own",
    "E/E/-",
    mend="Describe each service in a md:AttributeConsumingService with an index that no other has.",
    reference=METADATA,
    **swap(_END, _SECOND.replace('"2"', '"1"', 1) + _END),
)
def services(seen: SeenMetadata) -> Fault | None:
    found = seen.all("md:AttributeConsumingService")
    if not found:
        return Fault("at least one md:AttributeConsumingService", "none", at=Spot(seen.descriptor))
    return indexes_unique(found)


@rule(
    "MD-23",
    "of several services one is the default",
    "E/E/-",
    mend='Mark one md:AttributeConsumingService with isDefault="true".',
    reference=METADATA,
    **other(
        'Two services, and none has isDefault="true".',
        'Two services, and one has isDefault="true".',
        (
            '<md:AttributeConsumingService index="1" isDefault="true">',
            '<md:AttributeConsumingService index="1">',
        ),
        (_END, _SECOND + _END),
        right=((_END, _SECOND + _END),),
    ),
)
def one_default(seen: SeenMetadata) -> Fault | None:
    found = seen.all("md:AttributeConsumingService")
    if len(found) < 2:
        raise NotApplicable
    marked = [node for node in found if is_true(node.get("isDefault"))]
    if len(marked) == 1:
        return None
    spot = Spot(marked[1], "isDefault") if marked else Spot(found[0])
    return Fault('isDefault="true" once', f"{len(marked)} times" if marked else "nowhere", at=spot)


@rule(
    "MD-24",
    "each service has a name in Dutch",
    "W/W/-",
    mend='Add <md:ServiceName xml:lang="nl"> with the name that people know the service by.',
    reference=METADATA,
    **swap('<md:ServiceName xml:lang="nl">', '<md:ServiceName xml:lang="en">'),
)
def names(seen: SeenMetadata) -> Fault | None:
    for node in _services(seen):
        found = {
            item.get(qname("xml:lang"), "none"): text_of(item) for item in children(node, "md:ServiceName")
        }
        if not found.get("nl"):
            said_ = (f"xml:lang {lang}{'' if text else ', which is empty'}" for lang, text in found.items())
            received = ", ".join(said_) or "no md:ServiceName"
            return Fault('a md:ServiceName with xml:lang="nl"', received, at=Spot(node))
    return None


@rule(
    "MD-25",
    "each service asks for one ServiceID, of its own OIN",
    "E/E/-",
    mend="Give it one md:RequestedAttribute whose Name is the ServiceID: urn:etoegang:DV:<your OIN>:services:<number>.",
    reference=METADATA,
    **swap(
        f'Name="urn:etoegang:DV:{OIN}:services:1"', 'Name="urn:etoegang:DV:00000001666666660000:services:1"'
    ),
)
def one_service_id(seen: SeenMetadata) -> Fault | None:
    for node in _services(seen):
        found = [item for item in _asked(node) if item.get("Name", "").startswith("urn:etoegang:DV:")]
        if len(found) != 1:
            received = ", ".join(said(item.get("Name")) for item in found) or "none"
            return Fault(
                "one md:RequestedAttribute named urn:etoegang:DV:<OIN>:services:<number>",
                received,
                at=Spot(found[1], "Name") if found else Spot(node),
            )
        (one,) = found
        match = SERVICE_ID.fullmatch(one.get("Name", ""))
        if match is None:
            expected = "urn:etoegang:DV:<20 digits>:services:<number>"
            return Fault(expected, said(one.get("Name")), at=Spot(one, "Name"))
        try:
            oin = seen.oin
        except NotApplicable:
            continue
        if match[1] != oin:
            expected = f"the OIN of the entity id, {oin}"
            return Fault(expected, said(one.get("Name")), at=Spot(one, "Name"))
    return None


@rule(
    "MD-25-catalogue",
    "each ServiceID is in the service catalogue",
    "E/E/-",
    mend="Have the service put in the catalogue, or name the ServiceID that the catalogue has.",
    reference=CATALOGUE,
    **other(
        "A catalogue that has services:2 only, and metadata that names services:1.",
        "A catalogue that has services:1.",
        around=replace(SURROUNDINGS, catalogue=_listed(listing(number=2))),
        good=replace(SURROUNDINGS, catalogue=_listed(listing("urn:etoegang:1.9:attribute:FirstName"))),
    ),
)
def in_catalogue(seen: SeenMetadata) -> Fault | None:
    """Only where a catalogue of this provider is known; without one the mock makes do with the metadata."""
    oin = seen.oin
    known = [name for name in (*seen.around.catalogue, *seen.around.in_yaml) if f":DV:{oin}:" in name]
    if not known:
        raise NotApplicable
    for _, item in _all_asked(seen):
        name = item.get("Name", "")
        if SERVICE_ID.fullmatch(name) and f":DV:{oin}:" in name and name not in known:
            return Fault("one of " + ", ".join(sorted(set(known))[:10]), said(name), at=Spot(item, "Name"))
    return None


@rule(
    "MD-26",
    "the attributes that a service asks for exist, and the catalogue has them for it",
    "E/E/-",
    mend="Ask only for attributes of the scheme's list that the catalogue names for this service.",
    reference=ATTRIBUTES,
    **swap("urn:etoegang:1.9:attribute:FirstName", "urn:oid:2.5.4.42"),
)
def attributes_known(seen: SeenMetadata) -> Fault | None:
    judged = False
    for node, item in _all_asked(seen):
        name = item.get("Name", "")
        if name.startswith("urn:etoegang:DV:") or IDENTIFYING.fullmatch(name) or INTERMEDIATE.fullmatch(name):
            continue
        if not any(one.get("Name", "").startswith("urn:etoegang:DV:") for one in _asked(node)):
            continue  # MD-25 says that this should be the ServiceID
        judged = True
        if not EXTRA_ATTRIBUTE.fullmatch(name):
            expected = "urn:etoegang:<version>:attribute:<name> or attribute-represented:<name>"
            return Fault(expected, said(name), at=Spot(item, "Name"))
        listed = [
            seen.around.catalogue[service]
            for one in _asked(node)
            if (service := one.get("Name", "")) in seen.around.catalogue
        ]
        if listed and name not in [wanted.name for wanted in listed[0].attributes]:
            known = ", ".join(wanted.name for wanted in listed[0].attributes) or "none for this service"
            return Fault("of the catalogue: " + known, said(name), at=Spot(item, "Name"))
    if not judged:
        raise NotApplicable
    return None


@rule(
    "MD-27",
    "no service asks for an identifier as an attribute",
    "E/E/-",
    mend="Leave it out: identifiers are chosen by EntityConcernedTypesAllowed in the service catalogue.",
    reference=METADATA,
    **swap("urn:etoegang:1.9:attribute:FirstName", "urn:etoegang:1.9:EntityConcernedID:KvKnr"),
)
def no_identifiers(seen: SeenMetadata) -> Fault | None:
    for _, item in _all_asked(seen):
        if IDENTIFYING.fullmatch(item.get("Name", "")):
            return Fault("no identifying attribute", said(item.get("Name")), at=Spot(item, "Name"))
    return None


@rule(
    "MD-28",
    "the name of the intermediary is not asked for",
    "W/W/-",
    mend="Leave it out: it is sent of itself where there is a chain mandate.",
    reference=ATTRIBUTES,
    **swap("urn:etoegang:1.9:attribute:FirstName", "urn:etoegang:1.13:attribute-intermediate:CompanyName"),
)
def no_intermediate_name(seen: SeenMetadata) -> Fault | None:
    for _, item in _all_asked(seen):
        if INTERMEDIATE.fullmatch(item.get("Name", "")):
            return Fault("no such attribute", said(item.get("Name")), at=Spot(item, "Name"))
    return None


@rule(
    "MD-29",
    "the services are all of eHerkenning or all of eIDAS",
    "W/W/-",
    mend="Make two documents, each with an entity id of its own: one for eHerkenning, one for eIDAS.",
    reference=METADATA,
    certainty="seen with one broker, since version 1.24a of the scheme",
    **other(
        'A <md:ServiceName xml:lang="nl">Ander loket (eIDAS)</md:ServiceName>, beside one of eHerkenning.',
        "Services of eHerkenning only.",
        (_END, _SECOND.replace("Ander loket", "Ander loket (eIDAS)") + _END),
        right=((_END, _SECOND + _END),),
    ),
)
def one_kind(seen: SeenMetadata) -> Fault | None:
    """A service is taken as one of eIDAS if a catalogue says so, or else by its name."""
    found = [(node, _is_eidas(seen, node)) for node in _services(seen)]
    if len(found) < 2:
        raise NotApplicable
    if len({eidas for _, eidas in found}) == 1:
        return None
    node = next(node for node, eidas in found if eidas)
    return Fault("services of one kind", "one of eIDAS beside one of eHerkenning", at=Spot(node))


def _is_eidas(seen: SeenMetadata, node: Element) -> bool:
    ids = [item.get("Name", "") for item in _asked(node)]
    if any(name in seen.around.eidas for name in ids):
        return True
    return any("eidas" in (text_of(item) or "").lower() for item in children(node, "md:ServiceName"))


def _services(seen: SeenMetadata) -> list[Element]:
    found = seen.all("md:AttributeConsumingService")
    if not found:
        raise NotApplicable
    return found


def _asked(node: Element) -> list[Element]:
    return children(node, "md:RequestedAttribute")


def _all_asked(seen: SeenMetadata) -> Iterator[tuple[Element, Element]]:
    """Each RequestedAttribute with the service that it is of."""
    return ((node, item) for node in _services(seen) for item in _asked(node))
