"""What the panel for testers foresees is what happens, for everybody of the default YAML."""

from __future__ import annotations

import gc
import weakref
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from supplier_world import World, ask, mandate, person, register

from suppliers import foresee as foreseeing
from suppliers.accounts import MOST_WRONG
from suppliers.ask import Level, RequestedAttribute
from suppliers.foresee import Foresight, foresee
from suppliers.register.model import Mandate, MeansStatus
from support.sp import ServiceProvider
from support.walk import choose, kind, login_id_of
from support.walk_panel import walk_as

if TYPE_CHECKING:
    from conftest import Bench

HELPDESK = "urn:etoegang:DV:00000001999999990000:services:1"


@pytest.fixture(scope="module")
def two_services() -> ServiceProvider:
    return ServiceProvider(
        services={
            1: ("urn:etoegang:DV:00000001777777770000:services:1", "Testdienst"),
            2: (HELPDESK, "Helpdesk"),
        }
    )


@pytest.fixture
def everybody(bench: Bench, two_services: ServiceProvider) -> Bench:
    bench.trust(two_services)
    bench.sp = two_services
    return bench


@pytest.mark.parametrize(("service", "level"), [("1", "loa2plus"), ("2", "loa3"), ("2", "loa4")])
def test_what_is_foreseen_is_what_happens(everybody: Bench, service: str, level: str) -> None:
    if level == "loa4":
        described = f"service_id: {HELPDESK}\n    uuid: 4b1c6f0e-2f0a-4f0e-9a57-52b1f4d9f001\n    level: EH"
        everybody.rewrite(f"{described}3", f"{described}4")
    desk = everybody.application.parts.suppliers
    people = everybody.application.parts.configuration.current.register
    wrong: list[str] = []
    for supplier, profile in desk.profiles.items():
        if Level.of(f"urn:etoegang:core:assurance-class:{level}") > max(profile.levels):
            continue  # Maak een keuze does not offer it
        assert people.clients(supplier)
        for owner, means in people.clients(supplier):
            browser = everybody.browser()
            asked = everybody.ask(browser, level=level, AttributeConsumingServiceIndex=service)
            page = choose(browser, asked, supplier)
            found, facts = desk.peek(supplier, login_id_of(page))
            verdict = foresee(owner, means, found.ask, facts)
            ended = kind(walk_as(everybody, browser, page, means.username))
            if ended != verdict.ends:
                said = [reason.en for reason in verdict.reasons]
                wrong.append(f"{supplier} {means.username}: foreseen {verdict.ends} {said}, came to {ended}")
            assert verdict.place.file, f"{means.username}: no line of the YAML is named"
    assert not wrong, "\n".join(wrong)


OK = ("jan", "linde")


@pytest.mark.parametrize(
    ("means", "ends", "says"),
    [
        ({}, "answer", ""),
        ({"status": MeansStatus.BLOCKED}, "login", "Het inlogmiddel is geblokkeerd."),
        ({"status": MeansStatus.SUSPENDED}, "means", "Het inlogmiddel is geschorst."),
        ({"status": MeansStatus.REVOKED}, "means", "Het inlogmiddel is ingetrokken."),
        ({"until": date(2026, 11, 21)}, "means", "Het inlogmiddel was geldig tot en met 21 november 2026."),
        ({"until": date(2026, 11, 22)}, "answer", ""),
        ({"level": Level.EH2_PLUS}, "level", "Het inlogmiddel heeft niveau EH2+; nodig is EH3 of hoger."),
        ({"phone": None}, "nochannel", "Kan hier geen pincode krijgen."),
        ({"renew": True}, "answer", "Moet eerst een nieuw wachtwoord kiezen."),
        ({"phone": None, "status": MeansStatus.SUSPENDED}, "means", "Het inlogmiddel is geschorst."),
    ],
)
def test_the_state_of_the_means_comes_first(
    world: World, means: dict[str, Any], ends: str, says: str
) -> None:
    owner = person("jan", **means)
    world.register = register((owner,), (mandate("m", *OK),))
    verdict = foresee(owner, owner.means[0], ask(), world.facts())
    assert (verdict.ends, " ".join(reason.nl for reason in verdict.reasons)) == (ends, says)
    assert verdict.passes is (ends == "answer")


@pytest.mark.parametrize(
    ("mandates", "ends", "says", "line"),
    [
        ((), "nomandate", "Heeft geen machtiging voor Mijn Helpdesk po.", "people.yaml:7"),
        # One for another service says nothing here.
        (
            (mandate("m", *OK, service="urn:etoegang:DV:00000001999999990000:services:9"),),
            "nomandate",
            "Heeft geen machtiging voor Mijn Helpdesk po.",
            "people.yaml:7",
        ),
        (
            (mandate("m", *OK, until=date(2026, 10, 31)),),
            "nomandate",
            "De machtiging namens Basisschool De Linde was geldig tot en met 31 oktober 2026.",
            "mandates.yaml:3",
        ),
        ((mandate("m", *OK),), "answer", "", "mandates.yaml:3"),
        ((mandate("m", *OK), mandate("n", "jan", "eik")), "answer", "Kiest uit 2 organisaties.", "-"),
        (
            (mandate("m", *OK, intermediary="kantoor"),),
            "answer",
            "Logt in via Administratiekantoor Het Kompas (ketenmachtiging).",
            "mandates.yaml:3",
        ),
    ],
)
def test_then_come_the_mandates(
    world: World, mandates: tuple[Mandate, ...], ends: str, says: str, line: str
) -> None:
    owner = person("jan")
    world.register = register((owner,), mandates)
    verdict = foresee(owner, owner.means[0], ask(), world.facts())
    assert (verdict.ends, " ".join(reason.nl for reason in verdict.reasons)) == (ends, says)
    assert str(verdict.place) == line


def test_an_attribute_that_nobody_has_is_foreseen(world: World) -> None:
    owner = person("jan")
    world.register = register((owner,), (mandate("m", *OK),))
    asked = RequestedAttribute("urn:etoegang:1.9:attribute:FirstName", required=True)
    verdict = foresee(owner, owner.means[0], ask(requested=(asked,)), world.facts())
    assert verdict.ends == "missing"
    assert "FirstName" in verdict.reasons[0].nl


def test_wrong_passwords_are_foreseen_as_they_are_counted(world: World) -> None:
    owner, means = world.register.clients("reconi")[1]
    for _ in range(MOST_WRONG):
        assert foresee(owner, means, ask(), world.facts()).passes
        world.desk.accounts.guess(means, "fout")
    assert foresee(owner, means, ask(), world.facts()).ends == "login"


def test_on_business_of_ones_own_no_mandate_is_needed(world: World) -> None:
    owner, means = world.register.clients("reconi")[5]
    assert owner.key == "niemand"
    assert not foresee(owner, means, ask(), world.facts()).passes
    assert foresee(owner, means, ask(), world.facts(), alone=True).passes


def test_looking_ahead_changes_nothing(world: World) -> None:
    before = repr(vars(world.store))
    for owner, means in world.register.clients("reconi"):
        foresee(owner, means, ask(), world.facts())
    assert repr(vars(world.store)) == before
    assert world.events == []
    assert world.desk.inbox.list() == []


# What was foreseen is remembered.


def changed_by(what: str, world: World) -> dict[str, Any]:
    """Something that decides; what of the request is different, if that is it."""
    owner = world.register.people["jan"]
    match what:
        case "register":
            world.register = register(mandates=(mandate("m", "jan", "linde", until=date(2026, 1, 31)),))
        case "wrong passwords":
            for _ in range(MOST_WRONG):
                world.desk.accounts.guess(owner.means[0], "anders")
        case "mandates while running":
            world.desk.grants.used("jan", date(2020, 1, 1))
        case "day":
            world.later(days=1000)
        case "request":
            return {"level": Level.EH4}
    return {}


@pytest.mark.parametrize("what", ["register", "wrong passwords", "mandates while running", "day", "request"])
def test_what_is_remembered_counts_no_more_once_anything_changes_that_decides(
    world: World, what: str
) -> None:
    world.register = register(mandates=(mandate("m", "jan", "linde", until=date(2027, 1, 31)),))
    foresight = Foresight()
    before = foresight.of(ask(), world.facts())(*world.register.clients("reconi")[0])
    assert before.passes
    changes = changed_by(what, world)
    owner, means = world.register.clients("reconi")[0]
    after = foresight.of(ask(**changes), world.facts())(owner, means)
    assert after == foresee(owner, means, ask(**changes), world.facts())
    assert not after.passes


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The key of everybody of whom it was worked out what would happen, each time."""
    keys: list[str] = []
    walk = foreseeing.walk

    def counting(owner: Any, *rest: Any, **more: Any) -> Any:
        keys.append(owner.key)
        return walk(owner, *rest, **more)

    monkeypatch.setattr(foreseeing, "walk", counting)
    return keys


def test_nobody_is_looked_at_anew_at_the_next_login(world: World, looked: list[str]) -> None:
    foresight = Foresight()
    for login in ("login-1", "login-2"):
        verdict = foresight.of(ask(id=login, return_path=f"/broker/{login}/answer"), world.facts())
        for client in world.register.clients("reconi"):
            verdict(*client)
    assert looked == [owner.key for owner, _ in world.register.clients("reconi")]


@pytest.mark.parametrize("most", ["MOST_ASKED", "MOST_PEOPLE"])
def test_for_what_there_is_no_more_room_is_forgotten(
    world: World, looked: list[str], monkeypatch: pytest.MonkeyPatch, most: str
) -> None:
    monkeypatch.setattr(foreseeing, most, 1)
    foresight = Foresight()
    jan, piet = world.register.clients("reconi")[:2]
    level = Level.EH2 if most == "MOST_ASKED" else Level.EH3
    for asked, client in ((Level.EH3, jan), (level, piet), (Level.EH3, jan)):
        foresight.of(ask(level=asked), world.facts())(*client)
    assert looked == ["jan", "piet", "jan"]


def test_of_all_registers_together_what_was_asked_last_is_remembered(
    world: World, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreseeing, "MOST_ASKED", 2)
    foresight = Foresight()
    rooms = {key: register(people=(person(key),)) for key in ("anna", "bea", "cees")}
    for key in ("anna", "bea", "anna", "cees", "anna", "bea"):
        world.register = rooms[key]
        foresight.of(ask(), world.facts())(*world.register.clients("reconi")[0])
    assert looked == ["anna", "bea", "cees", "bea"]


def test_a_register_that_is_in_force_no_more_is_let_go(world: World) -> None:
    foresight = Foresight()
    foresight.of(ask(), world.facts())(*world.register.clients("reconi")[0])
    gone = weakref.ref(world.register)
    world.register = register()
    gc.collect()
    assert gone() is None
