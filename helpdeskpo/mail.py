"""E-mail: by SMTP where a server is set, else as files in a folder, so that no PIN is ever in a log."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from helpdeskpo.keys import create_file

SENDER: Final = "noreply@helpdeskpo.example"
SECONDS: Final = 5
_EXPECTED: Final = "expected smtp://[user:password@]host[:port] or smtps://..."

log = logging.getLogger(__name__)


class NotSent(Exception):
    """The mail server did not take it. The text has nothing of the message in it."""


@dataclass(frozen=True, slots=True)
class Letter:
    to: str
    subject: str
    text: str = field(repr=False)


class Way(Protocol):
    def __call__(self, message: EmailMessage) -> None:
        """Raises NotSent."""


def way_of(url: str, folder: Path) -> Way:
    """By the server that the URL names; without one as files in the folder. Raises ValueError."""
    if not url:
        return Files(folder)
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise ValueError(f"--smtp is not a URL; {_EXPECTED}") from None
    rest = split.path.strip("/") or split.query or split.fragment
    if split.scheme not in ("smtp", "smtps") or not split.hostname or port == 0 or rest:
        raise ValueError(f"--smtp is not the address of a mail server; {_EXPECTED}")
    tls = split.scheme == "smtps"
    user, password = unquote(split.username or ""), unquote(split.password or "")
    return Smtp(split.hostname, port or (465 if tls else 25), tls, user, password)


@dataclass(frozen=True, slots=True)
class Smtp:
    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)

    def __call__(self, message: EmailMessage) -> None:
        try:
            with self._connect() as connection:
                connection.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            # The server's own words may repeat an address.
            raise NotSent(f"{self.host}:{self.port} did not take it ({type(error).__name__})") from error

    def _connect(self) -> smtplib.SMTP:
        connection: smtplib.SMTP
        if self.tls:
            context = ssl.create_default_context()
            connection = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        if self.user:
            try:
                connection.login(self.user, self.password)
            except BaseException:
                connection.close()
                raise
        return connection


@dataclass(frozen=True, slots=True)
class Files:
    """One ``.eml`` each, for whoever may read the folder; in the order of their names."""

    folder: Path

    def __call__(self, message: EmailMessage) -> None:
        self.folder.mkdir(0o700, parents=True, exist_ok=True)
        at = message["Date"].datetime
        name = f"{at:%Y%m%dT%H%M%S%f}-{message['Message-ID'].strip('<>').partition('@')[0]}.eml"
        create_file(self.folder / name, message.as_bytes())


class Mailer:
    """``send`` waits and tells; ``later`` does neither, so that how long it takes tells nobody anything."""

    def __init__(self, way: Way, clock: Callable[[], datetime]) -> None:
        self._way = way
        self._clock = clock
        self._others = ThreadPoolExecutor(1, "mail")
        self._under_way: list[Future[None]] = []

    def send(self, letter: Letter) -> None:
        """Raises NotSent."""
        self._way(self._message(letter))

    def later(self, letter: Letter) -> None:
        self._under_way = [one for one in self._under_way if not one.done()]
        self._under_way.append(self._others.submit(self._try, self._message(letter)))

    def wait(self) -> None:
        """Until everything has gone out."""
        for one in self._under_way:
            one.result()

    def _try(self, message: EmailMessage) -> None:
        try:
            self._way(message)
        except (NotSent, OSError) as error:
            log.warning("a mail was not sent: %s", error)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(letter.subject.split())
        message["From"] = Address("MijnHelpdeskPO (TEST)", addr_spec=SENDER)
        message["To"] = letter.to
        message["Date"] = self._clock()
        message["Message-ID"] = make_msgid(domain="helpdeskpo.example")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, cte="quoted-printable")
        return message
