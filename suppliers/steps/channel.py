"""How the PIN travels, or how else the person shows who they are, where there is a choice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from suppliers.profiles import Profile
from suppliers.register.model import Means, PersonRecord
from suppliers.visit import Arrival, Facts, Problem, Screen, Step, Tried, Visit


def channels(person: PersonRecord, means: Means, profile: Profile) -> dict[str, str]:
    """The second factors that this person can use, in the supplier's order, each with its address.

    An app and a QR code have no address; the supplier's name stands in.
    """
    app = profile.name if means.app else None
    known = {"sms": person.phone, "email": person.email, "app": app, "qr": app}
    return {factor: address for factor in profile.second_factors if (address := known[factor])}


def ways(visit: Visit, facts: Facts) -> dict[str, str]:
    """Those of whoever this visit is of; none as long as that is not known."""
    holder = facts.holder(visit)
    return channels(*holder, facts.profile) if holder else {}


def mask(address: str) -> str:
    """Enough for its owner to know it by: 06******78 (also where it begins with +31), +32******78, j***@example.nl."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    digits = re.sub(r"^(\+|00)310?", "0", re.sub(r"[^0-9+]", "", address))
    first = 3 if digits.startswith("+") else 2
    return f"{digits[:first]}{'*' * max(len(digits) - first - 2, 1)}{digits[-2:]}"


def beyond_pin(found: Mapping[str, str]) -> bool:
    """Whether there is more to choose from than how a PIN travels."""
    return not {"sms", "email"}.issuperset(found)


def asks(visit: Visit, facts: Facts) -> bool:
    return not visit.card and len(ways(visit, facts)) > 1


def arrive(visit: Visit, facts: Facts) -> Arrival:
    if visit.card:
        return Arrival(visit, passed=True)
    found = ways(visit, facts)
    if len(found) != 1:
        return Arrival(visit)
    return Arrival(replace(visit, channel=next(iter(found))), passed=True)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    shown = {way: mask(to) if way in ("sms", "email") else to for way, to in ways(visit, facts).items()}
    return Screen("channel", values={"ways": shown, "chosen": visit.channel, "any": beyond_pin(shown)})


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    wanted = form.get("channel", "")
    if not wanted:
        key = "confirm.empty" if beyond_pin(ways(visit, facts)) else "channel.empty"
        return Tried(visit, (Problem("channel", key),))
    if wanted not in ways(visit, facts):
        return Tried(visit, refused="choice")
    return Tried(replace(visit, channel=wanted))
