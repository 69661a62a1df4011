"""docs/scenarios.md: its table is the catalogue, and what it tells to type works."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from broker.scenarios.catalogue import CATALOGUE, GROUPS
from broker.scenarios.model import Param
from support.answers import call

DOCS = Path(__file__).parents[2] / "docs" / "scenarios.md"
BEGIN, END = "<!-- scenarios: made by tests/scenarios, UPDATE_GOLDEN=1 -->\n", "<!-- end of scenarios -->\n"


def table() -> str:
    lines: list[str] = []
    for group in GROUPS:
        lines += [
            f"### {group.SCENARIOS[0].group.capitalize()}\n",
            "| Name | What | Acts at | Changes | The service provider must | Reference |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for one in group.SCENARIOS:
            aimed = ["an attack: arm it with `sp`"] if one.hostile else []
            changes = "; ".join([one.changes.en, *map(param, one.params), *aimed])
            cells = (f"`{one.name}`", one.title.en, str(one.point), changes, one.sp_must.en, one.reference)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def param(one: Param) -> str:
    default = f", `{one.default}`" if one.default else ""
    return f"`{one.name}`: {one.what.en}{default}"


def test_the_table_in_the_docs_is_the_catalogue() -> None:
    text = DOCS.read_text()
    before, _, rest = text.partition(BEGIN)
    found, _, after = rest.partition(END)
    if os.environ.get("UPDATE_GOLDEN"):
        DOCS.write_text(before + BEGIN + "\n" + table() + END + after)
        return
    assert found.strip() == table().strip(), "docs/scenarios.md is not current: run with UPDATE_GOLDEN=1"


CHECKS = DOCS.with_name("does-my-sp-refuse.md")
"""Each check on service providers (SP-01 to SP-18) with its scenarios, by their references."""


def checks() -> str:
    rows = ["| Check | Scenarios |", "| --- | --- |"]
    for number in range(1, 19):
        check = f"SP-{number:02}"
        names = [f"`{one.name}`" for one in CATALOGUE.values() if check in one.reference]
        rows.append(f"| {check} {WHAT[number - 1]} | {', '.join(names) or 'every good login'} |")
    return "\n".join(rows)


WHAT = (
    "bad signature",
    "other audience",
    "expired, or not valid yet",
    "wrong InResponseTo, or the same answer twice",
    "wrong Recipient or Destination, or another address",
    "level lower than asked",
    "other service than asked",
    "cancelled: say so kindly, offer again",
    "other errors: a text, no loop",
    "no answer at all: the start page still works",
    "assertions of AD and MR in Advice: accept, read nothing from them",
    "attributes outside what is signed (wrapping)",
    "unknown attributes, several LegalSubjectIDs: ignore, or choose",
    "restriction to a branch: limit the rights",
    "chain mandate: write down the intermediary",
    "other pseudonym: another person",
    "two EncryptedKeys: choose yours",
    "two keys in the metadata (roll-over): choose by KeyName",
)


def test_the_table_of_checks_names_every_scenario_of_each() -> None:
    begin, end = BEGIN.replace("scenarios:", "checks:"), END.replace("scenarios", "checks")
    before, _, rest = CHECKS.read_text().partition(begin)
    found, _, after = rest.partition(end)
    if os.environ.get("UPDATE_GOLDEN"):
        CHECKS.write_text(f"{before}{begin}\n{checks()}\n\n{end}{after}")
        return
    assert found.strip() == checks(), f"{CHECKS.name} is not current: run with UPDATE_GOLDEN=1"


COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", DOCS.read_text() + CHECKS.read_text(), re.DOTALL)
    for line in block.replace("\\\n", " ").splitlines()
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_docs_does_what_it_says(bench: Any, command: str) -> None:
    words = shlex.split(command)
    assert words.pop(0) == "curl"
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    url = urlsplit(next(word for word in words if word.startswith("http")))
    path = f"{url.path}?{url.query}" if url.query else url.path
    body = words[words.index("-d") + 1].encode() if "-d" in words else None
    headers = {"Content-Type": "application/json"} if body else {}
    answered = call(bench, method, path, body, **headers)
    assert answered.status == (201 if body else 200), answered.text


def test_the_yaml_in_the_docs_is_taken(bench: Any) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    file = bench.home / "eherkenning.yaml"
    before, _, rest = file.read_text().partition("\nscenarios:\n")
    _, _, mandates = rest.partition("\n# Machtigingen")
    file.write_text(f"{before}\n{block}\n# Machtigingen{mandates}")
    bench.application.parts.configuration.refresh()
    current = bench.application.parts.current
    assert current.problems == ()
    assert [one.scenario for one in current.scenarios] == ["wrong-audience", "expired"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_scenario_says_all_that_there_is_to_say(language: str) -> None:
    for one in CATALOGUE.values():
        texts = (one.title, one.changes, one.sp_must, *(param.what for param in one.params))
        assert all(text.in_(language).strip() for text in texts), one.name
        assert one.reference, one.name
        assert re.fullmatch("[a-z0-9-]+", one.name)
        assert one.filled({}) == {param.name: param.default for param in one.params}
