"""The client in environments that are not ours: old pins, modules called broker and suppliers, Django."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from support.running import ROOT
from support.sp import POST, ServiceProvider

from .environments import with_client

pytestmark = pytest.mark.sp
SP = '''
import base64, uuid, zlib
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlencode
import xmlsec
from lxml import etree

HERE = Path(__file__).parent
ALGORITHM = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

def request(sso):
    """The address of a signed AuthnRequest by HTTP-Redirect."""
    template = (HERE / "request.xml").read_text()
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    xml = template.format(id="_" + uuid.uuid4().hex, now=now, sso=sso)
    packed = zlib.compress(xml.encode())[2:-4]
    query = urlencode({"SAMLRequest": base64.b64encode(packed), "SigAlg": ALGORITHM})
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(HERE / "sp.key"), xmlsec.KeyFormat.PEM)
    signature = context.sign_binary(query.encode(), xmlsec.Transform.RSA_SHA256)
    return sso + "?" + query + "&" + urlencode({"Signature": base64.b64encode(signature)})

def make_app(sso):
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/login":
            start_response("302 Found", [("Location", request(sso))])
            return [b""]
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        answer = etree.fromstring(base64.b64decode(parse_qs(body)["SAMLResponse"][0]))
        status = answer.find(".//{*}StatusCode").get("Value")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [status.encode()]
    return app
'''
TESTS = """
import sys
from importlib.metadata import version
from pathlib import Path
import broker, pytest, suppliers
from broker.app import make_app

HERE = Path(__file__).parent

def test_a_login_beside_old_pins(eherkenning_broker):
    assert version("lxml").startswith("5.3") and version("xmlsec") == "1.3.14"
    assert Path(broker.__file__).parent.parent == Path(suppliers.__file__).parent == HERE
    with pytest.raises(ImportError):
        import flask
    eherkenning_broker.trust(HERE / "metadata.xml")
    landing = eherkenning_broker.login("/login", person="m.devries", app=make_app(eherkenning_broker.sso_urls[0]))
    assert landing.text.endswith(":Success")
"""


def run(python: Path, folder: Path, cache: Path) -> str:
    """pytest there, with a broker that this environment's Python starts. What it said."""
    command = cache / "start-a-broker"
    command.write_text(f'#!/bin/sh\ncd /\nPYTHONPATH={ROOT} exec {sys.executable} -m broker.cli "$@"\n')
    command.chmod(0o755)
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MOCK_EHERKENNING_", "PYTEST_", "PYTHON"))
    }
    done = subprocess.run(
        [str(python), "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**clean, "MOCK_EHERKENNING_COMMAND": str(command), "MOCK_EHERKENNING_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="xmlsec 1.3.14 has no wheels for Python 3.13")
def test_it_installs_and_works_beside_old_pins_and_modules_of_the_same_name(
    tmp_path: Path, cache: Path
) -> None:
    project = tmp_path / "project"
    (project / "broker").mkdir(parents=True)
    sp = ServiceProvider(acs={1: (POST, "http://localhost/acs")})
    pem = sp.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, content in {
        "pytest.ini": b"[pytest]\npythonpath = .\n",
        "suppliers.py": b"",
        "broker/__init__.py": b"",
        "broker/app.py": SP.replace(".parent\n", ".parents[1]\n", 1).encode(),
        "test_app.py": TESTS.encode(),
        "metadata.xml": sp.metadata,
        "sp.key": pem,
        "request.xml": template(sp),
    }.items():
        (project / name).write_bytes(content)
    assert "1 passed" in run(with_client("old_pins"), project, cache)


def template(sp: ServiceProvider) -> bytes:
    """A request of ours, with holes for what is another each time."""
    return etree.tostring(sp.request("{sso}", ID="{id}", IssueInstant="{now}"))


def test_the_example_with_django_runs_as_it_stands(cache: Path) -> None:
    said = run(with_client("django_example"), ROOT / "examples" / "django", cache)
    assert re.search(r"\b3 passed\b", said), said
