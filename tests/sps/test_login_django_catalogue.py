"""django-digid-eherkenning with its own generated metadata and dienstencatalogus, imported as a tester would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from lxml import etree, html

from support.browser import Browser, Page
from support.running import RunningBroker
from support.walk import walk

from .running import DjangoSP

pytestmark = pytest.mark.sp

SERVICE_ID = "urn:etoegang:DV:00000001888888880000:services:9052"
ESC = {"esc": "urn:etoegang:1.13:service-catalog"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with RunningBroker(tmp_path_factory.mktemp("catalogue") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def django(broker: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DjangoSP]:
    """The library alone, which knows a company by its RSIN."""
    with DjangoSP(tmp_path_factory.mktemp("sp"), broker.metadata_url, login_by="rsin") as sp:
        # The metadata by its address, as the library serves it; the catalogue has none, so it is sent.
        post(broker, json={"url": f"{sp.base_url}/metadata/eherkenning"})
        post(broker, data=sp.catalogue)
        yield sp


def post(broker: RunningBroker, **how: Any) -> None:
    got = requests.post(f"{broker.base_url}/api/v1/service-providers", timeout=20, **how)
    assert got.status_code == 201, got.text


def get(broker: RunningBroker, path: str) -> Any:
    return requests.get(f"{broker.base_url}/api/v1/{path}", timeout=10).json()


def start(session: requests.Session, sp: DjangoSP, browser: Browser) -> Page:
    form = html.fromstring(session.get(sp.login_url, timeout=20).content).forms[0]
    return browser.post(form.get("action"), dict(form.form_values()))


def test_the_service_is_what_the_catalogue_says_it_is(django: DjangoSP, broker: RunningBroker) -> None:
    (found,) = get(broker, "service-providers")["service_providers"]
    (service,) = found["services"]
    assert (found["origin"], service["from"]) == ("url", "catalogue")
    assert (service["service_id"], service["level"]) == (SERVICE_ID, "EH3")
    assert service["name"] == "Aanvraagportaal (test)"
    assert service["identifiers"] == [["RSIN", "KvKnr"], ["KvKnr"]]
    catalogue = etree.fromstring(django.catalogue)
    assert service["instance_uuid"] == catalogue.findtext(".//esc:ServiceInstance/esc:ServiceUUID", None, ESC)
    assert service["uuid"] == catalogue.findtext(".//esc:ServiceDefinition/esc:ServiceUUID", None, ESC)


def test_the_catalogue_is_taken_in_as_a_whole(django: DjangoSP, broker: RunningBroker) -> None:
    (found,) = get(broker, "service-catalogues")["service_catalogues"]
    (service,) = found["services"]
    assert found["service_providers"] == ["00000001888888880000"]
    assert service["branches"] is True
    (certificate,) = found["certificates"]
    assert certificate["use"] == ["encryption"]
    assert found["problems"] == []


def test_rsin_and_kvk_number_both_arrive_and_the_library_alone_logs_in_by_rsin(
    django: DjangoSP, broker: RunningBroker
) -> None:
    session, browser = requests.Session(), broker.browser()
    page = walk(browser, start(session, django, browser), "m.devries", "reconi")
    assert page.location, page.readable
    landing = html.fromstring(session.get(page.location, timeout=30).content)
    (who,) = landing.xpath('//*[@data-testid="who"]') or pytest.fail(django.log)
    assert who.text_content().strip() == "rsin-999900006"

    (exchange,) = get(broker, "exchanges?limit=1")["exchanges"]
    legal = [
        (found["type"].rpartition(":")[2], found["value"])
        for found in exchange["answer"]["identifiers"]
        if found["attribute"] == "LegalSubjectID"
    ]
    assert legal == [("RSIN", "999900006"), ("KvKnr", "90000012")]


def test_a_sole_proprietor_without_rsin_gets_the_second_set(django: DjangoSP, broker: RunningBroker) -> None:
    session, browser = requests.Session(), broker.browser()
    page = walk(browser, start(session, django, browser), "g.jansen", "z-login")
    assert page.location, page.readable
    (exchange,) = get(broker, "exchanges?limit=1")["exchanges"]
    types = [found["type"].rpartition(":")[2] for found in exchange["answer"]["identifiers"]]
    assert types[0] == "KvKnr"
    assert "RSIN" not in types
