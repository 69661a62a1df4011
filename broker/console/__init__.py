"""For testers: the inbox, the exchanges, the clock, what is trusted; as pages and as an HTTP API."""

from flask import Blueprint

from broker.clock import Clock
from broker.console import api as _api
from broker.console import keys_api, service_providers, service_providers_api, views
from broker.console.api import problem
from broker.parts import Parts
from suppliers.inbox import Inbox


def blueprint(parts: Parts, inbox: Inbox) -> Blueprint:
    """The pages."""
    pages = views.blueprint(parts, inbox)
    service_providers.add(pages, parts)
    return pages


def api(parts: Parts, inbox: Inbox, clock: Clock) -> Blueprint:
    """The calls, and /readyz."""
    calls = _api.api(parts, inbox, clock)
    service_providers_api.add(calls, parts)
    keys_api.add(calls, parts)
    return calls


__all__ = ["api", "blueprint", "problem"]
