"""Who runs it, and what goes with other ways of using it (MD-30..32)."""

from __future__ import annotations

from dataclasses import replace

from broker.rules.authn.seen import said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import METADATA, SESSIONS
from broker.rules.metadata.endpoints import indexes_unique
from broker.rules.metadata.examples import SURROUNDINGS, other, swap
from broker.rules.metadata.keys import service_ids
from broker.rules.metadata.seen import SeenMetadata, rule
from broker.rules.metadata.services import listing
from broker.wire.names import HTTP_REDIRECT, SOAP_BINDING
from broker.wire.places import Spot
from broker.wire.xml import child, children, text_of

_ACS = "    <md:AssertionConsumerService"
_ARS = f'    <md:ArtifactResolutionService index="0" Binding="{SOAP_BINDING}" Location="https://sp.example/ars"/>\n'
_SLO = f'    <md:SingleLogoutService Binding="{HTTP_REDIRECT}" Location="https://sp.example/slo"/>\n'
_FIRST_NAME = "urn:etoegang:1.9:attribute:FirstName"


@rule(
    "MD-30",
    "the organisation and an administrative contact are there",
    "W/W/-",
    mend='Add md:Organization and <md:ContactPerson contactType="administrative"> with an e-mail address.',
    reference=METADATA,
    **swap('contactType="administrative"', 'contactType="technical"'),
)
def contacts(seen: SeenMetadata) -> Fault | None:
    if child(seen.readable, "md:Organization") is None:
        mend = "Add md:Organization: OrganizationName, OrganizationDisplayName, OrganizationURL, each with xml:lang."
        return Fault("md:Organization", "none", mend=mend, at=Spot(seen.readable))
    found = children(seen.readable, "md:ContactPerson")
    right = [node for node in found if node.get("contactType") == "administrative"]
    if not right:
        received = ", ".join(said(node.get("contactType")) for node in found) or "none"
        spot = Spot(found[0], "contactType") if found else Spot(seen.readable)
        mend = (
            'Add <md:ContactPerson contactType="administrative"> with an e-mail address in md:EmailAddress.'
        )
        return Fault('a md:ContactPerson with contactType="administrative"', received, mend=mend, at=spot)
    if not any("@" in (text_of(mail) or "") for node in right for mail in children(node, "md:EmailAddress")):
        mend = "Add md:EmailAddress to it, such as mailto:beheer@example.nl: changes are announced there."
        received = "a md:ContactPerson without it"
        return Fault("an e-mail address in md:EmailAddress", received, mend=mend, at=Spot(right[0]))
    return None


@rule(
    "MD-31",
    "requests by artifact can be fetched",
    "E",
    mend=f"Give a md:ArtifactResolutionService with an index and Binding={SOAP_BINDING}.",
    reference=METADATA,
    **other(
        _ARS.replace(SOAP_BINDING, HTTP_REDIRECT),
        _ARS,
        (_ACS, _ARS.replace(SOAP_BINDING, HTTP_REDIRECT) + _ACS),
        right=((_ACS, _ARS + _ACS),),
    ),
)
def artifact_resolution(seen: SeenMetadata) -> Fault | None:
    """Where there is such a service, or the broker saw a request by artifact from this provider."""
    found = seen.all("md:ArtifactResolutionService")
    if not found and not seen.around.artifact_requests:
        raise NotApplicable
    for node in found:
        if node.get("Binding") != SOAP_BINDING:
            return Fault(SOAP_BINDING, said(node.get("Binding")), at=Spot(node, "Binding"))
    if not found:
        return Fault("a md:ArtifactResolutionService", "none", at=Spot(seen.descriptor))
    return indexes_unique(found)


@rule(
    "MD-32",
    "a provider with a log-out address has SSOSupport in the catalogue",
    "W/W/-",
    mend="Have SSOSupport set to true for the service in the catalogue, or leave md:SingleLogoutService out.",
    reference=SESSIONS,
    **other(
        "A md:SingleLogoutService, and a catalogue that says <esc:SSOSupport>false</esc:SSOSupport>.",
        "A md:SingleLogoutService, and a catalogue that says <esc:SSOSupport>true</esc:SSOSupport>.",
        (_ACS, _SLO + _ACS),
        around=replace(
            SURROUNDINGS, catalogue={service.service_id: service for service in (listing(_FIRST_NAME),)}
        ),
        right=((_ACS, _SLO + _ACS),),
        good=replace(
            SURROUNDINGS,
            catalogue={
                service.service_id: replace(service, single_sign_on=True)
                for service in (listing(_FIRST_NAME),)
            },
        ),
    ),
)
def single_sign_on(seen: SeenMetadata) -> Fault | None:
    """Only where a catalogue is known; whether the pages of the provider offer to log out, metadata does not say."""
    found = seen.all("md:SingleLogoutService")
    listed = [seen.around.catalogue[name] for name in service_ids(seen) if name in seen.around.catalogue]
    if not listed or not (found or any(service.single_sign_on for service in listed)):
        raise NotApplicable
    if any(service.single_sign_on for service in listed):
        return None
    return Fault("SSOSupport true in the service catalogue", "false", at=Spot(found[0]))
