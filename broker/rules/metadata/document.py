"""Its name, its version, and what should not be in it (MD-04..06)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from broker.rules.authn.seen import said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import ENTITY_ID, METADATA
from broker.rules.metadata import schema
from broker.rules.metadata.examples import OIN, swap
from broker.rules.metadata.schema import misspelt
from broker.rules.metadata.seen import SeenMetadata, local, rule
from broker.rules.nearest import nearest
from broker.wire import instants
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.xml import Element, named

DV_ENTITY = re.compile(r"urn:etoegang:DV:[0-9]{20}:entities:(0|[1-9][0-9]{0,3}|0[0-9]{3})")
MOST_LOOKED = 100
EXTENSION = re.compile(r"urn:etoegang:(1\.[0-9]+):metadata-extension")


@rule(
    "MD-04",
    "entityID has the scheme's form",
    "E/E/-",
    mend="Use urn:etoegang:DV:<OIN of 20 digits>:entities:<index>; 9000 to 9999 are for tests.",
    reference=ENTITY_ID,
    **swap(f'entityID="urn:etoegang:DV:{OIN}:entities:9001"', 'entityID="https://sp.example/saml/metadata"'),
)
def entity_id(seen: SeenMetadata) -> Fault | None:
    given = seen.readable.get("entityID")
    if DV_ENTITY.fullmatch(given or ""):
        return None
    expected = "urn:etoegang:DV:<20 digits>:entities:<index>"
    if given is None and (name := misspelt(seen.readable, "entityID")):
        written = f"Write entityID instead of {name}."
        return Fault(expected, f"no entityID, but {name}", mend=written, at=Spot(seen.readable, name))
    mend = None
    if given and DV_ENTITY.fullmatch("".join(given.split())):
        mend = "Take the white space in entityID out: it is compared character for character."
    return Fault(expected, said(given), mend=mend, at=Spot(seen.readable, "entityID"))


@rule(
    "MD-05",
    "the version, if there, is one that is spoken here, in its own namespace",
    "W/W/-",
    mend='Write eme:version="1.13" with xmlns:eme="urn:etoegang:1.13:metadata-extension", or leave it out.',
    reference=METADATA,
    **swap('eme:version="1.13"', 'eme:version="1.9"'),
)
def version(seen: SeenMetadata) -> Fault | None:
    there = [
        name for name in map(str, seen.readable.attrib) if etree.QName(name).localname.lower() == "version"
    ]
    if not there:
        raise NotApplicable
    for name in there:
        match = EXTENSION.fullmatch(etree.QName(name).namespace or "")
        value = seen.readable.get(name)
        if match is None or match[1] != value or value not in seen.around.versions:
            namespace = etree.QName(name).namespace or "no namespace"
            expected = " or ".join(
                f'"{known}" in urn:etoegang:{known}:metadata-extension' for known in seen.around.versions
            )
            return Fault(expected, f"{said(value)} in {namespace}", at=Spot(seen.readable, name))
    return None


_ENDPOINT = "Binding Location ResponseLocation index isDefault"
ALLOWED: dict[str, tuple[str, str]] = {
    "md:EntityDescriptor": (
        "entityID ID version",
        "ds:Signature md:SPSSODescriptor md:Organization md:ContactPerson",
    ),
    "md:SPSSODescriptor": (
        "AuthnRequestsSigned WantAssertionsSigned protocolSupportEnumeration",
        "md:KeyDescriptor md:ArtifactResolutionService md:SingleLogoutService md:NameIDFormat "
        "md:AssertionConsumerService md:AttributeConsumingService",
    ),
    "md:KeyDescriptor": ("use", "ds:KeyInfo"),
    "md:ArtifactResolutionService": (_ENDPOINT, ""),
    "md:SingleLogoutService": (_ENDPOINT, ""),
    "md:AssertionConsumerService": (_ENDPOINT, ""),
    "md:AttributeConsumingService": (
        "index isDefault",
        "md:ServiceName md:ServiceDescription md:RequestedAttribute",
    ),
    "md:RequestedAttribute": ("Name isRequired", ""),
    "md:Organization": ("", "md:OrganizationName md:OrganizationDisplayName md:OrganizationURL"),
    "md:ContactPerson": (
        "contactType",
        "md:Company md:GivenName md:SurName md:EmailAddress md:TelephoneNumber",
    ),
}
"""Attributes and child elements of each, by spec 8.1. NameIDFormat is MD-18's."""


@rule(
    "MD-06",
    "nothing stands in the metadata that the scheme does not list",
    "W/W/-",
    mend="Leave it out: the scheme says that what it does not list must not be there.",
    reference=METADATA,
    **swap("<md:EntityDescriptor ", '<md:EntityDescriptor cacheDuration="P7D" '),
)
def nothing_else(seen: SeenMetadata) -> Fault | None:
    """But for a validUntil that has passed, which is MD-06-valid's, and what no schema has, which is MD-01's."""
    found = list(_others(seen.readable))
    # A document may be full of them: whether another rule says it is looked up for some.
    found = [spot for spot in found[:MOST_LOOKED] if not _told(seen, spot)] + found[MOST_LOOKED:]
    if not found:
        return None
    more = "" if len(found) == 1 else f", and {len(found) - 1} more"
    first = found[0]
    what = (
        f"@{etree.QName(first.attribute).localname} of {named(first.element)}"
        if first.attribute
        else named(first.element)
    )
    return Fault("only what the scheme lists", what + more, at=first)


@rule(
    "MD-06-valid",
    "validUntil, if there, has not passed",
    "W/E/W",
    mend="Leave validUntil out, as the scheme does not list it, and sign again: to SAML the metadata has ended.",
    reference=METADATA,
    **swap("<md:EntityDescriptor ", '<md:EntityDescriptor validUntil="2026-01-31T00:00:00Z" '),
)
def still_valid(seen: SeenMetadata) -> Fault | None:
    """This mock goes on with it. That validUntil is there at all is MD-06's."""
    for node in dict.fromkeys((seen.readable, seen.root)):
        if node is not None and _passed(seen, node):
            received = f"{said(node.get('validUntil'))}, which has passed"
            expected = f"a time after {instants.write(seen.around.now)}, or none"
            return Fault(expected, received, at=Spot(node, "validUntil"))
    return None


def _told(seen: SeenMetadata, spot: Spot) -> bool:
    """Whether another rule says it: that it has passed, or that it is another one misspelt."""
    if spot.attribute == "validUntil":
        return _passed(seen, spot.element) is not None
    if not spot.attribute:
        return bool(schema.instead_of(spot.element))
    known = schema.ATTRIBUTES.get(local(spot.element), "").split()
    return nearest(spot.attribute, known) not in ("", spot.attribute)


def _passed(seen: SeenMetadata, node: Element) -> datetime | None:
    """When it ended; None where it has not, or where nothing that is a time says so."""
    try:
        end = instants.read(node.get("validUntil", "").strip())
    except ValueError:
        return None
    return end if end <= seen.around.now else None


def _others(node: Element) -> Iterator[Spot]:
    known = next((name for name in ALLOWED if node.tag == qname(name)), None)
    if known is None:
        return
    attributes, inside = ALLOWED[known]
    for name in map(str, node.attrib):
        if etree.QName(name).localname not in attributes.split():
            yield Spot(node, name)
    allowed = {qname(name) for name in inside.split()}
    for part in node.iterchildren(etree.Element):
        if part.tag not in allowed:
            yield Spot(part)
        else:
            yield from _others(part)
