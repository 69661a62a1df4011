"""Metadata, the broker's own as it goes out and a provider's as it comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree
from signxml import InvalidSignature

from broker.app import create
from broker.settings import Settings
from broker.wire.metadata import MetadataProblem, read
from support.answers import call
from support.sp import NS, ServiceProvider, certificates_of, fingerprint, verified

HM = "urn:etoegang:HM:00000003999999990000:entities:9001"


@pytest.fixture
def own(bench: Any) -> bytes:
    return bench.browser().get("/metadata").body


def test_the_metadata_is_signed_as_a_whole_by_the_key_that_it_announces(own: bytes) -> None:
    (announced,) = certificates_of(own)
    root = verified(etree.fromstring(own), announced)
    assert root.get("entityID") == HM
    assert root.get("{urn:etoegang:1.13:metadata-extension}version") == "1.13"
    with pytest.raises(InvalidSignature):
        verified(etree.fromstring(own.replace(b"sso/1.13", b"sso/1.14")), announced)


def test_the_signature_of_metadata_carries_the_certificate_and_no_name(own: bytes) -> None:
    info = etree.fromstring(own).find("ds:Signature/ds:KeyInfo", NS)
    assert [etree.QName(node).localname for node in info.iter()] == ["KeyInfo", "X509Data", "X509Certificate"]


def test_the_key_name_is_the_fingerprint_of_the_certificate(own: bytes) -> None:
    root = etree.fromstring(own)
    descriptors = root.findall("md:IDPSSODescriptor/md:KeyDescriptor", NS)
    assert [descriptor.get("use") for descriptor in descriptors] == ["signing"]
    name = descriptors[0].findtext("ds:KeyInfo/ds:KeyName", namespaces=NS)
    assert name == fingerprint(certificates_of(own)[0])


def test_the_metadata_stays_the_same_to_the_byte_over_a_restart(tmp_path: Path) -> None:
    """Keys, entity id and KeyName with it: a provider configures them once."""
    seen = []
    for _ in range(2):
        application = create(Settings(home=tmp_path / "home"), watch=False)
        seen.append(application.wsgi.test_client().get("/metadata").data)
        application.close()
    assert seen[0] == seen[1]
    assert certificates_of(seen[0])


def test_one_idp_descriptor_with_requests_signed_and_the_version_in_the_address(own: bytes) -> None:
    root = etree.fromstring(own)
    (idp,) = root.findall("md:IDPSSODescriptor", NS)
    assert idp.get("WantAuthnRequestsSigned") == "true"
    sso = {
        node.get("Binding").rpartition(":")[2]: node.get("Location")
        for node in idp.findall("md:SingleSignOnService", NS)
    }
    assert list(sso) == ["HTTP-Redirect", "HTTP-POST", "HTTP-Artifact"]
    assert len(set(sso.values())) == 1, "the Maykin client POSTs to the Location of HTTP-Redirect"
    assert sso["HTTP-POST"].endswith("/1.13")
    services = idp.findall("md:ArtifactResolutionService", NS)
    assert [node.get("index") for node in services] == ["0", "1"]
    assert [node.get("isDefault") for node in services] == ["true", "false"]
    highest = root.findtext("md:Extensions//saml:AttributeValue", namespaces=NS)
    assert highest == "urn:etoegang:core:assurance-class:loa4"
    logout = {
        node.get("Binding").rpartition(":")[2]: node.get("Location")
        for node in idp.findall("md:SingleLogoutService", NS)
    }
    assert list(logout) == list(sso)
    assert {url.rpartition("/slo/")[2] for url in logout.values()} == {"1.13"}


def test_every_address_in_the_metadata_answers(bench: Any, own: bytes) -> None:
    """Each in its own way: a request page, a SOAP fault; never "not found" or "not this method"."""
    methods = {"HTTP-Redirect": "GET", "HTTP-POST": "POST", "HTTP-Artifact": "GET", "SOAP": "POST"}
    announced = etree.fromstring(own).xpath("//*[@Location]")
    assert announced
    for node in announced:
        location, binding = node.get("Location"), node.get("Binding").rpartition(":")[2]
        assert location.startswith(bench.base_url)
        page = call(bench, methods[binding], urlsplit(location).path, None)
        assert page.status == 400, f"{location} by {binding}: HTTP {page.status}"


def test_the_type_of_the_metadata_is_that_of_saml_metadata(bench: Any) -> None:
    assert bench.browser().get("/metadata").headers["Content-Type"].startswith("application/samlmetadata+xml")


# A provider's.


def test_a_provider_is_read_with_keys_addresses_and_services(sp: ServiceProvider) -> None:
    (found,) = read(sp.metadata)
    assert found.entity_id == sp.entity_id
    assert [certificate.key_name for certificate in found.signing] == [fingerprint(sp.certificate)]
    assert found.encryption == found.signing, "a KeyDescriptor without use is for both"
    assert {e.index: (e.binding, e.location) for e in found.acs} == sp.acs
    assert {s.index: (*s.service_ids, s.names["nl"]) for s in found.services} == sp.services
    assert found.organization == {"nl": sp.organization}


def test_a_key_for_one_use_is_for_that_use(sp: ServiceProvider) -> None:
    (found,) = read(sp.metadata.replace(b"<md:KeyDescriptor>", b'<md:KeyDescriptor use="signing">'))
    assert (len(found.signing), len(found.encryption)) == (1, 0)


def test_a_file_may_hold_several_providers_and_others(sp: ServiceProvider) -> None:
    other = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
    idp = b'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:x"/>'
    whole = (
        b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
        + sp.metadata + idp + other.metadata + b"</md:EntitiesDescriptor>"
    )  # fmt: skip
    assert [found.entity_id for found in read(whole)] == [sp.entity_id, other.entity_id]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"<md:EntityDescriptor", b"<nothing", "not well-formed"),
        (b"EntityDescriptor", b"EntityDescription", "the root is <md:EntityDescription>"),
        (b"SPSSODescriptor", b"IDPSSODescriptor", "no <md:SPSSODescriptor>"),
        (b"entityID", b"name", "no entityID"),
        (b"AssertionConsumerService", b"SomeService", "nowhere to send an answer"),
        (b"http://localhost:9/acs/post", b"javascript:alert(1)", "expected an http or https URL"),
        (b"http://localhost:9/acs/post", b"/acs/post", "expected an http or https URL"),
        (b"http://localhost:9/acs/post", b"http://[localhost/acs", "expected an http or https URL"),
        (b'index="2"', b'index="two"', "expected a whole number"),
        (b'index="2"', b'index="' + b"9" * 5_000 + b'"', "expected a whole number"),
        (b"<ds:X509Certificate>MII", b"<ds:X509Certificate>nonsense", "not an X.509 certificate"),
        (b"<md:EntityDescriptor", b"<!DOCTYPE x><md:EntityDescriptor", "DOCTYPE"),
    ],
)
def test_metadata_that_cannot_be_used_says_why(
    sp: ServiceProvider, old: bytes, new: bytes, reason: str
) -> None:
    """And nothing else is ever raised, or one file would take the whole configuration with it."""
    assert old in sp.metadata
    with pytest.raises(MetadataProblem, match=reason):
        read(sp.metadata.replace(old, new))
