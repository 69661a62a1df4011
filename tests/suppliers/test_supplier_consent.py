"""Extra attributes: what is asked, what the person lets go, and what is missing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from supplier_world import LINDE, World, ask, credentials, mandate, person, register
from test_supplier_pages import URL, application, codes, shown
from werkzeug.test import TestResponse

from suppliers.ask import Company, Level, Names, Outcome, RequestedAttribute, Word
from suppliers.profiles import load_profiles
from suppliers.register.model import PersonRecord, Register
from suppliers.steps.consent import disclosure

PERSON = "urn:etoegang:1.9:attribute:"
COMPANY = "urn:etoegang:1.11:attribute-represented:"
FIRST, LAST, BORN = (PERSON + name for name in ("FirstName", "FamilyName", "DateOfBirth"))
TO_ADDRESS = Names("Om u aan te spreken.", "To address you.")
ASKED = (
    RequestedAttribute(FIRST, TO_ADDRESS),
    RequestedAttribute(LAST, required=True),
    RequestedAttribute(BORN),
    RequestedAttribute(COMPANY + "CompanyName"),
)
HAS = {FIRST: "Anna", LAST: "Smit", PERSON + "Initials": "A."}
CONSENT = f"{URL}/9"


def anna(attributes: dict[str, str] | None = None) -> PersonRecord:
    made = person("anna")
    has = HAS if attributes is None else attributes
    return PersonRecord(made.key, made.name, phone=made.phone, attributes=has, means=made.means)


def holding(who: PersonRecord, *companies: str) -> Register:
    mandates = tuple(mandate(f"m-{key}", "anna", key) for key in companies or ("linde",))
    return register(people=(who,), mandates=mandates)


@pytest.fixture
def web(world: World) -> FlaskClient:
    world.register = holding(anna())
    return application(world).test_client()


def log_in(
    world: World, web: FlaskClient, asked: tuple[RequestedAttribute, ...] = ASKED, **how: Any
) -> TestResponse:
    """As far as there is nothing more to prove; the answer to the PIN."""
    world.desk.open("reconi", ask(requested=asked, **how))
    web.post(f"{URL}/1", data=credentials("anna"))
    return web.post(f"{URL}/3", data={"pin": world.pin})


def given_word(world: World) -> Word:
    word = world.desk.word("login-1")
    assert word
    return word


def attributes(world: World) -> tuple[dict[str, str], dict[str, str]]:
    """What the Word says of the person, and of the company."""
    word = given_word(world)
    assert word.person
    assert word.mandate
    return dict(word.person.attributes), dict(word.mandate.company.attributes)


def by_testid(page: TestResponse, name: str) -> Any:
    found = html.fromstring(page.text).xpath(f'//*[@data-testid="{name}"]')
    return found[0] if found else None


def text_of(node: Any) -> str:
    return " ".join(node.text_content().split())


def test_the_page_asks_for_what_there_is_with_what_it_is_for(world: World, web: FlaskClient):
    assert log_in(world, web).location == CONSENT
    page = web.get(CONSENT)
    assert shown(page) == "consent"
    assert "Mag Mijn Helpdesk po deze gegevens van u hebben?" in page.text
    assert text_of(by_testid(page, "attribute-FirstName")) == "Voornaam: Anna Waarvoor? Om u aan te spreken."
    assert text_of(by_testid(page, "attribute-FamilyName")) == "Achternaam verplicht Smit"
    assert by_testid(page, "attribute-DateOfBirth") is None, "an optional one that is not there is left out"
    assert by_testid(page, "attribute-CompanyName") is None, "nobody is asked about the company's"
    assert by_testid(page, "attribute-Initials") is None
    assert ">Akkoord</button>" in page.text
    assert ">Annuleren</button>" in page.text
    assert world.desk.word("login-1") is None


def test_what_is_agreed_to_goes_along_and_nothing_else(world: World, web: FlaskClient):
    log_in(world, web)
    answer = web.post(CONSENT, data={f"attribute:{FIRST}": "yes"})
    assert (answer.status_code, answer.location) == (303, "/broker/login-1/answer")
    assert attributes(world) == (
        {FIRST: "Anna", LAST: "Smit"},
        {COMPANY + "CompanyName": "Basisschool De Linde"},
    )
    assert world.told("consent-given") == [{"given": [FIRST, LAST], "withheld": []}]


def test_an_optional_one_can_be_withheld_and_a_required_one_not(world: World, web: FlaskClient):
    log_in(world, web)
    web.post(CONSENT, data={})
    assert attributes(world)[0] == {LAST: "Smit"}
    assert world.told("consent-given") == [{"given": [LAST], "withheld": [FIRST]}]


def test_no_value_is_told(world: World, web: FlaskClient):
    log_in(world, web)
    web.post(CONSENT, data={f"attribute:{FIRST}": "yes"})
    assert "Anna" not in json.dumps(world.events)
    assert "Smit" not in json.dumps(world.events)


@pytest.mark.parametrize(
    "asked",
    [
        (),
        (RequestedAttribute(BORN),),
        (RequestedAttribute(COMPANY + "CompanyName", required=True),),
        (RequestedAttribute("urn:oid:2.5.4.4"),),
    ],
    ids=["nothing asked", "nothing there", "of the company only", "unknown and optional"],
)
def test_there_is_no_page_where_there_is_nothing_to_ask(
    world: World, web: FlaskClient, asked: tuple[RequestedAttribute, ...]
):
    assert log_in(world, web, asked).location == "/broker/login-1/answer"
    assert attributes(world)[0] == {}


def test_consent_is_asked_again_at_the_next_login(world: World, web: FlaskClient):
    for _ in range(2):
        assert log_in(world, web).location == CONSENT
        web.post(CONSENT, data={})


def test_cancel_gives_nothing(world: World, web: FlaskClient):
    log_in(world, web)
    assert web.post(f"{URL}/cancel").location == "/broker/login-1/answer"
    word = given_word(world)
    assert (word.outcome, word.person) == (Outcome.CANCELLED, None)


def test_in_english(world: World, web: FlaskClient):
    log_in(world, web, language="en")
    page = web.get(CONSENT)
    assert "May My Helpdesk po have these details of you?" in page.text
    assert text_of(by_testid(page, "attribute-FirstName")) == "First name: Anna What for? To address you."


def test_an_attribute_may_be_written_short_in_the_yaml(world: World, web: FlaskClient):
    world.register = holding(anna({"FamilyName": "Smit"}))
    log_in(world, web)
    web.post(CONSENT, data={})
    assert attributes(world)[0] == {LAST: "Smit"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (FIRST, "Voornaam"),
        ("urn:etoegang:1.9:attribute:Shoesize", "Shoesize"),
        (
            "urn:etoegang:1.11:attribute:non-transliterated:FirstName",
            "Voornaam, in oorspronkelijk schrift",
        ),
    ],
)
def test_an_attribute_has_a_name_that_people_know(world: World, web: FlaskClient, name: str, said: str):
    world.register = holding(anna({name: "x"}))
    log_in(world, web, (RequestedAttribute(name),))
    found = by_testid(web.get(CONSENT), f"attribute-{name.rpartition(':')[2]}")
    assert text_of(found) == f"{said}: x"


def test_what_is_in_a_value_stays_text(world: World, web: FlaskClient):
    world.register = holding(anna({LAST: "<script>", FIRST: '"onclick=x'}))
    log_in(world, web)
    page = web.get(CONSENT)
    assert "<script>" not in page.text
    assert '"onclick' not in page.text


# Out of turn.


def test_before_the_steps_before_it_consent_is_refused_and_told(world: World, web: FlaskClient):
    world.desk.open("reconi", ask(requested=ASKED))
    for method, path in (("GET", CONSENT), ("POST", CONSENT)):
        page = web.open(path, method=method, data={f"attribute:{FIRST}": "yes"})
        assert (page.status_code, shown(page)) == (403, "refused")
    web.post(f"{URL}/1", data=credentials("anna"))
    assert web.post(CONSENT, data={}).status_code == 403
    assert len(world.told("step-refused")) == 3
    assert world.desk.word("login-1") is None


@pytest.mark.parametrize("name", [PERSON + "Initials", BORN, COMPANY + "KvKnr", "urn:other", ""])
def test_an_attribute_that_was_not_on_the_page_is_refused_and_told(world: World, web: FlaskClient, name: str):
    log_in(world, web)
    page = web.post(CONSENT, data={f"attribute:{FIRST}": "yes", f"attribute:{name}": "yes"})
    assert (page.status_code, shown(page)) == (403, "refused")
    assert world.told("step-refused") == [{"step": 9, "at_hand": 9, "why": "choice"}]
    assert world.desk.word("login-1") is None


@pytest.mark.parametrize(
    "extra", [{"person": "jan"}, {FIRST: "Piet"}, {"organisation": "company:eik"}, {"leave": "yes"}]
)
def test_a_field_that_the_page_has_not_changes_nothing(world: World, web: FlaskClient, extra: dict[str, str]):
    log_in(world, web)
    answer = web.post(CONSENT, data={f"attribute:{FIRST}": "yes", **extra})
    if "leave" in extra:
        assert answer.location == CONSENT, "there is nothing to leave for"
    else:
        assert attributes(world)[0] == {FIRST: "Anna", LAST: "Smit"}


# What changes while the page is open.


@pytest.mark.parametrize("now", [HAS | {LAST: "Jansen"}, HAS | {BORN: "1980-01-01"}, {LAST: "Smit"}])
def test_who_agreed_to_one_value_did_not_agree_to_another(
    world: World, web: FlaskClient, now: dict[str, str]
):
    log_in(world, web)
    world.register = holding(anna(now))
    page = web.post(CONSENT, data={f"attribute:{FIRST}": "yes"})
    assert page.status_code == 422
    assert codes(page) == ["consent.changed"]
    assert 'href="#consent"' in page.text
    assert 'id="consent"' in page.text
    assert world.desk.word("login-1") is None
    web.post(CONSENT, data={})
    assert attributes(world)[0] == {LAST: now[LAST]}


def test_when_nothing_is_left_to_ask_the_page_says_so_and_leads_on(world: World, web: FlaskClient):
    log_in(world, web, (RequestedAttribute(FIRST),))
    world.register = holding(anna({}))
    page = web.post(CONSENT, data={f"attribute:{FIRST}": "yes"})
    assert page.status_code == 422
    assert "Mijn Helpdesk po krijgt niets" in page.text
    assert web.post(CONSENT, data={}).location == "/broker/login-1/answer"
    assert attributes(world)[0] == {}


def test_a_mandate_that_goes_while_consent_is_asked_gives_no_word(world: World, web: FlaskClient):
    world.register = holding(anna(), "linde", "eik")
    assert log_in(world, web).location == f"{URL}/6"
    assert web.post(f"{URL}/6", data={"organisation": "company:eik"}).location == CONSENT
    world.register = holding(anna(), "linde")
    assert web.get(CONSENT).location == f"{URL}/6"
    assert web.post(CONSENT, data={}).location == f"{URL}/6"
    assert world.desk.word("login-1") is None
    assert web.post(f"{URL}/6", data={"organisation": "company:linde"}).location == CONSENT
    web.post(CONSENT, data={})
    word = given_word(world)
    assert word.mandate
    assert word.mandate.company.key == "linde"


def test_a_person_who_goes_while_consent_is_asked_starts_again(world: World, web: FlaskClient):
    log_in(world, web)
    world.register = Register()
    assert web.post(CONSENT, data={}).location == f"{URL}/1"


def test_a_means_that_is_lowered_while_consent_is_asked_stops_there(world: World, web: FlaskClient):
    log_in(world, web)
    world.register = register(
        people=(person("anna", level=Level.EH2_PLUS),), mandates=(mandate("m-linde", "anna", "linde"),)
    )
    assert web.post(CONSENT, data={}).location == CONSENT
    assert shown(web.get(CONSENT)) == "level"


# The way back.


def test_back_leads_to_the_choice_if_there_was_one(world: World, web: FlaskClient):
    def back() -> str:
        found = re.search(r'href="([^"]+)" data-testid="back"', web.get(CONSENT).text)
        assert found
        return found[1]

    log_in(world, web)
    assert back() == f"{URL}/3"
    assert re.search(rf'href="{CONSENT}" data-testid="resume"', web.get(f"{URL}/3").text)
    world.register = holding(anna(), "linde", "eik")
    log_in(world, web)
    web.post(f"{URL}/6", data={"organisation": "company:eik"})
    assert back() == f"{URL}/6"


def test_who_chooses_another_company_is_asked_with_that_one(world: World, web: FlaskClient):
    asked = (RequestedAttribute(FIRST), RequestedAttribute(COMPANY + "KvKnr", required=True))
    world.register = holding(anna(), "stichting", "eik")
    log_in(world, web, asked)
    web.post(f"{URL}/6", data={"organisation": "company:stichting"})
    assert shown(web.get(CONSENT)) == "missing"
    web.post(f"{URL}/6", data={"organisation": "company:eik"})
    assert shown(web.get(CONSENT)) == "consent"
    web.post(CONSENT, data={})
    assert attributes(world) == ({}, {COMPANY + "KvKnr": "90000020"})


# Missing.


NEEDED = (
    RequestedAttribute(BORN, TO_ADDRESS, required=True),
    RequestedAttribute(COMPANY + "LEI", required=True),
    RequestedAttribute(FIRST, required=True),
)


def test_a_required_one_that_is_not_there_is_said_and_ends_the_login(world: World, web: FlaskClient):
    assert log_in(world, web, NEEDED).location == CONSENT
    page = web.get(CONSENT)
    assert shown(page) == "missing"
    assert "Er ontbreken gegevens die Mijn Helpdesk po nodig heeft" in page.text
    assert text_of(by_testid(page, "attribute-DateOfBirth")) == (
        "Geboortedatum van uzelf Waarvoor? Om u aan te spreken."
    )
    assert text_of(by_testid(page, "attribute-LEI")) == "LEI-code van Basisschool De Linde"
    assert by_testid(page, "attribute-FirstName") is None
    assert text_of(by_testid(page, "leave")) == "Terug naar Dienst Uitvoering Onderwijs"
    assert text_of(by_testid(page, "reference")) == "login-1"
    assert world.told("attributes-missing")[0]["missing"] == [BORN, COMPANY + "LEI"]
    assert world.desk.word("login-1") is None, "nothing is said before the person leaves"

    answer = web.post(CONSENT, data={"leave": "yes"})
    assert (answer.status_code, answer.location) == (303, "/broker/login-1/answer")
    word = given_word(world)
    assert (word.outcome, word.missing) == (Outcome.UNAVAILABLE, (BORN, COMPANY + "LEI"))
    assert (word.person, word.level, word.mandate) == (None, None, None)
    ended = web.get(CONSENT)
    assert (ended.status_code, shown(ended)) == (410, "ended")
    assert "U kon niet inloggen" in ended.text


def test_agreeing_does_not_pass_the_page_that_says_what_is_missing(world: World, web: FlaskClient):
    log_in(world, web, NEEDED)
    assert web.post(CONSENT, data={}).location == CONSENT
    assert web.post(CONSENT, data={f"attribute:{FIRST}": "yes"}).location == CONSENT
    assert world.desk.word("login-1") is None


def test_what_was_missing_and_has_come_can_be_used_at_once(world: World, web: FlaskClient):
    asked = (RequestedAttribute(BORN, required=True),)
    log_in(world, web, asked)
    world.register = holding(anna({BORN: "1980-01-01"}))
    assert shown(web.get(CONSENT)) == "consent"
    assert web.post(CONSENT, data={"leave": "yes"}).location == CONSENT
    web.post(CONSENT, data={})
    assert attributes(world)[0] == {BORN: "1980-01-01"}


def test_the_page_that_says_what_is_missing_can_be_cancelled(world: World, web: FlaskClient):
    log_in(world, web, NEEDED)
    assert web.post(f"{URL}/cancel").location == "/broker/login-1/answer"
    assert given_word(world).outcome is Outcome.CANCELLED


# What the register of companies has.


@pytest.mark.parametrize(
    ("identifiers", "has"),
    [
        (
            {"KvKnr": "90000012", "RSIN": "999999011"},
            {
                "CompanyName": "X",
                "KvKnr": "90000012",
                "VATRegistrationNumber": "NL999999011B01",
                "TaxReferenceNumber": "999999011",
            },
        ),
        ({"KvKnr": "90000012"}, {"CompanyName": "X", "KvKnr": "90000012"}),
        (
            {"RSIN": "999999011"},
            {
                "CompanyName": "X",
                "VATRegistrationNumber": "NL999999011B01",
                "TaxReferenceNumber": "999999011",
            },
        ),
    ],
    ids=["both", "sole proprietor", "without KvK"],
)
def test_what_can_be_given_of_a_company(identifiers: dict[str, str], has: dict[str, str]):
    names = ("CompanyName", "KvKnr", "VATRegistrationNumber", "TaxReferenceNumber", "LEI")
    asked = ask(requested=tuple(RequestedAttribute(COMPANY + name, required=True) for name in names))
    found = disclosure(asked, anna(), Company("x", "X", identifiers))
    assert found.of_company == {COMPANY + name: value for name, value in has.items()}
    assert [item.name for item in found.missing] == [COMPANY + name for name in names if name not in has]
    assert found.of_person == ()


def test_a_number_that_the_supplier_cannot_deliver_is_not_given_another_way(world: World):
    reconi = load_profiles()["reconi"]
    world.desk.profiles = {"reconi": reconi.model_copy(update={"identifiers": ("KvKnr",)})}
    world.register = holding(anna())
    web = application(world).test_client()
    log_in(
        world,
        web,
        (RequestedAttribute(COMPANY + "VATRegistrationNumber"), RequestedAttribute(COMPANY + "KvKnr")),
    )
    assert attributes(world)[1] == {COMPANY + "KvKnr": LINDE.kvk}


NAMES = st.sampled_from([FIRST, LAST, BORN, COMPANY + "CompanyName", COMPANY + "LEI", "urn:other"])


@settings(deadline=None)
@given(
    asked=st.lists(
        st.builds(RequestedAttribute, name=NAMES, required=st.booleans()), unique_by=lambda a: a.name
    ),
    has=st.dictionaries(st.sampled_from([FIRST, LAST, BORN, PERSON + "Initials"]), st.text(min_size=1)),
)
def test_each_attribute_asked_is_there_missing_or_left_out_and_no_other_is(
    asked: list[RequestedAttribute], has: dict[str, str]
):
    found = disclosure(ask(requested=tuple(asked)), anna(has), Company("x", "X", {}))
    there = has | {COMPANY + "CompanyName": "X"}
    given = dict(found.shown) | dict(found.of_company)
    assert given == {item.name: there[item.name] for item in asked if item.name in there}
    assert list(found.missing) == [item for item in asked if item.required and item.name not in there]
