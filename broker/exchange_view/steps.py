"""The road of a login, step by step: who turned to whom, when, and where it stopped or was interfered with."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.exchanges import Event, Exchange
from broker.wire.names import HTTP_ARTIFACT

SP, BROWSER, BROKER, SUPPLIER = range(4)
LANES = ("Dienstverlener", "Browser", "Makelaar", "Leverancier")


class Sort(enum.StrEnum):
    """``PASSED`` went on, ``TROUBLE`` went wrong and could be tried again, ``STOPPED`` is where it ended badly,
    ``WAITING`` where it stands now, ``SCENARIO`` where a tester had it go another way."""

    PASSED = "passed"
    TROUBLE = "trouble"
    STOPPED = "stopped"
    WAITING = "waiting"
    SCENARIO = "scenario"


WORDS = {
    Sort.TROUBLE: "mislukt",
    Sort.STOPPED: "gestopt",
    Sort.WAITING: "hier staat het nu",
    Sort.SCENARIO: "ingegrepen",
}


@dataclass(frozen=True, slots=True)
class Step:
    """``event`` is its number, from 1. ``back`` is of a step with an answer in the same event, such as a resolve."""

    event: int
    kind: str
    label: str
    start: int
    end: int
    at: str
    after_ms: int
    since_ms: int
    sort: Sort = Sort.PASSED
    detail: str = ""
    back: str = ""


_KNOWN: dict[str, tuple[str, int, int]] = {
    "request-fetched": ("Verzoek opgehaald", BROKER, SP),
    "request": ("AuthnRequest", SP, BROKER),
    "choice-skipped": ("Keuze overgeslagen", BROKER, BROKER),
    "choice-refused": ("Keuze niet toegestaan", BROWSER, BROKER),
    "choice": ("Keuze", BROWSER, BROKER),
    "supplier-opened": ("Naar de leverancier", BROKER, SUPPLIER),
    "supplier-session-used": ("Was nog ingelogd", BROWSER, SUPPLIER),
    "supplier-session-not-used": ("Sessie niet bruikbaar", BROWSER, SUPPLIER),
    "supplier-session-begun": ("Blijft ingelogd", SUPPLIER, SUPPLIER),
    "password-right": ("Wachtwoord klopt", BROWSER, SUPPLIER),
    "password-wrong": ("Wachtwoord fout", BROWSER, SUPPLIER),
    "password-renewed": ("Wachtwoord vernieuwd", BROWSER, SUPPLIER),
    "password-reset-asked": ("Wachtwoord vergeten", BROWSER, SUPPLIER),
    "password-reset": ("Nieuw wachtwoord", BROWSER, SUPPLIER),
    "password-reset-refused": ("Nieuw wachtwoord geweigerd", BROWSER, SUPPLIER),
    "username-known": ("Gebruikersnaam bekend", BROWSER, SUPPLIER),
    "username-unknown": ("Gebruikersnaam onbekend", BROWSER, SUPPLIER),
    "means-blocked": ("Middel geblokkeerd", SUPPLIER, BROWSER),
    "means-refused": ("Middel niet bruikbaar", SUPPLIER, BROWSER),
    "level-refused": ("Niveau te laag", SUPPLIER, BROWSER),
    "card-right": ("Pas en PIN kloppen", BROWSER, SUPPLIER),
    "card-wrong": ("Pas of PIN fout", BROWSER, SUPPLIER),
    "pin-no-channel": ("Geen kanaal voor de PIN", SUPPLIER, BROWSER),
    "pin-sent": ("PIN verstuurd", SUPPLIER, BROWSER),
    "pin-right": ("PIN klopt", BROWSER, SUPPLIER),
    "pin-wrong": ("PIN fout", BROWSER, SUPPLIER),
    "pin-late": ("PIN te laat", BROWSER, SUPPLIER),
    "pin-used": ("PIN al gebruikt", BROWSER, SUPPLIER),
    "pin-blocked": ("PIN geblokkeerd", SUPPLIER, BROWSER),
    "factor-early": ("Te snel opnieuw gevraagd", BROWSER, SUPPLIER),
    "factor-no-more": ("Geen nieuwe code meer", SUPPLIER, BROWSER),
    "phone-asked": ("Vraag op de telefoon", SUPPLIER, BROWSER),
    "phone-approved": ("Goedgekeurd op de telefoon", BROWSER, SUPPLIER),
    "phone-refused": ("Geweigerd op de telefoon", BROWSER, SUPPLIER),
    "phone-not-taken": ("Telefoon niet aangenomen", BROWSER, SUPPLIER),
    "phone-late": ("Telefoon te laat", BROWSER, SUPPLIER),
    "phone-right": ("Telefoon akkoord", BROWSER, SUPPLIER),
    "mail-delivered": ("E-mail bezorgd", SUPPLIER, SUPPLIER),
    "mail-failed": ("E-mail niet bezorgd", SUPPLIER, SUPPLIER),
    "mandates-considered": ("Machtigingen bekeken", SUPPLIER, SUPPLIER),
    "mandate-chosen": ("Machtiging gekozen", BROWSER, SUPPLIER),
    "mandate-requested": ("Machtiging aangevraagd", BROWSER, SUPPLIER),
    "mandate-reminded": ("Aanvraag herinnerd", BROWSER, SUPPLIER),
    "mandate-approved": ("Aanvraag goedgekeurd", SUPPLIER, SUPPLIER),
    "mandate-refused": ("Aanvraag afgewezen", SUPPLIER, SUPPLIER),
    "mandate-withdrawn": ("Aanvraag ingetrokken", SUPPLIER, SUPPLIER),
    "mandate-used": ("Machtiging gebruikt", SUPPLIER, SUPPLIER),
    "chain-confirmed": ("Ketenmachtiging bevestigd", SUPPLIER, SUPPLIER),
    "attributes-missing": ("Gevraagde gegevens ontbreken", SUPPLIER, BROWSER),
    "consent-given": ("Toestemming", BROWSER, SUPPLIER),
    "step-refused": ("Stap niet aangenomen", BROWSER, SUPPLIER),
    "cancelled": ("Geannuleerd", BROWSER, SUPPLIER),
    "word-given": ("Oordeel van de leverancier", SUPPLIER, BROKER),
    "return-refused": ("Terugkeer niet aangenomen", SUPPLIER, BROKER),
    "answer": ("Response", BROKER, SP),
    "resolve": ("ArtifactResolve", SP, BROKER),
    "refused": ("Geweigerd", BROKER, BROWSER),
    "logout-fetched": ("Uitlogverzoek opgehaald", BROKER, SP),
    "logout-request": ("LogoutRequest", SP, BROKER),
    "logout-refused": ("Uitloggen geweigerd", BROKER, BROWSER),
    "supplier-logged-out": ("Sessie beëindigd", BROKER, SUPPLIER),
    "logged-out": ("Uitgelogd", BROKER, BROWSER),
    "scenario": ("Hier is ingegrepen", BROKER, BROKER),
    "scenario-without-effect": ("Er viel niets te veranderen", BROKER, BROKER),
}
_TROUBLE = frozenset(
    {
        "choice-refused",
        "password-wrong",
        "password-reset-refused",
        "username-unknown",
        "card-wrong",
        "pin-wrong",
        "pin-late",
        "pin-used",
        "factor-early",
        "phone-refused",
        "phone-not-taken",
        "phone-late",
        "mail-failed",
        "mandate-refused",
        "step-refused",
        "return-refused",
    }
)
DEAD_ENDS = frozenset(
    {
        "means-blocked",
        "means-refused",
        "level-refused",
        "pin-no-channel",
        "pin-blocked",
        "factor-no-more",
        "attributes-missing",
    }
)
"""Where a person cannot go on at this supplier."""
_OVER = frozenset({"answer", "refused", "logout-refused", "logged-out", "supplier-logged-out"})
_WAITS = {
    "request": "wacht op de keuze van een leverancier",
    "choice": "wacht op de leverancier",
    "supplier-opened": "wacht op het inloggen",
    "username-known": "wacht op het wachtwoord",
    "password-right": "wacht op de volgende stap",
    "pin-sent": "wacht op de PIN",
    "phone-asked": "wacht op de telefoon",
    "phone-approved": "wacht op de browser",
    "mandates-considered": "wacht op een keuze uit de machtigingen",
    "mandate-requested": "wacht op de beheerder die over de aanvraag beslist",
    "word-given": "wacht op de terugkeer naar de makelaar",
}


def steps(exchange: Exchange) -> list[Step]:
    """Every event is one step, so that none is left out; what is not known is shown at the broker by its own name."""
    first = exchange.events[0].ms
    made: list[Step] = []
    before = first
    for number, event in enumerate(exchange.events, 1):
        label, start, end = _KNOWN.get(event.kind, (event.kind, BROKER, BROKER))
        made.append(
            Step(
                event=number,
                kind=event.kind,
                label=label,
                start=start,
                end=end,
                at=event.at,
                after_ms=event.ms - first,
                since_ms=event.ms - before,
                sort=_sort(event),
                detail=_detail(event),
                back="ArtifactResponse" if event.kind == "resolve" and event.data.get("raw") else "",
            )
        )
        before = event.ms
    return made


def waits(exchange: Exchange) -> str:
    """What it waits for, if it is under way; empty where it is over."""
    if any(event.kind in _OVER for event in exchange.events) or exchange.outcome == "refused":
        return ""
    for event in reversed(exchange.events):
        if event.kind in DEAD_ENDS or (event.kind == "mandates-considered" and not event.data.get("fitting")):
            return "de gebruiker kan hier niet verder en moet annuleren of terug"
        if event.kind in _WAITS:
            return _WAITS[event.kind]
    return "wacht op de gebruiker"


def took(ms: int) -> str:
    """As people say it: ``+12 ms``, ``+3,4 s``, ``+2 min 5 s``."""
    if ms < 1_000:
        return f"+{ms} ms"
    if ms < 60_000:
        return f"+{ms / 1000:.1f} s".replace(".", ",")
    if ms < 3_600_000:
        return f"+{ms // 60_000} min {ms // 1000 % 60} s"
    return f"+{ms // 3_600_000} u {ms // 60_000 % 60} min"


def _sort(event: Event) -> Sort:
    data = event.data
    if event.kind == "scenario":
        return Sort.SCENARIO
    if event.kind in ("refused", "logout-refused") or event.kind in DEAD_ENDS:
        return Sort.STOPPED
    if event.kind == "resolve":
        return Sort.PASSED if data.get("outcome") == "resolved" else Sort.STOPPED
    if event.kind == "answer" and data.get("outcome") == "declined":
        return Sort.STOPPED
    if event.kind == "mandates-considered" and not data.get("fitting"):
        return Sort.STOPPED
    if event.kind == "cancelled" or (event.kind == "answer" and data.get("outcome") == "cancelled"):
        return Sort.TROUBLE
    return Sort.TROUBLE if event.kind in _TROUBLE else Sort.PASSED


def _detail(event: Event) -> str:
    """The few words that tell this one from others of its kind."""
    data = event.data
    match event.kind:
        case "request" | "logout-request":
            by = _short(data.get("binding"))
            serious = [finding["rule"] for finding in data.get("findings", ()) if _serious(finding)]
            return ", ".join(filter(None, (by, " ".join(serious[:3]))))
        case "choice" | "supplier-opened":
            return str(data.get("name") or data.get("supplier") or "")
        case "answer":
            by = "artifact" if data.get("binding") == HTTP_ARTIFACT else _short(data.get("binding"))
            return f"{_short((data.get('status') or [''])[-1])}, {by}"
        case "refused" | "logout-refused":
            return ", ".join(map(str, data.get("rules", ())))
        case "resolve":
            return str(data.get("outcome") or "")
        case "scenario-without-effect":
            return str(data.get("reason") or "")
        case "scenario":
            return str(data.get("name") or data.get("scenario") or "")
        case "word-given":
            return " ".join(str(data[key]) for key in ("outcome", "level") if data.get(key))
        case "mandates-considered":
            return f"{len(data.get('fitting', ()))} passend, {len(data.get('refused', ()))} niet"
        case "consent-given":
            return f"{len(data.get('given', ()))} gegeven"
    for key in (
        "channel",
        "factor",
        "person",
        "username",
        "company",
        "why",
        "standing",
        "supplier",
        "reason",
    ):
        if isinstance(data.get(key), str):
            return str(data[key])
    return ""


def _serious(finding: Mapping[str, Any]) -> bool:
    return finding.get("severity") in ("R", "E") and not finding.get("suppressed")


def _short(urn: object) -> str:
    return str(urn or "").rpartition(":")[2]
