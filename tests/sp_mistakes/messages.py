"""Mistakes in what the request says."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from sp_mistakes.stage import OIN, TESTS, Mistake, Stage
from support.sp import instant

LEVEL = "urn:etoegang:core:assurance-class:"
CONTEXT = "<samlp:RequestedAuthnContext{}>{}</samlp:RequestedAuthnContext>"
REF = "<saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef>"
ONE_LEVEL = "Ask for one of loa2plus, loa3 or loa4"


def asking(**how: Any) -> Any:
    return lambda stage: stage.post(stage.signed(**how))


def at(**offset: float) -> Any:
    return lambda stage: stage.post(
        stage.signed(IssueInstant=instant(datetime.now(UTC) + timedelta(**offset)))
    )


def local_time(form: str) -> Any:
    return lambda stage: stage.post(stage.signed(IssueInstant=datetime.now(UTC).strftime(form)))


def context(inside: str, attributes: str = ' Comparison="minimum"') -> Any:
    return asking(level=None, children=CONTEXT.format(attributes, inside))


def level(urn: str) -> Any:
    return context(REF.format(urn))


def scoping(*entries: str) -> Any:
    listed = "".join(f'<samlp:IDPEntry ProviderID="{entry}"/>' for entry in entries)
    return asking(
        level=None, children=f"<samlp:Scoping><samlp:IDPList>{listed}</samlp:IDPList></samlp:Scoping>"
    )


def two_suppliers(stage: Stage) -> object:
    offers = [offer.ad for offer in stage.bench.application.parts.suppliers.offers()][:2]
    return scoping(*offers)(stage)


def extension(name: str) -> Any:
    return asking(
        level=None,
        children='<samlp:Extensions><esp:RequestedAttributes xmlns:esp="urn:etoegang:1.9:samlp-extension" '
        f'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:RequestedAttribute Name="{name}"/>'
        "</esp:RequestedAttributes></samlp:Extensions>",
    )


def asking_by(inside: str) -> Any:
    """RequestedAttributes of the scheme, with something of another kind in it."""
    return asking(
        level=None,
        children='<samlp:Extensions><esp:RequestedAttributes xmlns:esp="urn:etoegang:1.9:samlp-extension">'
        f"{inside}</esp:RequestedAttributes></samlp:Extensions>",
    )


def issuer(**attributes: str) -> Any:
    def send(stage: Stage) -> object:
        request = stage.sp.request(stage.sso)
        for name, value in attributes.items():
            request[0].set(name, value)
        return stage.post(stage.sp.signed(request))

    return send


def sent_twice(stage: Stage) -> object:
    xml = stage.signed()
    stage.post(xml)
    return stage.post(xml)


def rewritten(change: Callable[[str], str]) -> Any:
    """The request, changed as text before it is signed."""

    def send(stage: Stage) -> object:
        text = etree.tostring(stage.sp.request(stage.sso)).decode()
        changed = change(text)
        assert changed != text
        return stage.post(stage.sp.signed(etree.fromstring(changed)))

    return send


def renamed(old: str, new: str) -> Any:
    """Elements by another name or prefix."""
    return rewritten(lambda text: text.replace(f"<{old}", f"<{new}").replace(f"</{old}>", f"</{new}>"))


def again(stage: Stage) -> object:
    request = stage.sp.request(stage.sso)
    request.insert(1, copy.deepcopy(request[0]))
    return stage.post(stage.sp.signed(request))


def id_by_another_name(stage: Stage) -> object:
    return stage.post(stage.signed().replace(b' ID="', b' Id="', 1))


def no_issuer(stage: Stage) -> object:
    request = stage.sp.request(stage.sso)
    request.remove(request[0])
    request.insert(0, request.makeelement("{urn:oasis:names:tc:SAML:2.0:protocol}NameIDPolicy"))
    signed = stage.sp.signed(request)
    head, _, rest = signed.partition(b"<samlp:NameIDPolicy/>")
    return stage.post(head + rest)


MISTAKES = (
    Mistake("the ID is empty", ("AR-03",), "starts with a letter or an underscore", asking(ID="")),
    Mistake("a blank in the ID", ("AR-03",), "starts with a letter or an underscore", asking(ID="_a b")),
    Mistake("the ID has an accent", ("AR-03",), "starts with a letter or an underscore", asking(ID="_\u00e91")),
    Mistake("ForceAuthn is empty", ("AR-10",), "as true or false", asking(ForceAuthn="")),
    Mistake("a yes in NameIDPolicy", ("AR-02",), "a value of the type", asking(children='<samlp:NameIDPolicy AllowCreate="yes"/>'), "AllowCreate"),
    Mistake("a supplier without ProviderID", ("AR-38",), "leave Scoping out", asking(level=None, children="<samlp:Scoping><samlp:IDPList><samlp:IDPEntry/></samlp:IDPList></samlp:Scoping>")),
    Mistake("the level outside RequestedAuthnContext", ("AR-02",), "place of this element", asking(level=None, children=f"<saml:AuthnContextClassRef>{LEVEL}loa3</saml:AuthnContextClassRef>"), "AuthnContextClassRef"),
    Mistake("IssueInstant of 1970", ("AR-07",), "clocks", asking(IssueInstant="1970-01-01T00:00:00Z")),
    Mistake("a zero-width space behind the entity id", ("AR-22",), TESTS + "9001", asking(issuer=TESTS + "9001\u200b")),
    Mistake("the ID is a bare UUID", ("AR-03",), "starts with a letter or an underscore", asking(ID="7f3c1d0a-9b8e-4f6a-8c2d-5e1b0a9f8e7d")),
    Mistake("the ID is a URN", ("AR-03",), "starts with a letter or an underscore", asking(ID="urn:uuid:7f3c1d0a")),
    Mistake("the same page is sent twice", ("AR-04",), "new ID for every login", sent_twice, "seen before"),
    Mistake("SAML 1.1 is announced", ("AR-05",), 'Send Version="2.0"', asking(Version="1.1")),
    Mistake("Version is left out", ("AR-05",), 'Send Version="2.0"', asking(Version=None)),
    Mistake("IssueInstant is left out", ("AR-06",), "in UTC, ending in Z", asking(IssueInstant=None)),
    Mistake("IssueInstant has an offset", ("AR-06",), "in UTC, ending in Z", local_time("%Y-%m-%dT%H:%M:%S+00:00")),
    Mistake("IssueInstant has no time zone", ("AR-06",), "in UTC, ending in Z", local_time("%Y-%m-%dT%H:%M:%S")),
    Mistake("IssueInstant has a blank for the T", ("AR-06",), "in UTC, ending in Z", local_time("%Y-%m-%d %H:%M:%SZ")),
    Mistake("IssueInstant is a date as people write it", ("AR-06",), "in UTC, ending in Z", local_time("%d-%m-%Y %H:%M")),
    Mistake("IssueInstant counts seconds since 1970", ("AR-06",), "in UTC, ending in Z", local_time("%s")),
    Mistake("the clock is that of summer in Amsterdam", ("AR-07",), "convert it to UTC", at(hours=2), "2 h ahead"),
    Mistake("the clock is that of winter in Amsterdam", ("AR-07",), "convert it to UTC", at(hours=1), "1 h ahead"),
    Mistake("UTC was converted once too often", ("AR-07",), "UTC", at(hours=-2), "2 h behind"),
    Mistake("the clock runs ten minutes behind", ("AR-07",), "NTP", at(minutes=-10)),
    Mistake("Consent is there and empty", ("AR-09",), "Leave Consent out", asking(Consent="")),
    Mistake("ForceAuthn is yes", ("AR-10",), "as true or false", asking(ForceAuthn="yes"), '"yes"'),
    Mistake("ForceAuthn is True, as Python writes it", ("AR-10",), "as true or false", asking(ForceAuthn="True"), '"True"'),
    Mistake("IsPassive is true", ("AR-12",), "Leave IsPassive out", asking(IsPassive="true")),
    Mistake("IsPassive is no", ("AR-12",), "Leave IsPassive out", asking(IsPassive="no")),
    Mistake("ProviderName is the application's", ("AR-21",), "Leave ProviderName out", asking(ProviderName="Vergunningen-portaal")),
    Mistake("the entity id of production", ("AR-22",), f"The nearest that is known is {TESTS}90", asking(issuer=TESTS + "1")),
    Mistake("the entity id of another index", ("AR-22",), "mend the entity id", asking(issuer=TESTS + "9002")),
    Mistake("an OIN of 19 digits", ("AR-22",), "20 digits", asking(issuer=TESTS.replace("0000000177", "000000177") + "9001")),
    Mistake("the entity id in capitals", ("AR-22",), "capitals", asking(issuer=TESTS.upper() + "9001")),
    Mistake("the entity id with a slash behind it", ("AR-22",), TESTS + "9001", asking(issuer=TESTS + "9001/")),
    Mistake("the address of the metadata as Issuer", ("AR-22",), "entity id", asking(issuer="https://sp.example/metadata")),
    Mistake("no Issuer", ("AR-22",), "entity id", no_issuer, "no Issuer"),
    Mistake("white space around the entity id", ("AR-23",), "white space", asking(issuer=f"\n  {TESTS}9001\n"), "white space"),
    Mistake("Format on Issuer", ("AR-25",), "off Issuer", issuer(Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity")),
    Mistake("NameQualifier on Issuer", ("AR-25",), "off Issuer", issuer(NameQualifier="sp.example")),
    Mistake("loa1", ("AR-34",), ONE_LEVEL, level(LEVEL + "loa1"), "ended on 1 July 2021"),
    Mistake("a level that never was", ("AR-34",), ONE_LEVEL, level(LEVEL + "loa5")),
    Mistake("the level by the name that people use", ("AR-34",), ONE_LEVEL, level("EH3")),
    Mistake("loa2+ as it is spoken", ("AR-34",), ONE_LEVEL, level(LEVEL + "loa2+")),
    Mistake("the level in capitals", ("AR-34",), ONE_LEVEL, level(LEVEL + "LOA3")),
    Mistake("DigiD's URN for a password", ("AR-34",), "DigiD", level("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport")),
    Mistake("DigiD's URN for midden", ("AR-34",), "DigiD", level("urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract")),
    Mistake("the level by eIDAS' own URI", ("AR-34",), ONE_LEVEL, level("http://eidas.europa.eu/LoA/substantial")),
    Mistake("two levels", ("AR-34",), "one of", context(REF.format(LEVEL + "loa3") + REF.format(LEVEL + "loa4"))),
    Mistake("a declaration for a class", ("AR-34",), ONE_LEVEL, context(f"<saml:AuthnContextDeclRef>{LEVEL}loa3</saml:AuthnContextDeclRef>")),
    Mistake("RequestedAuthnContext is empty", ("AR-34",), "leave it out", context(""), "no AuthnContextClassRef"),
    Mistake("loa2", ("AR-34-loa2",), "Ask for loa2plus", level(LEVEL + "loa2")),
    Mistake("a level above the catalogue's", ("AR-35",), "catalogue", level(LEVEL + "loa4"), "EH4"),
    Mistake("Comparison is exact", ("AR-36",), 'Comparison="minimum"', context(REF.format(LEVEL + "loa3"), ' Comparison="exact"')),
    Mistake("Comparison is a word of its own", ("AR-02",), "minimum", context(REF.format(LEVEL + "loa3"), ' Comparison="atleast"'), "Comparison"),
    Mistake("NameIDPolicy", ("AR-37",), "Leave them out", asking(children='<samlp:NameIDPolicy AllowCreate="true"/>')),
    Mistake("a Subject", ("AR-37",), "Leave them out", asking(children="<saml:Subject><saml:NameID>x</saml:NameID></saml:Subject>")),
    Mistake("Conditions", ("AR-37",), "Leave them out", asking(children="<saml:Conditions/>")),
    Mistake("Scoping with DigiD", ("AR-38",), "leave Scoping out", scoping("https://was.digid.nl/saml/idp/metadata")),
    Mistake("Scoping with an unknown supplier", ("AR-38",), "leave Scoping out", scoping("urn:etoegang:AD:00000003111111110000:entities:9001")),
    Mistake("Scoping with two suppliers", ("AR-38-one",), "one IDPEntry", two_suppliers),
    Mistake("an identifier asked as an attribute", ("AR-39",), "never for identifiers", extension("urn:etoegang:core:LegalSubjectID")),
    Mistake("an attribute that the catalogue has not", ("AR-39",), "service catalogue lists", extension("urn:etoegang:1.9:attribute:DateOfBirth")),
    Mistake("an attribute by its OID", ("AR-39",), "service catalogue lists", extension("urn:oid:2.5.4.42")),
    Mistake("an extension of another world", ("AR-39-other",), "Leave other extensions out", asking(level=None, children='<samlp:Extensions><eidas:SPType xmlns:eidas="http://eidas.europa.eu/saml-extensions">public</eidas:SPType></samlp:Extensions>')),
    Mistake("the extension in the namespace of another version", ("AR-39-other",), "Use the namespace urn:etoegang:1.9:samlp-extension", asking(level=None, children='<samlp:Extensions><esp:RequestedAttributes xmlns:esp="urn:etoegang:1.13:samlp-extension"/></samlp:Extensions>'), "urn:etoegang:1.13:samlp-extension"),
    Mistake("attributes asked as saml:Attribute", ("AR-39",), "<md:RequestedAttribute Name=", asking_by('<saml:Attribute Name="urn:etoegang:1.9:attribute:FirstName"/>'), "<saml:Attribute> in the namespace"),
    Mistake("attributes asked in the namespace of the extension", ("AR-39",), "urn:oasis:names:tc:SAML:2.0:metadata", asking_by('<esp:RequestedAttribute Name="urn:etoegang:1.9:attribute:FirstName"/>'), "samlp-extension"),
    Mistake("RequestedAttributes with nothing in it", ("AR-39",), "leave <esp:RequestedAttributes> out", asking_by(""), "none"),
    Mistake("Scoping that names no supplier", ("AR-38",), "leave Scoping out", asking(level=None, children="<samlp:Scoping><samlp:RequesterID>urn:x</samlp:RequesterID></samlp:Scoping>"), "RequesterID"),
    Mistake("Scoping that only counts proxies", ("AR-38",), "leave Scoping out", asking(level=None, children='<samlp:Scoping ProxyCount="0"/>'), "@ProxyCount"),
    Mistake("Scoping is there and empty", ("AR-40",), "when it has no value", asking(level=None, children="<samlp:Scoping/>")),
    Mistake("the attribute is misspelt", ("AR-02",), "ForceAuthn", asking(ForceAuthn=None, ForceAuthN="true"), "ForceAuthN"),
    Mistake("children in another order", ("AR-02",), "order", asking(level=None, children=CONTEXT.format("", REF.format(LEVEL + "loa3")) + '<samlp:NameIDPolicy AllowCreate="true"/>'), "NameIDPolicy"),
    Mistake("IssueInstance for IssueInstant", ("AR-02",), "IssueInstant", asking(IssueInstant=None, IssueInstance="2026-02-01T09:00:00Z"), "IssueInstance"),
    Mistake("Id for ID", ("AR-02",), "Write ID", id_by_another_name, "'Id'"),
    Mistake("version in lower case", ("AR-02",), "Version", asking(Version=None, version="2.0"), "version"),
    Mistake("an attribute with a prefix", ("AR-02",), "Write ForceAuthn without a prefix", rewritten(lambda text: text.replace(" ForceAuthn=", " samlp:ForceAuthn=")), "samlp:ForceAuthn"),
    Mistake("an attribute of nobody", ("AR-02",), "Take the attribute Taal of <samlp:AuthnRequest> out", asking(Taal="nl")),
    Mistake("the level as an attribute", ("AR-02",), "Make it an element in <samlp:RequestedAuthnContext>", asking(level=None, children=f'<samlp:RequestedAuthnContext AuthnContextClassRef="{LEVEL}loa3"/>')),
    Mistake("the class in the namespace of the protocol", ("AR-02",), "Use the namespace urn:oasis:names:tc:SAML:2.0:assertion for AuthnContextClassRef", renamed("saml:AuthnContextClassRef", "samlp:AuthnContextClassRef")),
    Mistake("Issuer in the namespace of the protocol", ("AR-02",), "Use the namespace urn:oasis:names:tc:SAML:2.0:assertion for Issuer", renamed("saml:Issuer", "samlp:Issuer")),
    Mistake("Issuer without a prefix", ("AR-02",), "this is <Issuer> in no namespace", renamed("saml:Issuer", "Issuer")),
    Mistake("Issuer in other letters", ("AR-02",), "Write <saml:Issuer>, with these capitals", renamed("saml:Issuer", "saml:issuer")),
    Mistake("two Issuers", ("AR-02",), "Send <saml:Issuer> once", again),
    Mistake("two levels in two contexts", ("AR-02",), "Send <samlp:RequestedAuthnContext> once", asking(children=CONTEXT.format("", REF.format(LEVEL + "loa3")))),
    Mistake("an element inside Issuer", ("AR-02",), "Put text alone in <saml:Issuer>", rewritten(lambda text: text.replace("<saml:Issuer>", "<saml:Issuer><saml:NameID>").replace("</saml:Issuer>", "</saml:NameID></saml:Issuer>"))),
    Mistake("Extensions with nothing in it", ("AR-02",), "Leave <samlp:Extensions> out", asking(level=None, children="<samlp:Extensions/>")),
    Mistake("RequestedAttributes without a namespace", ("AR-02",), "Use the namespace urn:etoegang:1.9:samlp-extension for RequestedAttributes", asking(level=None, children='<samlp:Extensions><RequestedAttributes><RequestedAttribute Name="urn:etoegang:1.9:attribute:FirstName"/></RequestedAttributes></samlp:Extensions>')),
    Mistake("an attribute by its FriendlyName", ("AR-39",), "Put the URN of the attribute in Name", asking_by('<md:RequestedAttribute xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" FriendlyName="FirstName"/>'), "without Name"),
    Mistake("an attribute in other letters", ("AR-39",), "Write urn:etoegang:1.9:attribute:FirstName", extension("urn:etoegang:1.9:attribute:Firstname")),
    Mistake("an attribute of another version", ("AR-39",), "Write urn:etoegang:1.9:attribute:FirstName", extension("urn:etoegang:1.11:attribute:FirstName")),
    Mistake("a class that is empty", ("AR-34",), ONE_LEVEL, level(""), '""'),
    Mistake("a blank before true", ("AR-10",), "white space", asking(ForceAuthn=" true")),
    Mistake("the clock is a day ahead", ("AR-07",), "wrong date", at(days=1), "1 day ahead"),
    Mistake("the ServiceID as Issuer", ("AR-22",), "This is a ServiceID", asking(issuer=f"urn:etoegang:DV:{OIN}:services:1")),
    Mistake("the OIN as Issuer", ("AR-22",), "This is the OIN alone", asking(issuer=OIN)),
    Mistake("the broker's entity id as Issuer", ("AR-22",), "send your own as Issuer", asking(issuer="urn:etoegang:HM:00000003999999990000:entities:9001")),
    Mistake("an empty Issuer", ("AR-22",), "Put your entity id in saml:Issuer", rewritten(lambda text: re.sub("<saml:Issuer>.*?</saml:Issuer>", "<saml:Issuer/>", text))),
    Mistake("an element of one's own", ("AR-02",), "no others", asking(children="<samlp:Language>nl</samlp:Language>"), "Language"),
)  # fmt: skip
