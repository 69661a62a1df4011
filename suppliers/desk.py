"""Where visits are kept: the suppliers as the broker knows them (``open``, ``word``) and as their pages do.

A turn is decided on what is in the store and counts only if that is still there (``swap``); if somebody was
first, it is decided again on what that somebody left. So of two right answers with one PIN one counts, and
no guess goes uncounted. Changes are made, and events and messages go out, once the turn counts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from urllib.parse import quote

from suppliers import visit as visits
from suppliers.accounts import Accounts
from suppliers.ask import Ask, Offer, Outcome, Word
from suppliers.grants import Grants
from suppliers.inbox import Inbox
from suppliers.profiles import Profile
from suppliers.register.model import Register
from suppliers.sessions import Sessions
from suppliers.steps.pin import random_pin
from suppliers.store import Store
from suppliers.visit import (
    At,
    Change,
    Event,
    Facts,
    Leave,
    MandateUsed,
    NewPassword,
    Screen,
    SessionBegun,
    SessionEnded,
    Told,
    Turn,
    Visit,
)
from suppliers.walk import act, cancel, refusal, resend, show

PREFIX = "/supplier"
_KIND = "visit"
# Housekeeping in real time, far longer than anybody takes to log in.
_KEEP_SECONDS = 12 * 3600.0

_log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _nobody(ask_id: str, kind: str, data: Mapping[str, object]) -> None:
    """No exchange log to tell."""


class Desk:
    """All suppliers. Fulfils ``ask.Suppliers`` for the broker; the pages use the rest."""

    def __init__(
        self,
        profiles: Mapping[str, Profile],
        store: Store,
        register: Callable[[], Register],
        *,
        clock: Callable[[], datetime] = _utc_now,
        make_pin: Callable[[], str] = random_pin,
        on_event: Callable[[str, str, Mapping[str, object]], None] = _nobody,
        inbox: Inbox | None = None,
    ) -> None:
        self.profiles = profiles
        self.inbox = inbox or Inbox(store)
        self.accounts = Accounts(store)
        self.grants = Grants(store)
        self.sessions = Sessions(store)
        self._store = store
        self._register = register
        self._clock = clock
        self._make_pin = make_pin
        self._on_event = on_event

    def offers(self) -> tuple[Offer, ...]:
        """Every supplier, alphabetical on its name, case ignored."""
        offers = [profile.offer() for profile in self.profiles.values()]
        return tuple(sorted(offers, key=lambda offer: (offer.name.casefold(), offer.slug)))

    def open(self, slug: str, ask: Ask) -> str:
        """Start a visit, in place of any that this Ask had; the path of its first page."""
        profile = self.profiles[slug]
        self._store.put(_KIND, ask.id, visits.dump(Visit(ask, slug)), keep=_KEEP_SECONDS)
        self._tell(ask.id, (Told(Event.OPENED, {"supplier": slug, "name": profile.name}),))
        # Not the visit's own address, which would only send the browser on to this one.
        return self.path(slug, ask.id, 1)

    def word(self, ask_id: str) -> Word | None:
        """The answer to this Ask, or None as long as there is none."""
        raw = self._store.get(_KIND, ask_id)
        return visits.load(raw).word if raw else None

    def log_out(self, ask_id: str) -> str | None:
        """End the session of the person who answered this Ask; the supplier's name, or None if there was none."""
        raw = self._store.take(_KIND, ask_id)
        if raw is None:
            return None
        visit = visits.load(raw)
        profile = self.profiles.get(visit.supplier)
        if profile is None:
            return None
        self.sessions.end(visit.session)
        self._tell(ask_id, (Told(Event.LOGGED_OUT, {"supplier": profile.slug, "name": profile.name}),))
        return profile.name

    # What the pages use. Each returns the visit (None if there is none to show) and where to go.

    def path(self, slug: str, ask_id: str, step: int | None = None) -> str:
        """The path of a step's page, or of the visit."""
        return f"{PREFIX}/{quote(slug, safe='')}/{quote(ask_id, safe='')}/{step or ''}"

    def enter(self, slug: str, ask_id: str) -> tuple[Visit | None, At | Leave | Screen]:
        """The visit's own address: on to the step at hand."""
        return self._turn(slug, ask_id, lambda visit, facts: Turn(visit, _at_hand(visit, facts)))

    def show(
        self, slug: str, ask_id: str, n: int, *, session: str = "", language: str = ""
    ) -> tuple[Visit | None, At | Leave | Screen]:
        """``session`` is what the browser's cookie of this supplier says, ``language`` what the person switches to."""
        return self._turn(
            slug, ask_id, lambda visit, facts: show(_in_language(visit, language), n, facts), session
        )

    def act(
        self, slug: str, ask_id: str, n: int, form: Mapping[str, str]
    ) -> tuple[Visit | None, At | Leave | Screen]:
        return self._turn(slug, ask_id, lambda visit, facts: act(visit, n, form, facts))

    def resend(self, slug: str, ask_id: str, n: int) -> tuple[Visit | None, At | Leave | Screen]:
        return self._turn(slug, ask_id, lambda visit, facts: resend(visit, n, facts))

    def cancel(self, slug: str, ask_id: str) -> tuple[Visit | None, At | Leave | Screen]:
        return self._turn(slug, ask_id, lambda visit, facts: cancel(visit))

    def _turn(
        self, slug: str, ask_id: str, decide: Callable[[Visit, Facts], Turn], session: str = ""
    ) -> tuple[Visit | None, At | Leave | Screen]:
        # Decided again after somebody was first, the same guess still counts once.
        guess = cache(self.accounts.guess)
        while True:
            raw = self._store.get(_KIND, ask_id)
            if raw is None or slug not in self.profiles:
                return None, Screen("unknown", 404)
            visit = visits.load(raw)
            if visit.supplier != slug:
                self._tell(ask_id, (Told(Event.STEP_REFUSED, {"why": "supplier", "at": slug}),))
                return None, refusal("supplier")
            if visit.word:
                why = "what" if visit.word.outcome is Outcome.PERMIT else str(visit.word.outcome)
                return visit, Screen("ended", 410, values={"why": why})
            facts = Facts(
                profile=self.profiles[slug],
                register=self._register(),
                now=self._clock(),
                make_pin=self._make_pin,
                account=self.accounts.of,
                guess=guess,
                held=self.grants.of,
                session=self.sessions.get(session),
            )
            turn = decide(visit, facts)
            if turn.visit == visit or self._store.swap(_KIND, ask_id, raw, visits.dump(turn.visit)):
                break
        for change in turn.changes:
            self._make(change)
        for message in turn.sent:
            kept = self.inbox.add(message)
            _log.info("%s: %s %s sent for %s", kept.supplier, kept.channel, kept.id, ask_id)
        self._tell(ask_id, turn.told)
        return turn.visit, turn.to

    def _make(self, change: Change) -> None:
        match change:
            case NewPassword(means, password):
                self.accounts.set_password(means, password)
            case MandateUsed(person, on):
                self.grants.used(person, on)
            case SessionBegun(session):
                self.sessions.begin(session)
            case SessionEnded(id):
                self.sessions.end(id)

    def _tell(self, ask_id: str, told: tuple[Told, ...]) -> None:
        for one in told:
            self._on_event(ask_id, str(one.kind), one.data)


def _at_hand(visit: Visit, facts: Facts) -> At:
    return At(visit.done + 1 if visit.done == 0 or facts.holder(visit) else 1)


def _in_language(visit: Visit, language: str) -> Visit:
    if language not in ("nl", "en") or language == visit.ask.language:
        return visit
    return replace(visit, ask=replace(visit.ask, language=language))
