"""What must be true of an answer before anything in it is believed: the rules SP-01 to SP-13 of spec "Checks E".

Each looks at the very element whose signature was verified, and raises Refused with the rule, what was expected, and
what came. pysaml2 makes most of these checks too, later and with less to say; both must be content.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from helpdeskpo.crypto import SignatureRefused, Wrapped, verify
from helpdeskpo.settings import LEVELS, Settings

SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
STATUS: Final = "urn:oasis:names:tc:SAML:2.0:status:"
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SERVICE_ID: Final = "urn:etoegang:core:ServiceID"

_LONGEST_WORDS: Final = 300

NS: Final = {"saml": SAML, "samlp": SAMLP}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not logged in. ``code`` is a rule of the spec, or one of our own words (see texts.py)."""

    code: str
    expected: str = ""
    received: str = ""
    reference: str = ""
    """What the person tells the helpdesk: it stands in the log beside what was expected and what came."""

    def __post_init__(self) -> None:
        # What came is anybody's: it may not fill the log or the database, nor write lines of its own in the log.
        object.__setattr__(self, "expected", _one_line(self.expected))
        object.__setattr__(self, "received", _one_line(self.received))


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text[: 2 * _LONGEST_WORDS])
    return " ".join(printable.split())[:_LONGEST_WORDS]


class Refused(Exception):
    """No login."""

    def __init__(self, code: str, expected: str = "", received: str = "") -> None:
        super().__init__(code, expected, received)
        self.refusal = Refusal(code, expected, received)


def signed_by(node: etree._Element, certificates: Iterable[str]) -> etree._Element:
    """SP-01 (not by the broker) and SP-12 (built to be read in two ways)."""
    try:
        return verify(node, certificates)
    except Wrapped as reason:
        raise Refused(
            "SP-12", "one signature, over the whole element that it stands in", str(reason)
        ) from reason
    except SignatureRefused as reason:
        expected = f"{etree.QName(node).localname} signed with a key of the broker's metadata"
        raise Refused("SP-01", expected, str(reason)) from reason


def from_broker(node: etree._Element, entity_id: str) -> None:
    issuer = _text(node, "saml:Issuer")
    if issuer != entity_id:
        raise Refused("SP-01", f"Issuer {entity_id}", issuer or "none")


def status(response: etree._Element) -> None:
    """SP-08 (cancelled, not authenticated, no mandate) and SP-09 (the broker could not do it)."""
    codes = [str(code.get("Value")) for code in response.iterfind("samlp:Status//samlp:StatusCode", NS)]
    short = [code.removeprefix(STATUS) for code in codes]
    if short[:1] == ["Success"]:
        return
    said = " / ".join(short) or "no status"
    message = _text(response, "samlp:Status/samlp:StatusMessage")
    cancelled = short[1:2] == ["AuthnFailed"]
    raise Refused("SP-08" if cancelled else "SP-09", "Success", f"{said}: {message}" if message else said)


def destination(response: etree._Element, acs: str) -> None:
    """SP-05, the outside of the message."""
    if response.get("Destination") != acs:
        raise Refused("SP-05", f"Destination {acs}", str(response.get("Destination")))


def only_assertion(response: etree._Element) -> etree._Element:
    """SP-12. An assertion in Advice is inside the one that counts; there is no other anywhere in the Response."""
    found = response.findall("saml:Assertion", NS)
    encrypted = response.findall("saml:EncryptedAssertion", NS)
    if len(found) != 1 or encrypted:
        raise Refused(
            "SP-12", "one Assertion", f"{len(found)} Assertion, {len(encrypted)} EncryptedAssertion"
        )
    for other in response.iter(f"{{{SAML}}}Assertion", f"{{{SAML}}}EncryptedAssertion"):
        if other is not found[0] and found[0] not in other.iterancestors():
            parent = other.getparent()
            place = "no element" if parent is None else etree.QName(parent).localname
            raise Refused("SP-12", "one Assertion", f"another one in {place}")
    return found[0]


def assertion(node: etree._Element, *, request_id: str, acs: str, settings: Settings) -> None:
    """SP-02 to SP-07 on a verified assertion."""
    audience(node, settings.entity_id)
    conditions_time(node, settings)
    confirmation(node, request_id, acs, settings)
    level(node, settings.level)
    service(node, settings.service_id)


def audience(node: etree._Element, entity_id: str) -> None:
    """SP-02. Each restriction must have us in it, and there must be one."""
    restrictions = node.findall("saml:Conditions/saml:AudienceRestriction", NS)
    said = [[_own_text(a) for a in r.findall("saml:Audience", NS)] for r in restrictions]
    if not said or not all(entity_id in audiences for audiences in said):
        received = "; ".join(", ".join(audiences) for audiences in said) or "no audience"
        raise Refused("SP-02", f"Audience {entity_id}", received)


def conditions_time(node: etree._Element, settings: Settings) -> None:
    """SP-03. A time that is not there would mean "for ever", so there must be one."""
    conditions = node.find("saml:Conditions", NS)
    if conditions is None:
        raise Refused("SP-03", "Conditions with NotOnOrAfter", "no Conditions")
    _in_time(conditions, settings, "Conditions")
    for statement in node.findall("saml:AuthnStatement", NS):
        if statement.get("SessionNotOnOrAfter"):
            _before(statement, "SessionNotOnOrAfter", settings, "AuthnStatement")


def confirmation(node: etree._Element, request_id: str, acs: str, settings: Settings) -> None:
    """SP-03, SP-04, SP-05: the bearer may use this here, now, and for our request."""
    found = [
        c for c in node.findall("saml:Subject/saml:SubjectConfirmation", NS) if c.get("Method") == BEARER
    ]
    data = [d for c in found for d in c.findall("saml:SubjectConfirmationData", NS)]
    if len(data) != 1:
        raise Refused("SP-05", "one bearer confirmation", f"{len(data)} of them")
    if data[0].get("Recipient") != acs:
        raise Refused("SP-05", f"Recipient {acs}", str(data[0].get("Recipient")))
    if data[0].get("InResponseTo") != request_id:
        raise Refused("SP-04", f"InResponseTo {request_id}", str(data[0].get("InResponseTo")))
    _in_time(data[0], settings, "SubjectConfirmationData")


def level(node: etree._Element, minimum: str) -> None:
    """SP-06."""
    reached = [
        _own_text(c)
        for c in node.findall("saml:AuthnStatement/saml:AuthnContext/saml:AuthnContextClassRef", NS)
    ]
    order = list(LEVELS)
    if len(reached) != 1 or reached[0] not in order or order.index(reached[0]) < order.index(minimum):
        raise Refused("SP-06", f"{minimum} or higher", ", ".join(reached) or "no level")


def service(node: etree._Element, service_id: str) -> None:
    """SP-07."""
    said = [_own_text(value) for value in values(node, SERVICE_ID)]
    if not said or set(said) != {service_id}:
        raise Refused("SP-07", service_id, ", ".join(said) or "no ServiceID")


def values(node: etree._Element, name: str) -> list[etree._Element]:
    """The AttributeValue elements of this assertion itself: never those of the assertions in its Advice (SP-11)."""
    return [
        value
        for attribute in node.findall("saml:AttributeStatement/saml:Attribute", NS)
        if attribute.get("Name") == name
        for value in attribute.findall("saml:AttributeValue", NS)
    ]


def instant(text: str) -> datetime:
    """Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _in_time(element: etree._Element, settings: Settings, name: str) -> None:
    _before(element, "NotOnOrAfter", settings, name)
    text = element.get("NotBefore")
    if text is None:
        return
    now = settings.clock()
    if _instant(text, name) > now + settings.skew:
        raise Refused("SP-03", f"{name} NotBefore at or before {now:%H:%M:%S} UTC", text)


def _before(element: etree._Element, attribute: str, settings: Settings, name: str) -> None:
    text = element.get(attribute)
    if text is None:
        raise Refused("SP-03", f"{name} with {attribute}", "none")
    now = settings.clock()
    if _instant(text, name) <= now - settings.skew:
        raise Refused("SP-03", f"{name} {attribute} after {now:%H:%M:%S} UTC", text)


def _instant(text: str, name: str) -> datetime:
    try:
        return instant(text)
    except ValueError as error:
        raise Refused("SP-03", f"{name} with a time", text) from error


def _text(node: etree._Element, path: str) -> str:
    found = node.find(path, NS)
    return "" if found is None else _own_text(found)


def _own_text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext()).strip()
