"""The screens of MijnHelpdeskPO in a real Chromium, through the broker: most by keyboard, some without JavaScript.

The numbers are those of the screens in docs/helpdeskpo.md. Each test has a person, or an account, of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from journeys.hands import Hands, Mouse
from support.demo_pair import Pair, Someone
from support.gettext_files import po

pytestmark = pytest.mark.browser

TEXT = po("helpdeskpo", "nl")
MINE = "m.devries@voorbeeld.example"


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06}"


def test_1_the_start_page_says_what_is_needed_and_how_it_goes(typist: Someone) -> None:
    typist.open("/")
    typist.heading("Inloggen MijnHelpdeskPO")
    expect(typist.page.locator("main")).to_contain_text("niveau 3 of hoger")
    typist.reads("eh-level", "EH3")
    typist.reads("login-eherkenning", "Inloggen met e-Herkenning")
    typist.reads(
        "no-password-login",
        "Sinds 21 april 2022 kunt u niet meer inloggen met een gebruikersnaam en wachtwoord",
    )
    assert typist.page.locator("footer h2").all_inner_texts() == ["Contact", "Service"]
    typist.press("explanation")
    typist.heading("Toelichting inloggen eHerkenning")
    typist.reads("explanation-steps", "Vraag bij de leverancier")
    typist.press("footer-contact")
    typist.reads("helpdesk-address", "helpdesk@helpdeskpo.example")
    typist.press("language")
    typist.heading("Contact the helpdesk")


def test_2_3_4_the_first_login_links_and_is_inside_at_once(typist: Someone, pair: Pair) -> None:
    typist.types_at_supplier("m.devries")
    typist.heading("eHerkenning koppelen aan account")
    typist.fill("next", email="info@school.example", username="testschooltje", password="Helpdesk-123")
    typist.reads(
        "error-email", "‘info@’ is een algemeen e-mailadres. Gebruik uw eigen, persoonlijke e-mailadres"
    )
    expect(typist.at("error-summary")).to_be_focused()
    typist.fill("next", email=MINE, password="verkeerd")
    typist.reads("error-password", TEXT["problem.password-wrong"])
    typist.claims(MINE)
    typist.reads("pin-address", MINE)
    mail = pair.mail(MINE)
    assert mail["subject"] == "Uw pincode voor MijnHelpdeskPO"
    typist.fill("confirm", pin=wrong(mail["code"]))
    typist.reads("error-pin", "Deze pincode klopt niet. U kunt het nog 2 keer proberen.")
    typist.fill("confirm", pin=mail["code"])
    typist.heading("eHerkenning is gekoppeld aan uw account")
    typist.reads("school-name", "testschooltje")
    typist.reads("school-code", "(00XX)")
    typist.press("to-home")
    typist.heading("Mijn gegevens")
    typist.reads("company-id", "90000012")
    typist.reads("email", MINE)


def test_3_a_pin_that_is_late_replaced_or_used_says_so(typist: Someone, pair: Pair) -> None:
    email = "l.jacobs@voorbeeld.example"
    typist.logs_in("l.jacobs")
    typist.claims(email)
    first = pair.mail(email)["code"]
    typist.press("resend")
    typist.reads("error-pin", "Wij hebben u net een pincode gestuurd")
    with pair.later(minutes=10):
        typist.open("/koppelen/bevestigen")
    with pair.later(minutes=16):
        typist.fill("confirm", pin=first)
        typist.reads("error-pin", TEXT["problem.pin-late"])
        typist.press("resend")
        typist.reads("sent-again", TEXT["pin.sent-again"])
        typist.fill("confirm", pin=first)
        typist.reads("error-pin", "Deze pincode is vervangen door een nieuwere")
        typist.fill("confirm", pin="")
        typist.reads("error-pin", TEXT["problem.pin-missing"])
        other = typist.page.context.new_page()
        other.goto(f"{pair.base_url}/koppelen/bevestigen")
        code = pair.mail(email)["code"]
        typist.fill("confirm", pin=code)
        typist.sees("page-connected")
        other.get_by_test_id("pin").fill(code)
        other.get_by_test_id("confirm").click()
        expect(other.get_by_test_id("pin-used")).to_contain_text(TEXT["problem.pin-used"])
        other.get_by_test_id("to-home").click()
        expect(other.get_by_test_id("page-home")).to_be_visible()


def test_3_three_wrong_pins_are_too_many_and_so_are_five_mails(plain: Someone, pair: Pair) -> None:
    email = "c.vandam@voorbeeld.example"
    plain.logs_in("c.vandam")
    plain.claims(email)
    code = pair.mail(email)["code"]
    for _ in range(3):
        plain.fill("confirm", pin=wrong(code))
    plain.reads("error-pin", TEXT["problem.pin-tries"])
    plain.fill("confirm", pin=code)
    plain.reads("error-pin", TEXT["problem.pin-tries"])
    for minute in range(1, 6):
        with pair.later(minute):
            plain.press("resend")
    plain.reads("error-pin", TEXT["problem.pin-too-many-sent"])
    plain.press("start-over")
    plain.sees("page-link")
    plain.links(email)


def test_4_every_page_of_the_menu_is_a_real_one(typist: Someone, pair: Pair) -> None:
    typist.logs_in("m.beheer")
    typist.links("m.beheer@voorbeeld.example")
    typist.press("menu-archive")
    with typist.page.expect_download() as download:
        typist.at("document").press("Enter")
    assert download.value.suggested_filename == "bericht-teldatum.txt"
    typist.press("menu-support")
    typist.press("send")
    typist.reads("error-subject", TEXT["problem.subject-missing"])
    typist.reads("error-text", TEXT["problem.text-missing"])
    typist.fill("send", subject="Teldatum", text="Kloppen de aantallen?")
    typist.reads("question-sent", "Uw vraag is verstuurd")
    typist.reads("questions", "Teldatum")
    typist.press("menu-evaluations")
    typist.press("evaluation")
    typist.press("send")
    typist.reads("error-mark", TEXT["problem.mark-missing"])
    typist.tick("mark-4")
    typist.fill("send", remark="Duidelijk")
    typist.reads("evaluation-given", "Deze evaluatie is ingevuld")
    typist.press("menu-gtb")
    typist.reads("gtb-table", "207")
    typist.press("menu-mine")
    typist.heading("Mijn gegevens")
    asked = pair.mail("helpdesk@helpdeskpo.example")
    assert "Kloppen de aantallen?" in asked["body"]


def test_5_a_forgotten_password_is_the_gemachtigde_s_to_choose(typist: Someone, pair: Pair) -> None:
    typist.logs_in("d.sanders")
    typist.press("forgot-password")
    typist.press("send")
    typist.reads("error-username", TEXT["problem.user-name-missing"])
    agent = "m.beheer@voorbeeld.example"
    before = len(pair.mails(agent))
    typist.fill("send", username="regenboog")
    typist.heading("Vraag het aan de gemachtigde")
    mail = pair.mail(agent, before)
    assert mail["subject"] == "Nieuw wachtwoord voor MijnHelpdeskPO"
    typist.page.goto(mail["link"])
    typist.fill("save", new_password="kort", new_password_again="kort")
    typist.reads("error-new-password", "Kies een wachtwoord van ten minste")
    typist.fill("save", new_password="Regenboog-456", new_password_again="Regenboog-457")
    typist.reads("error-new-password-again", TEXT["problem.password-different"])
    typist.fill("save", new_password="Regenboog-456", new_password_again="Regenboog-456")
    typist.heading("Het wachtwoord is gewijzigd")
    typist.page.goto(mail["link"])
    typist.look()
    typist.reads("no-reset-reason", TEXT["problem.reset-used"])
    typist.page.goto(mail["link"][:-4] + "xxxx")
    typist.reads("no-reset-reason", TEXT["problem.reset-unknown"])
    typist.press("ask-again")
    typist.fill("send", username="regenboog")
    with pair.later(minutes=61):
        typist.page.goto(pair.mail(agent, before + 1)["link"])
        typist.reads("no-reset-reason", TEXT["problem.reset-late"])
    typist.logs_in("d.sanders")
    typist.fill("next", email="d.sanders@voorbeeld.example", username="regenboog", password="Helpdesk-123")
    typist.reads("error-password", TEXT["problem.password-wrong"])
    typist.links("d.sanders@voorbeeld.example", "regenboog", "Regenboog-456")
    typist.reads("school-code", "(00012)")


def test_6_an_activation_code_works_once_and_a_wrong_one_says_why(typist: Someone) -> None:
    typist.logs_in("a.yilmaz", "digidentity")
    expect(typist.at("activation-code")).to_be_hidden()
    typist.press("use-code")
    email = "a.yilmaz@voorbeeld.example"
    for code, problem in (
        ("ABCD-EFGH-JKLM-NPQR", "code-unknown"),
        ("USED-3WPL-8RNB-6CVA", "code-used"),
        ("LATE-5YTG-4JDK-9ZSE", "code-expired"),
    ):
        typist.fill("next", email=email, activation_code=code)
        typist.reads("error-activation-code", TEXT[f"problem.{problem}"])
        typist.reads("helpdesk", "helpdesk@helpdeskpo.example")
    typist.fill("next", username="testschooltje", password="Helpdesk-123")
    typist.reads("error-activation-code", TEXT["problem.both-ways"])
    typist.fill("next", username="", password="", activation_code="zuid 7kqf 2m9x ht4d")
    typist.fill("confirm", pin=typist.pair.mail(email)["code"])
    typist.sees("page-connected")
    typist.reads("school-code", "(00XY)")


def test_7_a_link_is_of_one_person_for_one_company(
    somebody: Callable[[Hands], Someone], plain: Someone
) -> None:
    plain.logs_in("t.mulder", company="90000012")
    plain.links("t.mulder@voorbeeld.example")
    plain.logs_out()
    plain.logs_in("t.mulder", company="90000012")
    plain.heading("Mijn gegevens")
    plain.logs_out()
    plain.logs_in("t.mulder", company="90000020")
    plain.heading("eHerkenning koppelen aan account")
    plain.fill("next", email="t.mulder@voorbeeld.example", username="testschooltje", password="Helpdesk-123")
    plain.reads("error-username", "Dit account hoort bij een andere organisatie")
    plain.links("t.mulder@voorbeeld.example", "vuurtoren")
    plain.reads("school-code", "(00VT)")
    colleague = somebody(Mouse())
    colleague.logs_in("w.meijer", "digidentity")
    colleague.heading("eHerkenning koppelen aan account")


def test_8_a_contact_person_adds_accounts_and_switches(typist: Someone) -> None:
    """Who the seed registers by the address that they proved to be theirs."""
    typist.logs_in("h.kaya", "digidentity")
    typist.links(MINE)
    typist.press("profile")
    typist.press("to-add-account")
    typist.press("add")
    typist.reads("error-organisation-code", TEXT["problem.organisation-missing"])
    typist.fill("add", organisation_code="00VT")
    typist.reads(
        "error-organisation-code", f"U staat met {MINE} niet als contactpersoon geregistreerd voor 00VT"
    )
    typist.fill("add", organisation_code="00xx")
    typist.reads("error-organisation-code", "00XX staat al in uw account.")
    typist.fill("add", organisation_code="00012")
    typist.reads("account-added", "00012 is toegevoegd aan uw account.")
    typist.press("switch-00012")
    typist.reads("account-switched", "De Regenboog")
    typist.reads("school-code", "(00012)")


def test_9_who_cancels_at_the_choice_or_at_the_supplier_lands_here(plain: Someone) -> None:
    plain.goes_to_the_broker()
    plain.press("cancel")
    plain.reads("login-error", TEXT["refused.SP-08.happened"])
    plain.press("back-to-start")
    plain.goes_to_the_broker()
    plain.at("supplier").select_option("reconi")
    plain.press("next")
    plain.press("cancel")
    plain.reads("login-error", TEXT["refused.SP-08.happened"])
    plain.press("login-error-details")
    plain.reads("login-error-code", "SP-08")


def test_9_without_a_mandate_a_person_stays_at_the_supplier_until_they_cancel(typist: Someone) -> None:
    typist.types_at_supplier("k.dekker")
    typist.sees("page-nomandate")
    assert typist.page.url.startswith(typist.pair.broker.base_url)
    typist.press("cancel")
    typist.reads("login-error", "Vraag die aan bij de leverancier van uw eHerkenningsmiddel")
    typist.press("back-to-start")
    typist.sees("login-eherkenning")


@pytest.mark.parametrize(
    ("person", "code"),
    [("te-laag-niveau", "SP-06"), ("verkeerde-audience", "SP-02"), ("technische-storing", "SP-09")],
)
def test_9_somebody_whose_login_goes_wrong_reads_what_happened(
    typist: Someone, person: str, code: str
) -> None:
    """Who they log in as is what goes wrong: the scenarios of the starter file."""
    typist.types_at_supplier(person)
    typist.heading(TEXT[f"refused.{code}.title"])
    typist.reads("login-error", TEXT[f"refused.{code}.happened"])
    typist.press("login-error-details")
    typist.reads("login-error-code", code)
    typist.press("back-to-start")
    typist.sees("login-eherkenning")


@pytest.mark.parametrize(("scenario", "code"), [("expired", "SP-03"), ("replayed-response", "artifact")])
def test_9_a_late_or_replayed_answer_logs_nobody_in(typist: Someone, scenario: str, code: str) -> None:
    typist.logs_in("l.veenstra")
    typist.sees("page-link")
    typist.leave("logout")
    sp = "urn:etoegang:DV:00000001999999990000:entities:9001"
    typist.pair.api("POST", "armed-scenarios", {"scenario": scenario, "sp": sp, "person": "l.veenstra"})
    typist.logs_in("l.veenstra")
    typist.reads("login-error", TEXT[f"refused.{code}.happened"])
    typist.press("back-to-start")
    typist.sees("login-eherkenning")


def test_9_where_no_answer_comes_the_start_page_still_works(typist: Someone) -> None:
    typist.pair.api("POST", "armed-scenarios", {"scenario": "no-answer", "person": "m.renkema"})
    login = typist.goes_to_the_broker()
    end = typist.pair.api("POST", f"logins/{login}/complete", {"person": "m.renkema", "supplier": "reconi"})
    assert end["instead"] == "nothing"
    typist.open("/")
    typist.goes_to_the_broker()


def test_10_log_out_ends_the_session_here_and_then_at_the_broker(typist: Someone, pair: Pair) -> None:
    typist.logs_in("a.tempelman", company="90000012")
    typist.links("a.tempelman@voorbeeld.example")
    typist.logs_out()
    expect(typist.at("logged-out").or_(typist.at("not-logged-out"))).to_be_visible()
    typist.open("/mijn")
    typist.sees("login-eherkenning")
    assert typist.page.url == f"{pair.base_url}/"


def test_10_who_does_nothing_for_a_quarter_of_an_hour_is_told(plain: Someone, pair: Pair) -> None:
    plain.logs_in("k.hoogland", company="90000012")
    plain.links("k.hoogland@voorbeeld.example")
    plain.reads("session-ends", re.compile(r"om \d\d:\d\d uur uitgelogd"))
    with pair.later(minutes=16):
        plain.press("menu-mine")
        plain.reads("session-over", TEXT["start.session-over"])
    plain.logs_in("k.hoogland", company="90000012")
    plain.press("menu-support")
    with pair.later(minutes=16):
        plain.fill("send", subject="Te laat", text="Te laat")
        plain.reads("session-over", TEXT["start.session-over"])
