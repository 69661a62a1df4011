"""Asking a mandate and deciding on it: who may, what is refused, what the store keeps and who hears of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
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
    visit,
)
from werkzeug.test import TestResponse

from broker.store import Store
from broker.store.memory import MemoryStore
from broker.store.sqlite import SqliteStore
from suppliers.ask import Level, Names
from suppliers.authorise import considered
from suppliers.desk import Desk
from suppliers.grants import Grants, MandateRequest, RequestStatus
from suppliers.own_mandates import lines
from suppliers.pages import blueprint
from suppliers.register.model import CompanyRecord, MandateStatus, MeansStatus, Register, ServiceRecord

LOGIN = "/supplier/reconi/login-1"
ASKING = f"{LOGIN}/mandates"
BEUK = CompanyRecord("beuk", "Basisschool De Beuk", kvk="90000055", rsin="999999047", manager="baas")
WILG = CompanyRecord("wilg", "Basisschool De Wilg", kvk="90000063", approves=True)
DEN = CompanyRecord("den", "Basisschool De Den", kvk="90000071")
BAAS = person("baas", email="baas@school.example")
KLAAS = person("klaas", email="klaas@school.example")
IDENTIFIERS = (("KvKnr",), ("RSIN",))
SERVICES = (
    ServiceRecord(
        "helpdesk", SERVICE.service_id, *SERVICE.uuids, SERVICE.name, SERVICE.provider, Level.EH3, IDENTIFIERS
    ),
    ServiceRecord(
        "hoog",
        "urn:etoegang:DV:00000001999999990000:services:4",
        "33333333-3333-4333-8333-333333333333",
        "44444444-4444-4444-8444-444444444444",
        Names("Hoge dienst", "High service"),
        SERVICE.provider,
        Level.EH4,
        IDENTIFIERS,
    ),
)


def registered(people: tuple[Any, ...] = (), mandates: tuple[Any, ...] = (), **changed: Any) -> Register:
    companies = (LINDE, EIK, BEUK, WILG, DEN)
    return Register(
        services=SERVICES,
        companies=[changed.get(company.key, company) for company in companies],
        people=(*PEOPLE, BAAS, KLAAS, *people),
        mandates=(*MANDATES, *mandates),
    )


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "state.sqlite")
    yield made
    made.close()


def on(world: World, store: Store) -> World:
    """The same world with its desk on this store."""
    world.store = store  # type: ignore[assignment]
    world.desk = Desk(
        world.desk.profiles,
        store,
        lambda ask, who: world.register,
        clock=lambda: world.now,
        make_pin=world.make_pin,
        on_event=lambda ask_id, kind, data: world.events.append((kind, dict(data))),
        base_url="https://mock.example",
    )
    return world


@pytest.fixture
def world() -> World:
    made = on(World(), MemoryStore())
    made.register = registered()
    return made


def client(world: World) -> FlaskClient:
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk))
    return app.test_client()


def log_in(world: World, who: str = "klaas", **asked: Any) -> FlaskClient:
    """Through the AD's steps; at the mandates then."""
    web = client(world)
    world.desk.open("reconi", ask(**asked))
    web.post(f"{LOGIN}/1", data=credentials(who))
    web.post(f"{LOGIN}/2", data={"channel": "sms"})
    web.post(f"{LOGIN}/3", data={"pin": world.pin})
    return web


def own_page(world: World, who: str = "klaas") -> tuple[FlaskClient, str]:
    """Logged in at the supplier for one's own mandates; the address of that page."""
    web = client(world)
    first = web.get("/supplier/reconi/mandates").location
    base = first.rpartition("/")[0]
    web.post(first, data=credentials(who))
    web.post(f"{base}/2", data={"channel": "sms"})
    done = web.post(f"{base}/3", data={"pin": world.pin})
    assert done.location == f"{base}/mandates", done.text
    return web, done.location


def form(**changes: str) -> dict[str, str]:
    return {"number": "90000055", "level": "EH3", **changes}


def shown(page: TestResponse) -> str:
    found = re.search(r'data-testid="page-(\w+)"', page.text)
    assert found, f"HTTP {page.status_code}\n{page.text}"
    return found[1]


def said(page: TestResponse, testid: str) -> str:
    found = re.search(rf'data-testid="{testid}"[^>]*>(.*?)</', page.text, re.DOTALL)
    assert found, page.text
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def back(page: TestResponse) -> str:
    found = re.search(r'href="([^"]+)" data-testid="back"', page.text)
    assert found, page.text
    return found[1]


def codes(page: TestResponse) -> list[str]:
    return re.findall(r'<a href="#[^"]+" data-code="([^"]+)"', page.text)


def mails(world: World, to: str = "baas@school.example") -> list[Any]:
    return [message for message in world.desk.inbox.list() if message.to == to]


def link(world: World, index: int = 0) -> str:
    """The path of the link in a mail to the manager, the newest first."""
    found = re.search(r"https://mock\.example(/supplier/\S+/approve/\S+)", mails(world)[index].body)
    assert found, mails(world)[index].body
    return found[1]


def asked(world: World, **changes: str) -> FlaskClient:
    """Klaas has asked a mandate for De Beuk, in a login."""
    web = log_in(world)
    answer = web.post(ASKING, data=form(**changes))
    assert answer.status_code == 303, answer.text
    return web


def only(world: World) -> MandateRequest:
    (request,) = world.desk.grants.requests()
    return request


def fits(world: World, who: str = "klaas") -> list[str]:
    """The mandates that let this person in at the service."""
    return [fitting.id for fitting in considered(visit(person=who, username=who), world.facts()).fitting]


def used_now(world: World, who: str = "klaas") -> None:
    world.desk.grants.used(who, world.facts().today)


# Asking.


def test_the_page_without_a_mandate_leads_to_the_form(world: World):
    web = log_in(world)
    page = web.get(f"{LOGIN}/", follow_redirects=True)
    assert shown(page) == "nomandate"
    assert f'href="{ASKING}"' in page.text
    form_page = web.get(ASKING)
    assert shown(form_page) == "request"
    assert shown(web.get(back(form_page))) == "nomandate"


def test_the_page_of_a_request_leads_back_to_the_form(world: World):
    web = asked(world)
    assert back(web.get(f"{ASKING}/{only(world).id}")) == ASKING


def test_the_manager_gets_a_mail_and_the_page_says_to_which_address(world: World):
    web = asked(world)
    page = web.get(f"{ASKING}/{only(world).id}")
    assert said(page, "heading") == "Uw aanvraag is verstuurd"
    assert "b***@school.example" in said(page, "what")
    (mail,) = mails(world)
    assert (mail.code, mail.channel, mail.ask_id) == ("", "email", "login-1")
    assert "Klaas" in mail.body
    assert "Basisschool De Beuk" in mail.body
    (told,) = world.told("mandate-requested")
    assert told["mailed"] == "b***@school.example"


@pytest.mark.parametrize(
    ("filled_in", "code"),
    [
        pytest.param({"number": ""}, "request.number.empty", id="nothing"),
        pytest.param({"number": "abc"}, "request.number.format", id="no digits"),
        pytest.param({"number": "1234567"}, "request.number.format", id="too short"),
        pytest.param({"number": "١٢٣٤٥٦٧٨"}, "request.number.format", id="digits of another script"),
        pytest.param({"number": "11111111"}, "request.number.unknown", id="unknown"),
    ],
)
def test_a_number_that_is_no_company_is_not_taken(world: World, filled_in: dict[str, str], code: str):
    page = log_in(world).post(ASKING, data=form(**filled_in))
    assert (page.status_code, codes(page)) == (422, [code])
    assert not world.desk.grants.requests()


@pytest.mark.parametrize("number", ["90000055", "9000 0055", "999999047", "9999.99.047"])
def test_a_company_is_known_by_its_kvk_number_or_rsin(world: World, number: str):
    asked(world, number=number)
    assert only(world).company == "beuk"


def test_the_companies_of_ones_mandates_are_offered_as_a_choice(world: World):
    web = log_in(world, "oud")
    page = web.get(ASKING)
    assert re.findall(r'data-testid="company-(\w+)"', page.text) == ["linde", "other"]
    web.post(ASKING, data={"company": "linde", "level": "EH3"})
    assert only(world).company == "linde"


def test_outside_a_login_a_service_is_chosen_and_its_level_is_kept_to(world: World):
    web, path = own_page(world)
    assert codes(web.post(path, data=form())) == ["request.service.empty"]
    assert codes(web.post(path, data=form(service="helpdesk", level="EH2"))) == ["request.level"]
    assert codes(web.post(path, data=form(service="hoog"))) == ["request.means"]
    assert web.post(path, data=form(service="helpdesk")).status_code == 303
    assert only(world).service == SERVICE.service_id


def test_who_has_the_mandate_already_is_told_so(world: World):
    world.register = registered(mandates=(mandate("m-klaas", "klaas", "beuk"),))
    web, path = own_page(world)
    assert codes(web.post(path, data=form(service="helpdesk"))) == ["request.has"]


def test_who_asks_twice_is_offered_a_reminder_and_may_send_it_after_a_minute(world: World):
    web = asked(world)
    again = web.post(ASKING, data=form())
    assert codes(again) == ["request.asked"]
    assert 'data-testid="remind"' in again.text
    remind = f"{ASKING}/{only(world).id}/remind"
    assert codes(web.post(remind)) == ["request.soon"]
    world.later(minutes=1)
    assert web.post(remind).status_code == 303
    assert len(mails(world)) == 2
    for index in (0, 1):
        assert shown(web.get(link(world, index))) == "approve", "a reminder must not spoil the first link"


def test_the_manager_reads_dutch_also_where_the_requester_reads_english(world: World):
    web = log_in(world)
    assert "Request an authorisation" in web.get(f"{ASKING}?lang=en").text
    web.post(ASKING, data=form())
    assert mails(world)[0].subject == "Klaas vraagt een machtiging aan voor Mijn Helpdesk po"
    manager = client(world)
    assert "Beslis over deze aanvraag" in manager.get(link(world)).text
    assert "Decide on this request" in manager.get(f"{link(world)}?lang=en").text


def test_the_manager_reads_english_in_a_browser_that_chose_it(world: World):
    asked(world)
    manager = client(world)
    manager.set_cookie("mock_eherkenning_language", "en")
    assert "Decide on this request" in manager.get(link(world)).text


def test_the_outcome_is_mailed_in_the_language_of_the_visit(world: World):
    web = log_in(world)
    web.get(f"{ASKING}?lang=en")
    web.post(ASKING, data=form())
    web.post(link(world), data={"decision": "refuse"})
    (mail,) = mails(world, "klaas@school.example")
    assert mail.subject == "Your request for My Helpdesk po was refused"


def test_a_company_that_approves_by_itself_gives_the_mandate_at_once(world: World):
    web = asked(world, number="90000063")
    page = web.get(f"{ASKING}/{only(world).id}")
    assert said(page, "heading") == "U hebt de machtiging"
    assert (only(world).status, only(world).decided_by) == (RequestStatus.APPROVED, "company")
    assert only(world).until == date(2031, 11, 22), "five years (spec 10.1)"
    assert [told["by"] for told in world.told("mandate-approved")] == ["company"]


@pytest.mark.parametrize(
    ("company", "key"),
    [
        pytest.param(DEN, "companies.den.manager", id="no manager"),
        pytest.param(replace(DEN, manager="piet"), "people.piet.email", id="manager without e-mail"),
    ],
)
def test_without_anybody_to_mail_the_log_says_what_would_mend_it(
    world: World, company: CompanyRecord, key: str
):
    world.register = registered(den=company)
    web = asked(world, number="90000071")
    page = web.get(f"{ASKING}/{only(world).id}")
    assert said(page, "heading") == "Uw aanvraag is ontvangen"
    assert str(world.told("mandate-requested")[0]["mend"]).startswith(key)
    assert key not in page.text


# Who may.


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_nobody_asks_before_it_is_known_who_they_are(world: World, behind: int):
    web = client(world)
    world.desk.open("reconi", ask())
    if behind > 0:
        web.post(f"{LOGIN}/1", data=credentials("klaas"))
    if behind > 1:
        web.post(f"{LOGIN}/2", data={"channel": "sms"})
    for answer in (web.get(ASKING), web.post(ASKING, data=form())):
        assert (answer.status_code, shown(answer)) == (403, "refused")
    assert not world.desk.grants.requests()
    assert [told["page"] for told in world.told("step-refused")] == ["mandates", "mandates"]


@pytest.mark.parametrize("status", [MeansStatus.SUSPENDED, MeansStatus.REVOKED, MeansStatus.BLOCKED])
def test_a_means_that_cannot_be_used_any_more_asks_nothing(world: World, status: MeansStatus):
    web = log_in(world)
    means = replace(KLAAS.means[0], status=status)
    people = tuple(
        replace(p, means=(means,)) if p.key == "klaas" else p for p in world.register.people.values()
    )
    world.register = Register(services=SERVICES, companies=(BEUK,), people=people)
    for answer in (web.get(ASKING), web.post(ASKING, data=form())):
        assert shown(answer) == "means"
    assert not world.desk.grants.requests()


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"company": "eik"}, id="a company that was not on the page"),
        pytest.param({"level": "EH4"}, id="a level above the means"),
        pytest.param({"level": "EH2"}, id="a level below what the login asks"),
        pytest.param({"level": ""}, id="no level"),
        pytest.param({"service": "hoog"}, id="another service than the login's"),
    ],
)
def test_a_forged_form_is_refused_and_recorded(world: World, forged: dict[str, str]):
    answer = log_in(world).post(ASKING, data=form(**forged))
    assert (answer.status_code, shown(answer)) == (403, "refused")
    assert world.told("step-refused")[-1]["why"] == "choice"
    assert not world.desk.grants.requests()


def test_a_service_that_does_not_exist_is_refused(world: World):
    web, path = own_page(world)
    assert shown(web.post(path, data=form(service="niets"))) == "refused"


@pytest.mark.parametrize("what", ["", "/remind", "/continue"])
def test_the_request_of_another_person_is_not_shown_nor_touched(world: World, what: str):
    asked(world)
    request = only(world)
    world.later(minutes=5)
    web = log_in(world, "niemand")
    path = f"{ASKING}/{request.id}{what}"
    answer = web.post(path) if what else web.get(path)
    assert (answer.status_code, shown(answer)) == (403, "refused")
    assert "Beuk" not in answer.text
    assert only(world) == request
    assert len(mails(world)) == 1


def test_another_supplier_has_nothing_to_do_with_it(world: World):
    web = asked(world)
    assert web.get(link(world).replace("reconi", "kpn")).status_code == 404
    assert web.get(ASKING.replace("reconi", "kpn")).status_code == 403


def test_logging_out_ends_the_visit_and_the_supplier_session(world: World):
    web, path = own_page(world)
    base = path.rpartition("/")[0]
    assert shown(web.post(f"{base}/cancel", follow_redirects=True)) == "loggedout"
    for answer in (web.get(path), web.post(path, data=form(service="helpdesk")), web.get(f"{base}/1")):
        assert shown(answer) == "loggedout"
    assert not world.desk.grants.requests()


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_who_cancels_before_it_is_known_who_they_are_is_not_said_to_be_logged_out(world: World, steps: int):
    web = client(world)
    first = web.get("/supplier/reconi/mandates").location
    base = first.rpartition("/")[0]
    if steps > 0:
        web.post(first, data=credentials("klaas"))
    if steps > 1:
        web.post(f"{base}/2", data={"channel": "sms"})
    page = web.post(f"{base}/cancel", follow_redirects=True)
    assert (shown(page), said(page, "heading")) == ("loggedout", "U bent niet ingelogd")
    assert said(page, "log-in") == "Inloggen"
    assert not world.told("supplier-logged-out")
    assert world.told("cancelled")


def test_the_addresses_of_such_a_visit_lead_to_ones_mandates(world: World):
    web, path = own_page(world)
    base = path.rpartition("/")[0]
    assert shown(web.get(f"{base}/", follow_redirects=True)) == "mandates"
    done = web.get(f"{base}/1")
    resume = re.search(r'href="([^"]+)" data-testid="resume"', done.text)
    assert resume, done.text
    assert shown(web.get(resume[1], follow_redirects=True)) == "mandates"
    assert shown(web.get(f"{base}/99")) == "refused"


# Deciding.


def test_the_page_of_the_mail_says_who_asks_what(world: World):
    web = asked(world)
    page = web.get(link(world))
    assert shown(page) == "approve"
    for fact in ("Klaas", "Basisschool De Beuk", "90000055", "Mijn Helpdesk po", "EH3", "22 november 2031"):
        assert fact in page.text, fact
    assert "own-request" not in page.text
    assert fits(world) == [], "looking decides nothing"


def test_approving_lets_the_person_in_until_the_day_that_was_chosen(world: World):
    web = asked(world)
    answer = web.post(link(world), data={"decision": "approve", "until": "2027-01-31"}, follow_redirects=True)
    assert said(answer, "heading") == "De aanvraag is goedgekeurd"
    assert fits(world) == [only(world).id]
    world.now = NOW.replace(year=2027, month=2, day=1)
    assert fits(world) == []
    (mail,) = mails(world, "klaas@school.example")
    assert "31 januari 2027" in mail.body


def test_refusing_tells_the_person_why(world: World):
    web = asked(world)
    web.post(link(world), data={"decision": "refuse", "reason": "Ken ik\r\nniet <b>"})
    page = web.get(f"{ASKING}/{only(world).id}")
    assert said(page, "heading") == "Uw aanvraag is geweigerd"
    assert "Ken ik niet &lt;b&gt;" in page.text
    assert fits(world) == []
    (mail,) = mails(world, "klaas@school.example")
    assert "Ken ik niet <b>" in mail.body
    assert web.post(ASKING, data=form()).status_code == 303, "one may ask again"


@pytest.mark.parametrize(
    ("until", "code"),
    [
        ("", "until.empty"),
        ("morgen", "until.format"),
        ("31-02-2027", "until.format"),
        ("2026-11-21", "until.past"),
        ("2031-11-23", "until.late"),
        ("23-11-2031", "until.late"),
    ],
)
def test_a_last_day_that_cannot_be_is_not_taken(world: World, until: str, code: str):
    web = asked(world)
    answer = web.post(link(world), data={"decision": "approve", "until": until})
    assert (answer.status_code, codes(answer)) == (422, [code])
    assert only(world).is_open


@pytest.mark.parametrize("until", ["2026-11-22", "2031-11-22", "22-11-2031", "1-2-2027"])
def test_a_last_day_from_today_to_five_years_on_is(world: World, until: str):
    web = asked(world)
    assert web.post(link(world), data={"decision": "approve", "until": until}).status_code == 303


def test_a_form_without_a_decision_decides_nothing(world: World):
    web = asked(world)
    assert web.post(link(world), data={"decision": "misschien"}).status_code == 403
    assert only(world).is_open
    assert world.told("step-refused")


def test_a_manager_who_asks_for_himself_gets_the_mail_and_is_warned(world: World):
    web = log_in(world, "baas")
    web.post(ASKING, data=form())
    assert "own-request" in web.get(link(world)).text


@pytest.mark.parametrize(
    ("days", "state"), [(13.99, "approve"), (14, "nolink"), (400, "nolink"), (-1, "nolink")]
)
def test_the_link_works_for_fourteen_days_by_the_clock(world: World, days: float, state: str):
    web = asked(world)
    path = link(world)
    world.later(days=days)
    assert shown(web.get(path)) == state
    answer = web.post(path, data={"decision": "approve", "until": "2028-01-01"})
    assert (answer.status_code == 303) is (state == "approve")
    assert only(world).is_open is (state != "approve")


@pytest.mark.parametrize("token", ["x", "mandates", "A" * 43])
def test_an_invented_link_leads_nowhere(world: World, token: str):
    web = asked(world)
    path = f"/supplier/reconi/approve/{token}"
    for answer in (web.get(path), web.post(path, data={"decision": "approve", "until": "2028-01-01"})):
        assert (answer.status_code, shown(answer)) == (404, "nolink")


def test_a_link_is_worth_nothing_to_whoever_no_longer_manages_the_company(world: World):
    web = asked(world)
    world.register = registered(beuk=replace(BEUK, manager="jan"))
    assert web.post(link(world), data={"decision": "approve", "until": "2028-01-01"}).status_code == 404
    assert only(world).is_open


def test_a_used_link_says_what_was_decided_and_changes_nothing(world: World):
    web = asked(world)
    path = link(world)
    web.post(path, data={"decision": "refuse"})
    answer = web.post(path, data={"decision": "approve", "until": "2028-01-01"})
    assert (answer.status_code, shown(answer)) == (409, "decided")
    assert "too-late" in answer.text
    assert only(world).status is RequestStatus.REFUSED
    assert world.told("step-refused")[-1]["why"] == "decided"


def together(world: World, name: str) -> None:
    """Nobody changes the store by this method before two have come so far."""
    grants, ready = world.desk.grants, threading.Barrier(2, timeout=30)
    real = getattr(grants, name)

    def waits(request: MandateRequest) -> Any:
        ready.wait()
        return real(request)

    setattr(grants, name, waits)


def test_of_two_decisions_at_once_one_counts(world: World, store: Store):
    on(world, store)
    asked(world)
    path, answers = link(world), []
    together(world, "decide")

    def decide(decision: str) -> None:
        web = client(world)
        answers.append(web.post(path, data={"decision": decision, "until": "2028-01-01"}).status_code)

    threads = [threading.Thread(target=decide, args=(how,)) for how in ("approve", "refuse")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409]
    assert len(world.told("mandate-approved")) + len(world.told("mandate-refused")) == 1
    assert len(mails(world, "klaas@school.example")) == 1
    assert bool(fits(world)) is (only(world).status is RequestStatus.APPROVED)


def test_of_two_equal_requests_at_once_one_is_kept(world: World, store: Store):
    on(world, store)
    web = log_in(world)
    answers = []
    together(world, "add")

    def send() -> None:
        answers.append(client(world).post(ASKING, data=form()).status_code)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 422]
    assert len(mails(world)) == 1
    assert shown(web.get(f"{ASKING}/{only(world).id}")) == "requested"


def test_no_token_is_in_the_store_the_log_or_a_repr(world: World):
    asked(world)
    token = link(world).rpartition("/")[2]
    assert len(token) >= 43, "256 random bits"
    assert token not in repr(world.events)
    assert token not in repr(only(world))
    kept = [item for kind in ("approval-link", "grants") for item in world.store.records(kind)]
    assert kept
    assert token not in repr(kept)
    assert token not in repr(mails(world)[0])


# The file and what lies over it.


REQUESTED = mandate("m-klaas", "klaas", "beuk", service="*", status=MandateStatus.REQUESTED)


def test_approving_what_the_file_has_as_requested_makes_that_mandate_active(world: World):
    world.register = registered(mandates=(REQUESTED,))
    web = log_in(world)
    web.post(ASKING, data=form(company="beuk"))
    assert (only(world).mandate, only(world).service) == ("m-klaas", "*")
    assert "Alle diensten" in web.get(link(world)).text, "the manager must see what is granted"
    web.post(link(world), data={"decision": "approve", "until": "2028-01-01"})
    assert fits(world) == ["m-klaas"]
    assert [(line.state, line.company.key) for line in lines("klaas", world.facts())] == [("active", "beuk")]
    world.register = registered(mandates=(replace(REQUESTED, status=MandateStatus.REVOKED),))
    assert fits(world) == [], "the file has the last word"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(REQUESTED, company="eik"), id="another company"),
        pytest.param(replace(REQUESTED, level=Level.EH2_PLUS), id="a lower level"),
        pytest.param(replace(REQUESTED, branch="000012345678"), id="one branch only"),
        pytest.param(replace(REQUESTED, intermediary="linde"), id="through an intermediary"),
        pytest.param(
            replace(REQUESTED, service="urn:etoegang:DV:00000001999999990000:services:9"), id="service"
        ),
    ],
)
def test_what_the_file_has_as_requested_is_only_taken_for_what_is_asked(world: World, other: Any):
    world.register = registered(mandates=(other,))
    log_in(world).post(ASKING, data=form(company="other"))
    assert only(world).mandate == ""


def test_a_granted_mandate_goes_with_its_company_or_person(world: World):
    web = asked(world, number="90000063")
    assert fits(world)
    everything = world.register
    world.register = Register(companies=(LINDE,), people=everything.people.values())
    assert world.desk.grants.of("klaas").mandates == ()
    world.register = Register(companies=(WILG,), people=(BAAS,))
    assert world.desk.grants.of("klaas").mandates == ()
    assert world.desk.grants.granted() == []
    world.register = everything
    assert fits(world)
    assert web.get(f"{ASKING}/{only(world).id}").status_code == 200


def test_a_granted_mandate_lapses_24_months_after_the_last_login(world: World):
    asked(world, number="90000063")
    world.later(days=100)
    used_now(world)
    world.now = world.now.replace(year=world.now.year + 2)
    assert fits(world), "24 months to the day"
    world.later(days=1)
    assert fits(world) == []
    assert [line.state for line in lines("klaas", world.facts())] == ["lapsed"]
    web = log_in(world)
    assert web.post(ASKING, data=form(company="wilg", number="")).status_code == 303, "and can be asked anew"
    assert len(fits(world)) == 1


def test_what_was_granted_is_there_after_a_restart(world: World, tmp_path: Path):
    first = SqliteStore(tmp_path / "state.sqlite")
    on(world, first)
    asked(world, number="90000063")
    used_now(world)
    first.close()
    second = SqliteStore(tmp_path / "state.sqlite")
    held = Grants(second, lambda tag: world.register).of("klaas")
    assert [granted.company for granted in held.mandates] == ["wilg"]
    assert held.last_used == world.facts().today
    second.close()


def test_a_login_reads_the_store_once(world: World):
    class Counting(MemoryStore):
        reads = 0

        def get(self, kind: str, key: str) -> bytes | None:
            self.reads += 1
            return super().get(kind, key)

    store = Counting()
    grants = Grants(store, lambda tag: world.register)
    grants.used("klaas", date(2026, 11, 22))
    store.reads = 0
    grants.of("klaas")
    assert store.reads == 1


def test_uses_and_requests_at_once_all_count(world: World, store: Store):
    grants = Grants(store, lambda tag: world.register)
    base = MandateRequest(
        "request", "reconi", "klaas", "beuk", "", SERVICE.name, SERVICE.provider, Level.EH3, NOW, "login-1"
    )

    def ask_one(n: int) -> None:
        grants.add(replace(base, id=f"request-{n}", service=f"service-{n}"))
        grants.used("klaas", date(2026, 11, 22) + timedelta(days=n))

    threads = [threading.Thread(target=ask_one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {asked.id for asked in grants.of("klaas").requests} == {f"request-{n}" for n in range(8)}


def test_refused_requests_do_not_pile_up(world: World):
    grants = Grants(MemoryStore(), lambda tag: world.register)
    for n in range(60):
        made = MandateRequest(
            f"request-{n}", "reconi", "klaas", "beuk", "", SERVICE.name, SERVICE.provider, Level.EH3, NOW, "x"
        )
        assert grants.add(made) == made
        assert grants.decide(replace(made, status=RequestStatus.REFUSED, decided_at=NOW))
    assert len(grants.of("klaas").requests) == 50
    assert grants.of("klaas").requests[-1].id == "request-59"


# One's own mandates in words.


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({}, "active", "Actief"),
        ({"until": date(2027, 1, 31)}, "active", "Actief tot en met 31 januari 2027"),
        ({"status": MandateStatus.REQUESTED}, "requested", "Aangevraagd"),
        ({"status": MandateStatus.REVOKED}, "revoked", "Ingetrokken"),
        ({"start": date(2027, 1, 1)}, "not-started", "Nog niet ingegaan geldig vanaf 1 januari 2027"),
        ({"until": date(2026, 1, 1)}, "expired", "Verlopen was geldig tot en met 1 januari 2026"),
        ({"last_used": date(2024, 11, 21)}, "lapsed", "Vervallen, omdat u 24 maanden"),
        ({"branch": "000012345678", "company": "eik"}, "active", "Actief"),
        ({"service": "", "provider": "00000001999999990000"}, "active", "Actief"),
        ({"service": "*"}, "active", "Actief"),
    ],
)
def test_each_state_of_a_mandate_has_its_words(world: World, changes: dict[str, Any], state: str, words: str):
    world.register = registered(mandates=(replace(mandate("m-klaas", "klaas", "beuk"), **changes),))
    web, path = own_page(world)
    page = web.get(path)
    assert re.findall(r'data-state="([^"]+)"', page.text) == [state]
    assert words in " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_a_refused_request_stays_on_the_page_until_it_is_asked_again(world: World):
    web = asked(world)
    web.post(link(world), data={"decision": "refuse", "reason": "Nee"})
    assert [(line.state, line.reason) for line in lines("klaas", world.facts())] == [("refused", "Nee")]
    web.post(ASKING, data=form())
    assert [line.state for line in lines("klaas", world.facts())] == ["requested"]
