"""Times as messages write them: UTC, whole seconds, ending in Z."""

from __future__ import annotations

from datetime import UTC, datetime


def write(instant: datetime) -> str:
    """``2026-02-01T09:00:00Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> datetime:
    """An aware UTC time from an xs:dateTime; ValueError if it is none. Without a zone it is taken as UTC."""
    if "T" not in text:
        raise ValueError(f"{text!r} is not an xs:dateTime such as 2026-02-01T09:00:00Z")
    instant = datetime.fromisoformat(text.strip())
    try:
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is no time that a calendar has in UTC") from None
