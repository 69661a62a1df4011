"""Rules AX-..: what an ArtifactResolve must be (spec 3.1, Checks B)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from broker.rules.engine import Fault, NotApplicable, Rules
from broker.rules.finding import BINDINGS, INTERFACE, METADATA, SIGNATURE
from broker.wire import names
from broker.wire.artifact import ArtifactResolve
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


@dataclass(frozen=True, slots=True)
class SeenResolve:
    request: ArtifactResolve
    content_type: str
    sp: SpMetadata | None
    signed: Signed | None
    signature_problem: SignatureProblem | None
    artifact: ArtifactState
    seconds: int


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
    "W/E",
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
    if seen.signed is None or not seen.signed.key_info:
        raise NotApplicable
    received = ", ".join(seen.signed.key_info)
    return None if received == "KeyName" else Fault("KeyName", received, "KeyInfo", seen.signed.line)


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
