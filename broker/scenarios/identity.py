"""What the answer says of level, company and person, where that is another than one would expect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from broker.scenarios import sp_must
from broker.scenarios.model import Case, Draft, Param, Point, Scenario
from broker.scenarios.world import above, below, company
from broker.wire.encryption import Identifier
from broker.wire.names import IDENTIFIER_TYPES
from suppliers.ask import Company, Level, Names, Word
from suppliers.register.model import CompanyRecord

GROUP = "identity"


def _at(word: Word, level: Level) -> Word:
    mandate = word.mandate and replace(word.mandate, level=level)
    return replace(word, level=level, mandate=mandate)


def level_lower(word: Word, case: Case) -> Word:
    """Means and mandate of the level under the one that was asked; the lowest has none under it."""
    return _at(word, below(case.login.level))


def level_higher(word: Word, case: Case) -> Word:
    return _at(word, above(max(case.login.level, word.level or case.login.level)))


def other_company(word: Word, case: Case) -> Word:
    assert word.mandate is not None
    found = _other(case, word.mandate.company)
    return word if found is None else replace(word, mandate=replace(word.mandate, company=found, branch=None))


def unexpected_branch(word: Word, case: Case) -> Word:
    return replace(word, mandate=word.mandate and replace(word.mandate, branch=case.text("branch")))


def unexpected_intermediary(word: Word, case: Case) -> Word:
    assert word.mandate is not None
    found = _other(case, word.mandate.company)
    return word if found is None else replace(word, mandate=replace(word.mandate, intermediary=found))


def _other(case: Case, but: Company) -> Company | None:
    needs = [name.lower().removesuffix("nr") for name in but.identifiers if name in ("KvKnr", "RSIN")]
    record = company(case.parts.current.register, case.text("company"), {but.key}, needs)
    return None if record is None else _as_company(record, but)


def _as_company(record: CompanyRecord, like: Company) -> Company:
    """With the attributes that the one in its place had, but for its name."""
    attributes = {
        name: record.name if value == like.name else value for name, value in like.attributes.items()
    }
    return Company(record.key, record.name, record.identifiers, attributes)


def several_identifiers(draft: Draft, case: Case) -> Draft:
    """All that the company has, whatever the service asks."""
    return _legal(draft, _identifiers(draft))


def rsin_alone(draft: Draft, case: Case) -> Draft:
    rsin = tuple(item for item in _identifiers(draft) if item.type == IDENTIFIER_TYPES["RSIN"])
    return _legal(draft, rsin) if rsin else draft


def two_companies(draft: Draft, case: Case) -> Draft:
    assert draft.word.mandate is not None
    found = _other(case, draft.word.mandate.company)
    number = None if found is None else found.identifiers.get("KvKnr")
    if number is None:
        return draft
    return _legal(draft, (*draft.facts.legal, Identifier(IDENTIFIER_TYPES["KvKnr"], number)))


def malformed_number(draft: Draft, case: Case) -> Draft:
    return _legal(draft, tuple(replace(item, value=case.text("value")) for item in draft.facts.legal))


def optional_missing(draft: Draft, case: Case) -> Draft:
    """Those that the metadata requires stay."""
    required = _required(case)
    extra = tuple((name, value) for name, value in draft.facts.extra if name in required)
    return replace(draft, facts=replace(draft.facts, extra=extra))


def unasked_attribute(draft: Draft, case: Case) -> Draft:
    more = (case.text("attribute"), case.text("value"))
    return replace(draft, facts=replace(draft.facts, extra=(*draft.facts.extra, more)))


def odd_values(draft: Draft, case: Case) -> Draft:
    extra = tuple((name, case.text("value")) for name, _ in draft.facts.extra)
    return replace(draft, facts=replace(draft.facts, extra=extra))


def other_pseudonym(draft: Draft, case: Case) -> Draft:
    """As of a means at another supplier: the same person under another name."""
    first, at, rest = draft.facts.acting.value.partition("@")
    other = hashlib.sha256(f"other {first}".encode()).hexdigest()
    return _acting(draft, f"{other}{at}{rest}")


def upper_case(draft: Draft, case: Case) -> Draft:
    return _acting(draft, draft.facts.acting.value.upper())


def _required(case: Case) -> set[str]:
    sp = case.parts.current.catalogue.sps.get(case.login.sp)
    service = None if sp is None else case.parts.current.catalogue.service_by_id(sp, case.login.service_id)
    return {*case.login.required, *(service.required if service else ())}


def _identifiers(draft: Draft) -> tuple[Identifier, ...]:
    assert draft.word.mandate is not None
    held = draft.word.mandate.company.identifiers
    return tuple(
        Identifier(IDENTIFIER_TYPES[name], value) for name, value in held.items() if name in IDENTIFIER_TYPES
    )


def _legal(draft: Draft, legal: tuple[Identifier, ...]) -> Draft:
    facts, inner = (replace(facts, legal=legal) for facts in (draft.facts, draft.inner))
    return replace(draft, facts=facts, inner=inner)


def _acting(draft: Draft, value: str) -> Draft:
    acting = replace(draft.facts.acting, value=value)
    facts, inner = (replace(facts, acting=acting) for facts in (draft.facts, draft.inner))
    return replace(draft, facts=facts, inner=inner)


def _says(
    name: str,
    point: Point,
    act: Callable[..., Any],
    title: tuple[str, str],
    changes: tuple[str, str],
    must: tuple[str, str] | Names,
    reference: str,
    params: tuple[Param, ...] = (),
) -> Scenario:
    must = must if isinstance(must, Names) else Names(*must)
    return Scenario(name, Names(*title), GROUP, point, act, Names(*changes), must, reference, params)


COMPANY = (
    Param(
        "company",
        "",
        Names(
            "de organisatie: sleutel, KvK-nummer of RSIN; leeg is de eerste andere",
            "the company: key, KvK number or RSIN; empty is the first other",
        ),
    ),
)

SCENARIOS = (
    _says(
        "level-lower",
        Point.DECISION,
        level_lower,
        ("Niveau lager dan gevraagd", "Level lower than asked"),
        (
            "AuthnContextClassRef; en het niveau bij AD en MR",
            "AuthnContextClassRef; and the level at AD and MR",
        ),
        sp_must.REFUSE,
        "SP-06, EH-01",
    ),
    _says(
        "level-higher",
        Point.DECISION,
        level_higher,
        ("Niveau hoger dan gevraagd", "Level higher than asked"),
        (
            "AuthnContextClassRef; en het niveau bij AD en MR",
            "AuthnContextClassRef; and the level at AD and MR",
        ),
        sp_must.ACCEPT,
        "EH-02",
    ),
    _says(
        "other-company",
        Point.DECISION,
        other_company,
        ("Andere organisatie", "Other company"),
        (
            "LegalSubjectID, de gegevens van de organisatie en het pseudoniem",
            "LegalSubjectID, the company's attributes and the pseudonym",
        ),
        (
            "Een nieuwe sessie beginnen voor deze organisatie, of weigeren.",
            "Begin a new session for this company, or refuse.",
        ),
        "EH-07, SP-16",
        COMPANY,
    ),
    _says(
        "two-companies",
        Point.FACTS,
        two_companies,
        ("Twee KvK-nummers", "Two KvK numbers"),
        ("LegalSubjectID heeft er een waarde bij", "LegalSubjectID has one value more"),
        sp_must.REFUSE,
        "EH-08",
        COMPANY,
    ),
    _says(
        "several-identifiers",
        Point.FACTS,
        several_identifiers,
        ("KvK-nummer en RSIN", "KvK number and RSIN"),
        (
            "LegalSubjectID heeft alle nummers van de organisatie",
            "LegalSubjectID has every number of the company",
        ),
        ("Kiezen op NameQualifier.", "Choose by NameQualifier."),
        "SP-13, 5",
    ),
    _says(
        "rsin-only",
        Point.FACTS,
        rsin_alone,
        ("RSIN in plaats van KvK-nummer", "RSIN instead of KvK number"),
        ("LegalSubjectID is het RSIN", "LegalSubjectID is the RSIN"),
        (
            "Weigeren met een duidelijke tekst, of het RSIN gebruiken.",
            "Refuse with a clear text, or use the RSIN.",
        ),
        "EH-09",
    ),
    _says(
        "malformed-number",
        Point.FACTS,
        malformed_number,
        ("KvK-nummer van een verkeerde vorm", "KvK number of a wrong form"),
        ("De waarde van LegalSubjectID", "The value of LegalSubjectID"),
        sp_must.REFUSE,
        "EH-10",
        (Param("value", "9000 001", Names("het nummer", "the number")),),
    ),
    _says(
        "unexpected-branch",
        Point.DECISION,
        unexpected_branch,
        ("Vestiging, ook als de dienst dat niet vraagt", "Branch, also where the service asks none"),
        ("ServiceRestriction:Vestigingsnr komt erbij", "ServiceRestriction:Vestigingsnr is added"),
        ("De rechten beperken tot die vestiging.", "Limit the rights to that branch."),
        "SP-14, EH-11",
        (Param("branch", "000090000012", Names("het vestigingsnummer", "the branch number")),),
    ),
    _says(
        "unexpected-intermediary",
        Point.DECISION,
        unexpected_intermediary,
        (
            "Tussenpersoon, ook als de dienst dat niet toestaat",
            "Intermediary, also where the service allows none",
        ),
        (
            "IntermediateEntityID, IntermediateSubjectID en de naam komen erbij; het pseudoniem is een ander",
            "IntermediateEntityID, IntermediateSubjectID and the name are added; the pseudonym is another",
        ),
        (
            "LegalSubjectID gebruiken en de tussenpersoon vastleggen, of weigeren.",
            "Use LegalSubjectID and write down the intermediary, or refuse.",
        ),
        "SP-15, EH-13",
        COMPANY,
    ),
    _says(
        "optional-attributes-missing",
        Point.FACTS,
        optional_missing,
        ("Gegevens die niet verplicht zijn ontbreken", "Optional attributes are missing"),
        ("Alleen de verplichte extra gegevens komen mee", "The required extra attributes alone come along"),
        sp_must.ACCEPT,
        "EH-18",
    ),
    _says(
        "unasked-attribute",
        Point.FACTS,
        unasked_attribute,
        ("Gegeven dat niet gevraagd is", "Attribute that was not asked"),
        ("Er is een Attribute bij", "There is one Attribute more"),
        ("Het gegeven negeren.", "Ignore the attribute."),
        "SP-13, EH-18",
        (
            Param(
                "attribute",
                "urn:etoegang:1.9:attribute:Unasked",
                Names("de naam van het gegeven", "the attribute's name"),
            ),
            Param("value", "not asked", Names("de waarde", "the value")),
        ),
    ),
    _says(
        "odd-values",
        Point.FACTS,
        odd_values,
        ("Gegevens met een script erin", "Attributes with a script in them"),
        ("De waarden van de extra gegevens", "The values of the extra attributes"),
        ("Als tekst opslaan en tonen.", "Store and show them as text."),
        "EH-16",
        (Param("value", "=1+1'\"><script>alert(1)</script>", Names("de waarde", "the value")),),
    ),
    _says(
        "other-pseudonym",
        Point.FACTS,
        other_pseudonym,
        ("Ander pseudoniem", "Other pseudonym"),
        ("ActingSubjectID", "ActingSubjectID"),
        ("Als een andere persoon behandelen.", "Treat as another person."),
        "SP-16, EH-17",
    ),
    _says(
        "pseudonym-upper-case",
        Point.FACTS,
        upper_case,
        ("Pseudoniem in hoofdletters", "Pseudonym in upper case"),
        ("ActingSubjectID, in hoofdletters", "ActingSubjectID, in upper case"),
        ("Als dezelfde persoon behandelen.", "Treat as the same person."),
        "4.2",
    ),
)
