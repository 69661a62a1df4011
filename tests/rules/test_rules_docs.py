"""The pages in docs/rules are those that the rules' own source gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from broker.rules.markdown import pages

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "rules"
PAGES = pages()


def test_there_is_a_page_for_each_rule_and_no_other() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        for file in FOLDER.glob("*.md"):
            if file.name not in PAGES:
                file.unlink()
        for name, text in PAGES.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
    assert {file.name for file in FOLDER.glob("*.md")} == set(PAGES), "run this test with UPDATE_GOLDEN=1"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_the_rule_says(name: str) -> None:
    file = FOLDER / name
    was = file.read_text(encoding="utf-8") if file.is_file() else ""
    assert was == PAGES[name], f"docs/rules/{name} is out of date: run this test with UPDATE_GOLDEN=1"


@pytest.mark.parametrize("name", [name for name in PAGES if name != "README.md"])
def test_a_page_has_both_examples_and_the_mend(name: str) -> None:
    for heading in ("## Bad", "## Good", "## Mend", "Where it is said: <https://"):
        assert heading in PAGES[name]
