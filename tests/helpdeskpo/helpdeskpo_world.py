"""A service provider and a small identity provider that know each other by metadata, and a browser between them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from idp import NS, Answer, Idp, Party, redirect_request, xml
from signxml import XMLVerifier
from signxml.verifier import SignatureConfiguration
from werkzeug.test import TestResponse

from helpdeskpo.keys import KeyPair
from helpdeskpo.transport import Unreachable

BASE = "http://localhost:8081"


class Wire:
    """The back channel, to the small identity provider in this process. ``down``: it does not answer."""

    def __init__(self, idp: Idp) -> None:
        self.idp = idp
        self.down = False
        self.content_types: list[str] = []
        self.metadata: bytes | None = None
        self.fetched = 0
        self.resolve_options: dict[str, Any] = {}

    def get(self, url: str) -> bytes:
        if self.down:
            raise Unreachable(f"{url} does not answer")
        self.fetched += 1
        return self.metadata or self.idp.metadata()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        if self.down:
            raise Unreachable(f"{url} does not answer")
        assert url == f"{self.idp.base}/ars/1.13"
        self.content_types.append(headers["Content-Type"])
        return self.idp.resolve(body, **self.resolve_options)


def verified(signed: bytes | Any, keys: KeyPair) -> Any:
    """The element, when signxml, which shares no code with libxmlsec1, finds that all of it is signed."""
    pem = f"-----BEGIN CERTIFICATE-----\n{keys.certificate_base64}\n-----END CERTIFICATE-----\n"
    tree = (
        xml(re.sub(r"^<\?xml[^>]*\?>", "", signed.decode()).strip()) if isinstance(signed, bytes) else signed
    )
    config = SignatureConfiguration(require_x509=True, location="./")
    seen = XMLVerifier().verify(tree, x509_cert=pem, id_attribute="ID", expect_config=config).signed_xml
    assert seen is not None
    assert (seen.tag, seen.get("ID")) == (tree.tag, tree.get("ID"))
    assert len(list(seen.iter())) == len(list(tree.iter())) - len(list(tree.find("ds:Signature", NS).iter()))
    return tree


@dataclass
class Person:
    """Somebody with a browser, and the broker that plays along."""

    app: Flask
    idp: Idp
    wire: Wire
    keys: KeyPair
    reader: Party

    def __post_init__(self) -> None:
        self.client: FlaskClient = self.app.test_client()
        self.relay_state = ""
        self.request: Any = None

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=BASE)

    def begin(self, by: str = "post", answer_by: str = "post") -> Answer:
        """Press the button; a good answer to the request that goes out, to be spoiled or sent."""
        page = self.get(f"/login?request={by}&response={answer_by}")
        if by == "post":
            assert page.status_code == 200
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
            self.relay_state = unescape(fields["RelayState"])
            self.request = verified(base64.b64decode(unescape(fields["SAMLRequest"])), self.keys)
        else:
            assert page.status_code == 302
            self.request, query = redirect_request(page.location, self.keys.certificate)
            self.relay_state = query["RelayState"]
        acs = {"post": "/saml/acs/post", "artifact": "/saml/acs/artifact"}[answer_by]
        return Answer(self.request.get("ID"), BASE + acs, self.reader)

    def end(self, response: bytes) -> TestResponse:
        """The answer comes by POST from another site: without cookies. What follows is a GET, with."""
        sent = {"SAMLResponse": base64.b64encode(response).decode(), "RelayState": self.relay_state}
        return self.follow(self.app.test_client().post("/saml/acs/post", data=sent, base_url=BASE))

    def end_by_artifact(self, artifact: str, method: str = "GET") -> TestResponse:
        sent = {"SAMLart": artifact, "RelayState": self.relay_state}
        if method == "GET":
            return self.follow(self.get("/saml/acs/artifact?" + urlencode(sent)))
        return self.follow(self.app.test_client().post("/saml/acs/artifact", data=sent, base_url=BASE))

    def follow(self, answer: TestResponse) -> TestResponse:
        while answer.status_code in (302, 303):
            parts = urlsplit(answer.location)
            answer = self.get(f"{parts.path}?{parts.query}")
        return answer

    def log_in(self, **changes: Any) -> TestResponse:
        return self.end(self.idp.response(replace(self.begin(), **changes)))


def shown(page: TestResponse, name: str) -> str:
    """The text of the element with this data-testid; empty when it is not there."""
    found = re.search(rf'data-testid="{name}"[^>]*>([^<]*)<', page.text)
    return unescape(found[1]).strip() if found else ""


def assertion_of(root: Any) -> Any:
    return root.find("saml:Assertion", NS)
