"""Rules AX-..: what an ArtifactResolve must be (spec 3.1, Checks B)."""

from __future__ import annotations

from lxml import etree

from broker.rules import shared, signatures
from broker.rules.authn.seen import said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, INTERFACE, METADATA, SIGNATURE, Severity
from broker.rules.resolve_form import by_id, unreadable, wrong_type
from broker.rules.resolve_seen import (
    RULES,
    ArtifactState,
    Caller,
    ClientCertificates,
    SeenResolve,
    rule,
    sent,
)
from broker.rules.signatures import Signatures
from broker.wire import names
from broker.wire.artifact import ArtifactProblem, read_artifact, source_id
from broker.wire.keys import Certificate
from broker.wire.places import Spot
from broker.wire.signing import Fault as SignatureFault
from broker.wire.xml import named_in

__all__ = [
    "RULES",
    "ArtifactState",
    "Caller",
    "ClientCertificates",
    "SeenResolve",
    "unreadable",
    "wrong_type",
]

BELIEF = "without a good signature anybody could have the answer of a login"


@rule(
    "AX-03",
    "the message is signed with a key from the metadata",
    "R",
    mend="Sign samlp:ArtifactResolve with the key whose certificate is in your metadata.",
    reference=SIGNATURE,
    firm=BELIEF,
    bad=sent(cut="ds:Signature", check=True),
    good=sent(check=True),
    why="The finding tells the reasons apart as AR-27 does.",
)
def signed(seen: SeenResolve) -> Fault | None:
    if seen.sp is None or by_id(seen):
        raise NotApplicable  # AX-04's, or AX-01-id's: either refuses it
    return shared.signature(seen.signature_problem, *SignatureFault)


SIGNATURES = Signatures(RULES, sent)
SIGNATURES.rule("AX-03-algorithm", signatures.ALGORITHM, "W/R")
SIGNATURES.rule("AX-03-digest", signatures.DIGEST, "W/E")
SIGNATURES.rule("AX-03-c14n", signatures.CANONICALIZATION, "W/E")
SIGNATURES.rule("AX-03-key-info", signatures.KEY_INFO, "W", mend="Put only ds:KeyName in KeyInfo.")
SIGNATURES.rule("AX-03-key-name", signatures.KEY_NAME, "W/E")
SIGNATURES.rule(
    "AX-03-certificate",
    signatures.CERTIFICATE,
    "W/E",
    bad=SIGNATURES.in_2035("2026-02-02T09:00:20Z", client_certificates=ClientCertificates.OFF),
)


@rule(
    "AX-04",
    "Issuer is the service provider that the artifact was made for",
    "R",
    mend="Resolve the artifact as the same entity id that sent the AuthnRequest.",
    reference=METADATA,
    firm="the answer of a login is for the service provider that asked for it",
    bad=sent(
        shown="Another service provider than the one that began the login.", artifact=ArtifactState.OTHER_SP
    ),
)
def issuer(seen: SeenResolve) -> Fault | None:
    at = seen.at("saml:Issuer")
    if seen.sp is None:
        return Fault("the entityID of metadata that this broker has", said(seen.request.issuer), at=at)
    if seen.artifact is ArtifactState.OTHER_SP:
        return Fault("the service provider that asked for this login", said(seen.request.issuer), at=at)
    return None


@rule(
    "AX-04-bare",
    "Issuer has no attributes",
    "W/W/-",
    mend="Leave Format, NameQualifier and their kin off Issuer.",
    reference=INTERFACE,
    bad=sent(("<saml:Issuer>", '<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">')),
)
def issuer_bare(seen: SeenResolve) -> Fault | None:
    found = [str(name) for name in seen.at("saml:Issuer").element.attrib] if seen.request.issuer else []
    if not found:
        return None
    return Fault("no attributes", ", ".join(found), at=seen.at("saml:Issuer", attribute=found[0]))


@rule(
    "AX-05",
    "the artifact is one that this broker made",
    "R",
    mend="Send the value of SAMLart as it came, URL-decoded once: %2B is a +, and a + in a query is a blank.",
    reference=BINDINGS,
    firm="there is no message to give",
    bad=sent(shown="An artifact that this broker never handed out.", artifact=ArtifactState.UNKNOWN),
)
def known(seen: SeenResolve) -> Fault | None:
    at = seen.at("samlp:Artifact")
    if seen.artifact is ArtifactState.UNSEEN:
        raise NotApplicable
    if seen.artifact is ArtifactState.FOREIGN:
        return _no_artifact(seen)
    if seen.artifact is ArtifactState.UNKNOWN:
        return Fault("an artifact that this broker handed out", "one that it does not know", at=at)
    return None


def _no_artifact(seen: SeenResolve) -> Fault:
    """What was sent in its place."""
    text, at = seen.request.artifact, seen.at("samlp:Artifact")
    expected = "44 bytes in base64: type 0x0004, with the SourceID of this broker"
    if text is None:
        other = next(
            (n for n in seen.request.element if etree.QName(n).localname.lower() == "artifact"), None
        )
        mend = "Put the value of SAMLart in samlp:Artifact, as the last child of samlp:ArtifactResolve."
        if other is None:
            return Fault(expected, "no samlp:Artifact", mend=mend, at=at)
        mend = f"Write samlp:Artifact, of the namespace {names.SAMLP}."
        return Fault(expected, named_in(other), mend=mend, at=Spot(other))
    try:
        artifact = read_artifact(text)
    except ArtifactProblem as problem:
        return Fault(expected, f"{said(text)}: {problem}", mend=problem.mend or None, at=at)
    if seen.sp is not None and artifact.source_id == source_id(seen.sp.entity_id):
        mend = (
            "Send the artifact that the broker gave to the browser: this is one of your own, for a request."
        )
        return Fault(expected, f"{said(text)}: its SourceID is that of the sender itself", mend=mend, at=at)
    mend = "Send the artifact to the broker that made it: look which environment the login was at."
    received = f"{said(text)}: its SourceID is {artifact.source_id.hex()}, of another broker"
    return Fault(expected, received, mend=mend, at=at)


@rule(
    "AX-06",
    "the artifact is resolved in time",
    "E",
    mend="Resolve it as soon as the browser brings it.",
    reference=BINDINGS,
    bad=sent(shown="The call comes 61 seconds after the artifact was made.", artifact=ArtifactState.LATE),
    certainty="How long an artifact lives could not be confirmed. Here it is 60 seconds (broker.artifact_seconds).",
)
def in_time(seen: SeenResolve) -> Fault | None:
    if seen.artifact is ArtifactState.UNSEEN:
        raise NotApplicable
    if seen.artifact is not ArtifactState.LATE:
        return None
    return Fault(f"within {seen.seconds} seconds", "later", at=seen.at("samlp:Artifact"))


@rule(
    "AX-07",
    "the call is over mutual TLS, with a certificate from the metadata",
    "W",
    mend="Call with the certificate and private key of your metadata, or put the certificate that you call with "
    "in a KeyDescriptor of your metadata: it counts as soon as the broker has that.",
    reference=INTERFACE,
    firm="whether a client certificate is demanded is a setting of its own: client_certificates under broker:",
    bad=sent(shown="A call without a client certificate.", caller=Caller(asked=True)),
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
    bad=sent(
        shown="The same artifact a second time: after a reload of the page, or a retry.",
        artifact=ArtifactState.USED,
    ),
)
def once(seen: SeenResolve) -> Fault | None:
    if seen.artifact is ArtifactState.UNSEEN:
        raise NotApplicable
    if seen.artifact is not ArtifactState.USED:
        return None
    return Fault("the first time", "a second time", at=seen.at("samlp:Artifact"))
