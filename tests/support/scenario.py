"""A login with a scenario beside the good login: both in one normal form, of which the differing paths are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lxml import etree

from broker.scenarios import arming
from broker.scenarios.armed import Armed
from support.answers import artifact_response, resolve, response_xml
from support.shaped import BY_POST, opened
from support.sp import NS
from support.walk import kind, landed, walk

ID = re.compile(r"_[0-9a-f]{32}\b")
LINKED = "Attribute[core:LinkedDeclarationSignatureValue]"
MASKED = frozenset({"SignatureValue", "DigestValue", "KeyName", "X509Certificate", "CipherValue"})


@dataclass(frozen=True)
class Went:
    """How one login went: the page that it ended on, what came back, and what was told of it on the way."""

    page: str
    values: Mapping[str, str]
    events: tuple[tuple[str, str], ...]
    xml: bytes
    exchange: str


def arm(bench: Any, name: str, **wish: Any) -> Armed:
    return arming.arm(bench.application.parts, arming.Wish(name, **wish))


def go(bench: Any, person: str = "m.devries", supplier: str = "reconi", **how: Any) -> Went:
    """A whole login, to its answer or to the page where it stops."""
    browser = bench.browser()
    page = None
    # Where the login page itself says what is the matter, it comes again and again.
    with suppress(AssertionError):
        page = walk(browser, bench.ask(browser, **{**BY_POST, **how}), person, supplier)
    (exchange,) = bench.exchanges.recent(1)
    request = exchange.asked["id"]
    told = tuple(
        (event.kind, _normal(str(event.data), request, exchange.id))
        for event in exchange.events
        if event.kind not in ("answer", "scenario", "request")
    )
    if page is None or kind(page) != "answer":
        return Went("login" if page is None else kind(page), {}, told, b"", exchange.id)
    came = landed(page)
    xml = soap(bench, came.fields["SAMLart"]) if "SAMLart" in came.fields else response_xml(bench, came)
    values = {path: _normal(value, request, exchange.id) for path, value in _values(bench, xml)}
    return Went("answer", values, told, xml, exchange.id)


def soap(bench: Any, artifact: str) -> bytes:
    """The ArtifactResponse for an artifact, its signature verified."""
    return etree.tostring(artifact_response(bench, resolve(bench, artifact)), with_tail=False)


def differing(good: Went, other: Went) -> set[str]:
    """The paths that are not the same in both; of what is only in one of them the outermost."""
    paths = {
        path for path in {*good.values, *other.values} if good.values.get(path) != other.values.get(path)
    }
    one_sided = {path for path in paths if (path in good.values) != (path in other.values)}
    return {path for path in paths if not any(above in one_sided for above in _parents(path))}


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _values(bench: Any, xml: bytes) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    _walk(bench, etree.fromstring(xml), "", found)
    return list(found.items())


def _walk(bench: Any, node: etree._Element, above: str, found: dict[str, str]) -> None:
    name = etree.QName(node).localname
    if name in ("EncryptedID", "EncryptedAttribute"):
        recipient = node.find("xenc:EncryptedKey", NS).get("Recipient")
        if recipient != bench.sp.entity_id:
            found[f"{above}/{name}"] = f"for {recipient}"
            return
        _walk(bench, opened(node, bench.sp).element, above, found)
        return
    step = _step(node)
    path, count = f"{above}/{step}".lstrip("/"), 1
    while path in found:
        count += 1
        path = f"{above}/{step}[{count}]".lstrip("/")
    hidden = name in MASKED or LINKED in path
    found[path] = "" if hidden or len(node) else (node.text or "")
    for attribute, value in node.attrib.items():
        found[f"{path}/@{etree.QName(attribute).localname}"] = value
    for below in node.iterchildren(etree.Element):
        _walk(bench, below, path, found)


def _step(node: etree._Element) -> str:
    """An element, told from its brothers by what it is about."""
    name = etree.QName(node).localname
    if name == "Attribute":
        about = (node.get("Name") or node.get("AttributeId") or "").rpartition("urn:etoegang:")[2]
        return f"{name}[{about}]"
    if name == "Assertion":
        issuer = node.findtext("saml:Issuer", "", NS)
        return {"AD": "AD", "MR": "MR"}.get(issuer.split(":")[2] if issuer.count(":") > 2 else "", name)
    return name


def _normal(text: str, request: str, exchange: str) -> str:
    text = text.replace(request, "[request]").replace(exchange, "[exchange]")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[uuid]", text)
    return ID.sub("[id]", text)


def asks(bench: Any, *names: str, required: tuple[str, ...] = ()) -> None:
    """The provider's metadata asks for these attributes."""
    wanted = "".join(
        f'<md:RequestedAttribute Name="{name}" isRequired="{str(name in required).lower()}"/>'
        for name in (*names, *required)
    )
    end = "</md:AttributeConsumingService>"
    metadata = bench.sp.metadata.decode().replace(end, wanted + end)
    (bench.home / "metadata" / "sp.xml").write_text(metadata)
    bench.application.parts.configuration.refresh()
    assert bench.application.parts.current.problems == ()
