"""The commands ``explain`` and ``users``: what they take, and what they print."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.explaining import Scene

LANGUAGES = ("nl", "en")


class Unanswerable(Exception):
    """One line: what there is not, or what cannot be read."""


def options(explain: argparse.ArgumentParser, users: argparse.ArgumentParser) -> None:
    """What both commands take, but for the home folder."""
    explain.add_argument("person", metavar="PERSON", help="key, user name, card number or name")
    explain.add_argument("--service", required=True, help="name, key, ServiceID or UUID of the service")
    explain.add_argument("--company", default="", help="key, KvK number, RSIN or name (default: any)")
    explain.add_argument("--supplier", default="", help="slug or name (default: that of the person's means)")
    explain.add_argument(
        "--means", default="", metavar="NAME", help="user name, where a person has more than one"
    )
    explain.add_argument("--level", default="", help="that the request asks (default: that of the service)")
    explain.add_argument(
        "--at",
        default="",
        metavar="DATE",
        help="such as 2027-01-31, today+30d or, in Dutch time, 2027-01-31T09:00 (default: the broker's clock)",
    )
    explain.add_argument("--format", choices=("text", "json"), default="text", help="(default: %(default)s)")
    users.add_argument("--supplier", default="", help="slug or name: only who logs in there")
    users.add_argument("--service", default="", help="only what happens at this service (default: at each)")
    users.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text", help="(default: %(default)s)"
    )
    for command in (explain, users):
        command.add_argument(
            "--lang", choices=LANGUAGES, default="en", help="language of the reasons (default: %(default)s)"
        )


def explain(given: argparse.Namespace) -> bool:
    """Print why; whether the person would get in. Raises Unanswerable, ConfigError, OSError."""
    from broker import explaining
    from suppliers.register.editing import Missing
    from suppliers.register.problems import shown

    parts = ("person", "service", "company", "supplier", "means", "level", "at")
    question = explaining.Question(**{name: getattr(given, name) for name in parts})
    scene = _scene(given)
    try:
        found = explaining.explained(scene, question)
    except Missing as missing:
        near = f"; did you mean {shown(missing.nearest)}?" if missing.nearest else ""
        raise Unanswerable(f"{missing}{near}") from None
    except explaining.WrongQuestion as wrong:
        raise Unanswerable(f"--{wrong.key}: {wrong}") from None
    if given.format == "json":
        print(json.dumps(explaining.as_json(found), indent=2, ensure_ascii=False))
    else:
        print(explaining.text(found, given.lang))
    return found.passes


def users(given: argparse.Namespace) -> None:
    """Print who there is. Raises Unanswerable, ConfigError, OSError."""
    from broker import users as people
    from suppliers.register.editing import Missing
    from suppliers.register.problems import shown

    try:
        found, _ = people.users(_scene(given), supplier=given.supplier, service=given.service)
    except Missing as missing:
        near = f"; did you mean {shown(missing.nearest)}?" if missing.nearest else ""
        raise Unanswerable(f"{missing}{near}") from None
    if given.format == "json":
        print(json.dumps({"users": [people.as_json(one) for one in found]}, indent=2, ensure_ascii=False))
    else:
        print({"text": people.text, "markdown": people.markdown}[given.format](found, given.lang))


def _scene(given: argparse.Namespace) -> Scene:
    from broker.explaining import of_home
    from broker.store.sqlite import StoreError
    from suppliers.profiles import ProfileError

    try:
        return of_home(given.home)
    except (ProfileError, StoreError) as problem:
        raise Unanswerable(str(problem)) from None
