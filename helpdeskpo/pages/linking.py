"""Screens 2, 3 and 6: the first login with a means that is not linked yet."""

from __future__ import annotations

import logging

from flask import Flask, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from helpdeskpo import linking, pins
from helpdeskpo.forms import LinkForm, PinForm
from helpdeskpo.identity import Identity
from helpdeskpo.mail import Letter, NotSent
from helpdeskpo.models import LoginRecord, Pending
from helpdeskpo.pages import visitor
from helpdeskpo.problem import Problem
from helpdeskpo.site import Site

log = logging.getLogger(__name__)


def add(app: Flask, site: Site) -> None:
    def linked(who: Identity) -> bool:
        with site.database.read() as opened:
            return linking.find(opened, who) is not None

    def mail(email: str, pin: str) -> Problem | None:
        minutes = int(pins.LIFE.total_seconds() // 60)
        text = gettext("mail.pin.text", pin=pin, minutes=minutes)
        try:
            site.mailer.send(Letter(email, gettext("mail.pin.subject"), text))
        except (NotSent, OSError) as reason:
            log.warning("a PIN was not sent: %s", reason)
            return Problem("email", "mail-failed")
        return None

    @app.route("/koppelen", methods=["GET", "POST"])
    def link() -> ResponseReturnValue:
        who = visitor.identity()
        if who is None:
            return visitor.to_start()
        if linked(who):
            return redirect(url_for("home"), 303)
        form = LinkForm()
        if not form.is_submitted():
            return _link_page(form, who)
        said = linking.Claim(
            form.email.data or "", form.user_name.data or "", form.password.data or "", form.code.data or ""
        )
        with site.database.read() as opened:
            proved = linking.prove(opened, site.now(), who, said, site.passwords)
        with site.database.write() as opened:
            found = linking.claim(opened, site.now(), who, said, proved)
            if isinstance(found, Pending):
                pin = pins.send(opened, site.now(), found, site.secret)
        if not isinstance(found, Pending):
            form.tell(found)
            return _link_page(form, who), 422
        assert isinstance(pin, str)
        if problem := mail(found.email, pin):
            form.tell(problem)
            return _link_page(form, who), 503
        session["pending"] = found.id
        return redirect(url_for("confirm"), 303)

    @app.route("/koppelen/bevestigen", methods=["GET", "POST"])
    def confirm() -> ResponseReturnValue:
        who = visitor.identity()
        if who is None:
            return visitor.to_start()
        form = PinForm()
        if form.is_submitted():
            with site.database.write() as opened:
                pending = _pending(opened, who)
                if pending is None:
                    return redirect(url_for("link"), 303)
                email = pending.email
                made = linking.confirm(opened, site.now(), who, pending, form.pin.data or "", site.secret)
                if not isinstance(made, Problem):
                    opened.add(
                        LoginRecord(
                            link_id=made.id,
                            at=site.now(),
                            level=who.level_name,
                            intermediary=who.intermediary,
                        )
                    )
            if not isinstance(made, Problem):
                # From here on it opens more than before.
                visitor.kept().rotate()
                return redirect(url_for("connected"), 303)
            form.tell(made)
            return _pin_page(form, email, used=made.code == "pin-used"), 422
        if linked(who):
            return redirect(url_for("home"), 303)
        with site.database.read() as opened:
            pending = _pending(opened, who)
        if pending is None:
            return redirect(url_for("link"), 303)
        return _pin_page(form, pending.email, sent_again=session.pop("sent_again", False))

    @app.post("/koppelen/opnieuw")
    def resend() -> ResponseReturnValue:
        who = visitor.identity()
        if who is None:
            return visitor.to_start()
        with site.database.write() as opened:
            pending = _pending(opened, who)
            if pending is None:
                return redirect(url_for("link"), 303)
            pin = pins.send(opened, site.now(), pending, site.secret)
            email = pending.email
        problem = pin if isinstance(pin, Problem) else mail(email, pin)
        if problem:
            form = PinForm(formdata=None)
            form.tell(Problem("pin", problem.code, **problem.values))
            return _pin_page(form, email, used=problem.code == "pin-used"), 422
        session["sent_again"] = True
        return redirect(url_for("confirm"), 303)


def _pending(opened: Session, who: Identity) -> Pending | None:
    """Of this session, and of this very person and company."""
    pending = opened.get(Pending, session.get("pending", 0))
    if pending is None or (pending.acting, pending.legal_kind, pending.legal) != linking.who(who):
        return None
    return pending


def _link_page(form: LinkForm, who: Identity) -> str:
    return render_template("link.html", form=form, who=who)


def _pin_page(form: PinForm, email: str, *, used: bool = False, sent_again: bool = False) -> str:
    g.again = url_for("confirm")
    form.pin.data = ""
    return render_template("pin.html", form=form, email=email, used=used, sent_again=sent_again)
