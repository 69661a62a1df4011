"""Who offers what (SC-02)."""

from __future__ import annotations

import re

from broker.rules.authn.seen import said
from broker.rules.engine import Fault
from broker.rules.finding import Severity
from broker.rules.metadata.examples import OIN
from broker.rules.service_catalogue.examples import HM, swap
from broker.rules.service_catalogue.seen import CATALOGUE, SeenCatalogue, rule
from broker.wire.places import Spot
from broker.wire.service_catalogue import UUID
from broker.wire.xml import named, text_of

_OIN = re.compile(r"[0-9]{20}")
_SERVICE = re.compile(r"urn:etoegang:DV:([0-9]{20}):services:([0-9]{1,4})")


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
    zero: Fault | None = None
    for provider in seen.some("ServiceProvider"):
        oin = seen.text(provider, "ServiceProviderID")
        for node in provider.iter(f"{{{seen.namespace}}}ServiceID"):
            text = text_of(node) or ""
            match = _SERVICE.fullmatch(text)
            expected = f"urn:etoegang:DV:{oin or '<OIN>'}:services:<number>"
            if match is None:
                return Fault(expected, said(text), mend=_service_id_mend(text, expected), at=Spot(node))
            if oin and match[1] != oin:
                return Fault(expected, said(text), at=Spot(node))
            if not int(match[2]):
                mend = "Number the services from 1 on; a portal has a ServiceID like others, and IsPortal."
                zero = zero or Fault(
                    f"{expected}, from 1", said(text), mend=mend, at=Spot(node), severity=Severity.WARNING
                )
    return _of_metadata(seen) or zero


def _service_id_mend(text: str, expected: str) -> str:
    if "".join(text.split()) != text:
        return "Take the white space in ServiceID out: it is compared character for character."
    if UUID.fullmatch(text):
        return f"Write the ServiceID, {expected}, not a UUID: that has an element of its own."
    if ":entities:" in text:
        return f"Write the ServiceID, {expected}: this is an entity id. Each ServiceID has services and a number."
    if text.casefold().startswith("urn:etoegang:dv:") and not text.startswith("urn:etoegang:DV:"):
        return f"Mind the capitals in ServiceID: {expected}."
    return f"Write each ServiceID as {expected}, with services, and one to four digits behind it."


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
