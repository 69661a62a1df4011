"""The broker's metadata in the editions that providers need: by version, and for one outside the scheme."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from broker.wire import schema
from support.sp import NS, certificates_of, verified


def metadata(bench: Any, query: str = "") -> etree._Element:
    page = bench.browser().get(f"/metadata{query}")
    assert page.status == 200, page.text
    root = etree.fromstring(page.body)
    assert schema.error_in(root, "saml-schema-metadata-2.0.xsd") is None
    verified(root, certificates_of(page.body)[0])
    return root


@pytest.mark.parametrize("version", ["1.11", "1.13"])
def test_each_version_has_addresses_of_its_own_that_answer(bench: Any, version: str) -> None:
    root = metadata(bench, f"?version={version}")
    assert root.get("{urn:etoegang:1.13:metadata-extension}version") == version
    found = root.xpath("//md:SingleSignOnService/@Location", namespaces=NS)
    assert found
    for location in found:
        assert location.endswith(f"/sso/{version}")
        assert bench.browser().get(location).status == 400, "an SSO address says that there is no request"


def test_without_a_version_it_is_the_newest(bench: Any) -> None:
    assert etree.tostring(metadata(bench)) == etree.tostring(metadata(bench, "?version=1.13"))


def test_for_a_provider_outside_the_scheme_it_lists_formats_that_can_be_asked_and_no_mark_of_the_scheme(
    bench: Any,
) -> None:
    root = metadata(bench, "?profile=saml")
    formats = root.xpath("//md:NameIDFormat/text()", namespaces=NS)
    assert [one.rsplit(":", 1)[1] for one in formats] == ["persistent", "transient", "emailAddress"]
    assert root.find(".//md:IDPSSODescriptor", NS).get("WantAuthnRequestsSigned") == "false"
    assert b"metadata-extension" not in etree.tostring(root)
    assert b"assurance" not in etree.tostring(root)


def test_each_edition_has_an_id_of_its_own(bench: Any) -> None:
    ids = {metadata(bench, query).get("ID") for query in ("", "?version=1.11", "?profile=saml")}
    assert len(ids) == 3


@pytest.mark.parametrize("query", ["version=1.9", "profile=oidc", "profile=saml&version=1.11"])
def test_an_edition_that_there_is_not_is_told(bench: Any, query: str) -> None:
    page = bench.browser().get(f"/metadata?{query}")
    assert page.status == 400
    assert "version=1.11" in page.text
