"""A login without a browser: from the service provider's start page to where the person lands."""

from __future__ import annotations

import base64
import html as entities
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from mock_eherkenning_client import html
from mock_eherkenning_client.errors import ClientError, NeverAtBroker
from mock_eherkenning_client.seen import Seen
from mock_eherkenning_client.transports import LOOPBACK, Headers, Reply, Transport

MOST_HOPS = 20
_REDIRECTS = (301, 302, 303, 307, 308)
_CARRIES = ("SAMLRequest", "SAMLart")
_STAYS = {"error": 500, "nothing": 200}
"""The status of the broker's own page where a scenario gives no answer."""


@dataclass(frozen=True)
class AuthnRequest:
    """As the browser brings it: ``url`` is the address, ``fields`` of a form or ``query`` of a redirect."""

    url: str
    fields: Mapping[str, str] | None = None
    query: str = ""

    def body(self) -> dict[str, Any]:
        """As ``POST /api/v1/logins`` takes it."""
        where = {"url": self.url} if self.url else {}
        if self.fields is not None:
            return {"method": "POST", "fields": dict(self.fields), **where}
        return {"method": "GET", "query": self.query, **where}


def authn_request(given: Any, sso: str = "") -> AuthnRequest:
    """Of form fields, a URL or its query, the XML itself, or a page with the form; ``sso`` where that has none."""
    if isinstance(given, AuthnRequest):
        return given
    if isinstance(given, Mapping):
        return AuthnRequest(sso, {name: str(value) for name, value in given.items()})
    text = given.decode() if isinstance(given, (bytes, bytearray)) else str(given)
    text = text.strip()
    if text.startswith("<"):
        form = html.read(text).carrying(*_CARRIES)
        if form is not None:
            return AuthnRequest(form.action or sso, form.fields)
        return AuthnRequest(sso, {"SAMLRequest": base64.b64encode(text.encode()).decode()})
    where, mark, query = text.rpartition("?")
    if any(name in _CARRIES for name, _ in parse_qsl(query)):
        return AuthnRequest(where if mark else sso, None, query)
    raise ClientError(
        "no AuthnRequest in this: expected form fields with SAMLRequest, a URL or query with SAMLRequest, the XML, "
        f"or a page with the form; received {text[:80]!r}"
    )


@dataclass(frozen=True)
class Answer:
    """What the browser carries to the service provider. ``outcome`` is success, cancelled or declined; ``steps`` are
    what was filled in on the way.

    ``instead`` is what a scenario gives in place of an answer: error (a page, HTTP 500), nothing (a page that says
    so), drop (a connection that is closed); ``wait`` for how many seconds one holds it back.
    """

    method: str
    url: str
    fields: dict[str, str]
    outcome: str
    exchange_id: str
    steps: list[Any] = field(repr=False)
    instead: str = ""
    wait: float = 0.0

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Answer:
        return cls(
            told["method"],
            told["url"],
            dict(told["fields"] or {}),
            told["outcome"],
            told["exchange"],
            told["steps"],
            told.get("instead", ""),
            float(told.get("wait", 0)),
        )

    @property
    def xml(self) -> bytes:
        """The Response; empty where only an artifact goes along."""
        return base64.b64decode(self.fields.get("SAMLResponse", ""))


@dataclass(frozen=True)
class Hop:
    method: str
    url: str
    status: int


@dataclass
class Landing:
    """Where the person is after the login. ``response`` is what your test client gave for it, None over HTTP.

    Where a scenario gave no answer they are still at the broker, and your provider heard nothing: ``status`` is what
    their browser got there, 0 for a connection that was closed.
    """

    status: int
    url: str
    headers: Headers
    body: bytes = field(repr=False)
    text: str = field(repr=False)
    history: list[Hop] = field(repr=False)
    answer: Answer = field(repr=False)
    response: Any = field(repr=False)
    _look: Callable[[str], Seen] = field(repr=False)

    @classmethod
    def of(cls, answer: Answer, road: Road, look: Callable[[str], Seen]) -> Landing:
        """Where the answer brings the person on this road."""
        reply = road.carry(answer)
        found = (reply.status, reply.url, reply.headers, reply.body, reply.text)
        return cls(*found, road.history, answer, reply.response, look)

    @property
    def exchange(self) -> Seen:
        """The broker's side of this login, as it is now."""
        return self._look(self.answer.exchange_id)


class Road:
    """``sso`` are the addresses at which the broker takes requests, ``metadata`` where its metadata is."""

    def __init__(
        self, transport: Transport, sso: Callable[[], list[str]], metadata: str, headers: Mapping[str, str]
    ) -> None:
        self._transport = transport
        self._sso = sso
        self._metadata = metadata
        self._broker = metadata.rpartition("/")[0] + "/"
        self._headers = headers
        self.history: list[Hop] = []

    def to_broker(self, start_url: str) -> AuthnRequest:
        """Follow the provider from its start page until it sends the browser to the broker."""
        __tracebackhide__ = True
        url = urljoin(f"{self._transport.base}/", start_url) if self._transport.base else start_url
        if not _hostname(url):
            raise ClientError(f'expected a URL such as http://localhost:8000/login, received "{start_url}"')
        url = _safe(url.strip())
        method, form = "GET", None
        for _ in range(MOST_HOPS):
            reply = self._send(method, url, form)
            method, form, page = "GET", None, None
            if reply.status in _REDIRECTS:
                url = self._on(reply, _header(reply.headers.get("Location", "")), NeverAtBroker)
                query = urlsplit(url).query
                if any(name in _CARRIES for name, _ in parse_qsl(query)):
                    self._expect_ours(url.partition("?")[0], reply.url)
                    return AuthnRequest(url.partition("?")[0].partition("#")[0], None, query)
                continue
            page = html.read(reply.text)
            found = page.carrying(*_CARRIES)
            if found is not None:
                action = self._on(reply, found.action, NeverAtBroker)
                self._expect_ours(action, reply.url)
                if found.method == "GET":
                    return AuthnRequest(action, None, urlencode(found.fields))
                return AuthnRequest(action, found.fields)
            if not page.refresh:
                raise self._never(reply, page)
            url = self._on(reply, page.refresh, NeverAtBroker)
        raise NeverAtBroker(
            f"the service provider sent the browser on {MOST_HOPS} times and never here:\n{self._hops()}"
        )

    def carry(self, answer: Answer) -> Reply:
        """Bring the answer to the provider, when it is there, and follow it to where the person lands."""
        if answer.instead:
            return Reply(_STAYS.get(answer.instead, 0), self._broker, Headers(), b"")
        time.sleep(answer.wait)
        url, method = answer.url, answer.method
        form: Mapping[str, str] | None = answer.fields
        if method == "GET":
            if form:
                url += ("&" if "?" in url else "?") + urlencode(form)
            form = None
        for _ in range(MOST_HOPS):
            reply = self._send(method, url, form)
            where = reply.headers.get("Location")
            if reply.status not in _REDIRECTS or not where:
                return reply
            url = self._on(reply, _header(where), ClientError)
            if reply.status not in (307, 308):
                method, form = "GET", None
        raise ClientError(
            f"after the answer the service provider sent the browser on {MOST_HOPS} times:\n{self._hops()}"
        )

    def _on(self, reply: Reply, where: str, kind: type[ClientError]) -> str:
        """The next address, as a browser would write it; raises ``kind`` where that is none of the web."""
        try:
            url = _safe(urljoin(reply.url, where.strip()))
        except ValueError as error:
            raise kind(
                f"{reply.url} sent the browser on to {where!r}, which is no address: {error}"
            ) from None
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise kind(
                f"{reply.url} sent the browser on to {where!r}\n"
                f"  expected  an address that begins with http:// or https://\n{self._hops()}"
            )
        return url

    def _send(self, method: str, url: str, form: Mapping[str, str] | None) -> Reply:
        reply = self._transport.send(method, url, form, self._headers)
        self.history.append(Hop(method, url, reply.status))
        return reply

    def _expect_ours(self, url: str, here: str) -> None:
        sso = self._sso()
        if _place(url) not in {_place(one) for one in sso} and _origin(url) not in {
            _origin(one) for one in sso
        }:
            raise NeverAtBroker(
                f"{here} sent its AuthnRequest to {url}\n  expected  {' or '.join(sso)}\n"
                f"  mend      give your service provider this broker's metadata: {self._metadata}"
            )

    def _never(self, reply: Reply, page: html.Page) -> NeverAtBroker:
        said = f'"{page.title}"' if page.title else repr(entities.unescape(reply.text.strip())[:120])
        return NeverAtBroker(
            f"the start page never led to the broker; it ended at {reply.url} (HTTP {reply.status}, {said})\n"
            f"  expected  a redirect with SAMLRequest to {' or '.join(self._sso())}, or a page with such a form\n"
            f"  mend      give the address behind the button that logs in with eHerkenning\n{self._hops()}"
        )

    def _hops(self) -> str:
        return "\n".join(f"  {hop.status} {hop.method} {hop.url[:160]}" for hop in self.history)


_RESERVED = "!#$%&'()*+,/:;=?@[]~"


def _safe(url: str) -> str:
    """With percent-encoding where a browser would add it: spaces, what is not ASCII."""
    split = urlsplit(url)
    _ = split.port
    place = split.netloc if split.netloc.isascii() else split.netloc.encode("idna").decode("ascii")
    return quote(urlunsplit(split._replace(netloc=place)), safe=_RESERVED)


def _hostname(url: str) -> str | None:
    """None also where the URL has a name or a port that cannot be."""
    try:
        return urlsplit(_safe(url)).hostname
    except ValueError:
        return None


def _header(value: str) -> str:
    """A header comes as one character a byte; who writes more than ASCII in it means UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _origin(url: str) -> tuple[str, str, int | None]:
    """Loopback has several names for one place."""
    split = urlsplit(url)
    host = (split.hostname or "").lower()
    return split.scheme, "localhost" if host in LOOPBACK else host, split.port


def _place(url: str) -> tuple[object, ...]:
    return (*_origin(url), urlsplit(url).path)
