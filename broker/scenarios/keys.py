"""A login in the middle of a key roll-over: signed by another key of ours than the current one."""

from __future__ import annotations

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
)
