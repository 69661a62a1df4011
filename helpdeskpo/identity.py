"""Who logged in, for which company: read from the assertion whose signature was verified, and from nowhere else.

pysaml2 reads an EncryptedID inside an AttributeValue as empty, and mixes in what the assertions in Advice say. So its
attributes are not used; these are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from helpdeskpo.checks import NS, SERVICE_ID, Refused, values
from helpdeskpo.crypto import DecryptionRefused, decrypt, for_somebody_else
from helpdeskpo.settings import LEVELS

LEGAL: Final = "urn:etoegang:core:LegalSubjectID"
ACTING: Final = "urn:etoegang:core:ActingSubjectID"
SERVICE_UUID: Final = "urn:etoegang:core:ServiceUUID"
COMPANY_NAME: Final = "urn:etoegang:1.11:attribute-represented:CompanyName"
INTERMEDIARY: Final = "urn:etoegang:core:IntermediateSubjectID"
INTERMEDIARY_KVK: Final = "urn:etoegang:1.9:IntermediateEntityID:KvKnr"
BRANCH: Final = "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"
SUBDOSSIER: Final = "urn:etoegang:1.9:ServiceRestriction:SubdossierNr"
"""Comes along with the branch, and says nothing more."""
_RESTRICTION: Final = re.compile(r"urn:etoegang:.*ServiceRestriction:", re.IGNORECASE)
_BRANCH_DIGITS: Final = re.compile(r"[0-9]{12}")

COMPANY_TYPES: Final = {
    "urn:etoegang:1.9:EntityConcernedID:KvKnr": "KvK-nummer",
    "urn:etoegang:1.9:EntityConcernedID:RSIN": "RSIN",
}
"""The kinds of company number that we know, the one that we like best first."""
_DIGITS: Final = {"KvK-nummer": 8, "RSIN": 9}
PERSON_TYPES: Final = (
    "urn:etoegang:1.13:EntityConcernedID:Pseudo",
    "urn:etoegang:1.9:EntityConcernedID:Pseudo",
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number and what kind of number it is (the NameQualifier)."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a log-out must repeat of the assertion: its NameID as it came, and the SessionIndex."""

    name_id: str = ""
    format: str = ""
    name_qualifier: str = ""
    sp_name_qualifier: str = ""
    session_index: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """One person on behalf of one company. The same person for another company has another pseudonym."""

    company: Identifier
    person: Identifier
    level: str
    service_id: str
    service_uuid: str
    branch: str
    """When the mandate is for one branch (vestiging) only; else empty."""
    company_name: str = ""
    """Empty when the broker does not give it: it is asked for, not required."""
    intermediary: str = ""
    """KvK number of the office that the person works for, where the mandate is a chain (SP-15)."""
    spoken: Spoken = Spoken()

    @property
    def company_type(self) -> str:
        return COMPANY_TYPES[self.company.kind]

    @property
    def level_name(self) -> str:
        return LEVELS[self.level]


def read(assertion: etree._Element, key_pem: bytes, entity_id: str) -> Identity:
    """From a verified and checked assertion. Raises Refused("identity"), or Refused("SP-14")."""
    legal = identifiers(assertion, LEGAL, key_pem, entity_id)
    acting = identifiers(assertion, ACTING, key_pem, entity_id)
    company = _well_formed(_choose(legal, tuple(COMPANY_TYPES), LEGAL))
    person = _choose(acting, PERSON_TYPES, ACTING)
    level = assertion.findtext("saml:AuthnStatement/saml:AuthnContext/saml:AuthnContextClassRef", "", NS)
    return Identity(
        company=company,
        person=person,
        level=level.strip(),
        service_id=_plain(assertion, SERVICE_ID),
        service_uuid=_plain(assertion, SERVICE_UUID),
        branch=_branch(assertion, key_pem, entity_id),
        company_name=extra(assertion, COMPANY_NAME, key_pem, entity_id),
        intermediary=_intermediary(assertion, key_pem, entity_id),
        spoken=_spoken(assertion),
    )


def _branch(assertion: etree._Element, key_pem: bytes, entity_id: str) -> str:
    """SP-14. A restriction that we do not understand is no mandate for everything: it opens nothing."""
    said = {
        one.get("Name", "").strip()
        for one in assertion.findall("saml:AttributeStatement/saml:Attribute", NS)
        if _RESTRICTION.match(one.get("Name", "").strip())
    }
    hidden = [one.get("Name", "") for one in _encrypted(assertion, key_pem, entity_id)]
    strange = sorted(said - {BRANCH, SUBDOSSIER}) + [
        name for name in hidden if _RESTRICTION.match(name.strip())
    ]
    if strange:
        raise Refused("SP-14", f"no restriction but {BRANCH}, not encrypted", ", ".join(strange))
    if not said:
        return ""
    found = values(assertion, BRANCH)
    text = ["".join(str(t) for t in value.itertext()).strip() for value in found]
    if len(found) != 1 or len(found[0]) or not _BRANCH_DIGITS.fullmatch(text[0]):
        raise Refused("SP-14", f"one {BRANCH} of 12 digits", ", ".join(text) or "none")
    return text[0]


def _intermediary(assertion: etree._Element, key_pem: bytes, entity_id: str) -> str:
    """Brokers send it plain, encrypted, or both. It gives no access, so one that we cannot read stops nobody."""
    if plain := _plain(assertion, INTERMEDIARY_KVK):
        return plain
    try:
        found = identifiers(assertion, INTERMEDIARY, key_pem, entity_id)
    except Refused:
        return ""
    return next((one.value for one in found if one.kind in COMPANY_TYPES), "")


def _spoken(assertion: etree._Element) -> Spoken:
    name_id = assertion.find("saml:Subject/saml:NameID", NS)
    statement = assertion.find("saml:AuthnStatement", NS)
    index = "" if statement is None else statement.get("SessionIndex", "")
    if name_id is None:
        return Spoken(session_index=index)
    return Spoken(
        "".join(str(t) for t in name_id.itertext()).strip(),
        name_id.get("Format", ""),
        name_id.get("NameQualifier", ""),
        name_id.get("SPNameQualifier", ""),
        index,
    )


def identifiers(assertion: etree._Element, name: str, key_pem: bytes, entity_id: str) -> list[Identifier]:
    """All values of an identifying attribute. A broker that decrypts for its customers sends a bare NameID instead."""
    found = []
    for value in values(assertion, name):
        for holder in value.findall("saml:EncryptedID", NS):
            try:
                found.append(_name_id(decrypt(holder, key_pem, entity_id), name))
            except ValueError as reason:
                raise Refused("identity", f"{name} encrypted for {entity_id}", str(reason)) from reason
        found.extend(_name_id(name_id, name) for name_id in value.findall("saml:NameID", NS))
    return found


def extra(assertion: etree._Element, name: str, key_pem: bytes, entity_id: str) -> str:
    """The value of an attribute beyond the identifiers, which the scheme encrypts whole; empty if it is not there."""
    for attribute in _encrypted(assertion, key_pem, entity_id):
        if attribute.get("Name") == name:
            return "".join(str(t) for t in attribute.itertext()).strip()
    return _plain(assertion, name)


def _encrypted(assertion: etree._Element, key_pem: bytes, entity_id: str) -> list[etree._Element]:
    """The attributes that are encrypted whole for us; what is for somebody else is none of our business."""
    found = []
    for holder in assertion.findall("saml:AttributeStatement/saml:EncryptedAttribute", NS):
        try:
            if not for_somebody_else(holder, entity_id):
                found.append(decrypt(holder, key_pem, entity_id))
        except ValueError as reason:
            raise Refused("identity", f"an attribute encrypted for {entity_id}", str(reason)) from reason
    return found


def _name_id(element: etree._Element, name: str) -> Identifier:
    if element.tag != f"{{{NS['saml']}}}NameID":
        raise DecryptionRefused(f"{name} holds {element.tag!r}, not a NameID")
    return Identifier(element.get("NameQualifier", ""), "".join(str(t) for t in element.itertext()).strip())


def _choose(found: list[Identifier], kinds: tuple[str, ...], name: str) -> Identifier:
    """By kind, never by place: brokers send several numbers of one company, in any order (SP-13)."""
    for kind in kinds:
        of_kind = {one for one in found if one.kind == kind and one.value}
        if len(of_kind) > 1:
            raise Refused("identity", f"one {kind} in {name}", f"{len(of_kind)} different ones")
        if of_kind:
            return of_kind.pop()
    raise Refused(
        "identity", f"{name} with one of: {', '.join(kinds)}", ", ".join(i.kind for i in found) or "none"
    )


def _well_formed(company: Identifier) -> Identifier:
    name = COMPANY_TYPES[company.kind]
    digits = company.value.isascii() and company.value.isdigit()
    if not digits or len(company.value) != _DIGITS[name]:
        raise Refused("identity", f"{name} of {_DIGITS[name]} digits", company.value)
    return company


def _plain(assertion: etree._Element, name: str) -> str:
    return next(("".join(str(t) for t in value.itertext()).strip() for value in values(assertion, name)), "")
