"""For whom does the person log in: organisations, clients of an intermediary, branches; and nobody chooses more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from supplier_world import EIK, KANTOOR, LINDE, STICHTING, World, ask, credentials, mandate, person
from werkzeug.test import TestResponse

from suppliers.ask import Level
from suppliers.choice import Option, Options, organisations
from suppliers.pages import blueprint
from suppliers.profiles import load_profiles
from suppliers.register.model import CompanyRecord, Mandate, Register
from suppliers.visit import Event

URL = "/supplier/reconi/login-1"
MANDATE, CHAIN, BRANCH, CONSENT = (f"{URL}/{n}" for n in (6, 7, 8, 9))
ANSWER = "/broker/login-1/answer"
NOORD, ZUID = "000012345678", "000012345679"
TWO_BRANCHES = replace(EIK, branches={NOORD: "Eik Noord", ZUID: "Eik Zuid"})
WILG = CompanyRecord("wilg", "Basisschool De Wilg", kvk="90000063")
OFFICE = CompanyRecord("office", "Bureau Beek", kvk="90000071")
COMPANIES = (LINDE, TWO_BRANCHES, STICHTING, KANTOOR, WILG, OFFICE)

DIRECT = (mandate("linde", "anna", "linde"), mandate("wilg", "anna", "wilg"))
THROUGH = (
    mandate("c-linde", "anna", "linde", intermediary="kantoor"),
    mandate("c-wilg", "anna", "wilg", intermediary="kantoor"),
)
BRANCHES = (
    mandate("whole", "anna", "eik"),
    mandate("noord", "anna", "eik", branch=NOORD),
    mandate("zuid", "anna", "eik", branch=ZUID),
)


def register(*mandates: Mandate, companies: tuple[CompanyRecord, ...] = COMPANIES) -> Register:
    people = (person("anna"), person("piet"))
    return Register(companies=companies, people=people, mandates=mandates)


@pytest.fixture
def web(world: World) -> Iterator[FlaskClient]:
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk))
    with app.test_client() as client:
        yield client


def arrive(
    world: World, web: FlaskClient, *mandates: Mandate, branches: bool = True, **rest: object
) -> TestResponse:
    """As Anna, past the PIN; the answer to it."""
    world.register = register(*mandates, **rest)  # type: ignore[arg-type]
    world.desk.open("reconi", ask(branches_accepted=branches))
    web.post(f"{URL}/1", data=credentials("anna"))
    return web.post(f"{URL}/3", data={"pin": world.pin})


def values(page: TestResponse) -> list[str]:
    return re.findall(r'type="radio"[^>]* value="([^"]+)"', page.text)


def words(page: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def given(world: World) -> tuple[str, str | None, str | None] | None:
    """Company, intermediary and branch of the Word; None as long as there is none."""
    word = world.desk.word("login-1")
    if word is None or word.mandate is None:
        return None
    between = word.mandate.intermediary
    return word.mandate.company.key, between.key if between else None, word.mandate.branch


# What is asked, and of whom.


@pytest.mark.parametrize(
    ("mandates", "chosen", "expected"),
    [
        pytest.param(DIRECT[:1], [], ("linde", None, None), id="one company"),
        pytest.param(THROUGH[:1], [], ("linde", "kantoor", None), id="one client of one intermediary"),
        pytest.param(BRANCHES[1:2], [], ("eik", None, NOORD), id="one branch"),
        pytest.param(DIRECT, [(MANDATE, "company:wilg")], ("wilg", None, None), id="two companies"),
        pytest.param(THROUGH, [(CHAIN, "wilg")], ("wilg", "kantoor", None), id="two clients"),
        pytest.param(BRANCHES, [(BRANCH, "whole")], ("eik", None, None), id="the whole of one company"),
        pytest.param(BRANCHES, [(BRANCH, ZUID)], ("eik", None, ZUID), id="a branch of one company"),
        pytest.param(
            (*DIRECT, *THROUGH),
            [(MANDATE, "intermediary:kantoor"), (CHAIN, "linde")],
            ("linde", "kantoor", None),
            id="a company that one may also act for directly",
        ),
        pytest.param(
            (*DIRECT, *THROUGH[:1]),
            [(MANDATE, "intermediary:kantoor")],
            ("linde", "kantoor", None),
            id="an intermediary with one client",
        ),
        pytest.param(
            (*DIRECT, *THROUGH, *(replace(m, id=f"c-{m.id}", intermediary="kantoor") for m in BRANCHES)),
            [(MANDATE, "intermediary:kantoor"), (CHAIN, "eik"), (BRANCH, NOORD)],
            ("eik", "kantoor", NOORD),
            id="organisation, client and branch",
        ),
    ],
)
def test_only_what_there_is_to_choose_is_asked(
    world: World,
    web: FlaskClient,
    mandates: tuple[Mandate, ...],
    chosen: list[tuple[str, str]],
    expected: tuple[str, str | None, str | None],
):
    answer = arrive(world, web, *mandates)
    for url, value in chosen:
        assert answer.location == url
        page = web.get(url)
        assert (page.status_code, value in values(page)) == (200, True)
        field = re.search(r'type="radio"[^>]* name="(\w+)"', page.text)
        assert field
        answer = web.post(url, data={field[1]: value})
    assert answer.location == ANSWER
    assert given(world) == expected


def test_the_page_lists_organisations_and_not_mandates(world: World, web: FlaskClient):
    many = (*DIRECT, *THROUGH, *BRANCHES, mandate("again", "anna", "linde"))
    arrive(world, web, *many)
    page = web.get(MANDATE)
    assert values(page) == ["intermediary:kantoor", "company:eik", "company:linde", "company:wilg"]
    assert "Administratiekantoor Het Kompas KvK-nummer 90000047, namens een andere organisatie" in words(page)


def test_one_client_or_one_branch_is_said_where_it_is_not_asked(world: World, web: FlaskClient):
    arrive(world, web, DIRECT[0], THROUGH[1], BRANCHES[1])
    text = words(web.get(MANDATE))
    assert "KvK-nummer 90000047, namens Basisschool De Wilg" in text
    assert f"KvK-nummer 90000020, alleen vestiging Eik Noord ({NOORD})" in text


def test_restricted_mandates_are_not_offered_where_the_service_accepts_none(world: World, web: FlaskClient):
    assert arrive(world, web, *BRANCHES, branches=False).location == ANSWER
    assert given(world) == ("eik", None, None)


def test_of_several_mandates_for_the_same_the_highest_level_is_used(world: World, web: FlaskClient):
    high = mandate("high", "anna", "eik", branch=NOORD, level=Level.EH4)
    arrive(world, web, *BRANCHES, high)
    web.post(BRANCH, data={"branch": NOORD})
    assert world.told(Event.MANDATE_CHOSEN)[0]["mandate"] == "high"


def test_branches_stand_by_name_behind_the_whole(world: World, web: FlaskClient):
    arrive(world, web, *reversed(BRANCHES))
    page = web.get(BRANCH)
    assert values(page) == ["whole", NOORD, ZUID]
    assert "De hele organisatie Alle vestigingen van Basisschool De Eik" in words(page)
    assert f"Eik Noord ({NOORD})" in words(page)


def test_who_goes_back_meets_only_pages_that_asked_something(world: World, web: FlaskClient):
    arrive(world, web, *DIRECT, *BRANCHES)
    web.post(MANDATE, data={"organisation": "company:eik"})

    def back(url: str) -> str:
        found = re.search(r'href="([^"]+)" data-testid="back"', web.get(url).text)
        assert found
        return found[1]

    assert back(BRANCH) == MANDATE
    assert web.get(CHAIN).location == BRANCH, "there is no page of clients on this road"
    assert values(web.get(MANDATE)) == ["company:eik", "company:linde", "company:wilg"]
    assert "errors" not in web.get(MANDATE).text
    assert web.post(MANDATE, data={"organisation": "company:wilg"}).location == ANSWER
    assert given(world) == ("wilg", None, None)


# The registers of a chain.


def test_the_first_register_is_asked_and_the_clients_register_confirms(world: World, web: FlaskClient):
    arrive(world, web, *THROUGH)
    assert "of die organisatie Administratiekantoor Het Kompas heeft gemachtigd." in words(web.get(CHAIN))
    assert not world.told(Event.CHAIN_CONFIRMED)
    web.post(CHAIN, data={"client": "wilg"})
    order = ["mandates-considered", "chain-confirmed", "mandate-chosen", "word-given"]
    assert [kind for kind, _ in world.events if kind in order] == order
    assert world.told(Event.CHAIN_CONFIRMED) == [
        {
            "register": "reconi",
            "company": "Basisschool De Wilg",
            "intermediary": "Administratiekantoor Het Kompas",
        }
    ]


def test_another_suppliers_register_may_be_the_one_that_confirms():
    profiles = load_profiles()
    world = World({**profiles, "reconi": profiles["reconi"].model_copy(update={"next_register": "kpn"})})
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk))
    assert arrive(world, app.test_client(), THROUGH[0]).location == ANSWER
    assert [told["register"] for told in world.told(Event.CHAIN_CONFIRMED)] == ["kpn"]


def test_without_a_chain_nothing_is_confirmed(world: World, web: FlaskClient):
    arrive(world, web, DIRECT[0])
    assert given(world)
    assert not world.told(Event.CHAIN_CONFIRMED)


# Search.

SCHOOLS = tuple(
    CompanyRecord(f"s{n:02}", f"School {n:02}", kvk=f"8000{n:04}", rsin=f"70000{n:04}") for n in range(60)
)


def schools(count: int, **changes: object) -> tuple[Mandate, ...]:
    return tuple(replace(mandate(f"m{n}", "anna", f"s{n:02}"), **changes) for n in range(count))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "searched", "listed"), [(10, False, 10), (11, True, 11), (50, True, 50), (60, True, 50)]
)
@pytest.mark.parametrize("url", [MANDATE, CHAIN])
def test_more_than_ten_can_be_searched_and_fifty_are_shown(
    world: World, web: FlaskClient, url: str, count: int, searched: bool, listed: int
):
    between = {"intermediary": "kantoor"} if url == CHAIN else {}
    held = schools(count, **between)
    assert arrive(world, web, *held, companies=(*SCHOOLS, KANTOOR)).location == url
    page = web.get(url)
    assert ('data-testid="search"' in page.text) is searched
    assert len(values(page)) == listed
    assert ("Niet getoond: nog 10 organisaties." in page.text) is (count == 60)


def test_a_search_needs_no_script_and_what_was_typed_stays(world: World, web: FlaskClient):
    arrive(world, web, *schools(60), companies=SCHOOLS)
    page = web.get(MANDATE, query_string={"q": "8000 005"})
    assert values(page) == [f"company:s{n}" for n in range(50, 60)]
    assert 'name="q" type="search" value="8000 005"' in page.text
    assert "10 van de 60 organisaties gevonden." in page.text
    empty = web.post(MANDATE, data={"q": "8000 005"})
    assert empty.status_code == 422
    assert 'data-code="mandate.empty"' in empty.text
    assert values(empty) == values(page)
    assert web.post(MANDATE, data={"q": "8000 005", "organisation": "company:s55"}).location == ANSWER
    assert given(world) == ("s55", None, None)


def test_a_search_that_finds_nothing_says_so_and_shows_the_way_back(world: World, web: FlaskClient):
    arrive(world, web, *schools(60), companies=SCHOOLS)
    page = web.get(MANDATE, query_string={"q": "<b>wilg"})
    assert values(page) == []
    assert "Geen organisatie gevonden met ‘&lt;b&gt;wilg’." in page.text
    assert 'data-testid="search-all"' in page.text
    assert 'data-testid="next"' not in page.text


def test_what_is_not_shown_can_still_be_chosen(world: World, web: FlaskClient):
    arrive(world, web, *schools(60), companies=SCHOOLS)
    assert web.post(MANDATE, data={"organisation": "company:s59"}).location == ANSWER


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("eenhoorn", ["a"]),
        ("ÉÉNHOORN ", ["a"]),
        ("  de   école", ["b"]),
        ("90000012", ["a"]),
        ("9000 0012", ["a"]),
        ("9999.99.011", ["a"]),
        ("0012", ["a"]),
        ("client", ["b"]),
        ("de", ["a", "b"]),
        ("", ["a", "b"]),
        ("x" * 1000, []),
        ("eenhoorn école", []),
    ],
)
def test_a_search_looks_at_names_and_numbers_whatever_case_accents_and_spaces(typed: str, found: list[str]):
    options = Options(
        (
            Option("a", "De Eénhoorn", kvk="90000012", rsin="999999011"),
            Option("b", "De Ecole", kvk="90000020", through=True, only="Client"),
        )
    )
    assert [option.value for option in options.find(typed).shown] == found


def test_accents_and_case_do_not_change_the_order():
    companies = tuple(CompanyRecord(name, name, kvk="90000012") for name in ("zon", "Eb", "étoile", "Ede"))
    held = [mandate(c.key, "anna", c.key) for c in companies]
    found = organisations(held, Register(companies=companies, mandates=held))
    assert [option.name for option in found] == ["Eb", "Ede", "étoile", "zon"]


# Who posts what was not there gets nowhere.


@pytest.mark.parametrize(
    ("url", "form"),
    [
        pytest.param(MANDATE, {"organisation": "company:stichting"}, id="a company of nobody"),
        pytest.param(MANDATE, {"organisation": "company:office"}, id="a company of somebody else"),
        pytest.param(
            MANDATE, {"organisation": "company:kantoor"}, id="an intermediary as if it were the company"
        ),
        pytest.param(MANDATE, {"organisation": "intermediary:office"}, id="another intermediary"),
        pytest.param(MANDATE, {"organisation": "intermediary:linde"}, id="a company as an intermediary"),
        pytest.param(MANDATE, {"organisation": "linde"}, id="a key without its kind"),
        pytest.param(MANDATE, {"organisation": "c-linde"}, id="the id of a mandate"),
        pytest.param(MANDATE, {"organisation": "company:"}, id="a kind without a key"),
        pytest.param(CHAIN, {"client": "wilg"}, id="a skipped organisation"),
        pytest.param(BRANCH, {"branch": NOORD}, id="a skipped client"),
        pytest.param(CONSENT, {}, id="a skipped branch"),
    ],
)
def test_a_forged_organisation_is_refused_and_told(
    world: World, web: FlaskClient, url: str, form: Mapping[str, str]
):
    arrive(world, web, *DIRECT, *THROUGH, *BRANCHES, mandate("of-piet", "piet", "office"))
    assert_refused(world, web.post(url, data=form))


@pytest.mark.parametrize(
    ("url", "form"),
    [
        pytest.param(CHAIN, {"client": "stichting"}, id="a client of nobody"),
        pytest.param(CHAIN, {"client": "office"}, id="a client of another intermediary"),
        pytest.param(CHAIN, {"client": "kantoor"}, id="the intermediary itself"),
        pytest.param(CHAIN, {"client": "company:wilg"}, id="a value of another page"),
        pytest.param(BRANCH, {"branch": "whole"}, id="a skipped client"),
        pytest.param(CONSENT, {"leave": "yes"}, id="a skipped client and branch"),
    ],
)
def test_a_forged_client_is_refused_and_told(
    world: World, web: FlaskClient, url: str, form: Mapping[str, str]
):
    other = (
        mandate("x", "anna", "office", intermediary="linde"),
        mandate("y", "anna", "wilg", intermediary="linde"),
    )
    arrive(world, web, *DIRECT, *THROUGH, *other)
    assert web.post(MANDATE, data={"organisation": "intermediary:kantoor"}).location == CHAIN
    assert_refused(world, web.post(url, data=form))


@pytest.mark.parametrize(
    ("url", "form"),
    [
        pytest.param(BRANCH, {"branch": "000000000001"}, id="a branch of nobody"),
        pytest.param(BRANCH, {"branch": ZUID}, id="a branch of the company without a mandate"),
        pytest.param(BRANCH, {"branch": "noord"}, id="the id of a mandate"),
        pytest.param(CHAIN, {"client": "linde"}, id="a client where there is no intermediary"),
        pytest.param(CONSENT, {}, id="a skipped branch"),
    ],
)
def test_a_forged_branch_is_refused_and_told(
    world: World, web: FlaskClient, url: str, form: Mapping[str, str]
):
    arrive(world, web, *DIRECT, *BRANCHES[:2], mandate("z", "piet", "eik", branch=ZUID))
    assert web.post(MANDATE, data={"organisation": "company:eik"}).location == BRANCH
    assert_refused(world, web.post(url, data=form))


def test_a_client_of_an_intermediary_that_was_chosen_before_is_no_longer_offered(
    world: World, web: FlaskClient
):
    beek = tuple(replace(m, id=f"o-{m.id}", intermediary="office") for m in (*BRANCHES[:1], DIRECT[0]))
    arrive(world, web, *THROUGH, *beek)
    web.post(MANDATE, data={"organisation": "intermediary:kantoor"})
    assert web.post(MANDATE, data={"organisation": "intermediary:office"}).location == CHAIN
    assert values(web.get(CHAIN)) == ["eik", "linde"]
    assert_refused(world, web.post(CHAIN, data={"client": "wilg"}))
    web.post(CHAIN, data={"client": "linde"})
    assert given(world) == ("linde", "office", None)


def assert_refused(world: World, page: TestResponse) -> None:
    assert page.status_code == 403
    assert 'data-testid="page-refused"' in page.text
    assert len(world.told(Event.STEP_REFUSED)) == 1
    assert world.desk.word("login-1") is None


# Pages that the register has overtaken.

ENDED = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("held", "road", "url", "form", "gone", "code"),
    [
        pytest.param(
            (*DIRECT, *BRANCHES),
            [],
            MANDATE,
            {"organisation": "company:wilg"},
            ["wilg"],
            "mandate.gone",
            id="company",
        ),
        pytest.param(
            (*DIRECT, *THROUGH),
            [],
            MANDATE,
            {"organisation": "intermediary:kantoor"},
            ["c-linde", "c-wilg"],
            "mandate.gone",
            id="intermediary",
        ),
        pytest.param(THROUGH, [], CHAIN, {"client": "wilg"}, ["c-wilg"], "chain.gone", id="client"),
        pytest.param(BRANCHES, [], BRANCH, {"branch": NOORD}, ["noord"], "branch.gone", id="branch"),
    ],
)
def test_what_was_on_the_page_and_has_gone_is_no_forgery(
    world: World,
    web: FlaskClient,
    held: tuple[Mandate, ...],
    road: list[tuple[str, str]],
    url: str,
    form: Mapping[str, str],
    gone: list[str],
    code: str,
):
    assert arrive(world, web, *held).location == url
    world.register = register(*(replace(m, until=ENDED) if m.id in gone else m for m in held))
    page = web.post(url, data=form)
    assert page.status_code == 422
    assert f'data-code="{code}"' in page.text
    assert not set(form.values()) & set(values(page))
    assert not world.told(Event.STEP_REFUSED)
    assert world.desk.word("login-1") is None


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("organisation", "url", "form"),
    [
        ("intermediary:kantoor", CHAIN, {"client": "wilg"}),
        ("company:eik", BRANCH, {"branch": NOORD}),
    ],
)
def test_when_all_behind_a_choice_has_gone_the_organisations_are_asked_again(
    world: World, web: FlaskClient, organisation: str, url: str, form: dict[str, str], method: str
):
    arrive(world, web, *DIRECT, *THROUGH, *BRANCHES)
    assert web.post(MANDATE, data={"organisation": organisation}).location == url
    world.register = register(*DIRECT)
    assert web.open(url, method=method, data=form).location == MANDATE
    page = web.get(MANDATE)
    assert 'data-code="mandate.gone"' in page.text
    assert values(page) == ["company:linde", "company:wilg"]
    assert given(world) is None
    assert web.post(MANDATE, data={"organisation": "company:linde"}).location == ANSWER
    assert given(world) == ("linde", None, None)


def test_when_nothing_is_left_the_page_says_so(world: World, web: FlaskClient):
    arrive(world, web, *THROUGH)
    world.register = register()
    assert web.post(CHAIN, data={"client": "wilg"}).location == MANDATE
    assert 'data-testid="page-nomandate"' in web.get(MANDATE).text


@pytest.mark.parametrize(
    ("held", "url", "code"),
    [(DIRECT, MANDATE, "mandate"), (THROUGH, CHAIN, "chain"), (BRANCHES, BRANCH, "branch")],
)
def test_who_picks_nothing_is_asked_to_choose(
    world: World, web: FlaskClient, held: tuple[Mandate, ...], url: str, code: str
):
    arrive(world, web, *held)
    page = web.post(url, data={})
    assert page.status_code == 422
    assert f'data-code="{code}.empty"' in page.text
    field = re.search(rf'href="#(\w+)" data-code="{code}.empty"', page.text)
    assert field
    assert f'id="{field[1]}"' in page.text
