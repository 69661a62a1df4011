"""XML signatures and decryption, in this process, over the ``xmlsec`` package; ``seam.py`` gives them to pysaml2.

libxmlsec1 alone is too generous for SAML: it takes MD5, trusts keys that a message brings, and says "valid" about
whichever element the signature happens to point at. ``verify`` holds it to one element, one signature, one reference,
and the algorithms below; what is read afterwards must be read from that element.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, cast

import xmlsec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XENC: Final = "http://www.w3.org/2001/04/xmlenc#"
XENC11: Final = "http://www.w3.org/2009/xmlenc11#"
DSIG_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
ENVELOPED: Final = DS + "enveloped-signature"
EXC_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"

RSA_SHA256: Final = DSIG_MORE + "rsa-sha256"
SHA256: Final = XENC + "sha256"
SIGNATURE_METHODS: Final = frozenset({RSA_SHA256, DSIG_MORE + "rsa-sha384", DSIG_MORE + "rsa-sha512"})
DIGEST_METHODS: Final = frozenset({SHA256, DSIG_MORE + "sha384", XENC + "sha512"})

MOST_BYTES: Final = 1_000_000

# The two ways in which a session key may have been wrapped for us, and the lengths of the AES keys.
_CBC: Final = {XENC + f"aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_GCM: Final = {XENC11 + f"aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
_OAEP_MGF1P: Final = XENC + "rsa-oaep-mgf1p"
_OAEP_DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    DS + "sha1": hashes.SHA1(),  # noqa: S303  OAEP with SHA-1 is what the scheme prescribes, and it is sound
    SHA256: hashes.SHA256(),
}


class SignatureRefused(ValueError):
    """There is no signature that we trust on this element. The text says why."""


class Wrapped(SignatureRefused):
    """Signed or not, the message is built so that two readers could read two things in it."""


class DecryptionRefused(ValueError):
    """This cannot be decrypted with our key."""


def parse(xml: str | bytes) -> etree._Element:
    """The document as a tree, without DTD, comments, processing instructions. Raises SignatureRefused.

    Comments go because the canonical form leaves them out of the signature: text with one in its midst would be read
    by half.
    """
    data = xml.encode("utf-8") if isinstance(xml, str) else xml
    if len(data) > MOST_BYTES:
        raise SignatureRefused(f"the message is larger than {MOST_BYTES} bytes")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SignatureRefused(f"not well-formed XML: {error}") from error
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise SignatureRefused("the message has a DTD")
    if (info.encoding or "UTF-8").upper() not in ("UTF-8", "US-ASCII", "ASCII"):
        raise SignatureRefused(f"the message is in {info.encoding}, not in UTF-8")
    return root


def find(root: etree._Element, tag: str, identifier: str) -> etree._Element:
    """The one element with this ID. It must be a ``tag``, and the ID must be there once. Raises SignatureRefused."""
    same = cast(
        "list[etree._Element]",
        root.xpath(
            "//*[@*[local-name()='ID' or local-name()='Id' or local-name()='id'] = $it]", it=identifier
        ),
    )
    if len(same) != 1:
        raise Wrapped(f"the ID {identifier!r} is in the message {len(same)} times, not once")
    if same[0].tag != tag:
        raise Wrapped(f"the ID {identifier!r} is on {same[0].tag!r}, not on {tag}")
    return same[0]


def verify(node: etree._Element, certificates: Iterable[str]) -> etree._Element:
    """The node itself, when one of these certificates (PEM) signed all of it; else SignatureRefused.

    The certificates must come from metadata: a key that the message brings is never looked at.
    """
    signature = _only_signature(node)
    node_id = node.get("ID", "")
    keys = [_certificate_key(pem) for pem in certificates]
    if not keys:
        raise SignatureRefused("the metadata has no key to verify with")
    for key in keys:
        context = xmlsec.SignatureContext()
        context.register_id(node, "ID")
        context.key = key
        try:
            context.verify(signature)
        except xmlsec.Error:
            continue
        return node
    raise SignatureRefused(
        f"the signature on {node_id!r} is not by a key of the metadata, or the text was changed"
    )


def _only_signature(node: etree._Element) -> etree._Element:
    """The signature on this node, if it is one that says exactly "all of this node", by means that we know."""
    signatures = node.findall(f"{{{DS}}}Signature")
    name = etree.QName(node).localname
    if len(signatures) != 1:
        kind = Wrapped if signatures else SignatureRefused
        raise kind(f"{name} has {len(signatures)} signatures of its own, not one")
    signature = signatures[0]
    node_id = node.get("ID")
    if not node_id:
        raise SignatureRefused(f"{name} has no ID")
    find(node.getroottree().getroot(), str(node.tag), node_id)
    if signature.find(f"{{{DS}}}Object") is not None:
        raise Wrapped("the signature carries a ds:Object")
    _expect(signature, "SignedInfo/CanonicalizationMethod", {EXC_C14N})
    _expect(signature, "SignedInfo/SignatureMethod", SIGNATURE_METHODS)
    references = signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    if len(references) != 1:
        raise Wrapped(f"the signature has {len(references)} references, not one")
    if references[0].get("URI") != f"#{node_id}":
        raise Wrapped(f"the signature on {node_id!r} refers to {references[0].get('URI')!r}")
    _expect(references[0], "DigestMethod", DIGEST_METHODS)
    transforms = [t.get("Algorithm") for t in references[0].findall(f"{{{DS}}}Transforms/{{{DS}}}Transform")]
    if transforms != [ENVELOPED, EXC_C14N]:
        raise SignatureRefused(f"the transforms are {transforms}")
    return signature


def _expect(parent: etree._Element, path: str, allowed: Iterable[str]) -> None:
    found = parent.findall("/".join(f"{{{DS}}}{step}" for step in path.split("/")))
    algorithms_found = [element.get("Algorithm", "") for element in found]
    if len(found) != 1 or algorithms_found[0] not in allowed:
        raise SignatureRefused(f"{path.rsplit('/', 1)[-1]} {algorithms_found} is not allowed")


def sign(node: etree._Element, key_pem: bytes) -> None:
    """Fill in the signature template that is a direct child of the node."""
    signature = _only_signature(node)
    context = xmlsec.SignatureContext()
    context.register_id(node, "ID")
    context.key = _private_key(key_pem)
    context.sign(signature)


# Keys cached by what they are, not by where they are: pysaml2 writes a certificate from metadata to a new temporary
# file for each message.
@lru_cache(maxsize=64)
def _certificate_key(pem: str) -> Any:
    try:
        return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    except xmlsec.Error as error:
        raise SignatureRefused(f"a certificate of the metadata cannot be read: {error}") from error


@lru_cache(maxsize=8)
def _private_key(pem: bytes) -> Any:
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)


@lru_cache(maxsize=8)
def _decryption_key(pem: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise DecryptionRefused("our key is not an RSA key")
    return key


def for_somebody_else(holder: etree._Element, recipient: str) -> bool:
    """All of its keys name a Recipient, and none names us."""
    wrapped = [key.get("Recipient") for key in holder.iter(f"{{{XENC}}}EncryptedKey")]
    return bool(wrapped) and None not in wrapped and recipient not in wrapped


def decrypt(holder: etree._Element, key_pem: bytes, recipient: str) -> etree._Element:
    """What an EncryptedID (or EncryptedAttribute) holds, by the EncryptedKey that is meant for ``recipient``.

    The keys are siblings of the data, one for each party that may read it; they may be inside its KeyInfo too. One
    without a Recipient is tried when none names us. Raises DecryptionRefused.
    """
    data = holder.findall(f"{{{XENC}}}EncryptedData")
    if len(data) != 1:
        raise DecryptionRefused(f"{len(data)} EncryptedData, not one")
    wrapped = list(holder.iter(f"{{{XENC}}}EncryptedKey"))
    mine = [key for key in wrapped if key.get("Recipient") == recipient]
    mine = mine or [key for key in wrapped if key.get("Recipient") is None]
    if not mine:
        others = ", ".join(key.get("Recipient", "") for key in wrapped) or "nobody"
        raise DecryptionRefused(f"encrypted for {others}, not for {recipient}")
    problem = DecryptionRefused("no key")
    for key in mine:
        try:
            plain = _decrypt_data(data[0], _unwrap(key, _decryption_key(key_pem)))
            return parse(plain)
        except (ValueError, InvalidTag) as error:
            problem = DecryptionRefused(f"not to be decrypted with our key: {error or type(error).__name__}")
    raise problem


def _unwrap(encrypted_key: etree._Element, key: rsa.RSAPrivateKey) -> bytes:
    method = encrypted_key.find(f"{{{XENC}}}EncryptionMethod")
    algorithm = None if method is None else method.get("Algorithm")
    if method is None or algorithm != _OAEP_MGF1P:
        raise DecryptionRefused(f"key transport {algorithm} is not allowed")
    digest = method.find(f"{{{DS}}}DigestMethod")
    digest_uri = DS + "sha1" if digest is None else digest.get("Algorithm", "")
    if digest_uri not in _OAEP_DIGESTS:
        raise DecryptionRefused(f"OAEP digest {digest_uri} is not allowed")
    # "mgf1p" fixes the mask to SHA-1, whatever the digest is.
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), _OAEP_DIGESTS[digest_uri], None)  # noqa: S303
    return key.decrypt(_cipher_value(encrypted_key), oaep)


def _decrypt_data(data: etree._Element, session_key: bytes) -> bytes:
    method = data.find(f"{{{XENC}}}EncryptionMethod")
    algorithm = "" if method is None else method.get("Algorithm", "")
    length = _CBC.get(algorithm) or _GCM.get(algorithm)
    if length is None:
        raise DecryptionRefused(f"data encryption {algorithm or 'without a name'} is not allowed")
    if len(session_key) != length:
        raise DecryptionRefused(f"a session key of {len(session_key)} bytes does not fit {algorithm}")
    value = _cipher_value(data)
    if algorithm in _GCM:
        return AESGCM(session_key).decrypt(value[:12], value[12:], None)
    if len(value) < 32 or len(value) % 16:
        raise DecryptionRefused("the encrypted data is cut short")
    decryptor = Cipher(algorithms.AES(session_key), modes.CBC(value[:16])).decryptor()
    padded = decryptor.update(value[16:]) + decryptor.finalize()
    if not 1 <= padded[-1] <= 16:
        raise DecryptionRefused("wrong padding")
    return padded[: -padded[-1]]


def _cipher_value(element: etree._Element) -> bytes:
    return base64.b64decode(element.findtext(f"{{{XENC}}}CipherData/{{{XENC}}}CipherValue", ""))


def pem_certificate(base64_der: str) -> str:
    """The base64 of an X509Certificate element as PEM."""
    text = re.sub(r"\s+", "", base64_der)
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
