"""Calls of the broker's API, over connections that are kept: a login is a handful of them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from mock_eherkenning_client import tls
from mock_eherkenning_client.errors import ApiProblem, NoBroker, RequestRefused, RoadStopped
from mock_eherkenning_client.secret import Secret
from mock_eherkenning_client.seen import seen

TIMEOUT = 30.0


class Api:
    """``url`` is where the broker listens. May be used by threads at once: each has a connection of its own.

    ``ca`` is a file with the CA of a broker that speaks https. Calls raise ApiProblem, and NoBroker where nobody
    answers.
    """

    def __init__(self, url: str, token: str | None = None, ca: str | None = None) -> None:
        expected = f'expected the URL of a broker such as http://127.0.0.1:8080, received "{url}"'
        try:
            split = urlsplit(url)
            port = split.port
        except ValueError as error:
            raise NoBroker(f"{expected}: {error}") from None
        if split.scheme not in ("http", "https") or not split.hostname:
            raise NoBroker(expected)
        self.url = url.rstrip("/")
        self._scheme, self._host, self._port = split.scheme, split.hostname, port
        self._base = split.path.rstrip("/")
        self.token = Secret(token) if token else None
        self.ca = ca
        self._mine = threading.local()

    def __repr__(self) -> str:
        return f"Api({self.url!r})"

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query=query)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        xml: bytes | None = None,
        timeout: float = TIMEOUT,
    ) -> Any:
        """``path`` is behind ``/api/v1``. What the call gives, with its keys as attributes; None if that is nothing."""
        __tracebackhide__ = True
        given = {name: _text(value) for name, value in (query or {}).items() if value not in (None, "")}
        target = f"/api/v1{path}" + (f"?{urlencode(given)}" if given else "")
        headers = {"Accept": "application/json"}
        data: bytes | None = xml
        if xml is not None:
            headers["Content-Type"] = "application/xml"
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        status, raw, kind = self.send(method, target, data, headers, timeout)
        if status >= 400:
            raise _problem(f"{method} {target}", status, raw)
        if not raw:
            return None
        return seen(json.loads(raw)) if "json" in kind else raw.decode()

    def send(
        self,
        method: str,
        target: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> tuple[int, bytes, str]:
        """Status, body and content type of any address of the broker."""
        own = {"Authorization": Secret(f"Bearer {self.token}")} if self.token else {}
        kept = self._kept()
        for connection in (kept, self._connection()) if kept else (self._connection(),):
            connection.timeout = timeout
            if connection.sock is not None:
                connection.sock.settimeout(timeout)
            try:
                connection.request(method, self._base + target, data, {**own, **(headers or {})})
                answer = connection.getresponse()
                raw = answer.read()
            except (OSError, HTTPException, ValueError) as error:
                connection.close()
                self._mine.connection = None
                # A connection that was kept may have been closed at the other end just before we wrote.
                if connection is kept and isinstance(error, ConnectionError):
                    continue
                # Without the error itself: its traceback has the request in it, and so the token.
                raise NoBroker(
                    f"the broker at {self.url} does not answer {method} {target}: "
                    f"{tls.why(error, self.url, self.ca)}"
                ) from None
            self._mine.connection, self._mine.pid = connection, os.getpid()
            return answer.status, raw, answer.headers.get("Content-Type", "")
        raise AssertionError("a fresh connection answers or fails")

    def close(self) -> None:
        kept = getattr(self._mine, "connection", None)
        if kept is not None:
            kept.close()
            self._mine.connection = None

    def _kept(self) -> HTTPConnection | None:
        """The connection of this thread. After a fork it is the parent's, who would read our answers from it."""
        if getattr(self._mine, "pid", None) != os.getpid():
            self._mine.connection = None
        kept: HTTPConnection | None = self._mine.connection
        return kept

    def _connection(self) -> HTTPConnection:
        if self._scheme == "http":
            return HTTPConnection(self._host, self._port)
        return HTTPSConnection(self._host, self._port, context=tls.context(self.ca))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def part(text: str) -> str:
    """A key as a part of a path."""
    return quote(text, safe="")


def _problem(call: str, status: int, raw: bytes) -> ApiProblem:
    try:
        document = json.loads(raw)
    except ValueError:
        document = {}
    if not isinstance(document, dict) or not document:
        document = {"title": "no problem document", "detail": raw[:200].decode("utf-8", "replace")}
    kind = ApiProblem
    if document.get("stop"):
        kind = RoadStopped
    elif "findings" in document:
        kind = RequestRefused
    elif status == 401:
        document["detail"] = (
            f"{document.get('detail', '')} Set MOCK_EHERKENNING_TOKEN to the token that the broker printed."
        )
    elif status == 404 and document.get("title") == "Not Found":
        document["detail"] = f"{document.get('detail', '')} Is this broker older than this client?"
    return kind(call, status, document)
