"""The SAML schemas, from the data that pysaml2 ships; pysaml2 itself is not imported (that costs 0.6 s)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from lxml import etree

from broker.wire.places import Spot
from broker.wire.xml import Element

MOST_ERRORS = 20
UNSAID = "something in names too long to show"
# A namespace may have an apostrophe in it, and a name that libxml2 cut off is none.
ATTRIBUTE = re.compile(r"attribute '((?:\{[^}]*\})?[^'{}]+)'")


def folder() -> Path:
    """Where the schemas are. Raises FileNotFoundError with the mend when pysaml2 is not installed."""
    spec = find_spec("saml2")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("pysaml2 is not installed, and with it the SAML schemas: pip install pysaml2")
    return Path(spec.origin).parent / "data" / "schemas"


class _Local(etree.Resolver):
    """The schemas import each other by their address on the web; they lie side by side here."""

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        file = folder() / (system_url or "").rpartition("/")[2]
        # The XML of the schemas names a DTD too; it is not needed, and an empty one stands in.
        return self.resolve_filename(str(file), context) if file.is_file() else self.resolve_empty(context)


_lock = Lock()


@cache
def _schema(name: str) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.parse(folder() / name, parser))


@dataclass(frozen=True, slots=True)
class SchemaError:
    """What the schema has against a message; ``at`` is the element or attribute, where libxml2 says it;
    ``attribute`` is its name, also of one that is missing."""

    message: str
    line: int
    at: Spot | None
    attribute: str = ""


def first_error(element: Element, schema: str = "saml-schema-protocol-2.0.xsd") -> SchemaError | None:
    """The first that the schema has against this message; None if nothing."""
    return next(iter(errors(element, schema, most=1)), None)


def errors(
    element: Element, schema: str = "saml-schema-protocol-2.0.xsd", most: int = MOST_ERRORS
) -> tuple[SchemaError, ...]:
    """What the schema has against this message, the first ``most`` of it.

    libxml2 says of a value first that it breaks a facet and then that it is no value of its type: that is one error.
    """
    # The log of errors belongs to the schema, not to the call; and libxml2 cannot compile one twice at once.
    with _lock:
        compiled = _schema(schema)
        if compiled.validate(element):
            return ()
        found = [
            (_said(entry, "message") or UNSAID, entry.line, _said(entry, "path"))
            for entry in islice(compiled.error_log, 2 * most)
        ]
    told: dict[tuple[str, str], SchemaError] = {}
    for message, line, path in found:
        attribute = ATTRIBUTE.search(message)
        told.setdefault(
            (path, attribute[1] if attribute else ""),
            SchemaError(
                _short(message), line, _at(element, path, message), attribute[1] if attribute else ""
            ),
        )
    return tuple(told.values())[:most]


def error_in(element: Element, schema: str = "saml-schema-protocol-2.0.xsd") -> tuple[str, int] | None:
    """The same, as message and line."""
    found = first_error(element, schema)
    return None if found is None else (found.message, found.line)


def _said(entry: Any, name: str) -> str:
    """libxml2 cuts its texts off at so many bytes, which may be the middle of a letter: then it said nothing."""
    try:
        return getattr(entry, name) or ""
    except UnicodeDecodeError:
        return ""


def _at(element: Element, path: str, message: str) -> Spot | None:
    """libxml2 gives an XPath, with the prefixes of the document or ``*[2]`` where there are none."""
    prefixes = {
        prefix: uri for node in element.iter(etree.Element) for prefix, uri in node.nsmap.items() if prefix
    }
    # The element was validated as if it were the root, wherever it stands.
    below = path.lstrip("/").partition("/")[2]
    try:
        found = element.xpath(below or ".", namespaces=prefixes)
    except etree.XPathError:
        return None
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], etree._Element):
        return None
    attribute = ATTRIBUTE.search(message)
    return Spot(found[0], attribute[1] if attribute and "is required" not in message else "")


def _short(message: str) -> str:
    """Without the namespaces that libxml2 spells out."""
    for namespace, prefix in (
        ("{urn:oasis:names:tc:SAML:2.0:protocol}", "samlp:"),
        ("{urn:oasis:names:tc:SAML:2.0:assertion}", "saml:"),
        ("{urn:oasis:names:tc:SAML:2.0:metadata}", "md:"),
        ("{http://www.w3.org/2000/09/xmldsig#}", "ds:"),
    ):
        message = message.replace(namespace, prefix)
    return message
