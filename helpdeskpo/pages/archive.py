"""Digitaal archief: the messages of a school or board, to be downloaded."""

from __future__ import annotations

from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from helpdeskpo.models import Document
from helpdeskpo.pages.visitor import inside
from helpdeskpo.site import Here, Site


def add(app: Flask, site: Site) -> None:
    @app.get("/mijn/archief")
    @inside(site)
    def archive(here: Here) -> ResponseReturnValue:
        with site.database.read() as opened:
            wanted = select(Document).where(Document.organisation_id == here.organisation.id)
            documents = opened.scalars(wanted.order_by(Document.day.desc())).all()
        return render_template("archive.html", documents=documents)

    @app.get("/mijn/archief/<int(max=2147483647):number>")
    @inside(site)
    def document(here: Here, number: int) -> ResponseReturnValue:
        with site.database.read() as opened:
            found = opened.get(Document, number)
        # Of another school is as good as not there.
        if found is None or found.organisation_id != here.organisation.id:
            raise NotFound
        kind = "text/csv" if found.file_name.endswith(".csv") else "text/plain"
        response = Response(found.content, content_type=f"{kind}; charset=utf-8")
        response.headers.set("Content-Disposition", "attachment", filename=found.file_name)
        return response
