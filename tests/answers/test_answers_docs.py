"""What docs/ say of the wire and of the settings is so: each test that they name is there, and each setting."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter
from pydantic_core import PydanticUndefined

from broker.rules.authn import RULES
from broker.sp_settings import DEFAULT, SpSection, SpSections

ROOT = Path(__file__).resolve().parents[2]
WIRE = (ROOT / "docs" / "wire.md").read_text()
SETTINGS = (ROOT / "docs" / "service-provider-settings.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/\S+::\w+)`", WIRE)))
FOLDERS = sorted(set(re.findall(r"`(tests/\w+)`", WIRE)))
SECTIONS = ["2.2", "3.2", "3.3", "3.4", "3.5", "3.6", "6.2", "8.1", "8.2"]


def rows(text: str) -> list[list[str]]:
    """The rows of every table, without headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [
        row for row in cells if row[0] not in ("Item", "Attribute", "Part", "Element", "Situation", "Setting")
    ]


def section(number: str) -> str:
    return WIRE.partition(f"\n## {number} ")[2].partition("\n## ")[0]


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_the_table_of_the_wire_names_is_there(name: str) -> None:
    file, _, function = name.partition("::")
    assert function.startswith("test_")
    assert function in functions_of(file)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_the_table_of_the_wire_names_has_tests(folder: str) -> None:
    assert list((ROOT / folder).glob("test_*.py"))


@pytest.mark.parametrize("number", SECTIONS)
def test_every_row_of_the_wire_says_what_is_done_with_it_and_which_test_proves_it(number: str) -> None:
    found = rows(section(number))
    assert found
    for item, state, proof in found:
        assert re.match(r"(done|setting `\w+|left out: )", state), f"{item}: {state}"
        assert ("tests/" in proof) != state.startswith("left out") or "below" in proof, f"{item}: {proof}"


def test_a_rule_that_the_table_of_the_wire_names_is_there() -> None:
    named = set(re.findall(r"\b(?:AR|MD)-\d\d\b", WIRE))
    assert named
    assert named <= set(RULES.rules)


def test_a_setting_that_the_table_of_the_wire_names_is_there() -> None:
    ours = set(re.findall(r"`(\w+)`(?! of `broker:`)", " ".join(re.findall(r"setting[^|;]*", WIRE))))
    assert ours - {"service_providers"} <= set(SpSection.model_fields) | {"tests"}


def test_the_list_of_settings_is_that_of_the_model_in_its_order() -> None:
    listed = [row[0].strip("`") for row in rows(SETTINGS.partition("\n## ")[0])]
    assert listed == list(SpSection.model_fields)


@pytest.mark.parametrize("name", SpSection.model_fields)
def test_a_setting_has_the_default_that_its_row_says(name: str) -> None:
    (row,) = (row for row in rows(SETTINGS.partition("\n## ")[0]) if row[0] == f"`{name}`")
    field = SpSection.model_fields[name]
    default = getattr(DEFAULT, name)
    assert field.default is not PydanticUndefined or field.default_factory
    if default in (None, {}):
        assert not re.fullmatch("`[^`]+`", row[1]), f"{row[1]} is no default: there is none"
    else:
        written = str(default).lower() if isinstance(default, bool) else str(default)
        assert row[1] == f"`{written}`"


def as_text(value: Any) -> Any:
    """As the broker reads YAML: what is written stays text, so that no number loses its zeros."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    return value if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", SpSection.model_fields)
def test_the_example_of_a_setting_can_be_set_and_is_not_its_default(name: str) -> None:
    (row,) = (row for row in rows(SETTINGS.partition("\n## ")[0]) if row[0] == f"`{name}`")
    example = as_text(yaml.safe_load(row[2].strip("`")))
    assert getattr(SpSection.model_validate({name: example}), name) != getattr(DEFAULT, name)


def test_the_example_of_the_section_can_be_loaded() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", SETTINGS, re.DOTALL)
    section = as_text(yaml.safe_load(block)["service_providers"])
    assert len(TypeAdapter(SpSections).validate_python(section).root) == 2
