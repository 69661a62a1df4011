"""Every text that a supplier shows or sends, by its id. They stand in ``translations/<language>/LC_MESSAGES``;
a profile file may replace any of them by id."""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from suppliers.ask import Level, Names
from suppliers.register.days import DUTCH

# Babel knows them too, but loads 5 MB of other things with them.
_MONTHS = Names(
    nl="januari februari maart april mei juni juli augustus september oktober november december",
    en="January February March April May June July August September October November December",
)
_NAME_AT_THE_END = re.compile(r"(\{(\w+)\})\.(?=\s|$)")


def _catalogue(language: str) -> dict[str, str]:
    path = Path(__file__).parent / "translations" / language / "LC_MESSAGES" / "suppliers.mo"
    with path.open("rb") as file:
        # Python's gettext has no public way to list ids, which the check of a profile file needs.
        texts: dict[str, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    return {key: text for key, text in texts.items() if key}


def _texts() -> dict[str, Names]:
    dutch, english = _catalogue("nl"), _catalogue("en")
    return {key: Names(text, english[key]) for key, text in dutch.items()}


TEXTS: Mapping[str, Names] = _texts()
_HIGHEST = max(Level).label


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one supplier in one language: its own where the profile has one, else the common one."""

    language: str = "nl"
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __call__(self, key: str, **values: object) -> str:
        text = self.own.get(self.language, {}).get(key) or TEXTS[key].in_(self.language)
        return _filled(text, values)

    def least(self, level: str) -> str:
        """A level as what is asked at least: EH3 of hoger. There is none above the highest."""
        return level if level == _HIGHEST else self("level.least", level=level)

    def day(self, at: date) -> str:
        """A date as people of this language write it."""
        return day(at, self.language)

    def attribute(self, urn: str) -> str:
        """An extra attribute as people call it; the last part of its URN for one that we do not know."""
        if not urn.startswith("urn:etoegang:"):
            return urn
        kind, _, last = urn.rpartition(":")
        key = f"attribute.{last}"
        name = self(key) if key in TEXTS else last
        return self("attribute.original", name=name) if kind.endswith(":non-transliterated") else name


def both(key: str, /, **values: object) -> Names:
    """One text in both languages. A value that is a Names or a date is put in its own language."""

    def in_(language: str) -> str:
        said = {name: _value(value, language) for name, value in values.items()}
        return _filled(TEXTS[key].in_(language), said)

    return Names(in_("nl"), in_("en"))


def at_least(level: str) -> Names:
    """``Wording.least`` in both languages."""
    return Names(Wording("nl").least(level), Wording("en").least(level))


def _filled(text: str, values: Mapping[str, object]) -> str:
    """A name that ends in a full stop (B.V.) ends a sentence by itself: no second one comes after it."""

    def name(found: re.Match[str]) -> str:
        return found[1] if str(values.get(found[2], "")).endswith(".") else found[0]

    return _NAME_AT_THE_END.sub(name, text).format(**values)


def day(at: date, language: str) -> str:
    """A date as people write it: 31 december 2026."""
    return f"{at.day} {_MONTHS.in_(language).split()[at.month - 1]} {at.year}"


def clock_time(at: datetime) -> str:
    """Dutch clock time: 14:05."""
    return at.astimezone(DUTCH).strftime("%H:%M")


def _value(value: object, language: str) -> object:
    if isinstance(value, Names):
        return value.in_(language)
    return day(value, language) if isinstance(value, date) else value
