"""What the API says of things that there really are, is as its description has it: every key, and no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from support.catalogues import Catalogue
from support.sp import ServiceProvider
from support.walk import choose, kind, login_id_of, walk

OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
CATALOGUE_OF = "00000001777777770000"
SCHOOL = 'companies:\n  school:\n    name: School\n    kvk: "87654321"\n    manager: m.devries\n'

Fits = Callable[..., Any]


@pytest.fixture
def fits(api: Any) -> Fits:
    """Call, and hold the answer against what the description says of this status; its body."""
    document = api.get("/api/openapi.json").body
    components = copy.deepcopy(document["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)

    def called(method: str, path: str, body: Any = None, *, of: str = "", raw: bytes | None = None) -> Any:
        """``of`` is the path of the description, where that has parameters."""
        said = api(method, path, body, raw=raw, **({"Content_Type": "application/xml"} if raw else {}))
        plain = f"/api/v1/{(of or path).partition('?')[0]}"
        answers = document["paths"][plain][method.lower()]["responses"]
        assert str(said.status) in answers, (method, path, said.status, said.body)
        for described in answers[str(said.status)].get("content", {}).values():
            found = Draft202012Validator({**described["schema"], "components": components}).iter_errors(
                said.body
            )
            assert not [f"{one.json_path}: {one.message}" for one in found]
        assert said.status < 400, said.body
        return said.body

    return called


def test_of_messages_and_of_what_waits_for_a_phone(bench: Any, fits: Fits) -> None:
    page = walk(bench.browser(), bench.ask(), until="pin")
    (message,) = fits("GET", "inbox")["messages"]
    assert message["ask_id"] == login_id_of(page)
    assert fits("GET", f"inbox/{message['id']}", of="inbox/{id}") == message
    fits("DELETE", "inbox")
    assert fits("GET", "inbox") == {"messages": []}
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "a.yilmaz", "digidentity", until="app", channel="app")
    assert kind(page) == "app", page.readable
    (waiting,) = fits("GET", "phone")["waiting"]
    said = fits("POST", f"phone/{waiting['id']}", {"answer": "refuse"}, of="phone/{id}")
    assert said == {"answer": "refused"}


def test_of_a_means_with_wrong_tries(bench: Any, fits: Fits) -> None:
    browser = bench.browser()
    page = choose(browser, bench.ask(browser), "reconi")
    browser.submit(page, page.form("next"), username="m.devries", password="fout")
    (one,) = fits("GET", "means?q=m.devries&supplier=reconi")["means"]
    assert one["wrong"] > 0
    for change in ("unblock", "reset"):
        path = f"means/{one['supplier']}/{one['username']}/{change}"
        assert fits("POST", path, of=f"means/{{supplier}}/{{username}}/{change}")["person"] == "m.devries"


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_of_a_request_for_a_mandate(bench: Any, fits: Fits, decision: str) -> None:
    bench.rewrite("companies:\n", SCHOOL)
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "k.dekker", until="nomandate")
    form = browser.get(page.by_testid("request-mandate")[0].get("href"))
    browser.submit(form, form.form("ask"), number="87654321")
    (asked,) = fits("GET", "mandate-requests")["requests"]
    id_ = asked["id"]
    assert fits("GET", f"mandate-requests/{id_}", of="mandate-requests/{id}") == asked
    decided = fits("POST", f"mandate-requests/{id_}/{decision}", of=f"mandate-requests/{{id}}/{decision}")
    assert decided["status"] == {"approve": "approved", "refuse": "refused"}[decision]
    granted = fits("GET", "granted-mandates")["mandates"]
    assert [one["id"] for one in granted] == ([id_] if decision == "approve" else [])
    if granted:
        fits("DELETE", f"granted-mandates/{id_}", of="granted-mandates/{id}")
        assert fits("GET", "granted-mandates") == {"mandates": []}


def test_of_a_service_provider(bench: Any, fits: Fits) -> None:
    assert [one["origin"] for one in fits("GET", "service-providers")["service_providers"]] == ["file"]
    (added,) = fits("POST", "service-providers", raw=OTHER.metadata)["service_providers"]
    one, of = f"service-providers/{quote(OTHER.entity_id, safe='')}", "service-providers/{entity_id}"
    assert fits("GET", one, of=of) == added
    assert fits("PUT", one, {"xml": OTHER.metadata.decode()}, of=of)["entity_id"] == OTHER.entity_id
    fits("DELETE", one, of=of)
    assert len(fits("GET", "service-providers")["service_providers"]) == 1


def test_of_a_service_catalogue(fits: Fits) -> None:
    one, of = f"service-catalogues/{CATALOGUE_OF}", "service-catalogues/{id}"
    added = fits("PUT", one, of=of, raw=Catalogue().xml)
    assert added["services"]
    assert fits("GET", "service-catalogues")["service_catalogues"] == [added]
    fits("DELETE", one, of=of)


def test_the_example_of_a_document_is_taken(api: Any, fits: Fits) -> None:
    document = api.get("/api/openapi.json").body
    contents = document["paths"]["/api/v1/service-providers"]["post"]["requestBody"]["content"]
    assert list(contents) == ["application/samlmetadata+xml", "application/xml", "application/json"]
    (added,) = fits("POST", "service-providers", contents["application/json"]["example"])["service_providers"]
    path = f"service-providers/{quote(added['entity_id'], safe='')}"
    raw = contents["application/xml"]["example"].encode()
    assert fits("PUT", path, of="service-providers/{entity_id}", raw=raw)["entity_id"] == added["entity_id"]


@pytest.mark.usefixtures("own_keys")
def test_of_the_keys_in_every_step(fits: Fits) -> None:
    for step in ("announce", "switch", "drop"):
        assert fits("GET", "keys")["next_step"] == step
        fits("POST", f"keys/{step}")


def test_of_sessions(bench: Any, fits: Fits) -> None:
    bench.login()
    (one,) = fits("GET", "sessions")["sessions"]
    fits("DELETE", f"sessions/{one['id']}", of="sessions/{id}")
    assert fits("DELETE", "sessions") == {"ended": 0}


def test_of_readiness(bench: Any, api: Any) -> None:
    answers = api.get("/api/openapi.json").body["paths"]["/readyz"]["get"]["responses"]
    assert set(answers) == {"200", "503"}
    assert api.get("/readyz").body["ready"] is True
    (bench.home / "eherkenning.yaml").write_text("people: [")
    bench.application.parts.configuration.refresh()
    said = api.get("/readyz")
    assert (said.status, said.body["ready"], len(said.body["problems"])) == (503, False, 1), json.dumps(
        said.body
    )
