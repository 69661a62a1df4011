"""The web application, wired together."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, format_date, format_datetime
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from helpdeskpo import language, pages
from helpdeskpo.checks import Refusal
from helpdeskpo.database import Database
from helpdeskpo.keys import key_pair
from helpdeskpo.mail import Mailer, way_of
from helpdeskpo.pages import visitor
from helpdeskpo.pages.failed import failed
from helpdeskpo.saml import ServiceProvider
from helpdeskpo.secret import Passwords, server_key
from helpdeskpo.seed import load, sow
from helpdeskpo.sessions import InDatabase
from helpdeskpo.settings import OIN, Settings
from helpdeskpo.site import Here, Site, find_here
from helpdeskpo.transport import Http, Transport

_HERE = ZoneInfo("Europe/Amsterdam")
_FOR_ANYBODY = ("forgot", "new_password")
"""The forms that one need not be logged in for."""


def create_app(
    settings: Settings, transport: Transport | None = None, passwords: Passwords | None = None
) -> Flask:
    """Raises OSError when the state folder cannot be written, ValueError for a seed or a database that is no good."""
    site = _site(settings, transport or Http(), passwords or Passwords())
    app = Flask("helpdeskpo")
    app.config.update(
        MAX_CONTENT_LENGTH=2_000_000,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        SECRET_KEY=site.secret,
        # The token lives as long as the session. Its strict mode wants a Referer, which our own policy withholds.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = site.sessions
    app.extensions["helpdeskpo"] = site
    Babel(
        app,
        default_locale="nl",
        default_translation_directories=str(Path(__file__).parent / "translations"),
        default_domain="helpdeskpo",
        locale_selector=language.locale,
        timezone_selector=lambda: _HERE.key,
    )
    csrf = CSRFProtect(app)
    pages.add(app, site)
    # The answers of the broker: what guards them is its signature and our own request.
    for name in ("acs_post", "acs_artifact"):
        csrf.exempt(app.view_functions[name])
    app.register_error_handler(CSRFError, _without_token)
    app.register_error_handler(HTTPException, _http_error)
    app.after_request(_headers)
    if settings.base_url.startswith("https://"):
        app.after_request(_https_only)
    app.after_request(
        lambda response: language.remember(response, secure=settings.base_url.startswith("https://"))
    )
    app.context_processor(language.for_templates)
    app.context_processor(lambda: _for_templates(site))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["settings"] = settings
    app.jinja_env.filters["day"] = lambda day: format_date(day, "long")
    app.jinja_env.filters["moment"] = lambda at: format_datetime(at, "d MMMM yyyy, HH:mm")
    app.jinja_env.filters["clock"] = _clock
    return app


def _site(settings: Settings, transport: Transport, passwords: Passwords) -> Site:
    keys = key_pair(settings.state, OIN, settings.clock())
    secret = server_key(settings.state)
    mailer = Mailer(way_of(settings.smtp, settings.mail or settings.state / "mail"), settings.clock)
    database = Database(settings.database_file)
    seed = load(settings.seed)
    database.create(lambda session: sow(session, seed, passwords))
    secure = settings.base_url.startswith("https://")
    sessions = InDatabase(database, settings.clock, secure=secure)
    provider = ServiceProvider(settings, keys, transport, database)
    return Site(settings, keys, database, provider, passwords, mailer, sessions, secret)


def _for_templates(site: Site) -> dict[str, object]:
    """``here`` is who is inside, ``logged_in`` is there for who is not linked yet too."""
    # The page for a fault must be drawn where the session could not even be opened.
    who = None if g.get("fault") else visitor.identity()
    if who is None:
        return {"here": None, "logged_in": False, "ends": None}
    if "here" not in g:
        with site.database.read() as opened:
            found = find_here(opened, who, visitor.kept().get("organisation"))
        g.here = found if isinstance(found, Here) else None
    return {"here": g.here, "logged_in": True, "ends": site.sessions.ends(visitor.kept())}


def _clock(at: datetime | date) -> str:
    """The time of day in the Netherlands."""
    assert isinstance(at, datetime)
    return f"{at.astimezone(_HERE):%H:%M}"


def _without_token(_error: CSRFError) -> ResponseReturnValue:
    """Whose session ended while a form stood open has no token any more: they are told that."""
    if visitor.identity() is None and (visitor.kept().ended or request.endpoint not in _FOR_ANYBODY):
        return visitor.to_start(over=True)
    return failed(Refusal("forged"))


def _http_error(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    g.fault = status >= 500
    code = "not-found" if status in (404, 405) else "unreadable" if status < 500 else "fault"
    return failed(Refusal(code, "", error.name))[0], status


def _https_only(response: Response) -> Response:
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _headers(response: Response) -> Response:
    nonce = g.get("nonce")
    policy = [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        f"script-src 'nonce-{nonce}'" if nonce else "script-src 'none'",
        *([] if g.get("form_anywhere") else ["form-action 'self'"]),
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    response.headers["Content-Security-Policy"] = "; ".join(policy)
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint not in ("static", "metadata"):
        response.headers["Cache-Control"] = "no-cache, no-store"
        response.headers["Pragma"] = "no-cache"
    return response
