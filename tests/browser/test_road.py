"""The road of a newcomer in a real Chromium: demo, choice, login, PIN, back at the demo; and where it ends early."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from support.demo import RunningDemo
from support.running import RunningBroker

pytestmark = pytest.mark.browser

Shoot = Callable[[Page, str], None]


def at(page: Page, testid: str):
    return page.get_by_test_id(testid)


def read_pin(context: BrowserContext, broker: RunningBroker, shoot: Shoot | None = None) -> str:
    """In another tab, as a tester does: the newest code in the inbox."""
    inbox = context.new_page()
    inbox.goto(f"{broker.base_url}/console/inbox")
    code = at(inbox, "inbox-code").first.inner_text()
    if shoot:
        shoot(inbox, "07-inbox")
    inbox.close()
    return code


def to_supplier(page: Page, demo: RunningDemo, supplier: str = "reconi") -> None:
    page.goto(demo.base_url)
    at(page, "login-eherkenning").click()
    at(page, "supplier").select_option(supplier)
    at(page, "next").click()


def log_in(page: Page, person: str, password: str = "Welkom-123") -> None:
    at(page, "username").fill(person)
    at(page, "password").fill(password)
    at(page, "next").click()


def test_a_person_logs_in_and_is_back_at_the_demo(
    page: Page, context: BrowserContext, demo: RunningDemo, broker: RunningBroker, shoot: Shoot
) -> None:
    page.goto(demo.base_url)
    shoot(page, "01-demo")
    at(page, "login-eherkenning").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Maak een keuze")
    shoot(page, "02-choice")
    page.get_by_label("Bij welke leverancier").select_option(label="Reconi")
    page.get_by_role("button", name="Verder").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")
    expect(page.locator("main")).to_contain_text("U gaat inloggen bij")
    expect(at(page, "service")).to_have_text("Mijn Helpdesk po")
    expect(at(page, "provider")).to_have_text("Dienst Uitvoering Onderwijs")
    expect(at(page, "level-asked")).to_contain_text("3")
    shoot(page, "03-login")
    page.get_by_label("Gebruikersnaam").fill("m.devries")
    page.get_by_label("Wachtwoord").fill("Welkom-123")
    page.get_by_role("button", name="Volgende", exact=True).click()

    shoot(page, "04-channel")
    at(page, "channel-sms").check()
    page.get_by_role("button", name="Volgende", exact=True).click()
    shoot(page, "05-pin")
    pin = read_pin(context, broker, shoot)
    assert pin not in page.locator("main").inner_html(), "only the panel for testers may tell the PIN"
    page.get_by_label("Pincode").fill(pin)
    page.get_by_role("button", name="Volgende", exact=True).click()

    demo.link_in(page)
    expect(at(page, "school-name")).to_have_text("testschooltje")
    expect(at(page, "company-name")).to_have_text("Stichting Openbare Scholen De Regenboog (fictief)")
    expect(at(page, "company-id")).to_have_text("90000012")
    expect(at(page, "level")).to_have_text("EH3")
    expect(at(page, "pseudonym")).to_be_visible()
    shoot(page, "06-landing")


def test_without_a_mandate_a_person_is_told_what_to_do_and_can_cancel(
    page: Page, context: BrowserContext, demo: RunningDemo, broker: RunningBroker, shoot: Shoot
) -> None:
    to_supplier(page, demo)
    log_in(page, "k.dekker")
    at(page, "channel-email").check()
    at(page, "next").click()
    at(page, "pin").fill(read_pin(context, broker))
    at(page, "next").click()
    expect(at(page, "page-nomandate")).to_contain_text("Mijn Helpdesk po")
    expect(page.locator("main")).to_contain_text("machtigingenbeheerder")
    shoot(page, "08-no-mandate")
    at(page, "cancel").click()
    expect(at(page, "login-error")).to_be_visible()
    shoot(page, "09-cancelled")


def test_a_means_of_too_low_a_level_is_explained(page: Page, demo: RunningDemo, shoot: Shoot) -> None:
    to_supplier(page, demo)
    log_in(page, "n.postma")
    expect(at(page, "page-level")).to_contain_text("EH2+")
    shoot(page, "10-level")
    at(page, "cancel").click()
    expect(at(page, "login-error")).to_be_visible()


def test_the_focus_goes_to_the_error_summary(page: Page, demo: RunningDemo, shoot: Shoot) -> None:
    to_supplier(page, demo)
    log_in(page, "m.devries", "verkeerd")
    expect(at(page, "error-summary")).to_be_focused()
    shoot(page, "11-wrong-password")
    at(page, "error-summary").get_by_role("link").first.click()
    expect(at(page, "username")).to_be_focused()


def test_the_keyboard_alone_is_enough(
    page: Page, context: BrowserContext, demo: RunningDemo, broker: RunningBroker
) -> None:
    page.goto(demo.base_url)
    at(page, "login-eherkenning").focus()
    page.keyboard.press("Enter")
    at(page, "supplier").focus()
    page.keyboard.type("Rec")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    at(page, "username").focus()
    page.keyboard.type("m.devries")
    page.keyboard.press("Tab")
    page.keyboard.type("Welkom-123")
    page.keyboard.press("Enter")
    at(page, "channel-sms").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    at(page, "pin").focus()
    page.keyboard.type(read_pin(context, broker))
    page.keyboard.press("Enter")
    expect(at(page, "level")).to_have_text("EH3")


def test_two_tabs_of_one_browser_keep_their_logins_apart(
    context: BrowserContext, demo: RunningDemo, broker: RunningBroker
) -> None:
    first, second = context.new_page(), context.new_page()
    to_supplier(first, demo, "digidentity")
    to_supplier(second, demo, "reconi")
    expect(at(first, "supplier-name")).to_contain_text("Digidentity")
    log_in(second, "m.devries")
    at(second, "channel-sms").check()
    at(second, "next").click()
    at(second, "pin").fill(read_pin(context, broker))
    at(second, "next").click()
    expect(at(second, "level")).to_have_text("EH3")
    first.reload()
    expect(at(first, "supplier-name")).to_contain_text("Digidentity")


def test_the_pages_work_without_javascript(chromium, demo: RunningDemo, broker: RunningBroker) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="nl-NL")
    page = context.new_page()
    page.goto(f"{demo.base_url}/login?request=post&response=post")
    at(page, "send-request").click()
    at(page, "supplier").select_option("reconi")
    at(page, "next").click()
    log_in(page, "m.devries")
    at(page, "channel-sms").check()
    at(page, "next").click()
    at(page, "pin").fill(read_pin(context, broker))
    at(page, "next").click()
    at(page, "next").click()  # the answer by POST: with JavaScript it goes by itself
    expect(at(page, "level")).to_have_text("EH3")
    context.close()


def test_the_console_shows_what_happened(
    page: Page, demo: RunningDemo, broker: RunningBroker, shoot: Shoot
) -> None:
    to_supplier(page, demo)
    at(page, "cancel").click()
    expect(at(page, "login-error")).to_be_visible()
    page.goto(f"{broker.base_url}/console")
    shoot(page, "12-console")
    at(page, "exchanges").get_by_role("link").first.click()
    expect(page.locator("[data-testid=event][data-kind=request]")).to_contain_text("AuthnRequest")
    expect(page.locator("[data-testid=event][data-kind=answer]")).to_contain_text("AuthnFailed")
    shoot(page, "13-exchange")


def test_a_refused_request_teaches(page: Page, broker: RunningBroker, shoot: Shoot) -> None:
    page.goto(f"{broker.base_url}/sso/1.13?SAMLRequest=abc")
    expect(at(page, "finding")).to_contain_text("AR-02")
    shoot(page, "14-refused")


def test_no_page_can_be_framed(page: Page, broker: RunningBroker) -> None:
    answer = page.goto(f"{broker.base_url}/console")
    assert answer is not None
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
