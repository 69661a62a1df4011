"""Every rule that there is; and messages to alter further than the rules' own examples do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from broker.rules.authn import SeenRequest
from broker.rules.engine import Rules
from broker.rules.registries import REGISTRIES
from broker.rules.resolve import ArtifactState, Caller, ClientCertificates, SeenResolve
from broker.wire import names, schema
from broker.wire.artifact import read_resolve
from broker.wire.bindings import Carried
from broker.wire.metadata import read as read_metadata
from broker.wire.request import read
from broker.wire.signing import Signed
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
        schema_errors=schema.errors(element),
        level=Level.EH3,
        provider="Testorganisatie",
    )
    return replace(usual, **seen or {})


def signed(**change: Any) -> SeenRequest:
    return request(seen={"signed": replace(SIGNED, **change)})


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


def assert_finds(rules: Rules[Any], id_: str, seen: Any) -> None:
    report = rules.run(seen)
    assert report.broken == ()
    assert id_ in [finding.rule for finding in report.findings]


EVERY_RULE = [(registry.rules, id_) for registry in REGISTRIES for id_ in registry.rules.rules]
