"""A request comes in: decoded, judged by the rules, and turned into a login or turned away."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from broker.catalogue import Service
from broker.login import ADAPTER, KEEP, KIND, Login, State
from broker.parts import Parts
from broker.rules import engine as rules
from broker.rules.authn import RULES, SeenRequest, chosen_endpoint, chosen_service, requested_level
from broker.rules.finding import INTERFACE, Finding, Outcome, Severity
from broker.settings import VERSIONS
from broker.wire import schema
from broker.wire.bindings import Carried
from broker.wire.metadata import Endpoint, SpMetadata
from broker.wire.names import HTTP_REDIRECT
from broker.wire.request import AuthnRequest, is_authn_request, read
from broker.wire.response import Status
from broker.wire.signing import Fault, SignatureProblem, Signed, verify, verify_query
from broker.wire.xml import XmlProblem, named, parse
from suppliers.ask import Level

log = logging.getLogger("mock_eherkenning.exchange")

KEEP_REQUEST_IDS = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer goes to anybody: the person in front of the browser gets a page. ``id`` finds the exchange."""

    id: str
    http_status: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """The request is answered at once with a status that is not Success."""

    login: Login
    status: Status
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came to the SSO address: by which binding, or why nothing could be unpacked."""

    binding: str
    carried: Carried | None
    problem: str | None = None
    framed: bool = False
    version: str = VERSIONS[-1]


def receive(parts: Parts, arrived: Arrived) -> Refused | Declined | Login:
    """Judge a request and start a login. Nothing of it is believed before its signature is."""
    exchange = parts.new_uuid()
    try:
        if arrived.carried is None:
            raise XmlProblem(arrived.problem or "there is no message")
        element = parse(arrived.carried.xml)
        if not is_authn_request(element):
            raise XmlProblem(
                f"the root is {named(element)}; expected <samlp:AuthnRequest>", element.sourceline or 0
            )
    except XmlProblem as unreadable:
        return _unreadable(parts, exchange, arrived, unreadable)
    assert arrived.carried is not None
    request = read(element)
    sp = parts.current.catalogue.sps.get(request.issuer or "")
    saml = sp is not None and parts.current.is_saml(sp)
    signed, problem = _check_signature(arrived, request, sp)
    if saml and sp is not None and not sp.requests_signed and problem and problem.fault is Fault.MISSING:
        problem = None  # its metadata promises no signature, and SAML asks none
    service = _service(parts, request, sp)
    seen = SeenRequest(
        request=request,
        carried=arrived.carried,
        binding=arrived.binding,
        endpoint=parts.settings.sso_url_of(arrived.version),
        now=parts.now(),
        sp=sp,
        signed=signed,
        signature_problem=problem,
        schema_error=schema.error_in(element),
        # Only a believed message may use up an ID: else anybody could burn the next one of an honest sender.
        replayed=(signed is not None or saml) and not _first_time(parts, request),
        level=None if service is None else service.level,
        provider=None if service is None else service.provider.nl,
        framed=arrived.framed,
        saml=saml,
        oldest=timedelta(seconds=parts.current.broker.request_seconds),
    )
    report = RULES.run(seen, parts.current.profile_of(sp))
    _tell_request(parts, exchange, arrived, request, report.findings, report.broken)
    if report.broken:
        # A check that could not run never looks like a pass.
        return _refuse(parts, exchange, 500, tuple(_broken(*entry) for entry in report.broken))
    if report.refusals:
        return _refuse(parts, exchange, 403, report.refusals)
    assert sp is not None
    endpoint = chosen_endpoint(request, sp)
    assert endpoint is not None
    assert request.id is not None
    login = _login(parts, exchange, arrived, request, sp, endpoint, service)
    if report.answers:
        top, second = report.answers[0].status or ("", None)
        first = report.answers[0]
        text = f"{first.rule}: expected {first.expected}; received {first.received}"
        return Declined(login, Status(top, second, text), report.answers)
    parts.store.put(KIND, login.id, ADAPTER.dump_json(login), keep=KEEP)
    return login


def _login(
    parts: Parts,
    exchange: str,
    arrived: Arrived,
    request: AuthnRequest,
    sp: SpMetadata,
    endpoint: Endpoint,
    service: Service | None,
) -> Login:
    catalogue_level = Level.EH3 if service is None else service.level
    asked = _asked_level(parts, request, sp)
    return Login(
        id=exchange,
        state=State.ASKED,
        created_at=parts.now(),
        sp=sp.entity_id,
        request_id=request.id or "",
        acs_binding=endpoint.binding,
        acs_url=endpoint.location,
        relay_state=None if arrived.carried is None else arrived.carried.relay_state,
        service_id="" if service is None else service.service_id,
        level=catalogue_level if asked is None else min(catalogue_level, asked),
        force_authn=request.forces,
        provider_name=request.provider_name,
        version=arrived.version,
        name_id_format=request.name_id_format,
    )


def _asked_level(parts: Parts, request: AuthnRequest, sp: SpMetadata) -> Level | None:
    """The level that the request names; None where it names none, or one that means nothing here."""
    if parts.current.is_saml(sp):
        settings = parts.current.settings_of(sp.entity_id)
        return next(filter(None, map(settings.level_of, request.class_refs or ())), None)
    try:
        return requested_level(request)
    except ValueError:
        return None


def _check_signature(
    arrived: Arrived, request: AuthnRequest, sp: SpMetadata | None
) -> tuple[Signed | None, SignatureProblem | None]:
    if sp is None:
        return None, None
    assert arrived.carried is not None
    try:
        if arrived.binding != HTTP_REDIRECT:
            return verify(request.element, sp.signing), None
        if arrived.carried.query_signature is None:
            return None, SignatureProblem(Fault.MISSING, "SigAlg and Signature in the query", "neither")
        return verify_query(arrived.carried.query_signature, sp.signing), None
    except SignatureProblem as problem:
        return None, problem


def _service(parts: Parts, request: AuthnRequest, sp: SpMetadata | None) -> Service | None:
    if sp is not None and parts.current.is_saml(sp):
        return parts.current.catalogue.plain_service(
            sp, Level.of(parts.current.settings_of(sp.entity_id).level)
        )
    entry = None if sp is None else chosen_service(request, sp)
    return None if sp is None or entry is None else parts.current.catalogue.service(sp, entry)


def _first_time(parts: Parts, request: AuthnRequest) -> bool:
    key = f"{request.issuer} {request.id}"
    return parts.store.add("request-id", key, b"", keep=KEEP_REQUEST_IDS)


def _tell_request(
    parts: Parts,
    exchange: str,
    arrived: Arrived,
    request: AuthnRequest,
    findings: tuple[Finding, ...],
    broken: tuple[tuple[str, str], ...],
) -> None:
    assert arrived.carried is not None
    data: dict[str, Any] = {
        "binding": arrived.binding,
        "sp": request.issuer,
        "id": request.id,
        "relay_state": arrived.carried.relay_state,
        "xml": arrived.carried.xml.decode("utf-8", "replace"),
        "findings": [finding.as_json() for finding in findings],
    }
    if broken:
        data["broken_rules"] = [{"rule": rule, "error": error} for rule, error in broken]
    parts.exchanges.tell(exchange, "request", data)


def _unreadable(parts: Parts, exchange: str, arrived: Arrived, problem: XmlProblem) -> Refused:
    """What cannot be read is AR-02; a value with something hidden in it is a matter of its signature, AR-27."""
    rule = RULES.rules["AR-27" if problem.tampered else "AR-02"]
    finding = rule.finding(
        rules.Fault("one well-formed samlp:AuthnRequest", problem.reason, "SAMLRequest", problem.line),
        parts.current.broker.rules,
    )
    xml = b"" if arrived.carried is None else arrived.carried.xml[:20_000]
    data = {
        "binding": arrived.binding,
        "sp": None,
        "xml": xml.decode("utf-8", "replace"),
        "findings": [finding.as_json()],
    }
    parts.exchanges.tell(exchange, "request", data)
    return _refuse(parts, exchange, 403 if problem.tampered else 400, (finding,))


def _refuse(parts: Parts, exchange: str, status: int, findings: tuple[Finding, ...]) -> Refused:
    for finding in findings:
        log.warning("%s %s", exchange, finding)
    parts.exchanges.tell(exchange, "refused", {"rules": [finding.rule for finding in findings]})
    return Refused(exchange, status, findings)


def _broken(rule: str, error: str) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.REFUSED,
        outcome=Outcome.REFUSE,
        title="this check broke: that is the broker's fault, not yours",
        expected="a check that passes or fails",
        received=error,
        mend="Report this with the request that caused it.",
        reference=INTERFACE,
    )
