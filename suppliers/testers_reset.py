"""The panel "Voor testers" on the page of a forgotten password: who gets a link there, and whose address to fill in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import islice

from suppliers.accounts import Account, Standing, standing
from suppliers.ask import Names
from suppliers.foresee import PASSES, Verdict
from suppliers.register.model import Means, PersonRecord, Register
from suppliers.steps.stops import refused
from suppliers.testers import MOST_CARDS, MOST_LOOKED_AT, Card, Panel, chosen, happens
from suppliers.wording import TEXTS

_ENDS = "resettrouble"


def reset_panel(
    supplier: str,
    register: Register,
    account: Callable[[Means], Account],
    today: date,
    *,
    searched: str | None = None,
    fill: str = "",
) -> Panel:
    """``fill`` is the user name, or card number, of whose address to fill in."""
    clients = register.clients(supplier)
    wanted = (searched or "").strip().casefold()
    few = len(clients) <= MOST_LOOKED_AT

    def is_named(person: PersonRecord, means: Means) -> bool:
        return wanted in person.name.casefold() or wanted in means.username.casefold()

    # Among many only names are searched, as on the other pages.
    here = (one for one in clients if few or (wanted and is_named(*one)))
    cards = [
        Card(person, means, _verdict(person, means, account, today), here=bool(person.email))
        for person, means in islice(here, MOST_LOOKED_AT)
    ]
    left_out = sum(1 for _ in here) if few or wanted else len(clients)
    found = [card for card in cards if is_named(card.person, card.means) or happens(wanted, card.verdict)]
    filled = next((person for person, means in clients if means.username == fill), None) if fill else None
    return Panel(
        cards=tuple(chosen(found)),
        searched=searched,
        left_out=left_out + max(0, len(found) - MOST_CARDS),
        fill={"email": filled.email} if filled and filled.email else {},
        reset=True,
    )


def _verdict(person: PersonRecord, means: Means, account: Callable[[Means], Account], today: date) -> Verdict:
    if not person.email:
        return _against("testers.reset.nowhere", person, means)
    if means.card:
        return _against("testers.reset.card", person, means)
    state = standing(means, account(means), today)
    if state is Standing.ACTIVE:
        return Verdict(PASSES, (), means.place, PASSES)
    reason = refused(means, state, _ENDS)
    # A new password can be chosen, and lifts nothing.
    ends = PASSES if state is Standing.BLOCKED else _ENDS
    return Verdict(ends, (reason.text,), means.place, reason.code)


def _against(key: str, person: PersonRecord, means: Means) -> Verdict:
    reasons: tuple[Names, ...] = (TEXTS[key],)
    return Verdict(_ENDS, reasons, means.place if means.card else person.place, key)
