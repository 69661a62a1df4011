"""What is armed: which scenario waits for which login, in the store; and which one a login gets.

A one-shot is taken out of the store in one step, so that of two logins at once one gets it. A login gets one scenario,
or none; it is bound to it at the moment that the scenario acts for the first time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from broker.store import Store
from suppliers.adapters import Adapter

ARMED = "armed-scenario"
SPENT = "spent-scenario"
BOUND = "scenario-of-login"
EVER = ("scenarios", "ever")
"""There as soon as anything was armed: a broker without scenarios looks at this alone."""
KEEP = 24 * 3600.0
KEEP_BOUND = 3 * 3600.0
"""Longer than a login and its artifact live."""
MOST = 1_000
"""So many may wait at one time."""
MOST_USES = 100
"""So many of the newest uses are kept of one that acts always."""


@dataclass(frozen=True, slots=True)
class Armed:
    """What is empty does not matter. ``service`` may be any of a service's names (ServiceID, UUID, name), ``person``
    a key or a user name. ``times`` is in how many logins it acts, 0 for all. ``used_by`` are the exchanges in which
    it did. ``source`` is the file and line of one from the YAML, empty where it came over API or console.
    """

    id: str
    scenario: str
    params: dict[str, str] = field(default_factory=dict)
    sp: str = ""
    service: str = ""
    person: str = ""
    relay_state: str = ""
    tag: str = ""
    times: int = 1
    uses: int = 0
    used_by: tuple[str, ...] = ()
    armed_at: datetime | None = None
    source: str = ""

    @property
    def spent(self) -> bool:
        return 0 < self.times <= self.uses

    def fits(self, seen: Seen) -> bool:
        return (
            self.tag in ("", seen.tag)
            and self.sp in ("", seen.sp)
            and (not self.relay_state or self.relay_state == seen.relay_state)
            and (not self.service or self.service.casefold() in seen.services)
            and self.is_of(seen.persons)
        )

    def is_of(self, persons: Collection[str]) -> bool:
        return not self.person or self.person.casefold() in persons

    @property
    def specificity(self) -> tuple[bool, int]:
        """What was armed in the login's own room comes before what holds for all; then who names more."""
        return bool(self.tag), sum(map(bool, (self.sp, self.service, self.person, self.relay_state)))


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a login at the moment. ``services`` and ``persons`` are all names of each, case folded;
    no ``persons`` as long as it is not known who it is."""

    sp: str
    services: frozenset[str]
    persons: frozenset[str]
    relay_state: str | None
    tag: str


@dataclass(frozen=True, slots=True)
class Bound:
    """The scenario of one login."""

    armed: Armed


_ARMED = Adapter(Armed)
_BOUND = Adapter(Bound)


class TooMany(Exception):
    """More scenarios wait than there may."""


def arm(store: Store, armed: Armed) -> Armed:
    """It waits from now on; what acts a number of times for 24 hours at most. Raises TooMany."""
    if len(store.records(ARMED)) >= MOST:
        raise TooMany
    store.put(*EVER, b"yes")
    store.put(ARMED, armed.id, _ARMED.dump_json(armed), keep=KEEP if armed.times else None)
    return armed


def ever(store: Store) -> bool:
    return store.get(*EVER) is not None


def waiting(store: Store) -> list[Armed]:
    """Those that can act still, in the order in which they were armed."""
    return [armed for armed in _kept(store) if not armed.spent]


def _kept(store: Store) -> Iterator[Armed]:
    """All that were not put away: a process that was killed while it did that leaves one that is spent."""
    return (_ARMED.validate_json(raw) for _, raw in store.records(ARMED))


def all_of(store: Store, tag: str | None = None) -> list[Armed]:
    """Those that wait and those that are spent, newest first; of one tag, or of every one (None)."""
    spent = (_ARMED.validate_json(raw) for _, raw in store.records(SPENT))
    found = {armed.id: armed for armed in (*spent, *_kept(store)) if tag is None or armed.tag == tag}
    return sorted(found.values(), key=lambda armed: (str(armed.armed_at), armed.id), reverse=True)


def one(store: Store, id_: str) -> Armed | None:
    raw = store.get(ARMED, id_) or store.get(SPENT, id_)
    return _ARMED.validate_json(raw) if raw else None


def disarm(store: Store, id_: str) -> bool:
    """Forget it; False where there is none."""
    gone = [store.delete(kind, id_) for kind in (ARMED, SPENT)]
    return any(gone)


def drop(store: Store, tag: str | None = None) -> int:
    """Forget all, or all of one tag; how many."""
    found = all_of(store, tag)
    for armed in found:
        disarm(store, armed.id)
    return len(found)


def bound(store: Store, exchange: str) -> Armed | None:
    """The scenario that this login has got."""
    raw = store.get(BOUND, exchange)
    return _BOUND.validate_json(raw).armed if raw else None


def best(armed: Iterable[Armed], seen: Seen) -> list[Armed]:
    """Those that fit this login, the one that it should get first: the most specific, of those the latest."""
    fitting = [one for one in armed if one.fits(seen)]
    fitting.reverse()
    return sorted(fitting, key=lambda one: one.specificity, reverse=True)


def is_left(store: Store, armed: Armed) -> bool:
    """Whether it may act in one more login. Of one of the file the store has the uses, of others it says so itself."""
    if not armed.source:
        return not armed.spent
    raw = store.get(SPENT, armed.id) if armed.times else None
    return raw is None or not _ARMED.validate_json(raw).spent


def bind(store: Store, exchange: str, armed: Armed) -> bool:
    """Give a login this scenario, and use it once; False where the login has one already, or somebody was first."""
    if not store.add(BOUND, exchange, _BOUND.dump_json(Bound(armed)), keep=KEEP_BOUND):
        return False
    if _use(store, exchange, armed):
        return True
    store.delete(BOUND, exchange)
    return False


def _use(store: Store, exchange: str, armed: Armed) -> bool:
    """Count one use, of any number of logins at once no more than there may be."""
    if armed.source:
        return _use_of_file(store, exchange, armed)
    while (raw := store.get(ARMED, armed.id)) is not None:
        before = _ARMED.validate_json(raw)
        if before.spent:
            return False
        used = _used(before, exchange)
        if not store.swap(ARMED, armed.id, raw, _ARMED.dump_json(used)):
            continue
        if used.spent:
            # It was counted in one step; now it goes away from those that wait.
            store.put(SPENT, armed.id, _ARMED.dump_json(used), keep=KEEP)
            store.delete(ARMED, armed.id)
        return True
    return False


def _use_of_file(store: Store, exchange: str, armed: Armed) -> bool:
    """The file says that it is armed, the store how often it acted."""
    while True:
        raw = store.get(SPENT, armed.id)
        counted = _ARMED.validate_json(raw) if raw else replace(armed, uses=0, used_by=())
        if counted.spent:
            return False
        new = _ARMED.dump_json(_used(counted, exchange))
        if store.add(SPENT, armed.id, new) if raw is None else store.swap(SPENT, armed.id, raw, new):
            return True


def _used(armed: Armed, exchange: str) -> Armed:
    return replace(armed, uses=armed.uses + 1, used_by=(*armed.used_by, exchange)[-MOST_USES:])
