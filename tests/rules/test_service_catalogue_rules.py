"""Rules SC-01..10: what each finds in a service catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rule_examples import assert_finds

from broker.rules.engine import Report
from broker.rules.metadata.examples import NOW
from broker.rules.service_catalogue import RULES, see
from broker.rules.service_catalogue.examples import BESIDE, FLAWLESS, KVK, document, made
from broker.rules.service_catalogue.seen import Beside
from sps.running import DjangoSP
from support.catalogues import BRANCH, Catalogue

BSN = "urn:etoegang:1.12:EntityConcernedID:BSN"


def found(report: Report) -> dict[str, str]:
    return {finding.rule: str(finding.severity) for finding in report.findings}


def test_every_check_of_the_scheme_digest_is_there() -> None:
    assert {f"SC-{number:02}" for number in range(1, 11)} <= set(RULES.rules)


def cut(old: str) -> Any:
    return lambda: made((old, ""))


def put(old: str, new: str) -> Any:
    return lambda: made((old, new))


_HM = "      <esc:HerkenningsmakelaarId>00000003999999990000</esc:HerkenningsmakelaarId>\n"
OTHERS = {
    "an attribute that is not there": ("SC-01", put(' esc:IsPublic="true"', "")),
    "an attribute of another namespace": ("SC-01", put("esc:Version=", "Version=")),
    "elements in another order": ("SC-01", put(KVK, KVK + "\n" + _HM.strip())),
    "no level": (
        "SC-01",
        cut(
            "      <saml:AuthnContextClassRef>urn:etoegang:core:assurance-class:loa3</saml:AuthnContextClassRef>\n"
        ),
    ),
    "another namespace": ("SC-01", put("urn:etoegang:1.13:service-catalog", "urn:example:catalog")),
    "a ServiceID of another OIN": ("SC-02", put(":services:1", ":services:one")),
    "a type that does not exist": ("SC-06", put("EntityConcernedID:KvKnr", "EntityConcernedID:Kenteken")),
    "a type in no set beside one in a set": (
        "SC-06",
        put(KVK, KVK + KVK.replace(' setNumber="1"', "").replace("KvKnr", "RSIN")),
    ),
    "a type twice in one set": ("SC-06", put(KVK, KVK + KVK)),
    "no pointer to a definition": (
        "SC-03",
        cut("      <esc:InstanceOfService>11111111-1111-4111-8111-111111111111</esc:InstanceOfService>\n"),
    ),
    "a BSN at a low level": (
        "SC-05",
        lambda: made(
            ("assurance-class:loa3", "assurance-class:loa2plus"),
            ("urn:etoegang:1.9:EntityConcernedID:KvKnr", BSN),
        ),
    ),
    "a purpose that is empty": ("SC-08", put("Om u aan te spreken", " ")),
    "a key for signing only": ("SC-09", put('use="encryption"', 'use="signing"')),
    "a URL that is too long": (
        "SC-04",
        put(
            "<saml:AuthnContextClassRef>",
            f'<esc:ServiceDescriptionURL xml:lang="nl">https://sp.example/{"x" * 500}</esc:ServiceDescriptionURL>'
            "<saml:AuthnContextClassRef>",
        ),
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_rule_finds_other_cases_too(case: str) -> None:
    id_, make = OTHERS[case]
    assert_finds(RULES, id_, make())


def test_a_catalogue_of_another_provider_than_the_metadata_is_told() -> None:
    beside = Beside(BESIDE.own_oin, NOW, "urn:etoegang:DV:00000001666666660000:entities:9001")
    assert found(RULES.run(see(document(), beside))) == {"SC-02": "E"}


def test_a_level_that_has_just_ended_is_a_warning() -> None:
    assert found(RULES.run(made(("assurance-class:loa3", "assurance-class:loa2")))) == {"SC-05": "W"}


def test_no_certificate_is_a_warning_where_the_metadata_has_one() -> None:
    bare = FLAWLESS[
        FLAWLESS.index("      <esc:ServiceCertificate>") : FLAWLESS.index("    </esc:ServiceInstance>")
    ]
    data = document((bare, ""))
    assert found(RULES.run(see(data, BESIDE))) == {"SC-09": "E"}
    beside = Beside(BESIDE.own_oin, NOW, BESIDE.entity_id, encryption_in_metadata=True)
    assert found(RULES.run(see(data, beside))) == {"SC-09": "W"}


def test_a_draft_as_providers_generate_it_has_no_other_findings_than_that_it_is_a_draft() -> None:
    draft = Catalogue(
        restrictions=(BRANCH,), attributes=(("urn:etoegang:1.9:attribute:FirstName", True, "Aanhef"),)
    )
    beside = Beside(BESIDE.own_oin, NOW, BESIDE.entity_id, encryption_in_metadata=True)
    assert found(RULES.run(see(draft.xml, beside))) == {"SC-01-signed": "N", "SC-09": "W"}


@pytest.mark.parametrize("data", [b"", b"<", b"<a/>", b"<ServiceCatalogue/>", b"<!DOCTYPE a><a/>"])
def test_what_is_no_catalogue_is_one_finding_and_no_rule_passes(data: bytes) -> None:
    report = RULES.run(see(data, BESIDE))
    assert (found(report), report.passed, report.broken) == ({"SC-01": "E"}, (), ())


@pytest.mark.sp
def test_a_catalogue_of_django_digid_eherkenning_has_no_finding_but_that_it_is_not_signed(
    bench: Any, tmp_path: Path
) -> None:
    own = tmp_path / "broker.xml"
    own.write_bytes(bench.browser().get("/metadata").body)
    sp = DjangoSP(tmp_path, own)
    sp.configure()
    beside = Beside(BESIDE.own_oin, datetime.now(UTC))
    assert set(found(RULES.run(see(sp.catalogue, beside)))) == {"SC-01-signed"}
