"""The extra attributes that are known by name, and which of them somebody will have meant (spec 4.4).

The exact set is not public, so a name that is like none of these may well exist.
"""

from __future__ import annotations

import re

from broker.rules.nearest import nearest

PERSON = (
    *("FirstName", "Initials", "FamilyNameInfix", "FamilyName", "DateOfBirth", "Email", "PhoneNumber"),
    *("Gender", "PlaceOfBirth", "12OrOlder", "16OrOlder", "18OrOlder", "65OrOlder"),
)
EUROPEAN = ("BirthName",)
REPRESENTED = (
    *("CompanyName", "VATRegistrationNumber", "TaxReferenceNumber", "ChamberOfCommerce", "KvKnr", "LEI"),
)
KNOWN = {
    **{name: f"urn:etoegang:1.9:attribute:{name}" for name in PERSON},
    **{name: f"urn:etoegang:1.11:attribute:{name}" for name in EUROPEAN},
    **{name: f"urn:etoegang:1.11:attribute-represented:{name}" for name in REPRESENTED},
}
"""Name to URN."""
DUTCH = {
    "voornaam": "FirstName",
    "voornamen": "FirstName",
    "voorletters": "Initials",
    "initialen": "Initials",
    "tussenvoegsel": "FamilyNameInfix",
    "voorvoegsel": "FamilyNameInfix",
    "achternaam": "FamilyName",
    "lastname": "FamilyName",
    "surname": "FamilyName",
    "geslachtsnaam": "FamilyName",
    "geboortedatum": "DateOfBirth",
    "emailadres": "Email",
    "telefoonnummer": "PhoneNumber",
    "bedrijfsnaam": "CompanyName",
    "handelsnaam": "CompanyName",
}
_URN = re.compile(r"urn:etoegang:1\.[0-9]+:attribute(?:-represented)?:([A-Za-z0-9-]+)")


def meant(urn: str) -> str:
    """The URN that will have been meant; "" where this one is known, or is like none that is."""
    match = _URN.fullmatch(urn)
    if match is None or urn in KNOWN.values():
        return ""
    name = DUTCH.get(match[1].casefold().replace("-", "")) or nearest(match[1], KNOWN, 0.85)
    return KNOWN.get(name, "")
