"""The services that it announces (MD-22..29)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from broker.rules.authn.seen import said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import METADATA, Severity
from broker.rules.metadata.endpoints import indexes_unique
from broker.rules.metadata.examples import OIN, SURROUNDINGS, other, swap
from broker.rules.metadata.schema import misspelt
from broker.rules.metadata.seen import SeenMetadata, rule
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.request import is_true
from broker.wire.service_catalogue import UUID, CatalogueService, Wanted
from broker.wire.xml import Element, children, text_of

CATALOGUE = "https://afsprakenstelsel.etoegang.nl/display/as/Service+catalog"
SERVICE_ID = re.compile(r"urn:etoegang:DV:([0-9]{20}):services:([0-9]{1,4})")
SECOND = (
    '<md:AttributeConsumingService index="2"><md:ServiceName xml:lang="nl">Ander loket</md:ServiceName>'
    f'<md:RequestedAttribute Name="urn:etoegang:DV:{OIN}:services:2"/></md:AttributeConsumingService>'
)
END = "  </md:SPSSODescriptor>"


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
    **swap(END, SECOND.replace('"2"', '"1"', 1) + END),
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
        (END, SECOND + END),
        right=((END, SECOND + END),),
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
    for node in each_service(seen):
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
    warning: Fault | None = None
    for node in each_service(seen):
        found = [item for item in asked(node) if item.get("Name", "").startswith("urn:etoegang:DV:")]
        if not found:
            return _no_service_id(node)
        if len(found) > 1:
            received = ", ".join(said(item.get("Name")) for item in found)
            less = "Leave one: make a md:AttributeConsumingService for each service, with its own ServiceID."
            if len({item.get("Name") for item in found}) == 1:
                less = "Leave one of the two out: they say the same."
            return Fault(_SERVICE_ID, received, mend=less, at=Spot(found[1], "Name"))
        (one,) = found
        match = SERVICE_ID.fullmatch(one.get("Name", ""))
        if match is None:
            expected = "urn:etoegang:DV:<20 digits>:services:<number>"
            blank = SERVICE_ID.fullmatch("".join(one.get("Name", "").split()))
            mend = (
                "Take the white space in Name out: it is compared character for character." if blank else None
            )
            return Fault(expected, said(one.get("Name")), mend=mend, at=Spot(one, "Name"))
        try:
            oin = seen.oin
        except NotApplicable:
            continue
        if match[1] != oin:
            expected = f"the OIN of the entity id, {oin}"
            return Fault(expected, said(one.get("Name")), at=Spot(one, "Name"))
        if not int(match[2]):
            mend = "Number the services from 1 on: 0 was the portal of an older version of the scheme."
            warning = warning or Fault(
                "a ServiceID with a number from 1",
                said(one.get("Name")),
                mend=mend,
                at=Spot(one, "Name"),
                severity=Severity.WARNING,
            )
    return warning


_SERVICE_ID = "one md:RequestedAttribute named urn:etoegang:DV:<OIN>:services:<number>"


def _no_service_id(node: Element) -> Fault:
    """What stands there instead of a ServiceID, where that can be seen."""
    items = asked(node)
    if not items:
        return Fault(_SERVICE_ID, "no md:RequestedAttribute", at=Spot(node))
    received = "none, but " + ", ".join(said(item.get("Name")) for item in items)
    for item in items:
        name, value = item.get("Name"), text_of(item) or ""
        if name is None:
            other = misspelt(item, "Name") or next((str(one) for one in item.attrib), "")
            mend = f"Write the ServiceID in the attribute Name{f', not in {other}' if other else ''}."
            received = f"a md:RequestedAttribute without Name{f', but with {other}' if other else ''}"
            return Fault(_SERVICE_ID, received, mend=mend, at=Spot(item))
        if SERVICE_ID.fullmatch(value):
            mend = "Write the ServiceID itself as Name of md:RequestedAttribute, and leave the value out."
            return Fault(
                _SERVICE_ID, f"{said(name)} with {said(value)} in it", mend=mend, at=Spot(item, "Name")
            )
        if "".join(name.split()).casefold().startswith("urn:etoegang:dv:"):
            mend = "Write urn:etoegang:DV: with these capitals, and without white space."
            return Fault(_SERVICE_ID, said(name), mend=mend, at=Spot(item, "Name"))
        if UUID.fullmatch(name):
            mend = "Write the ServiceID, urn:etoegang:DV:<your OIN>:services:<number>, not the ServiceUUID."
            return Fault(_SERVICE_ID, f"{said(name)}, a UUID", mend=mend, at=Spot(item, "Name"))
    return Fault(_SERVICE_ID, received, at=Spot(items[0], "Name"))


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
    for _, item in all_asked(seen):
        name = item.get("Name", "")
        if SERVICE_ID.fullmatch(name) and f":DV:{oin}:" in name and name not in known:
            return Fault("one of " + ", ".join(sorted(set(known))[:10]), said(name), at=Spot(item, "Name"))
    return None


def each_service(seen: SeenMetadata) -> list[Element]:
    found = seen.all("md:AttributeConsumingService")
    if not found:
        raise NotApplicable
    return found


def asked(node: Element) -> list[Element]:
    return children(node, "md:RequestedAttribute")


def all_asked(seen: SeenMetadata) -> Iterator[tuple[Element, Element]]:
    """Each RequestedAttribute with the service that it is of."""
    return ((node, item) for node in each_service(seen) for item in asked(node))
