"""What somebody whom no mandate lets in has asked already: to wait for, or refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

from suppliers.ask import Names
from suppliers.authorise import ELSEWHERE, Code, Decision, decide
from suppliers.grants import RequestStatus, mandate_of
from suppliers.register.model import Mandate, MandateStatus
from suppliers.visit import Facts, Visit
from suppliers.wording import both


@dataclass(frozen=True, slots=True)
class Line:
    """Why one mandate, or a request for one, lets nobody in; ``request`` is the id of the request, if there is one.
    ``waits`` is whether its approval would let the person in."""

    text: Names
    request: str = ""
    waits: bool = False


def lines(visit: Visit, facts: Facts, decision: Decision) -> list[Line]:
    """One for each mandate that is meant for here, in the order of ``decision``, and behind them one for each request
    beside the register."""
    held = facts.held(visit.person)
    in_file = facts.register.mandates_of(visit.person)
    newest = {request.mandate or request.id: request for request in held.requests}
    refused = {id_ for id_, request in newest.items() if request.status is RequestStatus.REFUSED}
    would_be = {m.id: replace(m, status=MandateStatus.ACTIVE) for m in in_file if _is_asked(m)}
    for id_, request in newest.items():
        asked = replace(request, status=RequestStatus.APPROVED)
        if not request.mandate and (mandate := mandate_of(asked, facts.register)):
            would_be[id_] = mandate
    # As if everything that was ever asked were granted today.
    granted = replace(held, mandates=(*held.mandates, *would_be.values()))
    fits = {
        mandate.id
        for mandate in decide(
            facts.register, visit.person, visit.ask, facts.now, facts.profile.identifiers, granted
        ).fitting
    }
    found: list[Line] = []
    for reason in decision.reasons:
        about = newest.get(reason.mandate)
        id_ = about.id if about else ""
        if reason.code is Code.REQUESTED and reason.mandate in refused:
            found.append(Line(_refused(reason.values["company"]), id_))
        elif reason.code is Code.REQUESTED:
            found.append(Line(reason.text, id_, waits=reason.mandate in fits))
        elif reason.code not in ELSEWHERE:
            found.append(Line(reason.text))
    # Of what was asked again the one that still waits counts, else the last.
    asked_here = [
        one
        for one in held.requests
        if not one.mandate and one.id in fits and one.status is not RequestStatus.APPROVED
    ]
    beside = {
        (one.company, one.service): one for one in sorted(asked_here, key=lambda one: one.id not in refused)
    }
    for request in beside.values():
        company = facts.register.companies[request.company].name
        if request.id in refused:
            found.append(Line(_refused(company), request.id))
        else:
            found.append(Line(both("reason.requested", company=company), request.id, waits=True))
    return found


def _is_asked(mandate: Mandate) -> bool:
    return mandate.status is MandateStatus.REQUESTED


def _refused(company: object) -> Names:
    return both("reason.refused", company=company)
