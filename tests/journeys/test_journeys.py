"""Every road of ``docs/journeys.md`` in a real Chromium: by keyboard alone, and by mouse without JavaScript."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import journeys.roads  # noqa: F401 - fills the map
from journeys.hands import Hands, Keyboard, Mouse
from journeys.look import WIDE, Look
from journeys.road import ROADS, Road
from journeys.stand import Stand
from journeys.traveller import Traveller

pytestmark = pytest.mark.browser
SECONDS = 10


@pytest.mark.parametrize("hands", [Keyboard(), Mouse()], ids=lambda hands: hands.name)
@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.id)
def test_a_road_leads_where_the_map_says(
    chromium: Any, stand: Stand, tmp_path: Path, look: Look, road: Road, hands: Hands
) -> None:
    if road.missing:
        pytest.skip(f"not built yet: {road.missing}")
    context = chromium.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]},
        locale="nl-NL",
        java_script_enabled=hands.javascript,
        reduced_motion="reduce",
    )
    context.set_default_timeout(SECONDS * 1000)
    try:
        with stand.opened(tmp_path / "home"):
            traveller = Traveller(context, hands, stand, road.person, look if hands.javascript else None)
            road.walk(traveller)
            assert traveller.outcome() == road.outcome
    finally:
        context.close()
    assert not look.findings, "\n".join(look.findings)
