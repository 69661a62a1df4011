"""Log in at a mock eHerkenning broker from tests: start one, or use one that runs.

Nothing is loaded before it is asked for: pytest imports this package in every run, also where no test uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_eherkenning_client.broker import Broker
    from mock_eherkenning_client.errors import (
        ApiProblem,
        BrokerReplaced,
        ClientError,
        NeverAtBroker,
        NoBroker,
        NotInTime,
        RequestRefused,
        RoadStopped,
        ScenarioUnused,
    )
    from mock_eherkenning_client.starting import start

__all__ = [
    "ApiProblem",
    "Broker",
    "BrokerReplaced",
    "ClientError",
    "NeverAtBroker",
    "NoBroker",
    "NotInTime",
    "RequestRefused",
    "RoadStopped",
    "ScenarioUnused",
    "start",
]
_PLACES = {"Broker": "broker", "start": "starting"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PLACES.get(name, 'errors')}"), name)
