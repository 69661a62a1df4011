"""What a reset drops: which records and logs of the store belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker import answer, exchanges, login, sessions
from broker.clock import Clock
from broker.store import Store
from suppliers import accounts, approving, desk, forgotten, grants, inbox, phone
from suppliers import sessions as supplier_sessions


@dataclass(frozen=True, slots=True)
class Kept:
    """Of ``counted`` and ``log`` each is one that is said to be dropped; what is beside means nothing without them."""

    counted: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    log: str = ""
    logs_beside: tuple[str, ...] = ()


KEPT: Mapping[str, Kept] = {
    "logins": Kept((login.KIND,), (desk.KIND, answer.ARTIFACT_KIND, *phone.KINDS)),
    "inbox": Kept(beside=(approving.KIND, forgotten.KIND), log=inbox.LOG),
    "exchanges": Kept(beside=(exchanges.DROPS,), log=exchanges.LOG, logs_beside=(exchanges.ENDS,)),
    "sessions": Kept((sessions.KIND, supplier_sessions.KIND), logs_beside=(sessions.OF_NAME,)),
    "accounts": Kept((accounts.KIND, accounts.STRANGER)),
    "grants": Kept((grants.KIND,)),
}
_EVERY = 1_000_000


def drop(what: str, store: Store, clock: Clock) -> int:
    """Drop it; how much there was."""
    if what == "clock":
        count = bool(clock.setting()) + len(clock.of_providers())
        clock.reset()
        return count
    kept = KEPT[what]
    for beside in kept.logs_beside:
        store.clear(log=beside)
    count = sum(len(store.records(kind)) for kind in kept.counted)
    for kind in (*kept.counted, *kept.beside):
        store.clear(kind=kind)
    if kept.log:
        count += len(store.groups(kept.log, limit=_EVERY))
        store.clear(log=kept.log)
    return count
