"""How to mend metadata in the configuration of the library that makes it. By rule, then by library."""

from __future__ import annotations

from collections.abc import Mapping

from broker.rules.libraries import Library

MENDS: Mapping[str, Mapping[str, str]] = {
    "MD-02": {
        Library.PYTHON3_SAML: '"security": {"signMetadata": true}.',
        Library.PYSAML2: "make_metadata.py -s, with key_file and cert_file in the configuration.",
        Library.SHIBBOLETH: 'signing="true" on <Handler type="MetadataGenerator">.',
        Library.SIMPLESAMLPHP: "'metadata.sign.enable' => true in authsources.php.",
    },
    "MD-02-algorithm": {
        Library.PYTHON3_SAML: '"security": {"signatureAlgorithm": "…rsa-sha256", "digestAlgorithm": "…sha256"}.',
        Library.PYSAML2: '"signing_algorithm" and "digest_algorithm" in the configuration.',
        Library.SIMPLESAMLPHP: "'metadata.sign.algorithm' => the URI of rsa-sha256.",
    },
    "MD-06": {
        Library.PYTHON3_SAML: "metadataValidUntil and metadataCacheDuration add attributes; the library has no "
        "setting to leave them out: take them off before you sign.",
        Library.PYSAML2: 'No "valid_for" and no "extensions" in the configuration.',
    },
    "MD-08": {
        Library.MAYKIN: "The library always writes it; metadata without it was made by another one, or edited.",
        Library.PYTHON3_SAML: '"security": {"authnRequestsSigned": true}.',
        Library.PYSAML2: '"service": {"sp": {"authn_requests_signed": True}}.',
        Library.SIMPLESAMLPHP: "'sign.authnrequest' => true in authsources.php.",
        Library.SHIBBOLETH: 'signing="true" on <ApplicationDefaults>.',
    },
    "MD-09": {
        Library.PYTHON3_SAML: '"security": {"wantAssertionsSigned": true}.',
        Library.PYSAML2: '"service": {"sp": {"want_assertions_signed": True}}.',
        Library.SIMPLESAMLPHP: "'WantAssertionsSigned' => true in authsources.php.",
        Library.SPRING: "The library always writes it; metadata without it was edited by hand.",
    },
    "MD-13": {
        Library.MAYKIN: "The library writes it; metadata without it was made by another one.",
        Library.PYTHON3_SAML: "The library cannot; add ds:KeyName to the metadata before you sign it.",
        Library.PYSAML2: "The library cannot; add ds:KeyName to the metadata before you sign it.",
    },
    "MD-19-artifact": {
        Library.PYTHON3_SAML: "The library knows HTTP-POST only; its fork by Maykin knows HTTP-Artifact.",
        Library.PYSAML2: '"endpoints": {"assertion_consumer_service": [(url, BINDING_HTTP_ARTIFACT)]}.',
    },
}
