"""What a wider set-up adds to a login: a thousand providers, client certificates; each in turn with the plain one."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from bench.measure import BATCH, home
from bench.person import ARTIFACT, Driver, Visitor
from bench.process import cpu_ms
from support.running import RunningBroker
from support.sp import ServiceProvider

MANY = 1_000


@dataclass
class Pair:
    """Milliseconds of CPU per login, a figure a round: of the plain broker and of the other one."""

    name: str
    base_ms: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        return [other / base for base, other in zip(self.base_ms, self.ms, strict=True)]


@dataclass
class _Running:
    broker: RunningBroker
    driver: Driver
    ca: Path | None = None

    def log_in(self, times: int) -> float:
        spent = 0.0
        for start in range(0, times, BATCH):
            forms = [self.driver.request(ARTIFACT) for _ in range(min(BATCH, times - start))]
            before = cpu_ms(self.broker.process.pid)
            for form in forms:
                visitor = Visitor(self.broker.base_url)
                if self.ca is not None:
                    visitor.over_tls(self.ca)
                try:
                    self.driver.log_in(visitor, form)
                finally:
                    visitor.close()
            spent += cpu_ms(self.broker.process.pid) - before
        return spent / times


def wider(sp: ServiceProvider, *, rounds: int, logins: int) -> list[Pair]:
    """The last of the thousand providers is the one that logs in."""
    pairs = [Pair(f"{MANY} providers"), Pair("mutual TLS")]
    with ExitStack() as stack:
        plain = _Running(*_started(stack, sp))
        crowd = _Running(*_started(stack, sp, crowd=MANY - 1))
        secured = _secured(stack, sp)
        others = (crowd, secured)
        for running in (plain, *others):
            running.log_in(logins)
        for _ in range(rounds):
            for pair, other in zip(pairs, others, strict=True):
                pair.base_ms.append(plain.log_in(logins))
                pair.ms.append(other.log_in(logins))
    return pairs


def _started(stack: ExitStack, sp: ServiceProvider, crowd: int = 0) -> tuple[RunningBroker, Driver]:
    folder = stack.enter_context(home(sp))
    metadata = sp.metadata.decode()
    for number in range(crowd):
        other = metadata.replace(sp.entity_id, f"urn:etoegang:DV:{number:020d}:entities:9001")
        (folder / "metadata" / f"other-{number:04d}.xml").write_text(other)
    broker = stack.enter_context(RunningBroker(folder))
    return broker, Driver(broker.browser().get("/metadata").body, sp)


def _secured(stack: ExitStack, sp: ServiceProvider) -> _Running:
    """Every page over https, and the artifact service with the provider's own certificate."""
    folder = stack.enter_context(home(sp))
    client = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))) / "client.pem"
    client.touch(mode=0o600)
    client.write_bytes(
        sp.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + sp.certificate.public_bytes(serialization.Encoding.PEM)
    )
    broker = stack.enter_context(RunningBroker(folder, "--tls"))
    ca = folder / "certs" / "ca.pem"
    metadata = Visitor(broker.base_url).over_tls(ca).get("/metadata").body
    return _Running(broker, Driver(metadata, sp, (ca, client)), ca)
