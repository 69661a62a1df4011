"""Our own metadata: valid by the SAML schemas, signed, and as the scheme wants it (spec 8.1)."""

from __future__ import annotations

import ssl
import stat
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask
from helpdeskpo_world import BASE, Person, verified
from idp import DV, NS, SERVICE, Party, encrypted_id
from lxml import etree
from saml2.mdstore import InMemoryMetaData

from helpdeskpo.app import create_app
from helpdeskpo.crypto import decrypt, parse
from helpdeskpo.keys import KeyPair, key_pair
from helpdeskpo.metadata import own_metadata
from helpdeskpo.settings import OIN, Settings, now


@pytest.fixture
def root(settings: Settings, keys: KeyPair) -> Any:
    return verified(own_metadata(settings, keys), keys)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The SAML schemas that pysaml2 ships. They import each other by names that only a catalogue knows."""
    folder = files("saml2.data.schemas")
    names = {
        "http://www.w3.org/XML/1998/namespace": "xml.xsd",
        "http://www.w3.org/2001/04/xmlenc#": "xenc-schema.xsd",
        "http://www.w3.org/2000/09/xmldsig#": "xmldsig-core-schema.xsd",
        "urn:oasis:names:tc:SAML:2.0:assertion": "saml-schema-assertion-2.0.xsd",
        "urn:oasis:names:tc:SAML:2.0:metadata": "saml-schema-metadata-2.0.xsd",
    }
    imports = "".join(
        f'<xs:import namespace="{space}" schemaLocation="{Path(str(folder / name)).as_uri()}"/>'
        for space, name in names.items()
    )
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.fromstring(text, parser))


class _Local(etree.Resolver):
    """Each schema by its last name from pysaml2's folder: nothing is fetched."""

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:
        name = system_url.rsplit("/", 1)[-1]
        found = files("saml2.data.schemas") / name
        return self.resolve_filename(str(found), context) if found.is_file() else None


def test_valid_by_the_schemas(root: Any, schema: etree.XMLSchema) -> None:
    schema.assertValid(root)


def test_pysaml2_reads_it(settings: Settings, keys: KeyPair) -> None:
    store = InMemoryMetaData(None, own_metadata(settings, keys).decode())
    store.load()
    assert [name for name, _ in store.items()] == [DV]


def test_what_is_in_it(root: Any, keys: KeyPair) -> None:
    assert root.get("entityID") == DV
    sp = root.find("md:SPSSODescriptor", NS)
    assert (sp.get("AuthnRequestsSigned"), sp.get("WantAssertionsSigned")) == ("true", "true")
    descriptor = sp.find("md:KeyDescriptor", NS)
    assert descriptor.get("use") is None
    assert descriptor.findtext("ds:KeyInfo/ds:KeyName", namespaces=NS) == keys.key_name
    assert len(keys.key_name) == 64
    assert [
        (c.get("index"), c.get("isDefault"), c.get("Binding").rsplit(":", 1)[1], c.get("Location"))
        for c in sp.findall("md:AssertionConsumerService", NS)
    ] == [
        ("1", "true", "HTTP-Artifact", f"{BASE}/saml/acs/artifact"),
        ("2", None, "HTTP-POST", f"{BASE}/saml/acs/post"),
    ]
    service = sp.find("md:AttributeConsumingService", NS)
    assert service.get("index") == "1"
    assert service.findtext("md:ServiceName", namespaces=NS) == "Mijn Helpdesk po"
    assert [r.get("Name") for r in service.findall("md:RequestedAttribute", NS)] == [
        SERVICE,
        "urn:etoegang:1.11:attribute-represented:CompanyName",
    ]
    assert (
        root.findtext("md:Organization/md:OrganizationName", namespaces=NS) == "Dienst Uitvoering Onderwijs"
    )
    assert root.find("md:ContactPerson", NS).get("contactType") == "administrative"
    # Gone since AS 1.24a, or never listed (spec 8.1)
    assert root.find(".//md:NameIDFormat", NS) is None
    assert root.find(".//md:Extensions", NS) is None
    assert root.get("validUntil") is None
    # The signature on metadata has the certificate and nothing else (spec 7)
    assert [e.tag for e in root.findall("ds:Signature/ds:KeyInfo/*", NS)] == [f"{{{NS['ds']}}}X509Data"]


def test_served_as_written(app: Flask, settings: Settings, keys: KeyPair) -> None:
    page = app.test_client().get("/metadata", base_url=BASE)
    assert page.mimetype == "application/samlmetadata+xml"
    assert page.data == own_metadata(settings, keys)


def test_same_after_a_restart(settings: Settings, app: Flask, tmp_path: Path) -> None:
    again = create_app(settings).test_client().get("/metadata", base_url=BASE).data
    assert again == app.test_client().get("/metadata", base_url=BASE).data
    other = create_app(replace(settings, state=tmp_path)).test_client().get("/metadata", base_url=BASE).data
    assert other != again


def test_published_key_opens_what_is_encrypted_for_it(person: Person, keys: KeyPair, reader: Party) -> None:
    holder = parse(encrypted_id("urn:x", "1", reader))
    assert decrypt(holder, keys.key_pem, DV).text == "1"


def test_key_is_ours_alone(tmp_path: Path) -> None:
    pair = key_pair(tmp_path / "new", OIN, now())
    assert stat.S_IMODE(pair.key_file.stat().st_mode) == 0o600
    assert pair.certificate.public_key().key_size == 2048  # type: ignore[union-attr]
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "helpdeskpo-cert.pem",
        "helpdeskpo-key.pem",
    ]


def test_certificate_of_unknown_version_is_named(tmp_path: Path) -> None:
    made = key_pair(tmp_path, OIN, now())
    der = made.certificate.public_bytes(Encoding.DER)
    spoilt = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05")
    made.certificate_file.write_text(ssl.DER_cert_to_PEM_cert(spoilt))
    with pytest.raises(ValueError, match=r"helpdeskpo-cert\.pem: expected a certificate"):
        key_pair(tmp_path, OIN, now())


def test_two_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    pairs: list[KeyPair] = []
    threads = [Thread(target=lambda: pairs.append(key_pair(tmp_path, OIN, now()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(pair.key_pem, pair.key_name) for pair in pairs}) == 1


def test_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "helpdeskpo", "metadata", "--state", str(tmp_path), "--base-url", BASE]
    shown = subprocess.run(command, capture_output=True, check=True)
    assert shown.stderr == b""
    subprocess.run([*command, "--out", str(tmp_path / "sp.xml")], check=True)
    assert (tmp_path / "sp.xml").read_bytes() == shown.stdout.rstrip(b"\n")
    verified(shown.stdout, key_pair(tmp_path, OIN, now()))
