"""The URNs of the wire format: namespaces, bindings, formats, statuses, algorithms (spec 1-4, 7)."""

from __future__ import annotations

from functools import cache

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
MDATTR = "urn:oasis:names:tc:SAML:metadata:attribute"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
XACML_SAML = "urn:oasis:xacml:2.0:saml:assertion:schema:os"
XACML_CONTEXT = "urn:oasis:names:tc:xacml:2.0:context:schema:os"
XACML_POLICY = "urn:oasis:names:tc:xacml:2.0:policy:schema:os"
EME = "urn:etoegang:1.13:metadata-extension"
ESP = "urn:etoegang:1.9:samlp-extension"

PREFIXES = {
    "saml": SAML,
    "samlp": SAMLP,
    "md": MD,
    "mdattr": MDATTR,
    "ds": DS,
    "xenc": XENC,
    "soap": SOAP,
    "xs": XS,
    "xsi": XSI,
    "xml": XML,
    "xacml-saml": XACML_SAML,
    "xacml-context": XACML_CONTEXT,
    "xacml-policy": XACML_POLICY,
    "eme": EME,
    "esp": ESP,
}
"""One prefix per namespace in every message: lxml renames others on decryption, which breaks signatures."""

HTTP_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
HTTP_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
HTTP_ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
SOAP_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"

TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
SUCCESS = STATUS + "Success"
REQUESTER = STATUS + "Requester"
RESPONDER = STATUS + "Responder"
AUTHN_FAILED = STATUS + "AuthnFailed"
REQUEST_UNSUPPORTED = STATUS + "RequestUnsupported"
INVALID_NAME_ID_POLICY = STATUS + "InvalidNameIDPolicy"
UNKNOWN_PRINCIPAL = STATUS + "UnknownPrincipal"
"""These two only for providers that know nothing of the scheme, which has no such codes (spec 6.1)."""

ETOEGANG = "urn:etoegang:"
SERVICE_ID = "urn:etoegang:core:ServiceID"
SERVICE_UUID = "urn:etoegang:core:ServiceUUID"
ACTING_SUBJECT = "urn:etoegang:core:ActingSubjectID"
LEGAL_SUBJECT = "urn:etoegang:core:LegalSubjectID"
REPRESENTATION = "urn:etoegang:core:Representation"
AUTHORIZATION_REGISTRY = "urn:etoegang:core:AuthorizationRegistryID"
LEVEL_ASKED = "urn:etoegang:core:LevelOfAssurance"
LEVEL_USED = "urn:etoegang:core:LevelOfAssuranceUsed"
INTERMEDIATE_SUBJECT = "urn:etoegang:core:IntermediateSubjectID"
INTERMEDIATE_ENTITY = "urn:etoegang:1.9:IntermediateEntityID:KvKnr"
INTERMEDIATE_COMPANY_NAME = "urn:etoegang:1.13:attribute-intermediate:CompanyName"
NEXT_REGISTER = "urn:etoegang:core:RequireConfirmationFromNextMR"
LINKED_SIGNATURE = "urn:etoegang:core:LinkedDeclarationSignatureValue"
BRANCH = "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"
COMPANY_NAME = "urn:etoegang:1.11:attribute-represented:CompanyName"
IDENTIFIER_TYPES = {
    "KvKnr": "urn:etoegang:1.9:EntityConcernedID:KvKnr",
    "RSIN": "urn:etoegang:1.9:EntityConcernedID:RSIN",
    "Pseudo": "urn:etoegang:1.9:EntityConcernedID:Pseudo",
}
PSEUDO_REPRESENTED = "urn:etoegang:1.13:EntityConcernedID:Pseudo"

EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
RSA_PSS_SHA256 = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
AES256_CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
AES128_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
AES256_GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
AES128_GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
RSA_OAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"


@cache
def qname(prefixed: str) -> str:
    """``saml:Issuer`` as lxml writes it: ``{urn:…:assertion}Issuer``. Without a colon: as it is."""
    prefix, colon, local = prefixed.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}" if colon else prefixed
