"""The back channel: an artifact is exchanged for its message, once, in time, by the provider it was made for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from broker.answer import ARTIFACT_KIND, KEEP_ARTIFACT
from broker.assemble import issue_for
from broker.parts import Parts
from broker.rules.engine import Report
from broker.rules.finding import Finding
from broker.rules.resolve import RULES, ArtifactState, Caller, ClientCertificates, SeenResolve
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
NOBODY = Caller()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What goes back over the back channel."""

    http_status: int
    body: bytes


def resolve(parts: Parts, body: bytes, content_type: str, caller: Caller = NOBODY) -> Resolved:
    """Answer an ArtifactResolve. Who does not sign it, or lacks the client certificate that is required, gets a
    SOAP fault; an artifact that cannot be had gives an ArtifactResponse that is a Success without a message
    (spec 3.1). Nothing of the message leaks."""
    try:
        request = read_resolve(body)
    except XmlProblem as unreadable:
        reason = unreadable.reason
        parts.exchanges.tell(parts.new_uuid(), "resolve", {"outcome": "unreadable", "reason": reason})
        return Resolved(400, fault(f"AX-01: {reason}"))
    sp = parts.current.catalogue.sps.get(request.issuer or "")
    signed, problem = _check_signature(request, sp)
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
    )
    # Who calls comes before what is called for: a caller that is refused must not use up the artifact.
    profile = parts.current.profile_of(sp)
    gate = RULES.run(seen, profile, only=("AX-03-algorithm", "AX-07"))
    let_in = not gate.refusals and not gate.broken
    if let_in:
        record, state = _look(parts, request, sp, signed)
    else:
        record, state = _exchange_of(parts, request, sp, signed), ArtifactState.UNSEEN
    report = RULES.run(replace(seen, artifact=state), profile)
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
            "broken_rules": [{"rule": rule, "error": error} for rule, error in report.broken],
            "raw": resolved.body.decode(),
        },
    )
    return resolved


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
        message = str(record["message"]).encode()
    elif parts.current.broker.unknown_artifact == "responder":
        message = _empty_response(parts, sp, issue)
    signing = parts.current.shape_of(sp.entity_id, VERSIONS[-1]).signing
    return Resolved(200, artifact_response(parts.broker, request.id, message, issue, signing))


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
    note = {"exchange": record["exchange"]}
    parts.store.put(USED, artifact, json.dumps(note).encode(), keep=KEEP_ARTIFACT)
    return record, ArtifactState.GOOD


def _empty_response(parts: Parts, sp: SpMetadata, issue: Issue) -> bytes:
    """A generic Response for an artifact that cannot be resolved; it answers no request of anybody's."""
    status = Status(names.RESPONDER, None, "The artifact cannot be resolved")
    built = response.build(parts.broker, parts.new_id(), sp.default_acs.location, status, None, issue)
    return serialize(built)


def _first(findings: tuple[Finding, ...]) -> str:
    worst = next((f for f in findings if f.severity == "R"), None)
    if worst is None:
        return "the broker could not check this message; see the exchange in its console"
    return f"{worst.rule}: expected {worst.expected}; received {worst.received}. {worst.mend}"
