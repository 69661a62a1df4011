"""What a file is read against: the day of today, and the environment that its secrets come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from suppliers.register import days

_VARIABLE = re.compile(r"\$(?:(\$)|\{(?:([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\})?)")


class FromEnvironment(str):
    """A secret that the environment gave. ``written`` is how the file writes it, and that is what may be shown."""

    __slots__ = ("written",)
    written: str


class Unset(ValueError):
    """A variable that a secret needs and that is not there; the text says which."""


@dataclass(slots=True)
class Reading:
    """``environ`` is None where variables do not count. ``relative`` tells afterwards whether today mattered."""

    today: date
    environ: Mapping[str, str] | None = None
    relative: bool = False

    def day(self, text: str) -> date:
        """ValueError if it is no day."""
        if days.is_relative(text):
            self.relative = True
            return days.relative(text, self.today)
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError("not a date")
        return date.fromisoformat(text)

    def day_or_none(self, text: str) -> date | None:
        try:
            return self.day(text)
        except ValueError:
            return None

    def secret(self, text: str) -> str:
        """With the variables filled in: ``${NAME}``, ``${NAME:-default}``; ``$$`` is one dollar sign."""
        environ = self.environ
        if environ is None or "$" not in text:
            return text
        used = False

        def value(found: re.Match[str]) -> str:
            nonlocal used
            dollar, name, default = found.groups()
            if dollar:
                return "$"
            if not name:
                raise Unset(
                    "'${' must be followed by the name of a variable and '}'; write '$${' for the text"
                )
            used = True
            if given := environ.get(name):
                return given
            if default is None and given is not None:
                raise Unset(f"{name} is empty in the environment: fill it in, or write ${{{name}:-default}}")
            if default is None:
                raise Unset(f"the environment has no {name}: set it, or write ${{{name}:-default}}")
            return str(default[2:])

        filled = _VARIABLE.sub(value, text)
        if not used:
            return filled
        secret = FromEnvironment(filled)
        secret.written = text
        return secret


def reading_now(environ: Mapping[str, str] | None = None) -> Reading:
    return Reading(days.dutch_day(datetime.now(UTC)), environ)


def written(secret: str) -> str:
    """How a file writes a secret so that reading it gives the same."""
    if isinstance(secret, FromEnvironment):
        return secret.written
    return re.sub(r"\$(?=[${])", "$$", secret) if "$" in secret else secret
