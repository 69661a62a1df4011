"""What a reset drops: which records and logs of the store belong together, everybody's and those of each room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker import answer, arrival, exchanges, login, sessions
from broker.clock import Clock
from broker.connecting import reached
from broker.report import rule_results
from broker.scenarios import armed
from broker.store import Store
from broker.trusted import trust
from suppliers import accounts, approving, desk, forgotten, grants, inbox, phone, rooms
from suppliers import sessions as supplier_sessions
from suppliers.rooms import of_room


@dataclass(frozen=True, slots=True)
class Kept:
    """Of ``counted`` and ``log`` each is one that is said to be dropped; what is beside means nothing without them.

    ``of_rooms`` are kinds that each room has too, counted there. ``index`` says, by room, which records of the kinds
    in ``counted`` and ``under_same_key`` are of it.
    """

    counted: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    log: str = ""
    logs_beside: tuple[str, ...] = ()
    of_rooms: tuple[str, ...] = ()
    index: tuple[tuple[str, str], ...] = ()
    under_same_key: tuple[str, ...] = ()
    beside_in_rooms: tuple[str, ...] = ()


KEPT: Mapping[str, Kept] = {
    "logins": Kept(
        (login.KIND,),
        (desk.KIND, answer.ARTIFACT_KIND, *phone.KINDS),
        index=((login.OF_ROOM, login.KIND),),
        under_same_key=(desk.KIND,),
        # A test that is run again sends what it sent before.
        beside_in_rooms=(arrival.REQUEST_ID, trust.REFETCHED, rule_results.KIND, reached.KIND),
    ),
    "inbox": Kept(beside=(approving.KIND, forgotten.KIND), log=inbox.LOG),
    "exchanges": Kept(
        beside=(exchanges.DROPS, rule_results.KIND, reached.KIND),
        log=exchanges.LOG,
        logs_beside=(exchanges.ENDS,),
    ),
    "sessions": Kept(
        (sessions.KIND, supplier_sessions.KIND),
        logs_beside=(sessions.OF_NAME,),
        index=((sessions.OF_ROOM, sessions.KIND), (supplier_sessions.OF_ROOM, supplier_sessions.KIND)),
    ),
    "accounts": Kept(of_rooms=(accounts.KIND, accounts.STRANGER)),
    "grants": Kept(of_rooms=(grants.KIND,)),
}
_EVERY = 1_000_000


def drop(what: str, store: Store, clock: Clock) -> int:
    """Drop it, in every room; how much there was."""
    if what == "clock":
        count = bool(clock.setting()) + len(clock.of_providers()) + len(clock.of_rooms())
        clock.reset()
        return count
    if what == "service-providers":
        return sum(trust.empty(store, tag) for tag in ("", *trust.rooms(store)))
    if what == "scenarios":
        return armed.drop(store)
    kept = KEPT[what]
    for beside in kept.logs_beside:
        store.clear(log=beside)
    tags = ("", *rooms.all_of(store))
    counted = [*kept.counted, *(of_room(kind, tag) for kind in kept.of_rooms for tag in tags)]
    beside_ = [*(index for index, _ in kept.index), *kept.beside_in_rooms]
    count = sum(len(store.records(kind)) for kind in counted)
    for kind in (*counted, *kept.beside, *(of_room(kind, tag) for kind in beside_ for tag in tags if tag)):
        store.clear(kind=kind)
    if kept.log:
        count += len(store.groups(kept.log, limit=_EVERY))
        store.clear(log=kept.log)
    return count


def drop_of_room(what: str, store: Store, clock: Clock, tag: str) -> int:
    """Drop what one room has of it; how much there was. The log of exchanges and the inbox are everybody's."""
    if what == "clock":
        count = int(tag in clock.of_rooms())
        clock.reset(tag=tag)
        return count
    if what == "service-providers":
        return trust.empty(store, tag)
    if what == "scenarios":
        return armed.drop(store, tag)
    kept, count = KEPT[what], 0
    for index, of in kept.index:
        for key, _ in store.records(of_room(index, tag)):
            count += store.delete(of, key)
            for kind in kept.under_same_key:
                store.delete(kind, key)
        store.clear(kind=of_room(index, tag))
    for kind in kept.of_rooms:
        count += len(store.records(of_room(kind, tag)))
        store.clear(kind=of_room(kind, tag))
    for kind in kept.beside_in_rooms:
        store.clear(kind=of_room(kind, tag))
    return count


def count_in(store: Store, tag: str) -> Mapping[str, int]:
    """How much a room has of what is remembered of logins."""
    kinds = {
        "accounts": (accounts.KIND, accounts.STRANGER),
        "grants": (grants.KIND,),
        "logins": (login.OF_ROOM,),
    }
    return {
        name: sum(len(store.records(of_room(kind, tag))) for kind in several)
        for name, several in kinds.items()
    }
