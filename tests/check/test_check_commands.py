"""``check-request``, ``check-metadata`` and ``check-catalogue``: what they take, print and end with."""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from lxml import etree

from broker import cli
from broker.rules import metadata as metadata_rules
from broker.rules import samples
from broker.rules import service_catalogue as catalogue_rules
from broker.rules.metadata import examples
from broker.rules.service_catalogue import examples as catalogue_examples
from support.golden import same_as_golden
from support.plain_sp import PlainProvider
from support.sp import ServiceProvider

NOW = "--now=2026-02-01T09:00:00Z"
SSO = "https://broker.example/sso/1.13"
WRONG = (
    ('AuthnRequestsSigned="true"', 'AuthnRequestsSigned="false"'),
    ("https://sp.example/acs", "http://sp.example/acs"),
    ("<md:EntityDescriptor ", '<md:EntityDescriptor cacheDuration="P7D" '),
)


class Ran:
    """``code`` is what it ends with."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def summary(self) -> str:
        return self.out.strip().splitlines()[-1]


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a folder of its own; bytes that are given are put in a file first, under the name before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MOCK_EHERKENNING_HOME", raising=False)

    def go(*words: str, **files: bytes) -> Ran:
        for name, data in files.items():
            (tmp_path / name.replace("_", ".")).write_bytes(data)
        code = cli.main(list(words))
        out = capsys.readouterr()
        return Ran(code, out.out, out.err)

    return go


@pytest.fixture(scope="module")
def provider() -> ServiceProvider:
    return ServiceProvider()


# What they print.


@pytest.mark.parametrize(
    ("style", "ends"), [("text", "txt"), ("json", "json"), ("junit", "xml"), ("sarif", "sarif")]
)
def test_metadata_with_mistakes_in_every_format(run: Run, style: str, ends: str) -> None:
    data = examples.document(*WRONG, how="none")
    ran = run("check-metadata", "sp.xml", NOW, "--format", style, sp_xml=data)
    assert ran.code == 1
    same_as_golden(f"check-metadata.{ends}", ran.out)


def test_a_catalogue_with_a_mistake(run: Run) -> None:
    data = catalogue_examples.document(("assurance-class:loa3", "assurance-class:loa1"), signed=False)
    ran = run("check-catalogue", "dc.xml", NOW, dc_xml=data)
    assert ran.code == 1
    same_as_golden("check-catalogue.txt", ran.out)


def test_a_request_with_a_mistake(run: Run) -> None:
    message = samples.text("authn_request").replace(' Version="2.0"', ' Version="1.1"').encode()
    ran = run("check-request", "request.xml", NOW, request_xml=message)
    assert ran.code == 1
    same_as_golden("check-request.txt", ran.out)


def test_a_line_is_one_that_editors_understand(run: Run) -> None:
    ran = run("check-metadata", "sp.xml", NOW, sp_xml=examples.document(WRONG[0]))
    (line,) = [line for line in ran.out.splitlines() if "[E]" in line]
    place, _, rest = line.partition(": ")
    name, number, column = place.split(":")
    assert name == "sp.xml"
    text = (Path("sp.xml")).read_text().splitlines()[int(number) - 1]
    assert text[int(column) - 1 :].startswith("AuthnRequestsSigned")
    assert rest.startswith("[E] MD-08 ")
    for part in ("expected", "received", "docs/rules/MD-08.md", "https://afsprakenstelsel.etoegang.nl/"):
        assert part in rest


def test_sarif_is_valid_by_the_models_of_its_schema(run: Run) -> None:
    """pydantic-sarif is made from the official JSON schema of SARIF 2.1.0, and allows nothing beside it."""
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

    ran = run("check-metadata", "sp.xml", NOW, "--format=sarif", sp_xml=examples.document(*WRONG, how="none"))
    document = json.loads(ran.out)
    Sarif.model_validate(document)
    (one,) = document["runs"]
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert rules == list(metadata_rules.RULES.rules)
    assert {"MD-06", "MD-08", "MD-21"} <= {result["ruleId"] for result in one["results"]}
    for result in one["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 0


def test_junit_has_a_case_for_each_rule(run: Run) -> None:
    ran = run("check-metadata", "sp.xml", NOW, "--format=junit", sp_xml=examples.document(*WRONG))
    (suite,) = ElementTree.fromstring(ran.out)
    cases = {str(case.get("name")).split()[0]: [part.tag for part in case] for case in suite}
    assert set(cases) == set(metadata_rules.RULES.rules)
    assert cases["MD-08"] == ["failure"]
    assert cases["MD-06"] == ["system-out"]
    assert cases["MD-32"] == ["skipped"]
    assert cases["MD-01"] == []
    assert suite.get("failures") == "2"


# What they end with.


@pytest.mark.parametrize(
    ("edits", "more", "code"),
    [
        ((), (), 0),
        ((WRONG[0],), (), 1),
        ((WRONG[2],), (), 0),
        ((WRONG[2],), ("--fail-on=W",), 1),
        ((WRONG[0],), ("--fail-on=R",), 0),
        ((WRONG[0],), ("--profile=saml",), 0),
    ],
)
def test_the_exit_code_says_whether_it_passes(
    run: Run, edits: tuple[tuple[str, str], ...], more: tuple[str, ...], code: int
) -> None:
    assert run("check-metadata", "sp.xml", NOW, *more, sp_xml=examples.document(*edits)).code == code


@pytest.mark.parametrize("data", [b"<", b"hello", b"<a/>", b"\xff\xfe\x00", b"<!DOCTYPE a><a/>"])
@pytest.mark.parametrize("command", ["check-metadata", "check-catalogue"])
def test_what_is_no_such_document_is_an_error_and_never_a_pass(run: Run, command: str, data: bytes) -> None:
    ran = run(command, "x.xml", x_xml=data)
    assert ran.code == 1
    assert " 0 passed, 0 not applicable, " in ran.summary
    assert "could not be judged" in ran.summary
    assert "(the document cannot be read)" in ran.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check-metadata", "none.xml"), "none.xml: No such file"),
        (("check-metadata", "x.xml"), "there is nothing in it"),
        (("check-metadata", "http://127.0.0.1:1/metadata"), "cannot be reached"),
        (("check-request", "text.txt"), "this is no request"),
        (("check-request", "text.txt", "--home", "nowhere"), "there is no eherkenning.yaml"),
        (("check-metadata", "sp.xml", "--now=yesterday"), "--now"),
        (("check-metadata", "sp.xml", "--catalogue=sp.xml"), "sp.xml: this is not a service catalogue"),
        (("check-metadata", "sp.xml", "--catalogue=cut.xml"), "cut.xml: this is not a service catalogue"),
        (("check-catalogue", "dc.xml", "--metadata=dc.xml"), "dc.xml: no service provider in it"),
    ],
)
def test_what_cannot_be_read_at_all_ends_with_2_and_one_line(
    run: Run, words: tuple[str, ...], says: str
) -> None:
    catalogue = catalogue_examples.document()
    ran = run(
        *words,
        x_xml=b" \n",
        text_txt=b"hello, world!",
        sp_xml=examples.document(),
        dc_xml=catalogue,
        cut_xml=catalogue[: len(catalogue) // 2],
    )
    assert ran.code == 2
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert ran.out == ""


@pytest.mark.parametrize(("command", "rules"), [("metadata", metadata_rules), ("catalogue", catalogue_rules)])
@pytest.mark.parametrize("style", ["text", "json", "junit", "sarif"])
def test_a_check_that_breaks_ends_with_3_and_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str, rules: Any, style: str
) -> None:
    first = next(iter(rules.RULES.rules.values()))

    def boom(seen: Any) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(rules.RULES, "rules", {first.id: _with(first, boom)})
    data = examples.document() if command == "metadata" else catalogue_examples.document()
    ran = run(f"check-{command}", "x.xml", NOW, "--format", style, x_xml=data)
    assert ran.code == 3
    assert f"these checks broke, and say nothing: {first.id}" in ran.err
    assert "by nought" in ran.out


def _with(rule: Any, check: Any) -> Any:
    from dataclasses import replace

    return replace(rule, check=check)


# What a request may be given as.


def forms(provider: ServiceProvider) -> dict[str, tuple[bytes, str]]:
    """The same request, by what it is to be taken for."""
    xml = provider.signed(provider.request(SSO))
    encoded = base64.b64encode(xml).decode()
    query = provider.query(etree.tostring(provider.request(SSO)))
    page = (
        f'<html><form action="{SSO}" method="post"><input name="SAMLRequest" value="{encoded}"></form></html>'
    )
    return {
        "XML": (xml, "XML, as HTTP-POST has it"),
        "base64": (encoded.encode(), "base64 of XML, as HTTP-POST has it"),
        "address": (f"{SSO}?{query}".encode(), "an address with a query, as HTTP-Redirect has it"),
        "query": (query.encode(), "a query, as HTTP-Redirect has it"),
        "form": (urlencode(provider.form(xml)).encode(), "the body of a form, as HTTP-POST has it"),
        "page": (page.encode(), "a page with a form, as HTTP-POST has it"),
    }


@pytest.mark.parametrize("form", ["XML", "base64", "address", "query", "form", "page"])
def test_a_request_is_taken_in_every_form_and_it_is_said_which(
    run: Run, provider: ServiceProvider, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, about = forms(provider)[form]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    ran = run("check-request", "-", "--metadata", "sp.xml", sp_xml=provider.metadata)
    assert f"taken for {about};" in ran.out
    assert ran.code == 0, ran.out
    assert " 0 errors" in ran.summary


def test_an_address_may_be_given_as_the_argument(run: Run, provider: ServiceProvider) -> None:
    address = forms(provider)["address"][0].decode()
    ran = run("check-request", address, "--metadata", "sp.xml", sp_xml=provider.metadata)
    assert (ran.code, "as HTTP-Redirect has it" in ran.out) == (0, True)


@pytest.mark.parametrize("form", ["XML", "address"])
def test_a_request_that_was_changed_after_it_was_signed_is_refused(
    run: Run, provider: ServiceProvider, form: str
) -> None:
    data, _ = forms(provider)[form]
    old, new = (b"loa3", b"loa4") if form == "XML" else (b"RelayState=rs-1", b"RelayState=rs-2")
    ran = run(
        "check-request",
        "r.txt",
        "--metadata",
        "sp.xml",
        r_txt=data.replace(old, new),
        sp_xml=provider.metadata,
    )
    assert ran.code == 1
    assert f"[R] {'AR-27' if form == 'XML' else 'AR-42'}" in ran.out


def test_an_unsigned_request_is_refused(run: Run, provider: ServiceProvider) -> None:
    unsigned = etree.tostring(provider.request(SSO))
    ran = run("check-request", "r.xml", "--metadata", "sp.xml", r_xml=unsigned, sp_xml=provider.metadata)
    assert ran.code == 1
    assert "[R] AR-26" in ran.out


def test_the_xml_of_a_redirect_has_its_signature_elsewhere(run: Run, provider: ServiceProvider) -> None:
    """It is not called unsigned: it is told that nobody can know."""
    words = ("check-request", "r.xml", "--metadata", "sp.xml", "--binding", "redirect", "--format", "json")
    ran = run(*words, r_xml=etree.tostring(provider.request(SSO)), sp_xml=provider.metadata)
    (document,) = json.loads(ran.out)["documents"]
    unknown = {item["rule"]: item["reason"] for item in document["unknown"]}
    assert ran.code == 0
    assert "in the query" in unknown["AR-26"]
    assert "AR-26" not in document["passed"]


def test_without_metadata_the_rules_that_need_it_are_listed_and_counted(
    run: Run, provider: ServiceProvider
) -> None:
    ran = run("check-request", "r.xml", "--format=json", r_xml=provider.signed(provider.request(SSO)))
    (document,) = json.loads(ran.out)["documents"]
    unknown = {item["rule"] for item in document["unknown"]}
    assert {"AR-14", "AR-22", "AR-27"} <= unknown
    assert not unknown & {*document["passed"], *document["not_applicable"]}
    text = run("check-request", "r.xml")
    assert f"{len(unknown)} could not be judged" in text.summary
    assert "the sender's metadata is not here: --metadata FILE" in text.out


def test_an_unknown_sender_is_told_where_there_is_metadata(run: Run, provider: ServiceProvider) -> None:
    other = provider.signed(
        provider.request(SSO, issuer="urn:etoegang:DV:00000001777777770000:entities:9002")
    )
    ran = run("check-request", "r.xml", "--metadata", "sp.xml", r_xml=other, sp_xml=provider.metadata)
    assert ran.code == 1
    assert "[R] AR-22" in ran.out


def test_a_page_whose_form_goes_to_no_address_is_read(run: Run, provider: ServiceProvider) -> None:
    page = forms(provider)["page"][0].replace(SSO.encode(), b"https://[")
    assert "a page with a form" in run("check-request", "r.html", r_html=page).out


def test_garbage_behind_samlrequest_is_a_finding(run: Run) -> None:
    ran = run("check-request", "r.txt", r_txt=b"SAMLRequest=%%%%")
    assert ran.code == 1
    assert "[R] AR-02" in ran.out


def test_the_age_of_a_stored_request_is_judged_only_if_it_is_asked(
    run: Run, provider: ServiceProvider
) -> None:
    old = provider.signed(provider.request(SSO, IssueInstant="2022-02-01T09:00:00Z"))
    assert "[E] AR-07" not in run("check-request", "r.xml", r_xml=old).out
    assert "[E] AR-07" in run("check-request", "r.xml", NOW).out


def test_a_home_gives_metadata_and_settings(run: Run, bench: Any) -> None:
    request = bench.sp.signed(bench.sp.request(bench.sso, level="loa4"))
    ran = run("check-request", "r.xml", "--home", str(bench.home), r_xml=request)
    assert "[E] AR-35" in ran.out, ran.out


# Profiles.


def test_what_shows_no_mark_of_the_scheme_is_judged_by_saml_unless_strict_is_asked(run: Run) -> None:
    plain = PlainProvider().metadata.replace(b"http://localhost:9", b"https://sp.example")
    assert "judged by profile saml" in run("check-metadata", "p.xml", "--profile=lenient", p_xml=plain).out
    assert run("check-metadata", "p.xml").code == 0
    strict = run("check-metadata", "p.xml", "--profile=strict")
    assert strict.code == 1
    assert "[E] MD-04" in strict.out


def test_a_catalogue_beside_the_metadata_is_looked_in(run: Run) -> None:
    data, catalogue = examples.document(), catalogue_examples.document((":services:1<", ":services:2<"))
    ran = run("check-metadata", "sp.xml", NOW, "--catalogue=dc.xml", sp_xml=data, dc_xml=catalogue)
    assert "[E] MD-25-catalogue" in ran.out
