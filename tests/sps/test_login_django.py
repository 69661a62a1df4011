"""django-digid-eherkenning, unchanged and in an environment of its own, logs people in through the broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from lxml import html

from support.browser import Browser, Page
from support.running import RunningBroker
from support.walk import walk

from .running import DjangoSP

pytestmark = pytest.mark.sp

BOTH_NUMBERS = """services:

  aanvraagportaal:
    name: Aanvraagportaal (test)
    provider: Gemeente Voorbeeld
    service_id: urn:etoegang:DV:00000001888888880000:services:9052
    level: EH3
    identifiers: [[KvKnr, RSIN], [RSIN]]
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with RunningBroker(tmp_path_factory.mktemp("django") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def django(broker: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DjangoSP]:
    with DjangoSP(tmp_path_factory.mktemp("sp"), broker.metadata_url) as sp:
        broker.trust(sp.metadata, "django")
        yield sp


def start(session: requests.Session, sp: DjangoSP, broker: RunningBroker, browser: Browser) -> Page:
    """Click the link at the provider and send on the form that it gives."""
    page = html.fromstring(session.get(sp.login_url, timeout=20).content)
    form = page.forms[0]
    assert form.get("action") == f"{broker.base_url}/sso/1.13", "it posts to the Location of HTTP-Redirect"
    return browser.post(form.get("action"), dict(form.form_values()))


def log_in(sp: DjangoSP, broker: RunningBroker, person: str, supplier: str) -> dict[str, str]:
    """A whole login; what the provider's landing page says, by test id."""
    session, browser = requests.Session(), broker.browser()
    page = walk(browser, start(session, sp, broker, browser), person, supplier)
    assert page.location, page.readable
    return shown(session.get(page.location, timeout=30))


def shown(landing: requests.Response) -> dict[str, str]:
    tree = html.fromstring(landing.content)
    return {
        node.get("data-testid"): " ".join(node.text_content().split())
        for node in tree.xpath("//*[@data-testid]")
    }


def test_a_person_logs_in_and_the_provider_reads_the_kvk_number(
    django: DjangoSP, broker: RunningBroker
) -> None:
    landing = log_in(django, broker, "m.devries", "reconi")
    assert landing.get("kvk") == "90000012", f"{landing}\n{django.log}"
    assert len(landing["pseudonym"]) == 64 + 1 + 32


def test_a_foundation_without_kvk_number_logs_in_by_its_rsin(django: DjangoSP, broker: RunningBroker) -> None:
    landing = log_in(django, broker, "h.dijkstra", "kpn")
    assert landing.get("rsin") == "999900031", f"{landing}\n{django.log}"
    assert not landing.get("kvk")


def test_the_library_alone_logs_in_by_rsin_when_the_catalogue_gives_it(
    django: DjangoSP, broker: RunningBroker, tmp_path: Path
) -> None:
    yaml = broker.home / "eherkenning.yaml"
    with DjangoSP(tmp_path, broker.metadata_url, login_by="rsin") as stock:
        broker.trust(stock.metadata, "django")
        before = yaml.read_text()
        broker.changed(lambda: yaml.write_text(before.replace("services:\n", BOTH_NUMBERS, 1)))
        try:
            landing = log_in(stock, broker, "m.devries", "reconi")
            assert landing.get("who") == "rsin-999900006", f"{landing}\n{stock.log}"
        finally:
            broker.changed(lambda: yaml.write_text(before))
            broker.trust(django.metadata, "django")


def test_a_person_who_cancels_comes_back_with_the_providers_own_message(
    django: DjangoSP, broker: RunningBroker
) -> None:
    session, browser = requests.Session(), broker.browser()
    choice = start(session, django, broker, browser)
    page = browser.submit(choice, choice.form("cancel"))
    assert page.location
    landing = shown(session.get(page.location, timeout=30))
    assert "niet gelukt" in landing["message"] or "mislukt" in landing["message"]
    assert "who" not in landing


def test_what_the_provider_does_beside_the_scheme_is_found_and_forgiven(
    django: DjangoSP, broker: RunningBroker
) -> None:
    log_in(django, broker, "m.devries", "reconi")
    exchange = requests.get(f"{broker.base_url}/api/v1/exchanges?limit=1", timeout=10).json()["exchanges"][0]
    found = {finding["rule"]: finding["severity"] for finding in exchange["request"]["findings"]}
    assert found == {"AR-13": "W", "AR-15": "W", "AR-17": "W", "AR-31": "W"}
    assert exchange["outcome"] == "success"
