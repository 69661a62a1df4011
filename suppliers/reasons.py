"""The reason object: one thing that was decided on the way of a login, with the line that decided it.

Whoever decides makes it; page, panel for testers, exchange log, API and command line print its text and put no words of
their own in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suppliers.ask import Names
from suppliers.register.model import Place
from suppliers.wording import both

NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Step:
    """``name`` is what was looked at (person, means, level, mandate ...), ``code`` what came of it.

    ``ok`` is False for what is against the login, None for what neither helps nor hinders. ``ends`` is the page where
    the road ends here, empty where it goes on; ``notable`` what the person meets that others do not. ``key`` is the id
    of the text.
    """

    name: str
    code: str
    ok: bool | None
    key: str
    place: Place = NOWHERE
    values: Mapping[str, object] = field(default_factory=dict)
    ends: str = ""
    notable: bool = False

    @property
    def text(self) -> Names:
        """For people. Put in words only when somebody reads it."""
        return both(self.key, **self.values)

    def told(self) -> dict[str, Any]:
        """As the exchange log and the API have it."""
        text = self.text
        return {
            "step": self.name,
            "code": self.code,
            "ok": self.ok,
            "nl": text.nl,
            "en": text.en,
            "place": str(self.place),
        }
