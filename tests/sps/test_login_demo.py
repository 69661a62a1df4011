"""MijnHelpdeskPO, on pysaml2 and knowing the broker by its metadata only, logs people in over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from lxml import html

from support.browser import Browser, Page
from support.demo import RunningDemo
from support.running import RunningBroker
from support.walk import landed, walk


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with RunningBroker(tmp_path_factory.mktemp("demo") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def demo(broker: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with RunningDemo(tmp_path_factory.mktemp("sp"), broker) as running:
        yield running


def start(session: requests.Session, demo: RunningDemo, browser: Browser, query: str = "") -> Page:
    """The button at the demo, and what the browser then sends to the broker."""
    answer = session.get(f"{demo.base_url}/login{query}", allow_redirects=False, timeout=20)
    if answer.is_redirect:
        return browser.get(answer.headers["Location"])
    form = html.fromstring(answer.content).forms[0]
    return browser.post(form.get("action"), dict(form.form_values()))


def go_back(session: requests.Session, page: Page) -> dict[str, str]:
    """Take the answer along to the demo; what its page then says, by test id."""
    answer = landed(page)
    if page.location:
        got = session.get(page.location, timeout=20)
    else:
        got = session.post(answer.url, data=answer.fields, timeout=20)
    return read(got)


def read(got: requests.Response) -> dict[str, str]:
    """What a page of the demo says, by test id; and its path."""
    tree = html.fromstring(got.content)
    said = {
        node.get("data-testid"): " ".join(node.text_content().split())
        for node in tree.xpath("//*[@data-testid]")
    }
    return {**said, "path": urlsplit(got.url).path}


@pytest.mark.parametrize("answer", ["post", "artifact"])
@pytest.mark.parametrize("request_by", ["redirect", "post"])
def test_a_person_logs_in(demo: RunningDemo, broker: RunningBroker, request_by: str, answer: str) -> None:
    session, browser = requests.Session(), broker.browser()
    page = start(session, demo, browser, f"?request={request_by}&response={answer}")
    said = go_back(session, walk(browser, page, "m.devries", "reconi"))
    assert (said.get("company-id"), said.get("level")) == ("90000012", "EH3"), said
    assert said["company-name"] == "Stichting Openbare Scholen De Regenboog (fictief)"
    assert len(said["pseudonym"].split()[0]) == 64 + 1 + 32


def test_the_same_person_has_the_same_pseudonym_next_time(demo: RunningDemo, broker: RunningBroker) -> None:
    seen = []
    for _ in range(2):
        session, browser = requests.Session(), broker.browser()
        seen.append(go_back(session, walk(browser, start(session, demo, browser)))["pseudonym"])
    assert seen[0] == seen[1]


def test_the_first_login_links_and_the_next_one_is_straight_in(
    demo: RunningDemo, broker: RunningBroker
) -> None:
    """By the pages, with the PIN that the demo mailed."""

    def arrive(person: str) -> tuple[requests.Session, requests.Response]:
        session, browser = requests.Session(), broker.browser()
        page = walk(browser, start(session, demo, browser), person)
        answer = landed(page)
        if page.location:
            return session, session.get(page.location, timeout=20)
        return session, session.post(answer.url, data=answer.fields, timeout=20)

    assert read(arrive("l.jacobs")[1])["path"] == "/koppelen"
    linked = read(demo.link(*arrive("l.jacobs")))
    assert (linked["path"], linked["school-code"]) == ("/mijn/gekoppeld", "(00XX)")
    assert read(arrive("l.jacobs")[1])["path"] == "/mijn"
    assert read(arrive("c.vandam")[1])["path"] == "/koppelen", "a colleague links too"


@pytest.mark.parametrize(
    ("person", "supplier", "kind", "number", "through"),
    [
        ("y.vanleeuwen", "reconi", "KvK-nummer", "90000012", "90000047"),
        ("h.dijkstra", "kpn", "RSIN", "999900031", None),
    ],
)
def test_a_chain_mandate_and_a_company_without_kvk_number(
    demo: RunningDemo,
    broker: RunningBroker,
    person: str,
    supplier: str,
    kind: str,
    number: str,
    through: str | None,
) -> None:
    session, browser = requests.Session(), broker.browser()
    said = go_back(session, walk(browser, start(session, demo, browser), person, supplier))
    assert (said.get("company-id-type"), said.get("company-id")) == (kind, number), said
    assert said.get("intermediary", "").split()[:1] == ([through] if through else [])


@pytest.mark.parametrize("until", ["choice", "login", "channel", "pin"])
def test_a_person_may_stop_on_any_page_and_is_told_so_at_the_demo(
    demo: RunningDemo, broker: RunningBroker, until: str
) -> None:
    session, browser = requests.Session(), broker.browser()
    page = walk(browser, start(session, demo, browser), until=until)
    said = go_back(session, browser.submit(page, page.form("cancel")))
    assert said["login-error-code"] == "SP-08", said


def test_a_mandate_taken_out_of_the_yaml_is_gone_at_the_next_login(
    demo: RunningDemo, broker: RunningBroker
) -> None:
    yaml = broker.home / "eherkenning.yaml"
    good = yaml.read_text()
    mandate = '  - {person: a.yilmaz, company: regenboog, service: "*", level: EH3}\n'
    assert mandate in good

    session, browser = requests.Session(), broker.browser()
    assert "company-id" in go_back(
        session, walk(browser, start(session, demo, browser), "a.yilmaz", "digidentity")
    )

    broker.changed(lambda: yaml.write_text(good.replace(mandate, "")))
    try:
        session, browser = requests.Session(), broker.browser()
        page = walk(browser, start(session, demo, browser), "a.yilmaz", "digidentity")
        assert page.by_testid("page-nomandate"), page.readable
        assert "Mijn Helpdesk po" in page.readable
        assert "machtigingenbeheerder" in page.readable
        said = go_back(session, browser.submit(page, page.form("cancel")))
        assert said["login-error-code"] == "SP-08"
    finally:
        broker.changed(lambda: yaml.write_text(good))
