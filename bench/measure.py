"""The measurements: logins at running brokers, their memory, and the start of one."""

from __future__ import annotations

import http.client
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.floor import ENCRYPT, SIGN, VERIFY, Floor, recorded
from bench.person import ANSWERS, Answer, Driver, Visitor
from bench.process import Memory, cpu_ms, memory
from broker.app import create
from broker.settings import Settings
from support.running import RunningBroker
from support.sp import ServiceProvider

STORES = ("sqlite", "memory")
KINDS = (VERIFY, SIGN, ENCRYPT)
# A request is good for minutes and signxml is slow: few enough at a time that none gets old.
BATCH = 50
IDLE_SECONDS = 2.0


@dataclass
class Row:
    """One store with one way to answer: a figure a round."""

    store: str
    answer: Answer
    login_ms: list[float] = field(default_factory=list)
    floor_ms: list[float] = field(default_factory=list)

    @property
    def multiples(self) -> list[float]:
        """Each login by the floor of its own round."""
        return [login / floor for login, floor in zip(self.login_ms, self.floor_ms, strict=True)]


@dataclass
class Brokers:
    """What running brokers gave: rows of figures, and memory by store after a number of logins."""

    rows: list[Row]
    memory: dict[str, dict[int, Memory]]
    idle_ms_a_second: dict[str, float]
    requests: dict[str, int]


@dataclass(frozen=True, slots=True)
class FloorPart:
    kind: str
    times: int
    library_ms: float
    whole_ms: float


@contextmanager
def home(sp: ServiceProvider) -> Iterator[Path]:
    """A home folder that trusts one provider."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        made = Path(folder) / "home"
        (made / "metadata").mkdir(parents=True)
        (made / "metadata" / "sp.xml").write_bytes(sp.metadata)
        yield made


def floors(sp: ServiceProvider) -> dict[str, Floor]:
    """By way to answer: what one login verifies, signs and encrypts, taken from a login in this process."""
    found = {}
    with home(sp) as folder:
        application = create(Settings(home=folder, store="memory"), watch=False)
        try:
            base_url = application.parts.settings.base_url
            driver = Driver(Visitor(base_url, application.wsgi).get("/metadata").body, sp)
            for answer in ANSWERS:
                # The keys of a supplier are made by its first login, which is not the one to record.
                driver.log_in(Visitor(base_url, application.wsgi), driver.request(answer))
                form = driver.request(answer)
                with recorded() as floor:
                    driver.log_in(Visitor(base_url, application.wsgi), form)
                assert all(floor.times(kind) for kind in KINDS), (
                    "a login without any of these is not one of ours"
                )
                found[answer.name] = floor
        finally:
            application.close()
    return found


def parts(floor: Floor) -> list[FloorPart]:
    return [
        FloorPart(kind, floor.times(kind), floor.library_ms(kind), floor.whole_ms(kind)) for kind in KINDS
    ]


@dataclass
class _Broker:
    store: str
    pid: int
    base_url: str
    driver: Driver
    logins: int = 0
    requests: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, store: str, running: RunningBroker, sp: ServiceProvider) -> _Broker:
        metadata = running.browser().get("/metadata").body
        return cls(store, running.process.pid, running.base_url, Driver(metadata, sp))

    def log_in(self, answer: Answer, times: int) -> float:
        """CPU milliseconds of the broker's process per login; requests are signed outside of the timed part."""
        spent = 0.0
        for start in range(0, times, BATCH):
            forms = [self.driver.request(answer) for _ in range(min(BATCH, times - start))]
            before = cpu_ms(self.pid)
            for form in forms:
                self.requests[answer.name] = self._one(form)
            spent += cpu_ms(self.pid) - before
        self.logins += times
        return spent / times

    def idle(self) -> float:
        before = cpu_ms(self.pid)
        time.sleep(IDLE_SECONDS)
        return (cpu_ms(self.pid) - before) / IDLE_SECONDS

    def _one(self, form: dict[str, str]) -> int:
        browser = Visitor(self.base_url)
        try:
            return self.driver.log_in(browser, form)
        finally:
            browser.close()


def brokers(
    sp: ServiceProvider, by_answer: dict[str, Floor], *, rounds: int, logins: int, warm_up: int
) -> Brokers:
    """Both stores side by side, a round of each in turn, with the floor measured in the same round."""
    rows = [Row(store, answer) for store in STORES for answer in ANSWERS]
    found = Brokers(rows, {store: {} for store in STORES}, {}, {})
    with (
        home(sp) as one,
        home(sp) as two,
        RunningBroker(one, store=STORES[0]) as first,
        RunningBroker(two, store=STORES[1]) as second,
    ):
        running = {
            store: _Broker.of(store, it, sp) for store, it in zip(STORES, (first, second), strict=True)
        }
        for store, broker in running.items():
            found.memory[store][0] = memory(broker.pid)
            for answer in ANSWERS:
                broker.log_in(answer, warm_up // len(ANSWERS))
            found.memory[store][broker.logins] = memory(broker.pid)
            found.idle_ms_a_second[store] = broker.idle()
            found.requests |= broker.requests
        for _ in range(rounds):
            for row in rows:
                row.login_ms.append(running[row.store].log_in(row.answer, logins))
                row.floor_ms.append(by_answer[row.answer.name].library_ms())
        for store, broker in running.items():
            found.memory[store][broker.logins] = memory(broker.pid)
    return found


def starts(sp: ServiceProvider, times: int) -> list[float]:
    """Seconds from starting the process to the first 200. A first start, not counted, makes keys and .pyc."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    took = []
    with home(sp) as folder:
        for _ in range(times + 1):
            began = time.perf_counter()
            with RunningBroker(folder, environment=environment) as broker:
                _wait_for_200(broker.base_url)
                took.append(time.perf_counter() - began)
    return took[1:]


def _wait_for_200(base_url: str) -> None:
    split = urlsplit(base_url)
    while True:
        connection = http.client.HTTPConnection(split.hostname or "", split.port, timeout=30)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        finally:
            connection.close()
        time.sleep(0.002)
