"""Hostile answers beside good ones: what of the message each changes, and what a strict provider says of it."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from support.answers import identifiers, status
from support.scenario import Went
from support.schemas import errors_in
from support.sp import NS, verified

R, A = "Response", "Response/Assertion"
SAID = f"{A}/AttributeStatement"
NUMBER = f"{SAID}/Attribute[core:LegalSubjectID]/AttributeValue/NameID"
FORGED = {f"{A}/Advice", NUMBER, f"{R}/Signature"}
FORGED_UNSIGNED = FORGED | {f"{A}/Signature"}
EMPTY = {f"{one}/Signature/{part}" for one in (R, A) for part in ("SignedInfo", "SignatureValue", "KeyInfo")}
SHA1 = {
    f"{one}/Signature/SignedInfo/{part}/@Algorithm"
    for one in (R, A)
    for part in ("SignatureMethod", "Reference/DigestMethod")
}
FORGED_NUMBER, GOOD_NUMBER = "90009999", "90000012"

REFUSED: dict[str, tuple[set[str], str]] = {
    "signature-none": ({f"{R}/Signature", f"{A}/Signature"}, "signature"),
    "signature-response-only": ({f"{A}/Signature"}, "signature"),
    "signature-assertion-only": ({f"{R}/Signature"}, "signature"),
    "signature-unknown-key": ({f"{R}/Signature/KeyInfo", f"{A}/Signature/KeyInfo"}, "signature"),
    "signature-unknown-key-shown": (
        {f"{R}/Signature/KeyInfo/X509Data", f"{A}/Signature/KeyInfo/X509Data"},
        "signature",
    ),
    "signature-supplier-key": (set(), "signature"),
    "signature-value-changed": ({f"{A}/AuthnStatement/AuthnContext/AuthnContextClassRef"}, "signature"),
    "signature-empty-value": (set(), "signature"),
    "signature-empty": (EMPTY, "schema"),
    "signature-sha1": (SHA1, "signature"),
    "signature-two": ({f"{R}/Signature[2]"}, "schema"),
    "success-without-assertion": ({A}, "assertions"),
    "failed-with-assertion": (
        {f"{R}/Status/StatusCode/@Value", f"{R}/Status/StatusCode/StatusCode"},
        "status",
    ),
    "doctype": (set(), "doctype"),
    "replayed-assertion": (
        {f"{A}/Subject/SubjectConfirmation/SubjectConfirmationData/@InResponseTo"},
        "request",
    ),
    "wrapping-before": (FORGED_UNSIGNED | {f"{A}[2]"}, "assertions"),
    "wrapping-around": (FORGED_UNSIGNED | {f"{A}/Assertion"}, "schema"),
    "wrapping-signature-moved": (FORGED | {f"{A}[2]"}, "assertions"),
    "wrapping-in-signature": (FORGED | {f"{A}/Signature/Assertion"}, "schema"),
    "wrapping-in-extensions": ({f"{R}/Extensions", f"{R}/Signature"}, "assertions"),
    "wrapping-in-object": (FORGED | {f"{A}/Signature/Object"}, "assertions"),
    "wrapping-behind": ({f"{A}[2]", f"{R}/Signature"}, "assertions"),
    "wrapping-same-id": (FORGED_UNSIGNED | {f"{A}[2]"}, "schema"),
}
"""The paths that are not as in the good login, and what a strict provider refuses it for."""

TAKEN: dict[str, set[str]] = {
    "comment-in-values": {
        f"{A}/Subject/NameID",
        f"{SAID}/Attribute[core:ServiceID]/AttributeValue",
        f"{SAID}/Attribute[core:ServiceUUID]/AttributeValue",
    },
    "padding": set(),
}
"""The same of what is signed well, so that a provider may take it."""

DATA, KEY = "EncryptedData", "EncryptedKey"
HOLDER = re.compile(r"Attribute\[[^/]*\]/AttributeValue/EncryptedID|EncryptedAttribute(\[\d\])?")
ENCRYPTED: dict[str, set[str]] = {
    "encrypted-for-another": {f"{KEY}/KeyInfo/KeyName"},
    "broken-ciphertext": set(),
    "other-recipient-first": {
        f"{DATA}/KeyInfo/RetrievalMethod[2]",
        f"{KEY}/@Recipient",
        f"{KEY}/KeyInfo/KeyName",
        f"{KEY}[2]",
    },
}
"""What changes in each thing that is encrypted for the provider, and nothing outside them."""

KEYS = ("key-next", "key-previous", "certificate-expired", "certificate-not-yet-valid")
DELIVERED = (
    "slow-answer",
    "server-error",
    "dropped-connection",
    "no-answer",
    "relay-state-missing",
    "relay-state-changed",
    "other-acs",
    "garbage",
    "replayed-response",
)
RESOLVED = (
    "artifact-slow",
    "artifact-timeout",
    "artifact-dropped",
    "artifact-server-error",
    "artifact-soap-fault",
    "artifact-garbled",
    "artifact-wrong-in-response-to",
    "artifact-unsigned",
    "artifact-unknown-key",
    "artifact-doctype",
)
EVERY = (*REFUSED, *TAKEN, *ENCRYPTED, *KEYS, *DELIVERED, *RESOLVED)


class Refused(Exception):
    """``reason`` in a word: doctype, schema, assertions, signature, status, request."""

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(f"{reason}: {why}")
        self.reason = reason


def strict(bench: Any, went: Went) -> str:
    """The KvK number that a provider logs in, which checks all that there is to check, by signxml; else Refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(went.xml, parser)
    if root.getroottree().docinfo.doctype:
        raise Refused("doctype")
    if errors := errors_in(went.xml):
        raise Refused("schema", str(errors[:2]))
    ours = root.xpath("//saml:Assertion[not(ancestor::saml:Advice)]", namespaces=NS)
    succeeded = status(root) == ["Success"]
    if len(ours) != (1 if succeeded or ours else 0) or ours[0].getparent() is not root:
        raise Refused("assertions", f"{len(ours)} of them")
    try:
        message = verified(root, bench.certificate())
        verified(message.find("saml:Assertion", NS), bench.certificate())
    except Exception as why:  # signxml has no one class for them
        raise Refused("signature", f"{type(why).__name__} {why}") from None
    if not succeeded:
        raise Refused("status", str(status(root)))
    asked = bench.exchanges.get(went.exchange).asked["id"]
    (confirmed,) = ours[0].xpath("saml:Subject//saml:SubjectConfirmationData", namespaces=NS)
    if {root.get("InResponseTo"), confirmed.get("InResponseTo")} != {asked}:
        raise Refused("request")
    return number_of(bench, message)


def number_of(bench: Any, message: etree._Element) -> str:
    """The KvK number in the one assertion that is a child of this element, decrypted."""
    return identifiers(bench.sp, message, "LegalSubjectID")["KvKnr"]


def alone(assertion: etree._Element) -> etree._Element:
    """A holder with this assertion in it and nothing else."""
    holder = etree.Element("alone")
    holder.append(etree.fromstring(etree.tostring(assertion, with_tail=False)))
    return holder


def raw(xml: bytes) -> dict[str, str]:
    """Every path of a message as it went over the line, nothing decrypted; what is new each time is masked."""
    text = re.sub(rb"_[0-9a-f]{32}\b", b"[id]", xml)
    text = re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", b"[uuid]", text)
    found: dict[str, str] = {}
    _walk(etree.fromstring(text), "", found)
    return found


def _walk(node: etree._Element, above: str, found: dict[str, str]) -> None:
    name = etree.QName(node).localname
    step = f"{name}[{node.get('Name') or node.get('AttributeId')}]" if name == "Attribute" else name
    path, count = f"{above}/{step}".lstrip("/"), 1
    while path in found:
        count += 1
        path = f"{above}/{step}[{count}]".lstrip("/")
    hidden = name in ("SignatureValue", "DigestValue", "CipherValue") or "LinkedDeclaration" in path
    found[path] = "" if hidden or len(node) else (node.text or "")
    for attribute, value in node.attrib.items():
        found[f"{path}/@{attribute}"] = value
    for below in node.iterchildren(etree.Element):
        _walk(below, path, found)


def changed_inside(good: bytes, other: bytes) -> dict[str, set[str]]:
    """Of each encrypted thing the paths under it that are not the same; under "" those that are in none."""
    one, two = raw(good), raw(other)
    paths = {path for path in {*one, *two} if one.get(path) != two.get(path)}
    sided = {path for path in paths if (path in one) != (path in two)}
    paths = {
        path for path in paths if not any(path != above and path.startswith(f"{above}/") for above in sided)
    }
    found: dict[str, set[str]] = {}
    for path in paths:
        holder = HOLDER.search(path)
        key = "" if holder is None else path[: holder.end()]
        found.setdefault(key, set()).add(path[len(key) + 1 :] if key else path)
    return found
