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

_NO_LETTERS: Final = re.compile(r"[\W\d_]+")

GENERAL: Final = frozenset(
    [
        "aanmelden",
        "adm",
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
        "boekhouding",
        "conciergerie",
        "dir",
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
        "ib",
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
        "mt",
        "noreply",
        "no-reply",
        "office",
        "onderwijsbureau",
        "ouderraad",
        "personeelszaken",
        "planning",
        "po",
        "post",
        "postbus",
        "postmaster",
        "privacy",
        "receptie",
        "receptionist",
        "school",
        "schoolleider",
        "schoolleiding",
        "secr",
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
    # Comments and quotes are dropped by the parser: "info"@ and info(x)@ are other ways to write info@.
    plain = text == f"{address.username}@{address.domain}"
    return text if plain and address.username and len(labels) > 1 and all(labels) else None


def general(address: str) -> bool:
    """Of a desk: ``info@``, ``info.school@``, ``administratie-zuid@``, ``info+po@``; not ``mr.jansen@``."""
    whole = address.rpartition("@")[0].partition("+")[0]
    words = [word for word in _NO_LETTERS.split(whole) if word]
    if whole in GENERAL or not words:
        return whole in GENERAL
    return words[0] in GENERAL and (len(words) == 1 or len(words[0]) >= SHORTEST_WORD)
