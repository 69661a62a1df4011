"""What a person may do, and has asked to do, in words: the list on the page of their own mandates."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from suppliers.ask import Ask, AskedService, Level, Names
from suppliers.authorise import Code, branch_name, decide
from suppliers.grants import Held, MandateRequest, RequestStatus
from suppliers.register.days import dutch_day
from suppliers.register.model import CompanyRecord, Mandate, Register
from suppliers.visit import Facts
from suppliers.wording import both

PSEUDO = (("Pseudo",),)
"""Identifiers that every company can give: what is asked is whether a mandate holds, not for whom it would do."""


class State(enum.StrEnum):
    ACTIVE = "active"
    REQUESTED = "requested"
    REFUSED = "refused"
    REVOKED = "revoked"
    NOT_STARTED = "not-started"
    EXPIRED = "expired"
    LAPSED = "lapsed"


_STATES = {
    Code.REQUESTED: State.REQUESTED,
    Code.REVOKED: State.REVOKED,
    Code.NOT_STARTED: State.NOT_STARTED,
    Code.EXPIRED: State.EXPIRED,
    Code.LAPSED: State.LAPSED,
}


@dataclass(frozen=True, slots=True)
class Line:
    """``on`` is the day that goes with the state: when it begins, ends or ended, was asked or refused."""

    company: CompanyRecord
    service: Names
    provider: Names
    level: Level
    state: State
    on: date | None = None
    branch: str = ""
    via: str = ""
    reason: str = ""
    request: str = ""


def lines(person: str, facts: Facts) -> list[Line]:
    """Every mandate of a person, then what was asked beside them and is open or was refused, newest last."""
    register, held = facts.register, facts.held(person)
    mandates = held.over(register.mandates_of(person))
    codes = _codes(person, mandates, facts, held)
    newest = {request.mandate: request for request in held.requests if request.mandate}
    found = [_line(m, codes.get(m.id), newest.get(m.id), held, facts) for m in mandates]
    beside = [request for request in held.requests if not request.mandate]
    found += [_asked(request, register) for request in beside if request.is_open]
    found += [_asked(request, register) for request in _refused(beside)]
    return found


def companies_of(person: str, facts: Facts) -> list[CompanyRecord]:
    """The companies that a person has or had anything to do with, by name."""
    held = facts.held(person)
    mandates = held.over(facts.register.mandates_of(person))
    keys = {mandate.company for mandate in mandates} | {request.company for request in held.requests}
    found = (facts.register.companies[key] for key in keys if key in facts.register.companies)
    return sorted(found, key=lambda company: (company.name.casefold(), company.key))


def service_of(mandate: Mandate, register: Register) -> tuple[Names, Names]:
    """What a mandate is for in words, and whose service it is (empty where it is not of one provider)."""
    if mandate.service == "*":
        return both("service.all"), Names("", "")
    for service in register.services.values():
        if mandate.service and mandate.service in (service.service_id, service.uuid, service.instance_uuid):
            return service.name, service.provider
    if mandate.provider:
        return both("service.all_of", provider=_provider(mandate.provider, register)), Names("", "")
    return Names(mandate.service, mandate.service), Names("", "")


def _provider(provider: str, register: Register) -> Names:
    names = (s.provider for s in register.services.values() if f":{provider}:" in s.service_id)
    return next(names, Names(provider, provider))


def _codes(person: str, mandates: Iterable[Mandate], facts: Facts, held: Held) -> dict[str, Code]:
    """What is against each mandate at its own service, as a login there would find; nothing for those that hold."""
    codes: dict[str, Code] = {}
    for service, provider in {(mandate.service, mandate.provider) for mandate in mandates}:
        no_name = Names("", "")
        asked = AskedService(service, (), no_name, provider, no_name)
        ask = Ask("", asked, Level.EH2, PSEUDO, "", "", branches_accepted=True)
        decision = decide(facts.register, person, ask, facts.now, held=held)
        not_here = (Code.SERVICE, Code.PROVIDER)
        codes |= {r.mandate: r.code for r in decision.reasons if r.code not in not_here}
    return codes


def _line(
    mandate: Mandate, code: Code | None, request: MandateRequest | None, held: Held, facts: Facts
) -> Line:
    register = facts.register
    state = _STATES.get(code, State.ACTIVE) if code else State.ACTIVE
    if state is State.REQUESTED and request and request.status is RequestStatus.REFUSED:
        state = State.REFUSED
    asked = dutch_day(request.asked_at) if request else None
    refused = dutch_day(request.decided_at) if request and request.decided_at else None
    on = {State.NOT_STARTED: mandate.start, State.REQUESTED: asked, State.REFUSED: refused}
    service, provider = service_of(mandate, register)
    company, between = register.companies[mandate.company], register.companies.get(mandate.intermediary or "")
    return Line(
        company=company,
        service=service,
        provider=provider,
        level=mandate.level,
        state=state,
        on=on.get(state, None if state in (State.REVOKED, State.LAPSED) else mandate.until),
        branch=branch_name(mandate, company),
        via=between.name if between else "",
        reason=request.reason if request and state is State.REFUSED else "",
        request=request.id if request and request.is_open else "",
    )


def _asked(request: MandateRequest, register: Register) -> Line:
    refused = request.status is RequestStatus.REFUSED
    return Line(
        company=register.companies[request.company],
        service=request.service_name,
        provider=request.provider_name,
        level=request.level,
        state=State.REFUSED if refused else State.REQUESTED,
        on=dutch_day(request.decided_at if refused and request.decided_at else request.asked_at),
        reason=request.reason,
        request="" if refused else request.id,
    )


def _refused(requests: Iterable[MandateRequest]) -> list[MandateRequest]:
    """The refused ones that nobody asked again since."""
    newest = {(request.company, request.service): request for request in requests}
    return [request for request in newest.values() if request.status is RequestStatus.REFUSED]
