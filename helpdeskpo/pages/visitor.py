"""Who is at this browser, from the session on the server."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import g, redirect, session, url_for
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter
from werkzeug.wrappers import Response

from helpdeskpo.checks import Refusal
from helpdeskpo.identity import Identity
from helpdeskpo.models import Link
from helpdeskpo.pages.failed import failed
from helpdeskpo.sessions import Kept
from helpdeskpo.site import Here, Site, find_here

_IDENTITY = TypeAdapter(Identity)


def kept() -> Kept:
    """Flask's session, as ours."""
    return cast(Kept, session._get_current_object())  # type: ignore[attr-defined]


def identity() -> Identity | None:
    found = session.get("identity")
    return _IDENTITY.validate_python(found) if found else None


def begin(who: Identity) -> None:
    """A login: nothing of the session before is kept, not even its name."""
    session.clear()
    session["identity"] = _IDENTITY.dump_python(who, mode="json")
    kept().rotate(login=True)


def end() -> None:
    session.clear()


def to_start(*, over: bool = False) -> Response:
    """For who is not logged in (any more). ``over``: they were, by the page that they come from."""
    if kept().ended or over:
        kept().modified = True  # so that the cookie and the row go too
        return redirect(url_for("start", verlopen="1"), 303)
    return redirect(url_for("start"), 303)


def inside(site: Site) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]:
    """A view for who is logged in and linked; it is handed a ``Here``."""

    def decorate(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def guarded(**values: Any) -> ResponseReturnValue:
            who = identity()
            if who is None:
                return to_start()
            with site.database.read() as opened:
                here = find_here(opened, who, session.get("organisation"))
            if here is None:
                return redirect(url_for("link"), 303)
            if isinstance(here, Link):
                return failed(Refusal("SP-14", "a school or board of this branch", who.branch))
            g.here = here
            return view(here, **values)

        return guarded

    return decorate


__all__ = ["Here", "begin", "end", "identity", "inside", "kept", "to_start"]
