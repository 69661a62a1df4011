"""Signed by another key of ours than the current one: in the middle of a roll-over, or out of date."""

from __future__ import annotations

from broker.metadata import out_of_date
from broker.scenarios import anew
from broker.scenarios.model import CannotAct, Case, Draft, OnFacts, Param, Point, Scenario
from broker.scenarios.signatures import signed_by
from suppliers.ask import Names

GROUP = "keys"
ANNOUNCED = Param(
    "announced",
    "yes",
    Names(
        "staat de nieuwe sleutel al in de metadata: yes of no",
        "is the new key in the metadata already: yes or no",
    ),
    "choice",
    choices=("yes", "no"),
)


def next_key(draft: Draft, case: Case) -> Draft:
    if case.text("announced") == "no":
        return signed_by(draft, anew.stranger(case).key)
    key = case.parts.keys.other("broker", "next")
    if key is None:
        raise CannotAct(
            "no next key is announced: mock-eherkenning keys announce, then have the metadata read again"
        )
    return signed_by(draft, key)


def previous_key(draft: Draft, case: Case) -> Draft:
    key = case.parts.keys.other("broker", "previous")
    if key is None:
        raise CannotAct(
            "there is no previous key in the metadata: mock-eherkenning keys announce, then keys switch"
        )
    return signed_by(draft, key)


def expired(draft: Draft, case: Case) -> Draft:
    return signed_by(draft, out_of_date(case.parts, "expired"))


def not_yet_valid(draft: Draft, case: Case) -> Draft:
    return signed_by(draft, out_of_date(case.parts, "not-yet-valid"))


def _rolled(
    name: str,
    act: OnFacts,
    title: tuple[str, str],
    changes: tuple[str, str],
    must: Names,
    reference: str,
    params: tuple[Param, ...] = (),
) -> Scenario:
    return Scenario(name, Names(*title), GROUP, Point.FACTS, act, Names(*changes), must, reference, params)


BY_METADATA = Names(
    "Inloggen als de sleutel in uw kopie van de metadata staat; kies hem met KeyName. Staat hij er niet in: metadata "
    "opnieuw ophalen, of weigeren.",
    "Log in where the key stands in your copy of the metadata; choose it by KeyName. Where it does not: fetch the "
    "metadata again, or refuse.",
)


def _in_time(which: str) -> Names:
    """By the scheme a signature is checked with every valid certificate of the metadata."""
    return Names(
        "Weigeren: alleen een certificaat dat nu geldig is telt. Staat u het bewust toe: vastleggen. Uw dienst moet "
        f"het certificaat kennen, anders blijkt dit niet: laat die /metadata?certificate={which} inlezen.",
        "Refuse: only a certificate that is valid now counts. Where you accept it on purpose: write that down. Your "
        f"service must know the certificate, else this does not show: let it read /metadata?certificate={which}.",
    )


SCENARIOS = (
    _rolled(
        "key-next",
        next_key,
        ("Ondertekend met de volgende sleutel", "Signed with the next key"),
        (
            "De volgende sleutel tekent Response en assertion; die staat naast de huidige in de metadata "
            "(keys announce), of met announced: no nog niet",
            "The next key signs Response and assertion; it stands in the metadata beside the current one "
            "(keys announce), or with announced: no does not yet",
        ),
        BY_METADATA,
        "SP-18, MD-03",
        (ANNOUNCED,),
    ),
    _rolled(
        "key-previous",
        previous_key,
        ("Ondertekend met de vorige sleutel", "Signed with the previous key"),
        (
            "De vorige sleutel tekent Response en assertion; die staat na keys switch nog naast de huidige in de "
            "metadata",
            "The previous key signs Response and assertion; after keys switch it stands in the metadata beside the "
            "current one still",
        ),
        BY_METADATA,
        "SP-18, SIG-09",
    ),
    _rolled(
        "certificate-expired",
        expired,
        ("Ondertekend met een verlopen certificaat", "Signed with a certificate that has expired"),
        (
            "Een sleutel van de makelaar waarvan het certificaat is verlopen tekent Response en assertion; KeyName "
            "wijst het aan",
            "A key of the broker whose certificate has expired signs Response and assertion; KeyName names it",
        ),
        _in_time("expired"),
        "SP-01, SIG-08",
    ),
    _rolled(
        "certificate-not-yet-valid",
        not_yet_valid,
        (
            "Ondertekend met een certificaat dat nog niet geldig is",
            "Signed with a certificate that is not valid yet",
        ),
        (
            "Een sleutel van de makelaar waarvan het certificaat nog niet geldig is tekent Response en assertion; "
            "KeyName wijst het aan",
            "A key of the broker whose certificate is not valid yet signs Response and assertion; KeyName names it",
        ),
        _in_time("not-yet-valid"),
        "SP-01, SIG-08",
    ),
)
