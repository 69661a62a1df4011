"""The steps from metadata to a person who has landed: each done, blocked, next, later, or not for this provider."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broker.configuration import Snapshot
from broker.connecting.reached import BY_LOGOUT, SAID, UNSIGNED, Reached, Step, Stopped, Way
from broker.exchanges import Exchange
from broker.report import judging
from broker.rules.finding import Severity
from broker.wire import instants
from broker.wire.metadata import SpMetadata
from broker.wire.names import HTTP_ARTIFACT


class StepState(enum.StrEnum):
    DONE = "done"
    BLOCKED = "blocked"
    NEXT = "next"
    LATER = "later"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Line:
    """One step. ``code`` names what is to be said of it (``words.py``), ``text`` says it in English. ``stopped`` is the
    newest attempt where that went wrong here: it counts over an earlier one that went well, of which ``at`` and
    ``exchange`` are. ``broken`` are checks of ours that could not run, each ``rule`` and ``error``."""

    step: Step
    state: StepState
    code: str
    at: str = ""
    exchange: str = ""
    stopped: Stopped | None = None
    findings: tuple[Mapping[str, Any], ...] = ()
    broken: tuple[Mapping[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "step": str(self.step),
            "state": str(self.state),
            "code": self.code,
            "text": TEXTS[self.code],
            "at": self.at or None,
            "exchange": self.exchange or None,
            "stopped": None
            if self.stopped is None
            else {
                "at": self.stopped.at,
                "exchange": self.stopped.exchange,
                "outcome": self.stopped.outcome or None,
                "message": self.stopped.message or None,
            },
            "findings": [dict(finding) for finding in self.findings],
            "broken_rules": [dict(one) for one in self.broken],
        }


@dataclass(frozen=True, slots=True)
class Stranger:
    """A request that came in and that is nobody's here: perhaps it was meant to be this provider's."""

    exchange: str
    at: str
    issuer: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    entity_id: str
    lines: tuple[Line, ...]
    strangers: tuple[Stranger, ...] = field(default=())

    @property
    def complete(self) -> bool:
        return all(line.state in (StepState.DONE, StepState.NOT_APPLICABLE) for line in self.lines)

    @property
    def done(self) -> int:
        return sum(line.state is StepState.DONE for line in self.lines)

    @property
    def of(self) -> int:
        return sum(line.state is not StepState.NOT_APPLICABLE for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        return {
            "entity_id": self.entity_id,
            "complete": self.complete,
            "done": self.done,
            "of": self.of,
            "steps": [line.as_json() for line in self.lines],
            "strangers": [
                {"exchange": one.exchange, "at": one.at, "issuer": one.issuer} for one in self.strangers
            ],
        }


TEXTS: Mapping[str, str] = {
    "metadata": "the metadata is read, and nothing in it is an error",
    "metadata-errors": "the metadata is read; what is wrong in it will stop a login here or elsewhere",
    "metadata-broken": "the metadata is read, but a check of this broker broke: whether all is right is not known",
    "request": "a request of this provider came in",
    "request-next": "configure the service provider with what is on this page, and start a login at it",
    "signature": "the signature was made with a key of the metadata and covers the whole request",
    "signature-unsigned": "the request was not signed, and the metadata does not promise that it is",
    "signature-next": "sign the request with the key whose certificate is in the metadata",
    "signature-blocked": "the signature of the last request is not good",
    "address": "the address to return to is in the metadata",
    "address-next": "ask for the answer at an AssertionConsumerService of the metadata",
    "address-blocked": "the last request asked for the answer at an address that is not in the metadata",
    "person": "a person logged in at a supplier",
    "person-next": "log in as a test person",
    "person-blocked": "the last request was turned away before anybody could log in",
    "answer": "an answer with a person in it was handed to the browser",
    "answer-next": "finish the login: the person comes back from the supplier, and the browser takes the answer along",
    "answer-blocked": "the last login ended without a person in the answer",
    "artifact": "the provider came for the answer with its artifact",
    "artifact-next": "let the service provider resolve the artifact within a minute",
    "artifact-blocked": "the last artifact could not be resolved",
    "artifact-not-applicable": "the answer goes by HTTP-POST: there is no artifact",
    "landed-logout": "the provider asked to log that session out: it has taken the answer",
    "landed-said": "somebody who saw it said on this page that the person is logged in at the provider",
    "landed-next": "look in the browser: only there it shows whether the provider took the answer; say so on this "
    "page, or log out at the provider",
    "landed-next-resolved": "the provider has fetched the answer; whether it took it shows in the browser only: say "
    "so on this page, or log out at the provider",
    "check-broken": "a check of this broker broke, and that stopped the last attempt: the broker's fault, not the "
    "provider's",
    "later": "an earlier step comes first",
}
"""What is said of each code, for the API; the page has it in Dutch."""

_CODES: Mapping[Step, str] = {
    Step.REQUEST: "request",
    Step.SIGNATURE: "signature",
    Step.ADDRESS: "address",
    Step.PERSON: "person",
    Step.ANSWER: "answer",
    Step.ARTIFACT: "artifact",
    Step.LANDED: "landed",
}
MOST_STRANGERS = 3


def progress(
    current: Snapshot, sp: SpMetadata, way: Way, now: datetime, newest: Sequence[Exchange] = ()
) -> Progress:
    """``newest`` is what to look for strangers in, as long as no request of this provider was seen."""
    lines = [_metadata(current, sp, now)]
    reached_all = True
    for step in tuple(Step)[1:]:
        line = _line(step, way, sp, first=reached_all)
        reached_all = reached_all and line.state in (StepState.DONE, StepState.NOT_APPLICABLE)
        lines.append(line)
    strangers = () if Step.REQUEST in way.reached else strangers_in(newest, current)
    return Progress(sp.entity_id, tuple(lines), strangers)


def strangers_in(newest: Sequence[Exchange], current: Snapshot) -> tuple[Stranger, ...]:
    """Requests by an issuer without metadata here, or that could not be read at all."""
    found = [
        Stranger(one.id, one.events[0].at, request.get("sp"))
        for one in newest
        if (request := one.last("request")) and request.get("sp") not in current.catalogue.sps
    ]
    return tuple(found[:MOST_STRANGERS])


def _metadata(current: Snapshot, sp: SpMetadata, now: datetime) -> Line:
    source = current.sources.get(sp.entity_id)
    at = "" if source is None or source.at is None else instants.write(source.at)
    report = judging.of_provider(current, sp, now)
    wrong = tuple(
        finding.as_json()
        for finding in report.findings
        if finding.severity in (Severity.REFUSED, Severity.ERROR) and not finding.suppressed
    )
    broken = tuple({"rule": rule, "error": error} for rule, error in report.broken)
    code = "metadata-broken" if broken else ("metadata-errors" if wrong else "metadata")
    return Line(Step.METADATA, StepState.DONE, code, at=at, findings=wrong, broken=broken)


def _line(step: Step, way: Way, sp: SpMetadata, *, first: bool) -> Line:
    code = _CODES[step]
    here = way.reached.get(step)
    if step is Step.ARTIFACT and not _by_artifact(way, sp):
        return Line(step, StepState.NOT_APPLICABLE, "artifact-not-applicable")
    if way.stopped is not None and way.stopped.step is step:
        at, exchange = ("", "") if here is None else (here.at, here.exchange)
        findings, broken = way.stopped.findings, way.stopped.broken
        said = "check-broken" if broken else f"{code}-blocked"
        return Line(step, StepState.BLOCKED, said, at, exchange, way.stopped, findings, broken)
    if here is not None:
        return Line(step, StepState.DONE, _how(step, here), here.at, here.exchange)
    if first:
        fetched = step is Step.LANDED and Step.ARTIFACT in way.reached
        return Line(step, StepState.NEXT, f"{code}-next-resolved" if fetched else f"{code}-next")
    return Line(step, StepState.LATER, "later")


def _how(step: Step, here: Reached) -> str:
    if step is Step.SIGNATURE and here.how == UNSIGNED:
        return "signature-unsigned"
    if step is Step.LANDED:
        return f"landed-{here.how if here.how in (BY_LOGOUT, SAID) else SAID}"
    return _CODES[step]


def _by_artifact(way: Way, sp: SpMetadata) -> bool:
    """As the answer went; before there is one, as an answer goes to which the request names no address."""
    answered = way.reached.get(Step.ANSWER)
    return (answered.how if answered else sp.default_acs.binding) == HTTP_ARTIFACT
