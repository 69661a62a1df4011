"""Options of a command from the environment: ``--base-url`` is ``MOCK_EHERKENNING_BASE_URL`` too.

For containers, where a setting is a line in a file. What the command line says wins.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

PREFIX = "MOCK_EHERKENNING_"
BY_THEMSELVES = frozenset({"--home", "--token", "--smtp"})
"""These look there too, each in its own way."""
YES, NO = frozenset({"1", "yes", "true", "on"}), frozenset({"", "0", "no", "false", "off"})


class Parser(argparse.ArgumentParser):
    """Where ``environment`` is set, each option that is added from then on is looked up there."""

    environment: Mapping[str, str] | None = None

    @property
    def options(self) -> list[str]:
        """Every option of it."""
        return [name for name in self._option_string_actions if name.startswith("--")]

    def add_argument(self, *names: Any, **how: Any) -> argparse.Action:
        action = super().add_argument(*names, **how)
        if self.environment is not None and names[0].startswith("--") and names[0] not in BY_THEMSELVES:
            said = self.environment.get(variable(names[0]))
            if said is not None:
                action.default = self._read(action, variable(names[0]), said)
        return action

    def _read(self, action: argparse.Action, name: str, said: str) -> object:
        """Raises SystemExit with the usual message and code where the value is none that the option takes."""
        if isinstance(action.const, bool):
            if said.casefold() not in YES | NO:
                self.error(f'{name}: expected yes or no, received "{said[:40]}"')
            return said.casefold() in YES
        one: Any = action.type or str
        several = isinstance(action.default, list)
        values = said.split() if several else [said]
        try:
            found = [one(value) for value in values]
        except (argparse.ArgumentTypeError, ValueError) as wrong:
            self.error(f'{name}: {wrong}; received "{said[:40]}"')
        if action.choices and (other := [value for value in found if value not in action.choices]):
            allowed = ", ".join(map(str, action.choices))
            self.error(f'{name}: expected one of {allowed}, received "{other[0]}"')
        return found if several else found[0]


def variable(option: str) -> str:
    """``--base-url`` → ``MOCK_EHERKENNING_BASE_URL``."""
    return PREFIX + option.removeprefix("--").replace("-", "_").upper()


def told_of(message: str, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """A mistake in an option that came from the environment, by the name of the variable."""
    option = message.partition(":")[0].partition(" ")[0]
    name = variable(option)
    given = any(one == option or one.startswith(f"{option}=") for one in arguments)
    return (
        f"{name} ({option}){message.removeprefix(option)}" if name in environment and not given else message
    )


def misspelt(known: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """Variables that are nobody's, and nearly one of an option: a line each."""
    options = {variable(option).removeprefix(PREFIX) for option in known}
    found = []
    for name in environment:
        rest = name.removeprefix(PREFIX)
        if rest not in options and (near := get_close_matches(rest, sorted(options), 1, 0.7)):
            found.append(f"{name} is not known; did you mean {PREFIX}{near[0]}?")
    return found


def of_process() -> Mapping[str, str]:
    """What is set to nothing is not set: compose files hand on empty ones."""
    return dict(_filled())


def _filled() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name.startswith(PREFIX) and value:
            yield name, value
