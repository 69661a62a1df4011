"""Mistakes in how it is carried: forms, queries, artifacts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from sp_mistakes.stage import Mistake, Stage, base64_of
from support import mistakes
from support.answers import call
from support.sp import RSA_SHA256, soap

PSS = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
FORM = "application/x-www-form-urlencoded"
SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


def field(change: Callable[[bytes], str]) -> Any:
    """A form whose SAMLRequest is made from the signed message like this."""
    return lambda stage: stage.form({"SAMLRequest": change(stage.signed()), "RelayState": "rs-1"})


def xml(change: Callable[[bytes], bytes]) -> Any:
    """The signed message, changed as text."""
    return field(lambda message: base64_of(change(message)))


def plain(stage: Stage) -> bytes:
    return etree.tostring(stage.sp.request(stage.sso))


def packed(stage: Stage) -> str:
    return base64_of(mistakes.deflated(plain(stage)))


def query(change: Callable[[str], str], relay_state: str | None = "a/b") -> Any:
    """A signed query, changed on the way."""
    return lambda stage: stage.redirect(change(stage.sp.query(plain(stage), relay_state)))


def signed_over(
    octets: Callable[[str, str, str], str], sent: Callable[[str, str, str], str] | None = None
) -> Any:
    """Signed over what ``octets`` makes of SAMLRequest, RelayState and SigAlg, and sent as is usual, or as ``sent``."""

    def usual(message: str, state: str, algorithm: str) -> str:
        return "&".join(
            f"{name}={quote_plus(value)}"
            for name, value in (("SAMLRequest", message), ("RelayState", state), ("SigAlg", algorithm))
        )

    def send(stage: Stage) -> object:
        values = (packed(stage), "a/b", RSA_SHA256)
        value = mistakes.by_rsa(stage.sp.key, hashes.SHA256())(octets(*values).encode())
        return stage.redirect(f"{(sent or usual)(*values)}&Signature={quote_plus(base64_of(value))}")

    return send


def swap(text: str) -> str:
    message, state, *rest = text.split("&")
    return "&".join((state, message, *rest))


def without(name: str) -> Callable[[str], str]:
    return lambda text: "&".join(pair for pair in text.split("&") if not pair.startswith(name + "="))


def encoded_again(name: str) -> Callable[[str], str]:
    return lambda text: "&".join(
        f"{key}={quote_plus(value) if key == name else value}"
        for key, _, value in (pair.partition("=") for pair in text.split("&"))
    )


def unpacked_query(stage: Stage, data: bytes) -> object:
    return stage.redirect(f"SAMLRequest={quote_plus(base64_of(data))}")


def with_a_letter_that_differs(stage: Stage) -> object:
    message = stage.sp.signed(stage.sp.request(stage.sso, ProviderName="Testorganisatie (fictief)"))
    for pad in range(3):
        text = base64.urlsafe_b64encode(message + b"\n" * pad + b"<!-- ~~~???>>> -->").decode()
        if "-" in text or "_" in text:
            return stage.form({"SAMLRequest": text})
    raise AssertionError("no letter that differs")


def artifact(change: Callable[[str], str]) -> Any:
    return lambda stage: call(
        stage.bench, "GET", f"/sso/1.13?SAMLart={quote_plus(change(stage.others['fetching'].artifact()))}"
    )


def of_nobody(stage: Stage) -> object:
    return call(stage.bench, "GET", f"/sso/1.13?SAMLart={quote_plus(mistakes.foreign_artifact())}")


def without_service(stage: Stage) -> object:
    return call(stage.bench, "GET", f"/sso/1.13?SAMLart={quote_plus(stage.sp.artifact())}")


def logout_request(stage: Stage) -> object:
    return stage.post(stage.sp.signed(stage.sp.logout_request(stage.sso, "x", "y")))


def framed(stage: Stage) -> object:
    return stage.post(stage.signed(), **{"Sec-Fetch-Dest": "iframe"})


def relay(text: str) -> Any:
    return lambda stage: stage.post(stage.signed(), text)


def body(make: Callable[[Stage], bytes | str], content_type: str) -> Any:
    """A POST with this body, whatever it is called."""

    def send(stage: Stage) -> object:
        made = make(stage)
        data = made if isinstance(made, bytes) else made.encode()
        return call(stage.bench, "POST", "/sso/1.13", data, Content_Type=content_type)

    return send


def with_pluses(stage: Stage) -> object:
    """As many as leaves a multiple of four without them: then it is base64 all the same."""
    for length in range(1, 500):
        message = stage.signed(ProviderName="~?>" * 3 + "x" * length)
        text = base64_of(message)
        if text.count("+") and text.count("+") % 4 == 0:
            return call(stage.bench, "POST", "/sso/1.13", f"SAMLRequest={text}".encode(), Content_Type=FORM)
    raise AssertionError("no such message")


def signed_by(
    make: Callable[[Any, bytes], bytes], algorithm: str = RSA_SHA256, text: Callable[[bytes], str] = base64_of
) -> Any:
    """A query whose signature ``make`` makes, and ``text`` writes."""

    def send(stage: Stage) -> object:
        signed = f"SAMLRequest={quote_plus(packed(stage))}&SigAlg={quote_plus(algorithm)}"
        value = make(stage.sp.key, signed.encode())
        return stage.redirect(f"{signed}&Signature={quote_plus(text(value))}")

    return send


def with_address(stage: Stage) -> object:
    def make(key: Any, octets: bytes) -> bytes:
        return mistakes.by_rsa(key, hashes.SHA256())(stage.sso.encode() + b"?" + octets)

    return signed_by(make)(stage)


def with_another(stage: Stage) -> object:
    """A parameter of one's own, signed along with the others."""
    text = f"SAMLRequest={quote_plus(packed(stage))}&lang=nl&SigAlg={quote_plus(RSA_SHA256)}"
    value = mistakes.by_rsa(stage.sp.key, hashes.SHA256())(text.encode())
    return stage.redirect(f"{text}&Signature={quote_plus(base64_of(value))}")


MISTAKES = (
    Mistake("SAML 1.0 as namespace of Issuer", ("AR-02",), "Use the namespace urn:oasis:names:tc:SAML:2.0:assertion", xml(lambda m: m.replace(b"SAML:2.0:assertion", b"SAML:1.0:assertion")), "SAML:1.0"),
    Mistake("the root in other letters", ("AR-02",), "capitals", xml(lambda m: m.replace(b"samlp:AuthnRequest", b"samlp:authnRequest")), "authnRequest"),
    Mistake("a quote around the base64", ("AR-02",), "alone", field(lambda m: f'"{base64_of(m)}"'), "quote"),
    Mistake("a data: address", ("AR-02",), "alone", field(lambda m: "data:text/xml;base64," + base64_of(m)), "data:"),
    Mistake("a + left as it is in a query", ("AR-02",), "%2B", lambda stage: stage.redirect(f"SAMLRequest=A+{quote_plus(packed(stage))}"), "blanks"),
    Mistake("a digest that was left out", ("AR-27",), "as a whole", xml(lambda m: re.sub(rb"<ds:DigestValue>.*?</ds:DigestValue>", b"", m))),
    Mistake("a message by POST sent by GET", ("AR-02",), "raw DEFLATE", lambda stage: stage.redirect(f"SAMLRequest={quote_plus(base64_of(stage.signed()))}"), "without DEFLATE"),
    Mistake("an artifact and a request", ("AR-02",), "one of them", lambda stage: stage.form({"SAMLRequest": base64_of(stage.signed()), "SAMLart": "x"})),
    Mistake("an artifact of another index", ("AR-43",), "this index", lambda stage: stage.redirect("SAMLart=" + quote_plus(stage.others["fetching"].artifact(index=5)))),
    Mistake("base64 twice", ("AR-02",), "base64 once", field(lambda m: base64_of(base64.b64encode(m))), "base64 in base64"),
    Mistake("the URL-safe alphabet of base64", ("AR-02",), "+ and /", with_a_letter_that_differs, "URL-safe"),
    Mistake("percent-encoded in a form by hand", ("AR-02",), "percent", field(lambda m: quote_plus(base64_of(m + b"\n" * (2 - len(m) % 3)))), "%"),
    Mistake("no base64 at all", ("AR-02",), "in base64", field(lambda m: m.decode()), "XML itself"),
    Mistake("the base64 was cut off", ("AR-02",), "base64", field(lambda m: base64_of(m)[:-5]), "cut off"),
    Mistake("base64 without its padding", ("AR-02",), "Pad the base64", field(lambda m: base64_of(m + b"\n" * (2 - len(m) % 3)).rstrip("=")), "without the ="),
    Mistake("Python's notation of bytes", ("AR-02",), ".decode()", field(lambda m: str(base64.b64encode(m))), "Python"),
    Mistake("line ends as a backslash and an n", ("AR-02",), "real line ends", field(lambda m: base64.encodebytes(m).decode().replace("\n", "\\n"))),
    Mistake("undefined", ("AR-02",), "was not there yet", field(lambda m: "undefined"), "undefined"),
    Mistake("an object of JavaScript", ("AR-02",), "no text", field(lambda m: "[object Object]"), "object"),
    Mistake("hexadecimal", ("AR-02",), "in base64", field(bytes.hex), "hexadecimal"),
    Mistake("escaped for HTML twice", ("AR-02",), "Escape for HTML once", field(lambda m: base64_of(m) + "&#61;"), "escaped for HTML"),
    Mistake("compressed twice", ("AR-02",), "Compress once", lambda stage: unpacked_query(stage, mistakes.deflated(mistakes.deflated(plain(stage)))), "compressed twice"),
    Mistake("compressed, and not to the end", ("AR-02",), "flush or close", lambda stage: unpacked_query(stage, mistakes.deflated(plain(stage))[:-20]), "cut off"),
    Mistake("four + left as they are in a form", ("AR-02",), "%2B", with_pluses, "blanks"),
    Mistake("JSON", ("AR-02",), "application/x-www-form-urlencoded", body(lambda stage: json.dumps({"SAMLRequest": base64_of(stage.signed())}), "application/json"), "JSON with SAMLRequest"),
    Mistake("the XML as the body", ("AR-02",), "as a form", body(lambda stage: stage.signed(), "text/xml"), "Content-Type text/xml, and the XML itself"),
    Mistake("the XML as the body, called a form", ("AR-02",), "as a form", body(lambda stage: stage.signed(), FORM), "the XML itself"),
    Mistake("SOAP as the body", ("AR-02",), "without the SOAP envelope", body(lambda stage: soap(stage.signed()), "text/xml; charset=utf-8"), "SOAP"),
    Mistake("a form that is called text", ("AR-02",), FORM, body(lambda stage: urlencode(stage.sp.form(stage.signed())), "text/plain"), "text/plain"),
    Mistake("a form that is called nothing", ("AR-02",), FORM, body(lambda stage: urlencode(stage.sp.form(stage.signed())), ""), "no Content-Type"),
    Mistake("a query sent by POST", ("AR-02",), "by GET", lambda stage: call(stage.bench, "POST", "/sso/1.13?" + stage.sp.query(plain(stage)), b""), "in the query"),
    Mistake("an empty body", ("AR-02",), "as a form", body(lambda stage: b"", ""), "an empty body"),
    Mistake("a prefix that is not declared", ("AR-02",), "Declare the prefix saml", xml(lambda m: re.sub(rb' xmlns:saml="[^"]*"', b"", m)), "Namespace prefix saml"),
    Mistake("a line end before the declaration", ("AR-02",), "Put nothing before <?xml", xml(lambda m: b'\n<?xml version="1.0"?>' + m), "not well-formed"),
    Mistake("UTF-16 is declared, and it is UTF-8", ("AR-02",), 'encoding="UTF-8"', xml(lambda m: b'<?xml version="1.0" encoding="UTF-16"?>' + m)),
    Mistake("an attribute twice", ("AR-02",), "each attribute of an element once", xml(lambda m: m.replace(b' Version="2.0"', b' Version="2.0" Version="2.0"', 1))),
    Mistake("RSA-PSS in the query", ("AR-28",), "rsa-sha256", signed_by(lambda key, octets: key.sign(octets, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()), PSS), "sha256-rsa-MGF1"),
    Mistake("RSA-PSS in the query, and RSA-SHA256 is said", ("AR-28",), "PKCS#1 v1.5", signed_by(lambda key, octets: key.sign(octets, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())), "RSA-PSS"),
    Mistake("the query's signature in reverse", ("AR-42",), "CryptoAPI of Windows", signed_by(lambda key, octets: mistakes.by_rsa(key, hashes.SHA256())(octets)[::-1]), "reverse"),
    Mistake("the query's signature in hexadecimal", ("AR-42",), "in base64", signed_by(lambda key, octets: mistakes.by_rsa(key, hashes.SHA256())(octets), text=bytes.hex), "hexadecimal"),
    Mistake("the query signed by SHA-1, and SHA-256 is said", ("AR-42",), "Sign with SHA-256", signed_by(lambda key, octets: mistakes.by_rsa(key, hashes.SHA1())(octets)), "by SHA-1 while SigAlg says SHA-256"),
    Mistake("the query hashed twice", ("AR-42",), "it makes the digest", signed_by(lambda key, octets: mistakes.by_rsa(key, hashes.SHA256())(hashlib.sha256(octets).digest())), "hashed twice"),
    Mistake("the ? is signed along", ("AR-42",), "without the ? before it", signed_by(lambda key, octets: mistakes.by_rsa(key, hashes.SHA256())(b"?" + octets)), "the ? before it"),
    Mistake("the address is signed along", ("AR-42",), "without the address", with_address, "the whole address"),
    Mistake("RelayState in other letters", ("AR-42",), "as RelayState", query(lambda text: text.replace("RelayState", "relayState")), "sent as relayState"),
    Mistake("every parameter is signed", ("AR-42",), "alone", with_another, "every parameter"),
    Mistake("SigAlg by a URI that there is not", ("AR-27",), "not its URI", lambda stage: stage.redirect(stage.sp.query(plain(stage), algorithm=SHA1.replace("sha1", "sha256"))), "xmldsig#rsa-sha256"),
    Mistake("an empty field", ("AR-02",), "in base64", field(lambda m: "")),
    Mistake("the field of an answer", ("AR-02",), "SAMLRequest", lambda stage: stage.form({"SAMLResponse": base64_of(stage.signed())}), "SAMLResponse"),
    Mistake("the field in lower case", ("AR-02",), "SAMLRequest", lambda stage: stage.form({"samlrequest": base64_of(stage.signed())}), "samlrequest"),
    Mistake("deflated in a form", ("AR-42-deflate",), "without DEFLATE", field(lambda m: base64_of(mistakes.deflated(m)))),
    Mistake("zlib with its header, in a form", ("AR-02",), "without", field(lambda m: base64_of(zlib.compress(m))), "zlib"),
    Mistake("zlib with its header, in a query", ("AR-02",), "raw DEFLATE", lambda stage: unpacked_query(stage, zlib.compress(plain(stage))), "zlib"),
    Mistake("gzip in a query", ("AR-02",), "raw DEFLATE", lambda stage: unpacked_query(stage, gzip.compress(plain(stage))), "gzip"),
    Mistake("not deflated in a query", ("AR-02",), "raw DEFLATE", lambda stage: unpacked_query(stage, plain(stage)), "XML"),
    Mistake("XML entity-encoded, as in a page", ("AR-02",), "&lt;", xml(lambda m: html.escape(m.decode()).encode()), "&lt;"),
    Mistake("a DTD", ("AR-02",), "DOCTYPE", xml(lambda m: b"<!DOCTYPE AuthnRequest>" + m), "DOCTYPE"),
    Mistake("half a message", ("AR-02",), "Send the whole message", xml(lambda m: m[: len(m) // 2]), "not well-formed"),
    Mistake("an unescaped ampersand", ("AR-02",), "&amp;", xml(lambda m: m.replace(b"ForceAuthn", b'ProviderName="A & B" ForceAuthn')), "not well-formed"),
    Mistake("another encoding than it says", ("AR-02",), "UTF-8", xml(lambda m: b'<?xml version="1.0" encoding="UTF-8"?>' + m.replace(b"ForceAuthn", 'ProviderName="Gemeente Súdwest" ForceAuthn'.encode("latin-1"))), "not well-formed"),
    Mistake("SOAP around it", ("AR-02",), "without the SOAP", xml(soap), "soap:Envelope"),
    Mistake("a LogoutRequest at the wrong door", ("AR-02",), "/slo/", logout_request, "LogoutRequest"),
    Mistake("metadata for a request", ("AR-02",), "metadata", lambda stage: stage.post(stage.sp.metadata), "EntityDescriptor"),
    Mistake("SAML 1.1 in the namespace", ("AR-02",), "urn:oasis:names:tc:SAML:2.0:protocol", xml(lambda m: m.replace(b"SAML:2.0:protocol", b"SAML:1.1:protocol")), "SAML:1.1"),
    Mistake("nothing at all", ("AR-02",), "start at the service provider", lambda stage: stage.redirect("")),
    Mistake("the request of another protocol", ("AR-02",), "SAML", lambda stage: stage.redirect("client_id=x&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fsp.example"), "OpenID"),
    Mistake("a comment in the entity id", ("AR-27",), "without comments", xml(lambda m: m.replace(b":entities:", b":entities:<!-- test -->"))),
    Mistake("no signature in the query", ("AR-26",), "in the query", lambda stage: stage.redirect(f"SAMLRequest={quote_plus(packed(stage))}")),
    Mistake("signed in the XML instead of the query", ("AR-26",), "in the query", lambda stage: stage.redirect(f"SAMLRequest={quote_plus(base64_of(mistakes.deflated(stage.signed())))}")),
    Mistake("the address HTML-escaped", ("AR-02",), "as it is, with & between", query(lambda text: text.replace("&", "&amp;")), "HTML-escaped"),
    Mistake("no Signature", ("AR-26",), "in the query", query(without("Signature")), "Signature"),
    Mistake("no SigAlg", ("AR-27",), "SigAlg", query(without("SigAlg")), "no SigAlg"),
    Mistake("SigAlg by its short name", ("AR-27",), "rsa-sha256", lambda stage: stage.redirect(stage.sp.query(plain(stage), algorithm="RSA-SHA256"))),
    Mistake("SHA-1 in SigAlg", ("AR-28",), "rsa-sha256", lambda stage: stage.redirect(stage.sp.query(plain(stage), algorithm=SHA1)), "rsa-sha1"),
    Mistake("re-encoded by a proxy", ("AR-42",), "let nothing encode them again", query(mistakes.lower_case), "upper-case"),
    Mistake("signed in another order", ("AR-42",), "SAMLRequest, then RelayState", signed_over(lambda m, s, a: f"SigAlg={quote_plus(a)}&SAMLRequest={quote_plus(m)}&RelayState={quote_plus(s)}"), "SigAlg, SAMLRequest, RelayState"),
    Mistake("signed before it was encoded", ("AR-42",), "Encode first", signed_over(lambda m, s, a: f"SAMLRequest={m}&RelayState={s}&SigAlg={a}"), "without URL-encoding"),
    Mistake("RelayState left out of what is signed", ("AR-42",), "then RelayState if there is one", signed_over(lambda m, s, a: f"SAMLRequest={quote_plus(m)}&SigAlg={quote_plus(a)}"), "SAMLRequest, SigAlg"),
    Mistake("the message alone is signed", ("AR-42",), "then SigAlg", signed_over(lambda m, s, a: f"SAMLRequest={quote_plus(m)}"), "SAMLRequest"),
    Mistake("the XML is signed", ("AR-42",), "query string", lambda stage: sign_of_xml(stage)),
    Mistake("RelayState changed by a proxy", ("AR-42",), "let nothing on the way change", query(lambda text: text.replace("RelayState=a%2Fb", "RelayState=a%2Fb%2F")), "changed on the way"),
    Mistake("the signature encoded twice", ("AR-42",), "once", query(encoded_again("Signature")), "twice"),
    Mistake("the signature in URL-safe base64", ("AR-42",), "+ and /", lambda stage: url_safe_signature(stage), "URL-safe"),
    Mistake("SAMLRequest twice", ("AR-02",), "once", query(lambda text: text + "&" + text.split("&")[0]), "more than once"),
    Mistake("another key in the query", ("AR-27",), "key of the sender", lambda stage: stage.redirect(stage.others["unlisted"].query(plain(stage))), "9015"),
    Mistake("an artifact that was cut off", ("AR-01",), "artifact", artifact(lambda text: text[:-6])),
    Mistake("a blank for a + in the artifact", ("AR-01",), "%2B", artifact(lambda text: text.replace("A", " ", 1))),
    Mistake("an artifact of nobody", ("AR-43",), "SHA-1", of_nobody, ""),
    Mistake("an artifact, and no service to have it from", ("AR-43",), "ArtifactResolutionService", without_service),
    Mistake("an artifact service that does not answer", ("AR-43",), "", artifact(lambda text: text)),
    Mistake("RelayState of 200 bytes", ("AR-41",), "short opaque reference", relay("x" * 200), "200 bytes"),
    Mistake("an e-mail address in RelayState", ("AR-41-personal",), "random reference", relay("/dossier?mail=a.b@example.nl")),
    Mistake("a login inside a frame", ("AR-44",), "whole browser window", framed),
)  # fmt: skip


def sign_of_xml(stage: Stage) -> object:
    """Over the octets of the XML, as for a file."""
    message = plain(stage)
    value = mistakes.by_rsa(stage.sp.key, hashes.SHA256())(message)
    text = (
        f"SAMLRequest={quote_plus(base64_of(mistakes.deflated(message)))}&SigAlg={quote(RSA_SHA256, safe='')}"
    )
    return stage.redirect(f"{text}&Signature={quote_plus(base64_of(value))}")


def url_safe_signature(stage: Stage) -> object:
    while True:
        text = stage.sp.query(plain(stage))
        head, _, value = text.rpartition("&Signature=")
        value = value.replace("%2B", "-").replace("%2F", "_")
        if "-" in value or "_" in value:
            return stage.redirect(f"{head}&Signature={value}")
