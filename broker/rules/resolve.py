"""Rules AX-..: what an ArtifactResolve must be (spec 3.1, Checks B)."""

from __future__ import annotations

from datetime import UTC, datetime

from broker.rules import shared
from broker.rules.authn.seen import NCNAME, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, CORE, INTERFACE, METADATA, SIGNATURE, Severity
from broker.rules.resolve_seen import (
    RULES,
    ArtifactState,
    Caller,
    ClientCertificates,
    SeenResolve,
    rule,
    sent,
)
from broker.wire import instants, names, schema
from broker.wire.artifact import ArtifactProblem, read_artifact
from broker.wire.keys import Certificate
from broker.wire.signing import Fault as SignatureFault
from broker.wire.xml import XmlProblem

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
    "AX-01",
    "the call is one ArtifactResolve in a SOAP 1.1 envelope",
    "R",
    mend="POST a soap:Envelope (http://schemas.xmlsoap.org/soap/envelope/) with one samlp:ArtifactResolve in its "
    "Body.",
    reference=BINDINGS,
    firm="what is not an ArtifactResolve cannot be answered",
    bad=sent(
        (
            'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"',
            'xmlns:soap="http://www.w3.org/2003/05/soap-envelope"',
        )
    ),
)
def envelope(seen: SeenResolve) -> Fault | None:
    return None if seen.unreadable is None else unreadable(seen.unreadable)


def unreadable(problem: XmlProblem) -> Fault:
    return Fault("one samlp:ArtifactResolve in SOAP 1.1", problem.reason, "soap:Envelope", problem.line)


@rule(
    "AX-01-schema",
    "the message is valid against the SAML schema",
    "W/E",
    mend="Send a samlp:ArtifactResolve as the SAML 2.0 protocol schema describes it: Issuer, Signature, Artifact.",
    reference=CORE,
    bad=sent(
        ("</samlp:ArtifactResolve>", "  <samlp:Artifact>AAQA</samlp:Artifact>\n</samlp:ArtifactResolve>")
    ),
)
def schema_valid(seen: SeenResolve) -> Fault | None:
    error = schema.first_error(seen.request.element)
    if error is None:
        return None
    expected = "a message that the SAML 2.0 protocol schema accepts"
    return Fault(expected, error.message.removesuffix("."), line=error.line, at=error.at)


@rule(
    "AX-01-id",
    "@ID is there and is an NCName",
    "W/E",
    mend="Give every ArtifactResolve an ID that starts with a letter or an underscore.",
    reference=CORE,
    bad=sent(('ID="_1b2c', 'ID="1b2c')),
)
def has_id(seen: SeenResolve) -> Fault | None:
    if NCNAME.fullmatch(seen.request.id):
        return None
    return Fault("an NCName", said(seen.request.id or None), at=seen.at(attribute="ID"))


@rule(
    "AX-01-version",
    "@Version is 2.0",
    "W/E",
    mend='Send Version="2.0".',
    reference=CORE,
    bad=sent(('Version="2.0"', 'Version="1.1"')),
)
def version(seen: SeenResolve) -> Fault | None:
    received = seen.request.element.get("Version")
    return None if received == "2.0" else Fault('"2.0"', said(received), at=seen.at(attribute="Version"))


@rule(
    "AX-01-age",
    "@IssueInstant is about now, in UTC",
    "W/E",
    mend="Write the time at which you resolve, in UTC ending in Z, and keep the clocks of both machines right (NTP).",
    reference=CORE,
    bad=sent(("2026-02-02T09:00:20Z", "2026-02-02T10:00:20Z")),
    certainty="How old it may be is said nowhere; the window is that of a request.",
)
def age(seen: SeenResolve) -> Fault | None:
    text = seen.request.issue_instant
    early, late = seen.now - seen.oldest, seen.now + seen.newest
    try:
        if text and text.endswith("Z") and early <= instants.read(text) <= late:
            return None
    except ValueError:
        pass
    expected = f"between {instants.write(early)} and {instants.write(late)}"
    return Fault(expected, said(text), at=seen.at(attribute="IssueInstant"))


@rule(
    "AX-01-destination",
    "@Destination, if there, is the address of the artifact service",
    "W/E",
    mend="Take the Location of ArtifactResolutionService from the broker's metadata, or leave Destination out.",
    reference=BINDINGS,
    bad=sent(("https://broker.example/artifact", "https://broker.example/sso/1.13")),
)
def destination(seen: SeenResolve) -> Fault | None:
    if seen.request.destination is None or not seen.endpoints:
        raise NotApplicable
    if seen.request.destination in seen.endpoints:
        return None
    expected = " or ".join(f'"{endpoint}"' for endpoint in seen.endpoints)
    return Fault(expected, said(seen.request.destination), at=seen.at(attribute="Destination"))


@rule(
    "AX-02",
    "the content type is text/xml",
    "W",
    mend="Send Content-Type: text/xml, as SOAP 1.1 says; brokers demand it since April 2022.",
    reference=INTERFACE,
    bad=sent(shown="Content-Type: application/soap+xml", content_type="application/soap+xml"),
    good=sent(shown="Content-Type: text/xml; charset=utf-8"),
)
def content_type(seen: SeenResolve) -> Fault | None:
    return wrong_type(seen.content_type)


def wrong_type(content_type: str) -> Fault | None:
    received = content_type.partition(";")[0].strip().lower()
    return None if received == "text/xml" else Fault("text/xml", received or "nothing", "Content-Type")


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
    if seen.sp is None:
        raise NotApplicable
    return shared.signature(seen.signature_problem, *SignatureFault)


@rule(
    "AX-03-algorithm",
    "the signature is RSA-SHA256",
    "W/R",
    mend="Set the signature algorithm to http://www.w3.org/2001/04/xmldsig-more#rsa-sha256.",
    reference=SIGNATURE,
    bad=sent(
        (f'SignatureMethod Algorithm="{names.RSA_SHA256}"', f'SignatureMethod Algorithm="{names.RSA_SHA1}"')
    ),
)
def algorithm(seen: SeenResolve) -> Fault | None:
    return shared.rsa_sha256(seen.signed)


@rule(
    "AX-03-digest",
    "the digest is SHA-256",
    "W/E",
    mend="Set the digest algorithm to http://www.w3.org/2001/04/xmlenc#sha256.",
    reference=SIGNATURE,
    bad=sent((f'DigestMethod Algorithm="{names.SHA256}"', f'DigestMethod Algorithm="{names.SHA1}"')),
)
def digest(seen: SeenResolve) -> Fault | None:
    return shared.sha256(seen.signed)


@rule(
    "AX-03-c14n",
    "canonicalisation is exclusive, without comments",
    "W/E",
    mend="Use http://www.w3.org/2001/10/xml-exc-c14n# for SignedInfo and as second transform.",
    reference=SIGNATURE,
    bad=sent(
        (
            f'CanonicalizationMethod Algorithm="{names.EXC_C14N}"',
            f'CanonicalizationMethod Algorithm="{names.C14N}"',
        )
    ),
)
def canonicalization(seen: SeenResolve) -> Fault | None:
    return shared.exclusive(seen.signed)


@rule(
    "AX-03-key-info",
    "KeyInfo is absent or has a KeyName only",
    "W",
    mend="Put only ds:KeyName in KeyInfo.",
    reference=SIGNATURE,
    bad=sent(
        (
            "</ds:KeyName>",
            "</ds:KeyName>\n      <ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
        )
    ),
)
def key_info(seen: SeenResolve) -> Fault | None:
    return shared.only_a_key_name(seen.signed)


@rule(
    "AX-03-key-name",
    "KeyName is one of the metadata's",
    "W/E",
    mend="Send the KeyName that stands in your metadata beside the certificate you sign with.",
    reference=SIGNATURE,
    bad=sent(("<ds:KeyName>29b7", "<ds:KeyName>0000")),
)
def key_name(seen: SeenResolve) -> Fault | None:
    return shared.key_name_known(seen.signed, seen.sp)


@rule(
    "AX-03-certificate",
    "the key is RSA of 2048 bits or more and its certificate is valid now",
    "W/E",
    mend="Renew the certificate, and give the broker the metadata that has the new one.",
    reference=SIGNATURE,
    bad=sent(
        ("2026-02-02T09:00:20Z", "2035-01-01T00:00:00Z"),
        shown="The certificate in the metadata is valid until 2034-01-01, and today is 2035-01-01.",
        now=datetime(2035, 1, 1, tzinfo=UTC),
        client_certificates=ClientCertificates.OFF,
    ),
)
def certificate_valid(seen: SeenResolve) -> Fault | None:
    return shared.certificate_valid(seen.signed, seen.now)


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
        try:
            read_artifact(seen.request.artifact or "")
            received = f"{said(seen.request.artifact)}, another one"
        except ArtifactProblem as problem:
            received = f"{said(seen.request.artifact)}: {problem}"
        return Fault("type 0x0004 with the SourceID of this broker", received, at=at)
    if seen.artifact is ArtifactState.UNKNOWN:
        return Fault("an artifact that this broker handed out", "one that it does not know", at=at)
    return None


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
