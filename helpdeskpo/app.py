"""The pages of MijnHelpdeskPO. Views only translate between HTTP and ``ServiceProvider``.

The answer of the broker is posted here from another site, and such a request carries no SameSite=Lax cookie. So the
views that take answers set and read none: they send the browser on (303) to /saml/klaar, which has the cookies, and
there a login is only completed in the browser that began it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from helpdeskpo.checks import Refusal
from helpdeskpo.identity import Identity
from helpdeskpo.keys import key_pair
from helpdeskpo.metadata import own_metadata
from helpdeskpo.saml import LOGIN_LIFE, ServiceProvider
from helpdeskpo.settings import OIN, Settings, request_binding, response_binding
from helpdeskpo.shelf import Shelf
from helpdeskpo.texts import TEXTS
from helpdeskpo.transport import Http, Transport, Unreachable

SESSION: Final = "helpdeskpo_session"
BROWSER: Final = "helpdeskpo_browser"
"""Says only "the same browser as before". Cookies ignore ports, so the names must not be those of the broker."""
SESSION_LIFE: Final = timedelta(hours=1)
_TOKEN: Final = re.compile(r"[\w-]{43}")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody logged in."""

    identity: Identity
    csrf: str


def create_app(settings: Settings, transport: Transport | None = None) -> Flask:
    """Raises OSError when the state folder cannot be written."""
    app = Flask("helpdeskpo")
    app.config.update(MAX_CONTENT_LENGTH=2_000_000, MAX_FORM_MEMORY_SIZE=2_000_000)
    keys = key_pair(settings.state, OIN, settings.clock())
    provider = ServiceProvider(settings, keys, transport or Http())
    sessions: Shelf[Session] = Shelf(settings.clock, SESSION_LIFE)
    secure = settings.base_url.startswith("https://")

    def set_cookie(response: BaseResponse, name: str, value: str, life: timedelta) -> None:
        response.set_cookie(name, value, max_age=life, httponly=True, samesite="Lax", secure=secure)

    def session() -> Session | None:
        return sessions.get(request.cookies.get(SESSION, ""))

    def failed(refusal: Refusal) -> tuple[str, int]:
        text = TEXTS[refusal.code]
        return render_template("failed.html", text=text, refusal=refusal), text.http

    @app.get("/")
    def start() -> str:
        return render_template("start.html", session=session())

    @app.get("/login")
    def login() -> BaseResponse | tuple[str, int]:
        # A login must end on the host where it began, or its cookie is not there.
        home = urlsplit(settings.base_url).netloc
        if request.host != home:
            return redirect(settings.url(request.full_path.rstrip("?")), 302)
        try:
            by = request_binding(request.args.get("request", settings.request_binding))
            answer_by = response_binding(request.args.get("response", settings.response_binding))
        except ValueError as error:
            return failed(Refusal("wrong-setting", "", str(error)))
        browser = request.cookies.get(BROWSER, "")
        if not _TOKEN.fullmatch(browser):
            browser = token_urlsafe(32)
        try:
            outgoing = provider.start(browser, by, answer_by)
        except Unreachable as reason:
            return failed(Refusal("broker-unreachable", "", str(reason)))
        response: BaseResponse
        if outgoing.fields:
            g.nonce = token_urlsafe(16)
            g.form_action = "{0.scheme}://{0.netloc}".format(urlsplit(outgoing.url))
            response = Response(render_template("send.html", outgoing=outgoing))
        else:
            response = redirect(outgoing.url, 302)
        set_cookie(response, BROWSER, browser, LOGIN_LIFE)
        return response

    @app.post("/saml/acs/post")
    def acs_post() -> BaseResponse:
        handle = provider.answer_by_post(
            request.form.get("SAMLResponse", ""), request.form.get("RelayState", "")
        )
        return redirect(url_for("done", antwoord=handle), 303)

    @app.route("/saml/acs/artifact", methods=["GET", "POST"])
    def acs_artifact() -> BaseResponse:
        sent = request.form if request.method == "POST" else request.args
        handle = provider.answer_by_artifact(sent.get("SAMLart", ""), sent.get("RelayState", ""))
        return redirect(url_for("done", antwoord=handle), 303)

    @app.get("/saml/klaar")
    def done() -> BaseResponse | tuple[str, int]:
        handle = request.args.get("antwoord", "")
        outcome = provider.outcome(handle)
        if outcome is None:
            return failed(Refusal("expired"))
        if isinstance(outcome.result, Refusal):
            return failed(outcome.result)
        # Without this, somebody could send you a link that logs you in as them.
        if not compare_digest(outcome.browser.encode(), request.cookies.get(BROWSER, "").encode()):
            return failed(
                Refusal("other-browser", "the cookie of the browser that began", "another one, or none")
            )
        if provider.take_outcome(handle) is None:
            return failed(Refusal("expired"))
        # A new name for each session: one that was set beforehand is worth nothing.
        sessions.take(request.cookies.get(SESSION, ""))
        name = token_urlsafe(32)
        sessions.put(name, Session(outcome.result, token_urlsafe(32)))
        response = redirect(url_for("home"), 303)
        set_cookie(response, SESSION, name, SESSION_LIFE)
        return response

    @app.get("/mijn")
    def home() -> BaseResponse | str:
        found = session()
        if found is None:
            return redirect(url_for("start"), 303)
        return render_template("home.html", session=found)

    @app.post("/uitloggen")
    def logout() -> BaseResponse:
        found = session()
        if found and compare_digest(found.csrf.encode(), request.form.get("csrf", "").encode()):
            sessions.take(request.cookies.get(SESSION, ""))
            response = redirect(url_for("start", uitgelogd="1"), 303)
            response.delete_cookie(SESSION)
            return response
        return redirect(url_for("start"), 303)

    @app.get("/metadata")
    def metadata() -> Response:
        return Response(own_metadata(settings, keys), mimetype="application/samlmetadata+xml")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int]:
        status = error.code or 500
        code = "not-found" if status in (404, 405) else "unreadable" if status < 500 else "fault"
        return failed(Refusal(code, "", error.name))[0], status

    @app.after_request
    def headers(response: Response) -> Response:
        nonce = g.get("nonce")
        # form-action holds for the redirects after a form too: the broker may send the browser straight back to us.
        policy = [
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            f"script-src 'nonce-{nonce}'" if nonce else "script-src 'none'",
            f"form-action 'self' {g.get('form_action', '')}".strip(),
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

    app.jinja_env.globals["settings"] = settings
    return app
