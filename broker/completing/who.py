"""Who logs in, where and with what: what a person knows before the first page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from broker.completing.wish import CHOICE, NOTHING, Choice, Stop, Stopped, Unknown, Wish
from broker.explaining import Scene, find_person, find_supplier
from broker.login import Login, offers, service_of
from broker.parts import Parts
from suppliers.accounts import Standing, standing
from suppliers.ask import Names, Offer
from suppliers.desk import Desk
from suppliers.register.days import dutch_day
from suppliers.register.editing import Missing
from suppliers.register.model import Means, PersonRecord
from suppliers.steps.others import can_be_told
from suppliers.wording import both


@dataclass(frozen=True, slots=True)
class Pick:
    """``means`` is None for somebody without one at this supplier; ``typed`` is the user name to fill in."""

    supplier: str
    person: PersonRecord | None = None
    means: Means | None = None
    typed: str = ""

    @property
    def missing(self) -> Names:
        """Why there is no password that could be known."""
        if self.person is None:
            return NOTHING
        key = "explain.means.none" if self.person.means else "explain.means.nowhere"
        return both(key, name=self.person.name, supplier=self.supplier)


def pick(parts: Parts, desk: Desk, login: Login, wish: Wish) -> Pick:
    """Raises Unknown for a person or supplier that there is not, Stopped for a supplier that is not offered."""
    scene = Scene(parts.current, desk, parts.now_of(login.sp), login.tag)
    offered = offers(parts, login)
    wanted = _supplier(scene, wish.supplier) if wish.supplier else ""
    if wanted and wanted not in {offer.slug for offer in offered}:
        raise Stopped(_not_offered(parts, desk, login, wanted, offered))
    if not offered:
        raise Stopped(Stop(0, CHOICE, "not-offered"))
    slugs = ([login.supplier] if login.supplier else []) + [offer.slug for offer in offered]
    if not wish.person:
        return Pick(wanted or slugs[0])
    person, by_name = _person(scene, wish, wanted)
    if person is None:
        return Pick(wanted or slugs[0], typed=wish.person)
    held = _held(person, by_name, wish, wanted)
    usable = [one for one in held if _does(person, one, scene, login)]
    there = [wanted] if wanted else [slug for slug in slugs if slug in {offer.slug for offer in offered}]
    for several in (usable, held):
        found = next((one for slug in there for one in several if one.supplier == slug), None)
        if found:
            return Pick(found.supplier, person, found, found.username)
    return Pick(there[0], person, typed=wish.means or wish.person)


def _supplier(scene: Scene, text: str) -> str:
    try:
        return find_supplier(scene, text)
    except Missing as missing:
        raise Unknown("supplier", str(missing), missing.nearest) from None


def _person(scene: Scene, wish: Wish, supplier: str) -> tuple[PersonRecord | None, Means | None]:
    """The person, and the means whose name was given, if it was. With a password nobody has to be known."""
    register = scene.register
    if wish.person not in register.people and supplier:
        for card in (False, True):
            if found := register.login(supplier, wish.person, card=card):
                return found
    try:
        return find_person(scene, wish.person)
    except Missing as missing:
        if wish.password:
            return None, None
        raise Unknown("person", str(missing), missing.nearest) from None


def _held(person: PersonRecord, by_name: Means | None, wish: Wish, supplier: str) -> list[Means]:
    """The means that they may use here; those with a user name before smartcards."""
    if by_name and not wish.means and supplier in ("", by_name.supplier):
        return [by_name]
    wanted = wish.means.strip().casefold()
    number = "" if wish.card in ("true", "false") else wish.card.strip().casefold()
    held = [
        one
        for one in person.means
        if wanted in ("", one.username.casefold())
        and supplier in ("", one.supplier)
        and (one.card or wish.card in ("", "false"))
        and (not one.card or wish.card != "false")
        and number in ("", one.username.casefold())
    ]
    if not held and (wanted or number):
        names = ", ".join(one.username for one in person.means)
        key, given = ("means", wish.means) if wanted else ("card", wish.card)
        raise Unknown(key, f"{person.key} has no means {given[:60]!r} here; there are {names or 'none'}")
    return sorted(held, key=lambda one: one.card)


def _does(person: PersonRecord, means: Means, scene: Scene, login: Login) -> bool:
    """Whether they can get past the means with it today, as far as they know."""
    profile = scene.desk.profiles.get(means.supplier)
    account = scene.desk.accounts.of(means, login.tag)
    return (
        profile is not None
        and means.level >= login.level
        and (profile.smartcard or not means.card)
        and standing(means, account, dutch_day(scene.now)) is Standing.ACTIVE
        and can_be_told(person, means, profile)
    )


def _not_offered(parts: Parts, desk: Desk, login: Login, slug: str, offered: Sequence[Offer]) -> Stop:
    """As the command explain has it, where level or identifiers are in the way; else the request named others."""
    offer = desk.profiles[slug].offer()
    _, service = service_of(parts, login)
    values: dict[str, object] = {"supplier": offer.name, "service": service.name, "asked": login.level.label}
    text = both("refused.choice")
    if not offer.reaches(login.level):
        text = both("explain.supplier.level", **values, has=max(offer.levels).label)
    elif not offer.delivers(service.identifier_sets):
        text = both("explain.supplier.identifiers", **values)
    listed = tuple(Choice(one.slug, one.name) for one in offered)
    return Stop(0, CHOICE, "not-offered", text=text, options=listed)
