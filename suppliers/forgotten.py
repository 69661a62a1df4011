"""A forgotten user name or password: an e-mail with the user names, and for each password a link to choose a new one.

The link works once, for an hour by the mock's clock, and no more once the password or the file's means has changed.
Only a hash of its token is kept.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote

from pydantic import TypeAdapter

from suppliers.accounts import Account, Accounts, Standing, standing
from suppliers.adapters import Adapter
from suppliers.passwords import problems_of
from suppliers.profiles import Profile
from suppliers.register.days import dutch_day
from suppliers.register.model import Means, PersonRecord, Register
from suppliers.steps.channel import mask
from suppliers.store import Store
from suppliers.testers import Panel
from suppliers.testers_reset import reset_panel
from suppliers.visit import Event, Message, Problem
from suppliers.wording import Wording, day

KIND = "reset"
LIFE = timedelta(hours=1)
TIMES = "reset-asked"
MOST_TIMES = 5
"""So often within ``WITHIN`` an e-mail goes to one address at a supplier."""
WITHIN = timedelta(hours=1)
# Anybody can make up addresses.
_KEEP_TIMES_SECONDS = 2 * 3600.0
# Housekeeping in real time: late and used links are told from wrong ones as long as this.
_KEEP_SECONDS = 24 * 3600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for. ``fingerprint`` and ``chosen`` are of the means and its password when it was sent;
    ``ask_id`` is the login that was under way, if any, ``tag`` the room."""

    supplier: str
    username: str
    fingerprint: str
    chosen: int
    ask_id: str
    language: str
    made_at: datetime
    used: bool = False
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A link that works, and of whom."""

    link: Link
    means: Means
    account: Account
    blocked: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """A link that does not work: ``unknown``, ``used``, ``replaced``, ``late``, or the Standing of the means."""

    why: str
    link: Link | None = None
    until: str = ""


_LINK = Adapter(Link)
_TIMES = TypeAdapter(tuple[datetime, ...])


class Forgotten:
    """``register`` and ``clock`` are those of a room, by its tag. ``url`` is the absolute URL under which the
    suppliers' pages are; ``send`` takes a message out; ``tell`` tells the exchange of a login."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        profiles: Mapping[str, Profile],
        register: Callable[[str], Register],
        *,
        clock: Callable[[str], datetime],
        send: Callable[[Message], object],
        tell: Callable[[str, str, Mapping[str, object]], None],
        url: str,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._profiles = profiles
        self._register = register
        self._clock = clock
        self._send = send
        self._tell = tell
        self._url = url

    def ask(self, slug: str, email: str, *, language: str, ask_id: str = "", tag: str = "") -> None:
        """Send what is known of this address at this supplier, to that address only; nothing if nothing is."""
        wanted = email.strip().casefold()
        # Also of an address that nobody has: the answer takes as long.
        may = self._count(slug, wanted, tag)
        known: dict[str, tuple[PersonRecord, list[Means]]] = {}
        for person, means in self._register(tag).clients(slug):
            if (person.email or "").casefold() == wanted:
                known.setdefault(person.key, (person, []))[1].append(means)
        for person, held in known.values() if may else ():
            self._send(self._message(slug, person, held, language, ask_id, tag))
        _log.info("%s: %d e-mail(s) about a forgotten password", slug, len(known) if may else 0)
        if ask_id:
            data = {"to": mask(email.strip()), "known": bool(known), "people": list(known)}
            if not may:
                data["too_often"] = True
            self._tell(ask_id, Event.PASSWORD_RESET_ASKED, data)

    def _count(self, slug: str, address: str, tag: str) -> bool:
        """Count that an e-mail to this address is asked for; False if that is too often."""
        key, now = _hash(f"{slug}/{address}" + (f"/{tag}" if tag else "")), self._clock(tag)
        while True:
            raw = self._store.get(TIMES, key)
            # What is still to come was asked before the clock was put back.
            lately = [at for at in _TIMES.validate_json(raw or b"[]") if now - WITHIN < at <= now]
            if len(lately) >= MOST_TIMES:
                return False
            new = _TIMES.dump_json((*lately, now))
            if (
                self._store.add(TIMES, key, new, keep=_KEEP_TIMES_SECONDS)
                if raw is None
                else self._store.swap(TIMES, key, raw, new)
            ):
                return True

    def testers(self, slug: str, tag: str, *, searched: str | None = None, fill: str = "") -> Panel:
        """Who would get what from here."""
        account, today = partial(self._accounts.of, tag=tag), dutch_day(self._clock(tag))
        return reset_panel(slug, self._register(tag), account, today, searched=searched, fill=fill)

    def look(self, slug: str, token: str) -> Found | Trouble:
        """What this link is worth now."""
        return self._look(slug, self._store.get(KIND, _hash(token)))

    def choose(
        self, slug: str, token: str, form: Mapping[str, str]
    ) -> tuple[Found | Trouble, tuple[Problem, ...]]:
        """Take the new password that was filled in, unless there is something to mend; then the link is used."""
        while True:
            raw = self._store.get(KIND, _hash(token))
            found = self._look(slug, raw)
            if raw is None or isinstance(found, Trouble):
                trouble = found if isinstance(found, Trouble) else Trouble("unknown")
                self._refused(slug, trouble)
                return trouble, ()
            if problems := problems_of(form, found.means, found.account):
                return found, problems
            used = replace(found.link, used=True)
            if self._store.swap(KIND, _hash(token), raw, _LINK.dump_json(used)):
                break
        self._accounts.set_password(found.means, form["new_password"], found.link.tag)
        if found.link.ask_id:
            data = {"username": found.means.username, "blocked": found.blocked}
            self._tell(found.link.ask_id, Event.PASSWORD_RESET, data)
        return found, ()

    def _look(self, slug: str, raw: bytes | None) -> Found | Trouble:
        link = _LINK.validate_json(raw) if raw else None
        if link is None or link.supplier != slug:
            return Trouble("unknown", link)
        if link.used:
            return Trouble("used", link)
        found = self._register(link.tag).login(slug, link.username)
        account = self._accounts.of(found[1], link.tag) if found else None
        if (
            not found
            or not account
            or (link.fingerprint, link.chosen) != (found[1].fingerprint, account.chosen)
        ):
            return Trouble("replaced", link)
        now = self._clock(link.tag)
        if now - link.made_at > LIFE:
            return Trouble("late", link)
        means = found[1]
        state = standing(means, account, dutch_day(now))
        if state not in (Standing.ACTIVE, Standing.BLOCKED):
            return Trouble(str(state), link, _until(means, link.language))
        return Found(link, means, account, state is Standing.BLOCKED)

    def _refused(self, slug: str, trouble: Trouble) -> None:
        if trouble.link and trouble.link.ask_id:
            data = {"why": trouble.why, "username": trouble.link.username, "at": slug}
            self._tell(trouble.link.ask_id, Event.PASSWORD_RESET_REFUSED, data)

    def _message(
        self, slug: str, person: PersonRecord, held: list[Means], language: str, ask_id: str, tag: str
    ) -> Message:
        profile, now = self._profiles[slug], self._clock(tag)
        say = Wording(language, profile.wording)
        begun = Link(slug, "", "", 0, ask_id, language, now, tag=tag)
        lines = [self._line(means, say, begun) for means in held]
        names = {"supplier": profile.name, "person": person.name}
        parts = (say("reset.mail.lead", **names), *lines, say("reset.mail.end", **names))
        return Message(
            at=now,
            channel="email",
            to=person.email or "",
            subject=say("reset.mail.subject", **names),
            body="\n\n".join(parts),
            code="",
            supplier=slug,
            ask_id=ask_id,
            tag=tag,
        )

    def _line(self, means: Means, say: Wording, begun: Link) -> str:
        """What the mail says of one means; with a link, unless it has no password or can have no new one. ``begun``
        is what the links in this mail have in common."""
        if means.card:
            return say("reset.mail.card", number=means.username)
        account = self._accounts.of(means, begun.tag)
        state = standing(means, account, dutch_day(begun.made_at))
        if state not in (Standing.ACTIVE, Standing.BLOCKED):
            return say(f"reset.mail.{state}", username=means.username, until=_until(means, begun.language))
        token = secrets.token_urlsafe(32)
        link = replace(begun, username=means.username, fingerprint=means.fingerprint, chosen=account.chosen)
        self._store.put(KIND, _hash(token), _LINK.dump_json(link), keep=_KEEP_SECONDS)
        url = f"{self._url}/{quote(means.supplier, safe='')}/reset/{token}"
        text = say("reset.mail.link", username=means.username, url=url)
        return f"{text}\n{say('reset.mail.blocked')}" if state is Standing.BLOCKED else text


def _until(means: Means, language: str) -> str:
    return day(means.until, language) if means.until else ""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
