"""Every road of ``docs/journeys.md`` in a real Chromium by keyboard alone, and every page by mouse without
JavaScript: the roads that it takes to come by all of them, or with ``JOURNEYS=all`` every road."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import journeys.roads  # noqa: F401 - fills the map
from journeys.hands import Hands, Keyboard, Mouse
from journeys.look import WIDE, Look
from journeys.road import ROADS, Road
from journeys.stand import Stand
from journeys.traveller import Traveller
from journeys.without_javascript import MEND, chosen, record, recorded

pytestmark = pytest.mark.browser
SECONDS = 10


WITHOUT = chosen()


@pytest.mark.parametrize(
    ("road", "hands"),
    [
        pytest.param(road, hands, id=f"{road.id}-{hands.name}")
        for road in ROADS
        for hands in (Keyboard(), Mouse())
        if hands.javascript or road.id in WITHOUT
    ],
)
def test_a_road_leads_where_the_map_says(
    chromium: Any, stand: Stand, tmp_path: Path, seen: Path, road: Road, hands: Hands
) -> None:
    if road.missing:
        pytest.skip(f"not built yet: {road.missing}")
    look = Look(seen, stand.base_url, closely=hands.javascript)
    context = chromium.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]},
        locale="nl-NL",
        java_script_enabled=hands.javascript,
        reduced_motion="reduce",
    )
    context.set_default_timeout(SECONDS * 1000)
    try:
        with stand.opened(tmp_path / "home"):
            traveller = Traveller(context, hands, stand, road.person, look)
            road.walk(traveller)
            assert traveller.outcome() == road.outcome
    finally:
        context.close()
    assert not look.findings, "\n".join(look.findings)
    _pages_are_recorded(road, hands, look.brought)


def _pages_are_recorded(road: Road, hands: Hands, brought: set[str]) -> None:
    """So that the roads chosen for a walk without JavaScript are known to come by every page."""
    if hands.javascript and os.environ.get("UPDATE_GOLDEN"):
        record(road.id, brought)
        return
    pages = recorded()
    if hands.javascript:
        new = brought.difference(*pages.values())
        assert not new, f"pages that nobody walks without JavaScript: {sorted(new)}; {MEND}"
    else:
        missed = set(pages.get(road.id, ())) - brought
        assert not missed, f"{road.id} does not come by {sorted(missed)} without JavaScript; {MEND}"
