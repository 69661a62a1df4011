from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supplier_world import EIK, KANTOOR, LINDE, NOW, SERVICE, STICHTING, World, ask, mandate, visit

from suppliers.ask import Ask, Level
from suppliers.authorise import Code, choices, decide
from suppliers.register.model import Mandate, MandateStatus, Register
from suppliers.steps import mandate as mandate_step
from suppliers.visit import Kind, Leave, Step
from suppliers.walk import act

COMPANIES = (LINDE, EIK, STICHTING, KANTOOR)


def held(*mandates: Mandate) -> Register:
    return Register(companies=COMPANIES, mandates=mandates)


@pytest.mark.parametrize("service", ["*", SERVICE.service_id, *SERVICE.uuids])
def test_a_mandate_may_name_the_service_by_any_of_its_names(service: str):
    decision = decide(held(mandate("m", "jan", "linde", service=service)), "jan", ask(), NOW)
    assert [m.id for m in decision.fitting] == ["m"]


@pytest.mark.parametrize(
    ("changes", "asked", "code"),
    [
        ({"service": "urn:etoegang:DV:00000001999999990000:services:2"}, {}, Code.SERVICE),
        ({"status": MandateStatus.REQUESTED}, {}, Code.REQUESTED),
        ({"status": MandateStatus.REVOKED}, {}, Code.REVOKED),
        ({"start": date(2026, 11, 23)}, {}, Code.NOT_STARTED),
        ({"until": date(2026, 11, 21)}, {}, Code.EXPIRED),
        ({"level": Level.EH2_PLUS}, {}, Code.LEVEL),
        ({"branch": "000012345678"}, {}, Code.BRANCH),
        ({"company": "stichting"}, {"identifier_sets": (("KvKnr",),)}, Code.IDENTIFIERS),
        ({"company": "stichting"}, {"identifier_sets": (("RSIN", "KvKnr"),)}, Code.IDENTIFIERS),
        ({"company": "gone"}, {}, Code.IDENTIFIERS),
        ({"intermediary": "gone"}, {}, Code.INTERMEDIARY),
        ({"intermediary": "stichting"}, {}, Code.INTERMEDIARY),
    ],
)
def test_a_mandate_that_does_not_fit_says_why_and_where_it_stands(
    changes: dict[str, Any], asked: dict[str, Any], code: Code
):
    decision = decide(
        held(replace(mandate("m", "jan", "eik"), **changes)), "jan", replace(ask(), **asked), NOW
    )
    (reason,) = decision.reasons
    assert (reason.code, reason.mandate, str(reason.place)) == (code, "m", "mandates.yaml:3")
    assert reason.text.nl != reason.text.en
    assert "{" not in reason.text.nl + reason.text.en
    assert not decision.fitting


def test_a_reason_is_written_for_people():
    decision = decide(held(mandate("m", "jan", "eik", until=date(2025, 3, 1))), "jan", ask(), NOW)
    assert (
        decision.reasons[0].text.nl
        == "De machtiging namens Basisschool De Eik was geldig tot en met 1 maart 2025."
    )
    decision = decide(
        held(mandate("m", "jan", "stichting")),
        "jan",
        ask(identifier_sets=(("RSIN", "KvKnr"), ("KvKnr",))),
        NOW,
    )
    assert decision.reasons[0].text.nl == (
        "Van Stichting zonder KvK is niet bekend wat Mijn Helpdesk po vraagt: "
        "RSIN en KvK-nummer of KvK-nummer."
    )


def test_first_and_last_day_count_and_days_are_dutch():
    one_day = held(mandate("m", "jan", "linde", start=date(2026, 11, 22), until=date(2026, 11, 22)))

    def fits(at: datetime) -> bool:
        return bool(decide(one_day, "jan", ask(), at).fitting)

    midnight = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)  # 00:00 in Amsterdam
    assert not fits(midnight - timedelta(seconds=1))
    assert fits(midnight)
    assert fits(midnight + timedelta(hours=24, seconds=-1))
    assert not fits(midnight + timedelta(hours=24))


def test_a_branch_is_let_in_where_the_service_accepts_branches():
    branch = held(mandate("m", "jan", "eik", branch="000012345678"))
    assert decide(branch, "jan", ask(branches_accepted=True), NOW).fitting


def test_a_pseudonym_can_be_given_of_any_company():
    assert decide(
        held(mandate("m", "jan", "stichting")), "jan", ask(identifier_sets=(("Pseudo",),)), NOW
    ).fitting


def test_a_chain_mandate_lets_in_for_the_company_through_the_intermediary():
    chain = held(mandate("m", "jan", "linde", intermediary="kantoor"))
    assert decide(chain, "jan", ask(), NOW).fitting
    assert decide(chain, "jan", ask(identifier_sets=(("RSIN",),)), NOW).fitting, "only the company needs one"


def test_a_chain_mandate_needs_a_supplier_that_can_name_the_intermediary():
    chain = held(mandate("m", "jan", "linde", intermediary="kantoor"))
    (reason,) = decide(chain, "jan", ask(identifier_sets=(("RSIN",),)), NOW, ("RSIN",)).reasons
    assert reason.code is Code.INTERMEDIARY
    assert reason.text.nl == (
        "De machtiging namens Basisschool De Linde loopt via Administratiekantoor Het Kompas. "
        "Van Administratiekantoor Het Kompas is geen KvK-nummer bekend."
    )


def test_a_number_that_the_supplier_cannot_deliver_does_not_count():
    asked = ask(identifier_sets=(("RSIN",),))
    assert not decide(held(mandate("m", "jan", "linde")), "jan", asked, NOW, ("KvKnr",)).fitting


def test_two_mandates_for_the_same_company_are_one_choice_of_the_highest_level():
    mandates = (
        mandate("low", "jan", "linde"),
        mandate("high", "jan", "linde", level=Level.EH4),
        mandate("branch", "jan", "eik", branch="000012345678"),
        mandate("whole", "jan", "eik"),
    )
    assert [m.id for m in choices(mandates, held(*mandates))] == ["whole", "branch", "high"]


def test_with_and_without_an_intermediary_and_with_another_are_choices_of_their_own():
    mandates = (
        mandate("eik", "jan", "linde", intermediary="eik"),
        mandate("kantoor", "jan", "linde", intermediary="kantoor"),
        mandate("kantoor-high", "jan", "linde", intermediary="kantoor", level=Level.EH4),
        mandate("direct", "jan", "linde"),
    )
    assert [m.id for m in choices(mandates, held(*mandates))] == ["direct", "kantoor-high", "eik"]


def test_the_word_holds_what_the_supplier_can_deliver_and_the_mandates_own_level(world: World):
    world.register = Register(
        companies=COMPANIES,
        people=world.register.people.values(),
        mandates=(mandate("m", "jan", "linde", level=Level.EH4),),
    )
    at_mandates = visit(person="jan", username="jan", done=5)
    turn = act(at_mandates, 6, {"mandate": "m"}, world.facts())
    assert turn.to == Leave()
    word = turn.visit.word
    assert word
    assert word.person
    assert word.mandate
    assert word.level is Level.EH3
    assert word.mandate.level is Level.EH4
    assert word.mandate.company.identifiers == {"KvKnr": "90000012", "RSIN": "999999011"}
    assert word.mandate.intermediary is None
    again = act(at_mandates, 6, {"mandate": "m"}, world.facts()).visit.word
    assert again
    assert again.person
    assert again.person.subject == word.person.subject != "jan"


def test_the_word_on_a_chain_mandate_names_both_companies(world: World):
    chain = mandate("m", "jan", "linde", intermediary="eik")
    world.register = Register(
        companies=COMPANIES,
        people=world.register.people.values(),
        mandates=(chain, mandate("n", "jan", "eik")),
    )
    word = act(visit(person="jan", username="jan", done=5), 6, {"mandate": "m"}, world.facts()).visit.word
    assert word
    assert word.mandate
    assert word.mandate.intermediary
    assert word.mandate.company.key == "linde"
    assert word.mandate.intermediary.key == "eik"
    assert word.mandate.intermediary.identifiers["KvKnr"] == "90000020"


def test_choosing_alone_gives_no_word(world: World):
    passed = mandate_step.act(
        visit(person="jan", username="jan", done=5), Step(Kind.MANDATE), {"mandate": "m-jan-eik"}, world.facts()
    )
    assert (passed.visit.mandate, passed.visit.word) == ("m-jan-eik", None)


# Anything that a register may hold, against the rules written down once more, slowly.

DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 9))
MOMENTS = st.datetimes(datetime(2025, 12, 30), datetime(2026, 1, 12), timezones=st.just(UTC))  # noqa: DTZ001
SERVICES = st.sampled_from(["*", SERVICE.service_id, SERVICE.uuids[1], "urn:other", ""])
MANDATES = st.lists(
    st.builds(
        Mandate,
        id=st.uuids().map(str),
        person=st.sampled_from(["jan", "piet"]),
        company=st.sampled_from(["linde", "eik", "stichting"]),
        service=SERVICES,
        level=st.sampled_from(Level),
        start=st.none() | DAYS,
        until=st.none() | DAYS,
        branch=st.none() | st.just("000012345678"),
        status=st.sampled_from(MandateStatus),
        intermediary=st.none() | st.sampled_from(["kantoor", "eik", "stichting", "gone"]),
    ),
    max_size=12,
)
TYPES = st.lists(st.sampled_from(["KvKnr", "RSIN", "Pseudo"]), min_size=1, max_size=2, unique=True).map(tuple)
ASKS = st.builds(
    lambda level, branches, sets: ask(level=level, branches_accepted=branches, identifier_sets=tuple(sets)),
    st.sampled_from(Level),
    st.booleans(),
    st.lists(TYPES, min_size=1, max_size=3),
)


def lets_in(m: Mandate, asked: Ask, day: date) -> bool:
    has = {"linde": ["KvKnr", "RSIN"], "eik": ["KvKnr", "RSIN"], "stichting": ["RSIN"]}[m.company]
    if (
        m.service != "*"
        and m.service != asked.service.service_id
        and m.service not in list(asked.service.uuids)
    ):
        return False
    if m.status != "active":
        return False
    if m.start and day < m.start:
        return False
    if m.until and day > m.until:
        return False
    if list(Level).index(m.level) < list(Level).index(asked.level):
        return False
    if m.branch and not asked.branches_accepted:
        return False
    if m.intermediary and m.intermediary not in ("kantoor", "eik"):
        return False
    return any(all(t == "Pseudo" or t in has for t in wanted) for wanted in asked.identifier_sets)


@given(MANDATES, ASKS, MOMENTS)
def test_the_decision_is_that_of_a_slow_obvious_reference(mandates: list[Mandate], asked: Ask, at: datetime):
    # In January Dutch time is an hour ahead of UTC.
    day = (at + timedelta(hours=1)).date()
    decision = decide(held(*mandates), "jan", asked, at)
    of_jan = [m for m in mandates if m.person == "jan"]
    assert list(decision.fitting) == [m for m in of_jan if lets_in(m, asked, day)]
    assert [r.mandate for r in decision.reasons] == [m.id for m in of_jan if not lets_in(m, asked, day)]


@given(MANDATES, ASKS, MOMENTS)
def test_a_mandate_never_lets_in_another_company_person_or_level(
    mandates: list[Mandate], asked: Ask, at: datetime
):
    for fitting in choices(decide(held(*mandates), "jan", asked, at).fitting, held(*mandates)):
        assert fitting in mandates
        assert fitting.person == "jan"
        assert fitting.level >= asked.level
