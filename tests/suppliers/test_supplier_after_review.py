"""What a person meets beside the straight road: the other language, a page that is loaded again, a code to ask for
help with, and a text that is true for them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html
from supplier_web import URL, codes, log_in, opened, said, shown, web_of
from supplier_world import World, mandate, person, register
from werkzeug.test import TestResponse

from broker.pages import language as of_broker
from suppliers import pages
from suppliers.ask import Level
from suppliers.pages import language as of_suppliers
from suppliers.register.model import MeansStatus
from suppliers.steps.channel import mask
from suppliers.wording import TEXTS

LINK = '//*[@data-testid="language"]/@href'


def spoken(page: TestResponse) -> str:
    return str(html.fromstring(page.text).get("lang"))


def blocked_by_the_file() -> World:
    world = World()
    means = replace(person("jan").means[0], status=MeansStatus.BLOCKED)
    world.register = register(people=(replace(person("jan"), means=(means,)),))
    return world


# Language.


def test_the_switch_on_a_refused_step_leads_to_the_step_at_hand_in_that_language(world: World):
    web = opened(world)
    page = web.get(f"{URL}/5")
    assert page.status_code == 403
    (link,) = html.fromstring(page.text).xpath(LINK)
    page = web.get(link, follow_redirects=True)
    assert (shown(page), spoken(page)) == ("login", "en")
    assert spoken(web.get(f"{URL}/1")) == "en", "it stays so"


def test_a_login_that_is_over_is_shown_in_the_language_that_is_asked(world: World):
    web = opened(world)
    web.post(f"{URL}/cancel")
    page = web.get(f"{URL}/1")
    (link,) = html.fromstring(page.text).xpath(LINK)
    page = web.get(link)
    assert (shown(page), spoken(page)) == ("ended", "en")
    assert TEXTS["ended.heading"].en in page.text


def test_a_person_who_is_logged_out_reads_that_in_the_language_that_is_asked(world: World):
    web = web_of(world)
    first = web.get("/supplier/reconi/mandates").location
    home = first.rsplit("/", 1)[0]
    web.post(f"{home}/cancel")
    page = web.get(f"{home}/?lang=en")
    assert (shown(page), spoken(page)) == ("loggedout", "en")


@pytest.mark.parametrize(
    "path", ["forgotten", "forgotten/sent", "eh1", "reset/none", "reset/done", "approve/none", "none/1"]
)
@pytest.mark.parametrize(
    ("asked", "cookie", "language"),
    [
        ("", "", "nl"),
        ("", "en", "en"),
        ("nl", "en", "nl"),
        ("en", "nl", "en"),
        ("", "fr", "nl"),
        ("fr", "en", "en"),
    ],
)
def test_a_page_outside_a_visit_follows_the_switch_then_the_cookie_and_never_the_browsers_own_language(
    world: World, path: str, asked: str, cookie: str, language: str
):
    web = web_of(world)
    if cookie:
        web.set_cookie(of_suppliers.COOKIE, cookie)
    page = web.get(f"/supplier/reconi/{path}?lang={asked}", headers={"Accept-Language": "en-US"})
    assert spoken(page) == language


@pytest.mark.parametrize(
    "path", ["/supplier/reconi/forgotten?login=login-1", "/supplier/reconi/eh1?login=login-1"]
)
def test_a_page_beside_a_login_follows_the_login_more_than_the_cookie(world: World, path: str):
    web = opened(world, language="en")
    web.set_cookie(of_suppliers.COOKIE, "nl")
    assert spoken(web.get(path)) == "en"


def test_a_visit_to_ones_own_mandates_begins_in_the_language_of_the_cookie(world: World):
    web = web_of(world)
    web.set_cookie(of_suppliers.COOKIE, "en")
    assert spoken(web.get("/supplier/reconi/mandates", follow_redirects=True)) == "en"


def test_the_cookie_is_the_one_that_the_broker_sets():
    assert of_suppliers.COOKIE == of_broker.COOKIE


# A page that is loaded again where a form left it.


@pytest.mark.parametrize(
    ("at", "to"),
    [
        ("2/resend", "2"),
        ("mandates/request-1/remind", "mandates/request-1"),
        ("mandates/request-1/continue", "mandates/request-1"),
    ],
)
def test_a_form_that_is_loaded_again_as_a_page_leads_to_the_page_it_stood_on(world: World, at: str, to: str):
    answer = opened(world).get(f"{URL}/{at}")
    assert (answer.status_code, answer.location) == (303, f"{URL}/{to}")


_HARNESS = """
let looks = 0, timers = new Map(), ids = 0, shown = null;
globalThis.setTimeout = (run) => { timers.set(++ids, run); return ids; };
globalThis.clearTimeout = (id) => timers.delete(id);
globalThis.fetch = async () => { looks += 1; return { status: 200, ok: true, json: async () => ({ state: "open" }) }; };
globalThis.document = {
  hidden: false,
  querySelector: () => ({ dataset: { waits: "/status" } }),
  addEventListener: (_, run) => { shown = run; },
};
%s
(async () => {
  for (let n = 0; n < 5; n++) await shown();
  await Promise.all([shown(), shown(), shown()]);
  console.log(JSON.stringify({ looks, waiting: timers.size }));
})();
"""


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_a_page_that_is_hidden_and_shown_again_and_again_waits_for_one_look_only():
    script = (Path(pages.__file__).parent / "static" / "phone.js").read_text("utf-8")
    done = subprocess.run(
        ["node", "-e", _HARNESS % script], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == {"looks": 8, "waiting": 1}


# The code to ask for help with.


@pytest.mark.parametrize("path", ["/supplier/reconi/login-1/5", "/supplier/kpn/login-1/1"])
def test_a_step_that_is_refused_names_the_login_also_at_another_supplier(world: World, path: str):
    page = opened(world).get(path)
    assert (page.status_code, shown(page), said(page, "reference")) == (403, "refused", "login-1")


def test_a_login_that_nobody_knows_has_no_code(world: World):
    assert 'data-testid="reference"' not in opened(world).get("/supplier/kpn/none/1").text


def test_a_login_that_is_over_has_a_code(world: World):
    web = opened(world)
    web.post(f"{URL}/cancel")
    assert said(web.get(f"{URL}/1"), "reference") == "login-1"


def test_the_code_stands_by_the_message_that_the_means_is_blocked():
    page = log_in(opened(blocked_by_the_file()), "jan")
    inside = html.fromstring(page.text).xpath(
        '//*[@data-testid="error-summary"]//*[@data-testid="reference"]'
    )
    assert [found.text for found in inside] == ["login-1"]
    assert page.text.count('data-testid="reference"') == 1


# Texts that are true for whoever reads them.


def test_a_means_that_the_supplier_blocked_is_not_said_to_be_blocked_by_wrong_passwords():
    page = log_in(opened(blocked_by_the_file()), "jan")
    assert codes(page) == ["login.blocked_by_supplier"]
    assert "te vaak" not in said(page)


def test_a_card_that_the_supplier_blocked_is_not_said_to_be_blocked_by_wrong_pins(world: World):
    card = person("kaart", username="9001", card=True, pin="123456", password="", status=MeansStatus.BLOCKED)
    world.register = register(people=(card,))
    web = opened(world)
    page = web.post(f"{URL}/1", data={"card": "yes"}, follow_redirects=True)
    page = web.post(page.request.path, data={"card": "9001", "cardpin": "123456"})
    assert codes(page) == ["cardpin.blocked_by_supplier"]


def test_a_means_that_the_supplier_blocks_during_the_login_is_not_said_to_be_blocked_by_wrong_passwords(
    world: World,
):
    web = opened(world)
    log_in(web, "piet")
    (piet,) = (one for one in world.register.people.values() if one.key == "piet")
    means = replace(piet.means[0], status=MeansStatus.BLOCKED)
    world.register = register(people=(replace(piet, means=(means,)),))
    page = web.post(f"{URL}/3", data={"pin": world.pin}, follow_redirects=True)
    assert shown(page) == "means"
    assert said(page, "why") == TEXTS["means.why.blocked"].nl.format(supplier="Reconi")


def test_the_smartcard_reads_as_at_the_supplier(world: World):
    panel = said(opened(world).get(f"{URL}/1"), "smartcard")
    assert "Plaats uw smartcard om verder te gaan." in panel
    assert "geen gebruikersnaam en wachtwoord nodig" in panel


def test_whoever_has_no_other_means_is_not_told_to_take_another(world: World):
    page = log_in(opened(world), "laag")
    assert shown(page) == "level"
    assert "start-again" not in page.text, "to log in again would lead here again"
    assert said(page, "other-supplier") == "Andere leverancier kiezen"
    assert '/broker/login-1/choice" data-testid="other-supplier"' in page.text


@pytest.mark.parametrize("status", [MeansStatus.SUSPENDED, MeansStatus.REVOKED])
def test_whoever_cannot_use_their_only_means_is_sent_to_the_choice_of_suppliers(
    world: World, status: MeansStatus
):
    world.register = register(people=(person("jan", status=status),))
    page = log_in(opened(world), "jan")
    assert shown(page) == "means"
    assert "start-again" not in page.text
    assert said(page, "other-supplier") == "Andere leverancier kiezen"


def test_where_there_is_no_choice_of_suppliers_none_is_offered(world: World):
    page = log_in(opened(world, choice_path=""), "laag")
    assert shown(page) == "level"
    assert "other-supplier" not in page.text
    assert "start-again" not in page.text


def test_whoever_has_another_means_may_take_it(world: World):
    low = person("laag", level=Level.EH2_PLUS)
    high = replace(low.means[0], username="hoog", level=Level.EH3)
    world.register = register(people=(replace(low, means=(*low.means, high)),))
    assert said(log_in(opened(world), "laag"), "start-again") == "Log in met een ander middel"


@pytest.mark.parametrize("who", ["niemand", "oud", "zwak"])
def test_without_a_mandate_that_fits_the_button_to_ask_for_one_comes_first_and_the_heading_is_true(
    world: World, who: str
):
    weak = mandate("m-zwak", "zwak", "linde", level=Level.EH2)
    world.register = register(people=(person("niemand"), person("oud"), person("zwak")), mandates=(weak,))
    web = opened(world)
    log_in(web, who)
    page = web.post(f"{URL}/3", data={"pin": world.pin}, follow_redirects=True)
    assert shown(page) == "nomandate"
    assert said(page, "heading") == "U hebt geen machtiging waarmee u kunt inloggen bij Mijn Helpdesk po"
    order = re.findall(r'data-testid="(what|request-mandate|why)"', page.text)
    assert order == ["what", "request-mandate", "why"]
    assert "opnieuw in" not in said(page)


@pytest.mark.parametrize(
    ("key", "dutch"),
    [
        ("chain.heading", "Namens welke organisatie logt u nu in?"),
        ("branch.hint", "U hebt een machtiging voor deze vestigingen."),
        ("eh1.notice", "de diensten blijven gebruiken waar u met EH1 inlogde"),
    ],
)
def test_a_text_says_what_it_is_about(key: str, dutch: str):
    assert dutch in TEXTS[key].nl


def test_quovadis_asks_people_to_identify_themselves(world: World):
    page = opened(world, "quovadis").get("/supplier/quovadis/login-1/1")
    assert said(page, "heading") == "Identificeer uzelf"


def test_the_end_of_eh1_is_told_in_a_login_and_not_to_whoever_comes_for_their_own_mandates(world: World):
    assert 'data-testid="eh1-notice"' in opened(world).get(f"{URL}/1").text
    own = web_of(world).get("/supplier/reconi/mandates", follow_redirects=True)
    assert shown(own) == "login"
    assert 'data-testid="eh1-notice"' not in own.text


def test_of_the_levels_the_one_that_is_asked_is_marked_for_everybody_to_see(world: World):
    page = opened(world).get(f"{URL}/1")
    (box,) = html.fromstring(page.text).xpath('//*[@data-testid="levels"]/..')
    assert " ".join(box.text_content().split()).startswith(
        "Betrouwbaarheidsniveau: EH 1 / 2 / 2+ / 3 (gevraagd)"
    )
    assert not box.xpath('.//*[@class="hidden"]')


@pytest.mark.parametrize("number", ["06-00000001", "06 0000 0001", "0600000001", "(06) 0000.0001"])
def test_a_number_is_masked_alike_however_it_is_written(number: str):
    assert mask(number) == "06******01"
