"""What is wrong with a certificate, and whose it is."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from broker.rules.engine import Fault
from broker.rules.metadata.seen import Given, KeyDescriptor
from broker.wire import instants
from broker.wire.handed_in import in_certificate
from broker.wire.keys import Certificate
from broker.wire.places import Spot
from broker.wire.xml import text_of

SMALLEST = 2048
USAGE = "Use your own certificate with the right key usage; that of an authority or of a web site alone will not do."
POLICIES = "2.16.528.1.1003.1."
"""How the OIDs of PKIoverheid's certificate policies begin."""


def certificate_fault(
    found: KeyDescriptor, one: Given, now: datetime, where: str = "metadata"
) -> Fault | None:
    """What is wrong with a certificate in a md:KeyDescriptor, of metadata or of what ``where`` says."""
    spot = Spot(one.element)
    if one.certificate is None:
        expected = "an X.509 certificate with an RSA key, in base64 (DER)"
        received, mend = in_certificate(text_of(one.element) or "")
        return Fault(expected, received, mend=mend, at=spot)
    certificate = one.certificate
    if certificate.public_key.key_size < SMALLEST:
        mend = f"Make a key of {SMALLEST} bits or more, and hand in {where} that has its certificate."
        return Fault(
            f"{SMALLEST} bits or more", f"{certificate.public_key.key_size} bits", mend=mend, at=spot
        )
    if not certificate.valid_at(now):
        start = instants.write(certificate.x509.not_valid_before_utc)
        end = instants.write(certificate.x509.not_valid_after_utc)
        mend = f"Renew the certificate, and hand in {where} that has the new one."
        if certificate.x509.not_valid_before_utc > now:
            mend = (
                f"Wait until {start} before you hand in {where} with it, and use the old certificate until then; or "
                "have one made that is valid now. If it was made just now, look at the clock of the machine."
            )
        return Fault(f"valid at {instants.write(now)}", f"valid from {start} to {end}", mend=mend, at=spot)
    usage = certificate.extension(x509.KeyUsage)
    if usage is None:
        return None
    if found.use != "encryption" and not (usage.digital_signature or usage.content_commitment):
        return Fault("a key usage digitalSignature", "a certificate without it", mend=USAGE, at=spot)
    if found.use == "encryption" and not (usage.key_encipherment or usage.data_encipherment):
        return Fault("a key usage keyEncipherment", "a certificate without it", mend=USAGE, at=spot)
    return None


def of_pkioverheid(certificate: Certificate) -> bool:
    issuer = certificate.x509.issuer.rfc4514_string().lower()
    if "pkioverheid" in issuer or "staat der nederlanden" in issuer:
        return True
    policies = certificate.extension(x509.CertificatePolicies) or ()
    return any(policy.policy_identifier.dotted_string.startswith(POLICIES) for policy in policies)
