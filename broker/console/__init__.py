"""For testers: the inbox, the phone, the exchanges, the clock, what is trusted; as pages and as an HTTP API."""

from flask import Blueprint

from broker.clock import Clock
from broker.console import api as _api
from broker.console import clock as clock_pages
from broker.console import (
    configuration,
    exchanges,
    explain,
    inbox,
    keys_api,
    mandates,
    mandates_api,
    means,
    means_api,
    phone,
    service_providers,
    service_providers_api,
    users,
    views,
)
from broker.console.api import problem
from broker.parts import Parts
from suppliers.desk import Desk


def blueprint(parts: Parts, desk: Desk, clock: Clock) -> Blueprint:
    """The pages."""
    pages = views.blueprint(parts)
    exchanges.add(pages, parts)
    clock_pages.add(pages, parts, clock)
    configuration.add(pages, parts, clock)
    inbox.add(pages, parts, desk.inbox)
    phone.add(pages, parts, desk)
    mandates.add(pages, parts, desk.approvals)
    means.add(pages, parts, desk)
    users.add(pages, parts, desk)
    explain.add(pages, parts, desk)
    service_providers.add(pages, parts)
    return pages


def api(parts: Parts, desk: Desk) -> Blueprint:
    """The calls, and /readyz."""
    calls = _api.api(parts, desk.inbox)
    phone.add_api(calls, desk)
    mandates_api.add(calls, parts, desk.approvals)
    means_api.add(calls, parts, desk)
    service_providers_api.add(calls, parts)
    keys_api.add(calls, parts)
    return calls


__all__ = ["api", "blueprint", "problem"]
