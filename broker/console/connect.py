"""Connect a service provider: its metadata in, what it needs out, and how far it has come."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from broker.connecting import recipes
from broker.connecting.given import given
from broker.connecting.progress import Progress, progress, strangers_in
from broker.connecting.reached import SAID, Reached, Step, change, forget, way_of
from broker.console import trusted
from broker.console.guard import from_elsewhere
from broker.console.service_providers import Wrong, again, take_in
from broker.exchanges import Exchange
from broker.pages.room import room
from broker.parts import Parts
from broker.settings import VERSIONS
from broker.trusted import trust
from broker.trusted.trust import Kind, TrustProblem
from broker.wire import instants
from broker.wire.metadata import SpMetadata
from broker.wire.xml import MOST_BYTES

WHERE = "/connect"
MOST_LISTED = 50
NEWEST = 20
"""How many exchanges are looked at for a request that is nobody's."""


def add(pages: Blueprint, parts: Parts) -> None:
    """On the console's own blueprint, so that its guard holds here too."""

    def here() -> Parts:
        return parts.seen_by(room())

    @pages.route(WHERE)
    def connect() -> ResponseReturnValue:
        wanted = request.args.get("sp", "")[:1000]
        if wanted and wanted not in here().current.catalogue.sps:
            reason = f"{wanted[:200]} is not trusted here: give its metadata"
            return _page(here(), wrong=Wrong("list", reason)), 404
        return _page(here())

    @pages.route(f"{WHERE}/<any('paste', 'upload', 'url'):by>", methods=["POST"])
    def connect_add(by: str) -> ResponseReturnValue:
        if from_elsewhere():
            return render_template("console/elsewhere.html"), 403
        try:
            found = take_in(here(), by)
        except RequestEntityTooLarge:
            reason = f"the document is more than {MOST_BYTES:,} bytes"
            return _page(here(), wrong=Wrong(by, reason)), 413
        except trust.TooBig as problem:
            return _page(here(), wrong=Wrong(by, problem.reason)), 413
        except TrustProblem as problem:
            return _page(here(), wrong=Wrong(by, problem.reason, problem.line)), 422
        parts.configuration.refresh()
        sps = [held.id for held in found if held.kind is Kind.SP]
        return _to(sps[0] if sps else "", done="added" if len(sps) == 1 else "several")

    @pages.route(f"{WHERE}/<any('landed', 'again'):what>", methods=["POST"])
    def connect_step(what: str) -> ResponseReturnValue:
        if from_elsewhere():
            return render_template("console/elsewhere.html"), 403
        seen = here()
        sp = request.form.get("sp", "")
        if sp not in seen.current.catalogue.sps:
            return _page(seen, wrong=Wrong("list", f"{sp[:200]} is not trusted here")), 404
        if what == "again":
            forget(parts.store, sp, seen.tag)
            return _to(sp, done="again")
        if Step.ANSWER not in way_of(parts.store, sp, seen.tag).reached:
            return _page(seen, wrong=Wrong("list", "no answer was sent yet: nobody can have landed")), 409
        at = Reached(instants.write(seen.now_of(sp)), "", SAID)
        change(parts.store, sp, seen.tag, lambda way: way.at(Step.LANDED, at))
        return _to(sp)


def progress_of(parts: Parts, sp: SpMetadata) -> Progress:
    """Of one provider, as this room has it; console and API say the same."""
    way = way_of(parts.store, sp.entity_id, parts.tag)
    newest = [] if Step.REQUEST in way.reached else _newest(parts)
    return progress(parts.current, sp, way, parts.now_of(sp.entity_id), newest)


def _newest(parts: Parts) -> list[Exchange]:
    return [one for one in parts.exchanges.recent(NEWEST) if one.tag == parts.tag]


def _to(sp: str, done: str = "") -> ResponseReturnValue:
    asked = {name: value for name, value in (("sp", sp), ("done", done)) if value}
    return redirect(f"/console{WHERE}?{urlencode(asked)}", 303)


def _page(parts: Parts, *, wrong: Wrong | None = None) -> str:
    current, now = parts.current, parts.now()
    # A form that is too large to read has no fields either.
    sp = None if wrong else current.catalogue.sps.get(request.args.get("sp", ""))
    version = request.args.get("version", "")
    needed = given(parts, version if version in VERSIONS else VERSIONS[-1])
    own = recipes.EXAMPLE if sp is None else _own(parts, sp)
    done = request.args.get("done", "")
    context: dict[str, Any] = {
        "sp": None,
        "given": needed,
        "own": own,
        "recipes": [(recipe, recipes.text(recipe, needed, own)) for recipe in recipes.RECIPES],
        "wrong": wrong,
        "done": done if done in ("added", "several", "again") and not wrong else "",
        "paste": again("paste", wrong),
        "url": again("url", wrong),
    }
    if sp is None:
        known = sorted(current.catalogue.sps)
        context |= {
            "known": [_brief(parts, current.catalogue.sps[id_]) for id_ in known[:MOST_LISTED]],
            "more": max(0, len(known) - MOST_LISTED),
            "strangers": strangers_in(_newest(parts), current),
        }
    else:
        g.own_script = True
        id_ = quote(sp.entity_id, safe="")
        tag = f"?{urlencode({'tag': parts.tag})}" if parts.tag else ""
        context |= {
            "sp": trusted.service_provider(current, sp, now),
            "metadata": sp,
            "findings": trusted.findings(current, sp, now),
            "progress": progress_of(parts, sp),
            "poll": f"/api/v1/service-providers/{id_}/progress{tag}",
            "page": f"/console{WHERE}?{urlencode({'sp': sp.entity_id})}",
            "report": f"/console/service-providers/{id_}/report",
        }
    return render_template("console/connect.html", here="connect", current=current, now=now, **context)


def _own(parts: Parts, sp: SpMetadata) -> recipes.Own:
    current = parts.current
    services = [(entry, found) for entry in sp.services if (found := current.catalogue.service(sp, entry))]
    return recipes.own(sp, services, saml=current.is_saml(sp))


def _brief(parts: Parts, sp: SpMetadata) -> dict[str, Any]:
    way = way_of(parts.store, sp.entity_id, parts.tag)
    found = progress(parts.current, sp, way, parts.now_of(sp.entity_id))
    return {
        "entity_id": sp.entity_id,
        "name": trusted.display(sp),
        "done": found.done,
        "of": found.of,
        "complete": found.complete,
    }
