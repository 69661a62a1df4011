"""A request that is handed over is judged as the one that a browser brings."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from support import mistakes
from support.logins import Logins

OTHER = "http://127.0.0.1:8080/sso/1.11"


def by_post(bench: Any, xml: bytes | None = None, **more: Any) -> dict[str, Any]:
    signed = xml or bench.sp.signed(bench.sp.request(bench.sso))
    return {"url": bench.sso, "fields": bench.sp.form(signed), **more}


def query(bench: Any, relay_state: str = "rs-1") -> str:
    return str(bench.sp.query(bench.sp.signed(bench.sp.request(bench.sso)), relay_state))


def findings(bench: Any, exchange: str) -> Any:
    return bench.exchanges.get(exchange).last("request")["findings"]


@pytest.mark.parametrize(
    "brought",
    [
        lambda bench: by_post(bench),
        lambda bench: by_post(bench, method="POST"),
        lambda bench: {"fields": by_post(bench)["fields"]},
        lambda bench: {"url": f"{bench.sso}?{query(bench)}"},
        lambda bench: {"method": "GET", "url": bench.sso, "query": query(bench)},
        lambda bench: {"query": "?" + query(bench)},
    ],
)
def test_a_request_comes_as_the_browser_has_it(bench: Any, logins: Logins, brought: Any) -> None:
    said = logins.new(brought(bench))
    assert said.status == 201, said.body
    seen = said.body
    assert (seen["state"], seen["page"], seen["asks"]) == ("asked", "choice", ["supplier"])
    assert (seen["sp"], seen["level"], seen["relay_state"]) == (bench.sp.entity_id, "EH3", "rs-1")
    assert [one["slug"] for one in seen["suppliers"]] == [
        offer.slug for offer in bench.application.parts.suppliers.offers()
    ]
    assert seen["url"] == f"{bench.base_url}/login/{seen['id']}"
    # A browser can go on with it.
    assert bench.browser().get(seen["url"]).by_testid("supplier")
    assert logins.complete(seen["id"], person="m.devries").body["outcome"] == "success"


def test_by_get_with_fields_the_query_is_made_of_them(bench: Any, logins: Logins) -> None:
    said = logins.new({"method": "GET", "url": bench.sso, "fields": dict(parse_qsl(query(bench)))})
    assert said.status == 201, said.body


@pytest.mark.parametrize(
    "build",
    [
        mistakes.unsigned,
        mistakes.by_another_key,
        mistakes.sha1,
        mistakes.two_references,
        mistakes.md5_signature,
        lambda sp, sso: sp.signed(sp.request(OTHER)),
        lambda sp, sso: sp.signed(sp.request(sso, level="loa1")),
        lambda sp, sso: b"<nothing/>",
        lambda sp, sso: b"not xml",
    ],
)
def test_what_is_wrong_with_it_is_found_as_on_the_page(bench: Any, logins: Logins, build: Any) -> None:
    message = build(bench.sp, bench.sso)
    page = bench.browser().post("/sso/1.13", bench.sp.form(message))
    on_the_page = bench.exchanges.recent(1)[0].id
    said = logins.new(by_post(bench, build(bench.sp, bench.sso)))
    over_api = said.body["exchange"]
    rules = [finding["rule"] for finding in findings(bench, over_api)]
    assert rules == [finding["rule"] for finding in findings(bench, on_the_page)]
    if said.status < 400:
        # Tolerated, or answered at once: in either case what the browser is sent on with.
        assert bool(page.location) is (said.status == 200)
        return
    assert said.status == page.status
    refused = [finding["rule"] for finding in said.body["findings"]]
    assert refused == bench.exchanges.get(on_the_page).last("refused")["rules"]
    assert all(finding["mend"] and finding["expected"] for finding in said.body["findings"])


def test_the_destination_is_the_address_that_it_was_sent_to(bench: Any, logins: Logins) -> None:
    signed = bench.sp.signed(bench.sp.request(bench.sso))
    sent = logins.new({"url": OTHER, "fields": bench.sp.form(signed)})
    at_11 = [finding["rule"] for finding in findings(bench, sent.body["exchange"])]
    bench.browser().post("/sso/1.11", bench.sp.form(bench.sp.signed(bench.sp.request(bench.sso))))
    assert at_11 == [finding["rule"] for finding in findings(bench, bench.exchanges.recent(1)[0].id)]
    good = logins.new(
        {"url": bench.sso, "fields": bench.sp.form(bench.sp.signed(bench.sp.request(bench.sso)))}
    )
    assert good.status == 201


def test_the_same_request_twice_is_refused(bench: Any, logins: Logins) -> None:
    brought = by_post(bench)
    assert logins.new(brought).status == 201
    again = logins.new(brought)
    assert again.status == 403
    assert again.body["title"] == "Refused"
    assert again.body["findings"][0]["rule"] in again.body["detail"]


def test_a_request_that_is_answered_at_once_has_the_answer(bench: Any, logins: Logins) -> None:
    entry = '<samlp:Scoping><samlp:IDPList><samlp:IDPEntry ProviderID="kpn"/></samlp:IDPList></samlp:Scoping>'
    said = logins.new(level=None, children=entry)
    assert (said.status, said.body["outcome"], said.body["steps"]) == (200, "declined", [])
    assert "SAMLart" in said.body["url"]
    assert bench.exchanges.get(said.body["exchange"]).outcome == "declined"


def test_a_request_for_one_supplier_is_there_at_once(bench: Any, logins: Logins) -> None:
    ad = next(offer.ad for offer in bench.application.parts.suppliers.offers() if offer.slug == "kpn")
    entry = (
        f'<samlp:Scoping><samlp:IDPList><samlp:IDPEntry ProviderID="{ad}"/></samlp:IDPList></samlp:Scoping>'
    )
    seen = logins.new(level=None, children=entry).body
    assert (seen["state"], seen["supplier"], seen["page"]) == ("chosen", "kpn", "login")
    assert seen["asks"] == ["person", "password"]
    assert bench.browser().get(seen["url"]).by_testid("page-login")
    assert logins.complete(seen["id"], person="m.devries", supplier="reconi").stop == (
        "choice",
        "not-offered",
    )
    assert logins.complete(seen["id"], person="p.bakker", cancel="choice").stop == (
        "return",
        "cancel-not-reached",
    )
    said = logins.complete(seen["id"], person="p.bakker")
    assert said.body["outcome"] == "success"
    assert [kind for kind, _ in logins.events(seen["id"])].count("choice-skipped") == 1


@pytest.mark.parametrize("relay_state", ["", "a b&c=d", "\u200b\u0000 é", "x" * 200])
def test_relay_state_comes_back_to_the_letter(bench: Any, logins: Logins, relay_state: str) -> None:
    login = logins.new({"fields": {**by_post(bench)["fields"], "RelayState": relay_state}}).body["id"]
    assert logins.look(login)["relay_state"] == (relay_state or None)


@pytest.mark.parametrize(
    ("brought", "key"),
    [
        ({"url": "http://elsewhere.example/sso/1.13", "query": "x=1"}, "url"),
        ({"url": "http://127.0.0.1:8080/sso/1.12"}, "url"),
        ({"url": "http://[", "query": "x=1"}, "url"),
        ({"url": "ftp://127.0.0.1:8080/sso/1.13"}, "url"),
        ({"method": "PUT"}, "method"),
        ({"tag": "no spaces"}, "tag"),
        ({"method": "GET", "fields": {"SAMLRequest": "x"}, "query": "SAMLRequest=x"}, "fields"),
        ({"fields": {"RelayState": "\ud800"}}, "RelayState"),
        ({"fields": ["SAMLRequest"]}, "fields"),
        ({"feilds": {}}, "feilds"),
    ],
)
def test_what_no_browser_could_bring_is_a_mistake(logins: Logins, brought: Any, key: str) -> None:
    said = logins.new(brought)
    assert said.status == 422, said.body
    assert said.body["errors"][0]["key"] == key


@pytest.mark.parametrize("brought", [{}, {"fields": {"RelayState": "x"}}, {"query": "SAMLRequest=%%%"}])
def test_nothing_to_read_is_refused_as_on_the_page(logins: Logins, brought: Any) -> None:
    said = logins.new(brought)
    assert (said.status, said.body["title"]) == (400, "Refused")
    assert said.body["findings"][0]["mend"]


def test_the_language_is_that_of_pages_and_messages(bench: Any, logins: Logins) -> None:
    login = logins.new(by_post(bench, language="en")).body["id"]
    assert logins.complete(login, person="m.devries", pin="000000").stop == ("pin", "pin.wrong")
    assert "Do not share this PIN" in logins("GET", "inbox").body["messages"][0]["body"]


def test_who_logs_in_may_be_named_by_their_e_mail_address(bench: Any, logins: Logins) -> None:
    login = logins.new(by_post(bench)).body["id"]
    done = logins.complete(login, person="a.yilmaz@voorbeeld.example", supplier="digidentity")
    assert done.body.get("outcome") == "success", done.body


def test_a_tag_in_the_body_or_in_the_header_is_that_of_the_login(bench: Any, logins: Logins) -> None:
    assert logins.new(by_post(bench, tag="mine")).body["tag"] == "mine"
    by_header = logins("POST", "logins", by_post(bench), Mock_Eherkenning_Tag="other")
    assert by_header.body["tag"] == "other"


def test_whoever_is_in_a_room_of_their_own_logs_in_there_only(bench: Any, logins: Logins) -> None:
    means = {"supplier": "kpn", "username": "tester", "password": "Welkom-123", "level": "EH3"}
    person = {"name": "T. Tester", "phone": "06 12345678", "means": [means]}
    assert logins("PUT", "people/t.tester?tag=mine", person).status == 201
    mandate = {"person": "t.tester", "company": "regenboog", "service": "*", "level": "EH3"}
    assert logins("POST", "mandates?tag=mine", mandate).status == 201
    within = logins.new(by_post(bench, tag="mine")).body["id"]
    assert logins.complete(within, person="tester", company="regenboog").body.get("outcome") == "success"
    outside = logins.complete(logins.begin(), person="t.tester")
    assert (outside.status, outside.body["errors"][0]["key"]) == (422, "person")
