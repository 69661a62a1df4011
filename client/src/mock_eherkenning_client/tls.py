"""Whom a broker that speaks https is believed by, and what to do where it is not."""

from __future__ import annotations

import ssl

from mock_eherkenning_client.errors import NoBroker

_OTHER_NAME = (62, 64)
"""OpenSSL's verify codes for another name and another address than those of the certificate."""


def context(ca: str | None) -> ssl.SSLContext:
    """What ``ca`` signed is believed, a file; None for what this Python believes. Raises NoBroker."""
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise NoBroker(
            f"the CA of the broker, {ca}: {error.strerror or error}; give its ca.pem (MOCK_EHERKENNING_CA)"
        ) from None


def why(error: BaseException, url: str, ca: str | None) -> str:
    """What a failed call says; of a failed greeting by TLS also how to mend it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        said = error.verify_message
        if error.verify_code in _OTHER_NAME:
            return (
                f"its certificate is for another name ({said})\n"
                f"Mend it with:  mock-eherkenning serve --tls --base-url {url}, or call it by the name that it has"
            )
        return (
            f"its certificate is not signed by {ca or 'a CA that this Python trusts'} ({said})\n"
            "Mend it with:  export MOCK_EHERKENNING_CA=/path/of/certs/ca.pem, the file that the broker names when it "
            f"starts;\nor get it from the broker:  curl -k -o ca.pem {url}/ca.pem"
        )
    if isinstance(error, ssl.SSLError):
        said = error.reason or str(error)
        if said in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
            plain = url.replace("https://", "http://", 1)
            return (
                f"it does not speak https there ({said})\nMend it with:  export MOCK_EHERKENNING_URL={plain}"
            )
    return str(error) or type(error).__name__
