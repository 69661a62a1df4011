"""An exchange as a person reads it under a test that failed: what came, was found, was chosen, was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.dom import minidom

from mock_eherkenning_client.errors import finding_lines

MOST_LINES = 120
_SHORT = {
    "Signature": "signed",
    "EncryptedData": "encrypted",
    "EncryptedKey": "its key",
    "Advice": "advice: the assertions of the supplier",
    "KeyInfo": "keys",
}
"""What takes many lines and says nothing to a person, and what stands there instead."""


def told(exchange: Mapping[str, Any]) -> str:
    """Ends in a line break."""
    return "\n".join(_lines(exchange)) + "\n"


def _lines(exchange: Mapping[str, Any]) -> Iterator[str]:
    request = exchange.get("request") or {}
    service = exchange.get("service") or {}
    yield f"exchange     {exchange['id']}"
    yield f"outcome      {exchange['outcome']}"
    yield "What came"
    yield from _table(
        sp=exchange.get("sp"),
        service=f"{_name(service)} ({service.get('service_id')})" if service else None,
        level=request.get("level"),
        binding=_short(request.get("binding")),
        relay_state=request.get("relay_state"),
        **(request.get("fields") or {}),
    )
    yield from _xml("AuthnRequest", request.get("xml"))
    findings = exchange.get("findings") or []
    yield "What was found" if findings else "What was found: nothing wrong"
    for finding in findings:
        yield from finding_lines(finding)
    yield "What was chosen"
    choices = exchange.get("choices") or {}
    yield from _table(
        person=exchange.get("person"), **{k: v for k, v in choices.items() if k not in ("how", "remembered")}
    )
    yield from _decision(exchange.get("decision"))
    scenarios = [one for one in exchange.get("events") or [] if one.get("kind") == "scenario"]
    for one in scenarios:
        yield f"  scenario     {one.get('name')} {one.get('params') or ''} at {one.get('point')}".rstrip()
    yield from _answer(exchange.get("answer"))


def _decision(decision: Mapping[str, Any] | None) -> Iterator[str]:
    if not decision:
        return
    yield "What was decided"
    yield from _table(outcome=decision.get("outcome"), level=decision.get("level"))
    for reason in decision.get("reasons") or []:
        place = f" [{reason['place']}]" if reason.get("place") else ""
        yield f"  not          {reason.get('en') or reason.get('nl') or reason.get('code')}{place}"


def _answer(answer: Mapping[str, Any] | None) -> Iterator[str]:
    if not answer:
        yield "What was answered: nothing"
        return
    yield "What was answered"
    yield from _table(
        status=" > ".join(str(code).rpartition(":")[2] for code in answer.get("status") or []),
        message=answer.get("message"),
        binding=_short(answer.get("binding")),
        acs=answer.get("acs"),
        relay_state=answer.get("relay_state"),
    )
    for identifier in answer.get("identifiers") or []:
        yield "  identifier   " + " ".join(f"{key}={value}" for key, value in identifier.items() if value)
    yield from _xml("Assertion, decrypted", answer.get("decrypted"))
    yield from _xml("Response", answer.get("xml"))


def _table(**values: Any) -> Iterator[str]:
    for name, value in values.items():
        if value not in (None, "", [], {}):
            yield f"  {name:<12} {value}"


def _xml(title: str, text: str | None) -> Iterator[str]:
    """Indented, and cut where it is long: certificates and what is encrypted say nothing to a person."""
    if not text:
        return
    try:
        document = minidom.parseString(text.encode())  # noqa: S318 - what our own broker read before
    except Exception:
        yield f"  {title}, not well-formed:"
        yield from (f"    {line}" for line in text.splitlines()[:MOST_LINES])
        return
    _shorten(document)
    lines = [line for line in document.toprettyxml("  ").splitlines()[1:] if line.strip()]
    yield f"  {title}:"
    for line in lines[:MOST_LINES]:
        yield f"    {line if len(line) <= 200 else line[:120] + '…'}"
    if len(lines) > MOST_LINES:
        yield f"    … {len(lines) - MOST_LINES} more lines"


def _shorten(document: minidom.Document) -> None:
    """Put in one line what a person cannot read."""
    for element in list(document.getElementsByTagName("*")):
        said = _SHORT.get(element.localName or "")
        parent = element.parentNode
        if said and parent is not None and _in(element, document):
            names = element.getElementsByTagNameNS("*", "KeyName")
            key = f" by key {_text(names[0])}" if names else ""
            parent.replaceChild(document.createComment(f" {said}{key} "), element)


def _text(element: minidom.Element) -> str:
    return "".join(child.data for child in element.childNodes if isinstance(child, minidom.Text)).strip()


def _in(node: minidom.Node, document: minidom.Document) -> bool:
    """Whether it is there still, and did not go with something around it."""
    while node.parentNode is not None:
        node = node.parentNode
    return node is document


def _name(service: Mapping[str, Any]) -> str:
    name = service.get("name") or {}
    return str(name.get("nl") or name.get("en") or "") if isinstance(name, Mapping) else str(name)


def _short(binding: Any) -> Any:
    return str(binding).rpartition(":")[2] if binding else None
