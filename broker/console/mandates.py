"""The console's page of mandates that came about while running: what was asked, and what was granted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.pages.room import room
from broker.parts import Parts
from broker.wire import instants
from suppliers.approving import Approvals
from suppliers.grants import MandateRequest

MOST = 200
WHERE = "/mandates"
DONE = ("approved", "refused", "withdrawn")


def add(pages: Blueprint, parts: Parts, approvals: Approvals) -> None:
    """On the console's own blueprint, so that its guard holds here too."""

    def page(*, done: str = "", wrong: str = "") -> str:
        # Outside any room all are shown: a tester who looks for one finds it.
        tag = room()
        requests = [asked for asked in approvals.grants.requests() if tag in ("", asked.tag)]
        granted = [one for one in approvals.grants.granted() if tag in ("", one[0].tag)]
        return render_template(
            "console/mandates.html",
            here="mandates",
            current=parts.current,
            now=parts.now(),
            requests=[request_json(parts, approvals, asked) for asked in requests[:MOST]],
            granted=[
                {**request_json(parts, approvals, asked), "from": mandate.start, "mandate": mandate.id}
                for asked, mandate in granted[:MOST]
            ],
            more=max(0, len(requests) - MOST),
            done=done,
            wrong=wrong,
        )

    @pages.route(WHERE)
    def mandates() -> ResponseReturnValue:
        # It comes by the URL, so it only chooses a text.
        done = request.args.get("done", "")
        return page(done=done if done in DONE else "")

    @pages.route(f"{WHERE}/<id_>/<any('approve', 'refuse', 'withdraw'):what>", methods=["POST"])
    def mandates_decide(id_: str, what: str) -> ResponseReturnValue:
        found = approvals.grants.find(id_)
        if found is None:
            return page(wrong="unknown"), 404
        if what == "withdraw":
            if not is_granted(approvals, found):
                return page(wrong="unknown"), 404
            approvals.withdraw(found)
            return _back("withdrawn")
        if what == "approve":
            decided = approvals.approve(found, approvals.last_day(found), "console")
        else:
            decided = approvals.refuse(found, request.form.get("reason", ""), "console")
        return _back(str(decided.status)) if decided else (page(wrong="decided"), 409)


def is_granted(approvals: Approvals, asked: MandateRequest) -> bool:
    return any(asked.id == granted.id for granted, _ in approvals.grants.granted())


def request_json(parts: Parts, approvals: Approvals, asked: MandateRequest) -> dict[str, Any]:
    """A request as the API gives it. ``mend`` says what to write in the YAML where nobody was mailed."""
    register = parts.seen_by(asked.tag).current.register
    person, company = register.people.get(asked.person), register.companies.get(asked.company)
    return {
        "id": asked.id,
        "status": str(asked.status),
        "person": asked.person,
        "person_name": person.name if person else None,
        "company": asked.company,
        "company_name": company.name if company else None,
        "service": asked.service,
        "service_name": {"nl": asked.service_name.nl, "en": asked.service_name.en},
        "level": asked.level.label,
        "supplier": asked.supplier,
        "exchange": asked.exchange,
        "tag": asked.tag,
        "mandate": asked.mandate or None,
        "asked_at": instants.write(asked.asked_at),
        "mailed_at": instants.write(asked.mailed_at) if asked.mailed_at else None,
        "decided_at": instants.write(asked.decided_at) if asked.decided_at else None,
        "decided_by": asked.decided_by or None,
        "until": asked.until.isoformat() if asked.until else None,
        "reason": asked.reason or None,
        "mend": (approvals.mend(asked) or None) if asked.is_open else None,
    }


def _back(done: str) -> ResponseReturnValue:
    return redirect(f"/console{WHERE}?{urlencode({'done': done})}", 303)
