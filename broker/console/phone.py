"""The tester's phone: what waits for an app's approval or for a scan, as a page and over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, Protocol
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.console.api import problem
from broker.console.guard import from_elsewhere
from broker.parts import Parts
from broker.wire import instants
from suppliers.phone import Waiting

WHERE = "/phone"
_LONGEST = 500
_ANSWERS: dict[str, Literal["approved", "refused"]] = {"approve": "approved", "refuse": "refused"}
# Title and detail over the API; the page has the same by the same words, in Dutch.
_WRONG = {
    "unknown": (404, "No such request", "No login ever asked this of a phone."),
    "other": (409, "Not of this login", "This request or code belongs to another login or another way."),
    "replaced": (409, "Replaced", "Another was asked since; only the last one counts."),
    "used": (409, "Used", "This one was answered before; an answer counts once."),
    "late": (409, "Too late", "A request or code can be answered for ten minutes, by the broker's clock."),
    "ended": (409, "Login ended", "The login that asked this is over."),
}


class Phone(Protocol):
    """What a phone needs of the suppliers; ``suppliers.desk`` fulfils it."""

    def waiting(self) -> list[Waiting]: ...

    def answer_phone(
        self, code: str, given: Literal["approved", "refused"], *, ask_id: str = "", factor: str = ""
    ) -> str: ...


def add(pages: Blueprint, parts: Parts, phone: Phone) -> None:
    """The page, on the console's own blueprint, so that its guard holds here too."""

    @pages.route(WHERE)
    def phone_page() -> ResponseReturnValue:
        done = request.args.get("done", "")
        return _page(parts, phone, done=done if done in ("approved", "refused") else "")

    @pages.route(f"{WHERE}/<any('answer', 'scan'):by>", methods=["POST"])
    def phone_answer(by: str) -> ResponseReturnValue:
        if from_elsewhere():
            return render_template("console/elsewhere.html"), 403
        form, scans = request.form, by == "scan"
        code = code_of(form.get("code", ""))
        answer = _ANSWERS.get("approve" if scans else form.get("answer", ""))
        if not code or answer is None:
            return _page(parts, phone, wrong="empty", code=code), 422
        wrong = phone.answer_phone(
            code, answer, ask_id=form.get("ask_id", "")[:_LONGEST], factor="qr" if scans else ""
        )
        if wrong:
            return _page(parts, phone, wrong=wrong, code=code if scans else ""), 422
        return redirect(f"/console{WHERE}?done={answer}", 303)


def add_api(calls: Blueprint, phone: Phone) -> None:
    """The same over the API."""

    @calls.route("/api/v1/phone")
    def phone_list() -> ResponseReturnValue:
        return jsonify(waiting=[waiting_json(waiting) for waiting in phone.waiting()])

    @calls.route("/api/v1/phone", methods=["POST"])
    def phone_scan() -> ResponseReturnValue:
        body = request.get_json(silent=True)
        code, login = _texts(body, "code", "ask_id")
        if not code:
            return problem(
                422, "Which code?", 'Send {"code": "…"}: what the QR code says, or what is below it.'
            )
        return _answered(phone, code_of(code), "approved", login, "qr")

    @calls.route("/api/v1/phone/<id>", methods=["POST"])
    def phone_post(id: str) -> ResponseReturnValue:  # noqa: A002
        body = request.get_json(silent=True)
        answer, login = _texts(body, "answer", "ask_id")
        if answer not in _ANSWERS:
            return problem(422, "Which answer?", 'Send {"answer": "approve"} or {"answer": "refuse"}.')
        return _answered(phone, id, _ANSWERS[answer], login, "")


def waiting_json(waiting: Waiting) -> dict[str, Any]:
    return {
        **asdict(waiting),
        "service": waiting.service.nl,
        "at": instants.write(waiting.at),
        "until": instants.write(waiting.until),
    }


def code_of(text: str) -> str:
    """What was scanned or typed: the code itself, or the URL that it is in."""
    text = text.strip()[:_LONGEST]
    try:
        return parse_qs(urlsplit(text).query).get("code", [text])[0]
    except ValueError:
        return text


def _answered(
    phone: Phone, code: str, answer: Literal["approved", "refused"], login: str, factor: str
) -> ResponseReturnValue:
    wrong = phone.answer_phone(code, answer, ask_id=login, factor=factor)
    return problem(*_WRONG[wrong]) if wrong else jsonify(answer=answer)


def _texts(body: object, *names: str) -> tuple[str, ...]:
    """Those of a JSON object that are texts; empty for what is not."""
    found = body if isinstance(body, dict) else {}
    return tuple(value if isinstance(value := found.get(name), str) else "" for name in names)


def _page(parts: Parts, phone: Phone, *, wrong: str = "", done: str = "", code: str = "") -> str:
    g.own_script = True
    return render_template(
        "console/phone.html",
        here="phone",
        current=parts.current,
        now=parts.now(),
        waiting=phone.waiting(),
        wrong=wrong,
        done=done,
        code=code or code_of(request.args.get("code", "")),
    )
