"""Screen 8: the profile, with Account toevoegen and the switch between schools and boards."""

from __future__ import annotations

from flask import Flask, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from helpdeskpo import linking, membership
from helpdeskpo.forms import AddForm
from helpdeskpo.pages.visitor import inside
from helpdeskpo.problem import Problem
from helpdeskpo.site import Here, Site


def add(app: Flask, site: Site) -> None:
    @app.get("/mijn/profiel")
    @inside(site)
    def profile(here: Here) -> ResponseReturnValue:
        return render_template(
            "profile.html", added=session.pop("added", ""), switched=session.pop("switched", "")
        )

    @app.route("/mijn/profiel/toevoegen", methods=["GET", "POST"])
    @inside(site)
    def add_account(here: Here) -> ResponseReturnValue:
        form = AddForm()
        if not form.is_submitted():
            return render_template("add-account.html", form=form)
        if here.identity.branch:
            # A mandate for one branch opens one school: adding another makes no sense, and must not widen it.
            form.tell(Problem("code", "other-branch", branch=here.identity.branch))
            return render_template("add-account.html", form=form), 422
        with site.database.write() as opened:
            link = linking.find(opened, here.identity)
            assert link is not None
            found = membership.add(opened, site.now(), link, form.code.data or "")
        if isinstance(found, Problem):
            form.tell(found)
            return render_template("add-account.html", form=form), 422
        session["added"] = found.code
        return redirect(url_for("profile"), 303)

    @app.post("/mijn/profiel/wisselen")
    @inside(site)
    def switch(here: Here) -> ResponseReturnValue:
        code = request.form.get("code", "")
        found = next((one for one in here.organisations if one.code == code), None)
        if found is None:
            g.again = url_for("profile")
            return render_template("profile.html", refused=True, added="", switched=""), 403
        session["organisation"] = found.id
        session["switched"] = found.code
        return redirect(url_for("profile"), 303)
