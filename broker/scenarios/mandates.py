"""Every state of a mandate: what the person sees is the supplier's own page for it, by the ordinary road."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from broker.scenarios import sp_must
from broker.scenarios.model import Case, Param, Point, Scenario
from broker.scenarios.world import LEVEL, below, company, each_mandate, with_mandates
from suppliers.ask import Level, Names
from suppliers.register.days import dutch_day
from suppliers.register.model import Mandate, MandateStatus, PersonRecord, Register

GROUP = "mandates"
DECIDED = frozenset({"mandates-considered"})
OTHER_SERVICE = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"
OnMandate = Callable[[Mandate, Case], Mandate]
OnWorld = Callable[[Register, PersonRecord, Case], Register]


def _each(altered: OnMandate) -> OnWorld:
    def act(register: Register, person: PersonRecord, case: Case) -> Register:
        return each_mandate(register, person.key, lambda mandate: altered(mandate, case))

    return act


def _today(case: Case) -> date:
    return dutch_day(case.parts.now_of(case.login.sp))


def none(register: Register, person: PersonRecord, case: Case) -> Register:
    return with_mandates(register, person.key, ())


def not_yet(mandate: Mandate, case: Case) -> Mandate:
    starts = _today(case) + timedelta(days=case.number("days"))
    ends = mandate.until if mandate.until is None or mandate.until >= starts else starts
    return replace(mandate, start=starts, until=ends)


def expired(mandate: Mandate, case: Case) -> Mandate:
    ended = _today(case) - timedelta(days=case.number("days"))
    begun = mandate.start if mandate.start is None or mandate.start <= ended else ended
    return replace(mandate, start=begun, until=ended)


def lapsed(mandate: Mandate, case: Case) -> Mandate:
    used = _today(case) - timedelta(days=3 * 366)
    return replace(mandate, start=used - timedelta(days=366), last_used=used)


def level_too_low(mandate: Mandate, case: Case) -> Mandate:
    level = Level.of(case.text("level")) if case.text("level") else below(case.login.level)
    return replace(mandate, level=level)


def other_service(mandate: Mandate, case: Case) -> Mandate:
    return replace(mandate, service=OTHER_SERVICE, provider="")


def branch(register: Register, person: PersonRecord, case: Case) -> Register:
    def restricted(mandate: Mandate) -> Mandate:
        held = register.companies.get(mandate.company)
        first = next(iter(held.branches if held else ()), "000000000001")
        return replace(mandate, branch=case.text("branch") or first)

    return each_mandate(register, person.key, restricted)


def chain(register: Register, person: PersonRecord, case: Case) -> Register:
    def through(mandate: Mandate) -> Mandate:
        between = company(register, case.text("intermediary"), {mandate.company})
        return replace(mandate, intermediary=between.key if between else None)

    return each_mandate(register, person.key, through)


def several(register: Register, person: PersonRecord, case: Case) -> Register:
    """The first of the person's mandates once more, for another company."""
    held = register.mandates_of(person.key)
    if not held:
        return register
    other = company(register, case.text("company"), {mandate.company for mandate in held}, ("kvk", "rsin"))
    if other is None:
        return register
    more = replace(held[0], id=f"{held[0].id}-{other.key}", company=other.key, branch=None)
    return with_mandates(register, person.key, (*held, more))


def _status(status: MandateStatus) -> OnWorld:
    return _each(lambda mandate, case: replace(mandate, status=status))


def _mandate(
    name: str,
    act: OnWorld,
    title: tuple[str, str],
    row: str = "6.2 no mandate for the service; SP-10",
    params: tuple[Param, ...] = (),
    must: Names = sp_must.NOTHING_COMES,
    changes: tuple[str, str] = (
        "De leverancier zegt dat er geen passende machtiging is, en waarom",
        "The supplier says that there is no mandate that fits, and why",
    ),
) -> Scenario:
    return Scenario(
        name, Names(*title), GROUP, Point.WORLD, act, Names(*changes), must, row, params, decided=DECIDED
    )


def _days(nl: str, en: str) -> tuple[Param, ...]:
    return (Param("days", "1", Names(nl, en), "number", 1, 3650),)


SCENARIOS = (
    _mandate("mandate-none", none, ("Geen machtiging", "No mandate")),
    _mandate(
        "mandate-requested",
        _status(MandateStatus.REQUESTED),
        ("Machtiging aangevraagd", "Mandate requested, not granted yet"),
    ),
    _mandate(
        "mandate-not-yet",
        _each(not_yet),
        ("Machtiging nog niet ingegaan", "Mandate not in force yet"),
        params=_days("over zo veel dagen gaat zij in", "in so many days it begins"),
    ),
    _mandate(
        "mandate-expired",
        _each(expired),
        ("Machtiging verlopen", "Mandate expired"),
        params=_days("zo veel dagen geleden was de laatste dag", "the last day was so many days ago"),
    ),
    _mandate(
        "mandate-revoked", _status(MandateStatus.REVOKED), ("Machtiging ingetrokken", "Mandate revoked")
    ),
    _mandate(
        "mandate-lapsed",
        _each(lapsed),
        ("Machtiging vervallen, te lang niet gebruikt", "Mandate lapsed, not used for too long"),
    ),
    _mandate(
        "mandate-level-too-low",
        _each(level_too_low),
        ("Machtiging van een te laag niveau", "Mandate of too low a level"),
        params=LEVEL,
    ),
    _mandate(
        "mandate-other-service",
        _each(other_service),
        ("Machtiging voor een andere dienst", "Mandate for another service"),
    ),
    _mandate(
        "mandate-branch",
        branch,
        ("Machtiging voor één vestiging", "Mandate for one branch"),
        "10.1, 10.3; SP-14, EH-11",
        (
            Param(
                "branch",
                "",
                Names("het vestigingsnummer; leeg is de eerste", "the branch number; empty is the first"),
            ),
        ),
        Names(
            "De rechten beperken tot die vestiging. Zonder restricties in de catalogus komt er geen antwoord.",
            "Limit the rights to that branch. Without restrictions in the catalogue no answer comes.",
        ),
        (
            "Het antwoord noemt de vestiging; wil de dienst geen beperkingen, dan is er geen passende machtiging",
            "The answer names the branch; if the service takes no restrictions, no mandate fits",
        ),
    ),
    _mandate(
        "mandate-chain",
        chain,
        ("Ketenmachtiging", "Chain mandate"),
        "10.2; SP-15, EH-13",
        (
            Param(
                "intermediary",
                "",
                Names(
                    "de tussenpersoon: sleutel, KvK-nummer of RSIN; leeg is de eerste andere organisatie",
                    "the intermediary: key, KvK number or RSIN; empty is the first other company",
                ),
            ),
        ),
        Names(
            "LegalSubjectID gebruiken en de tussenpersoon vastleggen.",
            "Use LegalSubjectID and write down the intermediary.",
        ),
        ("Het antwoord noemt een tussenpersoon", "The answer names an intermediary"),
    ),
    _mandate(
        "mandate-several",
        several,
        ("Machtigingen van twee organisaties", "Mandates of two companies"),
        "10.3 several",
        (
            Param(
                "company",
                "",
                Names(
                    "de tweede organisatie: sleutel, KvK-nummer of RSIN; leeg is de eerste andere",
                    "the second company: key, KvK number or RSIN; empty is the first other",
                ),
            ),
        ),
        sp_must.ACCEPT,
        (
            "De persoon kiest eerst namens wie; het antwoord noemt alleen de gekozen organisatie",
            "The person first chooses for whom; the answer names the chosen company alone",
        ),
    ),
)
