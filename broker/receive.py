"""A request comes in: decoded, judged by the rules, and turned into a login or turned away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from broker import whose_key
from broker.arrival import (
    Arrived,
    Refused,
    broken,
    check_signature,
    first_time,
    has_newer_metadata,
    refuse,
)
from broker.back_channel import NotFetched, fetch
from broker.catalogue import Service
from broker.login import Login, State, able, keep
from broker.parts import Parts
from broker.report import rule_results
from broker.rules import engine as rules
from broker.rules.authn import (
    RULES,
    SeenRequest,
    Source,
    chosen_endpoint,
    chosen_service,
    requested_level,
)
from broker.rules.finding import Finding
from broker.scenarios import acting as scenarios
from broker.unpacking import element_of
from broker.wire import schema
from broker.wire.bindings import Carried
from broker.wire.metadata import Endpoint, SpMetadata
from broker.wire.request import AuthnRequest, read
from broker.wire.response import Status
from broker.wire.signing import Fault
from broker.wire.xml import XmlProblem
from suppliers.ask import Level

TAKEN = "Send the XML in base64 by HTTP-POST, or deflated, in base64 and URL-encoded by HTTP-Redirect"
READABLE = ("one well-formed samlp:AuthnRequest", f"{TAKEN}; start at the service provider, not here.")
UNTAMPERED = (
    "values without comments or processing instructions in them",
    "Send the message without comments: the signature does not cover them, and libraries read them differently.",
)


@dataclass(frozen=True, slots=True)
class Declined:
    """The request is answered at once with a status that is not Success."""

    login: Login
    status: Status
    findings: tuple[Finding, ...]


def receive(parts: Parts, arrived: Arrived) -> Refused | Declined | Login:
    """Judge a request and start a login. Nothing of it is believed before its signature is."""
    parts = parts.seen_by(arrived.tag)
    exchange = parts.new_uuid()
    fetched = None
    if arrived.artifact is not None:
        try:
            fetched = fetch(parts, arrived.artifact)
        except NotFetched as unheard:
            return _not_fetched(parts, exchange, arrived, unheard)
        parts.exchanges.tell(exchange, "request-fetched", fetched.told)
        arrived = replace(arrived, carried=Carried(fetched.xml, arrived.relay_state))
    try:
        element = element_of(arrived, "samlp:AuthnRequest")
    except XmlProblem as unreadable:
        return _unreadable(parts, exchange, arrived, unreadable)
    assert arrived.carried is not None
    request = read(element)
    sp = parts.current.catalogue.sps.get(request.issuer or "")
    saml = sp is not None and parts.current.is_saml(sp)
    around = fetched.signed if fetched and sp and fetched.sp.entity_id == sp.entity_id else None
    signed, problem = check_signature(arrived.binding, arrived.carried, element, sp, around)
    if problem and problem.fault is Fault.KEY and sp and has_newer_metadata(parts, sp):
        sp = parts.current.catalogue.sps.get(sp.entity_id)
        signed, problem = check_signature(arrived.binding, arrived.carried, element, sp, around)
    if saml and sp is not None and not sp.requests_signed and problem and problem.fault is Fault.MISSING:
        problem = None  # its metadata promises no signature, and SAML asks none
    service = _service(parts, request, sp)
    listed = None if service is None else parts.current.catalogue.listed(service.service_id)
    believed = signed is not None or (saml and problem is None)
    problem = whose_key.named(parts, sp, problem)
    seen = SeenRequest(
        request=request,
        carried=arrived.carried,
        binding=arrived.binding,
        endpoint=parts.settings.sso_url_of(arrived.version),
        now=parts.now_of(request.issuer),
        sp=sp,
        signed=signed,
        signature_problem=problem,
        schema_errors=schema.errors(element),
        # Only a believed message may use up an ID: else anybody could burn the next one of an honest sender.
        replayed=believed and not first_time(parts, request.issuer, request.id),
        level=None if service is None else service.level,
        provider=None if service is None else service.provider.nl,
        framed=arrived.framed,
        saml=saml,
        catalogue_key=service is not None and service.certificate is not None,
        encrypts=parts.current.shape_of(request.issuer or "", arrived.version).encrypts,
        oldest=timedelta(seconds=parts.current.broker.request_seconds),
        senders=tuple(parts.current.catalogue.sps) if sp is None else (),
        known=() if request.idp_entries is None else tuple(offer.ad for offer in parts.suppliers.offers()),
        able=_able(parts, request, sp, service),
        sso=None if listed is None else listed.single_sign_on,
        may_ask=service.attributes if service and listed else None,
        source=Source(fetched.sp.entity_id, fetched.url) if fetched else None,
        in_catalogue=(listed is not None) if service and parts.current.catalogues else None,
    )
    report = RULES.run(seen, parts.current.against(sp, arrived.carried.xml, element))
    _tell_request(parts, exchange, arrived, request, service, report)
    if report.broken:
        return refuse(parts, exchange, 500, tuple(broken(*entry) for entry in report.broken))
    if report.refusals:
        return refuse(parts, exchange, 403, report.refusals)
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
    if status := scenarios.declined(parts, login):
        return Declined(login, status, ())
    keep(parts, login)
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
        created_at=parts.now_of(sp.entity_id),
        sp=sp.entity_id,
        request_id=request.id or "",
        acs_binding=endpoint.binding,
        acs_url=endpoint.location,
        relay_state=None if arrived.carried is None else arrived.carried.relay_state,
        service_id="" if service is None else service.service_id,
        level=catalogue_level if asked is None else min(catalogue_level, asked),
        scoped=tuple(dict.fromkeys(request.idp_entries or ())),
        requested=request.requested_attributes,
        required=request.required_attributes,
        force_authn=request.forces,
        provider_name=request.provider_name,
        version=arrived.version,
        name_id_format=request.name_id_format,
        tag=arrived.tag,
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


def _able(
    parts: Parts, request: AuthnRequest, sp: SpMetadata | None, service: Service | None
) -> tuple[str, ...]:
    """The authentication services that reach the level and have the identifier; looked up only if it matters."""
    if sp is None or service is None or request.idp_entries is None:
        return ()
    asked = _asked_level(parts, request, sp)
    level = service.level if asked is None else min(service.level, asked)
    return tuple(offer.ad for offer in able(parts, service, level))


def _service(parts: Parts, request: AuthnRequest, sp: SpMetadata | None) -> Service | None:
    if sp is not None and parts.current.is_saml(sp):
        return parts.current.catalogue.plain_service(
            sp, Level.of(parts.current.settings_of(sp.entity_id).level)
        )
    entry = None if sp is None else chosen_service(request, sp)
    return None if sp is None or entry is None else parts.current.catalogue.service(sp, entry)


def _tell_request(
    parts: Parts,
    exchange: str,
    arrived: Arrived,
    request: AuthnRequest,
    service: Service | None,
    report: rules.Report,
) -> None:
    assert arrived.carried is not None
    if request.issuer in parts.current.catalogue.sps:
        rule_results.keep(parts.store, request.issuer or "", arrived.tag, exchange, report, parts.now())
    data: dict[str, Any] = {
        "binding": arrived.binding,
        "tag": arrived.tag,
        "sp": request.issuer,
        "profile": parts.current.profile_of(parts.current.catalogue.sps.get(request.issuer or "")),
        "id": request.id,
        "relay_state": arrived.carried.relay_state,
        "service": None if service is None else _named(service),
        "fields": _fields(request),
        "xml": arrived.carried.xml.decode("utf-8", "replace"),
        **({"raw": arrived.raw} if arrived.raw else {}),
        "findings": [finding.as_json() for finding in report.findings],
        "passed": list(report.passed),
        "not_applicable": list(report.not_applicable),
    }
    if report.broken:
        data["broken_rules"] = [{"rule": rule, "error": error} for rule, error in report.broken]
    parts.exchanges.tell(exchange, "request", data)


def _named(service: Service) -> dict[str, Any]:
    return {
        "service_id": service.service_id,
        "uuid": service.instance_uuid,
        "name": {"nl": service.name.nl, "en": service.name.en},
    }


def _fields(request: AuthnRequest) -> dict[str, Any]:
    """What the request says, without what it leaves out."""
    said = {
        "issue_instant": request.issue_instant,
        "destination": request.destination,
        "force_authn": request.force_authn,
        "acs_index": request.acs_index,
        "acs_url": request.acs_url,
        "protocol_binding": request.protocol_binding,
        "service_index": request.service_index,
        "provider_name": request.provider_name,
        "name_id_format": request.name_id_format,
        "levels": request.class_refs,
        "comparison": request.comparison,
        "suppliers": request.idp_entries,
        "attributes": request.requested_attributes or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _unreadable(parts: Parts, exchange: str, arrived: Arrived, problem: XmlProblem) -> Refused:
    """What cannot be read is AR-02; a value with something hidden in it is a matter of its signature, AR-27."""
    rule = RULES.rules["AR-27" if problem.tampered else "AR-02"]
    expected, mend = READABLE if not problem.tampered else UNTAMPERED
    finding = rule.finding(
        rules.Fault(expected, problem.reason, "SAMLRequest", problem.line, problem.mend or mend),
        parts.current.broker.rules,
    )
    xml = b"" if arrived.carried is None else arrived.carried.xml
    data = {
        "binding": arrived.binding,
        "tag": arrived.tag,
        "sp": None,
        "xml": xml[:20_000].decode("utf-8", "replace"),
        **({"raw": arrived.raw} if arrived.raw else {}),
        "findings": [finding.as_json()],
    }
    parts.exchanges.tell(exchange, "request", data)
    return refuse(parts, exchange, 403 if problem.tampered else 400, (finding,))


def _not_fetched(parts: Parts, exchange: str, arrived: Arrived, problem: NotFetched) -> Refused:
    """By an artifact that is none (AR-01), or one for which no message came that can be believed (AR-43)."""
    rule = "AR-01" if problem.garbled else "AR-43"
    finding = RULES.rules[rule].finding(problem.fault, parts.current.broker.rules)
    data = {
        **problem.told,
        "binding": arrived.binding,
        "tag": arrived.tag,
        "sp": problem.told.get("sp"),
        "relay_state": arrived.relay_state,
        "findings": [finding.as_json()],
    }
    parts.exchanges.tell(exchange, "request", data)
    return refuse(parts, exchange, problem.http_status, (finding,))
