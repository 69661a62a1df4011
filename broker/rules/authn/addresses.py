"""Where the answer goes and which service is meant (AR-13..20)."""

from __future__ import annotations

from broker.rules import samples
from broker.rules.authn.examples import rule, sent
from broker.rules.authn.seen import (
    UNSUPPORTED,
    SeenRequest,
    chosen_endpoint,
    chosen_service,
    index_mend,
    nearly,
    said,
)
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import INTERFACE, METADATA, Severity
from broker.wire import names
from broker.wire.metadata import ARTIFACT_OR_POST

INDEX = 'AssertionConsumerServiceIndex="1"'
BY_URL = f'AssertionConsumerServiceURL="{samples.ACS}"'
SISTER = "Read on the page of the sister interface HM-AD."
ADDRESS = "the answer goes to addresses of the metadata only; another one could be anybody's"
SERVICE = '      <md:RequestedAttribute Name="urn:etoegang:DV:00000001777777770000:services:1"/>\n'


@rule(
    "AR-13",
    "@AssertionConsumerServiceIndex is there",
    "W/E/-",
    mend="Send AssertionConsumerServiceIndex instead of AssertionConsumerServiceURL and ProtocolBinding.",
    reference=INTERFACE,
    bad=sent((f"    {INDEX}\n", "")),
    certainty=SISTER,
)
def has_acs_index(seen: SeenRequest) -> Fault | None:
    if seen.request.acs_index is not None:
        return None
    mend = None
    if seen.request.acs_url is None:
        mend = "Send AssertionConsumerServiceIndex: which endpoint the default of your metadata is need not be known."
    return Fault(
        "an index from your metadata", "none", mend=mend, at=seen.at("AssertionConsumerServiceIndex")
    )


@rule(
    "AR-14",
    "the return address is in the metadata",
    "R",
    mend="Send an index that your metadata has for HTTP-Artifact or HTTP-POST, or give us your new metadata.",
    reference=METADATA,
    firm=ADDRESS,
    bad=sent((INDEX, 'AssertionConsumerServiceIndex="7"')),
)
def acs_index_known(seen: SeenRequest) -> Fault | None:
    if seen.sp is None or (seen.request.acs_index is None and seen.request.acs_url is not None):
        raise NotApplicable
    if chosen_endpoint(seen.request, seen.sp):
        return None
    known = ", ".join(str(e.index) for e in seen.sp.acs if e.binding in ARTIFACT_OR_POST)
    return Fault(
        f"one of {known or 'none, as the metadata has no usable endpoint'}",
        said(seen.request.acs_index),
        mend=index_mend(seen.request.acs_index),
        at=seen.at("AssertionConsumerServiceIndex"),
    )


@rule(
    "AR-15",
    "@AssertionConsumerServiceURL is absent",
    "W/W/-",
    mend="Send AssertionConsumerServiceIndex instead.",
    reference=INTERFACE,
    bad=sent((INDEX, f"{INDEX}\n    {BY_URL}")),
    certainty=f"{SISTER} Many service providers send it, and brokers take it.",
)
def no_acs_url(seen: SeenRequest) -> Fault | None:
    if seen.request.acs_url is None:
        return None
    return Fault("no such attribute", said(seen.request.acs_url), at=seen.at("AssertionConsumerServiceURL"))


@rule(
    "AR-16",
    "@AssertionConsumerServiceURL, if there, is in the metadata",
    "R",
    mend="Send a Location that your metadata has, or give the broker your new metadata.",
    reference=METADATA,
    firm=ADDRESS,
    bad=sent((INDEX, f'{INDEX}\n    AssertionConsumerServiceURL="https://other.example/acs"')),
    good=sent((INDEX, f"{INDEX}\n    {BY_URL}")),
)
def acs_url_known(seen: SeenRequest) -> Fault | None:
    if seen.sp is None or seen.request.acs_url is None:
        raise NotApplicable
    known = [e.location for e in seen.sp.acs if e.binding in ARTIFACT_OR_POST]
    if seen.request.acs_url in known:
        return None
    return Fault(
        "one of " + ", ".join(dict.fromkeys(known)),
        said(seen.request.acs_url),
        mend=next(filter(None, (nearly(seen.request.acs_url, location) for location in known)), None),
        at=seen.at("AssertionConsumerServiceURL"),
    )


@rule(
    "AR-17",
    "@ProtocolBinding is absent",
    "W/W/-",
    mend="Leave ProtocolBinding out: the endpoint that the index points to has a binding.",
    reference=INTERFACE,
    bad=sent((INDEX, f'{INDEX}\n    ProtocolBinding="{names.HTTP_ARTIFACT}"')),
    certainty=SISTER,
)
def no_protocol_binding(seen: SeenRequest) -> Fault | None:
    if seen.request.protocol_binding is None:
        return None
    return Fault("no such attribute", said(seen.request.protocol_binding), at=seen.at("ProtocolBinding"))


@rule(
    "AR-18",
    "@ProtocolBinding, if there, is HTTP-Artifact",
    "E/E/-",
    mend="Ask for the answer by artifact: it is the only binding that every broker must offer.",
    reference=INTERFACE,
    bad=sent((INDEX, f'{INDEX}\n    ProtocolBinding="{names.HTTP_POST}"')),
    good=sent((INDEX, f'{INDEX}\n    ProtocolBinding="{names.HTTP_ARTIFACT}"')),
)
def artifact_binding(seen: SeenRequest) -> Fault | None:
    if seen.request.protocol_binding is None:
        raise NotApplicable
    if seen.request.protocol_binding == names.HTTP_ARTIFACT:
        return None
    # Libraries that know no artifacts announce none either: MD-19-artifact tells them so, once.
    bindings = {endpoint.binding for endpoint in seen.sp.acs} if seen.sp else set()
    only = seen.request.protocol_binding == names.HTTP_POST and bindings == {names.HTTP_POST}
    return Fault(
        names.HTTP_ARTIFACT,
        said(seen.request.protocol_binding),
        severity=Severity.WARNING if only else None,
        at=seen.at("ProtocolBinding"),
    )


@rule(
    "AR-19",
    "the service is in the metadata",
    "E/E/W",
    mend="Send an AttributeConsumingServiceIndex that your metadata has, or mark one service as the default.",
    reference=INTERFACE,
    status=UNSUPPORTED,
    firm="without a service there is nothing to log in to",
    bad=sent(('AttributeConsumingServiceIndex="1"', 'AttributeConsumingServiceIndex="7"')),
)
def service_index_known(seen: SeenRequest) -> Fault | None:
    if seen.sp is None or (seen.saml and not seen.sp.services):
        raise NotApplicable
    if chosen_service(seen.request, seen.sp):
        return None
    known = ", ".join(str(entry.index) for entry in seen.sp.services) or "none"
    received = said(seen.request.service_index)
    if seen.request.service_index is None:
        received = "none, and the metadata has no default"
    mend = index_mend(seen.request.service_index)
    return Fault(f"one of {known}", received, mend=mend, at=seen.at("AttributeConsumingServiceIndex"))


@rule(
    "AR-20",
    "the service has a ServiceID",
    "E/E/-",
    mend="Give the AttributeConsumingService one RequestedAttribute whose Name is the ServiceID.",
    reference=METADATA,
    status=UNSUPPORTED,
    firm="without a ServiceID there is nothing to look mandates up for",
    bad=sent(
        shown="In the metadata, an AttributeConsumingService without a ServiceID among its RequestedAttributes.",
        metadata=((SERVICE, '      <md:RequestedAttribute Name="urn:etoegang:1.9:attribute:FirstName"/>\n'),),
    ),
)
def service_id(seen: SeenRequest) -> Fault | None:
    entry = chosen_service(seen.request, seen.sp) if seen.sp else None
    if entry is None:
        raise NotApplicable
    if len(entry.service_ids) == 1:
        return None
    return Fault(
        "one RequestedAttribute named urn:etoegang:DV:<OIN>:services:<index>",
        ", ".join(entry.service_ids) or "none",
        f"md:AttributeConsumingService index {entry.index} in the metadata",
    )


@rule(
    "AR-20-catalogue",
    "the service is in the service catalogue",
    "W/W/-",
    mend="Have the service put in the service catalogue, or mend its ServiceID in the metadata.",
    reference=METADATA,
    bad=sent(
        shown="A ServiceID that is in the metadata, and in none of the service catalogues.",
        in_catalogue=False,
    ),
    good=sent(in_catalogue=True),
    why="Without a catalogue the broker takes name, level and identifiers from its own settings, and is silent here.",
)
def service_in_catalogue(seen: SeenRequest) -> Fault | None:
    entry = chosen_service(seen.request, seen.sp) if seen.sp else None
    if entry is None or seen.in_catalogue is None:
        raise NotApplicable
    if seen.in_catalogue:
        return None
    return Fault(
        "a ServiceID of the service catalogue",
        ", ".join(entry.service_ids) or "none",
        at=seen.at("AttributeConsumingServiceIndex"),
    )


@rule(
    "MD-12",
    "the metadata has a certificate to encrypt for",
    "E/E/-",
    mend="Add a KeyDescriptor without use, or one with use=encryption, to the metadata.",
    reference=METADATA,
    status=(names.RESPONDER, names.REQUEST_UNSUPPORTED),
    firm="identifiers cannot be encrypted without a key",
    bad=sent(
        shown='<md:KeyDescriptor use="signing">, and no other KeyDescriptor',
        metadata=(("<md:KeyDescriptor>", '<md:KeyDescriptor use="signing">'),),
    ),
)
def encryption_key(seen: SeenRequest) -> Fault | None:
    if seen.sp is None or not seen.encrypts:
        raise NotApplicable
    if seen.sp.encryption or seen.catalogue_key:
        return None
    return Fault("a KeyDescriptor for encryption", "none", "md:SPSSODescriptor in the metadata")
