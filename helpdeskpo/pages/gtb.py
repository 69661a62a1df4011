"""GTB-overzicht: invented figures of a school or board."""

from __future__ import annotations

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdeskpo.models import GtbRow
from helpdeskpo.pages.visitor import inside
from helpdeskpo.site import Here, Site


def add(app: Flask, site: Site) -> None:
    @app.get("/mijn/gtb")
    @inside(site)
    def gtb(here: Here) -> ResponseReturnValue:
        with site.database.read() as opened:
            wanted = select(GtbRow).where(GtbRow.organisation_id == here.organisation.id)
            rows = opened.scalars(wanted.order_by(GtbRow.day.desc())).all()
        return render_template("gtb.html", rows=rows)
