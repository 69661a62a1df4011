"""Fill the project: database, key and certificate, and what its administrators would enter by hand.

Runs in the environment of this service provider. May be run again: the key is made once, the rest is set
anew, and a running server takes it up at once, for the library reads its configuration at each request.
"""

import argparse
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402
from cryptography.x509.oid import NameOID  # noqa: E402
from digid_eherkenning.choices import AssuranceLevels, ConfigTypes, XMLContentTypes  # noqa: E402
from digid_eherkenning.models import ConfigCertificate, EherkenningConfiguration  # noqa: E402
from digid_eherkenning.saml2.eherkenning import (  # noqa: E402
    generate_dienst_catalogus_metadata,
    generate_eherkenning_metadata,
)
from django.conf import settings  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser  # noqa: E402
from simple_certmanager.constants import CertificateTypes  # noqa: E402
from simple_certmanager.models import Certificate  # noqa: E402


def main() -> None:
    asked = _arguments()
    call_command("migrate", verbosity=0)
    if not ConfigCertificate.objects.exists():
        _make_certificate(asked.oin)

    config = EherkenningConfiguration.get_solo()
    config.entity_id = asked.entity_id
    config.oin = asked.oin
    config.base_url = settings.BASE_URL
    config.service_name = asked.service_name
    config.service_description = "Een aanvraag doen of inzien"
    config.service_description_url = f"{settings.BASE_URL}/"
    config.privacy_policy = f"{settings.BASE_URL}/"
    config.eh_attribute_consuming_service_index = asked.service_index
    config.eh_loa = AssuranceLevels.substantial
    config.no_eidas = True
    config.want_assertions_signed = True
    config.artifact_resolve_content_type = asked.content_type
    config.organization_name = "Gemeente Voorbeeld"
    config.organization_url = "https://voorbeeld.example"
    config.technical_contact_person_email = "techniek@voorbeeld.example"
    config.technical_contact_person_telephone = "+31201234567"
    config.administrative_contact_person_email = "beheer@voorbeeld.example"
    config.administrative_contact_person_telephone = "+31201234568"
    _set_broker(config, asked.broker_metadata)
    config.full_clean(exclude=["metadata_file_source"])
    config.save()

    asked.metadata_out.write_bytes(generate_eherkenning_metadata())
    if asked.catalogue_out:
        asked.catalogue_out.write_bytes(generate_dienst_catalogus_metadata(config))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("broker_metadata", help="URL or file")
    parser.add_argument("metadata_out", type=Path, help="where to write this service provider's own metadata")
    parser.add_argument("--catalogue-out", type=Path, help="where to write its service catalogue")
    parser.add_argument("--entity-id", default="urn:etoegang:DV:00000001888888880000:entities:9002")
    parser.add_argument("--oin", default="00000001888888880000")
    parser.add_argument("--service-name", default="Aanvraagportaal (test)")
    parser.add_argument("--service-index", default="9052")
    parser.add_argument("--content-type", choices=XMLContentTypes.values, default=XMLContentTypes.text_xml)
    return parser.parse_args()


def _make_certificate(oin: str) -> None:
    """RSA-2048, self-signed, the OIN as the subject's serial number, as PKIoverheid does."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Gemeente Voorbeeld"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, oin),
            x509.NameAttribute(NameOID.COMMON_NAME, "aanvraagportaal.voorbeeld.example"),
        ]
    )
    # A day's room: the clock of the machine may be set back in a test.
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    private_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    stored = Certificate.objects.create(
        label="eHerkenning",
        type=CertificateTypes.key_pair,
        public_certificate=ContentFile(certificate.public_bytes(serialization.Encoding.PEM), "sp.crt"),
        private_key=ContentFile(private_pem, "sp.key"),
    )
    ConfigCertificate.objects.create(config_type=ConfigTypes.eherkenning, certificate=stored)


def _set_broker(config: EherkenningConfiguration, source: str) -> None:
    """Name the broker: by its URL, from which `save` fetches, or by a file."""
    if source.startswith(("http://", "https://")):
        config.metadata_file_source = source
        config.save(force_metadata_update=True)
    else:
        xml = Path(source).read_bytes()
        config.metadata_file_source = ""
        config.populate_xml_fields(OneLogin_Saml2_IdPMetadataParser.parse(xml)["idp"], xml)
    # urn:etoegang:HM:<its OIN>:entities:<index>
    config.makelaar_id = config.idp_service_entity_id.split(":")[3]


if __name__ == "__main__":
    main()
