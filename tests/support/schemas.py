"""One schema over every message: SAML, metadata and SOAP from pysaml2's data, XACML from maykin-python3-saml's.

Only their files are used. ``onelogin`` is never imported: python3-saml and its Maykin fork install over each other.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

IMPORTS = {
    "urn:oasis:names:tc:SAML:2.0:protocol": "saml-schema-protocol-2.0.xsd",
    "urn:oasis:names:tc:SAML:2.0:metadata": "saml-schema-metadata-2.0.xsd",
    "urn:oasis:names:tc:SAML:metadata:attribute": "sstc-metadata-attr.xsd",
    "http://schemas.xmlsoap.org/soap/envelope/": "envelope.xsd",
    "urn:oasis:xacml:2.0:saml:assertion:schema:os": "access_control-xacml-2.0-saml-assertion-schema-os.xsd",
}


def folders() -> list[Path]:
    """Where the schemas lie, the SAML ones first."""
    found = []
    for package, inside in (("saml2", "data/schemas"), ("onelogin", "saml2/schemas")):
        spec = find_spec(package)
        assert spec, f"{package} is not installed: pip install .[test]"
        found += [Path(place) / inside for place in spec.submodule_search_locations or ()]
    return found


class _Local(etree.Resolver):
    """By file name, wherever a schema says that another one is; nothing is fetched."""

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        name = (system_url or "").rpartition("/")[2].removeprefix("sstc-saml-schema-")
        for folder in folders():
            for file in (folder / name, folder / f"saml-schema-{name}"):
                if file.is_file():
                    return self.resolve_filename(str(file), context)
        return self.resolve_empty(context)


@cache
def everything() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    lines = "".join(
        f'<xs:import namespace="{name}" schemaLocation="local/{file}"/>' for name, file in IMPORTS.items()
    )
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{lines}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text, parser, base_url="local/wrapper.xsd"))


def errors_in(message: bytes) -> list[str]:
    """What the schemas have against a message, with the line; empty if nothing."""
    root = etree.fromstring(message)
    schema = everything()
    return [] if schema.validate(root) else [f"line {e.line}: {e.message}" for e in schema.error_log]
