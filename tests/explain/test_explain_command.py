"""``mock-eherkenning explain``: why a login would pass or fail, with the line that decides."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from broker import explaining
from broker.app import create
from broker.settings import Settings
from broker.store.sqlite import SqliteStore
from suppliers.accounts import Accounts
from support.golden import same_as_golden

Run = Callable[..., tuple[int, str]]
DAY = ("--at", "2026-11-22")
ROOT = Path(__file__).resolve().parents[2]
HELPDESK = ("--service", "Mijn Helpdesk po")
FIVE = {
    "passes": ("m.devries", *HELPDESK),
    "expired": ("r.peters", *HELPDESK),
    "level": ("n.postma", *HELPDESK),
    "blocked": ("b.geerts", *HELPDESK),
    "chain": ("a.tempelman", *HELPDESK, "--company", "90000020"),
}


@pytest.mark.parametrize("name", FIVE)
def test_what_is_explained_of_five_people(run: Run, name: str) -> None:
    code, json_text = run("explain", *FIVE[name], *DAY, "--format", "json")
    texts = [run("explain", *FIVE[name], *DAY, "--lang", language)[1] for language in ("nl", "en")]
    assert code == (0 if name in ("passes", "chain") else 1)
    assert json.loads(json_text)["passes"] is (code == 0)
    same_as_golden(f"explain-{name}.txt", "\n".join(texts))
    same_as_golden(f"explain-{name}.json", json_text)


def test_every_line_names_a_line_of_the_file_that_is_about_it(run: Run, home: Path) -> None:
    lines = (home / "eherkenning.yaml").read_text().splitlines()
    _, said = run("explain", "r.peters", *HELPDESK)
    *steps, _ = said.splitlines()
    places = [re.match(r"eherkenning\.yaml:(\d+): (ok|NO|-): .", step) for step in steps]
    assert all(places), said
    decided = [lines[int(place[1]) - 1] for place in places if place and place[2] == "NO"]
    assert all("person: r.peters" in line and "until: 2023-12-31" in line for line in decided), decided


@pytest.mark.parametrize(
    "who", ["R.Peters", "Roos Peters", "roos peters", "r.peters@voorbeeld.example", " r.peters "]
)
def test_a_person_is_found_by_key_user_name_name_and_address(run: Run, who: str) -> None:
    assert "Roos Peters (r.peters)" in run("explain", who, *HELPDESK)[1]


@pytest.mark.parametrize(
    "service", ["mijn-helpdesk-po", "MIJN helpdesk PO", "urn:etoegang:DV:00000001999999990000:services:1"]
)
def test_a_service_is_found_by_key_name_and_service_id(run: Run, service: str) -> None:
    assert run("explain", "m.devries", "--service", service)[0] == 0


@pytest.mark.parametrize("company", ["regenboog", "90000012", "999900006"])
def test_a_company_is_found_by_key_and_numbers(run: Run, company: str) -> None:
    assert run("explain", "m.devries", *HELPDESK, "--company", company)[0] == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("r.peter", *HELPDESK), 'there is no person "r.peter"; did you mean "r.peters"?'),
        (("Ros Peters", *HELPDESK), 'did you mean "r.peters"?'),
        (("m.devries", "--service", "Mijn Helpdesk"), 'did you mean "Mijn Helpdesk po"?'),
        (("m.devries", *HELPDESK, "--company", "regenbog"), 'did you mean "regenboog"?'),
        (("m.devries", *HELPDESK, "--supplier", "reconni"), 'did you mean "reconi"?'),
        (("m.devries", *HELPDESK, "--means", "mdevries"), 'did you mean "m.devries"?'),
        (
            ("m.devries", *HELPDESK, "--level", "EH5"),
            '--level: "EH5" is not a level; allowed: EH2, EH2+, EH3, EH4',
        ),
        (
            ("m.devries", *HELPDESK, "--at", "22-11-2026"),
            '--at: "22-11-2026" is no day and no time; allowed: 2026-11-22T09:00:00',
        ),
        (("m.devries",), "--service"),
    ],
)
def test_a_question_that_means_nothing_is_wrong_use(run: Run, words: tuple[str, ...], says: str) -> None:
    code, said = run("explain", *words)
    assert code == 2
    assert says in said


def test_a_broken_file_is_told_as_anywhere_else(run: Run, home: Path) -> None:
    (home / "eherkenning.yaml").write_text("people: 3\n")
    code, said = run("explain", "m.devries", *HELPDESK)
    assert code == 2
    assert "eherkenning.yaml:1" in said


def test_of_two_companies_with_one_number_the_text_says_which_one_it_is_about(run: Run, home: Path) -> None:
    file = home / "eherkenning.yaml"
    double = "companies:\n  a-dubbel: {name: Dubbel (fictief), kvk: '90000012'}\n"
    file.write_text(file.read_text("utf-8").replace("companies:\n", double, 1), "utf-8")
    code, said = run("explain", "p.bakker", "--service", "Mijn Helpdesk po", "--company", "90000012")
    assert code == 0
    assert "this is about company regenboog; of the same number or name there is also: a-dubbel" in said


def test_who_reads_only_the_first_line_sees_no_complaint(home: Path) -> None:
    command = [sys.executable, "-m", "broker.cli", "users", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""


@pytest.mark.parametrize(
    ("at", "code"), [("2023-12-31", 0), ("2024-01-01", 1), ("2023-06-01T10:00:00Z", 0), ("today", 1)]
)
def test_another_day_gives_another_answer(run: Run, at: str, code: int) -> None:
    assert run("explain", "r.peters", *HELPDESK, "--at", at)[0] == code


@pytest.mark.parametrize(
    ("words", "step", "code", "ok"),
    [
        (("k.dekker", "--company", "regenboog"), "mandate", "none", False),
        (("l.jacobs", "--service", "subsidieloket"), "mandate", "service", False),
        (("s.visser", "--service", "examenkluis"), "supplier", "level", False),
        (("m.devries", "--supplier", "kpn"), "means", "none", False),
        (("p.nijhuis",), "factor", "nochannel", False),
        (("h.kaya",), "factor", "ways", True),
        (("q.lammers",), "standing", "expired", False),
        (("m.renkema",), "renew", "asked", True),
        (("z.smeets", "--service", "examenkluis"), "factor", "card", True),
        (("t.mulder",), "organisation", "choice", True),
        (("t.mulder", "--company", "vuurtoren"), "organisation", "taken", True),
        (("a.tempelman",), "chain", "choice", True),
        (("r.devos", "--service", "subsidieloket"), "branch", "choice", True),
        (("o.kuipers", "--service", "subsidieloket"), "branch", "one", True),
        (("m.devries",), "attributes", "none", True),
        (("l.jacobs", "--level", "EH2+"), "level", "enough", True),
    ],
)
def test_each_thing_that_is_decided_is_a_step(
    run: Run, words: tuple[str, ...], step: str, code: str, ok: bool
) -> None:
    more = () if "--service" in words else HELPDESK
    found = json.loads(run("explain", *words, *more, "--format", "json")[1])
    steps = {(one["step"], one["code"]): one["ok"] for one in found["steps"]}
    assert steps.get((step, code)) is ok, steps
    assert found["passes"] is all(one["ok"] is not False for one in found["steps"])


def test_of_two_means_the_one_that_lets_in_is_taken_and_the_other_can_be_named(run: Run) -> None:
    code, said = run("explain", "u.brouwer", *HELPDESK, "--means", "u.brouwer")
    assert (code, "EH2+; EH3 or higher is needed" in said) == (1, True)
    found = json.loads(run("explain", "Ursula Brouwer", *HELPDESK, "--format", "json")[1])
    assert (found["passes"], found["means"]["username"]) == (True, "u.brouwer-3")


def test_a_mandate_that_does_not_fit_is_no_hindrance_beside_one_that_does(run: Run, home: Path) -> None:
    file = home / "eherkenning.yaml"
    file.write_text(
        file.read_text()
        + '  - {person: m.devries, company: vuurtoren, service: "*", level: EH3, status: revoked}\n'
    )
    code, said = run("explain", "m.devries", *HELPDESK)
    assert code == 0
    assert re.search(r": -: .*Vuurtoren.* has been revoked", said), said


def state_of(home: Path) -> SqliteStore:
    return SqliteStore(home / "state.sqlite")


def test_what_happened_in_the_home_counts_and_nothing_of_it_is_changed(
    run: Run, home: Path, keys: Path
) -> None:
    (home / "certs").symlink_to(keys)
    application = create(Settings(home=home.resolve()), watch=False)
    try:
        client = application.wsgi.test_client()
        base = application.parts.settings.base_url
        means = application.parts.current.register.people["m.devries"].means[0]
        guesses = Accounts(application.parts.store)
        for _ in range(3):
            guesses.guess(means, "wrong")
        body = {"person": "k.dekker", "company": "regenboog", "service": "*", "level": "EH3"}
        made = client.post("/api/v1/mandates", json=body, base_url=base)
        assert made.status_code == 201
    finally:
        application.close()
    state = home / "state.sqlite"
    before = hashlib.sha256(state.read_bytes()).hexdigest()
    code, said = run("explain", "m.devries", *HELPDESK)
    assert (code, "blocked after 3" in said) == (1, True), said
    code, said = run("explain", "k.dekker", *HELPDESK)
    assert (code, "api: ok: " in said) == (0, True), said
    assert hashlib.sha256(state.read_bytes()).hexdigest() == before


def test_a_state_that_is_none_is_told_in_one_line(run: Run, home: Path) -> None:
    (home / "state.sqlite").write_text("nothing like it")
    code, said = run("explain", "m.devries", *HELPDESK)
    assert (code, len(said.splitlines())) == (2, 1)
    assert "state.sqlite" in said


def test_thousands_of_mandates_do_not_make_thousands_of_lines(run: Run, home: Path) -> None:
    file = home / "eherkenning.yaml"
    more = '  - {person: k.dekker, company: vuurtoren, service: "*", level: EH3, status: revoked}\n' * 300
    file.write_text(file.read_text() + more)
    code, said = run("explain", "k.dekker", *HELPDESK)
    assert code == 1
    assert len(said.splitlines()) < 70
    assert "There are 250 more" in said


def test_what_the_service_provider_would_get_is_what_it_gets(bench: Any) -> None:
    application = bench.application
    scene = explaining.Scene(application.parts.current, application.parts.suppliers, application.parts.now())
    service = bench.sp.services[1][0]
    given = explaining.explained(scene, explaining.Question("h.dijkstra", service)).explanation.given
    assert given
    assert given.identifiers == {"RSIN": "999900031"}
    events = bench.exchanges
    bench.login("h.dijkstra", "kpn")
    told = events.recent(1)[0].last("word-given")
    assert (told["person"], told["company"], told["level"]) == (given.person, given.company.key, given.level)
