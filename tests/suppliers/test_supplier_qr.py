"""A supplier that a profile file adds: it asks the factor before the password, and the factor is a QR code."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from supplier_world import PASSWORD, World, ask, credentials, mandate, person, register

from suppliers.pages import blueprint, qr_svg
from suppliers.profiles import load_profiles
from suppliers.visit import At, Leave, Screen

ID = "login-1"
PROFILE = """\
name: Proeflogin
ad: urn:etoegang:AD:00000003999900990000:entities:9991
mr: urn:etoegang:MR:00000003999900990000:entities:9992
levels: [EH3]
identifiers: [KvKnr, RSIN]
second_factors: [qr]
steps:
  - [username]
  - [pin]
  - [password]
colours: {brand: "#123456", on_brand: "#ffffff", link: "#123456"}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "proef.yaml").write_text(PROFILE)
    made = World(load_profiles(tmp_path))
    made.desk.base_url = "http://127.0.0.1:8080"
    people = tuple(person(key, supplier="proef", phone=None) for key in ("jan", "piet"))
    made.register = register(people, tuple(mandate(f"m-{p.key}", p.key, "linde") for p in people))
    return made


def at_code(world: World, who: str = "jan", id_: str = ID) -> str:
    """At the page with the code, before any password; what the code says."""
    world.desk.open("proef", ask(id=id_))
    assert world.desk.act("proef", id_, 1, {"username": who})[1] == At(2)
    return world.desk.scan_url("proef", id_, 2)


def code_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["code"][0]


def problems(answer: object) -> list[str]:
    assert isinstance(answer, Screen), f"no page but {answer}"
    return [problem.key for problem in answer.problems]


def test_the_code_comes_before_the_password_and_both_are_needed(world: World):
    url = at_code(world)
    early = world.desk.act("proef", ID, 3, {"password": PASSWORD})[1]
    assert isinstance(early, Screen)
    assert early.status == 403
    assert problems(world.desk.act("proef", ID, 2, {})[1]) == ["qr.open"]
    assert world.desk.answer_phone(code_in(url), "approved", factor="qr") == ""
    assert world.desk.act("proef", ID, 2, {})[1] == At(3)
    assert problems(world.desk.act("proef", ID, 3, {"password": "fout"})[1]) == ["password.wrong"]
    assert world.desk.act("proef", ID, 3, {"password": PASSWORD})[1] == Leave()
    word = world.desk.word(ID)
    assert word
    assert word.person
    assert word.person.key == "jan"


def test_the_code_is_the_address_of_the_phones_page_and_nobody_guesses_it(world: World):
    url = at_code(world)
    assert url.startswith("http://127.0.0.1:8080/console/phone?code=")
    assert len(code_in(url)) >= 22, "128 random bits take 22 characters"
    assert not world.desk.inbox.list(), "nothing is sent for a code on a page"


@pytest.mark.parametrize("typed", ["{}", " {} "])
@pytest.mark.parametrize("change", [str, str.lower, lambda code: code.replace("-", " ")])
def test_the_readable_code_does_too_however_it_is_typed(world: World, typed: str, change):
    at_code(world)
    code = world.desk.waiting()[0].number
    assert world.desk.answer_phone(typed.format(change(code)), "approved", factor="qr") == ""
    assert world.desk.act("proef", ID, 2, {})[1] == At(3)


def test_a_code_works_once(world: World):
    code = code_in(at_code(world))
    world.desk.answer_phone(code, "approved")
    assert world.desk.answer_phone(code, "approved") == "used"
    world.desk.act("proef", ID, 2, {})
    assert world.desk.answer_phone(code, "approved") == "used"
    assert problems(world.desk.act("proef", ID, 2, {})[1]) == ["qr.used"]


def test_a_code_is_late_after_ten_minutes_and_another_can_be_shown(world: World):
    code = code_in(at_code(world))
    world.later(minutes=10, seconds=1)
    assert world.desk.answer_phone(code, "approved") == "late"
    assert problems(world.desk.show("proef", ID, 2)[1]) == ["qr.late"]
    assert world.desk.scan_url("proef", ID, 2) == ""
    assert world.desk.resend("proef", ID, 2)[1] == At(2)
    again = code_in(world.desk.scan_url("proef", ID, 2))
    assert again != code
    assert world.desk.answer_phone(code, "approved") == "replaced"
    assert world.desk.answer_phone(again, "approved") == ""


def test_the_code_of_another_visit_lets_only_that_one_on(world: World):
    mine, other = code_in(at_code(world)), code_in(at_code(world, "piet", "login-2"))
    assert world.desk.answer_phone(other, "approved", ask_id=ID) == "other"
    assert world.told("phone-not-taken") == [{"why": "other"}]
    assert world.desk.answer_phone(other, "approved") == ""
    assert problems(world.desk.act("proef", ID, 2, {})[1]) == ["qr.open"]
    assert world.desk.act("proef", "login-2", 2, {})[1] == At(3)
    assert mine != other


def test_a_request_of_an_app_is_no_code_to_scan(world: World):
    world.register = register()
    world.desk.open("kpn", ask())
    world.desk.act("kpn", ID, 1, credentials("kees"))
    world.desk.act("kpn", ID, 2, {"channel": "app"})
    assert world.desk.answer_phone(world.desk.waiting()[0].id, "approved", factor="qr") == "other"
    assert world.desk.answer_phone(world.desk.waiting()[0].number, "approved") == "unknown"
    assert len(world.desk.waiting()) == 1


def test_whoever_starts_again_as_another_needs_a_scan_of_their_own(world: World):
    code = code_in(at_code(world))
    world.desk.answer_phone(code, "approved")
    assert world.desk.act("proef", ID, 1, {"username": "piet"})[1] == At(2)
    assert problems(world.desk.act("proef", ID, 2, {})[1]) == ["qr.open"]
    assert world.desk.answer_phone(code, "approved") == "replaced"


def test_the_page_shows_the_code_as_an_image_of_ours_with_its_text(world: World):
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk))
    url, web = at_code(world), app.test_client()
    page = web.get(f"/supplier/proef/{ID}/2")
    code = world.desk.waiting()[0].number
    assert f'alt="QR-code. In letters en cijfers: {code}"' in page.text
    assert code_in(url) not in page.text, "only the image has it"
    image = web.get(f"/supplier/proef/{ID}/2/qr.svg")
    assert image.mimetype == "image/svg+xml"
    assert image.data == qr_svg(url)
    assert qr_svg(url) != qr_svg(url + "x")
    assert web.get(f"/supplier/proef/{ID}/2/status").get_json() == {"state": "open"}
    for elsewhere in (f"/supplier/proef/{ID}/1", f"/supplier/reconi/{ID}/2", "/supplier/proef/none/2"):
        assert web.get(f"{elsewhere}/qr.svg").status_code == 404
        assert web.get(f"{elsewhere}/status").status_code == 404
