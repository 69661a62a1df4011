"""The pages for a forgotten user name or password. ``login`` in their URLs is the login under way, if there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from suppliers.desk import PREFIX, Desk
from suppliers.forgotten import Trouble
from suppliers.pages.language import of_page
from suppliers.passwords import SHORTEST
from suppliers.profiles import Profile
from suppliers.testers import Panel
from suppliers.visit import Problem, Screen
from suppliers.wording import Wording

_MOST_ADDRESS = 254


def add(pages: Blueprint, desk: Desk, room: Callable[[], str], **context: Any) -> None:
    """On the suppliers' own blueprint. ``room`` is the tag that the browser is in, ``context`` what its layout wants
    besides."""

    def page(profile: Profile, name: str, *, language: str, status: int = 200, **values: Any) -> BaseResponse:
        panel = _panel(desk, profile.slug, values.get("under_way", ""), room) if name == "forgotten" else None
        if panel and panel.fill:
            values["fill"] = panel.fill
        screen = Screen(name, status, problems=values.pop("problems", ()), values=values)
        html = render_template(
            f"supplier/{name}.html",
            t=Wording(language, profile.wording),
            language=language,
            profile=profile,
            ask=None,
            screen=screen,
            values=screen.values,
            panel=panel,
            **context,
        )
        return make_response(html, status)

    @pages.get("/<slug>/forgotten")
    def forgotten(slug: str) -> BaseResponse:
        profile, login, language = _here(desk, slug)
        return page(profile, "forgotten", language=language, **_ways(desk, slug, login, language))

    @pages.post("/<slug>/forgotten")
    def forgotten_send(slug: str) -> BaseResponse:
        profile, login, language = _here(desk, slug)
        email = request.form.get("email", "").strip()
        key = "email.empty" if not email else "" if _is_address(email) else "email.wrong"
        if key:
            problems = (Problem("email", key),)
            ways = _ways(desk, slug, login, language)
            return page(
                profile,
                "forgotten",
                language=language,
                status=422,
                problems=problems,
                email=email[:_MOST_ADDRESS],
                **ways,
            )
        visit = desk.under_way(slug, login) if login else None
        tag = visit.ask.tag if visit else room()
        desk.forgotten.ask(slug, email, language=language, ask_id=login, tag=tag)
        return redirect(_path(slug, "forgotten/sent", login, language), 303)

    @pages.get("/<slug>/forgotten/sent")
    def forgotten_sent(slug: str) -> BaseResponse:
        profile, login, language = _here(desk, slug)
        return page(profile, "forgottensent", language=language, **_ways(desk, slug, login, language))

    @pages.get("/<slug>/reset/<token>")
    def reset(slug: str, token: str) -> BaseResponse:
        return _reset(slug, token, lambda: (desk.forgotten.look(slug, token), ()))

    @pages.post("/<slug>/reset/<token>")
    def reset_choose(slug: str, token: str) -> BaseResponse:
        form = request.form.to_dict()
        return _reset(slug, token, lambda: desk.forgotten.choose(slug, token, form))

    @pages.get("/<slug>/reset/done")
    def reset_done(slug: str) -> BaseResponse:
        profile, login, language = _here(desk, slug)
        blocked = request.args.get("blocked") == "yes"
        ways = _ways(desk, slug, login, language)
        return page(profile, "resetdone", language=language, blocked=blocked, **ways)

    def _reset(slug: str, token: str, decide: Callable[[], tuple[Any, tuple[Problem, ...]]]) -> BaseResponse:
        profile, _, _ = _here(desk, slug)
        found, problems = decide()
        login = found.link.ask_id if found.link else ""
        login = login if login and desk.under_way(slug, login) else ""
        language = of_page(found.link.language if found.link else "")
        ways = _ways(desk, slug, login, language)
        if isinstance(found, Trouble):
            status = 404 if found.why == "unknown" else 410
            values = {"why": found.why, "until": found.until, "reference": login, **ways}
            return page(profile, "resettrouble", language=language, status=status, **values)
        if request.method == "POST" and not problems:
            more = {"blocked": "yes"} if found.blocked else {}
            return redirect(_path(slug, "reset/done", login, language, **more), 303)
        here = f"{PREFIX}/{quote(slug, safe='')}/reset/{quote(token, safe='')}"
        values = {"username": found.means.username, "blocked": found.blocked, "least": SHORTEST, **ways}
        status = 422 if problems else 200
        return page(
            profile, "reset", language=language, status=status, problems=problems, action=here, **values
        )


def _here(desk: Desk, slug: str) -> tuple[Profile, str, str]:
    """The supplier, the login under way there (empty if none is), and the language of the page."""
    profile = desk.profiles.get(slug)
    if profile is None:
        abort(404)
    login = request.args.get("login", "")
    visit = desk.under_way(slug, login) if login else None
    return profile, login if visit else "", of_page(visit.ask.language if visit else "")


def _panel(desk: Desk, slug: str, login: str, room: Callable[[], str]) -> Panel | None:
    visit = desk.under_way(slug, login) if login else None
    tag = visit.ask.tag if visit else room()
    # Only a page that is asked for by itself is filled in: after a mistake it shows what was typed.
    fill = request.args.get("fill", "") if request.method == "GET" else ""
    return desk.reset_testers(slug, tag, searched=request.args.get("people"), fill=fill)


def _ways(desk: Desk, slug: str, login: str, language: str) -> dict[str, Any]:
    """Where the links of these pages lead: the form for another e-mail, and the login under way."""
    return {
        "forgotten": _path(slug, "forgotten", login, language),
        "login": desk.path(slug, login, 1) if login else "",
        "under_way": login,
        "here": f"{request.path}?{urlencode({'login': login})}" if login else request.path,
    }


def _path(slug: str, page: str, login: str, language: str, **more: str) -> str:
    query = urlencode({**({"login": login} if login else {}), "lang": language, **more})
    return f"{PREFIX}/{quote(slug, safe='')}/{page}?{query}"


def _is_address(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    return bool(name and at and domain) and len(text) <= _MOST_ADDRESS and not any(map(str.isspace, text))
