"""The company's side of a request for a mandate: mail to its mandate manager (machtigingenbeheerder), the link in
it, and the decision, which the console can take too. Of two decisions at once one counts."""

from __future__ import annotations

import enum
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import quote

from suppliers.adapters import Adapter
from suppliers.grants import Grants, MandateRequest, RequestStatus
from suppliers.inbox import Inbox
from suppliers.profiles import Profile
from suppliers.register.days import dutch_day
from suppliers.register.model import CompanyRecord, PersonRecord, Register
from suppliers.steps.channel import mask
from suppliers.store import Store
from suppliers.visit import Event, Message, Told
from suppliers.wording import Wording, day

KIND = "approval-link"
LINK_DAYS = 14
MOST_YEARS = 5
"""A mandate is for at most so long (spec 10.1)."""
MOST_REASON = 500
# Housekeeping in real time: far longer than the link works by the mock's clock.
_KEEP_SECONDS = 90 * 86_400.0


class LinkState(enum.StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    LATE = "late"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link from a mail leads to. ``request`` is there unless it is unknown."""

    state: LinkState
    request: MandateRequest | None = None


@dataclass(frozen=True, slots=True)
class _Sent:
    """``manager`` is whom the link was sent to: it is worth nothing once another manages the company. ``tag`` is the
    room of the request."""

    person: str
    request: str
    manager: str
    at: datetime
    tag: str = ""


_SENT = Adapter(_Sent)


class Approvals:
    """``register`` is that of a room, by its tag. ``clock_of`` is the time at a service provider, by its entity id, or
    the broker's for an empty one, and in a room: a request goes by one clock from asking to deciding. ``tell`` gets
    the exchange, and what to tell there. ``pages`` is the URL under which the suppliers' pages are."""

    def __init__(
        self,
        store: Store,
        grants: Grants,
        register: Callable[[str], Register],
        clock_of: Callable[[str, str], datetime],
        inbox: Inbox,
        tell: Callable[[str, tuple[Told, ...]], None],
        profiles: Mapping[str, Profile],
        pages: str,
    ) -> None:
        self._store = store
        self.grants = grants
        self._register = register
        self._clock_of = clock_of
        self._inbox = inbox
        self._tell = tell
        self._profiles = profiles
        self._pages = pages

    def now(self, request: MandateRequest) -> datetime:
        return self._clock_of(request.provider, request.tag)

    def today(self, request: MandateRequest) -> date:
        return dutch_day(self.now(request))

    def manager_of(self, request: MandateRequest) -> PersonRecord | None:
        """Who can be mailed about it; nobody where the register names no manager, or one without e-mail."""
        register = self._register(request.tag)
        company = register.companies.get(request.company)
        manager = register.people.get(company.manager or "") if company else None
        return manager if manager and manager.email else None

    def mend(self, request: MandateRequest) -> str:
        """What to write in the YAML where there is nobody to mail; empty if there is somebody."""
        register = self._register(request.tag)
        company = register.companies.get(request.company)
        if company is None or self.manager_of(request):
            return ""
        if company.manager in register.people:
            return f"people.{company.manager}.email: an address for this company's manager"
        return f"companies.{company.key}.manager: the key of a person with an email; or approves: true"

    def asked(self, request: MandateRequest) -> MandateRequest:
        """Follow up a request that was just kept: approve it where the company does so by itself, or mail the
        manager. The request as it is then."""
        company = self._register(request.tag).companies.get(request.company)
        if company is None:
            # The register lost it since the form was read.
            return request
        manager = self.manager_of(request)
        about: dict[str, object] = {"request": request.id, **_about(request, company)}
        if request.mandate:
            about["mandate"] = request.mandate
        if not company.approves:
            about |= {"mailed": mask(manager.email or "")} if manager else {"mend": self.mend(request)}
        self._tell(request.exchange, (Told(Event.MANDATE_REQUESTED, about),))
        if company.approves:
            return self.approve(request, self.last_day(request), "company") or request
        mailed = self._mail(request, manager) if manager else None
        return mailed or request

    def remind(self, request: MandateRequest) -> bool:
        """Mail the manager once more; the links of earlier mails keep working. False if somebody else just did."""
        manager = self.manager_of(request)
        if manager is None:
            return True
        if self._mail(request, manager) is None:
            return False
        told = Told(Event.MANDATE_REMINDED, {"request": request.id, "mailed": mask(manager.email or "")})
        self._tell(request.exchange, (told,))
        return True

    def follow(self, slug: str, token: str) -> Link:
        """What this link of this supplier's leads to, as things are now."""
        raw = self._store.get(KIND, _hash(token))
        sent = _SENT.validate_json(raw) if raw else None
        if sent is None:
            return Link(LinkState.UNKNOWN)
        request = next(
            (r for r in self.grants.of(sent.person, sent.tag).requests if r.id == sent.request), None
        )
        if request is None or request.supplier != slug:
            return Link(LinkState.UNKNOWN)
        if not request.is_open:
            return Link(LinkState.DECIDED, request)
        manager = self.manager_of(request)
        if manager is None or manager.key != sent.manager:
            return Link(LinkState.UNKNOWN)
        late = not sent.at <= self.now(request) < sent.at + timedelta(days=LINK_DAYS)
        return Link(LinkState.LATE if late else LinkState.OPEN, request)

    def told_of(self, request: MandateRequest) -> dict[str, object]:
        """Who asks, and for whom: ``person`` (name), ``company`` (record, or its key), ``own`` where the manager
        is the one who asks."""
        register = self._register(request.tag)
        person, company = register.people.get(request.person), register.companies.get(request.company)
        return {
            "person": person.name if person else request.person,
            "company": company or CompanyRecord(request.company, request.company),
            "own": company is not None and company.manager == request.person,
        }

    def last_day(self, request: MandateRequest) -> date:
        """The last day that may be granted, which is what is granted if nobody says otherwise."""
        most = _years_after(self.today(request), MOST_YEARS)
        own = self._register(request.tag).mandates_of(request.person) if request.mandate else ()
        until = next((mandate.until for mandate in own if mandate.id == request.mandate), None)
        return min(until, most) if until else most

    def wrong_until(self, request: MandateRequest, until: date) -> str:
        """What is wrong with a last day: ``past`` or ``late``; empty if nothing."""
        if until < self.today(request):
            return "past"
        return "late" if until > self.last_day(request) else ""

    def approve(self, request: MandateRequest, until: date, by: str) -> MandateRequest | None:
        """``by`` is manager, console or company. None if it is no longer there to decide."""
        return self._decide(replace(request, status=RequestStatus.APPROVED, until=until, decided_by=by))

    def refuse(self, request: MandateRequest, reason: str, by: str) -> MandateRequest | None:
        reason = " ".join(reason.split())[:MOST_REASON]
        return self._decide(replace(request, status=RequestStatus.REFUSED, reason=reason, decided_by=by))

    def refused_to(self, request: MandateRequest, why: str) -> None:
        """Tell that somebody tried to decide, and could not."""
        self._tell(request.exchange, (Told(Event.STEP_REFUSED, {"request": request.id, "why": why}),))

    def withdraw(self, request: MandateRequest) -> None:
        """Take back what was granted."""
        self.grants.withdraw(request)
        about = {"request": request.id, "person": request.person, "company": request.company}
        self._tell(request.exchange, (Told(Event.MANDATE_WITHDRAWN, about),))

    def _decide(self, decided: MandateRequest) -> MandateRequest | None:
        decided = replace(decided, decided_at=self.now(decided))
        company = self._register(decided.tag).companies.get(decided.company)
        if company is None or not self.grants.decide(decided):
            return None
        approved = decided.status is RequestStatus.APPROVED
        about: dict[str, object] = {
            "request": decided.id,
            **_about(decided, company),
            "by": decided.decided_by,
            **({"until": str(decided.until)} if approved else {}),
            **({"reason": decided.reason} if decided.reason else {}),
        }
        event = Event.MANDATE_APPROVED if approved else Event.MANDATE_REFUSED
        self._tell(decided.exchange, (Told(event, about),))
        person = self._register(decided.tag).people.get(decided.person)
        if person and person.email:
            self._send("outcome.approved" if approved else "outcome.refused", decided, person)
        return decided

    def _mail(self, request: MandateRequest, manager: PersonRecord) -> MandateRequest | None:
        """The request as it is then; None, and no mail, if somebody else mailed or decided meanwhile."""
        token, now = secrets.token_urlsafe(32), self.now(request)
        if not self.grants.mailed(request, now):
            return None
        sent = _Sent(request.person, request.id, manager.key, now, request.tag)
        self._store.put(KIND, _hash(token), _SENT.dump_json(sent), keep=_KEEP_SECONDS)
        link = f"{self._pages}/{quote(request.supplier, safe='')}/approve/{token}"
        # In which language the manager reads nobody has asked; the requester's is not theirs.
        self._send("approval", replace(request, language="nl"), manager, link=link, days=LINK_DAYS)
        return replace(request, mailed_at=now)

    def _send(self, text: str, request: MandateRequest, to: PersonRecord, **more: object) -> None:
        """Mail in the language of the request: ``message.<text>.subject`` and ``message.<text>``."""
        register, language = self._register(request.tag), request.language
        # Its profile file may be gone since: then the common texts do.
        profile = self._profiles.get(request.supplier)
        say = Wording(language, profile.wording if profile else {})
        person, company = register.people.get(request.person), register.companies.get(request.company)
        reason = say("outcome.reason", reason=request.reason) if request.reason else ""
        values = {
            "name": to.name,
            "person": person.name if person else request.person,
            "company": company.name if company else request.company,
            "service": request.service_name.in_(language),
            "provider": request.provider_name.in_(language),
            "level": request.level.label,
            "supplier": profile.name if profile else request.supplier,
            "until": day(request.until, language) if request.until else "",
            "reason": reason,
            **more,
        }
        self._inbox.add(
            Message(
                at=self.now(request),
                channel="email",
                to=to.email or "",
                subject=say(f"message.{text}.subject", **values),
                body=say(f"message.{text}", **values),
                code="",
                supplier=request.supplier,
                ask_id=request.exchange,
                tag=request.tag,
            )
        )


def _about(request: MandateRequest, company: CompanyRecord) -> dict[str, object]:
    """What is asked, for the exchange log."""
    return {
        "person": request.person,
        "company": company.key,
        "service": request.service or request.mandate,
        "level": request.level.label,
    }


def _hash(token: str) -> str:
    """The store has no token, so whoever reads it cannot follow a link."""
    return hashlib.sha256(token.encode()).hexdigest()


def _years_after(day_: date, years: int) -> date:
    try:
        return day_.replace(year=day_.year + years)
    except ValueError:  # 29 February, or the last years that there are
        return date.max if day_.year + years > date.max.year else date(day_.year + years, 2, 28)
