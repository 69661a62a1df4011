"""What an answer says, part by part, in words: status, subject, audience, validity, level, and the statements inside.

For reading only: nothing is checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from broker.wire import instants, names
from broker.wire.names import qname
from broker.wire.xml import Element, XmlProblem, child, children, named, parse, serialize, text_of

MOST_VALUES = 60
MOST_CHARACTERS = 300
STATUSES = {
    names.SUCCESS: "gelukt",
    names.REQUESTER: "de fout ligt bij wie het vroeg",
    names.RESPONDER: "de fout of het besluit ligt aan deze kant",
    names.AUTHN_FAILED: "er is niet ingelogd: geannuleerd of niet gelukt",
    names.REQUEST_UNSUPPORTED: "dit verzoek kan niet worden uitgevoerd",
    names.INVALID_NAME_ID_POLICY: "dit soort NameID kan niet worden gegeven",
    names.UNKNOWN_PRINCIPAL: "deze gebruiker of sessie is er niet",
}
LEVELS = {
    "loa1": "EH1",
    "loa2": "EH2",
    "loa2plus": "EH2+",
    "loa3": "EH3",
    "loa4": "EH4",
}
FORMATS = {
    "transient": "alleen voor deze login",
    "persistent": "elke keer dezelfde",
    "emailAddress": "een e-mailadres",
    "unspecified": "vorm niet afgesproken",
}
_CORE = "urn:etoegang:core:"
_ATTRIBUTES = {
    "ServiceID": "de dienst waarvoor is ingelogd",
    "ServiceUUID": "de dienst, zoals machtigingen haar noemen",
    "ActingSubjectID": "wie handelt: een pseudoniem",
    "LegalSubjectID": "voor wie wordt gehandeld: de organisatie",
    "Representation": "of namens een ander wordt gehandeld",
    "AuthorizationRegistryID": "het register dat de machtiging heeft",
    "LevelOfAssurance": "het niveau dat de dienst vraagt",
    "LevelOfAssuranceUsed": "het niveau van de machtiging",
    "IntermediateSubjectID": "de intermediair ertussen",
}


@dataclass(frozen=True, slots=True)
class Part:
    """``name`` by the words of the XML, ``value``, and what it means."""

    name: str
    value: str
    means: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One assertion: our own, or one in its Advice. ``role`` says what it is for."""

    role: str
    issuer: str
    parts: tuple[Part, ...]
    xml: bytes = b""


@dataclass(frozen=True, slots=True)
class Told:
    """``own`` is None where the answer has no assertion, or one that nobody but its reader can open."""

    status: tuple[Part, ...]
    own: Statement | None
    advice: tuple[Statement, ...]
    sealed: bool


def told(
    xml: bytes, decrypted: str, identifiers: Sequence[Mapping[str, Any]], sent_at: str, now: datetime
) -> Told | None:
    """``identifiers`` are what is encrypted in it, in clear; None where it is not a message that we read."""
    try:
        root = parse(xml)
        found = next(root.iter(qname("samlp:Response")), None)
        if found is None:
            return None
        sealed = child(found, "saml:EncryptedAssertion") is not None
        own = parse(decrypted.encode()) if decrypted else child(found, "saml:Assertion")
    except XmlProblem:
        return None
    clear = _clear(identifiers)
    inside = []
    if own is not None and (advice := child(own, "saml:Advice")) is not None:
        inside = children(advice, "saml:Assertion")
    return Told(
        tuple(_of_response(found)),
        None if own is None else _statement("Verklaring van de makelaar", own, clear, sent_at, now),
        tuple(_statement(_role(one), one, {}, sent_at, now, xml=True) for one in inside),
        sealed,
    )


def _of_response(root: Element) -> Iterator[Part]:
    for code in root.iter(qname("samlp:StatusCode")):
        value = code.get("Value", "")
        yield Part("StatusCode", value, STATUSES.get(value, ""))
    if message := text_of(next(root.iter(qname("samlp:StatusMessage")), None)):
        yield Part("StatusMessage", _cut(message))
    yield Part(
        "InResponseTo", root.get("InResponseTo", "–"), "het ID van het verzoek waarop dit het antwoord is"
    )
    yield Part("Destination", root.get("Destination", "–"), "het adres waar het antwoord heen moet")


def _role(assertion: Element) -> str:
    issuer = text_of(child(assertion, "saml:Issuer")) or ""
    if ":AD:" in issuer:
        return "Verklaring van de authenticatiedienst: wie het is"
    return "Verklaring van het machtigingenregister: namens wie" if ":MR:" in issuer else "Verklaring"


def _statement(
    role: str,
    assertion: Element,
    clear: Mapping[str, Sequence[str]],
    sent_at: str,
    now: datetime,
    *,
    xml: bool = False,
) -> Statement:
    issuer = text_of(child(assertion, "saml:Issuer")) or ""
    parts = tuple(_parts(assertion, clear, sent_at, now))
    return Statement(role, issuer, parts, serialize(assertion) if xml else b"")


def _parts(
    assertion: Element, clear: Mapping[str, Sequence[str]], sent_at: str, now: datetime
) -> Iterator[Part]:
    subject = child(assertion, "saml:Subject")
    if subject is not None:
        yield from _of_subject(subject, sent_at, now)
    conditions = child(assertion, "saml:Conditions")
    if conditions is not None:
        yield Part("Conditions", *_validity(conditions, sent_at, now))
        for audience in conditions.iter(qname("saml:Audience")):
            yield Part(
                "Audience",
                text_of(audience) or "–",
                "voor wie de verklaring is; een ander moet haar weigeren",
            )
    for statement in children(assertion, "saml:AuthnStatement"):
        class_ref = text_of(next(statement.iter(qname("saml:AuthnContextClassRef")), None)) or "–"
        level = LEVELS.get(class_ref.rpartition(":")[2], "")
        yield Part(
            "AuthnContextClassRef", class_ref, f"ingelogd op niveau {level}" if level else "hoe is ingelogd"
        )
        yield Part("AuthnInstant", statement.get("AuthnInstant", "–"), "wanneer is ingelogd")
        if index := statement.get("SessionIndex"):
            yield Part("SessionIndex", index, "hiermee logt de dienstverlener weer uit")
        for authority in statement.iter(qname("saml:AuthenticatingAuthority")):
            yield Part("AuthenticatingAuthority", text_of(authority) or "–", "de authenticatiedienst")
    values = 0
    for statement in children(assertion, "saml:AttributeStatement"):
        for attribute in children(statement, "saml:Attribute"):
            for part in _of_attribute(attribute, clear):
                values += 1
                if values <= MOST_VALUES:
                    yield part
    if values > MOST_VALUES:
        yield Part("…", f"nog {values - MOST_VALUES}", "staan in het bericht")


def _of_subject(subject: Element, sent_at: str, now: datetime) -> Iterator[Part]:
    name_id = child(subject, "saml:NameID")
    if name_id is not None:
        format_ = name_id.get("Format", "").rpartition(":")[2]
        means = f"{format_}: {FORMATS[format_]}" if format_ in FORMATS else format_
        yield Part("NameID", _cut(text_of(name_id) or "–"), means)
    elif child(subject, "saml:EncryptedID") is not None:
        yield Part("NameID", "versleuteld (EncryptedID)")
    for confirmation in children(subject, "saml:SubjectConfirmation"):
        data = child(confirmation, "saml:SubjectConfirmationData")
        if data is not None:
            value, means = _validity(data, sent_at, now)
            recipient = data.get("Recipient", "–")
            yield Part("SubjectConfirmationData", value, f"bij {recipient}; {means}")


def _of_attribute(attribute: Element, clear: Mapping[str, Sequence[str]]) -> Iterator[Part]:
    name = attribute.get("Name", "–")
    local = name.removeprefix(_CORE)
    means = _ATTRIBUTES.get(local, "") if name.startswith(_CORE) else ""
    opened = list(clear.get(local, clear.get(name, ())))
    values = children(attribute, "saml:AttributeValue")
    sealed = [value for value in values if next(value.iter(qname("xenc:EncryptedData")), None) is not None]
    if sealed and opened:
        for one in opened:
            yield Part(name, _cut(one), f"{means}; in het bericht versleuteld".lstrip("; "))
        return
    for value in values:
        if value in sealed:
            yield Part(name, "versleuteld", means)
            continue
        inner = next(value.iterchildren(etree.Element), None)
        shown = text_of(value) or "leeg"
        yield Part(name, _cut(shown if inner is None else f"{named(inner)} {shown}"), means)


def _validity(holder: Element, sent_at: str, now: datetime) -> tuple[str, str]:
    """From and until, and how long that was when it was sent and is now."""
    begin, end = holder.get("NotBefore"), holder.get("NotOnOrAfter")
    value = f"{begin or '…'} tot {end or '…'}"
    try:
        until, sent = instants.read(end or ""), instants.read(sent_at)
    except ValueError:
        return value, "geen einde" if end is None else "het einde is geen tijdstip"
    at_sending, left = int((until - sent).total_seconds()), int((until - now).total_seconds())
    then = (
        f"bij verzenden nog {at_sending} s geldig"
        if at_sending > 0
        else f"bij verzenden al {-at_sending} s verlopen"
    )
    if begin:
        try:
            early = int((instants.read(begin) - sent).total_seconds())
        except ValueError:
            early = 0
        if early > 0:
            then = f"bij verzenden nog niet geldig: pas over {early} s"
    return value, f"{then}; nu {f'nog {left} s' if left > 0 else 'verlopen'}"


def _clear(identifiers: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in identifiers:
        kind = str(item.get("type", "")).rpartition(":")[2]
        value = str(item.get("value", ""))
        found.setdefault(str(item.get("attribute", "")), []).append(f"{kind} {value}" if kind else value)
    return found


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}… ({len(text)} tekens)"
