"""How one service provider wants its answers: the choices that the scheme leaves open, or that brokers differ in."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from broker.wire import names


class IdentifierForm(enum.StrEnum):
    """How identifiers travel: as the scheme has it, decrypted by the broker, or as the attributes of 1.11."""

    ENCRYPTED = "encrypted"
    DECRYPTED_NAME_ID = "decrypted-nameid"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Encryption:
    """Data cipher and key transport, by their URIs; ``digest`` is OAEP's own (mask: SHA-1, as mgf1p says)."""

    cipher: str = names.AES256_CBC
    transport: str = names.RSA_OAEP
    digest: str = names.SHA1


@dataclass(frozen=True, slots=True)
class Signing:
    """Signature and digest algorithm, by their URIs; ``certificate`` puts it in KeyInfo, beside the KeyName."""

    signature: str = names.RSA_SHA256
    digest: str = names.SHA256
    certificate: bool = False


SCHEME_SIGNING = Signing()
SCHEME_ENCRYPTION = Encryption()


@dataclass(frozen=True, slots=True)
class Shape:
    """The default is eHerkenning 1.13 as the real brokers send it (spec 3.2-3.8)."""

    version: str = "1.13"
    identifiers: IdentifierForm = IdentifierForm.ENCRYPTED
    advice: bool = True
    sign_assertion: bool = True
    sign_response: bool = True
    encrypt_assertion: bool = False
    attributes_first: bool = False
    signing: Signing = SCHEME_SIGNING
    encryption: Encryption = SCHEME_ENCRYPTION

    @property
    def encrypts(self) -> bool:
        """Whether anything in it is encrypted for the provider; in the assertion of the register it always is."""
        return self.identifiers is IdentifierForm.ENCRYPTED or self.advice or self.encrypt_assertion


DEFAULT = Shape()
