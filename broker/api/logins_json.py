"""Logins as the API gives them: where one stands, its answer, and where it stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from broker.api.explain import BothLanguages
from broker.api.models import EXAMPLE_AT, Given
from broker.api.problems import ChoiceSeen
from broker.completing import Choice, Stop, Taken, View
from broker.delivery import Delivery
from broker.login import LoginProblem, service_of
from broker.parts import Parts
from broker.settings import LOGIN_LIFE
from broker.wire import instants
from suppliers.ask import Names


class ServiceOfLogin(Given):
    service_id: str
    name: BothLanguages


class SupplierOfLogin(Given):
    slug: str
    name: str


class LoginSeen(Given):
    id: str
    exchange: str
    state: Literal["asked", "chosen", "answered", "late"]
    url: str = Field(description="where a browser goes on; empty where the login is over")
    sp: str = Field(description="entity id of the service provider")
    service: ServiceOfLogin | None = Field(description="null where it has gone from the metadata since")
    level: str = Field(description="that is needed")
    language: str
    tag: str
    relay_state: str | None
    supplier: str | None = Field(description="slug, once one was chosen")
    suppliers: list[SupplierOfLogin] = Field(description="those that are offered, alphabetical")
    step: int = Field(description="the number in the address of the page; 0 for those of the broker")
    page: str = Field(description="choice, a supplier's page by its data-testid without `page-`, or return")
    asks: list[str] = Field(description="what `complete` fills in here")
    options: list[ChoiceSeen]
    heading: BothLanguages
    text: BothLanguages = Field(description="mistakes, or why the road ends here")
    since: str = Field(examples=[EXAMPLE_AT])
    until: str = Field(description="the last moment for an answer")


class StepTaken(Given):
    step: int
    page: str
    gave: dict[str, str | None] = Field(description="what was filled in; null for what is secret")


class Completed(Given):
    """What the browser would carry to the service provider."""

    id: str
    exchange: str
    outcome: Literal["success", "cancelled", "declined"]
    method: Literal["POST", "GET"]
    url: str = Field(description="for the form; with GET the query is in it")
    fields: dict[str, str] = Field(description="of the form; empty with GET")
    instead: Literal["", "error", "nothing", "drop"] = Field(
        description="what a scenario gives the browser in place of an answer: an error page, a page that says that "
        "there is none, a connection that is closed; url and fields are empty then"
    )
    wait: float = Field(description="for how many seconds a scenario holds a browser's answer back")
    steps: list[StepTaken]


def view_json(parts: Parts, view: View) -> dict[str, Any]:
    login, page = view.login, view.page
    return {
        "id": login.id,
        "exchange": login.id,
        "state": view.state,
        "url": parts.settings.base_url + view.path if view.path else "",
        "sp": login.sp,
        "service": _service(parts.seen_by(login.tag), view),
        "level": login.level.label,
        "language": login.language,
        "tag": login.tag,
        "relay_state": login.relay_state,
        "supplier": login.supplier,
        "suppliers": [{"slug": offer.slug, "name": offer.name} for offer in view.offered],
        "step": page.step if page else 0,
        "page": page.page if page else "",
        "asks": list(view.asks),
        "options": _options(page.options if page else ()),
        "heading": _both(page.heading if page else None),
        "text": _both(page.text if page else None),
        "since": instants.write(login.created_at),
        "until": instants.write(login.created_at + LOGIN_LIFE),
    }


def completed_json(id_: str, delivery: Delivery, taken: Iterable[Taken]) -> dict[str, Any]:
    return {
        "id": id_,
        "exchange": id_,
        "outcome": delivery.outcome,
        "method": "POST" if delivery.by_post else "GET",
        "url": "" if delivery.instead else delivery.location,
        "fields": dict(delivery.fields) if delivery.by_post and not delivery.instead else {},
        "instead": delivery.instead,
        "wait": delivery.wait,
        "steps": steps_json(taken),
    }


def steps_json(taken: Iterable[Taken]) -> list[dict[str, Any]]:
    return [{"step": one.step, "page": one.page, "gave": dict(one.gave)} for one in taken]


def stop_json(stop: Stop) -> dict[str, Any]:
    reasons = [reason.told() for reason in stop.reasons]
    return {
        "step": stop.step,
        "page": stop.page,
        "code": stop.code,
        "heading": _both(stop.heading),
        "text": _both(stop.text),
        "mend": stop.mend,
        "options": _options(stop.options),
        "reasons": [{name: one[name] for name in ("code", "nl", "en", "place")} for one in reasons],
    }


def _service(parts: Parts, view: View) -> dict[str, Any] | None:
    try:
        _, service = service_of(parts, view.login)
    except LoginProblem:
        return None
    return {"service_id": service.service_id, "name": _both(service.name)}


def _options(options: Iterable[Choice]) -> list[dict[str, Any]]:
    return [asdict(one) for one in options]


def _both(names: Names | None) -> dict[str, str]:
    return {"nl": names.nl, "en": names.en} if names else {"nl": "", "en": ""}
