"""Evaluaties: a few questions, each answered once by a school or board."""

from __future__ import annotations

from flask import Flask, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import NotFound

from helpdeskpo import language
from helpdeskpo.forms import EvaluationForm
from helpdeskpo.models import Evaluation, EvaluationAnswer
from helpdeskpo.pages.support import LONGEST_TEXT
from helpdeskpo.pages.visitor import inside
from helpdeskpo.problem import Problem
from helpdeskpo.site import Here, Site


def add(app: Flask, site: Site) -> None:
    @app.get("/mijn/evaluaties")
    @inside(site)
    def evaluations(here: Here) -> ResponseReturnValue:
        with site.database.read() as opened:
            all_of_them = opened.scalars(select(Evaluation).order_by(Evaluation.id)).all()
            wanted = select(EvaluationAnswer).where(EvaluationAnswer.organisation_id == here.organisation.id)
            answers = {one.evaluation_id: one for one in opened.scalars(wanted)}
        rows = [(one.id, _title(one), answers.get(one.id)) for one in all_of_them]
        return render_template("evaluations.html", rows=rows)

    @app.route("/mijn/evaluaties/<int(max=2147483647):number>", methods=["GET", "POST"])
    @inside(site)
    def evaluation(here: Here, number: int) -> ResponseReturnValue:
        with site.database.read() as opened:
            asked = opened.get(Evaluation, number)
            wanted = select(EvaluationAnswer).where(
                EvaluationAnswer.evaluation_id == number,
                EvaluationAnswer.organisation_id == here.organisation.id,
            )
            given = opened.scalar(wanted)
        if asked is None:
            raise NotFound
        form = EvaluationForm()
        title = _title(asked)
        if given or not form.is_submitted():
            status = 409 if given and form.is_submitted() else 200
            return render_template("evaluation.html", form=form, title=title, given=given), status
        mark, remark = form.mark.data or "", (form.remark.data or "").strip()
        problems = []
        if mark not in ("1", "2", "3", "4", "5"):
            problems.append(Problem("mark", "mark-missing"))
        if len(remark) > LONGEST_TEXT:
            problems.append(Problem("remark", "too-long", most=LONGEST_TEXT))
        if problems:
            form.tell(problems)
            return render_template("evaluation.html", form=form, title=title, given=None), 422
        answer = EvaluationAnswer(
            evaluation_id=number,
            organisation_id=here.organisation.id,
            link_id=here.link.id,
            mark=int(mark),
            remark=remark,
            at=site.now(),
        )
        try:
            with site.database.write() as opened:
                opened.add(answer)
        except IntegrityError:
            # Two at once: the first one counts, and the page shows it.
            pass
        return redirect(url_for("evaluation", number=number), 303)


def _title(one: Evaluation) -> str:
    return one.title_en if language.current() == "en" else one.title_nl
