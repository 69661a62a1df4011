"""The console's page of service providers: what is trusted, and forms to add, refetch and remove."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from broker.configuration import Snapshot
from broker.console import trusted
from broker.console.guard import from_elsewhere
from broker.pages.room import room
from broker.parts import Parts
from broker.report import sp_report
from broker.trusted import trust
from broker.trusted.trust import Kind, Origin, TrustProblem
from broker.wire.metadata import SpMetadata
from broker.wire.xml import MOST_BYTES

MOST = 100
MOST_JUDGED = 20
WHERE = "/service-providers"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was not taken in. ``field`` is the one to mend; ``reason`` is said as the API says it."""

    field: str
    reason: str = ""
    line: int = 0


def add(pages: Blueprint, parts: Parts) -> None:
    """On the console's own blueprint, so that its guard holds here too."""

    def here() -> Parts:
        return parts.seen_by(room())

    @pages.before_request
    def same_site() -> ResponseReturnValue | None:
        if request.method == "POST" and from_elsewhere():
            return render_template("console/elsewhere.html"), 403
        return None

    @pages.route(WHERE)
    def service_providers() -> ResponseReturnValue:
        return _page(here(), done=_done(parts))

    @pages.route(f"{WHERE}/<path:entity_id>/report")
    def service_provider_report(entity_id: str) -> ResponseReturnValue:
        seen = here()
        sp = seen.current.catalogue.sps.get(entity_id)
        if sp is None:
            return _page(seen, wrong=Wrong("list", f"{entity_id[:200]} is not trusted here")), 404
        # The page is a file to keep, with its style in it; this style and no other may be.
        g.style_hash = f" '{sp_report.style_hash()}'"
        return sp_report.report(seen.current, parts.store, sp, seen.now_of(None), seen.tag).as_html()

    @pages.route(f"{WHERE}/<any('paste', 'upload', 'url'):by>", methods=["POST"])
    def service_providers_add(by: str) -> ResponseReturnValue:
        try:
            found = take_in(here(), by)
        except RequestEntityTooLarge:
            return _page(here(), wrong=Wrong(by, f"the document is more than {MOST_BYTES:,} bytes")), 413
        except trust.TooBig as problem:
            return _page(here(), wrong=Wrong(by, problem.reason)), 413
        except TrustProblem as problem:
            return _page(here(), wrong=Wrong(by, problem.reason, problem.line)), 422
        parts.configuration.refresh()
        return _back("added", ", ".join(held.id for held in found[:5]) + (" …" if len(found) > 5 else ""))

    @pages.route(f"{WHERE}/remove", methods=["POST"])
    def service_providers_remove() -> ResponseReturnValue:
        kind, id_ = _which()
        if not trust.remove(parts.store, kind, id_, room()):
            return _page(here(), wrong=Wrong("list", f"{id_} is not one that was added here")), 404
        parts.configuration.refresh()
        return _back("removed", id_)

    @pages.route(f"{WHERE}/refresh", methods=["POST"])
    def service_providers_refresh() -> ResponseReturnValue:
        kind, id_ = _which()
        try:
            trust.refetch(parts.store, kind, id_, parts.now(), tag=room())
        except TrustProblem as problem:
            parts.configuration.refresh()
            return _page(here(), wrong=Wrong("list", problem.reason, problem.line)), 422
        parts.configuration.refresh()
        return _back("refetched", id_)


def again(field: str, wrong: Wrong | None) -> str:
    """What was filled in, to be mended; nothing of a form that was too large to read."""
    try:
        return request.form.get(field, "")[:MOST_BYTES] if wrong and wrong.field == field else ""
    except RequestEntityTooLarge:
        return ""


def take_in(parts: Parts, by: str) -> list[trust.Held]:
    """What came by one of the forms, trusted from now on. Raises TrustProblem, RequestEntityTooLarge."""
    if by == "url":
        url = request.form.get("url", "").strip()
        if not url:
            raise TrustProblem("no address was given")
        return trust.add_url(parts.store, url, parts.now(), tag=parts.tag)
    if by == "upload":
        file = request.files.get("upload")
        if file is None or not file.filename:
            raise TrustProblem("no file was chosen")
        return trust.add(parts.store, file.read(MOST_BYTES + 1), Origin.UPLOAD, parts.now(), tag=parts.tag)
    text = trust.of_text(request.form.get("paste", ""))
    return trust.add(parts.store, text, Origin.PASTE, parts.now(), tag=parts.tag)


def _which() -> tuple[Kind, str]:
    kind = request.form.get("kind", "")
    return (Kind(kind) if kind in tuple(Kind) else Kind.SP), request.form.get("id", "")


def _back(done: str, what: str) -> ResponseReturnValue:
    return redirect(f"/console{WHERE}?{urlencode({'done': done, 'what': what})}", 303)


def _done(parts: Parts) -> dict[str, str]:
    """What the last form did. It comes by the URL, so it is a text only and never decides anything."""
    done = request.args.get("done", "")
    known = done in ("added", "removed", "refetched")
    return {"done": done, "what": request.args.get("what", "")[:500]} if known else {}


def _described(current: Snapshot, sp: SpMetadata, now: datetime, *, judged: bool) -> dict[str, Any]:
    """Very many are not judged all at once: each has its report."""
    described = trusted.service_provider(current, sp, now)
    return {**described, "findings": trusted.findings(current, sp, now) if judged else None}


def _page(parts: Parts, *, wrong: Wrong | None = None, done: dict[str, str] | None = None) -> str:
    current, now = parts.current, parts.now()
    having = request.args.get("q", "")[:200]
    found = trusted.having(current, having)
    context: dict[str, Any] = {
        "sps": [_described(current, sp, now, judged=len(found) <= MOST_JUDGED) for sp in found[:MOST]],
        "more": len(found) - MOST,
        "having": having,
        "catalogues": trusted.catalogues(current, now),
        "wrong": wrong,
        "done": done or {},
        "paste": again("paste", wrong),
        "url": again("url", wrong),
    }
    return render_template(
        "console/service-providers.html", here="service-providers", current=current, now=now, **context
    )
