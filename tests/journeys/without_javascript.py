"""Which roads are walked without JavaScript: enough to come by every page that any road comes by.

What every road comes by is kept in a file. Walking with the keyboard proves each time that the file has all pages,
and walking without JavaScript that the chosen roads do bring what the file says. ``JOURNEYS=all`` walks every road.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from journeys.road import ROADS

FILE = Path(__file__).parents[1] / "golden" / "journeys-pages.json"
MEND = "write the file again: UPDATE_GOLDEN=1 pytest -n 0 tests/journeys/test_journeys.py -k keyboard"


def recorded() -> dict[str, list[str]]:
    """By road, the pages that it brings."""
    found: dict[str, list[str]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def record(road: str, brought: set[str]) -> None:
    """For one process only."""
    kept = {known.id: recorded().get(known.id) for known in ROADS} | {road: sorted(brought)}
    told = {name: pages for name, pages in kept.items() if pages is not None}
    FILE.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def chosen() -> set[str]:
    """Each time the road that brings most pages that no other did; a road that is not in the file yet, too."""
    pages = {road: set(brought) for road, brought in recorded().items()}
    names = [road.id for road in ROADS]
    if os.environ.get("JOURNEYS") == "all":
        return set(names)
    walked = {name for name in names if name not in pages}
    left = set().union(*pages.values()) if pages else set()
    while left:
        best = max(
            (name for name in names if name in pages), key=lambda name: len(pages[name] & left), default=""
        )
        if not best or not pages[best] & left:
            break  # what is left is of roads that are no more
        walked.add(best)
        left -= pages[best]
    return walked
