"""A forgotten user name or password: what is mailed to whom, and what the link is worth."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from supplier_web import URL, codes, log_in, opened, said, shown, web_of
from supplier_world import PASSWORD, World, mandate, person, register
from werkzeug.test import TestResponse

from suppliers.ask import Level
from suppliers.forgotten import KIND
from suppliers.register.model import Means, MeansStatus

FORGOTTEN = "/supplier/reconi/forgotten"
ADDRESS = "jan@school.example"
NEW = {"new_password": "Nieuw-wachtwoord", "repeat_password": "Nieuw-wachtwoord"}


@pytest.fixture
def web(world: World) -> FlaskClient:
    return opened(world)


def ask_for(web: FlaskClient, email: str = ADDRESS, query: str = "?login=login-1") -> TestResponse:
    return web.post(f"{FORGOTTEN}{query}", data={"email": email}, follow_redirects=True)


def link(world: World) -> str:
    """The path of the link in the newest message."""
    found = re.search(r"/supplier/\S+/reset/\S+", world.desk.inbox.list(1)[0].body)
    assert found, world.desk.inbox.list(1)[0].body
    return found[0]


def test_the_whole_way_from_the_first_page_to_a_login_with_the_new_password(world: World, web: FlaskClient):
    page = web.get(f"{URL}/1")
    assert f'href="{FORGOTTEN}?login=login-1" data-testid="forgotten"' in page.text
    assert shown(web.get(f"{FORGOTTEN}?login=login-1")) == "forgotten"
    page = ask_for(web, " jan@SCHOOL.example ")
    assert shown(page) == "forgottensent"
    message = world.desk.inbox.list(1)[0]
    assert (message.channel, message.to, message.code, message.ask_id) == ("email", ADDRESS, "", "login-1")
    assert "Gebruikersnaam: jan\n" in message.body
    assert shown(web.get(link(world))) == "reset"
    page = web.post(link(world), data=NEW, follow_redirects=True)
    assert shown(page) == "resetdone"
    assert f'href="{URL}/1" data-testid="login"' in page.text
    assert codes(log_in(web, "jan", PASSWORD)) == ["login.wrong"]
    assert shown(log_in(web, "jan", "Nieuw-wachtwoord")) == "channel"
    assert world.told("password-reset-asked") == [
        {"to": "j***@SCHOOL.example", "known": True, "people": ["jan"]}
    ]
    assert world.told("password-reset") == [{"username": "jan", "blocked": False}]


def test_the_page_reads_the_same_for_an_address_that_nobody_has(world: World, web: FlaskClient):
    known, unknown = ask_for(web), ask_for(web, "nobody@school.example")
    assert known.text == unknown.text
    assert known.status_code == unknown.status_code
    assert len(world.desk.inbox.list()) == 1
    assert [told["known"] for told in world.told("password-reset-asked")] == [True, False]


@pytest.mark.parametrize(
    ("email", "problem"),
    [
        ("", "email.empty"),
        ("  ", "email.empty"),
        ("jan", "email.wrong"),
        ("@x", "email.wrong"),
        ("a b@c.nl", "email.wrong"),
    ],
)
def test_what_is_no_address_is_said_at_the_field(world: World, web: FlaskClient, email: str, problem: str):
    page = ask_for(web, email)
    assert (page.status_code, codes(page)) == (422, [problem])
    assert world.desk.inbox.list() == []


def test_somebody_who_is_known_at_another_supplier_only_gets_nothing(world: World, web: FlaskClient):
    world.register = register((person("kees", supplier="kpn", email="kees@school.example"),))
    ask_for(web, "kees@school.example")
    assert world.desk.inbox.list() == []


def test_it_works_outside_a_login_and_then_says_to_start_again_at_the_service(world: World):
    web = web_of(world)
    assert shown(ask_for(web, query="")) == "forgottensent"
    assert world.desk.inbox.list(1)[0].ask_id == ""
    page = web.post(link(world), data=NEW, follow_redirects=True)
    assert "begin opnieuw" in said(page, "what")
    assert 'data-testid="login"' not in page.text
    assert world.events == []


@pytest.mark.parametrize("login", ["nonsense", "login-kpn"])
def test_a_login_that_is_not_under_way_here_is_nobody_s(world: World, login: str):
    web = opened(world, "kpn", id="login-kpn")
    told = len(world.events)
    assert shown(ask_for(web, query=f"?login={login}")) == "forgottensent"
    assert len(world.events) == told
    assert login not in web.get(f"{FORGOTTEN}?login={login}").text


def test_a_login_that_ended_meanwhile_is_not_led_back_to(world: World, web: FlaskClient):
    ask_for(web)
    web.post(f"{URL}/cancel")
    page = web.post(link(world), data=NEW, follow_redirects=True)
    assert "begin opnieuw" in said(page, "what")


def test_the_mail_is_in_the_language_of_the_page_and_so_is_its_link(world: World, web: FlaskClient):
    page = ask_for(web, query="?login=login-1&lang=en")
    assert '<html lang="en">' in page.text
    assert "User name: jan" in world.desk.inbox.list(1)[0].body
    assert '<html lang="en">' in web.get(link(world)).text
    assert '<html lang="nl">' in web.get(f"{link(world)}?lang=nl").text


def test_the_switch_of_language_keeps_the_login(web: FlaskClient):
    page = web.get(f"{FORGOTTEN}?login=login-1")
    assert 'href="/supplier/reconi/forgotten?login=login-1&amp;lang=en"' in page.text


def test_each_means_has_its_own_line_and_a_link_only_if_it_may_have_a_new_password(world: World):
    jan = person("jan", email=ADDRESS)
    held = (
        *jan.means,
        Means("reconi", "jan-twee", PASSWORD, Level.EH3),
        Means("reconi", "jan-vast", PASSWORD, Level.EH3, status=MeansStatus.BLOCKED),
        Means("reconi", "jan-stop", PASSWORD, Level.EH3, status=MeansStatus.SUSPENDED),
        Means("reconi", "jan-weg", PASSWORD, Level.EH3, status=MeansStatus.REVOKED),
        Means("reconi", "jan-oud", PASSWORD, Level.EH3, until=date(2026, 11, 21)),
        Means("reconi", "900000000012", "", Level.EH4, pin="246810", card=True),
        Means("kpn", "jan-kpn", PASSWORD, Level.EH3),
    )
    world.register = register((replace(jan, means=held),))
    ask_for(web_of(world), query="")
    body = world.desk.inbox.list(1)[0].body
    assert len(re.findall(r"/reset/", body)) == 3
    for line in (
        "Gebruikersnaam: jan-stop\nGeen link: dit inlogmiddel is geschorst.",
        "Gebruikersnaam: jan-weg\nGeen link: dit inlogmiddel is ingetrokken.",
        "Gebruikersnaam: jan-oud\nGeen link: dit inlogmiddel was geldig tot en met 21 november 2026.",
        "Smartcard: 900000000012\nGeen link:",
        "Let op: dit inlogmiddel is geblokkeerd.",
    ):
        assert line in body
    assert "jan-kpn" not in body
    assert PASSWORD not in body


def test_two_people_with_one_address_get_a_message_each(world: World, web: FlaskClient):
    world.register = register((person("jan", email=ADDRESS), person("piet", email=ADDRESS)))
    ask_for(web)
    bodies = [message.body for message in world.desk.inbox.list()]
    assert len(bodies) == 2
    assert sum("Gebruikersnaam: piet" in body for body in bodies) == 1


def test_a_block_stays_and_the_page_says_so(world: World, web: FlaskClient):
    for _ in range(3):
        log_in(web, "jan", "wrong")
    ask_for(web)
    assert "blijft zo" in said(web.get(link(world)), "still-blocked")
    page = web.post(link(world), data=NEW, follow_redirects=True)
    assert "blijft zo" in said(page, "still-blocked")
    assert codes(log_in(web, "jan", "Nieuw-wachtwoord")) == ["login.blocked"]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({}, "new_password.empty"),
        ({"new_password": "kort"}, "new_password.short"),
        ({"new_password": PASSWORD}, "new_password.same"),
        ({"new_password": "Lang-genoeg"}, "repeat_password.differs"),
    ],
)
def test_a_password_that_cannot_be_used_costs_nothing(
    world: World, web: FlaskClient, form: dict[str, str], problem: str
):
    ask_for(web)
    page = web.post(link(world), data=form)
    assert (page.status_code, codes(page)) == (422, [problem])
    assert not [value for value in form.values() if value in page.text]
    assert web.post(link(world), data=NEW).status_code == 303


# Links that are worth nothing.


def refused(world: World, web: FlaskClient, path: str, status: int, text: str) -> None:
    for page in (web.get(path), web.post(path, data=dict.fromkeys(NEW, "Iets-anders"))):
        assert (page.status_code, shown(page)) == (status, "resettrouble")
        assert text in said(page, "why")
    assert codes(log_in(web, "jan", "Iets-anders")) == ["login.wrong"]


def test_a_wrong_link(world: World, web: FlaskClient):
    ask_for(web)
    refused(
        world, web, link(world)[:-1] + ("a" if link(world)[-1] != "a" else "b"), 404, "kennen deze link niet"
    )


def test_a_link_at_another_supplier(world: World, web: FlaskClient):
    ask_for(web)
    refused(world, web, link(world).replace("reconi", "kpn"), 404, "kennen deze link niet")
    assert world.told("password-reset-refused")[0]["at"] == "kpn"


def test_a_used_link(world: World, web: FlaskClient):
    ask_for(web)
    web.post(link(world), data=NEW)
    refused(world, web, link(world), 410, "al gebruikt")
    assert world.told("password-reset-refused") == [{"why": "used", "username": "jan", "at": "reconi"}]


def test_a_late_link(world: World, web: FlaskClient):
    ask_for(web)
    world.later(minutes=60)
    assert web.get(link(world)).status_code == 200
    world.later(seconds=1)
    refused(world, web, link(world), 410, "een uur lang")
    assert world.told("password-reset-refused")[0]["why"] == "late"


def test_an_older_link_after_a_newer_one_was_used(world: World, web: FlaskClient):
    ask_for(web)
    older = link(world)
    ask_for(web)
    web.post(link(world), data=NEW)
    refused(world, web, older, 410, "wachtwoord of uw gegevens gewijzigd")


def test_a_link_after_the_file_says_something_else_of_the_means(world: World, web: FlaskClient):
    ask_for(web)
    world.register = register((person("jan", email=ADDRESS, password="Anders-1"),))
    refused(world, web, link(world), 410, "wachtwoord of uw gegevens gewijzigd")


def test_a_link_of_a_means_that_expired_meanwhile(world: World, web: FlaskClient):
    jan = person("jan", email=ADDRESS, until=date(2026, 11, 22))
    world.register = register((jan,), (mandate("m", "jan", "linde"),))
    world.later(hours=9, minutes=30)
    ask_for(web)
    world.later(minutes=40)
    page = web.get(link(world))
    assert (page.status_code, shown(page)) == (410, "resettrouble")
    assert "geldig tot en met 22 november 2026" in said(page, "why")
    assert web.post(link(world), data=NEW).status_code == 410


def test_of_twenty_uses_at_once_one_counts(world: World, web: FlaskClient):
    ask_for(web)
    path, gate = link(world), Barrier(20)

    def use(n: int) -> str:
        gate.wait()
        form = dict.fromkeys(NEW, f"Wachtwoord-nummer-{n}")
        return web.application.test_client().post(path, data=form).headers.get("Location", "")

    with ThreadPoolExecutor(20) as pool:
        went = list(pool.map(use, range(20)))
    first = [n for n, where in enumerate(went) if "/reset/done" in where]
    assert len(first) == 1
    means = world.register.people["jan"].means[0]
    assert world.desk.accounts.guess(means, f"Wachtwoord-nummer-{first[0]}").right
    assert len(world.told("password-reset")) == 1


def test_the_token_is_in_no_event_and_only_its_hash_is_kept(world: World, web: FlaskClient, caplog):
    caplog.set_level(0)
    ask_for(web)
    token = link(world).rpartition("/")[2]
    assert len(token) >= 43, "256 bits in base64"
    web.post(link(world), data={"new_password": "kort"})
    web.post(link(world), data=NEW)
    web.post(link(world), data=NEW)
    assert token not in str(world.events)
    assert token not in caplog.text
    kept = world.store.records(KIND)
    assert len(kept) == 1
    assert token not in str(kept)
    assert token not in repr(world.desk.inbox.list(1)[0])


def test_a_supplier_that_there_is_not(web: FlaskClient):
    assert web.get("/supplier/nobody/forgotten").status_code == 404
    assert web.get("/supplier/nobody/reset/x").status_code == 404


# For testers.


@pytest.fixture
def shows(world: World) -> FlaskClient:
    """The panel is on; people of each kind are clients."""
    world.desk._tester_panel = lambda: True
    card = person(
        "kaart", username="9001", card=True, pin="123456", password="", email="kaart@school.example"
    )
    world.register = register(
        people=(
            person("jan", email=ADDRESS),
            person("piet"),
            card,
            person("stop", email="stop@school.example", status=MeansStatus.SUSPENDED),
            person("vast", email="vast@school.example", status=MeansStatus.BLOCKED),
        )
    )
    return opened(world)


@pytest.mark.parametrize(
    ("who", "verdict", "why"),
    [
        ("jan", "Krijgt een link", ""),
        ("vast", "Krijgt een link", "Het inlogmiddel is geblokkeerd."),
        ("piet", "Krijgt geen link", "Heeft geen e-mailadres."),
        ("9001", "Krijgt geen link", "Bij een smartcard hoort geen wachtwoord."),
        ("stop", "Krijgt geen link", "Het inlogmiddel is geschorst."),
    ],
)
def test_testers_see_who_gets_a_link(shows: FlaskClient, who: str, verdict: str, why: str):
    page = shows.get(FORGOTTEN)
    assert said(page, f"verdict-{who}") == verdict
    assert why in said(page, f"person-{who}")


@pytest.mark.parametrize("query", ["", "?login=login-1"])
def test_one_click_fills_in_the_address_and_keeps_the_login(shows: FlaskClient, query: str):
    page = shows.get(f"{FORGOTTEN}{query}")
    found = re.search(r'href="([^"]+)" data-testid="fill-jan"', page.text)
    assert found
    page = shows.get(found[1].replace("&amp;", "&"))
    assert f'value="{ADDRESS}"' in page.text
    assert ('data-testid="login"' in page.text) is bool(query)
    assert 'data-testid="fill-piet"' not in page.text, "there is no address to fill in"


def test_who_does_not_pass_here_can_be_searched_for(shows: FlaskClient):
    page = shows.get(f"{FORGOTTEN}?people=smartcard")
    assert re.findall(r'data-testid="person-(\w+)"', page.text) == ["9001"]


def test_what_was_typed_wrong_stays_and_is_not_filled_in_over(shows: FlaskClient):
    page = shows.post(f"{FORGOTTEN}?fill=jan", data={"email": "geen adres"})
    assert codes(page) == ["email.wrong"]
    assert 'value="geen adres"' in page.text


def test_without_the_setting_there_is_no_panel(web: FlaskClient):
    assert 'data-testid="testers"' not in web.get(FORGOTTEN).text


def test_people_too_many_to_look_at_are_found_by_name(world: World):
    world.desk._tester_panel = lambda: True
    world.register = register(
        people=tuple(person(f"klant{n}", email=f"k{n}@school.example") for n in range(150))
    )
    web = web_of(world)
    page = web.get(FORGOTTEN)
    assert 'data-testid="person-' not in page.text
    assert "150" in said(page, "testers-more")
    page = web.get(f"{FORGOTTEN}?people=klant149")
    assert re.findall(r'data-testid="person-(\w+)"', page.text) == ["klant149"]
