"""Catalogues of texts, and where their ids are used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
# A text that is asked for by its whole id: _("a.b"), t("a.b", ...), and the wrong field with its text.
ASKED = re.compile(
    r"""\b(?:_|t|say|both|gettext)\(\s*["']([^"'\s]+)["']\s*[,)]|\bProblem\(\s*[^,()]+,\s*"([^"\s]+)"\s*[,)]"""
)
PLACEHOLDER = re.compile(r"\{(\w*)\}|%\((\w+)\)s")


def path(package: str, language: str, ending: str) -> Path:
    domain = package if package in ("suppliers", "helpdeskpo") else "broker"
    return ROOT / package / "translations" / language / "LC_MESSAGES" / f"{domain}.{ending}"


def po(package: str, language: str) -> dict[str, str]:
    """What a person wrote, by id. Unfinished ones (fuzzy) are left out, as they are when it is compiled."""
    with path(package, language, "po").open("rb") as file:
        return _texts(read_po(file, abort_invalid=True))


def mo(package: str, language: str) -> dict[str, str]:
    """What is read when the broker runs."""
    with path(package, language, "mo").open("rb") as file:
        return _texts(read_mo(file))


def placeholders(text: str) -> set[str]:
    return {brace or percent for brace, percent in PLACEHOLDER.findall(text)}


def asked(folder: Path) -> dict[str, str]:
    """The ids that templates and modules ask for as a whole, with one file that does."""
    found = {}
    for file in (*folder.rglob("*.py"), *folder.rglob("*.html")):
        for first, second in ASKED.findall(file.read_text(encoding="utf-8")):
            found[first or second] = file.name
    return found


def unused(ids: Iterable[str], folder: Path, made: Iterable[str]) -> list[str]:
    """Ids that stand nowhere as a whole, and that no pattern of ``made`` makes either: the words that a pattern
    catches must stand somewhere by themselves."""
    words = _words(folder)
    patterns = [re.compile(pattern) for pattern in made]

    def is_made(key: str) -> bool:
        matches = filter(None, (pattern.fullmatch(key) for pattern in patterns))
        return any(all(word in words for word in match.groups()) for match in matches)

    return [key for key in ids if key not in words and not is_made(key)]


def _texts(catalogue: Catalog) -> dict[str, str]:
    return {
        str(message.id): str(message.string)
        for message in catalogue
        if message.id and message.string and not message.fuzzy
    }


def _words(folder: Path) -> set[str]:
    found: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    for file in folder.rglob("*.html"):
        found |= set(re.findall(r"""["']([^"'\s]+)["']""", file.read_text(encoding="utf-8")))
    return found
