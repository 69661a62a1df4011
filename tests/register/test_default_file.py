"""The file that a newcomer starts from: it loads, plays every part that it promises, and names no one real."""

import re
from datetime import date
from pathlib import Path

import pytest

import broker
from suppliers.ask import Level
from suppliers.register.loader import load
from suppliers.register.model import Mandate, MandateStatus

FILE = Path(broker.__file__).parent / "defaults" / "eherkenning.yaml"
SUPPLIERS = ("digidentity", "kpn", "quovadis", "reconi", "we-id", "z-login")
HELPDESK = "urn:etoegang:DV:00000001999999990000:services:1"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def register():
    return load(FILE, suppliers=SUPPLIERS).register


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
    logins = {(p.key, m.username, m.password) for p in register.people.values() for m in p.means}
    assert logins == {(key, key, "Welkom-123") for key in register.people}


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
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_mandates_of_each_play_their_part(mandates, person, plays):
    assert plays(mandates(person))


def test_the_means_and_companies_play_their_part(register, mandates):
    people, companies = register.people, register.companies
    assert [m.level for m in people["n.postma"].means] == [Level.EH2_PLUS]
    assert [m.level for m in people["w.meijer"].means] == [Level.EH4]
    assert (people["c.vandam"].phone, bool(people["c.vandam"].email)) == (None, True)
    assert (people["d.sanders"].email, bool(people["d.sanders"].phone)) == (None, True)
    assert [set(companies[m.company].identifiers) for m in mandates("h.dijkstra")] == [{"RSIN"}]
    assert [set(companies[m.company].identifiers) for m in mandates("g.jansen")] == [{"KvKnr"}]


def test_nobody_and_nothing_in_it_is_real(register):
    for company in register.companies.values():
        assert "(fictief)" in company.name
        assert company.kvk is None or company.kvk.startswith("9000")
        assert company.rsin is None or (company.rsin.startswith("9999") and eleven(company.rsin))
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
