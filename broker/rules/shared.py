"""Checks that messages of more than one kind must stand: what their rules have in common."""

from __future__ import annotations

from datetime import datetime

from broker.rules.authn.seen import Source, said
from broker.rules.engine import Fault, NotApplicable
from broker.wire import instants, names
from broker.wire.metadata import SpMetadata
from broker.wire.places import Spot, spot
from broker.wire.signing import Fault as SignatureFault
from broker.wire.signing import SignatureProblem, Signed

MENDS = {
    SignatureFault.MISPLACED: "Put ds:Signature directly in the root element, after Issuer.",
    SignatureFault.STRUCTURE: "Sign the root once, as a whole, by its ID, with the scheme's two transforms.",
    SignatureFault.DIGEST: "Nothing may change after signing: no indenting, no added element.",
    SignatureFault.KEY: "Sign with the key whose certificate is in your metadata, or renew that.",
    SignatureFault.ALGORITHM: "Use RSA-SHA256 and SHA-256; MD5, RIPEMD and HMAC are never accepted.",
}


def signature(problem: SignatureProblem | None, *faults: SignatureFault) -> Fault | None:
    """What is wrong with the signature, if it is one of these."""
    if problem is None or problem.fault not in faults:
        return None
    mend = problem.mend or MENDS.get(problem.fault)
    where = "" if problem.at else "ds:Signature" if problem.line else "the query parameter Signature"
    if problem.fault is SignatureFault.MISSING:
        where = "ds:Signature"
    return Fault(problem.expected, problem.received, where, problem.line, mend, at=problem.at)


def rsa_sha256(signed: Signed | None) -> Fault | None:
    if signed is None:
        raise NotApplicable
    received = signed.signature_algorithm
    if received == names.RSA_SHA256:
        return None
    where = "" if signed.element is not None else "SigAlg"
    at = _in(signed, "ds:SignedInfo", "ds:SignatureMethod", attribute="Algorithm")
    return Fault(names.RSA_SHA256, received, where, signed.line, at=at)


def sha256(signed: Signed | None) -> Fault | None:
    if signed is None or signed.digest_algorithm is None:
        raise NotApplicable
    if signed.digest_algorithm == names.SHA256:
        return None
    at = _in(signed, "ds:SignedInfo", "ds:Reference", "ds:DigestMethod", attribute="Algorithm")
    return Fault(names.SHA256, signed.digest_algorithm, at=at)


def exclusive(signed: Signed | None) -> Fault | None:
    """Exclusive C14N without comments for SignedInfo and as second transform."""
    if signed is None or signed.canonicalization is None:
        raise NotApplicable
    used = {signed.canonicalization, *signed.transforms[1:]}
    if used == {names.EXC_C14N}:
        return None
    wrong = "ds:CanonicalizationMethod"
    if signed.canonicalization != names.EXC_C14N:
        at = _in(signed, "ds:SignedInfo", wrong, attribute="Algorithm")
    else:
        at = _in(signed, "ds:SignedInfo", "ds:Reference", "ds:Transforms")
    return Fault(names.EXC_C14N, ", ".join(sorted(used)), at=at)


def only_a_key_name(signed: Signed | None) -> Fault | None:
    """KeyInfo is absent or has a KeyName only (spec 7)."""
    if signed is None or not signed.key_info:
        raise NotApplicable
    if signed.key_info == ("KeyName",):
        return None
    return Fault("KeyName", ", ".join(signed.key_info), at=_in(signed, "ds:KeyInfo"))


def key_name_known(signed: Signed | None, sp: SpMetadata | None) -> Fault | None:
    if signed is None or signed.key_name is None or sp is None:
        raise NotApplicable
    known = [certificate.key_name for certificate in sp.signing]
    if signed.key_name in known:
        return None
    at = _in(signed, "ds:KeyInfo", "ds:KeyName")
    return Fault("one of " + ", ".join(known), said(signed.key_name), at=at)


def certificate_valid(signed: Signed | None, now: datetime) -> Fault | None:
    """RSA of 2048 bits or more, and valid now."""
    if signed is None:
        raise NotApplicable
    certificate = signed.certificate
    bits = certificate.public_key.key_size
    if bits < 2048:
        return Fault(
            "2048 bits or more",
            f"{bits} bits",
            "certificate in the metadata",
            mend="Make a key of 2048 bits or more, and give the broker the metadata that has its certificate.",
        )
    if certificate.valid_at(now):
        return None
    start = instants.write(certificate.x509.not_valid_before_utc)
    end = instants.write(certificate.x509.not_valid_after_utc)
    received = f"valid from {start} to {end}: SHA-256 {certificate.fingerprint}"
    mend = None
    if now < certificate.x509.not_valid_before_utc:
        mend = "Sign by the certificate from before until this one is valid, and keep both in your metadata till then."
    return Fault(f"valid at {instants.write(now)}", received, "certificate in the metadata", mend=mend)


def from_its_sender(source: Source | None, issuer: str | None, at: Spot) -> Fault | None:
    """What came by artifact is of the provider whose artifact it was."""
    if source is None:
        raise NotApplicable
    if issuer == source.sp:
        return None
    return Fault(f'"{source.sp}", whose artifact it is', said(issuer), at=at)


def over_tls(source: Source | None) -> Fault | None:
    """What came by artifact came over https."""
    if source is None:
        raise NotApplicable
    return None if source.url.startswith("https:") else Fault("https", source.url, "back channel")


def _in(signed: Signed, *path: str, attribute: str = "") -> Spot | None:
    return None if signed.element is None else spot(signed.element, *path, attribute=attribute)
