"""A real SMTP server for tests, and what it took in."""

from __future__ import annotations

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope


class Postbox:
    """What the server took in. Refuses who is called ``weg``."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.users: list[bytes] = []
        self.tls: list[bool] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any):
        if address.startswith("weg@"):
            return f"550 5.1.1 no such user {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.tls.append(session.ssl is not None)
        return "250 OK"

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.users.append(data.login)
        right = (data.login, data.password) == (b"mock", b"geheim:/@1")
        return AuthResult(success=right, handled=right)


class At(Controller):
    """On a port that is free."""

    def __init__(self, box: Postbox, **how: Any) -> None:
        super().__init__(box, hostname="127.0.0.1", port=free_port(), server_hostname="localhost", **how)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
