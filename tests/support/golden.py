"""Files that say what comes out, so that a change shows as a diff. ``UPDATE_GOLDEN=1`` writes them anew."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from lxml import etree

FOLDER = Path(__file__).resolve().parents[1] / "golden"
TEST_KEY = FOLDER / "wire-TEST-key.pem"
MASKED = ("CipherValue", "DigestValue", "SignatureValue", "LinkedDeclarationSignatureValue")


def same_as_golden(name: str, text: str) -> None:
    """Fails with what has changed. Updating passes, so that one run writes them all."""
    file = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    was = file.read_text(encoding="utf-8") if file.is_file() else ""
    lines = difflib.unified_diff(
        was.splitlines(), text.splitlines(), f"tests/golden/{name}", "what came out", lineterm=""
    )
    difference = "\n".join(lines)
    assert not difference, (
        f"{difference}\n\nIf this is what you meant, run UPDATE_GOLDEN=1 and look at the diff in git."
    )


def readable_xml(message: bytes) -> str:
    """Indented, a line for each element, and without the values that are new every time."""
    root = etree.fromstring(message)
    for node in root.iter(etree.Element):
        linked = (node.getparent() is not None) and node.getparent().get("AttributeId", "").endswith(
            MASKED[3]
        )
        if node.text and (etree.QName(node).localname in MASKED or linked):
            node.text = f"[{len(''.join(node.text.split()))} characters]"
    etree.indent(root)
    return etree.tostring(root, encoding="unicode") + "\n"
