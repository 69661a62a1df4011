"""A person logs out at a service provider: the supplier's session ends, and that is the end of the road (spec 9).

One way: the person stays here, and other providers are not told. Only a provider that knows nothing of the scheme
gets its LogoutResponse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from broker import sessions, whose_key
from broker.arrival import (
    Arrived,
    Refused,
    broken,
    check_signature,
    first_time,
    has_newer_metadata,
    refuse,
)
from broker.assemble import issue_for
from broker.back_channel import Fetched, NotFetched, fetch
from broker.delivery import Delivery
from broker.parts import Parts
from broker.report import rule_results
from broker.rules import engine as rules
from broker.rules.authn import Source
from broker.rules.logout import RULES, KnownSession, SeenLogout
from broker.sessions import Session
from broker.unpacking import element_of
from broker.wire import logout, names, schema
from broker.wire.bindings import Carried
from broker.wire.metadata import Endpoint, SpMetadata
from broker.wire.names import HTTP_POST, HTTP_REDIRECT
from broker.wire.response import SUCCESS, Status
from broker.wire.signing import Fault
from broker.wire.xml import XmlProblem
from suppliers.ask import Names

READABLE = (
    "Send a samlp:LogoutRequest in SAMLRequest: in base64 by HTTP-POST, or deflated, in base64 and URL-encoded by "
    "HTTP-Redirect."
)
REFUSED = "logout-refused"
"""Not "refused": in the exchange of a login that went well, that stays how it went."""
UNKNOWN_SESSION = Status(names.REQUESTER, names.UNKNOWN_PRINCIPAL, "No such session")


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """``supplier`` is where a session ended, None where there was none to send the person to. ``answer`` is the
    LogoutResponse for a provider that expects one. ``language`` is that of the login, if one was found."""

    id: str
    provider: Names
    supplier: str | None
    language: str | None
    answer: Delivery | None = None


def log_out(parts: Parts, arrived: Arrived) -> Refused | LoggedOut:
    """Judge a LogoutRequest and end what it names. Nothing of it is believed before its signature is."""
    exchange = parts.new_uuid()
    parts = parts.seen_by(arrived.tag)
    fetched: Fetched | None = None
    try:
        if arrived.artifact is not None:
            fetched = fetch(parts, arrived.artifact)
            arrived = _with(arrived, fetched)
        request = logout.read(element_of(arrived, "samlp:LogoutRequest"))
    except NotFetched as problem:
        rule = "LO-01" if problem.garbled else "LO-16"
        told = {**problem.told, "binding": arrived.binding, "relay_state": arrived.relay_state}
        return _unread(parts, exchange, rule, problem.fault, problem.http_status, told)
    except XmlProblem as problem:
        fault = rules.Fault(
            "one well-formed samlp:LogoutRequest",
            problem.reason,
            "SAMLRequest",
            problem.line,
            problem.mend or (None if problem.tampered else READABLE),
        )
        xml = b"" if arrived.carried is None else arrived.carried.xml[:20_000]
        told = {"binding": arrived.binding, "xml": xml.decode("utf-8", "replace")}
        if arrived.raw:
            told["raw"] = arrived.raw
        if problem.tampered:
            return _unread(parts, exchange, "LO-11", fault, 403, told)
        return _unread(parts, exchange, "LO-02", fault, 400, told)
    assert arrived.carried is not None
    # A session is of the room of its login, wherever the browser says that it is now.
    room = sessions.room_of(parts, request.session_indexes)
    parts = parts if room is None else parts.seen_by(room)
    sp = parts.current.catalogue.sps.get(request.issuer or "")
    around = fetched.signed if fetched and sp and fetched.sp.entity_id == sp.entity_id else None
    signed, problem_of = check_signature(arrived.binding, arrived.carried, request.element, sp, around)
    if problem_of and problem_of.fault is Fault.KEY and sp and has_newer_metadata(parts, sp):
        sp = parts.current.catalogue.sps.get(sp.entity_id)
        signed, problem_of = check_signature(arrived.binding, arrived.carried, request.element, sp, around)
    found: tuple[Session, ...] = ()
    if sp is not None and signed is not None:
        found = sessions.find(parts, sp.entity_id, request.name_id, request.session_indexes)
    problem_of = whose_key.named(parts, sp, problem_of)
    seen = SeenLogout(
        request=request,
        binding=arrived.binding,
        endpoint=parts.settings.logout_url_of(arrived.version),
        now=parts.now_of(request.issuer),
        sp=sp,
        signed=signed,
        signature_problem=problem_of,
        schema_errors=schema.errors(request.element),
        senders=tuple(parts.current.catalogue.sps) if sp is None else (),
        # Only a believed message may use up an ID: else anybody could burn the next one of an honest sender.
        replayed=signed is not None and not first_time(parts, request.issuer, request.id),
        sessions=tuple(KnownSession(session.sp, session.name_id) for session in found),
        source=Source(fetched.sp.entity_id, fetched.url) if fetched else None,
        oldest=timedelta(seconds=parts.current.broker.request_seconds),
    )
    report = RULES.run(seen, parts.current.against(sp, arrived.carried.xml, request.element))
    own = [session for session in found if sp is not None and session.sp == sp.entity_id]
    if own:
        # Into the exchange of the login, so that its whole story stands in one place.
        exchange = own[0].login
    if fetched:
        parts.exchanges.tell(exchange, "logout-fetched", fetched.told)
    parts.exchanges.tell(
        exchange,
        "logout-request",
        {
            "binding": arrived.binding,
            "tag": parts.tag,
            "sp": request.issuer,
            "id": request.id,
            "relay_state": arrived.carried.relay_state,
            "xml": arrived.carried.xml.decode("utf-8", "replace"),
            **({"raw": arrived.raw} if arrived.raw else {}),
            "findings": [finding.as_json() for finding in report.findings],
            "passed": list(report.passed),
            "not_applicable": list(report.not_applicable),
            "broken_rules": [{"rule": rule, "error": error} for rule, error in report.broken],
        },
    )
    if sp is not None:
        rule_results.keep(parts.store, sp.entity_id, parts.tag, exchange, report, parts.now())
    if report.broken:
        return refuse(parts, exchange, 500, tuple(broken(*entry) for entry in report.broken), REFUSED)
    if report.refusals:
        return refuse(parts, exchange, 403, report.refusals, REFUSED)
    assert sp is not None
    return _end(parts, exchange, arrived, request, sp, found)


def answers_logout(parts: Parts, sp: SpMetadata) -> bool:
    """Whether this provider gets a LogoutResponse: in the scheme log-out is one way, in SAML it is not."""
    return parts.current.is_saml(sp)


def _end(
    parts: Parts,
    exchange: str,
    arrived: Arrived,
    request: logout.LogoutRequest,
    sp: SpMetadata,
    found: tuple[Session, ...],
) -> LoggedOut:
    ended = [parts.suppliers.log_out(session.login) for session in found]
    for session in found:
        sessions.forget(parts, session)
    supplier = next(filter(None, ended), None)
    answer = None
    if answers_logout(parts, sp):
        answer = answer_to(parts, request, arrived, sp, SUCCESS if found else UNKNOWN_SESSION)
    parts.exchanges.tell(
        exchange,
        "logged-out",
        {
            "outcome": "logged-out" if supplier or found else "no-session",
            "supplier": supplier,
            "sessions": [session.index for session in found],
            "answer": None if answer is None else answer.url,
            **({} if answer is None else _as_sent(answer)),
        },
    )
    language = found[0].language if found else None
    return LoggedOut(exchange, _provider(parts, sp, found), supplier, language, answer)


def _as_sent(answer: Delivery) -> dict[str, Any]:
    """For the log: the form field SAMLResponse, or the query."""
    if answer.by_post:
        raw, binding = answer.fields["SAMLResponse"], HTTP_POST
    else:
        raw, binding = urlencode(answer.fields), HTTP_REDIRECT
    return {"binding": binding, "raw": raw, "relay_state": answer.fields.get("RelayState")}


def answer_to(
    parts: Parts, request: logout.LogoutRequest, arrived: Arrived, sp: SpMetadata, status: Status
) -> Delivery | None:
    """The signed LogoutResponse, by the binding that the request came by if the provider takes that; None where
    its metadata has no address that a browser can bring it to."""
    endpoint = _answer_endpoint(sp, arrived.binding)
    if endpoint is None or arrived.carried is None:
        return None
    url = endpoint.response_location or endpoint.location
    fields = logout.response(
        parts.broker,
        request.id or "",
        url,
        status,
        issue_for(parts, sp.entity_id),
        endpoint.binding,
        arrived.carried.relay_state,
        parts.current.shape_of(sp.entity_id, arrived.version).signing,
    )
    return Delivery(url, fields, by_post=endpoint.binding == HTTP_POST)


def _answer_endpoint(sp: SpMetadata, came_by: str) -> Endpoint | None:
    usable = [found for found in sp.single_logout if found.binding in (HTTP_POST, HTTP_REDIRECT)]
    return next((found for found in usable if found.binding == came_by), next(iter(usable), None))


def _with(arrived: Arrived, fetched: Fetched) -> Arrived:
    return Arrived(
        binding=arrived.binding,
        carried=Carried(fetched.xml, arrived.relay_state),
        framed=arrived.framed,
        version=arrived.version,
        relay_state=arrived.relay_state,
    )


def _provider(parts: Parts, sp: SpMetadata, found: tuple[Session, ...]) -> Names:
    """As the person saw it at the login; from the metadata where there is no login any more."""
    service = parts.current.catalogue.service_by_id(sp, found[0].service_id) if found else None
    return parts.current.catalogue.plain_service(sp).provider if service is None else service.provider


def _unread(
    parts: Parts, exchange: str, rule: str, fault: rules.Fault, status: int, told: Mapping[str, Any]
) -> Refused:
    finding = RULES.rules[rule].finding(fault, parts.current.broker.rules)
    data = {"sp": None, "tag": parts.tag, **told, "findings": [finding.as_json()]}
    parts.exchanges.tell(exchange, "logout-request", data)
    return refuse(parts, exchange, status, (finding,), REFUSED)
