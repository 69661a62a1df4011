"""The driver: a service provider with its requests signed beforehand, and a person who logs in."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from support.browser import Browser
from support.sp import NS, ServiceProvider
from support.walk import kind, landed, walk

PERSON, SUPPLIER = "m.devries", "reconi"
# The default YAML gives this person a fixed PIN. Reading the inbox is a request that a person with a telephone does
# not make, so it must not count; sending the PIN does count.
PIN = "123456"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


class Visitor(Browser):
    """A browser with a cookie jar and a connection of its own, that can be closed."""

    def over_tls(self, ca: Path, client: Path | None = None) -> Visitor:
        """Trust this CA, and show this certificate (PEM with its key) to whoever asks for one."""
        self._client.verify, self._client.cert = str(ca), None if client is None else str(client)
        return self

    def close(self) -> None:
        if self.app is None:
            self._client.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """How the answer of a login travels, and the index of the provider's address for it."""

    name: str
    acs_index: str


POST = Answer("POST", "2")
ARTIFACT = Answer("artifact", "1")
ANSWERS = (POST, ARTIFACT)


@dataclass
class Driver:
    """Logs one person in, again and again, at the broker of ``metadata``."""

    metadata: bytes
    sp: ServiceProvider
    tls: tuple[Path, Path] | None = None
    _addresses: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        root = etree.fromstring(self.metadata)
        self._addresses = {
            etree.QName(node).localname: node.get("Location", "")
            for node in root.iter(
                f"{{{NS['md']}}}SingleSignOnService", f"{{{NS['md']}}}ArtifactResolutionService"
            )
        }

    def request(self, answer: Answer) -> dict[str, str]:
        """The form of one login: a signed AuthnRequest with an ID of its own."""
        element = self.sp.request(
            self._addresses["SingleSignOnService"], AssertionConsumerServiceIndex=answer.acs_index
        )
        return self.sp.form(self.sp.signed(element))

    def log_in(self, browser: Visitor, form: dict[str, str]) -> int:
        """Every page from the request to the answer, and the artifact resolved; how many requests that took.

        Raises AssertionError if it is not a success.
        """
        page = browser.post(self._addresses["SingleSignOnService"], form)
        page = walk(browser, page, PERSON, SUPPLIER, until="pin")
        if kind(page) == "pin":
            page = walk(browser, browser.submit(page, page.form("next"), pin=PIN), PERSON, SUPPLIER)
        fields = landed(page).fields
        requests = len(browser.seen)
        if "SAMLart" in fields:
            message, requests = self._resolved(browser, fields["SAMLart"]), requests + 1
        else:
            message = base64.b64decode(fields["SAMLResponse"])
        root = etree.fromstring(message)
        codes = {code.get("Value") for code in root.iter(f"{{{NS['samlp']}}}StatusCode")}
        assertions = list(root.iter(f"{{{NS['saml']}}}Assertion"))
        assert assertions, f"no assertion: {message.decode()[:2000]}"
        assert codes == {SUCCESS}, f"no success: {message.decode()[:2000]}"
        return requests

    def _resolved(self, browser: Visitor, artifact: str) -> bytes:
        """Over a connection of the provider's own, as its server makes it."""
        address = self._addresses["ArtifactResolutionService"]
        back_channel = Visitor(browser.base_url, browser.app)
        if self.tls is not None:
            back_channel.over_tls(*self.tls)
        try:
            message = self.sp.resolve_message(artifact, address)
            page = back_channel.post(address, message, Content_Type="text/xml")  # type: ignore[arg-type]
        finally:
            back_channel.close()
        assert page.status == 200, page.text
        return page.body
