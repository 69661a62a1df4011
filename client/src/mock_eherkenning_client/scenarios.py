"""Scenarios: logins that take the ordinary road, with one thing altered on the way."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any

from mock_eherkenning_client.api import Api, part
from mock_eherkenning_client.errors import ApiProblem, ScenarioUnused
from mock_eherkenning_client.seen import Seen

MATCH = ("sp", "service", "person", "relay_state")


class Armed:
    """A scenario that waits for its login. As a context manager it is disarmed at the end, and it warns where no login
    came that it is for."""

    def __init__(self, api: Api, told: Seen) -> None:
        self._api = api
        self.id = str(told.id)
        self.name = str(told.scenario)
        self.told = told
        self.disarmed = False

    def __repr__(self) -> str:
        match = ", ".join(f"{name}={self.told[name]}" for name in MATCH if self.told.get(name))
        return f"scenario {self.name}" + (f" ({match})" if match else "")

    @property
    def used_by(self) -> list[str]:
        """The exchanges that it acted in."""
        if not self.disarmed:
            try:
                self.told = self._api.call("GET", self._path)
            except ApiProblem as problem:
                if problem.status != 404:
                    raise
                # One that was used up or dropped is as it was last seen.
        return list(self.told.get("used_by") or [])

    @property
    def used(self) -> bool:
        return bool(self.used_by)

    def disarm(self) -> None:
        """It acts no more; used or not."""
        if self.disarmed:
            return
        _ = self.used_by
        self.disarmed = True
        try:
            self._api.call("DELETE", self._path)
        except ApiProblem as problem:
            if problem.status != 404:
                raise

    @property
    def _path(self) -> str:
        return f"/armed-scenarios/{part(self.id)}"

    def __enter__(self) -> Armed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disarm()
        if kind is None and not self.used:
            warnings.warn(
                f"{self!r} was armed and never used: no login came that it is for", ScenarioUnused, 2
            )


class Scenarios:
    def __init__(self, api: Api, tag: str) -> None:
        self._api = api
        self._tag = tag
        self._armed: list[Armed] = []

    def catalogue(self) -> list[Seen]:
        """All that there are: each with name, title, params, and what a service provider must do with it."""
        return list(self._api.get("/scenarios").scenarios)

    def arm(self, name: str, *, times: int = 1, match: dict[str, str], params: dict[str, Any]) -> Armed:
        given = {key: value for key, value in match.items() if value}
        texts = {key: _text(value) for key, value in params.items()}
        body = {"scenario": name, "params": texts, "times": times, **given}
        made = Armed(self._api, self._api.call("POST", "/armed-scenarios", body, query={"tag": self._tag}))
        self._armed.append(made)
        return made

    def unused(self) -> list[Armed]:
        """Those of this object that no login came for, those with ``with`` left out: they told it themselves."""
        return [one for one in self._armed if not one.disarmed and not one.used]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
