"""The steps of a visit, one module a kind of page. ``walk.py`` knows the order; a step knows only itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from suppliers.steps import branch, card, chain, channel, consent, factor, login, mandate, renew
from suppliers.visit import Arrival, Facts, Kind, Screen, Step, Tried, Visit


class Handler(Protocol):
    """What a module of this folder offers."""

    def asks(self, visit: Visit, facts: Facts) -> bool:
        """Whether this person has anything to fill in here: "Vorige" leads past a step that has not."""

    def arrive(self, visit: Visit, facts: Facts) -> Arrival:
        """Come to the step: do what it does by itself, and pass if there is nothing to ask."""

    def page(self, visit: Visit, step: Step, facts: Facts) -> Screen:
        """What the step shows; looking changes nothing."""

    def act(self, visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
        """What the person filled in. Neither problem nor refusal: the step is behind them."""


HANDLERS: Mapping[Kind, Handler] = {
    Kind.LOGIN: login,
    Kind.CHANNEL: channel,
    Kind.PIN: factor,
    Kind.CARD: card,
    Kind.RENEW: renew,
    Kind.MANDATE: mandate,
    Kind.CHAIN: chain,
    Kind.BRANCH: branch,
    Kind.CONSENT: consent,
}
