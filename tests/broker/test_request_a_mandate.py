"""From "U hebt geen machtiging" to a login, by clicking: the person asks, the manager decides, the login goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from broker import exchange_json
from support.answers import company
from support.browser import Browser, Page
from support.walk import choose, kind, landed, login_id_of, walk

KVK = "87654321"
SCHOOL = f"""companies:

  proefschool:
    name: Proefschool De Beuk (fictief)
    kvk: "{KVK}"
    {{more}}
"""
MANAGED = "manager: m.devries"


@pytest.fixture
def with_school(bench: Any) -> Callable[[str], None]:
    """Add a company to the YAML, with a line of its own."""
    return lambda more: bench.rewrite("companies:\n", SCHOOL.replace("{more}", more))


def mails(browser: Browser, to: str) -> list[dict[str, Any]]:
    found = json.loads(browser.get("/api/v1/inbox?limit=500").body)["messages"]
    return [message for message in found if message["to"] == to]


def link_in(message: dict[str, Any]) -> str:
    found = re.search(r"http\S+/approve/\S+", message["body"])
    assert found, message["body"]
    return found[0]


def to_no_mandate(bench: Any, browser: Browser, person: str = "k.dekker") -> Page:
    page = walk(browser, bench.ask(browser), person, until="nomandate")
    assert kind(page) == "nomandate", page.readable
    return page


def ask_for(browser: Browser, page: Page, number: str = KVK) -> Page:
    """The button on the page that says there is no mandate, and the form behind it."""
    form_page = browser.get(page.by_testid("request-mandate")[0].get("href"))
    assert kind(form_page) == "request", form_page.readable
    return browser.submit(form_page, form_page.form("ask"), number=number)


def test_a_person_without_mandate_asks_one_and_the_same_login_goes_on(
    bench: Any, with_school: Callable[[str], None]
):
    with_school(MANAGED)
    browser = bench.browser()
    page = to_no_mandate(bench, browser)
    login = login_id_of(page)
    sent = ask_for(browser, page)
    assert sent.said("heading") == "Uw aanvraag is verstuurd"
    assert "m***@voorbeeld.example" in sent.said("what")

    early = browser.submit(sent, sent.form("continue"))
    assert "nog geen besluit" in early.said("not-yet"), "without a decision the login must not go on"

    manager = bench.browser()
    decision = manager.get(link_in(mails(browser, "m.devries@voorbeeld.example")[0]))
    assert "Kees Dekker" in decision.said("request")
    assert "Proefschool De Beuk" in decision.said("request")
    done = manager.submit(decision, decision.form("approve"))
    assert done.said("heading") == "De aanvraag is goedgekeurd"
    outcome = mails(browser, "k.dekker@voorbeeld.example")[0]
    assert "is verleend" in outcome["subject"]

    now = browser.get(sent.url)
    assert now.said("heading") == "U hebt de machtiging"
    answer = walk(browser, browser.submit(now, now.form("continue")), "k.dekker")
    assert company(bench, landed(answer)) == {"KvKnr": KVK}
    events = [event["kind"] for event in exchange_json.told(bench.exchanges.get(login))["events"]]
    told = [kind for kind in events if kind.startswith("mandate-")]
    assert told == ["mandate-requested", "mandate-approved", "mandate-chosen", "mandate-used"]
    assert bench.exchanges.get(login).last("word-given")["company"] == "proefschool"
    token = link_in(mails(browser, "m.devries@voorbeeld.example")[0]).rpartition("/")[2]
    assert token not in browser.get(f"/api/v1/exchanges/{login}").text


def test_a_refusal_is_told_with_its_reason_and_lets_nobody_in(bench: Any, with_school: Callable[[str], None]):
    with_school(MANAGED)
    browser, manager = bench.browser(), bench.browser()
    sent = ask_for(browser, to_no_mandate(bench, browser))
    decision = manager.get(link_in(mails(browser, "m.devries@voorbeeld.example")[0]))
    manager.submit(decision, decision.form("refuse"), reason="Ken ik niet")
    now = browser.get(sent.url)
    assert now.said("heading") == "Uw aanvraag is geweigerd"
    assert "Ken ik niet" in now.said("reason")
    assert "Ken ik niet" in mails(browser, "k.dekker@voorbeeld.example")[0]["body"]
    to_no_mandate(bench, bench.browser())


def test_a_company_that_approves_by_itself_needs_no_mail(bench: Any, with_school: Callable[[str], None]):
    with_school("approves: true")
    browser = bench.browser()
    page = ask_for(browser, to_no_mandate(bench, browser))
    assert page.said("heading") == "U hebt de machtiging"
    answer = walk(browser, browser.submit(page, page.form("continue")), "k.dekker")
    assert company(bench, landed(answer)) == {"KvKnr": KVK}


def test_without_a_manager_the_tester_is_told_what_to_write_and_the_person_is_not(
    bench: Any, with_school: Callable[[str], None]
):
    with_school("branches: {}")
    browser = bench.browser()
    page = ask_for(browser, to_no_mandate(bench, browser))
    assert page.said("heading") == "Uw aanvraag is ontvangen"
    assert "yaml" not in page.text.lower().split("testers")[0]
    assert (
        "companies.proefschool.manager"
        in bench.exchanges.get(login_id_of(page)).last("mandate-requested")["mend"]
    )
    assert "companies.proefschool.manager" in bench.browser().get("/console/mandates").said("mend")


def test_outside_a_login_one_sees_ones_mandates_and_asks_there(
    bench: Any, with_school: Callable[[str], None]
):
    with_school(MANAGED)
    browser = bench.browser()
    first = browser.get("/supplier/reconi/mandates")
    assert not first.by_testid("levels"), "nobody asks a level here"
    page = walk(browser, first, "k.dekker", until="mandates")
    assert page.said("heading") == "Mijn machtigingen"
    sent = browser.submit(page, page.form("ask"), number=KVK, service="mijn-helpdesk-po")
    assert sent.said("heading") == "Uw aanvraag is verstuurd"
    page = browser.get(sent.by_testid("own-mandates")[0].get("href"))
    assert [line.get("data-state") for line in page.by_testid("own-mandate")] == ["requested"]
    exchange = bench.exchanges.get(login_id_of(page))
    assert (exchange.outcome, exchange.person) == ("self-service", "k.dekker")
    assert "eigen machtigingen" in browser.get("/console").said("exchanges")
    assert json.loads(browser.get("/api/v1/exchanges").body)["exchanges"][0]["outcome"] == "self-service"

    out = browser.submit(page, page.form("cancel"))
    assert out.said("heading") == "U bent uitgelogd"
    again = browser.get(page.url)
    assert again.said("heading") == "U bent uitgelogd", (
        "the address of a visit that was left shows nothing more"
    )


def test_a_granted_mandate_is_there_for_a_second_process_and_ends_with_the_company(
    bench: Any, start: Callable[..., Any], with_school: Callable[[str], None]
):
    with_school("approves: true")
    first, second = start(store="sqlite"), start(store="sqlite")
    browser = first.browser()
    ask_for(browser, to_no_mandate(first, browser))
    other = second.browser()
    answer = walk(other, second.ask(other), "k.dekker")
    assert company(second, landed(answer)) == {"KvKnr": KVK}
    second.rewrite(SCHOOL.replace("{more}", "approves: true"), "companies:\n")
    to_no_mandate(second, second.browser())


def test_who_is_still_logged_in_at_the_supplier_sees_their_mandates_at_once_until_they_log_out(bench: Any):
    browser = bench.browser()
    page = choose(browser, bench.ask(browser, ForceAuthn=None), "reconi")
    first = browser.submit(page, page.form("next"), username="m.devries", password="Welkom-123", stay="yes")
    walk(browser, first)
    page = browser.get("/supplier/reconi/mandates")
    assert kind(page) == "mandates", page.readable
    browser.submit(page, page.form("cancel"))
    assert kind(browser.get("/supplier/reconi/mandates")) == "login"
