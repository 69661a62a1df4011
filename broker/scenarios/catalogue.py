"""Every scenario that there is, by name. A group that is added here is in the API, the console and the docs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from broker.scenarios import (
    artifacts,
    delivery,
    encryption,
    identity,
    keys,
    mandates,
    means,
    message,
    outcomes,
    replay,
    signatures,
    wrapping,
    wrong_facts,
)
from broker.scenarios.model import Scenario
from suppliers.register.problems import nearest

GROUPS = (
    outcomes,
    means,
    mandates,
    identity,
    wrong_facts,
    signatures,
    keys,
    encryption,
    message,
    replay,
    wrapping,
    delivery,
    artifacts,
)

CATALOGUE: Mapping[str, Scenario] = MappingProxyType(
    {scenario.name: scenario for group in GROUPS for scenario in group.SCENARIOS}
)


class UnknownScenario(KeyError):
    """No scenario has this name; ``nearest`` is the one that looks like it most, None where none does."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        self.nearest = nearest(name, tuple(CATALOGUE))


def scenario(name: str) -> Scenario:
    """Raises UnknownScenario."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UnknownScenario(name) from None
