"""Why a step of a login cannot be taken, for the page: HTTP status, and the ids of heading and text."""

from __future__ import annotations

PROBLEMS: dict[str, tuple[int, str, str]] = {
    "unknown": (404, "ended.unknown.heading", "ended.again"),
    "ended": (410, "ended.ended.heading", "ended.again"),
    "late": (410, "ended.late.heading", "ended.late.what"),
    "withdrawn": (410, "ended.withdrawn.heading", "ended.withdrawn.what"),
    "not-offered": (403, "ended.not_offered.heading", "ended.not_offered.what"),
    "no-word": (403, "ended.no_word.heading", "ended.no_word.what"),
    "no-identifier": (403, "ended.no_identifier.heading", "ended.no_identifier.what"),
}

INSTEAD: dict[str, tuple[int, str, str]] = {
    "error": (500, "ended.instead_error.heading", "ended.instead.what"),
    "nothing": (200, "ended.instead_nothing.heading", "ended.instead.what"),
}
"""The same for what a scenario gives in place of the answer."""
