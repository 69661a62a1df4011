"""The test ids of the templates, and those that docs/testids.md has."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("suppliers/pages/templates", "broker/pages/templates", "broker/console/templates")
_ID = re.compile(r"""data-testid=(["'])(.*?)\1""")
_JINJA = re.compile(r"\{\{(.*?)\}\}")
_CHOICE = re.compile(r"""^\s*'([^']*)' if .* else '([^']*)'\s*$""")
# The macro that shows a field gives it its own name: input("password", ...).
_FIELD = re.compile(r"""\{\{-?\s*input\(\s*"(\w+)\"""")
_EXTENDS = re.compile(r"""\{% extends "(.+)\.html" %\}""")
_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def in_templates() -> dict[str, set[str]]:
    """Each test id with the templates that have it; ``*`` stands for what is filled in while running. What a frame
    between a page and the layout has is on the pages that extend it."""
    found: dict[str, set[str]] = {}
    above: dict[str, str] = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.html")):
            text = file.read_text(encoding="utf-8")
            page = file.relative_to(ROOT / folder).with_suffix("").as_posix()
            above.update((page, frame) for frame in _EXTENDS.findall(text))
            for id_ in (*_FIELD.findall(text), *(one for _, raw in _ID.findall(text) for one in _made(raw))):
                found.setdefault(id_, set()).add(page)
    # The field itself, in the macro: its calls are what counts.
    found.pop("*", None)
    frames = above.keys() & set(above.values())
    return {
        id_: {page for one in pages for page in _pages(one, above, frames)} for id_, pages in found.items()
    }


def _pages(template: str, above: dict[str, str], frames: set[str]) -> set[str]:
    return {page for page, frame in above.items() if frame == template} if template in frames else {template}


def in_docs() -> dict[str, set[str]]:
    """Each id of the table with its pages."""
    text = (ROOT / "docs" / "testids.md").read_text(encoding="utf-8")
    return {id_: {page.strip() for page in pages.split(",")} for id_, pages, _ in _ROW.findall(text)}


def _made(raw: str) -> list[str]:
    """The ids that one attribute can become."""
    if choice := (_JINJA.fullmatch(raw) and _CHOICE.match(raw[2:-2])):
        return list(choice.groups())
    return [_JINJA.sub("*", raw)]
