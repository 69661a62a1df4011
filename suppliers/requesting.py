"""The person's side of a request for a mandate: in a login that finds none, and on the page of one's own mandates.

All of it is for whoever this visit proved to be, with a means that can still be used; that is looked at anew at
each request.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from suppliers.approving import Approvals
from suppliers.ask import Ask, AskedService, Level, Names
from suppliers.authorise import Code, considered, decide
from suppliers.desk import Desk
from suppliers.grants import MandateRequest, RequestStatus
from suppliers.own_mandates import PSEUDO, companies_of, lines, service_of
from suppliers.profiles import Profile
from suppliers.register.model import CompanyRecord, Mandate, Means, PersonRecord, Register
from suppliers.steps.channel import mask
from suppliers.steps.stops import stop
from suppliers.visit import At, Event, Facts, Kind, Leave, Problem, Screen, Told, Visit, road
from suppliers.walk import refusal
from suppliers.wording import at_least, both, clock_time

OTHER = "other"
"""The choice of a company that is not among those on the page."""
REMIND_AFTER = timedelta(minutes=1)
_MOST_OF_A_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """A request that was just made or looked for: its page comes next."""

    request: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A visit of somebody who may ask."""

    visit: Visit
    facts: Facts
    path: str
    person: PersonRecord
    means: Means


To = At | Leave | Screen | Shown
Found = tuple[Visit | None, To]


class Requesting:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.approvals: Approvals = desk.approvals

    def open(self, slug: str, language: str, tag: str = "") -> str | None:
        """Begin a visit to one's own mandates, in a room; the path of its first page, None for an unknown supplier."""
        profile = self._desk.profiles.get(slug)
        if profile is None:
            return None
        return self._desk.open(slug, _own(profile, language, self._desk, tag), alone=True)

    def page(self, slug: str, ask_id: str, language: str = "") -> Found:
        """The form; on a visit for that alone with one's own mandates above it."""
        known = self._known(slug, ask_id, language)
        return (known.visit, _page(known)) if isinstance(known, _Known) else known

    def ask(self, slug: str, ask_id: str, form: Mapping[str, str]) -> Found:
        """What the person filled in."""
        known = self._known(slug, ask_id)
        if not isinstance(known, _Known):
            return known
        made = _read(known, form)
        if isinstance(made, str):
            return self._refused(known, made)
        problems, remind = made if isinstance(made, tuple) else (), ""
        if isinstance(made, MandateRequest):
            kept = self.approvals.grants.add(made)
            if kept.id == made.id:
                self.approvals.asked(kept)
                return known.visit, Shown(kept.id)
            problems, remind = (Problem("company", "request.asked"),), kept.id
        return known.visit, replace(_page(known, form, remind), status=422, problems=problems)

    def request(self, slug: str, ask_id: str, request_id: str, language: str = "") -> Found:
        """How a request of this person's stands."""
        known = self._known(slug, ask_id, language)
        if not isinstance(known, _Known):
            return known
        request = _of(known, request_id)
        return (known.visit, self._standing(known, request)) if request else self._refused(known, "choice")

    def remind(self, slug: str, ask_id: str, request_id: str) -> Found:
        """One more mail to the manager, though not right after the last."""
        known = self._known(slug, ask_id)
        if not isinstance(known, _Known):
            return known
        request = _of(known, request_id)
        if request is None:
            return self._refused(known, "choice")
        if not request.is_open:
            return known.visit, Shown(request.id)
        mailed, now = request.mailed_at, self.approvals.now(request)
        soon = bool(mailed and mailed <= now < mailed + REMIND_AFTER)
        if soon or not self.approvals.remind(request):
            page = self._standing(known, _of(known, request_id) or request)
            return known.visit, replace(page, status=422, problems=(Problem("remind", "request.soon"),))
        return known.visit, Shown(request.id)

    def go_on(self, slug: str, ask_id: str, request_id: str) -> Found:
        """On with the login, if there is a mandate now."""
        known = self._known(slug, ask_id)
        if not isinstance(known, _Known):
            return known
        request = _of(known, request_id)
        if request is None or known.visit.alone:
            return self._refused(known, "choice")
        fitting = considered(known.visit, known.facts).fitting
        if request.status is RequestStatus.REFUSED and not fitting:
            return known.visit, Shown(request.id)
        if request.is_open and not fitting:
            page = self._standing(known, request)
            return known.visit, replace(page, values={**page.values, "waiting": True})
        return self._desk.go_on(slug, ask_id)

    def path(self, slug: str, ask_id: str, request_id: str = "") -> str:
        return _path(self._desk, slug, ask_id, request_id)

    def _known(self, slug: str, ask_id: str, language: str = "") -> _Known | Found:
        visit, facts = self._desk.peek(slug, ask_id, language=language)
        if visit is None or not isinstance(facts, Facts):
            assert not isinstance(facts, Facts)
            return visit, facts
        steps = road(facts.profile, alone=True)
        holder = facts.holder(visit)
        if holder is None or visit.done < len(steps):
            n = visit.done + 1 if holder else 1
            self._tell(visit, {"why": "early", "page": "mandates", "at_hand": n})
            return visit, refusal("early", resume=n)
        if stopped := stop(visit, Kind.MANDATE, facts):
            self._desk.tell(visit.ask.id, (stopped.told,))
            return visit, stopped.screen
        return _Known(visit, facts, self._desk.path(slug, ask_id), *holder)

    def _standing(self, known: _Known, request: MandateRequest) -> Screen:
        visit, company = known.visit, known.facts.register.companies.get(request.company)
        manager = self.approvals.manager_of(request)
        mailed = request.mailed_at if manager else None
        values = {
            "request": request,
            "state": str(request.status),
            "company": company.name if company else request.company,
            "mailed": mask(manager.email or "") if manager and mailed else "",
            "time": clock_time(mailed) if mailed else "",
            "own": mask(known.person.email) if known.person.email else "",
            "until": request.until,
            "alone": visit.alone,
            "logout": visit.alone,
            "here": f"mandates/{request.id}",
            "back_to": self.path(visit.supplier, visit.ask.id),
        }
        return Screen("requested", values=values)

    def _refused(self, known: _Known, why: str) -> Found:
        self._tell(known.visit, {"why": why, "page": "mandates"})
        return known.visit, refusal(why, back_to=self.path(known.visit.supplier, known.visit.ask.id))

    def _tell(self, visit: Visit, data: Mapping[str, object]) -> None:
        self._desk.tell(visit.ask.id, (Told(Event.STEP_REFUSED, data),))


def _own(profile: Profile, language: str, desk: Desk, tag: str) -> Ask:
    """The supplier asks who comes for their own mandates."""
    id_, name = str(uuid.uuid4()), Names(profile.name, profile.name)
    service = AskedService("", (), both("mandates.heading"), profile.ad, name)
    return Ask(
        id=id_,
        service=service,
        level=Level.EH2,
        identifier_sets=(),
        return_path=_path(desk, profile.slug, id_),
        choice_path="",
        # Whoever is still logged in here is known here.
        force_authn=False,
        language=language,
        tag=tag,
    )


def _path(desk: Desk, slug: str, ask_id: str, request_id: str = "") -> str:
    return desk.path(slug, ask_id) + "mandates" + (f"/{request_id}" if request_id else "")


def _page(known: _Known, form: Mapping[str, str] | None = None, remind: str = "") -> Screen:
    """The page with the form as it was filled in, or with the likeliest choices; ``remind`` is the request that a
    reminder can be sent of."""
    visit, facts, form = known.visit, known.facts, form or {}
    companies, levels = companies_of(known.person.key, facts), _levels(known)
    usual = visit.ask.level if not visit.alone else min(Level.EH3, known.means.level)
    services = sorted(
        facts.register.services.values(), key=lambda s: s.name.in_(visit.ask.language).casefold()
    )
    values = {
        "companies": companies,
        "company": form.get("company", ""),
        "number": form.get("number", ""),
        "services": () if not visit.alone else services,
        "service": form.get("service", services[0].key if len(services) == 1 else ""),
        "levels": [level.label for level in levels],
        "level": form.get("level", usual.label),
        "lines": lines(known.person.key, facts) if visit.alone else (),
        "person": known.person.name,
        "remind": remind,
        "logout": visit.alone,
        "here": "mandates",
        "back_to": "" if visit.alone else f"{known.path}{visit.done + 1}",
    }
    return Screen("mandates" if visit.alone else "request", values=values)


def _levels(known: _Known) -> list[Level]:
    lowest = Level.EH2 if known.visit.alone else known.visit.ask.level
    return [level for level in Level if lowest <= level <= known.means.level]


def _of(known: _Known, request_id: str) -> MandateRequest | None:
    held = known.facts.held(known.person.key)
    return next((request for request in held.requests if request.id == request_id), None)


def _read(known: _Known, form: Mapping[str, str]) -> MandateRequest | tuple[Problem, ...] | str:
    """The request that a form makes, what to mend in it, or why it cannot have come from our page."""
    visit, facts = known.visit, known.facts
    company, service = _company(known, form), _service(known, form)
    level = next((level for level in _levels(known) if level.label == form.get("level", "")), None)
    if level is None or "choice" in (company, service):
        return "choice"
    problems = [found for found in (company, service) if isinstance(found, Problem)]
    if isinstance(service, _Service) and level < service.level:
        too_low = service.level > known.means.level
        data = {
            "service": service.asked.name,
            "asked": service.level.label,
            "least": at_least(service.level.label),
            "has": known.means.level.label,
        }
        problems.append(Problem("level", "request.means" if too_low else "request.level", _said(data, visit)))
    if problems or not isinstance(company, CompanyRecord) or not isinstance(service, _Service):
        return tuple(problems)
    wanted = Ask(visit.ask.id, service.asked, level, PSEUDO, "", "")
    held = facts.held(known.person.key)
    decision = decide(facts.register, known.person.key, wanted, facts.now, held=held)
    if any(m.company == company.key and m.intermediary is None for m in decision.fitting):
        data = {"company": company.name, "service": service.asked.name, "least": at_least(level.label)}
        return (Problem("company", "request.has", _said(data, visit)),)
    request = MandateRequest(
        id=f"request-{secrets.token_hex(8)}",
        supplier=visit.supplier,
        person=known.person.key,
        company=company.key,
        service=service.asked.service_id,
        service_name=service.asked.name,
        provider_name=service.asked.provider,
        level=level,
        asked_at=facts.now,
        exchange=visit.ask.id,
        language=visit.ask.language,
        provider="" if visit.alone else visit.ask.service.provider_id,
        tag=visit.ask.tag,
    )
    waiting = {reason.mandate for reason in decision.reasons if reason.code is Code.REQUESTED}
    for mandate in facts.register.mandates_of(known.person.key):
        if mandate.id in waiting and _is_it(mandate, company, level):
            return _about(request, mandate, facts.register)
    return request


def _is_it(mandate: Mandate, company: CompanyRecord, level: Level) -> bool:
    plain = mandate.branch is None and mandate.intermediary is None
    return plain and mandate.company == company.key and mandate.level >= level


def _about(request: MandateRequest, mandate: Mandate, register: Register) -> MandateRequest:
    """A request for what the file has as requested is about that very mandate, with all that it says."""
    name, provider = service_of(mandate, register)
    known = mandate.service == request.service
    return replace(
        request,
        mandate=mandate.id,
        service=mandate.service,
        service_name=request.service_name if known else name,
        provider_name=request.provider_name if known else provider,
        level=mandate.level,
    )


@dataclass(frozen=True, slots=True)
class _Service:
    """``level`` is the least that a mandate for it is worth anything at."""

    asked: AskedService
    level: Level


def _service(known: _Known, form: Mapping[str, str]) -> _Service | Problem | str:
    ask = known.visit.ask
    if not known.visit.alone:
        return "choice" if "service" in form else _Service(ask.service, ask.level)
    key = form.get("service", "")
    if not key:
        return Problem("service", "request.service.empty")
    found = known.facts.register.services.get(key)
    if found is None:
        return "choice"
    uuids = (found.uuid, found.instance_uuid)
    return _Service(AskedService(found.service_id, uuids, found.name, "", found.provider), found.level)


def _company(known: _Known, form: Mapping[str, str]) -> CompanyRecord | Problem | str:
    mine = {company.key: company for company in companies_of(known.person.key, known.facts)}
    chosen = form.get("company", "")
    number = re.sub(r"[\s.-]", "", form.get("number", ""))
    if chosen and chosen != OTHER:
        own = mine.get(chosen)
        if own and number and number not in (own.kvk, own.rsin):
            # One of the two was left over, and only the person knows which.
            both_of_them = {"company": own.name, "number": number[:_MOST_OF_A_NUMBER]}
            return Problem("company", "request.company.two", both_of_them)
        return own or "choice"
    if mine and not chosen and not number:
        return Problem("company", "request.company.empty")
    if not number:
        return Problem("number", "request.number.empty")
    if not re.fullmatch(r"[0-9]{8,9}", number):
        return Problem("number", "request.number.format")
    for company in known.facts.register.companies.values():
        if number in (company.kvk, company.rsin):
            return company
    return Problem("number", "request.number.unknown", {"number": number})


def _said(data: Mapping[str, object], visit: Visit) -> dict[str, object]:
    language = visit.ask.language
    return {k: v.in_(language) if isinstance(v, Names) else v for k, v in data.items()}


__all__ = ["OTHER", "REMIND_AFTER", "Found", "RequestStatus", "Requesting", "Shown"]
