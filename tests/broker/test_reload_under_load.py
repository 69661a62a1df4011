"""The YAML is saved again and again, also broken, while people log in: nobody loses a login."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
import requests
from lxml import etree

from support.answers import status
from support.browser import Browser
from support.running import RunningBroker, until
from support.sp import ServiceProvider
from support.walk import kind, landed, walk

LOGINS, SAVES = 20, 10
PEOPLE = (("m.devries", "reconi"), ("a.yilmaz", "digidentity"), ("p.bakker", "kpn"), ("k.dekker", "reconi"))
NO_MANDATE = "k.dekker"


@pytest.fixture
def broker(tmp_path: Path, sp: ServiceProvider) -> Iterator[RunningBroker]:
    home = tmp_path / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
    with RunningBroker(home) as running:
        yield running


def test_no_login_is_lost_while_the_file_is_saved_ten_times(
    broker: RunningBroker, sp: ServiceProvider
) -> None:
    yaml = broker.home / "eherkenning.yaml"
    good = yaml.read_text()
    all_under_way, saved = Barrier(LOGINS + 1), Event()

    def log_in(number: int) -> list[str]:
        """Up to the second page before, and on from there while the file changes."""
        person, supplier = PEOPLE[number % len(PEOPLE)]
        browser = Browser(broker.base_url)
        request = sp.request(f"{broker.base_url}/sso/1.13", AssertionConsumerServiceIndex="2")
        page = browser.post("/sso/1.13", sp.form(sp.signed(request), f"rs-{number}"))
        page = walk(browser, page, person, supplier, until="login")
        all_under_way.wait(60)
        if number % 2:
            # Half of them go on while it is being saved, the others when the last save was broken.
            assert saved.wait(60)
        end = "nomandate" if person == NO_MANDATE else "answer"
        page = walk(browser, page, person, supplier, until=end)
        assert kind(page) == end, page.readable
        if end != "answer":
            page = browser.submit(page, page.form("cancel"))
        got = landed(page)
        assert got.fields["RelayState"] == f"rs-{number}"
        return status(etree.fromstring(base64.b64decode(got.fields["SAMLResponse"])))

    with ThreadPoolExecutor(LOGINS) as pool:
        logins = [pool.submit(log_in, number) for number in range(LOGINS)]
        all_under_way.wait(60)
        try:
            for number in range(1, SAVES + 1):
                wrong = number % 2 == 0
                text = good.replace("level: EH3", "level: EH9", 1) if wrong else good + f"# {number}\n"
                if wrong:
                    yaml.write_text(text)
                    until(lambda: not ready(broker), "the broken save is told")
                else:
                    broker.changed(lambda text=text: yaml.write_text(text))  # type: ignore[misc]
                    assert ready(broker)
        finally:
            saved.set()
        ends = [login.result(60) for login in logins]

    for number, end in enumerate(ends):
        lost = PEOPLE[number % len(PEOPLE)][0] == NO_MANDATE
        assert end == (["Responder", "AuthnFailed"] if lost else ["Success"]), number
    broken_is_said(broker)
    broker.changed(lambda: yaml.write_text(good))
    assert ready(broker)
    assert not broker.browser().get("/console").by_testid("configuration-problems")


def ready(broker: RunningBroker) -> bool:
    got = requests.get(f"{broker.base_url}/readyz", timeout=10)
    said: dict[str, Any] = got.json()
    assert (got.status_code == 200) is said["ready"] is (not said["problems"])
    assert said["warnings"] > 0, "the starter file has people for whom something ends badly"
    return bool(said["ready"])


def broken_is_said(broker: RunningBroker) -> None:
    """The last save was broken: the last good one stays, and every place says so."""
    problems = requests.get(f"{broker.base_url}/readyz", timeout=10).json()["problems"]
    assert any('"EH9" is not a level' in problem for problem in problems)
    banner = broker.browser().get("/console/clock").said("configuration-problems")
    assert '"EH9" is not a level' in banner
    until(lambda: "the last good configuration stays in force" in broker.log, "the log says so")
    people = requests.get(f"{broker.base_url}/api/v1/people?limit=1", timeout=10).json()
    assert people["total"] > 0
