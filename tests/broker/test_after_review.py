"""Doors that a stranger tried: each was open once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from lxml import etree

from broker import cli
from broker.command import serve
from support.mistakes import RSA_SHA1, by_rsa, signed_by_hand
from support.running import RunningBroker
from support.sp import NS, POST, ServiceProvider, soap
from support.walk import walk


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ((), False),
        (("--base-url", "http://broker.test.example"), True),
        (("--backchannel-url", "http://broker.test.example:8443"), True),
    ],
)
def test_whoever_reaches_us_by_a_name_of_the_world_needs_the_token(
    options: tuple[str, ...], asked: bool
) -> None:
    given = cli._parser().parse_args(["serve", *options])
    serve._check(given)
    assert bool(serve._settings(given, 8080).token) is asked


def test_an_empty_token_is_none(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "MOCK_EHERKENNING_TOKEN": ""}
    with RunningBroker(tmp_path / "home", environment=environment) as broker:
        assert requests.get(f"{broker.base_url}/api/v1/inbox", timeout=10).status_code == 200


def test_every_address_needs_a_name_that_browsers_can_use(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="--base-url"):
        RunningBroker(tmp_path / "home", "--host", "0.0.0.0").__enter__()


@pytest.mark.parametrize("end", ["finish", "cancel"])
def test_no_answer_goes_to_an_address_that_left_the_metadata_meanwhile(bench: Any, end: str) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="pin")
    before = dict(bench.sp.acs)
    bench.sp.acs = {1: (POST, "http://new.example/acs")}
    try:
        bench.trust(bench.sp)
        page = walk(browser, page) if end == "finish" else browser.submit(page, page.form("cancel"))
        assert page.location is None
        assert page.status == 410
    finally:
        bench.sp.acs = before


@pytest.mark.parametrize(
    "location",
    [
        "javascript:alert(1)",
        "//evil.example/x",
        "/console/service-providers/remove",
        "http://a;script-src 'unsafe-inline'/x",
        "http://user:pw@h/",
        "http://h:99999/",
        "http://h/a\nb",
    ],
)
@pytest.mark.parametrize("name", ["Location", "ResponseLocation"])
def test_an_address_that_is_no_plain_web_address_is_not_taken(location: str, name: str) -> None:
    from broker.wire.metadata import read

    fine = {"Location": "http://localhost:9/slo", "ResponseLocation": "http://localhost:9/slo"} | {
        name: location
    }
    attributes = " ".join(f'{key}="{value}"' for key, value in fine.items()).replace("\n", "&#10;")
    service = f'<md:SingleLogoutService Binding="{POST}" {attributes}/>'
    start = "<md:AssertionConsumerService"
    metadata = ServiceProvider().metadata.decode().replace(start, service + start, 1)
    assert read(metadata.encode())[0].single_logout == ()


def test_nobody_can_burn_the_id_of_a_provider_that_signs(bench: Any) -> None:
    plain = ServiceProvider(entity_id="https://sp.test.example", services={})
    bench.trust(plain, "plain")
    victim = plain.request(bench.sso, ID="_victim", AttributeConsumingServiceIndex=None)
    refused = bench.browser().post("/sso/1.13", plain.form(etree.tostring(victim)))
    assert refused.status == 403
    honest = bench.browser().post("/sso/1.13", plain.form(plain.signed(victim)))
    assert honest.heading == "Maak een keuze", honest.readable


def test_problems_of_the_configuration_are_told_to_whoever_may_see_the_console(
    bench: Any, start: Any
) -> None:
    (bench.home / "metadata" / "broken.xml").write_text("<html/>")
    made = start(token="secret")
    assert b"broken.xml" not in made.browser().get("/readyz").body
    assert b"broken.xml" in made.browser().get("/readyz", Authorization="Bearer secret").body


def test_a_link_with_a_wrong_token_changes_nothing(start: Any) -> None:
    made = start(token="secret")
    wrong = made.browser().get("/console?token=evil")
    assert wrong.status == 401
    assert "Set-Cookie" not in wrong.headers
    assert made.browser().get("/console?token=secret").status == 200


def test_the_link_that_is_shown_at_the_start_opens_the_console_whatever_the_token_holds(
    start: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    made = start(token="ge heim&x")
    serve._greet(made.application.parts.settings, None)
    (link,) = re.findall(r"token for console and API +(.*)", capsys.readouterr().out)
    assert " " not in link
    refused = made.browser().get("/console")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert "met een token afgeschermd" in refused.readable
    assert made.browser().get("/console?" + link.partition("?")[2]).status == 200


@pytest.mark.parametrize("path", ["/api/v1/inbox", "/api/v1/exchanges"])
def test_a_number_of_thousands_of_digits_is_a_wrong_limit(bench: Any, path: str) -> None:
    assert bench.browser().get(f"{path}?limit={'9' * 5000}").status == 422


def test_a_pin_is_never_repeated_in_a_problem(bench: Any) -> None:
    bench.rewrite('pin: "123456"', "pin: 12SECRET")
    problems = " ".join(bench.application.parts.current.problems)
    assert "a PIN has 6 digits" in problems
    assert "SECRET" not in problems


@pytest.mark.parametrize(("rules", "status"), [("lenient", 200), ("strict", 403)])
def test_a_resolve_signed_with_sha_1_is_refused_in_strict_and_does_not_use_the_artifact_up(
    bench: Any, rules: str, status: int
) -> None:
    bench.rewrite("services:\n", f"broker:\n  rules: {rules}\nservices:\n")
    artifact = bench.login(ProviderName=None).fields["SAMLart"]
    good = etree.fromstring(bench.sp.resolve_message(artifact))
    bare = good.find(".//samlp:ArtifactResolve", NS)
    bare.remove(bare.find("ds:Signature", NS))
    weak = signed_by_hand(
        etree.fromstring(etree.tostring(bare)),
        by_rsa(bench.sp.key, hashes.SHA1()),
        method=RSA_SHA1,
        digest="sha1",
    )

    def send(message: bytes) -> Any:
        client = bench.application.wsgi.test_client()
        return client.post("/ars/1.13", data=message, content_type="text/xml", base_url=bench.base_url)

    assert send(soap(weak)).status_code == status
    assert (b"Assertion" in send(bench.sp.resolve_message(artifact)).data) is (status == 403)
