"""The metadata of one service provider with all that is needed to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from lxml import etree

from broker.rules.engine import Example, NotApplicable, Rules
from broker.rules.metadata.mends import MENDS
from broker.wire.keys import Certificate, KeyProblem
from broker.wire.names import ETOEGANG, qname
from broker.wire.service_catalogue import CatalogueService
from broker.wire.xml import Element, XmlProblem, child, children, parse, text_of

MOST_JUDGED = 50
"""Of the providers in one document; a federation's feed has thousands, and is not what a provider hands in."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the broker knows beside the document.

    ``encrypts``: whether what it sends to this provider is encrypted for it. ``saml``: the provider knows nothing of
    the scheme. ``catalogue`` is by ServiceID, ``in_yaml`` the ServiceIDs that eherkenning.yaml describes, ``eidas``
    those that a catalogue has for eIDAS. ``versions`` of the interface are the ones that are spoken here.
    """

    now: datetime
    encrypts: bool = True
    saml: bool = False
    catalogue: Mapping[str, CatalogueService] = field(default_factory=dict)
    in_yaml: frozenset[str] = frozenset()
    eidas: frozenset[str] = frozenset()
    artifact_requests: bool = False
    versions: tuple[str, ...] = ("1.11", "1.13")


@dataclass(frozen=True, slots=True)
class Given:
    """A ds:X509Certificate, and the certificate in it; None where it holds none that can be used."""

    element: Element
    certificate: Certificate | None


@dataclass(frozen=True, slots=True)
class KeyDescriptor:
    """``use`` is None where it is for anything; ``name`` is "" where ds:KeyName is there and empty."""

    element: Element
    use: str | None
    name: str | None
    certificates: tuple[Given, ...]

    def serves(self, use: str) -> bool:
        return self.use in (None, use)


@dataclass(frozen=True, slots=True)
class SeenMetadata:
    """``root`` is None for what cannot be read, with the ``problem``; ``entity`` is the md:EntityDescriptor that is
    judged, None where there is none."""

    data: bytes
    root: Element | None
    entity: Element | None
    around: Surroundings
    problem: XmlProblem | None = None

    @property
    def readable(self) -> Element:
        """The entity. NotApplicable where there is none: a rule that cannot look never passes."""
        if self.entity is None:
            raise NotApplicable
        return self.entity

    @property
    def descriptor(self) -> Element:
        """Its md:SPSSODescriptor; NotApplicable without."""
        found = child(self.readable, "md:SPSSODescriptor")
        if found is None:
            raise NotApplicable
        return found

    @property
    def entity_id(self) -> str:
        return self.readable.get("entityID", "")

    @property
    def oin(self) -> str:
        """Of its entity id; NotApplicable where that is not of the scheme's form (MD-04 says so)."""
        parts = self.entity_id.split(":")
        if len(parts) != 6 or not self.entity_id.startswith(f"{ETOEGANG}DV:") or len(parts[3]) != 20:
            raise NotApplicable
        return parts[3]

    def all(self, prefixed: str) -> list[Element]:
        """Children of the md:SPSSODescriptor."""
        return children(self.descriptor, prefixed)

    @property
    def keys(self) -> tuple[KeyDescriptor, ...]:
        return tuple(map(key_descriptor, self.all("md:KeyDescriptor")))


def key_descriptor(node: Element) -> KeyDescriptor:
    info = child(node, "ds:KeyInfo")
    holders = [] if info is None else list(info.iter(qname("ds:X509Certificate")))
    return KeyDescriptor(
        node,
        node.get("use"),
        text_of(None if info is None else child(info, "ds:KeyName")),
        tuple(map(given, holders)),
    )


def given(element: Element) -> Given:
    try:
        return Given(element, Certificate.of_base64(text_of(element) or ""))
    except KeyProblem:
        return Given(element, None)


def see(data: bytes, around: Surroundings) -> list[SeenMetadata]:
    """One for each service provider in a document; one that says why, where there is none."""
    try:
        root = parse(data)
    except XmlProblem as problem:
        return [SeenMetadata(data, None, None, around, problem)]
    entities = [root] if root.tag == qname("md:EntityDescriptor") else []
    if root.tag == qname("md:EntitiesDescriptor"):
        inside = list(root.iter(qname("md:EntityDescriptor")))
        entities = [node for node in inside if child(node, "md:SPSSODescriptor") is not None] or inside
    return [SeenMetadata(data, root, entity, around) for entity in entities[:MOST_JUDGED]] or [
        SeenMetadata(data, root, None, around)
    ]


def of_the_scheme(entity: Element) -> bool:
    """Whether anything in it is of eHerkenning: a URN in its entity id, its extensions or what it asks for."""
    marks = [entity.get("entityID", ""), *(str(name).strip("{") for name in entity.attrib)]
    marks += [node.get("Name", "") for node in entity.iter(qname("md:RequestedAttribute"))]
    return any(mark.startswith(ETOEGANG) for mark in marks)


def local(element: Element) -> str:
    return etree.QName(element).localname


class Pair(TypedDict):
    """The two examples of a rule."""

    bad: Example[SeenMetadata]
    good: Example[SeenMetadata]


RULES: Rules[SeenMetadata] = Rules(mends=MENDS)
rule = RULES.rule
