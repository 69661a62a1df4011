"""What the browser sees of the broker: SSO, choice of supplier, answer, refusal. Views only translate."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from broker import answer, login, receive
from broker.answer import Delivery
from broker.login import Login, LoginProblem
from broker.metadata import own_metadata
from broker.pages.texts import PROBLEMS, TEXTS
from broker.parts import Parts
from broker.receive import Arrived, Declined, Refused
from broker.resolve import resolve
from broker.wire.bindings import BindingProblem, from_post, from_redirect
from broker.wire.names import HTTP_POST, HTTP_REDIRECT


def blueprint(parts: Parts) -> Blueprint:
    pages = Blueprint(
        "broker", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
    )

    @pages.route("/")
    def home() -> ResponseReturnValue:
        return _page("home", "nl", metadata_url=parts.settings.metadata_url)

    @pages.route("/metadata")
    def metadata() -> ResponseReturnValue:
        return Response(own_metadata(parts), content_type="application/samlmetadata+xml")

    @pages.route("/sso/<any('1.11', '1.13'):version>", methods=["GET", "POST"])
    def sso(version: str) -> ResponseReturnValue:
        outcome = receive.receive(parts, _arrived(version))
        if isinstance(outcome, Refused):
            page = _page("refusal", "nl", id=outcome.id, findings=outcome.findings)
            return page, outcome.http_status
        if isinstance(outcome, Declined):
            return _deliver(answer.decline(parts, outcome.login, outcome.status))
        # The cross-site POST carries no Lax cookie; the GET that follows does.
        return redirect(f"/login/{outcome.id}", 303)

    @pages.route("/login/<id>")
    def choice(id: str) -> ResponseReturnValue:  # noqa: A002
        try:
            here = login.open_login(parts, id)
            if request.args.get("lang") in ("nl", "en"):
                here = login.set_language(parts, here, request.args["lang"])
            return _choice(parts, here)
        except LoginProblem as problem:
            return _problem(problem)

    @pages.route("/login/<id>", methods=["POST"])
    def choose(id: str) -> ResponseReturnValue:  # noqa: A002
        try:
            here = login.open_login(parts, id)
            slug = request.form.get("supplier", "")
            if not slug:
                return _choice(parts, here, missing=True), 422
            return redirect(login.choose(parts, here, slug), 303)
        except LoginProblem as problem:
            return _problem(problem)

    @pages.route("/login/<id>/cancel", methods=["POST"])
    def cancel(id: str) -> ResponseReturnValue:  # noqa: A002
        try:
            return _deliver(answer.cancel(parts, login.open_login(parts, id)))
        except LoginProblem as problem:
            return _problem(problem)

    @pages.route("/login/<id>/return")
    def come_back(id: str) -> ResponseReturnValue:  # noqa: A002
        try:
            return _deliver(answer.finish(parts, login.open_login(parts, id)))
        except LoginProblem as problem:
            return _problem(problem)

    @pages.route("/ars/<any('1.11', '1.13'):version>", methods=["POST"])
    def artifact_resolution(version: str) -> ResponseReturnValue:
        outcome = resolve(parts, request.get_data(), request.headers.get("Content-Type", ""))
        return Response(outcome.body, outcome.http_status, content_type="text/xml; charset=utf-8")

    return pages


def _arrived(version: str) -> Arrived:
    framed = request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame", "embed", "object")
    binding = HTTP_POST if request.method == "POST" else HTTP_REDIRECT
    try:
        if request.method == "POST":
            form = request.form
            if not form.get("SAMLRequest"):
                raise BindingProblem("the form has no SAMLRequest")
            # An empty RelayState is none: the field is there because a template always has it.
            carried = from_post(form["SAMLRequest"], form.get("RelayState") or None)
        else:
            carried = from_redirect(request.query_string)
    except BindingProblem as problem:
        return Arrived(binding, None, str(problem), framed, version)
    except RequestEntityTooLarge:
        return Arrived(binding, None, "the form is larger than this broker reads", framed, version)
    return Arrived(binding, carried, framed=framed, version=version)


def _choice(parts: Parts, here: Login, *, missing: bool = False) -> str:
    _, service = login.service_of(parts, here)
    g.form_action = (login.origin(here.acs_url),)
    return _page(
        "choice",
        here.language,
        login=here,
        service=service.name.in_(here.language),
        provider=service.provider.in_(here.language),
        offers=login.offers(parts, here),
        missing=missing,
    )


def _deliver(delivery: Delivery) -> ResponseReturnValue:
    if not delivery.by_post:
        split = urlsplit(delivery.url)
        query = "&".join(filter(None, (split.query, urlencode(delivery.fields))))
        return redirect(urlunsplit(split._replace(query=query)), 303)
    g.nonce = secrets.token_urlsafe(16)
    # Browsers hold the whole chain of redirects behind a form to form-action, and where a provider sends
    # people after its ACS we cannot know. The only form on this page goes to that ACS.
    g.form_action = None
    return _page("answer", "nl", delivery=delivery, nonce=g.nonce)


def _problem(problem: LoginProblem) -> ResponseReturnValue:
    status, title, text = PROBLEMS.get(problem.reason, PROBLEMS["unknown"])
    return _page("ended", "nl", title=title, text=text, reason=problem.reason), status


def _page(name: str, language: str, **context: Any) -> str:
    texts: Mapping[str, str] = TEXTS[language]
    return render_template(f"broker/{name}.html", t=texts, lang=language, **context)
