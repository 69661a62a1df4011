"""Somebody on a road: their hands, their browser, and what they read there."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import BrowserContext, Locator, Page, expect

from journeys.hands import Hands
from journeys.look import Look
from journeys.road import LoggedIn, NoAnswer, NotLoggedIn, Outcome
from journeys.stand import Stand
from suppliers.register.model import Means
from support.checking_sp import HELPDESK, Answer

NAMES = {
    "digidentity": "Digidentity",
    "kpn": "KPN",
    "quovadis": "QuoVadis",
    "reconi": "Reconi",
    "we-id": "We-ID",
    "z-login": "Z login",
}
_LEAVING = "document.documentElement.dataset.left = 'yes'"


class Traveller:
    """One tab. ``tab`` opens another, ``aside`` another of somebody else's, each with the same hands."""

    def __init__(
        self, context: BrowserContext, hands: Hands, stand: Stand, person: str, look: Look | None
    ) -> None:
        self.context = context
        self.hands = hands
        self.stand = stand
        self.person = person
        self._look = look
        self.browser: Page = context.new_page()

    # Reading.

    def at(self, testid: str) -> Locator:
        return self.browser.get_by_test_id(testid)

    def sees(self, testid: str, text: str = "") -> None:
        expect(self.at(testid).first).to_be_visible()
        if text:
            expect(self.at(testid).first).to_contain_text(text)

    def sees_not(self, testid: str) -> None:
        expect(self.at(testid)).to_have_count(0)

    def on(self, page: str, *problems: str) -> None:
        """This is the supplier's page of that name, with these problems and no others."""
        expect(self.at(f"page-{page}")).to_be_visible()
        found = self.browser.locator(".errors [data-code]").evaluate_all(
            "all => all.map(one => one.dataset.code)"
        )
        assert sorted(found) == sorted(problems), f"page-{page} tells of {found}"

    @property
    def login_id(self) -> str:
        parts = urlsplit(self.browser.url).path.strip("/").split("/")
        return parts[2] if parts[0] == "supplier" else parts[1]

    def language(self, expected: str) -> None:
        expect(self.browser.locator("html")).to_have_attribute("lang", expected)

    def has_focus(self, testid: str) -> None:
        expect(self.at(testid)).to_be_focused()

    @property
    def path(self) -> str:
        return urlsplit(self.browser.url).path

    # Doing.

    def open(self, address: str) -> None:
        """An address of the broker, or one elsewhere."""
        self.browser.goto(address if "://" in address else self.stand.base_url + address)
        self._arrive()

    def press(self, testid: str, *, nth: int = 0) -> None:
        """A button or link that leads to another page."""
        target = self.at(testid).nth(nth)
        target.wait_for()
        self.browser.evaluate(_LEAVING)
        self.hands.press(target)
        self._arrive()

    def stays(self, testid: str) -> None:
        """A button that leads nowhere as long as the browser itself says that something is missing."""
        before = self.browser.url
        self.hands.press(self.at(testid))
        assert self.browser.url == before
        expect(self.browser.locator(":invalid").first).to_be_attached()

    def write(self, testid: str, text: str) -> None:
        self.hands.write(self.at(testid), text)

    def tick(self, testid: str, *, on: bool = True) -> None:
        self.hands.tick(self.at(testid), on=on)

    def tick_named(self, label: str) -> None:
        self.hands.tick(self.browser.get_by_label(label, exact=True))

    def pick(self, testid: str, label: str) -> None:
        self.hands.pick(self.at(testid), label)

    def pick_containing(self, testid: str, text: str) -> None:
        labels = self.at(testid).locator("option").all_inner_texts()
        self.pick(testid, next(label.strip() for label in labels if text in label))

    def toggle(self, testid: str) -> None:
        """Unfold, or fold."""
        self.hands.press(self.at(testid).locator("> summary"))

    def is_left(self) -> None:
        """What is done elsewhere may lead this page on by itself: from now on that counts as arriving."""
        self.browser.evaluate(_LEAVING)

    def goes_on(self, testid: str) -> None:
        """By itself, where a script may; by this button where none runs."""
        if self.hands.javascript:
            self._arrive()
        else:
            self.press(testid)

    def reload(self) -> None:
        self.browser.reload()
        self._arrive()

    def browser_back(self) -> None:
        """The browser's own button, not a page's."""
        self.browser.evaluate(_LEAVING)
        self.browser.go_back()
        self._arrive()

    def _arrive(self) -> None:
        # The page that brings the answer goes on by itself, where a script may.
        on_its_way = ":not(:has(#answer))" if self.hands.javascript else ""
        self.browser.locator(f"html:not([data-left]){on_its_way} h1").first.wait_for(state="attached")
        self.browser.wait_for_load_state("load")
        if self._look:
            self._look.at(self.browser)

    def tab(self) -> Traveller:
        """The same browser, another tab."""
        return Traveller(self.context, self.hands, self.stand, self.person, self._look)

    def later(self, **time: int) -> None:
        """The broker's clock goes on: ``later(seconds=30)``."""
        clock = self.stand.application.clock if self.stand.application else None
        assert clock is not None
        shifted = float(str(clock.setting().get("shift_seconds", 0)))
        clock.shift(timedelta(seconds=shifted) + timedelta(**time))

    # Steps that most roads have.

    def ask(self, service: str = HELPDESK, **how: str) -> None:
        """Log in, at the service provider."""
        query = urlencode({"service": service, **how})
        self.open(f"{self.stand.sps.base_url}/login?{query}")

    def choose(self, supplier: str) -> None:
        """Maak een keuze, Verder."""
        self.pick("supplier", NAMES[supplier])
        self.press("next")

    def means(self, supplier: str, nth: int = 0, person: str = "", *, card: bool = False) -> Means:
        assert self.stand.application is not None
        register = self.stand.application.parts.current.register
        held = [
            m
            for m in register.people[person or self.person].means
            if m.supplier == supplier and m.card is card
        ]
        assert held, f"{person or self.person} has no means at {supplier}"
        return held[nth]

    def log_in(self, *, nth: int = 0, password: str = "", person: str = "") -> None:
        """User name and password, on one page or on two. ``nth`` is which of the person's means at this supplier."""
        supplier = self.path.split("/")[2]
        means = self.means(supplier, nth, person)
        secrets = {"username": means.username, "password": password or means.password}
        for _ in range(2):
            asked = [name for name in secrets if self.at(name).count()]
            for name in asked:
                self.write(name, secrets[name])
            self.press("next")
            if "password" in asked:
                return
        raise AssertionError("no page asked for a password")

    def by(self, way: str) -> None:
        """How the code is to travel."""
        self.tick(f"channel-{way}")
        self.press("next")

    def code(self, text: str = "") -> None:
        """The code that was sent, or another text."""
        self.write("pin", text or self.sent())
        self.press("next")

    def sent(self) -> str:
        return self.stand.code_for(self.login_id)

    def card(self, pin: str = "") -> None:
        """The smartcard of this person, with its own PIN or another."""
        means = self.means(self.path.split("/")[2], card=True)
        self.write("card", means.username)
        self.write("cardpin", pin or means.pin or "")
        self.press("next")

    def new_password(self, text: str, again: str = "") -> None:
        self.write("new_password", text)
        self.write("repeat_password", again or text)
        self.press("next")

    def all_right(self) -> None:
        """From the first page at Reconi to the end."""
        self.log_in()
        self.by("sms")
        self.code()

    def arrive_at(self, supplier: str = "reconi", **how: str) -> None:
        self.ask(**how)
        self.choose(supplier)

    def cancel(self) -> None:
        self.press("cancel")

    # The end.

    def outcome(self) -> Outcome:
        """What the provider has of this road, or where the person still is."""
        if not self.hands.javascript and self.at("answer").count():
            self.press("next")
        answers = self.stand.sps.answers
        assert self.stand.sps.faults == [], self.stand.sps.faults
        if self.at("landed").count() == 0:
            assert answers == [], "an answer was given, and the person is elsewhere"
            return NoAnswer(self.browser.locator("main").get_attribute("data-testid") or self.browser.title())
        last = answers[-1]
        if last.status != ("Success",):
            return NotLoggedIn(last.status)
        self._knows_again(last)
        assert last.advice == (3 if last.intermediary else 2), f"{last.advice} assertions in Advice"
        return LoggedIn(last.company, last.level, last.branch, last.intermediary)

    def landed(self) -> None:
        """Back at the provider, half-way the road: there is an answer."""
        self.outcome()
        self.sees("landed")

    def _knows_again(self, answer: Answer) -> None:
        """The same person for the same company is known by the same pseudonym, and nobody else is."""
        assert answer.person, "nobody is named"
        known = self.stand.pseudonyms
        whose = (self.who(), answer.company, answer.intermediary, answer.sp)
        assert known.setdefault(whose, answer.person) == answer.person, f"another pseudonym for {whose}"
        assert len(set(known.values())) == len(known), "one pseudonym for two"

    def who(self) -> str:
        """Whoever the broker's log says was logged in last."""
        person = self.stand.api("exchanges?limit=1")["exchanges"][0]["person"]
        return str(person)
