"""A person who logs in: choice, user name and password, PIN from the inbox, company. By clicking, over any Browser."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from support.browser import Browser, Page
from support.sp import Landed

PASSWORD = "Welkom-123"
CHOICES = {"mandate": "organisation", "chain": "client", "branch": "branch"}
"""The pages where the person chooses for whom, each with the name of its field."""


def pin_from_inbox(browser: Browser, login_id: str) -> str:
    """The code of the newest message for this login, as a tester finds it over the API."""
    messages = json.loads(browser.get("/api/v1/inbox?limit=500").body)["messages"]
    found = [message["code"] for message in messages if message["ask_id"] == login_id]
    assert found, f"no message in the inbox for {login_id}; {len(messages)} for others"
    return str(found[0])


def answer_phone(browser: Browser, login_id: str, answer: str = "approve") -> None:
    """What the person does on their phone for this login: approve or refuse, by the console's page."""
    page = browser.get("/console/phone")
    found = [item for item in page.by_testid("phone-request") if item.get("data-login") == login_id]
    assert found, f"nothing waits for the phone of {login_id}:\n{page.readable}"
    wanted = ("approve", "scan") if answer == "approve" else ("refuse",)
    (button,) = found[0].xpath(
        ".//button[@data-testid=$one or @data-testid=$two]", one=wanted[0], two=wanted[-1]
    )
    answered = browser.submit(page, button.getparent())
    assert answered.by_testid("done"), answered.readable


def login_id_of(page: Page) -> str:
    """The id that is in every URL of a login."""
    parts = urlsplit(page.url).path.strip("/").split("/")
    return parts[2] if parts[0] == "supplier" else parts[1]


def choose(browser: Browser, page: Page, supplier: str) -> Page:
    """Maak een keuze, Verder."""
    return browser.submit(page, page.form("supplier"), supplier=supplier)


def kind(page: Page) -> str:
    """Which page this is: choice, login, channel, pin, mandate ... ; answer where the login is over."""
    if page.location or page.by_testid("answer"):
        return "answer"
    if page.by_testid("supplier"):
        return "choice"
    found = page.tree.xpath('//*[starts-with(@data-testid, "page-")]/@data-testid')
    return found[0].removeprefix("page-") if found else "other"


def options(page: Page) -> list[str]:
    """The values that a page of :data:`CHOICES` has to choose from."""
    return [str(value) for value in page.tree.xpath("//input[@name=$name]/@value", name=CHOICES[kind(page)])]


def walk(
    browser: Browser,
    page: Page,
    person: str = "m.devries",
    supplier: str = "reconi",
    *,
    password: str = PASSWORD,
    channel: str = "sms",
    mandate: str | None = None,
    client: str | None = None,
    branch: str | None = None,
    until: str = "answer",
) -> Page:
    """Take every step as this person until a page of kind ``until``, or one where there is nothing to fill in.

    ``mandate``, ``client`` and ``branch`` are values of the options on the pages of those; the first if None.
    """
    for _ in range(12):
        here = kind(page)
        if here in (until, "answer"):
            return page
        if here == "choice":
            page = choose(browser, page, supplier)
            continue
        values: dict[str, str] = {}
        if here == "login":
            fields = {"username": person, "password": password}
            values = {name: value for name, value in fields.items() if page.by_testid(name)}
        elif here == "channel":
            values = {"channel": channel}
        elif here == "pin":
            values = {"pin": pin_from_inbox(browser, login_id_of(page))}
        elif here in ("app", "qr"):
            answer_phone(browser, login_id_of(page))
        elif here in CHOICES:
            name = CHOICES[here]
            wanted = {"organisation": mandate, "client": client, "branch": branch}[name]
            values = {name: wanted or options(page)[0]}
        elif here not in ("consent", "missing"):
            return page
        page = browser.submit(page, page.form("leave" if here == "missing" else "next"), **values)
    raise AssertionError(f"never came to {until}; last at {page.url}:\n{page.readable}")


def landed(page: Page) -> Landed:
    """What the provider would get of the last page."""
    if page.location:
        return Landed.of_redirect(page.location)
    assert page.by_testid("answer"), f"no answer on {page.url} (HTTP {page.status}):\n{page.readable}"
    form = page.tree.get_element_by_id("answer")
    return Landed(form.get("action"), {name: value for name, value in form.form_values() if name})
