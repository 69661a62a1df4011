"""What one of the message's own facts should not be: audience, recipient, time, issuer. All of it well signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from broker.scenarios import sp_must
from broker.scenarios.model import Case, Draft, OnFacts, Param, Point, Scenario
from suppliers.ask import Names

OTHER = "urn:etoegang:DV:00000009999999990000:entities:0001"
ELSEWHERE = "https://elsewhere.example/acs"


def audience(draft: Draft, case: Case) -> Draft:
    return replace(draft, facts=replace(draft.facts, audience=case.text("value")))


def recipient(draft: Draft, case: Case) -> Draft:
    return replace(draft, facts=replace(draft.facts, recipient=case.text("value")))


def destination(draft: Draft, case: Case) -> Draft:
    return replace(draft, destination=case.text("value"))


def in_response_to(draft: Draft, case: Case) -> Draft:
    """Both of the Response and of the assertion: the answer to a request that this service provider never sent."""
    other = case.parts.new_id()
    return replace(draft, request_id=other, facts=replace(draft.facts, request_id=other))


def in_response_to_inside(draft: Draft, case: Case) -> Draft:
    return replace(draft, facts=replace(draft.facts, request_id=case.parts.new_id()))


def service(draft: Draft, case: Case) -> Draft:
    facts = replace(draft.facts, service_id=case.text("service_id"), service_uuid=case.text("uuid"))
    return replace(draft, facts=facts)


def issuer(draft: Draft, case: Case) -> Draft:
    """Signed with our own key all the same."""
    other = case.text("value")
    return replace(
        draft, hm=replace(draft.hm, entity_id=other), answerer=replace(draft.answerer, entity_id=other)
    )


def issuer_inside(draft: Draft, case: Case) -> Draft:
    return replace(draft, hm=replace(draft.hm, entity_id=case.text("value")))


def expired(draft: Draft, case: Case) -> Draft:
    """Conditions and confirmation: a message that was made just now and has held already."""
    ago = draft.issue.now - timedelta(seconds=case.number("seconds"))
    return replace(
        draft, issue=replace(draft.issue, ends=ago, confirmed_until=ago, starts=ago - draft.issue.life)
    )


def not_yet(draft: Draft, case: Case) -> Draft:
    begins = draft.issue.now + timedelta(seconds=case.number("seconds"))
    ends = begins + draft.issue.life
    return replace(draft, issue=replace(draft.issue, starts=begins, ends=ends, confirmed_until=ends))


def confirmation_expired(draft: Draft, case: Case) -> Draft:
    ago = draft.issue.now - timedelta(seconds=case.number("seconds"))
    return replace(draft, issue=replace(draft.issue, confirmed_until=ago))


def issued_long_ago(draft: Draft, case: Case) -> Draft:
    """IssueInstant of Response and assertion; how long they hold stays as it was."""
    now, ends = draft.issue.now, draft.issue.not_on_or_after
    past = now - timedelta(seconds=case.number("seconds"))
    issue = replace(draft.issue, now=past, starts=draft.issue.not_before, ends=ends, confirmed_until=ends)
    return replace(draft, issue=issue, issued=replace(draft.issued, now=past))


def authenticated_long_ago(draft: Draft, case: Case) -> Draft:
    at = draft.facts.authenticated_at - timedelta(seconds=case.number("seconds"))
    return replace(draft, facts=replace(draft.facts, authenticated_at=at))


def clock(draft: Draft, case: Case) -> Draft:
    """Every time in the message, as of a broker whose clock is wrong."""
    by = timedelta(seconds=case.number("seconds"))
    facts, inner = (
        replace(facts, authenticated_at=facts.authenticated_at + by) for facts in (draft.facts, draft.inner)
    )
    issue, inner_issue, issued = (
        replace(issue, now=issue.now + by) for issue in (draft.issue, draft.inner_issue, draft.issued)
    )
    return replace(draft, facts=facts, inner=inner, issue=issue, inner_issue=inner_issue, issued=issued)


def _value(default: str) -> tuple[Param, ...]:
    return (Param("value", default, Names("wat er in plaats daarvan staat", "what stands there instead")),)


def _seconds(default: int, nl: str, en: str, least: int = 1, most: int = 366 * 86_400) -> tuple[Param, ...]:
    return (Param("seconds", str(default), Names(nl, en), "seconds", least, most),)


def _wrong(
    name: str,
    act: OnFacts,
    title: tuple[str, str],
    changes: tuple[str, str],
    reference: str,
    params: tuple[Param, ...] = (),
    must: Names = sp_must.REFUSE,
) -> Scenario:
    return Scenario(name, Names(*title), "facts", Point.FACTS, act, Names(*changes), must, reference, params)


AGO = ("hoeveel seconden geleden", "how many seconds ago")
AHEAD = ("over hoeveel seconden", "in how many seconds")

SCENARIOS = (
    _wrong(
        "wrong-audience",
        audience,
        ("Audience van een ander", "Audience of somebody else"),
        ("Audience in de assertion", "Audience in the assertion"),
        "SP-02, PRO-10, PRO-25",
        _value(OTHER),
    ),
    _wrong(
        "wrong-recipient",
        recipient,
        ("Recipient van een ander", "Recipient of somebody else"),
        ("Recipient in de SubjectConfirmationData", "Recipient in the SubjectConfirmationData"),
        "SP-05, PRO-09",
        _value(ELSEWHERE),
    ),
    _wrong(
        "wrong-destination",
        destination,
        ("Destination van een ander", "Destination of somebody else"),
        ("Destination van de Response", "Destination of the Response"),
        "SP-05, PRO-08",
        _value(ELSEWHERE),
    ),
    _wrong(
        "wrong-in-response-to",
        in_response_to,
        ("Antwoord op een ander verzoek", "Answer to another request"),
        (
            "InResponseTo van de Response en in de SubjectConfirmationData",
            "InResponseTo of the Response and in the SubjectConfirmationData",
        ),
        "SP-04, PRO-02",
    ),
    _wrong(
        "wrong-in-response-to-inside",
        in_response_to_inside,
        ("InResponseTo alleen in de assertion fout", "InResponseTo wrong in the assertion only"),
        ("InResponseTo in de SubjectConfirmationData", "InResponseTo in the SubjectConfirmationData"),
        "SP-04, PRO-03",
    ),
    _wrong(
        "wrong-service",
        service,
        ("Een andere dienst dan gevraagd", "Another service than was asked"),
        ("ServiceID en ServiceUUID", "ServiceID and ServiceUUID"),
        "SP-07, EH-05",
        (
            Param(
                "service_id",
                "urn:etoegang:DV:00000009999999990000:services:9999",
                Names("de ServiceID van de andere dienst", "ServiceID of the other service"),
            ),
            Param(
                "uuid",
                "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f",
                Names("de ServiceUUID van de andere dienst", "ServiceUUID of the other service"),
            ),
        ),
    ),
    _wrong(
        "wrong-issuer",
        issuer,
        ("Issuer die niemand kent", "Issuer that nobody knows"),
        (
            "Issuer van Response en assertion; de sleutel blijft",
            "Issuer of Response and assertion; the key stays",
        ),
        "PRO-17",
        _value("urn:etoegang:HM:00000009999999990000:entities:0001"),
    ),
    _wrong(
        "wrong-issuer-inside",
        issuer_inside,
        ("Issuer van de assertion is een ander", "Issuer of the assertion is somebody else"),
        ("Issuer van de assertion", "Issuer of the assertion"),
        "PRO-17",
        _value("urn:etoegang:HM:00000009999999990000:entities:0001"),
    ),
    _wrong(
        "expired",
        expired,
        ("Geldigheid voorbij", "No longer valid"),
        (
            "NotBefore en NotOnOrAfter van Conditions, NotOnOrAfter van de bevestiging",
            "NotBefore and NotOnOrAfter of the Conditions, NotOnOrAfter of the confirmation",
        ),
        "SP-03, PRO-13",
        _seconds(3600, *AGO),
    ),
    _wrong(
        "not-yet-valid",
        not_yet,
        ("Nog niet geldig", "Not valid yet"),
        (
            "NotBefore en NotOnOrAfter van Conditions, NotOnOrAfter van de bevestiging",
            "NotBefore and NotOnOrAfter of the Conditions, NotOnOrAfter of the confirmation",
        ),
        "SP-03, PRO-13",
        _seconds(3600, *AHEAD),
    ),
    _wrong(
        "confirmation-expired",
        confirmation_expired,
        ("Alleen de bevestiging is voorbij", "The confirmation alone has expired"),
        ("NotOnOrAfter van de SubjectConfirmationData", "NotOnOrAfter of the SubjectConfirmationData"),
        "SP-03, PRO-14",
        _seconds(3600, *AGO),
    ),
    _wrong(
        "issued-long-ago",
        issued_long_ago,
        ("Lang geleden gemaakt", "Made long ago"),
        ("IssueInstant van Response en assertion", "IssueInstant of Response and assertion"),
        "PRO-15",
        _seconds(86_400, *AGO),
        must=sp_must.REFUSE_OR_POLICY,
    ),
    _wrong(
        "authenticated-long-ago",
        authenticated_long_ago,
        ("Lang geleden ingelogd", "Authenticated long ago"),
        ("AuthnInstant, terwijl ForceAuthn gevraagd is", "AuthnInstant, although ForceAuthn was asked"),
        "PRO-15",
        _seconds(86_400, *AGO),
        must=sp_must.REFUSE_OR_POLICY,
    ),
    _wrong(
        "clock-off",
        clock,
        ("De klok van de makelaar loopt verkeerd", "The broker's clock is wrong"),
        ("Alle tijden in het antwoord", "Every time in the answer"),
        "PRO-13",
        _seconds(
            300,
            "hoeveel seconden voor; met een min ervoor achter",
            "how many seconds ahead; behind with a minus",
            least=-366 * 86_400,
        ),
        must=sp_must.TOLERANCE,
    ),
)
