"""The whole at once: the configuration's state, all of it as YAML, suppliers, and the way back to the files."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml
from flask import Response
from flask.typing import ResponseReturnValue

from broker import exchanges
from broker.api import models
from broker.api.described import Answer, Calls, Operation, answer, asked
from broker.api.dropping import count_in, drop, drop_of_room
from broker.api.problems import wrong
from broker.clock import Clock
from broker.parts import Parts
from broker.scenarios import armed
from broker.store.memory import MemoryStore
from broker.trusted.trust import Kind
from broker.wire import instants
from suppliers import rooms
from suppliers.desk import Desk
from suppliers.register import editing
from suppliers.register.changes import Entry, Key, counted
from suppliers.register.dump import dump
from suppliers.register.layer import Layer
from suppliers.register.problems import Problem


def add(calls: Calls, parts: Parts, desk: Desk, clock: Clock) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/suppliers",
            "The suppliers",
            "suppliers",
            {200: Answer("those that a means may name", models.Suppliers)},
            more="They come from profile files and cannot be changed here.",
        )
    )
    def suppliers() -> ResponseReturnValue:
        found = [
            {
                "slug": slug,
                "name": profile.name,
                "smartcard": profile.smartcard,
                "levels": [level.label for level in profile.levels],
            }
            for slug, profile in desk.profiles.items()
        ]
        return answer({"suppliers": found})

    @calls(
        Operation(
            "GET",
            "/api/v1/state",
            "What is in force, and since when",
            "state",
            {200: Answer("configuration, changes over it, log, clock", models.State)},
        )
    )
    def state() -> ResponseReturnValue:
        return answer(state_of(parts, clock))

    @calls(
        Operation(
            "GET",
            "/api/v1/config.yaml",
            "Everything in force as one file",
            "state",
            {
                200: Answer(
                    "an eherkenning.yaml that gives the same in another home", media="application/yaml"
                )
            },
            query=models.InRoom,
        )
    )
    def config() -> ResponseReturnValue:
        here = parts.seen_by(asked(models.InRoom).tag)
        return Response(whole(here), content_type="application/yaml; charset=utf-8")

    @calls(
        Operation(
            "POST",
            "/api/v1/reset",
            "Drop what happened since the start",
            "state",
            {200: Answer("how much of what was dropped", models.Dropped)},
            query=models.Reset,
            more="With a tag all that this room has goes, or what `what` names of it, and nothing of anybody else; its "
            "exchanges go only where `what` names them, and the inbox stays. Without one it is everybody's and every "
            "room's. Service providers go only with a tag, or where `what` names them.",
        )
    )
    def reset() -> ResponseReturnValue:
        query = asked(models.Reset)
        what = [one for one in query.what.split(",") if one]
        if query.tag and (not_there := set(what) - set(models.BY_TAG)):
            message = f"a room has no {' and no '.join(sorted(not_there))} of its own"
            raise wrong([(("tag",), Problem("", 0, 0, "tag", message, (*models.BY_TAG, "no tag")))])
        usual = models.OF_ROOMS if query.tag else [one for one in models.WHAT if one != "service-providers"]
        dropped: dict[str, int] = {}
        changes: dict[str, int] = {}
        for one in dict.fromkeys(what or usual):
            if one == "changes":
                changes = counted(drop_changes(parts, query.tag or None))
                dropped[one] = sum(changes.values())
            elif query.tag and one == "exchanges":
                dropped[one] = parts.exchanges.drop(query.tag)
            elif query.tag:
                dropped[one] = drop_of_room(one, parts.store, clock, query.tag)
            else:
                dropped[one] = drop(one, parts.store, clock)
        if query.tag and set(models.OF_ROOMS) <= set(dropped):
            rooms.leave(parts.store, query.tag)
        parts.configuration.refresh()
        return answer({"dropped": dropped, "changes": changes})


def drop_changes(parts: Parts, tag: str | None) -> list[Key]:
    """Of one room (without a tag: what everybody sees), or of all (None)."""
    found: list[Key] = []

    def decide(layer: Layer) -> Entry | None:
        if tag is not None:
            found[:] = layer.changes
            return editing.drop(layer, tag)
        found[:] = [key for changes in parts.configuration.changes.values() for key in changes]
        return Entry(afresh=True) if found else None

    parts.configuration.change(decide, tag or "")
    return found


def rooms_of(parts: Parts, clock: Clock) -> list[dict[str, Any]]:
    """The rooms in which there is anything, by tag."""
    changes, trusted, clocks = parts.configuration.changes, parts.current.rooms, clock.of_rooms()
    scenarios = Counter(one.tag for one in armed.waiting(parts.store))
    tags = {*changes, *trusted, *clocks, *scenarios, *rooms.all_of(parts.store)} - {""}
    return [
        {
            "tag": tag,
            "changes": len(changes.get(tag, ())),
            "service_providers": trusted[tag].number(Kind.SP) if tag in trusted else 0,
            "service_catalogues": trusted[tag].number(Kind.CATALOGUE) if tag in trusted else 0,
            "scenarios": scenarios[tag],
            **count_in(parts.store, tag),
            "clock": tag in clocks,
        }
        for tag in sorted(tags)
    ]


def whole(parts: Parts) -> str:
    """The sections that are no register as the file has them, and the register in force."""
    current = parts.current
    sections: dict[str, Any] = {
        "broker": current.broker.model_dump(mode="json", exclude_unset=True),
        "service_providers": {
            sp: section.model_dump(mode="json", exclude_unset=True, by_alias=True)
            for sp, section in current.sp_settings.items()
        },
    }
    said = {key: value for key, value in sections.items() if value}
    head = yaml.safe_dump(said, allow_unicode=True, sort_keys=False) if said else ""
    return head + dump(current.register)


def state_of(parts: Parts, clock: Clock) -> dict[str, Any]:
    current = parts.current
    register, layer = current.register, current.layer
    dropped = parts.exchanges.dropped()
    changes = {tag: found for tag, found in parts.configuration.changes.items() if found}
    layers = [layer, *(room.layer for room in current.rooms.values())]
    not_fitting = [str(one) for layer in layers if layer for one in layer.unfit]
    return {
        "configuration": current.version,
        "loaded_at": instants.write(current.loaded_at),
        "counts": {
            "services": len(register.services),
            "companies": len(register.companies),
            "people": len(register.people),
            "mandates": len(register.mandates()),
        },
        "problems": list(current.problems),
        "warnings": [str(warning) for warning in getattr(current, "warnings", ())],
        "changes": {
            "total": sum(map(len, changes.values())),
            "by_section": counted(key for found in changes.values() for key in found),
            "by_tag": {tag: len(found) for tag, found in changes.items()},
            "not_fitting": not_fitting,
        },
        "store": "memory" if isinstance(parts.store, MemoryStore) else "sqlite",
        "exchanges": {
            "kept": len(parts.store.groups(exchanges.LOG, limit=exchanges.MOST_GROUPS + 1)),
            "dropped": dropped.number,
            "since": dropped.since,
            "last": dropped.last,
        },
        "clock": {
            "now": instants.write(clock()),
            **clock.setting(),
            "service_providers": clock.of_providers(),
            "tags": clock.of_rooms(),
        },
        "tags": rooms_of(parts, clock),
    }
