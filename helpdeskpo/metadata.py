"""Our own SAML metadata, for the broker (spec 8.1, 14.6).

Written with lxml: pysaml2's generator runs ``xmlsec1`` to list algorithms, adds elements that the scheme has banned,
and knows no KeyName.
"""

from __future__ import annotations

import hashlib
from typing import Final

from lxml import etree
from lxml.builder import ElementMaker

from helpdeskpo.crypto import DS, ENVELOPED, EXC_C14N, RSA_SHA256, SHA256, sign
from helpdeskpo.identity import COMPANY_NAME
from helpdeskpo.keys import KeyPair
from helpdeskpo.settings import Settings

MD: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
EXTENSION: Final = "urn:etoegang:1.13:metadata-extension"
BINDINGS: Final = "urn:oasis:names:tc:SAML:2.0:bindings:"
_LANG: Final = {"{http://www.w3.org/XML/1998/namespace}lang": "nl"}

_md = ElementMaker(namespace=MD, nsmap={"md": MD, "ds": DS, "eme": EXTENSION})
_ds = ElementMaker(namespace=DS, nsmap={"ds": DS})


def own_metadata(settings: Settings, keys: KeyPair) -> bytes:
    """Signed, and the same bytes each time for the same settings and key."""
    certificate = _ds.X509Data(_ds.X509Certificate(keys.certificate_base64))
    consumers = [
        _md.AssertionConsumerService(
            index=str(index),
            Binding=BINDINGS + {"artifact": "HTTP-Artifact", "post": "HTTP-POST"}[name],
            Location=url,
            # The scheme wants the artifact; POST is there because brokers offer it all the same.
            **({"isDefault": "true"} if name == "artifact" else {}),
        )
        for name, (index, url) in settings.acs.items()
    ]
    root = _md.EntityDescriptor(
        _md.SPSSODescriptor(
            # Without "use": one key both signs our requests and opens what the broker encrypts.
            _md.KeyDescriptor(_ds.KeyInfo(_ds.KeyName(keys.key_name), certificate)),
            *consumers,
            _md.AttributeConsumingService(
                _md.ServiceName(settings.service_name, **_LANG),
                _md.ServiceDescription("Contact met de helpdesk voor het primair onderwijs", **_LANG),
                _md.RequestedAttribute(Name=settings.service_id),
                _md.RequestedAttribute(Name=COMPANY_NAME),
                index="1",
                isDefault="true",
            ),
            AuthnRequestsSigned="true",
            WantAssertionsSigned="true",
            protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol",
        ),
        _md.Organization(
            _md.OrganizationName(settings.organisation, **_LANG),
            _md.OrganizationDisplayName(settings.organisation, **_LANG),
            _md.OrganizationURL(settings.url("/"), **_LANG),
        ),
        _md.ContactPerson(
            _md.Company(settings.organisation),
            _md.EmailAddress("beheer@helpdeskpo.example"),
            contactType="administrative",
        ),
        entityID=settings.entity_id,
        **{f"{{{EXTENSION}}}version": "1.13"},
    )
    root.set("ID", "_" + hashlib.sha256(etree.tostring(root)).hexdigest()[:32])
    root.insert(
        0, signature_template(root.get("ID", ""), _ds.X509Data(_ds.X509Certificate(keys.certificate_base64)))
    )
    sign(root, keys.key_pem)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def signature_template(node_id: str, key_info: etree._Element) -> etree._Element:
    return _ds.Signature(
        _ds.SignedInfo(
            _ds.CanonicalizationMethod(Algorithm=EXC_C14N),
            _ds.SignatureMethod(Algorithm=RSA_SHA256),
            _ds.Reference(
                _ds.Transforms(_ds.Transform(Algorithm=ENVELOPED), _ds.Transform(Algorithm=EXC_C14N)),
                _ds.DigestMethod(Algorithm=SHA256),
                _ds.DigestValue(),
                URI=f"#{node_id}",
            ),
        ),
        _ds.SignatureValue(),
        _ds.KeyInfo(key_info),
    )
