"""Metadata and catalogues that a broker has: their findings in API and console, and the report of a provider."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from lxml import html

from broker import cli
from broker.report import rule_results
from broker.report.rule_results import Last
from broker.rules import authn
from broker.rules import metadata as metadata_rules
from broker.rules.registries import every_rule
from support.answers import call
from support.catalogues import Catalogue
from support.mistakes import unsigned
from support.plain_sp import PlainProvider

OTHER = "urn:etoegang:DV:00000001777777770000:entities:9002"


def path(entity_id: str, more: str = "") -> str:
    return f"/api/v1/service-providers/{quote(entity_id, safe='')}{more}"


def get(bench: Any, where: str, status: int = 200) -> Any:
    page = call(bench, "GET", where)
    assert page.status == status, page.text
    return json.loads(page.body)


def report(bench: Any, entity_id: str = "") -> dict[str, Any]:
    """Each rule of the report, by its id."""
    told = get(bench, path(entity_id or bench.sp.entity_id, "/report"))
    return {rule["rule"]: rule for section in told["sections"] for rule in section["rules"]}


# Findings where it is taken in.


def test_the_api_gives_the_findings_with_what_it_took_in(bench: Any) -> None:
    data = bench.sp.metadata.replace(bench.sp.entity_id.encode(), OTHER.encode())
    data = data.replace(b'AuthnRequestsSigned="true"', b'AuthnRequestsSigned="false"')
    page = call(bench, "POST", "/api/v1/service-providers", data)
    assert page.status == 201, page.text
    (taken,) = json.loads(page.body)["service_providers"]
    (found,) = [finding for finding in taken["findings"] if finding["severity"] == "E"]
    assert (found["rule"], found["received"]) == ("MD-08", '"false"')
    line = taken["xml"].splitlines()[found["line"] - 1]
    assert line[found["column"] - 1 :].startswith('AuthnRequestsSigned="false"')
    assert get(bench, path(OTHER))["findings"] == taken["findings"]


def test_a_catalogue_has_its_findings_too(bench: Any) -> None:
    page = call(
        bench,
        "POST",
        "/api/v1/service-catalogues",
        Catalogue(level="urn:etoegang:core:assurance-class:loa2").xml,
    )
    (taken,) = json.loads(page.body)["service_catalogues"]
    assert {"SC-05": "W"}.items() <= {found["rule"]: found["severity"] for found in taken["findings"]}.items()


def test_metadata_that_names_what_the_catalogue_has_not_is_told(bench: Any) -> None:
    call(
        bench,
        "POST",
        "/api/v1/service-catalogues",
        Catalogue(service_id="urn:etoegang:DV:00000001777777770000:services:7").xml,
    )
    assert "MD-25-catalogue" in [found["rule"] for found in get(bench, path(bench.sp.entity_id))["findings"]]


def test_broken_metadata_is_refused_with_its_text(bench: Any) -> None:
    page = call(bench, "POST", "/api/v1/service-providers", bench.sp.metadata[:-9])
    assert page.status == 422
    assert "not well-formed" in page.text


def test_the_console_shows_the_findings_of_a_provider(bench: Any) -> None:
    page = bench.browser().get("/console/service-providers")
    shown = {item.get("data-rule"): item for item in page.by_testid("finding")}
    told = get(bench, path(bench.sp.entity_id))["findings"]
    assert set(shown) == {found["rule"] for found in told}
    for found in told:
        text = shown[found["rule"]].text_content()
        for part in (found["title"], found["expected"], found["received"], found["mend"]):
            assert part in text


def test_a_check_that_breaks_is_shown_and_nothing_falls_over(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = metadata_rules.RULES.rules

    def boom(seen: Any) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setitem(rules, "MD-04", replace(rules["MD-04"], check=boom))
    (found,) = [one for one in get(bench, path(bench.sp.entity_id))["findings"] if one["rule"] == "MD-04"]
    assert "fault, not yours" in found["title"]
    assert report(bench)["MD-04"]["result"] == "broken"


# MD-12, where it acts on requests.


def test_a_provider_without_a_key_is_declined_where_something_is_encrypted_for_it(bench: Any) -> None:
    replace_key(bench)
    bench.ask()
    assert "MD-12" in [found["rule"] for found in last(bench)["findings"]]
    assert bench.exchanges.recent(1)[0].outcome == "declined"


def test_a_provider_without_a_key_logs_in_where_nothing_is_encrypted_for_it(bench: Any) -> None:
    replace_key(bench)
    file = bench.home / "eherkenning.yaml"
    section = f'\nservice_providers:\n  "{bench.sp.entity_id}":\n    identifiers: plain\n    advice: none\n'
    file.write_text(file.read_text() + section)
    bench.application.parts.configuration.refresh()
    landed = bench.login()
    assert "SAMLart" in landed.fields or "SAMLResponse" in landed.fields
    told = last(bench)
    assert "MD-12" not in [found["rule"] for found in told["findings"]]
    assert "MD-12" in told["not_applicable"]
    (exchange,) = bench.exchanges.recent(1)
    assert exchange.outcome == "success"
    assert "MD-12" not in [found["rule"] for found in get(bench, path(bench.sp.entity_id))["findings"]]


def replace_key(bench: Any) -> None:
    data: bytes = bench.sp.metadata.replace(b"<md:KeyDescriptor>", b'<md:KeyDescriptor use="signing">')
    (bench.home / "metadata" / "sp.xml").write_bytes(data)
    bench.application.parts.configuration.refresh()


def last(bench: Any) -> Any:
    return bench.exchanges.recent(1)[0].last("request")


# The report.


def test_a_report_has_every_rule_with_its_last_result(bench: Any) -> None:
    before = report(bench)
    assert set(before) == set(every_rule())
    assert before["AR-27"]["result"] == "never-seen"
    assert before["MD-08"]["result"] == "passed"
    bench.ask(level="loa4")
    refused = bench.ask(xml=unsigned(bench.sp, bench.sso)).said("exchange")
    after = report(bench)
    assert (after["AR-26"]["result"], after["AR-26"]["exchange"]) == ("failed", refused)
    assert after["AR-26"]["finding"]["mend"]
    assert after["AR-05"]["result"] == "passed"
    # The unsigned one was not above the level: it is the newest word on AR-35.
    assert after["AR-35"]["result"] == "passed"
    bench.login()
    assert report(bench)["AR-26"]["result"] == "passed"
    assert report(bench)["LO-01"]["result"] == "never-seen"


def test_a_rule_that_does_not_apply_once_keeps_its_result(bench: Any) -> None:
    bench.ask(level="loa1")
    assert report(bench)["AR-34"]["result"] == "failed"
    bench.ask(level=None)
    kept = report(bench)["AR-34"]
    assert kept["result"] == "failed"


def test_an_exchange_holds_what_passed_and_what_did_not_apply(bench: Any) -> None:
    bench.ask()
    told = last(bench)
    judged = {*told["passed"], *told["not_applicable"], *(found["rule"] for found in told["findings"])}
    assert judged == set(authn.RULES.rules)


def test_results_outlive_the_log(bench: Any) -> None:
    bench.ask(level="loa1")
    bench.application.parts.store.clear(log="exchanges")
    assert report(bench)["AR-34"]["result"] == "failed"


def test_nobody_is_known_and_nothing_is_kept_for_an_unknown_sender(bench: Any) -> None:
    bench.ask(issuer=OTHER)
    assert rule_results.kept(bench.application.parts.store, OTHER) == {}
    get(bench, path(OTHER, "/report"), 404)
    assert bench.browser().get(f"/console/service-providers/{quote(OTHER, safe='')}/report").status == 404


def test_a_report_is_one_file_that_needs_nothing_else(bench: Any) -> None:
    bench.ask(level="loa1")
    page = bench.browser().get(f"/console/service-providers/{quote(bench.sp.entity_id, safe='')}/report")
    root = html.fromstring(page.body)
    assert page.status == 200
    assert root.xpath("//script | //link | //img | //iframe") == []
    rows = {row.get("data-rule"): row.get("data-result") for row in root.xpath("//tr[@data-rule]")}
    assert rows == {rule: told["result"] for rule, told in report(bench).items()}
    (row,) = root.xpath('//tr[@data-rule="AR-34"]')
    assert "loa1" in row.text_content()
    (style,) = root.xpath("//style/text()")
    assert "@media print" in style


def test_a_suppressed_finding_is_shown_with_its_reason(bench: Any) -> None:
    file = bench.home / "eherkenning.yaml"
    reason = "the machine of the tests has no name"
    section = f'\nservice_providers:\n  "{bench.sp.entity_id}":\n    suppress:\n      MD-30: {reason}\n'
    file.write_text(file.read_text() + section)
    bench.application.parts.configuration.refresh()
    told = report(bench)["MD-30"]
    assert (told["result"], told["finding"]["suppressed"]) == ("failed", reason)
    assert get(bench, path(bench.sp.entity_id, "/report"))["counts"]["suppressed"] == 1
    page = bench.browser().get(f"/console/service-providers/{quote(bench.sp.entity_id, safe='')}/report")
    assert reason in page.text


def test_a_provider_of_another_world_has_a_report(bench: Any) -> None:
    plain = PlainProvider()
    bench.trust(plain, "plain")
    assert get(bench, path(plain.entity_id, "/report"))["profile"] == "saml"
    assert (
        report(bench, plain.entity_id)["MD-04"] | {"severity": None}
        == report(bench, plain.entity_id)["MD-04"]
    )
    assert (
        bench.browser().get(f"/console/service-providers/{quote(plain.entity_id, safe='')}/report").status
        == 200
    )


def test_the_command_writes_the_report_of_a_home(bench: Any, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "report.html"
    words = ["report", "--home", str(bench.home), "--sp", bench.sp.entity_id]
    assert cli.main([*words, "-o", str(out)]) == 0
    assert len(html.parse(str(out)).xpath("//tr[@data-rule]")) == len(every_rule())
    assert cli.main([*words, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["entity_id"] == bench.sp.entity_id
    assert cli.main([*words[:-1], OTHER]) == 2
    assert bench.sp.entity_id in capsys.readouterr().err


def test_every_result_has_a_word(bench: Any) -> None:
    counts = get(bench, path(bench.sp.entity_id, "/report"))["counts"]
    assert set(counts) == {*map(str, Last), "suppressed"}
    assert sum(counts.values()) == len(every_rule())


def test_a_room_has_results_of_its_own_and_a_reset_drops_them(bench: Any) -> None:
    bench.browser().post("/sso/1.13", bench.sp.form(unsigned(bench.sp, bench.sso)), Mock_Eherkenning_Tag="t1")
    where = path(bench.sp.entity_id, "/report")

    def failed(tag: str) -> set[str]:
        told = get(bench, where + tag)
        return {rule["rule"] for section in told["sections"] for rule in section["rules"] if rule["exchange"]}

    assert "AR-26" in failed("?tag=t1")
    assert failed("") == set()
    assert call(bench, "POST", "/api/v1/reset?tag=t1").status == 200
    assert failed("?tag=t1") == set()
    bench.ask()
    assert "AR-26" in failed("")
    assert call(bench, "POST", "/api/v1/reset").status == 200
    assert failed("") == set()
