"""A road: what a person does, who they are, and what the provider gets of it. One list makes table and tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journeys.traveller import Traveller


@dataclass(frozen=True)
class LoggedIn:
    """Success: for this company, at this level."""

    company: str
    level: str
    branch: str = ""
    via: str = ""

    def __str__(self) -> str:
        more = f", branch {self.branch}" if self.branch else ""
        return f"Success: {self.company}{more}{f' via KvKnr {self.via}' if self.via else ''} at {self.level}"


@dataclass(frozen=True)
class NotLoggedIn:
    """An answer that is no success: its status codes."""

    status: tuple[str, ...] = ("Responder", "AuthnFailed")

    def __str__(self) -> str:
        return " + ".join(self.status)


@dataclass(frozen=True)
class NoAnswer:
    """Nothing reaches the provider: the person is still at this page."""

    page: str

    def __str__(self) -> str:
        return f"no answer: stays at `{self.page}`"


Outcome = LoggedIn | NotLoggedIn | NoAnswer
CANCELLED = NotLoggedIn()
REGENBOOG = "KvKnr 90000012"


@dataclass(frozen=True)
class Road:
    id: str
    theme: str
    steps: str
    person: str
    outcome: Outcome
    walk: Callable[[Traveller], None]
    missing: str = ""

    def row(self) -> str:
        person = f"`{self.person}`" if self.person != "-" else "anybody"
        return f"| `{self.id}` | {self.steps} | {person} | {self.outcome} |"


ROADS: list[Road] = []


def road(
    id: str,  # noqa: A002
    theme: str,
    person: str,
    outcome: Outcome,
    steps: str,
    missing: str = "",
) -> Callable[[Callable[[Traveller], None]], Callable[[Traveller], None]]:
    """Put a function on the map. ``missing`` says what has to be built before it can be walked."""

    def add(walk: Callable[[Traveller], None]) -> Callable[[Traveller], None]:
        assert id not in {known.id for known in ROADS}, f"two roads are called {id}"
        ROADS.append(Road(id, theme, steps, person, outcome, walk, missing))
        return walk

    return add


def table() -> str:
    """The map as the docs have it, by theme."""
    lines: list[str] = []
    for theme in dict.fromkeys(road.theme for road in ROADS):
        lines += [
            f"### {theme}",
            "",
            "| Road | Steps | Person | At the service provider |",
            "|---|---|---|---|",
            *(road.row() for road in ROADS if road.theme == theme),
            "",
        ]
    return "\n".join(lines) + "\n"
