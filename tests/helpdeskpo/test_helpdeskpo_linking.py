"""The first login: who you are, a PIN by e-mail, linked; and everything that can be wrong on the way."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from helpdeskpo_world import BASE, Clock, Person, link, shown
from idp import RSIN
from werkzeug.test import TestResponse

from helpdeskpo import addresses
from helpdeskpo.models import ActivationCode, Link, Pending, PinCode

NEW = "a" * 64 + "@" + "b" * 32
MINE = "m.devries@voorbeeld.example"
GOOD = {"email": MINE, "user_name": "testschooltje", "password": "Helpdesk-123"}


def errors(page: TestResponse) -> dict[str, str]:
    """By the field that they stand at; each is in the summary too."""
    found = dict(
        re.findall(r'data-testid="error-([\w-]+)"><span class="hidden">[^<]*</span> ([^<]*)<', page.text)
    )
    assert all(f">{text}</a>" in page.text for text in found.values())
    return found


def claim(person: Person, acting: str = NEW, company: str = "90000012", **said: str) -> TestResponse:
    """Log in, and fill in the link page."""
    page = person.arrive(acting, company)
    assert page.request.path == "/koppelen"
    return person.post("/koppelen", page, **{**GOOD, **said})


def confirm(person: Person, page: TestResponse, pin: str) -> TestResponse:
    return person.post("/koppelen/bevestigen", page, pin=pin)


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06}"


def test_links_and_is_in_at_once_and_straight_in_the_next_time(person: Person) -> None:
    page = claim(person)
    assert (page.request.path, shown(page, "pin-address")) == ("/koppelen/bevestigen", MINE)
    (mail,) = person.mails()
    assert str(mail["To"]) == MINE
    page = confirm(person, page, person.pin())
    assert page.request.path == "/mijn/gekoppeld"
    assert "eHerkenning is gekoppeld aan uw account" in page.text
    assert (shown(page, "school-name"), shown(page, "school-code")) == ("testschooltje", "(00XX)")
    for name in ("mine", "archive", "support", "evaluations", "gtb"):
        assert f'data-testid="menu-{name}"' in page.text
    assert person.arrive(NEW).request.path == "/mijn"


def test_user_name_and_pin_are_taken_with_blanks_and_capitals(person: Person) -> None:
    page = claim(person, user_name="  TestSchooltje ", email="  M.deVries@Voorbeeld.Example ")
    pin = person.pin()
    assert confirm(person, page, f" {pin[:3]} {pin[3:]} ").request.path == "/mijn/gekoppeld"


# A link is by person and company together


def test_the_same_person_for_another_company_links_again(person: Person) -> None:
    confirm(person, claim(person), person.pin())
    page = claim(person, company="90000020", user_name="vuurtoren")
    page = confirm(person, page, person.pin())
    assert shown(page, "school-code") == "(00VT)"
    assert shown(person.arrive(NEW), "school-code") == "(00XX)"
    assert shown(person.arrive(NEW, "90000020"), "school-code") == "(00VT)"


def test_another_person_of_the_same_school_links_too_and_both_stay(person: Person) -> None:
    assert person.arrive().request.path == "/mijn", "the one who is linked in the seed of these tests"
    assert confirm(person, claim(person), person.pin()).request.path == "/mijn/gekoppeld"
    assert person.arrive().request.path == "/mijn"


def test_a_pseudonym_in_capitals_is_the_same_person(person: Person) -> None:
    confirm(person, claim(person), person.pin())
    assert person.arrive(NEW.upper()).request.path == "/mijn"


def test_an_account_of_another_company_is_refused(person: Person) -> None:
    page = claim(person, user_name="vuurtoren")
    assert page.status_code == 422
    assert "KvK-nummer 90000012" in errors(page)["username"]
    assert person.mails() == []


def test_by_rsin_where_the_company_has_one(person: Person) -> None:
    page = person.arrive(NEW, "999900031", RSIN)
    page = person.post("/koppelen", page, **{**GOOD, "user_name": "waterlelie"})
    assert shown(confirm(person, page, person.pin()), "school-code") == "(00031)"


def test_a_school_without_a_company_takes_any(person: Person) -> None:
    page = claim(person, company="12345678", user_name="proefschool")
    assert confirm(person, page, person.pin()).request.path == "/mijn/gekoppeld"


def test_a_mandate_for_one_branch_links_the_school_of_that_branch_only(person: Person) -> None:
    """SP-14."""
    page = person.arrive(NEW, branch="000090000013")
    page = person.post("/koppelen", page, **GOOD)
    assert "000090000013" in errors(page)["username"]
    page = person.arrive(NEW, branch="000090000012")
    assert person.post("/koppelen", page, **GOOD).request.path == "/koppelen/bevestigen"


# The e-mail address


@pytest.mark.parametrize(
    "address",
    [
        "info@school.example",
        "INFO@School.example",
        "administratie@school.example",
        "administratie-zuid@school.example",
        "directie@school.example",
        "secretariaat@school.example",
        "helpdesk@school.example",
        "info.regenboog@school.example",
        "info+po@school.example",
        "info2@school.example",
        "ict@school.example",
    ],
)
def test_a_general_address_is_refused_with_the_reason(person: Person, address: str) -> None:
    page = claim(person, email=address)
    assert page.status_code == 422
    assert "eigen, persoonlijke e-mailadres" in errors(page)["email"]
    assert person.mails() == []


@pytest.mark.parametrize(
    "address",
    ["m.devries@info.example", "mr.jansen@school.example", "i.nfo@school.example", "infantino@x.example"],
)
def test_a_personal_address_is_none(address: str) -> None:
    assert not addresses.general(address)


@pytest.mark.parametrize(
    "address",
    ["", " ", "mieke", "mieke@", "@school.example", "mieke@school", "a b@x.example", "a@x..example",
     "a@x.example\nBcc: b@x.example", "<a@x.example>", "a@x.example,b@x.example", "a" * 250 + "@x.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(person: Person, address: str) -> None:
    assert "e-mailadres" in errors(claim(person, email=address))["email"]
    assert person.mails() == []


# User name and password


@pytest.mark.parametrize("said", [{"password": "fout"}, {"user_name": "bestaat-niet"}])
def test_wrong_password_and_unknown_user_name_read_the_same(person: Person, said: dict[str, str]) -> None:
    page = claim(person, **said)
    assert page.status_code == 422
    assert errors(page) == {
        "password": "De gebruikersnaam of het wachtwoord klopt niet. Probeer het opnieuw, of kies ‘Wachtwoord "
        "vergeten?’."
    }
    assert "fout" not in re.sub(r"[Ff]out:", "", page.text), "a password is not shown again"


def test_everything_that_is_missing_is_told_at_once(person: Person) -> None:
    assert errors(claim(person, email="", user_name="", password="")).keys() == {
        "email",
        "username",
        "password",
    }


def test_after_ten_wrong_passwords_the_right_one_must_wait_a_quarter_of_an_hour(
    person: Person, clock: Clock
) -> None:
    page = claim(person, password="fout")
    for _ in range(9):
        page = person.post("/koppelen", page, **{**GOOD, "password": "fout"})
    page = person.post("/koppelen", page, **GOOD)
    assert "Wacht een kwartier" in errors(page)["password"]
    clock.ahead = timedelta(minutes=14)
    assert person.get("/koppelen").status_code == 200, "still the same session"
    clock.ahead = timedelta(minutes=16)
    assert person.post("/koppelen", person.get("/koppelen"), **GOOD).request.path == "/koppelen/bevestigen"


# The activation code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("ONBE-KEND-CODE-1234", "kennen wij niet"),
        ("USED-3WPL-8RNB-6CVA", "al gebruikt"),
        ("LATE-5YTG-4JDK-9ZSE", "verlopen"),
    ],
)
def test_a_code_that_does_not_work_says_why_and_shows_the_way_to_the_helpdesk(
    person: Person, code: str, text: str
) -> None:
    page = claim(person, user_name="", password="", code=code)
    assert page.status_code == 422
    assert text in errors(page)["activation-code"]
    assert "helpdesk@helpdeskpo.example" in page.text
    assert re.search(r'<details class="code" open>', page.text), "the field is in sight"
    assert person.mails() == []


def test_a_code_links_without_user_name_and_works_once(person: Person) -> None:
    page = claim(person, user_name="", password="", code="zuid 7kqf2m9x-ht4d")
    page = confirm(person, page, person.pin())
    assert shown(page, "school-code") == "(00XY)"
    page = claim(person, acting="c" * 64, user_name="", password="", code="ZUID-7KQF-2M9X-HT4D")
    assert "al gebruikt" in errors(page)["activation-code"]


def test_two_who_use_one_code_at_once_get_one_link(person: Person) -> None:
    """The code is used when the PIN is right, by whoever is first."""
    other = Person(person.app, person.idp, person.wire, person.keys, person.reader)
    said = {"user_name": "", "password": "", "code": "ZUID-7KQF-2M9X-HT4D"}
    page = claim(person, **said)
    mine = person.pin()
    other_page = claim(other, acting="c" * 64, **said)
    assert confirm(other, other_page, other.pin()).request.path == "/mijn/gekoppeld"
    page = confirm(person, page, mine)
    assert "activatiecode is al gebruikt" in errors(page)["pin"]
    assert person.arrive(NEW).request.path == "/koppelen"


def test_code_and_password_together_are_one_too_many(person: Person) -> None:
    assert "niet allebei" in errors(claim(person, code="ZUID-7KQF-2M9X-HT4D"))["activation-code"]


def test_codes_cannot_be_tried_without_end(person: Person) -> None:
    said = {**GOOD, "user_name": "", "password": ""}
    page = claim(person, user_name="", password="", code="FOUT-0000")
    for number in range(9):
        page = person.post("/koppelen", page, **said, code=f"FOUT-{number}")
    page = person.post("/koppelen", page, **said, code="ZUID-7KQF-2M9X-HT4D")
    assert "Wacht een kwartier" in errors(page)["activation-code"]


# The PIN


def test_a_wrong_pin_is_told_with_the_tries_that_are_left_and_three_are_too_many(person: Person) -> None:
    page = claim(person)
    pin = person.pin()
    page = confirm(person, page, wrong(pin))
    assert (page.status_code, "nog 2 keer" in errors(page)["pin"]) == (422, True)
    assert wrong(pin) not in page.text
    page = confirm(person, page, wrong(pin))
    assert "nog 1 keer" in errors(page)["pin"]
    page = confirm(person, page, wrong(pin))
    assert "drie keer" in errors(page)["pin"]
    assert "drie keer" in errors(confirm(person, page, pin))["pin"], "the right one no longer works either"
    assert person.get("/mijn").location.endswith("/koppelen")


def test_a_pin_works_for_a_quarter_of_an_hour(person: Person, clock: Clock) -> None:
    page = claim(person)
    clock.ahead = timedelta(minutes=10)
    person.get("/koppelen/bevestigen")  # so that the session does not end first
    clock.ahead = timedelta(minutes=15, seconds=1)
    page = confirm(person, page, person.pin())
    assert "verlopen" in errors(page)["pin"]
    page = person.post("/koppelen/opnieuw", page)
    assert 'data-testid="sent-again"' in page.text
    assert confirm(person, page, person.pin()).request.path == "/mijn/gekoppeld"


def test_a_used_pin_is_told_in_the_other_tab(person: Person) -> None:
    page = claim(person)
    pin = person.pin()
    assert confirm(person, page, pin).request.path == "/mijn/gekoppeld"
    page = confirm(person, page, pin)
    assert (page.status_code, "al gebruikt" in shown(page, "pin-used")) == (422, True)
    assert 'data-testid="to-home"' in page.text


def test_a_new_pin_may_be_had_after_half_a_minute_and_replaces_the_old_one(
    person: Person, clock: Clock
) -> None:
    page = claim(person)
    old = person.pin()
    soon = person.post("/koppelen/opnieuw", page)
    assert re.search(r"Over (29|30) seconden", errors(soon)["pin"])
    assert len(person.mails()) == 1
    clock.ahead = timedelta(seconds=31)
    page = person.post("/koppelen/opnieuw", page)
    new = person.pin()
    if new != old:
        assert "vervangen" in errors(confirm(person, page, old))["pin"]
    assert confirm(person, page, new).request.path == "/mijn/gekoppeld"


def test_five_pins_are_the_most(person: Person, clock: Clock) -> None:
    page = claim(person)
    for number in range(1, 6):
        clock.ahead = timedelta(seconds=31 * number)
        page = person.post("/koppelen/opnieuw", page)
    assert "vijf pincodes" in errors(page)["pin"]
    assert len(person.mails()) == 5


def test_beginning_again_gives_no_more_guesses(person: Person, clock: Clock) -> None:
    """Or whoever knows a password could prove an address that is not theirs."""
    for _ in range(4):
        page = claim(person)
        for _ in range(3):
            page = confirm(person, page, wrong(person.pin()))
    assert "Wacht een kwartier" in errors(page)["pin"]
    assert "Wacht een kwartier" in errors(claim(person))["email"]
    assert len(person.mails()) == 4
    clock.ahead = timedelta(minutes=16)
    assert claim(person).request.path == "/koppelen/bevestigen"


def test_nobody_s_mailbox_is_filled_with_pins(person: Person) -> None:
    """By one person, and by many who name the same address."""
    for number in range(10):
        claim(person, acting=f"{number}" * 64)
    page = claim(person, acting="e" * 64)
    assert (len(person.mails()), "Wacht een kwartier" in errors(page)["email"]) == (10, True)


def test_no_pin_is_a_text_of_its_own_and_costs_no_try(person: Person) -> None:
    page = confirm(person, claim(person), "  ")
    assert errors(page)["pin"] == "Vul de pincode in."
    assert confirm(person, page, person.pin()).request.path == "/mijn/gekoppeld"


def test_the_pin_of_one_link_does_not_make_another(person: Person) -> None:
    """Two tabs, two companies: the last link page counts, and a PIN belongs to its own."""
    claim(person)
    first = person.pin()
    page = claim(person, company="90000020", user_name="vuurtoren")
    page = confirm(person, page, first)
    if first != person.pin():
        assert "klopt niet" in errors(page)["pin"]


def test_what_was_begun_long_ago_is_forgotten(person: Person, clock: Clock) -> None:
    claim(person)
    clock.ahead = timedelta(days=1, seconds=1)
    claim(person, acting="e" * 64)
    with person.app.extensions["helpdeskpo"].database.read() as session:
        assert [one.acting for one in session.query(Pending)] == ["e" * 64]
        assert session.query(PinCode).count() == 1


def test_pins_and_codes_are_nowhere_as_they_are(person: Person, caplog: pytest.LogCaptureFixture) -> None:
    page = claim(person, user_name="", password="", code="ZUID-7KQF-2M9X-HT4D")
    pin = person.pin()
    confirm(person, page, wrong(pin))
    database = person.app.extensions["helpdeskpo"].database
    with database.read() as session:
        kept = [one.mac for one in session.query(PinCode)]
        kept += [one.code_hash for one in session.query(ActivationCode)]
    assert all(len(one) == 64 for one in kept)
    assert pin not in caplog.text
    assert "7KQF" not in caplog.text


def test_mail_that_cannot_go_out_is_told(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from helpdeskpo.mail import NotSent

    def fails(_letter: object) -> None:
        raise NotSent("no server")

    monkeypatch.setattr(person.app.extensions["helpdeskpo"].mailer, "send", fails)
    page = claim(person)
    assert (page.status_code, "niet versturen" in errors(page)["email"]) == (503, True)


# Where nobody can go


@pytest.mark.parametrize(
    "path", ["/koppelen", "/koppelen/bevestigen", "/mijn", "/mijn/gekoppeld", "/mijn/archief"]
)
def test_without_a_login_every_page_leads_to_the_start(person: Person, path: str) -> None:
    assert person.get(path).location == "/"


@pytest.mark.parametrize("path", ["/mijn", "/mijn/archief", "/mijn/contact", "/mijn/profiel", "/mijn/gtb"])
def test_who_is_not_linked_is_led_to_the_link_page(person: Person, path: str) -> None:
    person.arrive(NEW)
    assert person.get(path).location == "/koppelen"


def test_no_link_is_made_without_a_pin(person: Person) -> None:
    claim(person)
    person.client.post("/koppelen/bevestigen", data={"pin": person.pin()}, base_url=BASE)
    with person.app.extensions["helpdeskpo"].database.read() as session:
        assert session.query(Link).filter_by(acting=NEW).count() == 0, "without the token of the form either"


def test_who_is_linked_has_nothing_to_do_on_the_link_page(person: Person) -> None:
    person.arrive()
    assert person.get("/koppelen").location == "/mijn"
    assert person.get("/koppelen/bevestigen").location == "/mijn"


def test_one_person_and_company_have_one_link(person: Person) -> None:
    from sqlalchemy.exc import IntegrityError

    database = person.app.extensions["helpdeskpo"].database
    link(database, "d" * 64)
    with pytest.raises(IntegrityError):
        link(database, "d" * 64)
