"""The configuration that the page gives is read by the library itself, and a person logs in with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import html

from broker.connecting import recipes
from broker.connecting.given import given
from broker.rules.libraries import Library
from support.plain_sp import PlainProvider
from support.running import RunningBroker
from support.sp import POST, ServiceProvider
from support.walk import landed, walk

PLAIN = PlainProvider(requests_signed=True)
SCHEME = ServiceProvider(acs={1: (POST, "http://localhost:9/acs/post")})


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    home = tmp_path_factory.mktemp("connect") / "home"
    (home / "metadata").mkdir(parents=True)
    for number, sp in enumerate((PLAIN, SCHEME)):
        (home / "metadata" / f"{number}.xml").write_bytes(sp.metadata)
    with RunningBroker(home) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a provider keeps sp.key and sp.crt, as the texts call them."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keys_of(sp: ServiceProvider, folder: Path) -> tuple[str, str]:
    key = sp.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "sp.key").write_bytes(key)
    certificate = sp.certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "sp.crt").write_bytes(certificate)
    return key.decode(), certificate.decode()


def recipe(broker: RunningBroker, sp: ServiceProvider, library: Library) -> str:
    """As it stands on the page of this provider."""
    page = broker.browser().get(f"/console/connect?sp={sp.entity_id}")
    (node,) = page.tree.xpath('//details[@data-library=$name]//pre[@class="take"]', name=str(library))
    return str(node.text_content())


@pytest.mark.parametrize("sp", [PLAIN, SCHEME], ids=["plain", "scheme"])
def test_python3_saml_logs_a_person_in(broker: RunningBroker, folder: Path, sp: ServiceProvider) -> None:
    from onelogin.saml2.auth import OneLogin_Saml2_Auth

    settings = json.loads(recipe(broker, sp, Library.PYTHON3_SAML))
    settings["sp"]["privateKey"], settings["sp"]["x509cert"] = keys_of(sp, folder)
    acs = urlsplit(sp.acs[min(sp.acs)][1])
    here: dict[str, Any] = {"https": "off", "http_host": acs.netloc, "script_name": acs.path, "get_data": {}}
    asking = OneLogin_Saml2_Auth({**here, "post_data": {}}, old_settings=settings)
    browser = broker.browser()
    got = landed(walk(browser, browser.get(asking.login(return_to="http://localhost:9/"))))
    taking = OneLogin_Saml2_Auth({**here, "post_data": got.fields}, old_settings=settings)
    taking.process_response(request_id=asking.get_last_request_id())
    assert taking.is_authenticated(), taking.get_last_error_reason()
    assert "90000012" in str(taking.get_attributes()), "the KvK number, decrypted"


@pytest.mark.skipif(not shutil.which("xmlsec1"), reason="pysaml2 signs with the program xmlsec1")
@pytest.mark.parametrize("binding", ["HTTP-POST", "HTTP-Redirect"])
def test_pysaml2_logs_a_person_in(broker: RunningBroker, folder: Path, binding: str) -> None:
    from saml2.client import Saml2Client
    from saml2.config import SPConfig

    keys_of(PLAIN, folder)
    names: dict[str, Any] = {"XMLSEC1": shutil.which("xmlsec1")}
    exec(recipe(broker, PLAIN, Library.PYSAML2), names)
    client = Saml2Client(SPConfig().load(names["CONFIG"]))
    request_id, info = client.prepare_for_authenticate(
        relay_state="rs", binding=f"urn:oasis:names:tc:SAML:2.0:bindings:{binding}", response_binding=POST
    )
    browser = broker.browser()
    if binding == "HTTP-POST":
        form = html.fromstring(info["data"]).forms[0]
        page = browser.post(form.action, dict(form.form_values()))
    else:
        page = browser.get(dict(info["headers"])["Location"])
    got = landed(walk(browser, page))
    answer = client.parse_authn_request_response(got.fields["SAMLResponse"], POST, {request_id: "rs"})
    assert answer.ava["kvk"] == ["90000012"]


@pytest.mark.parametrize("library", list(Library))
def test_each_library_has_its_text_with_the_addresses_of_the_broker(bench: Any, library: Library) -> None:
    page = bench.browser().get(f"/console/connect?sp={bench.sp.entity_id}")
    (text,) = page.tree.xpath('//details[@data-library=$name]//pre[@class="take"]/text()', name=str(library))
    settings = bench.application.parts.settings
    assert settings.entity_id in text or settings.metadata_url in text
    assert bench.sp.entity_id in text or library is Library.MAYKIN


EVIL = "\"; import os; '); ?> </SPConfig> <!-- \\ \n$x"


@pytest.mark.parametrize("found", recipes.RECIPES, ids=lambda found: str(found.library))
def test_what_metadata_says_cannot_break_out_of_the_text(bench: Any, found: recipes.Recipe) -> None:
    """Somebody pastes this into a program: an entity id must stay a value in it."""
    own = replace(recipes.EXAMPLE, entity_id=EVIL, slo=EVIL, level=EVIL)
    text = recipes.text(found, given(bench.application.parts), own)
    assert EVIL not in text
    if found.language == "json":
        assert json.loads(text)["sp"]["entityId"] == EVIL
    elif found.language == "python":
        compile(text, found.file, "exec")
    elif found.language == "xml":
        from lxml import etree

        assert etree.fromstring(text.encode())[0].get("entityID", "").split() == EVIL.split()
    elif found.language == "yaml":
        import yaml

        (registration,) = yaml.safe_load(text)["spring"]["security"]["saml2"]["relyingparty"][
            "registration"
        ].values()
        assert registration["entity-id"] == EVIL
