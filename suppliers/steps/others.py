"""The other means of a person that would do here: what to offer to whoever is stopped with the one they used."""

from __future__ import annotations

from dataclasses import dataclass

from suppliers.accounts import Standing, standing
from suppliers.ask import Ask
from suppliers.profiles import Profile
from suppliers.register.model import Means, PersonRecord
from suppliers.steps.channel import channels
from suppliers.visit import Facts, Visit


@dataclass(frozen=True, slots=True)
class Other:
    """A means by which the person can come in today. ``name`` is that of the supplier, ``here`` whether it is this
    one; ``username`` is the number of a ``card``."""

    supplier: str
    name: str
    username: str
    card: bool
    level: str
    here: bool


def others(visit: Visit, facts: Facts) -> tuple[Other, ...]:
    """Those of the person of this visit, the ones at this supplier first."""
    holder = facts.holder(visit)
    if holder is None:
        return ()
    person, used = holder
    profiles = {**facts.profiles, facts.profile.slug: facts.profile}
    found = [
        _other(means, profiles[means.supplier], here=means.supplier == visit.supplier)
        for means in person.means
        if means != used
        and means.supplier in profiles
        and _does(person, means, profiles[means.supplier], visit, facts)
    ]
    return tuple(sorted(found, key=lambda other: (not other.here, other.name.casefold())))


def can_be_told(person: PersonRecord, means: Means, profile: Profile) -> bool:
    """Whether there is a way to the second factor of this means, if it needs one."""
    asks_factor = any("pin" in fields for fields in profile.steps)
    return means.card or not asks_factor or bool(channels(person, means, profile))


def _other(means: Means, profile: Profile, *, here: bool) -> Other:
    return Other(means.supplier, profile.name, means.username, means.card, means.level.label, here)


def _does(person: PersonRecord, means: Means, profile: Profile, visit: Visit, facts: Facts) -> bool:
    return (
        means.level >= visit.ask.level
        and (profile.slug == visit.supplier or _is_offered(profile, visit.ask))
        and (profile.smartcard or not means.card)
        and standing(means, facts.account(means), facts.today) is Standing.ACTIVE
        and can_be_told(person, means, profile)
    )


def _is_offered(profile: Profile, ask: Ask) -> bool:
    """As on the broker's choice page: the supplier reaches level and identifier."""
    offer = profile.offer()
    return offer.reaches(ask.level) and offer.delivers(ask.identifier_sets)
