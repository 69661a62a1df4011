"""The panel for testers on the suppliers' pages: who is on it, what it fills in, and that it can be turned off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from supplier_world import PASSWORD, World, ask, credentials, mandate, person, register, visit

from suppliers import foresee as foreseeing
from suppliers import testers
from suppliers.ask import Level
from suppliers.desk import Desk
from suppliers.profiles import load_profiles
from suppliers.visit import Screen
from support.browser import Page
from support.walk import kind, login_id_of, pin_from_inbox, walk

if TYPE_CHECKING:
    from conftest import Bench

LOGIN = Screen("login", step=1, values={"fields": ("username", "password")})


def panel(world: World, searched: str | None = None, screen: Screen = LOGIN, **changes: Any) -> testers.Panel:
    return testers.panel(visit(**changes), screen, world.facts(), searched=searched)


def names(shown: testers.Panel) -> list[str]:
    return [card.means.username for card in shown.cards]


def here(page: Page) -> str:
    """Its address without the query."""
    return page.url.partition("?")[0]


def turn_off(bench: Bench) -> None:
    file = bench.home / "eherkenning.yaml"
    file.write_text(file.read_text() + "\nbroker:\n  tester_panel: false\n")
    bench.application.parts.configuration.refresh()


def test_one_click_fills_in_name_and_password_and_sends_nothing(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    assert page.by_testid("password")[0].get("value") is None
    filled = browser.get(page.by_testid("fill-m.devries")[0].get("href"))
    assert kind(filled) == "login"
    assert filled.by_testid("username")[0].get("value") == "m.devries"
    assert filled.by_testid("password")[0].get("value") == "Welkom-123"
    assert kind(browser.submit(filled, filled.form("next"))) == "channel"


def test_the_panel_is_folded_until_somebody_searches(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    assert page.by_testid("testers")[0].get("open") is None
    searched = browser.get(f"{here(page)}?people=devries")
    assert searched.by_testid("testers")[0].get("open") is not None
    assert searched.said("verdict-m.devries") == "Komt binnen"
    assert len(searched.tree.xpath('//li[starts-with(@data-testid, "person-")]')) == 1
    nobody = browser.get(f"{here(page)}?people=zzz")
    assert "zzz" in nobody.said("testers-nobody")


@pytest.mark.parametrize("who", ["a.yilmaz", "nobody", "", "m.devries/../", "900000000030"])
def test_who_has_no_means_here_is_not_filled_in(bench: Bench, who: str) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    filled = browser.get(f"{here(page)}?fill={who}")
    assert filled.by_testid("username")[0].get("value") is None
    assert filled.by_testid("password")[0].get("value") is None


def test_on_the_page_of_the_password_only_whoever_gave_their_name_is_filled_in(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "a.yilmaz", "digidentity", until="login")
    page = browser.submit(page, page.form("next"), username="a.yilmaz")
    assert page.by_testid("password")
    assert browser.get(f"{here(page)}?fill=w.meijer").by_testid("password")[0].get("value") is None
    own = browser.get(page.by_testid("fill-a.yilmaz")[0].get("href"))
    assert own.by_testid("password")[0].get("value") == "Welkom-123"
    assert not page.by_testid("fill-w.meijer")


def test_the_page_of_the_pin_shows_the_pin_of_this_visit_only(bench: Bench) -> None:
    mine, other = bench.browser(), bench.browser()
    page = walk(mine, bench.ask(mine), "d.sanders", until="pin")
    walk(other, bench.ask(other), "t.mulder", until="pin")
    code = pin_from_inbox(mine, login_id_of(page))
    assert page.said("testers-code") == code
    filled = mine.get(page.by_testid("fill-d.sanders")[0].get("href"))
    assert filled.by_testid("pin")[0].get("value") == code
    assert mine.get(f"{here(page)}?fill=t.mulder").by_testid("pin")[0].get("value") is None
    assert kind(mine.submit(filled, filled.form("next"))) == "answer"


def test_the_card_and_its_pin_are_filled_in(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    page = browser.get(f"{here(page)}?people=900000000030")
    card = browser.submit(page, page.form("to-card-900000000030"))
    assert kind(card) == "card"
    assert {*card.tree.xpath("//li/@data-testid")} >= {"person-900000000030"}
    assert "person-m.devries" not in card.text
    filled = browser.get(card.by_testid("fill-900000000030")[0].get("href"))
    assert filled.by_testid("card")[0].get("value") == "900000000030"
    assert filled.by_testid("cardpin")[0].get("value") == "246810"


def test_who_looked_at_the_smartcard_can_still_be_filled_in_by_name(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    browser.submit(page, page.form("by-card"))
    filled = browser.get(f"{here(page)}?fill=m.devries")
    assert filled.by_testid("username")[0].get("value") == "m.devries"
    assert filled.by_testid("password")[0].get("value") == "Welkom-123"


def test_after_a_mistake_the_page_shows_what_was_typed(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    wrong = browser.post(f"{here(page)}?fill=m.devries", credentials("m.devries", "fout"))
    assert wrong.by_testid("error-summary")
    assert wrong.by_testid("password")[0].get("value") is None


def test_a_page_that_stops_somebody_says_who_would_get_on(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "r.peters")
    assert kind(page) == "nomandate"
    assert page.said("verdict-r.peters") == "Komt niet binnen"
    assert page.said("verdict-m.devries") == "Komt binnen"
    assert kind(browser.get(page.by_testid("fill-m.devries")[0].get("href"))) == "login"


def test_when_it_is_off_no_page_says_anything_of_anybody(bench: Bench) -> None:
    turn_off(bench)
    for who, supplier in (("m.devries", "reconi"), ("a.yilmaz", "digidentity"), ("r.peters", "reconi")):
        browser = bench.browser()
        page = walk(browser, bench.ask(browser), who, supplier, until="login")
        for query in (f"fill={who}", "people=", "fill=l.jacobs&people=jacobs"):
            browser.get(f"{here(page)}?{query}")
        page = walk(browser, page, who, supplier, until="pin")
        code = pin_from_inbox(browser, login_id_of(page))
        browser.get(f"{here(page)}?fill={who}&people=")
        walk(browser, page, who, supplier)
        shown = [seen for seen in browser.seen if "/supplier/" in seen.url]
        assert len(shown) > 5
        for seen in shown:
            assert "Welkom-123" not in seen.text, seen.url
            assert code not in seen.text, seen.url
            assert "testers" not in seen.text, seen.url
            assert "l.jacobs" not in seen.text, seen.url


def test_it_is_turned_off_while_the_broker_runs(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    assert page.by_testid("testers")
    turn_off(bench)
    again = browser.get(f"{here(page)}?fill=m.devries")
    assert not again.by_testid("testers")
    assert again.by_testid("password")[0].get("value") is None


def test_a_desk_of_its_own_has_no_panel(world: World) -> None:
    world.desk.open("reconi", ask())
    seen, screen = world.desk.show("reconi", "login-1", 1)
    assert seen
    assert isinstance(screen, Screen)
    assert world.desk.testers(seen, screen, fill="jan") is None
    open_one = Desk(load_profiles(), world.store, lambda ask, who: world.register, tester_panel=lambda: True)
    assert open_one.testers(seen, screen, fill="jan")


def test_those_who_pass_come_first_then_one_for_each_reason(world: World) -> None:
    shown = panel(world)
    assert names(shown) == ["jan", "piet", "mail", "vast", "laag", "stil", "niemand", "oud"]
    assert shown.left_out == 0


def test_there_are_a_dozen_cards_with_each_thing_that_can_happen_among_them(world: World) -> None:
    well = tuple(person(f"goed{n}") for n in range(20))
    late = tuple(person(f"laat{n}", level=Level.EH2_PLUS) for n in range(5))
    silent = (person("stil", phone=None), person("niemand"))
    held = tuple(mandate(f"m{one.key}", one.key, "linde") for one in (*well, *late))
    world.register = register((*well, *late, *silent), held)
    shown = panel(world)
    assert len(shown.cards) == testers.MOST_CARDS
    assert shown.left_out == 27 - testers.MOST_CARDS
    assert [card.verdict.ends for card in shown.cards if not card.verdict.passes] == [
        "level",
        "nochannel",
        "nomandate",
    ]
    assert shown.cards[0].verdict.passes


def test_a_search_finds_names_and_what_happens(world: World) -> None:
    assert names(panel(world, "PIE")) == ["piet"]
    assert names(panel(world, "pincode")) == ["stil"]
    assert names(panel(world, "kees")) == []


def test_whoever_logs_in_now_stands_first_and_alone_on_the_pages_between(world: World) -> None:
    between = panel(world, None, Screen("mandate", step=6), person="piet", username="piet", done=5)
    assert names(between) == ["piet"]
    assert not between.everybody
    assert between.cards[0].current
    assert not between.cards[0].fills
    asked = panel(world, "", Screen("mandate", step=6), person="piet", username="piet", done=5)
    assert names(asked)[0] == "piet"
    assert "jan" in names(asked)


@pytest.mark.parametrize(
    ("searched", "looked_at"), [(None, 0), ("", 0), ("p9", testers.MOST_LOOKED_AT), ("p4321", 1)]
)
def test_a_large_register_is_looked_at_only_in_part(
    world: World, monkeypatch: pytest.MonkeyPatch, searched: str | None, looked_at: int
) -> None:
    world.register = register(tuple(person(f"p{n}") for n in range(5000)), ())
    looked: list[str] = []
    walk = foreseeing.walk

    def counting(owner: Any, *rest: Any, **more: Any) -> Any:
        looked.append(owner.key)
        return walk(owner, *rest, **more)

    monkeypatch.setattr(foreseeing, "walk", counting)
    shown = panel(world, searched)
    assert len(looked) == looked_at
    assert len(shown.cards) == min(looked_at, testers.MOST_CARDS)
    there = sum(1 for n in range(5000) if (searched or "") in f"p{n}")
    assert shown.left_out == there - len(shown.cards)


def test_nothing_secret_is_in_what_is_written_of_a_panel(world: World) -> None:
    world.desk.open("reconi", ask())
    shown = testers.panel(visit(), LOGIN, world.facts(), fill="jan")
    assert shown.fill == {"username": "jan", "password": PASSWORD}
    assert PASSWORD not in repr(shown)


def test_a_password_that_was_changed_is_the_one_that_is_filled_in(world: World) -> None:
    _, means = world.register.clients("reconi")[0]
    world.desk.accounts.set_password(means, "Nieuw-wachtwoord-1")
    shown = testers.panel(visit(), LOGIN, world.facts(), fill="jan")
    assert shown.fill["password"] == "Nieuw-wachtwoord-1"


def test_a_place_is_a_file_name_and_a_line(bench: Bench) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    assert re.search(r"<code>eherkenning\.yaml:\d+</code>", page.text)
    assert str(bench.home) not in page.text
