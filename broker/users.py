"""Who can do what with which user name and password, and what would go wrong: made from what is in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from broker.explaining import Offered, Scene, find_service, find_supplier, services
from broker.scenarios.armed import Armed
from suppliers.accounts import Account
from suppliers.ask import Names
from suppliers.explain import supplier_step
from suppliers.foresee import foresee
from suppliers.register.model import Means, PersonRecord, Place
from suppliers.register.reading import FromEnvironment
from suppliers.visit import Facts

FORMATS = ("text", "markdown", "json")


@dataclass(frozen=True, slots=True)
class At:
    """What happens at one service. ``companies`` are those that they can log in for."""

    offered: Offered
    passes: bool
    companies: tuple[str, ...]
    why: tuple[Names, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class User:
    """One person with one means. ``pin`` is empty where a new one is sent at each login. ``scenario`` is the one that
    the file gives them; what happens ``at`` the services is what would without it."""

    person: PersonRecord
    means: Means
    supplier: str
    password: str
    pin: str
    at: tuple[At, ...]
    scenario: str = ""


def users(
    scene: Scene,
    *,
    q: str = "",
    supplier: str = "",
    service: str = "",
    start: int = 0,
    most: int | None = None,
) -> tuple[list[User], int]:
    """Those from ``start`` on, ``most`` of them, and how many there are; in the order of the file. ``q`` is a text in
    key, name or user name. Only of whom is given back it is looked what would happen. Raises Missing."""
    slug = find_supplier(scene, supplier) if supplier else ""
    offered = [find_service(scene, service)] if service else list(services(scene))
    wanted = q.strip().casefold()
    chosen: list[tuple[PersonRecord, Means]] = []
    total = 0
    # Nothing is kept of those that are not asked for: there may be very many.
    for person in scene.register.people.values():
        for means in person.means:
            if slug in ("", means.supplier) and (not wanted or wanted in _searched(person, means)):
                if total >= start and (most is None or len(chosen) < most):
                    chosen.append((person, means))
                total += 1
    accounts = _accounts(scene, [means for _, means in chosen])
    facts = {slug: scene.many(accounts, slug) for slug in {means.supplier for _, means in chosen}}
    made = [_user(person, means, accounts[means], facts[means.supplier], offered) for person, means in chosen]
    armed = [one for one in scene.current.scenarios if one.person]
    return [replace(user, scenario=_scenario(user, armed)) for user in made] if armed else made, total


def _scenario(user: User, armed: Iterable[Armed]) -> str:
    names = {user.person.key.casefold(), user.means.username.casefold()}
    return next((one.scenario for one in armed if one.is_of(names)), "")


def _searched(person: PersonRecord, means: Means) -> str:
    return f"{person.key}\n{person.name}\n{means.username}\n{person.email or ''}".casefold()


def as_json(user: User) -> dict[str, Any]:
    return {
        "person": user.person.key,
        "name": user.person.name,
        "supplier": user.means.supplier,
        "supplier_name": user.supplier,
        "username": user.means.username,
        "card": user.means.card,
        "password": user.password or None,
        "pin": user.pin or None,
        "level": user.means.level.label,
        "place": str(user.means.place),
        "services": [
            {
                "service": at.offered.key,
                "name": {"nl": at.offered.service.name.nl, "en": at.offered.service.name.en},
                "passes": at.passes,
                "companies": list(at.companies),
                "why": [{"nl": why.nl, "en": why.en} for why in at.why],
                "place": str(at.place),
            }
            for at in user.at
        ],
    }


def text(found: Sequence[User], language: str) -> str:
    """A paragraph each."""
    return "\n\n".join(
        "\n".join(
            [
                f"{user.person.name} ({user.person.key})",
                f"  {user.supplier}: {credentials(user, language)}, {user.means.level.label}",
                *(f"  {mark}  {line}" for mark, lines in outcomes(user, language).items() for line in lines),
                *([f"  !!  {_by_scenario(user.scenario, language)}"] if user.scenario else []),
            ]
        )
        for user in found
    )


def markdown(found: Sequence[User], language: str) -> str:
    heads = {
        "nl": (
            "Wie",
            "Logt in bij",
            "Gebruikersnaam",
            "Wachtwoord",
            "Pincode",
            "Niveau",
            "Komt binnen",
            "Komt niet binnen",
        ),
        "en": ("Who", "Logs in at", "User name", "Password", "PIN", "Level", "Gets in", "Does not get in"),
    }[language]
    rows = [heads, ("---",) * len(heads)]
    for user in found:
        lines = outcomes(user, language)
        rows.append(
            (
                user.person.name,
                user.supplier,
                f"{_card(user, language)}`{user.means.username}`",
                f"`{user.password}`" if user.password else "",
                f"`{user.pin}`" if user.pin else _sent(user, language),
                user.means.level.label,
                "<br>".join([*lines["ok"], *_changed(user, language)]),
                "<br>".join(lines["NO"]),
            )
        )
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def outcomes(user: User, language: str) -> dict[str, list[str]]:
    """What happens, the services to which the same happens on one line; ``ok`` and ``NO``."""
    found: dict[str, dict[str, list[str]]] = {"ok": {}, "NO": {}}
    for at in user.at:
        why = " ".join(dict.fromkeys(one.in_(language) for one in at.why))
        said = ", ".join(at.companies) if at.passes else why
        if at.passes and why:
            said += f". {why}"
        found["ok" if at.passes else "NO"].setdefault(said, []).append(at.offered.service.name.in_(language))
    return {
        mark: [f"{', '.join(names)}: {said}" for said, names in lines.items()]
        for mark, lines in found.items()
    }


def _by_scenario(scenario: str, language: str) -> str:
    return {"nl": f"Scenario {scenario} verandert dit.", "en": f"Scenario {scenario} changes this."}[language]


def _changed(user: User, language: str) -> list[str]:
    return [_by_scenario(f"`{user.scenario}`", language)] if user.scenario else []


def credentials(user: User, language: str) -> str:
    password = {"nl": "wachtwoord", "en": "password"}[language]
    pin = {"nl": "pincode", "en": "PIN"}[language]
    parts = [f"{_card(user, language)}{user.means.username}"]
    if user.password:
        parts.append(f"{password} {user.password}")
    parts.append(f"{pin} {user.pin or _sent(user, language)}")
    return ", ".join(parts)


def _user(
    person: PersonRecord, means: Means, account: Account, facts: Facts, offered: Iterable[Offered]
) -> User:
    password = "" if means.card else account.password or means.password
    at = tuple(_at(person, means, one, facts) for one in offered)
    return User(person, means, facts.profile.name, _shown(password), _shown(means.pin or ""), at)


def _at(person: PersonRecord, means: Means, offered: Offered, facts: Facts) -> At:
    ask = offered.ask()
    there = supplier_step(ask, facts.profile, offered.place)
    if there.ok is False:
        return At(offered, False, (), (there.text,), there.place)
    verdict = foresee(person, means, ask, facts)
    return At(offered, verdict.passes, verdict.companies, verdict.reasons, verdict.place)


def _accounts(scene: Scene, several: Sequence[Means]) -> Mapping[Means, Account]:
    return dict(zip(several, scene.desk.accounts.of_all(several, scene.tag), strict=True))


def _shown(secret: str) -> str:
    """A secret of the environment only as the file writes it."""
    return secret.written if isinstance(secret, FromEnvironment) else secret


def _card(user: User, language: str) -> str:
    return {"nl": "kaart ", "en": "card "}[language] if user.means.card else ""


def _sent(user: User, language: str) -> str:
    return {"nl": "uit de inbox", "en": "from the inbox"}[language]


__all__ = ["FORMATS", "At", "User", "as_json", "credentials", "markdown", "outcomes", "text", "users"]
