"""Bad documents at every door: a clear reason, 4xx, and nothing changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from support.answers import call
from support.catalogues import Catalogue
from support.certificates import of_version_5
from support.sp import ServiceProvider

OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
GOOD = OTHER.metadata
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DOORS = ("paste", "upload", "url", "api", "api_json", "api_url")


@dataclass(frozen=True)
class Bad:
    data: bytes
    says: str
    status: int = 422
    line: int | None = None


def changed(old: bytes, new: bytes) -> bytes:
    assert old in GOOD, old
    return GOOD.replace(old, new)


def catalogue(**how: Any) -> bytes:
    return Catalogue(**how).xml


BAD = {
    "nothing": Bad(b" \n", "empty"),
    "not XML": Bad(b"hello", "not well-formed", line=1),
    "half a document": Bad(GOOD[:-9], "not well-formed", line=1),
    "a web page": Bad(b"<!DOCTYPE html><html><body>Login</body></html>", "web page (HTML)", line=1),
    "a web page without DOCTYPE": Bad(b"\n<html><head/></html>", "web page (HTML)", line=1),
    "a DTD": Bad(b'<!DOCTYPE x [<!ENTITY a "b">]>' + GOOD, "DOCTYPE", line=1),
    "an entity bomb": Bad(
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>', "DOCTYPE", line=1
    ),
    "too big": Bad(b"<x>" + b"y" * 1_000_001 + b"</x>", "1,000,000", status=413),
    "another root": Bad(b"<saml:Assertion xmlns:saml='urn:s'/>", "the root is <saml:Assertion>", line=1),
    "metadata of a broker": Bad(changed(b"SPSSODescriptor", b"IDPSSODescriptor"), "no <md:SPSSODescriptor>"),
    "no entityID": Bad(changed(b"entityID", b"name"), "no entityID"),
    "nowhere to answer": Bad(changed(b"AssertionConsumerService", b"Elsewhere"), "nowhere to send an answer"),
    "a script as address": Bad(
        changed(b"http://localhost:9/acs/post", b"javascript:alert(1)"), "expected an http or https URL"
    ),
    "a certificate that is none": Bad(
        changed(b"<ds:X509Certificate>MII", b"<ds:X509Certificate>%%%"), "not an X.509 certificate"
    ),
    "a certificate of an unknown version": Bad(
        changed(
            base64.b64encode(OTHER.certificate.public_bytes(Encoding.DER)),
            base64.b64encode(of_version_5(OTHER.certificate.public_bytes(Encoding.DER))),
        ),
        "not an X.509 certificate",
    ),
    "one provider twice": Bad(
        f'<md:EntitiesDescriptor xmlns:md="{MD}">'.encode() + GOOD * 2 + b"</md:EntitiesDescriptor>",
        "stands there twice",
    ),
    "a level that is none": Bad(
        catalogue(level="urn:etoegang:core:assurance-class:loa9"), 'the level is "urn:etoegang', line=4
    ),
    "a level that has ended": Bad(catalogue(level="urn:etoegang:core:assurance-class:loa1"), "the level is"),
    "an unknown type in a set": Bad(
        catalogue(types=[("urn:etoegang:1.9:EntityConcernedID:Kenteken", "1")]),
        "no type of identifier",
        line=6,
    ),
    "a set that has no number": Bad(
        catalogue(types=[("urn:etoegang:1.9:EntityConcernedID:RSIN", "one")]), "expected a whole number"
    ),
    "no set at all": Bad(catalogue(types=[]), "nothing to identify by"),
    "an instance of nothing": Bad(
        catalogue(
            instance_of="<esc:InstanceOfService>33333333-3333-4333-8333-333333333333</esc:InstanceOfService>"
        ),
        "no <ServiceDefinition> has that ServiceUUID",
        line=7,
    ),
    "an instance that names no service": Bad(catalogue(instance_of=""), "no <InstanceOfService>"),
    "an intermediary of nothing": Bad(
        catalogue(
            instance_of="<esc:IntermediatedService>33333333-3333-4333-8333-333333333333</esc:IntermediatedService>"
        ),
        "no <ServiceDefinition> behind it",
    ),
    "intermediaries in a circle": Bad(
        catalogue(
            instance_of="<esc:IntermediatedService>22222222-2222-4222-8222-222222222222</esc:IntermediatedService>"
        ),
        "no <ServiceDefinition> behind it",
    ),
    "a ServiceID that is none": Bad(catalogue(service_id="urn:mine:1"), 'the ServiceID is "urn:mine:1"'),
    "an OIN that is none": Bad(catalogue(oin="123"), 'the ServiceProviderID is "123"'),
    "a catalogue of another time": Bad(
        catalogue(namespace="urn:etoegang:1.9:service-catalog"), "the namespace is"
    ),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", BAD)
def test_a_bad_document_is_refused_with_a_reason_and_nothing_changes(
    name: str, door: str, doors: Any, bench: Any
) -> None:
    bad = BAD[name]
    before = bench.application.parts.current
    said = getattr(doors, door)(bad.data)
    # 413 is about the request that was made to us; behind an address it is a document like any other.
    assert said.status == (422 if "url" in door else bad.status), said
    assert bad.says in said.text
    if bad.line and door.startswith("api"):
        assert said.line == bad.line
    assert bench.application.parts.current.catalogue is before.catalogue
    assert json.loads(call(bench, "GET", "/readyz").body)["problems"] == []


@pytest.mark.parametrize("door", DOORS)
def test_the_same_document_without_the_mistake_is_taken(door: str, doors: Any, bench: Any) -> None:
    """Or the refusals above would prove nothing."""
    assert getattr(doors, door)(GOOD).status in (201, 303)
    assert OTHER.entity_id in bench.application.parts.current.catalogue.sps
    assert getattr(doors, door)(catalogue()).status in (201, 303)
    assert "00000001777777770000" in bench.application.parts.current.catalogues


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "not understood"),
        ([], "not understood"),
        ({"xml": "<a/>", "url": "http://x"}, "not understood"),
        ({"xml": 3}, "not understood"),
        ({"url": ""}, "not an http or https address"),
        ({"xml": ""}, "empty"),
    ],
)
def test_json_that_says_nothing_useful_is_answered_with_what_is_expected(
    body: Any, says: str, doors: Any
) -> None:
    got = doors.call("POST", "/api/v1/service-providers", json=body)
    assert got.status_code == 422
    assert says in got.json["detail"]


def test_json_that_is_none_is_answered_with_what_is_expected(doors: Any) -> None:
    got = doors.call("POST", "/api/v1/service-providers", data=b'{"xml": ', content_type="application/json")
    assert got.status_code == 422
    assert '{"xml": ' in got.json["detail"]


def test_more_than_the_broker_ever_reads_is_413_at_the_api_and_in_the_console(doors: Any) -> None:
    huge = b"x" * 4_500_000
    got = doors.call("POST", "/api/v1/service-providers", data=huge, content_type="application/xml")
    assert (got.status_code, got.json["title"]) == (413, "Too big")
    assert doors.paste(huge).status == 413
    assert doors.upload(huge).status == 413


@pytest.mark.parametrize("field", ["paste", "url"])
def test_a_form_that_is_refused_keeps_what_was_filled_in_and_leads_to_its_field(
    field: str, doors: Any
) -> None:
    got = doors.call("POST", f"/console/service-providers/{field}", data={field: "<not>good"})
    text = got.text
    assert got.status_code == 422
    assert "&lt;not&gt;good" in text, "what was filled in is gone"
    assert f'href="#{field}"' in text
    assert 'aria-invalid="true"' in text
    assert 'tabindex="-1" autofocus' in text, "the focus does not go to the summary"
    assert "<title>Fout: " in text


def test_an_upload_without_a_file_says_so(doors: Any) -> None:
    got = doors.call("POST", "/console/service-providers/upload", data={})
    assert got.status_code == 422
    assert "no file was chosen" in got.text


CHANGES: dict[str, Callable[[Any], Any]] = {
    "paste": lambda d: d.call("POST", "/console/service-providers/paste", data={"paste": GOOD}, **FOREIGN),
    "remove": lambda d: d.call("POST", "/console/service-providers/remove", data={"id": GOOD}, **FOREIGN),
    "api": lambda d: d.call("POST", "/api/v1/service-providers", data=GOOD, **FOREIGN),
    "keys": lambda d: d.call("POST", "/api/v1/keys/announce", **FOREIGN),
}
FOREIGN: dict[str, Any] = {"headers": {"Sec-Fetch-Site": "cross-site"}}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
    ],
    ids=str,
)
def test_a_change_that_another_site_makes_a_browser_send_is_refused(
    change: str, headers: dict[str, str], doors: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FOREIGN, "headers", headers)
    before = bench.application.parts.current
    assert CHANGES[change](doors).status_code == 403
    assert not bench.application.parts.configuration.refresh()
    assert bench.application.parts.current is before


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": "null"}], ids=str
)
def test_our_own_forms_are_not_taken_for_another_site(headers: dict[str, str], doors: Any) -> None:
    """They send no referrer, so browsers say Origin: null."""
    got = doors.call("POST", "/console/service-providers/paste", data={"paste": GOOD}, headers=headers)
    assert got.status_code == 303


def test_console_and_api_ask_for_the_token_where_there_is_one(start: Callable[..., Any]) -> None:
    guarded = start(token="geheim")
    for method, path in (
        ("POST", "/console/service-providers/paste"),
        ("GET", "/console/service-providers"),
        ("POST", "/api/v1/service-providers"),
        ("GET", "/api/v1/service-providers"),
        ("POST", "/api/v1/keys/announce"),
    ):
        assert call(guarded, method, path).status == 401, path
