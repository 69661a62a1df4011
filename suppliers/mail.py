"""E-mail that really goes out, by SMTP, off the request's path: a queue with an end, and one thread.

A slow or dead server delays no login: what cannot be queued or delivered is told, and stays in the inbox.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from suppliers.visit import Message

if TYPE_CHECKING:
    import smtplib
    from email.message import EmailMessage

SENDER = "no-reply@mock-eherkenning.test"
MOST_QUEUED = 500
# For each step of the conversation with the server.
_SECONDS = 5.0
_DRAIN_SECONDS = 3.0

_EXPECTED = "expected smtp://[user:password@]host[:port][?starttls=yes&from=address] or smtps://..."

log = logging.getLogger(__name__)


class SmtpProblem(ValueError):
    """What is wrong with the address of a server, in one line that never repeats its password."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes. ``tls`` from the first byte (smtps), or ``starttls`` after a greeting, or neither."""

    host: str
    port: int
    tls: bool = False
    starttls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = SENDER

    def __str__(self) -> str:
        return f"{'smtps' if self.tls else 'smtp'}://{self.host}:{self.port}{' with STARTTLS' if self.starttls else ''}"


def server_of(url: str) -> Server:
    """What a URL says; SmtpProblem if it says nothing usable."""
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
        asked = parse_qsl(split.query, keep_blank_values=True, strict_parsing=bool(split.query))
    except ValueError:
        raise SmtpProblem(f"not a URL; {_EXPECTED}") from None
    if split.scheme not in ("smtp", "smtps"):
        raise SmtpProblem(f"neither smtp nor smtps; {_EXPECTED}")
    if not host or port == 0:
        raise SmtpProblem(f"no host, or port 0; {_EXPECTED}")
    if split.path.strip("/") or split.fragment:
        raise SmtpProblem(f"something behind the port; {_EXPECTED}")
    if bool(split.username) != bool(split.password):
        raise SmtpProblem(f"user and password go together; {_EXPECTED}")
    wishes = dict(asked)
    if strange := set(wishes) - {"starttls", "from"}:
        raise SmtpProblem(f"unknown option {', '.join(sorted(strange))}; {_EXPECTED}")
    if len(wishes) != len(asked):
        raise SmtpProblem(f"an option is there twice; {_EXPECTED}")
    if wishes.get("starttls", "no") not in ("yes", "no"):
        raise SmtpProblem(f"starttls is yes or no; {_EXPECTED}")
    tls, starttls = split.scheme == "smtps", wishes.get("starttls") == "yes"
    if tls and starttls:
        raise SmtpProblem(f"smtps has TLS from the start and takes no starttls; {_EXPECTED}")
    server = Server(
        host=host,
        port=port or (465 if tls else 587 if starttls else 25),
        tls=tls,
        starttls=starttls,
        user=unquote(split.username or ""),
        password=unquote(split.password or ""),
        sender=wishes.get("from", SENDER),
    )
    try:
        _address("", server.sender)
    except ValueError:
        raise SmtpProblem(f"from is no e-mail address; {_EXPECTED}") from None
    return server


class Mailer:
    """``post`` and forget; ``told`` hears of each message how it went: empty for delivered, else why not.

    ``names`` are the suppliers' names by slug. The thread starts with the first message and ends with ``close``.
    """

    def __init__(
        self,
        server: Server,
        told: Callable[[Message, str], None],
        names: Mapping[str, str],
        *,
        most_queued: int = MOST_QUEUED,
        seconds: float = _SECONDS,
    ) -> None:
        self._server = server
        self._told = told
        self._names = names
        self._seconds = seconds
        self._queue: queue.Queue[Message | None] = queue.Queue(most_queued)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._until = 0.0
        self._connection: smtplib.SMTP | None = None

    def post(self, message: Message) -> None:
        """Returns at once. Too many in the queue, or a mailer that was closed: that is told as a failure."""
        with self._lock:
            if not self._closing:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="mail", daemon=True)
                    self._thread.start()
                try:
                    self._queue.put_nowait(message)
                    return
                except queue.Full:
                    pass
        self._tell(message, "too many messages are waiting to be sent")

    def close(self, patience: float = _DRAIN_SECONDS) -> None:
        """Send what is waiting, for so many seconds at most; what is left is told as a failure."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            self._until = time.monotonic() + patience
            thread = self._thread
        if thread is None:
            return
        self._wake()
        thread.join(patience)
        if thread.is_alive():
            # It talks to a server that does not answer.
            self._hang_up()
            thread.join(self._seconds + 1)

    def _wake(self) -> None:
        # Where it is full there is enough in it to wake up for.
        with suppress(queue.Full):
            self._queue.put_nowait(None)

    def _work(self) -> None:
        while True:
            message = None
            try:
                message = self._queue.get(block=not self._closing)
            except queue.Empty:
                return
            if message is None:
                continue
            late = self._closing and time.monotonic() > self._until
            self._tell(message, "the mock stopped before it was sent" if late else self._send(message))

    def _send(self, message: Message) -> str:
        """Deliver one message; why not, or nothing."""
        import smtplib

        try:
            mail = letter(message, self._names.get(message.supplier, "Mock eHerkenning"), self._server.sender)
        except ValueError:
            return "the address is no e-mail address that a message can go to"
        try:
            with self._connect() as connection:
                self._connection = connection
                connection.send_message(mail)
        except smtplib.SMTPAuthenticationError as error:
            # The server's own text is left out here: it may repeat what it was given.
            return f"the mail server refused the user name or password ({error.smtp_code})"
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return f"the mail server refused the address: {code} {_line(text)}"
        except smtplib.SMTPResponseException as error:
            return f"the mail server refused the message: {error.smtp_code} {_line(error.smtp_error)}"
        except smtplib.SMTPException as error:
            return f"the mail server did not take the message: {_line(str(error))}"
        except OSError as error:
            return f"the mail server cannot be reached: {_line(str(error))}"
        except Exception:
            log.exception("mail %s could not be sent", message.id)
            return "the message could not be sent; the log says why"
        finally:
            self._connection = None
        return ""

    def _connect(self) -> smtplib.SMTP:
        import smtplib
        import ssl

        server = self._server
        if server.tls:
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._seconds, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._seconds)
        try:
            if server.starttls:
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _hang_up(self) -> None:
        connection = self._connection
        sock = connection.sock if connection else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _tell(self, message: Message, why_not: str) -> None:
        try:
            self._told(message, why_not)
        except Exception:
            log.exception("what became of mail %s could not be kept", message.id)


def letter(message: Message, name: str, sender: str) -> EmailMessage:
    """The message as mail. ValueError for an address that is none, and for one with a line in it."""
    from email.message import EmailMessage
    from email.utils import make_msgid

    mail = EmailMessage()
    mail["Subject"] = " ".join(message.subject.split())
    mail["From"] = _address(f"{name} (TEST)", sender)
    mail["To"] = _address("", message.to)
    mail["Date"] = message.at
    mail["Message-ID"] = make_msgid(domain="mock-eherkenning.test")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body, cte="quoted-printable")
    return mail


def _address(name: str, address: str) -> object:
    from email.errors import MessageError
    from email.headerregistry import Address

    if any(character.isspace() or not character.isprintable() for character in address):
        raise ValueError("an e-mail address has no blanks and no control characters")
    try:
        found = Address(" ".join(name.split()), addr_spec=address)
    except (MessageError, IndexError) as error:
        raise ValueError(f"not an e-mail address: {error}") from error
    if not found.username or not found.domain:
        raise ValueError("an e-mail address has a name and a domain")
    return found


def _line(text: str | bytes) -> str:
    """A server's own words on one line, and not too many of them."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    kept = "".join(character if character.isprintable() else " " for character in words)
    return " ".join(kept.split())[:200]
