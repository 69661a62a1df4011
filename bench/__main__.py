"""Measure and print: ``python -m bench [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.figures import Spread, judged, table
from bench.measure import Brokers, FloorPart, brokers, floors, parts, starts
from bench.person import ANSWERS, POST
from bench.wider import Pair, wider
from support.sp import ServiceProvider

AIM_MULTIPLE, AIM_START_SECONDS, AIM_MEGABYTES = 5.0, 0.5, 60.0
LIBRARIES = ("lxml", "xmlsec", "cryptography", "flask", "cheroot", "pydantic")


def main() -> None:
    options = _options()
    environment = _environment()
    print("Mock eHerkenning: what it costs")
    print(f"Python {environment['python']}, {environment['cores']} cores;", end=" ")
    print(", ".join(f"{name} {found}" for name, found in environment["libraries"].items()))
    print(
        f"{options.rounds} rounds of {options.logins} logins a row, after {options.warm_up} to warm up. "
        "Median [least..most]. Milliseconds are CPU.\n",
        flush=True,
    )
    sp = ServiceProvider()
    by_answer = floors(sp)
    found = brokers(sp, by_answer, rounds=options.rounds, logins=options.logins, warm_up=options.warm_up)
    floor_parts = {name: parts(floor) for name, floor in by_answer.items()}
    _print_logins(found)
    _print_floors(floor_parts)
    wide = wider(sp, rounds=options.rounds, logins=options.logins)
    _print_wider(wide)
    seconds = starts(sp, options.starts)
    _print_start(seconds)
    _print_memory(found)
    if options.json:
        result = _json(environment, found, floor_parts, seconds)
        result["wider"] = {pair.name: {"base_ms": pair.base_ms, "ms": pair.ms} for pair in wide}
        options.json.write_text(json.dumps(result, indent=2) + "\n")


def _print_wider(pairs: list[Pair]) -> None:
    print("Beside the plain login by artifact, in turn: what more costs")
    rows = [
        (
            pair.name,
            Spread.of(pair.base_ms).said(1),
            Spread.of(pair.ms).said(1),
            Spread.of(pair.ratios).said(2),
        )
        for pair in pairs
    ]
    print(table(("with", "plain ms", "ms", "ratio"), rows) + "\n", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="What a login, a start and a broker cost."
    )
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument(
        "--logins", type=int, default=40, help="logins a row and round (default: %(default)s)"
    )
    parser.add_argument("--warm-up", type=int, default=100, help="logins before (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=7, help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


def _environment() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _print_logins(found: Brokers) -> None:
    rows = []
    for row in found.rows:
        multiple = Spread.of(row.multiples)
        rows.append(
            (
                row.store,
                row.answer.name,
                str(found.requests[row.answer.name]),
                Spread.of(row.login_ms).said(1),
                Spread.of(row.floor_ms).said(2),
                multiple.said(1),
                judged(multiple.median, AIM_MULTIPLE if row.answer is POST else None),
            )
        )
    print("The broker's process, per login: request, choice, password, PIN, answer")
    print(table(("store", "answer", "requests", "ms", "floor ms", "x floor", "aim"), rows))
    idle = ", ".join(f"{store} {spent:.1f}" for store, spent in found.idle_ms_a_second.items())
    print(f"  doing nothing, ms a second: {idle}\n", flush=True)


def _print_floors(found: dict[str, list[FloorPart]]) -> None:
    rows = [
        (name, part.kind, str(part.times), f"{part.library_ms:.2f}", f"{part.whole_ms:.2f}")
        for name, of_login in found.items()
        for part in of_login
    ]
    print("The floor: what that login makes, counted in one and done again with the library alone")
    print(table(("answer", "what", "times", "library ms", "with the broker's code around it"), rows))
    print(flush=True)


def _print_start(seconds: list[float]) -> None:
    spread = Spread.of(seconds)
    print(f"From process start to the first 200, keys and .pyc on disk, {len(seconds)} times")
    print(table(("seconds", "aim"), [(spread.said(2), judged(spread.median, AIM_START_SECONDS))]))
    print(flush=True)


def _print_memory(found: Brokers) -> None:
    rows = []
    for store, by_logins in found.memory.items():
        for logins, memory in by_logins.items():
            aim = judged(memory.rss, AIM_MEGABYTES if logins == max(by_logins) else None)
            row = (store, str(logins), f"{memory.rss:.1f}", f"{memory.pss:.1f}", f"{memory.private:.1f}", aim)
            rows.append(row)
    print("Resident memory, MB")
    print(table(("store", "after logins", "RSS", "PSS", "private", "aim for RSS"), rows))
    for store, growth in _growth(found).items():
        print(f"  {store}: {growth['megabytes']:+.1f} MB from login {growth['from']} to {growth['to']}")


def _growth(found: Brokers) -> dict[str, dict[str, float]]:
    """RSS, from the end of the warm-up to the end."""
    grown = {}
    for store, by_logins in found.memory.items():
        first, last = min(filter(None, by_logins)), max(by_logins)
        grown[store] = {"from": first, "to": last, "megabytes": by_logins[last].rss - by_logins[first].rss}
    return grown


def _json(
    environment: dict[str, Any], found: Brokers, floor_parts: dict[str, list[FloorPart]], seconds: list[float]
) -> dict[str, Any]:
    return {
        "environment": environment,
        "aims": {
            "post_times_floor": AIM_MULTIPLE,
            "start_seconds": AIM_START_SECONDS,
            "rss_megabytes": AIM_MEGABYTES,
        },
        "logins": [
            {
                "store": row.store,
                "answer": row.answer.name,
                "requests": found.requests[row.answer.name],
                "cpu_ms": asdict(Spread.of(row.login_ms)),
                "floor_ms": asdict(Spread.of(row.floor_ms)),
                "times_floor": asdict(Spread.of(row.multiples)),
            }
            for row in found.rows
        ],
        "idle_ms_a_second": found.idle_ms_a_second,
        "floor": {answer.name: [asdict(part) for part in floor_parts[answer.name]] for answer in ANSWERS},
        "start_seconds": asdict(Spread.of(seconds)),
        "memory_megabytes": {
            store: {str(logins): memory.as_json() for logins, memory in by_logins.items()}
            for store, by_logins in found.memory.items()
        },
        "growth": _growth(found),
    }


if __name__ == "__main__":
    main()
