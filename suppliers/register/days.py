"""Days as a file writes them: ``2026-11-22``, or counted from today so that test data does not age.

``today``, ``today-30d``, ``+1y``, ``-6m``, ``today+1y-1d``: d is days, w weeks, m months, y years. A month that is
too short gives its last day. Today is the day on the machine, in Dutch time, and not what a tester makes of the
mock's clock: whoever moves that clock 30 days on must see ``until: today`` expire.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DUTCH = ZoneInfo("Europe/Amsterdam")
"""Mandates start and end on Dutch days, and people read Dutch clock time."""
FORMS = ("YYYY-MM-DD", "today", "today-30d", "today+1y")
PATTERN = r"^(\d{4}-\d{2}-\d{2}|(today)?( ?[+-] ?\d{1,5} ?[dwmy])*)$"

_RELATIVE = re.compile(r"(?:today)?((?: ?[+-] ?\d{1,5} ?[dwmy])*)", re.IGNORECASE | re.ASCII)
_STEP = re.compile(r"([+-]) ?(\d+) ?([dwmy])", re.IGNORECASE | re.ASCII)

_WORDS = {
    "now": "today",
    "vandaag": "today",
    "nu": "today",
    "yesterday": "today-1d",
    "gisteren": "today-1d",
    "tomorrow": "today+1d",
    "morgen": "today+1d",
}


def dutch_day(instant: datetime) -> date:
    return instant.astimezone(DUTCH).date()


def is_relative(text: str) -> bool:
    return bool(text) and bool(_RELATIVE.fullmatch(text))


def relative(text: str, today: date) -> date:
    """The day that a relative text means; ValueError where the calendar does not go."""
    day = today
    for sign, count, unit in _STEP.findall(text):
        day = _moved(day, int(sign + count), unit.lower())
    return day


def moment(text: str, today: date) -> datetime:
    """An instant in UTC, of a day its noon; ValueError if it is neither. What has no zone is Dutch, as days are."""
    text = text.strip()
    try:
        if is_relative(text):
            return _noon(relative(text, today))
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return _noon(date.fromisoformat(text))
        if not re.match(r"\d{4}-\d\d-\d\d[Tt]", text, re.ASCII):
            raise ValueError("neither a day nor a time")
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=DUTCH)).astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), DUTCH).astimezone(UTC)


def likely(text: str) -> str | None:
    """The day that was probably meant by a text of another form, as a file writes it; None where none comes close.

    Day and month stand as the Dutch write them, unless the month would be more than 12.
    """
    word = text.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    if steps := re.fullmatch(r"(today)? *([+-]) *(\d{1,5})( *(day|week|month|year)s?)?", word, re.ASCII):
        return f"today{steps[2]}{steps[3]}{(steps[5] or 'day')[0]}"
    if parts := re.fullmatch(r"(\d{4})[-/. ](\d\d?)[-/. ](\d\d?)(?:[t ].*)?", word, re.ASCII):
        year, month, day = parts.groups()
    elif parts := re.fullmatch(r"(\d\d?)[-/. ](\d\d?)[-/. ](\d{2}|\d{4})", word, re.ASCII):
        day, month, year = parts.groups()
    else:
        return None
    if int(month) > 12:
        day, month = month, day
    year = year if len(year) == 4 else f"20{year}"
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _moved(day: date, count: int, unit: str) -> date:
    try:
        if unit in "dw":
            return day + timedelta(days=count * (7 if unit == "w" else 1))
        months = day.year * 12 + day.month - 1 + count * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (OverflowError, IndexError, calendar.IllegalMonthError):
        raise ValueError("outside the calendar") from None
