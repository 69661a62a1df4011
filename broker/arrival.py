"""What is the same for every request that a browser brings: how it came, who signed it, how it is turned away."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from broker.parts import Parts
from broker.rules.finding import INTERFACE, Finding, Outcome, Severity
from broker.settings import VERSIONS
from broker.trusted.trust import refetch_for_key
from broker.wire.bindings import Carried
from broker.wire.metadata import SpMetadata
from broker.wire.names import HTTP_ARTIFACT, HTTP_REDIRECT, qname
from broker.wire.signing import Fault, SignatureProblem, Signed, verify, verify_query
from broker.wire.xml import Element
from suppliers.rooms import of_room

REQUEST_ID = "request-id"
KEEP_REQUEST_IDS = 30 * 24 * 3600.0

log = logging.getLogger("mock_eherkenning.exchange")


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came, by which binding, or why nothing could be unpacked.

    By HTTP-Artifact there is an ``artifact`` with its ``relay_state`` and nothing carried yet: the message
    itself is still with the service provider. ``raw`` is the query of HTTP-Redirect, or the form field SAMLRequest.
    ``tag`` is the room that the browser is in, empty for none. ``mend`` goes with the ``problem``, where one is known.
    """

    binding: str
    carried: Carried | None
    problem: str | None = None
    framed: bool = False
    version: str = VERSIONS[-1]
    artifact: str | None = None
    relay_state: str | None = None
    raw: str = ""
    tag: str = ""
    mend: str = ""


def check_signature(
    binding: str, carried: Carried, element: Element, sp: SpMetadata | None, around: Signed | None
) -> tuple[Signed | None, SignatureProblem | None]:
    """``around`` is the signature of the ArtifactResponse in which the message came: it covers all that is in it,
    so that a message by artifact needs none of its own; but if it has one, that one must be good too."""
    if sp is None:
        return None, None
    try:
        if binding == HTTP_REDIRECT:
            if carried.query_signature is None:
                return None, SignatureProblem(Fault.MISSING, "SigAlg and Signature in the query", "neither")
            # What the message calls its address may be what was signed along, by mistake.
            addresses = (element.get("Destination", ""),)
            return verify_query(carried.query_signature, sp.signing, addresses=addresses), None
        if binding == HTTP_ARTIFACT and around and next(element.iter(qname("ds:Signature")), None) is None:
            return around, None
        return verify(element, sp.signing), None
    except SignatureProblem as problem:
        return None, problem


def has_newer_metadata(parts: Parts, sp: SpMetadata) -> bool:
    """A key that we do not know may be its new one: metadata that came from an address is fetched again."""
    fetched = refetch_for_key(parts.store, sp.entity_id, parts.now(), parts.tag)
    return fetched and parts.configuration.refresh()


def first_time(parts: Parts, issuer: str | None, identifier: str | None) -> bool:
    """Whether this sender has not used this ID before in this room, for a request of any kind."""
    # Hashed: an ID may be as long as the message, and is kept for a month.
    key = hashlib.sha256(f"{issuer} {identifier}".encode()).hexdigest()
    return parts.store.add(of_room(REQUEST_ID, parts.tag), key, b"", keep=KEEP_REQUEST_IDS)


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer goes to anybody: the person in front of the browser gets a page. ``id`` finds the exchange."""

    id: str
    http_status: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RefusedBefore:
    """A refusal that is shown once more."""

    findings: tuple[Finding, ...]
    logging_out: bool


REFUSALS = {"refused": "request", "logout-refused": "logout-request"}
"""How an exchange calls a refusal, and what was refused."""


def refuse(
    parts: Parts, exchange: str, status: int, findings: tuple[Finding, ...], kind: str = "refused"
) -> Refused:
    """``kind`` is how the exchange calls it."""
    for finding in findings:
        log.warning("%s %s", exchange, finding)
    parts.exchanges.tell(exchange, kind, {"rules": [finding.rule for finding in findings]})
    return Refused(exchange, status, findings)


def refused_before(parts: Parts, exchange: str) -> RefusedBefore | None:
    """The newest refusal of an exchange, from what it told; None where nothing was refused."""
    found = parts.exchanges.get(exchange)
    event = None if found is None else next((e for e in reversed(found.events) if e.kind in REFUSALS), None)
    if found is None or event is None:
        return None
    told = found.last(REFUSALS[event.kind])
    broke = [broken(entry["rule"], entry["error"]) for entry in told.get("broken_rules", ())]
    seen = [
        Finding(**finding) for finding in told.get("findings", ()) if finding["rule"] in event.data["rules"]
    ]
    return RefusedBefore(tuple(broke or seen), logging_out=event.kind != "refused")


def broken(rule: str, error: str) -> Finding:
    """A check that could not run never looks like a pass."""
    return Finding(
        rule=rule,
        severity=Severity.REFUSED,
        outcome=Outcome.REFUSE,
        title="this check broke: that is the broker's fault, not yours",
        expected="a check that passes or fails",
        received=error,
        mend="Report this with the request that caused it.",
        docs=f"docs/rules/{rule}.md",
        reference=INTERFACE,
    )
