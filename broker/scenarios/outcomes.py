"""How a login may end otherwise than well: the rows of spec 6.2 that a broker can produce."""

from __future__ import annotations

from dataclasses import replace

from broker.scenarios import sp_must
from broker.scenarios.model import (
    ArtifactAnswer,
    Case,
    OnDecision,
    OnRequest,
    Param,
    Point,
    Scenario,
)
from broker.wire import names
from broker.wire.response import CANCELLED, Status
from suppliers.ask import Names, Word

MESSAGE = Param("message", "", Names("de StatusMessage", "the StatusMessage"))
GROUP = "outcomes"


def _at_once(status: Status) -> OnRequest:
    def act(case: Case) -> Status:
        return replace(status, message=case.params.get("message") or status.message)

    return act


def _in_the_end(status: Status) -> OnDecision:
    def act(word: Word, case: Case) -> Status:
        return replace(status, message=case.params.get("message") or status.message)

    return act


def missing_attribute(word: Word, case: Case) -> Status:
    """As a supplier ends the login that cannot give what is required."""
    text = f"required and not available: {case.text('attribute')}"
    return Status(names.RESPONDER, names.REQUEST_UNSUPPORTED, text)


def no_message(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    return replace(answer, message=None)


def _status(top: str, second: str | None, message: str) -> Status:
    return Status(top, second, message)


def _declines(
    name: str, status: Status, title: tuple[str, str], must: Names = sp_must.NO_LOOP, row: str = ""
) -> Scenario:
    changes = Names(
        f"Het verzoek wordt meteen beantwoord met {_named(status)}; niemand ziet een scherm",
        f"The request is answered at once with {_named(status)}; nobody sees a page",
    )
    reference = f"6.2 {row or title[1]}"
    return Scenario(
        name, Names(*title), GROUP, Point.REQUEST, _at_once(status), changes, must, reference, (MESSAGE,)
    )


def _ends(
    name: str, status: Status, title: tuple[str, str], must: Names = sp_must.NO_LOOP, row: str = ""
) -> Scenario:
    changes = Names(
        f"Alle stappen gaan goed; het antwoord is {_named(status)}",
        f"Every step goes well; the answer is {_named(status)}",
    )
    reference = f"6.2 {row or title[1]}"
    return Scenario(
        name, Names(*title), GROUP, Point.DECISION, _in_the_end(status), changes, must, reference, (MESSAGE,)
    )


def _named(status: Status) -> str:
    return " + ".join(code.rpartition(":")[2] for code in (status.top, status.second) if code)


SCENARIOS = (
    _declines(
        "cancelled-at-choice",
        CANCELLED,
        ("Afgebroken in het keuzescherm", "Cancelled at the choice of supplier"),
        sp_must.OFFER_AGAIN,
        "cancel at HM; SP-08",
    ),
    _ends(
        "cancelled-at-supplier",
        CANCELLED,
        ("Afgebroken bij de leverancier (AD)", "Cancelled at the supplier (AD)"),
        sp_must.OFFER_AGAIN,
        "cancel at AD; SP-08",
    ),
    _ends(
        "cancelled-at-mandate",
        CANCELLED,
        ("Afgebroken bij de machtiging (MR)", "Cancelled at the mandate (MR)"),
        sp_must.OFFER_AGAIN,
        "cancel at MR; SP-08",
    ),
    _ends(
        "authentication-failed",
        _status(names.RESPONDER, names.AUTHN_FAILED, "Authentication failed"),
        ("Inloggen is mislukt", "Final failure of authentication"),
        sp_must.OFFER_AGAIN,
    ),
    _declines(
        "force-authn-impossible",
        _status(names.RESPONDER, names.AUTHN_FAILED, "The authentication service cannot authenticate afresh"),
        ("Opnieuw inloggen kan niet", "ForceAuthn asked, and the AD cannot"),
        sp_must.OFFER_AGAIN,
    ),
    _declines(
        "level-not-supported",
        _status(names.REQUESTER, names.REQUEST_UNSUPPORTED, "The requested level is not supported"),
        ("Niveau wordt niet ondersteund", "Requested level not supported"),
    ),
    _declines(
        "request-expired",
        _status(names.REQUESTER, None, "The request has expired"),
        ("Verzoek is te oud", "Request expired"),
    ),
    _declines(
        "unsupported-function",
        _status(
            names.REQUESTER, names.REQUEST_UNSUPPORTED, "The request asks a function that is not supported"
        ),
        ("Functie wordt niet ondersteund", "Unsupported function"),
    ),
    _declines(
        "service-unknown",
        _status(names.REQUESTER, names.REQUEST_UNSUPPORTED, "The service is not known"),
        ("Dienst is onbekend", "Service index unknown"),
    ),
    _declines(
        "not-authorised-for-service",
        _status(names.REQUESTER, None, "The service is not available here"),
        ("Dienst is hier niet beschikbaar", "Portal service asked at the EB; EB not listed"),
    ),
    _ends(
        "technical-fault",
        _status(names.RESPONDER, None, "Technical fault"),
        ("Technische storing", "Technical fault"),
    ),
    _ends(
        "unsupported-option",
        _status(names.RESPONDER, names.REQUEST_UNSUPPORTED, "An option is not supported"),
        ("Optie wordt niet ondersteund door de leverancier", "Unsupported option at the responder"),
    ),
    Scenario(
        "attribute-unavailable",
        Names("Verplicht gegeven ontbreekt", "Required attribute unavailable"),
        GROUP,
        Point.DECISION,
        missing_attribute,
        Names(
            "Alle stappen gaan goed; het antwoord is Responder + RequestUnsupported",
            "Every step goes well; the answer is Responder + RequestUnsupported",
        ),
        sp_must.NO_LOOP,
        "6.2 required attribute unavailable; SP-09",
        (
            Param(
                "attribute",
                "urn:etoegang:1.9:attribute:DateOfBirth",
                Names("het gegeven dat ontbreekt", "the attribute that is missing"),
            ),
        ),
    ),
    Scenario(
        "artifact-unknown",
        Names("Artifact is onbekend", "Artifact unknown"),
        GROUP,
        Point.ARTIFACT,
        no_message,
        Names(
            "De ArtifactResponse is een Success zonder bericht erin",
            "The ArtifactResponse is a Success without a message in it",
        ),
        sp_must.REFUSE,
        "6.2 artifact unknown or already used; ART-02",
    ),
)
