"""The file that a newcomer starts from: it loads, plays every part that it promises, and names no one real."""

import re
from datetime import date
from pathlib import Path

import pytest

import broker
from broker.yaml_files import SECTIONS
from suppliers.ask import Level
from suppliers.register.loader import load
from suppliers.register.model import Mandate, MandateStatus, MeansStatus

FILE = Path(broker.__file__).parent / "defaults" / "eherkenning.yaml"
SUPPLIERS = ("digidentity", "kpn", "quovadis", "reconi", "we-id", "z-login")
HELPDESK = "urn:etoegang:DV:00000001999999990000:services:1"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def register():
    return load(FILE, suppliers=SUPPLIERS, sections=SECTIONS).register


@pytest.fixture
def mandates(register):
    def of(person: str) -> list[Mandate]:
        return list(register.mandates_of(person))

    return of


def holds(mandate: Mandate) -> bool:
    in_time = (mandate.start or TODAY) <= TODAY <= (mandate.until or TODAY)
    return in_time and mandate.status is MandateStatus.ACTIVE and mandate.level >= Level.EH3


def test_the_service_of_the_manual_is_there(register):
    service = register.services["mijn-helpdesk-po"]
    assert (service.name.nl, service.provider.nl) == ("Mijn Helpdesk po", "Dienst Uitvoering Onderwijs")
    assert (service.service_id, service.uuid) == (HELPDESK, "4b1c6f0e-2f0a-4f0e-9a57-52b1f4d9f001")
    assert (service.level, service.identifier_sets) == (Level.EH3, (("KvKnr",), ("RSIN",)))
    assert not service.branches_accepted


def test_the_newcomer_of_the_readme_gets_in_everywhere(register, mandates):
    person, means = register.login("reconi", "m.devries")
    assert (person.key, means.password, means.pin, means.level) == (
        "m.devries",
        "Welkom-123",
        "123456",
        Level.EH3,
    )
    [mandate] = mandates("m.devries")
    assert holds(mandate)
    assert (mandate.service, mandate.company, mandate.branch) == ("*", "regenboog", None)


@pytest.mark.parametrize("supplier", SUPPLIERS)
def test_every_supplier_has_someone_who_gets_in_everywhere(register, mandates, supplier):
    assert any(
        means.supplier == supplier and means.level >= Level.EH3 and mandate.service == "*" and holds(mandate)
        for person in register.people.values()
        for means in person.means
        for mandate in mandates(person.key)
    )


def test_everyone_logs_in_with_their_key_and_the_same_password(register):
    for person in register.people.values():
        by_name = [means for means in person.means if not means.card]
        assert {means.password for means in by_name} <= {"Welkom-123"}
        first, *others = [means.username for means in by_name] or [person.key]
        assert first == person.key
        assert all(name.startswith(person.key) for name in others)


@pytest.mark.parametrize(
    ("person", "plays"),
    [
        ("l.jacobs", lambda held: [m.service for m in held] == [HELPDESK]),
        ("t.mulder", lambda held: len({m.company for m in held if holds(m)}) == 2),
        ("k.dekker", lambda held: held == []),
        ("r.peters", lambda held: [m.until < TODAY for m in held] == [True]),
        ("e.hoekstra", lambda held: [m.start.year for m in held] == [2099]),
        ("v.bosman", lambda held: [m.status for m in held] == [MandateStatus.REVOKED]),
        ("i.schouten", lambda held: [m.status for m in held] == [MandateStatus.REQUESTED]),
        ("b.willems", lambda held: [m.level for m in held] == [Level.EH2_PLUS]),
        ("o.kuipers", lambda held: [m.branch for m in held] == ["000090000013"]),
        ("w.meijer", lambda held: [m.level for m in held] == [Level.EH4]),
        (
            "y.vanleeuwen",
            lambda held: [(m.company, m.intermediary) for m in held] == [("regenboog", "kantoor-kompas")],
        ),
        ("a.tempelman", lambda held: {m.intermediary for m in held} == {"kantoor-kompas"} and len(held) == 2),
        ("r.devos", lambda held: {m.branch for m in held} == {"000090000012", "000090000013"}),
        ("k.hoogland", lambda held: len({m.company for m in held if holds(m)}) == 11),
        (
            "l.veenstra",
            lambda held: [(m.service, m.provider) for m in held] == [("", "00000001999999990000")],
        ),
        ("j.oosting", lambda held: [(TODAY - m.last_used).days > 731 for m in held] == [True]),
        ("w.nieman", lambda held: held == []),
        ("verlopen-machtiging", lambda held: [m.until < TODAY for m in held] == [True]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_mandates_of_each_play_their_part(mandates, person, plays):
    assert plays(mandates(person))


@pytest.mark.parametrize(
    ("person", "plays"),
    [
        ("b.geerts", lambda means: means.status is MeansStatus.BLOCKED),
        ("s.tacke", lambda means: means.status is MeansStatus.SUSPENDED),
        ("x.vermeer", lambda means: means.status is MeansStatus.REVOKED),
        ("q.lammers", lambda means: means.until < TODAY),
        ("m.renkema", lambda means: means.renew),
        ("p.nijhuis", lambda means: means.supplier == "kpn" and not means.app),
        ("h.kaya", lambda means: means.supplier == "digidentity" and not means.app),
        ("z.smeets", lambda means: means.card and means.level is Level.EH4),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_states_of_a_means_have_a_person_each(register, mandates, person, plays):
    [means] = register.people[person].means
    assert plays(means)
    assert any(holds(mandate) for mandate in mandates(person)), "only the means may be in the way"


def test_who_asks_a_mandate_finds_each_kind_of_company(register):
    companies = register.companies
    manager = register.people[companies["regenboog"].manager]
    assert manager.email
    assert (companies["klimop"].approves, companies["klimop"].manager) == (True, None)
    assert (companies["zonnebloem"].approves, companies["zonnebloem"].manager) == (False, None)


def test_the_second_means_of_one_person_does_what_the_first_does_not(register):
    low, high = register.people["u.brouwer"].means
    assert (low.supplier, high.supplier) == ("reconi", "reconi")
    assert (low.level, high.level) == (Level.EH2_PLUS, Level.EH3)


def test_there_is_a_service_of_each_level_from_eh2_plus(register):
    assert {service.level for service in register.services.values()} == {Level.EH2_PLUS, Level.EH3, Level.EH4}


def test_the_means_and_companies_play_their_part(register, mandates):
    people, companies = register.people, register.companies
    assert [m.level for m in people["n.postma"].means] == [Level.EH2_PLUS]
    assert [m.level for m in people["w.meijer"].means] == [Level.EH4]
    assert (people["c.vandam"].phone, bool(people["c.vandam"].email)) == (None, True)
    assert (people["d.sanders"].email, bool(people["d.sanders"].phone)) == (None, True)
    assert [set(companies[m.company].identifiers) for m in mandates("h.dijkstra")] == [{"RSIN"}]
    assert [set(companies[m.company].identifiers) for m in mandates("g.jansen")] == [{"KvKnr"}]


def test_nobody_and_nothing_in_it_is_real(register):
    companies = register.companies.values()
    numbers = [number for company in companies for number in company.identifiers.values()]
    assert len(numbers) == len(set(numbers))
    for company in companies:
        assert "(fictief)" in company.name
        assert company.kvk is None or company.kvk.startswith("9000")
        assert company.rsin is None or (company.rsin.startswith("9999") and eleven(company.rsin))
    phones = [person.phone for person in register.people.values() if person.phone]
    assert len(phones) == len(set(phones))
    for person in register.people.values():
        assert person.email is None or person.email.endswith("@voorbeeld.example")
        assert person.phone is None or re.fullmatch("06-000000[0-9]{2}", person.phone)


def eleven(rsin: str) -> bool:
    """The eleven test: an RSIN is only valid if this sum is a multiple of 11."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * int(digit) for weight, digit in zip(weights, rsin, strict=True)) % 11 == 0


def test_every_person_has_one_line_that_says_what_they_are_for(register):
    lines = FILE.read_text("utf-8").splitlines()
    for person in register.people.values():
        comment, before = lines[person.place.line - 2], lines[person.place.line - 3]
        assert comment.startswith("  # "), person.key
        assert before == "", person.key


def test_the_eleven_test_knows_right_from_wrong():
    assert eleven("999900006")
    assert not eleven("999900007")
