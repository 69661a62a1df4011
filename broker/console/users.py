"""The console's page "Testpersonen": who can do what with which user name and password."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from broker import explaining
from broker import users as found_users
from broker.api.explain import scene
from broker.pages.room import room
from broker.parts import Parts
from suppliers.desk import Desk
from suppliers.register.editing import Missing

WHERE = "/users"
MOST = 50


def add(pages: Blueprint, parts: Parts, desk: Desk) -> None:
    """On the console's own blueprint: its guard keeps the passwords to loopback, or to whoever has the token."""

    @pages.route(WHERE)
    def users() -> ResponseReturnValue:
        here = scene(parts.seen_by(room()), desk)
        given = {name: request.args.get(name, "").strip()[:200] for name in ("q", "supplier", "service")}
        start = request.args.get("start", "0")
        skip = int(start) if start.isascii() and start.isdigit() and len(start) < 8 else 0
        query = {name: value for name, value in given.items() if value}
        wrong = ""
        try:
            found, total = found_users.users(here, **given, start=skip, most=MOST)
        except Missing as missing:
            found, total, wrong = [], 0, str(missing)

        def page(at: int) -> str:
            return f"/console{WHERE}?{urlencode({**query, **({'start': at} if at else {})})}".rstrip("?")

        html = render_template(
            "console/users.html",
            here="users",
            current=here.current,
            now=parts.now(),
            given=given,
            rows=[
                {
                    **found_users.as_json(one),
                    "outcomes": found_users.outcomes(one, "nl"),
                    "scenario": one.scenario,
                }
                for one in found
            ],
            total=total,
            first=skip + 1,
            last=skip + len(found),
            earlier=page(max(0, skip - MOST)) if skip and total else "",
            later=page(skip + MOST) if skip + MOST < total else "",
            suppliers={slug: profile.name for slug, profile in desk.profiles.items()},
            services=[(one.key, one.service.name.nl) for one in explaining.services(here)][:200],
            wrong=wrong,
            query=urlencode(query),
        )
        return html, 404 if wrong else 200
