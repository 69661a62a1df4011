"""The two places where pysaml2 has no door and we make one. Everything that leans on its inside is in this file.

1. pysaml2 signs and verifies with the program ``xmlsec1``. ``XmlsecBackend`` does it in this process.
2. pysaml2 validates a message against the SAML schemas, which know no XACML: the assertion of a mandate register is
   refused. The types are added to its schema, so that the statement is validated too. No check is switched off.

Both go in at private names, so pysaml2 is pinned, ``install`` looks before it leaps, and a test runs it.
"""

from __future__ import annotations

import re
import threading
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import saml2.sigver
import saml2.xml.schema
from lxml import etree

from helpdeskpo.checks import SAML
from helpdeskpo.crypto import (
    XENC,
    DecryptionRefused,
    SignatureRefused,
    decrypt,
    find,
    for_somebody_else,
    parse,
    sign,
    verify,
)

XACML_SAML: Final = "urn:oasis:xacml:2.0:saml:assertion:schema:os"


class SeamChanged(RuntimeError):
    """pysaml2 is not the version that this file was written for."""


class XmlsecBackend(saml2.sigver.CryptoBackend):  # type: ignore[misc]  # pysaml2 has no types
    """What pysaml2 asks of ``xmlsec1``. It signs, verifies and decrypts; a service provider encrypts nothing.

    pysaml2's keys are file names, and its "node names" are a namespace, a colon and a tag.
    """

    def __init__(self, recipient: str) -> None:
        super().__init__()
        self.recipient = recipient

    @property
    def version(self) -> str:
        return version("xmlsec")

    def sign_statement(self, statement: Any, node_name: str, key_file: str, node_id: str | None) -> str:
        root = parse(statement if isinstance(statement, bytes) else str(statement))
        sign(find(root, _clark(node_name), node_id or str(root.get("ID"))), Path(key_file).read_bytes())
        return etree.tostring(root, encoding="unicode")

    def validate_signature(
        self, signedtext: str | bytes, cert_file: str, cert_type: str, node_name: str, node_id: str | None
    ) -> bool:
        if cert_type != "pem":
            raise saml2.sigver.SignatureError(f"certificates of type {cert_type} are not read here")
        try:
            root = parse(signedtext)
            node = find(root, _clark(node_name), node_id or str(root.get("ID")))
            verify(node, [Path(cert_file).read_text("ascii")])
        except SignatureRefused as reason:
            raise saml2.sigver.SignatureError(str(reason)) from reason
        return True

    def decrypt(self, enctext: object, key_file: str) -> str:
        """The document with its first EncryptedData replaced by what it holds; pysaml2 asks again for the next.

        pysaml2 hands over text, but an EncryptedAttribute as its own object, which str() turns into XML.
        """
        try:
            root = parse(enctext if isinstance(enctext, str | bytes) else str(enctext))
            if root.tag in _ATTRIBUTE and for_somebody_else(root, self.recipient):
                return _without(root)
            data = next(root.iter(f"{{{XENC}}}EncryptedData"), None)
            holder = None if data is None else data.getparent()
            if data is None or holder is None:
                raise DecryptionRefused("nothing is encrypted here")
            holder.replace(data, decrypt(holder, Path(key_file).read_bytes(), self.recipient))
        except ValueError as reason:
            raise saml2.sigver.DecryptError(str(reason)) from reason
        return etree.tostring(root, encoding="unicode")


_ATTRIBUTE: Final = (f"{{{SAML}}}EncryptedAttribute", f"{{{XENC}}}EncryptedData")


def _without(root: etree._Element) -> str:
    """What pysaml2 reads where an EncryptedAttribute is for another reader: one that holds nothing.

    It comes whole, or as its EncryptedData alone, which pysaml2 then takes for the Attribute that was inside.
    """
    if root.tag == f"{{{XENC}}}EncryptedData":
        return f'<saml:Attribute xmlns:saml="{SAML}" Name="for somebody else"/>'
    for child in list(root):
        root.remove(child)
    return etree.tostring(root, encoding="unicode")


def _clark(node_name: str) -> str:
    namespace, _, tag = node_name.rpartition(":")
    return f"{{{namespace}}}{tag}"


class Validator:
    """pysaml2's schema with the XACML types in it.

    pysaml2 writes a message anew before it validates it, and loses a namespace that only the value of an xsi:type
    uses. The prefix is bound again here; the statement is then held to its type like all else.
    """

    _TYPE = re.compile(r'\btype="([\w.-]+):XACMLAuthzDecisionStatementType"')

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        schemas = files("helpdeskpo") / "schemas"
        for name in ("xacml-policy.xsd", "xacml-context.xsd"):
            schema.add_schema((schemas / name).read_text("utf-8"))
        schema.add_schema((schemas / "xacml-saml.xsd").read_text("utf-8"), build=True)

    def validate(self, document: str) -> None:
        lost = dict.fromkeys(self._TYPE.findall(document), XACML_SAML)
        self._schema.validate(document, namespaces=lost)


_BACKEND: Final = "_get_xmlsec_cryptobackend"
_SCHEMA: Final = "_schema_validator_default"
_once = threading.Lock()


def install(recipient: str) -> None:
    """Put both in. To be called before a SAML client is made; a second call changes the recipient only.

    ``recipient`` is the entity id for which things are encrypted. Raises SeamChanged, with what to look for.
    """
    with _once:
        for module, user, name, what in (
            (saml2.sigver, "security_context", _BACKEND, "makes its crypto backend with"),
            (saml2.xml.schema, "validate", _SCHEMA, "validates messages with"),
        ):
            code = getattr(getattr(module, user, None), "__code__", None)
            if not hasattr(module, name) or code is None or name not in code.co_names:
                raise SeamChanged(
                    f"pysaml2 no longer {what} {module.__name__}.{name}: find the new place near "
                    f"{module.__name__}.{user} and mend helpdeskpo/seam.py, or pin pysaml2 back to 7.5.5"
                )
        setattr(saml2.sigver, _BACKEND, lambda *_args, **_kwargs: XmlsecBackend(recipient))
        schema = getattr(saml2.xml.schema, _SCHEMA)
        if not isinstance(schema, Validator):
            if not hasattr(schema, "add_schema"):
                raise SeamChanged(
                    f"the schema of pysaml2 is a {type(schema).__name__} without add_schema: see xmlschema's changes, "
                    "and mend helpdeskpo/seam.py, or pin pysaml2 back to 7.5.5"
                )
            setattr(saml2.xml.schema, _SCHEMA, Validator(schema))
