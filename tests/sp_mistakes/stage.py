"""Where a mistake is made: a broker that knows some service providers, and the ways to send it something."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from support.answers import call
from support.browser import Page
from support.catalogues import KVK, RSIN, Catalogue
from support.sp import ServiceProvider

OIN = "00000001777777770000"
TESTS = f"urn:etoegang:DV:{OIN}:entities:"


@dataclass(frozen=True)
class Mistake:
    """``what`` somebody did, how that is sent, the ``rules`` that must find it (no other of severity E or R may), and
    what the finding must hold: ``mend`` in how to mend it, ``received`` in what came."""

    what: str
    rules: tuple[str, ...]
    mend: str
    send: Callable[[Stage], object]
    received: str = ""


@dataclass
class Stage:
    """``sp`` is flawless; ``stale`` has an expired certificate, ``weak`` one of 1024 bits, ``fickle`` two services and
    no default, ``vague`` a service without ServiceID, ``unlisted`` one that is in no catalogue."""

    bench: Any
    sp: ServiceProvider
    others: dict[str, ServiceProvider] = field(default_factory=dict)

    @property
    def sso(self) -> str:
        return str(self.bench.sso)

    def signed(self, sp: ServiceProvider | None = None, **how: Any) -> bytes:
        """A request with these attributes other than usual, signed as it should be."""
        sender = sp or self.sp
        return sender.signed(sender.request(**{"destination": self.sso, **how}))

    def post(self, xml: bytes, relay_state: str | None = "rs-1", **headers: str) -> Page:
        return self.form({**self.sp.form(xml, relay_state)}, **headers)

    def form(self, fields: dict[str, str], **headers: str) -> Page:
        client = self.bench.application.wsgi.test_client()
        got = client.post("/sso/1.13", data=fields, base_url=self.bench.base_url, headers=headers)
        return Page("/sso/1.13", got.status_code, got.headers, got.data)

    def redirect(self, query: str) -> Page:
        return call(self.bench, "GET", f"/sso/1.13?{query}")

    def call_back(self, body: bytes, content_type: str = "text/xml") -> Page:
        """The back channel."""
        return call(self.bench, "POST", "/ars/1.13", body, Content_Type=content_type)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def certified(sp: ServiceProvider, *, bits: int = 2048, days: int = 3650) -> ServiceProvider:
    """The same with a key of so many bits, and a certificate that ends in so many days."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST")])
    now = datetime.now(UTC)
    sp.key, sp.certificate = (
        key,
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=4000))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256()),
    )
    return sp


class Flawless(ServiceProvider):
    """Signs with a KeyName alone in KeyInfo, as the scheme wants it: signxml adds the key."""

    def signed(self, element: etree._Element, **how: Any) -> bytes:
        return without_key_value(super().signed(element, **how))

    def resolve_message(self, artifact: str, destination: str | None = None, **how: Any) -> bytes:
        return without_key_value(super().resolve_message(artifact, destination, **how))


def without_key_value(message: bytes) -> bytes:
    """KeyInfo is outside of what is signed."""
    return re.sub(rb"<ds:KeyValue>.*?</ds:KeyValue>", b"", message, flags=re.DOTALL)


class _Vague(Flawless):
    """Asks for a first name where the ServiceID should be."""

    @property
    def metadata(self) -> bytes:
        wanted = f'Name="urn:etoegang:DV:{OIN}:services:1"'.encode()
        return super().metadata.replace(wanted, b'Name="urn:etoegang:1.9:attribute:FirstName"')


class _Fickle(Flawless):
    """Marks neither of its services as the default, but both as not."""

    @property
    def metadata(self) -> bytes:
        before, mark, behind = super().metadata.partition(b"<md:AttributeConsumingService")
        behind = behind.replace(b'index="1" isDefault="true"', b'index="1" isDefault="false"')
        return before + mark + behind.replace(b'index="2">', b'index="2" isDefault="false">')


def stage(bench: Any) -> Stage:
    service = f"urn:etoegang:DV:{OIN}:services"
    others = {
        "stale": certified(Flawless(entity_id=TESTS + "9011"), days=-10),
        "weak": certified(Flawless(entity_id=TESTS + "9012"), bits=1024),
        "fickle": _Fickle(
            entity_id=TESTS + "9013", services={1: (f"{service}:1", "Een"), 2: (f"{service}:1", "Twee")}
        ),
        "vague": _Vague(entity_id=TESTS + "9014"),
        "unlisted": Flawless(entity_id=TESTS + "9015", services={1: (f"{service}:77", "Nieuw")}),
        "fetching": Flawless(entity_id=TESTS + "9016", ars={0: "http://127.0.0.1:9/ars"}),
    }
    catalogue = Catalogue(
        level="urn:etoegang:core:assurance-class:loa3",
        provider="Testorganisatie (fictief)",
        types=[(KVK, "1"), (RSIN, "2")],
        attributes=(("urn:etoegang:1.9:attribute:FirstName", False, "Om u aan te spreken"),),
    )
    (bench.home / "metadata" / "catalogue.xml").write_bytes(catalogue.xml)
    for name, sp in others.items():
        (bench.home / "metadata" / f"{name}.xml").write_bytes(sp.metadata)
    bench.application.parts.configuration.refresh()
    assert bench.application.parts.current.problems == (), bench.application.parts.current.problems
    return Stage(bench, bench.sp, others)
