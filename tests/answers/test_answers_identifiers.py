"""Which identifiers of company and person a provider gets (spec 5), and how a pseudonym behaves (spec 4.2)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from broker.wire.identifiers import first_filled, internal_pseudonym, pseudonym
from support.answers import response_xml, status
from support.shaped import (
    BY_POST,
    answer,
    checked,
    describe_service,
    name_ids,
    opened,
    own,
    plain_values,
    settle,
)
from support.sp import NS
from support.walk import kind, landed, walk

PREFIX = "urn:etoegang:1.9:EntityConcernedID:"
COMPANIES = {
    "a company with both": ("m.devries", "reconi", {"KvKnr": "90000012", "RSIN": "999900006"}),
    "a sole proprietor": ("g.jansen", "z-login", {"KvKnr": "90000039"}),
    "a foundation": ("h.dijkstra", "kpn", {"RSIN": "999900031"}),
}
TABLE: list[tuple[str, str, list[str] | None, list[str] | None, list[str] | None]] = [
    # sets of the catalogue           a company with both   a sole proprietor  a foundation
    ("[[RSIN, KvKnr]]", ["RSIN", "KvKnr"], None, None),
    ("[[KvKnr, RSIN]]", ["KvKnr", "RSIN"], None, None),
    ("[[RSIN], [KvKnr]]", ["RSIN"], ["KvKnr"], ["RSIN"]),
    ("[[KvKnr], [RSIN]]", ["KvKnr"], ["KvKnr"], ["RSIN"]),
    ("[[KvKnr]]", ["KvKnr"], ["KvKnr"], None),
    ("[[RSIN, KvKnr], [KvKnr]]", ["RSIN", "KvKnr"], ["KvKnr"], None),
    ("[[RSIN, KvKnr], [RSIN]]", ["RSIN", "KvKnr"], None, ["RSIN"]),
    ("[[RSIN, KvKnr], [KvKnr], [RSIN]]", ["RSIN", "KvKnr"], ["KvKnr"], ["RSIN"]),
    ("[[KvKnr, Pseudo], [Pseudo]]", ["KvKnr"], ["KvKnr"], []),
    ("[[Pseudo]]", [], [], []),
]
"""Spec 5, and rows of our own. Its sets with BSN are left out: there is no BSN here, see docs/wire.md."""
CELLS = [
    pytest.param(sets, company, wanted, id=f"{sets} for {company}")
    for sets, *row in TABLE
    for company, wanted in zip(COMPANIES, row, strict=True)
]
GOES_OUT = [cell for cell in CELLS if cell.values[2] is not None]
STAYS_HERE = [cell for cell in CELLS if cell.values[2] is None]


@pytest.mark.parametrize(("sets", "company", "wanted"), GOES_OUT)
def test_the_first_set_that_the_company_fills_goes_out_whole_and_in_its_order(
    bench: Any, sets: str, company: str, wanted: list[str]
) -> None:
    describe_service(bench, sets)
    person, supplier, has = COMPANIES[company]
    got = name_ids(bench.sp, answer(bench, person, supplier), "LegalSubjectID")
    assert got == [(PREFIX + name, has[name]) for name in wanted]


@pytest.mark.parametrize(("sets", "company", "wanted"), STAYS_HERE)
def test_a_company_that_fills_no_set_is_told_so_and_nothing_goes_out_until_the_person_stops(
    bench: Any, sets: str, company: str, wanted: None
) -> None:
    describe_service(bench, sets)
    person, supplier, _ = COMPANIES[company]
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), person, supplier)
    assert kind(page) == "nomandate"
    (exchange,) = bench.exchanges.recent()
    assert exchange.outcome == "under-way"
    assert [reason["code"] for reason in exchange.last("mandates-considered")["refused"]] == ["identifiers"]

    message = checked(bench, response_xml(bench, landed(browser.submit(page, page.form("cancel")))))
    assert status(message) == ["Responder", "AuthnFailed"]


def test_several_identifiers_are_several_values_each_with_a_key_of_its_own(bench: Any) -> None:
    describe_service(bench, "[[RSIN, KvKnr]]")
    attributes = own(answer(bench)).findall("saml:AttributeStatement/saml:Attribute", NS)
    (legal,) = [one for one in attributes if one.get("Name") == "urn:etoegang:core:LegalSubjectID"]
    assert [value.tag for value in legal] == [f"{{{NS['saml']}}}AttributeValue"] * 2
    assert [len(value) for value in legal] == [1, 1], "one EncryptedID in each value"
    keys = [value.findtext(".//xenc:EncryptedKey//xenc:CipherValue", namespaces=NS) for value in legal]
    assert keys[0] != keys[1]


@pytest.mark.parametrize("form", ["decrypted-nameid", "plain"])
def test_several_identifiers_go_out_in_their_order_in_every_form(bench: Any, form: str) -> None:
    describe_service(bench, "[[RSIN, KvKnr]]")
    settle(bench, identifiers=form)
    message = answer(bench)
    expected = [(PREFIX + "RSIN", "999900006"), (PREFIX + "KvKnr", "90000012")]
    if form == "plain":
        values = plain_values(message)
        assert [(name, values[name][0]) for name in values if name in dict(expected)] == expected
    else:
        assert name_ids(bench.sp, message, "LegalSubjectID") == expected


@pytest.mark.parametrize("settings", [{}, {"identifiers": "decrypted-nameid"}, {"version": "1.11"}])
def test_who_is_asked_for_a_pseudonym_alone_sends_nothing_of_the_company(
    bench: Any, settings: dict[str, str]
) -> None:
    describe_service(bench, "[[Pseudo]]")
    settle(bench, **settings)
    message = answer(bench)
    names = message.xpath("//saml:Attribute/@Name | //xc:Attribute/@AttributeId", namespaces=NS)
    assert not any(name.endswith(("LegalSubjectID", "KvKnr", "RSIN")) for name in names)
    told = bench.exchanges.recent(1)[0].last("answer")["identifiers"]
    assert [item["attribute"] for item in told] == ["ActingSubjectID"]


def test_the_statement_of_the_mr_names_what_that_of_the_broker_names(bench: Any) -> None:
    describe_service(bench, "[[RSIN, KvKnr]]")
    message = answer(bench)
    sealed = message.xpath(
        "//xc:Attribute[@AttributeId='urn:etoegang:core:LegalSubjectID']/xc:AttributeValue/saml:EncryptedID",
        namespaces=NS,
    )
    inside = [opened(part, bench.sp).element for part in sealed]
    expected = name_ids(bench.sp, message, "LegalSubjectID")
    assert [(found.get("NameQualifier"), found.text) for found in inside] == expected


# The choice of a set, whatever the sets.

TYPES = st.sampled_from(["KvKnr", "RSIN", "Pseudo"])
SETS = st.lists(st.lists(TYPES, min_size=1, max_size=3, unique=True), min_size=1, max_size=4)
HAS = st.sets(st.sampled_from(["KvKnr", "RSIN"]))


@given(sets=SETS, has=HAS)
def test_a_set_goes_out_whole_or_not_at_all_and_none_before_it_could(
    sets: list[list[str]], has: set[str]
) -> None:
    got = first_filled(sets, {name: f"the {name}" for name in has})
    fills = [wanted for wanted in sets if has | {"Pseudo"} >= set(wanted)]
    if got is None:
        assert fills == []
    else:
        assert [(item.type, item.value) for item in got] == [
            (PREFIX + name, f"the {name}") for name in fills[0] if name != "Pseudo"
        ]


# The pseudonym.

OINS = st.from_regex(r"[0-9]{20}", fullmatch=True)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
BARS = st.text("a|\\", max_size=4)
"""Names in which what separates the parts stands itself."""


def at(oin: str, index: int = 9001) -> str:
    return f"urn:etoegang:DV:{oin}:entities:{index}"


@given(oin=OINS, legal=NAMES, intermediary=st.just("") | NAMES, subject=NAMES)
def test_a_pseudonym_is_64_hex_at_32_hex_and_the_same_each_time(
    oin: str, legal: str, intermediary: str, subject: str
) -> None:
    first = pseudonym(at(oin), legal, intermediary, subject)
    assert re.fullmatch("[0-9a-f]{64}@[0-9a-f]{32}", first.value)
    assert pseudonym(at(oin), legal, intermediary, subject) == first
    assert first.type == "urn:etoegang:1.13:EntityConcernedID:Pseudo"


@given(oin=OINS, legal=NAMES, subject=NAMES, index=st.integers(0, 9999))
def test_two_systems_of_one_provider_know_a_person_by_one_name(
    oin: str, legal: str, subject: str, index: int
) -> None:
    assert pseudonym(at(oin, index), legal, "", subject) == pseudonym(at(oin), legal, "", subject)


@given(oin=OINS, legal=NAMES, subject=NAMES)
def test_a_version_changes_what_a_pseudonym_is_called_and_not_what_it_is(
    oin: str, legal: str, subject: str
) -> None:
    new, old = (pseudonym(at(oin), legal, "", subject, version) for version in ("1.13", "1.11"))
    assert new.value == old.value
    assert old.type == PREFIX + "Pseudo"


PARTS = st.tuples(OINS, NAMES | BARS, NAMES | BARS, NAMES | BARS)


@example(one=("0" * 20, "a|b", "c", "d"), other=("0" * 20, "a", "b|c", "d"), keep=set())
@example(one=("0" * 20, "a\\|b", "c", "d"), other=("0" * 20, "a\\", "b|c", "d"), keep=set())
@given(one=PARTS, other=PARTS, keep=st.sets(st.integers(0, 3), max_size=3))
def test_another_provider_company_intermediary_or_person_is_another_name(
    one: tuple[str, ...], other: tuple[str, ...], keep: set[int]
) -> None:
    mixed = tuple(one[part] if part in keep else other[part] for part in range(4))
    assume(mixed != one)
    first, second = (pseudonym(at(parts[0]), *parts[1:]).value for parts in (one, mixed))
    assert first.partition("@")[0] != second.partition("@")[0]
    same_pair = one[:2] == mixed[:2]
    assert (first.partition("@")[2] == second.partition("@")[2]) == same_pair, (
        "the part of provider and company"
    )


@given(entity_id=NAMES, other=NAMES, subject=NAMES)
def test_providers_outside_the_scheme_are_told_apart_by_their_whole_entity_id(
    entity_id: str, other: str, subject: str
) -> None:
    assume(entity_id != other)
    one, two = (pseudonym(f"https://{name}", "company", "", subject).value for name in (entity_id, other))
    assert one != two


@given(ad=NAMES, other=NAMES, subject=NAMES, somebody=NAMES)
def test_between_ad_and_mr_a_person_has_a_name_of_each_ad(
    ad: str, other: str, subject: str, somebody: str
) -> None:
    assume(ad != other and subject != somebody)
    first = internal_pseudonym(ad, subject)
    assert first == internal_pseudonym(ad, subject)
    assert (
        len({first.value, internal_pseudonym(other, subject).value, internal_pseudonym(ad, somebody).value})
        == 3
    )
    assert re.fullmatch("[0-9a-f]{64}", first.value)
