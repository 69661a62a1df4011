"""The Django project stands by itself and asks what a real one asks: no broker yet, made-up metadata."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import SignatureConfiguration, SignatureMethod, XMLVerifier

from .running import DjangoSP, free_port

pytestmark = pytest.mark.sp

BROKER = "urn:etoegang:HM:00000003999999990000:entities:9001"
SERVICE_PROVIDER = "urn:etoegang:DV:00000001888888880000:entities:9002"
NS = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
}
BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings"


@pytest.fixture(scope="module")
def broker_url() -> str:
    """Nobody is there: the login page is made from metadata alone."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def sp(tmp_path_factory: pytest.TempPathFactory, broker_url: str) -> Iterator[DjangoSP]:
    folder = tmp_path_factory.mktemp("django")
    file = folder / "broker.xml"
    file.write_text(_broker_metadata(broker_url))
    with DjangoSP(folder, file) as running:
        yield running


@pytest.fixture(scope="module")
def metadata(sp: DjangoSP) -> etree._Element:
    return etree.fromstring(sp.metadata)


@pytest.fixture(scope="module")
def certificate(metadata: etree._Element) -> x509.Certificate:
    (text,) = metadata.xpath("//md:KeyDescriptor//ds:X509Certificate/text()", namespaces=NS)
    return x509.load_der_x509_certificate(base64.b64decode(text))


def test_nobody_is_logged_in(sp: DjangoSP) -> None:
    page = requests.get(sp.base_url, timeout=10)
    assert page.status_code == 200
    assert 'data-testid="login"' in page.text
    assert 'data-testid="who"' not in page.text


def test_the_library_serves_the_same_metadata(sp: DjangoSP, metadata: etree._Element) -> None:
    served = requests.get(f"{sp.base_url}/metadata/eherkenning", timeout=10)
    assert served.headers["content-type"] == "text/xml"
    assert etree.fromstring(served.content).get("entityID") == metadata.get("entityID")


def test_metadata(sp: DjangoSP, metadata: etree._Element, certificate: x509.Certificate) -> None:
    assert metadata.get("entityID") == SERVICE_PROVIDER
    _verify(metadata, certificate)
    # One KeyDescriptor without `use` is for both signing and encryption.
    (key,) = metadata.iterfind(".//md:KeyDescriptor", NS)
    assert key.get("use") is None
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert key.findtext(".//ds:KeyName", namespaces=NS) == hashlib.sha256(der).hexdigest()
    (acs,) = metadata.iterfind(".//md:AssertionConsumerService", NS)
    assert dict(acs.attrib) == {
        "Binding": f"{BINDINGS}:HTTP-Artifact",
        "Location": f"{sp.base_url}/eherkenning/acs/",
        "index": "1",
    }
    (service,) = metadata.iterfind(".//md:AttributeConsumingService", NS)
    assert service.get("index") == "9052"
    assert service.findtext("md:ServiceName", namespaces=NS) == "Aanvraagportaal (test)"
    (asked,) = service.iterfind("md:RequestedAttribute", NS)
    assert asked.get("Name") == "urn:etoegang:DV:00000001888888880000:services:9052"
    # AS 1.24a forbids NameIDFormat; the library means to leave it out, and its SAML library puts it back.
    assert metadata.findtext(".//md:NameIDFormat", namespaces=NS) == (
        "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
    )


def test_request(sp: DjangoSP, broker_url: str, certificate: x509.Certificate) -> None:
    """As real ones are: an ACS URL and a binding, no index, and X509Data."""
    action, fields = _login_form(sp.login_url)
    assert action == f"{broker_url}/sso/1.13"
    assert fields["RelayState"] == "/"

    request = etree.fromstring(base64.b64decode(fields["SAMLRequest"]))
    attributes = dict(request.attrib)
    assert attributes.pop("ID").startswith("ONELOGIN_")
    issued = datetime.fromisoformat(attributes.pop("IssueInstant"))
    assert abs(datetime.now(UTC) - issued) < timedelta(minutes=1)
    assert attributes == {
        "Version": "2.0",
        "Destination": f"{broker_url}/sso/1.13",
        "ProviderName": "Gemeente Voorbeeld",
        "ForceAuthn": "true",
        "ProtocolBinding": f"{BINDINGS}:HTTP-Artifact",
        "AssertionConsumerServiceURL": f"{sp.base_url}/eherkenning/acs/",
        "AttributeConsumingServiceIndex": "9052",
    }
    assert [etree.QName(child).localname for child in request] == ["Issuer", "Signature"]
    issuer, signature = request
    assert issuer.text == SERVICE_PROVIDER
    assert not issuer.attrib
    assert [etree.QName(child).localname for child in signature.iterfind("ds:KeyInfo/*", NS)] == ["X509Data"]
    _verify(request, certificate)


def test_request_without_a_service(sp: DjangoSP) -> None:
    """The library's plain login URL names no service, and sends a RelayState field with nothing in it."""
    _, fields = _login_form(f"{sp.base_url}/eherkenning/login/")
    request = etree.fromstring(base64.b64decode(fields["SAMLRequest"]))
    assert "AttributeConsumingServiceIndex" not in request.attrib
    assert fields["RelayState"] == ""


def test_two_run_side_by_side(sp: DjangoSP, tmp_path: Path, broker_url: str) -> None:
    file = tmp_path / "broker.xml"
    file.write_text(_broker_metadata(broker_url))
    with DjangoSP(tmp_path, file, login_by="rsin", content_type="application/soap+xml") as other:
        assert other.base_url != sp.base_url
        assert requests.get(other.base_url, timeout=10).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(other.base_url, timeout=10)


def _verify(document: etree._Element, certificate: x509.Certificate) -> None:
    """Check with a verifier that shares no code with the signer that the root is what was signed."""
    verified = XMLVerifier().verify(
        document,
        x509_cert=certificate,
        require_x509=False,
        validate_schema=False,
        id_attribute="ID",
        expect_config=SignatureConfiguration(signature_methods=frozenset({SignatureMethod.RSA_SHA256})),
    )
    assert not isinstance(verified, list)
    assert verified.signed_xml is not None
    assert verified.signed_xml.get("ID") == document.get("ID")


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            assert given["method"] == "post"
            self.action = given["action"] or ""
        elif tag == "input" and (name := given.get("name")):
            self.fields[name] = given.get("value") or ""


def _login_form(url: str) -> tuple[str, dict[str, str]]:
    page = requests.get(url, timeout=10)
    assert page.status_code == 200
    form = _Form()
    form.feed(page.text)
    return form.action, form.fields


def _broker_metadata(url: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return f"""\
<md:EntityDescriptor xmlns:md="{NS["md"]}" xmlns:ds="{NS["ds"]}" entityID="{BROKER}">
  <md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="{NS["samlp"]}">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo>
        <ds:KeyName>{hashlib.sha256(der).hexdigest()}</ds:KeyName>
        <ds:X509Data><ds:X509Certificate>{base64.b64encode(der).decode()}</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:ArtifactResolutionService Binding="{BINDINGS}:SOAP" Location="{url}/ars/1.13" index="0"/>
    <md:ArtifactResolutionService Binding="{BINDINGS}:SOAP" Location="{url}/ars/1.13" index="1"/>
    <md:SingleSignOnService Binding="{BINDINGS}:HTTP-Redirect" Location="{url}/sso/1.13"/>
    <md:SingleSignOnService Binding="{BINDINGS}:HTTP-POST" Location="{url}/sso/1.13"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
"""
