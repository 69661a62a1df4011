"""What only its recipient can read: EncryptedID and EncryptedAttribute, key beside the data (spec 3.8, 14.3).

By hand on cryptography: xmlsec needs a KeysManager here, which reads the system's CA bundle, 12 ms each.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.wire import names
from broker.wire.keys import Certificate
from broker.wire.shape import SCHEME_ENCRYPTION, Encryption
from broker.wire.xml import Element, add, make, serialize

KEY_BYTES = {names.AES256_CBC: 32, names.AES128_CBC: 16, names.AES256_GCM: 32, names.AES128_GCM: 16}
OAEP_DIGESTS = {names.SHA1: hashes.SHA1, names.SHA256: hashes.SHA256}


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value and the URN of what it is (spec 4.2), e.g. a KvK number."""

    type: str
    value: str

    def name_id(self) -> bytes:
        """The NameID that is encrypted; it carries its own namespace declaration."""
        return (
            f'<saml:NameID xmlns:saml="{names.SAML}" Format="{names.PERSISTENT}" '
            f"NameQualifier={quoteattr(self.type)}>{escape(self.value)}</saml:NameID>"
        ).encode()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who may read it: an entity id, the certificate to encrypt for, and how."""

    entity_id: str
    certificate: Certificate
    encryption: Encryption = SCHEME_ENCRYPTION


def add_encrypted_id(
    parent: Element, identifier: Identifier, recipient: Recipient, new_id: Callable[[], str]
) -> Element:
    """A saml:EncryptedID as last child of ``parent``."""
    return _add_encrypted(parent, "saml:EncryptedID", identifier.name_id(), recipient, new_id)


def add_encrypted_attribute(
    parent: Element, name: str, value: str, recipient: Recipient, new_id: Callable[[], str]
) -> Element:
    """A saml:EncryptedAttribute with one string in it, as last child of ``parent``."""
    attribute = (
        f'<saml:Attribute xmlns:saml="{names.SAML}" Name={quoteattr(name)}>'
        f'<saml:AttributeValue xmlns:xs="{names.XS}" xmlns:xsi="{names.XSI}" xsi:type="xs:string">'
        f"{escape(value)}</saml:AttributeValue></saml:Attribute>"
    )
    return _add_encrypted(parent, "saml:EncryptedAttribute", attribute.encode(), recipient, new_id)


def encrypted_assertion(assertion: Element, recipient: Recipient, new_id: Callable[[], str]) -> Element:
    """A saml:EncryptedAssertion around a signed assertion, as its own root."""
    holder = make("saml:EncryptedAssertion")
    _fill(holder, serialize(assertion), recipient, new_id)
    return holder


def _add_encrypted(
    parent: Element, holder_name: str, plain: bytes, recipient: Recipient, new_id: Callable[[], str]
) -> Element:
    holder = add(parent, holder_name)
    _fill(holder, plain, recipient, new_id)
    return holder


def _fill(holder: Element, plain: bytes, recipient: Recipient, new_id: Callable[[], str]) -> None:
    """Data first, key after it; a new symmetric key each time."""
    encryption = recipient.encryption
    session_key, data = _encrypt(plain, encryption.cipher)
    # MGF1 with SHA-1 is what rsa-oaep-mgf1p means, whatever the digest.
    oaep = OAEP(mgf=MGF1(hashes.SHA1()), algorithm=OAEP_DIGESTS[encryption.digest](), label=None)  # noqa: S303
    wrapped = recipient.certificate.public_key.encrypt(session_key, oaep)

    data_id, key_id = new_id(), new_id()
    encrypted = add(holder, "xenc:EncryptedData", {"Id": data_id, "Type": names.XENC + "Element"})
    add(encrypted, "xenc:EncryptionMethod", {"Algorithm": encryption.cipher})
    info = add(encrypted, "ds:KeyInfo")
    add(info, "ds:RetrievalMethod", {"Type": names.XENC + "EncryptedKey", "URI": f"#{key_id}"})
    add(add(encrypted, "xenc:CipherData"), "xenc:CipherValue", text=_base64(data))
    key = add(holder, "xenc:EncryptedKey", {"Id": key_id, "Recipient": recipient.entity_id})
    method = add(key, "xenc:EncryptionMethod", {"Algorithm": encryption.transport})
    add(method, "ds:DigestMethod", {"Algorithm": encryption.digest})
    add(add(key, "ds:KeyInfo"), "ds:KeyName", text=recipient.certificate.key_name)
    add(add(key, "xenc:CipherData"), "xenc:CipherValue", text=_base64(wrapped))
    add(add(key, "xenc:ReferenceList"), "xenc:DataReference", {"URI": f"#{data_id}"})


def _encrypt(plain: bytes, cipher: str) -> tuple[bytes, bytes]:
    """A new key, and what the CipherValue of the data holds: vector first, for GCM the tag last."""
    key = os.urandom(KEY_BYTES[cipher])
    if cipher in (names.AES256_GCM, names.AES128_GCM):
        vector = os.urandom(12)
        return key, vector + AESGCM(key).encrypt(vector, plain, None)
    vector = os.urandom(16)
    padder = padding.ANSIX923(128).padder()  # as XML Encryption pads: only the last byte counts
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return key, vector + encryptor.update(padded) + encryptor.finalize()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
