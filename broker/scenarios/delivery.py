"""How the browser takes the answer along: late, elsewhere, damaged, or not at all. The answer itself is good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from broker.scenarios import sp_must
from broker.scenarios.model import CannotAct, Case, OnDelivery, Param, Point, Scenario
from suppliers.ask import Names

if TYPE_CHECKING:
    from broker.delivery import Delivery

GROUP = "delivery"
SECONDS = Param(
    "seconds", "10", Names("hoeveel seconden het duurt", "how many seconds it takes"), "seconds", 1, 60
)


def slow(delivery: Delivery, case: Case) -> Delivery:
    return replace(delivery, wait=float(case.number("seconds")))


def error(delivery: Delivery, case: Case) -> Delivery:
    return replace(delivery, instead="error")


def nothing(delivery: Delivery, case: Case) -> Delivery:
    return replace(delivery, instead="nothing")


def dropped(delivery: Delivery, case: Case) -> Delivery:
    return replace(delivery, instead="drop")


def without_relay_state(delivery: Delivery, case: Case) -> Delivery:
    if "RelayState" not in delivery.fields:
        raise CannotAct("the request has no RelayState")
    rest = {name: value for name, value in delivery.fields.items() if name != "RelayState"}
    return replace(delivery, fields=rest)


def other_relay_state(delivery: Delivery, case: Case) -> Delivery:
    return replace(delivery, fields={**delivery.fields, "RelayState": case.text("value")})


def other_acs(delivery: Delivery, case: Case) -> Delivery:
    """One of the same provider, from its metadata; one by the same binding where there is one."""
    sp = case.parts.current.catalogue.sps.get(case.login.sp)
    others = [] if sp is None else [acs for acs in sp.acs if acs.location != delivery.url]
    if not others:
        raise CannotAct("the metadata of this provider has no other AssertionConsumerService")
    same = (acs for acs in others if acs.binding == case.login.acs_binding)
    return replace(delivery, url=next(same, others[0]).location)


def garbage(delivery: Delivery, case: Case) -> Delivery:
    """What is not base64, in place of the Response or the artifact."""
    broken = {name: "%%%geen-base64%%%" for name in delivery.fields if name != "RelayState"}
    return replace(delivery, fields={**delivery.fields, **broken})


def _delivers(
    name: str,
    act: OnDelivery,
    title: tuple[str, str],
    changes: tuple[str, str],
    reference: str,
    must: Names = sp_must.REFUSE,
    params: tuple[Param, ...] = (),
) -> Scenario:
    return Scenario(name, Names(*title), GROUP, Point.DELIVERY, act, Names(*changes), must, reference, params)


STILL_WORKS = Names(
    "Niets: er komt geen antwoord. De startpagina moet blijven werken, ook met de knop Terug.",
    "Nothing: no answer comes. The start page must still work, also by the button Back.",
)
LATE = Names(
    "De persoon inloggen, als uw eigen sessie en de geldigheid van de assertion nog niet voorbij zijn.",
    "Log the person in, if your own session and the assertion are still valid.",
)
NO_REDIRECT = Names(
    "Geen redirect naar de waarde en de waarde niet als HTML tonen. Zonder bekende RelayState: naar de startpagina.",
    "No redirect to the value, and do not show the value as HTML. Without a known RelayState: to the start page.",
)
NO_RELAY_STATE = Names(
    "De persoon inloggen en naar een vaste pagina brengen, of weigeren. Geen foutmelding van de server.",
    "Log the person in and go to a fixed page, or refuse. No error of the server.",
)

SCENARIOS = (
    _delivers(
        "slow-answer",
        slow,
        ("Het antwoord komt laat", "The answer is slow"),
        ("De pagina met het antwoord komt later", "The page with the answer comes later"),
        "SP-10",
        LATE,
        (SECONDS,),
    ),
    _delivers(
        "server-error",
        error,
        ("Fout 500 in plaats van het antwoord", "Error 500 in place of the answer"),
        ("De browser krijgt een foutpagina (HTTP 500)", "The browser gets an error page (HTTP 500)"),
        "SP-10",
        STILL_WORKS,
    ),
    _delivers(
        "dropped-connection",
        dropped,
        ("De verbinding valt weg voor het antwoord", "The connection is lost before the answer"),
        (
            "De verbinding met de browser wordt gesloten zonder antwoord",
            "The browser's connection is closed without an answer",
        ),
        "SP-10",
        STILL_WORKS,
    ),
    _delivers(
        "no-answer",
        nothing,
        ("Er komt geen antwoord", "No answer comes"),
        (
            "De persoon ziet een pagina die zegt dat er geen antwoord komt",
            "The person sees a page that says that no answer comes",
        ),
        "SP-10",
        STILL_WORKS,
    ),
    _delivers(
        "relay-state-missing",
        without_relay_state,
        ("RelayState ontbreekt", "RelayState is missing"),
        ("RelayState is weg", "RelayState is gone"),
        "PRO-23",
        NO_RELAY_STATE,
    ),
    _delivers(
        "relay-state-changed",
        other_relay_state,
        ("RelayState is een andere", "RelayState is another one"),
        ("RelayState", "RelayState"),
        "PRO-23",
        NO_REDIRECT,
        (
            Param(
                "value",
                "https://elsewhere.example/",
                Names("wat er in plaats daarvan staat", "what stands there instead"),
            ),
        ),
    ),
    _delivers(
        "other-acs",
        other_acs,
        ("Antwoord naar een andere ACS van dezelfde dienst", "Answer to another ACS of the same service"),
        (
            "Het adres waar de browser heen gaat: een andere AssertionConsumerService uit dezelfde metadata",
            "The address to which the browser goes: another AssertionConsumerService of the same metadata",
        ),
        "SP-05, PRO-24",
    ),
    _delivers(
        "garbage",
        garbage,
        ("Onleesbaar antwoord", "Unreadable answer"),
        (
            "SAMLResponse of SAMLart is geen base64",
            "SAMLResponse or SAMLart is not base64",
        ),
        "PAR-10, ART-02",
    ),
)
