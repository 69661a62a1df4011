"""What comes from an address: bounds of time, size, redirects and schemes; and fetching again."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from broker.trusted import fetch, trust
from broker.trusted.trust import Kind
from support.answers import call
from support.sp import ServiceProvider
from support.walk import kind
from support.web import Web, body, to

OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")


def again(key: ServiceProvider) -> ServiceProvider:
    """The same provider with a key of its own making."""
    return ServiceProvider(entity_id=key.entity_id)


def asked(bench: Any, sp: ServiceProvider) -> str:
    return kind(bench.ask(xml=sp.signed(sp.request(bench.sso))))


def post(bench: Any, url: str) -> Any:
    return call(bench, "POST", "/api/v1/service-providers", {"url": url})


def item(bench: Any, sp: ServiceProvider, method: str = "GET", more: str = "", data: Any = None) -> Any:
    return call(bench, method, f"/api/v1/service-providers/{sp.entity_id}{more}", data)


def test_a_provider_behind_an_address_is_trusted_and_kept_when_the_address_is_gone(
    bench: Any, web: Web
) -> None:
    assert post(bench, web.serve("/metadata", OTHER.metadata)).status == 201
    web.pages.clear()
    assert asked(bench, OTHER) == "choice"
    told = json.loads(item(bench, OTHER).body)
    assert (told["origin"], told["source"]) == ("url", web.base_url + "/metadata")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(bench: Any, web: Web, status: int) -> None:
    web.serve("/metadata", OTHER.metadata)
    assert post(bench, web.serve("/old", to("/metadata", status))).status == 201


@pytest.mark.parametrize(("redirects", "status"), [(3, 201), (4, 422)])
def test_three_redirects_are_followed_and_no_more(bench: Any, web: Web, redirects: int, status: int) -> None:
    web.serve("/0", OTHER.metadata)
    for number in range(redirects):
        web.serve(f"/{number + 1}", to(f"/{number}"))
    assert post(bench, f"{web.base_url}/{redirects}").status == status
    assert len(web.asked) == 4


def test_an_answer_in_pieces_is_put_together(bench: Any, web: Web) -> None:
    def chunked(handler: Any) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (OTHER.metadata[:1000], OTHER.metadata[1000:]):
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    assert post(bench, web.serve("/metadata", chunked)).status == 201


def endless(handler: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


BAD_ANSWERS: dict[str, tuple[Callable[[Web], str], str]] = {
    "not there": (lambda web: web.base_url + "/nothing", "answers 404"),
    "broken": (lambda web: web.serve("/x", body(b"", 500)), "answers 500"),
    "no content": (lambda web: web.serve("/x", body(b"", 204)), "answers 204"),
    "a login page": (lambda web: web.serve("/x", b"<!doctype html><html></html>"), "web page (HTML)"),
    "a loop of redirects": (lambda web: web.serve("/x", to("/x")), "redirects more than 3 times"),
    "redirect to a file": (lambda web: web.serve("/x", to("file:///etc/passwd")), "not an http or https"),
    "redirect to ftp": (lambda web: web.serve("/x", to("ftp://localhost/x")), "not an http or https"),
    "redirect nowhere": (lambda web: web.serve("/x", to("http://[")), "not an http or https"),
    "endless": (lambda web: web.serve("/x", endless), "at most 1,000,000"),
    "said to be short": (lambda web: web.serve("/x", body(b"<x", Content_Length="90")), "breaks off"),
    "not HTTP": (
        lambda web: web.serve("/x", lambda handler: handler.wfile.write(b"hello\r\n\r\n")),
        "does not answer as a web server does",
    ),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_an_answer_that_is_no_document_is_told_and_nothing_changes(name: str, bench: Any, web: Web) -> None:
    address, says = BAD_ANSWERS[name]
    before = bench.application.parts.current
    got = post(bench, address(web))
    assert got.status == 422
    assert says in json.loads(got.body)["detail"]
    assert bench.application.parts.current is before


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://localhost/metadata.xml",
        "data:text/xml,<a/>",
        "javascript:alert(1)",
        "localhost/metadata",
        "//localhost/metadata",
        "http://",
        "http://[::1/metadata",
        "http://localhost:port/metadata",
        "http://localhost:99999/metadata",
        "http://localhost/a b",
        "http://localhost/a\r\nX-Evil: 1",
        "http://lócalhost/",
    ],
)
def test_an_address_that_is_not_http_is_never_asked(bench: Any, url: str) -> None:
    got = post(bench, url)
    assert got.status == 422
    assert "is not an http or https address" in json.loads(got.body)["detail"]


def test_the_password_in_an_address_is_shown_nowhere(bench: Any, web: Web) -> None:
    web.serve("/metadata", OTHER.metadata)
    address = web.base_url.replace("//", "//user:geheim@")
    assert "geheim" not in post(bench, f"{address}/nothing").text
    assert post(bench, f"{address}/metadata").status == 201
    assert "geheim" not in item(bench, OTHER).text
    assert "geheim" not in bench.browser().get("/console/service-providers").text


def test_nobody_who_listens_is_told(bench: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    got = post(bench, f"http://127.0.0.1:{port}/metadata")
    assert got.status == 422
    assert "cannot be reached" in json.loads(got.body)["detail"]


def silent(web: Web) -> Callable[[Any], None]:
    return lambda handler: web.over.wait(30) and None


def dripping(web: Web, first: bytes) -> Callable[[Any], None]:
    """A byte every now and then: each read of a socket is in time, the whole never ends."""

    def answer(handler: Any) -> None:
        handler.wfile.write(first)
        while not web.over.wait(0.02):
            handler.wfile.write(b"x")

    return answer


@pytest.mark.parametrize(
    "how",
    [
        silent,
        lambda web: dripping(web, b"HTTP/1.1 200 OK\r\n\r\n<x>"),
        lambda web: dripping(web, b"HTTP/1.1 200 OK\r\nX-Slow: "),
        lambda web: dripping(web, b"HTTP/1.1 "),
    ],
    ids=["says nothing", "drips its body", "drips a header", "drips its status line"],
)
def test_a_server_that_takes_too_long_is_left_in_time(
    how: Callable[[Web], Any], bench: Any, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "SECONDS", 0.4)
    address = web.serve("/x", how(web))
    started = time.monotonic()
    got = post(bench, address)
    assert time.monotonic() - started < 5
    assert got.status == 422
    said = json.loads(got.body)["detail"]
    assert "in time" in said or "within 0.4 seconds" in said


# Again.


def test_refresh_fetches_the_address_again(bench: Any, web: Web) -> None:
    post(bench, web.serve("/metadata", OTHER.metadata))
    newer = again(OTHER)
    web.serve("/metadata", newer.metadata)
    assert asked(bench, OTHER) == "choice"
    assert item(bench, OTHER, "POST", "/refresh").status == 200
    assert asked(bench, newer) == "choice"
    assert asked(bench, OTHER) == "other", "the old key is still believed"


def test_a_refresh_that_fails_leaves_the_last_good_one_and_says_so(bench: Any, web: Web) -> None:
    post(bench, web.serve("/metadata", OTHER.metadata))
    web.serve("/metadata", b"<html></html>")
    got = item(bench, OTHER, "POST", "/refresh")
    assert got.status == 422
    assert asked(bench, OTHER) == "choice"
    (problem,) = [p for p in json.loads(item(bench, OTHER).body)["problems"] if p["code"] == "refetch"]
    assert "web page (HTML)" in problem["text"]
    page = bench.browser().get("/console/service-providers")
    assert "Ophalen is niet gelukt" in page.text

    web.serve("/metadata", OTHER.metadata)
    assert item(bench, OTHER, "POST", "/refresh").status == 200
    assert "refetch" not in item(bench, OTHER).text


def test_what_has_gone_from_the_document_is_trusted_no_longer(bench: Any, web: Web) -> None:
    third = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777750000:entities:9001")
    around = (
        b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">%s</md:EntitiesDescriptor>'
    )
    address = web.serve("/all", around % (OTHER.metadata + third.metadata))
    assert post(bench, address).status == 201
    assert (asked(bench, OTHER), asked(bench, third)) == ("choice", "choice")
    web.serve("/all", around % third.metadata)
    assert item(bench, third, "POST", "/refresh").status == 200
    assert (asked(bench, OTHER), asked(bench, third)) == ("other", "choice")


def test_only_what_came_from_an_address_can_be_fetched_again(bench: Any) -> None:
    assert item(bench, bench.sp, "POST", "/refresh").status == 422
    assert item(bench, OTHER, "POST", "/refresh").status == 404


def test_a_request_signed_by_a_new_key_makes_the_broker_look_for_newer_metadata(bench: Any, web: Web) -> None:
    post(bench, web.serve("/metadata", OTHER.metadata))
    newer = again(OTHER)
    web.serve("/metadata", newer.metadata)
    assert asked(bench, newer) == "choice"
    assert web.asked == ["/metadata", "/metadata"]


def test_it_looks_once_a_minute_however_many_such_requests_come(bench: Any, web: Web) -> None:
    post(bench, web.serve("/metadata", OTHER.metadata))
    stranger = again(OTHER)
    assert [asked(bench, stranger) for _ in range(3)] == ["other"] * 3
    assert len(web.asked) == 2, "the first time, and one look"
    assert asked(bench, OTHER) == "choice"


def test_a_stranger_whose_metadata_came_otherwise_makes_nobody_fetch(bench: Any, web: Web) -> None:
    assert asked(bench, again(bench.sp)) == "other"
    assert not web.asked


def test_what_was_removed_while_it_was_fetched_stays_removed(bench: Any, web: Web) -> None:
    post(bench, web.serve("/metadata", OTHER.metadata))
    store = bench.application.parts.store

    def gone_meanwhile(url: str) -> bytes:
        trust.remove(store, Kind.SP, OTHER.entity_id)
        raise fetch.FetchProblem("it is down")

    with pytest.raises(trust.TrustProblem):
        trust.refetch(store, Kind.SP, OTHER.entity_id, datetime.now(UTC), get_=gone_meanwhile)
    assert trust.get(store, Kind.SP, OTHER.entity_id) is None
