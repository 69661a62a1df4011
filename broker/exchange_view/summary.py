"""One exchange in a few words: what happened, whose move it is, and what to mend first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from broker.exchange_view.messages import Message
from broker.exchange_view.steps import DEAD_ENDS, waits
from broker.exchanges import Exchange
from broker.wire.names import HTTP_ARTIFACT

_ORDER = "REWN"


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of the exchange, counted from 1, with the message that it is about (0: none was kept)."""

    number: int
    finding: Mapping[str, Any]
    message: int

    @property
    def serious(self) -> bool:
        return self.finding["severity"] in ("R", "E") and not self.finding.get("suppressed")


@dataclass(frozen=True, slots=True)
class Summary:
    """``mend`` is text that may be English; ``first`` is the finding that it comes from, if it does."""

    what: str
    move: str
    mend: str = ""
    mend_language: str = "nl"
    first: Found | None = None


def findings(exchange: Exchange, messages: Sequence[Message]) -> list[Found]:
    """All of them, the worst first; within a weight in the order in which they were found. Suppressed ones last."""
    about = {message.event: message.n for message in reversed(messages) if message.findings}
    found = [
        (finding, about.get(number, 0))
        for number, event in enumerate(exchange.events, 1)
        for finding in event.data.get("findings", ())
    ]
    found.sort(key=lambda pair: (bool(pair[0].get("suppressed")), _ORDER.find(pair[0]["severity"])))
    return [Found(number, finding, message) for number, (finding, message) in enumerate(found, 1)]


def summary(exchange: Exchange, found: Sequence[Found]) -> Summary:
    sp = str(exchange.asked.get("sp") or "iemand")
    first = next((one for one in found if one.serious), None)
    broke = any(event.data.get("broken_rules") for event in exchange.events)
    mend, language = (str(first.finding["mend"]), "en") if first else ("", "nl")
    match exchange.outcome:
        case "refused":
            return _refused(exchange, sp, first, broke)
        case "declined":
            return _declined(exchange, sp, first)
        case "cancelled":
            return Summary(
                f"De gebruiker heeft geannuleerd. {sp} kreeg dat als antwoord (AuthnFailed).",
                "de dienstverlener: toon dat niet is ingelogd en laat de gebruiker opnieuw beginnen",
                mend,
                language,
                first,
            )
        case "success":
            return _success(exchange, sp, first)
        case "self-service":
            return Summary("Iemand was bij de leverancier voor eigen zaken, buiten een login om.", "niemand")
        case "logged-out":
            return Summary(f"{sp} heeft iemand uitgelogd.", "niemand", mend, language, first)
    return _under_way(exchange, sp, first)


def _refused(exchange: Exchange, sp: str, first: Found | None, broke: bool) -> Summary:
    asked = exchange.last("request")
    logout = not asked and exchange.last("logout-request")
    what = "uitlogverzoek" if logout else "inlogverzoek"
    if {event.kind for event in exchange.events} == {"resolve"}:
        what = "verzoek om een antwoord op te halen (ArtifactResolve)"
    if broke and first is None:
        return Summary(
            f"Het {what} van {sp} is niet beantwoord, omdat een controle van de makelaar zelf misging.",
            "wie deze makelaar onderhoudt: dit is geen fout van de dienstverlener",
        )
    move = "de dienstverlener: de gebruiker ziet een foutpagina en er gaat geen antwoord terug"
    if first is None:
        reason = str(exchange.last("resolve").get("reason") or "")
        return Summary(f"Het {what} van {sp} is geweigerd.", move, reason, "en")
    rule = first.finding["rule"]
    return Summary(
        f"Het {what} van {sp} is geweigerd door regel {rule}.", move, str(first.finding["mend"]), "en", first
    )


def _declined(exchange: Exchange, sp: str, first: Found | None) -> Summary:
    answer = exchange.last("answer")
    status = str((answer.get("status") or [""])[-1]).rpartition(":")[2]
    scenario = exchange.last("scenario")
    if scenario:
        return Summary(
            f"{sp} kreeg een foutstatus ({status}), omdat scenario {scenario.get('name')} ingreep.",
            "de dienstverlener: laat zien dat deze fout goed wordt afgehandeld",
        )
    if first is not None:
        return Summary(
            f"Het verzoek van {sp} is meteen met een foutstatus beantwoord ({status}), door regel "
            f"{first.finding['rule']}.",
            "de dienstverlener",
            str(first.finding["mend"]),
            "en",
            first,
        )
    return Summary(
        f"De login bij {sp} eindigde met een foutstatus: {status}.",
        "wie de gegevens van deze persoon of organisatie beheert",
        str(answer.get("message") or ""),
        "en",
    )


def _success(exchange: Exchange, sp: str, first: Found | None) -> Summary:
    word, answer = exchange.last("word-given"), exchange.last("answer")
    company = exchange.last("mandate-chosen").get("company") or word.get("company")
    who = f"{exchange.person} is ingelogd" + (f" namens {company}" if company else "")
    level = f" op niveau {word['level']}" if word.get("level") else ""
    what = f"{who}{level} bij {sp}."
    mend, language = (str(first.finding["mend"]), "en") if first else ("", "nl")
    if exchange.last("logged-out"):
        return Summary(f"{what} Daarna is uitgelogd.", "niemand", mend, language, first)
    if answer.get("binding") == HTTP_ARTIFACT:
        outcomes = [event.data.get("outcome") for event in exchange.events if event.kind == "resolve"]
        if not outcomes:
            return Summary(
                f"{what} Het antwoord ligt klaar, maar is nog niet opgehaald.",
                "de dienstverlener: haal het antwoord op met een ArtifactResolve",
                mend,
                language,
                first,
            )
        if "resolved" not in outcomes:
            return Summary(
                f"{what} Het ophalen van het antwoord is niet gelukt ({outcomes[-1]}).",
                "de dienstverlener: begin de login opnieuw",
                mend,
                language,
                first,
            )
        return Summary(f"{what} Het antwoord is opgehaald.", "de dienstverlener", mend, language, first)
    return Summary(
        f"{what} Het antwoord is met de browser meegegeven.", "de dienstverlener", mend, language, first
    )


def _under_way(exchange: Exchange, sp: str, first: Found | None) -> Summary:
    who = exchange.person or "Iemand"
    supplier = exchange.last("supplier-opened").get("name") or ""
    where = f" bij {supplier}" if supplier else ""
    waiting = waits(exchange)
    stop = next((event for event in reversed(exchange.events) if event.kind in DEAD_ENDS), None)
    reasons = exchange.last("mandates-considered")
    if stop is not None:
        return Summary(
            f"{who} komt{where} niet verder.",
            f"de gebruiker; {waiting}",
            str(stop.data.get("nl") or ""),
            "nl",
        )
    if reasons and not reasons.get("fitting"):
        refused = reasons.get("refused") or [{}]
        text = str(refused[0].get("nl") or "er is geen machtiging voor deze dienst")
        return Summary(
            f"{who} komt{where} niet verder: geen machtiging past.", f"de gebruiker; {waiting}", text, "nl"
        )
    mend, language = (str(first.finding["mend"]), "en") if first else ("", "nl")
    move = "de gebruiker" + (f" ({waiting})" if waiting else "")
    return Summary(f"De login bij {sp} is nog bezig{where}.", move, mend, language, first)
