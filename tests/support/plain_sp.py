"""A service provider that knows nothing of the scheme: SAML as libraries speak it by default."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from lxml import etree

from support.browser import Browser, Page
from support.sp import NS, POST, ServiceProvider


@dataclass
class PlainProvider(ServiceProvider):
    """``requests_signed`` is the promise in its metadata, None where it makes none; ``keys`` are their uses."""

    entity_id: str = "https://sp.example/saml/metadata"
    services: dict[int, tuple[str, str]] = field(default_factory=dict)
    acs: dict[int, tuple[str, str]] = field(default_factory=lambda: {0: (POST, "http://localhost:9/acs")})
    requests_signed: bool | None = None
    keys: tuple[str, ...] = ("signing", "encryption")
    more: str = ""

    @property
    def metadata(self) -> bytes:
        der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        signed = (
            ""
            if self.requests_signed is None
            else f'AuthnRequestsSigned="{str(self.requests_signed).lower()}" '
        )
        keys = "".join(
            f'<md:KeyDescriptor use="{use}"><ds:KeyInfo xmlns:ds="{NS["ds"]}"><ds:X509Data><ds:X509Certificate>'
            f"{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for use in self.keys
        )
        acs = "".join(
            f'<md:AssertionConsumerService index="{index}" Binding="{binding}" Location="{location}"/>'
            for index, (binding, location) in self.acs.items()
        )
        return (
            f'<md:EntityDescriptor xmlns:md="{NS["md"]}" entityID="{self.entity_id}"><md:SPSSODescriptor {signed}'
            f'protocolSupportEnumeration="{NS["samlp"]}">{keys}{acs}{self.more}</md:SPSSODescriptor>'
            f"</md:EntityDescriptor>"
        ).encode()

    def plain_request(
        self, destination: str, *, name_id: str | None = None, context: str = "", **how: Any
    ) -> Any:
        """Unsigned, and with nothing in it that only the scheme asks. ``name_id`` is the Format of a policy."""
        policy = f'<samlp:NameIDPolicy Format="{name_id}" AllowCreate="true"/>' if name_id else ""
        left_out = {
            "ForceAuthn": None,
            "AssertionConsumerServiceIndex": None,
            "AttributeConsumingServiceIndex": None,
        }
        return self.request(destination, level=None, children=policy + context, **{**left_out, **how})

    def ask(self, bench: Any, browser: Browser, *, by: str = "post", sign: bool = False, **how: Any) -> Page:
        """Send it to the bench's broker; what the person sees."""
        request = self.plain_request(bench.sso, **how)
        if by == "redirect":
            query = self.query(etree.tostring(request))
            return browser.get("/sso/1.13?" + (query if sign else query.partition("&SigAlg=")[0]))
        return browser.post("/sso/1.13", self.form(self.signed(request) if sign else etree.tostring(request)))


def context(*class_refs: str, comparison: str = "exact") -> str:
    """A RequestedAuthnContext."""
    refs = "".join(f"<saml:AuthnContextClassRef>{ref}</saml:AuthnContextClassRef>" for ref in class_refs)
    return f'<samlp:RequestedAuthnContext Comparison="{comparison}">{refs}</samlp:RequestedAuthnContext>'
