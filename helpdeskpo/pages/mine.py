"""Screen 4: what follows on the link, and Mijn gegevens."""

from __future__ import annotations

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdeskpo.models import LoginRecord
from helpdeskpo.pages.visitor import inside
from helpdeskpo.site import Here, Site


def add(app: Flask, site: Site) -> None:
    @app.get("/mijn/gekoppeld")
    @inside(site)
    def connected(here: Here) -> ResponseReturnValue:
        return render_template("connected.html")

    @app.get("/mijn")
    @inside(site)
    def home(here: Here) -> ResponseReturnValue:
        with site.database.read() as opened:
            earlier = select(LoginRecord.at).where(LoginRecord.link_id == here.link.id)
            logins = opened.scalars(earlier.order_by(LoginRecord.id.desc()).limit(2)).all()
        return render_template("home.html", last_login=logins[1] if len(logins) > 1 else None)
