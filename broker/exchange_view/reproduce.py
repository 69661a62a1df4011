"""The same message once more, by curl: what a shell takes as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from broker.exchange_view.messages import Message
from broker.wire.names import HTTP_ARTIFACT, HTTP_POST, HTTP_REDIRECT, SOAP_BINDING

MOST_INLINE = 8_000
"""Characters: what is longer is downloaded first."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Our addresses: ``sso`` and ``logout`` by version, in the order of the versions; where this exchange is to be
    had, and whether the call needs a token."""

    sso: tuple[str, ...]
    logout: tuple[str, ...]
    artifact: str
    messages: str
    token: bool = False

    def of(self, message: Message) -> str:
        """Where a message that came in was sent to: the door that it names itself, else the newest."""
        if message.kind == "ArtifactResolve":
            return self.artifact
        doors = self.logout if message.kind == "LogoutRequest" else self.sso
        start = message.xml[:4_000]
        return next((door for door in doors if f'"{door}"'.encode() in start), doors[-1])


def curl(message: Message, doors: Doors) -> str:
    """Empty where the message cannot be sent by anybody but whoever it came from."""
    if message.direction == "out" and not message.url:
        return ""
    if message.kind == "ArtifactResponse" or (message.sent is None and message.binding != HTTP_ARTIFACT):
        return ""
    url = message.url if message.direction == "out" else doors.of(message)
    if message.binding == HTTP_POST:
        name = "SAMLResponse" if message.direction == "out" else "SAMLRequest"
        return _post(message, url, name, doors)
    if message.binding == HTTP_REDIRECT:
        return _command("curl -sS -i", f"{url}{'&' if '?' in url else '?'}{message.sent}")
    if message.binding == SOAP_BINDING and message.direction == "in":
        head = ("-H", "Content-Type: text/xml")
        body = message.sent or ""
        if len(body) <= MOST_INLINE:
            return _command("curl -sS -i", *head, "--data-binary", body, url)
        return f"{_fetch(message, doors)}\n{_command('curl -sS -i', *head, '--data-binary', f'@{_file(message)}', url)}"
    return ""


def _post(message: Message, url: str, name: str, doors: Doors) -> str:
    sent = message.sent or ""
    relay = () if message.relay_state is None else ("--data-urlencode", f"RelayState={message.relay_state}")
    if len(sent) <= MOST_INLINE:
        return _command("curl -sS -i", "--data-urlencode", f"{name}={sent}", *relay, url)
    again = _command("curl -sS -i", "--data-urlencode", f"{name}@{_file(message)}", *relay, url)
    return f"{_fetch(message, doors)}\n{again}"


def _fetch(message: Message, doors: Doors) -> str:
    token = ("-H", "Authorization: Bearer <token>") if doors.token else ()
    return _command("curl -sS", "-o", _file(message), *token, f"{doors.messages}/{message.n}?form=sent")


def _file(message: Message) -> str:
    return f"message-{message.n}.txt"


def _command(program: str, *arguments: str) -> str:
    """One argument with its value a line, so that it can be read."""
    lines = [program]
    for argument in arguments:
        if lines[-1].startswith("  -") and " " not in lines[-1].strip():
            lines[-1] += f" {shlex.quote(argument)}"
        else:
            lines.append(f"  {shlex.quote(argument)}")
    return " \\\n".join(lines)


def api(method: str, url: str, headers: Mapping[str, str] | None = None) -> str:
    """A call of our own API."""
    more = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    return _command("curl -sS", *(() if method == "GET" else ("-X", method)), *more, url)
