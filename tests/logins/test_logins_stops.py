"""Where a road stops the page's own words come back, the login stays open, and a second call goes on."""

from __future__ import annotations

from typing import Any

import pytest

from support.catalogues import BRANCH, Catalogue
from support.logins import Logins
from support.walk import PASSWORD, walk

ENDS = [
    ("k.dekker", "nomandate", "none"),
    ("r.peters", "nomandate", "expired"),
    ("e.hoekstra", "nomandate", "not_started"),
    ("v.bosman", "nomandate", "revoked"),
    ("i.schouten", "nomandate", "requested"),
    ("j.oosting", "nomandate", "lapsed"),
    ("b.willems", "nomandate", "level"),
    ("o.kuipers", "nomandate", "branch"),
    ("n.postma", "level", "level"),
    ("b.geerts", "login", "login.blocked_by_supplier"),
    ("s.tacke", "means", "suspended"),
    ("x.vermeer", "means", "revoked"),
    ("q.lammers", "means", "expired"),
    ("p.nijhuis", "nochannel", "nochannel"),
]


@pytest.mark.parametrize(("person", "page", "code"), ENDS)
def test_a_stop_says_what_the_page_says(
    bench: Any, logins: Logins, person: str, page: str, code: str
) -> None:
    login = logins.begin()
    said = logins.complete(login, person=person)
    assert said.stop == (page, code), said.body
    stop = said.body["stop"]
    assert stop["mend"]
    assert stop["mend"] in said.body["detail"]
    supplier = bench.exchanges.get(login).last("choice")["supplier"]
    browser = bench.browser()
    shown = walk(browser, bench.ask(browser), person, supplier, until=page)
    address = shown.url.partition("?")[0]
    for language in ("nl", "en"):
        if page == "login":
            shown = browser.get(f"{address}?lang={language}")
            shown = browser.submit(shown, shown.form("next"), username=person, password=PASSWORD)
        else:
            shown = browser.get(f"{address}?lang={language}")
        folded = " ".join(shown.readable.split())
        assert shown.heading == stop["heading"][language]
        for sentence in stop["text"][language].split(". "):
            assert sentence.strip(". ") in folded
    assert logins.look(login)["page"] == page
    assert logins.cancel(login).body["outcome"] == "cancelled"


def test_a_stop_without_a_mandate_names_the_lines(logins: Logins) -> None:
    (reason,) = logins.log_in("r.peters").body["stop"]["reasons"]
    assert reason["code"] == "expired"
    assert "31 December 2023" in reason["en"]
    assert "31 december 2023" in reason["nl"]
    assert "eherkenning.yaml:" in reason["place"]


@pytest.mark.parametrize(
    ("wish", "page", "code"),
    [
        ({"password": "nope"}, "login", "login.wrong"),
        ({"person": "nobody", "password": "x", "supplier": "reconi"}, "login", "login.wrong"),
        ({"person": "nobody", "password": "x", "supplier": "we-id"}, "login", "username.wrong"),
        ({"person": "j.smit", "password": "x"}, "login", "password.wrong"),
        ({"pin": "999999"}, "pin", "pin.wrong"),
        ({"pin": "12"}, "pin", "pin.format"),
        ({"channel": "qr"}, "channel", "choose-channel"),
        ({"person": "c.vandam", "channel": "sms"}, "pin", "choose-channel"),
        ({"supplier": "kpn"}, "login", "no-means"),
        ({"supplier": "KPN", "password": "x"}, "login", "login.wrong"),
        ({"person": "a.yilmaz", "phone": "refuse"}, "app", "app.refused"),
        ({"person": "a.yilmaz", "phone": "refuse", "channel": "qr"}, "qr", "qr.refused"),
        ({"person": "z.smeets", "pin": "000000"}, "card", "cardpin.wrong"),
        ({"person": "m.renkema", "new_password": "kort"}, "renew", "new_password.short"),
        ({"person": "m.renkema", "new_password": "Welkom-123"}, "renew", "new_password.same"),
        ({"person": "t.mulder"}, "mandate", "choose-company"),
        ({"person": "t.mulder", "company": "akker"}, "mandate", "choose-company"),
        ({"person": "a.tempelman"}, "chain", "choose-client"),
        ({"person": "a.tempelman", "client": "akker"}, "chain", "choose-client"),
        ({"company": "vuurtoren"}, "return", "other-company"),
        ({"client": "regenboog"}, "return", "other-client"),
        ({"branch": "000090000012"}, "return", "other-branch"),
        ({"cancel": "mandate"}, "return", "cancel-not-reached"),
    ],
)
def test_what_the_call_says_wrong_stops_and_the_login_stays_open(
    logins: Logins, wish: dict[str, str], page: str, code: str
) -> None:
    login = logins.begin()
    said = logins.complete(login, **{"person": "m.devries", **wish})
    assert said.stop == (page, code), said.body
    assert said.body["stop"]["mend"]
    assert logins.complete(login, person="m.devries").body.get("outcome") == "success"


def test_three_wrong_passwords_block_as_by_hand(logins: Logins) -> None:
    login = logins.begin()
    codes = [logins.complete(login, person="m.devries", password="nope").stop[1] for _ in range(4)]
    assert codes == ["login.wrong", "login.wrong", "login.blocked", "login.blocked"]
    assert logins.complete(login, person="m.devries").stop == ("login", "login.blocked")


def test_three_wrong_pins_end_it_and_a_new_one_can_be_sent_half_a_minute_later(
    bench: Any, logins: Logins
) -> None:
    login = logins.begin()
    codes = [logins.complete(login, person="p.bakker", pin="000000").stop[1] for _ in range(3)]
    assert codes == ["pin.wrong", "pin.wrong", "pin.blocked"]
    assert logins.complete(login, person="p.bakker").stop == ("pin", "pin.early")
    logins("PUT", "clock", {"shift_by_seconds": 31})
    assert logins.complete(login, person="p.bakker").body["outcome"] == "success"


def test_a_pin_that_is_too_late_is_asked_anew(logins: Logins) -> None:
    login = logins.begin()
    logins.complete(login, person="p.bakker", pin="000000")
    logins("PUT", "clock", {"shift_by_seconds": 601})
    said = logins.complete(login, person="p.bakker")
    assert (said.status, said.body["steps"][0]["gave"]) == (200, {"resend": "yes"})


def test_an_inbox_without_the_message_asks_for_the_pin(logins: Logins) -> None:
    login = logins.begin()
    logins.complete(login, person="p.bakker", pin="000000")
    logins("DELETE", "inbox")
    assert logins.complete(login, person="p.bakker").stop == ("pin", "pin-needed")


@pytest.mark.parametrize(
    ("named", "company"),
    [
        ("vuurtoren", "vuurtoren"),
        ("90000020", "vuurtoren"),
        ("999900018", "vuurtoren"),
        ("vereniging voor christelijk onderwijs de vuurtoren (fictief)", "vuurtoren"),
        ("company:regenboog", "regenboog"),
    ],
)
def test_a_company_has_several_names(bench: Any, logins: Logins, named: str, company: str) -> None:
    login = logins.begin()
    stopped = logins.complete(login, person="t.mulder")
    assert stopped.options == ["company:regenboog", "company:vuurtoren"]
    # The second call goes on where the first one stopped, and need not say who it is.
    said = logins.complete(login, company=named)
    assert (said.status, said.pages) == (200, ["mandate"])
    assert bench.exchanges.get(login).last("word-given")["company"] == company


def test_a_client_may_be_named_as_the_company(bench: Any, logins: Logins) -> None:
    login = logins.begin()
    assert logins.complete(login, person="a.tempelman", company="vuurtoren").status == 200, "it is behind one"
    word = bench.exchanges.get(login).last("word-given")
    assert (word["company"], word["intermediary"]) == ("vuurtoren", "kantoor-kompas")


def test_of_several_branches_one_must_be_named(logins: Logins) -> None:
    logins("POST", "service-catalogues", {"xml": Catalogue(restrictions=(BRANCH,)).xml.decode()})
    login = logins.begin(level="loa2plus")
    said = logins.complete(login, person="r.devos")
    assert (said.stop, said.options) == (("branch", "choose-branch"), ["000090000012", "000090000013"])
    assert logins.complete(login, branch="000090000012").status == 200


def test_another_person_begins_again_at_another_supplier(bench: Any, logins: Logins) -> None:
    login = logins.begin()
    assert logins.complete(login, person="t.mulder").stop == ("mandate", "choose-company")
    said = logins.complete(login, person="j.smit")
    assert (said.status, said.pages[0]) == (200, "choice")
    assert bench.exchanges.get(login).person == "j.smit"


def test_a_means_that_does_is_taken_before_one_that_does_not(bench: Any, logins: Logins) -> None:
    login = logins.begin()
    assert logins.complete(login, person="u.brouwer").status == 200
    assert bench.exchanges.get(login).last("password-right")["username"] == "u.brouwer-3"
    assert logins.log_in("u.brouwer", means="u.brouwer").stop == ("level", "level")


def test_a_supplier_that_is_not_offered_lists_those_that_are(logins: Logins) -> None:
    high = Catalogue(level="urn:etoegang:core:assurance-class:loa4")
    logins("POST", "service-catalogues", {"xml": high.xml.decode()})
    login = logins.begin(level="loa4")
    said = logins.complete(login, person="w.meijer", supplier="we-id")
    assert said.stop == ("choice", "not-offered")
    assert said.options == ["digidentity", "kpn", "reconi"]
    assert "EH4" in said.body["stop"]["text"]["nl"]
    assert logins.complete(login, person="w.meijer").status == 200


@pytest.mark.parametrize(
    ("wish", "key", "nearest"),
    [
        ({"person": "m.devrie"}, "person", "m.devries"),
        ({"supplier": "recony"}, "supplier", "reconi"),
        ({"means": "nothing"}, "means", None),
        ({"card": "123"}, "card", None),
        ({"cancel": "pinn"}, "cancel", "pin"),
        ({"compny": "regenboog"}, "compny", "company"),
        ({"channel": "post"}, "channel", None),
        ({"person": ""}, "person", None),
    ],
)
def test_what_names_nothing_is_a_mistake(
    logins: Logins, wish: dict[str, str], key: str, nearest: str | None
) -> None:
    said = logins.complete(logins.begin(), **{"person": "m.devries", **wish})
    assert said.status == 422, said.body
    assert (said.body["errors"][0]["key"], said.body["errors"][0]["nearest"]) == (key, nearest)
