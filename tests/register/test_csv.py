"""People, companies and mandates in CSV: what a table may look like, and what is said of one that is wrong."""

import re
from datetime import date
from pathlib import Path

import pytest
from good_file import SUPPLIERS, without_column

from broker.command.checking import check
from suppliers.ask import Level
from suppliers.profiles import load_profiles
from suppliers.register import rows
from suppliers.register.loader import Loaded, load
from suppliers.register.model import Place
from suppliers.register.problems import ConfigError
from suppliers.register.reading import Reading
from support.golden import FOLDER

ROOT = """\
services:
  helpdesk: {name: H, provider: P, service_id: "urn:etoegang:DV:00000001999999990000:services:1", level: EH3}
csv: {people: people.csv, companies: companies.csv, mandates: mandates.csv}
"""
PEOPLE = "key;name;email;supplier;username;password;level\nj.smit;Jan Smit;j@voorbeeld.example;reconi;jan;W-1;EH3\n"
COMPANIES = "key;name;kvk\nakker;De Akker;90000101\n"
MANDATES = "person;company;service;level\nj.smit;akker;*;EH3\n"


@pytest.fixture
def loaded(tmp_path):
    def load_(people=PEOPLE, companies=COMPANIES, mandates=MANDATES, root=ROOT) -> Loaded:
        tables = {"people": people, "companies": companies, "mandates": mandates}
        for name, text in tables.items():
            content = text if isinstance(text, bytes) else text.encode()
            (tmp_path / f"{name}.csv").write_bytes(content)
        (tmp_path / "f.yaml").write_text(root)
        return load(
            tmp_path / "f.yaml", suppliers=SUPPLIERS, reading=Reading(date(2026, 11, 22), {"PW": "hush"})
        )

    return load_


@pytest.fixture
def complaints(loaded, tmp_path):
    def of(**files) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            loaded(**files)
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return of


def test_tables_become_records_that_know_their_file_and_line(loaded, tmp_path):
    register = loaded().register
    person = register.people["j.smit"]
    assert (person.name, person.email, str(person.place)) == (
        "Jan Smit",
        "j@voorbeeld.example",
        f"{tmp_path}/people.csv:2",
    )
    assert register.login("reconi", "JAN")[1].level is Level.EH3
    assert register.companies["akker"].kvk == "90000101"
    [mandate] = register.mandates_of("j.smit")
    assert (mandate.id, mandate.service, mandate.place) == (
        "j.smit/akker/all",
        "*",
        Place(f"{tmp_path}/mandates.csv", 2),
    )


@pytest.mark.parametrize(
    "people",
    [
        pytest.param(PEOPLE.replace(";", ","), id="commas"),
        pytest.param(b"\xef\xbb\xbf" + PEOPLE.encode(), id="a mark in front"),
        pytest.param(PEOPLE.replace("\n", "\r\n"), id="lines of Windows"),
        pytest.param(PEOPLE + ";;;;;;\n\n", id="empty rows"),
        pytest.param(PEOPLE.replace("Jan Smit", '"Jan Smit"'), id="quotes"),
        pytest.param(PEOPLE.replace("Jan Smit", " Jan Smit "), id="spaces around"),
        pytest.param(PEOPLE.removesuffix("\n"), id="no end of the last line"),
    ],
)
def test_a_table_may_be_written_with(loaded, people):
    person = loaded(people=people).register.people["j.smit"]
    assert (person.name, person.means[0].username, person.means[0].password) == ("Jan Smit", "jan", "W-1")


def test_a_quoted_text_may_hold_the_delimiter(loaded):
    register = loaded(people=PEOPLE + 'a;"A; of B";;kpn;a;x;EH3\n').register
    assert register.people["a"].name == "A; of B"


def test_a_quoted_text_that_goes_on_over_a_line_end_is_refused_and_the_lines_below_are_counted_right(
    complaints,
):
    more = 'a;"A; of\nB";;kpn;a;x;EH3\nb;B;;kpn;b;x;EH9\n'
    found = complaints(people=PEOPLE + more)
    assert found[0] == "people.csv:3:3: name: holds a line break: write it on one line"
    assert found[1].startswith("people.csv:5:14: level: ")


def test_what_excel_writes_above_the_header_is_passed_over(loaded, complaints):
    assert "j.smit" in loaded(people="sep=;\n" + PEOPLE).register.people
    assert complaints(people="sep=;\r\n" + PEOPLE.replace(";EH3", ";EH9"))[0].startswith("people.csv:3:")
    assert "columns of line 2" in complaints(people="sep=;\n" + PEOPLE + "x\n")[0]


def test_a_header_with_capitals_is_one_mistake_for_each_name(complaints):
    found = complaints(companies="Key; Name;KvK\nakker;De Akker;90000101\n")
    assert [line.partition(":")[0] for line in found if "is missing" in line] == []
    assert [line[line.index("did you mean") :] for line in found if "is not a column" in line] == [
        f'did you mean "{name}"?' for name in ("key", "name", "kvk")
    ]


def test_a_further_row_of_a_person_adds_a_means(loaded):
    register = loaded(people=PEOPLE + "j.smit;;;kpn;jan;x;EH4\n").register
    assert [(m.supplier, m.level.label) for m in register.people["j.smit"].means] == [
        ("reconi", "EH3"),
        ("kpn", "EH4"),
    ]


def test_a_person_may_have_no_means_and_may_have_attributes(loaded):
    people = "key;name;attributes.urn:x:First\na;A;Anna\nb;B;\n"
    register = loaded(people=people, mandates="person;company;service;level\n").register
    assert (register.people["a"].attributes, register.people["a"].means) == ({"urn:x:First": "Anna"}, ())
    assert register.people["b"].attributes == {}


def test_branches_are_numbers_with_names(loaded):
    companies = "key;name;kvk;branches\nakker;De Akker;90000101;000090000012 Noord | 000090000013 Zuid west\n"
    mandates = "person;company;service;level;branch\nj.smit;akker;*;EH3;000090000013\n"
    register = loaded(companies=companies, mandates=mandates).register
    assert register.companies["akker"].branches == {"000090000012": "Noord", "000090000013": "Zuid west"}
    assert register.mandates()[0].branch == "000090000013"


def test_secrets_and_days_are_read_as_in_yaml(loaded):
    people = PEOPLE.replace("W-1", "${PW}")
    mandates = "person;company;service;level;until\nj.smit;akker;helpdesk;EH3;today-1d\n"
    found = loaded(people=people, mandates=mandates)
    assert found.register.people["j.smit"].means[0].password == "hush"
    assert found.register.mandates()[0].until == date(2026, 11, 21)
    assert found.day == date(2026, 11, 22)


def test_yaml_and_tables_may_name_each_other(loaded):
    root = ROOT + "people: {m: {name: M}}\ncompanies: {dijk: {name: D, kvk: '90000103', manager: j.smit}}\n"
    root += "mandates: [{person: j.smit, company: akker, service: helpdesk, level: EH3}]\n"
    register = loaded(root=root, mandates=MANDATES + "m;dijk;*;EH3\n").register
    assert [m.id for m in register.mandates()] == ["j.smit/akker/helpdesk", "j.smit/akker/all", "m/dijk/all"]


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        pytest.param(
            {"people": PEOPLE.replace("supplier", "suplier")},
            "people.csv:1:16: suplier: is not a column here; allowed: key, name, email, phone, supplier, username, "
            'password, card, level, pin and 4 more; did you mean "supplier"?',
            id="a column that is misspelt",
        ),
        pytest.param(
            {"mandates": "person;company;service\n"},
            "mandates.csv:1:1: level: is missing: this column is needed; allowed: id, person, company, intermediary, "
            "service, provider, level, from, until, branch and 2 more",
            id="a column that is missing",
        ),
        pytest.param(
            {"companies": "key;name;kvk;kvk\n", "mandates": "person;company;level\n"},
            "companies.csv:1:14: kvk: is here twice: remove one",
            id="a column twice",
        ),
        pytest.param(
            {"companies": COMPANIES.replace("90000101", "0000101")},
            'companies.csv:2:16: kvk: a KvK number has 8 digits, "0000101" has 7: was a zero at the front lost? write '
            '00000101; in Excel, make the column Text first; allowed: 8 digits; did you mean "00000101"?',
            id="a KvK number that a spreadsheet spoilt",
        ),
        pytest.param(
            {"companies": COMPANIES + "akker;Twee;90000102\n"},
            'companies.csv:3:1: key: "akker" is taken on line 2: each needs one of its own',
            id="a company twice",
        ),
        pytest.param(
            {"people": PEOPLE.replace(";EH3", ";")},
            "people.csv:2:1: level: is missing",
            id="a means without a level",
        ),
        pytest.param(
            {"people": PEOPLE.replace(";W-1", ";${NO_SUCH}")},
            "people.csv:2:48: password: the environment has no NO_SUCH: set it, or write ${NO_SUCH:-default}",
            id="a secret that is not set",
        ),
        pytest.param(
            {"mandates": MANDATES.replace("*", "helpdsk")},
            'mandates.csv:2:14: service: there is no service "helpdsk"; allowed: helpdesk, H, *; '
            'did you mean "helpdesk"?',
            id="a service that is misspelt",
        ),
        pytest.param(
            {"mandates": 'person;company;service;level\nj.smit;"akker;*;EH3\n'},
            "mandates.csv:2:1: a quote that opens is not closed, or text stands behind a closing quote",
            id="an open quote",
        ),
        pytest.param(
            {"people": b"key;name\nj.smit;Jos\xe9\n"},
            'people.csv:2:11: byte "0xE9" is not UTF-8',
            id="Latin 1",
        ),
        pytest.param(
            {"people": PEOPLE.encode("utf-16")},
            "people.csv:1:1: the file is saved as UTF-16: save it as UTF-8, in Excel as 'CSV UTF-8'",
            id="UTF-16",
        ),
        pytest.param(
            {"people": b"PK\x03\x04\x14\x00"},
            "people.csv:1:1: this is an Excel workbook: save it as 'CSV UTF-8', a new name is not enough",
            id="a workbook with another name",
        ),
        pytest.param(
            {"people": PEOPLE.replace(";", "\t")},
            "people.csv:1:1: tabs stand between the fields: put ';' or ',' there",
            id="tabs",
        ),
        pytest.param(
            {"people": PEOPLE.partition("\n")[2]},
            "people.csv:1:1: the first line must name the columns, and this one names none; allowed: key, ",
            id="no header",
        ),
        pytest.param(
            {"companies": COMPANIES + "molen,De Molen (fictief),90000103\n"},
            "companies.csv:3:1: ',' stands between the fields here, and ';' on line 1",
            id="rows with another sign between the fields than the header",
        ),
        pytest.param(
            {"companies": COMPANIES + "molen\n"},
            "companies.csv:3:1: has 1 field, fewer than the 3 columns of line 1: put quotes around",
            id="one field",
        ),
        pytest.param(
            {"companies": COMPANIES + "molen;De\x00 Molen;90000103\n"},
            "companies.csv:3:7: name: character U+0000 is invisible and not allowed: remove it",
            id="a character that nobody sees",
        ),
        pytest.param(
            {"companies": COMPANIES + f"molen;{'x' * 1_001};90000103\n"},
            "companies.csv:3:7: name: is longer than 1000 characters",
            id="a very long text",
        ),
        pytest.param(
            {
                "mandates": "id;person;company;service;level\nx;j.smit;akker;*;EH3\nx;j.smit;akker;helpdesk;EH3\n"
            },
            'mandates.csv:3:1: id: "x" is taken on line 2: each needs one of its own',
            id="an id twice",
        ),
        pytest.param(
            {"mandates": "id;person;company;service;level\n..;j.smit;akker;*;EH3\n"},
            "mandates.csv:2:1: id: .. cannot stand in an address",
            id="an id that no address can hold",
        ),
        pytest.param(
            {"mandates": f"id;person;company;service;level\n{'x' * 201};j.smit;akker;*;EH3\n"},
            "mandates.csv:2:1: id: a key has at most 200 characters",
            id="a very long id",
        ),
        pytest.param(
            {"mandates": ""}, "mandates.csv:1:1: the first line must name the columns", id="an empty file"
        ),
    ],
)
def test_a_mistake_is_said_with_file_line_and_column(complaints, files, complaint):
    assert any(line.startswith(complaint) for line in complaints(**files)), complaints(**files)


def test_a_secret_is_never_in_a_message(complaints):
    people = PEOPLE.replace("W-1", "${PW}").replace(";EH3", ";EH9")
    lines = complaints(people=people)
    assert lines
    assert "hush" not in "".join(lines)


def test_of_a_thousand_mistakes_the_rest_is_not_read(complaints, monkeypatch):
    monkeypatch.setattr(rows, "MOST_PROBLEMS", 20)
    lines = complaints(mandates=MANDATES + "nobody;akker;*;EH3\n" * 500)
    assert len(lines) < 30
    assert any("more than 20 mistakes" in line for line in lines)


def test_forty_mistakes_give_forty_lines_in_these_words(monkeypatch):
    monkeypatch.chdir(FOLDER)
    monkeypatch.delenv("NOT_SET_ANYWHERE", raising=False)
    found = check(Path("forty-mistakes.yaml"), load_profiles())
    lines = [str(problem) for problem in found.errors]
    assert lines == (FOLDER / "forty-mistakes.txt").read_text("utf-8").splitlines()
    assert len(lines) == 40


def test_every_marked_line_of_the_forty_has_its_line(monkeypatch):
    monkeypatch.chdir(FOLDER)
    problems = check(Path("forty-mistakes.yaml"), load_profiles()).errors
    for name in ("forty-mistakes.yaml", "forty-mistakes/more.yaml"):
        lines = (FOLDER / name).read_text("utf-8").splitlines()
        marked = {number for number, line in enumerate(lines, 1) if re.search("  # [0-9]", line)}
        assert {problem.line for problem in problems if problem.file == name} == marked
    assert all(problem.column >= 1 for problem in problems)
    assert without_column(problems[0]).startswith("forty-mistakes.yaml:4: ")
