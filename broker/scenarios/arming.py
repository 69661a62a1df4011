"""Arming, looking and disarming, as the API and the console do it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.parts import Parts
from broker.scenarios import armed as records
from broker.scenarios.armed import Armed
from broker.scenarios.catalogue import scenario


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to arm; what is empty does not matter. ``times`` 0 is in every login."""

    scenario: str
    params: Mapping[str, str] = field(default_factory=dict)
    sp: str = ""
    service: str = ""
    person: str = ""
    relay_state: str = ""
    times: int = 1


def arm(parts: Parts, wish: Wish, tag: str = "") -> Armed:
    """It waits from now on. Raises UnknownScenario, WrongParams, NeedsProvider, NobodyYet or TooMany."""
    found = scenario(wish.scenario)
    params = found.filled(wish.params)
    found.aimed(wish.sp, wish.person)
    new = Armed(
        id=secrets.token_hex(8),
        scenario=wish.scenario,
        params=params,
        sp=wish.sp,
        service=wish.service,
        person=wish.person,
        relay_state=wish.relay_state,
        tag=tag,
        times=wish.times,
        armed_at=parts.now(),
    )
    return records.arm(parts.store, new)


def listed(parts: Parts, tag: str | None = None, *, unused: bool = False) -> list[Armed]:
    """Everything that is or was armed: newest first, those of the file last. Of one tag, or of all (None)."""
    counted = {one.id: one for one in records.all_of(parts.store)}
    of_file = [counted.get(one.id, one) for one in parts.current.scenarios]
    found = [one for one in counted.values() if not one.source]
    found.sort(key=lambda one: (str(one.armed_at), one.id), reverse=True)
    return [
        one for one in (*found, *of_file) if (tag is None or one.tag == tag) and not (unused and one.uses)
    ]


def one(parts: Parts, id_: str) -> Armed | None:
    return next((found for found in listed(parts) if found.id == id_), None)


def disarm(parts: Parts, id_: str) -> bool:
    """False where there is none, or where the file has it: that goes by editing the file."""
    found = records.one(parts.store, id_)
    return found is not None and not found.source and records.disarm(parts.store, id_)
