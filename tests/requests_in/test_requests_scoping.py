"""What a request asks beyond a login: a supplier (Scoping), a level, a name on the page, extra attributes."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from support.answers import call, company, response, status
from support.browser import Page
from support.catalogues import Catalogue
from support.sp import LOA, NS
from support.walk import kind, landed, login_id_of, walk


def ad(bench: Any, slug: str) -> str:
    """The entity id that a supplier has as authentication service."""
    return next(o.ad for o in bench.application.parts.suppliers.offers() if o.slug == slug)


def scoping(*entries: str, level: str | None = None) -> dict[str, Any]:
    """After RequestedAuthnContext, as the schema has it."""
    context = (
        f"<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>{LOA}{level}</saml:AuthnContextClassRef>"
        "</samlp:RequestedAuthnContext>"
        if level
        else ""
    )
    listed = "".join(f'<samlp:IDPEntry ProviderID="{entry}"/>' for entry in entries)
    return {
        "level": None,
        "children": f"{context}<samlp:Scoping><samlp:IDPList>{listed}</samlp:IDPList></samlp:Scoping>",
    }


def offered(page: Page) -> list[str]:
    return [value for value in page.tree.xpath('//select[@name="supplier"]/option/@value') if value]


def at_eh4(bench: Any) -> None:
    """The service of the bench, as the catalogue knows it, asks the highest level."""
    service = next(iter(bench.sp.services.values()))[0]
    bench.rewrite(
        "\nservices:\n",
        f"\nservices:\n  hoog:\n    name: Hoog\n    provider: Test\n    service_id: {service}\n    level: EH4\n"
        "    identifiers: [[KvKnr], [RSIN]]\n",
    )


def take_in(bench: Any, catalogue: bytes) -> None:
    got = call(bench, "PUT", "/api/v1/service-catalogues/00000001777777770000", catalogue)
    assert got.status in (200, 201), got.text


def rules(bench: Any, id_: str) -> dict[str, dict[str, Any]]:
    return {item["rule"]: item for item in bench.exchanges.get(id_).last("request")["findings"]}


# One supplier: no choice.


def test_a_request_for_one_supplier_goes_straight_to_it(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser, **scoping(ad(bench, "kpn")))
    assert kind(page) == "login", page.readable
    assert page.url.startswith(f"{bench.base_url}/supplier/kpn/")
    assert not any(kind(seen) == "choice" for seen in browser.seen)
    id_ = login_id_of(page)
    kinds = [event.kind for event in bench.exchanges.get(id_).events]
    assert kinds[:4] == ["request", "choice-skipped", "choice", "supplier-opened"]
    assert bench.exchanges.get(id_).last("choice-skipped") == {"why": "Scoping", "supplier": "kpn"}
    assert not {"AR-38", "AR-38-one", "AR-02"} & set(rules(bench, id_))


def test_the_login_goes_all_the_way(bench: Any) -> None:
    browser = bench.browser()
    got = landed(walk(browser, bench.ask(browser, **scoping(ad(bench, "reconi")))))
    assert company(bench, got) == {"KvKnr": "90000012"}


def test_there_is_no_way_back_to_a_choice_that_was_never_shown(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser, **scoping(ad(bench, "reconi")))
    assert not page.by_testid("back")
    assert page.by_testid("cancel")
    after = walk(browser, page, until="pin")
    assert after.by_testid("back"), "between the supplier's own steps there is one"
    ordinary = walk(browser, bench.ask(browser), until="login")
    assert ordinary.by_testid("back")[0].get("href").startswith("/login/")


def test_cancel_at_the_supplier_answers_as_ever(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser, **scoping(ad(bench, "reconi")))
    got = landed(browser.submit(page, page.form("cancel")))
    assert status(response(bench, got)) == ["Responder", "AuthnFailed"]


def test_no_other_supplier_can_be_chosen_after_all(bench: Any) -> None:
    """Neither on the choice page, which is still there by its address, nor by a forged form."""
    browser = bench.browser()
    page = bench.ask(browser, **scoping(ad(bench, "reconi")))
    choice = browser.get(f"/login/{login_id_of(page)}")
    assert offered(choice) == ["reconi"]
    forged = browser.post(choice.url, {"supplier": "kpn"})
    assert forged.status == 403
    assert forged.by_testid("problem")[0].get("data-reason") == "not-offered"


def test_one_supplier_twice_is_one(bench: Any) -> None:
    page = bench.ask(**scoping(ad(bench, "kpn"), ad(bench, "kpn")))
    assert page.url.startswith(f"{bench.base_url}/supplier/kpn/")


def test_a_request_by_redirect_is_no_different(bench: Any) -> None:
    browser = bench.browser()
    xml = etree.tostring(bench.sp.request(bench.sso, **scoping(ad(bench, "kpn"))))
    page = browser.get(f"/sso/1.13?{bench.sp.query(xml)}")
    assert page.url.startswith(f"{bench.base_url}/supplier/kpn/")


# Several: a shorter list.


def test_of_several_suppliers_only_those_are_listed(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser, **scoping(ad(bench, "reconi"), ad(bench, "kpn")))
    assert kind(page) == "choice"
    assert offered(page) == ["kpn", "reconi"], "alphabetical, whatever the order of the request"
    assert rules(bench, login_id_of(page))["AR-38-one"]["severity"] == "W"
    assert browser.post(page.url, {"supplier": "digidentity"}).status == 403
    got = landed(walk(browser, page))
    assert company(bench, got) == {"KvKnr": "90000012"}


def test_an_unknown_one_among_several_is_left_out_and_said(bench: Any) -> None:
    page = bench.ask(**scoping(ad(bench, "reconi"), "urn:etoegang:AD:00000003000000000000:entities:1"))
    assert offered(page) == ["reconi"]
    assert "00000003000000000000" in rules(bench, login_id_of(page))["AR-38-one"]["received"]


def test_one_that_does_not_reach_the_level_is_not_listed(bench: Any) -> None:
    at_eh4(bench)
    page = bench.ask(**scoping(ad(bench, "we-id"), ad(bench, "reconi"), ad(bench, "kpn"), level="loa4"))
    assert offered(page) == ["kpn", "reconi"]


# None that can.


@pytest.mark.parametrize(
    "entry",
    [
        "urn:etoegang:AD:00000003000000000000:entities:9001",
        "urn:etoegang:EB:00000004000000149000:entities:9009",
        "https://idp.example/",
        "",
        "kpn",
    ],
)
def test_an_unknown_supplier_is_an_error_that_the_provider_is_told(bench: Any, entry: str) -> None:
    page = bench.ask(**scoping(entry))
    got = landed(page)
    message = response(bench, got)
    assert status(message) == ["Requester", "RequestUnsupported"]
    assert "AR-38" in message.findtext("samlp:Status/samlp:StatusMessage", namespaces=NS)
    assert got.fields["RelayState"] == "rs-1"
    (exchange,) = [item for item in bench.exchanges.recent() if item.last("answer")]
    assert exchange.outcome == "declined"
    assert ad(bench, "kpn") in rules(bench, exchange.id)["AR-38"]["expected"]


def test_the_registers_entity_id_is_not_the_authentication_services(bench: Any) -> None:
    mr = next(offer.mr for offer in bench.application.parts.suppliers.offers())
    assert status(response(bench, landed(bench.ask(**scoping(mr))))) == ["Requester", "RequestUnsupported"]


def test_a_known_supplier_that_does_not_reach_the_level_is_an_error_too(bench: Any) -> None:
    at_eh4(bench)
    page = bench.ask(**scoping(ad(bench, "we-id"), level="loa4"))
    assert status(response(bench, landed(page))) == ["Requester", "RequestUnsupported"]
    (exchange,) = [item for item in bench.exchanges.recent() if item.last("answer")]
    found = rules(bench, exchange.id)["AR-38"]
    assert "does not reach this level" in found["received"]
    assert ad(bench, "reconi") in found["expected"]
    assert ad(bench, "we-id") not in found["expected"]
    lower = bench.ask(**scoping(ad(bench, "we-id"), level="loa3"))
    assert lower.url.startswith(f"{bench.base_url}/supplier/we-id/"), "at a lower level it serves"


def test_scoping_without_a_list_is_no_limit(bench: Any) -> None:
    page = bench.ask(level=None, children='<samlp:Scoping ProxyCount="1"/>')
    assert len(offered(page)) == 6


# Level, name, ForceAuthn.


@pytest.mark.parametrize(
    ("asked", "shown"), [(None, "EH3"), ("loa3", "EH3"), ("loa2plus", "EH2+"), ("loa2", "EH2")]
)
def test_a_level_may_be_lowered_and_the_page_says_which_it_is(
    bench: Any, asked: str | None, shown: str
) -> None:
    page = bench.ask(level=asked)
    assert page.said("level") == shown
    assert ("AR-34-loa2" in rules(bench, login_id_of(page))) == (asked == "loa2")


def test_a_level_above_the_catalogues_is_an_error_that_the_provider_is_told(bench: Any) -> None:
    assert status(response(bench, landed(bench.ask(level="loa4")))) == ["Requester", "RequestUnsupported"]


@pytest.mark.parametrize("value", ["exact", "better", "maximum"])
def test_a_comparison_is_taken_as_minimum_and_said(bench: Any, value: str) -> None:
    context = (
        f'<samlp:RequestedAuthnContext Comparison="{value}"><saml:AuthnContextClassRef>{LOA}loa3'
        "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
    )
    page = bench.ask(level=None, children=context)
    assert page.said("level") == "EH3"
    assert rules(bench, login_id_of(page))["AR-36"]["severity"] == "W"


def test_the_providers_name_stands_behind_the_service(bench: Any) -> None:
    page = bench.ask(ProviderName="Afdeling <b>Zuid</b>")
    assert page.said("provider-name") == "(Afdeling <b>Zuid</b>)"
    assert rules(bench, login_id_of(page))["AR-21"]["severity"] == "W"


@pytest.mark.parametrize(("force", "finding"), [("true", False), ("1", False), ("false", True), (None, True)])
def test_at_eh4_no_session_may_be_used_and_a_request_that_allows_it_is_warned(
    bench: Any, force: str | None, finding: bool
) -> None:
    at_eh4(bench)
    page = bench.ask(level="loa4", ForceAuthn=force)
    assert page.said("level") == "EH4"
    assert ("AR-11" in rules(bench, login_id_of(page))) == finding


def test_at_eh3_a_session_may_be_used(bench: Any) -> None:
    assert "AR-11" not in rules(bench, login_id_of(bench.ask(ForceAuthn=None)))


@pytest.mark.parametrize(
    ("support", "force", "finding"), [("true", None, False), ("false", None, True), ("false", "true", False)]
)
def test_a_service_without_single_sign_on_wants_a_new_login_every_time(
    bench: Any, support: str, force: str | None, finding: bool
) -> None:
    xml = Catalogue().xml.replace(b"SSOSupport>true<", f"SSOSupport>{support}<".encode())
    take_in(bench, xml)
    page = bench.ask(level=None, ForceAuthn=force)
    assert ("AR-11" in rules(bench, login_id_of(page))) == finding


# Extra attributes.


def attributes(*names: str) -> str:
    listed = "".join(f'<md:RequestedAttribute Name="{name}" isRequired="true"/>' for name in names)
    return (
        '<samlp:Extensions><esp:RequestedAttributes xmlns:esp="urn:etoegang:1.9:samlp-extension" '
        f'xmlns:md="{NS["md"]}">{listed}</esp:RequestedAttributes></samlp:Extensions>'
    )


@pytest.mark.parametrize(
    "name",
    [
        "urn:etoegang:1.9:attribute:FirstName",
        "urn:etoegang:1.11:attribute-represented:CompanyName",
        "urn:etoegang:1.11:attribute:non-transliterated:FamilyName",
    ],
)
def test_a_request_may_ask_for_extra_attributes(bench: Any, name: str) -> None:
    page = bench.ask(children=attributes(name))
    assert page.heading == "Maak een keuze", page.readable
    assert not {"AR-39", "AR-39-other"} & set(rules(bench, login_id_of(page)))


@pytest.mark.parametrize(
    "name",
    [
        "urn:etoegang:1.9:EntityConcernedID:KvKnr",
        "urn:etoegang:core:LegalSubjectID",
        "urn:etoegang:core:ActingSubjectID",
        "urn:etoegang:1.9:IntermediateEntityID:KvKnr",
        "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr",
        "email",
        "",
    ],
)
def test_an_identifier_or_anything_else_is_an_error_that_the_provider_is_told(bench: Any, name: str) -> None:
    asked = attributes("urn:etoegang:1.9:attribute:FirstName", name)
    message = response(bench, landed(bench.ask(children=asked)))
    assert status(message) == ["Requester", "RequestUnsupported"]
    assert "AR-39" in message.findtext("samlp:Status/samlp:StatusMessage", namespaces=NS)


def test_a_service_catalogue_says_which_extra_attributes_may_be_asked(bench: Any) -> None:
    phone, first_name = (f"urn:etoegang:1.9:attribute:{name}" for name in ("PhoneNumber", "FirstName"))
    take_in(bench, Catalogue(attributes=((phone, False, "Om u te bellen"),)).xml)
    assert bench.ask(level=None, children=attributes(phone)).heading == "Maak een keuze"
    message = response(bench, landed(bench.ask(level=None, children=attributes(phone, first_name))))
    assert status(message) == ["Requester", "RequestUnsupported"]
    text = message.findtext("samlp:Status/samlp:StatusMessage", namespaces=NS)
    assert text == f'AR-39: expected of the catalogue: {phone}; received "{first_name}"'


def test_another_extension_is_passed_over_and_said(bench: Any) -> None:
    page = bench.ask(
        children='<samlp:Extensions><x:Language xmlns:x="urn:x">nl</x:Language></samlp:Extensions>'
    )
    assert page.heading == "Maak een keuze", page.readable
    assert rules(bench, login_id_of(page))["AR-39-other"]["received"] == "<x:Language> in the namespace urn:x"
