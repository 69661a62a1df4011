"""What many people cost: ``python -m bench.scale``. 100 000 people and 300 000 mandates from CSV beside ten people.

Prints how long they take to load and in how much memory, how long the first text search among them takes and those
after it, what a login costs beside a login with ten people, how long requests take while all of them are read again,
and how soon 5 000 people in YAML are in force after a save.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import requests

from bench.figures import Spread
from bench.person import POST, Driver, Visitor
from bench.process import cpu_ms, memory
from support.running import RunningBroker
from support.sp import ServiceProvider

PEOPLE, COMPANIES, MANDATES_EACH = 100_000, 20_000, 3
YAML_PEOPLE = 5_000
SUPPLIERS = ("reconi", "kpn", "digidentity", "we-id")
AIMS = "aims: load 6 s and 350 MB, search 100 ms, reload peak twice that, login ratio 0.9..1.1, YAML in force 2 s"

ROOT_YAML = """\
services:
  mijn-helpdesk-po:
    name: Mijn Helpdesk po
    provider: Dienst Uitvoering Onderwijs
    service_id: urn:etoegang:DV:00000001999999990000:services:1
    level: EH3
    identifiers: [[KvKnr], [RSIN]]
companies:
  regenboog: {name: De Regenboog (fictief), kvk: "90000012", rsin: "999900006"}
people:
  m.devries:
    name: Mieke de Vries
    email: m.devries@voorbeeld.example
    phone: 06-00000001
    means: [{supplier: reconi, username: m.devries, password: Welkom-123, level: EH3, pin: "123456"}]
mandates:
  - {person: m.devries, company: regenboog, service: "*", level: EH3}
"""

LOAD = """\
import gc, os, sys, time
from pathlib import Path
from suppliers.register.loader import load
gc.disable()
began, cpu = time.perf_counter(), time.process_time()
loaded = load(Path(sys.argv[1]), suppliers=("reconi", "kpn", "digidentity", "we-id"))
loaded.register.prepare()
print(time.perf_counter() - began, time.process_time() - cpu)
"""


def write_tables(folder: Path, people: int) -> None:
    """CSV files such as an export from elsewhere would give, all of them right."""
    random = Random(1)
    companies = max(1, people * COMPANIES // PEOPLE)
    with (folder / "companies.csv").open("w") as out:
        out.write("key;name;kvk;rsin\n")
        for i in range(companies):
            out.write(f"c{i:06};Bedrijf {i:06} (fictief);{91_000_000 + i};{900_000_000 + i}\n")
    with (folder / "people.csv").open("w") as out:
        out.write("key;name;email;phone;supplier;username;password;level\n")
        for i in range(people):
            who = f"p{i:06};Persoon {i:06} (fictief);p{i:06}@voorbeeld.example;06-{i:08}"
            out.write(f"{who};{random.choice(SUPPLIERS)};p{i:06};Welkom-123;EH3\n")
    with (folder / "mandates.csv").open("w") as out:
        out.write("person;company;service;level;from;until\n")
        for i in range(people * MANDATES_EACH):
            company, service = random.randrange(companies), random.choice(("*", "mijn-helpdesk-po"))
            out.write(f"p{i // MANDATES_EACH:06};c{company:06};{service};EH3;2024-01-01;today+1y\n")
    tables = "csv: {people: people.csv, companies: companies.csv, mandates: mandates.csv}\n"
    (folder / "eherkenning.yaml").write_text(ROOT_YAML + tables)


def write_yaml(file: Path, people: int) -> None:
    lines = ["people:"]
    for i in range(people):
        means = f"{{supplier: reconi, username: p{i:05}, password: Welkom-123, level: EH3}}"
        lines.append(f"  p{i:05}:\n    name: Persoon {i:05} (fictief)\n    means:\n      - {means}")
    lines.append("mandates:")
    for i in range(people):
        lines.append(f'  - {{person: p{i:05}, company: regenboog, service: "*", level: EH3}}')
    file.write_text("\n".join(lines) + "\n")


@contextmanager
def broker(sp: ServiceProvider, people: int) -> Iterator[RunningBroker]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder) / "home"
        (home / "metadata").mkdir(parents=True)
        (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
        write_tables(home, people)
        with RunningBroker(home) as running:
            yield running


def logins(running: RunningBroker, driver: Driver, count: int) -> float:
    """CPU milliseconds of the broker for one login."""
    forms = [driver.request(POST) for _ in range(count)]
    before = cpu_ms(running.process.pid)
    for form in forms:
        visitor = Visitor(running.base_url)
        driver.log_in(visitor, form)
        visitor.close()
    return (cpu_ms(running.process.pid) - before) / count


def version(running: RunningBroker) -> int:
    return int(requests.get(f"{running.base_url}/readyz", timeout=60).json()["configuration"])


def latencies(running: RunningBroker, until: int | None, seconds: float = 3.0) -> list[float]:
    """Milliseconds of one small request after another, for so long or until that configuration is in force."""
    found, began = [], time.perf_counter()
    with requests.Session() as session:
        while True:
            before = time.perf_counter()
            now = session.get(f"{running.base_url}/readyz", timeout=60).json()["configuration"]
            found.append((time.perf_counter() - before) * 1000)
            if (until is None and before - began > seconds) or (until is not None and now >= until):
                return found


def peak(pid: int) -> float:
    """Megabytes, since the last ``reset_peak``."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


def reset_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def said(found: list[float]) -> str:
    ordered = sorted(found)
    return (
        f"median {statistics.median(found):.1f}, 99 % {ordered[int(len(ordered) * 0.99)]:.1f}, "
        f"most {ordered[-1]:.1f} ms over {len(found)} requests"
    )


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m bench.scale", description=(__doc__ or "").split("\n")[0]
    )
    options.add_argument("--people", type=int, default=PEOPLE)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--logins", type=int, default=20)
    asked = options.parse_args()
    sp = ServiceProvider()
    print(f"{asked.people} people, {asked.people * MANDATES_EACH} mandates; {AIMS}\n", flush=True)
    with broker(sp, 10) as small, broker(sp, asked.people) as large:
        _load(large)
        _searches(large)
        _memory(small, large)
        _logins(sp, small, large, asked.rounds, asked.logins)
        _reload(large)
        _yaml(small)


def _load(large: RunningBroker) -> None:
    command = [sys.executable, "-c", LOAD, str(large.home / "eherkenning.yaml")]
    wall, cpu = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    print(f"load            {wall:.2f} s, {cpu:.2f} s CPU", flush=True)


def _searches(large: RunningBroker) -> None:
    """Of people and of mandates, some that one or two have and some that all have; and the page of the console."""
    paths = (
        *(f"/api/v1/people?q={text}" for text in ("p099998", "fictief")),
        *(f"/api/v1/mandates?q={text}" for text in ("p099998", "helpdesk")),
        *(f"/console/people?q={text}" for text in ("p099998", "fictief")),
    )
    with requests.Session() as session:
        print(f"search          {'first':>8}  {'later ms':>22}")
        for path in paths:
            first, *later = (_milliseconds(session, large.base_url + path) for _ in range(6))
            print(f"                {first:8.1f}  {Spread.of(later).said(1):>22}  {path}", flush=True)


def _milliseconds(session: requests.Session, url: str) -> float:
    began = time.perf_counter()
    session.get(url, timeout=60).raise_for_status()
    return (time.perf_counter() - began) * 1000


def _memory(small: RunningBroker, large: RunningBroker) -> None:
    few, many = memory(small.process.pid).rss, memory(large.process.pid).rss
    print(f"memory          {many:.0f} MB; {few:.0f} MB with ten people", flush=True)


def _logins(sp: ServiceProvider, small: RunningBroker, large: RunningBroker, rounds: int, count: int) -> None:
    drivers = {
        running: Driver(requests.get(running.metadata_url, timeout=60).content, sp)
        for running in (small, large)
    }
    for running, driver in drivers.items():
        logins(running, driver, 5)
    found: dict[RunningBroker, list[float]] = {small: [], large: []}
    for _ in range(rounds):
        for running, driver in drivers.items():
            found[running].append(logins(running, driver, count))
    ratios = [many / few for few, many in zip(found[small], found[large], strict=True)]
    print(
        f"login           {Spread.of(found[large]).said(1)} ms CPU, {Spread.of(found[small]).said(1)} with ten "
        f"people; ratio {Spread.of(ratios).said(2)}",
        flush=True,
    )


def _reload(large: RunningBroker) -> None:
    pid, now = large.process.pid, version(large)
    rest, before = latencies(large, None), memory(pid).rss
    reset_peak(pid)
    with (large.home / "people.csv").open("a") as out:
        out.write("extra;Extra (fictief);;;reconi;extra;Welkom-123;EH3\n")
    began = time.perf_counter()
    during = latencies(large, now + 1)
    print(f"reload          in force after {time.perf_counter() - began:.2f} s")
    print(
        f"  memory        peak {peak(pid):.0f} MB, {peak(pid) / before:.2f} times the {before:.0f} MB before"
    )
    print(f"  requests      at rest        {said(rest)}")
    print(f"                while it reads {said(during)}")
    print(f"                right after    {said(latencies(large, None))}", flush=True)


def _yaml(small: RunningBroker) -> None:
    root = small.home / "eherkenning.yaml"
    write_yaml(small.home / "many.yaml", YAML_PEOPLE)
    now = version(small)
    root.write_text(root.read_text() + "include: [many.yaml]\n")
    began = time.perf_counter()
    during = latencies(small, now + 1)
    print(f"YAML            {YAML_PEOPLE} people in force {time.perf_counter() - began:.2f} s after saving")
    print(f"  requests      while it reads {said(during)}", flush=True)


if __name__ == "__main__":
    main()
