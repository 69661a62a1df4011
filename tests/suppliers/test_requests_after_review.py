"""What goes on beside the road when the clock is moved, a file goes, many ask at once, or somebody is too late."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from supplier_world import (
    EIK,
    LINDE,
    MANDATES,
    NOW,
    PEOPLE,
    SERVICE,
    World,
    ask,
    credentials,
    mandate,
    person,
)
from werkzeug.test import TestResponse

from broker.store import Store
from broker.store.memory import MemoryStore
from broker.store.sqlite import SqliteStore
from suppliers.ask import Level
from suppliers.authorise import considered
from suppliers.desk import KIND as VISIT
from suppliers.desk import Desk
from suppliers.grants import Grants, MandateRequest, RequestStatus
from suppliers.own_mandates import lines
from suppliers.pages import blueprint
from suppliers.register.model import CompanyRecord, Register, ServiceRecord
from suppliers.visit import Facts, Visit

LOGIN = "/supplier/reconi/login-1"
ASKING = f"{LOGIN}/mandates"
FORGOTTEN = "/supplier/reconi/forgotten"
BEUK = CompanyRecord("beuk", "Basisschool De Beuk", kvk="90000055", rsin="999999047", manager="baas")
WILG = CompanyRecord("wilg", "Basisschool De Wilg", kvk="90000063", approves=True)
BAAS = person("baas", email="baas@school.example")
KLAAS = person("klaas", email="klaas@school.example")
HELPDESK = ServiceRecord(
    "helpdesk",
    SERVICE.service_id,
    *SERVICE.uuids,
    SERVICE.name,
    SERVICE.provider,
    Level.EH3,
    (("KvKnr",), ("RSIN",)),
)
EVERYTHING = Register(
    services=(HELPDESK,),
    companies=(LINDE, EIK, BEUK, WILG),
    people=(*PEOPLE, BAAS, KLAAS),
    mandates=MANDATES,
)
JAN = "jan@school.example"


class Bench(World):
    """A world whose provider has a clock of its own: ``there`` is how far it is from the broker's."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.register = EVERYTHING
        self.there = timedelta()
        self.profiles = dict(self.desk.profiles)
        self.store: Any = store
        self.desk = Desk(
            self.profiles,
            store,
            lambda ask, who: self.register,
            clock=lambda: self.now,
            clock_of=lambda provider, tag: (
                self.now + (self.there if provider == SERVICE.provider_id else timedelta())
            ),
            make_pin=self.make_pin,
            on_event=lambda ask_id, kind, data: self.events.append((kind, dict(data))),
            base_url="https://mock.example",
        )
        app = Flask("test")
        app.register_blueprint(blueprint(self.desk))
        self.app = app

    @property
    def web(self) -> FlaskClient:
        return self.app.test_client()

    def open(self, who: str = "klaas", **asked: Any) -> None:
        """A login that has come to the mandates."""
        self.desk.open("reconi", ask(**asked))
        self.web.post(f"{LOGIN}/1", data=credentials(who))
        self.web.post(f"{LOGIN}/2", data={"channel": "sms"})
        self.web.post(f"{LOGIN}/3", data={"pin": self.pin})

    def asked(self, number: str = "90000055") -> MandateRequest:
        self.open()
        answer = self.web.post(ASKING, data={"number": number, "level": "EH3"})
        assert answer.status_code == 303, answer.text
        return self.only()

    def only(self) -> MandateRequest:
        (request,) = self.desk.grants.requests()
        return request

    def mails(self, to: str = "baas@school.example") -> list[Any]:
        return [message for message in self.desk.inbox.list() if message.to == to]

    def link(self) -> str:
        found = re.search(r"https://mock\.example(/supplier/\S+/approve/\S+)", self.mails()[0].body)
        assert found, self.mails()[0].body
        return found[1]

    def at_the_provider(self) -> Facts:
        return replace(self.facts(), now=self.now + self.there)

    def fits(self, who: str = "klaas") -> list[str]:
        """The mandates that let this person in at the service, by the provider's clock."""
        visit = Visit(ask(), "reconi", person=who, username=who)
        return [fitting.id for fitting in considered(visit, self.at_the_provider()).fitting]


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "state.sqlite")
    yield made
    made.close()


@pytest.fixture
def bench() -> Bench:
    return Bench(MemoryStore())


def shown(page: TestResponse) -> str:
    found = re.search(r'data-testid="page-(\w+)"', page.text)
    assert found, f"HTTP {page.status_code}\n{page.text}"
    return found[1]


def codes(page: TestResponse) -> list[str]:
    return re.findall(r'<a href="#[^"]+" data-code="([^"]+)"', page.text)


def at_once(number: int, do: Callable[[], None]) -> None:
    threads = [threading.Thread(target=do) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# The last use of a mandate.


def test_a_login_with_the_clock_put_back_does_not_make_mandates_lapse_later(bench: Bench):
    bench.register = replaced_mandate(start=date(2020, 1, 1))
    grants = bench.desk.grants
    grants.used("klaas", date(2026, 11, 22))
    grants.used("klaas", date(2024, 5, 1))
    assert grants.of("klaas").last_used == date(2026, 11, 22)
    assert bench.fits() == ["m-klaas"]


def test_a_use_on_a_day_that_is_still_to_come_makes_nothing_lapse(bench: Bench):
    bench.register = replaced_mandate(start=date(2020, 1, 1))
    bench.desk.grants.used("klaas", date(2033, 11, 22))
    assert bench.fits() == ["m-klaas"]
    bench.desk.grants.used("klaas", date(2026, 11, 22))
    assert bench.fits() == ["m-klaas"]
    bench.now = datetime(2033, 11, 23, 12, tzinfo=UTC)
    assert bench.fits() == ["m-klaas"], "used yesterday, by that clock"


def replaced_mandate(**changes: Any) -> Register:
    own = replace(mandate("m-klaas", "klaas", "beuk"), **changes)
    return Register(services=(HELPDESK,), companies=(BEUK,), people=(*PEOPLE, BAAS, KLAAS), mandates=(own,))


# A clock of the provider's own.


@pytest.mark.parametrize("there", [timedelta(days=-30), timedelta(days=7 * 365)], ids=["behind", "ahead"])
@pytest.mark.parametrize("number", ["90000055", "90000063"], ids=["manager", "by itself"])
def test_a_mandate_that_was_asked_in_a_login_counts_at_once_at_that_provider(
    bench: Bench, there: timedelta, number: str
):
    bench.there = there
    request = bench.asked(number)
    if number == "90000055":
        today = (bench.now + there).date()
        page = bench.web.get(bench.link())
        assert shown(page) == "approve"
        until = today.replace(year=today.year + 1).isoformat()
        answer = bench.web.post(bench.link(), data={"decision": "approve", "until": until})
        assert answer.status_code == 303, answer.text
    assert bench.fits() == [request.id]
    assert [line.state for line in lines("klaas", bench.at_the_provider())] == ["active"]
    assert bench.only().decided_at == bench.now + there


@pytest.mark.parametrize("there", [timedelta(days=-30), timedelta(days=30)], ids=["behind", "ahead"])
def test_the_link_and_the_reminder_go_by_the_clock_of_the_provider(bench: Bench, there: timedelta):
    bench.there = there
    remind = f"{ASKING}/{bench.asked().id}/remind"
    assert codes(bench.web.post(remind)) == ["request.soon"]
    bench.later(seconds=61)
    assert bench.web.post(remind).status_code == 303
    assert len(bench.mails()) == 2
    link = bench.link()
    bench.there += timedelta(days=13)
    assert shown(bench.web.get(link)) == "approve"
    bench.there += timedelta(days=1)
    assert shown(bench.web.get(link)) == "nolink"


def test_a_request_outside_a_login_goes_by_the_clock_of_the_broker(bench: Bench):
    bench.there = timedelta(days=7 * 365)
    first = bench.web.get("/supplier/reconi/mandates").location
    base = first.rpartition("/")[0]
    bench.web.post(first, data=credentials("klaas"))
    bench.web.post(f"{base}/2", data={"channel": "sms"})
    path = bench.web.post(f"{base}/3", data={"pin": bench.pin}).location
    form = {"number": "90000063", "level": "EH3", "service": "helpdesk"}
    assert bench.web.post(path, data=form).status_code == 303
    assert bench.only().decided_at == bench.now
    assert bench.only().until == date(2031, 11, 22)


# A supplier or a company that went.


@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("refuse", "refused")])
def test_a_request_at_a_supplier_that_is_gone_is_decided_and_mailed_in_the_common_words(
    bench: Bench, decision: str, status: str
):
    bench.asked()
    link = bench.link()
    del bench.profiles["reconi"]
    assert bench.web.get(link).status_code == 200
    wrong = bench.web.post(link, data={"decision": "approve", "until": "nooit"})
    assert (wrong.status_code, codes(wrong)) == (422, ["until.format"])
    answer = bench.web.post(link, data={"decision": decision, "until": "2028-01-01"})
    assert answer.status_code == 303, answer.text
    assert bench.only().status == status
    (mail,) = bench.mails("klaas@school.example")
    assert "reconi" in mail.body
    assert shown(bench.web.get(link)) == "decided"


def test_a_request_for_a_company_that_just_went_is_left_as_it_is(bench: Bench):
    request = bench.asked()
    bench.register = Register(companies=(LINDE,), people=(*PEOPLE, BAAS, KLAAS))
    assert bench.desk.approvals.asked(request) == request
    assert len(bench.mails()) == 1


# Many at once.


def test_of_eight_reminders_at_once_one_is_sent(store: Store):
    bench = Bench(store)
    request = bench.asked()
    bench.later(minutes=5)
    answers, ready, grants = [], threading.Barrier(8, timeout=30), bench.desk.grants
    real = grants.mailed

    def together(request: MandateRequest, at: datetime) -> Any:
        ready.wait()
        return real(request, at)

    grants.mailed = together  # type: ignore[method-assign]

    def remind() -> None:
        answers.append(bench.web.post(f"{ASKING}/{request.id}/remind"))

    at_once(8, remind)
    assert len(bench.mails()) == 2, "the first, and one reminder"
    assert sorted(answer.status_code for answer in answers) == [303] + [422] * 7
    assert [codes(answer) for answer in answers if answer.status_code == 422] == [["request.soon"]] * 7
    assert len(bench.told("mandate-reminded")) == 1


def test_nobody_is_mailed_about_what_was_decided_meanwhile(bench: Bench):
    request = bench.asked()
    decided = replace(request, status=RequestStatus.REFUSED, decided_at=NOW)
    assert bench.desk.grants.decide(decided)
    assert not bench.desk.approvals.remind(request)
    assert len(bench.mails()) == 1


def test_of_uses_at_once_the_latest_day_stays(store: Store):
    grants, days = Grants(store, lambda tag: EVERYTHING), [date(2026, 11, day) for day in range(1, 9)]
    at_once(8, lambda: grants.used("klaas", days.pop()))
    assert grants.of("klaas").last_used == date(2026, 11, 8)


# Forgotten password.


@pytest.mark.parametrize("email", [JAN, "nobody@school.example"])
def test_an_address_gets_five_mails_an_hour_and_the_page_never_tells(bench: Bench, email: str):
    bench.desk.open("reconi", ask())
    before = len(bench.desk.inbox.list())

    def send(address: str = email) -> tuple[int, str]:
        form = {"email": address}
        answer = bench.web.post(f"{FORGOTTEN}?login=login-1", data=form, follow_redirects=True)
        return answer.status_code, answer.text

    pages = {send() for _ in range(8)} | {send(f" {email.upper()} ")}
    assert len(pages) == 1
    known = email == JAN
    assert len(bench.desk.inbox.list()) - before == (5 if known else 0)
    told = bench.told("password-reset-asked")
    assert [one.get("too_often", False) for one in told] == [False] * 5 + [True] * 4
    assert [one["known"] for one in told] == [known] * 9
    bench.later(minutes=60)
    send()
    assert len(bench.desk.inbox.list()) - before == (6 if known else 0)
    assert not bench.told("password-reset-asked")[-1].get("too_often")


def test_one_address_does_not_use_up_the_mails_of_another_nor_of_another_supplier(bench: Bench):
    for _ in range(6):
        bench.desk.forgotten.ask("reconi", JAN, language="nl")
    bench.desk.forgotten.ask("reconi", "klaas@school.example", language="nl")
    assert (len(bench.mails(JAN)), len(bench.mails("klaas@school.example"))) == (5, 1)
    many = person("kees", supplier="kpn", email=JAN)
    bench.register = Register(companies=(LINDE,), people=(*PEOPLE[:-1], many))
    bench.desk.forgotten.ask("kpn", JAN, language="nl")
    assert len(bench.mails(JAN)) == 6


def test_of_twenty_posts_at_once_five_are_answered(store: Store):
    bench = Bench(store)
    at_once(20, lambda: bench.desk.forgotten.ask("reconi", JAN, language="nl"))
    assert len(bench.mails(JAN)) == 5


def test_mails_of_before_the_clock_was_put_back_do_not_count(bench: Bench):
    for _ in range(5):
        bench.desk.forgotten.ask("reconi", JAN, language="nl")
    bench.later(days=-1)
    bench.desk.forgotten.ask("reconi", JAN, language="nl")
    assert len(bench.mails(JAN)) == 6


def test_the_addresses_themselves_are_not_kept(bench: Bench):
    bench.desk.forgotten.ask("reconi", "nobody@school.example", language="nl")
    assert "nobody" not in str(bench.store.records("reset-asked"))
    assert len(bench.store.records("reset-asked")) == 1


# What reaches the exchange of what was typed.


@pytest.mark.parametrize("supplier", ["reconi", "digidentity"], ids=["one page", "two pages"])
@pytest.mark.parametrize("typed", ["Geheim-Wachtwoord-99", "x" * 1_000_000], ids=["a password", "a megabyte"])
def test_the_exchange_has_only_the_beginning_of_a_user_name_that_nobody_has(
    bench: Bench, supplier: str, typed: str
):
    bench.desk.open(supplier, ask())
    bench.events.clear()
    assert bench.web.post(f"/supplier/{supplier}/login-1/1", data=credentials(typed)).status_code == 422
    (told,) = [data for kind, data in bench.events if kind in ("password-wrong", "username-unknown")]
    assert (told["username"], told["length"]) == (f"{typed[:2]}…", len(typed))
    assert typed[:5] not in str(bench.events)
    assert "meant" not in told


def test_the_exchange_names_a_user_name_that_is_much_like_what_was_typed(bench: Bench):
    bench.desk.open("reconi", ask())
    bench.web.post(f"{LOGIN}/1", data=credentials("Klaass"))
    (told,) = bench.told("password-wrong")
    assert (told["username"], told["meant"]) == ("Kl…", "klaas")


def test_the_exchange_has_64_characters_of_a_card_that_is_none(bench: Bench):
    bench.desk.open("reconi", ask())
    at_card = bench.web.post(f"{LOGIN}/1", data={"card": "1"}).location
    answer = bench.web.post(at_card, data={"card": "9" * 1_000_000, "cardpin": "123456"})
    assert answer.status_code == 422, answer.text
    assert bench.told("card-wrong") == [{"card": "9" * 64}]


# What a hit leaves behind.


class Keeping(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[float | None] = []

    def put(self, kind: str, key: str, value: bytes, *, keep: float | None = None) -> None:
        if kind == VISIT:
            self.kept.append(keep)
        super().put(kind, key, value, keep=keep)


def test_a_visit_to_ones_own_mandates_is_kept_for_an_hour_and_a_login_for_longer():
    store = Keeping()
    bench = Bench(store)
    bench.web.get("/supplier/reconi/mandates")
    bench.desk.open("reconi", ask())
    assert store.kept == [3600.0, 12 * 3600.0]


# Too late.


UNTIL = NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("how", "path"),
    [
        ("get", f"{LOGIN}/"),
        ("get", f"{LOGIN}/1"),
        ("post", f"{LOGIN}/1"),
        ("post", f"{LOGIN}/3/resend"),
        ("get", ASKING),
        ("post", ASKING),
        ("post", f"{LOGIN}/cancel"),
    ],
)
def test_a_login_that_took_too_long_is_told_so_at_the_next_turn(bench: Bench, how: str, path: str):
    bench.desk.open("reconi", ask(until=UNTIL))
    bench.later(minutes=30)
    assert bench.web.get(f"{LOGIN}/1").status_code == 200, "to the second"
    bench.later(seconds=1)
    page = bench.web.open(path, method=how.upper(), data=credentials("klaas") if how == "post" else None)
    assert (page.status_code, shown(page)) == (410, "ended")
    assert "half uur" in page.text
    assert ">login-1</strong>" in page.text, "the reference"
    assert f'href="{ask().return_path}"' in page.text
    assert bench.told("step-refused")[-1]["why"] == "late"


def test_a_login_that_took_too_long_gives_no_word_no_session_and_no_use_of_a_mandate(bench: Bench):
    def last_step() -> TestResponse:
        bench.desk.open("reconi", ask(until=bench.now + timedelta(minutes=30), force_authn=False))
        bench.web.post(f"{LOGIN}/1", data={**credentials("piet"), "stay": "1"})
        bench.web.post(f"{LOGIN}/2", data={"channel": "sms"})
        late()
        return bench.web.post(f"{LOGIN}/3", data={"pin": bench.pin})

    def late() -> None:
        bench.later(minutes=minutes)

    minutes = 4
    assert last_step().location == ask().return_path, "in time it does"
    assert bench.desk.sessions.all()
    assert bench.desk.grants.of("piet").last_used
    bench = Bench(MemoryStore())
    minutes = 31
    assert shown(last_step()) == "ended"
    assert bench.desk.word("login-1") is None
    assert not bench.desk.sessions.all()
    assert bench.desk.grants.of("piet").last_used is None
    assert not bench.told("pin-right")


def test_the_page_of_a_late_login_is_in_the_language_of_the_login(bench: Bench):
    bench.desk.open("reconi", ask(until=UNTIL, language="en"))
    bench.later(minutes=31)
    assert "You took too long" in bench.web.get(f"{LOGIN}/1").text


def test_the_half_hour_goes_by_the_clock_of_the_provider(bench: Bench):
    bench.desk.open("reconi", ask(until=UNTIL))
    bench.there = timedelta(minutes=31)
    assert shown(bench.web.get(f"{LOGIN}/1")) == "ended"
    bench.there = timedelta()
    assert shown(bench.web.get(f"{LOGIN}/1")) == "login"


def test_a_late_login_is_not_under_way(bench: Bench):
    bench.desk.open("reconi", ask(until=UNTIL))
    assert bench.desk.under_way("reconi", "login-1")
    bench.later(minutes=31)
    assert bench.desk.under_way("reconi", "login-1") is None
