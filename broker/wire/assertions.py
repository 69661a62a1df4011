"""The three assertions of one login: the AD's, the MR's, and the broker's own around both (spec 3.3-3.7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.wire import names
from broker.wire.encryption import Identifier, Recipient, add_encrypted_attribute, add_encrypted_id
from broker.wire.instants import write
from broker.wire.keys import SigningKey
from broker.wire.shape import DEFAULT, IdentifierForm, Shape
from broker.wire.signing import sign
from broker.wire.xml import Element, add, child, make, text_of

AD_WINDOW = timedelta(minutes=10)
NOT_BEFORE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who signs: an entity id and the key that belongs to it."""

    entity_id: str
    key: SigningKey

    @property
    def oin(self) -> str:
        """The bare OIN, e.g. of urn:etoegang:AD:<OIN>:entities:9001."""
        return self.entity_id.split(":")[3] if self.entity_id.count(":") >= 3 else self.entity_id


@dataclass(frozen=True, slots=True)
class Intermediary:
    """Whom the person works for in a chain mandate: its KvK number (spec 10.2). ``represented`` is the company by
    every identifier that there is, as the first register names it to the next."""

    identifier: Identifier
    represented: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What one login established, in the words of the wire.

    ``transient`` is the AD's name for the subject in this login only. ``acting`` is what the SP gets;
    ``acting_at_ad`` what the AD tells the MR. ``level_asked``, ``level`` and ``level_used`` are URNs: asked
    by the broker, reached by the means, registered with the mandate. ``extra`` are attributes that the
    provider's metadata asks for, by name. ``register`` is the MR's entity id. ``intermediary`` is there for a
    chain mandate only.
    """

    request_id: str
    recipient: str
    audience: str
    service_id: str
    service_uuid: str
    transient: str
    session_index: str
    authenticated_at: datetime
    level_asked: str
    level: str
    level_used: str
    acting_at_ad: Identifier
    acting: Identifier
    legal: tuple[Identifier, ...]
    register: str = ""
    branch: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    intermediary: Intermediary | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """When and with which new ids something is issued, and how long it holds. What is ``starts``, ``ends`` or
    ``confirmed_until`` takes the place of the NotBefore and NotOnOrAfter that follow from that."""

    now: datetime
    new_id: Callable[[], str]
    life: timedelta = timedelta(minutes=2)
    starts: datetime | None = None
    ends: datetime | None = None
    confirmed_until: datetime | None = None

    @property
    def not_before(self) -> datetime:
        """Of the Conditions."""
        return self.starts or self.now - NOT_BEFORE

    @property
    def not_on_or_after(self) -> datetime:
        """Of the Conditions."""
        return self.ends or self.now + self.life

    @property
    def bearer_until(self) -> datetime:
        """Of the SubjectConfirmationData."""
        return self.confirmed_until or self.now + self.life


def ad_assertion(ad: Party, mr: Party, hm: str, hm_acs: str, facts: Facts, issue: Issue) -> Element:
    """Who logged in, and how: for the MR, which alone can read the pseudonym in it (spec 3.5)."""
    assertion, issuer = new_assertion(ad.entity_id, issue)
    subject = add(assertion, "saml:Subject")
    add(subject, "saml:NameID", {"Format": names.TRANSIENT}, facts.transient)
    add_bearer(subject, issue.new_id(), hm_acs, issue.now + AD_WINDOW)
    add_conditions(
        assertion, issue.now - AD_WINDOW, issue.now + AD_WINDOW, (hm, facts.audience, mr.entity_id)
    )
    add_authn_statement(assertion, facts, facts.level, ad.oin, issue.new_id())
    statement = add(assertion, "saml:AttributeStatement")
    _plain(statement, names.REPRESENTATION, "true", "xs:boolean")
    _plain(statement, names.SERVICE_UUID, facts.service_uuid)
    _plain(statement, names.AUTHORIZATION_REGISTRY, mr.entity_id)
    _encrypted(
        statement,
        names.ACTING_SUBJECT,
        (facts.acting_at_ad,),
        Recipient(mr.entity_id, mr.key.certificate),
        issue.new_id,
    )
    sign(assertion, ad.key, after=issuer)
    return assertion


def mr_assertion(
    mr: Party,
    before: Sequence[Element],
    facts: Facts,
    sp: Recipient,
    issue: Issue,
    next_mr: Party | None = None,
) -> Element:
    """That the person may act for the company at this service: an XACML Permit (spec 3.6, 14.5).

    ``before`` are the statements that it rests on, the last of which it is linked to. ``next_mr`` makes it the
    first half of a chain: a Permit that only that register can complete, which alone reads the company in it
    (spec 10.2).
    """
    assertion, issuer = new_assertion(mr.entity_id, issue, prefixes="xsi xacml-saml")
    subject = add(assertion, "saml:Subject")
    # Each entity in the chain has a transient name of its own (spec 3.7).
    add(
        subject,
        "saml:NameID",
        {"Format": names.TRANSIENT, "NameQualifier": mr.entity_id},
        issue.new_id(),
    )
    add_conditions(assertion, issue.now - NOT_BEFORE, issue.now + issue.life, ())
    advice = add(assertion, "saml:Advice")
    for earlier in before:
        add(advice, "saml:AssertionIDRef", text=earlier.get("ID"))
    statement = add(assertion, "saml:Statement", {"xsi:type": "xacml-saml:XACMLAuthzDecisionStatementType"})
    result = add(add(statement, "xacml-context:Response"), "xacml-context:Result")
    add(result, "xacml-context:Decision", text="Permit")
    add(
        add(result, "xacml-context:Status"),
        "xacml-context:StatusCode",
        {"Value": "urn:oasis:names:tc:xacml:1.0:status:ok"},
    )
    if next_mr:
        _require_confirmation(result, next_mr.entity_id)
    request = add(statement, "xacml-context:Request")
    acting = add(
        request,
        "xacml-context:Subject",
        {"SubjectCategory": "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"},
    )
    _xacml_encrypted(acting, names.ACTING_SUBJECT, (facts.acting,), mr.entity_id, (sp,), issue.new_id)
    linked = signature_value(before[-1])
    _xacml(acting, names.LINKED_SIGNATURE, linked, mr.entity_id, names.XS + "#base64Binary")
    chain = facts.intermediary if next_mr else None
    if chain and next_mr:
        second = Recipient(next_mr.entity_id, next_mr.key.certificate)
        _xacml_encrypted(
            acting, names.LEGAL_SUBJECT, chain.represented, mr.entity_id, (second,), issue.new_id
        )
        _xacml_encrypted(
            acting, names.INTERMEDIATE_SUBJECT, (chain.identifier,), mr.entity_id, (second, sp), issue.new_id
        )
    elif facts.legal:
        _xacml_encrypted(acting, names.LEGAL_SUBJECT, facts.legal, mr.entity_id, (sp,), issue.new_id)
    resource = add(request, "xacml-context:Resource")
    _xacml(resource, names.SERVICE_ID, facts.service_id)
    _xacml(resource, names.SERVICE_UUID, facts.service_uuid)
    _xacml(resource, names.LEVEL_ASKED, facts.level_asked)
    if facts.branch:
        _xacml(resource, names.BRANCH, facts.branch, mr.entity_id)
    if chain:
        _xacml(resource, names.INTERMEDIATE_ENTITY, chain.identifier.value, mr.entity_id)
    _xacml(resource, names.LEVEL_USED, facts.level_used, mr.entity_id)
    action = add(request, "xacml-context:Action")
    _xacml(action, "urn:oasis:names:tc:xacml:1.0:action:action-id", "Authenticate")
    add(request, "xacml-context:Environment")
    sign(assertion, mr.key, after=issuer)
    return assertion


def hm_assertion(
    hm: Party,
    ad: Party,
    chain: Sequence[Element],
    facts: Facts,
    sp: Recipient | None,
    issue: Issue,
    shape: Shape = DEFAULT,
) -> Element:
    """The broker's own, for the service provider. ``chain`` goes into Advice untouched (spec 3.3, 3.4). ``sp`` may be
    None where the shape encrypts nothing."""
    assertion, issuer = new_assertion(hm.entity_id, issue)
    subject = add(assertion, "saml:Subject")
    name_id = {"Format": names.TRANSIENT, "NameQualifier": ad.entity_id}
    name = facts.transient
    if shape.version != "1.13":
        # Before 1.13 the subject was the person's lasting pseudonym, qualified by the register (spec 1.3).
        name_id = {"Format": names.PERSISTENT, "NameQualifier": facts.register}
        name = facts.acting.value
    add(subject, "saml:NameID", name_id, name)
    add_bearer(subject, facts.request_id, facts.recipient, issue.bearer_until)
    add_conditions(assertion, issue.not_before, issue.not_on_or_after, (facts.audience,))
    if chain and shape.advice:
        advice = add(assertion, "saml:Advice")
        for link in chain:
            advice.append(link)
    if shape.attributes_first:
        _attribute_statement(assertion, facts, sp, issue, shape)
    add_authn_statement(assertion, facts, facts.level, ad.entity_id, facts.session_index)
    if not shape.attributes_first:
        _attribute_statement(assertion, facts, sp, issue, shape)
    if shape.sign_assertion:
        sign(assertion, hm.key, after=issuer, algorithms=shape.signing)
    return assertion


def _attribute_statement(
    assertion: Element, facts: Facts, sp: Recipient | None, issue: Issue, shape: Shape
) -> None:
    statement = add(assertion, "saml:AttributeStatement")
    _plain(statement, names.SERVICE_ID, facts.service_id)
    _plain(statement, names.SERVICE_UUID, facts.service_uuid)
    if shape.identifiers is IdentifierForm.PLAIN:
        for identifier in facts.legal:
            _plain(statement, identifier.type, identifier.value)
        if shape.version == "1.13":
            _plain(statement, names.IDENTIFIER_TYPES["Pseudo"], facts.acting.value)
    else:
        for name, identifiers in (
            (names.LEGAL_SUBJECT, facts.legal),
            (names.ACTING_SUBJECT, (facts.acting,)),
        ):
            if not identifiers:
                continue
            if shape.identifiers is IdentifierForm.ENCRYPTED:
                assert sp is not None
                _encrypted(statement, name, identifiers, sp, issue.new_id)
            else:
                _name_ids(statement, name, identifiers)
    if facts.intermediary:
        _add_intermediary(statement, facts.intermediary.identifier, sp, issue, shape)
    if facts.branch:
        _plain(statement, names.BRANCH, facts.branch)
    for name, value in facts.extra:
        if shape.identifiers is IdentifierForm.ENCRYPTED:
            assert sp is not None
            add_encrypted_attribute(statement, name, value, sp, issue.new_id)
        else:
            _plain(statement, name, value)


def _add_intermediary(
    statement: Element, intermediary: Identifier, sp: Recipient | None, issue: Issue, shape: Shape
) -> None:
    # Readable in every version, for who has read it so since 1.9; the other name came with 1.13 (spec 1.3).
    _plain(statement, names.INTERMEDIATE_ENTITY, intermediary.value)
    if shape.version != "1.13":
        return
    if shape.identifiers is IdentifierForm.ENCRYPTED:
        assert sp is not None
        _encrypted(statement, names.INTERMEDIATE_SUBJECT, (intermediary,), sp, issue.new_id)
    elif shape.identifiers is IdentifierForm.DECRYPTED_NAME_ID:
        _name_ids(statement, names.INTERMEDIATE_SUBJECT, (intermediary,))


def _name_ids(statement: Element, name: str, identifiers: Sequence[Identifier]) -> None:
    attribute = add(statement, "saml:Attribute", {"Name": name})
    for identifier in identifiers:
        add(
            add(attribute, "saml:AttributeValue"),
            "saml:NameID",
            {"Format": names.PERSISTENT, "NameQualifier": identifier.type},
            identifier.value,
        )


def signature_value(assertion: Element) -> str:
    """The SignatureValue of an assertion, without white space; empty if it is not signed."""
    signature = child(assertion, "ds:Signature")
    return (
        "" if signature is None else "".join((text_of(child(signature, "ds:SignatureValue")) or "").split())
    )


def new_assertion(issuer: str, issue: Issue, prefixes: str = "") -> tuple[Element, Element]:
    """An unsigned assertion and its Issuer, after which the signature goes."""
    assertion = make(
        "saml:Assertion",
        {"ID": issue.new_id(), "Version": "2.0", "IssueInstant": write(issue.now)},
        prefixes=prefixes,
    )
    return assertion, add(assertion, "saml:Issuer", text=issuer)


def add_bearer(subject: Element, in_response_to: str, recipient: str, until: datetime) -> None:
    """Whoever carries it is the subject, at this recipient and until then."""
    confirmation = add(subject, "saml:SubjectConfirmation", {"Method": names.BEARER})
    add(
        confirmation,
        "saml:SubjectConfirmationData",
        {"InResponseTo": in_response_to, "NotOnOrAfter": write(until), "Recipient": recipient},
    )


def add_conditions(assertion: Element, start: datetime, end: datetime, audiences: Sequence[str]) -> None:
    """When and for whom it holds; without audiences for whoever gets it."""
    conditions = add(assertion, "saml:Conditions", {"NotBefore": write(start), "NotOnOrAfter": write(end)})
    if audiences:
        restriction = add(conditions, "saml:AudienceRestriction")
        for audience in audiences:
            add(restriction, "saml:Audience", text=audience)


def add_authn_statement(
    assertion: Element, facts: Facts, class_ref: str, authority: str, session_index: str
) -> None:
    """How the person was authenticated, at which level, by whom."""
    statement = add(
        assertion,
        "saml:AuthnStatement",
        {"AuthnInstant": write(facts.authenticated_at), "SessionIndex": session_index},
    )
    context = add(statement, "saml:AuthnContext")
    add(context, "saml:AuthnContextClassRef", text=class_ref)
    add(context, "saml:AuthenticatingAuthority", text=authority)


def _plain(statement: Element, name: str, value: str, type_: str = "xs:string") -> None:
    attribute = add(statement, "saml:Attribute", {"Name": name})
    # xs stands only inside xsi:type, where exclusive canonicalisation does not see it: declared right here,
    # it survives being cut out of the message.
    add(attribute, "saml:AttributeValue", {"xsi:type": type_}, value, prefixes="xs xsi")


def _encrypted(
    statement: Element,
    name: str,
    identifiers: Sequence[Identifier],
    recipient: Recipient,
    new_id: Callable[[], str],
) -> None:
    attribute = add(statement, "saml:Attribute", {"Name": name})
    for identifier in identifiers:
        add_encrypted_id(add(attribute, "saml:AttributeValue"), identifier, recipient, new_id)


def _xacml(
    parent: Element, name: str, value: str, issuer: str | None = None, type_: str = names.XS + "#string"
) -> None:
    attributes = {"AttributeId": name, "DataType": type_}
    if issuer:
        attributes["Issuer"] = issuer
    attribute = add(parent, "xacml-context:Attribute", attributes)
    add(attribute, "xacml-context:AttributeValue", text=value)


def _require_confirmation(result: Element, next_mr: str) -> None:
    # The scheme says that the obligation names the register, not by which AttributeId: this is our choice.
    obligation = add(
        add(result, "xacml-policy:Obligations"),
        "xacml-policy:Obligation",
        {"ObligationId": names.NEXT_REGISTER, "FulfillOn": "Permit"},
    )
    add(
        obligation,
        "xacml-policy:AttributeAssignment",
        {"AttributeId": names.AUTHORIZATION_REGISTRY, "DataType": names.XS + "#string"},
        next_mr,
    )


def _xacml_encrypted(
    parent: Element,
    name: str,
    identifiers: Sequence[Identifier],
    issuer: str,
    recipients: Sequence[Recipient],
    new_id: Callable[[], str],
) -> None:
    attribute = add(
        parent,
        "xacml-context:Attribute",
        {
            "AttributeId": name,
            "DataType": "urn:oasis:names:tc:SAML:2.0:assertion#EncryptedID",
            "Issuer": issuer,
        },
    )
    for recipient in recipients:
        for identifier in identifiers:
            add_encrypted_id(add(attribute, "xacml-context:AttributeValue"), identifier, recipient, new_id)
