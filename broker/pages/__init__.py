"""What the browser sees of the broker: SSO, choice of supplier, answer, refusal. Views only translate."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from broker import answer, login, logout, receive, unpacking
from broker.arrival import Arrived, Refused, refused_before
from broker.astray import turned_away
from broker.delivery import Delivery
from broker.login import Login, LoginProblem
from broker.metadata import OUT_OF_DATE, own_metadata
from broker.pages import language
from broker.pages.faults import Dropped, hold
from broker.pages.room import room
from broker.pages.texts import INSTEAD, PROBLEMS
from broker.parts import Parts
from broker.receive import Declined
from broker.resolve import resolve
from broker.rules.finding import Finding
from broker.tls.client import caller
from broker.wire.descriptor import THE_SCHEME, Edition
from broker.wire.names import HTTP_POST

CHOICE = "mock_eherkenning_choice"
"""The cookie with the supplier that this browser chose before ("Onthoud mijn keuze")."""

ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]
EDITIONS = {
    ("eherkenning", ""): THE_SCHEME,
    ("eherkenning", "1.13"): THE_SCHEME,
    ("eherkenning", "1.11"): Edition("1.11"),
    ("saml", ""): Edition(None),
}


def blueprint(parts: Parts) -> Blueprint:
    pages = Blueprint(
        "broker", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
    )

    pages.app_context_processor(language.for_templates)
    pages.after_app_request(lambda response: language.remember(response, secure=parts.settings.https))

    @pages.route("/")
    def home() -> ResponseReturnValue:
        return _page("home", metadata_url=parts.settings.metadata_url)

    @pages.route("/metadata")
    def metadata() -> ResponseReturnValue:
        form = request.args.get("form", "entity")
        if form not in ("entity", "entities"):
            text = f"form={form[:40]!r} is not known; it is entity (EntityDescriptor) or entities (EntitiesDescriptor)"
            return Response(text + "\n", 400, content_type="text/plain; charset=utf-8")
        edition = EDITIONS.get((request.args.get("profile", "eherkenning"), request.args.get("version", "")))
        if edition is None:
            text = "the metadata is there with version=1.11 or version=1.13, or with profile=saml"
            return Response(text + "\n", 400, content_type="text/plain; charset=utf-8")
        certificate = request.args.get("certificate", "")
        if certificate and certificate not in OUT_OF_DATE:
            text = f"certificate={certificate[:40]!r} is not known; it is {' or '.join(OUT_OF_DATE)}"
            return Response(text + "\n", 400, content_type="text/plain; charset=utf-8")
        document = own_metadata(parts, entities=form == "entities", edition=edition, certificate=certificate)
        return Response(document, content_type="application/samlmetadata+xml")

    @pages.route("/sso/<any('1.11', '1.13'):version>", methods=["GET", "POST"])
    def sso(version: str) -> ResponseReturnValue:
        outcome = receive.receive(parts, _arrived(version))
        if isinstance(outcome, Refused):
            return _refusal(outcome.id, outcome.findings), outcome.http_status
        if isinstance(outcome, Declined):
            here = replace(outcome.login, language=language.current())
            return _deliver(parts, answer.decline(parts, here, outcome.status))
        here = _in_language(parts, outcome)
        try:
            # The cross-site POST carries no Lax cookie; the GET that follows does.
            return redirect(login.start(parts, here), 303)
        except LoginProblem as problem:
            return _problem(parts, problem, here.id)

    @pages.route("/refused/<id>")
    def refused(id: str) -> ResponseReturnValue:  # noqa: A002
        """A refusal once more, in the other language: the request that led to it cannot be sent twice."""
        found = refused_before(parts, id)
        if found is None:
            raise NotFound
        return _refusal(id, found.findings, logging_out=found.logging_out)

    @pages.route("/slo/<any('1.11', '1.13'):version>", methods=["GET", "POST"])
    def slo(version: str) -> ResponseReturnValue:
        outcome = logout.log_out(parts, _arrived(version))
        if isinstance(outcome, Refused):
            return _refusal(outcome.id, outcome.findings, logging_out=True), outcome.http_status
        language.use(outcome.language)
        if outcome.answer is not None:
            return _deliver(parts, replace(outcome.answer, language=language.current()))
        return _page(
            "logged_out",
            provider=outcome.provider.in_(language.current()),
            supplier=outcome.supplier,
            id=outcome.id,
        )

    @pages.route("/<any('sso', 'slo'):door>", methods=ANY_METHOD)
    @pages.route("/<any('sso', 'slo'):door>/", methods=ANY_METHOD)
    @pages.route("/<any('sso', 'slo'):door>/<path:rest>", methods=ANY_METHOD)
    def beside(door: str, rest: str = "") -> ResponseReturnValue:
        """A request at an address that is almost right; what is no request is not found."""
        if request.method in ("GET", "HEAD") and not {"SAMLRequest", "SAMLart"} & set(request.args):
            raise NotFound
        logging_out = door == "slo"
        outcome = turned_away(parts, room(), request.method, request.path, logging_out=logging_out)
        page = _refusal(outcome.id, outcome.findings, logging_out=logging_out)
        return page, outcome.http_status, {"Allow": "GET, POST"} if outcome.http_status == 405 else {}

    @pages.route("/login/<id>")
    def choice(id: str) -> ResponseReturnValue:  # noqa: A002
        try:
            here = _in_language(parts, login.open_login(parts, id))
            onward = login.choose_again(parts, here, request.cookies.get(CHOICE))
            return redirect(onward, 303) if onward else _choice(parts, here)
        except LoginProblem as problem:
            return _problem(parts, problem, id)

    @pages.route("/login/<id>", methods=["POST"])
    def choose(id: str) -> ResponseReturnValue:  # noqa: A002
        try:
            here = login.open_login(parts, id)
            slug, remember = request.form.get("supplier", ""), "remember" in request.form
            if not slug:
                return _choice(parts, replace(here, remember=remember), missing=True), 422
            return redirect(login.choose(parts, here, slug, remember=remember), 303)
        except LoginProblem as problem:
            return _problem(parts, problem, id)

    @pages.route("/login/<id>/cancel", methods=["POST"])
    def cancel(id: str) -> ResponseReturnValue:  # noqa: A002
        try:
            return _deliver(parts, answer.cancel(parts, login.open_login(parts, id)))
        except LoginProblem as problem:
            return _problem(parts, problem, id)

    @pages.route("/login/<id>/return")
    def come_back(id: str) -> ResponseReturnValue:  # noqa: A002
        try:
            here = login.open_login(parts, id)
            if chosen := language.remembered():
                # At the supplier the switch changes the supplier's own record, and the cookie.
                here = login.set_language(parts, here, chosen)
            delivery = answer.finish(parts, here)
            response = make_response(_deliver(parts, delivery))
            if delivery.success:
                _remember(response, here, secure=parts.settings.https)
            return response
        except LoginProblem as problem:
            return _problem(parts, problem, id)

    @pages.route("/ars/<any('1.11', '1.13'):version>", methods=["POST"])
    def artifact_resolution(version: str) -> ResponseReturnValue:
        content_type = request.headers.get("Content-Type", "")
        outcome = resolve(parts, request.get_data(), content_type, caller(parts.settings, request.environ))
        hold(outcome.wait, parts.stopping)
        if outcome.drop:
            return Dropped()
        return Response(outcome.body, outcome.http_status, content_type="text/xml; charset=utf-8")

    return pages


def _arrived(version: str) -> Arrived:
    return replace(_unpacked(version), tag=room())


def _unpacked(version: str) -> Arrived:
    framed = request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame", "embed", "object")
    if request.method != "POST":
        return unpacking.by_redirect(
            request.args.to_dict(flat=False), request.query_string, version, framed=framed
        )
    try:
        return unpacking.by_post(request.form.to_dict(flat=False), version, framed=framed, body=_body)
    except RequestEntityTooLarge:
        return Arrived(HTTP_POST, None, "the form is larger than this broker reads", framed, version)


def _body() -> unpacking.Body:
    """What came instead of a form; empty where it was one."""
    return unpacking.Body(
        request.headers.get("Content-Type", ""), request.get_data(), frozenset(request.args)
    )


def _choice(parts: Parts, here: Login, *, missing: bool = False) -> str:
    _, service = login.service_of(parts, here)
    g.form_action = (login.origin(here.acs_url),)
    language.use(here.language, f"/login/{here.id}")
    return _page(
        "choice",
        login=here,
        service=service.name.in_(here.language),
        provider=service.provider.in_(here.language),
        offers=login.offers(parts, here),
        # Who comes back, and who was sent here for a means at another supplier, finds it in the list.
        chosen=request.args.get("supplier") or here.supplier or "",
        missing=missing,
    )


def _remember(response: BaseResponse, here: Login, *, secure: bool) -> None:
    """After a success: the next login goes to this supplier at once, or no longer does."""
    if here.remember and here.supplier and len(here.scoped) != 1:
        response.set_cookie(
            CHOICE,
            here.supplier,
            max_age=language.KEEP,
            path="/",
            secure=secure,
            httponly=True,
            samesite="Lax",
        )
    elif not here.remember:
        response.delete_cookie(CHOICE, path="/", secure=secure, httponly=True, samesite="Lax")


def _deliver(parts: Parts, delivery: Delivery) -> ResponseReturnValue:
    hold(delivery.wait, parts.stopping)
    if delivery.instead == "drop":
        return Dropped()
    if delivery.instead:
        language.use(delivery.language)
        http_status, heading, what = INSTEAD[delivery.instead]
        return _page("ended", heading=heading, what=what, reason=delivery.instead, id=""), http_status
    if not delivery.by_post:
        return redirect(delivery.location, 303)
    g.nonce = secrets.token_urlsafe(16)
    # Browsers hold the whole chain of redirects behind a form to form-action, and where a provider sends
    # people after its ACS we cannot know. The only form on this page goes to that ACS.
    g.form_action = None
    language.use(delivery.language)
    return _page("answer", delivery=delivery, nonce=g.nonce)


def _in_language(parts: Parts, here: Login) -> Login:
    """The switch counts at any time, what the browser remembers only for a login that has no language yet."""
    wanted = language.asked() or (None if here.language_known else language.remembered())
    return login.set_language(parts, here, wanted) if wanted else here


def _problem(parts: Parts, problem: LoginProblem, login_id: str) -> ResponseReturnValue:
    status, heading, what = PROBLEMS.get(problem.reason, PROBLEMS["unknown"])
    by_get = request.method == "GET" and request.endpoint != "broker.sso"
    again = "" if by_get else f"/login/{quote(login_id, safe='')}"
    language.use(language.asked() or login.language_of(parts, login_id), again)
    # Of an id that is not known there is nothing to find.
    known = "" if problem.reason == "unknown" else login_id
    return _page("ended", heading=heading, what=what, reason=problem.reason, id=known), status


def _refusal(id: str, findings: tuple[Finding, ...], *, logging_out: bool = False) -> str:  # noqa: A002
    language.use(None, f"/refused/{id}")
    return _page("refusal", id=id, findings=findings, logging_out=logging_out)


def _page(name: str, **context: Any) -> str:
    return render_template(f"broker/{name}.html", **context)
