"""Mistakes in resolving the artifact of an answer."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from sp_mistakes.signatures import OWN_CERTIFICATE, OWN_KEY
from sp_mistakes.stage import Mistake, Stage
from support import mistakes
from support.sp import NS, ServiceProvider, sign, soap
from support.walk import landed, walk

SOAP_12 = b"http://www.w3.org/2003/05/soap-envelope"


def an_artifact(stage: Stage) -> str:
    """Of a login that went well."""
    browser = stage.bench.browser()
    page = walk(browser, stage.bench.ask(browser), "m.devries", "reconi")
    return str(landed(page).fields["SAMLart"])


def resolving(change: Callable[[bytes], bytes], content_type: str = "text/xml") -> Any:
    return lambda stage: stage.call_back(change(stage.sp.resolve_message(an_artifact(stage))), content_type)


def unsigned(message: bytes) -> bytes:
    root = etree.fromstring(message)
    for node in root.findall(".//ds:Signature", NS):
        node.getparent().remove(node)
    return etree.tostring(root)


def bare(message: bytes) -> bytes:
    """Without the envelope, and without what the parser would say of its prefix."""
    return etree.tostring(etree.fromstring(message).find("soap:Body/samlp:ArtifactResolve", NS))


def indented(message: bytes) -> bytes:
    root = etree.fromstring(message)
    etree.indent(root)
    return etree.tostring(root)


def with_artifact(change: Callable[[str], str]) -> Any:
    return lambda stage: stage.call_back(stage.sp.resolve_message(change(an_artifact(stage))))


def by(sp: Callable[[Stage], ServiceProvider]) -> Any:
    return lambda stage: stage.call_back(sp(stage).resolve_message(an_artifact(stage)))


def own_key(stage: Stage) -> object:
    root = etree.fromstring(unsigned(stage.sp.resolve_message(an_artifact(stage))))
    message = root.find("soap:Body/samlp:ArtifactResolve", NS)
    alone = etree.fromstring(etree.tostring(message, with_tail=False))
    return stage.call_back(soap(etree.tostring(sign(alone, OWN_KEY, OWN_CERTIFICATE))))


def twice(stage: Stage) -> object:
    artifact = an_artifact(stage)
    stage.call_back(stage.sp.resolve_message(artifact))
    return stage.call_back(stage.sp.resolve_message(artifact))


def in_body(message: bytes, change: Callable[[bytes], bytes]) -> bytes:
    head, opened, rest = message.partition(b"<soap:Body>")
    inner, closed, tail = rest.partition(b"</soap:Body>")
    return head + opened + change(inner) + closed + tail


def repeated(message: bytes) -> bytes:
    return in_body(message, lambda inner: inner + inner)


MISTAKES = (
    Mistake("SOAP 1.2", ("AX-01",), "schemas.xmlsoap.org/soap/envelope", resolving(lambda m: m.replace(NS["soap"].encode(), SOAP_12)), "soap:Envelope"),
    Mistake("no envelope", ("AX-01",), "soap:Envelope", resolving(bare), "ArtifactResolve"),
    Mistake("an empty body", ("AX-01",), "soap:Envelope", lambda stage: stage.call_back(b"")),
    Mistake("the artifact as a form field", ("AX-01",), "soap:Envelope", lambda stage: stage.call_back(b"SAMLart=AAQA")),
    Mistake("the content type of SOAP 1.2", ("AX-02",), "text/xml", resolving(lambda m: m, "application/soap+xml"), "application/soap+xml"),
    Mistake("not signed", ("AX-03",), "Sign", resolving(unsigned)),
    Mistake("indented after signing", ("AX-03",), "Sign last", resolving(indented), "indentation"),
    Mistake("signed with a key that is not in the metadata", ("AX-03",), "in your metadata", own_key),
    Mistake("by another provider", ("AX-04",), "", by(lambda stage: stage.others["unlisted"])),
    Mistake("an artifact of another broker", ("AX-05",), "", lambda stage: stage.call_back(stage.sp.resolve_message(mistakes.foreign_artifact()))),
    Mistake("a blank for a + in the artifact", ("AX-05",), "%2B", lambda stage: stage.call_back(stage.sp.resolve_message(an_artifact(stage)[:-6] + "a b+==")), "base64"),
    Mistake("the artifact still percent-encoded", ("AX-05",), "URL-decoded once", with_artifact(lambda text: text.replace("=", "%3D") + "%2B"), "percent-encoded"),
    Mistake("no ID", ("AX-01-id",), "starts with a letter", resolving(lambda m: re.sub(rb' ID="[^"]*"', b"", m, count=1)), "nothing"),
    Mistake("two messages in one call", ("AX-01",), "in each call", resolving(repeated), "2 of them"),
    Mistake("the message in CDATA", ("AX-01",), "without CDATA", resolving(lambda m: in_body(m, lambda inner: b"<![CDATA[" + inner + b"]]>"))),
    Mistake("the message in base64", ("AX-01",), "without base64", resolving(lambda m: in_body(m, base64.b64encode)), "text in the <soap:Body>"),
    Mistake("the message in the header", ("AX-01",), "Put the <samlp:ArtifactResolve> in the <soap:Body>", resolving(lambda m: m.replace(b"soap:Body>", b"soap:Header>").replace(b"</soap:Envelope>", b"<soap:Body/></soap:Envelope>")), "soap:Header"),
    Mistake("the body in lower case", ("AX-01",), "with this capital", resolving(lambda m: m.replace(b"soap:Body", b"soap:body")), "soap:body"),
    Mistake("the envelope without the last slash of its namespace", ("AX-01",), "letter for letter", resolving(lambda m: m.replace(b'soap/envelope/"', b'soap/envelope"'))),
    Mistake("a request at this door", ("AX-01",), "other messages go elsewhere", lambda stage: stage.call_back(soap(stage.signed())), "samlp:AuthnRequest"),
    Mistake("a prefix that is not declared", ("AX-01",), "Declare the prefix", resolving(lambda m: m.replace(f' xmlns:soap="{NS["soap"]}"'.encode(), b""))),
    Mistake("a signature in a namespace without #", ("AX-03",), "with the # at the end", resolving(lambda m: m.replace(f'"{NS["ds"]}"'.encode(), f'"{NS["ds"][:-1]}"'.encode()))),
    Mistake("an artifact that was cut off", ("AX-05",), "artifact whole", with_artifact(lambda text: text[:-8]), "39 bytes"),
    Mistake("the artifact in hexadecimal", ("AX-05",), "in base64", with_artifact(lambda text: base64.b64decode(text).hex()), "hexadecimal"),
    Mistake("the artifact in base64 twice", ("AX-05",), "in base64 already", with_artifact(lambda text: base64.b64encode(text.encode()).decode()), "base64 in base64"),
    Mistake("the artifact in lower case", ("AX-05",), "capitals count", with_artifact(str.lower), "capitals are gone"),
    Mistake("the name of the parameter along", ("AX-05",), "without the name of the parameter", with_artifact(lambda text: "SAMLart=" + text)),
    Mistake("RelayState for the artifact", ("AX-05",), "another parameter", with_artifact(lambda text: "rs-1"), "4 characters"),
    Mistake("an artifact of one's own", ("AX-05",), "one of your own", lambda stage: stage.call_back(stage.sp.resolve_message(stage.sp.artifact())), "the sender itself"),
    Mistake("an empty Artifact", ("AX-05",), "the parameter SAMLart", with_artifact(lambda text: ""), "it is empty"),
    Mistake("resolved twice", ("AX-08",), "once", twice),
)  # fmt: skip
