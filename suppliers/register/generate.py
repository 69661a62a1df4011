"""Companies, people and mandates that are made up, for whoever needs many: the same seed gives the same.

Numbers are from the ranges of the starter file, that the Chamber of Commerce and the tax office do not give out:
KvK 90000000-99999999, RSIN 9xxxxxxxx with a right eleven test, branches 0000 and a KvK number. Every name says that it
is made up, and every address is at voorbeeld.example.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from random import Random
from typing import Any

from suppliers.ask import Level
from suppliers.register import names_nl as words
from suppliers.register.model import CompanyRecord, Mandate, Means, PersonRecord, Place
from suppliers.register.records import ANY_SERVICE
from suppliers.register.rows import Tables
from suppliers.register.schema import GeneratePart

FIRST_KVK, LAST_KVK = 91_000_000, 99_999_999
FIRST_RSIN, LAST_RSIN = 91_000_000, 99_989_999  # eight digits, the ninth is for the test
MARK = "(fictief)"
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2)


def rsin_of(number: int) -> str | None:
    """Eight digits and the one that makes the eleven test right; None where no digit does."""
    digits = f"{number:08}"
    last = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11
    return None if last == 10 else f"{digits}{last}"


def eleven(rsin: str) -> bool:
    """Whether an RSIN passes the eleven test."""
    return len(rsin) == 9 and rsin_of(int(rsin[:8])) == rsin


def make_up(
    asked: GeneratePart, tables: Tables, people: Mapping[str, Any], companies: Mapping[str, Any], place: Place
) -> None:
    """Put them in ``tables``. ``people`` and ``companies`` are those of the YAML, whose keys are taken."""
    random = Random(asked.seed)  # noqa: S311 - test data, not a secret
    maker = _Maker(random, tables, place)
    made = maker.companies(asked.companies, companies)
    suppliers = [asked.supplier] if asked.supplier else list(tables.suppliers)
    persons = maker.people(asked, suppliers, people)
    count = len(persons) if asked.mandates is None else asked.mandates
    maker.mandates(count, asked.level, persons, made or list(tables.companies) or list(companies))


class _Maker:
    def __init__(self, random: Random, tables: Tables, place: Place) -> None:
        self.random, self.tables, self.place = random, tables, place

    def companies(self, count: int, beside: Mapping[str, Any]) -> list[str]:
        known = [*self.tables.companies.values()]
        raw = [entry for entry in beside.values() if isinstance(entry, dict)]
        kvks = {c.kvk for c in known} | {entry.get("kvk") for entry in raw}
        rsins = {c.rsin for c in known} | {entry.get("rsin") for entry in raw}
        made = []
        for _ in range(count):
            kvk, rsin = self._kvk(kvks), self._rsin(rsins)
            sort, name = self.random.choice(words.SORTS), self.random.choice(words.PLACES)
            title = f"{sort} {self.random.choice(words.THINGS)} {name}"
            key = _free(_plain(title), self.tables.companies, beside)
            branches = {f"0000{kvk}": f"{title}, hoofdlocatie {MARK}"} if self.random.random() < 0.5 else {}
            self.tables.companies[key] = CompanyRecord(
                key, f"{title} {MARK}", kvk, rsin, branches, self.place, None, False
            )
            made.append(key)
        return made

    def _kvk(self, taken: set[Any]) -> str:
        while (kvk := str(self.random.randint(FIRST_KVK, LAST_KVK))) in taken:
            pass
        taken.add(kvk)
        return kvk

    def _rsin(self, taken: set[Any]) -> str:
        while (rsin := rsin_of(self.random.randint(FIRST_RSIN, LAST_RSIN))) in taken or rsin is None:
            pass
        taken.add(rsin)
        return rsin

    def people(self, asked: GeneratePart, suppliers: list[str], beside: Mapping[str, Any]) -> list[str]:
        made = []
        for number in range(asked.people):
            first = self.random.choice(words.FIRST_NAMES)
            infix, last = self.random.choice(words.INFIXES), self.random.choice(words.LAST_NAMES)
            key = _free(
                f"{_plain(first)[0]}.{_plain(infix + last).replace('-', '')}", self.tables.people, beside
            )
            supplier = self.random.choice(suppliers) if suppliers else ""
            login = key
            while (supplier, False, login.casefold()) in self.tables.logins:
                login += "-f"
            self.tables.logins[supplier, False, login.casefold()] = self.place
            means = Means(supplier, login, asked.password, asked.level, None, self.place)
            self.tables.people[key] = PersonRecord(
                key,
                f"{' '.join(filter(None, (first, infix, last)))} {MARK}",
                f"{key}@voorbeeld.example",
                f"06-{number % 100_000_000:08}",
                {},
                (means,) if supplier else (),
                self.place,
            )
            made.append(key)
        return made

    def mandates(self, count: int, level: Level, people: list[str], companies: list[str]) -> None:
        """At most one for each person and company."""
        count = min(count, len(people) * len(companies))
        seen: set[tuple[str, str]] = set()
        number = 0
        while len(seen) < count:
            person, company = people[number % len(people)], self.random.choice(companies)
            number += 1
            if (person, company) in seen:
                continue
            seen.add((person, company))
            self.tables.mandates.append(
                Mandate(
                    id=f"{person}/{company}/all",
                    person=person,
                    company=company,
                    service=ANY_SERVICE,
                    level=level,
                    place=self.place,
                )
            )


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(filter(None, "".join(c if c.isalnum() else " " for c in folded).split()))


def _free(key: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    number, free = 1, key
    while free in first or free in second:
        number += 1
        free = f"{key}-{number}"
    return free
