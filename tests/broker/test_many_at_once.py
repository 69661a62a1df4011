"""A hundred people at once, on a server with four threads: everybody gets their own answer and no other's."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from support.answers import attribute, identifiers, status
from support.browser import Browser
from support.running import RunningBroker
from support.sp import ServiceProvider, certificates_of, verified
from support.walk import kind, landed, walk

LOGINS = 100
REGENBOOG, VUURTOREN = ("KvKnr", "90000012"), ("KvKnr", "90000020")


@dataclass(frozen=True)
class Road:
    """``company`` is what the answer says; without one the person cancels at the page of kind ``until``."""

    person: str
    supplier: str
    company: tuple[str, str] | None = None
    until: str = "answer"
    mandate: str | None = None


ROADS = (
    Road("m.devries", "reconi", REGENBOOG),
    Road("a.yilmaz", "digidentity", REGENBOOG),
    Road("p.bakker", "kpn", REGENBOOG),
    Road("t.mulder", "reconi", REGENBOOG, mandate="company:regenboog"),
    Road("t.mulder", "reconi", VUURTOREN, mandate="company:vuurtoren"),
    Road("h.dijkstra", "kpn", ("RSIN", "999900031")),
    Road("g.jansen", "z-login", ("KvKnr", "90000039")),
    Road("y.vanleeuwen", "reconi", REGENBOOG),
    Road("k.dekker", "reconi", until="nomandate"),
    Road("n.postma", "reconi", until="level"),
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, sp: ServiceProvider) -> Iterator[RunningBroker]:
    home: Path = tmp_path_factory.mktemp("many") / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
    with RunningBroker(home, "--threads", "4") as running:
        yield running


def log_in(broker: RunningBroker, sp: ServiceProvider, road: Road, relay_state: str) -> Any:
    """The whole road, as a browser of its own; the Response, verified."""
    browser = Browser(broker.base_url)
    request = sp.request(f"{broker.base_url}/sso/1.13", AssertionConsumerServiceIndex="2")
    page = browser.post("/sso/1.13", sp.form(sp.signed(request), relay_state))
    page = walk(browser, page, road.person, road.supplier, mandate=road.mandate, until=road.until)
    assert kind(page) == road.until, page.readable
    if road.until != "answer":
        page = browser.submit(page, page.form("cancel"))
    answer = landed(page)
    assert answer.fields["RelayState"] == relay_state
    xml = etree.fromstring(base64.b64decode(answer.fields["SAMLResponse"]))
    assert xml.get("InResponseTo") == request.get("ID")
    certificate = certificates_of(browser.get("/metadata").body)[0]
    return verified(xml, certificate)


def test_a_hundred_logins_at_once_do_not_mix(broker: RunningBroker, sp: ServiceProvider) -> None:
    # One by one first: who everybody is, for each company, is known before they all come together.
    alone = {road: log_in(broker, sp, road, "alone") for road in ROADS}
    pseudonyms = {road: acting(sp, alone[road]) for road in ROADS if road.company}
    assert len(set(pseudonyms.values())) == len(pseudonyms), (
        "each person has another pseudonym for each company"
    )

    def one(number: int) -> tuple[Road, Any]:
        road = ROADS[number % len(ROADS)]
        return road, log_in(broker, sp, road, f"rs-{number}")

    with ThreadPoolExecutor(LOGINS) as pool:
        answers = list(pool.map(one, range(LOGINS)))
    for road, message in answers:
        if road.company is None:
            assert status(message) == ["Responder", "AuthnFailed"], road
            continue
        assert status(message) == ["Success"], road
        assert tuple(identifiers(sp, message, "LegalSubjectID").items()) == (road.company,), road
        assert acting(sp, message) == pseudonyms[road], road
    assert Counter(road for road, _ in answers) == dict.fromkeys(ROADS, LOGINS // len(ROADS))


def acting(sp: ServiceProvider, message: Any) -> str:
    (value,) = attribute(message, "ActingSubjectID")
    return str(sp.decrypt(value[0]).text)
