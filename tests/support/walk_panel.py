"""A person who logs in with nothing typed: the panel for testers fills it all in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from support.browser import Browser, Page
from support.walk import kind, login_id_of

if TYPE_CHECKING:
    from conftest import Bench


def walk_as(bench: Bench, browser: Browser, page: Page, username: str) -> Page:
    """To where the road of this person ends, with nothing typed: the panel fills it all in."""
    desk = bench.application.parts.suppliers
    for _ in range(14):
        here = kind(page)
        if here in ("login", "card", "pin"):
            if not page.by_testid(f"person-{username}"):
                # Not among the first dozen.
                page = browser.get(f"{urlsplit(page.url).path}?people={username}")
            if page.by_testid(f"to-card-{username}"):
                page = browser.submit(page, page.form(f"to-card-{username}"))
                continue
            link = page.by_testid(f"fill-{username}")
            assert link, f"{username} cannot be filled in at {page.url}:\n{page.readable}"
            filled = browser.get(link[0].get("href"))
            page = browser.submit(filled, filled.form("next"))
            if page.by_testid("error-summary"):
                return page
        elif here == "channel":
            ways = page.tree.xpath('//input[@name="channel"]/@value')
            page = browser.submit(page, page.form("next"), channel=ways[0])
        elif here in ("app", "qr"):
            waiting = next(one for one in desk.waiting() if one.ask_id == login_id_of(page))
            desk.answer_phone(waiting.id, "approved")
            page = browser.submit(page, page.form("next"))
        elif here == "renew":
            new = "Ander-wachtwoord-1"
            page = browser.submit(page, page.form("next"), new_password=new, repeat_password=new)
        elif here in ("mandate", "chain", "branch"):
            radio = page.tree.xpath('//input[@type="radio"]')[0]
            page = browser.submit(page, page.form("next"), **{radio.get("name"): radio.get("value")})
        elif here == "consent":
            page = browser.submit(page, page.form("next"))
        else:
            return page
    raise AssertionError(f"{username} never came to an end; last at {page.url}:\n{page.readable}")
