"""Whatever is wrong with a certificate is said as a KeyProblem, and an extension that cannot be read is none."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509

from broker.rules.metadata.examples import key
from broker.wire.keys import Certificate, KeyProblem, SigningKey
from support.certificates import UNREADABLE, WITHOUT_EXTENSIONS, of_version_5


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_certificate_that_cannot_be_read_is_refused_where_it_comes_in(what: str) -> None:
    with pytest.raises(KeyProblem, match=r"not an X\.509 certificate with an RSA key"):
        Certificate.of_base64(base64.b64encode(UNREADABLE[what]).decode())


def test_a_key_file_with_a_certificate_of_an_unknown_version_is_refused_by_name() -> None:
    private = key().pem.partition(b"-----BEGIN CERTIFICATE")[0]
    body = base64.encodebytes(of_version_5())
    pem = private + b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"
    with pytest.raises(KeyProblem, match=r"broker\.pem: expected a private key and its certificate"):
        SigningKey.of_pem(pem, "broker.pem")


@pytest.mark.parametrize("what", WITHOUT_EXTENSIONS)
@pytest.mark.parametrize("kind", [x509.KeyUsage, x509.CertificatePolicies, x509.SubjectAlternativeName])
def test_an_extension_that_cannot_be_read_is_none(what: str, kind: type[x509.ExtensionType]) -> None:
    assert Certificate(WITHOUT_EXTENSIONS[what]).extension(kind) is None
