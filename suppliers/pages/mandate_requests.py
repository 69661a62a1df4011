"""Asking a mandate, and deciding on what was asked: the pages beside the road of a login."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from suppliers import deciding
from suppliers.desk import Desk
from suppliers.pages.language import of_page
from suppliers.requesting import Found, Requesting, Shown
from suppliers.visit import At, Leave, Screen, Visit


def add(
    pages: Blueprint,
    desk: Desk,
    room: Callable[[], str],
    answer: Callable[[str, tuple[Visit | None, At | Leave | Screen]], Response],
) -> None:
    """On the suppliers' own blueprint. ``room`` is the tag that the browser is in; ``answer`` shows, or leads on."""
    requesting = Requesting(desk)

    def reply(slug: str, found: Found) -> Response:
        visit, to = found
        if isinstance(to, Shown):
            assert visit
            return redirect(requesting.path(slug, visit.ask.id, to.request), 303)
        return answer(slug, (visit, to))

    def language() -> str:
        return request.args.get("lang", "")

    @pages.get("/<slug>/mandates")
    def own_mandates(slug: str) -> Response:
        path = requesting.open(slug, of_page(), room())
        return redirect(path, 303) if path else answer(slug, (None, Screen("unknown", 404)))

    @pages.get("/<slug>/<ask_id>/mandates")
    def mandates(slug: str, ask_id: str) -> Response:
        return reply(slug, requesting.page(slug, ask_id, language()))

    @pages.post("/<slug>/<ask_id>/mandates")
    def ask_mandate(slug: str, ask_id: str) -> Response:
        return reply(slug, requesting.ask(slug, ask_id, request.form.to_dict()))

    @pages.get("/<slug>/<ask_id>/mandates/<id_>")
    def mandate_request(slug: str, ask_id: str, id_: str) -> Response:
        return reply(slug, requesting.request(slug, ask_id, id_, language()))

    @pages.post("/<slug>/<ask_id>/mandates/<id_>/remind")
    def remind(slug: str, ask_id: str, id_: str) -> Response:
        return reply(slug, requesting.remind(slug, ask_id, id_))

    @pages.post("/<slug>/<ask_id>/mandates/<id_>/continue")
    def go_on(slug: str, ask_id: str, id_: str) -> Response:
        return reply(slug, requesting.go_on(slug, ask_id, id_))

    @pages.get("/<slug>/<ask_id>/mandates/<id_>/<any(remind, continue):_form>")
    def after_form(slug: str, ask_id: str, id_: str, _form: str) -> Response:
        """For a browser that was left here by the answer to a form, and loads the page again."""
        return redirect(url_for("supplier.mandate_request", slug=slug, ask_id=ask_id, id_=id_), 303)

    @pages.get("/<slug>/approve/<token>")
    def approval(slug: str, token: str) -> Response:
        return answer(slug, (None, deciding.page(desk.approvals, slug, token)))

    @pages.post("/<slug>/approve/<token>")
    def decide(slug: str, token: str) -> Response:
        screen = deciding.act(desk.approvals, slug, token, request.form.to_dict())
        return answer(slug, (None, screen)) if screen else redirect(request.path, 303)
