"""More files than one, days that do not age, secrets of the environment, and records that are made up."""

from datetime import date

import pytest
from good_file import GOOD, SUPPLIERS, changed

from suppliers.register.days import relative
from suppliers.register.generate import eleven, rsin_of
from suppliers.register.loader import Loaded, load, loads
from suppliers.register.problems import ConfigError
from suppliers.register.reading import Reading

TODAY = date(2026, 11, 22)


@pytest.fixture
def loaded(tmp_path):
    def load_(**files: str) -> Loaded:
        for name, text in files.items():
            file = tmp_path / f"{name.replace('__', '/')}.yaml"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return load(tmp_path / "root.yaml", suppliers=SUPPLIERS, reading=Reading(TODAY, {}))

    return load_


@pytest.fixture
def complaints(loaded, tmp_path):
    def of(**files: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            loaded(**files)
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return of


def read(text: str, environ: dict[str, str] | None = None, today: date = TODAY) -> Loaded:
    return loads(text, "f.yaml", suppliers=SUPPLIERS, reading=Reading(today, environ or {}))


# ---- include ----


def test_files_are_included_from_the_folder_of_the_one_that_names_them(loaded, tmp_path):
    found = loaded(
        root=GOOD + "include: [team/a.yaml]\n",
        team__a="include: [b.yaml]\npeople: {a: {name: A}}\nmandates:\n"
        "- {person: b, company: regenboog, service: helpdesk, level: EH3}\n",
        team__b="people: {b: {name: B}}\n",
    )
    assert list(found.register.people) == ["m.devries", "a", "b"]
    [mandate] = found.register.mandates_of("b")
    assert str(mandate.place) == f"{tmp_path}/team/a.yaml:4"
    assert [file.name for file in found.files] == ["root.yaml", "a.yaml", "b.yaml"]


def test_a_mistake_is_said_of_the_file_that_it_is_in(complaints):
    lines = complaints(
        root=GOOD + "include: [more.yaml]\n",
        more="mandates:\n  - {person: m.devries, company: regenbog, service: helpdesk, level: EH3}\n",
    )
    assert lines == [
        'more.yaml:2:25: mandates[1].company: there is no company "regenbog"; allowed: regenboog; '
        'did you mean "regenboog"?'
    ]


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        pytest.param(
            {"root": "include: [mor.yaml]", "more": "{}"},
            'root.yaml:1:11: include[1]: "mor.yaml" cannot be read: there is no such file; did you mean "more.yaml"?',
            id="a file that is not there",
        ),
        pytest.param(
            {"root": "include: [more.yaml]", "more": "include: [root.yaml]"},
            'more.yaml:1:11: include[1]: "root.yaml" includes this file in turn: a circle',
            id="a circle",
        ),
        pytest.param(
            {"root": "include: [root.yaml]"},
            'root.yaml:1:11: include[1]: "root.yaml" includes this file in turn: a circle',
            id="itself",
        ),
        pytest.param(
            {"root": "include: [more.yaml, ./more.yaml]", "more": "{}"},
            'root.yaml:1:22: include[2]: "./more.yaml" is included already: leave one out',
            id="twice",
        ),
        pytest.param(
            {"root": "include: [../more.yaml]"},
            'root.yaml:1:11: include[1]: "../more.yaml" lies outside the folder of the first file: move it there, '
            "or write its whole path",
            id="outside the folder",
        ),
        pytest.param(
            {"root": "include: more.yaml"},
            "root.yaml:1:1: include: must be a list: one item a line after '- ', or [one, two]",
            id="no list",
        ),
        pytest.param(
            {"root": "include: [more.yaml]", "more": "a: [b\n"},
            "more.yaml:2:1: the list that opens with '[' on line 1 lacks its ']', or a ',' before this place",
            id="a file that is no YAML",
        ),
        pytest.param(
            {"root": "people: {a: {name: A}}\ninclude: [more.yaml]", "more": "people: {a: {name: B}}"},
            "more.yaml:1:10: people.a: is here and in root.yaml on line 1: remove one",
            id="a person in two files",
        ),
    ],
)
def test_what_can_be_wrong_with_an_include(complaints, files, complaint):
    assert complaints(**files) == [complaint]


def test_an_error_tells_which_files_were_looked_at(loaded):
    with pytest.raises(ConfigError) as caught:
        loaded(root="include: [none.yaml]")
    assert [file.name for file in caught.value.files] == ["root.yaml", "none.yaml"]


def test_a_change_in_any_file_changes_the_digest(loaded):
    first = loaded(root="include: [more.yaml]", more="people: {a: {name: A}}").digest
    assert loaded(root="include: [more.yaml]", more="people: {a: {name: B}}").digest != first


# ---- days ----


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 11, 22)),
        ("today-30d", date(2026, 10, 23)),
        ("today + 1y", date(2027, 11, 22)),
        ("-6m", date(2026, 5, 22)),
        ("+2w", date(2026, 12, 6)),
        ("today+3m-1d", date(2027, 2, 21)),
        ("TODAY-1D", date(2026, 11, 21)),
    ],
)
def test_a_day_may_be_counted_from_today(text, day):
    found = read(
        changed("until: 2039-12-31", f"until: {text}").replace("from: 2024-01-01", "from: 2001-01-01")
    )
    assert found.register.mandates()[0].until == day
    assert found.day == TODAY


def test_a_month_that_is_too_short_gives_its_last_day():
    assert relative("today+1m", date(2027, 1, 31)) == date(2027, 2, 28)
    assert relative("today-1y", date(2024, 2, 29)) == date(2023, 2, 28)


def test_a_file_without_relative_days_does_not_depend_on_the_day():
    assert read(GOOD).day is None


@pytest.mark.parametrize(
    "text", ["today-30", "30d", "yesterday", "today-x", "+", "today+999999d", "today-9999y"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ConfigError) as caught:
        read(changed("until: 2039-12-31", f'until: "{text}"'))
    [problem] = caught.value.problems
    assert (problem.line, problem.key) == (31, "mandates[1].until")
    assert "today-30d" in problem.allowed


def test_relative_days_too_must_be_in_order():
    with pytest.raises(ConfigError, match="until: today-1d comes before from, today"):
        read(changed("until: 2039-12-31", "until: today-1d").replace("from: 2024-01-01", "from: today"))


# ---- secrets ----


def password(written: str, environ: dict[str, str]) -> str:
    return read(changed('" Welkom "', f"'{written}'"), environ).register.people["m.devries"].means[0].password


@pytest.mark.parametrize(
    ("written", "environ", "value"),
    [
        ("${PW}", {"PW": "hush"}, "hush"),
        ("a-${PW}-b", {"PW": "hush"}, "a-hush-b"),
        ("${PW:-other}", {}, "other"),
        ("${PW:-other}", {"PW": "hush"}, "hush"),
        ("$${PW}", {"PW": "hush"}, "${PW}"),
        ("a$b", {}, "a$b"),
        ("a$$b", {}, "a$b"),
        ("${PW}", {"PW": "${PW}"}, "${PW}"),
    ],
)
def test_a_password_may_come_from_the_environment(written, environ, value):
    assert password(written, environ) == value


@pytest.mark.parametrize(
    ("written", "environ", "complaint"),
    [
        ("${PW}", {}, "the environment has no PW: set it, or write ${PW:-default}"),
        ("${PW}", {"PW": ""}, "PW is empty in the environment: fill it in, or write ${PW:-default}"),
        ("${PW:-}", {}, "is empty"),
        ("${P W}", {}, "'${' must be followed by the name of a variable and '}'; write '$${' for the text"),
    ],
)
def test_a_secret_that_cannot_be_filled_in_is_a_problem_with_its_line(written, environ, complaint):
    with pytest.raises(ConfigError) as caught:
        password(written, environ)
    assert [str(problem) for problem in caught.value.problems] == [
        f"f.yaml:23:45: people.m.devries.means[1].password: {complaint}"
    ]


def test_the_value_of_a_secret_is_in_no_message_and_in_no_repr():
    text = changed("pin: 012345", "pin: '${PIN}'").replace("Welkom-123", "'${PW}'")
    with pytest.raises(ConfigError) as caught:
        read(text, {"PIN": "hush12", "PW": "hush34"})
    assert "hush" not in str(caught.value)
    register = read(text, {"PIN": "123456", "PW": "hush34"}).register
    assert "hush34" not in repr(register.people)


def test_elsewhere_a_dollar_sign_is_text():
    assert (
        read(changed("name: De Regenboog", "name: '${HOME}'")).register.companies["regenboog"].name
        == "${HOME}"
    )


# ---- made up ----

MADE_UP = GOOD + "generate: {seed: 7, companies: 50, people: 200, mandates: 400}\n"


def test_the_same_seed_gives_the_same_and_another_gives_others():
    first, second = read(MADE_UP).register, read(MADE_UP).register
    other = read(MADE_UP.replace("seed: 7", "seed: 8")).register
    assert first.people == second.people
    assert first.companies == second.companies
    assert first.mandates() == second.mandates()
    assert list(first.people) != list(other.people)
    assert (len(first.people), len(first.companies), len(first.mandates())) == (201, 51, 401)


def test_what_is_made_up_is_valid_and_says_so():
    register = read(MADE_UP).register
    made = [company for company in register.companies.values() if company.key != "regenboog"]
    assert all(company.kvk[0] == "9" and len(company.kvk) == 8 and eleven(company.rsin) for company in made)
    assert len({company.kvk for company in made}) == len({company.rsin for company in made}) == 50
    assert all(len(branch) == 12 for company in made for branch in company.branches)
    people = [person for person in register.people.values() if person.key != "m.devries"]
    assert all("(fictief)" in record.name for record in [*made, *people])
    assert all(person.email.endswith("@voorbeeld.example") for person in people)
    assert all(register.login(m.supplier, m.username)[0] is p for p in people for m in p.means)
    assert {m.password for p in people for m in p.means} == {"Welkom-123"}


def test_what_is_made_up_never_has_a_name_of_the_file():
    key = next(key for key in read(MADE_UP).register.people if key != "m.devries")
    text = MADE_UP.replace("mandates:\n", f"  {key}: {{name: Mine}}\nmandates:\n", 1)
    register = read(text).register
    assert register.people[key].name == "Mine"
    assert len(register.people) == 202


def test_there_are_never_more_mandates_than_pairs():
    text = GOOD + "generate: {people: 2, companies: 2, mandates: 100}\n"
    assert len(read(text).register.mandates()) == 5


def test_the_eleven_test():
    assert eleven("999900006")
    assert not eleven("999900007")
    assert rsin_of(99990000) == "999900006"
