"""The signatures in a message, each with what it covers, whose key made it, and whether it holds.

This looks on; it decides nothing. What the broker believes is decided where the message comes in, by
``broker.wire.signing``. A signature of a kind that the scheme does not know is told, and not run.
"""

from __future__ import annotations

import base64
import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote_plus

import xmlsec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from broker.wire import names
from broker.wire.keys import Certificate
from broker.wire.names import qname
from broker.wire.signing import DIGEST_ALGORITHMS, SIGNATURE_ALGORITHMS, TRANSFORMS, recovered
from broker.wire.xml import Element, XmlProblem, child, named, parse, text_of

MOST = 40
_CARRIED = tuple(
    qname(f"samlp:{name}") for name in ("AuthnRequest", "LogoutRequest", "LogoutResponse", "Response")
)
_IN_QUERY = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg")


class Why(enum.StrEnum):
    """Why a signature holds or not."""

    HOLDS = "holds"
    CHANGED = "changed"
    OTHER_KEY = "other-key"
    UNKNOWN_KEY = "unknown-key"
    NO_KEY = "no-key"
    STRUCTURE = "structure"
    ALGORITHM = "algorithm"
    ELSEWHERE = "elsewhere"
    """A good one, over something in the message that nobody reads as the message: as in signature wrapping."""


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate and whose it is: an entity id, or a name."""

    owner: str
    certificate: Certificate


class Keyring:
    """``of`` gives the certificates of one issuer by entity id, ``others`` all that are known."""

    def __init__(self, of: Callable[[str], Iterable[Known]], others: Callable[[], Iterable[Known]]) -> None:
        self.of = of
        self.others = others


@dataclass(frozen=True, slots=True)
class Covered:
    """``covers`` is the element by its name in the XML, or which query parameters; empty where it is nothing.

    ``valid`` is by the certificates that are known now; None where it was not run. ``owner`` is whose key made it,
    where that is known, and ``issuer`` is whose it says it is. ``whole``: it covers the message as a whole.
    """

    covers: str
    uri: str
    algorithm: str
    digest: str
    canonicalization: str
    key_name: str
    issuer: str
    owner: str
    fingerprint: str
    valid: bool | None
    why: Why
    line: int
    whole: bool = False

    def as_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


def in_message(xml: bytes, keyring: Keyring) -> list[Covered]:
    """Every ds:Signature in it, outermost first; none where it is not XML that we read."""
    try:
        root = parse(xml)
    except XmlProblem:
        return []
    ids: dict[str, list[Element]] = {}
    found = list(root.iter(qname("ds:Signature")))[:MOST]
    if found:
        for element in root.iter(etree.Element):
            for name in ("ID", "Id", "id"):
                if value := element.get(name):
                    ids.setdefault(value, []).append(element)
    message = _message(root)
    read = _read(message)
    return [_one(signature, message, read, ids, keyring) for signature in found]


def _message(root: Element) -> Element:
    """What is said: of a SOAP envelope that is what stands in its body."""
    body = child(root, "soap:Body")
    said = None if body is None else next(body.iterchildren(etree.Element), None)
    return root if said is None else said


def _read(message: Element) -> list[Element]:
    """Everything that has a signature of its own by right: the message, the one that an artifact was for, the
    assertions of a Response and those in their Advice. A list, as an lxml element is known by identity."""
    found = [message]
    for one in found:
        if one.tag == qname("samlp:ArtifactResponse"):
            found += one.iterchildren(*_CARRIED)
        elif one.tag == qname("samlp:Response"):
            found += one.iterchildren(qname("saml:Assertion"))
        elif one.tag == qname("saml:Assertion"):
            found += one.iterfind(f"{qname('saml:Advice')}/{qname('saml:Assertion')}")
    return found


def in_query(query: str, issuer: str, keyring: Keyring) -> Covered | None:
    """The detached signature of HTTP-Redirect; None where the query has none."""
    raw: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, text = pair.partition("=")
        raw.setdefault(name, text)
    if "Signature" not in raw:
        return None
    signed = [name for name in _IN_QUERY if name in raw]
    octets = "&".join(f"{name}={raw[name]}" for name in signed).encode()
    algorithm = unquote_plus(raw.get("SigAlg", ""))
    value = _unbase64(unquote_plus(raw["Signature"]))
    owner, valid, why = None, None, Why.ALGORITHM
    if _plain(algorithm):
        owner, why = _signer(value, octets, algorithm, issuer, keyring)
        valid = why is Why.HOLDS
    return Covered(
        covers=", ".join(signed),
        uri="",
        algorithm=algorithm,
        digest="",
        canonicalization="",
        key_name="",
        issuer=issuer,
        owner=owner.owner if owner else "",
        fingerprint=owner.certificate.fingerprint if owner else "",
        valid=valid,
        why=why,
        line=0,
        whole=True,
    )


def _one(
    signature: Element,
    message: Element,
    read: list[Element],
    ids: dict[str, list[Element]],
    keyring: Keyring,
) -> Covered:
    parent = signature.getparent()
    issuer = text_of(child(parent, "saml:Issuer")) if parent is not None else None
    info = child(signature, "ds:SignedInfo")
    references = [] if info is None else info.findall(qname("ds:Reference"))
    reference = references[0] if references else None
    uri = "" if reference is None else reference.get("URI", "")
    targets = ids.get(uri[1:], []) if uri.startswith("#") else []
    target = targets[0] if len(targets) == 1 else None
    algorithm, digest, canonical = (
        _algorithm(info, "ds:SignatureMethod"),
        _algorithm(reference, "ds:DigestMethod"),
        _algorithm(info, "ds:CanonicalizationMethod"),
    )
    key_info = child(signature, "ds:KeyInfo")
    key_name = text_of(None if key_info is None else child(key_info, "ds:KeyName")) or ""
    owner, valid, why = None, None, Why.STRUCTURE
    if info is not None and target is not None and len(references) == 1 and _transforms_known(reference):
        why = Why.ALGORITHM
        if _plain(algorithm) and digest in DIGEST_ALGORITHMS and canonical in TRANSFORMS:
            owner, valid, why = _checked(signature, info, target, algorithm, canonical, issuer or "", keyring)
        if why in (Why.HOLDS, Why.OTHER_KEY) and not any(target is one for one in read):
            valid, why = False, Why.ELSEWHERE
    return Covered(
        covers="" if target is None else named(target),
        uri=uri,
        algorithm=algorithm,
        digest=digest,
        canonicalization=canonical,
        key_name=key_name,
        issuer=issuer or "",
        owner=owner.owner if owner else "",
        fingerprint=owner.certificate.fingerprint if owner else "",
        valid=valid,
        why=why,
        line=signature.sourceline or 0,
        whole=target is message,
    )


def _checked(
    signature: Element,
    info: Element,
    target: Element,
    algorithm: str,
    canonical: str,
    issuer: str,
    keyring: Keyring,
) -> tuple[Known | None, bool, Why]:
    octets = etree.tostring(info, method="c14n", exclusive=canonical == names.EXC_C14N, with_comments=False)
    value = _unbase64(text_of(child(signature, "ds:SignatureValue")) or "")
    owner, why = _signer(value, octets, algorithm, issuer, keyring)
    if owner is None:
        return None, False, why
    context = xmlsec.SignatureContext()
    context.key = owner.certificate.xmlsec_key
    try:
        context.register_id(target, next(name for name in ("ID", "Id", "id") if target.get(name)))
        context.verify(signature)
    except xmlsec.Error:
        return owner, False, Why.CHANGED
    return owner, why is Why.HOLDS, why


def _signer(
    value: bytes, octets: bytes, algorithm: str, issuer: str, keyring: Keyring
) -> tuple[Known | None, Why]:
    own = list(keyring.of(issuer))
    for known in own:
        if _made(value, octets, algorithm, known):
            return known, Why.HOLDS
    for known in keyring.others():
        if _made(value, octets, algorithm, known):
            return known, Why.OTHER_KEY
    # RSA gives back what was signed: so the right key over other octets is not taken for an unknown key.
    for known in (*own, *keyring.others()):
        if recovered(known.certificate, value):
            return known, Why.CHANGED
    return None, Why.UNKNOWN_KEY if own else Why.NO_KEY


def _made(value: bytes, octets: bytes, algorithm: str, known: Known) -> bool:
    try:
        digest = SIGNATURE_ALGORITHMS[algorithm]()
        known.certificate.public_key.verify(value, octets, padding.PKCS1v15(), digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def _plain(algorithm: str) -> bool:
    return algorithm in SIGNATURE_ALGORITHMS and algorithm != names.RSA_PSS_SHA256


def _transforms_known(reference: Element | None) -> bool:
    transforms = None if reference is None else child(reference, "ds:Transforms")
    if transforms is None:
        return False
    named_ = [node.get("Algorithm", "") for node in transforms.iterchildren(etree.Element)]
    return all(name == names.ENVELOPED or name in TRANSFORMS for name in named_)


def _algorithm(parent: Element | None, name: str) -> str:
    node = None if parent is None else child(parent, name)
    return "" if node is None else node.get("Algorithm", "")


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()))
    except ValueError:
        return b""
