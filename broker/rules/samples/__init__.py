"""Flawless messages of a service provider that is not there, and how an example alters them.

They are for the rules' examples: what a rule's page shows, and what its test runs. ``altered`` swaps pieces of the
text, so that an example is read as the mistake itself: ``("Version=\"2.0\"", "Version=\"1.1\"")``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from lxml import etree

from broker.wire.metadata import SpMetadata, read
from broker.wire.places import spot
from broker.wire.signing import Signed
from broker.wire.xml import Element, child, text_of

NOW = datetime(2026, 2, 2, 9, 0, 30, tzinfo=UTC)
SSO = "https://broker.example/sso/1.13"
SLO = "https://broker.example/slo/1.13"
ACS = "https://sp.example/acs/artifact"
PROVIDER = "Voorbeeldgemeente"


@cache
def text(name: str) -> str:
    """One of the XML files beside this one."""
    return files("broker.rules.samples").joinpath(f"{name}.xml").read_text("utf-8")


@cache
def sp() -> SpMetadata:
    """The metadata of the sender."""
    return read(text("sp_metadata").encode())[0]


def altered(message: str, swaps: tuple[tuple[str, str], ...]) -> str:
    """With the first occurrence of each piece swapped. Raises ValueError for a piece that is not there."""
    for old, new in swaps:
        if old not in message:
            raise ValueError(f"the sample has no {old!r}")
        message = message.replace(old, new, 1)
    return message


def signed(element: Element) -> Signed:
    """What its signature says that it was made with, taken as good, by the key of the sender."""

    def algorithm(*path: str) -> str:
        return str(spot(element, "ds:Signature", *path).element.get("Algorithm", ""))

    info = spot(element, "ds:Signature", "ds:KeyInfo").element
    listed = spot(element, "ds:Signature", "ds:SignedInfo", "ds:Reference", "ds:Transforms").element
    signature = child(element, "ds:Signature")
    return Signed(
        certificate=sp().signing[0],
        signature_algorithm=algorithm("ds:SignedInfo", "ds:SignatureMethod"),
        digest_algorithm=algorithm("ds:SignedInfo", "ds:Reference", "ds:DigestMethod"),
        canonicalization=algorithm("ds:SignedInfo", "ds:CanonicalizationMethod"),
        transforms=tuple(str(node.get("Algorithm", "")) for node in listed),
        key_name=text_of(child(info, "ds:KeyName")),
        key_info=tuple(etree.QName(node).localname for node in info),
        line=0 if signature is None else signature.sourceline or 0,
        element=signature,
    )
