"""Whose key it is that signed a message and is not its sender's: found among all that the broker knows.

Only to say it in a finding. The message stays refused, whosever the key is.
"""

from __future__ import annotations

from collections.abc import Iterator

from broker.parts import Parts
from broker.wire.keys import Certificate
from broker.wire.metadata import SpMetadata
from broker.wire.signing import Fault, SignatureProblem

MOST_TRIED = 2_000
"""Certificates, at some 40 microseconds each (two attempts, by one algorithm): anybody may make us look."""


def named(parts: Parts, sp: SpMetadata | None, problem: SignatureProblem | None) -> SignatureProblem | None:
    """The same problem, with the owner of the key in it where that is one whom we know."""
    if problem is None or problem.fault is not Fault.KEY or problem.made_by is None:
        return problem
    for tried, (certificate, whose, mend) in enumerate(_known(parts, sp)):
        if tried >= MOST_TRIED:
            break
        if problem.made_by(certificate):
            received = f"one by {whose}: the certificate with SHA-256 {certificate.fingerprint}"
            return SignatureProblem(
                problem.fault, problem.expected, received, problem.line, at=problem.at, mend=mend
            )
    return problem


def _known(parts: Parts, sp: SpMetadata | None) -> Iterator[tuple[Certificate, str, str]]:
    """Everything that is not the sender's signing key, the likeliest first."""
    if sp is not None:
        for certificate in sp.encryption:
            if certificate not in sp.signing:
                yield (
                    certificate,
                    "the encryption key of this service provider",
                    "Sign with the key of the KeyDescriptor for signing, or leave use= out of the KeyDescriptor so "
                    "that it is for both.",
                )
    own = parts.broker.key.certificate
    yield (
        own,
        "the broker's own key",
        "Sign with your own key: the broker's private key is not for service providers.",
    )
    for other in parts.current.catalogue.sps.values():
        if sp is not None and other.entity_id == sp.entity_id:
            continue
        for certificate in dict.fromkeys((*other.signing, *other.encryption)):
            yield (
                certificate,
                f"the key of another service provider, {other.entity_id}",
                f"Sign with the key of the sender, or send {other.entity_id} as Issuer: the message says one and is "
                "signed by the other.",
            )
