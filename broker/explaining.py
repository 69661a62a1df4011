"""Why somebody would get in or not, for command line, console and API: what was asked put into the words of the
suppliers, and their explanation as text and as data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from broker.catalogue import Service
from broker.clock import Clock, machine_time
from broker.command.checking import facts_of
from broker.configuration import Configuration, Snapshot
from broker.login import requested_of
from broker.store.reading import copied
from broker.wire import instants
from broker.wire.metadata import SpMetadata
from suppliers.accounts import Account
from suppliers.ask import Ask, AskedService, Level, Names
from suppliers.desk import Desk
from suppliers.explain import Explanation, Given, explain
from suppliers.profiles import load_profiles
from suppliers.reasons import NOWHERE
from suppliers.register import days
from suppliers.register.days import dutch_day
from suppliers.register.editing import Missing
from suppliers.register.model import CompanyRecord, Means, PersonRecord, Place, Register
from suppliers.register.problems import nearest, shown
from suppliers.register.reading import reading_now
from suppliers.steps.pin import random_pin
from suppliers.visit import Facts
from suppliers.wording import day

FORMATS = ("text", "json")
MOST_TRIED = 20
_ALSO = {
    "nl": "dit gaat over bedrijf {0}; met dit nummer of deze naam is er ook: {1}",
    "en": "this is about company {0}; of the same number or name there is also: {1}",
}
MARKS = {True: "ok", False: "NO", None: "-"}
EXAMPLE_AT = "2026-11-22T09:00:00"
"""Dutch where it has no zone."""


class WrongQuestion(ValueError):
    """A part of the question that cannot be read; ``key`` names it, ``nearest`` is what was probably meant."""

    def __init__(
        self, key: str, text: str, allowed: tuple[str, ...] = (), nearest: str | None = None
    ) -> None:
        told = f"{text}; allowed: {', '.join(allowed)}" if allowed else text
        super().__init__(f"{told}; did you mean {shown(nearest)}?" if nearest else told)
        self.key = key
        self.text = text
        self.allowed = allowed
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Question:
    """As somebody typed it; what is empty is left open. ``means`` is a user name or the number of a card."""

    person: str
    service: str
    company: str = ""
    supplier: str = ""
    means: str = ""
    level: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A service that somebody may log in to: with the provider that has it in its metadata, if any has."""

    key: str
    service: Service
    place: Place = NOWHERE
    sp: SpMetadata | None = None
    saml: bool = False

    @property
    def names(self) -> set[str]:
        found = self.service
        return {self.key, found.service_id, found.uuid, found.instance_uuid, found.name.nl, found.name.en}

    def ask(self, level: Level | None = None) -> Ask:
        """What a supplier would be asked: at most the level of the service, as for a request that names one."""
        found = self.service
        provider = self.sp.entity_id if self.sp else ""
        return Ask(
            id="explain",
            service=AskedService(
                found.service_id, (found.uuid, found.instance_uuid), found.name, provider, found.provider
            ),
            level=found.level if level is None else min(level, found.level),
            identifier_sets=found.identifier_sets,
            return_path="",
            choice_path="",
            branches_accepted=found.branches_accepted,
            requested=() if self.saml else requested_of(found),
        )


@dataclass(frozen=True)
class Scene:
    """What is in force, and what happened while the mock ran; in one room, if ``current`` is seen from one."""

    current: Snapshot
    desk: Desk
    now: datetime
    tag: str = ""

    @property
    def register(self) -> Register:
        return self.current.register

    def facts(self, supplier: str, at: datetime) -> Facts:
        return Facts(
            profile=self.desk.profiles[supplier],
            register=self.register,
            now=at,
            make_pin=random_pin,
            account=partial(self.desk.accounts.of, tag=self.tag),
            guess=partial(self.desk.accounts.guess, tag=self.tag),
            held=partial(self.desk.grants.of, tag=self.tag, register=self.register),
            profiles=self.desk.profiles,
        )

    def many(self, accounts: Mapping[Means, Account], supplier: str) -> Facts:
        """For very many questions at once: each thing is looked up in the store once."""
        facts = self.facts(supplier, self.now)
        return Facts(
            profile=facts.profile,
            register=facts.register,
            now=facts.now,
            make_pin=facts.make_pin,
            account=accounts.__getitem__,
            guess=facts.guess,
            held=cache(facts.held),
            profiles=facts.profiles,
        )


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation with what it is about. ``company`` is the one that was asked for, if any was;
    ``also`` are others that have the same number or name."""

    explanation: Explanation
    offered: Offered
    ask: Ask
    at: datetime
    supplier_name: str
    company: CompanyRecord | None = None
    also: tuple[CompanyRecord, ...] = ()

    @property
    def passes(self) -> bool:
        return self.explanation.passes


def of_home(home: Path) -> Scene:
    """The files of a home, with what happened in it according to its ``state.sqlite``, which is only read.

    Raises ConfigError, ProfileError, StoreError, OSError.
    """
    profiles = load_profiles(home / "profiles")
    store = copied(home / "state.sqlite")
    clock = Clock(store, machine_time)
    smartcards = tuple(slug for slug, profile in profiles.items() if profile.smartcard)
    configuration = Configuration(home, tuple(profiles), clock, store, smartcards, facts_of(profiles))
    desk = Desk(profiles, store, lambda ask, who: configuration.current.register, clock=clock)
    return Scene(configuration.current, desk, clock())


def explained(scene: Scene, asked: Question) -> Explained:
    """Raises Missing for what there is not, WrongQuestion for what cannot be read."""
    register = scene.register
    person, by_name = find_person(scene, asked.person)
    offered = find_service(scene, asked.service)
    companies = find_companies(register, asked.company) if asked.company else [None]
    supplier = find_supplier(scene, asked.supplier) if asked.supplier else ""
    ask = offered.ask(_level(asked.level))
    at = _at(asked.at, scene.now)
    wanted = (asked.means or (by_name.username if by_name else "")).casefold()
    held = [m for m in person.means if supplier in ("", m.supplier) and wanted in ("", m.username.casefold())]
    if asked.means and not held:
        names = [m.username for m in person.means]
        raise Missing(f"means of {person.key}", asked.means, nearest(asked.means, names))

    def by(means: Means | None, company: CompanyRecord | None) -> Explanation:
        slug = means.supplier if means else supplier or next(iter(scene.desk.profiles))
        facts, key = scene.facts(slug, at), company.key if company else ""
        return explain(person, means, ask=ask, company=key, service_place=offered.place, facts=facts)

    # With more than one means, or more than one company of that number, those that let them in; else the first.
    any_means: list[Means | None] = [*held] or [None]
    tried = ((by(means, one), one) for one in companies[:MOST_TRIED] for means in any_means)
    found, company = next(((one, of) for one, of in tried if one.passes), (None, companies[0]))
    if found is None:
        found = by(held[0] if held else None, company)
    also = tuple(one for one in companies if one is not None and one is not company)
    name = scene.desk.profiles[found.supplier].name
    return Explained(found, offered, ask, at, name, company, also)


def services(scene: Scene) -> Iterator[Offered]:
    """Those of the YAML in its order, and then those that only metadata names."""
    current = scene.current
    entries = {
        service_id: (sp, entry)
        for sp in current.catalogue.sps.values()
        for entry in sp.services
        for service_id in entry.service_ids[:1]
    }
    for record in scene.register.services.values():
        sp, entry = entries.pop(record.service_id, (None, None))
        service = (
            current.catalogue.service(sp, entry)
            if sp and entry
            else current.catalogue.service_by_uuid(record.instance_uuid)
        )
        if service:
            yield Offered(record.key, service, record.place, sp)
    for service_id, (sp, entry) in entries.items():
        if not current.is_saml(sp) and (service := current.catalogue.service(sp, entry)):
            yield Offered(service_id, service, sp=sp)
    for sp in current.catalogue.sps.values():
        if current.is_saml(sp):
            level = Level.of(current.settings_of(sp.entity_id).level)
            yield Offered(sp.entity_id, current.catalogue.plain_service(sp, level), sp=sp, saml=True)


def find_service(scene: Scene, text: str) -> Offered:
    """By key, name, ServiceID or UUID, case ignored."""
    found = list(services(scene))
    wanted = text.strip().casefold()
    for offered in found:
        if wanted in {name.casefold() for name in offered.names}:
            return offered
    raise Missing("service", text, nearest(text, sorted({name for one in found for name in _short(one)})))


def find_person(scene: Scene, text: str) -> tuple[PersonRecord, Means | None]:
    """By key, user name, card number, name or e-mail address; with the means whose name it is, if it is one."""
    register, wanted = scene.register, text.strip()
    if found := register.people.get(wanted):
        return found, None
    for slug in scene.desk.profiles:
        for card in (False, True):
            if login := register.login(slug, wanted, card=card):
                return login
    folded = wanted.casefold()
    for person in register.people.values():
        if folded in (person.key.casefold(), person.name.casefold(), (person.email or "").casefold()):
            return person, None
    near = nearest(wanted, list(register.people))
    if near is None:
        by_name = {person.name: person.key for person in register.people.values()}
        near = by_name.get(nearest(wanted, list(by_name)) or "")
    raise Missing("person", text, near)


def find_companies(register: Register, text: str) -> list[CompanyRecord]:
    """By key, KvK number, RSIN or name; of a number or a name there may be more than one."""
    wanted = text.strip()
    if found := register.companies.get(wanted):
        return [found]
    folded = wanted.casefold()
    companies = register.companies.values()
    if all_ := [one for one in companies if folded in (one.kvk, one.rsin, one.name.casefold())]:
        return all_
    near = nearest(wanted, list(register.companies))
    if near is None:
        by_name = {company.name: company.key for company in companies}
        near = by_name.get(nearest(wanted, list(by_name)) or "")
    raise Missing("company" if near else "company with key, name, KvK number or RSIN", text, near)


def find_supplier(scene: Scene, text: str) -> str:
    """The slug, by slug or name."""
    wanted = text.strip().casefold()
    for slug, profile in scene.desk.profiles.items():
        if wanted in (slug, profile.name.casefold()):
            return slug
    raise Missing("supplier", text, nearest(wanted, list(scene.desk.profiles)))


def as_json(found: Explained) -> dict[str, Any]:
    explanation, means, company = found.explanation, found.explanation.means, found.company
    person, service = explanation.person, found.offered
    return {
        "passes": found.passes,
        "person": {"key": person.key, "name": person.name},
        "service": {"key": service.key, "name": _names(service.service.name)},
        "supplier": {"slug": explanation.supplier, "name": found.supplier_name},
        "means": means and {"username": means.username, "card": means.card, "level": means.level.label},
        "company": company and {"key": company.key, "name": company.name},
        "also": [{"key": one.key, "name": one.name} for one in found.also],
        "level": found.ask.level.label,
        "at": instants.write(found.at),
        "steps": [step.told() for step in explanation.steps],
        "given": _given(explanation.given) if explanation.given else None,
    }


def text(found: Explained, language: str) -> str:
    """A line for each step, with the place first, where editors look for it."""
    lines = [f"{step.place}: {MARKS[step.ok]}: {step.text.in_(language)}" for step in found.explanation.steps]
    if found.also and found.company:
        keys = ", ".join(one.key for one in found.also)
        lines.insert(
            0, f"{found.company.place}: {MARKS[None]}: {_ALSO[language].format(found.company.key, keys)}"
        )
    name = found.offered.service.name.in_(language)
    on = day(dutch_day(found.at), language)
    verdict = {
        ("nl", True): "komt binnen",
        ("nl", False): "komt niet binnen",
        ("en", True): "gets in",
        ("en", False): "does not get in",
    }[language, found.passes]
    return "\n".join([*lines, f"{found.explanation.person.name}, {name}, {on}: {verdict}"])


def _given(given: Given) -> dict[str, Any]:
    between = given.intermediary
    return {
        "company": {"key": given.company.key, "name": given.company.name},
        "identifiers": given.identifiers,
        "level": given.level,
        "branch": given.branch,
        "intermediary": between and {"key": between.key, "name": between.name},
        "mandate": given.mandate,
    }


def _names(names: Names) -> dict[str, str]:
    return {"nl": names.nl, "en": names.en}


def _short(offered: Offered) -> Iterable[str]:
    return offered.key, offered.service.name.nl, offered.service.name.en


def _level(text: str) -> Level | None:
    try:
        return Level.of(text.strip().upper()) if text else None
    except ValueError:
        allowed = tuple(level.label for level in Level)
        raise WrongQuestion("level", f"{shown(text[:60])} is not a level", allowed) from None


def _at(text: str, now: datetime) -> datetime:
    """Noon in the Netherlands of a day; now for nothing. Days count from today as they do in the YAML."""
    if not text.strip():
        return now
    try:
        return days.moment(text, reading_now().today)
    except ValueError:
        allowed = (EXAMPLE_AT, *days.FORMS)
        raise WrongQuestion(
            "at", f"{shown(text[:60])} is no day and no time", allowed, days.likely(text)
        ) from None
