"""The examples of docs/eherkenning-yaml.md are files that load."""

import csv
import re
from pathlib import Path

import pytest
from good_file import SUPPLIERS

from broker.yaml_files import SECTIONS
from suppliers.register.loader import loads
from suppliers.register.rows import COLUMNS, REQUIRED

DOCS = Path(__file__).parents[2] / "docs" / "eherkenning-yaml.md"
TEXT = DOCS.read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", [text for text in EXAMPLES if "# not loaded here" not in text])
def test_an_example_loads(example):
    loads(example, "docs.yaml", suppliers=SUPPLIERS, sections=SECTIONS)


def test_there_is_an_example_of_every_section_of_the_register():
    for section in ("services", "companies", "people", "mandates", "include", "csv", "generate"):
        assert any(re.search(f"^{section}:", example, re.MULTILINE) for example in EXAMPLES), section


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_every_column_is_told(kind):
    [row] = re.findall(rf"^\| {kind} \| (.*) \|$", TEXT, re.MULTILINE)
    told = set(re.findall(r"[a-z_]+", row))
    assert set(COLUMNS[kind]) <= told
    assert {name.strip("*") for name in re.findall(r"\*\*\w+\*\*", row)} == set(REQUIRED[kind])


def test_the_table_in_the_docs_has_columns_that_exist():
    [table] = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)
    header, *rows = csv.reader(table.splitlines(), delimiter=";")
    assert set(header) <= set(COLUMNS["people"])
    assert all(len(row) == len(header) for row in rows)
