"""Fetch a document from somebody else's address, within bounds: time, size, redirects, schemes.

The address comes from a tester, the answer from whoever is there. No proxy of the environment is used: most
service providers under test are on this machine or beside it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from dataclasses import dataclass, field
from threading import Thread
from urllib.parse import urljoin, urlsplit, urlunsplit

from broker.serving.whereabouts import means_itself
from broker.wire.xml import MOST_BYTES

SECONDS = 10.0
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)


class FetchProblem(ValueError):
    """Why there is no document, in one line for the person who gave the address."""


def fetch(url: str) -> bytes:
    """The body behind an http or https address. Raises FetchProblem; never takes longer than ``SECONDS``."""
    seconds = SECONDS
    job = _Job(url, MOST_BYTES, time.monotonic() + seconds)
    # A thread, because a name that does not resolve or headers that drip in heed no time limit of a socket.
    thread = Thread(target=job.run, name="fetch", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        job.abandon()
        raise FetchProblem(f"{shown(url)} gave no whole answer within {seconds:g} seconds")
    if job.problem is not None:
        raise FetchProblem(job.problem)
    return job.body


@dataclass
class _Job:
    url: str
    most: int
    deadline: float
    body: bytes = b""
    problem: str | None = None
    _sockets: list[socket.socket] = field(default_factory=list)
    _abandoned: bool = False

    def run(self) -> None:
        try:
            self.body = self._follow()
        except FetchProblem as problem:
            self.problem = str(problem)
        except TimeoutError:
            self.problem = f"{shown(self.url)} gave no answer in time"
        except ssl.SSLCertVerificationError as error:
            self.problem = (
                f"the certificate of {shown(self.url)} is not trusted ({error.verify_message}); start the "
                "broker with SSL_CERT_FILE set to its CA, or paste the document"
            )
        except OSError as error:
            why = error.strerror or error
            self.problem = f"{shown(self.url)} cannot be reached: {why}{means_itself(self.url)}"
        except (http.client.HTTPException, ValueError) as error:
            self.problem = f"{shown(self.url)} does not answer as a web server does: {type(error).__name__}"

    def abandon(self) -> None:
        """Nobody waits any more: end the reading, wherever it is."""
        self._abandoned = True
        for held in self._sockets:
            try:
                # The socket's own shutdown, past TLS: another thread is reading from it now.
                socket.socket.shutdown(held, socket.SHUT_RDWR)
            except OSError:
                continue

    def _follow(self) -> bytes:
        url = _checked(self.url)
        for _ in range(MOST_REDIRECTS + 1):
            found, target = self._get(url)
            if target is None:
                return found
            url = _joined(url, target)
        raise FetchProblem(f"{shown(self.url)} redirects more than {MOST_REDIRECTS} times")

    def _get(self, url: str) -> tuple[bytes, str | None]:
        """One request: the body, or where it redirects to."""
        split = urlsplit(url)
        connect = http.client.HTTPSConnection if split.scheme == "https" else http.client.HTTPConnection
        connection = connect(split.hostname or "", split.port, timeout=self._left())
        try:
            connection.connect()
            self._sockets.append(connection.sock)
            if self._abandoned:
                raise TimeoutError
            target = urlunsplit(("", "", split.path or "/", split.query, ""))
            wanted = {"Accept": "application/samlmetadata+xml, application/xml, text/xml, */*;q=0.1"}
            connection.request("GET", target, headers={**wanted, "User-Agent": "mock-eherkenning"})
            answer = connection.getresponse()
            if answer.status in REDIRECTS and (location := answer.getheader("Location")):
                return b"", location
            if answer.status != 200:
                raise FetchProblem(f"{shown(url)} answers {answer.status} {answer.reason}; expected 200")
            return self._read(answer, url), None
        finally:
            self._sockets.clear()
            connection.close()

    def _read(self, answer: http.client.HTTPResponse, url: str) -> bytes:
        body = b""
        # read1 comes back after each piece, so that the clock is looked at in between.
        while piece := answer.read1(65_536):
            body += piece
            if len(body) > self.most:
                raise FetchProblem(
                    f"{shown(url)} gives a document that is too big: at most {self.most:,} are read"
                )
            self._left()
        if answer.length:
            raise FetchProblem(f"{shown(url)} breaks off after {len(body):,} bytes")
        return body

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _joined(url: str, target: str) -> str:
    try:
        return _checked(urljoin(url, target))
    except ValueError:
        raise FetchProblem(
            f"{shown(url)} redirects to {shown(target)}, not an http or https address"
        ) from None


def _checked(url: str) -> str:
    """The same address if it is one that is fetched: http or https, with a host."""
    try:
        split = urlsplit(url)
        usable = split.scheme in ("http", "https") and bool(split.hostname) and (split.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or any(ord(sign) <= 32 for sign in url):
        raise FetchProblem(f"{shown(url)} is not an http or https address")
    return url


def shown(url: str) -> str:
    """Without the password that some put in an address."""
    scheme, slashes, rest = url[:200].partition("://")
    host, slash, path = rest.partition("/")
    return scheme + slashes + host.rpartition("@")[2] + slash + path
