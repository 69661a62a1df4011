from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from suppliers.profiles import SHIPPED, Look, Profile, ProfileError, load_profiles

GOOD = """\
name: Proef
ad: urn:etoegang:AD:00000003999900990000:entities:9099
mr: urn:etoegang:MR:00000003999900990000:entities:9098
levels: [EH2+, EH3]
identifiers: [KvKnr]
second_factors: [sms]
steps: [[username, password], [pin]]
colours: {brand: "#003366", on_brand: "#ffffff", link: "#003366"}
"""
PROFILES = load_profiles()


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_sum_is_the_one_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_six_suppliers_come_along():
    assert {profile.name for profile in PROFILES.values()} == {
        "Digidentity",
        "KPN",
        "QuoVadis",
        "Reconi",
        "We-ID",
        "Z login",
    }


def fixed_colours() -> dict[str, str]:
    """What the common style sheet puts on every supplier's page."""
    sheet = (Path(SHIPPED).parent / "pages/static/supplier.css").read_text()
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", sheet.partition("}")[0]))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_a_supplier_can_be_read_by_everybody(profile: Profile):
    colours, fixed = profile.colours, fixed_colours()
    behind = {"page": colours.page} | ({"sheet": colours.sheet} if profile.look.sheet else {})
    for name, ground in behind.items():
        for kind, text in (("text", colours.text), ("link", colours.link), ("muted", fixed["muted"])):
            assert contrast(text, ground) >= 4.5, f"{kind} on {name}"
        assert contrast(fixed["wrong"], ground) >= 4.5, f"what is wrong, on {name}"
        # The button and the edges are no text: 3 to 1 (WCAG 1.4.11).
        assert contrast(colours.brand, ground) >= 3, f"button on {name}"
        assert contrast(fixed["line"], ground) >= 3, f"edge of a field on {name}"
        # One of the two colours of the focus stands out on anything (WCAG 2.4.11).
        assert max(contrast(fixed[one], ground) for one in ("focus", "halo")) >= 3, f"focus on {name}"
    assert contrast(colours.text, colours.tint) >= 4.5, "where one logs in to"
    # The button, the header, the level that is asked; and the button under the mouse, which is the other way round.
    assert contrast(colours.on_brand, colours.brand) >= 4.5
    assert max(contrast(fixed[one], colours.brand) for one in ("focus", "halo")) >= 3, "focus on the header"
    # The letter of a header in the page's own colours stands on the brand, and the brand on the page.
    assert contrast(colours.brand, colours.on_brand) >= 3


@pytest.mark.parametrize("ground", ["notice", "testers"])
def test_what_is_the_same_for_all_can_be_read_too(ground: str):
    fixed = fixed_colours()
    assert contrast(fixed["ink"], fixed[ground]) >= 4.5
    assert contrast(fixed["focus"], fixed[ground]) >= 3
    sheet = (Path(SHIPPED).parent / "pages/static/supplier.css").read_text()
    edges = {
        colour
        for rule in re.findall(rf"\.{ground}[^{{]*{{([^}}]*)}}", sheet)
        for colour in re.findall(r"border: [^;]*(#[0-9a-f]{6})", rule)
    }
    assert edges
    for edge in edges:
        assert contrast(edge, fixed[ground]) >= 3
    for mark in ("#0b6b2e", "#b3001b", "#595959"):
        assert mark in sheet
        assert contrast(mark, "#ffffff") >= 4.5


def test_every_shape_has_rules_of_its_own():
    sheet = (Path(SHIPPED).parent / "pages/static/supplier.css").read_text()
    for key in ("header", "corners", "letters"):
        for value in get_args(Look.model_fields[key].annotation):
            default = Look.model_fields[key].default == value and key == "letters"
            assert default or f".{key}-{value}" in sheet, f"{key}: {value}"
    assert ".on-sheet" in sheet


def test_no_two_suppliers_look_the_same():
    looks = [profile.look.classes + profile.look.service for profile in PROFILES.values()]
    assert len(set(looks)) == len(looks)
    assert len({profile.colours.brand for profile in PROFILES.values()}) == len(PROFILES)
    headings = {profile.wording.get("nl", {}).get("login.heading") for profile in PROFILES.values()}
    assert len(headings) == len(PROFILES)
    assert all(profile.tagline for profile in PROFILES.values())


def test_no_two_suppliers_share_an_entity_id():
    ids = [entity for profile in PROFILES.values() for entity in (profile.ad, profile.mr)]
    assert len(ids) == len(set(ids))


def test_no_python_names_a_supplier():
    names = [profile.name.casefold() for profile in PROFILES.values()]
    for file in SHIPPED.parent.rglob("*.py"):
        # An example in the JSON Schema may: it says what the default file says.
        text = re.sub(r"examples=\[.*?\]\)?\n", "", file.read_text(), flags=re.DOTALL).casefold()
        assert not [name for name in names if name in text], file


def test_a_file_in_a_folder_of_ones_own_adds_a_supplier(tmp_path: Path):
    (tmp_path / "proef.yaml").write_text(GOOD)
    assert load_profiles(tmp_path)["proef"].name == "Proef"
    assert load_profiles(tmp_path).keys() > PROFILES.keys()


def test_a_file_of_the_same_name_replaces_a_supplier(tmp_path: Path):
    (tmp_path / "reconi.yaml").write_text(GOOD)
    assert load_profiles(tmp_path)["reconi"].name == "Proef"


def test_a_folder_that_is_not_there_adds_nothing(tmp_path: Path):
    assert load_profiles(tmp_path / "none") == PROFILES


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("EH2+, EH3", "EH2+, EH5", "proef.yaml:4: levels.1: 'EH5' is not a level"),
        ("[KvKnr]", "[BSN]", "proef.yaml:5: identifiers.0: "),
        ("[sms]", "[duif]", "proef.yaml:6: second_factors.0: "),
        ("second_factors: [sms]\n", "", "second_factors: the steps ask a pin"),
        (", [pin]", "", "second_factors: no page of steps asks a pin"),
        ("[[username, password], [pin]]", "[[password], [username]]", "steps: the first page must ask"),
        ("[[username, password], [pin]]", "[[username], [pin]]", "steps: one of the pages must ask the"),
        ("[[username, password], [pin]]", "[[username], [password, pin]]", "steps: the pin needs a page"),
        ("[[username, password], [pin]]", "[[username, password], []]", "steps: a page without fields"),
        ("[[username, password], [pin]]", "[[username, password], [password]]", "steps: each field"),
        ("[[username, password], [pin]]", "[[username, card]]", "proef.yaml:7: steps.0.1: "),
        ('"#003366", on', "red;}, on", "not YAML"),
        ('"#003366", on', '"red", on', "proef.yaml:8: colours.brand: "),
        ("name: Proef\n", "", "proef.yaml:1: name: Field required"),
        ("levels:", "look: {header: zigzag}\nlevels:", "proef.yaml:4: look.header: "),
        ("levels:", "look: {hoeken: rond}\nlevels:", "proef.yaml:4: look.hoeken: "),
        ("levels:", "tagline: Hallo\nlevels:", "proef.yaml:4: tagline: "),
        ("levels:", "tagline: {nl: Hallo}\nlevels:", "proef.yaml:4: tagline.en: "),
        ("name: Proef\n", "name: Proef\nname: Twee\n", "proef.yaml:2: name: this key is here twice"),
        ("name: Proef\n", "name: Proef\nnaam: Proef\n", "proef.yaml:2: naam: "),
        ("name: Proef\n", "name: Proef\nslug: proef\n", "proef.yaml:2: slug: leave it out"),
        ("entities:9099", "entities:0113", "proef.yaml:2: ad: "),
        (
            "levels:",
            "wording: {nl: {logn.heading: Hoi}}\nlevels:",
            "proef.yaml:4: wording: nl.logn.heading: no page has a text of this name; did you mean login.heading?",
        ),
        (
            "levels:",
            "wording: {nl: {pin.wrong: 'Nog {tries}'}}\nlevels:",
            "wording: nl.pin.wrong: {tries} cannot be filled in here; allowed: {left}",
        ),
        ("levels:", "wording: {fr: {pin.wrong: Non}}\nlevels:", "wording: fr: no page is in this language"),
        (GOOD, "- Proef\n", "proef.yaml:1: a profile is a list of keys"),
        (GOOD, "", "proef.yaml:1: a profile is a list of keys"),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_key(tmp_path: Path, old: str, new: str, complaint: str):
    assert old in GOOD
    (tmp_path / "proef.yaml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ProfileError) as refused:
        load_profiles(tmp_path)
    assert complaint in str(refused.value)
    assert "proef.yaml" in str(refused.value)


@pytest.mark.parametrize("name", ["static", "Hoofdletter", "twee woorden"])
def test_a_file_name_that_makes_no_address_is_refused(tmp_path: Path, name: str):
    (tmp_path / f"{name}.yaml").write_text(GOOD)
    with pytest.raises(ProfileError):
        load_profiles(tmp_path)


def test_a_supplier_may_have_its_chains_confirmed_by_another(tmp_path: Path):
    (tmp_path / "proef.yaml").write_text(GOOD + "next_register: kpn\n")
    assert load_profiles(tmp_path)["proef"].offer().next_register == "kpn"
    (tmp_path / "proef.yaml").write_text(GOOD + "next_register: kpm\n")
    with pytest.raises(
        ProfileError, match=r"proef.yaml: next_register: there is no supplier 'kpm'.* mean kpn\?"
    ):
        load_profiles(tmp_path)


def test_an_entity_id_of_another_supplier_is_refused(tmp_path: Path):
    (tmp_path / "proef.yaml").write_text(GOOD.replace(GOOD.splitlines()[1], f"ad: {PROFILES['kpn'].ad}"))
    with pytest.raises(ProfileError, match=r"proef.yaml: ad: .* is already that of kpn"):
        load_profiles(tmp_path)
