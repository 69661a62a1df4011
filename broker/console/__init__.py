"""For testers: the inbox, the phone, the exchanges, the clock, what is trusted; as pages."""

from flask import Blueprint

from broker.clock import Clock
from broker.console import clock as clock_pages
from broker.console import (
    companies,
    configuration,
    connect,
    exchange,
    exchanges,
    explain,
    held_mandates,
    inbox,
    mandates,
    means,
    people,
    phone,
    rooms,
    scenarios,
    service_providers,
    users,
    views,
)
from broker.parts import Parts
from suppliers.desk import Desk


def blueprint(parts: Parts, desk: Desk, clock: Clock) -> Blueprint:
    pages = views.blueprint(parts)
    exchanges.add(pages, parts)
    exchange.add(pages, parts)
    clock_pages.add(pages, parts, clock)
    configuration.add(pages, parts, clock)
    inbox.add(pages, parts, desk.inbox)
    phone.add(pages, parts, desk)
    mandates.add(pages, parts, desk.approvals)
    means.add(pages, parts, desk)
    users.add(pages, parts, desk)
    explain.add(pages, parts, desk)
    people.add(pages, parts, desk)
    companies.add(pages, parts)
    held_mandates.add(pages, parts)
    scenarios.add(pages, parts)
    service_providers.add(pages, parts)
    connect.add(pages, parts)
    rooms.add(pages, parts, clock)
    return pages


__all__ = ["blueprint"]
