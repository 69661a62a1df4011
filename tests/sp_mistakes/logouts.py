"""Mistakes in a LogoutRequest."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from cryptography.hazmat.primitives import hashes
from lxml import etree

from sp_mistakes.signatures import OWN_CERTIFICATE, OWN_KEY
from sp_mistakes.stage import OIN, TESTS, Mistake, Stage, base64_of
from support import mistakes
from support.answers import call, response
from support.sp import NS, ServiceProvider, sign, soap
from support.walk import landed, walk

SLO = "/slo/1.13"


@dataclass
class Session:
    """What a provider knows of somebody who logged in."""

    stage: Stage
    sp: ServiceProvider
    name_id: str
    index: str

    @property
    def url(self) -> str:
        return f"{self.stage.bench.base_url}{SLO}"

    def request(self, **how: Any) -> etree._Element:
        usual = {"destination": self.url, "name_id": self.name_id, "session_index": self.index} | how
        return self.sp.logout_request(
            usual.pop("destination"), usual.pop("name_id"), usual.pop("session_index"), **usual
        )

    def post(self, xml: bytes) -> object:
        return self.stage.bench.browser().post(SLO, self.sp.form(xml))


def logged_in(stage: Stage, sp: ServiceProvider | None = None) -> Session:
    browser, sender = stage.bench.browser(), sp or stage.sp
    request = sender.request(stage.sso, AssertionConsumerServiceIndex="2")
    page = browser.post("/sso/1.13", sender.form(sender.signed(request)))
    message = response(stage.bench, landed(walk(browser, page, "m.devries", "reconi")))
    (name_id,) = message.xpath("saml:Assertion/saml:Subject/saml:NameID/text()", namespaces=NS)
    (index,) = message.xpath("saml:Assertion/saml:AuthnStatement/@SessionIndex", namespaces=NS)
    return Session(stage, sender, str(name_id), str(index))


def sent(make: Callable[[Session], bytes]) -> Any:
    """This message, after a login."""

    def send(stage: Stage) -> object:
        session = logged_in(stage)
        return session.post(make(session))

    return send


def asking(**how: Any) -> Any:
    return sent(lambda session: session.sp.signed(session.request(**how)))


def changed(change: Callable[[etree._Element], object], **how: Any) -> Any:
    """Changed before it is signed."""

    def make(session: Session) -> bytes:
        request = session.request(**how)
        change(request)
        return session.sp.signed(request)

    return sent(make)


def at_url(change: Callable[[str], str]) -> Any:
    return sent(lambda session: session.sp.signed(session.request(destination=change(session.url))))


def by_hand(**how: Any) -> Any:
    digest = how.pop("made_by", hashes.SHA256())
    return sent(
        lambda session: mistakes.signed_by_hand(
            session.request(), mistakes.by_rsa(session.sp.key, digest), **how
        )
    )


def indented(session: Session) -> bytes:
    root = etree.fromstring(session.sp.signed(session.request()))
    etree.indent(root)
    return etree.tostring(root)


def without_id(session: Session) -> bytes:
    return re.sub(rb' ID="[^"]*"', b"", session.sp.signed(session.request()), count=1)


def index_as_attribute(request: etree._Element) -> None:
    request.set("SessionIndex", request[2].text)
    request.remove(request[2])


def index_in_assertion(request: etree._Element) -> None:
    request[2].tag = f"{{{NS['saml']}}}SessionIndex"


def encrypted(request: etree._Element) -> None:
    """Of nobody: it is not looked into."""
    inside = (
        '<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:CipherData><xenc:CipherValue>AA=='
        "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>"
    )
    request.replace(
        request[1],
        etree.fromstring(f'<saml:EncryptedID xmlns:saml="{NS["saml"]}">{inside}</saml:EncryptedID>'),
    )


def by_get(data: Callable[[bytes], bytes]) -> Any:
    def send(stage: Stage) -> object:
        session = logged_in(stage)
        message = data(session.sp.signed(session.request()))
        return call(stage.bench, "GET", f"{SLO}?SAMLRequest={quote_plus(base64_of(message))}")

    return send


def in_pluses(stage: Stage) -> object:
    session = logged_in(stage)
    for length in range(1, 500):
        text = base64_of(session.sp.signed(session.request(Reason="~?>" * 3 + "x" * length)))
        if text.count("+") and text.count("+") % 4 == 0:
            data = f"SAMLRequest={text}".encode()
            return call(stage.bench, "POST", SLO, data, Content_Type="application/x-www-form-urlencoded")
    raise AssertionError("no such message")


def of_stale(stage: Stage) -> object:
    """Its certificate is out of date: it cannot log in, and what it sends names no session."""
    sp = stage.others["stale"]
    session = Session(stage, sp, "x", "y")
    return session.post(sp.signed(session.request()))


def raw(make: Callable[[Stage], bytes], content_type: str) -> Any:
    return lambda stage: call(stage.bench, "POST", SLO, make(stage), Content_Type=content_type)


def posted(make: Callable[[Stage], bytes], name: str = "SAMLRequest") -> Any:
    return lambda stage: stage.bench.browser().post(SLO, {name: base64_of(make(stage))})


def request_of(stage: Stage) -> bytes:
    return stage.sp.signed(stage.sp.logout_request(stage.bench.base_url + SLO, "x", "y"))


def time(form: str, **offset: float) -> Any:
    return lambda stage: asking(IssueInstant=(datetime.now(UTC) + timedelta(**offset)).strftime(form))(stage)


NO_REQUEST = (
    b'<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0"/>'
)
MISTAKES = (
    Mistake("an address without the version", ("LO-01",), "/slo/1.13", lambda stage: call(stage.bench, "POST", "/slo", b"x"), "POST /slo"),
    Mistake("a method that is none", ("LO-01",), "by no other method", lambda stage: call(stage.bench, "PUT", SLO, b"x"), "PUT"),
    Mistake("an attribute of nobody", ("LO-02",), "Take the attribute Taal", asking(Taal="nl"), "Taal"),
    Mistake("Id for ID", ("LO-02",), "Write ID", sent(lambda session: session.sp.signed(session.request()).replace(b' ID="', b' Id="', 1)), "'Id'"),
    Mistake("IssueInstance for IssueInstant", ("LO-02",), "IssueInstant", asking(IssueInstant=None, IssueInstance="2026-02-01T09:00:00Z")),
    Mistake("SessionIndex as an attribute", ("LO-02",), "Make it an element in <samlp:LogoutRequest>", changed(index_as_attribute)),
    Mistake("SessionIndex in the namespace of assertions", ("LO-02",), "Use the namespace urn:oasis:names:tc:SAML:2.0:protocol for SessionIndex", changed(index_in_assertion)),
    Mistake("SessionIndex before NameID", ("LO-02",), "Issuer, Signature, Extensions, NameID, SessionIndex", changed(lambda request: request.insert(1, request[2]))),
    Mistake("an AuthnRequest at this door", ("LO-02",), "SingleSignOnService", posted(lambda stage: stage.signed()), "AuthnRequest"),
    Mistake("a LogoutResponse", ("LO-02",), "expects no LogoutResponse", posted(lambda stage: NO_REQUEST), "LogoutResponse"),
    Mistake("the field of an answer", ("LO-02",), "in SAMLRequest", posted(request_of, "SAMLResponse"), "SAMLResponse"),
    Mistake("SOAP in the field", ("LO-02",), "without the SOAP envelope", posted(lambda stage: soap(request_of(stage))), "soap:Envelope"),
    Mistake("SOAP as the body", ("LO-02",), "without the SOAP envelope", raw(lambda stage: soap(request_of(stage)), "text/xml"), "SOAP"),
    Mistake("the XML as the body", ("LO-02",), "as a form", raw(request_of, "text/xml"), "the XML itself"),
    Mistake("a query without DEFLATE", ("LO-02",), "raw DEFLATE", by_get(lambda message: message), "without DEFLATE"),
    Mistake("nothing at all", ("LO-02",), "in SAMLRequest", lambda stage: call(stage.bench, "GET", SLO), "no SAMLRequest"),
    Mistake("a prefix that is not declared", ("LO-02",), "Declare the prefix saml", posted(lambda stage: re.sub(rb' xmlns:saml="[^"]*"', b"", request_of(stage)))),
    Mistake("four + left as they are in a form", ("LO-02",), "%2B", in_pluses, "blanks"),
    Mistake("the ID begins with a digit", ("LO-03",), "starts with a letter", asking(ID="12ab"), "12ab"),
    Mistake("no ID", ("LO-03",), "starts with a letter", sent(without_id)),
    Mistake("SAML 1.1 is announced", ("LO-05",), 'Send Version="2.0"', asking(Version="1.1")),
    Mistake("no IssueInstant", ("LO-06",), "clocks", asking(IssueInstant=None)),
    Mistake("a clock an hour ahead", ("LO-06",), "clocks", time("%Y-%m-%dT%H:%M:%SZ", hours=1)),
    Mistake("a time without a zone", ("LO-06",), "ending in Z", time("%Y-%m-%dT%H:%M:%S")),
    Mistake("a time with an offset", ("LO-06",), "ending in Z", time("%Y-%m-%dT%H:%M:%S+00:00")),
    Mistake("a time with a blank for the T", ("LO-06",), "ending in Z", time("%Y-%m-%d %H:%M:%S")),
    Mistake("a time with a blank for the T, and a Z", ("LO-06",), "ending in Z", time("%Y-%m-%d %H:%M:%SZ")),
    Mistake("NotOnOrAfter has passed", ("LO-07",), "Leave NotOnOrAfter out", asking(NotOnOrAfter="2020-01-01T00:00:00Z")),
    Mistake("NotOnOrAfter is a word", ("LO-07",), "Leave NotOnOrAfter out", asking(NotOnOrAfter="morgen"), "morgen"),
    Mistake("Destination with a slash behind it", ("LO-08",), "slash at the end", at_url(lambda url: url + "/")),
    Mistake("Destination with https for http", ("LO-08",), "instead of https", at_url(lambda url: url.replace("http:", "https:"))),
    Mistake("Destination is that of single sign-on", ("LO-08",), "SingleLogoutService", at_url(lambda url: url.replace("slo", "sso"))),
    Mistake("Destination is left out", ("LO-08",), "SingleLogoutService", asking(Destination=None)),
    Mistake("the entity id of another index", ("LO-09",), "The nearest that is known is", asking(issuer=TESTS + "9091")),
    Mistake("the OIN as Issuer", ("LO-09",), "This is the OIN alone", asking(issuer=OIN)),
    Mistake("Format on Issuer", ("LO-10",), "off Issuer", changed(lambda request: request[0].set("Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"))),
    Mistake("no signature", ("LO-11",), "Sign the LogoutRequest", sent(lambda session: etree.tostring(session.request()))),
    Mistake("a signature in a namespace without #", ("LO-11",), "with the # at the end", sent(lambda session: session.sp.signed(session.request()).replace(f'"{NS["ds"]}"'.encode(), f'"{NS["ds"][:-1]}"'.encode()))),
    Mistake("indented after signing", ("LO-11",), "Sign last", sent(indented), "indentation"),
    Mistake("a key that is not in the metadata", ("LO-11",), "in your metadata", sent(lambda session: etree.tostring(sign(session.request(), OWN_KEY, OWN_CERTIFICATE)))),
    Mistake("a transform with comments", ("LO-11",), "without #WithComments", by_hand(transforms=mistakes.USUAL.replace("c14n#", "c14n#WithComments"))),
    Mistake("made with SHA-1, and SHA-256 is said", ("LO-11",), "Sign with SHA-256", by_hand(made_by=hashes.SHA1())),
    Mistake("SHA-1 in the signature", ("LO-11-algorithm",), "rsa-sha256", by_hand(made_by=hashes.SHA1(), method=mistakes.RSA_SHA1)),
    Mistake("SHA-1 as digest", ("LO-11-digest",), "xmlenc#sha256", by_hand(digest="sha1")),
    Mistake("a KeyName that one made up", ("LO-11-key-name",), "KeyName that stands in your metadata", by_hand(key_info="<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>")),
    Mistake("an expired certificate", ("LO-11-certificate", "LO-13"), "Renew the certificate", of_stale),
    Mistake("no NameID", ("LO-12",), "as saml:NameID", asking(name_id=None), "none"),
    Mistake("an empty NameID", ("LO-12",), "as saml:NameID", asking(name_id=""), "an empty one"),
    Mistake("an encrypted NameID", ("LO-12",), "Send the NameID in clear", changed(encrypted), "EncryptedID"),
    Mistake("the SessionIndex of nobody", ("LO-13",), "Send the SessionIndex of the AuthnStatement", asking(session_index="_" + "0" * 32)),
    Mistake("the NameID of somebody else", ("LO-15",), "Send the NameID that came with this SessionIndex", asking(name_id="90000011")),
)  # fmt: skip
