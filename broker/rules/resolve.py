"""Rules AX-..: what an ArtifactResolve must be (spec 3.1, Checks B)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from broker.rules import shared
from broker.rules.engine import Fault, NotApplicable, Rules
from broker.rules.finding import BINDINGS, INTERFACE, METADATA, SIGNATURE, Severity
from broker.wire import names
from broker.wire.artifact import ArtifactResolve
from broker.wire.keys import Certificate
from broker.wire.metadata import SpMetadata
from broker.wire.signing import SignatureProblem, Signed

RULES: Rules[SeenResolve] = Rules()
rule = RULES.rule


class ArtifactState(enum.StrEnum):
    """What became of the artifact; UNSEEN where the sender was not believed, so that it was not looked for."""

    GOOD = "resolved"
    UNSEEN = "refused"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    USED = "used"
    LATE = "late"
    OTHER_SP = "other-sp"


class ClientCertificates(enum.StrEnum):
    """What becomes of a caller without a client certificate of its metadata."""

    REQUIRED = "required"
    RECORDED = "recorded"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called, by TLS. ``asked``: whether this way in asks for a certificate. ``problem``: what came instead."""

    certificate: Certificate | None = None
    asked: bool = False
    problem: str = ""

    def __str__(self) -> str:
        if self.certificate is None:
            return self.problem or "no client certificate"
        # A stranger's certificate may say anything, and this goes into XML and on a page.
        subject = self.certificate.x509.subject.rfc4514_string()
        readable = "".join(letter if letter.isprintable() else "?" for letter in subject)
        return f"SHA-256 {self.certificate.fingerprint} ({readable[:100]})"


@dataclass(frozen=True, slots=True)
class SeenResolve:
    request: ArtifactResolve
    content_type: str
    sp: SpMetadata | None
    signed: Signed | None
    signature_problem: SignatureProblem | None
    artifact: ArtifactState
    seconds: int
    client_certificates: ClientCertificates
    caller: Caller
    now: datetime


@rule(
    "AX-02",
    "the content type is text/xml",
    "W",
    mend="Send Content-Type: text/xml, as SOAP 1.1 says; brokers demand it since April 2022.",
    reference=INTERFACE,
)
def content_type(seen: SeenResolve) -> Fault | None:
    received = seen.content_type.partition(";")[0].strip().lower()
    return None if received == "text/xml" else Fault("text/xml", received or "nothing", "Content-Type")


@rule(
    "AX-03",
    "the message is signed with a key from the metadata",
    "R",
    mend="Sign samlp:ArtifactResolve with the key whose certificate is in your metadata.",
    reference=SIGNATURE,
)
def signed(seen: SeenResolve) -> Fault | None:
    if seen.sp is None:
        raise NotApplicable
    problem = seen.signature_problem
    if problem is None:
        return None
    return Fault(problem.expected, problem.received, "ds:Signature", problem.line)


@rule(
    "AX-03-algorithm",
    "the signature is RSA-SHA256",
    "W/R",
    mend="Set the signature algorithm to http://www.w3.org/2001/04/xmldsig-more#rsa-sha256.",
    reference=SIGNATURE,
)
def algorithm(seen: SeenResolve) -> Fault | None:
    if seen.signed is None:
        raise NotApplicable
    received = seen.signed.signature_algorithm
    return None if received == names.RSA_SHA256 else Fault(names.RSA_SHA256, received, "SignatureMethod")


@rule(
    "AX-03-key-info",
    "KeyInfo is absent or has a KeyName only",
    "W",
    mend="Put only ds:KeyName in KeyInfo.",
    reference=SIGNATURE,
)
def key_info(seen: SeenResolve) -> Fault | None:
    return shared.only_a_key_name(seen.signed)


@rule(
    "AX-04",
    "Issuer is the service provider that the artifact was made for",
    "R",
    mend="Resolve the artifact as the same entity id that sent the AuthnRequest.",
    reference=METADATA,
)
def issuer(seen: SeenResolve) -> Fault | None:
    if seen.sp is None:
        return Fault("the entityID of metadata that this broker has", f'"{seen.request.issuer}"', "Issuer")
    if seen.artifact is ArtifactState.OTHER_SP:
        return Fault("the service provider that asked for this login", f'"{seen.request.issuer}"', "Issuer")
    return None


@rule(
    "AX-05",
    "the artifact is one that this broker made",
    "R",
    mend="Send the value of SAMLart as it came, URL-decoded once.",
    reference=BINDINGS,
)
def known(seen: SeenResolve) -> Fault | None:
    if seen.artifact is ArtifactState.UNSEEN:
        raise NotApplicable
    if seen.artifact is ArtifactState.FOREIGN:
        return Fault("type 0x0004 with the SourceID of this broker", "another one", "samlp:Artifact")
    if seen.artifact is ArtifactState.UNKNOWN:
        return Fault("an artifact that this broker handed out", "one that it does not know", "samlp:Artifact")
    return None


@rule(
    "AX-06",
    "the artifact is resolved in time",
    "E",
    mend="Resolve it as soon as the browser brings it.",
    reference=BINDINGS,
)
def in_time(seen: SeenResolve) -> Fault | None:
    if seen.artifact is ArtifactState.UNSEEN:
        raise NotApplicable
    if seen.artifact is not ArtifactState.LATE:
        return None
    return Fault(f"within {seen.seconds} seconds", "later", "samlp:Artifact")


@rule(
    "AX-07",
    "the call is over mutual TLS, with a certificate from the metadata",
    "W",
    mend="Call with the certificate and private key of your metadata, or put the certificate that you call with "
    "in a KeyDescriptor of your metadata: it counts as soon as the broker has that.",
    reference=INTERFACE,
)
def client_certificate(seen: SeenResolve) -> Fault | None:
    if seen.sp is None or seen.client_certificates is ClientCertificates.OFF:
        raise NotApplicable
    required = seen.client_certificates is ClientCertificates.REQUIRED
    severity = Severity.REFUSED if required else Severity.WARNING
    known = seen.sp.signing + seen.sp.encryption
    shown = seen.caller.certificate
    if shown is None or not any(_same_key(shown, certificate) for certificate in known):
        return Fault(
            _one_of(known), str(seen.caller), "TLS", mend=_where_to_call(seen.caller), severity=severity
        )
    if not shown.valid_at(seen.now):
        begin, end = shown.x509.not_valid_before_utc, shown.x509.not_valid_after_utc
        return Fault(
            f"a client certificate that is valid at {seen.now:%Y-%m-%d %H:%M} UTC",
            f"one that is valid from {begin:%Y-%m-%d} to {end:%Y-%m-%d}",
            "TLS",
            mend="Renew the certificate, and put the new one in your metadata.",
            severity=severity,
        )
    return None


def _same_key(one: Certificate, other: Certificate) -> bool:
    """A certificate that was renewed for the same key is as good: the key is what the call was proven with."""
    return one.der == other.der or one.subject_public_key == other.subject_public_key


def _one_of(known: tuple[Certificate, ...]) -> str:
    fingerprints = list(dict.fromkeys(certificate.fingerprint for certificate in known))
    if not fingerprints:
        return "a client certificate that is in the metadata, which has none"
    return f"the client certificate with SHA-256 {' or '.join(fingerprints)}"


def _where_to_call(caller: Caller) -> str | None:
    if caller.asked:
        return None
    return (
        "At this address no certificate is asked for. Call the Location of ArtifactResolutionService in the "
        "broker's metadata; the broker must be started with --tls, or be told of a TLS proxy that it may trust."
    )


@rule(
    "AX-08",
    "the artifact is resolved once",
    "E",
    mend="Keep the answer, or send the person through a new login: an artifact works once.",
    reference=BINDINGS,
)
def once(seen: SeenResolve) -> Fault | None:
    if seen.artifact is ArtifactState.UNSEEN:
        raise NotApplicable
    if seen.artifact is not ArtifactState.USED:
        return None
    return Fault("the first time", "a second time", "samlp:Artifact")
