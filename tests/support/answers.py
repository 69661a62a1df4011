"""What a service provider makes of an answer, in tests: fetched, verified by a second implementation, read."""

from __future__ import annotations

import base64
from typing import Any

from lxml import etree

from support.browser import Page
from support.sp import NS, Landed, ServiceProvider, verified

STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
PREFIX = "urn:etoegang:1.9:EntityConcernedID:"


def call(bench: Any, method: str, path: str, body: Any = None, **headers: str) -> Page:
    """One request without a browser around it. A body that is not bytes goes as JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    how = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
    got = bench.application.wsgi.test_client().open(
        path, method=method, headers=named, base_url=bench.base_url, **how
    )
    return Page(bench.base_url + path, got.status_code, got.headers, got.data)


def resolve(
    bench: Any, artifact: str, sp: ServiceProvider | None = None, message: bytes | None = None
) -> Page:
    """One call of the back channel, by ``sp`` or with a ``message`` of one's own."""
    body = message if message is not None else (sp or bench.sp).resolve_message(artifact)
    return call(bench, "POST", "/ars/1.13", body, Content_Type="text/xml")


def artifact_response(bench: Any, page: Page) -> etree._Element:
    """What is in the SOAP body, its signature verified."""
    assert page.status == 200, f"HTTP {page.status}: {page.text[:2000]}"
    found = etree.fromstring(page.body).find("soap:Body/samlp:ArtifactResponse", NS)
    assert found is not None, page.text[:2000]
    return verified(found, bench.certificate())


def response_xml(bench: Any, landed: Landed) -> bytes:
    """The Response as it came, by POST or for its artifact."""
    if "SAMLResponse" in landed.fields:
        return base64.b64decode(landed.fields["SAMLResponse"])
    inside = artifact_response(bench, resolve(bench, landed.fields["SAMLart"])).find("samlp:Response", NS)
    assert inside is not None, "the ArtifactResponse holds no Response"
    return etree.tostring(inside, with_tail=False)


def response(bench: Any, landed: Landed) -> etree._Element:
    """The Response, its signature verified with the broker's certificate."""
    return verified(etree.fromstring(response_xml(bench, landed)), bench.certificate())


def status(message: etree._Element) -> list[str]:
    """The status codes, outermost first, without their common prefix."""
    codes = message.xpath("samlp:Status//samlp:StatusCode/@Value", namespaces=NS)
    return [str(code).removeprefix(STATUS) for code in codes]


def attribute(message: etree._Element, name: str) -> list[etree._Element]:
    """The values of one attribute of the broker's own assertion."""
    return message.xpath(
        "saml:Assertion/saml:AttributeStatement/saml:Attribute[@Name=$name]/saml:AttributeValue",
        namespaces=NS,
        name=f"urn:etoegang:core:{name}",
    )


def identifiers(sp: ServiceProvider, message: etree._Element, name: str) -> dict[str, str]:
    """Decrypted, by type."""
    opened = [sp.decrypt(value[0]) for value in attribute(message, name)]
    return {item.get("NameQualifier").removeprefix(PREFIX): item.text for item in opened}


def company(bench: Any, landed: Landed) -> dict[str, str]:
    """Who was logged in for, from an answer that is a verified success."""
    message = response(bench, landed)
    assert status(message) == ["Success"], status(message)
    return identifiers(bench.sp, message, "LegalSubjectID")
