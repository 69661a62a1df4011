"""For every rule one message that it lets pass and one that it does not, the same on every run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from broker.rules import logout, resolve
from broker.rules.authn import RULES, SeenRequest, Source
from broker.rules.engine import Rules
from broker.rules.logout import KnownSession, SeenLogout
from broker.rules.resolve import ArtifactState, Caller, ClientCertificates, SeenResolve
from broker.wire import names, schema
from broker.wire.artifact import read_resolve
from broker.wire.bindings import Carried
from broker.wire.logout import read as read_logout
from broker.wire.metadata import read as read_metadata
from broker.wire.request import read
from broker.wire.signing import Fault, SignatureProblem, Signed
from suppliers.ask import Level
from support.golden import TEST_KEY
from support.sp import ServiceProvider

NOW = datetime(2022, 2, 1, 9, 0, 30, tzinfo=UTC)
SSO = "https://broker.example/sso/1.13"
SLO = "https://broker.example/slo/1.13"
PROVIDER = ServiceProvider()
PROVIDER.key = serialization.load_pem_private_key(TEST_KEY.read_bytes(), None)
PROVIDER.certificate = x509.load_pem_x509_certificate(TEST_KEY.read_bytes())
(SP,) = read_metadata(PROVIDER.metadata)
SIGNED = Signed(
    certificate=SP.signing[0],
    signature_algorithm=names.RSA_SHA256,
    digest_algorithm=names.SHA256,
    canonicalization=names.EXC_C14N,
    transforms=(names.ENVELOPED, names.EXC_C14N),
    key_name=SP.signing[0].key_name,
    key_info=("KeyName",),
    line=3,
)


def request(
    *, seen: dict[str, Any] | None = None, issuer_attributes: dict[str, str] | None = None, **how: Any
) -> SeenRequest:
    """A flawless request, as altered: attributes of the message by name, the rest of what is seen in ``seen``."""
    element = PROVIDER.request(SSO, **{"ID": "_1", "IssueInstant": "2022-02-01T09:00:00Z"} | how)
    for name, value in (issuer_attributes or {}).items():
        element[0].set(name, value)
    usual = SeenRequest(
        request=read(element),
        carried=Carried(b"", "rs-1"),
        binding=names.HTTP_POST,
        endpoint=SSO,
        now=NOW,
        sp=SP,
        signed=SIGNED,
        signature_problem=None,
        schema_error=schema.error_in(element),
        level=Level.EH3,
        provider="Testorganisatie",
    )
    return replace(usual, **seen or {})


def signed(**change: Any) -> SeenRequest:
    return request(seen={"signed": replace(SIGNED, **change)})


def unproven(fault: Fault, expected: str, received: str) -> SeenRequest:
    return request(seen={"signed": None, "signature_problem": SignatureProblem(fault, expected, received, 3)})


def by(issuer: str) -> SeenRequest:
    return request(issuer=issuer)


def resolving(**change: Any) -> SeenResolve:
    """A flawless ArtifactResolve, as altered."""
    message = PROVIDER.resolve_message("AAQA")
    usual = SeenResolve(
        request=read_resolve(message),
        content_type="text/xml; charset=utf-8",
        sp=SP,
        signed=SIGNED,
        signature_problem=None,
        artifact=ArtifactState.GOOD,
        seconds=60,
        client_certificates=ClientCertificates.REQUIRED,
        caller=Caller(SP.signing[0], asked=True),
        now=NOW,
    )
    return replace(usual, **change)


@dataclass(frozen=True)
class Example:
    """``bad`` first, as that is what a rule is about."""

    bad: Callable[[], Any]
    good: Callable[[], Any] = request


def ax(**change: Any) -> Example:
    return Example(lambda: resolving(**change), resolving)


def leaving(seen: dict[str, Any] | None = None, **how: Any) -> SeenLogout:
    """A flawless LogoutRequest, as altered."""
    usual = {"ID": "_1", "IssueInstant": "2022-02-01T09:00:00Z"}
    element = PROVIDER.logout_request(SLO, "name-1", "session-1", **usual | how)
    made = SeenLogout(
        request=read_logout(element),
        binding=names.HTTP_POST,
        endpoint=SLO,
        now=NOW,
        sp=SP,
        signed=SIGNED,
        signature_problem=None,
        schema_error=schema.error_in(element),
        sessions=(KnownSession(PROVIDER.entity_id, "name-1"),),
    )
    return replace(made, **seen or {})


def leaving_by_artifact(sp: str = PROVIDER.entity_id, url: str = "https://sp.example/ars") -> SeenLogout:
    return leaving({"binding": names.HTTP_ARTIFACT, "source": Source(sp, url)})


def lo(**change: Any) -> Example:
    return Example(lambda: leaving(change), leaving)


NAME_ID_POLICY = '<samlp:NameIDPolicy AllowCreate="true"/>'
AD, OTHER_AD = (f"urn:etoegang:AD:0000000399990000000{n}:entities:9001" for n in (1, 2))
ABLE = {"known": (AD, OTHER_AD), "able": (AD,)}
EXTRA = "urn:etoegang:1.9:attribute:FirstName"


def scoped(*entries: str) -> SeenRequest:
    """A request that names these suppliers; AD can serve it, OTHER_AD cannot, others are unknown."""
    listed = "".join(f'<samlp:IDPEntry ProviderID="{entry}"/>' for entry in entries)
    scoping = f"<samlp:Scoping><samlp:IDPList>{listed}</samlp:IDPList></samlp:Scoping>"
    return request(level=None, children=scoping, seen=ABLE)


def extended(inside: str, **seen: Any) -> SeenRequest:
    return request(children=f"<samlp:Extensions>{inside}</samlp:Extensions>", seen=seen)


def asking(*attributes: str, **seen: Any) -> SeenRequest:
    """A request for these extra attributes."""
    listed = "".join(f'<md:RequestedAttribute Name="{name}"/>' for name in attributes)
    return extended(
        '<esp:RequestedAttributes xmlns:esp="urn:etoegang:1.9:samlp-extension" '
        f'xmlns:md="{names.MD}">{listed}</esp:RequestedAttributes>',
        **seen,
    )


def fetched(sp: str = PROVIDER.entity_id, url: str = "https://sp.example/ars") -> SeenRequest:
    return request(seen={"binding": names.HTTP_ARTIFACT, "source": Source(sp, url)})


EXAMPLES: dict[str, Example] = {
    "AR-01": Example(lambda: request(seen={"binding": names.SOAP_BINDING})),
    "AR-10-digit": Example(lambda: request(ForceAuthn="1")),
    "AR-11": Example(
        lambda: request(level="loa4", ForceAuthn="false", seen={"level": Level.EH4}),
        lambda: request(level="loa4", seen={"level": Level.EH4}),
    ),
    "AR-34-loa2": Example(lambda: request(level="loa2")),
    "AR-38": Example(lambda: scoped("urn:x"), lambda: scoped(AD)),
    "AR-38-one": Example(lambda: scoped(AD, OTHER_AD), lambda: scoped(AD)),
    "AR-39": Example(lambda: asking("urn:etoegang:core:LegalSubjectID"), lambda: asking(EXTRA)),
    "AR-39-other": Example(lambda: extended('<x:Language xmlns:x="urn:x">nl</x:Language>')),
    "AR-43": Example(lambda: fetched(sp="urn:other"), fetched),
    "AR-43-tls": Example(lambda: fetched(url="http://sp.example/ars"), fetched),
    "LO-01": lo(binding=names.SOAP_BINDING),
    "LO-02": lo(schema_error=("samlp:LogoutRequest misses its NameID", 1)),
    "LO-03": Example(lambda: leaving(ID="1"), lambda: leaving()),
    "LO-04": lo(replayed=True),
    "LO-05": Example(lambda: leaving(Version="1.1"), lambda: leaving()),
    "LO-06": Example(lambda: leaving(IssueInstant="2022-02-01T08:55:29Z"), lambda: leaving()),
    "LO-07": Example(
        lambda: leaving(NotOnOrAfter="2022-02-01T09:00:30Z"),
        lambda: leaving(NotOnOrAfter="2022-02-01T09:00:31Z"),
    ),
    "LO-08": Example(lambda: leaving(Destination=SSO), lambda: leaving()),
    "LO-09": lo(sp=None, signed=None),
    "LO-10": lo(request=replace(leaving().request, issuer_attributes=("Format",))),
    "LO-11": lo(signed=None, signature_problem=SignatureProblem(Fault.MISSING, "one ds:Signature", "none", 1)),
    "LO-11-algorithm": lo(signed=replace(SIGNED, signature_algorithm=names.RSA_SHA1)),
    "LO-11-key-info": lo(signed=replace(SIGNED, key_info=("X509Data",))),
    "LO-12": lo(request=replace(leaving().request, name_id=None)),
    "LO-13": lo(sessions=()),
    "LO-14": lo(sessions=(KnownSession("urn:other", "name-1"),)),
    "LO-15": lo(sessions=(KnownSession(PROVIDER.entity_id, "name-2"),)),
    "LO-16": Example(lambda: leaving_by_artifact(sp="urn:other"), lambda: leaving_by_artifact()),
    "LO-16-tls": Example(
        lambda: leaving_by_artifact(url="http://sp.example/ars"), lambda: leaving_by_artifact()
    ),
    "AR-02": Example(lambda: request(ForceAuthn="perhaps")),
    "AR-03": Example(lambda: request(ID="1")),
    "AR-04": Example(lambda: request(seen={"replayed": True})),
    "AR-05": Example(lambda: request(Version="1.1")),
    "AR-06": Example(lambda: request(IssueInstant="2022-02-01T10:00:00+01:00")),
    "AR-07": Example(lambda: request(IssueInstant="2022-02-01T08:55:29Z")),
    "AR-08": Example(lambda: request(Destination=SSO + "/")),
    "AR-09": Example(lambda: request(Consent=""), lambda: request(Consent="urn:x")),
    "AR-10": Example(lambda: request(ForceAuthn="yes")),
    "AR-12": Example(lambda: request(IsPassive="true"), lambda: request(IsPassive="false")),
    "AR-13": Example(lambda: request(AssertionConsumerServiceIndex=None)),
    "AR-14": Example(lambda: request(AssertionConsumerServiceIndex="7")),
    "AR-15": Example(lambda: request(AssertionConsumerServiceURL=PROVIDER.acs[1][1])),
    "AR-16": Example(
        lambda: request(AssertionConsumerServiceURL="https://evil.example/acs"),
        lambda: request(AssertionConsumerServiceURL=PROVIDER.acs[1][1]),
    ),
    "AR-17": Example(lambda: request(ProtocolBinding=names.HTTP_ARTIFACT)),
    "AR-18": Example(
        lambda: request(ProtocolBinding=names.HTTP_POST), lambda: request(ProtocolBinding=names.HTTP_ARTIFACT)
    ),
    "AR-19": Example(lambda: request(AttributeConsumingServiceIndex="7")),
    "AR-20": Example(
        lambda: request(seen={"sp": replace(SP, services=(replace(SP.services[0], service_ids=()),))})
    ),
    "AR-21": Example(lambda: request(ProviderName="Somebody else"), lambda: request(ProviderName="Testorganisatie")),
    "AR-22": Example(lambda: request(seen={"sp": None})),
    "AR-23": Example(lambda: by("https://sp.example/metadata")),
    "AR-24": Example(lambda: by("urn:etoegang:DV:00000001777777770000:entities:1")),
    "AR-25": Example(lambda: _with_issuer_attributes("Format")),
    "AR-26": Example(lambda: unproven(Fault.MISSING, "one ds:Signature", "no ds:Signature")),
    "AR-27": Example(lambda: unproven(Fault.KEY, "a signature by your key", "one by another key")),
    "AR-28": Example(lambda: signed(signature_algorithm=names.RSA_SHA1)),
    "AR-29": Example(lambda: signed(digest_algorithm=names.SHA1)),
    "AR-30": Example(lambda: signed(canonicalization=names.C14N)),
    "AR-31": Example(lambda: signed(key_info=("KeyName", "X509Data"))),
    "AR-32": Example(lambda: signed(key_name="another name")),
    "AR-33": Example(lambda: request(seen={"now": datetime(2025, 1, 1, tzinfo=UTC)})),
    "AR-34": Example(lambda: request(level="loa1")),
    "AR-35": Example(lambda: request(level="loa4")),
    "AR-36": Example(lambda: _compared("exact")),
    "AR-37": Example(lambda: request(children=NAME_ID_POLICY)),
    "AR-40": Example(lambda: request(children="<samlp:Scoping/>")),
    "AR-41": Example(lambda: request(seen={"carried": Carried(b"", "x" * 81)})),
    "AR-42": Example(lambda: request(seen={"carried": Carried(b"", None, deflated_post=True)})),
    "AR-44": Example(lambda: request(seen={"framed": True})),
    "MD-12": Example(lambda: request(seen={"sp": replace(SP, encryption=())})),
    "AX-02": ax(content_type="application/soap+xml"),
    "AX-03": ax(signed=None, signature_problem=SignatureProblem(Fault.MISSING, "one ds:Signature", "none", 1)),
    "AX-03-algorithm": ax(signed=replace(SIGNED, signature_algorithm=names.RSA_SHA1)),
    "AX-03-key-info": ax(signed=replace(SIGNED, key_info=("X509Data",))),
    "AX-04": ax(artifact=ArtifactState.OTHER_SP),
    "AX-05": ax(artifact=ArtifactState.UNKNOWN),
    "AX-06": ax(artifact=ArtifactState.LATE),
    "AX-07": ax(caller=Caller(asked=True)),
    "AX-08": ax(artifact=ArtifactState.USED),
}  # fmt: skip
REGISTRIES: tuple[Rules[Any], ...] = (RULES, resolve.RULES, logout.RULES)
EVERY_RULE = [(rules, id_) for rules in REGISTRIES for id_ in rules.rules]


def _with_issuer_attributes(*found: str) -> SeenRequest:
    made = request()
    return replace(made, request=replace(made.request, issuer_attributes=found))


def _compared(comparison: str) -> SeenRequest:
    made = request()
    return replace(made, request=replace(made.request, comparison=comparison))
