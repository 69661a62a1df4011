"""Another world for one person in one login: the register with some records laid over it. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from broker.scenarios.model import Param
from suppliers.ask import Level, Names
from suppliers.register.changes import Section
from suppliers.register.layer import Layered, Over
from suppliers.register.model import CompanyRecord, Mandate, PersonRecord, Register

if TYPE_CHECKING:
    from broker.login import Login
    from broker.scenarios.armed import Armed

LEVEL = (
    Param(
        "level",
        "",
        Names("het niveau; leeg is net te laag", "the level; empty is just too low"),
        "choice",
        choices=("", *(level.label for level in Level)),
    ),
)


def with_person(register: Register, person: PersonRecord) -> Register:
    """This person as they are here."""
    over = Over()
    over.lay(Section.PEOPLE, person.key, person)
    return Layered(register, over)


class Pending(Layered):
    """The register as a scenario has it for one login, of which nothing was decided yet."""

    def __init__(self, base: Register, login: Login, armed: Armed) -> None:
        super().__init__(base, Over())
        self.of_login = login
        self.armed = armed

    def stands_alone(self, person: str) -> bool:
        return self._base.stands_alone(person)


class _Alone(Layered):
    """A register in which one person has the mandates of the register, and no others."""

    def __init__(self, base: Register, over: Over, person: str) -> None:
        super().__init__(base, over)
        self._person = person

    def stands_alone(self, person: str) -> bool:
        return person == self._person or super().stands_alone(person)


def with_mandates(register: Register, person: str, mandates: Iterable[Mandate]) -> Register:
    """These are all the mandates of the person, also where more were granted while running."""
    over = Over()
    for mandate in register.mandates_of(person):
        over.lay(Section.MANDATES, mandate.id, None)
    for mandate in mandates:
        over.lay(Section.MANDATES, mandate.id, mandate)
    return _Alone(register, over, person)


def each_mandate(register: Register, person: str, altered: Callable[[Mandate], Mandate]) -> Register:
    """Every mandate of the person, altered."""
    return with_mandates(register, person, map(altered, register.mandates_of(person)))


def company(
    register: Register, wanted: str, but: Iterable[str], needs: Iterable[str] = ("kvk",)
) -> CompanyRecord | None:
    """The company that a parameter names by key, KvK number or RSIN; else the first other that has what it
    ``needs`` (kvk, rsin). None where there is none."""
    besides = set(but)
    for record in register.companies.values():
        if wanted and wanted in (record.key, record.kvk, record.rsin):
            return record
        if not wanted and record.key not in besides and all(getattr(record, need) for need in needs):
            return record
    return None


def below(level: Level) -> Level:
    """The level under this one; the lowest where there is none."""
    return max((one for one in Level if one < level), default=min(Level))


def above(level: Level) -> Level:
    """The level over this one; the highest where there is none."""
    return min((one for one in Level if one > level), default=max(Level))
