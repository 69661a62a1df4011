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

from broker.wire import names
from broker.wire.keys import Certificate
from broker.wire.xml import Element, add


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
    """Who may read it: an entity id and the certificate to encrypt for."""

    entity_id: str
    certificate: Certificate


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


def _add_encrypted(
    parent: Element, holder_name: str, plain: bytes, recipient: Recipient, new_id: Callable[[], str]
) -> Element:
    """Data first, key after it; a new symmetric key each time."""
    session_key, vector = os.urandom(32), os.urandom(16)
    padder = padding.ANSIX923(128).padder()  # what XML Encryption calls padding: only the last byte counts
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(session_key), modes.CBC(vector)).encryptor()
    data = vector + encryptor.update(padded) + encryptor.finalize()
    # SHA-1 and MGF1 with SHA-1 are what rsa-oaep-mgf1p means, and what the real brokers send.
    oaep = OAEP(mgf=MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303
    wrapped = recipient.certificate.public_key.encrypt(session_key, oaep)

    data_id, key_id = new_id(), new_id()
    holder = add(parent, holder_name)
    encrypted = add(holder, "xenc:EncryptedData", {"Id": data_id, "Type": names.XENC + "Element"})
    add(encrypted, "xenc:EncryptionMethod", {"Algorithm": names.AES256_CBC})
    info = add(encrypted, "ds:KeyInfo")
    add(info, "ds:RetrievalMethod", {"Type": names.XENC + "EncryptedKey", "URI": f"#{key_id}"})
    add(add(encrypted, "xenc:CipherData"), "xenc:CipherValue", text=_base64(data))
    key = add(holder, "xenc:EncryptedKey", {"Id": key_id, "Recipient": recipient.entity_id})
    method = add(key, "xenc:EncryptionMethod", {"Algorithm": names.RSA_OAEP})
    add(method, "ds:DigestMethod", {"Algorithm": names.SHA1})
    add(add(key, "ds:KeyInfo"), "ds:KeyName", text=recipient.certificate.key_name)
    add(add(key, "xenc:CipherData"), "xenc:CipherValue", text=_base64(wrapped))
    add(add(key, "xenc:ReferenceList"), "xenc:DataReference", {"URI": f"#{data_id}"})
    return holder


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
