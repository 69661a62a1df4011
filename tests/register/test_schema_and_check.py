"""The JSON Schema for editors, and ``mock-eherkenning check`` with its formats and its warnings."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from good_file import GOOD, SUPPLIERS, changed

import broker
from broker import cli
from broker.command.checking import facts_of
from broker.command.json_schema import schema
from broker.yaml_files import surprises
from suppliers.ask import Level
from suppliers.profiles import load_profiles
from suppliers.register.loader import loads
from suppliers.register.problems import Problem
from suppliers.register.reading import Reading
from suppliers.register.warnings import Surprises

DEFAULT = Path(broker.__file__).parent / "defaults" / "eherkenning.yaml"
GOLDEN = Path(__file__).parent.parent / "golden"
TODAY = date(2026, 11, 22)
QUOTED = GOOD.replace("{000001234567", "{'000001234567'")  # without quotes an editor takes it for a number


class Core(yaml.SafeLoader):
    """As editors read YAML: the core schema of 1.2, where a date is text."""


Core.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def mistakes(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema())
    data = json.loads(json.dumps(yaml.load(text, Core)))
    return [error.json_path for error in validator.iter_errors(data)]


# ---- the schema ----


@pytest.mark.parametrize(
    "text", [DEFAULT.read_text("utf-8"), QUOTED, "people:\nmandates:\n"], ids=["default", "good", "empty"]
)
def test_good_files_fit_the_schema(text):
    assert mistakes(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("level: EH2+", "level: EH5"),
        ("kvk: 01234567", "kvk: '123'"),
        ("rsin: 012345678", "rsin: 'x'"),
        ("    email:", "    e-mail:"),
        ("until: 2039-12-31", "until: 31-12-2039"),
        ("until: 2039-12-31", "until: today-30"),
        ("status: active", "status: activ"),
        ("branches: {000001234567", "branches: {'12'"),
        ("services:1\n", "services:12345\n"),
        ("[[KvKnr], [RSIN]]", "[[KvK]]"),
        ("    level: EH3\n    from", "    from"),
        ("mandates:\n", "mandaten: []\nmandates:\n"),
        ("services:\n", "broker: {rules: strikt}\nservices:\n"),
        ("services:\n", "generate: {people: -1}\nservices:\n"),
    ],
)
def test_what_a_schema_can_tell_it_tells(old, new):
    assert mistakes(changed(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("until: 2039-12-31", "until: today+1y-1d"),
        ("pin: 012345", "pin: '${PIN}'"),
        ("[[KvKnr], [RSIN]]", "[KvKnr, RSIN]"),
        ("services:\n", "include: [a.yaml]\ncsv: {people: a.csv, mandates: [b.csv, c.csv]}\nservices:\n"),
        ("services:\n", "service_providers: {urn:x: {rules: strict}}\nservices:\n"),
    ],
)
def test_short_forms_fit_the_schema(old, new):
    assert mistakes(changed(old, new).replace("{000001234567", "{'000001234567'")) == []


def test_every_key_has_a_description():
    whole = schema()
    jsonschema.Draft202012Validator.check_schema(whole)
    missing = [
        f"{model}.{name}"
        for model, part in {"": whole, **whole["$defs"]}.items()
        for name, key in part.get("properties", {}).items()
        if not key.get("description")
    ]
    assert missing == []


def test_every_key_of_the_register_has_an_example_that_fits():
    whole = schema()
    for model, part in {"": whole, **whole["$defs"]}.items():
        if model in ("BrokerSection", "SpSection"):
            continue
        for name, key in part.get("properties", {}).items():
            assert key.get("examples"), f"{model}.{name}"
            for example in key["examples"]:
                jsonschema.Draft202012Validator({**key, "$defs": whole["$defs"]}).validate(example)


def test_the_command_prints_the_schema_and_init_puts_it_beside_a_new_file(tmp_path, capsys):
    assert cli.main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()
    assert cli.main(["init", "--home", str(tmp_path)]) == 0
    first, rest = (tmp_path / "eherkenning.yaml").read_text("utf-8").split("\n", 1)
    assert first == "# yaml-language-server: $schema=eherkenning.schema.json"
    assert rest == DEFAULT.read_text("utf-8")
    assert json.loads((tmp_path / "eherkenning.schema.json").read_text("utf-8")) == schema()


def test_init_leaves_an_older_file_as_it_is(tmp_path):
    (tmp_path / "eherkenning.yaml").write_text("{}")
    assert cli.main(["init", "--home", str(tmp_path)]) == 0
    assert (tmp_path / "eherkenning.yaml").read_text() == "{}"


# ---- check ----


@pytest.fixture
def check(capsys):
    def run(*arguments) -> tuple[int, str]:
        code = cli.main(["check", *map(str, arguments)])
        return code, capsys.readouterr().out

    return run


def test_a_file_without_mistakes_passes_and_warnings_fail_only_if_strict(check, tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text(GOOD)
    code, out = check(file)
    assert code == 0
    assert out.endswith("\n0 errors, 2 warnings\n")
    assert ":13:5: warning: companies.regenboog.kvk: " in out
    assert check("--strict", file)[0] == 1


def test_the_mistakes_of_all_files_are_printed(check, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("peple: {}\nmandate: []\n")
    code, out = check(tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert code == 1
    assert re.findall(r"(\w\.yaml:\d:\d): (\w+)", out) == [
        ("a.yaml:1:1", "peple"),
        ("a.yaml:2:1", "mandate"),
        ("b.yaml:1:1", "peple"),
        ("b.yaml:2:1", "mandate"),
    ]


def test_a_home_folder_stands_for_its_file(check, tmp_path):
    assert check(tmp_path)[0] == 1
    (tmp_path / "eherkenning.yaml").write_text("{}")
    assert check(tmp_path) == (0, "0 errors, 0 warnings\n")


def test_json_has_all_that_is_known(check, tmp_path):
    (tmp_path / "f.yaml").write_text("peple: {}\n")
    code, out = check("--format", "json", tmp_path / "f.yaml")
    found = json.loads(out)
    assert (code, found["passes"], found["warnings"]) == (1, False, [])
    [error] = found["errors"]
    assert (error["line"], error["column"], error["key"], error["nearest"]) == (1, 1, "peple", "people")
    assert "companies" in error["allowed"]


def test_github_gets_an_annotation_for_each_line(check, tmp_path):
    (tmp_path / "f.yaml").write_text("peple: {}\n")
    _, out = check("--format", "github", tmp_path / "f.yaml")
    assert out.startswith(f"::error file={tmp_path}/f.yaml,line=1,col=1::peple: is not known here; allowed: ")


def test_junit_has_a_failure_for_each_mistake_and_a_case_for_a_good_file(check, tmp_path):
    (tmp_path / "bad.yaml").write_text("peple: {}\nmandate: []\n")
    (tmp_path / "good.yaml").write_text("{}")
    _, out = check("--format", "junit", tmp_path / "bad.yaml", tmp_path / "good.yaml")
    bad, good = ElementTree.fromstring(out).findall("testsuite")
    assert (bad.get("tests"), bad.get("failures"), good.get("tests"), good.get("failures")) == (
        "2",
        "2",
        "1",
        "0",
    )
    assert [case.find("failure") is not None for case in (*bad, *good)] == [True, True, False]


def test_a_table_is_checked_through_the_yaml_that_names_it(check, tmp_path):
    (tmp_path / "people.csv").write_text("key;name\na;A\n")
    code, out = check(tmp_path / "people.csv")
    assert code == 1
    assert "a table is checked through the YAML that names it under 'csv:': check eherkenning.yaml" in out


# ---- warnings ----


def warnings(text: str) -> list[str]:
    return [f"{found.line}: {found.key}: {found.message}" for found in placed(text)]


def placed(text: str, suppliers: tuple[str, ...] = SUPPLIERS) -> list[Problem]:
    loaded = loads(text, "f.yaml", suppliers=suppliers, reading=Reading(TODAY, {}))
    found = surprises(loaded, TODAY, facts_of(load_profiles()), Path("f.yaml"))
    return [loaded.where.problem(one) for one in found]


ITEM = "  - {person: m.devries, company: regenboog, service: helpdesk, level: EH3}\n"
RAINBOW = "companies:\n  regenboog:\n    name: De Regenboog\n"
QUIET = GOOD.replace("01234567\n    rsin: 012345678", "91234567\n    rsin: '999900006'")


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        (
            "kvk: 91234567",
            "kvk: '01234567'",
            '13: companies.regenboog.kvk: "01234567" may be a real company\'s',
        ),
        ("'999900006'", "'999900007'", '14: companies.regenboog.rsin: "999900007" fails the eleven test'),
        (
            "until: 2039-12-31",
            "until: today-1d",
            "31: mandates[1].until: 2026-11-21 is in the past: the mandate has expired",
        ),
        ("from: 2024-01-01", "from: 2038-01-01", "30: mandates[1].from: 2038-01-01 is far in the future"),
        (
            "pin: 012345}",
            "until: today-1d}",
            "23: people.m.devries.means[1].until: 2026-11-21 is in the past",
        ),
        (
            "people:\n",
            "  leeg: {name: L, kvk: '90000013'}\npeople:\n",
            "16: companies.leeg: nobody has a mandate",
        ),
        (
            "mandates:\n",
            f"  n: {{name: N}}\nmandates:\n{ITEM.replace('m.devries', 'n')}",
            "27: mandates[1].person: n has no means, and cannot log in",
        ),
        ("[[KvKnr], [RSIN]]", "[[KvKnr, RSIN]]", None),
        ("    kvk: 91234567\n", "", None),
        (
            f"[[KvKnr], [RSIN]]\n    branches: false\n{RAINBOW}    kvk: 91234567\n",
            f"[[KvKnr]]\n{RAINBOW}",
            "25: mandates[1].company: no service of this mandate asks for what regenboog has, RSIN",
        ),
        ("    phone: 06-00 00 00 01\n", "", None),
        ("password: Welkom-123, level: EH3}", "password: Welkom-123, level: EH3, app: false}", None),
        ("    phone: 06-00 00 00 01\n    attributes: {FirstName: Mieke}\n", "", None),
    ],
)
def test_what_will_surprise_is_warned_of(old, new, warning):
    assert QUIET.count(old) == 1
    assert warnings(QUIET) == []
    found = warnings(QUIET.replace(old, new))
    assert len(found) == (warning is not None), found
    if warning:
        assert found[0].startswith(warning)


def test_a_pin_that_can_go_nowhere_is_warned_of():
    text = QUIET.replace("    phone: 06-00 00 00 01\n", "").replace(
        "Welkom-123, level: EH3}", "W, level: EH3, app: false}"
    )
    assert warnings(text) == [
        "23: people.m.devries.means[2]: kpn sends a PIN, and m.devries needs a phone or the app to get it"
    ]


def test_the_same_mandate_twice_is_warned_of():
    text = QUIET[: QUIET.index("mandates:")] + "mandates:\n" + ITEM * 2
    assert warnings(text) == ["27: mandates[2]: is the same as the mandate of line 26"]


def test_a_level_that_no_supplier_reaches_is_warned_of():
    facts = {"reconi": replace(facts_of(load_profiles())["reconi"], highest=Level.EH3)}
    text = QUIET.replace("    level: EH3\n    identifiers", "    level: EH4\n    identifiers").replace(
        "level: EH2+", "level: EH4"
    )
    register = loads(text, "f.yaml", suppliers=SUPPLIERS).register
    found = [one.path for one in Surprises(register, TODAY, facts).all()]
    assert found == [("services", "helpdesk", "level"), ("people", "m.devries", "means", 0, "level")]


def test_a_warning_points_at_the_key_that_it_is_about():
    text = QUIET.replace("until: 2039-12-31", "until: today-1d").replace("'999900006'", "'999900007'")
    text = text.replace("level: EH2+", "until: today-1d, level: EH2+")
    found = [
        (one.key, text.split("\n")[one.line - 1][one.column - 1 :].split(":")[0]) for one in placed(text)
    ]
    assert found == [
        ("companies.regenboog.rsin", "rsin"),
        ("people.m.devries.means[1].until", "until"),
        ("mandates[1].until", "until"),
    ]


def test_a_warning_of_a_table_points_at_the_field(tmp_path, capsys):
    (tmp_path / "f.yaml").write_text(QUIET + "csv: {companies: c.csv, mandates: m.csv}\n")
    (tmp_path / "c.csv").write_text("key;name;rsin\nmolen;De Molen (fictief);999900007\n")
    (tmp_path / "m.csv").write_text("person;company;service;level;until\nm.devries;molen;*;EH3;today-1d\n")
    assert cli.main(["check", str(tmp_path / "f.yaml")]) == 0
    said = [line.replace(f"{tmp_path}/", "") for line in capsys.readouterr().out.splitlines()]
    assert said[0].startswith('c.csv:2:26: warning: rsin: "999900007" fails the eleven test')
    assert said[1].startswith("m.csv:2:23: warning: until: ")


def test_a_warning_of_a_file_that_is_included_points_into_that_file(tmp_path, capsys):
    (tmp_path / "f.yaml").write_text(QUIET + "include: [more.yaml]\n")
    (tmp_path / "more.yaml").write_text(f"mandates:\n{ITEM.replace('}', ', until: today-1d}')}")
    assert cli.main(["check", str(tmp_path / "f.yaml")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/more.yaml:2:76: warning: mandates[1].until: ")


HELPDESK = QUIET[: QUIET.index("companies:")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            HELPDESK + "generate: {companies: 50}\n",
            ["nobody can log in for companies that are made up and have no mandate: 50 of them"],
        ),
        (
            HELPDESK + "generate: {companies: 1, people: 5, level: EH4, supplier: z-login}\n",
            ["z-login goes up to EH3, so EH4 of means that are made up is never reached: 5 of them"],
        ),
        (
            HELPDESK + "generate: {people: 5}\n",
            ["people that are made up have no mandate, for there is no company: 5 of them"],
        ),
        (HELPDESK + "generate: {companies: 1, people: 5}\n", []),
    ],
)
def test_of_what_is_made_up_each_thing_is_said_once_at_generate(text, expected):
    found = placed(text, ("reconi", "z-login"))
    assert [one.message for one in found] == expected
    assert {(one.line, one.column, one.key) for one in found} <= {(10, 1, "generate")}


def test_a_company_with_the_number_of_another_is_warned_of():
    text = QUIET.replace(
        "people:\n",
        "  dubbel: {name: D (fictief), kvk: '91234567', rsin: '999900006', approves: yes}\npeople:\n",
    )
    assert warnings(text) == [
        '16: companies.dubbel.kvk: "91234567" is the KvK number of regenboog on line 11 too: in real life each company '
        "has its own",
        '16: companies.dubbel.rsin: "999900006" is the RSIN of regenboog on line 11 too: in real life each company has '
        "its own",
    ]


@pytest.mark.parametrize(
    ("written", "warned"),
    [
        ("Welkom #123", True),
        ('"Welkom #123"', False),
        ("Welkom#123", False),
        ("Welkom-123 # of today", False),
    ],
)
def test_a_password_that_a_comment_cuts_off_is_warned_of(written, warned):
    found = placed(
        QUIET.replace("password: Welkom-123, level: EH3}", f"password: {written}\n        , level: EH3}}")
    )
    assert [(one.line, one.key) for one in found] == [(24, "people.m.devries.means[2].password")] * warned
    assert "Welkom" not in "".join(map(str, found))
