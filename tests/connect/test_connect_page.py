"""The page that connects a service provider: its metadata in, and what it needs out."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from support.browser import Page
from support.plain_sp import PlainProvider
from support.sp import REDIRECT, ServiceProvider

OTHER = ServiceProvider(
    entity_id="urn:etoegang:DV:00000001777777770000:entities:9002", slo={REDIRECT: "http://localhost:9/slo"}
)


def shown(bench: Any, sp: ServiceProvider) -> Page:
    return bench.browser().get(f"/console/connect?sp={sp.entity_id}")


@pytest.mark.parametrize("by", ["paste", "upload"])
def test_metadata_comes_in_by_the_form_and_leads_to_the_steps(bench: Any, by: str) -> None:
    data = {
        "paste": OTHER.metadata.decode(),
        "upload": (io.BytesIO(OTHER.metadata), "sp.xml"),
    }
    client = bench.application.wsgi.test_client()
    got = client.post(f"/console/connect/{by}", data={by: data[by]}, base_url=bench.base_url)
    assert got.status_code == 303
    assert parse_qs(urlsplit(got.location).query)["sp"] == [OTHER.entity_id]
    page = bench.browser().get(got.location)
    assert page.said("entity-id") == OTHER.entity_id


def test_a_document_that_is_no_metadata_is_refused_with_the_field_to_mend(bench: Any) -> None:
    page = bench.browser().post("/console/connect/paste", {"paste": "<html>"})
    assert page.status == 422
    (link,) = page.by_testid("error-summary")[0].xpath(".//a/@href")
    assert link == "#paste"


def test_it_shows_what_was_understood(bench: Any) -> None:
    bench.trust(OTHER, "other")
    page = shown(bench, OTHER)
    text = page.by_testid("understood")[0].text_content()
    for known in (OTHER.acs[1][1], OTHER.acs[2][1], OTHER.services[1][0], "EH3", "http://localhost:9/slo"):
        assert known in text
    assert "standaard" in page.by_testid("acs")[0].text_content()
    assert hashlib.sha256(OTHER.certificate.public_bytes(Encoding.DER)).hexdigest() in text
    assert page.by_testid("profile")[0].get("data-profile") == "eherkenning"


def test_what_is_wrong_with_the_metadata_is_told_with_its_mend(bench: Any) -> None:
    wrong = replace(bench.sp, services={1: ("urn:etoegang:DV:00000001777777770000:services:x", "Fout")})
    bench.trust(wrong)
    found = shown(bench, wrong).by_testid("finding")
    assert {one.get("data-severity") for one in found} & {"R", "E"}


def test_the_certificate_is_the_one_of_the_metadata_in_every_form(bench: Any) -> None:
    page = shown(bench, bench.sp)
    der = bench.certificate().public_bytes(Encoding.DER)
    assert base64.b64decode(page.said("given-one-line")) == der
    assert page.said("given-sha1") == hashlib.sha1(der).hexdigest()
    assert page.said("given-sha256") == hashlib.sha256(der).hexdigest()
    assert page.by_testid("given-pem")[0].text == bench.certificate().public_bytes(Encoding.PEM).decode()


def test_the_addresses_are_those_of_the_version_that_was_asked(bench: Any) -> None:
    page = bench.browser().get(f"/console/connect?version=1.11&sp={bench.sp.entity_id}")
    assert page.said("given-sso") == f"{bench.base_url}/sso/1.11"
    assert page.said("given-metadata") == f"{bench.base_url}/metadata?version=1.11"
    assert bench.browser().get("/metadata?version=1.11&form=entities").status == 200


@pytest.mark.parametrize(
    ("sp", "address"), [(OTHER, "/metadata"), (PlainProvider(), "/metadata?profile=saml")]
)
def test_each_kind_of_provider_gets_the_metadata_that_is_for_it(
    bench: Any, sp: ServiceProvider, address: str
) -> None:
    bench.trust(sp, "other")
    assert shown(bench, sp).said("given-metadata") == bench.base_url + address


def test_a_provider_that_is_not_known_is_404_and_the_forms(bench: Any) -> None:
    page = bench.browser().get("/console/connect?sp=urn:nobody")
    assert (page.status, bool(page.by_testid("add-upload"))) == (404, True)


def test_the_home_of_the_console_leads_there_as_long_as_nobody_is_known(bench: Any) -> None:
    assert not bench.browser().get("/console").by_testid("begin")
    (bench.home / "metadata" / "sp.xml").unlink()
    bench.application.parts.configuration.refresh()
    assert bench.browser().get("/console").by_testid("begin")


def test_another_site_cannot_change_anything(bench: Any) -> None:
    form = {"paste": OTHER.metadata.decode(), "sp": bench.sp.entity_id}
    for what in ("paste", "landed", "again"):
        got = bench.browser().post(f"/console/connect/{what}", form, Sec_Fetch_Site="cross-site")
        assert got.status == 403, what
    assert OTHER.entity_id not in bench.application.parts.current.catalogue.sps
