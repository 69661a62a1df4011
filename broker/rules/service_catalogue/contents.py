"""Who offers what, and how long its texts are (SC-02..04)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from broker.rules.authn.seen import said
from broker.rules.engine import Fault
from broker.rules.metadata.examples import OIN
from broker.rules.service_catalogue.examples import HM, swap
from broker.rules.service_catalogue.seen import CATALOGUE, SeenCatalogue, rule
from broker.wire.places import Spot
from broker.wire.xml import Element, named, text_of

_OIN = re.compile(r"[0-9]{20}")
_SERVICE = re.compile(r"urn:etoegang:DV:([0-9]{20}):services:[0-9]{1,4}")
LENGTHS = {
    "ServiceName": 64,
    "OrganizationDisplayName": 64,
    "ServiceDescription": 1024,
    "PurposeStatement": 1024,
    "ServiceDescriptionURL": 512,
    "ServiceURL": 512,
    "PrivacyPolicyURL": 512,
}
"""In characters (spec 8.3)."""


@rule(
    "SC-02",
    "OINs are 20 digits, and the same everywhere",
    "E",
    mend="Use the OIN of your entity id for ServiceProviderID and in each ServiceID.",
    reference=CATALOGUE,
    **swap(
        f"<esc:ServiceProviderID>{OIN}</esc:ServiceProviderID>",
        f"<esc:ServiceProviderID>{OIN[4:]}</esc:ServiceProviderID>",
    ),
)
def oins(seen: SeenCatalogue) -> Fault | None:
    for name in ("ServiceProviderID", "HerkenningsmakelaarId", "AdditionalHerkenningsmakelaarId"):
        for node in seen.every(name):
            if not _OIN.fullmatch(text_of(node) or ""):
                mend = None
                if name != "ServiceProviderID":
                    mend = f"Write the OIN of the broker in {named(node)}, the 20 digits alone; of this mock: {HM}."
                return Fault("an OIN of 20 digits", said(text_of(node)), mend=mend, at=Spot(node))
    for provider in seen.some("ServiceProvider"):
        oin = seen.text(provider, "ServiceProviderID")
        for node in provider.iter(f"{{{seen.namespace}}}ServiceID"):
            match = _SERVICE.fullmatch(text_of(node) or "")
            if match is None or match[1] != oin:
                expected = f"urn:etoegang:DV:{oin or '<OIN>'}:services:<number>"
                return Fault(expected, said(text_of(node)), at=Spot(node))
    return _of_metadata(seen)


def _of_metadata(seen: SeenCatalogue) -> Fault | None:
    """The OIN of the metadata that it goes with, where that is known."""
    parts = seen.beside.entity_id.split(":")
    if len(parts) != 6 or not _OIN.fullmatch(parts[3]):
        return None
    nodes = seen.some("ServiceProviderID")
    if parts[3] in [text_of(node) for node in nodes]:
        return None
    expected = f"{parts[3]}, the OIN of the entity id in the metadata"
    return Fault(expected, said(text_of(nodes[0])), at=Spot(nodes[0]))


@rule(
    "SC-03",
    "each ServiceInstance is one of a ServiceDefinition in the catalogue",
    "E",
    mend="Let InstanceOfService be the ServiceUUID of a ServiceDefinition.",
    reference=CATALOGUE,
    **swap(
        "<esc:InstanceOfService>11111111-1111-4111-8111-111111111111",
        "<esc:InstanceOfService>33333333-3333-4333-8333-333333333333",
    ),
)
def instances(seen: SeenCatalogue) -> Fault | None:
    definitions = {seen.text(node, "ServiceUUID").lower(): node for node in seen.every("ServiceDefinition")}
    for node in seen.some("ServiceInstance"):
        pointers = seen.inside(node, "InstanceOfService")
        if not pointers:
            if seen.inside(node, "IntermediatedService"):
                continue
            return Fault("InstanceOfService", "none", at=Spot(node))
        wanted = (text_of(pointers[0]) or "").lower()
        if wanted not in definitions:
            expected = "one of " + (", ".join(definitions) or "no ServiceDefinition at all")
            return Fault(expected, said(wanted), at=Spot(pointers[0]))
    return None


@rule(
    "SC-04",
    "texts are no longer than the schema allows",
    "E",
    mend="Shorten it: 64 characters for a name, 1024 for a description or purpose, 512 for a URL.",
    reference=CATALOGUE,
    **swap(
        '<esc:ServiceName xml:lang="nl">Mijn loket',
        '<esc:ServiceName xml:lang="nl">Mijn loket voor het aanvragen, wijzigen en beëindigen van een vergunning',
    ),
)
def lengths(seen: SeenCatalogue) -> Fault | None:
    for node, name in _texts(seen):
        length = len(text_of(node) or "")
        if length > LENGTHS[name]:
            return Fault(f"at most {LENGTHS[name]} characters", f"{length} in {named(node)}", at=Spot(node))
    return None


def _texts(seen: SeenCatalogue) -> Iterator[tuple[Element, str]]:
    return ((node, name) for name in LENGTHS for node in seen.every(name))
