"""To the broker and back, and out again.

The answer of the broker is posted here from another site, and such a request carries no SameSite=Lax cookie. So the
views that take answers set and read none: they send the browser on (303) to /saml/klaar, which has the cookies, and
there a login is only completed in the browser that began it.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response as BaseResponse

from helpdeskpo.checks import Refusal
from helpdeskpo.linking import find
from helpdeskpo.metadata import own_metadata
from helpdeskpo.models import LoginRecord
from helpdeskpo.pages import visitor
from helpdeskpo.pages.failed import failed
from helpdeskpo.saml import LOGIN_LIFE, Outgoing
from helpdeskpo.settings import request_binding, response_binding
from helpdeskpo.site import Site
from helpdeskpo.transport import Unreachable

BROWSER: Final = "helpdeskpo_browser"
"""Says only "the same browser as before". Cookies ignore ports, so the names must not be those of the broker."""
_TOKEN: Final = re.compile(r"[\w-]{43}")

log = logging.getLogger(__name__)


def add(app: Flask, site: Site) -> None:
    settings, provider = site.settings, site.provider

    def remember(response: BaseResponse, browser: str, life: timedelta) -> None:
        secure = settings.base_url.startswith("https://")
        response.set_cookie(BROWSER, browser, max_age=life, httponly=True, samesite="Lax", secure=secure)

    @app.get("/login")
    def login() -> ResponseReturnValue:
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
        by_form = bool(outgoing.fields)
        response = Response(_sending(outgoing, "login")) if by_form else redirect(outgoing.url, 302)
        remember(response, browser, LOGIN_LIFE)
        return response

    @app.route("/saml/acs/post", methods=["GET", "POST"])
    def acs_post() -> ResponseReturnValue:
        if request.method == "GET" and "SAMLart" not in request.args:
            raise MethodNotAllowed(["POST"])
        # An artifact that comes here is refused as what it is: an answer by another way than was asked.
        handle = provider.answer_by_post(
            request.form.get("SAMLResponse", ""), request.values.get("RelayState", "")
        )
        return redirect(url_for("done", antwoord=handle), 303)

    @app.route("/saml/acs/artifact", methods=["GET", "POST"])
    def acs_artifact() -> ResponseReturnValue:
        sent = request.form if request.method == "POST" else request.args
        handle = provider.answer_by_artifact(sent.get("SAMLart", ""), sent.get("RelayState", ""))
        return redirect(url_for("done", antwoord=handle), 303)

    @app.get("/saml/klaar")
    def done() -> ResponseReturnValue:
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
        who = outcome.result
        visitor.begin(who)
        with site.database.write() as session:
            link = find(session, who)
            if link is not None:
                session.add(
                    LoginRecord(
                        link_id=link.id, at=site.now(), level=who.level_name, intermediary=who.intermediary
                    )
                )
        return redirect(url_for("home" if link else "link"), 303)

    @app.post("/uitloggen")
    def logout() -> ResponseReturnValue:
        who = visitor.identity()
        # First here, whatever becomes of the rest.
        visitor.end()
        if who is None:
            return redirect(url_for("start"), 303)
        try:
            outgoing = provider.log_out(who.spoken)
        except Unreachable as reason:
            log.warning("logged out here, not at the broker: %s", reason)
            outgoing = None
        if outgoing is None:
            return redirect(url_for("start", uitgelogd="1"), 303)
        return _sending(outgoing, "logout")

    @app.get("/metadata")
    def metadata() -> Response:
        return Response(own_metadata(settings, site.keys), mimetype="application/samlmetadata+xml")


def _sending(outgoing: Outgoing, what: str) -> str:
    """A page whose form goes to the broker by itself, and by a button where there are no scripts.

    A redirect after a form would be held to the policy of the page before, which allows no other site.
    """
    g.nonce = token_urlsafe(16)
    g.again = url_for("start")
    split = urlsplit(outgoing.url)
    # Browsers hold the whole chain of redirects behind a form to form-action, and where a broker goes on to we cannot
    # know. The one form of this page goes to an address of the metadata; no other page does without.
    g.form_anywhere = True
    by_get = not outgoing.fields
    fields = dict(parse_qsl(split.query)) if by_get else outgoing.fields
    url = outgoing.url.partition("?")[0] if by_get else outgoing.url
    return render_template("send.html", url=url, fields=fields, method="get" if by_get else "post", what=what)
