"""Passed over: the page of the mandate asks it all."""

from __future__ import annotations

from collections.abc import Mapping

from suppliers.visit import Arrival, Facts, Screen, Step, Tried, Visit


def asks(visit: Visit, facts: Facts) -> bool:
    return False


def arrive(visit: Visit, facts: Facts) -> Arrival:
    return Arrival(visit, passed=True)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    return Screen("mandate")


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    return Tried(visit, refused="early")
