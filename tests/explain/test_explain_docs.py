"""docs/qa.md and docs/testpersonen.md say what is so."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from broker import cli

DOCS = Path(__file__).resolve().parents[2] / "docs"

Run = Callable[..., tuple[int, str]]
HEAD = """# Who is in the test data

Everybody in the `eherkenning.yaml` that `mock-eherkenning init` writes, with what to type and what happens. They are
made up, and so are their numbers. This page is made by `mock-eherkenning users --format markdown`; do the same with
your own files. Why something happens to somebody: `mock-eherkenning explain` ([qa.md](qa.md)).

"""


def test_the_page_of_people_is_what_the_command_prints(run: Run) -> None:
    code, table = run("users", "--format", "markdown")
    assert code == 0
    file = DOCS / "testpersonen.md"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(HEAD + table, "utf-8")
    assert file.read_text("utf-8") == HEAD + table, "run UPDATE_GOLDEN=1 and look at the diff in git"


def commands() -> list[list[str]]:
    """What the page for QA has people type."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", (DOCS / "qa.md").read_text("utf-8"), re.DOTALL))
    return [shlex.split(line) for line in blocks.splitlines() if line.startswith("mock-eherkenning")]


def test_the_page_for_qa_leads_to_a_mandate_that_expired_yesterday(run: Run, home: Path) -> None:
    page = (DOCS / "qa.md").read_text("utf-8")
    old, new = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    file = home / "eherkenning.yaml"
    text = file.read_text("utf-8")
    assert text.count(old) == 1, "the line that the page names"
    explain = next(words for words in commands() if words[1] == "explain")
    assert run(*explain[1:])[0] == 0, "before the change"
    file.write_text(text.replace(old, new), "utf-8")
    assert run(*explain[1:])[0] == 1
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    said = masked(run(*explain[1:])[1])
    for line in masked(shown).splitlines():
        assert line in said or line == "...", f"the page shows {line!r}; now it is\n{said}"


def test_the_lines_that_the_page_for_qa_shows_are_those_of_a_home_as_init_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (DOCS / "qa.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    cli.main(["init"])
    old, new = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "eherkenning.yaml"
    capsys.readouterr()
    assert cli.main(["check"]) == 0
    assert "six by itself" in page
    assert capsys.readouterr().out.endswith("0 errors, 6 warnings\n")
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    assert cli.main(["check"]) == 0
    (warning,) = re.findall(r"```console\n(.*?)\n```", page, re.DOTALL)
    said = capsys.readouterr().out
    assert said.endswith("0 errors, 7 warnings\n")
    assert dated(warning) in dated(said)
    explain = next(words for words in commands() if words[1] == "explain")
    assert cli.main(explain[1:]) == 1
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert dated(capsys.readouterr().out) == dated(shown)


def dated(text: str) -> str:
    """Without the days, which change."""
    return re.sub(r"\d+ [A-Z]\w+ 20\d\d|20\d\d-\d\d-\d\d", "DAY", text)


def masked(text: str) -> str:
    """Without the days and the numbers of lines, which change."""
    return re.sub(r"\d+ November \d+|\d+ \w+ 20\d\d", "DAY", re.sub(r"yaml:\d+", "yaml:N", text))


def test_every_command_and_option_of_the_page_is_there(run: Run) -> None:
    assert {words[1] for words in commands()} == {"init", "check", "explain", "serve"}
    help_ = run("explain", "--help")[1]
    page = (DOCS / "qa.md").read_text("utf-8")
    told = {
        option
        for row in re.findall(r"^\| (`--.*?) \|", page, re.MULTILINE)
        for option in re.findall(r"--\w+", row)
    }
    assert told >= {"--at", "--company", "--supplier", "--means", "--level", "--format", "--lang", "--home"}
    assert all(option in help_ for option in told)


def test_every_page_that_it_leads_to_is_there() -> None:
    links = re.findall(r"\]\(([\w-]+\.md)", (DOCS / "qa.md").read_text("utf-8"))
    assert {"eherkenning-yaml.md", "api.md", "means.md", "mandates-and-attributes.md", "messages.md"} <= set(
        links
    )
    assert all((DOCS / link).is_file() for link in links)
    assert "(docs/qa.md)" in (DOCS.parent / "README.md").read_text("utf-8")
