"""Who sends it (AR-21..25)."""

from __future__ import annotations

from broker.rules.authn.seen import (
    DV_ENTITY,
    SeenRequest,
    rule,
    said,
)
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import ENTITY_ID, INTERFACE, METADATA
from broker.wire.xml import child, named


@rule(
    "AR-21",
    "@ProviderName is the name in the catalogue",
    "W/W/-",
    mend="Leave ProviderName out, or send the OrganizationDisplayName of the service catalogue.",
    reference=INTERFACE,
)
def provider_name(seen: SeenRequest) -> Fault | None:
    name = seen.request.provider_name
    if name is None:
        raise NotApplicable
    expected = seen.provider or "a name of at most 64 characters"
    if name.strip() and len(name) <= 64 and (seen.provider is None or name == seen.provider):
        return None
    return Fault(f'"{expected}"', said(name), "@ProviderName", seen.line)


@rule(
    "AR-22",
    "Issuer is the entity id of a known service provider",
    "R",
    mend="Put the metadata of this service provider in the metadata folder, or mend the entity id in either.",
    reference=METADATA,
)
def issuer_known(seen: SeenRequest) -> Fault | None:
    if seen.sp is not None:
        return None
    issuer = child(seen.request.element, "saml:Issuer")
    line = seen.line if issuer is None else issuer.sourceline or 0
    where = "Issuer" if issuer is None else named(issuer)
    return Fault("the entityID of metadata that this broker has", said(seen.request.issuer), where, line)


@rule(
    "AR-23",
    "Issuer has the scheme's form",
    "E/E/-",
    mend="Use urn:etoegang:DV:<OIN of 20 digits>:entities:<index>; 9000 to 9999 are for tests.",
    reference=ENTITY_ID,
)
def issuer_form(seen: SeenRequest) -> Fault | None:
    issuer = seen.request.issuer or ""
    if DV_ENTITY.fullmatch(issuer):
        return None
    return Fault(
        "urn:etoegang:DV:<20 digits>:entities:<index>", said(seen.request.issuer), "Issuer", seen.line
    )


@rule(
    "AR-24",
    "the index of a test system is between 9000 and 9999",
    "N/N/-",
    mend="Use an index between 9000 and 9999 for a test system, such as 9001.",
    reference=ENTITY_ID,
)
def issuer_test_index(seen: SeenRequest) -> Fault | None:
    if not DV_ENTITY.fullmatch(seen.request.issuer or ""):
        raise NotApplicable
    index = (seen.request.issuer or "").rsplit(":", 1)[1]
    return None if 9000 <= int(index) <= 9999 else Fault("9000 to 9999", index, "Issuer", seen.line)


@rule(
    "AR-25",
    "Issuer has no attributes",
    "W/W/-",
    mend="Leave Format, NameQualifier and their kin off Issuer.",
    reference=INTERFACE,
)
def issuer_bare(seen: SeenRequest) -> Fault | None:
    if not seen.request.issuer_attributes:
        return None
    return Fault("no attributes", ", ".join(seen.request.issuer_attributes), "Issuer", seen.line)
