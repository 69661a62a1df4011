"""A service provider and a small identity provider that know each other by metadata, and a browser between them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from idp import KVK, LOA, NS, PSEUDO, PSEUDONYM, SERVICE, Answer, Idp, Party, redirect_request, xml
from signxml import XMLVerifier
from signxml.verifier import SignatureConfiguration
from sqlalchemy import select
from werkzeug.test import TestResponse

from helpdeskpo.database import Database
from helpdeskpo.identity import Identifier, Identity
from helpdeskpo.keys import KeyPair
from helpdeskpo.models import Account, Link, Membership, Organisation
from helpdeskpo.saml import Outcome
from helpdeskpo.secret import Passwords
from helpdeskpo.settings import now
from helpdeskpo.site import Site
from helpdeskpo.transport import Unreachable

BASE = "http://localhost:8081"
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""Argon2 at its cheapest."""


class Clock:
    """The right time, until a test puts it ``ahead``."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


def link(database: Database, acting: str = PSEUDONYM, company: str = "90000012", code: str = "00XX") -> None:
    """What the link page comes to, without its pages."""
    with database.write() as session:
        account = session.scalars(select(Account).join(Organisation).where(Organisation.code == code)).one()
        session.add(
            Link(
                acting=acting.lower(),
                legal_kind=KVK,
                legal=company,
                account=account,
                email="m.devries@voorbeeld.example",
                made_at=now(),
                memberships=[Membership(organisation=account.organisation, added_at=now())],
            )
        )


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
        self.handles = 0

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

    def post(self, path: str, page: TestResponse, **fields: str) -> TestResponse:
        """Send the form of a page, with its token, and see where it ends."""
        sent = {"csrf_token": token(page), **fields}
        return self.follow(self.client.post(path, data=sent, base_url=BASE))

    def mails(self, to: str = "") -> list[EmailMessage]:
        """What was sent so far, in its order."""
        site: Site = self.app.extensions["helpdeskpo"]
        site.mailer.wait()
        folder = site.settings.mail
        found = sorted(folder.glob("*.eml")) if folder and folder.exists() else []
        read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in found]
        return [one for one in read if isinstance(one, EmailMessage) and to in str(one["To"])]

    def pin(self) -> str:
        """Of the newest mail."""
        found = re.search(r"\b\d{6}\b", self.mails()[-1].get_content())
        assert found
        return found[0]

    def arrive(
        self, acting: str = PSEUDONYM, company: str = "90000012", kind: str = KVK, **more: str
    ) -> TestResponse:
        """A login whose answer has been found good: where it leads. Without SAML, which takes long."""
        who = Identity(Identifier(kind, company), Identifier(PSEUDO, acting), LOA + "loa3", SERVICE, "", "")
        self.handles += 1
        handle, browser = f"handle-{self.handles}", "b" * 43
        site: Site = self.app.extensions["helpdeskpo"]
        site.provider._outcomes.put(handle, Outcome(replace(who, **more), browser))
        self.client.set_cookie("helpdeskpo_browser", browser, domain="localhost")
        return self.follow(self.get(f"/saml/klaar?antwoord={handle}"))

    def log_in(self, **changes: Any) -> TestResponse:
        return self.end(self.idp.response(replace(self.begin(), **changes)))


def token(page: TestResponse) -> str:
    """What a form of this page carries against forged posts; empty when there is none."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    return found[1] if found else ""


def shown(page: TestResponse, name: str) -> str:
    """The text of the element with this data-testid; empty when it is not there."""
    found = re.search(rf'data-testid="{name}"[^>]*>([^<]*)<', page.text)
    return unescape(found[1]).strip() if found else ""


def assertion_of(root: Any) -> Any:
    return root.find("saml:Assertion", NS)
