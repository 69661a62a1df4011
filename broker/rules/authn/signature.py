"""Its signature (AR-26..33)."""

from __future__ import annotations

from broker.rules import shared
from broker.rules.authn.seen import (
    SeenRequest,
    rule,
    said,
)
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import SIGNATURE
from broker.wire import instants, names
from broker.wire.signing import Fault as SignatureFault


@rule(
    "AR-26",
    "the request is signed",
    "R",
    mend="Sign the request: inside the message for HTTP-POST, in the query for HTTP-Redirect.",
    reference=SIGNATURE,
)
def signature_present(seen: SeenRequest) -> Fault | None:
    return _signature(seen, (SignatureFault.MISSING,))


@rule(
    "AR-27",
    "the signature covers the whole message and is made with a key from the metadata",
    "R",
    mend="Sign the root element as a whole, with the private key whose certificate is in your metadata.",
    reference=SIGNATURE,
)
def signature_good(seen: SeenRequest) -> Fault | None:
    return _signature(
        seen,
        (
            SignatureFault.MISPLACED,
            SignatureFault.STRUCTURE,
            SignatureFault.DIGEST,
            SignatureFault.KEY,
        ),
    )


@rule(
    "AR-28",
    "the signature is RSA-SHA256",
    "E/R",
    mend="Set the signature algorithm to http://www.w3.org/2001/04/xmldsig-more#rsa-sha256.",
    reference=SIGNATURE,
)
def signature_algorithm(seen: SeenRequest) -> Fault | None:
    if seen.signed is None:
        raise NotApplicable
    if seen.signed.signature_algorithm == names.RSA_SHA256:
        return None
    return Fault(
        names.RSA_SHA256, seen.signed.signature_algorithm, "SignatureMethod or SigAlg", seen.signed.line
    )


@rule(
    "AR-29",
    "the digest is SHA-256",
    "E/R",
    mend="Set the digest algorithm to http://www.w3.org/2001/04/xmlenc#sha256.",
    reference=SIGNATURE,
)
def digest_algorithm(seen: SeenRequest) -> Fault | None:
    if seen.signed is None or seen.signed.digest_algorithm is None:
        raise NotApplicable
    if seen.signed.digest_algorithm == names.SHA256:
        return None
    return Fault(names.SHA256, seen.signed.digest_algorithm, "DigestMethod", seen.signed.line)


@rule(
    "AR-30",
    "canonicalisation is exclusive, without comments",
    "E/E/W",
    mend="Use http://www.w3.org/2001/10/xml-exc-c14n# for SignedInfo and as second transform.",
    reference=SIGNATURE,
)
def canonicalization(seen: SeenRequest) -> Fault | None:
    if seen.signed is None or seen.signed.canonicalization is None:
        raise NotApplicable
    used = {seen.signed.canonicalization, *seen.signed.transforms[1:]}
    if used == {names.EXC_C14N}:
        return None
    return Fault(
        names.EXC_C14N, ", ".join(sorted(used)), "CanonicalizationMethod, Transform", seen.signed.line
    )


@rule(
    "AR-31",
    "KeyInfo is absent or has a KeyName only",
    "W/W/-",
    mend="Put only ds:KeyName in KeyInfo; the broker takes the certificate from your metadata anyway.",
    reference=SIGNATURE,
)
def key_info(seen: SeenRequest) -> Fault | None:
    return shared.only_a_key_name(seen.signed)


@rule(
    "AR-32",
    "KeyName is one of the metadata's",
    "E/E/W",
    mend="Send the KeyName that stands in your metadata beside the certificate you sign with.",
    reference=SIGNATURE,
)
def key_name(seen: SeenRequest) -> Fault | None:
    if seen.signed is None or seen.signed.key_name is None or seen.sp is None:
        raise NotApplicable
    known = [certificate.key_name for certificate in seen.sp.signing]
    if seen.signed.key_name in known:
        return None
    return Fault("one of " + ", ".join(known), said(seen.signed.key_name), "KeyName", seen.signed.line)


@rule(
    "AR-33",
    "the key is RSA of 2048 bits or more and its certificate is valid now",
    "E",
    mend="Renew the certificate, and give the broker the metadata that has the new one.",
    reference=SIGNATURE,
)
def certificate_valid(seen: SeenRequest) -> Fault | None:
    if seen.signed is None:
        raise NotApplicable
    certificate = seen.signed.certificate
    if certificate.public_key.key_size < 2048:
        return Fault(
            "2048 bits or more", f"{certificate.public_key.key_size} bits", "certificate in the metadata"
        )
    if certificate.valid_at(seen.now):
        return None
    start = instants.write(certificate.x509.not_valid_before_utc)
    end = instants.write(certificate.x509.not_valid_after_utc)
    return Fault(
        f"valid at {instants.write(seen.now)}", f"valid from {start} to {end}", "certificate in the metadata"
    )


def _signature(seen: SeenRequest, faults: tuple[SignatureFault, ...]) -> Fault | None:
    problem = seen.signature_problem
    if problem is None and seen.signed is None:
        raise NotApplicable
    covered = (*faults, SignatureFault.ALGORITHM) if SignatureFault.KEY in faults else faults
    if problem is None or problem.fault not in covered:
        return None
    mends = {
        SignatureFault.MISPLACED: "Put ds:Signature directly in the root element, after Issuer.",
        SignatureFault.STRUCTURE: "Sign the root once, as a whole, by its ID, with the scheme's two transforms.",
        SignatureFault.DIGEST: "Nothing may change after signing: no indenting, no added element.",
        SignatureFault.KEY: "Sign with the key whose certificate is in your metadata, or renew that.",
        SignatureFault.ALGORITHM: "Use RSA-SHA256 and SHA-256; MD5, RIPEMD and HMAC are never accepted.",
    }
    return Fault(problem.expected, problem.received, "ds:Signature", problem.line, mends.get(problem.fault))
