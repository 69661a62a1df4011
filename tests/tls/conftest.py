"""One broker with TLS for the tests that leave it as it was, and the provider that it trusts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.sp import ServiceProvider
from support.tls import TlsBroker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, sp: ServiceProvider) -> Iterator[TlsBroker]:
    home = tmp_path_factory.mktemp("tls") / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
    with TlsBroker(home, store="memory") as running:
        yield running
