"""The points of the road at which a scenario may act: what receive, the suppliers' register, answer and resolve call.

Where nothing is armed each of them costs one look in the store. Where something is, a login gets at most one: the most
specific of those that fit what is known of it at that point, and it keeps that one (``armed.py``). One of the
WORLD is kept, and used, from the first decision on it: a wrong password before that leaves it armed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from broker.login import ADAPTER, Login
from broker.login import KIND as LOGIN
from broker.scenarios import armed as records
from broker.scenarios.armed import Armed, Seen
from broker.scenarios.catalogue import CATALOGUE
from broker.scenarios.model import ROAD, ArtifactAnswer, CannotAct, Case, Draft, Point, Scenario
from broker.scenarios.world import Pending
from broker.wire.names import HTTP_ARTIFACT
from broker.wire.response import Status
from suppliers.ask import Ask, Word
from suppliers.register.model import PersonRecord, Register

if TYPE_CHECKING:
    from broker.delivery import Delivery
    from broker.parts import Parts

_NOBODY: frozenset[str] = frozenset()


def declined(parts: Parts, login: Login) -> Status | None:
    """REQUEST: what this request is answered with at once; None where it goes on."""
    found = _met(parts, login, _NOBODY, Point.REQUEST)
    status: Status | None = None if found is None else found.act()
    return status


def register_of(
    parts: Callable[[], Parts], ordinary: Callable[[Ask | None, str], Register]
) -> Callable[[Ask | None, str], Register]:
    """WORLD: the register as it is for this login and this person, over the ``ordinary`` one."""

    def register(ask: Ask | None, who: str) -> Register:
        seen = ordinary(ask, who)
        return seen if ask is None or not who else _world(parts().seen_by(ask.tag), ask, who, seen)

    return register


def decided(parts: Callable[[], Parts]) -> Callable[[Register, Collection[str]], bool]:
    """WORLD: whether what was just decided stands, by the register and what came of it. The first that comes of a
    scenario uses it. False where another login has used it up: then it is to be decided again, without."""

    def stands(register: Register, came_to: Collection[str]) -> bool:
        if not isinstance(register, Pending):
            return True
        login, one = register.of_login, register.armed
        if CATALOGUE[one.scenario].decided.isdisjoint(came_to):
            return True
        here = parts().seen_by(login.tag)
        known = records.bound(here.store, login.id)
        return _takes(here, login, one) if known is None else known.id == one.id

    return stands


@dataclass(slots=True)
class Ending:
    """DECISION, FACTS, RESPONSE and DELIVERY of one login, with one look at what is armed."""

    parts: Parts
    login: Login
    person: str = ""
    _persons: frozenset[str] = field(init=False, repr=False)
    _quiet: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._persons = names_of(self.parts, self.person)
        self._quiet = _nothing(self.parts, self._persons)

    def decision(self, word: Word) -> Word | Status:
        return word if self._quiet else self._altered(Point.DECISION, word)

    def facts(self, draft: Draft) -> Draft:
        return draft if self._quiet else self._altered(Point.FACTS, draft)

    def response(self, message: bytes) -> bytes:
        return message if self._quiet else self._altered(Point.RESPONSE, message)

    def delivery(self, delivery: Delivery) -> Delivery:
        return delivery if self._quiet else self._altered(Point.DELIVERY, delivery)

    def _altered(self, point: Point, thing: Any) -> Any:
        found = _met(self.parts, self.login, self._persons, point)
        return thing if found is None else _acted(self.parts, self.login.id, found, thing)


def artifact(parts: Parts, exchange: str, answer: ArtifactAnswer) -> ArtifactAnswer:
    """ARTIFACT: what goes back for a good artifact of this login."""
    raw = parts.store.get(LOGIN, exchange) if parts.current.scenarios or records.ever(parts.store) else None
    if raw is None:
        return answer
    # Answered logins know their person from the log of the exchange only.
    told = parts.exchanges.get(exchange)
    person = "" if told is None else told.person or ""
    found = _met(parts, ADAPTER.validate_json(raw), names_of(parts, person), Point.ARTIFACT)
    altered: ArtifactAnswer = answer if found is None else _acted(parts, exchange, found, answer)
    return altered


def names_of(parts: Parts, who: str) -> frozenset[str]:
    """Every name of a person, by the key or a user name, case folded; who is in no register has the name only."""
    if not who:
        return _NOBODY
    person = _person(parts, parts.current.register, who)
    return frozenset({who.casefold()}) if person is None else _all_names(person)


@dataclass(frozen=True, slots=True)
class _Met:
    """A scenario that acts here, in this case."""

    scenario: Scenario
    case: Case
    armed: Armed

    def act(self, *things: Any) -> Any:
        return self.scenario.act(*things, self.case)


def _acted(parts: Parts, exchange: str, found: _Met, thing: Any) -> Any:
    try:
        return found.act(thing)
    except CannotAct as why:
        data = {"name": found.scenario.name, "reason": str(why)}
        parts.exchanges.tell(exchange, "scenario-without-effect", data)
        return thing


def _world(parts: Parts, ask: Ask, who: str, register: Register) -> Register:
    person = _person(parts, register, who)
    persons = _all_names(person) if person else _NOBODY
    if person is None or _nothing(parts, persons):
        return register
    raw = parts.store.get(LOGIN, ask.id)
    if raw is None:
        return register
    login = ADAPTER.validate_json(raw)
    found = _met(parts, login, persons, Point.WORLD, ask)
    return register if found is None else Pending(found.act(register, person), login, found.armed)


def _nothing(parts: Parts, persons: frozenset[str]) -> bool:
    """Whether there is nothing armed for them: at each point the one look that a login without a scenario costs."""
    return not any(one.is_of(persons) for one in parts.current.scenarios) and not records.ever(parts.store)


def _met(
    parts: Parts, login: Login, persons: frozenset[str], point: Point, ask: Ask | None = None
) -> _Met | None:
    """The scenario of this login, where it is this one's turn; told in the exchange when it is the first time."""
    if _nothing(parts, persons):
        return None
    found = records.bound(parts.store, login.id)
    if found is None:
        found = _newly_bound(parts, login, persons, point)
    if found is None or not found.is_of(persons):
        return None
    scenario = CATALOGUE.get(found.scenario)
    if scenario is None or scenario.point is not point:
        return None
    return _Met(scenario, Case(parts, login, scenario.filled(found.params), ask), found)


def _newly_bound(parts: Parts, login: Login, persons: frozenset[str], point: Point) -> Armed | None:
    """At the point WORLD it is not bound yet: ``decided`` does that."""
    seen = Seen(login.sp, _services(parts, login), persons, login.relay_state, login.tag)
    ahead = [one for one in _armed(parts) if _is_ahead(one, login, point)]
    for one in records.best(ahead, seen):
        scenario = CATALOGUE[one.scenario]
        if scenario.point is not point:
            return None  # that one acts further on
        if records.is_left(parts.store, one) if point is Point.WORLD else _takes(parts, login, one):
            return one
        if other := records.bound(parts.store, login.id):
            return other
    return None


def _takes(parts: Parts, login: Login, armed: Armed) -> bool:
    """Whether this login gets it, which then is told in the exchange."""
    if not records.bind(parts.store, login.id, armed):
        return False
    scenario = CATALOGUE[armed.scenario]
    params, point = scenario.filled(armed.params), str(scenario.point)
    told = {"id": armed.id, "name": scenario.name, "params": params, "point": point}
    parts.exchanges.tell(login.id, "scenario", told)
    return True


def _is_ahead(armed: Armed, login: Login, point: Point) -> bool:
    """Whether it could act here or later."""
    scenario = CATALOGUE.get(armed.scenario)
    if scenario is None or ROAD.index(scenario.point) < ROAD.index(point):
        return False
    by_artifact = login.acs_binding == HTTP_ARTIFACT
    return not (scenario.by_post if by_artifact else scenario.point is Point.ARTIFACT)


def _armed(parts: Parts) -> list[Armed]:
    """Those of the file first: what is armed while the broker runs is later."""
    return [*parts.current.scenarios, *records.waiting(parts.store)]


def _services(parts: Parts, login: Login) -> frozenset[str]:
    sp = parts.current.catalogue.sps.get(login.sp)
    service = None if sp is None else parts.current.catalogue.service_by_id(sp, login.service_id)
    if service is None:
        return frozenset({login.service_id.casefold()})
    keys = [
        record.key
        for record in parts.current.register.services.values()
        if record.service_id == service.service_id
    ]
    names = (service.service_id, service.uuid, service.instance_uuid, service.name.nl, service.name.en, *keys)
    return frozenset(name.casefold() for name in names)


def _person(parts: Parts, register: Register, who: str) -> PersonRecord | None:
    if who in register.people:
        return register.people[who]
    for offer in parts.suppliers.offers():
        found = register.login(offer.slug, who) or register.login(offer.slug, who, card=True)
        if found:
            return found[0]
    return None


def _all_names(person: PersonRecord) -> frozenset[str]:
    return frozenset(name.casefold() for name in (person.key, *(means.username for means in person.means)))
