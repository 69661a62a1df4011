"""Bodies that work as they stand with the starter file; the description shows them and a test sends them."""

from __future__ import annotations

SERVICE = {
    "name": {"nl": "Mijn Vergunningen", "en": "My Permits"},
    "provider": "Gemeente Voorbeeld",
    "service_id": "urn:etoegang:DV:00000001999999990000:services:9100",
    "level": "EH3",
    "identifiers": ["KvKnr"],
}
COMPANY = {"name": "Bakkerij Voorbeeld", "kvk": "90001234", "branches": {"000090001234": "Winkel"}}
MEANS = {
    "supplier": "kpn",
    "username": "p.example",
    "password": "Welkom-123",
    "level": "EH3",
    "pin": "123456",
}
PERSON = {
    "name": "P. Example",
    "email": "p.example@voorbeeld.test",
    "phone": "06 12345678",
    "means": [MEANS],
}
MANDATE = {
    "person": "m.devries",
    "company": "regenboog",
    "service": "*",
    "level": "EH3",
    "until": "today-1d",
}
