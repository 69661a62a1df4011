"""What every page must be besides right: free of faults that axe-core knows, and not wider than a small phone.

Each state of a page is looked at once in a run. With ``SCREENSHOTS`` in the environment a picture of it is kept.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDE, PHONE, NARROW = (1280, 800), (375, 812), (320, 640)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_STATE = """() => ({
  title: document.title.replace(/[0-9a-f-]{20,}/g, ""),
  lang: document.documentElement.lang,
  names: [...new Set([...document.querySelectorAll("[data-testid]")].map(e => e.dataset.testid))]
    .filter(name => !/^(person|verdict|fill|to-card|organisation|client|branch|company|see)-/.test(name)).sort(),
  codes: [...new Set([...document.querySelectorAll("[data-code]")].map(e => e.dataset.code))].sort(),
  page: document.querySelector("main")?.dataset.testid || "",
  path: location.pathname,
})"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Look:
    """``seen`` is a folder that all workers share; ``findings`` is what was found, in words. ``brought`` is which
    pages came by, each with its title and what it says is wrong; when not ``closely``, that is all."""

    def __init__(self, seen: Path, base_url: str, *, closely: bool = True) -> None:
        self._seen = seen
        self._closely = closely
        self.brought: set[str] = set()
        self._base_url = base_url
        folder = os.environ.get("SCREENSHOTS")
        self._pictures = Path(folder) if folder else None
        self.findings: list[str] = []

    def at(self, page: Page) -> None:
        if not page.url.startswith(self._base_url):
            return
        state = page.evaluate(_STATE)
        self.brought.add(" | ".join([state["page"] or "-", state["title"], *state["codes"]]))
        if not self._closely:
            return
        key = hashlib.sha256(repr({**state, "path": ""}).encode()).hexdigest()[:6]
        try:
            (self._seen / key).open("x").close()
        except FileExistsError:
            return
        name = _name(state, key)
        self.findings += [f"{name}: {fault}" for fault in faults(page)]
        for size in (NARROW, PHONE, WIDE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            if size == NARROW and (over := page.evaluate(OVERFLOW)) > 0:
                self.findings.append(f"{name}: scrolls sideways at {size[0]} px, by {over} px")
            if self._pictures and size != NARROW:
                self._pictures.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=str(self._pictures / f"{name}-{size[0]}.png"), full_page=True)


def faults(page: Page) -> list[str]:
    """What axe-core finds at the levels A and AA: rule, places, how to mend it."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [_told(violation) for violation in found]


def _name(state: dict[str, object], key: str) -> str:
    """Readable: whose page, which page, what is wrong on it, the language, and what tells it from others alike."""
    parts = [
        part
        for part in str(state["path"]).split("/")
        if part and not re.fullmatch(r"[0-9a-f_-]{12,}|\d+", part)
    ]
    page = str(state["page"]).removeprefix("page-")
    codes = (
        [str(code) for code in state["codes"] if "-" not in str(code)]
        if isinstance(state["codes"], list)
        else []
    )
    words = [*parts[:2], page, *codes[:2], "" if state["lang"] == "nl" else str(state["lang"]), key]
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", "-".join(filter(None, words)))


def _told(violation: dict[str, object]) -> str:
    nodes = violation["nodes"]
    assert isinstance(nodes, list)
    where = "; ".join(f"{' '.join(map(str, node['target']))} {node['html'][:160]}" for node in nodes[:4])
    return f"{violation['id']} ({violation['help']}) at {where}; see {violation['helpUrl']}"
