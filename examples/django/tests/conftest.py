"""The site knows the broker by its metadata, and the broker the site."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from digid_eherkenning.choices import ConfigTypes
from digid_eherkenning.models import ConfigCertificate, EherkenningConfiguration
from digid_eherkenning.saml2.eherkenning import generate_eherkenning_metadata
from django.core.files.base import ContentFile
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser as Parser
from simple_certmanager.constants import CertificateTypes
from simple_certmanager.models import Certificate


@pytest.fixture(scope="session")
def key_pair():
    """A key and its certificate, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal.example")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(pem, *plain), certificate.public_bytes(pem)


@pytest.fixture
def site(db, client, key_pair, eherkenning_broker):
    """Django's test client, of a site that the broker trusts in this test."""
    private, public = key_pair
    certificate = Certificate.objects.create(
        label="eHerkenning",
        type=CertificateTypes.key_pair,
        private_key=ContentFile(private, "sp.key"),
        public_certificate=ContentFile(public, "sp.crt"),
    )
    ConfigCertificate.objects.create(config_type=ConfigTypes.eherkenning, certificate=certificate)

    config = EherkenningConfiguration.get_solo()
    config.base_url = "http://localhost"
    config.entity_id = "urn:etoegang:DV:00000001888888880000:entities:9002"
    config.oin = "00000001888888880000"
    config.service_name = "Aanvraagportaal (test)"
    config.eh_attribute_consuming_service_index = "9052"
    config.no_eidas = True
    config.want_assertions_signed = True
    metadata = eherkenning_broker.metadata
    config.populate_xml_fields(Parser.parse(metadata)["idp"], metadata)
    # urn:etoegang:HM:<its OIN>:entities:<index>
    config.makelaar_id = eherkenning_broker.entity_id.split(":")[3]
    config.save()

    eherkenning_broker.trust(generate_eherkenning_metadata())
    return client
