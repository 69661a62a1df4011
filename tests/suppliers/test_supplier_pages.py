from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from supplier_world import PASSWORD, World, ask, credentials, mandate, person, register
from werkzeug.test import TestResponse

from suppliers.ask import Level, Outcome
from suppliers.pages import blueprint
from suppliers.profiles import load_profiles

URL = "/supplier/reconi/login-1"


def application(world: World) -> Flask:
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk, inbox_path="/console/inbox"))

    @app.after_request
    def security(response):
        if hasattr(g, "form_action"):
            response.headers["Test-Form-Action"] = " ".join(g.form_action)
        return response

    return app


@pytest.fixture
def web(world: World) -> FlaskClient:
    return application(world).test_client()


@pytest.fixture
def opened(world: World, web: FlaskClient) -> FlaskClient:
    assert world.desk.open("reconi", ask()) == f"{URL}/1"
    return web


def log_in(web: FlaskClient, who: str) -> TestResponse:
    return web.post(f"{URL}/1", data=credentials(who))


def to_mandates(world: World, web: FlaskClient, who: str = "jan") -> None:
    log_in(web, who)
    web.post(f"{URL}/2", data={"channel": "sms"})
    web.post(f"{URL}/3", data={"pin": world.pin})


def shown(page: TestResponse) -> str:
    """Which page this is, by the test id of its main part."""
    found = re.search(r'data-testid="page-(\w+)"', page.text)
    assert found, page.text
    return found[1]


def codes(page: TestResponse) -> list[str]:
    return re.findall(r'<a href="#[^"]+" data-code="([^"]+)"', page.text)


def test_the_first_page_says_where_one_logs_in_and_asks_name_and_password(opened: FlaskClient):
    page = opened.get(f"{URL}/", follow_redirects=True)
    assert page.request.path == f"{URL}/1"
    text = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    assert "TEST – dit is niet de echte Reconi." in text
    assert "Inloggen U gaat inloggen bij: Mijn Helpdesk po Dienst Uitvoering Onderwijs" in text
    assert "EH 1 / 2 / 2+ / 3 (gevraagd)" in text
    assert 'autocomplete="username"' in page.text
    assert 'autocomplete="current-password"' in page.text
    assert "Volgende</button>" in page.text
    assert '<html lang="nl">' in page.text


def test_the_whole_road_with_every_step_at_its_own_address(world: World, opened: FlaskClient):
    answer = log_in(opened, "jan")
    assert (answer.status_code, answer.location) == (303, f"{URL}/2")
    page = opened.get(f"{URL}/2")
    assert "Per sms naar 06******78" in page.text
    assert "Per e-mail naar j***@school.example" in page.text
    answer = opened.post(f"{URL}/2", data={"channel": "email"})
    assert (answer.status_code, answer.location) == (303, f"{URL}/3")
    page = opened.get(f"{URL}/3")
    assert (
        "Wij hebben om 14:05 uur een e-mail met een pincode gestuurd naar j***@school.example." in page.text
    )
    assert 'autocomplete="one-time-code"' in page.text
    assert 'inputmode="numeric"' in page.text
    answer = opened.post(f"{URL}/3", data={"pin": world.pin})
    assert (answer.status_code, answer.location) == (303, f"{URL}/6")
    page = opened.get(f"{URL}/6")
    assert "Namens welke organisatie logt u in?" in page.text
    answer = opened.post(f"{URL}/6", data={"organisation": "company:eik"})
    assert (answer.status_code, answer.location) == (303, "/broker/login-1/answer")


def test_the_choice_says_through_whom_one_acts(world: World, opened: FlaskClient):
    chain = mandate("chain", "jan", "linde", intermediary="kantoor")
    world.register = register(mandates=(chain, mandate("direct", "jan", "linde")))
    to_mandates(world, opened)
    text = " ".join(re.sub(r"<[^>]+>", " ", opened.get(f"{URL}/6").text).split())
    assert "Administratiekantoor Het Kompas KvK-nummer 90000047, namens Basisschool De Linde" in text
    assert text.count("namens Basisschool") == 1
    opened.post(f"{URL}/6", data={"organisation": "intermediary:kantoor"})
    word = world.desk.word("login-1")
    assert word
    assert word.mandate
    assert word.mandate.intermediary
    assert word.mandate.intermediary.key == "kantoor"
    assert world.told("mandate-chosen")[0]["intermediary"] == "Administratiekantoor Het Kompas"


def test_one_address_gets_the_pin_at_once(world: World, opened: FlaskClient):
    assert log_in(opened, "mail").location == f"{URL}/3"
    assert world.desk.inbox.list()[0].to == "mail@school.example"


def test_back_leads_to_the_last_step_that_asked_something(world: World, opened: FlaskClient):
    def back(n: int) -> str:
        found = re.search(r'href="([^"]+)" data-testid="back"', opened.get(f"{URL}/{n}").text)
        assert found
        return found[1]

    assert back(1) == "/broker/login-1/choice"
    log_in(opened, "piet")
    assert back(3) == f"{URL}/1"
    to_mandates(world, opened, "jan")
    assert (back(6), back(3), back(2)) == (f"{URL}/3", f"{URL}/2", f"{URL}/1")


def test_who_goes_back_can_go_on_where_they_were(world: World, opened: FlaskClient):
    to_mandates(world, opened)
    for n in (1, 2, 3):
        page = opened.get(f"{URL}/{n}")
        assert page.status_code == 200
        assert re.search(rf'href="{URL}/6" data-testid="resume"', page.text)
        assert not codes(page)


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        ({}, ["username.empty", "password.empty"]),
        ({"username": "jan"}, ["password.empty"]),
        (credentials("jan", "fout"), ["login.wrong"]),
        (credentials("nobody", PASSWORD), ["login.wrong"]),
        ({"username": "<script>", "password": "x"}, ["login.wrong"]),
    ],
)
def test_what_was_filled_in_wrong_is_said_on_top_and_at_the_field(
    opened: FlaskClient, form: dict[str, str], problems: list[str]
):
    page = opened.post(f"{URL}/1", data=form)
    assert page.status_code == 422
    assert codes(page) == problems
    assert "autofocus" in page.text
    for problem in problems:
        field = "username" if problem == "login.wrong" else problem.split(".")[0]
        assert f'href="#{field}"' in page.text
        assert f'id="{field}"' in page.text
        assert f'data-testid="error-{field}"' in page.text
    assert "<title>Fout: " in page.text
    assert "<script>" not in page.text
    assert form.get("password", "none") not in re.findall(r'value="([^"]*)"', page.text)


def test_a_level_that_is_too_low_says_why_and_gives_no_word(world: World, opened: FlaskClient):
    page = opened.post(f"{URL}/1", data=credentials("laag"), follow_redirects=True)
    assert shown(page) == "level"
    assert "betrouwbaarheidsniveau EH3 of hoger nodig" in page.text
    assert "heeft niveau EH2+" in page.text
    (told,) = world.told("level-refused")
    assert (told["asked"], told["has"], told["place"]) == ("EH3", "EH2+", "-")
    assert told["nl"] == "Het inlogmiddel heeft niveau EH2+; nodig is EH3 of hoger."
    assert not world.desk.inbox.list()
    assert world.desk.word("login-1") is None


def test_who_cannot_be_reached_is_told_so(world: World, opened: FlaskClient):
    page = opened.post(f"{URL}/1", data=credentials("stil"), follow_redirects=True)
    assert shown(page) == "nochannel"
    assert "geen mobiel telefoonnummer en geen e-mailadres" in page.text
    assert world.told("pin-no-channel")


@pytest.mark.parametrize(("who", "reason"), [("niemand", None), ("oud", "geldig tot en met 31 oktober 2026")])
def test_no_mandate_says_what_to_do_until_cancelled(
    world: World, opened: FlaskClient, who: str, reason: str | None
):
    to_mandates(world, opened, who)
    page = opened.get(f"{URL}/", follow_redirects=True)
    assert shown(page) == "nomandate"
    assert "U hebt geen machtiging waarmee u kunt inloggen bij Mijn Helpdesk po" in page.text
    assert "machtigingenbeheerder" in page.text
    assert 'data-testid="reference">login-1<' in page.text
    assert (reason or "Waarom") in page.text if reason else 'data-testid="reason"' not in page.text
    assert world.desk.word("login-1") is None
    assert opened.post(f"{URL}/cancel").location == "/broker/login-1/answer"
    word = world.desk.word("login-1")
    assert word
    assert word.outcome is Outcome.CANCELLED


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_every_page_can_be_cancelled_at_the_same_spot(world: World, opened: FlaskClient, step: int):
    if step > 1:
        to_mandates(world, opened)
    page = opened.get(f"{URL}/{step}")
    assert re.search(r'data-testid="back">.*?data-testid="cancel">Annuleren</button>', page.text, re.S)
    answer = opened.post(f"{URL}/cancel")
    assert (answer.status_code, answer.location) == (303, "/broker/login-1/answer")
    assert world.told("cancelled")


PIN_TROUBLE = ["pin.wrong", "pin.late", "pin.used", "pin.replaced", "pin.blocked"]


@pytest.mark.parametrize("trouble", PIN_TROUBLE)
def test_each_trouble_with_a_pin_has_its_own_text(world: World, opened: FlaskClient, trouble: str):
    log_in(opened, "jan")
    opened.post(f"{URL}/2", data={"channel": "sms"})
    pin = world.pin
    if trouble == "pin.wrong":
        pin = "000000"
    elif trouble == "pin.late":
        world.later(minutes=10, seconds=1)
    elif trouble == "pin.used":
        opened.post(f"{URL}/3", data={"pin": pin})
    elif trouble == "pin.replaced":
        world.later(seconds=30)
        opened.post(f"{URL}/3/resend")
    else:
        for _ in range(2):
            opened.post(f"{URL}/3", data={"pin": "000000"})
        pin = "000000"
    page = opened.post(f"{URL}/3", data={"pin": pin})
    assert page.status_code == 422
    assert codes(page) == [trouble]
    assert 'data-testid="resend"' in page.text
    assert world.told({"pin.replaced": "pin-used"}.get(trouble, trouble.replace(".", "-")))


def test_the_pin_is_never_on_a_page(world: World, opened: FlaskClient):
    seen = [log_in(opened, "jan")]
    seen.append(opened.post(f"{URL}/2", data={"channel": "sms"}))
    pins = [world.pin]
    seen += [opened.get(f"{URL}/3"), opened.post(f"{URL}/3", data={"pin": "999999"})]
    world.later(seconds=30)
    seen.append(opened.post(f"{URL}/3/resend"))
    pins.append(world.pin)
    seen += [opened.post(f"{URL}/3", data={"pin": pin}) for pin in (*pins, pins[1])]
    seen += [opened.get(f"{URL}/{n}") for n in (1, 2, 3, 6)]
    for page in seen:
        assert not [pin for pin in pins if pin in page.text]


def test_a_new_pin_is_sent_when_asked_and_said_so(world: World, opened: FlaskClient):
    log_in(opened, "piet")
    world.later(seconds=30)
    answer = opened.post(f"{URL}/3/resend")
    assert (answer.status_code, answer.location) == (303, f"{URL}/3")
    assert "Dit is een nieuwe pincode" in opened.get(f"{URL}/3").text
    assert len(world.desk.inbox.list()) == 2


@pytest.mark.parametrize(
    ("who", "method", "path", "form"),
    [
        (None, "GET", f"{URL}/2", {}),
        (None, "GET", f"{URL}/6", {}),
        (None, "GET", f"{URL}/99", {}),
        (None, "GET", f"{URL}/0", {}),
        (None, "POST", f"{URL}/2", {"channel": "sms"}),
        (None, "POST", f"{URL}/3", {"pin": "100001"}),
        (None, "POST", f"{URL}/3/resend", {}),
        (None, "POST", f"{URL}/1/resend", {}),
        (None, "POST", f"{URL}/6", {"organisation": "company:eik"}),
        ("jan", "GET", f"{URL}/3", {}),
        ("jan", "POST", f"{URL}/2", {"channel": "duif"}),
        ("jan", "POST", f"{URL}/6", {"organisation": "company:eik"}),
        ("piet", "POST", f"{URL}/2", {"channel": "email"}),
        ("mandates", "POST", f"{URL}/6", {"organisation": "company:stichting"}),
        ("mandates", "POST", f"{URL}/6", {"organisation": "nonsense"}),
        ("mandates", "POST", "/supplier/kpn/login-1/6", {"organisation": "company:eik"}),
        (None, "POST", "/supplier/kpn/login-1/1", credentials("kees")),
        (None, "POST", "/supplier/kpn/login-1/cancel", {}),
    ],
)
def test_a_forged_step_is_refused_and_told(
    world: World, opened: FlaskClient, who: str | None, method: str, path: str, form: dict[str, str]
):
    if who == "mandates":
        to_mandates(world, opened)
    elif who:
        log_in(opened, who)
    page = opened.open(path, method=method, data=form)
    assert page.status_code == 403
    assert shown(page) == "refused"
    assert len(world.told("step-refused")) == 1
    assert world.desk.word("login-1") is None


@pytest.mark.parametrize(
    "extra", [{"person": "jan"}, {"company": "eik"}, {"level": "EH4"}, {"supplier": "kpn"}]
)
def test_a_field_that_no_page_has_changes_nothing(world: World, opened: FlaskClient, extra: dict[str, str]):
    opened.post(f"{URL}/1", data={**credentials("piet"), **extra})
    opened.post(f"{URL}/3", data={"pin": world.pin, **extra})
    word = world.desk.word("login-1")
    assert word
    assert word.person
    assert word.mandate
    assert (word.person.key, word.supplier, word.level) == ("piet", "reconi", Level.EH3)
    assert word.mandate.company.key == "linde"


@pytest.mark.parametrize(
    "path", ["/supplier/reconi/nobody/", "/supplier/reconi/nobody/1", "/supplier/nobody/login-1/1"]
)
def test_an_unknown_visit_says_what_to_do(opened: FlaskClient, path: str):
    page = opened.get(path)
    assert page.status_code == 404
    assert shown(page) == "unknown"
    assert "begin opnieuw" in page.text


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/1"), ("POST", "/3"), ("POST", "/cancel")]
)
def test_an_ended_visit_leads_on(world: World, opened: FlaskClient, method: str, path: str):
    to_mandates(world, opened, "piet")
    page = opened.open(f"{URL}{path}", method=method)
    assert page.status_code == 410
    assert shown(page) == "ended"
    assert 'href="/broker/login-1/answer" data-testid="continue"' in page.text
    word = world.desk.word("login-1")
    assert word
    assert word.outcome is Outcome.PERMIT


def test_two_logins_do_not_mix(world: World, opened: FlaskClient):
    world.desk.open("reconi", ask(id="login-2"))
    log_in(opened, "piet")
    first = world.pin
    opened.post("/supplier/reconi/login-2/1", data=credentials("mail"))
    assert opened.post("/supplier/reconi/login-2/3", data={"pin": first}).status_code == 422
    assert opened.post(f"{URL}/3", data={"pin": first}).status_code == 303
    assert world.desk.word("login-2") is None


def test_english_for_who_asked_so(world: World, web: FlaskClient):
    world.desk.open("reconi", ask(language="en"))
    page = web.get(f"{URL}/1")
    assert '<html lang="en">' in page.text
    assert "You are logging in to:" in page.text
    assert "My Helpdesk po" in page.text


def test_each_page_says_where_its_forms_may_lead_and_has_no_inline_style_or_script(
    world: World, opened: FlaskClient
):
    to_mandates(world, opened)
    for n in (1, 2, 3, 6):
        page = opened.get(f"{URL}/{n}")
        assert page.headers["Test-Form-Action"] == "https://sp.example"
        assert "<script" not in page.text
        assert "<style" not in page.text
        assert " style=" not in page.text
        assert " on" not in re.sub(r">[^<]*<", "><", page.text).replace(" one-time", "")


def test_a_suppliers_colours_come_from_its_profile(opened: FlaskClient):
    sheet = opened.get("/supplier/reconi/theme.css")
    assert sheet.mimetype == "text/css"
    assert "--brand: #0b4f6c;" in sheet.text
    assert opened.get("/supplier/nobody/theme.css").status_code == 404
    assert opened.get("/supplier/static/supplier.css").status_code == 200


SEVENTH = """\
name: Achterstevoren
ad: urn:etoegang:AD:00000003999900970000:entities:9097
mr: urn:etoegang:MR:00000003999900970000:entities:9098
levels: [EH3]
identifiers: [KvKnr]
second_factors: [email]
steps:
  - [username]
  - [pin]
  - [password]
colours: {brand: "#401060", on_brand: "#ffffff", link: "#401060"}
wording: {nl: {login.heading: Wie bent u?}}
"""


def test_a_seventh_supplier_is_one_file_and_asks_in_its_own_order(tmp_path: Path):
    (tmp_path / "achterstevoren.yaml").write_text(SEVENTH)
    world = World(load_profiles(tmp_path))
    who = person("anna", supplier="achterstevoren", email="anna@school.example")
    world.register = register(people=(who,), mandates=(mandate("m", "anna", "linde"),))
    web = application(world).test_client()
    url = world.desk.open("achterstevoren", ask()).removesuffix("1")
    page = web.get(url, follow_redirects=True)
    assert "Wie bent u?" in page.text
    assert 'name="password"' not in page.text
    assert codes(web.post(f"{url}1", data={"username": "nobody"})) == ["username.wrong"]
    assert web.post(f"{url}1", data={"username": "anna"}).location == f"{url}2"
    assert world.desk.inbox.list()[0].channel == "email"
    assert web.get(f"{url}3").status_code == 403
    assert web.post(f"{url}2", data={"pin": world.pin}).location == f"{url}3"
    assert codes(web.post(f"{url}3", data={"password": "fout"})) == ["password.wrong"]
    assert web.post(f"{url}3", data={"password": PASSWORD}).location == "/broker/login-1/answer"
    word = world.desk.word("login-1")
    assert word
    assert word.mandate
    assert word.supplier == "achterstevoren"
    assert word.mandate.company.identifiers == {"KvKnr": "90000012"}


@pytest.mark.parametrize("slug", list(load_profiles()))
def test_every_supplier_that_comes_along_can_be_walked(world: World, web: FlaskClient, slug: str):
    who = person("anna", supplier=slug, email="anna@school.example")
    world.register = register(people=(who,), mandates=(mandate("m", "anna", "linde"),))
    filled = {"username": "anna", "password": PASSWORD, "channel": "sms"}
    url = world.desk.open(slug, ask())
    for _ in range(6):
        page = web.get(url, follow_redirects=True)
        assert page.status_code == 200
        if 'name="pin"' in page.text:
            filled["pin"] = world.pin
        url = web.post(page.request.path, data=filled).location
        if url == "/broker/login-1/answer":
            break
    word = world.desk.word("login-1")
    assert word
    assert word.supplier == slug


@pytest.mark.parametrize(
    ("supplier", "who", "channel", "words"),
    [
        ("reconi", "jan", "sms", "U kunt 30 seconden na het versturen een nieuwe pincode aanvragen."),
        ("kpn", "kees", "app", "U kunt 30 seconden na het versturen een nieuw verzoek laten sturen."),
    ],
)
def test_when_another_can_be_asked_for_is_said_so_that_it_stays_true(
    world: World, supplier: str, who: str, channel: str, words: str
):
    world.desk.open(supplier, ask())
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk))
    web, url = app.test_client(), f"/supplier/{supplier}/login-1"
    web.post(f"{url}/1", data=credentials(who))
    page = web.post(f"{url}/2", data={"channel": channel}, follow_redirects=True)
    assert words in " ".join(page.text.split())


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_message_with_a_pin_says_to_keep_the_pin_to_oneself(world: World, channel: str):
    world.desk.open("reconi", ask())
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk))
    web = app.test_client()
    web.post("/supplier/reconi/login-1/1", data=credentials("jan"))
    web.post("/supplier/reconi/login-1/2", data={"channel": channel})
    assert "Geef deze pincode aan niemand." in world.desk.inbox.list(1)[0].body
