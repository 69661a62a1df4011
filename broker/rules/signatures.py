"""How a message is signed: each rule about it described once, for messages of every kind.

A kind of message has its own ids and severities, and may have a check, a mend or an example of its own beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from broker.rules import shared
from broker.rules.engine import Example, Fault, Rules
from broker.rules.finding import SIGNATURE
from broker.wire import names
from broker.wire.metadata import SpMetadata
from broker.wire.signing import Signed

LATER = datetime(2035, 1, 1, tzinfo=UTC)


class Seen(Protocol):
    """What of a message these rules need. ``signed`` is None where no signature holds."""

    @property
    def signed(self) -> Signed | None: ...
    @property
    def sp(self) -> SpMetadata | None: ...
    @property
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Described:
    """``swaps`` make the bad example of the sample."""

    title: str
    mend: str
    swaps: tuple[tuple[str, str], ...]
    check: Callable[[Seen], Fault | None]


ALGORITHM = Described(
    "the signature is RSA-SHA256",
    "Set the signature algorithm to http://www.w3.org/2001/04/xmldsig-more#rsa-sha256.",
    ((f'SignatureMethod Algorithm="{names.RSA_SHA256}"', f'SignatureMethod Algorithm="{names.RSA_SHA1}"'),),
    lambda seen: shared.rsa_sha256(seen.signed),
)
DIGEST = Described(
    "the digest is SHA-256",
    "Set the digest algorithm to http://www.w3.org/2001/04/xmlenc#sha256.",
    ((f'DigestMethod Algorithm="{names.SHA256}"', f'DigestMethod Algorithm="{names.SHA1}"'),),
    lambda seen: shared.sha256(seen.signed),
)
CANONICALIZATION = Described(
    "canonicalisation is exclusive, without comments",
    "Use http://www.w3.org/2001/10/xml-exc-c14n# for SignedInfo and as second transform.",
    (
        (
            f'CanonicalizationMethod Algorithm="{names.EXC_C14N}"',
            f'CanonicalizationMethod Algorithm="{names.C14N}"',
        ),
    ),
    lambda seen: shared.exclusive(seen.signed),
)
KEY_INFO = Described(
    "KeyInfo is absent or has a KeyName only",
    "Put only ds:KeyName in KeyInfo; the broker takes the certificate from your metadata anyway.",
    (
        (
            "</ds:KeyName>",
            "</ds:KeyName>\n      <ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
        ),
    ),
    lambda seen: shared.only_a_key_name(seen.signed),
)
KEY_NAME = Described(
    "KeyName is one of the metadata's",
    "Send the KeyName that stands in your metadata beside the certificate you sign with.",
    (("<ds:KeyName>29b7", "<ds:KeyName>0000"),),
    lambda seen: shared.key_name_known(seen.signed, seen.sp),
)
CERTIFICATE = Described(
    "the key is RSA of 2048 bits or more and its certificate is valid now",
    "Renew the certificate, and give the broker the metadata that has the new one.",
    (),
    lambda seen: shared.certificate_valid(seen.signed, seen.now),
)


class Signatures:
    """These rules over messages of one kind: ``sent`` makes an example of its sample."""

    def __init__(self, rules: Rules[Any], sent: Callable[..., Example[Any]]) -> None:
        self._rules = rules
        self._sent = sent

    def rule(
        self,
        id: str,  # noqa: A002 - as Rules.rule has it
        described: Described,
        severity: str,
        *,
        check: Callable[[Any], Fault | None] | None = None,
        mend: str = "",
        bad: Example[Any] | None = None,
        certainty: str = "",
        why: str = "",
    ) -> None:
        """Register it; what is given here goes before what is described."""
        self._rules.rule(
            id,
            described.title,
            severity,
            mend=mend or described.mend,
            reference=SIGNATURE,
            bad=bad or self._sent(*described.swaps),
            certainty=certainty,
            why=why,
        )(check or described.check)

    def in_2035(self, issued: str, **seen: Any) -> Example[Any]:
        """The sample, which says ``issued``, sent when its certificate is over."""
        swap = (issued, f"{LATER:%Y-%m-%dT%H:%M:%SZ}")
        shown = f"The certificate in the metadata is valid until 2034-01-01, and today is {LATER:%Y-%m-%d}."
        return self._sent(swap, shown=shown, now=LATER, **seen)
