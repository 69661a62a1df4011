"""How far a service provider has come: a small record of each, so that it outlives the log of exchanges.

It is written only when something changes: a step that is reached for the first time, a request that is refused, or one
that no longer is. A login of a provider that works costs a look and no writing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from broker.exchanges import Event, Exchange, Exchanges
from broker.rules.resolve_seen import ArtifactState
from broker.store import Store
from suppliers import rooms
from suppliers.rooms import of_room

KIND = "connecting"
_TRIES = 20
SIGNATURE_RULES = ("AR-26", "AR-27", "AR-28", "AR-29", "AR-30", "AR-33", "AR-42")
ADDRESS_RULES = ("AR-13", "AR-14", "AR-15", "AR-16", "AR-17", "AR-18")
BY_LOGOUT = "logout"
SAID = "said"
UNSIGNED = "unsigned"


class Step(enum.StrEnum):
    """In the order in which they are reached."""

    METADATA = "metadata-read"
    REQUEST = "request-seen"
    SIGNATURE = "signature-good"
    ADDRESS = "return-address-known"
    PERSON = "person-logged-in"
    ANSWER = "answer-sent"
    ARTIFACT = "artifact-resolved"
    LANDED = "sp-landed"


@dataclass(frozen=True, slots=True)
class Reached:
    """The first time. ``how``: the binding of an answer; ``unsigned`` of a signature that nobody asks for; ``logout``
    or ``said`` of how it is known that the provider took the answer."""

    at: str
    exchange: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The newest attempt, where it did not get there. ``outcome`` is that of the answer or of the artifact; a request
    that was turned away has ``findings`` only. ``broken`` are checks of ours that could not run, each ``rule`` and
    ``error``: then it is no fault of the provider."""

    at: str
    exchange: str
    step: Step
    findings: tuple[Mapping[str, Any], ...] = ()
    outcome: str = ""
    message: str = ""
    broken: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """All that is kept of one provider."""

    reached: Mapping[Step, Reached] = field(default_factory=dict)
    stopped: Stopped | None = None

    def at(self, step: Step, reached: Reached) -> Way:
        """It has come this far; the first time stays."""
        return self if step in self.reached else replace(self, reached={**self.reached, step: reached})

    def past(self, *steps: Step) -> Way:
        """What stopped it at one of these stops it no longer."""
        gone = self.stopped is not None and self.stopped.step in steps
        return replace(self, stopped=None) if gone else self


NOWHERE = Way()
_WAY = TypeAdapter(Way)


def way_of(store: Store, sp: str, tag: str = "") -> Way:
    raw = store.get(of_room(KIND, tag), sp)
    return NOWHERE if raw is None else _WAY.validate_json(raw)


def change(store: Store, sp: str, tag: str, by: Callable[[Way], Way]) -> None:
    """Anything else may write at the same time; what makes no difference is not written."""
    rooms.enter(store, tag)
    kind = of_room(KIND, tag)
    for _ in range(_TRIES):
        raw = store.get(kind, sp)
        was = NOWHERE if raw is None else _WAY.validate_json(raw)
        now = by(was)
        if now == was:
            return
        new = _WAY.dump_json(now, exclude_defaults=True)
        if store.add(kind, sp, new) if raw is None else store.swap(kind, sp, raw, new):
            return


def forget(store: Store, sp: str, tag: str = "") -> None:
    """From here on every step is to be reached once more."""
    store.delete(of_room(KIND, tag), sp)


def follow(store: Store, exchanges: Exchanges, exchange: str, event: Event) -> None:
    """One event of the log, as it is told there."""
    by = _FOLLOWED.get(event.kind)
    if by is None:
        return
    whole = Exchange(exchange, (event,)) if event.kind == "request" else exchanges.get(exchange)
    # A call for an artifact that nobody knows is in no login: then only the caller's own word says who it is.
    sp = None if whole is None else whole.asked.get("sp") or event.data.get("sp")
    if whole is not None and sp:
        change(store, sp, whole.tag, lambda way: by(way, exchange, event))


def _request(way: Way, exchange: str, event: Event) -> Way:
    here = Reached(event.at, exchange)
    passed, idle = event.data.get("passed", ()), event.data.get("not_applicable", ())
    stopping = tuple(one for one in event.data.get("findings", ()) if one["outcome"] != "go-on")
    broken = tuple(event.data.get("broken_rules", ()))
    # A check that broke is no pass: what it guards is not known to be good.
    rules = {one["rule"] for one in (*stopping, *broken)}
    way = way.at(Step.REQUEST, here)
    signed = not set(SIGNATURE_RULES).intersection(rules)
    if signed and "AR-27" in passed:
        way = way.at(Step.SIGNATURE, here)
    elif signed and "AR-27" in idle:
        way = way.at(Step.SIGNATURE, replace(here, how=UNSIGNED))
    if not set(ADDRESS_RULES).intersection(rules) and {"AR-14", "AR-16"}.intersection((*passed, *idle)):
        way = way.at(Step.ADDRESS, here)
    if not rules:
        return way.past(Step.SIGNATURE, Step.ADDRESS, Step.PERSON)
    step = Step.PERSON
    for at, group in ((Step.ADDRESS, ADDRESS_RULES), (Step.SIGNATURE, SIGNATURE_RULES)):
        if set(group).intersection(rules):
            step = at
    return replace(way, stopped=Stopped(event.at, exchange, step, stopping, broken=broken))


def _person(way: Way, exchange: str, event: Event) -> Way:
    found = event.data.get("person")
    return way.at(Step.PERSON, Reached(event.at, exchange)).past(Step.PERSON) if found else way


def _answer(way: Way, exchange: str, event: Event) -> Way:
    if event.data["outcome"] == "success":
        how = str(event.data["binding"])
        return way.at(Step.ANSWER, Reached(event.at, exchange, how)).past(*Step)
    if way.stopped is not None and way.stopped.exchange == exchange:
        # Answered at once because of the request: the findings say more than the answer.
        return way
    outcome, message = str(event.data["outcome"]), str(event.data.get("message") or "")
    return replace(way, stopped=Stopped(event.at, exchange, Step.ANSWER, (), outcome, message))


def _resolve(way: Way, exchange: str, event: Event) -> Way:
    outcome = str(event.data["outcome"])
    broken = tuple(event.data.get("broken_rules", ()))
    if outcome == ArtifactState.GOOD and not broken:
        return way.at(Step.ARTIFACT, Reached(event.at, exchange)).past(Step.ARTIFACT)
    stopping = tuple(one for one in event.data.get("findings", ()) if one["severity"] in ("R", "E"))
    return replace(way, stopped=Stopped(event.at, exchange, Step.ARTIFACT, stopping, outcome, broken=broken))


def _logged_out(way: Way, exchange: str, event: Event) -> Way:
    if not event.data.get("sessions"):
        return way
    return way.at(Step.LANDED, Reached(event.at, exchange, BY_LOGOUT))


_FOLLOWED: Mapping[str, Callable[[Way, str, Event], Way]] = {
    "request": _request,
    "word-given": _person,
    "answer": _answer,
    "resolve": _resolve,
    "logged-out": _logged_out,
}
