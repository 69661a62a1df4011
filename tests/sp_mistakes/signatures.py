"""Mistakes in how it is signed, in the message."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod

from sp_mistakes.addresses import of
from sp_mistakes.stage import Mistake, Stage
from support import mistakes
from support.sp import NS, ServiceProvider, fingerprint, make_key, sign

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
OWN_KEY, OWN_CERTIFICATE = make_key("TEST other key")


def by_hand(stage: Stage, **how: Any) -> bytes:
    return mistakes.signed_by_hand(
        stage.sp.request(stage.sso), mistakes.by_rsa(stage.sp.key, hashes.SHA256()), **how
    )


def made(build: Callable[[ServiceProvider, str], bytes]) -> Any:
    """One of the messages that other tests make too."""
    return lambda stage: stage.post(build(stage.sp, stage.sso))


def afterwards(change: Callable[[etree._Element], object]) -> Any:
    """Changed after it was signed."""

    def send(stage: Stage) -> object:
        root = etree.fromstring(stage.signed())
        change(root)
        return stage.post(etree.tostring(root))

    return send


def key_info(inside: str) -> Any:
    """KeyInfo is outside of what is signed."""

    def change(root: etree._Element) -> None:
        info = root.find("ds:Signature/ds:KeyInfo", NS)
        info[:] = list(etree.fromstring(f'<x xmlns:ds="{NS["ds"]}">{inside}</x>'))

    return afterwards(change)


def certificate_in_key_info(stage: Stage) -> object:
    der = base64.b64encode(stage.sp.certificate.public_bytes(Encoding.DER)).decode()
    return key_info(f"<ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data>")(stage)


def with_algorithms(**how: Any) -> Any:
    return lambda stage: stage.post(stage.sp.signed(stage.sp.request(stage.sso), **how))


def key_of(who: str) -> Any:
    """Signed with the key of another provider that the broker knows."""

    def send(stage: Stage) -> object:
        other = stage.others[who]
        return stage.post(etree.tostring(sign(stage.sp.request(stage.sso), other.key, other.certificate)))

    return send


def own_key(stage: Stage) -> object:
    return stage.post(etree.tostring(sign(stage.sp.request(stage.sso), OWN_KEY, OWN_CERTIFICATE)))


def last_child(stage: Stage) -> object:
    root = etree.fromstring(stage.signed())
    root.append(root[1])
    return stage.post(etree.tostring(root))


def inside_extensions(root: etree._Element) -> None:
    holder = etree.Element(f"{{{NS['samlp']}}}Extensions")
    holder.append(root[1])
    root.insert(1, holder)


def in_an_envelope(stage: Stage) -> object:
    """The signature of the SOAP message around it, as WS-Security has it, and none of its own."""
    return stage.post(mistakes.unsigned(stage.sp, stage.sso))


def whole_document(stage: Stage) -> object:
    return stage.post(by_hand(stage, references=("",)))


def another_id(stage: Stage) -> object:
    return stage.post(by_hand(stage, references=("#_another",)))


def inclusive(stage: Stage) -> object:
    """Both canonicalisations by the older recipe, made by hand as it says."""
    request = stage.sp.request(stage.sso)
    octets = etree.tostring(request, method="c14n", exclusive=False)
    made = base64.b64encode(hashlib.sha256(octets).digest()).decode()
    usual = etree.fromstring(by_hand(stage))[1]
    text = etree.tostring(usual).decode().replace("http://www.w3.org/2001/10/xml-exc-c14n#", C14N)
    text = re.sub(r"(<ds:DigestValue>).*?(</ds:DigestValue>)", rf"\g<1>{made}\2", text)
    text = re.sub(r'URI="#[^"]*"', f'URI="#{request.get("ID")}"', text)
    request.insert(1, etree.fromstring(text))
    # In place: inclusive canonicalisation takes the namespaces around it along.
    octets = etree.tostring(request[1][0], method="c14n", exclusive=False)
    request[1][1].text = base64.b64encode(mistakes.by_rsa(stage.sp.key, hashes.SHA256())(octets)).decode()
    return stage.post(etree.tostring(request))


def elliptic(stage: Stage) -> object:
    key = ec.generate_private_key(ec.SECP256R1())
    method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    message = mistakes.signed_by_hand(
        stage.sp.request(stage.sso), lambda octets: key.sign(octets, ec.ECDSA(hashes.SHA256())), method=method
    )
    return stage.post(message)


def empty_value(root: etree._Element) -> None:
    root.find("ds:Signature/ds:SignatureValue", NS).text = ""


def template(root: etree._Element) -> None:
    """What xmlsec fills in was never filled in."""
    empty_value(root)
    root.find(".//ds:DigestValue", NS).text = ""


def cut(root: etree._Element) -> None:
    value = root.find("ds:Signature/ds:SignatureValue", NS)
    value.text = value.text[:100]


PSS = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
WITH_COMMENTS = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"


def by_key(make: Callable[[Any, bytes], bytes], **how: Any) -> Any:
    """Signed by what ``make`` does with the key and the octets."""
    return lambda stage: stage.post(
        mistakes.signed_by_hand(stage.sp.request(stage.sso), lambda octets: make(stage.sp.key, octets), **how)
    )


def rsa(key: Any, octets: bytes, digest: Any = None) -> bytes:
    return mistakes.by_rsa(key, digest or hashes.SHA256())(octets)


def pss(salt: Any) -> Callable[[Any, bytes], bytes]:
    return lambda key, octets: key.sign(
        octets, padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256()
    )


def resigned(change: Callable[[etree._Element], object], *, exclusive: bool = True) -> Any:
    """ds:SignedInfo changed, and signed after that."""

    def send(stage: Stage) -> object:
        root = etree.fromstring(by_hand(stage))
        change(root)
        octets = etree.tostring(root[1][0], method="c14n", exclusive=exclusive)
        root[1][1].text = base64.b64encode(rsa(stage.sp.key, octets)).decode()
        return stage.post(etree.tostring(root))

    return send


def algorithm(name: str, uri: str) -> Any:
    return resigned(lambda root: root.find(f".//ds:{name}", NS).set("Algorithm", uri))


def digest(make: Callable[[etree._Element, str], str]) -> Any:
    """The text of ds:DigestValue as ``make`` has it from the message and the text that it was."""

    def change(root: etree._Element) -> None:
        node = root.find(".//ds:DigestValue", NS)
        node.text = make(root, node.text)

    return resigned(change)


def of_issuer(root: etree._Element, _: str) -> str:
    alone = etree.fromstring(etree.tostring(root[0], with_tail=False))
    octets = etree.tostring(alone, method="c14n", exclusive=True)
    return base64.b64encode(hashlib.sha256(octets).digest()).decode()


def value(change: Callable[[bytes], str]) -> Any:
    def altered(root: etree._Element) -> None:
        node = root.find("ds:Signature/ds:SignatureValue", NS)
        node.text = change(base64.b64decode(node.text))

    return afterwards(altered)


def in_namespace(uri: str) -> Any:
    """The signature in another namespace than that of XML signatures."""
    return lambda stage: stage.post(stage.signed().replace(f'"{NS["ds"]}"'.encode(), f'"{uri}"'.encode()))


def armoured(stage: Stage) -> object:
    text = stage.sp.certificate.public_bytes(Encoding.PEM).decode()
    return key_info(f"<ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data>")(stage)


def rewritten_issuer(root: etree._Element) -> None:
    root[0].text += " "


NAMED = "<ds:KeyName>{}</ds:KeyName>"
MISTAKES = (
    Mistake("no signature", ("AR-26",), "Sign the request", made(mistakes.unsigned)),
    Mistake("the signature of SOAP, and none of its own", ("AR-26",), "inside the message", in_an_envelope),
    Mistake("indented after signing", ("AR-27",), "Sign last", afterwards(etree.indent), "indentation"),
    Mistake("an attribute added after signing", ("AR-27",), "before it is signed", afterwards(lambda root: root.set("ProviderName", "X")), "ProviderName"),
    Mistake("an element added after signing", ("AR-27",), "before it is signed", afterwards(lambda root: etree.SubElement(root, f"{{{NS['samlp']}}}Scoping").set("ProxyCount", "0")), "Scoping"),
    Mistake("Destination rewritten after signing", ("AR-27",), "Set Destination before signing", lambda stage: stage.post(stage.signed(destination=stage.sso + "/").replace(b'1.13/"', b'1.13"')), "Destination was changed"),
    Mistake("a value changed after signing", ("AR-27",), "Nothing may change after signing", afterwards(lambda root: root.set("ForceAuthn", "false")), "changed after signing"),
    Mistake("white space at Issuer after signing", ("AR-27",), "Sign last", afterwards(rewritten_issuer), "white space"),
    Mistake("a key that is not in the metadata", ("AR-27",), "in your metadata", own_key, "none of these"),
    Mistake("the key that was renewed, with its certificate along", ("AR-27",), "KeyDescriptor of your metadata", made(mistakes.by_the_key_in_key_info), "KeyInfo"),
    Mistake("the key of another application", ("AR-27",), "key of the sender", key_of("unlisted"), "9015"),
    Mistake("the signature is the last child", ("AR-02",), "Issuer, Signature", last_child, "ds:Signature"),
    Mistake("the signature inside Extensions", ("AR-27",), "directly in the root", afterwards(inside_extensions), "samlp:Extensions"),
    Mistake("the reference is empty", ("AR-27",), "by its ID", whole_document, "URI"),
    Mistake("the reference is to another ID", ("AR-27",), "by its ID", another_id),
    Mistake("signed twice", ("AR-27",), "once", made(mistakes.two_signatures)),
    Mistake("two references", ("AR-27",), "once", made(mistakes.two_references)),
    Mistake("a transform by XPath", ("AR-27",), "two transforms", made(mistakes.xpath_transform)),
    Mistake("MD5", ("AR-27",), "RSA-SHA256", made(mistakes.md5_signature)),
    Mistake("HMAC with a shared secret", ("AR-27",), "RSA-SHA256", made(mistakes.hmac_with_the_public_certificate)),
    Mistake("a key on an elliptic curve", ("AR-27",), "RSA-SHA256", elliptic),
    Mistake("a signature that was never filled in", ("AR-27",), "as a whole", afterwards(template), "never filled in"),
    Mistake("a signature that was cut off", ("AR-27",), "cut off", afterwards(cut), "bytes"),
    Mistake("RSA-PSS as it is read", ("AR-28",), "rsa-sha256", by_key(pss(32), method=PSS), "sha256-rsa-MGF1"),
    Mistake("RSA-PSS with the longest salt", ("AR-28",), "PKCS#1 v1.5", by_key(pss(padding.PSS.MAX_LENGTH), method=PSS), "the key is right"),
    Mistake("RSA-PSS without a salt", ("AR-28",), "PKCS#1 v1.5", by_key(pss(0), method=PSS), "the key is right"),
    Mistake("RSA-PSS under the name of RSA-SHA256", ("AR-28",), "PKCS#1 v1.5", by_key(pss(32)), "RSA-PSS with SHA-256"),
    Mistake("RSA-PSS with SHA-512", ("AR-28",), "RSA-PSS", algorithm("SignatureMethod", PSS.replace("256", "512")), "sha512-rsa-MGF1"),
    Mistake("RSA-SHA256 under the name of RSA-PSS", ("AR-28",), "rsa-sha256", by_key(rsa, method=PSS), "PKCS#1 v1.5"),
    Mistake("the bytes of the signature in reverse", ("AR-27",), "CryptoAPI of Windows", value(lambda data: base64.b64encode(data[::-1]).decode()), "reverse"),
    Mistake("the signature in hexadecimal", ("AR-27",), "in base64", value(bytes.hex), "hexadecimal"),
    Mistake("made with SHA-1, and SHA-256 is said", ("AR-27",), "Sign with SHA-256", by_key(lambda key, octets: rsa(key, octets, hashes.SHA1())), "RSA with SHA-1"),
    Mistake("made with SHA-512, and SHA-256 is said", ("AR-27",), "Sign with SHA-256", by_key(lambda key, octets: rsa(key, octets, hashes.SHA512())), "RSA with SHA-512"),
    Mistake("hashed twice", ("AR-27",), "it makes the digest", by_key(lambda key, octets: rsa(key, hashlib.sha256(octets).digest())), "hashed twice"),
    Mistake("SignedInfo canonicalised otherwise than it says", ("AR-27",), "Canonicalise ds:SignedInfo by", resigned(lambda root: None, exclusive=False), "REC-xml-c14n"),
    Mistake("the digest in hexadecimal", ("AR-27",), "not their hexadecimal digits", digest(lambda _, text: base64.b64decode(text).hex()), "is hexadecimal"),
    Mistake("the digest cut off", ("AR-27",), "the digest in base64, whole", digest(lambda _, text: base64.b64encode(base64.b64decode(text)[:30]).decode()), "30 bytes"),
    Mistake("the digest of Issuer alone", ("AR-27",), "Make the digest over <samlp:AuthnRequest>", digest(of_issuer), "over <saml:Issuer> alone"),
    Mistake("canonicalisation with comments", ("AR-30",), "without #WithComments", algorithm("CanonicalizationMethod", WITH_COMMENTS), "WithComments"),
    Mistake("a transform with comments", ("AR-30",), "without #WithComments", lambda stage: stage.post(by_hand(stage, transforms=mistakes.USUAL.replace("c14n#", "c14n#WithComments"))), "WithComments"),
    Mistake("a URI that RSA-SHA256 has not", ("AR-27",), "not its URI", algorithm("SignatureMethod", NS["ds"] + "rsa-sha256"), "xmldsig#rsa-sha256"),
    Mistake("a URI that SHA-256 has not", ("AR-27",), "not its URI", algorithm("DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#sha256"), "xmldsig-more#sha256"),
    Mistake("a signature in a namespace without #", ("AR-26",), "with the # at the end", in_namespace(NS["ds"][:-1]), "2000/09/xmldsig"),
    Mistake("a signature in the namespace of XML signatures 1.1", ("AR-26",), NS["ds"], in_namespace("http://www.w3.org/2009/xmldsig11#"), "xmldsig11#"),
    Mistake("KeyInfo with nothing in it", ("AR-02",), "Leave <ds:KeyInfo> out", key_info(""), "ds:KeyInfo"),
    Mistake("a certificate with its lines of dashes", ("AR-02",), "BEGIN CERTIFICATE", armoured, "BEGIN CERTIFICATE"),
    Mistake("SHA-1 in the signature", ("AR-28",), "rsa-sha256", lambda stage: stage.post(mistakes.signed_by_hand(stage.sp.request(stage.sso), mistakes.by_rsa(stage.sp.key, hashes.SHA1()), method=mistakes.RSA_SHA1)), "rsa-sha1"),
    Mistake("SHA-512 in the signature", ("AR-28",), "rsa-sha256", with_algorithms(signature_algorithm=SignatureMethod.RSA_SHA512), "rsa-sha512"),
    Mistake("SHA-1 as digest", ("AR-29",), "xmlenc#sha256", lambda stage: stage.post(by_hand(stage, digest="sha1")), "sha1"),
    Mistake("SHA-512 as digest", ("AR-29",), "xmlenc#sha256", with_algorithms(digest_algorithm=DigestAlgorithm.SHA512), "sha512"),
    Mistake("SHA-1 in both, as old libraries do by default", ("AR-28", "AR-29"), "sha256", made(mistakes.sha1), "sha1"),
    Mistake("inclusive canonicalisation", ("AR-30",), "xml-exc-c14n#", inclusive, "REC-xml-c14n"),
    Mistake("the certificate in KeyInfo", ("AR-31",), "only ds:KeyName", certificate_in_key_info, "X509Data"),
    Mistake("the key itself in KeyInfo", ("AR-31",), "only ds:KeyName", key_info("<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"), "KeyValue"),
    Mistake("a KeyName that one made up", ("AR-32",), "KeyName that stands in your metadata", key_info(NAMED.format("my-signing-key")), "my-signing-key"),
    Mistake("a KeyName in capitals with colons", ("AR-32",), "KeyName that stands in your metadata", lambda stage: key_info(NAMED.format(":".join(re.findall("..", fingerprint(stage.sp.certificate).upper()))))(stage)),
    Mistake("an empty KeyName", ("AR-32",), "KeyName that stands in your metadata", key_info("<ds:KeyName/>")),
    Mistake("an expired certificate", ("AR-33",), "Renew the certificate", of("stale"), "valid from"),
    Mistake("a key of 1024 bits", ("AR-33",), "2048", of("weak"), "1024 bits"),
)  # fmt: skip
