"""Who is trusted: from the folder, the console, the API; what lies over what; for every process and after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from broker import configuration
from broker.trusted import documents
from support.answers import call, company, identifiers, response
from support.browser import Page
from support.catalogues import Catalogue
from support.running import RunningBroker, until
from support.sp import ServiceProvider, certificates_of
from support.walk import kind

OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
PLAIN = ServiceProvider(entity_id="https://sp.example//metadata/?a=b", services={})
API = "/api/v1/service-providers"


def asked(bench: Any, sp: ServiceProvider) -> str:
    return kind(bench.ask(xml=sp.signed(sp.request(bench.sso))))


def item(bench: Any, sp: ServiceProvider, method: str = "GET", data: Any = None) -> Page:
    return call(bench, method, f"{API}/{quote(sp.entity_id, safe='')}", data)


def told(page: Page) -> Any:
    return json.loads(page.body)


def listed(bench: Any) -> dict[str, Any]:
    return {found["entity_id"]: found for found in told(call(bench, "GET", API))["service_providers"]}


# The API.


def test_what_is_posted_is_trusted_at_once(bench: Any) -> None:
    assert asked(bench, OTHER) == "other"
    got = call(bench, "POST", API, OTHER.metadata)
    assert got.status == 201
    assert got.headers["Location"] == f"{API}/{quote(OTHER.entity_id, safe='')}"
    assert [sp["entity_id"] for sp in told(got)["service_providers"]] == [OTHER.entity_id]
    assert asked(bench, OTHER) == "choice"


def test_several_in_one_document_are_all_trusted(bench: Any) -> None:
    around = (
        b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">%s</md:EntitiesDescriptor>'
    )
    got = call(bench, "POST", API, around % (OTHER.metadata + PLAIN.metadata))
    assert got.status == 201
    assert "Location" not in got.headers
    assert {OTHER.entity_id, PLAIN.entity_id} <= set(listed(bench))


def test_what_is_there_is_not_posted_again_and_of_several_then_none(bench: Any) -> None:
    assert call(bench, "POST", API, OTHER.metadata).status == 201
    around = (
        b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">%s</md:EntitiesDescriptor>'
    )
    got = call(bench, "POST", API, around % (PLAIN.metadata + OTHER.metadata))
    assert (got.status, told(got)["title"]) == (409, "It is there already")
    assert PLAIN.entity_id not in listed(bench)
    assert call(bench, "POST", API, PLAIN.metadata).status == 201, "half of the document was kept"


def test_put_may_be_repeated_and_replaces(bench: Any) -> None:
    assert [item(bench, OTHER, "PUT", OTHER.metadata).status for _ in range(3)] == [201, 200, 200]
    newer = ServiceProvider(entity_id=OTHER.entity_id)
    assert item(bench, OTHER, "PUT", newer.metadata).status == 200
    assert (asked(bench, OTHER), asked(bench, newer)) == ("other", "choice")
    assert len(listed(bench)) == 2


def test_put_takes_only_the_provider_of_its_address(bench: Any) -> None:
    got = item(bench, OTHER, "PUT", PLAIN.metadata)
    assert got.status == 422
    assert f"expected {OTHER.entity_id}" in told(got)["detail"]
    assert PLAIN.entity_id not in listed(bench)


def test_an_entity_id_that_is_an_address_keeps_its_slashes(bench: Any) -> None:
    assert item(bench, PLAIN, "PUT", PLAIN.metadata).status == 201
    assert told(item(bench, PLAIN))["entity_id"] == PLAIN.entity_id
    assert item(bench, PLAIN, "DELETE").status == 204
    assert item(bench, PLAIN).status == 404


def test_what_is_deleted_is_trusted_no_longer(bench: Any) -> None:
    item(bench, OTHER, "PUT", OTHER.metadata)
    assert item(bench, OTHER, "DELETE").status == 204
    assert asked(bench, OTHER) == "other"
    assert item(bench, OTHER, "DELETE").status == 404
    assert item(bench, OTHER).status == 404


def test_a_provider_of_the_folder_is_not_deleted_here(bench: Any) -> None:
    got = item(bench, bench.sp, "DELETE")
    assert got.status == 409
    assert "sp.xml" in told(got)["detail"]
    assert asked(bench, bench.sp) == "choice"


def test_what_is_added_lies_over_the_folder_and_leaves_it_as_it_was(bench: Any) -> None:
    newer = ServiceProvider(entity_id=bench.sp.entity_id)
    assert call(bench, "POST", API, newer.metadata).status == 201
    found = listed(bench)[bench.sp.entity_id]
    assert (found["origin"], found["covers"]) == ("api", "sp.xml")
    assert (asked(bench, bench.sp), asked(bench, newer)) == ("other", "choice")
    assert told(call(bench, "GET", "/readyz"))["problems"] == [], "that is meant, and no problem"
    assert item(bench, newer, "DELETE").status == 204
    assert (asked(bench, bench.sp), asked(bench, newer)) == ("choice", "other")
    assert listed(bench)[bench.sp.entity_id]["origin"] == "file"


def test_a_login_goes_all_the_way_for_a_provider_that_was_posted(bench: Any) -> None:
    call(bench, "POST", API, OTHER.metadata)
    posted = type(bench)(bench.application, OTHER, bench.home)
    assert company(posted, posted.login()) == {"KvKnr": "90000012"}


def test_the_list_says_services_certificates_and_where_each_came_from(bench: Any) -> None:
    found = listed(bench)[bench.sp.entity_id]
    assert found["origin"] == "file"
    assert found["source"].endswith("metadata/sp.xml")
    assert found["name"] == bench.sp.organization
    (service,) = found["services"]
    assert (service["name"], service["level"], service["from"]) == ("Testdienst", "EH3", "metadata")
    (certificate,) = found["certificates"]
    assert certificate["use"] == ["signing", "encryption"]
    assert certificate["state"] == "valid"
    assert {problem["code"] for problem in found["problems"]} == {"unknown-service"}


@pytest.mark.parametrize(
    ("at", "state"),
    [("2010-01-01", "not-yet"), ("2026-06-01", "valid"), ("2060-01-01", "expired")],
)
def test_a_certificate_that_is_out_of_date_by_the_brokers_clock_is_told(
    bench: Any, at: str, state: str
) -> None:
    assert call(bench, "PUT", "/api/v1/clock", {"at": f"{at}T00:00:00Z"}).status == 200
    found = listed(bench)[bench.sp.entity_id]
    assert found["certificates"][0]["state"] == state
    codes = {problem["code"] for problem in found["problems"]}
    assert (f"certificate-{state}" in codes) == (state != "valid")
    page = bench.browser().get("/console/service-providers")
    assert [node.get("data-state") for node in page.by_testid("certificate")] == [state]


def test_metadata_without_keys_is_told(bench: Any) -> None:
    start, end = OTHER.metadata.index(b"<md:KeyDescriptor>"), OTHER.metadata.index(b"</md:KeyDescriptor>")
    bare = OTHER.metadata[:start] + OTHER.metadata[end + len(b"</md:KeyDescriptor>") :]
    got = call(bench, "POST", API, bare)
    (sp,) = told(got)["service_providers"]
    assert {"no-signing-key", "no-encryption-key"} <= {problem["code"] for problem in sp["problems"]}


# Processes and restarts.


def test_another_broker_over_the_same_home_trusts_it_too_and_so_does_the_next_one(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    home = tmp_path / "shared"
    first, second = start(home, store="sqlite"), start(home, store="sqlite")
    assert call(first, "POST", API, OTHER.metadata).status == 201
    assert second.application.parts.configuration.refresh()
    assert asked(second, OTHER) == "choice"
    assert item(first, OTHER, "DELETE").status == 204
    assert second.application.parts.configuration.refresh()
    assert asked(second, OTHER) == "other"

    call(second, "POST", API, OTHER.metadata)
    assert asked(start(home, store="sqlite"), OTHER) == "choice"


def test_the_watcher_takes_up_what_another_process_added(
    start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "LOOK_EVERY", 0.01)
    home = tmp_path / "shared"
    first, second = start(home, store="sqlite"), start(home, store="sqlite")
    watched = second.application.parts.configuration
    watched.watch()
    call(first, "POST", API, OTHER.metadata)
    until(lambda: OTHER.entity_id in watched.current.catalogue.sps, "what was posted elsewhere is in force")


def test_nothing_is_read_again_as_long_as_nothing_was_added(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(bench, "POST", API, OTHER.metadata)
    before = bench.application.parts.current
    monkeypatch.setattr("broker.trusted.trust.records", lambda *_: pytest.fail("the records were read"))
    assert not bench.application.parts.configuration.refresh()
    assert bench.application.parts.current is before


def test_of_many_records_only_the_new_one_is_parsed(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call(bench, "POST", API, OTHER.metadata)
    parsed: list[str] = []
    read = documents._read_record
    monkeypatch.setattr(documents, "_read_record", lambda id_, raw: parsed.append(id_) or read(id_, raw))
    call(bench, "POST", API, PLAIN.metadata)
    assert parsed == [PLAIN.entity_id]


def test_over_http_what_is_put_to_one_process_is_trusted_by_the_other(tmp_path: Path) -> None:
    """Two processes, one home: as two workers of one broker. The slashes in the entityID are encoded."""
    home, path = tmp_path / "home", f"{API}/{quote(PLAIN.entity_id, safe='')}"
    with RunningBroker(home) as first, RunningBroker(home) as second:
        got = requests.put(first.base_url + path, data=PLAIN.metadata, timeout=10)
        assert got.status_code == 201, got.text
        until(lambda: requests.get(second.base_url + path, timeout=10).ok, "the other process trusts it")
        assert requests.delete(second.base_url + path, timeout=10).status_code == 204


# Two keys.


def with_two_keys(sp: ServiceProvider, second: ServiceProvider) -> bytes:
    """Metadata of ``sp`` with the certificate of ``second`` behind its own."""
    end = b"</md:KeyDescriptor>"
    start = second.metadata.index(b"<md:KeyDescriptor>")
    extra = second.metadata[start : second.metadata.index(end) + len(end)]
    return sp.metadata.replace(end, end + extra)


def test_while_a_provider_rolls_its_key_over_both_sign_and_the_first_is_encrypted_for(bench: Any) -> None:
    old, new = OTHER, ServiceProvider(entity_id=OTHER.entity_id)
    assert call(bench, "POST", API, with_two_keys(old, new)).status == 201
    for signer in (old, new):
        page = type(bench)(bench.application, signer, bench.home)
        message = response(page, page.login())
        assert identifiers(old, message, "LegalSubjectID") == {"KvKnr": "90000012"}, "not for the first key"
    assert len(certificates_of(told(item(bench, OTHER))["xml"].encode())) == 2

    assert item(bench, OTHER, "PUT", new.metadata).status == 200
    assert (asked(bench, old), asked(bench, new)) == ("other", "choice")


# The console.


def test_a_tester_pastes_metadata_and_sees_it_and_removes_it_again(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/service-providers")
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>\n' + OTHER.metadata.decode().replace("fictief", "één")
    page = browser.submit(page, page.form("paste"), paste=f"\n {text}")
    assert page.said("done") == f"Toegevoegd: {OTHER.entity_id}"
    assert "Testorganisatie (één)" in page.readable
    assert asked(bench, OTHER) == "choice"

    page = browser.submit(page, page.form("remove"))
    assert page.said("done") == f"Verwijderd: {OTHER.entity_id}"
    assert OTHER.entity_id not in {node.get("data-entity-id") for node in page.by_testid("service-provider")}
    assert asked(bench, OTHER) == "other"


def test_a_tester_who_pastes_a_newer_version_replaces_the_older(bench: Any) -> None:
    browser = bench.browser()
    newer = ServiceProvider(entity_id=OTHER.entity_id)
    for sp in (OTHER, newer):
        page = browser.get("/console/service-providers")
        browser.submit(page, page.form("paste"), paste=sp.metadata.decode())
    assert (asked(bench, OTHER), asked(bench, newer)) == ("other", "choice")


def test_a_tester_gives_an_address_and_fetches_it_again(bench: Any, web: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/service-providers")
    page = browser.submit(page, page.form("url"), url=web.serve("/metadata", OTHER.metadata))
    assert page.said("done") == f"Toegevoegd: {OTHER.entity_id}"
    newer = ServiceProvider(entity_id=OTHER.entity_id)
    web.serve("/metadata", newer.metadata)
    page = browser.submit(page, page.form("refresh"))
    assert page.said("done") == f"Opnieuw opgehaald: {OTHER.entity_id}"
    assert asked(bench, newer) == "choice"


def test_the_page_says_where_each_came_from_and_offers_no_removal_of_a_file(bench: Any) -> None:
    page = bench.browser().get("/console/service-providers")
    assert "sp.xml" in page.said("origin")
    assert not page.by_testid("remove")
    assert "alleen uit de metadata" in page.said("service")


def test_forms_of_the_page_go_nowhere_but_here(bench: Any) -> None:
    page = bench.browser().get("/console/service-providers")
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert all(form.get("action").startswith("/console/") for form in page.tree.forms)


def test_of_more_than_a_hundred_the_page_shows_a_hundred_and_finds_the_rest(bench: Any) -> None:
    around = (
        b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">%s</md:EntitiesDescriptor>'
    )
    many = [
        OTHER.metadata.replace(OTHER.entity_id.encode(), f"urn:many:{number:03}".encode())
        for number in range(150)
    ]
    assert call(bench, "POST", API, around % b"".join(many)).status == 201
    page = bench.browser().get("/console/service-providers")
    assert len(page.by_testid("service-provider")) == 100
    assert "er zijn er nog 51" in page.readable
    page = bench.browser().get("/console/service-providers?q=MANY:149")
    assert [n.get("data-entity-id") for n in page.by_testid("service-provider")] == ["urn:many:149"]
    page = bench.browser().get("/console/service-providers?q=<script>")
    assert "Geen dienstverlener heeft “<script>”" in page.said("none")


def test_what_the_address_bar_says_is_shown_as_text_only(bench: Any) -> None:
    page = bench.browser().get("/console/service-providers?done=added&what=<b>evil</b>")
    assert "&lt;b&gt;evil" in page.text
    page = bench.browser().get("/console/service-providers?done=other&what=evil")
    assert "evil" not in page.readable


# A catalogue, the same ways.


def test_a_catalogue_is_posted_listed_replaced_and_deleted(bench: Any) -> None:
    where = "/api/v1/service-catalogues/00000001777777770000"
    got = call(bench, "POST", "/api/v1/service-catalogues", Catalogue().xml)
    assert (got.status, got.headers["Location"]) == (201, where)
    assert told(got)["service_catalogues"][0]["services"][0]["name"] == "Dienst uit de catalogus"
    (found,) = listed(bench)[bench.sp.entity_id]["services"]
    assert (found["name"], found["level"], found["from"]) == ("Dienst uit de catalogus", "EH2+", "catalogue")
    assert call(bench, "PUT", where, Catalogue(name="Nieuwe naam").xml).status == 200
    (found,) = listed(bench)[bench.sp.entity_id]["services"]
    assert found["name"] == "Nieuwe naam"
    page = bench.browser().get("/console/service-providers")
    assert len(page.by_testid("catalogue")) == 1
    assert call(bench, "DELETE", where).status == 204
    assert call(bench, "GET", where).status == 404
    (found,) = listed(bench)[bench.sp.entity_id]["services"]
    assert found["from"] == "metadata"


def test_a_catalogue_comes_from_an_address_and_is_removed_in_the_console(bench: Any, web: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/service-providers")
    page = browser.submit(page, page.form("url"), url=web.serve("/dc.xml", Catalogue().xml))
    assert page.said("done") == "Toegevoegd: 00000001777777770000"
    web.serve("/dc.xml", Catalogue(name="Nieuwe naam").xml)
    page = browser.submit(page, page.form("refresh"))
    assert "Nieuwe naam" in page.readable
    page = browser.submit(page, page.form("remove"))
    assert not page.by_testid("catalogue")


def test_a_catalogue_in_the_folder_counts_and_a_broken_one_leaves_the_last_good_in_force(bench: Any) -> None:
    file = bench.home / "metadata" / "catalogus.xml"
    file.write_bytes(Catalogue().xml)
    bench.application.parts.configuration.refresh()
    assert listed(bench)[bench.sp.entity_id]["services"][0]["name"] == "Dienst uit de catalogus"

    file.write_bytes(Catalogue(level="urn:etoegang:core:assurance-class:loa9").xml)
    bench.application.parts.configuration.refresh()
    assert listed(bench)[bench.sp.entity_id]["services"][0]["level"] == "EH2+"
    (problem,) = told(call(bench, "GET", "/readyz"))["problems"]
    assert "catalogus.xml:4: the level is" in problem
    assert problem in bench.browser().get("/console").said("configuration-problems")

    file.unlink()
    bench.application.parts.configuration.refresh()
    assert listed(bench)[bench.sp.entity_id]["services"][0]["name"] == "Testdienst"
    assert told(call(bench, "GET", "/readyz"))["problems"] == []


def test_of_two_files_with_one_catalogue_the_first_counts_and_it_is_told(bench: Any) -> None:
    for name in ("een", "twee"):
        (bench.home / "metadata" / f"{name}.xml").write_bytes(Catalogue(name=name).xml)
    bench.application.parts.configuration.refresh()
    assert listed(bench)[bench.sp.entity_id]["services"][0]["name"] == "een"
    (problem,) = told(call(bench, "GET", "/readyz"))["problems"]
    assert "is in een.xml already" in problem
