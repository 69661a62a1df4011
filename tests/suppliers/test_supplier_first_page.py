"""The first page of a supplier: all that the seed shows of Reconi's, and nothing where the profile does not say so."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from lxml import html
from supplier_world import World, ask

from suppliers.ask import Level
from suppliers.pages import blueprint
from suppliers.profiles import Profile, load_profiles

PROFILES = load_profiles()


def first_page(world: World, slug: str = "reconi", *, alone: bool = False, **asked: Any) -> html.HtmlElement:
    world.desk.open(slug, ask(**asked), alone=alone)
    return page(world, f"/supplier/{slug}/login-1/1")


def page(world: World, path: str, status: int = 200) -> html.HtmlElement:
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk))
    got = app.test_client().get(path)
    assert got.status_code == status, got.text
    return html.fromstring(got.data)


def ids(tree: html.HtmlElement) -> set[str]:
    return {*tree.xpath("//@data-testid")}


def at(tree: html.HtmlElement, testid: str) -> html.HtmlElement:
    found = tree.xpath(f'//*[@data-testid="{testid}"]')
    assert found, f"no {testid} among {sorted(ids(tree))}"
    return found[0]


def read(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_reconi_shows_all_that_the_manual_shows(world: World) -> None:
    tree = first_page(world)
    assert read(tree.xpath("//h1")[0]) == "Inloggen"
    assert read(at(tree, "service")) == "Mijn Helpdesk po"
    assert read(at(tree, "provider")) == "Dienst Uitvoering Onderwijs"
    assert read(at(tree, "levels")) == "EH 1 / 2 / 2+ / 3 (gevraagd)"
    assert read(at(tree, "level-asked")) == "3 (gevraagd)"
    assert "1 juli 2021" in read(at(tree, "eh1-notice"))
    assert {"username", "password", "stay", "next", "forgotten", "by-card", "back", "cancel"} <= ids(tree)
    assert read(at(tree, "next")) == "Volgende"
    assert read(at(tree, "back")) == "Vorige"
    assert read(at(tree, "forgotten")) == "Gebruikersnaam of wachtwoord vergeten"
    assert at(tree, "forgotten").get("href") == "/supplier/reconi/forgotten?login=login-1"


def test_the_notice_folds_away_without_a_script_and_alarms_nobody(world: World) -> None:
    notice = at(first_page(world), "eh1-notice")
    assert notice.tag == "details"
    assert notice.get("open") is not None
    assert notice.get("role") is None
    assert notice[0].tag == "summary"


def test_more_about_eh1_stands_on_a_page_of_ours_and_leads_back(world: World) -> None:
    link = at(first_page(world), "eh1-more")
    assert read(link) == "Meer informatie over het einde van EH1"
    more = page(world, link.get("href"))
    assert read(more.xpath("//h1")[0]) == "Inloggen met EH1 kan niet meer"
    assert at(more, "back").get("href") == "/supplier/reconi/login-1/"
    english = page(world, "/supplier/reconi/eh1?lang=en")
    assert read(english.xpath("//h1")[0]) == "Logging in with EH1 is no longer possible"
    assert "back" not in ids(english)


@pytest.mark.parametrize("slug", sorted(PROFILES.keys() - {"reconi"}))
def test_other_suppliers_say_nothing_of_eh1_and_have_no_smartcard(world: World, slug: str) -> None:
    assert not {"eh1-notice", "by-card", "smartcard"} & ids(first_page(world, slug))
    page(world, f"/supplier/{slug}/eh1", status=404)


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ({}, True),
        ({"force_authn": True}, True),
        ({"force_authn": False}, True),
        ({"level": Level.EH2_PLUS}, True),
        ({"level": Level.EH4}, False),
        ({"alone": True}, False),
    ],
)
def test_staying_logged_in_is_offered_where_it_would_do_something(
    world: World, asked: dict[str, Any], offered: bool
) -> None:
    assert ("stay" in ids(first_page(world, **asked))) is offered


def test_the_box_says_how_long_that_is(world: World) -> None:
    tree = first_page(world)
    box = at(tree, "stay")
    assert (box.get("type"), box.get("name"), box.get("checked")) == ("checkbox", "stay", None)
    assert "2 uur" in tree.get_element_by_id(box.get("aria-describedby")).text_content()


def test_a_supplier_that_keeps_nobody_logged_in_does_not_offer_it(world: World) -> None:
    without = {
        "reconi": replaced(PROFILES["reconi"], stay_logged_in=False, smartcard=False, eh1_notice=False)
    }
    changed = World(without)
    tree = first_page(changed)
    assert not {"stay", "by-card", "eh1-notice", "eh1-more"} & ids(tree)


def test_the_smartcard_has_a_form_and_a_button_of_its_own(world: World) -> None:
    tree = first_page(world)
    button = at(tree, "by-card")
    assert (button.tag, button.get("name")) == ("button", "card")
    assert read(button) == "Volgende met uw smartcard"
    assert not at(tree, "smartcard").xpath('.//input[@name="username" or @name="password"]')
    assert "smartcard" not in read(at(tree, "next"))


@pytest.mark.parametrize("slug", sorted(PROFILES))
def test_each_supplier_has_its_own_shape_and_says_so_to_the_style_sheet_alone(
    world: World, slug: str
) -> None:
    tree, profile = first_page(world, slug), PROFILES[slug]
    assert set(profile.look.classes.split()) <= set(tree.xpath("//body/@class")[0].split())
    assert profile.tagline
    assert profile.tagline.nl in read(tree.xpath("//header")[0])
    order = [read(one) for one in tree.xpath('//*[@data-testid="service"]|//*[@data-testid="next"]')]
    assert (order[0] == "Mijn Helpdesk po") is (profile.look.service == "above")
    assert not tree.xpath("//@style")


def replaced(profile: Profile, **changes: Any) -> Profile:
    return profile.model_copy(update=changes)
