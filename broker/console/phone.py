"""The tester's phone: what waits for an app's approval or for a scan, as a page."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.api.phone import ANSWERS, LONGEST, Phone, code_of
from broker.console.guard import from_elsewhere
from broker.parts import Parts

WHERE = "/phone"


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
        answer = ANSWERS.get("approve" if scans else form.get("answer", ""))
        if not code or answer is None:
            return _page(parts, phone, wrong="empty", code=code), 422
        wrong = phone.answer_phone(
            code, answer, ask_id=form.get("ask_id", "")[:LONGEST], factor="qr" if scans else ""
        )
        if wrong:
            return _page(parts, phone, wrong=wrong, code=code if scans else ""), 422
        return redirect(f"/console{WHERE}?done={answer}", 303)


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
