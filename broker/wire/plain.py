"""An assertion for a provider that knows nothing of the scheme: a NameID as it asks, readable attributes."""

from __future__ import annotations

from dataclasses import dataclass

from broker.wire import names
from broker.wire.assertions import (
    Facts,
    Issue,
    Party,
    add_authn_statement,
    add_bearer,
    add_conditions,
    new_assertion,
)
from broker.wire.shape import Shape
from broker.wire.signing import sign
from broker.wire.xml import Element, add

BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"


@dataclass(frozen=True, slots=True)
class Subject:
    """The person by every name that a NameIDPolicy may ask for. ``email`` is None where there is none."""

    pseudonym: str
    transient: str
    email: str | None


def name_id_of(subject: Subject, asked: str | None) -> tuple[str, str] | None:
    """Format and value of the NameID; persistent where none is asked; None for what we cannot give."""
    if asked in (None, UNSPECIFIED, names.PERSISTENT):
        return names.PERSISTENT, subject.pseudonym
    if asked == names.TRANSIENT:
        return names.TRANSIENT, subject.transient
    if asked == EMAIL and subject.email:
        return EMAIL, subject.email
    return None


def plain_assertion(
    hm: Party,
    facts: Facts,
    name_id: tuple[str, str],
    class_ref: str,
    attributes: tuple[tuple[str, str], ...],
    issue: Issue,
    shape: Shape,
) -> Element:
    """Everything in it is readable; ``attributes`` are pairs of name and value."""
    assertion, issuer = new_assertion(hm.entity_id, issue)
    subject = add(assertion, "saml:Subject")
    qualifiers = {"NameQualifier": hm.entity_id, "SPNameQualifier": facts.audience}
    format_, value = name_id
    add(subject, "saml:NameID", {"Format": format_, **(qualifiers if format_ != EMAIL else {})}, value)
    add_bearer(subject, facts.request_id, facts.recipient, issue.bearer_until)
    add_conditions(assertion, issue.not_before, issue.not_on_or_after, (facts.audience,))
    if not shape.attributes_first:
        add_authn_statement(assertion, facts, class_ref, hm.entity_id, facts.session_index)
    statement = add(assertion, "saml:AttributeStatement")
    for name, text in attributes:
        attribute = add(statement, "saml:Attribute", {"Name": name, "NameFormat": BASIC})
        add(attribute, "saml:AttributeValue", {"xsi:type": "xs:string"}, text, prefixes="xs xsi")
    if shape.attributes_first:
        add_authn_statement(assertion, facts, class_ref, hm.entity_id, facts.session_index)
    if shape.sign_assertion:
        sign(assertion, hm.key, after=issuer, algorithms=shape.signing)
    return assertion
