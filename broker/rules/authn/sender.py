"""Who sends it (AR-21..25)."""

from __future__ import annotations

from dataclasses import replace

from broker.rules import samples
from broker.rules.authn.examples import request, rule, sent
from broker.rules.authn.seen import DV_ENTITY, SeenRequest, said
from broker.rules.engine import Example, Fault, NotApplicable
from broker.rules.finding import ENTITY_ID, INTERFACE, METADATA, Severity
from broker.rules.senders import nearest_sender
from broker.wire.places import Spot

ISSUER = "<saml:Issuer>urn:etoegang:DV:00000001777777770000:entities:9001"


def _from(issuer: str) -> Example[SeenRequest]:
    """From a known sender with this entity id."""

    def make() -> SeenRequest:
        return request((ISSUER, f"<saml:Issuer>{issuer}"), sp=replace(samples.sp(), entity_id=issuer))

    return Example(make, sent((ISSUER, f"<saml:Issuer>{issuer}")).shown)


@rule(
    "AR-21",
    "@ProviderName is the name in the catalogue",
    "W/W/-",
    mend="Leave ProviderName out, or send the OrganizationDisplayName of the service catalogue.",
    reference=INTERFACE,
    bad=sent(('ForceAuthn="true"', 'ForceAuthn="true"\n    ProviderName="Iemand anders"')),
    good=sent(('ForceAuthn="true"', f'ForceAuthn="true"\n    ProviderName="{samples.PROVIDER}"')),
    certainty="That it may be there is read on the page of HM-AD; that it is the catalogue's name, of at most 64 "
    "characters, is our reading.",
)
def provider_name(seen: SeenRequest) -> Fault | None:
    name = seen.request.provider_name
    if name is None:
        raise NotApplicable
    expected = seen.provider or "a name of at most 64 characters"
    if name.strip() and len(name) <= 64 and (seen.provider is None or name == seen.provider):
        return None
    return Fault(f'"{expected}"', said(name), at=seen.at("ProviderName"))


@rule(
    "AR-22",
    "Issuer is the entity id of a known service provider",
    "R",
    mend="Put the metadata of this service provider in the metadata folder, or mend the entity id in either.",
    reference=METADATA,
    firm="without metadata there is no key to believe a sender by, and no address to answer to",
    bad=sent((ISSUER, ISSUER.replace("9001", "9002")), sp=None, signed=None),
)
def issuer_known(seen: SeenRequest) -> Fault | None:
    if seen.sp is not None:
        return None
    if seen.request.issuer is None and any(
        "issuer'" in error.message.casefold() for error in seen.schema_errors
    ):
        raise NotApplicable  # there is one, in another namespace or other letters: AR-02's, which refuses it too
    received = said(seen.request.issuer) if seen.request.issuer is not None else "no Issuer"
    expected = "the entityID of metadata that this broker has"
    return Fault(expected, received, mend=_nearest(seen), at=_issuer(seen))


def _nearest(seen: SeenRequest) -> str | None:
    issuer = seen.request.issuer
    if not issuer:
        return "Put your entity id in saml:Issuer, as the first element of the request."
    return nearest_sender(issuer, seen.senders)


@rule(
    "AR-23",
    "Issuer has the scheme's form",
    "E/E/-",
    mend="Use urn:etoegang:DV:<OIN of 20 digits>:entities:<index>; 9000 to 9999 are for tests.",
    reference=ENTITY_ID,
    bad=_from("https://sp.example/metadata"),
)
def issuer_form(seen: SeenRequest) -> Fault | None:
    if seen.sp is None:
        raise NotApplicable  # AR-22's
    issuer = seen.request.issuer or ""
    expected = "urn:etoegang:DV:<20 digits>:entities:<index>"
    if DV_ENTITY.fullmatch(issuer):
        node = _issuer(seen).element
        if node.text in (None, issuer):
            return None
        return Fault(
            f'"{issuer}" and nothing around it',
            "the same with white space around it",
            mend="Take the white space out: not every broker forgives it.",
            severity=Severity.WARNING,
            at=_issuer(seen),
        )
    return Fault(expected, said(seen.request.issuer), at=_issuer(seen))


@rule(
    "AR-24",
    "the index of a test system is between 9000 and 9999",
    "N/N/-",
    mend="Use an index between 9000 and 9999 for a test system, such as 9001.",
    reference=ENTITY_ID,
    bad=_from("urn:etoegang:DV:00000001777777770000:entities:1"),
)
def issuer_index(seen: SeenRequest) -> Fault | None:
    issuer = seen.request.issuer or ""
    if seen.sp is None or not DV_ENTITY.fullmatch(issuer):
        raise NotApplicable
    index = issuer.rpartition(":")[2]
    if 9000 <= int(index) <= 9999:
        return None
    return Fault("9000 to 9999", index, at=_issuer(seen))


@rule(
    "AR-25",
    "Issuer has no attributes",
    "W/W/-",
    mend="Leave Format, NameQualifier and their kin off Issuer.",
    reference=INTERFACE,
    bad=sent(("<saml:Issuer>", '<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">')),
    certainty="Read on the page of the sister interface HM-AD.",
)
def issuer_bare(seen: SeenRequest) -> Fault | None:
    found = seen.request.issuer_attributes
    if not found:
        return None
    return Fault("no attributes", ", ".join(found), at=seen.inside("saml:Issuer", attribute=found[0]))


def _issuer(seen: SeenRequest) -> Spot:
    return seen.inside("saml:Issuer")
