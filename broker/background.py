"""Work beside requests: how a large file is read again without logins having to wait.

One Python thread runs at a time. A reader that goes on and on hands over every 5 ms only, and a request needs its turn
some twenty times; the cycle collector stops everybody while it goes through a million new records that hold no
cycle; and so does dropping a register of that size. ``python -m bench.scale`` measures what is left of it.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from suppliers.register.model import Register

TURN = 0.0005  # seconds that a thread may go on while another waits, during such work
REST = 0.0005  # seconds that the reader steps aside every few hundred rows
LARGE = 5_000  # people; below, none of this is worth it
CHUNK = 500
MANY = 100_000  # new objects that are worth keeping from the collector

_busy = Lock()


@contextmanager
def quietly() -> Iterator[None]:
    """No cycle collection and short turns; afterwards what was made is not looked through again."""
    with _busy:
        collects, turn = gc.isenabled(), sys.getswitchinterval()
        gc.disable()
        sys.setswitchinterval(min(TURN, turn))
        try:
            yield
        finally:
            sys.setswitchinterval(turn)
            if collects:
                if gc.get_count()[0] > MANY:
                    gc.freeze()
                gc.enable()


def step_aside() -> None:
    time.sleep(REST)


def give_back() -> None:
    """What reading needed for a while goes back to the system: glibc keeps some 15 MB after 100 000 people. Elsewhere
    than on Linux with glibc nothing is done."""
    if sys.platform == "linux":
        # Loaded for large registers only.
        import ctypes

        if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
            trim(0)


def is_large(register: Register) -> bool:
    return len(register.people) > LARGE


def let_go(records: list[object]) -> None:
    """Drop records bit by bit. Whoever calls this holds nothing else that holds them."""
    while records:
        del records[-CHUNK:]
        step_aside()
