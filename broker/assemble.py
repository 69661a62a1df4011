"""From a supplier's Word to the assertions for one service provider, in the shape that it wants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from broker.catalogue import Service
from broker.login import Login, LoginProblem, requested, service_of
from broker.parts import Parts
from broker.scenarios.acting import Ending
from broker.scenarios.model import Draft
from broker.sp_settings import SpSection
from broker.wire import names
from broker.wire.assertions import (
    Facts,
    Intermediary,
    Issue,
    Party,
    ad_assertion,
    hm_assertion,
    mr_assertion,
)
from broker.wire.encryption import Identifier, Recipient, encrypted_assertion
from broker.wire.identifiers import first_filled, internal_pseudonym, pseudonym
from broker.wire.keys import Certificate
from broker.wire.metadata import SpMetadata
from broker.wire.plain import Subject, name_id_of, plain_assertion
from broker.wire.response import Status
from broker.wire.shape import Shape
from broker.wire.xml import Element, serialize
from suppliers.ask import Company, Level, Mandated, Offer, Person, RequestedAttribute, Word


@dataclass(frozen=True, slots=True)
class Assembled:
    """``element`` is the assertion as it goes into the Response; ``in_clear`` and ``plain`` are what it says.

    ``session_index`` and ``name_id`` are what a LogoutRequest will name. ``draft`` is what it was made of.
    """

    element: Element
    session_index: str
    in_clear: tuple[dict[str, str], ...]
    draft: Draft
    plain: str | None = None
    name_id: str = ""


class Unanswerable(Exception):
    """The login ends with an answer that is not a success: the person did all that was asked."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


def issue_for(parts: Parts, sp: str) -> Issue:
    """Now, by this provider's idea of our clock, and how long it holds."""
    settings = parts.current.settings_of(sp)
    seconds = settings.assertion_seconds or parts.current.broker.assertion_seconds
    return Issue(parts.now_of(sp) + _offset(settings), parts.new_id, timedelta(seconds=seconds))


def _offset(settings: SpSection) -> timedelta:
    return timedelta(seconds=settings.clock_offset_seconds)


def assemble(parts: Parts, login: Login, word: Word, ending: Ending) -> Assembled:
    """Raises LoginProblem where the Word does not do for this login: every step decides again. Raises
    Unanswerable where it does, and the provider still cannot have what it asks."""
    sp, service = service_of(parts, login)
    _permitted(login, word)
    decided = ending.decision(word)
    if isinstance(decided, Status):
        raise Unanswerable(decided)
    saml = parts.current.is_saml(sp)
    draft, ad, mr = _draft(parts, login, decided, sp, service, encrypts=not saml)
    draft = ending.facts(draft)
    if saml:
        return _plain(parts, login, draft, parts.current.settings_of(sp.entity_id), sp)
    facts, issue, recipient, shape = draft.inner, draft.inner_issue, draft.recipient, draft.shape
    chain: tuple[Element, ...] = ()
    if shape.advice:
        assert recipient is not None
        hm_acs = f"{parts.settings.base_url}/acs/{login.version}"
        from_ad = ad_assertion(ad, mr, parts.settings.entity_id, hm_acs, facts, issue)
        if facts.intermediary is None:
            chain = (from_ad, mr_assertion(mr, (from_ad,), facts, recipient, issue))
        else:
            next_mr = _next_register(parts, decided.supplier)
            first = mr_assertion(mr, (from_ad,), facts, recipient, issue, next_mr)
            chain = (from_ad, first, mr_assertion(next_mr, (from_ad, first), facts, recipient, issue))
    assertion = hm_assertion(draft.hm, ad, chain, draft.facts, recipient, draft.issue, shape)
    return _sealed(assertion, draft, recipient)


def _draft(
    parts: Parts, login: Login, word: Word, sp: SpMetadata, service: Service, *, encrypts: bool
) -> tuple[Draft, Party, Party]:
    assert word.person is not None
    assert word.mandate is not None
    shape = parts.current.shape_of(sp.entity_id, login.version)
    facts, ad, mr = _facts(parts, login, word, word.person, word.mandate, sp, service)
    recipient = None
    if encrypts and shape.encrypts:
        recipient = Recipient(sp.entity_id, _certificate(sp, service.certificate), shape.encryption)
    issue, hm = issue_for(parts, sp.entity_id), parts.broker
    draft = Draft(
        facts=facts,
        inner=facts,
        issue=issue,
        inner_issue=issue,
        issued=issue,
        hm=hm,
        answerer=hm,
        recipient=recipient,
        request_id=login.request_id,
        destination=login.acs_url,
        shape=shape,
        word=word,
    )
    return draft, ad, mr


def _plain(parts: Parts, login: Login, draft: Draft, settings: SpSection, sp: SpMetadata) -> Assembled:
    """For a provider that knows nothing of the scheme. Raises Unanswerable for a NameID that we cannot give."""
    word, facts, shape, issue = draft.word, draft.facts, draft.shape, draft.issue
    assert word.person is not None
    assert word.mandate is not None
    assert word.level is not None
    subject = Subject(facts.acting.value, facts.transient, word.person.email)
    name_id = name_id_of(subject, login.name_id_format)
    if name_id is None:
        asked = f"a NameID of the format {login.name_id_format} cannot be given for this person"
        raise Unanswerable(Status(names.RESPONDER, names.INVALID_NAME_ID_POLICY, asked))
    company = word.mandate.company
    attributes = (
        ("kvk", company.identifiers.get("KvKnr")),
        ("rsin", company.identifiers.get("RSIN")),
        ("company", company.name),
        ("branch", word.mandate.branch),
        ("intermediary", facts.intermediary.identifier.value if facts.intermediary else None),
        ("person", word.person.name),
        ("email", word.person.email),
        ("level", Level.of(facts.level).label),
        ("pseudonym", facts.acting.value),
    )
    given = tuple((name, value) for name, value in attributes if value)
    class_ref = settings.class_ref(Level.of(facts.level))
    assertion = plain_assertion(draft.hm, facts, name_id, class_ref, given, issue, shape)
    in_clear = tuple({"attribute": name, "value": value} for name, value in given)
    if not shape.encrypt_assertion:
        return Assembled(assertion, facts.session_index, in_clear, draft, name_id=name_id[1])
    if not sp.encryption:
        # No rule asks it of every such provider: only what is encrypted needs it.
        missing = "the metadata has no certificate to encrypt the assertion for"
        raise Unanswerable(Status(names.RESPONDER, names.REQUEST_UNSUPPORTED, missing))
    recipient = Recipient(sp.entity_id, sp.encryption[0], shape.encryption)
    plain = serialize(assertion).decode()
    sealed = encrypted_assertion(assertion, recipient, issue.new_id)
    return Assembled(sealed, facts.session_index, in_clear, draft, plain, name_id[1])


def _certificate(sp: SpMetadata, catalogues: Certificate | None) -> Certificate:
    certificate = catalogues or next(iter(sp.encryption), None)
    if certificate is None:
        raise LoginProblem("withdrawn", f"{sp.entity_id} has no certificate to encrypt for")
    return certificate


def _sealed(assertion: Element, draft: Draft, recipient: Recipient | None) -> Assembled:
    facts, shape = draft.facts, draft.shape
    in_clear = (
        *({"attribute": "LegalSubjectID", "type": item.type, "value": item.value} for item in facts.legal),
        {"attribute": "ActingSubjectID", "type": facts.acting.type, "value": facts.acting.value},
        *_intermediary_in_clear(facts),
        *({"attribute": name, "value": value} for name, value in facts.extra),
    )
    name_id = facts.transient if shape.version == "1.13" else facts.acting.value
    if not shape.encrypt_assertion:
        return Assembled(assertion, facts.session_index, in_clear, draft, name_id=name_id)
    assert recipient is not None
    plain = serialize(assertion).decode()
    sealed = encrypted_assertion(assertion, recipient, draft.issue.new_id)
    return Assembled(sealed, facts.session_index, in_clear, draft, plain, name_id)


def _permitted(login: Login, word: Word) -> tuple[Person, Mandated]:
    if word.person is None or word.mandate is None or word.level is None or word.authenticated_at is None:
        raise LoginProblem("no-word", "a permit without person, level or mandate")
    if (level := min(word.level, word.mandate.level)) < login.level:
        raise LoginProblem("no-word", f"{level.label} is below {login.level.label}")
    return word.person, word.mandate


def _facts(
    parts: Parts,
    login: Login,
    word: Word,
    person: Person,
    mandate: Mandated,
    sp: SpMetadata,
    service: Service,
) -> tuple[Facts, Party, Party]:
    assert word.level is not None
    assert word.authenticated_at is not None
    legal = first_filled(service.identifier_sets, mandate.company.identifiers)
    if legal is None:
        raise LoginProblem("no-identifier", mandate.company.key)
    offer = _offer(parts, word.supplier)
    ad = parts.party(f"supplier-{offer.slug}-ad", offer.ad)
    mr = parts.party(f"supplier-{offer.slug}-mr", offer.mr)
    intermediary = "" if mandate.intermediary is None else mandate.intermediary.key
    shape = parts.current.shape_of(sp.entity_id, login.version)
    facts = Facts(
        request_id=login.request_id,
        recipient=login.acs_url,
        audience=login.sp,
        service_id=service.service_id,
        service_uuid=service.instance_uuid,
        transient=parts.new_uuid(),
        session_index=parts.new_uuid(),
        authenticated_at=word.authenticated_at + _offset(parts.current.settings_of(sp.entity_id)),
        level_asked=login.level.urn,
        level=word.level.urn,
        level_used=mandate.level.urn,
        acting_at_ad=internal_pseudonym(ad.entity_id, person.subject),
        acting=pseudonym(sp.entity_id, mandate.company.key, intermediary, person.subject, shape.version),
        legal=legal,
        register=mr.entity_id,
        branch=mandate.branch,
        extra=_extra(requested(parts, login, service), person, mandate, shape),
        intermediary=None if mandate.intermediary is None else _intermediary(mandate, mandate.intermediary),
    )
    return facts, ad, mr


def unavailable(missing: Iterable[str]) -> Status:
    """What a login ends with for want of attributes without which there is none (spec 6.2)."""
    text = f"required and not available: {', '.join(missing)}"
    return Status(names.RESPONDER, names.REQUEST_UNSUPPORTED, text)


def _extra(
    asked: tuple[RequestedAttribute, ...], person: Person, mandate: Mandated, shape: Shape
) -> tuple[tuple[str, str], ...]:
    """What the service asks beyond identifiers and the supplier gave, in the order in which it asks (spec 4.4)."""
    given = {**person.attributes, **mandate.company.attributes}
    missing = [item.name for item in asked if item.required and item.name not in given]
    if missing:
        raise Unanswerable(unavailable(missing))
    extra = [(item.name, given[item.name]) for item in asked if item.name in given]
    if mandate.intermediary and shape.version == "1.13":
        # It comes along by itself, and should not be asked for.
        extra.append((names.INTERMEDIATE_COMPANY_NAME, mandate.intermediary.name))
    return tuple(extra)


def _intermediary(mandate: Mandated, between: Company) -> Intermediary:
    number = between.identifiers.get("KvKnr")
    if number is None:
        raise LoginProblem("no-identifier", between.key)
    company = mandate.company.identifiers.items()
    return Intermediary(
        Identifier(names.IDENTIFIER_TYPES["KvKnr"], number),
        tuple(
            Identifier(names.IDENTIFIER_TYPES[name], value)
            for name, value in company
            if name in names.IDENTIFIER_TYPES
        ),
    )


def _intermediary_in_clear(facts: Facts) -> tuple[dict[str, str], ...]:
    if facts.intermediary is None:
        return ()
    named = facts.intermediary.identifier
    return ({"attribute": "IntermediateSubjectID", "type": named.type, "value": named.value},)


def _offer(parts: Parts, slug: str) -> Offer:
    return next(offer for offer in parts.suppliers.offers() if offer.slug == slug)


def _next_register(parts: Parts, slug: str) -> Party:
    """The register that confirms a chain mandate of this supplier's: its own unless its profile names another."""
    owner = _offer(parts, _offer(parts, slug).next_register or slug)
    return parts.party(f"supplier-{owner.slug}-mr", owner.mr)
