"""Every state of a means: what the person sees is the supplier's own page for it, by the ordinary road."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from broker.scenarios import sp_must
from broker.scenarios.model import Case, Param, Point, Scenario
from broker.scenarios.world import LEVEL, below, with_person
from suppliers.ask import Level, Names
from suppliers.register.days import dutch_day
from suppliers.register.model import Means, MeansStatus, PersonRecord, Register

GROUP = "means"


DECIDED = frozenset(
    {"means-blocked", "means-refused", "level-refused", "pin-no-channel", "renew", "word-given"}
)


def _each(altered: Callable[[Means, Case], Means]) -> Callable[[Register, PersonRecord, Case], Register]:
    """Every means of the person, for they may choose any."""

    def act(register: Register, person: PersonRecord, case: Case) -> Register:
        means = tuple(altered(one, case) for one in person.means)
        return with_person(register, replace(person, means=means))

    return act


def _status(status: MeansStatus) -> Callable[[Register, PersonRecord, Case], Register]:
    return _each(lambda means, case: replace(means, status=status))


def expired(means: Means, case: Case) -> Means:
    today = dutch_day(case.parts.now_of(case.login.sp))
    return replace(means, until=today - timedelta(days=case.number("days")))


def too_low(means: Means, case: Case) -> Means:
    """Below what this login needs; at the lowest level there is nothing below."""
    return replace(
        means, level=Level.of(case.text("level")) if case.text("level") else below(case.login.level)
    )


def renew(means: Means, case: Case) -> Means:
    return replace(means, renew=True)


def no_channel(register: Register, person: PersonRecord, case: Case) -> Register:
    """Neither phone nor e-mail nor app: no PIN can reach this person."""
    means = tuple(replace(one, app=False) for one in person.means)
    return with_person(register, replace(person, email=None, phone=None, means=means))


def _means(
    name: str,
    act: Callable[[Register, PersonRecord, Case], Register],
    title: tuple[str, str],
    changes: tuple[str, str],
    row: str = "SP-10",
    params: tuple[Param, ...] = (),
    must: Names = sp_must.NOTHING_COMES,
) -> Scenario:
    return Scenario(
        name, Names(*title), GROUP, Point.WORLD, act, Names(*changes), must, row, params, decided=DECIDED
    )


SCENARIOS = (
    _means(
        "means-blocked",
        _status(MeansStatus.BLOCKED),
        ("Middel geblokkeerd", "Means blocked"),
        (
            "De leverancier weigert het middel na het wachtwoord",
            "The supplier refuses the means after the password",
        ),
    ),
    _means(
        "means-suspended",
        _status(MeansStatus.SUSPENDED),
        ("Middel geschorst", "Means suspended"),
        (
            "De leverancier weigert het middel na het wachtwoord",
            "The supplier refuses the means after the password",
        ),
    ),
    _means(
        "means-revoked",
        _status(MeansStatus.REVOKED),
        ("Middel ingetrokken", "Means revoked"),
        (
            "De leverancier weigert het middel na het wachtwoord",
            "The supplier refuses the means after the password",
        ),
    ),
    _means(
        "means-expired",
        _each(expired),
        ("Middel verlopen", "Means expired"),
        (
            "De leverancier weigert het middel na het wachtwoord",
            "The supplier refuses the means after the password",
        ),
        params=(
            Param(
                "days",
                "1",
                Names("zo veel dagen geleden was de laatste dag", "the last day was so many days ago"),
                "number",
                1,
                3650,
            ),
        ),
    ),
    _means(
        "means-level-too-low",
        _each(too_low),
        ("Middel van een te laag niveau", "Means of too low a level"),
        (
            "De leverancier legt uit dat een hoger middel nodig is",
            "The supplier explains that a higher means is needed",
        ),
        "6.2 user's means has too low a level; SP-10",
        LEVEL,
    ),
    _means(
        "means-no-channel",
        no_channel,
        ("Geen telefoon en geen e-mail voor de pincode", "No phone and no e-mail for the PIN"),
        ("De leverancier kan geen pincode sturen", "The supplier cannot send a PIN"),
    ),
    _means(
        "means-must-change-password",
        _each(renew),
        ("Eerst een nieuw wachtwoord kiezen", "Must choose a new password first"),
        (
            "De persoon moet onderweg een nieuw wachtwoord kiezen; daarna gaat het inloggen door",
            "The person must choose a new password on the way; then the login goes on",
        ),
        "6.2 success",
        must=sp_must.ACCEPT,
    ),
)
