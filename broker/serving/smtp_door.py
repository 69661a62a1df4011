"""An SMTP door to the inbox: what a service provider mails under test is read beside what suppliers send.

Nothing goes any further. On loopback unless a host is named; the server is loaded and its thread started only then.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import TYPE_CHECKING, Any

from suppliers.inbox import Inbox, Message

if TYPE_CHECKING:
    from asyncio import AbstractServer

    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import Envelope

MOST_BYTES = 256 * 1024
MOST_RECIPIENTS = 20
MOST_HEADERS = 16 * 1024
LONGEST_HEADER = 4 * 1024
"""Bytes, folds and all. The standard library's header parser takes time by the square of a header's length."""
_LONGEST_TEXT = 20_000
_LONGEST_LINE = 300

_CODE = re.compile(r"(?<![\w/=.-])\d{6}(?![\w/-]|\.\d)")
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


class DoorProblem(ValueError):
    """One line: why there is no door."""


def address_of(text: str) -> tuple[str, int]:
    """``PORT`` on loopback, or ``HOST:PORT``; port 0 is any free one. DoorProblem if it is neither."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]") if colon else "127.0.0.1"
    if not host or not port.isascii() or not port.isdigit() or int(port[:6]) > 65535:
        raise DoorProblem(f'expected PORT or HOST:PORT, such as 8025, received "{text}"')
    return host, int(port)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is read of a mail."""

    subject: str
    body: str
    code: str
    link: str


class HeadersTooLong(ValueError):
    """Of the mail, or of its parts together."""


class _Bounded(EmailPolicy):
    """Looks at each header of each part before any of it is parsed."""

    seen: list[int] = []  # noqa: RUF012 - each mail hands in its own; a policy takes no other attributes

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        length = sum(len(line) for line in sourcelines)
        self.seen.append(length)
        if length > LONGEST_HEADER or sum(self.seen) > MOST_HEADERS:
            raise HeadersTooLong(
                f"headers of at most {MOST_HEADERS} bytes together, and {LONGEST_HEADER} bytes each"
            )
        return super().header_source_parse(sourcelines)


def read(content: bytes) -> Letter:
    """Raises HeadersTooLong, and nothing else: a mail that cannot be read is shown as it came."""
    try:
        mail = message_from_bytes(content, policy=_Bounded(seen=[]))  # type: ignore[call-overload]
        assert isinstance(mail, EmailMessage)
        part = mail.get_body(("plain", "html"))
        body = str(part.get_content()) if part is not None else ""
        subject = str(mail["Subject"] or "")
    except HeadersTooLong:
        raise
    except Exception:  # the parser of the standard library raises almost anything on a bad mail
        subject, body = "", content.decode("utf-8", "replace")
    body = body.replace("\r\n", "\n")[:_LONGEST_TEXT]
    link = _LINK.search(body)
    code = _CODE.search(_LINK.sub(" ", body))
    return Letter(
        subject=" ".join(subject.split())[:_LONGEST_LINE],
        body=body,
        code=code[0] if code else "",
        link=link[0] if link else "",
    )


class Door:
    """Open from the moment that it is made, until ``close``. Raises DoorProblem where the port cannot be had."""

    def __init__(self, inbox: Inbox, now: Callable[[], datetime], host: str, port: int) -> None:
        self._socket = _bound(host, port)
        # It tells each connection and each command, with addresses.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._controller = _controller(_Handler(inbox, now), self._socket, host, self.port)
        self._controller.start()

    @property
    def address(self) -> str:
        return f"smtp://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def close(self) -> None:
        self._controller.stop(no_assert=True)
        self._socket.close()


def _bound(host: str, port: int) -> socket.socket:
    """Here and not in the server's thread, so that a port in use is told at once."""
    made = None
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        if made is not None:
            made.close()
        raise DoorProblem(f"port {port} of {host} cannot be had ({error.strerror or error})") from None
    return made


def _controller(handler: _Handler, bound: socket.socket, host: str, port: int) -> Controller:
    # Loaded here: only who wants a door pays for it.
    from aiosmtpd.controller import Controller

    class OnSocket(Controller):
        def _create_server(self) -> Awaitable[AbstractServer]:
            return self.loop.create_server(self._factory_invoker, sock=bound)

    return OnSocket(
        handler,
        hostname="127.0.0.1" if host == "0.0.0.0" else host,  # noqa: S104 - where it greets itself
        port=port,
        server_hostname="mock-eherkenning.test",
        data_size_limit=MOST_BYTES,
        enable_SMTPUTF8=True,
        ident="Mock eHerkenning (TEST)",
    )


class _Handler:
    """aiosmtpd calls these by name."""

    def __init__(self, inbox: Inbox, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._now = now

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return f"452 at most {MOST_RECIPIENTS} recipients"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        try:
            # Not in the server's own thread: the next mail is taken while this one is read.
            letter = await asyncio.get_running_loop().run_in_executor(None, read, raw)
        except HeadersTooLong as reason:
            return f"552 {reason}"
        for recipient in envelope.rcpt_tos:
            self._inbox.add(
                Message(
                    at=self._now(),
                    channel="email",
                    to=recipient[:_LONGEST_LINE],
                    subject=letter.subject,
                    body=letter.body,
                    code=letter.code,
                    supplier="",
                    ask_id="",
                    # A bounce has an empty sender; the inbox wants to know that it came from outside all the same.
                    sender=(envelope.mail_from or "<>")[:_LONGEST_LINE],
                    link=letter.link,
                )
            )
        return "250 kept in the inbox, and sent nowhere"
