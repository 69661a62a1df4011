"""Ondersteuning en contact: a question to the helpdesk, kept and mailed."""

from __future__ import annotations

from flask import Flask, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdeskpo.forms import LONGEST_LINE, QuestionForm
from helpdeskpo.mail import Letter
from helpdeskpo.models import Question
from helpdeskpo.pages.visitor import inside
from helpdeskpo.problem import Problem
from helpdeskpo.secret import make_reference
from helpdeskpo.site import Here, Site

LONGEST_TEXT = 4000


def add(app: Flask, site: Site) -> None:
    @app.route("/mijn/contact", methods=["GET", "POST"])
    @inside(site)
    def support(here: Here) -> ResponseReturnValue:
        form = QuestionForm()
        if form.is_submitted():
            subject, text = (form.subject.data or "").strip(), (form.text.data or "").strip()
            if problems := _problems(subject, text):
                form.tell(problems)
                return _page(site, here, form), 422
            question = Question(
                organisation_id=here.organisation.id,
                link_id=here.link.id,
                reference=make_reference(),
                subject=" ".join(subject.split()),
                text=text,
                at=site.now(),
            )
            with site.database.write() as opened:
                opened.add(question)
            sender = f"{here.organisation.name} ({here.organisation.code})\n{here.link.email}"
            site.mailer.later(
                Letter(
                    site.settings.helpdesk,
                    f"{question.reference}: {question.subject}",
                    f"{sender}\n\n{text}\n",
                )
            )
            session["asked"] = question.reference
            return redirect(url_for("support"), 303)
        return _page(site, here, form, session.pop("asked", ""))


def _problems(subject: str, text: str) -> list[Problem]:
    problems = []
    if not subject:
        problems.append(Problem("subject", "subject-missing"))
    elif len(subject) > LONGEST_LINE:
        problems.append(Problem("subject", "too-long", most=LONGEST_LINE))
    if not text:
        problems.append(Problem("text", "text-missing"))
    elif len(text) > LONGEST_TEXT:
        problems.append(Problem("text", "too-long", most=LONGEST_TEXT))
    return problems


def _page(site: Site, here: Here, form: QuestionForm, asked: str = "") -> str:
    with site.database.read() as opened:
        wanted = select(Question).where(Question.organisation_id == here.organisation.id)
        questions = opened.scalars(wanted.order_by(Question.id.desc()).limit(20)).all()
    return render_template("support.html", form=form, questions=questions, asked=asked)
