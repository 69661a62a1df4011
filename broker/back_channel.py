"""A message that a service provider sends by artifact: had from its ArtifactResolutionService, and believed or not.

The address comes from metadata, never from the message. Whatever the other side does, the person in front of the
browser waits for no longer than ``backchannel_seconds``.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event, Timer
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from broker.arrival import has_newer_metadata
from broker.parts import Parts
from broker.rules.engine import Fault
from broker.wire import names
from broker.wire.artifact import (
    ArtifactProblem,
    ArtifactResponse,
    artifact_resolve,
    read_artifact,
    read_response,
)
from broker.wire.assertions import Issue
from broker.wire.metadata import Endpoint, SpMetadata
from broker.wire.signing import Fault as SignatureFault
from broker.wire.signing import SignatureProblem, Signed, verify
from broker.wire.xml import MOST_BYTES, XmlProblem, serialize

SOAP_ACTION = "http://www.oasis-open.org/committees/security"
MOST_SHOWN = 20_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """The message, with the provider that was asked for it and the signature around it. ``told`` is for the log."""

    sp: SpMetadata
    url: str
    xml: bytes
    signed: Signed
    told: Mapping[str, Any]


class NotFetched(Exception):
    """There is no message that can be believed. ``garbled``: the artifact itself is none, nobody was asked."""

    def __init__(
        self, fault: Fault, told: Mapping[str, Any], *, http_status: int = 403, garbled: bool = False
    ) -> None:
        super().__init__(f"expected {fault.expected}; received {fault.received}")
        self.fault = fault
        self.told = told
        self.http_status = http_status
        self.garbled = garbled


def fetch(parts: Parts, text: str) -> Fetched:
    """The message for an artifact. Raises NotFetched, with what to show to whoever must mend it."""
    told: dict[str, Any] = {"artifact": text[:100]}
    try:
        artifact = read_artifact(text)
    except ArtifactProblem as problem:
        whole = "Send the artifact whole and percent-encoded once: a + in base64 is %2B in a query, else it is a blank."
        mend = problem.mend or whole
        fault = Fault(
            "an artifact of type 0x0004 in base64, URL-encoded once", str(problem), "SAMLart", mend=mend
        )
        raise NotFetched(fault, told, http_status=400, garbled=True) from None
    sp = parts.current.catalogue.sp_by_source_id(artifact.source_id)
    if sp is None:
        raise NotFetched(
            Fault(
                "a SourceID that is the SHA-1 of the entityID of metadata that this broker has",
                f"the SourceID {artifact.source_id.hex()}",
                "SAMLart",
                mend="Give the broker the metadata of this service provider, or make the artifact with the "
                "SHA-1 of the entityID that stands in it.",
            ),
            told,
        )
    endpoint = _endpoint(sp, artifact.index, told)
    told |= {"sp": sp.entity_id, "from": endpoint.location}
    issue = Issue(parts.now_of(sp.entity_id), parts.new_id)
    identifier, question = artifact_resolve(parts.broker, endpoint.location, text, issue)
    body = _ask(parts, endpoint.location, question, told)
    told["xml"] = body[:MOST_SHOWN].decode("utf-8", "replace")
    return _believed(parts, sp, endpoint.location, identifier, body, told)


def _endpoint(sp: SpMetadata, index: int, told: Mapping[str, Any]) -> Endpoint:
    usable = [found for found in sp.artifact_resolution if found.binding == names.SOAP_BINDING]
    for found in usable:
        if found.index == index:
            return found
    known = ", ".join(str(found.index) for found in usable)
    fault = Fault(
        f"one of the indexes {known}" if known else "an ArtifactResolutionService in the metadata",
        f"the index {index}" if known else "metadata without one",
        "SAMLart",
        mend="Put an md:ArtifactResolutionService with Binding SOAP and this index in your metadata.",
    )
    raise NotFetched(fault, told)


def _believed(
    parts: Parts, sp: SpMetadata, url: str, identifier: str, body: bytes, told: Mapping[str, Any]
) -> Fetched:
    """Nothing of the answer is used before the signature over all of it is good."""
    try:
        answer = read_response(body)
    except XmlProblem as problem:
        mend = problem.mend or None
        fault = Fault("a samlp:ArtifactResponse in SOAP 1.1", problem.reason, "soap:Body", problem.line, mend)
        raise NotFetched(fault, told, http_status=403 if problem.tampered else 400) from None
    try:
        try:
            signed = verify(answer.element, sp.signing, holding=answer.message)
        except SignatureProblem as problem:
            if problem.fault is not SignatureFault.KEY or not has_newer_metadata(parts, sp):
                raise
            sp = parts.current.catalogue.sps.get(sp.entity_id, sp)
            signed = verify(answer.element, sp.signing, holding=answer.message)
    except SignatureProblem as problem:
        fault = Fault(
            problem.expected, problem.received, "samlp:ArtifactResponse", problem.line, problem.mend
        )
        raise NotFetched(fault, told) from None
    wrong = _wrong(answer, sp, identifier)
    if wrong:
        raise NotFetched(wrong, told)
    assert answer.message is not None
    return Fetched(sp, url, serialize(answer.message), signed, told)


def _wrong(answer: ArtifactResponse, sp: SpMetadata, identifier: str) -> Fault | None:
    line = answer.element.sourceline or 0
    if answer.issuer != sp.entity_id:
        return Fault(f'"{sp.entity_id}"', f'"{answer.issuer}"', "Issuer of the ArtifactResponse", line)
    if answer.in_response_to != identifier:
        received = f'"{answer.in_response_to}"' if answer.in_response_to else "nothing"
        return Fault(f'"{identifier}", the ID of our ArtifactResolve', received, "@InResponseTo", line)
    if answer.status != names.SUCCESS:
        return Fault(names.SUCCESS, answer.status or "no StatusCode", "samlp:StatusCode", line)
    if answer.message is None:
        return Fault(
            "a message in the samlp:ArtifactResponse",
            "an empty one",
            "samlp:ArtifactResponse",
            line,
            "Keep the request until it is fetched. An artifact works once: after a reload of the page it is gone.",
        )
    return None


# HTTP.


def _ask(parts: Parts, url: str, question: bytes, told: dict[str, Any]) -> bytes:
    """The body of the answer. Raises NotFetched for anything but HTTP 200 in time and within bounds."""
    section = parts.current.broker
    started = time.monotonic()
    try:
        context = None
        if urlsplit(url).scheme == "https":
            ca = None if section.backchannel_ca is None else parts.settings.home / section.backchannel_ca
            context = _context(_stamped(ca), _stamped(parts.keys.file("broker")))
        status, location, body = post(url, question, section.backchannel_seconds, context)
    except _Unheard as problem:
        told["outcome"] = str(problem)
        fault = Fault("an answer to our ArtifactResolve", str(problem), url, mend=problem.mend)
        raise NotFetched(fault, told, http_status=400) from None
    told |= {"http_status": status, "milliseconds": round(1000 * (time.monotonic() - started))}
    if status != 200:
        received = f"HTTP {status}"
        if location:
            received += f" to {location[:200]}, which is not followed"
        elif b"faultstring" in body:
            received += f": {_fault_string(body)}"
        raise NotFetched(Fault("HTTP 200", received, url), told, http_status=400)
    if len(body) > MOST_BYTES:
        fault = Fault(f"at most {MOST_BYTES:,} bytes", "more than that", url)
        raise NotFetched(fault, told, http_status=400)
    return body


def _fault_string(body: bytes) -> str:
    """What a SOAP fault says; SAML over SOAP sends it with HTTP 500."""
    try:
        read_response(body)
    except XmlProblem as problem:
        return problem.reason[:400]
    return "no SOAP fault"


class _Unheard(Exception):
    """No answer came, or not a whole one."""

    def __init__(self, reason: str, mend: str | None = None) -> None:
        super().__init__(reason)
        self.mend = mend


def post(
    url: str, body: bytes, seconds: float, context: ssl.SSLContext | None
) -> tuple[int, str | None, bytes]:
    """Status, Location and at most one byte more than MOST_BYTES of the answer. Redirects are not followed, no
    proxy of the environment is used. Raises _Unheard, after ``seconds`` at the latest."""
    late = Event()
    until = time.monotonic() + seconds
    cut: Timer | None = None
    connection: http.client.HTTPConnection | None = None
    try:
        split = urlsplit(url)
        host, secure = split.hostname or "", context is not None
        raw = socket.create_connection((host, split.port or (443 if secure else 80)), timeout=seconds)
        if context is None:
            connection = http.client.HTTPConnection(host, split.port)
        else:
            connection = http.client.HTTPSConnection(host, split.port, context=context)
            # Hands are shaken below, when the clock that ends it is running.
            raw = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
        connection.sock = raw
        # The time limit of a socket begins anew with every byte, and somebody may send one at a time.
        cut = Timer(max(until - time.monotonic(), 0.001), _end, (raw, late))
        cut.daemon = True
        cut.start()
        if isinstance(raw, ssl.SSLSocket):
            raw.do_handshake()
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{SOAP_ACTION}"',
            "Accept": "text/xml, application/soap+xml",
            "Cache-Control": "no-cache, no-store",
            "Pragma": "no-cache",
        }
        target = urlunsplit(("", "", split.path or "/", split.query, ""))
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        received = answer.read(MOST_BYTES + 1)
        if late.is_set():
            raise TimeoutError
        return answer.status, answer.getheader("Location"), received
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _Unheard(*_why(error, late.is_set(), seconds)) from None
    finally:
        if cut is not None:
            cut.cancel()
        if connection is not None:
            connection.close()


def _end(held: socket.socket, late: Event) -> None:
    late.set()
    try:
        # The socket's own shutdown, past TLS: another thread is reading from it now.
        socket.socket.shutdown(held, socket.SHUT_RDWR)
    except OSError:
        return


def _why(error: Exception, late: bool, seconds: float) -> tuple[str, str | None]:
    if late or isinstance(error, TimeoutError):
        mend = "Answer at once: a person is waiting. broker.backchannel_seconds in the YAML sets how long."
        return f"no whole answer within {seconds:g} seconds", mend
    if isinstance(error, ssl.SSLCertVerificationError):
        mend = "Set broker.backchannel_ca in the YAML to a file with the CA of that server, in PEM."
        return f"a certificate that is not trusted: {error.verify_message}", mend
    if isinstance(error, ssl.SSLError):
        return f"no TLS: {error.reason or error}", None
    if isinstance(error, OSError):
        mend = "Start the ArtifactResolutionService, or mend its Location in your metadata."
        return f"no connection: {error.strerror or error}", mend
    return f"no HTTP: {type(error).__name__}", None


def _stamped(file: Path | None) -> tuple[str, int] | None:
    """The file and when it last changed, so that what is read from it is read again when it does."""
    if file is None:
        return None
    try:
        return str(file), file.stat().st_mtime_ns
    except OSError as error:
        raise _Unheard(f"no connection: {file} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=4)
def _context(ca: tuple[str, int] | None, own: tuple[str, int]) -> ssl.SSLContext:
    """For TLS to a service provider: its CA, or the system's; ours to show if it asks for one (spec 3.1)."""
    try:
        # Loading the CAs of a system takes some 20 ms: once, and not before somebody needs them.
        context = ssl.create_default_context(cafile=ca[0] if ca else None)
        context.load_cert_chain(own[0])
    except (OSError, ssl.SSLError) as error:
        raise _Unheard(f"no connection: {ca[0] if ca else own[0]} cannot be used: {error}") from None
    return context
