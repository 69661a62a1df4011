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
from broker.api.dropping import drop
from broker.api.problems import wrong
from broker.clock import Clock
from broker.parts import Parts
from broker.store.memory import MemoryStore
from broker.wire import instants
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
        )
    )
    def config() -> ResponseReturnValue:
        return Response(whole(parts), content_type="application/yaml; charset=utf-8")

    @calls(
        Operation(
            "POST",
            "/api/v1/reset",
            "Drop what happened since the start",
            "state",
            {200: Answer("how much of what was dropped", models.Dropped)},
            query=models.Reset,
            more="With a tag only the changes of that tag go, and nothing else. Logins under way stay unless `logins` "
            "is among what is dropped.",
        )
    )
    def reset() -> ResponseReturnValue:
        query = asked(models.Reset)
        what = (
            [one for one in query.what.split(",") if one]
            or ["changes"] * bool(query.tag)
            or list(models.WHAT)
        )
        if query.tag and what != ["changes"]:
            message = "goes with changes only: nothing else has a tag"
            raise wrong([(("tag",), Problem("", 0, 0, "tag", message, ("what=changes", "no tag")))])
        dropped: dict[str, int] = {}
        changes: dict[str, int] = {}
        for one in dict.fromkeys(what):
            if one == "changes":
                changes = counted(drop_changes(parts, query.tag or None))
                dropped[one] = sum(changes.values())
            else:
                dropped[one] = drop(one, parts.store, clock)
        return answer({"dropped": dropped, "changes": changes})


def drop_changes(parts: Parts, tag: str | None) -> list[Key]:
    found: list[Key] = []

    def decide(layer: Layer) -> Entry | None:
        entry = editing.drop(layer, tag)
        found[:] = [] if entry is None else list(layer.changes) if entry.afresh else entry.dropped
        return entry

    parts.configuration.change(decide)
    return found


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
    changes = list(layer.changes.values()) if layer else []
    not_fitting = [str(one) for one in layer.unfit] if layer else []
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
            "total": len(changes),
            "by_section": counted(change.about for change in changes),
            "by_tag": dict(Counter(change.tag for change in changes)),
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
        },
    }
