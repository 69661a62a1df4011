"""JSON with its keys as attributes too: ``exchange.request.level``."""

from __future__ import annotations

import difflib
from typing import Any


class Seen(dict[str, Any]):
    """A dict; of what the broker gave. A key that is not there is an AttributeError that names the nearest."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            near = difflib.get_close_matches(name, list(self), 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise AttributeError(f"there is no {name!r} here, only {', '.join(self)}{meant}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]


def seen(value: Any) -> Any:
    """The same value, with each object in it a Seen."""
    if isinstance(value, dict):
        return Seen((key, seen(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return [seen(inner) for inner in value]
    return value
