"""Requests as libraries make them give no error: no false alarms. django-digid-eherkenning is in tests/sps."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import html

from support.plain_sp import PlainProvider
from support.sp import ARTIFACT, POST, REDIRECT, RSA_SHA256, ServiceProvider

SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
WAYS = pytest.mark.parametrize("binding", [POST, REDIRECT], ids=["POST", "Redirect"])
SCHEME = "urn:etoegang:DV:00000001777777770000:entities:90{}"
PROVIDERS = {
    "by artifact": ServiceProvider(
        entity_id=SCHEME.format(21), acs={1: (ARTIFACT, "http://localhost:9/acs")}
    ),
    "by POST": ServiceProvider(entity_id=SCHEME.format(22), acs={1: (POST, "http://localhost:9/acs")}),
    "of another world": PlainProvider(requests_signed=True),
}


@pytest.fixture(scope="module")
def shared(bench_maker: Any, tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[Any]:
    bench = bench_maker(tmp_path_factory.mktemp("libraries"), keys, ServiceProvider())
    for number, sp in enumerate(PROVIDERS.values()):
        bench.trust(sp, f"sp{number}")
    yield bench
    bench.application.close()


def heavy(bench: Any, fields: dict[str, str], url: str = "") -> list[str]:
    """The errors that a request gets, which must come so far as to be judged."""
    browser = bench.browser()
    page = browser.post("/sso/1.13", fields) if fields else browser.get("/sso/1.13?" + urlsplit(url).query)
    asked = bench.exchanges.recent(1)[0].last("request")
    assert "AR-07" in asked["passed"], page.readable
    return [str(found) for found in asked["findings"] if found["severity"] in "RE"]


def pem(sp: ServiceProvider) -> tuple[str, str]:
    key = sp.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return key.decode(), sp.certificate.public_bytes(serialization.Encoding.PEM).decode()


@WAYS
@pytest.mark.parametrize("name", PROVIDERS)
def test_python3_saml(shared: Any, name: str, binding: str) -> None:
    """The fork that django-digid-eherkenning uses; by POST the message is signed as that does it."""
    from onelogin.saml2.auth import OneLogin_Saml2_Auth
    from onelogin.saml2.utils import OneLogin_Saml2_Utils

    sp = PROVIDERS[name]
    key, certificate = pem(sp)
    answer, acs = next(iter(sp.acs.values()))
    settings = {
        "strict": True,
        "sp": {
            "entityId": sp.entity_id,
            "assertionConsumerService": {"url": acs, "binding": answer},
            "privateKey": key,
            "x509cert": certificate,
        },
        "idp": {
            "entityId": "urn:etoegang:HM:00000003999999990000:entities:9001",
            "singleSignOnService": {"url": shared.sso},
            "x509cert": certificate,
        },
        "security": {
            "authnRequestsSigned": binding == REDIRECT,
            "requestedAuthnContext": False,
            "signatureAlgorithm": RSA_SHA256,
            "digestAlgorithm": SHA256,
        },
    }
    auth = OneLogin_Saml2_Auth(
        {"https": "off", "http_host": "localhost:9", "script_name": "/", "get_data": {}, "post_data": {}},
        old_settings=settings,
    )
    url = auth.login(return_to="rs-1", set_nameid_policy=False)
    if binding == REDIRECT:
        assert heavy(shared, {}, url) == []
        return
    signed = OneLogin_Saml2_Utils.add_sign(
        auth.get_last_request_xml(), key, certificate, sign_algorithm=RSA_SHA256, digest_algorithm=SHA256
    )
    assert heavy(shared, {"SAMLRequest": base64.b64encode(signed).decode(), "RelayState": "rs-1"}) == []


@WAYS
@pytest.mark.parametrize("name", PROVIDERS)
def test_pysaml2(shared: Any, tmp_path: Path, name: str, binding: str) -> None:
    from saml2.client import Saml2Client
    from saml2.config import SPConfig

    xmlsec1 = shutil.which("xmlsec1")
    if binding == POST and not xmlsec1:
        pytest.skip("pysaml2 signs messages with the program xmlsec1")
    sp = PROVIDERS[name]
    for file, text in zip(("key.pem", "cert.pem"), pem(sp), strict=True):
        (tmp_path / file).write_text(text)
    answer, acs = next(iter(sp.acs.values()))
    metadata = shared.browser().get("/metadata" + ("?profile=saml" if "world" in name else "")).text
    config = SPConfig().load(
        {
            "entityid": sp.entity_id,
            "key_file": str(tmp_path / "key.pem"),
            "cert_file": str(tmp_path / "cert.pem"),
            # It looks for a program to sign with, and calls it by POST only.
            "xmlsec_binary": xmlsec1 or __file__,
            "metadata": {"inline": [metadata]},
            "service": {
                "sp": {
                    "signing_algorithm": RSA_SHA256,
                    "digest_algorithm": SHA256,
                    "authn_requests_signed": True,
                    "endpoints": {"assertion_consumer_service": [(acs, answer)]},
                }
            },
        }
    )
    _, info = Saml2Client(config).prepare_for_authenticate(
        relay_state="rs-1", binding=binding, response_binding=answer
    )
    if binding == REDIRECT:
        assert heavy(shared, {}, dict(info["headers"])["Location"]) == []
        return
    assert heavy(shared, dict(html.fromstring(info["data"]).forms[0].form_values())) == []
