"""Its signature (MD-02..03)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import SIGNATURE
from broker.rules.metadata.examples import other
from broker.rules.metadata.seen import Given, SeenMetadata, given, local, rule
from broker.wire import names
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.shape import Signing
from broker.wire.signing import Fault as SignatureFault
from broker.wire.signing import SignatureProblem, Signed, verify
from broker.wire.xml import Element, child, named, parse, serialize


@rule(
    "MD-02",
    "the metadata is signed",
    "W/E/-",
    mend="Sign the root as a whole: enveloped, RSA-SHA256, exclusive canonicalisation, SHA-256.",
    reference=SIGNATURE,
    **other(
        "<md:EntityDescriptor …><md:SPSSODescriptor …",
        "<md:EntityDescriptor …><ds:Signature>…</ds:Signature><md:SPSSODescriptor …",
        how="none",
    ),
)
def signed(seen: SeenMetadata) -> Fault | None:
    """A mock believes what is put in its folder, signed or not; a real broker does not."""
    _, problem = _signature(seen)
    if problem is None or problem.fault is not SignatureFault.MISSING:
        return None
    return Fault(problem.expected, problem.received, at=Spot(_signed_part(seen)))


_MENDS = {
    SignatureFault.MISPLACED: "Put ds:Signature directly in the root, as its first child.",
    SignatureFault.STRUCTURE: "Sign the root once, as a whole, by its ID: enveloped, then exclusive canonicalisation.",
    SignatureFault.ALGORITHM: "Write the algorithm that is expected, letter for letter, and sign by it.",
    SignatureFault.KEY: "Sign with the private key of the certificate in ds:KeyInfo, or put the certificate of the key "
    "that you sign with there; and look whether ds:SignatureValue is whole.",
}


@rule(
    "MD-02-good",
    "the signature of the metadata is good",
    "E/E/W",
    mend="Sign last, and change nothing after that: no indenting, no edited value.",
    reference=SIGNATURE,
    **other(
        "A document that was edited after it was signed.",
        "A document as it was signed.",
        after=("https://sp.example/acs", "https://sp.example/saml/acs"),
    ),
)
def signature_good(seen: SeenMetadata) -> Fault | None:
    """Checked with the certificate in it, or one of its KeyDescriptors: it shows that nothing changed, not by whom."""
    _, problem = _signature(seen)
    if problem is None:
        return None
    if problem.fault is SignatureFault.MISSING:
        raise NotApplicable
    part = _signed_part(seen)
    node = next(seen.readable.getroottree().iter(qname("ds:Signature")))
    if part.get("ID") is None:
        expected, received = f"an ID of {named(part)}, which the Reference names", "no ID"
        give = "Give the root an ID before you sign, such as _ and 32 hex digits, and let nothing take it out again."
        return Fault(expected, received, mend=give, at=Spot(part, "ID"))
    # What was found in a part of the document stands in a copy of it, which has no place here.
    at = problem.at if part is seen.root and problem.at is not None else Spot(node)
    mend = None if problem.fault is SignatureFault.KEY else problem.mend
    return Fault(problem.expected, problem.received, mend=mend or _MENDS.get(problem.fault), at=at)


@rule(
    "MD-02-algorithm",
    "the metadata is signed by RSA-SHA256 over SHA-256 and exclusive canonicalisation",
    "E/E/W",
    mend="Set http://www.w3.org/2001/04/xmldsig-more#rsa-sha256, http://www.w3.org/2001/04/xmlenc#sha256 and "
    "http://www.w3.org/2001/10/xml-exc-c14n#.",
    reference=SIGNATURE,
    **other(
        f'<ds:SignatureMethod Algorithm="{names.RSA_SHA512}"/>',
        f'<ds:SignatureMethod Algorithm="{names.RSA_SHA256}"/>',
        algorithms=Signing(names.RSA_SHA512, names.SHA512),
    ),
)
def algorithms(seen: SeenMetadata) -> Fault | None:
    found, _ = _signature(seen)
    if found is None:
        raise NotApplicable
    wanted = (
        ("ds:SignatureMethod", names.RSA_SHA256, found.signature_algorithm),
        ("ds:DigestMethod", names.SHA256, found.digest_algorithm),
        ("ds:CanonicalizationMethod", names.EXC_C14N, found.canonicalization),
        ("ds:Transform", names.EXC_C14N, found.transforms[-1]),
    )
    for name, expected, received in wanted:
        if received != expected:
            nodes = list(seen.readable.getroottree().iter(qname(name)))
            return Fault(expected, received or "nothing", at=Spot(nodes[-1], "Algorithm"))
    return None


@rule(
    "MD-03",
    "KeyInfo in the signature of the metadata has the certificate only",
    "W/W/-",
    mend="Put only ds:X509Data with ds:X509Certificate in it: a KeyName is for messages.",
    reference=SIGNATURE,
    **other(
        "<ds:KeyInfo><ds:KeyName>…</ds:KeyName></ds:KeyInfo>",
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>…</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
        how="name",
    ),
)
def certificate_only(seen: SeenMetadata) -> Fault | None:
    signature = child(_signed_part(seen), "ds:Signature")
    if signature is None:
        raise NotApplicable
    info = child(signature, "ds:KeyInfo")
    inside = [] if info is None else list(info.iterdescendants(etree.Element))
    names_ = [local(node) for node in inside]
    if names_ == ["X509Data", "X509Certificate"]:
        return None
    return Fault(
        "X509Data with one X509Certificate",
        ", ".join(names_) or "nothing",
        at=Spot(signature if info is None else info),
    )


def _signed_part(seen: SeenMetadata) -> Element:
    """The entity, or the whole that it is in where only that is signed."""
    entity = seen.readable
    assert seen.root is not None
    if child(entity, "ds:Signature") is None and child(seen.root, "ds:Signature") is not None:
        return seen.root
    return entity


def _signature(seen: SeenMetadata) -> tuple[Signed | None, SignatureProblem | None]:
    part = _signed_part(seen)
    if part is not seen.root:
        # Others beside it may be signed too; alone it is judged as if it were its own document.
        part = parse(serialize(part))
    certificates = [
        found.certificate for key in seen.readable.iter(qname("ds:KeyInfo")) for found in _in(key)
    ]
    around = child(part, "ds:Signature")
    if around is not None:
        certificates = [*(found.certificate for found in _in(around)), *certificates]
    candidates = {found.fingerprint: found for found in certificates if found is not None}
    try:
        return verify(part, tuple(candidates.values())), None
    except SignatureProblem as problem:
        return None, problem


def _in(node: Element) -> Iterator[Given]:
    return map(given, node.iter(qname("ds:X509Certificate")))
