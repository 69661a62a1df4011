"""Service providers that were named at the start (``serve --sp-metadata URL``): fetched until each has come once.

In a compose file the provider may start after the broker; a login works as soon as both are there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread

from broker.trusted.fetch import shown
from broker.trusted.trust import Held, TrustProblem

FIRST_SECONDS, MOST_SECONDS = 0.25, 5.0

log = logging.getLogger("mock_eherkenning.introductions")


def _nothing(url: str) -> tuple[Held, ...]:
    return ()


def _nowhere() -> None:
    """Nobody needs to know."""


class Introductions:
    """``waiting`` is what has not come yet: the address without any secret in it, and why."""

    def __init__(
        self,
        urls: Sequence[str] = (),
        take: Callable[[str], Sequence[Held]] = _nothing,
        came: Callable[[], object] = _nowhere,
    ) -> None:
        """``take`` fetches and takes in, or raises TrustProblem; ``came`` is called after each that came."""
        self.waiting: dict[str, str] = {shown(url): "not asked yet" for url in urls}
        self._urls = list(dict.fromkeys(urls))
        self._take = take
        self._came = came
        self._stop = Event()

    def begin(self) -> None:
        """Off the path of every request, until ``close`` or until all have come."""
        if self._urls:
            Thread(target=self._run, name="introductions", daemon=True).start()

    def close(self) -> None:
        self._stop.set()

    def ask(self) -> bool:
        """Ask each once that has not come; True if none is left."""
        for url in tuple(self._urls):
            name = shown(url)
            try:
                found = self._take(url)
            except TrustProblem as problem:
                if self.waiting[name] != problem.reason:
                    log.warning("%s is not trusted yet: %s", name, problem.reason)
                self.waiting[name] = problem.reason
                continue
            self._urls.remove(url)
            del self.waiting[name]
            log.info("trusted from %s: %s", name, ", ".join(held.id for held in found))
            self._came()
        return not self._urls

    def _run(self) -> None:
        pause = FIRST_SECONDS
        while not self.ask() and not self._stop.wait(pause):
            pause = min(2 * pause, MOST_SECONDS)


NONE = Introductions()
