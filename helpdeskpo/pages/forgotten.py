"""Screen 5: a forgotten password."""

from __future__ import annotations

from flask import Flask, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from helpdeskpo import forgotten
from helpdeskpo.forms import ForgottenForm, NewPasswordForm
from helpdeskpo.mail import Letter
from helpdeskpo.models import Account
from helpdeskpo.pages import visitor
from helpdeskpo.problem import Problem
from helpdeskpo.secret import SHORTEST_PASSWORD
from helpdeskpo.site import Site


def add(app: Flask, site: Site) -> None:
    @app.route("/wachtwoord-vergeten", methods=["GET", "POST"])
    def forgot() -> ResponseReturnValue:
        form = ForgottenForm()
        inside = visitor.identity() is not None
        if not form.is_submitted():
            return render_template("forgotten.html", form=form, inside=inside)
        user_name = (form.user_name.data or "").strip()
        if not user_name:
            form.tell(Problem("user_name", "user-name-missing"))
            return render_template("forgotten.html", form=form, inside=inside), 422
        with site.database.write() as opened:
            found = forgotten.ask(opened, site.now(), user_name)
        if found:
            account, agents, token = found
            url = site.settings.url(url_for("new_password", code=token))
            # In Dutch: the gemachtigde is not the one who chose a language here.
            with force_locale("nl"):
                for agent in agents:
                    text = gettext(
                        "mail.reset.text",
                        name=agent.name,
                        school=account.organisation.name,
                        code=account.organisation.code,
                        user_name=account.user_name,
                        url=url,
                    )
                    site.mailer.later(Letter(agent.email, gettext("mail.reset.subject"), text))
        return redirect(url_for("forgot_sent"), 303)

    @app.get("/wachtwoord-vergeten/verstuurd")
    def forgot_sent() -> ResponseReturnValue:
        return render_template("forgotten-sent.html", inside=visitor.identity() is not None)

    @app.route("/wachtwoord-herstellen", methods=["GET", "POST"])
    def new_password() -> ResponseReturnValue:
        token = request.args.get("code", "")
        form = NewPasswordForm()
        if not form.is_submitted():
            # Looking uses nothing up: programs that guard mailboxes open every link.
            with site.database.read() as opened:
                found = forgotten.look(opened, site.now(), token)
            if isinstance(found, Problem):
                return _no_reset(found)
            return render_template("new-password.html", form=form, least=SHORTEST_PASSWORD)
        password = form.password.data or ""
        changed: Account | Problem | None
        with site.database.read() as opened:
            changed = forgotten.judge(opened, site.now(), token, password, form.again.data or "")
        if changed is None:
            hashed = site.passwords.hash(password)
            with site.database.write() as opened:
                changed = forgotten.change(opened, site.now(), token, hashed)
        if isinstance(changed, Problem):
            if changed.field == "token":
                return _no_reset(changed)
            form.tell(changed)
            g.again = ""
            return render_template("new-password.html", form=form, least=SHORTEST_PASSWORD), 422
        session["new_password_of"] = changed.user_name
        return redirect(url_for("password_changed"), 303)

    @app.get("/wachtwoord-herstellen/klaar")
    def password_changed() -> ResponseReturnValue:
        return render_template(
            "password-changed.html",
            user_name=session.get("new_password_of", ""),
            inside=visitor.identity() is not None,
        )


def _no_reset(problem: Problem) -> tuple[str, int]:
    return render_template("no-reset.html", reason=problem.code), 410
