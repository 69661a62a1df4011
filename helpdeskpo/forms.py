"""The forms. They carry fields and the token against forged posts; what is right is decided where it is acted on."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, TextAreaField

from helpdeskpo.problem import Problem

LONGEST_LINE = 300


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """With the problems of a step at its fields."""

    def tell(self, problems: Problem | Iterable[Problem]) -> None:
        for problem in [problems] if isinstance(problems, Problem) else problems:
            field = self[problem.field]
            values = dict(problem.values)
            if kind := values.get("kind"):
                values["kind"] = gettext(f"eh.kind.{kind}")
            field.errors = [*field.errors, gettext(f"problem.{problem.code}", **values)]


class LinkForm(Form):
    email = StringField()
    user_name = StringField()
    password = PasswordField()
    code = StringField()


class PinForm(Form):
    pin = StringField()


class ForgottenForm(Form):
    user_name = StringField()


class NewPasswordForm(Form):
    password = PasswordField()
    again = PasswordField()


class QuestionForm(Form):
    subject = StringField()
    text = TextAreaField()


class EvaluationForm(Form):
    mark = StringField()
    remark = TextAreaField()


class AddForm(Form):
    code = StringField()
