"""Where the answer goes: index, URL, ProtocolBinding's default, the metadata's default; and nowhere else."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from broker.rules.authn import chosen_endpoint
from broker.wire import names
from broker.wire.metadata import Endpoint, SpMetadata
from broker.wire.request import read
from support.answers import call, company
from support.mistakes import PAOS
from support.sp import ARTIFACT, POST, REDIRECT, ServiceProvider
from support.walk import landed, walk

PROVIDER = ServiceProvider()
A1 = Endpoint(ARTIFACT, "https://sp.example/a1", 1)
A2 = Endpoint(ARTIFACT, "https://sp.example/a2", 2)
P3 = Endpoint(POST, "https://sp.example/p3", 3)
P4 = Endpoint(POST, "https://sp.example/p4", 4)
PAOS5 = Endpoint(PAOS, "https://sp.example/paos", 5)
BOTH_A = Endpoint(ARTIFACT, "https://sp.example/both", 6)
BOTH_P = Endpoint(POST, "https://sp.example/both", 7)
ALL = (A1, A2, P3, P4, PAOS5, BOTH_A, BOTH_P)


def default(endpoint: Endpoint, is_default: bool | None = True) -> Endpoint:
    return Endpoint(endpoint.binding, endpoint.location, endpoint.index, is_default)


def choose(
    *acs: Endpoint, index: str | None = None, url: str | None = None, binding: str | None = None
) -> Any:
    """What is chosen of these endpoints, by its index; None for nothing."""
    sp = SpMetadata("urn:sp", (), (), acs, (), {}, b"")
    element = PROVIDER.request(
        "https://broker.example/sso",
        AssertionConsumerServiceIndex=index,
        AssertionConsumerServiceURL=url,
        ProtocolBinding=binding,
    )
    found = chosen_endpoint(read(element), sp)
    return None if found is None else found.index


# The index goes before everything.


@pytest.mark.parametrize("index", ["1", "2", "3", "4", "6", "7", "01"])
def test_an_index_is_that_endpoint(index: str) -> None:
    assert choose(*ALL, index=index) == int(index)


@pytest.mark.parametrize("index", ["0", "8", "-1", "+1", "", " ", "1.0", "one", "\u0661", "9" * 400])
def test_an_index_that_the_metadata_has_not_is_nothing_and_no_default_takes_its_place(index: str) -> None:
    assert choose(*ALL, index=index) is None


def test_an_index_of_a_binding_that_cannot_be_used_is_nothing() -> None:
    assert choose(*ALL, index="5") is None


@pytest.mark.parametrize("url", [A1.location, P4.location, "https://evil.example/acs"])
@pytest.mark.parametrize("binding", [ARTIFACT, POST, PAOS, None])
def test_beside_an_index_url_and_binding_do_not_count(url: str, binding: str | None) -> None:
    assert choose(*ALL, index="2", url=url, binding=binding) == 2


def test_beside_an_index_that_is_not_there_a_good_url_does_not_count() -> None:
    assert choose(*ALL, index="9", url=A1.location, binding=ARTIFACT) is None


# Then the URL, if it is in the metadata.


@pytest.mark.parametrize("endpoint", [A1, A2, P3, P4], ids=lambda endpoint: endpoint.location)
def test_a_url_of_the_metadata_is_that_endpoint(endpoint: Endpoint) -> None:
    assert choose(*ALL, url=endpoint.location) == endpoint.index


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/acs",
        A1.location + "/",
        A1.location + "?x=1",
        A1.location.upper(),
        A1.location.replace("https", "http"),
        " " + A1.location,
        PAOS5.location,
        "",
    ],
)
def test_a_url_that_the_metadata_has_not_to_the_letter_is_nothing(url: str) -> None:
    assert choose(*ALL, url=url) is None
    assert choose(*ALL, url=url, binding=POST) is None


@pytest.mark.parametrize(("binding", "expected"), [(ARTIFACT, 6), (POST, 7), (PAOS, 6), (None, 6)])
def test_one_url_with_two_bindings_is_told_apart_by_protocol_binding(
    binding: str | None, expected: int
) -> None:
    assert choose(*ALL, url=BOTH_A.location, binding=binding) == expected


def test_one_url_with_two_bindings_and_none_asked_is_the_one_that_is_default() -> None:
    assert choose(BOTH_A, default(BOTH_P), url=BOTH_A.location) == 7


def test_a_url_goes_before_a_binding_that_it_has_not() -> None:
    assert choose(*ALL, url=A1.location, binding=POST) == 1


def test_a_url_goes_before_the_default() -> None:
    assert choose(default(A1), P3, url=P3.location) == 3


# Then the default of ProtocolBinding.


@pytest.mark.parametrize(
    ("acs", "binding", "expected"),
    [
        ((A1, A2, P3, P4), POST, 3),
        ((A1, A2, P3, P4), ARTIFACT, 1),
        ((default(A1), P3, default(P4)), POST, 4),
        ((default(A1), default(P3, False), P4), POST, 4),
        ((default(A1), default(P3, False)), POST, 3),
        ((A1, default(A2), P3), ARTIFACT, 2),
        ((default(P3), A1), ARTIFACT, 1),
    ],
)
def test_a_protocol_binding_alone_is_the_default_among_its_endpoints(
    acs: tuple[Endpoint, ...], binding: str, expected: int
) -> None:
    assert choose(*acs, binding=binding) == expected


@pytest.mark.parametrize("binding", [PAOS, REDIRECT, "", "HTTP-POST", names.SOAP_BINDING])
def test_a_protocol_binding_that_cannot_be_used_leaves_the_metadatas_default(binding: str) -> None:
    assert choose(A1, default(P3), PAOS5, binding=binding) == 3


def test_a_protocol_binding_that_the_metadata_has_not_leaves_the_metadatas_default() -> None:
    assert choose(A1, default(A2), binding=POST) == 2


# Then the default of the metadata.


@pytest.mark.parametrize(
    ("acs", "expected"),
    [
        ((A1, P3), 1),
        ((P3, A1), 3),
        ((A1, default(P3)), 3),
        ((default(A1, False), P3), 3),
        ((default(A1, False), default(P3, False)), 1),
        ((default(A1, False), A2, default(P3)), 3),
        ((default(A1), default(P3)), 1),
        ((default(PAOS5), A1), 1),
        ((PAOS5, default(A1, False), P3), 3),
    ],
)
def test_without_a_wish_it_is_the_metadatas_default(acs: tuple[Endpoint, ...], expected: int) -> None:
    """Marked true, else the first that is not marked false, else the first (metadata 2.4.4.1)."""
    assert choose(*acs) == expected


def test_metadata_without_an_endpoint_that_can_be_used_gives_none() -> None:
    assert choose(PAOS5) is None
    assert choose(PAOS5, binding=POST) is None


# All the way.


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"AssertionConsumerServiceIndex": "2"}, 2),
        ({"AssertionConsumerServiceURL": "http://localhost:9/acs/post"}, 2),
        ({"ProtocolBinding": POST}, 2),
        ({"ProtocolBinding": ARTIFACT}, 1),
        ({}, 1),
        ({"AssertionConsumerServiceURL": "http://localhost:9/acs/post", "ProtocolBinding": ARTIFACT}, 2),
    ],
)
def test_the_answer_lands_where_the_request_says(bench: Any, how: dict[str, str], expected: int) -> None:
    how = {"AssertionConsumerServiceIndex": None} | how
    got = bench.login(**how)
    binding, location = bench.sp.acs[expected]
    assert got.url == location
    assert ("SAMLart" in got.fields) == (binding == ARTIFACT)
    assert company(bench, got) == {"KvKnr": "90000012"}


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"AssertionConsumerServiceIndex": "9"}, "AR-14"),
        (
            {"AssertionConsumerServiceIndex": None, "AssertionConsumerServiceURL": "https://evil.example/"},
            "AR-16",
        ),
        ({"AssertionConsumerServiceURL": "https://evil.example/"}, "AR-16"),
    ],
)
def test_an_answer_goes_nowhere_else(bench: Any, how: dict[str, str], rule: str) -> None:
    page = bench.ask(**how)
    assert page.status == 403
    assert rule in [section.get("data-rule") for section in page.by_testid("finding")]
    assert not page.tree.forms
    assert "evil.example" not in (page.location or "")


def test_a_provider_without_an_address_that_can_be_used_is_refused_and_told_why(bench: Any) -> None:
    sp = copy.copy(bench.sp)
    sp.acs = {1: (PAOS, "http://localhost:9/acs/paos")}
    bench.trust(sp)
    page = bench.ask(AssertionConsumerServiceIndex=None)
    assert page.status == 403
    assert "AR-14" in [section.get("data-rule") for section in page.by_testid("finding")]
    assert "the metadata has no usable endpoint" in page.readable


@pytest.mark.parametrize(
    ("how", "rules"),
    [
        ({"AssertionConsumerServiceIndex": None}, {"AR-13"}),
        (
            {
                "AssertionConsumerServiceIndex": None,
                "AssertionConsumerServiceURL": "http://localhost:9/acs/post",
            },
            {"AR-13", "AR-15"},
        ),
        ({"ProtocolBinding": ARTIFACT}, {"AR-17"}),
        ({"ProtocolBinding": POST}, {"AR-17", "AR-18"}),
    ],
)
def test_every_other_way_than_the_index_is_recorded(bench: Any, how: dict[str, str], rules: set[str]) -> None:
    browser = bench.browser()
    page = bench.ask(browser, **how)
    assert page.heading == "Maak een keuze", page.readable
    (exchange,) = bench.exchanges.recent()
    found = {item["rule"] for item in exchange.last("request")["findings"]}
    assert found - {"AR-31"} == rules, "AR-31 is of how this provider signs"
    assert landed(walk(browser, page)).fields


@pytest.mark.parametrize("path", ["/sso", "/sso/", "/sso/1.13/", "/sso/1.12", "/slo", "/slo/2"])
def test_an_address_that_is_almost_right_is_found_only_by_a_request(bench: Any, path: str) -> None:
    """Who looks at it gets no finding, and no exchange."""
    before = len(list(bench.exchanges.recent(100)))
    assert call(bench, "GET", path).status == 404
    assert len(list(bench.exchanges.recent(100))) == before
    page = call(bench, "GET", f"{path}?SAMLRequest=x")
    assert page.status == 404
    exchange = page.said("exchange")
    for place in (f"/console/exchanges/{exchange}", f"/api/v1/exchanges/{exchange}", f"/refused/{exchange}"):
        assert call(bench, "GET", place).status == 200, place
    (told,) = [
        finding for event in bench.exchanges.recent(1)[0].events for finding in event.data.get("findings", ())
    ]
    assert told["rule"] == ("LO-01" if path.startswith("/slo") else "AR-01")
    assert f"{path[:4]}/1.13" in told["mend"]
