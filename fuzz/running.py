"""What every door has in common: its bounds, its seeds, and the run by atheris."""

from __future__ import annotations

import importlib
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

Door = Callable[[bytes], None]
SEEDS = Path(__file__).resolve().parent / "seeds"
MOST_SECONDS = 1.0
"""Of the processor's time for one answer."""
MOST_MEGABYTES = 1_024
DOORS = ("bindings", "request", "documents", "soap")
LAYERS = {"bindings": ("query", "base64", "deflate"), "request": (), "documents": (), "soap": ()}


class TooSlow(AssertionError):
    """An answer took longer than it may."""


class Broken(AssertionError):
    """A rule broke: that is an exception of ours too, only caught."""


def door(name: str) -> Door:
    """The function that knocks, once with each input, within the bounds."""
    knock: Door = importlib.import_module(f"fuzz.doors.{name}").knock

    def timed(data: bytes) -> None:
        started = time.thread_time()
        knock(data)
        took = time.thread_time() - started
        if took > MOST_SECONDS:
            raise TooSlow(f"{took:.2f} s for {len(data):,} bytes")

    return timed


def seeds(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((SEEDS / name).iterdir())]


def unbroken(broken: Iterable[tuple[str, str]]) -> None:
    """Raises Broken for the first of the rules that could not be asked."""
    for rule, error in broken:
        raise Broken(f"{rule}: {error}")


def main(name: str) -> None:
    """Run by atheris with the options of libFuzzer, from the seeds and into a folder of its own."""
    try:
        import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        sys.exit("atheris is not installed: pip install 'mock-eherkenning[fuzz]' (Linux, Python up to 3.13)")
    # Here and not where the door is made: the tests knock on it too, and others of theirs read the log.
    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=["broker"]):
        knock = door(name)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.4:
            return bytes(atheris.Mutate(data, most))
        from fuzz.mutating import mutated

        return mutated(data, random, LAYERS[name])[:most]

    given = sys.argv[1:]
    corpus = (
        [] if any(not word.startswith("-") for word in given) else [tempfile.mkdtemp(prefix=f"fuzz-{name}-")]
    )
    usual = [f"-rss_limit_mb={MOST_MEGABYTES}", "-timeout=20", "-max_len=60000"]
    arguments = [sys.argv[0], *usual, *given, *corpus, str(SEEDS / name)]
    atheris.Setup(arguments, knock, custom_mutator=mutate)
    atheris.Fuzz()
