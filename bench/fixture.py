"""Logins through the fixture in one run of pytest: ``python -m bench.fixture``.

Exit code 1 if one was lost, or the broker's memory grew by more than MOST_GROWTH after the first WARM_UP. Times are
printed and never judged: those of a shared machine are what its other users leave over.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import Spread, table

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "bench" / "project"
PLUGIN = ("-p", "mock_eherkenning_client.pytest_plugin")
WARM_UP = 100
MOST_GROWTH = 5.0
"""Megabytes, of RSS and of PSS."""


@dataclass(frozen=True)
class Run:
    """``rows`` are memory (MB) and CPU (ms) after so many logins; ``passed`` tests are logins that were not lost."""

    logins: int
    passed: int
    rows: list[dict[str, float]]
    seconds: float
    said: str

    @property
    def lost(self) -> int:
        return self.logins - self.passed

    def growth(self, kind: str, since: int = WARM_UP) -> float:
        """The most at any later look, above what it was then."""
        later = [row[kind] for row in self.rows if row["logins"] >= since]
        return max(later) - later[0]

    def each(self, kind: str) -> list[float]:
        """CPU milliseconds a login, between one look and the next; the first look is after the start."""
        pairs = zip(self.rows, self.rows[1:], strict=False)
        return [(b[kind] - a[kind]) / (b["logins"] - a["logins"]) for a, b in pairs]


def environment(cache: Path, **more: str) -> dict[str, str]:
    """Of a run of pytest that starts the broker of this checkout and nothing of the caller's."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("MOCK_EHERKENNING_")
    }
    places = (ROOT, ROOT / "tests", ROOT / "tests" / "client", ROOT / "client" / "src")
    return inherited | {
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "MOCK_EHERKENNING_COMMAND": f"{sys.executable} -m broker.cli",
        "MOCK_EHERKENNING_CACHE": str(cache),
        **more,
    }


def run(folder: Path, logins: int, every: int) -> Run:
    """``folder`` is for keys and figures."""
    out = folder / "figures"
    more = {"BENCH_LOGINS": str(logins), "BENCH_EVERY": str(every), "BENCH_OUT": str(out)}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, str(PROJECT)],
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"(\d+) passed", done.stdout)
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    return Run(
        logins, int(found[1]) if found else 0, rows, time.monotonic() - began, done.stdout + done.stderr
    )


def first_uses(cache: Path, times: int) -> list[tuple[float, float]]:
    """Seconds from the first use of the fixture to the first 200, and the CPU of the broker until it was stopped;
    keys and bytecode are there already."""
    program = """
import json, resource, time
from mock_eherkenning_client import start
began = time.perf_counter()
broker = start()
assert broker.api.send("GET", "/readyz")[0] == 200
took = time.perf_counter() - began
broker.close()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([took, used.ru_utime + used.ru_stime]))
"""
    found = []
    for _ in range(times + 1):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment(cache),
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(tuple(json.loads(done.stdout)))
    return found[1:]


def collecting(cache: Path, times: int) -> list[tuple[float, float]]:
    """CPU milliseconds of ``pytest --collect-only`` without and with the plugin, in turn."""
    folder = cache / "empty"
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_one.py").write_text("def test_one(): pass\n")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", str(folder)]
    pairs = []
    for _ in range(times + 1):
        pairs.append(tuple(_cpu_ms([*command, *plugin], environment(cache)) for plugin in ((), PLUGIN)))
    return pairs[1:]


def _cpu_ms(command: list[str], environ: dict[str, str]) -> float:
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"exit code {process.returncode}: {' '.join(command)}"
    return (used.ru_utime + used.ru_stime) * 1000


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-fixture-") as made:
        cache = Path(made)
        print(
            f"Load of this machine: {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores",
            flush=True,
        )
        _print_starts(first_uses(cache, options.starts), collecting(cache, options.starts))
        found = run(cache, options.logins, options.every)
    return _judge(found)


def _print_starts(starts: list[tuple[float, float]], collected: list[tuple[float, float]]) -> None:
    seconds, spent = (Spread.of(values) for values in zip(*starts, strict=True))
    without, with_it = (statistics.median(values) for values in zip(*collected, strict=True))
    more = statistics.median(two - one for one, two in collected)
    rows = [
        ("first use of the fixture to the first 200, keys cached", f"{seconds.said(2)} s", "0.6"),
        ("CPU of a broker that starts, and stops at once", f"{spent.said(2)} s", ""),
        ("pytest --collect-only, without the plugin", f"{without:.0f} ms of CPU", ""),
        ("the same with it", f"{with_it:.0f} ms of CPU, {more:+.0f}", "+20"),
    ]
    print(table(("what", "median [least..most]", "aim"), rows) + "\n", flush=True)


def _judge(found: Run) -> int:
    columns = ("logins", "rss", "pss", "private")
    rows = [tuple(f"{row[name]:.{0 if name == 'logins' else 1}f}" for name in columns) for row in found.rows]
    print(table(("after logins", "RSS MB", "PSS", "private"), rows))
    if found.lost or len(found.rows) < 2:
        print(found.said[-4000:])
        print(f"{found.lost} of {found.logins} logins lost")
        return 1
    broker, tests = Spread.of(found.each("broker_ms")), Spread.of(found.each("tests_ms"))
    print(f"CPU a login, ms: broker {broker.said(1)}, the tests with their service provider {tests.said(1)}")
    print(f"{found.passed} logins in {found.seconds:.0f} s, none lost")
    grown = {kind: found.growth(kind) for kind in ("rss", "pss")}
    print("grown after the first 100 by, MB:", ", ".join(f"{kind} {by:.1f}" for kind, by in grown.items()))
    if max(grown.values()) > MOST_GROWTH:
        print(f"that is over {MOST_GROWTH:g}")
        return 1
    return 0


def _options() -> Any:
    parser = argparse.ArgumentParser(
        prog="python -m bench.fixture", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--logins", type=int, default=1000, help="default: %(default)s")
    parser.add_argument(
        "--every", type=int, default=100, help="logins between two looks (default: %(default)s)"
    )
    parser.add_argument("--starts", type=int, default=7, help="default: %(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
