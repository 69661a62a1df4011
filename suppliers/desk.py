"""Where visits are kept: the suppliers as the broker knows them (``open``, ``word``) and as their pages do.

A turn is decided on what is in the store and counts only if that is still there (``swap``); if somebody was
first, it is decided again on what that somebody left. So of two right answers with one PIN one counts, and
no guess goes uncounted. Changes are made, and events and messages go out, once the turn counts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from urllib.parse import quote

from suppliers import testers
from suppliers import visit as visits
from suppliers.accounts import Accounts, Guess, proof
from suppliers.approving import Approvals
from suppliers.ask import Ask, Offer, Outcome, Word
from suppliers.foresee import Foresight
from suppliers.forgotten import Forgotten
from suppliers.grants import Grants
from suppliers.inbox import Inbox
from suppliers.phone import Phones, Waiting
from suppliers.profiles import Profile
from suppliers.register.model import Means, Register
from suppliers.sessions import Session, Sessions
from suppliers.steps import phone
from suppliers.steps.login import by_address
from suppliers.steps.pin import PIN_MINUTES, random_pin
from suppliers.store import Store
from suppliers.testers import Panel
from suppliers.visit import (
    Approval,
    At,
    Change,
    Event,
    Facts,
    Leave,
    MandateUsed,
    NewPassword,
    PhoneAsked,
    Screen,
    SessionBegun,
    SessionEnded,
    Told,
    Turn,
    Visit,
)
from suppliers.walk import act, came_in, cancel, go_on, refusal, resend, show

PREFIX = "/supplier"
PHONE = "/console/phone"
"""The page that stands in for the person's phone."""
KIND = "visit"
# Housekeeping in real time, far longer than anybody takes to log in.
_KEEP_SECONDS = 12 * 3600.0
# A visit outside any login is begun by whoever opens one address.
_KEEP_ALONE_SECONDS = 3600.0
# Of so many questions to a phone, the newest, is looked whether they wait for an answer.
_MOST_PHONES = 200
# So often in a row a turn is decided again because its register stands no more: others are not first for ever.
_MOST_ROUNDS = 5

_log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _nobody(ask_id: str, kind: str, data: Mapping[str, object]) -> None:
    """No exchange log to tell."""


def _always(register: Register, came_to: Collection[str]) -> bool:
    """A register that nobody takes away under a login."""
    return True


def _off() -> bool:
    """A desk by itself shows testers nothing."""
    return False


class Desk:
    """All suppliers. Fulfils ``ask.Suppliers`` for the broker; the pages use the rest."""

    def __init__(
        self,
        profiles: Mapping[str, Profile],
        store: Store,
        register_of: Callable[[Ask | None, str], Register],
        *,
        room_of: Callable[[str], Register] | None = None,
        clock: Callable[[], datetime] = _utc_now,
        clock_of: Callable[[str, str], datetime] | None = None,
        make_pin: Callable[[], str] = random_pin,
        on_event: Callable[[str, str, Mapping[str, object]], None] = _nobody,
        stands: Callable[[Register, Collection[str]], bool] = _always,
        inbox: Inbox | None = None,
        base_url: str = "",
        tester_panel: Callable[[], bool] = _off,
    ) -> None:
        """``register_of`` is the register as an Ask sees it, and who the person is or says to be: the key, or the
        user name that was typed; empty for nobody. ``room_of`` is that of a room by its tag, outside any Ask.
        ``clock_of`` is the time in the logins of one service provider, by its entity id, and in one room, by its tag;
        None for ``clock``. ``stands`` is asked, before a turn counts, whether the register that it was decided on is
        still so, with the events of the turn and the kind of page that it leads to; where not, it is decided again,
        after a few times on the register that is nobody's in particular."""
        self.profiles = profiles
        self.base_url = base_url
        self._tester_panel = tester_panel
        self._foresight = Foresight()
        self.inbox = inbox or Inbox(store)
        self.accounts = Accounts(store)
        self._register_of = register_of

        def seen_in(tag: str) -> Register:
            return room_of(tag) if room_of else register_of(None, "")

        self.grants = Grants(store, seen_in)
        self.sessions = Sessions(store)
        self._phones = Phones(store)
        self._store = store

        def time_at(provider: str, tag: str) -> datetime:
            return clock_of(provider, tag) if clock_of and (provider or tag) else clock()

        self._clock_of = time_at
        self._make_pin = make_pin
        self._on_event = on_event
        self._stands = stands

        self.forgotten = Forgotten(
            store,
            self.accounts,
            profiles,
            seen_in,
            clock=lambda tag: time_at("", tag),
            send=self.inbox.add,
            tell=on_event,
            url=base_url + PREFIX,
        )
        self.approvals = Approvals(
            store, self.grants, seen_in, self._clock_of, self.inbox, self.tell, profiles, base_url + PREFIX
        )

    def offers(self) -> tuple[Offer, ...]:
        """Every supplier, alphabetical on its name, case ignored."""
        offers = [profile.offer() for profile in self.profiles.values()]
        return tuple(sorted(offers, key=lambda offer: (offer.name.casefold(), offer.slug)))

    def open(self, slug: str, ask: Ask, *, alone: bool = False) -> str:
        """Start a visit, in place of any that this Ask had; the path of its first page. ``alone`` is a visit
        outside any login."""
        profile = self.profiles[slug]
        keep = _KEEP_ALONE_SECONDS if alone else _KEEP_SECONDS
        self._store.put(KIND, ask.id, visits.dump(Visit(ask, slug, alone=alone)), keep=keep)
        data = {"supplier": slug, "name": profile.name, **({"alone": True, "tag": ask.tag} if alone else {})}
        self._tell(ask.id, (Told(Event.OPENED, data),))
        # Not the visit's own address, which would only send the browser on to this one.
        return self.path(slug, ask.id, 1)

    def word(self, ask_id: str) -> Word | None:
        """The answer to this Ask, or None as long as there is none."""
        raw = self._store.get(KIND, ask_id)
        return visits.load(raw).word if raw else None

    def log_out(self, ask_id: str) -> str | None:
        """End the session of the person who answered this Ask; the supplier's name, or None if there was none."""
        raw = self._store.take(KIND, ask_id)
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

    def enter(
        self, slug: str, ask_id: str, *, language: str = ""
    ) -> tuple[Visit | None, At | Leave | Screen]:
        """The visit's own address: on to the step at hand, in ``language`` if the person switches to it here."""
        return self._turn(
            slug, ask_id, lambda visit, facts: Turn(_in_language(visit, language), _at_hand(visit, facts))
        )

    def show(
        self, slug: str, ask_id: str, n: int, *, session: str = "", language: str = ""
    ) -> tuple[Visit | None, At | Leave | Screen]:
        """``session`` is what the browser's cookie of this supplier says, ``language`` what the person switches to."""
        return self._turn(
            slug, ask_id, lambda visit, facts: show(_in_language(visit, language), n, facts), session
        )

    def act(
        self, slug: str, ask_id: str, n: int, form: Mapping[str, str], *, session: str = ""
    ) -> tuple[Visit | None, At | Leave | Screen]:
        typed = form.get("username", "")
        return self._turn(slug, ask_id, lambda visit, facts: act(visit, n, form, facts), session, typed)

    def resend(self, slug: str, ask_id: str, n: int) -> tuple[Visit | None, At | Leave | Screen]:
        return self._turn(slug, ask_id, lambda visit, facts: resend(visit, n, facts))

    def cancel(self, slug: str, ask_id: str) -> tuple[Visit | None, At | Leave | Screen]:
        return self._turn(slug, ask_id, cancel)

    def go_on(self, slug: str, ask_id: str) -> tuple[Visit | None, At | Leave | Screen]:
        """Look again for a mandate, for whoever waited for one."""
        return self._turn(slug, ask_id, go_on)

    def peek(
        self, slug: str, ask_id: str, *, language: str = ""
    ) -> tuple[Visit, Facts] | tuple[Visit | None, At | Leave | Screen]:
        """For business beside the road: the visit, and what to decide on; a Screen where there is no such visit."""
        seen: list[Facts] = []

        def look(visit: Visit, facts: Facts) -> Turn:
            seen[:] = [facts]
            return Turn(_in_language(visit, language), Screen("unknown", 404))

        visit, to = self._turn(slug, ask_id, look)
        return (visit, seen[0]) if visit and seen else (visit, to)

    def testers(
        self, visit: Visit, screen: Screen, *, searched: str | None = None, fill: str = ""
    ) -> testers.Panel | None:
        """The panel for testers on this page; None where the setting is off."""
        if not self._tester_panel():
            return None
        facts = self._facts(visit, partial(self.accounts.guess, tag=visit.ask.tag))
        return testers.panel(visit, screen, facts, searched=searched, fill=fill, foresight=self._foresight)

    def reset_testers(
        self, slug: str, tag: str, *, searched: str | None = None, fill: str = ""
    ) -> Panel | None:
        """The same on the page of a forgotten password, in the room of this tag."""
        if not self._tester_panel():
            return None
        return self.forgotten.testers(slug, tag, searched=searched, fill=fill)

    # What the phone uses, and what waits for it.

    def waiting(self) -> list[Waiting]:
        """What waits for an answer of somebody's phone, newest first."""
        found: list[Waiting] = []
        for id_, ask_id in self._phones.all()[:_MOST_PHONES]:
            visit = self._open_visit(ask_id)
            asked = visit.phone if visit else None
            if visit is None or asked is None or asked.id != id_ or self._state(visit, asked) != "open":
                continue
            register = self._register_of(visit.ask, _who(visit))
            person, profile = register.people.get(visit.person), self.profiles[visit.supplier]
            found.append(
                Waiting(
                    id=id_,
                    ask_id=ask_id,
                    supplier=profile.slug,
                    supplier_name=profile.name,
                    person=person.name if person else visit.username,
                    service=visit.ask.service.name,
                    factor=asked.factor,
                    number=asked.shown,
                    at=asked.sent_at,
                    until=asked.sent_at + timedelta(minutes=PIN_MINUTES),
                )
            )
        return found

    def answer_phone(self, code: str, given: phone.Answer, *, ask_id: str = "", factor: str = "") -> str:
        """Approve or refuse what a phone was asked, by its id or its readable code; or why that was not taken:
        ``unknown``, ``other`` (not of this Ask, not of this factor), ``replaced``, ``used``, ``late``, ``ended``."""
        found = self._phones.find(code)
        if found is None:
            self._tell_not_taken(ask_id, "unknown")
            return "unknown"
        id_, owner = found
        if ask_id and ask_id != owner:
            self._tell_not_taken(ask_id, "other")
            return "other"
        while True:
            raw = self._store.get(KIND, owner)
            visit = visits.load(raw) if raw else None
            if raw is None or visit is None or visit.word or self._is_late(visit):
                self._tell_not_taken(owner, "ended")
                return "ended"
            if factor and visit.phone and visit.phone.id == id_ and visit.phone.factor != factor:
                self._tell_not_taken(owner, "other")
                return "other"
            answered = phone.answer(visit, id_, given, self._now(visit))
            if answered.why or self._store.swap(KIND, owner, raw, visits.dump(answered.visit)):
                break
        self._tell(owner, (answered.told,))
        return answered.why

    def phone_state(self, slug: str, ask_id: str, n: int) -> str:
        """What the page of this step waits for: ``open``, ``approved``, ``refused``, ``late``; empty where it does
        not, or no more."""
        found = self._asked_at(slug, ask_id, n)
        state = self._state(*found) if found else ""
        return "" if state == "used" else state

    def scan_url(self, slug: str, ask_id: str, n: int) -> str:
        """What the QR code of this step says; empty where there is none to scan."""
        found = self._asked_at(slug, ask_id, n)
        if found is None or found[1].factor != "qr" or self._state(*found) != "open":
            return ""
        return phone.scan_url(found[1], f"{self.base_url}{PHONE}")

    def _asked_at(self, slug: str, ask_id: str, n: int) -> tuple[Visit, Approval] | None:
        visit = self._open_visit(ask_id)
        if visit is None or visit.phone is None or visit.supplier != slug or visit.done + 1 != n:
            return None
        return visit, visit.phone

    def _state(self, visit: Visit, asked: Approval) -> str:
        return phone.phone_state(asked, self._now(visit))

    def _now(self, visit: Visit) -> datetime:
        """By the clock of the room, or of whom the person logs in at."""
        return self._clock_of(visit.ask.service.provider_id, visit.ask.tag)

    def under_way(self, slug: str, ask_id: str) -> Visit | None:
        """The visit of this Ask, as long as it goes on and is at this supplier."""
        visit = self._open_visit(ask_id)
        return visit if visit and visit.supplier == slug else None

    def _open_visit(self, ask_id: str) -> Visit | None:
        raw = self._store.get(KIND, ask_id)
        visit = visits.load(raw) if raw else None
        if visit is None or visit.word or visit.supplier not in self.profiles or self._is_late(visit):
            return None
        return visit

    def _is_late(self, visit: Visit) -> bool:
        return visit.ask.until is not None and self._now(visit) > visit.ask.until

    def _tell_not_taken(self, ask_id: str, why: str) -> None:
        if self._store.get(KIND, ask_id):
            self._tell(ask_id, (Told(Event.PHONE_NOT_TAKEN, {"why": why}),))

    def _turn(
        self,
        slug: str,
        ask_id: str,
        decide: Callable[[Visit, Facts], Turn],
        session: str = "",
        typed: str = "",
    ) -> tuple[Visit | None, At | Leave | Screen]:
        guesses: dict[str, Callable[[Means, str], Guess]] = {}
        fallen = 0
        while True:
            raw = self._store.get(KIND, ask_id)
            if raw is None or slug not in self.profiles:
                return None, Screen("unknown", 404)
            visit = visits.load(raw)
            if visit.supplier != slug:
                self._tell(ask_id, (Told(Event.STEP_REFUSED, {"why": "supplier", "at": slug}),))
                return None, refusal("supplier", reference=ask_id)
            if visit.word and visit.alone:
                known = came_in(visit, self.profiles[slug])
                return visit, Screen("loggedout", values={"logout": True, "known": known})
            if visit.word:
                why = "what" if visit.word.outcome is Outcome.PERMIT else str(visit.word.outcome)
                return visit, Screen("ended", 410, values={"why": why})
            if self._is_late(visit):
                # Nothing that is done here now would be taken: said at once, not after all the steps.
                self._tell(ask_id, (Told(Event.STEP_REFUSED, {"why": "late"}),))
                return visit, Screen("ended", 410, values={"why": "late"})
            tag = visit.ask.tag
            # Decided again after somebody was first, the same guess still counts once.
            guess = guesses.setdefault(tag, cache(partial(self.accounts.guess, tag=tag)))
            facts = self._facts(visit, guess, session, typed, as_anybody=fallen >= _MOST_ROUNDS)
            turn = decide(visit, facts)
            if fallen < _MOST_ROUNDS and not self._stands(facts.register, _came_to(turn, facts.profile)):
                fallen += 1
                continue
            if turn.visit == visit or self._store.swap(KIND, ask_id, raw, visits.dump(turn.visit)):
                break
        for change in turn.changes:
            self._make(change, tag)
        for message in turn.sent:
            kept = self.inbox.add(replace(message, tag=tag))
            _log.info("%s: %s %s sent for %s", kept.supplier, kept.channel, kept.id, ask_id)
        self._tell(ask_id, (*turn.told, *_used(turn.changes)))
        return turn.visit, turn.to

    def _facts(
        self,
        visit: Visit,
        guess: Callable[[Means, str], Guess],
        session: str = "",
        typed: str = "",
        *,
        as_anybody: bool = False,
    ) -> Facts:
        """``as_anybody``: on the register that is nobody's in particular, which always stands."""
        found = self._session(visit, session)
        known = found.person if found and not visit.ask.force_authn else ""
        tag, profile = visit.ask.tag, self.profiles[visit.supplier]
        ordinary = self._register_of(visit.ask, "")
        who = _named(typed, profile, ordinary) or _who(visit) or known
        register = ordinary if as_anybody else self._register_of(visit.ask, who)
        return Facts(
            profile=profile,
            register=register,
            ordinary=ordinary,
            now=self._now(visit),
            make_pin=self._make_pin,
            account=partial(self.accounts.of, tag=tag),
            guess=guess,
            held=partial(self.grants.of, tag=tag, register=register),
            session=found,
            profiles=self.profiles,
        )

    def _session(self, visit: Visit, session_id: str) -> Session | None:
        found = self.sessions.get(session_id)
        return found if found and (found.supplier, found.tag) == (visit.supplier, visit.ask.tag) else None

    def _make(self, change: Change, tag: str) -> None:
        match change:
            case NewPassword(means, password):
                self.accounts.set_password(means, password, tag)
            case MandateUsed(person, on):
                self.grants.used(person, on, tag)
            case SessionBegun(means, session):
                # Here, not in the step: a password that was renewed on the way has been changed by now.
                self.sessions.begin(
                    replace(session, proof=proof(means, self.accounts.of(means, tag)), tag=tag)
                )
            case SessionEnded(id):
                self.sessions.end(id)
            case PhoneAsked():
                self._phones.asked(change)

    def tell(self, ask_id: str, told: tuple[Told, ...]) -> None:
        """What happened beside the road, into the same log."""
        self._tell(ask_id, told)

    def _tell(self, ask_id: str, told: tuple[Told, ...]) -> None:
        for one in told:
            self._on_event(ask_id, str(one.kind), one.data)


def _used(changes: tuple[Change, ...]) -> tuple[Told, ...]:
    return tuple(
        Told(Event.MANDATE_USED, {"person": change.person, "on": change.on.isoformat()})
        for change in changes
        if isinstance(change, MandateUsed)
    )


def _came_to(turn: Turn, profile: Profile) -> frozenset[str]:
    """What came of a turn: its events, and the kind of the page that is next."""
    steps = visits.road(profile, alone=turn.visit.alone)
    ahead = steps[turn.to.step - 1 : turn.to.step] if isinstance(turn.to, At) else ()
    return frozenset({str(told.kind) for told in turn.told} | {str(step.kind) for step in ahead})


def _named(typed: str, profile: Profile, register: Register) -> str:
    """Who is meant by what was typed for a user name: the key of whoever has that address, else what was typed."""
    if not typed or register.login(profile.slug, typed):
        return typed
    found = by_address(typed, profile, register)
    return found[0].key if found else typed


def _who(visit: Visit) -> str:
    return visit.person or visit.username


def _at_hand(visit: Visit, facts: Facts) -> At:
    return At(visit.done + 1 if visit.done == 0 or facts.holder(visit) else 1)


def _in_language(visit: Visit, language: str) -> Visit:
    if language not in ("nl", "en") or language == visit.ask.language:
        return visit
    return replace(visit, ask=replace(visit.ask, language=language))
