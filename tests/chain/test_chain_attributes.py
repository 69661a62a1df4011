"""Extra attributes on the wire: of the person after consent, of the company without, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from broker.answer import finish
from broker.login import ADAPTER, KIND
from suppliers.ask import Company, Level, Mandated, Outcome, Person, Word
from support.answers import response, response_xml, status
from support.browser import Page
from support.catalogues import Catalogue
from support.schemas import errors_in
from support.shaped import BY_POST, answer, settle
from support.sp import NS, Landed, decrypt
from support.walk import kind, landed, login_id_of, walk

PERSON = "urn:etoegang:1.9:attribute:"
COMPANY = "urn:etoegang:1.11:attribute-represented:"
FIRST, INFIX, LAST, BORN = (
    PERSON + name for name in ("FirstName", "FamilyNameInfix", "FamilyName", "DateOfBirth")
)


def asks(bench: Any, *names: str, required: tuple[str, ...] = ()) -> None:
    """The provider's metadata asks for these."""
    wanted = "".join(
        f'<md:RequestedAttribute Name="{name}" isRequired="{str(name in required).lower()}"/>'
        for name in (*names, *required)
    )
    end = "</md:AttributeConsumingService>"
    metadata = bench.sp.metadata.decode().replace(end, wanted + end)
    (bench.home / "metadata" / "sp.xml").write_text(metadata)
    bench.application.parts.configuration.refresh()
    assert bench.application.parts.current.problems == ()


def extra(bench: Any, message: etree._Element) -> list[tuple[str, str]]:
    """The encrypted attributes, opened, in their order."""
    path = "saml:Assertion/saml:AttributeStatement/saml:EncryptedAttribute"
    opened = [decrypt(sealed, bench.sp.key, bench.sp.entity_id) for sealed in message.findall(path, NS)]
    return [(attribute.get("Name"), attribute[0].text) for attribute in opened]


def at_consent(bench: Any, browser: Any, person: str = "m.devries") -> Page:
    page = walk(browser, bench.ask(browser, **BY_POST), person, until="consent")
    assert kind(page) == "consent", page.readable
    return page


def test_what_the_person_agrees_to_reaches_the_provider_encrypted_and_in_the_order_asked(bench: Any) -> None:
    asks(bench, LAST, COMPANY + "KvKnr", FIRST)
    assert extra(bench, answer(bench)) == [
        (LAST, "Vries"),
        (COMPANY + "KvKnr", "90000012"),
        (FIRST, "Mieke"),
    ]


def test_nothing_of_the_person_is_sent_unasked_or_shown_where_nothing_is_asked(bench: Any) -> None:
    browser = bench.browser()
    last = walk(browser, bench.ask(browser, **BY_POST), until="consent")
    assert kind(last) == "answer"
    assert b"Mieke" not in response_xml(bench, landed(last))
    assert extra(bench, response(bench, landed(last))) == []
    asks(bench, FIRST)
    assert extra(bench, answer(bench)) == [(FIRST, "Mieke")]


def test_an_optional_one_can_be_unticked(bench: Any) -> None:
    asks(bench, FIRST, INFIX, required=(LAST,))
    browser = bench.browser()
    page = at_consent(bench, browser)
    boxes = page.tree.xpath('//input[@type="checkbox"]/@name')
    assert boxes == [f"attribute:{FIRST}", f"attribute:{INFIX}"], "a required one has no box"
    last = browser.post(page.url, {boxes[1]: "yes"})
    assert extra(bench, response(bench, landed(last))) == [(INFIX, "de"), (LAST, "Vries")]


def test_an_optional_one_that_is_not_there_is_left_out(bench: Any) -> None:
    asks(bench, BORN, FIRST)
    assert extra(bench, answer(bench)) == [(FIRST, "Mieke")]


def test_who_has_none_of_what_is_asked_meets_no_page(bench: Any) -> None:
    asks(bench, FIRST)
    browser = bench.browser()
    assert kind(walk(browser, bench.ask(browser), "t.mulder", until="consent", mandate=None)) == "answer"


@pytest.mark.parametrize(
    ("person", "supplier", "expected"),
    [
        (
            "m.devries",
            "reconi",
            {
                "CompanyName": "Stichting Openbare Scholen De Regenboog (fictief)",
                "KvKnr": "90000012",
                "VATRegistrationNumber": "NL999900006B01",
                "TaxReferenceNumber": "999900006",
            },
        ),
        ("g.jansen", "z-login", {"CompanyName": "Bijles Jansen (fictief)", "KvKnr": "90000039"}),
        (
            "h.dijkstra",
            "kpn",
            {
                "CompanyName": "Stichting Steunfonds De Waterlelie (fictief)",
                "VATRegistrationNumber": "NL999900031B01",
                "TaxReferenceNumber": "999900031",
            },
        ),
    ],
    ids=["school board", "sole proprietor", "foundation without KvK"],
)
def test_the_companys_come_from_the_register_without_a_page(
    bench: Any, person: str, supplier: str, expected: dict[str, str]
) -> None:
    names = ("CompanyName", "KvKnr", "VATRegistrationNumber", "TaxReferenceNumber", "LEI")
    asks(bench, *(COMPANY + name for name in names))
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), person, supplier, until="consent")
    assert kind(page) == "answer"
    assert dict(extra(bench, response(bench, landed(page)))) == {
        COMPANY + name: value for name, value in expected.items()
    }


@pytest.mark.parametrize(
    ("form", "version"), [("plain", "1.11"), ("plain", "1.13"), ("decrypted-nameid", "1.13")]
)
def test_where_identifiers_can_be_read_so_can_these(bench: Any, form: str, version: str) -> None:
    asks(bench, FIRST)
    settle(bench, identifiers=form, version=version)
    message = answer(bench)
    path = "saml:Assertion/saml:AttributeStatement/saml:Attribute[@Name=$name]/saml:AttributeValue/text()"
    assert message.xpath(path, namespaces=NS, name=FIRST) == ["Mieke"]


def test_the_exchange_says_what_was_asked_and_given(bench: Any) -> None:
    asks(bench, FIRST)
    bench.login(**BY_POST)
    exchange = bench.exchanges.recent()[0]
    assert exchange.last("consent-given") == {"given": [FIRST], "withheld": []}
    assert {"attribute": FIRST, "value": "Mieke"} in exchange.last("answer")["identifiers"]


def test_the_page_says_what_the_catalogue_says_it_is_for(bench: Any) -> None:
    catalogue = Catalogue(
        level=Level.EH3.urn,
        attributes=((FIRST, False, "Om u aan te spreken."), (LAST, True, "Voor de brief.")),
    )
    (bench.home / "metadata" / "catalogue.xml").write_bytes(catalogue.xml)
    bench.application.parts.configuration.refresh()
    browser = bench.browser()
    page = at_consent(bench, browser)
    assert page.heading == "Mag Dienst uit de catalogus deze gegevens van u hebben?"
    assert page.said("attribute-FirstName") == "Voornaam: Mieke Waarvoor? Om u aan te spreken."
    assert page.said("attribute-FamilyName") == "Achternaam verplicht Vries Waarvoor? Voor de brief."
    last = browser.post(page.url, {})
    assert extra(bench, response(bench, landed(last))) == [(LAST, "Vries")]


def test_identifiers_among_the_attributes_neither_ask_nor_stop_anything(bench: Any) -> None:
    """Against the rules, and seen in the field."""
    asks(
        bench,
        required=(
            "urn:etoegang:1.9:EntityConcernedID:KvKnr",
            "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr",
            "urn:etoegang:core:LegalSubjectID",
            "urn:etoegang:1.13:attribute-intermediate:CompanyName",
        ),
    )
    assert extra(bench, answer(bench)) == []


def test_a_chain_brings_its_name_once_however_it_is_asked(bench: Any) -> None:
    name = "urn:etoegang:1.13:attribute-intermediate:CompanyName"
    asks(bench, name, COMPANY + "CompanyName")
    assert [found for found, _ in extra(bench, answer(bench, "y.vanleeuwen"))] == [
        COMPANY + "CompanyName",
        name,
    ]


# Out of turn.


def test_the_return_address_is_of_no_use_before_consent(bench: Any) -> None:
    asks(bench, FIRST)
    browser = bench.browser()
    page = at_consent(bench, browser)
    got = browser.get(f"/login/{login_id_of(page)}/return")
    assert (got.status, got.by_testid("problem")[0].get("data-reason")) == (403, "no-word")
    assert extra(bench, response(bench, landed(walk(browser, page)))) == [(FIRST, "Mieke")]


def test_an_attribute_that_was_not_asked_is_refused_and_recorded(bench: Any) -> None:
    asks(bench, FIRST)
    browser = bench.browser()
    page = at_consent(bench, browser)
    got = browser.post(page.url, {f"attribute:{FIRST}": "yes", f"attribute:{LAST}": "yes"})
    assert (got.status, kind(got)) == (403, "refused")
    assert bench.exchanges.recent()[0].last("step-refused")["why"] == "choice"
    assert "answer" not in [event.kind for event in bench.exchanges.recent()[0].events]


def test_cancel_at_consent_answers_the_provider(bench: Any) -> None:
    asks(bench, FIRST)
    browser = bench.browser()
    page = at_consent(bench, browser)
    message = response(bench, landed(browser.submit(page, page.form("cancel"))))
    assert status(message) == ["Responder", "AuthnFailed"]


# Missing.


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (BORN, "Geboortedatum van uzelf"),
        (COMPANY + "LEI", "LEI-code van Stichting Openbare Scholen De Regenboog (fictief)"),
        ("urn:etoegang:1.9:attribute:Shoesize", "Shoesize van uzelf"),
        ("urn:oid:2.5.4.4", "urn:oid:2.5.4.4"),
    ],
)
def test_a_required_one_that_is_not_there_ends_in_request_unsupported(
    bench: Any, name: str, said: str
) -> None:
    asks(bench, FIRST, required=(name,))
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), until="missing")
    assert kind(page) == "missing", page.readable
    assert page.said(f"attribute-{name.rpartition(':')[2]}") == said
    assert page.said("leave") == "Terug naar Testorganisatie (fictief)"
    assert bench.exchanges.recent()[0].outcome == "under-way"
    last = landed(browser.submit(page, page.form("leave")))
    sent = response_xml(bench, last)
    assert errors_in(sent) == []
    message = response(bench, last)
    assert status(message) == ["Responder", "RequestUnsupported"]
    assert message.find("saml:Assertion", NS) is None
    assert (
        message.findtext("samlp:Status/samlp:StatusMessage", namespaces=NS)
        == f"required and not available: {name}"
    )
    assert last.fields["RelayState"] == "rs-1"
    (exchange,) = bench.exchanges.recent()
    assert exchange.outcome == "declined"
    assert exchange.last("attributes-missing")["missing"] == [name]


def test_cancel_at_what_is_missing_is_a_cancel(bench: Any) -> None:
    asks(bench, required=(BORN,))
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), until="missing")
    message = response(bench, landed(browser.submit(page, page.form("cancel"))))
    assert status(message) == ["Responder", "AuthnFailed"]


# A supplier that the broker need not believe.


def spoken(bench: Any, page: Page, **changes: Any) -> Any:
    """What the broker answers to this Word."""
    parts = bench.application.parts
    said = Word(
        id=login_id_of(page),
        supplier="reconi",
        outcome=Outcome.PERMIT,
        person=Person("m.devries", "subject-1", "Mieke de Vries", {FIRST: "Mieke", LAST: "Vries"}),
        level=Level.EH3,
        authenticated_at=parts.now(),
        mandate=Mandated(Company("regenboog", "De Regenboog", {"KvKnr": "90000012"}), Level.EH3),
    )
    word = replace(said, **changes)

    class Spoken:
        offers = staticmethod(parts.suppliers.offers)

        def word(self, _: str) -> Word:
            return word

    login = ADAPTER.validate_json(parts.store.get(KIND, login_id_of(page)))
    delivery = finish(replace(parts, suppliers=Spoken()), login)
    return response(bench, Landed(delivery.url, dict(delivery.fields)))


def test_an_attribute_that_was_not_asked_goes_no_further_than_the_broker(bench: Any) -> None:
    asks(bench, FIRST)
    message = spoken(bench, at_consent(bench, bench.browser()))
    assert extra(bench, message) == [(FIRST, "Mieke")]


def test_a_permit_without_what_is_required_is_none(bench: Any) -> None:
    asks(bench, required=(FIRST,))
    message = spoken(
        bench, at_consent(bench, bench.browser()), person=Person("m.devries", "subject-1", "Mieke")
    )
    assert status(message) == ["Responder", "RequestUnsupported"]
    assert message.find("saml:Assertion", NS) is None


def test_what_the_request_itself_asks_comes_after_what_the_metadata_asks(bench: Any) -> None:
    asks(bench, LAST)
    wanted = (
        '<samlp:Extensions><esp:RequestedAttributes xmlns:esp="urn:etoegang:1.9:samlp-extension" '
        f'xmlns:md="{NS["md"]}"><md:RequestedAttribute Name="{FIRST}"/></esp:RequestedAttributes></samlp:Extensions>'
    )
    assert extra(bench, answer(bench, children=wanted)) == [(LAST, "Vries"), (FIRST, "Mieke")]
    assert extra(bench, answer(bench)) == [(LAST, "Vries")]
