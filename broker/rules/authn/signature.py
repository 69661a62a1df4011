"""Its signature (AR-26..33, AR-42)."""

from __future__ import annotations

from dataclasses import replace

from broker.rules import shared, signatures
from broker.rules.authn.examples import RULES, rule, sent
from broker.rules.authn.seen import NCNAME, SeenRequest
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, SIGNATURE, Severity
from broker.rules.signatures import Signatures
from broker.wire import names
from broker.wire.signing import Fault as SignatureFault
from broker.wire.signing import SignatureProblem

BELIEF = "without a good signature anybody could send this message"


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
    problem = seen.signature_problem
    if problem is not None and problem.fault in (SignatureFault.METHOD, SignatureFault.CANONICAL):
        raise NotApplicable  # AR-28's and AR-30's, which refuse it
    return _signature(
        seen,
        SignatureFault.MISPLACED,
        SignatureFault.STRUCTURE,
        SignatureFault.DIGEST,
        SignatureFault.KEY,
        SignatureFault.ALGORITHM,
    )


def signature_algorithm(seen: SeenRequest) -> Fault | None:
    if fault := _signature(seen, SignatureFault.METHOD):
        return replace(fault, severity=Severity.REFUSED, firm=True)
    return shared.rsa_sha256(seen.signed)


def canonicalization(seen: SeenRequest) -> Fault | None:
    if fault := _signature(seen, SignatureFault.CANONICAL):
        return replace(fault, severity=Severity.REFUSED, firm=True)
    return shared.exclusive(seen.signed)


SIGNATURES = Signatures(RULES, sent)
SIGNATURES.rule(
    "AR-28",
    signatures.ALGORITHM,
    "E/R",
    check=signature_algorithm,
    certainty="RSA-PSS is mentioned nowhere in the scheme; here it is a finding too.",
    why="RSA-PSS with a salt as long as its digest is read in a message. Any other, and any in a query, is refused: "
    "that cannot be suppressed.",
)
SIGNATURES.rule("AR-29", signatures.DIGEST, "E/R")
SIGNATURES.rule(
    "AR-30",
    signatures.CANONICALIZATION,
    "E/E/W",
    check=canonicalization,
    why="One that keeps comments is refused, and that cannot be suppressed: what a comment hides is not signed.",
)
SIGNATURES.rule(
    "AR-31",
    signatures.KEY_INFO,
    "W/W/-",
    certainty="Service providers on django-digid-eherkenning send X509Data, and brokers take it.",
)
SIGNATURES.rule(
    "AR-32",
    signatures.KEY_NAME,
    "E/E/W",
    certainty="The scheme's text on the value is not known to us; metadata in use has the SHA-256 or SHA-1 of the "
    "certificate, in hexadecimal.",
)
SIGNATURES.rule("AR-33", signatures.CERTIFICATE, "E", bad=SIGNATURES.in_2035("2026-02-02T09:00:00Z"))


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
