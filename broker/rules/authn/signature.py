"""Its signature (AR-26..33, AR-42)."""

from __future__ import annotations

from datetime import UTC, datetime

from broker.rules import shared
from broker.rules.authn.examples import rule, sent
from broker.rules.authn.seen import NCNAME, SeenRequest
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, SIGNATURE
from broker.wire import names
from broker.wire.signing import Fault as SignatureFault
from broker.wire.signing import SignatureProblem

BELIEF = "without a good signature anybody could send this message"
SHA256_METHOD = f'SignatureMethod Algorithm="{names.RSA_SHA256}"'


@rule(
    "AR-26",
    "the request is signed",
    "R",
    mend="Sign the request: inside the message for HTTP-POST, in the query for HTTP-Redirect.",
    reference=SIGNATURE,
    firm=BELIEF,
    bad=sent(cut="ds:Signature", check=True),
    why="By HTTP-Redirect the signature is in the query: SigAlg and Signature. A ds:Signature in the message does not "
    "count there.",
)
def signature_present(seen: SeenRequest) -> Fault | None:
    return _signature(seen, SignatureFault.MISSING)


@rule(
    "AR-27",
    "the signature covers the whole message and is made with a key from the metadata",
    "R",
    mend="Sign the root element as a whole, with the private key whose certificate is in your metadata.",
    reference=SIGNATURE,
    firm=BELIEF,
    bad=sent(('ForceAuthn="true"', 'ForceAuthn="true"\n    ProviderName="Voorbeeldgemeente"'), check=True),
    good=sent(check=True),
    why="The finding tells apart: a signature in the wrong place, one of another structure, a message that was changed "
    "after it was signed (and which part, where that can be known), another key than those of the metadata (and whose, "
    "where that is known), and an algorithm that is never accepted.",
)
def signature_good(seen: SeenRequest) -> Fault | None:
    """The signature is a child of the root, has one Reference, to the ID of the root, and the two usual transforms."""
    return _signature(
        seen,
        SignatureFault.MISPLACED,
        SignatureFault.STRUCTURE,
        SignatureFault.DIGEST,
        SignatureFault.KEY,
        SignatureFault.ALGORITHM,
    )


@rule(
    "AR-28",
    "the signature is RSA-SHA256",
    "E/R",
    mend="Set the signature algorithm to http://www.w3.org/2001/04/xmldsig-more#rsa-sha256.",
    reference=SIGNATURE,
    bad=sent((SHA256_METHOD, f'SignatureMethod Algorithm="{names.RSA_SHA1}"')),
    certainty="RSA-PSS is mentioned nowhere in the scheme; here it is a finding too.",
)
def signature_algorithm(seen: SeenRequest) -> Fault | None:
    return shared.rsa_sha256(seen.signed)


@rule(
    "AR-29",
    "the digest is SHA-256",
    "E/R",
    mend="Set the digest algorithm to http://www.w3.org/2001/04/xmlenc#sha256.",
    reference=SIGNATURE,
    bad=sent((f'DigestMethod Algorithm="{names.SHA256}"', f'DigestMethod Algorithm="{names.SHA1}"')),
)
def digest_algorithm(seen: SeenRequest) -> Fault | None:
    return shared.sha256(seen.signed)


@rule(
    "AR-30",
    "canonicalisation is exclusive, without comments",
    "E/E/W",
    mend="Use http://www.w3.org/2001/10/xml-exc-c14n# for SignedInfo and as second transform.",
    reference=SIGNATURE,
    bad=sent(
        (
            f'CanonicalizationMethod Algorithm="{names.EXC_C14N}"',
            f'CanonicalizationMethod Algorithm="{names.C14N}"',
        )
    ),
)
def canonicalization(seen: SeenRequest) -> Fault | None:
    return shared.exclusive(seen.signed)


@rule(
    "AR-31",
    "KeyInfo is absent or has a KeyName only",
    "W/W/-",
    mend="Put only ds:KeyName in KeyInfo; the broker takes the certificate from your metadata anyway.",
    reference=SIGNATURE,
    bad=sent(
        (
            "</ds:KeyName>",
            "</ds:KeyName>\n      <ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
        )
    ),
    certainty="Service providers on django-digid-eherkenning send X509Data, and brokers take it.",
)
def key_info(seen: SeenRequest) -> Fault | None:
    return shared.only_a_key_name(seen.signed)


@rule(
    "AR-32",
    "KeyName is one of the metadata's",
    "E/E/W",
    mend="Send the KeyName that stands in your metadata beside the certificate you sign with.",
    reference=SIGNATURE,
    bad=sent(("<ds:KeyName>29b7", "<ds:KeyName>0000")),
    certainty="The scheme's text on the value is not known to us; metadata in use has the SHA-256 or SHA-1 of the "
    "certificate, in hexadecimal.",
)
def key_name(seen: SeenRequest) -> Fault | None:
    return shared.key_name_known(seen.signed, seen.sp)


@rule(
    "AR-33",
    "the key is RSA of 2048 bits or more and its certificate is valid now",
    "E",
    mend="Renew the certificate, and give the broker the metadata that has the new one.",
    reference=SIGNATURE,
    bad=sent(
        ("2026-02-02T09:00:00Z", "2035-01-01T00:00:00Z"),
        shown="The certificate in the metadata is valid until 2034-01-01, and today is 2035-01-01.",
        now=datetime(2035, 1, 1, tzinfo=UTC),
    ),
)
def certificate_valid(seen: SeenRequest) -> Fault | None:
    return shared.certificate_valid(seen.signed, seen.now)


def _signature(seen: SeenRequest, *faults: SignatureFault) -> Fault | None:
    problem = seen.signature_problem
    if problem is None and seen.signed is None:
        raise NotApplicable
    by_id = problem is not None and problem.fault in (SignatureFault.STRUCTURE, SignatureFault.DIGEST)
    if by_id and not NCNAME.fullmatch(seen.request.id or ""):
        raise NotApplicable  # no reference finds such an ID: AR-03's, which refuses it too
    return shared.signature(seen.signature_problem, *faults)


@rule(
    "AR-42",
    "the query is signed as it was sent",
    "R",
    mend="Sign SAMLRequest, RelayState and SigAlg in that order, each as it stands in the query.",
    reference=BINDINGS,
    firm=BELIEF,
    bad=sent(
        shown="SAMLRequest=nZLB...%3d&SigAlg=http%3a%2f%2f...rsa-sha256&Signature=...\n\nsigned over: "
        "SAMLRequest=nZLB...%3D&SigAlg=http%3A%2F%2F...rsa-sha256",
        binding=names.HTTP_REDIRECT,
        signed=None,
        signature_problem=SignatureProblem(
            SignatureFault.QUERY,
            "a signature over SAMLRequest, RelayState and SigAlg in that order, as sent",
            "one over SAMLRequest, SigAlg, with upper-case percent-encoding",
        ),
    ),
    why="SAML signs the octets of the query, not what they mean: %2f and %2F are two texts. The finding says in which "
    "order and encoding the parameters were signed, if one of those that libraries use verifies.",
)
def query_as_signed(seen: SeenRequest) -> Fault | None:
    return _signature(seen, SignatureFault.QUERY)
