"""Which library made a request, by its habits; and how to mend a request in the configuration of each.

A guess decides nothing: it only chooses whose setting a finding names. The habits are those of the libraries' own
source: how they make an ID, in which order they write attributes, which prefixes they use. Where two libraries have the
same habits both are named; where none fits, none is.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping

from broker.wire import names
from broker.wire.xml import Element, child


class Library(enum.StrEnum):
    """By the name under which it is installed."""

    MAYKIN = "django-digid-eherkenning"
    PYTHON3_SAML = "python3-saml"
    PYSAML2 = "pysaml2"
    MELLON = "mod_auth_mellon"
    SHIBBOLETH = "shibboleth-sp"
    SIMPLESAMLPHP = "simplesamlphp"
    SPRING = "spring-security-saml2"
    SUSTAINSYS = "sustainsys-saml2"
    ITFOXTEC = "itfoxtec-identity-saml2"
    NODE_SAML = "node-saml"


HOW = {
    Library.MAYKIN: "as python3-saml, with the answer asked by HTTP-Artifact",
    Library.PYTHON3_SAML: "the ID is ONELOGIN_ and 40 hexadecimal digits",
    Library.PYSAML2: "the prefixes are ns0, ns1, ..., or the ID is id- and 17 letters and digits",
    Library.MELLON: "Consent is current-implicit, and the ID is _ and 32 hexadecimal capitals",
    Library.SHIBBOLETH: 'NameIDPolicy has AllowCreate="1", and the ID is _ and 32 hexadecimal digits',
    Library.SIMPLESAMLPHP: "the ID is _ and 42 hexadecimal digits",
    Library.SPRING: "the ID is ARQ and the rest of a UUID, and the prefix is saml2p",
    Library.SUSTAINSYS: "the ID is id and 32 hexadecimal digits, and the prefix is saml2p",
    Library.ITFOXTEC: "the ID is _ and a UUID, and the prefix is saml2p",
    Library.NODE_SAML: "the ID is _ and 20 or 40 hexadecimal digits, and Version comes before IssueInstant",
}
"""By what each is recognised, for the docs."""


def guess(element: Element) -> tuple[Library, ...]:
    """Those whose habits the message has; () for a message that is nobody's."""
    return tuple(library for library, has in _HABITS.items() if has(element))


def _id(pattern: str, prefix: str | None = None) -> Callable[[Element], bool]:
    compiled = re.compile(pattern)
    return lambda element: (
        compiled.fullmatch(str(element.get("ID", ""))) is not None and prefix in (None, element.prefix)
    )


_ONELOGIN = _id(r"ONELOGIN_[0-9a-f]{40}")
_PYSAML2_ID = _id(r"id-[0-9A-Za-z]{17}")
_LASSO_ID = _id(r"_[0-9A-F]{32}")
_SHIBBOLETH_ID = _id(r"_[0-9a-f]{32}")
_NODE_ID = _id(r"_(?:[0-9a-f]{20}|[0-9a-f]{40})", "samlp")


def _maykin(element: Element) -> bool:
    by_artifact = element.get("ProtocolBinding") in (names.HTTP_ARTIFACT, None)
    return _ONELOGIN(element) and by_artifact


def _python3_saml(element: Element) -> bool:
    return _ONELOGIN(element) and not _maykin(element)


def _pysaml2(element: Element) -> bool:
    return _PYSAML2_ID(element) or re.fullmatch(r"ns[0-9]", element.prefix or "") is not None


def _mellon(element: Element) -> bool:
    implicit = "urn:oasis:names:tc:SAML:2.0:consent:current-implicit"
    return _LASSO_ID(element) and element.get("Consent") == implicit


def _shibboleth(element: Element) -> bool:
    policy = child(element, "samlp:NameIDPolicy")
    return _SHIBBOLETH_ID(element) and policy is not None and policy.get("AllowCreate") == "1"


def _node_saml(element: Element) -> bool:
    order = [str(name) for name in element.attrib]
    return _NODE_ID(element) and order[:3] == ["ID", "Version", "IssueInstant"]


_HABITS: Mapping[Library, Callable[[Element], bool]] = {
    Library.MAYKIN: _maykin,
    Library.PYTHON3_SAML: _python3_saml,
    Library.PYSAML2: _pysaml2,
    Library.MELLON: _mellon,
    Library.SHIBBOLETH: _shibboleth,
    Library.SIMPLESAMLPHP: _id(r"_[0-9a-f]{42}"),
    Library.SPRING: _id(r"ARQ[0-9a-f]{7}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "saml2p"),
    Library.SUSTAINSYS: _id(r"id[0-9a-f]{32}", "saml2p"),
    Library.ITFOXTEC: _id(r"_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "saml2p"),
    Library.NODE_SAML: _node_saml,
}

# The lines that mend. Setting names as in the documentation and source of each library; what is not sure is not here.

_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_SIGN: dict[str, str] = {
    Library.PYTHON3_SAML: 'security: {"authnRequestsSigned": True}, with sp: {"x509cert": ..., "privateKey": ...}.',
    Library.PYSAML2: 'service: {"sp": {"authn_requests_signed": True}}, with key_file and cert_file.',
    Library.SHIBBOLETH: 'ApplicationDefaults signing="true" (or "front") in shibboleth2.xml.',
    Library.SIMPLESAMLPHP: "'sign.authnrequest' => true, with 'privatekey' and 'certificate', in authsources.php.",
    Library.SPRING: "RelyingPartyRegistration.signingX509Credentials(...), and assertingPartyMetadata("
    "party -> party.wantAuthnRequestsSigned(true)).",
    Library.SUSTAINSYS: "SPOptions.AuthenticateRequestSigningBehavior = SigningBehavior.Always, with a certificate in "
    "SPOptions.ServiceCertificates.",
    Library.ITFOXTEC: "Saml2Configuration.SignAuthnRequest = true, with SigningCertificate.",
    Library.NODE_SAML: "privateKey: ... (a request is signed when there is one).",
}
_ALGORITHM: dict[str, str] = {
    Library.MAYKIN: "signature_algorithm of the eHerkenning configuration (Django admin): RSA_SHA256.",
    Library.PYTHON3_SAML: f'security: {{"signatureAlgorithm": "{_RSA_SHA256}"}}.',
    Library.PYSAML2: f'service: {{"sp": {{"signing_algorithm": "{_RSA_SHA256}"}}}}; elsewhere it does '
    "nothing, and the default is RSA-SHA1.",
    Library.MELLON: "MellonSignatureMethod rsa-sha256",
    Library.SHIBBOLETH: f'ApplicationDefaults signingAlg="{_RSA_SHA256}" in shibboleth2.xml.',
    Library.SIMPLESAMLPHP: f"'signature.algorithm' => '{_RSA_SHA256}' in authsources.php.",
    Library.SPRING: "assertingPartyMetadata(party -> party.signingAlgorithms(algorithms -> "
    "algorithms.add(SignatureConstants.ALGO_ID_SIGNATURE_RSA_SHA256))).",
    Library.SUSTAINSYS: f'SPOptions.OutboundSigningAlgorithm = "{_RSA_SHA256}".',
    Library.ITFOXTEC: "Saml2Configuration.SignatureAlgorithm = Saml2SecurityAlgorithms.RsaSha256Signature.",
    Library.NODE_SAML: "signatureAlgorithm: 'sha256' (its default is sha1).",
}
_DIGEST: dict[str, str] = {
    Library.MAYKIN: "digest_algorithm of the eHerkenning configuration (Django admin): SHA256.",
    Library.PYTHON3_SAML: f'security: {{"digestAlgorithm": "{_SHA256}"}}.',
    Library.PYSAML2: f'service: {{"sp": {{"digest_algorithm": "{_SHA256}"}}}}; elsewhere it does nothing, and the '
    "default is SHA-1.",
    Library.SHIBBOLETH: f'ApplicationDefaults digestAlg="{_SHA256}" in shibboleth2.xml.',
    Library.NODE_SAML: "digestAlgorithm: 'sha256'.",
}
_LEVEL: dict[str, str] = {
    Library.PYTHON3_SAML: 'security: {"requestedAuthnContext": ["urn:etoegang:core:assurance-class:loa3"]}; '
    "False leaves it out.",
    Library.PYSAML2: 'service: {"sp": {"requested_authn_context": {"authn_context_class_ref": '
    '["urn:etoegang:core:assurance-class:loa3"], "comparison": "minimum"}}}.',
    Library.MELLON: 'MellonAuthnContextClassRef "urn:etoegang:core:assurance-class:loa3"',
    Library.SHIBBOLETH: 'SessionInitiator authnContextClassRef="urn:etoegang:core:assurance-class:loa3" in '
    "shibboleth2.xml.",
    Library.SIMPLESAMLPHP: "'AuthnContextClassRef' => 'urn:etoegang:core:assurance-class:loa3' in authsources.php.",
    Library.SPRING: "OpenSaml4AuthenticationRequestResolver.setAuthnRequestCustomizer(context -> "
    "context.getAuthnRequest().setRequestedAuthnContext(...)); in Spring Security 7 it is OpenSaml5...",
    Library.SUSTAINSYS: "SPOptions.RequestedAuthnContext = new Saml2RequestedAuthnContext(new "
    'Uri("urn:etoegang:core:assurance-class:loa3"), AuthnContextComparisonType.Minimum).',
    Library.ITFOXTEC: "Saml2AuthnRequest.RequestedAuthnContext = new RequestedAuthnContext { Comparison = "
    'AuthnContextComparisonTypes.Minimum, AuthnContextClassRef = new[] { "urn:etoegang:core:assurance-class:loa3" } }.',
    Library.NODE_SAML: "authnContext: ['urn:etoegang:core:assurance-class:loa3']; disableRequestedAuthnContext: true "
    "leaves it out.",
}
_COMPARISON: dict[str, str] = {
    Library.PYTHON3_SAML: 'security: {"requestedAuthnContextComparison": "minimum"}.',
    Library.PYSAML2: 'service: {"sp": {"requested_authn_context": {..., "comparison": "minimum"}}}.',
    Library.MELLON: "MellonAuthnContextComparisonType minimum",
    Library.SHIBBOLETH: 'SessionInitiator authnContextComparison="minimum" in shibboleth2.xml.',
    Library.SIMPLESAMLPHP: "'AuthnContextComparison' => 'minimum' in authsources.php.",
    Library.NODE_SAML: "racComparison: 'minimum'.",
}
_POLICY: dict[str, str] = {
    Library.PYTHON3_SAML: "auth.login(set_nameid_policy=False).",
    Library.PYSAML2: 'service: {"sp": {...}} without name_id_policy_format.',
    Library.NODE_SAML: "identifierFormat: null.",
}
_FORCE: dict[str, str] = {
    Library.PYTHON3_SAML: "auth.login(force_authn=True).",
    Library.PYSAML2: 'service: {"sp": {"force_authn": True}}.',
    Library.SHIBBOLETH: 'SessionInitiator forceAuthn="true" in shibboleth2.xml.',
    Library.SIMPLESAMLPHP: "'ForceAuthn' => true in authsources.php.",
    Library.SPRING: "setAuthnRequestCustomizer(context -> context.getAuthnRequest().setForceAuthn(true)).",
    Library.ITFOXTEC: "Saml2AuthnRequest.ForceAuthn = true.",
    Library.NODE_SAML: "forceAuthn: true.",
}
_NO_URL: dict[str, str] = {
    Library.MAYKIN: "python3-saml cannot send an index: leave this as it is. Brokers take the address by URL, and it "
    "counts as a warning only.",
    Library.PYTHON3_SAML: "It cannot send an index: leave this as it is. Brokers take the address by URL, and it "
    "counts as a warning only.",
    Library.PYSAML2: 'client.create_authn_request(..., assertion_consumer_service_index="1"), or '
    'service: {"sp": {"hide_assertion_consumer_service": True}} for neither.',
    Library.SHIBBOLETH: 'SessionInitiator acsByIndex="true" acsIndex="1" in shibboleth2.xml.',
    Library.SPRING: "setAuthnRequestCustomizer(context -> { request.setAssertionConsumerServiceURL(null); "
    "request.setProtocolBinding(null); request.setAssertionConsumerServiceIndex(1); }), with request = "
    "context.getAuthnRequest().",
    Library.ITFOXTEC: "Do not set Saml2AuthnRequest.AssertionConsumerServiceUrl: the default of your metadata then "
    "counts.",
    Library.NODE_SAML: "disableRequestAcsUrl: true; the default of your metadata then counts.",
}
_SERVICE: dict[str, str] = {
    Library.MAYKIN: "eh_attribute_consuming_service_index of the eHerkenning configuration (Django admin): the one "
    "of the metadata that you handed in.",
    Library.NODE_SAML: "attributeConsumingServiceIndex: '1'.",
    Library.SPRING: "setAuthnRequestCustomizer(context -> "
    "context.getAuthnRequest().setAttributeConsumingServiceIndex(1)).",
}
_PROVIDER: dict[str, str] = {
    Library.PYSAML2: '"name" in the configuration is what is sent as ProviderName.',
    Library.PYTHON3_SAML: 'organization: {"nl": {"displayname": ...}} is what is sent as ProviderName.',
    Library.NODE_SAML: "providerName: ..., or leave it out.",
}
_ISSUER: dict[str, str] = {
    Library.PYTHON3_SAML: 'sp: {"entityId": ...}.',
    Library.MAYKIN: "entity_id of the eHerkenning configuration (Django admin).",
    Library.PYSAML2: '"entityid" in the configuration.',
    Library.MELLON: 'MellonSPentityId "..."',
    Library.SHIBBOLETH: 'ApplicationDefaults entityID="..." in shibboleth2.xml.',
    Library.SIMPLESAMLPHP: "'entityID' => '...' in authsources.php.",
    Library.SPRING: "RelyingPartyRegistration.entityId(...).",
    Library.SUSTAINSYS: "SPOptions.EntityId.",
    Library.ITFOXTEC: "Saml2Configuration.Issuer.",
    Library.NODE_SAML: "issuer: ...",
}
_DESTINATION: dict[str, str] = {
    Library.MAYKIN: "Give the library the metadata of this broker as the identity provider's, and no other.",
    Library.PYTHON3_SAML: 'idp: {"singleSignOnService": {"url": ...}}.',
    Library.PYSAML2: '"metadata" in the configuration: load the metadata of this broker anew.',
    Library.MELLON: "MellonIdPMetadataFile: load the metadata of this broker anew.",
    Library.SPRING: "assertingPartyMetadata(party -> party.singleSignOnServiceLocation(...)), or load the metadata of "
    "this broker with RelyingPartyRegistrations.fromMetadataLocation(...).",
    Library.SUSTAINSYS: "IdentityProvider.SingleSignOnServiceUrl, or MetadataLocation with LoadMetadata = true.",
    Library.ITFOXTEC: "Saml2Configuration.SingleSignOnDestination.",
    Library.NODE_SAML: "entryPoint: ...",
}

AUTHN: Mapping[str, Mapping[str, str]] = {
    "AR-08": _DESTINATION,
    "AR-11": _FORCE,
    "AR-12": {
        Library.PYTHON3_SAML: "auth.login(is_passive=False).",
        Library.SHIBBOLETH: 'SessionInitiator isPassive="false" in shibboleth2.xml.',
        Library.NODE_SAML: "passive: false.",
        Library.ITFOXTEC: "Leave Saml2AuthnRequest.IsPassive unset.",
    },
    "AR-13": _NO_URL,
    "AR-15": _NO_URL,
    "AR-17": _NO_URL,
    "AR-18": {
        Library.PYTHON3_SAML: 'sp: {"assertionConsumerService": {"binding": '
        '"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"}}.',
        Library.SIMPLESAMLPHP: "'ProtocolBinding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact' in "
        "authsources.php.",
        Library.SPRING: "It takes answers by HTTP-POST only: leave this as it is, or register this provider under "
        "profile: saml.",
        Library.NODE_SAML: "It takes answers by HTTP-POST only, and always writes so: leave this as it is.",
    },
    "AR-19": _SERVICE,
    "AR-21": _PROVIDER,
    "AR-22": _ISSUER,
    "AR-23": _ISSUER,
    "AR-24": _ISSUER,
    "AR-26": _SIGN,
    "AR-28": _ALGORITHM,
    "AR-29": _DIGEST,
    "AR-34": _LEVEL,
    "AR-34-loa2": _LEVEL,
    "AR-35": _LEVEL,
    "AR-36": _COMPARISON,
    "AR-37": _POLICY,
    "AR-42": {
        Library.PYTHON3_SAML: 'Take "lowercase_urlencoding": True out of the request data: it is for ADFS.',
    },
}
RESOLVE: Mapping[str, Mapping[str, str]] = {
    "AX-02": {
        Library.MAYKIN: "artifact_resolve_content_type of the eHerkenning configuration (Django admin): text/xml.",
    },
    "AX-03-algorithm": _ALGORITHM,
    "AX-03-digest": _DIGEST,
    "AX-04": _ISSUER,
}
