"""Changes over a register are what the register would be if the files said the same: nothing more, nothing less."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suppliers.register import editing, shape
from suppliers.register.changes import Entry, Section, after
from suppliers.register.editing import By, Refused, Step
from suppliers.register.layer import Allowed, Layer
from suppliers.register.loader import loads
from suppliers.register.model import Register
from suppliers.register.search import Texts

SUPPLIERS = ("reconi", "kpn")
ALLOWED = Allowed(SUPPLIERS, ("kpn",))
PEOPLE, COMPANIES, SERVICES = ("anna", "bram", "cees"), ("roos", "lelie", "tulp"), ("aa", "bb")
USERNAMES, BRANCHES = ("u1", "U1", "u2", "u3"), ("000000000001", "000000000002")
IDS = ("m1", "m2", "m3")
AT = datetime(2026, 11, 22, tzinfo=UTC)
LEVELS = st.sampled_from(["EH2", "EH3", "EH4"])

few = st.sampled_from
means = st.builds(
    lambda supplier, name, level: {"supplier": supplier, "username": name, "password": "x", "level": level},
    few(SUPPLIERS),
    few(USERNAMES),
    LEVELS,
) | st.builds(lambda name: {"supplier": "kpn", "card": name, "pin": "123456", "level": "EH4"}, few(USERNAMES))
person = st.fixed_dictionaries(
    {"name": few(["A", "B"]), "means": st.lists(means, max_size=2)}, optional={"email": st.just("a@b")}
)
company = st.fixed_dictionaries(
    {"name": few(["R", "L"])},
    optional={
        "kvk": few(["12345678", "87654321"]),
        "rsin": st.just("123456789"),
        "branches": st.dictionaries(few(BRANCHES), st.just("filiaal"), max_size=2),
        "manager": few(PEOPLE),
    },
)
service = st.builds(
    lambda name, number: {
        "name": name,
        "provider": "P",
        "service_id": f"urn:etoegang:DV:00000001999999990000:services:{number}",
        "level": "EH3",
    },
    few(["Een", "Twee"]),
    few([1, 2, 3]),
)
mandate = st.fixed_dictionaries(
    {"person": few(PEOPLE), "company": few(COMPANIES), "level": LEVELS, "service": few(["*", *SERVICES])},
    optional={"intermediary": few(COMPANIES), "branch": few(BRANCHES), "until": st.just("2026-11-21")},
)
BODIES = {
    Section.SERVICES: (SERVICES, service),
    Section.PEOPLE: (PEOPLE, person),
    Section.COMPANIES: (COMPANIES, company),
    Section.MANDATES: (IDS, mandate),
}
puts = st.sampled_from(list(BODIES)).flatmap(
    lambda section: st.tuples(
        st.just("put"), st.just(section), few(BODIES[section][0]), BODIES[section][1], few(["", "t1", "t2"])
    )
)
deletes = st.sampled_from(list(BODIES)).flatmap(
    lambda section: st.tuples(
        st.just("delete"), st.just(section), few(BODIES[section][0]), st.booleans(), few(["", "t1", "t2"])
    )
)
posts = st.tuples(st.just("post"), st.just(Section.MANDATES), st.just(""), mandate, few(["", "t1"]))
drops = st.tuples(st.just("drop"), st.just(Section.PEOPLE), st.just(""), st.none(), few(["t1", "t2"]))
calls = st.lists(puts | puts | deletes | posts | drops, max_size=25)
SLOWLY = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


# With something of everything that one record can say of another.
RICH: dict[str, Any] = {
    "services": {
        "aa": {
            "name": "Een",
            "provider": "P",
            "service_id": f"urn:etoegang:DV:{'0' * 20}:services:1",
            "level": "EH3",
        }
    },
    "companies": {
        "roos": {"name": "R", "kvk": "12345678", "manager": "anna", "branches": {BRANCHES[0]: "x"}},
        "tulp": {"name": "T", "kvk": "87654321"},
    },
    "people": {"anna": {"name": "A", "email": "a@b"}, "bram": {"name": "B"}},
    "mandates": {
        "m1": {"person": "bram", "company": "roos", "service": "aa", "level": "EH3", "branch": BRANCHES[0]},
        "m2": {"person": "anna", "company": "roos", "intermediary": "tulp", "service": "*", "level": "EH3"},
    },
}


def step(layer: Layer, call: tuple[Any, ...]) -> Step | None:
    """What the call comes to; None where it is refused."""
    kind, section, key, value, tag = call
    by = By(tag, AT)
    try:
        if kind == "put":
            return editing.put(layer, section, key, value, by)
        if kind == "post":
            return editing.post_mandate(layer, value, by)
        if kind == "drop":
            return Step(key, editing.drop(layer, tag))
        return editing.delete(layer, section, key, by, cascade=value)
    except Refused:
        return None


def registered(data: dict[str, Any]) -> Register:
    """The slow way: written as a file and read."""
    written = {**data, "mandates": [{**value, "id": key} for key, value in data["mandates"].items()]}
    return loads(
        yaml.safe_dump(written), "f.yaml", suppliers=SUPPLIERS, smartcards=ALLOWED.smartcards
    ).register


def plain(register: Register) -> dict[str, Any]:
    whole = shape.whole(register)
    return {**whole, "mandates": {one["id"]: one for one in whole["mandates"]}}


def merged(base: Register, layer: Layer) -> dict[str, Any]:
    """The file's data with every change that counts written into it."""
    data = plain(base)
    unfit = {one.change.about for one in layer.unfit}
    for (section, key), change in layer.changes.items():
        if change.value is None:
            data[section].pop(key, None)
        elif (section, key) not in unfit:
            data[section][key] = dict(change.value)
    return data


def found(register: Register) -> dict[str, Any]:
    """Everything that the look-ups give."""
    logins = {
        (supplier, name, card): (login[0].key, shape.means(login[1]))
        for supplier in SUPPLIERS
        for name in USERNAMES
        for card in (False, True)
        if (login := register.login(supplier, name, card=card))
    }
    clients = {
        supplier: sorted(
            (person.key, repr(shape.means(means))) for person, means in register.clients(supplier)
        )
        for supplier in SUPPLIERS
    }
    lengths = {supplier: len(register.clients(supplier)) for supplier in SUPPLIERS}
    mandates = {
        person: {mandate.id: shape.mandate(mandate) for mandate in register.mandates_of(person)}
        for person in PEOPLE
    }
    sizes = len(register.people), len(register.companies), len(register.services), len(register.mandates())
    by_id = {
        one.id: shape.mandate(one) for one in register.mandates() if register.mandate(one.id) is not None
    }
    addresses = {
        person.email: sorted(one.key for one in register.at_address(person.email))
        for person in register.people.values()
        if person.email
    }
    return {
        "addresses": addresses,
        "logins": logins,
        "clients": clients,
        "lengths": lengths,
        "mandates": mandates,
        "sizes": sizes,
        "by_id": by_id,
    }


def walked(base: Register, made: list[tuple[Any, ...]]) -> Layer:
    layer = Layer.on(base, ALLOWED)
    for call in made:
        done = step(layer, call)
        if done is not None and done.entry is not None:
            layer = layer.after(done.entry)
    return layer


@SLOWLY
@given(then=calls)
def test_no_call_makes_what_a_file_may_not_say(then: Any) -> None:
    base = registered(RICH)
    layer = walked(base, then)
    assert plain(layer.register) == plain(registered(merged(base, layer)))


@SLOWLY
@given(first=calls, then=calls)
def test_changes_over_a_register_are_what_a_file_with_the_same_in_it_gives(first: Any, then: Any) -> None:
    base = registered(merged(registered(plain(Register())), walked(registered(plain(Register())), first)))
    layer = walked(base, then)
    reference = registered(merged(base, layer))
    assert plain(layer.register) == plain(reference)
    assert found(layer.register) == found(reference)


@SLOWLY
@given(first=calls, then=calls)
def test_dropping_the_changes_gives_the_register_of_the_file_back(first: Any, then: Any) -> None:
    base = registered(merged(registered(plain(Register())), walked(registered(plain(Register())), first)))
    layer = walked(base, then)
    entry = editing.drop(layer, "")
    assert (layer.after(entry) if entry else layer).register is base


@SLOWLY
@given(first=calls, other=calls, then=calls)
def test_changes_survive_another_file_and_what_does_not_fit_it_is_left_out_and_said(
    first: Any, other: Any, then: Any
) -> None:
    empty = registered(plain(Register()))
    one, two = (registered(merged(empty, walked(empty, made))) for made in (first, other))
    changes = walked(one, then).changes
    layer = Layer.on(two, ALLOWED, changes)
    assert set(layer.changes) == set(changes)
    for lookups in (layer.register.mandates(), layer.register.people):
        assert len(list(lookups)) == len(lookups)
    for unfit in layer.unfit:
        assert unfit.problems, unfit
    register = layer.register
    for mandate in register.mandates():
        assert mandate.person in register.people
        assert mandate.company in register.companies
        assert mandate.intermediary is None or mandate.intermediary in register.companies
    held = {(login[0], login[2], login[1].casefold()) for login in found(layer.register)["logins"]}
    names = [
        (m.supplier, m.card, m.username.casefold()) for p in layer.register.people.values() for m in p.means
    ]
    assert len(names) == len(set(names)), "two people with one user name"
    assert held == set(names)
    again = Layer.on(one, ALLOWED, changes)
    assert plain(again.register) == plain(walked(one, then).register), (
        "back to the first file, all is as it was"
    )


def test_who_gives_up_a_name_may_come_after_who_takes_it() -> None:
    """The order in which the store has them is that of the last word on each, not that of the names."""
    base = registered({**plain(Register()), "people": {"anna": {"name": "A", "means": [_means("u1")]}}})
    by = By("", AT)
    taker = by.change(Section.PEOPLE, "bram", {"name": "B", "means": [_means("u1")]})
    giver = by.change(Section.PEOPLE, "anna", {"name": "A"})
    layer = Layer.on(base, ALLOWED, after({}, Entry((taker, giver))))
    assert not layer.unfit
    found = layer.register.login("reconi", "u1")
    assert found is not None
    assert found[0].key == "bram"


def test_of_two_that_want_one_name_the_file_has_it() -> None:
    base = registered({**plain(Register()), "people": {"anna": {"name": "A", "means": [_means("u1")]}}})
    taker = By("t1", AT).change(Section.PEOPLE, "bram", {"name": "B", "means": [_means("u1")]})
    layer = Layer.on(base, ALLOWED, after({}, Entry((taker,))))
    assert "bram" not in layer.register.people
    assert str(layer.unfit[0]) == (
        'people.bram (api, tag t1) does not count: means[1].username: "u1" is taken on line 6 of f.yaml: '
        "each needs one of its own"
    )


def _means(name: str) -> dict[str, str]:
    return {"supplier": "reconi", "username": name, "password": "x", "level": "EH3"}


@pytest.mark.parametrize(
    ("section", "key", "left"),
    [
        (Section.COMPANIES, "roos", set()),
        (Section.COMPANIES, "tulp", {"m1"}),
        (Section.PEOPLE, "bram", {"m2"}),
    ],
)
def test_a_mandate_that_the_file_gains_for_what_was_taken_away_does_not_count(
    section: Section, key: str, left: set[str]
) -> None:
    gone = By("", AT).change(section, key, None)
    layer = Layer.on(registered(RICH), ALLOWED, after({}, Entry((gone,))))
    assert {mandate.id for mandate in layer.register.mandates()} == left
    assert {m.id for person in PEOPLE for m in layer.register.mandates_of(person)} == left
    assert {one for one in ("m1", "m2") if layer.register.mandate(one)} == left


@given(st.lists(st.text("abB\t\n", max_size=4)), st.text("abB\t", min_size=1, max_size=2))
def test_a_search_finds_each_record_that_has_the_text_once_and_in_order(
    texts: list[str], wanted: str
) -> None:
    found = list(Texts(list(enumerate(texts)), lambda one: one[1]).having(wanted))
    assert found == [one for one in enumerate(texts) if wanted.casefold() in one[1].casefold()]
