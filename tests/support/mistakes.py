"""Messages that a broker must not fall for, each built for real: what the attack leaves whole is whole."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from support.sp import NS, RSA_SHA256, ServiceProvider, fingerprint, make_key

PAOS = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
RSA_MD5 = "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
DIGESTS = {
    "md5": "http://www.w3.org/2001/04/xmldsig-more#md5",
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
}
USUAL = f'<ds:Transform Algorithm="{ENVELOPED}"/><ds:Transform Algorithm="{EXC_C14N}"/>'
XPATH = (
    '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
    "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>"
    f'<ds:Transform Algorithm="{EXC_C14N}"/>'
)
XSLT = (
    f'<ds:Transform Algorithm="{ENVELOPED}"/>'
    '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">'
    '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0">'
    '<xsl:template match="/"><xsl:copy-of select="."/></xsl:template></xsl:stylesheet></ds:Transform>'
)

Build = Callable[[ServiceProvider, str], bytes]
"""From a service provider and the broker's SSO address: the message."""


# Signatures by hand: whatever no library would make.


def by_rsa(key: rsa.RSAPrivateKey, digest: hashes.HashAlgorithm) -> Callable[[bytes], bytes]:
    return lambda octets: key.sign(octets, padding.PKCS1v15(), digest)


def signed_by_hand(
    element: etree._Element,
    sign: Callable[[bytes], bytes],
    *,
    method: str = RSA_SHA256,
    digest: str = "sha256",
    references: tuple[str, ...] = (),
    transforms: str = USUAL,
    key_info: str = "",
) -> bytes:
    """An enveloped signature after Issuer. Every reference gets the digest of the whole message."""
    canonical = etree.tostring(element, method="c14n", exclusive=True)
    value = base64.b64encode(hashlib.new(digest, canonical, usedforsecurity=False).digest()).decode()
    lines = "".join(
        f'<ds:Reference URI="{uri}"><ds:Transforms>{transforms}</ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{DIGESTS[digest]}"/><ds:DigestValue>{value}</ds:DigestValue></ds:Reference>'
        for uri in references or (f"#{element.get('ID')}",)
    )
    signature = etree.fromstring(
        f'<ds:Signature xmlns:ds="{NS["ds"]}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{EXC_C14N}"/><ds:SignatureMethod Algorithm="{method}"/>{lines}'
        f"</ds:SignedInfo><ds:SignatureValue/>{key_info}</ds:Signature>"
    )
    element.insert(1, signature)
    octets = etree.tostring(signature[0], method="c14n", exclusive=True)
    signature[1].text = base64.b64encode(sign(octets)).decode()
    return etree.tostring(element)


def well_signed(sp: ServiceProvider, sso: str) -> bytes:
    """The control: by hand, and nothing wrong with it."""
    return signed_by_hand(sp.request(sso), by_rsa(sp.key, hashes.SHA256()))


def unsigned(sp: ServiceProvider, sso: str) -> bytes:
    return etree.tostring(sp.request(sso))


def by_another_key(sp: ServiceProvider, sso: str) -> bytes:
    """The KeyName is the true one."""
    key, _ = make_key("attacker")
    info = f"<ds:KeyInfo><ds:KeyName>{fingerprint(sp.certificate)}</ds:KeyName></ds:KeyInfo>"
    return signed_by_hand(sp.request(sso), by_rsa(key, hashes.SHA256()), key_info=info)


def by_the_key_in_key_info(sp: ServiceProvider, sso: str) -> bytes:
    """Good by the certificate that it brings along itself."""
    key, certificate = make_key("attacker")
    der = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    info = f"<ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data>"
    return signed_by_hand(
        sp.request(sso), by_rsa(key, hashes.SHA256()), key_info=f"<ds:KeyInfo>{info}</ds:KeyInfo>"
    )


def md5_signature(sp: ServiceProvider, sso: str) -> bytes:
    return signed_by_hand(sp.request(sso), by_rsa(sp.key, hashes.MD5()), method=RSA_MD5)


def md5_digest(sp: ServiceProvider, sso: str) -> bytes:
    return signed_by_hand(sp.request(sso), by_rsa(sp.key, hashes.SHA256()), digest="md5")


def sha1(sp: ServiceProvider, sso: str) -> bytes:
    return signed_by_hand(sp.request(sso), by_rsa(sp.key, hashes.SHA1()), method=RSA_SHA1, digest="sha1")


def hmac_with_the_public_certificate(sp: ServiceProvider, sso: str) -> bytes:
    """What everybody can read, used as a secret."""
    secret = sp.certificate.public_bytes(serialization.Encoding.PEM)
    return signed_by_hand(
        sp.request(sso), lambda octets: hmac.digest(secret, octets, "sha256"), method=HMAC_SHA256
    )


def empty_reference(sp: ServiceProvider, sso: str) -> bytes:
    """URI="" is the whole document, which is the same octets: and still not an ID."""
    return signed_by_hand(sp.request(sso), by_rsa(sp.key, hashes.SHA256()), references=("",))


def two_references(sp: ServiceProvider, sso: str) -> bytes:
    request = sp.request(sso)
    return signed_by_hand(request, by_rsa(sp.key, hashes.SHA256()), references=(f"#{request.get('ID')}", ""))


def xpath_transform(sp: ServiceProvider, sso: str) -> bytes:
    return signed_by_hand(sp.request(sso), by_rsa(sp.key, hashes.SHA256()), transforms=XPATH)


def xslt_transform(sp: ServiceProvider, sso: str) -> bytes:
    return signed_by_hand(sp.request(sso), by_rsa(sp.key, hashes.SHA256()), transforms=XSLT)


def two_signatures(sp: ServiceProvider, sso: str) -> bytes:
    """The good one, and a copy of it."""
    message = etree.fromstring(well_signed(sp, sso))
    message.insert(2, etree.fromstring(etree.tostring(message[1])))
    return etree.tostring(message)


def changed_after_signing(sp: ServiceProvider, sso: str) -> bytes:
    message = etree.fromstring(well_signed(sp, sso))
    message.set("ForceAuthn", "false")
    return etree.tostring(message)


# Signature wrapping: a true signature over a true message, and another message that is to be read instead.


def _wrapping(sp: ServiceProvider, sso: str) -> tuple[Any, Any, Any]:
    original = etree.fromstring(well_signed(sp, sso))
    evil = sp.request(sso, AssertionConsumerServiceIndex="2", ForceAuthn="false", level="loa2plus")
    return original, original[1], evil


def _extensions(message: Any, place: int = 1) -> Any:
    holder = etree.Element(f"{{{NS['samlp']}}}Extensions")
    message.insert(place, holder)
    return holder


def _object(signature: Any) -> Any:
    return etree.SubElement(signature, f"{{{NS['ds']}}}Object")


def original_in_extensions(sp: ServiceProvider, sso: str) -> bytes:
    """Signature at the root of the evil one, pointing at the original in Extensions."""
    original, signature, evil = _wrapping(sp, sso)
    evil.insert(1, signature)
    _extensions(evil, 2).append(original)
    return etree.tostring(evil)


def original_in_object(sp: ServiceProvider, sso: str) -> bytes:
    original, signature, evil = _wrapping(sp, sso)
    evil.insert(1, signature)
    _object(signature).append(original)
    return etree.tostring(evil)


def original_whole_in_extensions(sp: ServiceProvider, sso: str) -> bytes:
    """The original keeps its signature; the evil one around it has none."""
    original, _, evil = _wrapping(sp, sso)
    _extensions(evil).append(original)
    return etree.tostring(evil)


def original_as_sibling(sp: ServiceProvider, sso: str) -> bytes:
    original, signature, evil = _wrapping(sp, sso)
    evil.insert(1, signature)
    evil.append(original)
    return etree.tostring(evil)


def same_id_in_extensions(sp: ServiceProvider, sso: str) -> bytes:
    """Both have the ID that is signed: which one it is depends on who looks."""
    original, signature, evil = _wrapping(sp, sso)
    evil.set("ID", original.get("ID"))
    evil.insert(1, signature)
    _extensions(evil, 2).append(original)
    return etree.tostring(evil)


def same_id_in_object(sp: ServiceProvider, sso: str) -> bytes:
    original, signature, evil = _wrapping(sp, sso)
    evil.set("ID", original.get("ID"))
    evil.insert(1, signature)
    _object(signature).append(original)
    return etree.tostring(evil)


def evil_in_object(sp: ServiceProvider, sso: str) -> bytes:
    """The original is the root and its signature holds: the enveloped transform leaves the evil one out."""
    original, signature, evil = _wrapping(sp, sso)
    _object(signature).append(evil)
    return etree.tostring(original)


def signature_beside_the_original(sp: ServiceProvider, sso: str) -> bytes:
    original, signature, evil = _wrapping(sp, sso)
    holder = _extensions(evil)
    holder.append(signature)
    holder.append(original)
    return etree.tostring(evil)


WRAPPINGS: tuple[Build, ...] = (
    original_in_extensions,
    original_in_object,
    original_whole_in_extensions,
    original_as_sibling,
    same_id_in_extensions,
    same_id_in_object,
    evil_in_object,
    signature_beside_the_original,
)

FORGERIES: tuple[Build, ...] = (
    by_another_key,
    by_the_key_in_key_info,
    md5_signature,
    md5_digest,
    hmac_with_the_public_certificate,
    empty_reference,
    two_references,
    two_signatures,
    xpath_transform,
    xslt_transform,
    changed_after_signing,
)


# Values that two readers read in two ways. The signature holds in each.


def comment_in_issuer(sp: ServiceProvider, sso: str) -> bytes:
    """Canonicalisation drops the comment; a careless reader stops in front of it (CVE-2017-11427)."""
    return well_signed(sp, sso).replace(b":entities:9001<", b":entities:90<!-- -->01<", 1)


def comment_before_issuer(sp: ServiceProvider, sso: str) -> bytes:
    """The careless reader finds nothing at all."""
    return well_signed(sp, sso).replace(b">urn:etoegang:DV:", b"><!-- -->urn:etoegang:DV:", 1)


def comment_in_level(sp: ServiceProvider, sso: str) -> bytes:
    return well_signed(sp, sso).replace(b"assurance-class:loa3<", b"assurance-class:<!-- -->loa3<", 1)


def instruction_in_issuer(sp: ServiceProvider, sso: str) -> bytes:
    """Canonicalisation keeps it, so it is signed; readers still differ in where the value ends."""
    request = sp.request(sso)
    issuer = request[0]
    text, issuer.text = issuer.text, "urn:"
    instruction = etree.ProcessingInstruction("stop", "here")
    issuer.append(instruction)
    instruction.tail = text.removeprefix("urn:")
    return signed_by_hand(request, by_rsa(sp.key, hashes.SHA256()))


# XML and envelopes that are none.

LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(9))
    + b"]>"
)


def with_dtd(sp: ServiceProvider, sso: str) -> bytes:
    return b"<!DOCTYPE AuthnRequest>" + well_signed(sp, sso)


def with_entity(sp: ServiceProvider, sso: str) -> bytes:
    message = well_signed(sp, sso).replace(sp.entity_id.encode(), b"&issuer;", 1)
    return b'<!DOCTYPE r [<!ENTITY issuer "%s">]>' % sp.entity_id.encode() + message


def with_laughs(sp: ServiceProvider, sso: str) -> bytes:
    return LAUGHS + well_signed(sp, sso).replace(b'ForceAuthn="true"', b'ForceAuthn="&j;"', 1)


def with_outside_entity(sp: ServiceProvider, sso: str) -> bytes:
    """What it would read is there on every machine that runs this."""
    message = well_signed(sp, sso).replace(sp.entity_id.encode(), b"&secret;", 1)
    return b'<!DOCTYPE r [<!ENTITY secret SYSTEM "file:///proc/self/environ">]>' + message


def deep(sp: ServiceProvider, sso: str) -> bytes:
    return b"<a>" * 5_000 + b"</a>" * 5_000


def deflated(data: bytes) -> bytes:
    engine = zlib.compressobj(9, wbits=-15)
    return engine.compress(data) + engine.flush()


def bomb() -> str:
    """A few thousand characters that would become 40 MB."""
    return base64.b64encode(deflated(b"<a>" + b" " * 40_000_000)).decode()


# Queries.


def lower_case(text: str) -> str:
    """Percent escapes with small letters, as .NET writes them: other octets, the same values."""
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)


def query_in_lower_case(sp: ServiceProvider, sso: str) -> str:
    """Escaped in lower case first, signed then: what is signed is what is sent."""
    packed = base64.b64encode(deflated(unsigned(sp, sso))).decode()
    octets = lower_case(
        f"SAMLRequest={quote_plus(packed)}&RelayState={quote_plus('a/b')}&SigAlg={quote_plus(RSA_SHA256)}"
    )
    value = base64.b64encode(by_rsa(sp.key, hashes.SHA256())(octets.encode())).decode()
    return f"{octets}&Signature={quote_plus(value)}"


def foreign_artifact(entity_id: str = "urn:etoegang:HM:00000003888888880000:entities:9002") -> str:
    """Well-formed, and of another broker."""
    return base64.b64encode(
        b"\0\4\0\0" + hashlib.sha1(entity_id.encode(), usedforsecurity=False).digest() + b"x" * 20
    ).decode()
