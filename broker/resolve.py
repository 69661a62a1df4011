"""The back channel: an artifact is exchanged for its message, once, in time, by the provider it was made for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from broker import whose_key
from broker.answer import ARTIFACT_KIND, KEEP_ARTIFACT
from broker.assemble import issue_for
from broker.parts import Parts
from broker.report import rule_results
from broker.rules.engine import Report
from broker.rules.finding import Finding, Outcome
from broker.rules.resolve import (
    RULES,
    ArtifactState,
    Caller,
    ClientCertificates,
    SeenResolve,
    unreadable,
    wrong_type,
)
from broker.scenarios import acting as scenarios
from broker.scenarios.model import ArtifactAnswer
from broker.settings import VERSIONS
from broker.wire import names, response
from broker.wire.artifact import (
    ArtifactProblem,
    ArtifactResolve,
    artifact_response,
    check_artifact,
    fault,
    read_resolve,
)
from broker.wire.assertions import Issue
from broker.wire.metadata import SpMetadata
from broker.wire.response import Status
from broker.wire.signing import SignatureProblem, Signed, verify
from broker.wire.xml import XmlProblem, serialize

USED = "artifact-used"
MOST_SHOWN = 20_000
NOBODY = Caller()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What goes back over the back channel, after ``wait`` seconds; with ``drop`` the connection is closed instead."""

    http_status: int
    body: bytes
    wait: float = 0.0
    drop: bool = False


def resolve(parts: Parts, body: bytes, content_type: str, caller: Caller = NOBODY) -> Resolved:
    """Answer an ArtifactResolve. Who does not sign it, or lacks the client certificate that is required, gets a
    SOAP fault; an artifact that cannot be had gives an ArtifactResponse that is a Success without a message
    (spec 3.1). Nothing of the message leaks."""
    try:
        request = read_resolve(body)
    except XmlProblem as unreadable:
        return _unreadable(parts, body, content_type, unreadable)
    parts = parts.seen_by(_room(parts, request))
    sp = parts.current.catalogue.sps.get(request.issuer or "")
    signed, problem = _check_signature(request, sp)
    problem = whose_key.named(parts, sp, problem)
    seen = SeenResolve(
        request=request,
        content_type=content_type,
        sp=sp,
        signed=signed,
        signature_problem=problem,
        artifact=ArtifactState.UNSEEN,
        seconds=parts.current.broker.artifact_seconds,
        client_certificates=_client_certificates(parts),
        caller=caller,
        now=parts.now_of(request.issuer),
        endpoints=(parts.settings.artifact_url,),
        oldest=timedelta(seconds=parts.current.broker.request_seconds),
    )
    # Who calls comes before what is called for: a caller that is refused must not use up the artifact.
    against = parts.current.against(sp, body, request.element)
    gate = RULES.run(seen, against, only=("AX-03-algorithm", "AX-07"))
    let_in = not gate.refusals and not gate.broken
    if let_in:
        record, state = _look(parts, request, sp, signed)
    else:
        record, state = _exchange_of(parts, request, sp, signed), ArtifactState.UNSEEN
    report = RULES.run(replace(seen, artifact=state), against)
    refused = report.refusals or report.broken
    exchange = str(record["exchange"]) if record else parts.new_uuid()
    resolved = _resolved(parts, request, sp, signed, record, report, state, let_in=let_in)
    parts.exchanges.tell(
        exchange,
        "resolve",
        {
            "outcome": "refused" if refused and state is ArtifactState.UNSEEN else state.value,
            "sp": request.issuer,
            "artifact": (request.artifact or "")[:100],
            **({"client_certificate": str(caller)} if caller.certificate else {}),
            "findings": [finding.as_json() for finding in report.findings],
            "passed": list(report.passed),
            "not_applicable": list(report.not_applicable),
            "broken_rules": [{"rule": rule, "error": error} for rule, error in report.broken],
            "xml": body.decode("utf-8", "replace"),
            "raw": resolved.body.decode(),
        },
    )
    if sp is not None:
        rule_results.keep(parts.store, sp.entity_id, parts.tag, exchange, report, parts.now())
    return resolved


def _unreadable(parts: Parts, body: bytes, content_type: str, problem: XmlProblem) -> Resolved:
    """Nothing can be said of a call without an ArtifactResolve but that, and what its content type was."""
    finding = RULES.rules["AX-01"].finding(unreadable(problem), parts.current.against(None))
    findings = [finding]
    if wrong := wrong_type(content_type):
        findings.append(RULES.rules["AX-02"].finding(wrong, parts.current.against(None)))
    answer = Resolved(400, fault(f"AX-01: {problem.reason}"))
    data = {
        "outcome": "unreadable",
        "reason": problem.reason,
        "findings": [finding.as_json() for finding in findings],
        "xml": body[:MOST_SHOWN].decode("utf-8", "replace"),
        "raw": answer.body.decode(),
    }
    parts.exchanges.tell(parts.new_uuid(), "resolve", data)
    return answer


def _resolved(
    parts: Parts,
    request: ArtifactResolve,
    sp: SpMetadata | None,
    signed: Signed | None,
    record: Mapping[str, Any] | None,
    report: Report,
    state: ArtifactState,
    *,
    let_in: bool,
) -> Resolved:
    if sp is None or signed is None or report.broken or not let_in:
        return Resolved(403, fault(_first(report.findings)))
    issue = issue_for(parts, sp.entity_id)
    message = None
    if state is ArtifactState.GOOD and record is not None:
        made = ArtifactAnswer(str(record["message"]).encode(), request.id, parts.broker, issue)
        return _made(parts, sp, scenarios.artifact(parts, str(record["exchange"]), made))
    if parts.current.broker.unknown_artifact == "responder":
        message = _empty_response(parts, sp, issue)
    signing = parts.current.shape_of(sp.entity_id, VERSIONS[-1]).signing
    return Resolved(200, artifact_response(parts.broker, request.id, message, issue, signing))


def _made(parts: Parts, sp: SpMetadata, answer: ArtifactAnswer) -> Resolved:
    if answer.body is not None:
        return Resolved(answer.http_status, answer.body, answer.wait, answer.drop)
    signing = parts.current.shape_of(sp.entity_id, VERSIONS[-1]).signing if answer.signed else None
    body = artifact_response(answer.hm, answer.in_response_to, answer.message, answer.issue, signing)
    return Resolved(answer.http_status, body, answer.wait, answer.drop)


def _room(parts: Parts, request: ArtifactResolve) -> str:
    """The call says nothing of a room: it is that of the login which the artifact is of. Of an artifact that nobody
    knows it is where there is metadata of the caller; the one that everybody sees first."""
    artifact, current = request.artifact or "", parts.configuration.current
    found = parts.store.get(ARTIFACT_KIND, artifact) or parts.store.get(USED, artifact)
    if found is not None:
        return str(json.loads(found).get("tag", ""))
    if request.issuer in current.catalogue.sps:
        return ""
    return current.room_with(request.issuer or "")


def _check_signature(
    request: ArtifactResolve, sp: SpMetadata | None
) -> tuple[Signed | None, SignatureProblem | None]:
    if sp is None:
        return None, None
    try:
        return verify(request.element, sp.signing), None
    except SignatureProblem as problem:
        return None, problem


def _client_certificates(parts: Parts) -> ClientCertificates:
    """As the YAML says now; else recorded where the broker can see them."""
    if parts.current.broker.client_certificates is not None:
        return parts.current.broker.client_certificates
    return ClientCertificates.RECORDED if parts.settings.sees_client_certificates else ClientCertificates.OFF


def _exchange_of(
    parts: Parts, request: ArtifactResolve, sp: SpMetadata | None, signed: Signed | None
) -> dict[str, Any] | None:
    """The login that a refused call was about, for the log, if the provider that it was for has signed it."""
    found = parts.store.get(ARTIFACT_KIND, request.artifact or "") if sp and signed else None
    if sp is None or found is None:
        return None
    record: dict[str, Any] = json.loads(found)
    return record if record["sp"] == sp.entity_id else None


def _look(
    parts: Parts, request: ArtifactResolve, sp: SpMetadata | None, signed: Signed | None
) -> tuple[dict[str, Any] | None, ArtifactState]:
    """Find the artifact, and take it if all is right: only its own provider, in time, may use it up."""
    if sp is None or signed is None:
        return None, ArtifactState.UNSEEN
    artifact = request.artifact or ""
    try:
        check_artifact(artifact, parts.settings.entity_id)
    except ArtifactProblem:
        return None, ArtifactState.FOREIGN
    found = parts.store.get(ARTIFACT_KIND, artifact)
    if found is None:
        used = parts.store.get(USED, artifact)
        return (json.loads(used), ArtifactState.USED) if used else (None, ArtifactState.UNKNOWN)
    record: dict[str, Any] = json.loads(found)
    if record["sp"] != sp.entity_id:
        return record, ArtifactState.OTHER_SP
    life = timedelta(seconds=parts.current.broker.artifact_seconds)
    if parts.now_of(sp.entity_id) - datetime.fromisoformat(record["made_at"]) > life:
        return record, ArtifactState.LATE
    if parts.store.take(ARTIFACT_KIND, artifact) is None:
        return record, ArtifactState.USED
    note = {"exchange": record["exchange"], "tag": parts.tag}
    parts.store.put(USED, artifact, json.dumps(note).encode(), keep=KEEP_ARTIFACT)
    return record, ArtifactState.GOOD


def _empty_response(parts: Parts, sp: SpMetadata, issue: Issue) -> bytes:
    """A generic Response for an artifact that cannot be resolved; it answers no request of anybody's."""
    status = Status(names.RESPONDER, None, "The artifact cannot be resolved")
    built = response.build(parts.broker, parts.new_id(), sp.default_acs.location, status, None, issue)
    return serialize(built)


def _first(findings: tuple[Finding, ...]) -> str:
    worst = next((f for f in findings if f.outcome is Outcome.REFUSE), None)
    if worst is None:
        return "the broker could not check this message; see the exchange in its console"
    return f"{worst.rule}: expected {worst.expected}; received {worst.received}. {worst.mend}"
