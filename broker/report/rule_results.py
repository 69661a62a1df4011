"""The last result of every rule, for each service provider: a report needs it after the log has let an exchange go."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from broker.rules.engine import Report
from broker.store import Store
from broker.wire import instants
from suppliers import rooms
from suppliers.rooms import of_room

KIND = "rule-results"
_TRIES = 20


class Last(enum.StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    BROKEN = "broken"
    NEVER = "never-seen"


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a rule the last time: when, in which exchange, and with which finding or error."""

    result: Last
    at: str
    exchange: str
    finding: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


_ALL = TypeAdapter(dict[str, Kept])


def keep(store: Store, sp: str, tag: str, exchange: str, report: Report, at: datetime) -> None:
    """Put what came of one message over what was kept. A rule that did not apply says nothing of one that failed
    before: only where it was never judged is that kept."""
    rooms.enter(store, tag)
    kind = of_room(KIND, tag)
    when = instants.write(at)
    judged = {id_: Kept(Last.PASSED, when, exchange) for id_ in report.passed}
    judged |= {
        finding.rule: Kept(Last.FAILED, when, exchange, finding.as_json()) for finding in report.findings
    }
    judged |= {id_: Kept(Last.BROKEN, when, exchange, error=error) for id_, error in report.broken}
    idle = {id_: Kept(Last.NOT_APPLICABLE, when, exchange) for id_ in report.not_applicable}
    for _ in range(_TRIES):
        raw = store.get(kind, sp)
        was = {} if raw is None else _ALL.validate_json(raw)
        still = {id_: one for id_, one in was.items() if one.result is not Last.NOT_APPLICABLE}
        new = _ALL.dump_json({**was, **idle, **still, **judged}, exclude_defaults=True)
        if store.add(kind, sp, new) if raw is None else store.swap(kind, sp, raw, new):
            return


def kept(store: Store, sp: str, tag: str = "") -> dict[str, Kept]:
    """By rule; empty where nothing of this provider came in yet."""
    raw = store.get(of_room(KIND, tag), sp)
    return {} if raw is None else _ALL.validate_json(raw)
