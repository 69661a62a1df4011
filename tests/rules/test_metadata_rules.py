"""Rules MD-01..32: what each finds, and that it is content with metadata as libraries really make it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from rule_examples import assert_finds

from broker.rules.engine import Profile, Report
from broker.rules.finding import Severity
from broker.rules.metadata import RULES, Surroundings, see
from broker.rules.metadata.examples import FLAWLESS, NOW, SURROUNDINGS, document, made
from broker.rules.metadata.services import listing
from sps.environments import environment
from sps.running import DjangoSP
from support.sp import ServiceProvider, make_key

HEAVY = (Severity.REFUSED, Severity.ERROR)
OIN = "00000001777777770000"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


def found(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def test_every_check_of_the_scheme_digest_is_there() -> None:
    assert {f"MD-{number:02}" for number in range(1, 33)} <= set(RULES.rules)


OTHERS: dict[str, tuple[str, Any]] = {
    "no certificate at all": (
        "MD-11",
        lambda: made(("<ds:X509Data><ds:X509Certificate>CERTIFICATE</ds:X509Certificate></ds:X509Data>", "")),
    ),
    "two default endpoints": (
        "MD-20",
        lambda: made(
            (
                "    <md:AttributeConsumingService",
                f'<md:AssertionConsumerService Binding="{_POST}" Location="https://sp.example/p" index="2" '
                'isDefault="true"/><md:AttributeConsumingService',
            )
        ),
    ),
    "an index written with a nought before it is the same index": (
        "MD-20",
        lambda: made(
            (
                "    <md:AttributeConsumingService",
                f'<md:AssertionConsumerService Binding="{_POST}" Location="https://sp.example/p" index="01"/>'
                "<md:AttributeConsumingService",
            )
        ),
    ),
    "two ServiceIDs in one service": (
        "MD-25",
        lambda: made(("urn:etoegang:1.9:attribute:FirstName", f"urn:etoegang:DV:{OIN}:services:2")),
    ),
    "no ServiceID": (
        "MD-25",
        lambda: made((f"urn:etoegang:DV:{OIN}:services:1", "urn:etoegang:1.9:attribute:FamilyName")),
    ),
    "an attribute that the catalogue has not for the service": (
        "MD-26",
        lambda: made(around=replace(SURROUNDINGS, catalogue={listing().service_id: listing()})),
    ),
    "a version without a namespace": ("MD-05", lambda: made(('eme:version="1.13"', 'version="1.13"'))),
    "no organisation": (
        "MD-30",
        lambda: made(
            (FLAWLESS[FLAWLESS.index("  <md:Organization>") : FLAWLESS.index("  <md:ContactPerson")], "")
        ),
    ),
    "an ArtifactResolutionService that is needed": (
        "MD-31",
        lambda: made(around=replace(SURROUNDINGS, artifact_requests=True)),
    ),
    "a certificate that is garbage": ("MD-15", lambda: made(("CERTIFICATE", "AAAA"))),
    "an extension of another standard": (
        "MD-06",
        lambda: made(
            (
                "  <md:SPSSODescriptor",
                "  <md:Extensions><x:y xmlns:x='urn:x'/></md:Extensions><md:SPSSODescriptor",
            )
        ),
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_rule_finds_other_cases_too(case: str) -> None:
    id_, make = OTHERS[case]
    assert_finds(RULES, id_, make())


def test_of_two_certificates_one_may_have_expired() -> None:
    """A key is rolled over: the old one stays for a while, and that is a warning."""
    rule = RULES.rules["MD-15"]
    alone = made(around=replace(SURROUNDINGS, now=NOW.replace(year=2030)))
    beside = see(
        document(
            (
                "</md:KeyDescriptor>",
                "</md:KeyDescriptor><md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>EXPIRED"
                "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
            )
        ).replace(b"EXPIRED", b"AAAA"),
        SURROUNDINGS,
    )[0]
    assert [finding.severity for finding in RULES.run(alone, only=[rule.id]).findings] == [Severity.ERROR]
    assert [finding.severity for finding in RULES.run(beside, only=[rule.id]).findings] == [Severity.WARNING]


@pytest.mark.parametrize(
    "data",
    [b"", b"<", b"<a/>", b"<html><body/></html>", b"\xff\xfe<", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
)
def test_what_cannot_be_read_is_one_finding_and_no_rule_passes(data: bytes) -> None:
    (seen,) = see(data, SURROUNDINGS)
    report = RULES.run(seen)
    assert found(report) == ["MD-01"]
    assert report.passed == ()
    assert report.broken == ()


def test_nothing_that_is_encrypted_needs_no_key() -> None:
    bare = made(
        ("<md:KeyDescriptor>", '<md:KeyDescriptor use="signing">'),
        around=replace(SURROUNDINGS, encrypts=False),
    )
    assert "MD-12" in RULES.run(bare).not_applicable


def test_a_key_in_the_catalogue_will_do() -> None:
    seen = made()
    certificate = seen.keys[0].certificates[0].certificate
    service = replace(listing("urn:etoegang:1.9:attribute:FirstName"), certificate=certificate)
    around = replace(SURROUNDINGS, catalogue={service.service_id: service})
    report = RULES.run(made(("<md:KeyDescriptor>", '<md:KeyDescriptor use="signing">'), around=around))
    assert "MD-12" in report.passed


# What libraries make.


def judged(metadata: bytes) -> dict[str, str]:
    """What is found in it in lenient, and how heavy."""
    (seen,) = see(metadata, Surroundings(datetime.now(UTC)))
    report = RULES.run(seen, Profile.LENIENT)
    assert report.broken == ()
    return {finding.rule: str(finding.severity) for finding in report.findings}


def heavy(findings: dict[str, str]) -> list[str]:
    return [rule for rule, severity in findings.items() if severity in HEAVY]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sp.key and sp.crt."""
    folder = tmp_path_factory.mktemp("pair")
    key, certificate = make_key("sp.example")
    (folder / "sp.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "sp.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder


@pytest.mark.sp
def test_metadata_of_django_digid_eherkenning_has_no_error(bench: Any, tmp_path: Path) -> None:
    own = tmp_path / "broker.xml"
    own.write_bytes(bench.browser().get("/metadata").body)
    sp = DjangoSP(tmp_path, own)
    sp.configure()
    assert heavy(judged(sp.metadata)) == []


MAKE = """\
import json, sys
from onelogin.saml2.settings import OneLogin_Saml2_Settings
made = OneLogin_Saml2_Settings(json.load(sys.stdin), sp_validation_only=True).get_sp_metadata()
sys.stdout.write(made if isinstance(made, str) else made.decode())
"""


@pytest.mark.sp
def test_metadata_of_python3_saml_has_no_error(pair: Path) -> None:
    settings = {
        "strict": True,
        "sp": {
            "entityId": f"urn:etoegang:DV:{OIN}:entities:9001",
            "assertionConsumerService": {"url": "https://sp.example/acs", "binding": _POST},
            "attributeConsumingService": {
                "serviceName": "Mijn loket",
                "serviceDescription": "Een aanvraag doen",
                "requestedAttributes": [{"name": f"urn:etoegang:DV:{OIN}:services:1", "isRequired": False}],
            },
            "x509cert": (pair / "sp.crt").read_text(),
            "privateKey": (pair / "sp.key").read_text(),
        },
        "security": {
            "authnRequestsSigned": True,
            "wantAssertionsSigned": True,
            "wantNameIdEncrypted": True,
            "signMetadata": True,
        },
    }
    done = subprocess.run(
        [str(environment("python3_saml")), "-c", MAKE],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert heavy(judged(done.stdout.encode())) == []


def test_metadata_of_pysaml2_has_no_error(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from saml2 import metadata
    from saml2.config import SPConfig

    if shutil.which("xmlsec1") is None:
        # It asks that program which algorithms there are, to list them in an extension.
        monkeypatch.setattr(metadata, "algorithm_support_in_metadata", lambda binary: [])
    files = {"key_file": str(pair / "sp.key"), "cert_file": str(pair / "sp.crt")}
    config = SPConfig().load(
        {
            "entityid": f"urn:etoegang:DV:{OIN}:entities:9001",
            **files,
            "encryption_keypairs": [files],
            "xmlsec_binary": shutil.which("xmlsec1") or "xmlsec1",
            "service": {
                "sp": {
                    "endpoints": {
                        "assertion_consumer_service": [
                            ("https://sp.example/acs", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact")
                        ]
                    },
                    "authn_requests_signed": True,
                    "want_assertions_signed": True,
                    "required_attributes": [f"urn:etoegang:DV:{OIN}:services:1"],
                }
            },
        }
    )
    assert heavy(judged(str(metadata.entity_descriptor(config)).encode())) == []


def test_metadata_of_the_provider_of_this_suite_has_no_error() -> None:
    assert heavy(judged(ServiceProvider().metadata)) == []
