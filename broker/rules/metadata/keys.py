"""Its keys and certificates (MD-11..17)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from cryptography.x509.oid import NameOID
from lxml import etree

from broker.rules.authn.seen import said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import METADATA, SIGNATURE, Severity
from broker.rules.metadata.certificates import certificate_fault, of_pkioverheid
from broker.rules.metadata.examples import NOW, OIN, SURROUNDINGS, other, swap
from broker.rules.metadata.seen import RULES, Given, KeyDescriptor, SeenMetadata, local, rule
from broker.wire.places import Spot
from broker.wire.request import is_true

USES = (None, "signing", "encryption")


@rule(
    "MD-11",
    "there is a key to check requests with",
    "E",
    mend='Add a md:KeyDescriptor without use, or with use="signing", with the certificate you sign requests with.',
    reference=METADATA,
    **swap("<md:KeyDescriptor>", '<md:KeyDescriptor use="encryption">'),
)
def signing_key(seen: SeenMetadata) -> Fault | None:
    if seen.around.saml and not is_true(seen.descriptor.get("AuthnRequestsSigned")):
        raise NotApplicable
    return _key_for(seen, "signing")


@rule(
    "MD-12",
    "there is a certificate to encrypt for",
    "E",
    mend="Add a KeyDescriptor without use, or one with use=encryption, to the metadata.",
    reference=METADATA,
    firm="identifiers cannot be encrypted without a key",
    why="A login of such a provider is answered with Responder / RequestUnsupported.",
    **swap("<md:KeyDescriptor>", '<md:KeyDescriptor use="signing">'),
)
def encryption_key(seen: SeenMetadata) -> Fault | None:
    """One in the service catalogue will do too; and none is needed where nothing is encrypted for this provider. Where
    there is no certificate at all, MD-11 says so."""
    if not seen.around.encrypts:
        raise NotApplicable
    listed = [seen.around.catalogue[name] for name in service_ids(seen) if name in seen.around.catalogue]
    if any(service.certificate for service in listed):
        return None
    if not any(found.certificates for found in seen.keys) and RULES.rules["MD-11"].check(seen):
        raise NotApplicable
    return _key_for(seen, "encryption")


@rule(
    "MD-13",
    "each key to sign with has a KeyName",
    "W/E/-",
    mend="Put ds:KeyName in the KeyInfo, beside the certificate: messages name the key by it.",
    reference=METADATA,
    **swap("<ds:KeyName>FINGERPRINT</ds:KeyName>", "<ds:KeyName></ds:KeyName>"),
)
def key_names(seen: SeenMetadata) -> Fault | None:
    """Without one the mock knows the key by its SHA-256; a real broker may not."""
    signing = _some(seen, "signing")
    for found in signing:
        if not found.name:
            received = "an empty one" if found.name == "" else "none"
            return Fault("one ds:KeyName that is not empty", received, at=Spot(found.element))
    return None


@rule(
    "MD-13-unique",
    "one KeyName names one certificate",
    "E/E/-",
    mend="Give each certificate a KeyName of its own, such as its SHA-256 in hexadecimal.",
    reference=METADATA,
    **swap(
        "</md:KeyDescriptor>",
        "</md:KeyDescriptor><md:KeyDescriptor><ds:KeyInfo><ds:KeyName>FINGERPRINT</ds:KeyName><ds:X509Data>"
        "<ds:X509Certificate>SECOND</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
    ),
)
def key_names_unique(seen: SeenMetadata) -> Fault | None:
    named: dict[str, str] = {}
    for found in _some(seen):
        held = {one.certificate.fingerprint for one in found.certificates if one.certificate}
        if found.name and len(held) > 1:
            return Fault(
                "one certificate in a md:KeyDescriptor",
                f"{len(held)} in one, under the name {said(found.name)}",
                mend="Make a md:KeyDescriptor of its own for each certificate, each with its own ds:KeyName; of a "
                "chain put only your own certificate in.",
                at=Spot(found.element),
            )
        for one in found.certificates:
            fingerprint = one.certificate.fingerprint if one.certificate else ""
            if found.name and named.setdefault(found.name, fingerprint) != fingerprint:
                return Fault(
                    "a KeyName of its own for each certificate",
                    f"{said(found.name)} for two of them",
                    at=Spot(found.element),
                )
    if not named:
        raise NotApplicable
    return None


@rule(
    "MD-14",
    "KeyName is the fingerprint of the certificate",
    "N/N/-",
    mend="Use the SHA-256 of the certificate (DER), in hexadecimal: then nobody has to ask which key it is.",
    reference=SIGNATURE,
    certainty="seen with brokers; the scheme's own text does not say what a KeyName looks like",
    **swap("<ds:KeyName>FINGERPRINT</ds:KeyName>", "<ds:KeyName>key-2026</ds:KeyName>"),
)
def key_name_is_fingerprint(seen: SeenMetadata) -> Fault | None:
    given = [(found, one.certificate.der) for found, one in _each(seen) if one.certificate and found.name]
    if not given:
        raise NotApplicable
    known = {hashlib.sha256(der).hexdigest() for _, der in given}
    known |= {hashlib.sha1(der, usedforsecurity=False).hexdigest() for _, der in given}
    for found, der in given:
        if (found.name or "").lower().replace(":", "") not in known:
            return Fault(f'"{hashlib.sha256(der).hexdigest()}"', said(found.name), at=Spot(found.element))
    return None


@rule(
    "MD-15",
    "each certificate is RSA of 2048 bits or more, valid now and fit for its use",
    "E/E/W",
    mend="Renew the certificate, and hand in metadata that has the new one.",
    reference=SIGNATURE,
    **other(
        "A certificate that was valid until January 2029, in 2030.",
        "A certificate that is valid now.",
        around=replace(SURROUNDINGS, now=NOW.replace(year=2030)),
    ),
)
def certificates_good(seen: SeenMetadata) -> Fault | None:
    """A warning only, where there is another that serves: so a key is rolled over."""
    faults: list[Fault] = []
    good: set[str] = set()
    for found, one in _each(seen):
        if faults and one.certificate is None:
            continue  # only the first is told, and looking what it is takes time
        if fault := certificate_fault(found, one, seen.around.now):
            faults.append(fault)
        else:
            good.update(("signing", "encryption") if found.use is None else (found.use,))
    if not faults:
        return None
    first = faults[0]
    enough = {"signing", "encryption"} <= good if seen.around.encrypts else "signing" in good
    return replace(first, severity=Severity.WARNING) if enough else first


@rule(
    "MD-16",
    "the certificates are of PKIoverheid",
    "N/N/-",
    mend="Nothing, for a test. In production use a PKIoverheid certificate (Private Services) with your OIN.",
    reference=SIGNATURE,
    **other(
        "A certificate that you made yourself.",
        "A certificate with a policy under 2.16.528.1.1003.1, or whose issuer is PKIoverheid.",
        by="home-made",
    ),
)
def pkioverheid(seen: SeenMetadata) -> Fault | None:
    for _, one in _each(seen):
        if one.certificate is not None and not of_pkioverheid(one.certificate):
            issuer = one.certificate.x509.issuer.rfc4514_string()
            return Fault("a certificate of PKIoverheid", f"one by {issuer}", at=Spot(one.element))
    return None


@rule(
    "MD-17",
    "the certificate names the OIN of the entity id",
    "W/W/-",
    mend="Use a certificate whose subject has your OIN as serialNumber, and the same OIN in the entity id.",
    reference=SIGNATURE,
    certainty="seen with brokers",
    **swap(OIN, "00000001666666660000"),
)
def same_oin(seen: SeenMetadata) -> Fault | None:
    oin = seen.oin
    for _, one in _each(seen):
        if one.certificate is None:
            continue
        found = [
            str(item.value)
            for item in one.certificate.x509.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
        ]
        if oin not in found:
            received = ", ".join(map(said, found)) or "no serialNumber"
            return Fault(f'serialNumber "{oin}"', received, at=Spot(one.element))
    return None


def service_ids(seen: SeenMetadata) -> list[str]:
    """Of all its services."""
    found = seen.descriptor.iterfind("{*}AttributeConsumingService/{*}RequestedAttribute")
    return [name for node in found if (name := node.get("Name", "")).startswith("urn:etoegang:DV:")]


def _key_for(seen: SeenMetadata, use: str) -> Fault | None:
    """A use that no schema knows is MD-01's: with that mended, there may be such a key."""
    if any((found.serves(use) or found.use not in USES) and found.certificates for found in seen.keys):
        return None
    expected = f'a md:KeyDescriptor with a certificate, without use or with use="{use}"'
    others = ", ".join(f'one with use="{found.use}"' for found in seen.keys if found.certificates)
    if not others and (bare := next((found for found in seen.keys if found.serves(use)), None)):
        inside = [
            local(node) for node in bare.element.iterdescendants(etree.Element) if local(node) != "KeyInfo"
        ]
        return Fault(
            expected,
            f"one without a certificate, with {', '.join(inside[:5]) or 'nothing'} in it",
            mend="Put the certificate in that md:KeyDescriptor, in ds:KeyInfo, ds:X509Data, ds:X509Certificate: a "
            "name or a bare key will not do.",
            at=Spot(bare.element),
        )
    return Fault(expected, others or "no md:KeyDescriptor", at=Spot(seen.descriptor))


def _some(seen: SeenMetadata, use: str | None = None) -> list[KeyDescriptor]:
    found = [item for item in seen.keys if use is None or item.serves(use)]
    if not found:
        raise NotApplicable
    return found


def _each(seen: SeenMetadata) -> Iterator[tuple[KeyDescriptor, Given]]:
    """Every certificate with where it stands; NotApplicable where there is none (MD-11 says so)."""
    found = [(item, one) for item in seen.keys for one in item.certificates]
    if not found:
        raise NotApplicable
    return iter(found)
