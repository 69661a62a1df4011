"""Mistakes in resolving the artifact of an answer."""

from __future__ import annotations

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
    Mistake("resolved twice", ("AX-08",), "once", twice),
)  # fmt: skip
