"""E-mail addresses: what is one, and what belongs to a desk and not to a person."""

from __future__ import annotations

import re
import unicodedata
from email.errors import MessageError
from email.headerregistry import Address
from typing import Final

LONGEST: Final = 254
SHORTEST_WORD: Final = 4
"""Shorter ones may be initials where more follows."""

GENERAL: Final = frozenset(
    [
        "aanmelden",
        "admin",
        "administratie",
        "administration",
        "afdeling",
        "algemeen",
        "balie",
        "beheer",
        "bestuur",
        "bestuursbureau",
        "bureau",
        "contact",
        "conciergerie",
        "directeur",
        "directie",
        "directiesecretariaat",
        "facturen",
        "finance",
        "financien",
        "financieel",
        "helpdesk",
        "hello",
        "hr",
        "hrm",
        "ict",
        "info",
        "informatie",
        "inschrijven",
        "it",
        "klantenservice",
        "leerlingadministratie",
        "leerlingenadministratie",
        "leerlingzaken",
        "mail",
        "medezeggenschap",
        "mr",
        "noreply",
        "no-reply",
        "office",
        "onderwijsbureau",
        "ouderraad",
        "personeelszaken",
        "planning",
        "po",
        "postbus",
        "postmaster",
        "privacy",
        "receptie",
        "receptionist",
        "schoolleider",
        "schoolleiding",
        "secretariaat",
        "secretariat",
        "secretaris",
        "servicedesk",
        "staf",
        "staff",
        "stafbureau",
        "support",
        "team",
        "webmaster",
        "welkom",
    ]
)
"""What stands before the @ of an address that more than one person reads. The one place for this list."""


def normal(text: str) -> str | None:
    """The address as it is kept and compared; None when it is none that mail can go to."""
    text = unicodedata.normalize("NFC", text.strip()).lower()
    if not text or len(text) > LONGEST or any(c.isspace() or not c.isprintable() for c in text):
        return None
    try:
        address = Address(addr_spec=text)
    except (MessageError, IndexError, ValueError):
        return None
    labels = address.domain.split(".")
    return text if address.username and len(labels) > 1 and all(labels) else None


def general(address: str) -> bool:
    """Of a desk: ``info@``, ``info.school@``, ``administratie-zuid@``, ``info+po@``; not ``mr.jansen@``."""
    whole = address.partition("@")[0].partition("+")[0]
    first = re.split(r"[._\-0-9]", whole, maxsplit=1)[0]
    return whole in GENERAL or (len(first) >= SHORTEST_WORD and first in GENERAL)
