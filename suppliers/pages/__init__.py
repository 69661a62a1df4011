"""The suppliers' pages. The views translate between HTTP and ``desk.Desk``, and decide nothing."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from suppliers.ask import Ask
from suppliers.desk import PREFIX, Desk
from suppliers.profiles import Profile
from suppliers.sessions import LIFE
from suppliers.visit import At, Leave, Screen, Visit
from suppliers.wording import Wording


def blueprint(desk: Desk, *, inbox_path: str | None = None, secure: bool = False) -> Blueprint:
    """The pages under ``/supplier``. ``inbox_path`` is where a tester reads the messages, linked from the TEST bar;
    ``secure`` keeps cookies to https.

    Sets ``flask.g.form_action`` on each page: the origins to which the forms here may lead in the end, for the
    application's Content-Security-Policy.
    """
    pages = Blueprint(
        "supplier",
        __name__,
        url_prefix=PREFIX,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )

    def answer(slug: str, found: tuple[Visit | None, At | Leave | Screen]) -> BaseResponse:
        visit, to = found
        g.form_action = visit.ask.return_origins if visit else ()
        if visit and isinstance(to, Leave):
            response = redirect(visit.ask.return_path, 303)
            if visit.session:
                _set_session(response, slug, visit.session, secure=secure)
            return response
        if visit and isinstance(to, At):
            return redirect(desk.path(slug, visit.ask.id, to.step), 303)
        assert isinstance(to, Screen)
        return page(slug, visit.ask if visit else None, to)

    def page(slug: str, ask: Ask | None, screen: Screen) -> BaseResponse:
        profile = desk.profiles.get(slug)
        language = ask.language if ask else request.accept_languages.best_match(("nl", "en"), "nl")
        html = render_template(
            f"supplier/{screen.name}.html",
            t=Wording(language, profile.wording if profile else {}),
            language=language,
            profile=profile,
            levels=_levels(profile, ask) if profile and ask else (),
            ask=ask,
            screen=screen,
            values=screen.values,
            path=lambda step=None: desk.path(slug, ask.id, step) if ask else "",
            inbox_path=inbox_path,
        )
        return make_response(html, screen.status)

    @pages.get("/<slug>/<ask_id>/")
    def enter(slug: str, ask_id: str) -> BaseResponse:
        return answer(slug, desk.enter(slug, ask_id))

    @pages.get("/<slug>/<ask_id>/<int:n>")
    def show(slug: str, ask_id: str, n: int) -> BaseResponse:
        session, language = request.cookies.get(_cookie(slug), ""), request.args.get("lang", "")
        return answer(slug, desk.show(slug, ask_id, n, session=session, language=language))

    @pages.post("/<slug>/<ask_id>/<int:n>")
    def act(slug: str, ask_id: str, n: int) -> BaseResponse:
        return answer(slug, desk.act(slug, ask_id, n, request.form.to_dict()))

    @pages.post("/<slug>/<ask_id>/<int:n>/resend")
    def resend(slug: str, ask_id: str, n: int) -> BaseResponse:
        return answer(slug, desk.resend(slug, ask_id, n))

    @pages.post("/<slug>/<ask_id>/cancel")
    def cancel(slug: str, ask_id: str) -> BaseResponse:
        return answer(slug, desk.cancel(slug, ask_id))

    @pages.get("/<slug>/theme.css")
    def theme(slug: str) -> BaseResponse:
        profile = desk.profiles.get(slug)
        if profile is None:
            abort(404)
        return Response(theme_css(profile), mimetype="text/css")

    return pages


def _cookie(slug: str) -> str:
    return f"mock_eherkenning_supplier_{slug}"


def _set_session(response: BaseResponse, slug: str, session: str, *, secure: bool) -> None:
    """Each supplier's session is its own: no other supplier's page gets this cookie."""
    response.set_cookie(
        _cookie(slug),
        session,
        max_age=LIFE,
        path=f"{PREFIX}/{quote(slug)}/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def theme_css(profile: Profile) -> str:
    """The supplier's colours as CSS custom properties; the profile let through hexadecimal colours only."""
    colours = profile.colours.model_dump()
    lines = "".join(f"  --{name.replace('_', '-')}: {value};\n" for name, value in colours.items())
    return f":root {{\n{lines}}}\n"


def _levels(profile: Profile, ask: Ask) -> list[str]:
    """The levels as the page shows them, lowest first; the one that is asked is always among them."""
    shown: tuple[str, ...] = profile.shown_levels or tuple(level.label for level in profile.levels)
    return sorted({*shown, ask.level.label})
