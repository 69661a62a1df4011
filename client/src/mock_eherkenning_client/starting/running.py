"""A broker that runs already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_eherkenning_client.broker import Broker
from mock_eherkenning_client.errors import NoBroker

if TYPE_CHECKING:
    from mock_eherkenning_client.starting import Wish


def use(wish: Wish) -> Broker:
    if not wish.url:
        raise NoBroker(
            "no URL of a running broker.\nMend it with:  export MOCK_EHERKENNING_URL=http://127.0.0.1:8080"
        )
    try:
        broker = Broker(wish.url, token=wish.token, ca=wish.ca or None)
    except NoBroker as error:
        raise NoBroker(f"MOCK_EHERKENNING_URL: {error}") from None
    status, raw, _ = broker.api.send("GET", "/readyz")
    if status != 200:
        said = raw[:500].decode("utf-8", "replace")
        raise NoBroker(f"the broker at {wish.url} is not ready: GET /readyz gave {status}\n{said}")
    return broker
