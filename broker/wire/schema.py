"""The SAML schemas, from the data that pysaml2 ships; pysaml2 itself is not imported (that costs 0.6 s)."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from lxml import etree

from broker.wire.xml import Element


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


def error_in(element: Element, schema: str = "saml-schema-protocol-2.0.xsd") -> tuple[str, int] | None:
    """What the schema has against this message and on which line; None if nothing."""
    # The log of errors belongs to the schema, not to the call; and libxml2 cannot compile one twice at once.
    with _lock:
        compiled = _schema(schema)
        if compiled.validate(element):
            return None
        first = compiled.error_log[0]
        return _short(first.message), first.line


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
