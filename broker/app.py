"""Where the parts are wired together: settings in, a WSGI application out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response

from broker import api, configuration, console, pages
from broker.api import cors
from broker.clock import Clock, machine_time
from broker.command.checking import facts_of
from broker.configuration import Configuration
from broker.connecting import reached
from broker.console.guard import allowed
from broker.exchanges import Exchanges
from broker.keys import KeyFolder
from broker.mailing import inbox_of
from broker.pages import ad_list, language
from broker.pages import rules as rules_pages
from broker.pages.room import room
from broker.parts import Parts
from broker.polls import Polls, most_of
from broker.scenarios import acting as scenarios
from broker.serving import whereabouts
from broker.serving.routes import LazyRule
from broker.settings import Settings
from broker.store import Store
from broker.store.memory import MemoryStore
from broker.store.sqlite import SqliteStore
from broker.trusted import trust
from broker.trusted.introductions import Introductions
from suppliers.desk import Desk
from suppliers.inbox import Inbox
from suppliers.mail import Mailer
from suppliers.pages import blueprint as supplier_pages
from suppliers.profiles import load_profiles
from suppliers.steps.pin import random_pin

MOST_BODY = 4_000_000

log = logging.getLogger("mock_eherkenning")


class _Flask(Flask):
    url_rule_class = LazyRule


@dataclass(frozen=True)
class Application:
    """The broker, ready to serve. ``close`` gives back what it holds."""

    wsgi: Flask
    parts: Parts
    clock: Clock
    inbox: Inbox
    mailer: Mailer | None = None

    def stop_waiting(self) -> None:
        """Before the server stops: whoever waits for a login, or is kept waiting, would hold it up."""
        self.parts.stopping.set()
        self.parts.polls.stop()

    def close(self) -> None:
        self.stop_waiting()
        if self.mailer:
            # Before the store: it writes there what became of the last messages.
            self.mailer.close()
        self.parts.introductions.close()
        self.parts.configuration.close()
        self.parts.store.close()


def create(
    settings: Settings,
    *,
    machine: Callable[[], datetime] = machine_time,
    make_pin: Callable[[], str] = random_pin,
    watch: bool = True,
    ca: bytes | None = None,
) -> Application:
    """``ca`` is offered for download at ``/ca.pem``. Raises ConfigError for a broken YAML,
    KeyProblem or StoreError or OSError for a home that cannot be used."""
    configuration.fill(settings.home)
    profiles = load_profiles(settings.home / "profiles")
    store = _store(settings)
    clock = Clock(store, machine)
    smartcards = tuple(slug for slug, profile in profiles.items() if profile.smartcard)
    current = Configuration(settings.home, tuple(profiles), clock, store, smartcards, facts_of(profiles))
    exchanges = Exchanges(store, clock, follow=partial(reached.follow, store))
    names = {slug: profile.name for slug, profile in profiles.items()}
    inbox, mailer = inbox_of(store, exchanges, settings.smtp, names)
    desk = Desk(
        profiles,
        store,
        scenarios.register_of(
            lambda: parts, lambda ask, who: current.current.seen_by(ask.tag if ask else "").register
        ),
        room_of=lambda tag: current.current.seen_by(tag).register,
        clock=clock,
        clock_of=clock.of,
        make_pin=make_pin,
        on_event=exchanges.tell,
        stands=scenarios.decided(lambda: parts),
        inbox=inbox,
        base_url=settings.base_url,
        # The panel shows passwords, of test people, but still: whoever may not see the console may not see them.
        tester_panel=lambda: current.current.broker.tester_panel and allowed(settings),
    )
    parts = Parts(
        settings=settings,
        store=store,
        keys=KeyFolder(settings.key_folder),
        configuration=current,
        exchanges=exchanges,
        suppliers=desk,
        now=clock,
        now_at=clock.of,
        polls=Polls(exchanges, most_of(settings.threads)),
        introductions=Introductions(
            settings.sp_metadata, lambda url: trust.add_url(store, url, clock()), current.refresh
        ),
    )
    parts.broker  # noqa: B018 - make or read our key now: a home that cannot be used must show at start
    if watch:
        current.watch()
        parts.introductions.begin()
    app = _Flask("mock-eherkenning", root_path=str(Path(__file__).parent), static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MOST_BODY, MAX_FORM_MEMORY_SIZE=MOST_BODY)
    Babel(app, default_locale="nl", default_domain="broker", locale_selector=language.current)
    app.before_request(lambda: _refuse_foreign_host(settings))
    app.after_request(_headers)
    cors.add(app, settings.cors)
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(Exception, _fault_page)
    app.add_url_rule("/ca.pem", "ca", lambda: _ca(ca))
    app.register_blueprint(pages.blueprint(parts))
    app.register_blueprint(ad_list.blueprint(parts))
    app.register_blueprint(rules_pages.blueprint())
    app.register_blueprint(
        supplier_pages(desk, inbox_path="/console/inbox", secure=settings.https, room=room)
    )
    app.register_blueprint(console.blueprint(parts, desk, clock))
    app.register_blueprint(api.blueprint(parts, desk, clock))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    return Application(app, parts, clock, inbox, mailer)


def _ca(pem: bytes | None) -> ResponseReturnValue:
    """The certificate only; 404 where the broker shows none of its own CA."""
    if pem is None:
        raise NotFound
    response = Response(pem, content_type="application/x-pem-file")
    response.headers["Content-Disposition"] = 'attachment; filename="mock-eherkenning-TEST-ca.pem"'
    return response


def _store(settings: Settings) -> Store:
    return MemoryStore() if settings.store == "memory" else SqliteStore(settings.home / "state.sqlite")


def _refuse_foreign_host(settings: Settings) -> ResponseReturnValue | None:
    """A page elsewhere that points its own name at us must not read the console (DNS rebinding)."""
    host = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    if host.strip("[]").lower() in settings.hosts:
        return None
    names = ", ".join(sorted(name for name in settings.hosts if name))
    if request.path.startswith("/api/"):
        mend = whereabouts.other_name(request.host, settings)
        text = f"Asked for {host}; this broker answers to {names}. To mend it, {mend}."
        return api.problem(421, "Unknown host name", text)
    page = render_template("broker/error.html", code="421", kind="host", detail=f"{host} / {names}")
    return page, 421


def _headers(response: Response) -> Response:
    """The same strict headers on every page; ``g.form_action`` is where this page's forms may end up, with
    ``g.own_script`` it runs a static script of ours that asks us for news; ``g.style_hash`` is of a style in it."""
    form_action = g.get("form_action", ())
    nonce = g.get("nonce")
    policy = [
        "default-src 'none'",
        f"style-src 'self'{g.get('style_hash', '')}",
        "img-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    if form_action is not None:
        policy.append("form-action " + " ".join(("'self'", *form_action)))
    if nonce:
        policy.append(f"script-src 'nonce-{nonce}'")
    if g.get("own_script"):
        policy += ["script-src 'self'", "connect-src 'self'"]
    response.headers["Content-Security-Policy"] = "; ".join(policy)
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if (
        not response.headers.get("Cache-Control")
        or request.endpoint is None
        or "static" not in request.endpoint
    ):
        response.headers["Cache-Control"] = "no-cache, no-store"
        response.headers["Pragma"] = "no-cache"
    return response


def _error_page(error: HTTPException) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return api.astray.answer(error)
    page = render_template("broker/error.html", code=str(error.code), kind="http", detail="")
    headers = dict(error.get_headers()) if error.code == 405 else {}
    return page, error.code or 500, {name: text for name, text in headers.items() if name == "Allow"}


def _fault_page(error: Exception) -> ResponseReturnValue:
    """Our own fault: the page has a code, the log has the code and the trace, and neither has the form's fields."""
    code = secrets.token_hex(4)
    # A token in the path lets whoever reads the log do what its link is for.
    path = request.path
    if token := (request.view_args or {}).get("token"):
        path = path.replace(token, "<token>")
    log.exception("fault %s at %s %s", code, request.method, path)
    if request.path.startswith("/api/"):
        return api.problem(500, "Internal error", f"The log has the details under code {code}.")
    return render_template("broker/error.html", code=code, kind="fault", detail=""), 500
