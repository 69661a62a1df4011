from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from supplier_world import EIK, KANTOOR, LINDE, NOW, SERVICE, STICHTING, World, ask, mandate, visit

from suppliers.ask import Level
from suppliers.authorise import Code, decide, tell
from suppliers.choice import best
from suppliers.grants import Held
from suppliers.register.model import Mandate, MandateStatus, Register
from suppliers.steps import mandate as mandate_step
from suppliers.visit import Kind, Leave, Step
from suppliers.walk import act

COMPANIES = (LINDE, EIK, STICHTING, KANTOOR)
TODAY = date(2026, 11, 22)
OIN = "00000001999999990000"


def held(*mandates: Mandate) -> Register:
    return Register(companies=COMPANIES, mandates=mandates)


@pytest.mark.parametrize("service", ["*", SERVICE.service_id, *SERVICE.uuids])
def test_a_mandate_may_name_the_service_by_any_of_its_names(service: str):
    decision = decide(held(mandate("m", "jan", "linde", service=service)), "jan", ask(), NOW)
    assert [m.id for m in decision.fitting] == ["m"]


@pytest.mark.parametrize("provider", [OIN, SERVICE.provider_id])
def test_a_mandate_for_all_services_of_a_provider_names_it_by_oin_or_entity_id(provider: str):
    all_of = mandate("m", "jan", "linde", service="", provider=provider)
    assert decide(held(all_of), "jan", ask(), NOW).fitting
    second = replace(SERVICE, service_id=f"urn:etoegang:DV:{OIN}:services:2", uuids=("33333333",))
    assert decide(held(all_of), "jan", ask(service=second), NOW).fitting


def test_a_provider_outside_the_scheme_has_an_entity_id_and_no_oin():
    saml = replace(
        SERVICE, service_id="https://sp.example/saml", uuids=(), provider_id="https://sp.example/saml"
    )
    for provider, lets_in in (("https://sp.example/saml", True), ("https://sp.example", False), (OIN, False)):
        all_of = mandate("m", "jan", "linde", service="", provider=provider)
        assert bool(decide(held(all_of), "jan", ask(service=saml), NOW).fitting) is lets_in


def test_a_mandate_that_names_nothing_is_for_nothing():
    nothing = mandate("m", "jan", "linde", service="", provider="")
    nameless = replace(SERVICE, uuids=("", ""), provider_id="")
    assert not decide(held(nothing), "jan", ask(service=nameless), NOW).fitting


@pytest.mark.parametrize(
    ("changes", "asked", "code"),
    [
        ({"service": "urn:etoegang:DV:00000001999999990000:services:2"}, {}, Code.SERVICE),
        ({"service": "", "provider": "00000001999999980000"}, {}, Code.PROVIDER),
        (
            {"service": "", "provider": "urn:etoegang:DV:00000001999999990000:entities:9002"},
            {},
            Code.PROVIDER,
        ),
        ({"last_used": date(2024, 11, 21)}, {}, Code.LAPSED),
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


@pytest.mark.parametrize(
    ("used", "last_day"),
    [
        (date(2024, 11, 22), date(2026, 11, 22)),
        (date(2024, 1, 31), date(2026, 1, 31)),
        (date(2024, 2, 28), date(2026, 2, 28)),
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2028, 2, 28)),
        (date(2024, 12, 31), date(2026, 12, 31)),
    ],
)
def test_mandates_lapse_the_day_after_24_months_without_any_use(used: date, last_day: date):
    of_jan = held(mandate("m", "jan", "linde", last_used=used))
    noon = datetime(last_day.year, last_day.month, last_day.day, 12, tzinfo=UTC)
    assert decide(of_jan, "jan", ask(), noon).fitting
    (reason,) = decide(of_jan, "jan", ask(), noon + timedelta(days=1)).reasons
    assert reason.code is Code.LAPSED


def test_a_lapsed_mandate_says_since_when_and_what_to_do():
    (reason,) = decide(
        held(mandate("m", "jan", "eik", last_used=date(2024, 3, 1))), "jan", ask(), NOW
    ).reasons
    assert reason.text.nl == (
        "De machtiging namens Basisschool De Eik is vervallen: u gebruikte uw machtigingen voor het laatst op "
        "1 maart 2024, meer dan 24 maanden geleden. Vraag een nieuwe machtiging aan."
    )
    assert "1 March 2024" in reason.text.en


def test_one_mandate_in_use_keeps_all_the_others_of_this_person_alive():
    old = mandate("old", "jan", "linde", last_used=date(2020, 1, 1))
    elsewhere = mandate("other", "jan", "eik", service="urn:other", last_used=date(2026, 1, 1))
    assert [m.id for m in decide(held(old, elsewhere), "jan", ask(), NOW).fitting] == ["old"]
    of_another = mandate("other", "piet", "eik", last_used=date(2026, 1, 1))
    assert not decide(held(old, of_another), "jan", ask(), NOW).fitting


def test_a_login_keeps_mandates_alive_and_a_mandate_of_which_nothing_is_known_never_lapses():
    old = held(mandate("old", "jan", "linde", last_used=date(2020, 1, 1)))
    assert decide(old, "jan", ask(), NOW, held=Held(last_used=date(2024, 11, 22))).fitting
    assert not decide(old, "jan", ask(), NOW, held=Held(last_used=date(2024, 11, 21))).fitting
    assert decide(held(mandate("m", "jan", "linde", start=date(1990, 1, 1))), "jan", ask(), NOW).fitting


def test_a_mandate_that_began_after_the_last_use_has_24_months_of_its_own():
    """Else whoever let theirs lapse could never be given another."""
    old = mandate("old", "jan", "linde", last_used=date(2020, 1, 1))
    new = mandate("new", "jan", "linde", start=TODAY)
    assert [m.id for m in decide(held(old), "jan", ask(), NOW, held=Held((new,))).fitting] == ["new"]
    assert not decide(held(old), "jan", ask(), NOW + timedelta(days=732), held=Held((new,))).fitting


def test_the_end_of_the_calendar_is_no_trouble():
    assert decide(held(mandate("m", "jan", "linde", last_used=date.max)), "jan", ask(), NOW).fitting


def test_what_is_held_beside_the_file_replaces_what_has_its_id_and_stands_behind_the_rest():
    in_file = held(mandate("a", "jan", "linde", status=MandateStatus.REQUESTED), mandate("b", "jan", "eik"))
    beside = Held((mandate("c", "jan", "kantoor"), mandate("a", "jan", "linde")))
    assert [m.id for m in decide(in_file, "jan", ask(), NOW, held=beside).fitting] == ["a", "b", "c"]
    taken_back = Held((mandate("b", "jan", "eik", status=MandateStatus.REVOKED),))
    codes = [r.code for r in decide(in_file, "jan", ask(), NOW, held=taken_back).reasons]
    assert codes == [Code.REQUESTED, Code.REVOKED]


def test_what_is_held_of_another_person_lets_nobody_else_in():
    beside = Held((mandate("x", "piet", "linde"), mandate("a", "piet", "linde")))
    decision = decide(held(mandate("a", "jan", "linde")), "jan", ask(), NOW, held=beside)
    assert (decision.fitting, decision.reasons) == ((), ())


def test_the_first_thing_against_a_mandate_is_the_reason():
    """In the order of Code: each line mends what the one before it complained of."""
    asked = ask(identifier_sets=(("KvKnr",),))
    spoilt = mandate(
        "m",
        "jan",
        "stichting",
        service="urn:other",
        status=MandateStatus.REQUESTED,
        start=date(2027, 1, 1),
        until=date(2026, 1, 1),
        level=Level.EH2,
        branch="000012345678",
        intermediary="gone",
        last_used=date(2020, 1, 1),
    )
    mending: list[tuple[Code, dict[str, Any]]] = [
        (Code.SERVICE, {"service": "*"}),
        (Code.REQUESTED, {"status": MandateStatus.REVOKED}),
        (Code.REVOKED, {"status": MandateStatus.ACTIVE}),
        (Code.NOT_STARTED, {"start": None}),
        (Code.EXPIRED, {"until": None}),
        (Code.LAPSED, {"last_used": None}),
        (Code.LEVEL, {"level": Level.EH3}),
        (Code.BRANCH, {"branch": None}),
        (Code.IDENTIFIERS, {"company": "linde"}),
        (Code.INTERMEDIARY, {"intermediary": "kantoor"}),
    ]
    for code, mended in mending:
        (reason,) = decide(held(spoilt), "jan", asked, NOW).reasons
        assert reason.code is code
        spoilt = replace(spoilt, **mended)
    assert decide(held(spoilt), "jan", asked, NOW).fitting
    assert [code for code, _ in mending] == [code for code in Code if code is not Code.PROVIDER]


def test_the_event_of_looking_names_fifty_of_each_and_counts_the_rest():
    many = held(
        *(mandate(f"m{n}", "jan", "linde") for n in range(60)),
        *(mandate(f"x{n}", "jan", "linde", service="urn:other") for n in range(70)),
    )
    told = tell(decide(many, "jan", ask(), NOW), many).data
    assert [len(told[key]) for key in ("fitting", "refused")] == [50, 50]
    assert told["left_out"] == 30


def test_of_mandates_for_the_same_the_highest_level_counts():
    mandates = (
        mandate("low", "jan", "linde"),
        mandate("high", "jan", "linde", level=Level.EH4),
        mandate("high-too", "jan", "linde", level=Level.EH4),
        mandate("branch", "jan", "linde", branch="000012345678"),
    )
    for branch, id_ in (("whole", "high"), ("000012345678", "branch")):
        found = best(mandates, branch)
        assert found
        assert found.id == id_
    assert best(mandates, "000000000000") is None


def test_the_word_holds_what_the_supplier_can_deliver_and_the_mandates_own_level(world: World):
    world.register = Register(
        companies=COMPANIES,
        people=world.register.people.values(),
        mandates=(mandate("m", "jan", "linde", level=Level.EH4),),
    )
    at_mandates = visit(person="jan", username="jan", done=5)
    turn = act(at_mandates, 6, {"organisation": "company:linde"}, world.facts())
    assert turn.to == Leave()
    word = turn.visit.word
    assert word
    assert word.person
    assert word.mandate
    assert word.level is Level.EH3
    assert word.mandate.level is Level.EH4
    assert word.mandate.company.identifiers == {"KvKnr": "90000012", "RSIN": "999999011"}
    assert word.mandate.intermediary is None
    again = act(at_mandates, 6, {"organisation": "company:linde"}, world.facts()).visit.word
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
    chosen = {"organisation": "intermediary:eik"}
    word = act(visit(person="jan", username="jan", done=5), 6, chosen, world.facts()).visit.word
    assert word
    assert word.mandate
    assert word.mandate.intermediary
    assert word.mandate.company.key == "linde"
    assert word.mandate.intermediary.key == "eik"
    assert word.mandate.intermediary.identifiers["KvKnr"] == "90000020"


def test_choosing_alone_gives_neither_mandate_nor_word(world: World):
    at_mandates = visit(person="jan", username="jan", done=5)
    passed = mandate_step.act(at_mandates, Step(Kind.MANDATE), {"organisation": "company:eik"}, world.facts())
    assert (passed.visit.company, passed.visit.mandate, passed.visit.word) == ("eik", "", None)
