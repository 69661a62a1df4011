"""YAML to register to YAML: what is dumped loads to an equal register, whatever the texts in it."""

import re
from dataclasses import replace
from datetime import date

import pytest
from good_file import GOOD, SUPPLIERS, good
from hypothesis import given, settings
from hypothesis import strategies as st

from suppliers.ask import Level, Names
from suppliers.register.dump import dump
from suppliers.register.loader import loads
from suppliers.register.model import (
    CompanyRecord,
    Mandate,
    MandateStatus,
    Means,
    MeansStatus,
    PersonRecord,
    Place,
    Register,
    ServiceRecord,
)
from suppliers.register.reading import Reading

NOWHERE = Place()

text = (
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
odd = st.sampled_from(
    ["no", "1e3", "0123", "2024-01-01", "~", "null", "<<", "*", "&a", "!x", "- x", "a: b", "# c", "="]
)
texts = text | odd
exact = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12)
levels = st.sampled_from(list(Level))
days = st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1))
digits = lambda count: st.text("0123456789", min_size=count, max_size=count)  # noqa: E731


@st.composite
def registers(draw: st.DrawFn) -> Register:
    keys = st.lists(texts, min_size=1, max_size=3, unique_by=str.casefold)
    services = [
        ServiceRecord(
            key,
            f"urn:etoegang:DV:{draw(digits(20))}:services:{number}",
            f"00000000-0000-4000-8000-{number:012}",
            f"10000000-0000-4000-8000-{number:012}",
            Names(draw(texts), draw(texts)),
            Names(draw(texts), draw(texts)),
            draw(levels),
            draw(st.sampled_from([(("KvKnr",),), (("KvKnr", "RSIN"), ("Pseudo",))])),
            draw(st.booleans()),
        )
        for number, key in enumerate(draw(keys), 1)
    ]
    people = [
        PersonRecord(
            key,
            draw(texts),
            "p@voorbeeld.example",
            draw(st.none() | digits(8).map("06-{}".format)),
            draw(st.dictionaries(texts, texts, max_size=2)),
            tuple(
                Means(
                    draw(st.sampled_from(SUPPLIERS)),
                    f"{number}-{index}-{draw(texts)}",
                    draw(exact),
                    draw(levels),
                    draw(st.none() | digits(6)),
                    status=draw(st.none() | st.sampled_from(list(MeansStatus))),
                    until=draw(days),
                    renew=draw(st.booleans()),
                    app=draw(st.booleans()),
                )
                for index in range(draw(st.integers(0, 2)))
            ),
        )
        for number, key in enumerate(draw(keys))
    ]
    companies = [
        CompanyRecord(
            key,
            draw(texts),
            draw(digits(8)),
            draw(st.none() | digits(9)),
            draw(st.dictionaries(digits(12), texts, max_size=2)),
            manager=draw(st.none() | st.sampled_from([person.key for person in people])),
            approves=draw(st.booleans()),
        )
        for key in draw(keys)
    ]
    mandates = []
    for number in range(draw(st.integers(0, 3))):
        company = draw(st.sampled_from(companies))
        start, until = sorted([draw(days) or date(2000, 1, 1), draw(days) or date(2000, 1, 1)])
        mandates.append(
            Mandate(
                f"{number}/{draw(texts)}",
                draw(st.sampled_from([person.key for person in people])),
                company.key,
                draw(st.sampled_from(["*", *(service.service_id for service in services)])),
                draw(levels),
                start,
                until,
                draw(st.none() | st.sampled_from([*company.branches, None])),
                draw(st.sampled_from(list(MandateStatus))),
            )
        )
    return Register(services=services, companies=companies, people=people, mandates=mandates)


def without_places(register: Register) -> list[object]:
    found: list[object] = []
    for kind in (register.services, register.companies, register.people):
        found += [replace(record, place=NOWHERE) for record in kind.values()]
    found += [replace(mandate, place=NOWHERE) for mandate in register.mandates()]
    return [
        replace(record, means=tuple(replace(means, place=NOWHERE) for means in record.means))
        if isinstance(record, PersonRecord)
        else record
        for record in found
    ]


@settings(max_examples=60, deadline=None)
@given(registers())
def test_what_is_dumped_loads_to_an_equal_register(register):
    again = loads(dump(register), "again.yaml", suppliers=SUPPLIERS).register
    assert without_places(again) == without_places(register)
    assert dump(again) == dump(register)


def test_the_good_file_survives_and_keeps_its_order():
    register = good().register
    out = dump(register)
    assert without_places(good(out).register) == without_places(register)
    assert re.findall("^([a-z]+):", out, re.MULTILINE) == re.findall("^([a-z]+):", GOOD, re.MULTILINE)


def test_nothing_at_all_survives():
    assert dump(good("{}").register) == "{}\n"


def test_a_secret_of_the_environment_is_dumped_as_it_is_written():
    text_ = GOOD.replace("Welkom-123", "'${SECRET}'").replace("012345}", "'${PIN:-123456}'}")
    reading = Reading(date(2026, 11, 22), {"SECRET": "hush"})
    register = loads(text_, "f.yaml", suppliers=SUPPLIERS, reading=reading).register
    assert [m.password for m in register.people["m.devries"].means][1] == "hush"
    out = dump(register)
    assert "hush" not in out
    assert "${SECRET}" in out
    assert "${PIN:-123456}" in out


@pytest.mark.parametrize("password", ["a$b", "a$$b", "a${b", "$$$", "$", "x$", "${A}", "$$${", "$${A}"])
def test_a_password_with_dollar_signs_survives(password):
    means = Means("reconi", "a", password, Level.EH3)
    register = Register(people=[PersonRecord("a", "A", means=(means,))])
    again = loads(dump(register), "f.yaml", suppliers=SUPPLIERS).register
    assert again.people["a"].means[0].password == password
