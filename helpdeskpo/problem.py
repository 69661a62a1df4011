"""What a person can mend on a page."""

from __future__ import annotations


class Problem(Exception):
    """``field`` is the name of the field, ``code`` the text ``problem.<code>``, ``values`` what goes into it."""

    def __init__(self, field: str, code: str, /, **values: str | int) -> None:
        super().__init__(field, code)
        self.field = field
        self.code = code
        self.values = values
