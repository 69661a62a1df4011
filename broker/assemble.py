"""From a supplier's Word to the assertions for one service provider, in the shape that it wants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from broker.catalogue import Service
from broker.login import Login, LoginProblem, service_of
from broker.parts import Parts
from broker.sp_settings import SpSection
from broker.wire import names
from broker.wire.assertions import Facts, Issue, Party, ad_assertion, hm_assertion, mr_assertion
from broker.wire.encryption import Recipient, encrypted_assertion
from broker.wire.identifiers import first_filled, internal_pseudonym, pseudonym
from broker.wire.keys import Certificate
from broker.wire.metadata import SpMetadata
from broker.wire.names import COMPANY_NAME
from broker.wire.plain import Subject, name_id_of, plain_assertion
from broker.wire.response import Status
from broker.wire.shape import Shape
from broker.wire.xml import Element, serialize
from suppliers.ask import Mandated, Person, Word


@dataclass(frozen=True, slots=True)
class Assembled:
    """``element`` is the assertion as it goes into the Response; ``in_clear`` and ``plain`` are what it says.

    ``session_index`` and ``name_id`` are what a LogoutRequest will name.
    """

    element: Element
    session_index: str
    in_clear: tuple[dict[str, str], ...]
    plain: str | None = None
    name_id: str = ""


class Unanswerable(Exception):
    """The login ends with an answer that is not a success: the person did all that was asked."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


def issue_for(parts: Parts, settings: SpSection) -> Issue:
    """Now, by this provider's idea of our clock, and how long it holds."""
    seconds = settings.assertion_seconds or parts.current.broker.assertion_seconds
    return Issue(parts.now() + _offset(settings), parts.new_id, timedelta(seconds=seconds))


def _offset(settings: SpSection) -> timedelta:
    return timedelta(seconds=settings.clock_offset_seconds)


def assemble(parts: Parts, login: Login, word: Word) -> Assembled:
    """Raises LoginProblem where the Word does not do for this login: every step decides again. Raises
    Unanswerable where it does, and the provider still cannot have what it asks."""
    sp, service = service_of(parts, login)
    settings = parts.current.settings_of(sp.entity_id)
    shape = parts.current.shape_of(sp.entity_id, login.version)
    person, mandate = _permitted(login, word)
    facts, ad, mr = _facts(parts, login, word, person, mandate, sp, service)
    if parts.current.is_saml(sp):
        return _plain(parts, login, word, facts, settings, sp)
    recipient = Recipient(sp.entity_id, _certificate(sp, service.certificate), shape.encryption)
    issue = issue_for(parts, settings)
    chain: tuple[Element, ...] = ()
    if shape.advice:
        hm_acs = f"{parts.settings.base_url}/acs/{login.version}"
        from_ad = ad_assertion(ad, mr, parts.settings.entity_id, hm_acs, facts, issue)
        chain = (from_ad, mr_assertion(mr, from_ad, facts, recipient, issue))
    assertion = hm_assertion(parts.broker, ad, chain, facts, recipient, issue, shape)
    return _sealed(assertion, facts, recipient, issue, shape)


def _plain(
    parts: Parts, login: Login, word: Word, facts: Facts, settings: SpSection, sp: SpMetadata
) -> Assembled:
    """For a provider that knows nothing of the scheme. Raises Unanswerable for a NameID that we cannot give."""
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
        ("person", word.person.name),
        ("email", word.person.email),
        ("level", word.level.label),
        ("pseudonym", facts.acting.value),
    )
    given = tuple((name, value) for name, value in attributes if value)
    shape = parts.current.shape_of(sp.entity_id, login.version)
    issue = issue_for(parts, settings)
    class_ref = settings.class_ref(word.level)
    assertion = plain_assertion(parts.broker, facts, name_id, class_ref, given, issue, shape)
    in_clear = tuple({"attribute": name, "value": value} for name, value in given)
    if not shape.encrypt_assertion:
        return Assembled(assertion, facts.session_index, in_clear)
    if not sp.encryption:
        # No rule asks it of every such provider: only what is encrypted needs it.
        missing = "the metadata has no certificate to encrypt the assertion for"
        raise Unanswerable(Status(names.RESPONDER, names.REQUEST_UNSUPPORTED, missing))
    recipient = Recipient(sp.entity_id, sp.encryption[0], shape.encryption)
    plain = serialize(assertion).decode()
    sealed = encrypted_assertion(assertion, recipient, issue.new_id)
    return Assembled(sealed, facts.session_index, in_clear, plain, name_id[1])


def _certificate(sp: SpMetadata, catalogues: Certificate | None) -> Certificate:
    certificate = catalogues or next(iter(sp.encryption), None)
    if certificate is None:
        raise LoginProblem("withdrawn", f"{sp.entity_id} has no certificate to encrypt for")
    return certificate


def _sealed(assertion: Element, facts: Facts, recipient: Recipient, issue: Issue, shape: Shape) -> Assembled:
    in_clear = (
        *({"attribute": "LegalSubjectID", "type": item.type, "value": item.value} for item in facts.legal),
        {"attribute": "ActingSubjectID", "type": facts.acting.type, "value": facts.acting.value},
        *({"attribute": name, "value": value} for name, value in facts.extra),
    )
    if not shape.encrypt_assertion:
        return Assembled(assertion, facts.session_index, in_clear, name_id=facts.transient)
    plain = serialize(assertion).decode()
    sealed = encrypted_assertion(assertion, recipient, issue.new_id)
    return Assembled(sealed, facts.session_index, in_clear, plain, facts.transient)


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
    offer = next(offer for offer in parts.suppliers.offers() if offer.slug == word.supplier)
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
        # Under saml the attributes are always the same, and isRequired is a wish.
        extra=() if parts.current.is_saml(sp) else _extra(service, mandate),
    )
    return facts, ad, mr


def _extra(service: Service, mandate: Mandated) -> tuple[tuple[str, str], ...]:
    """What the service asks beyond identifiers and we have, in the order in which it asks (spec 4.4)."""
    available = {COMPANY_NAME: mandate.company.name}
    missing = [name for name in service.required if name not in available]
    if missing:
        text = f"required and not available: {', '.join(missing)}"
        raise Unanswerable(Status(names.RESPONDER, names.REQUEST_UNSUPPORTED, text))
    return tuple((name, available[name]) for name in service.attributes if name in available)
