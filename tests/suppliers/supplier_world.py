"""A small world to log in to: a few people, three companies, one service, a clock and PINs that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from broker.store.memory import MemoryStore
from suppliers.ask import Ask, AskedService, Level, Names
from suppliers.desk import Desk
from suppliers.profiles import Profile, load_profiles
from suppliers.register.model import CompanyRecord, Mandate, Means, PersonRecord, Place, Register
from suppliers.visit import Facts, Visit

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
SERVICE = AskedService(
    service_id="urn:etoegang:DV:00000001999999990000:services:1",
    uuids=("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"),
    name=Names("Mijn Helpdesk po", "My Helpdesk po"),
    provider_id="urn:etoegang:DV:00000001999999990000:entities:9001",
    provider=Names("Dienst Uitvoering Onderwijs", "Education Executive Agency"),
)
LINDE = CompanyRecord("linde", "Basisschool De Linde", kvk="90000012", rsin="999999011")
EIK = CompanyRecord(
    "eik", "Basisschool De Eik", kvk="90000020", branches={"000012345678": "Eik Noord"}, rsin="999999023"
)
STICHTING = CompanyRecord("stichting", "Stichting zonder KvK", rsin="999999035")
KANTOOR = CompanyRecord("kantoor", "Administratiekantoor Het Kompas", kvk="90000047")
PASSWORD = "Wachtwoord-1"


def ask(**changes: Any) -> Ask:
    asked = Ask(
        id="login-1",
        service=SERVICE,
        level=Level.EH3,
        identifier_sets=(("KvKnr",), ("RSIN",)),
        return_path="/broker/login-1/answer",
        choice_path="/broker/login-1/choice",
        return_origins=("https://sp.example",),
    )
    return replace(asked, **changes)


def person(
    key: str, *, phone: str | None = "0612345678", email: str | None = None, **means: Any
) -> PersonRecord:
    """Somebody who logs in under their own key; ``supplier``, ``level`` and ``pin`` are of the means."""
    held = {"supplier": "reconi", "username": key, "password": PASSWORD, "level": Level.EH3} | means
    return PersonRecord(
        key, key.title(), phone=phone, email=email, means=(Means(**held),), place=Place("people.yaml", 7)
    )


def mandate(id_: str, person: str, company: str, **changes: Any) -> Mandate:
    made = Mandate(id_, person, company, SERVICE.service_id, Level.EH3, place=Place("mandates.yaml", 3))
    return replace(made, **changes)


PEOPLE = (
    person("jan", email="jan@school.example"),
    person("piet"),
    person("mail", phone=None, email="mail@school.example"),
    person("laag", level=Level.EH2_PLUS),
    person("stil", phone=None),
    person("niemand"),
    person("oud"),
    person("vast", pin="246802"),
    person("kees", supplier="kpn"),
)
MANDATES = (
    mandate("m-jan-linde", "jan", "linde"),
    mandate("m-jan-eik", "jan", "eik"),
    mandate("m-piet", "piet", "linde"),
    mandate("m-mail", "mail", "linde"),
    mandate("m-laag", "laag", "linde"),
    mandate("m-stil", "stil", "linde"),
    mandate("m-oud", "oud", "linde", until=date(2026, 10, 31)),
    mandate("m-vast", "vast", "linde"),
    mandate("m-kees", "kees", "linde"),
)


def register(people: tuple[PersonRecord, ...] = PEOPLE, mandates: tuple[Mandate, ...] = MANDATES) -> Register:
    return Register(companies=(LINDE, EIK, STICHTING, KANTOOR), people=people, mandates=mandates)


class World:
    """A desk with everything around it in the test's hands."""

    def __init__(self, profiles: Mapping[str, Profile] | None = None) -> None:
        self.register = register()
        self.now = NOW
        self.events: list[tuple[str, dict[str, object]]] = []
        self.store = MemoryStore()
        self._pins = count(100001)
        self.desk = Desk(
            profiles if profiles is not None else load_profiles(),
            self.store,
            lambda ask, who: self.register,
            clock=lambda: self.now,
            make_pin=self.make_pin,
            on_event=lambda ask_id, kind, data: self.events.append((kind, dict(data))),
        )

    def make_pin(self) -> str:
        return str(next(self._pins))

    def facts(self, supplier: str = "reconi") -> Facts:
        return Facts(
            profile=self.desk.profiles[supplier],
            register=self.register,
            now=self.now,
            make_pin=self.make_pin,
            account=self.desk.accounts.of,
            guess=self.desk.accounts.guess,
            held=self.desk.grants.of,
            profiles=self.desk.profiles,
        )

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def told(self, kind: str) -> list[dict[str, object]]:
        return [data for told, data in self.events if told == kind]

    @property
    def pin(self) -> str:
        """The PIN that was sent last."""
        return self.desk.inbox.list(1)[0].code


def visit(**changes: Any) -> Visit:
    return replace(Visit(ask(), "reconi"), **changes)


def credentials(username: str, password: str = PASSWORD) -> dict[str, str]:
    return {"username": username, "password": password}
