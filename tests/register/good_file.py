"""A file that is right, and helpers to spoil it and to hear what the loader says."""

import pytest
from pydantic import BaseModel

from suppliers.register.loader import Loaded, loads
from suppliers.register.problems import ConfigError, Problem

SUPPLIERS = ("digidentity", "kpn", "reconi", "we-id")
SERVICE_ID = "urn:etoegang:DV:00000001999999990000:services:1"
UUID = "4b1c6f0e-2f0a-4f0e-9a57-52b1f4d9f001"

GOOD = f"""\
services:
  helpdesk:
    name: {{nl: Mijn Helpdesk po, en: My Helpdesk po}}
    provider: Dienst Uitvoering Onderwijs
    service_id: {SERVICE_ID}
    uuid: {UUID}
    level: EH3
    identifiers: [[KvKnr], [RSIN]]
    branches: false
companies:
  regenboog:
    name: De Regenboog
    kvk: 01234567
    rsin: 012345678
    branches: {{000001234567: Hoofdlocatie}}
people:
  m.devries:
    name: Mieke de Vries
    email: m.devries@voorbeeld.example
    phone: 06-00 00 00 01
    attributes: {{FirstName: Mieke}}
    means:
      - {{supplier: reconi, username: mieke, password: " Welkom ", level: EH2+, pin: 012345}}
      - {{supplier: kpn, username: mieke, password: Welkom-123, level: EH3}}
mandates:
  - person: m.devries
    company: regenboog
    service: helpdesk
    level: EH3
    from: 2024-01-01
    until: 2039-12-31
    branch: 000001234567
    status: active
"""

EVERY_KEY = f"""\
services:
  helpdesk: {{name: Mijn Helpdesk po, provider: {{nl: Dienst, en: Agency}}, service_id: {SERVICE_ID}, level: EH3}}
  loket: {{name: Loket, provider: Dienst, service_id: {SERVICE_ID}2, level: EH3}}
companies:
  regenboog: {{name: De Regenboog, kvk: 01234567, manager: m.devries, approves: true}}
  kantoor: {{name: Kantoor, kvk: 90000047}}
people:
  m.devries:
    name: Mieke de Vries
    email: m.devries@voorbeeld.example
    means:
      - {{supplier: reconi, card: 600100, level: EH4, pin: 135790, status: suspended, until: 2030-12-31}}
      - {{supplier: kpn, username: mieke, password: Welkom-123, level: EH3, status: blocked, renew: yes, app: no}}
mandates:
  - {{id: m1, person: m.devries, company: regenboog, provider: Dienst, level: EH3, last_used: 2024-02-29}}
"""


def good(text: str = GOOD, **sections: type[BaseModel]) -> Loaded:
    return loads(text, "f.yaml", suppliers=SUPPLIERS, sections=sections)


def complaints(text: str, **sections: type[BaseModel]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        good(text, **sections)
    return [without_column(problem) for problem in caught.value.problems]


def without_column(problem: Problem) -> str:
    """How the lines of these tests read; the columns have tests of their own."""
    return str(problem).replace(f":{problem.line}:{problem.column}: ", f":{problem.line}: ", 1)


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"{old!r} must be in the good file once"
    return GOOD.replace(old, new)
