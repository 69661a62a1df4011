"""How an answer reaches the service provider: by way of the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the browser takes the answer along: ``fields`` in a form POST, or in the query of a redirect.

    ``outcome`` is that of the exchange: success, cancelled or declined. A scenario may hold it back for ``wait``
    seconds, or give something else ``instead``: an error page (``error``), a page without an answer (``nothing``), or
    no HTTP answer at all (``drop``).
    """

    url: str
    fields: Mapping[str, str]
    by_post: bool
    language: str = "nl"
    success: bool = False
    outcome: str = ""
    wait: float = 0.0
    instead: Literal["", "error", "nothing", "drop"] = ""

    @property
    def location(self) -> str:
        """Where a redirect leads; the address of the form by POST."""
        if self.by_post:
            return self.url
        split = urlsplit(self.url)
        query = "&".join(filter(None, (split.query, urlencode(self.fields))))
        return urlunsplit(split._replace(query=query))
