"""What its SPSSODescriptor says of itself (MD-07..10)."""

from __future__ import annotations

from broker.rules.authn.seen import said
from broker.rules.engine import Fault
from broker.rules.finding import METADATA
from broker.rules.metadata.examples import other, swap
from broker.rules.metadata.schema import misspelt
from broker.rules.metadata.seen import SeenMetadata, rule
from broker.wire.names import SAMLP
from broker.wire.places import Spot
from broker.wire.request import is_true
from broker.wire.xml import children


@rule(
    "MD-07",
    "there is one md:SPSSODescriptor",
    "E",
    mend="Describe the service provider in exactly one md:SPSSODescriptor.",
    reference=METADATA,
    **other(
        "<md:SPSSODescriptor>…</md:SPSSODescriptor><md:SPSSODescriptor>…</md:SPSSODescriptor>",
        "<md:SPSSODescriptor>…</md:SPSSODescriptor>",
        (
            "  </md:SPSSODescriptor>",
            "  </md:SPSSODescriptor><md:SPSSODescriptor "
            'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" '
            'Location="https://sp.example/acs2" index="1"/></md:SPSSODescriptor>',
        ),
    ),
)
def one_descriptor(seen: SeenMetadata) -> Fault | None:
    found = children(seen.readable, "md:SPSSODescriptor")
    if len(found) == 1:
        return None
    spot = Spot(found[1] if found else seen.readable)
    return Fault("one md:SPSSODescriptor", str(len(found)) if found else "none", at=spot)


@rule(
    "MD-08",
    "the provider says that it signs its requests",
    "E/E/-",
    mend='Set AuthnRequestsSigned="true", and sign every request.',
    reference=METADATA,
    **swap('AuthnRequestsSigned="true"', 'AuthnRequestsSigned="false"'),
)
def signs_requests(seen: SeenMetadata) -> Fault | None:
    return _promise(seen, "AuthnRequestsSigned")


@rule(
    "MD-09",
    "the provider says that it wants assertions signed",
    "E/E/-",
    mend='Set WantAssertionsSigned="true".',
    reference=METADATA,
    **swap(' WantAssertionsSigned="true"', ""),
)
def wants_signed_assertions(seen: SeenMetadata) -> Fault | None:
    return _promise(seen, "WantAssertionsSigned")


@rule(
    "MD-10",
    "protocolSupportEnumeration is SAML 2.0 and nothing else",
    "E/E/W",
    mend=f'Set protocolSupportEnumeration="{SAMLP}".',
    reference=METADATA,
    **swap(
        'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"',
        'protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol"',
    ),
)
def protocol(seen: SeenMetadata) -> Fault | None:
    received = seen.descriptor.get("protocolSupportEnumeration")
    supported = (received or "").split()
    if supported == [SAMLP] or (seen.around.saml and SAMLP in supported):
        return None
    if received is None and (fault := _misspelt(seen, "protocolSupportEnumeration", f'"{SAMLP}"')):
        return fault
    return Fault(f'"{SAMLP}"', said(received), at=Spot(seen.descriptor, "protocolSupportEnumeration"))


def _promise(seen: SeenMetadata, attribute: str) -> Fault | None:
    received = seen.descriptor.get(attribute)
    if is_true(received):
        return None
    if received is None and (fault := _misspelt(seen, attribute, '"true"')):
        return fault
    mend = None
    if received is not None and received.strip() not in ("false", "0"):
        mend = f'Write {attribute}="true", in lower case.'
    return Fault('"true"', said(received), mend=mend, at=Spot(seen.descriptor, attribute))


def _misspelt(seen: SeenMetadata, attribute: str, expected: str) -> Fault | None:
    name = misspelt(seen.descriptor, attribute)
    if not name:
        return None
    mend = f"Write {attribute} instead of {name}."
    return Fault(expected, f"no {attribute}, but {name}", mend=mend, at=Spot(seen.descriptor, name))
