"""The console's page "Waarom": why somebody would get in or not, asked by a form."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from broker import explaining
from broker.api.explain import scene
from broker.explaining import Question, WrongQuestion
from broker.pages.room import room
from broker.parts import Parts
from suppliers.ask import Level
from suppliers.desk import Desk
from suppliers.register.editing import Missing

WHERE = "/explain"
MOST_SERVICES = 200
_FIELDS = ("person", "service", "company", "supplier", "means", "level", "at")


def add(pages: Blueprint, parts: Parts, desk: Desk) -> None:
    """On the console's own blueprint, so that its guard holds here too."""

    @pages.route(WHERE)
    def explain() -> ResponseReturnValue:
        here = scene(parts.seen_by(room()), desk)
        given = {name: request.args.get(name, "").strip()[:200] for name in _FIELDS}
        found, wrong, field, nearest = None, "", "", None
        if any(given[name] for name in ("person", "service")):
            try:
                empty = next((name for name in ("person", "service") if not given[name]), "")
                if empty:
                    raise WrongQuestion(empty, "is needed")
                found = explaining.explained(here, Question(**given))
            except WrongQuestion as question:
                wrong, field = str(question), question.key
            except Missing as missing:
                wrong, nearest = str(missing), missing.nearest
                field = next((name for name in _FIELDS if name in wrong.partition('"')[0]), "person")
        query = urlencode({name: value for name, value in given.items() if value})
        page = render_template(
            "console/explain.html",
            here="explain",
            current=here.current,
            now=parts.now(),
            given=given,
            found=found,
            answer=explaining.as_json(found) if found else None,
            services=_services(here),
            suppliers={slug: profile.name for slug, profile in desk.profiles.items()},
            levels=[level.label for level in Level],
            wrong=wrong,
            field=field,
            nearest=nearest,
            query=query,
        )
        return page, 422 if wrong else 200


def _services(here: explaining.Scene) -> list[tuple[str, str]]:
    found = [(one.key, one.service.name.nl) for one in explaining.services(here)]
    return found[:MOST_SERVICES]
