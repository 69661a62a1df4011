"""The suppliers' pages. The views translate between HTTP and ``desk.Desk``, and decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from urllib.parse import quote

from flask import Blueprint, Response, abort, g, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from suppliers.ask import Ask
from suppliers.desk import PHONE, PREFIX, Desk
from suppliers.pages import forgotten, language, mandate_requests
from suppliers.profiles import Profile
from suppliers.sessions import LIFE
from suppliers.steps.login import may_stay
from suppliers.visit import At, Leave, Screen, Visit
from suppliers.wording import Wording


def _no_room() -> str:
    return ""


def blueprint(
    desk: Desk,
    *,
    inbox_path: str | None = None,
    secure: bool = False,
    room: Callable[[], str] = _no_room,
) -> Blueprint:
    """The pages under ``/supplier``. ``inbox_path`` is where a tester reads the messages, linked from the TEST bar;
    ``secure`` keeps cookies to https. ``room`` is the tag that the browser is in: what is begun here, and not by a
    broker, happens there.

    Sets ``flask.g.form_action`` on each page: the origins to which the forms here may lead in the end, for the
    application's Content-Security-Policy; and ``flask.g.own_script`` where a static script of ours runs.
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
        return page(slug, visit, to)

    def page(slug: str, visit: Visit | None, screen: Screen) -> BaseResponse:
        profile, ask = desk.profiles.get(slug), visit.ask if visit else None
        panel = None
        if visit and not visit.word:
            # Only a page that is asked for by itself is filled in: after a mistake it shows what was typed.
            fill = request.args.get("fill", "") if request.method == "GET" else ""
            panel = desk.testers(visit, screen, searched=request.args.get("people"), fill=fill)
        if panel and panel.fill:
            screen = replace(screen, values={**screen.values, "fill": panel.fill})
        spoken = language.of_page(ask.language if ask else screen.values.get("language", ""))
        g.own_script = screen.name in ("app", "qr")
        html = render_template(
            f"supplier/{screen.name}.html",
            t=Wording(spoken, profile.wording if profile else {}),
            language=spoken,
            profile=profile,
            levels=_levels(profile, ask) if profile and ask else (),
            ask=ask,
            alone=visit is not None and visit.alone,
            screen=screen,
            values=screen.values,
            path=lambda step=None: desk.path(slug, ask.id, step) if ask else "",
            inbox_path=inbox_path,
            phone_path=PHONE,
            may_stay=visit is not None and profile is not None and may_stay(visit, profile),
            forgotten_path=f"{PREFIX}/{quote(slug)}/forgotten?login={quote(ask.id)}" if ask else "",
            panel=panel,
        )
        return make_response(html, screen.status)

    @pages.get("/<slug>/<ask_id>/")
    def enter(slug: str, ask_id: str) -> BaseResponse:
        return answer(slug, desk.enter(slug, ask_id, language=request.args.get("lang", "")))

    @pages.get("/<slug>/<ask_id>/<int:n>")
    def show(slug: str, ask_id: str, n: int) -> BaseResponse:
        session, wanted_language = request.cookies.get(_cookie(slug), ""), request.args.get("lang", "")
        visit, to = desk.show(slug, ask_id, n, session=session, language=wanted_language)
        if isinstance(to, Screen) and "username" in to.values and (wanted := request.args.get("as")):
            # A link from a page that offers another means. It fills in the user name and no more.
            to = replace(to, values={**to.values, "username": wanted[:_MOST_USERNAME]})
        return answer(slug, (visit, to))

    @pages.post("/<slug>/<ask_id>/<int:n>")
    def act(slug: str, ask_id: str, n: int) -> BaseResponse:
        session = request.cookies.get(_cookie(slug), "")
        return answer(slug, desk.act(slug, ask_id, n, request.form.to_dict(), session=session))

    @pages.post("/<slug>/<ask_id>/<int:n>/resend")
    def resend(slug: str, ask_id: str, n: int) -> BaseResponse:
        return answer(slug, desk.resend(slug, ask_id, n))

    @pages.get("/<slug>/<ask_id>/<int:n>/resend")
    def resent(slug: str, ask_id: str, n: int) -> BaseResponse:
        """For a browser that was left here by the answer to the form, and loads the page again."""
        return redirect(desk.path(slug, ask_id, n), 303)

    @pages.get("/<slug>/<ask_id>/<int:n>/status")
    def status(slug: str, ask_id: str, n: int) -> BaseResponse:
        """For the page that waits for the person's phone: whether it answered, and nothing else."""
        state = desk.phone_state(slug, ask_id, n)
        if not state:
            abort(404)
        return jsonify(state=state)

    @pages.get("/<slug>/<ask_id>/<int:n>/qr.svg")
    def qr(slug: str, ask_id: str, n: int) -> BaseResponse:
        url = desk.scan_url(slug, ask_id, n)
        if not url:
            abort(404)
        return Response(qr_svg(url), mimetype="image/svg+xml")

    @pages.post("/<slug>/<ask_id>/cancel")
    def cancel(slug: str, ask_id: str) -> BaseResponse:
        return answer(slug, desk.cancel(slug, ask_id))

    mandate_requests.add(pages, desk, room, answer)

    @pages.get("/<slug>/eh1")
    def eh1(slug: str) -> BaseResponse:
        """What became of EH1. ``login`` is the visit that the person came from, and goes back to."""
        profile = desk.profiles.get(slug)
        if profile is None or not profile.eh1_notice:
            abort(404)
        login = request.args.get("login", "")
        visit = desk.under_way(slug, login) if login else None
        home = desk.path(slug, login) if login else ""
        spoken = visit.ask.language if visit else ""
        return page(slug, None, Screen("eh1", values={"home": home, "language": spoken}))

    forgotten.add(pages, desk, room, inbox_path=inbox_path)

    @pages.get("/<slug>/theme.css")
    def theme(slug: str) -> BaseResponse:
        profile = desk.profiles.get(slug)
        if profile is None:
            abort(404)
        return Response(theme_css(profile), mimetype="text/css")

    return pages


def qr_svg(text: str) -> bytes:
    """A QR code, black on white with its margin, as large as whoever shows it says."""
    # Loaded when the first one is shown: few logins need it, and every start would wait for it.
    import segno

    image = BytesIO()
    segno.make(text, error="m", micro=False).save(
        image, kind="svg", border=4, light="#ffffff", xmldecl=False, omitsize=True
    )
    return image.getvalue()


_MOST_USERNAME = 200


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
    colours = {**profile.colours.model_dump(exclude={"accent"}), "edge": profile.colours.edge}
    lines = "".join(f"  --{name.replace('_', '-')}: {value};\n" for name, value in colours.items())
    return f":root {{\n{lines}}}\n"


def _levels(profile: Profile, ask: Ask) -> list[str]:
    """The levels as the page shows them, lowest first; the one that is asked is always among them."""
    shown: tuple[str, ...] = profile.shown_levels or tuple(level.label for level in profile.levels)
    return sorted({*shown, ask.level.label})
