"""The back channel: fetching the broker's metadata, and asking for what an artifact stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

import requests

from helpdeskpo.crypto import MOST_BYTES

SECONDS = 10


class Unreachable(Exception):
    """The other side did not answer, or not with what was asked."""


class Transport(Protocol):
    """What the service provider needs of a network. Both raise Unreachable."""

    def get(self, url: str) -> bytes: ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes: ...


class Http:
    """Over the network, without following redirects: the address in the metadata is the one that is meant."""

    def get(self, url: str) -> bytes:
        return self._ask("GET", url, None, {})

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        return self._ask("POST", url, body, headers)

    def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        with requests.Session() as session:
            # A proxy that the environment names cannot reach this machine's own loopback.
            session.trust_env = urlsplit(url).hostname not in ("localhost", "127.0.0.1", "::1")
            try:
                with session.request(
                    method,
                    url,
                    data=body,
                    headers=dict(headers),
                    timeout=SECONDS,
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    if answer.status_code != 200:
                        raise Unreachable(f"{url} answered with status {answer.status_code}")
                    content = bytearray()
                    for chunk in answer.iter_content(65_536):
                        content += chunk
                        if len(content) > MOST_BYTES:
                            raise Unreachable(f"{url} sent more than {MOST_BYTES} bytes")
            except (requests.RequestException, OSError) as error:
                raise Unreachable(f"{url} does not answer ({type(error).__name__})") from error
        return bytes(content)
