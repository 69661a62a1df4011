"""One service catalogue with all that is needed to judge it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from lxml import etree

from broker.rules.engine import Example, NotApplicable, Rules
from broker.wire.service_catalogue import NAMESPACE, is_catalogue
from broker.wire.xml import Element, XmlProblem, parse, text_of

CATALOGUE = "https://afsprakenstelsel.etoegang.nl/display/as/Service+catalog"


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the document: the OIN of this broker, the time, the entity id of the provider whose
    catalogue it is ("" where that is not known), and whether its metadata has a key to encrypt for."""

    own_oin: str
    now: datetime
    entity_id: str = ""
    encryption_in_metadata: bool = False


@dataclass(frozen=True, slots=True)
class SeenCatalogue:
    """``root`` is None for what cannot be read, with the ``problem``."""

    data: bytes
    root: Element | None
    beside: Beside
    problem: XmlProblem | None = None

    @property
    def readable(self) -> Element:
        """The esc:ServiceCatalogue. NotApplicable for anything else: a rule that cannot look never passes."""
        if self.root is None or not self.is_readable:
            raise NotApplicable
        return self.root

    @property
    def is_readable(self) -> bool:
        """Whether it is a catalogue, of a version that is known."""
        return (
            self.root is not None
            and is_catalogue(self.root)
            and NAMESPACE.fullmatch(self.namespace) is not None
        )

    @property
    def namespace(self) -> str:
        return "" if self.root is None else etree.QName(self.root).namespace or ""

    def every(self, name: str) -> Iterator[Element]:
        """All elements of that name, wherever they stand."""
        return self.readable.iter(f"{{{self.namespace}}}{name}")

    def some(self, name: str) -> list[Element]:
        """The same; NotApplicable where there is none."""
        found = list(self.every(name))
        if not found:
            raise NotApplicable
        return found

    def inside(self, node: Element, name: str) -> list[Element]:
        return node.findall(f"{{{self.namespace}}}{name}")

    def text(self, node: Element, name: str) -> str:
        """Of the first child of that name; "" where there is none."""
        return text_of(node.find(f"{{{self.namespace}}}{name}")) or ""


def see(data: bytes, beside: Beside) -> SeenCatalogue:
    try:
        return SeenCatalogue(data, parse(data), beside)
    except XmlProblem as problem:
        return SeenCatalogue(data, None, beside, problem)


class Pair(TypedDict):
    """The two examples of a rule."""

    bad: Example[SeenCatalogue]
    good: Example[SeenCatalogue]


RULES: Rules[SeenCatalogue] = Rules()
rule = RULES.rule
