"""Finds the first thing in a catalogue that is not as its schema has it, and says how to write it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from broker.rules.authn.seen import said
from broker.rules.engine import Fault
from broker.rules.nearest import nearest
from broker.rules.service_catalogue.shapes import SHAPES, TEXT, VALUES, Kind, Shape
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.xml import Element, named, text_of

_PARENTS: dict[str, list[str]] = {}
for _name, _shape in SHAPES.items():
    for _part, _, _ in _shape.children:
        _PARENTS.setdefault(_part.rpartition(":")[2], []).append(_name)
FULL = {part.rpartition(":")[2]: part for shape in SHAPES.values() for part, _, _ in shape.children}
"""Every element by its local name, as it is written, esc: left out."""
EXAMPLES = {
    "xml:lang": "nl",
    "esc:IsPublic": "true",
    "esc:IssueInstant": "2026-01-01T00:00:00Z",
    "esc:Version": "urn:etoegang:1.13:53",
    "Name": "urn:etoegang:1.9:attribute:FirstName",
}


@dataclass(frozen=True, slots=True)
class Judge:
    namespace: str

    def judge(self, node: Element) -> Fault | None:
        name = etree.QName(node)
        if name.namespace != self.namespace:
            return None
        shape = SHAPES.get(name.localname, TEXT)
        return (
            self._attributes(node, shape)
            or self._children(node, shape)
            or _value(node)
            or next(filter(None, map(self.judge, node.iterchildren(etree.Element))), None)
        )

    def _attributes(self, node: Element, shape: Shape) -> Fault | None:
        known = {self._attribute(name): name for name in (*shape.required, *shape.optional)}
        missing = [one for one in shape.required if self._attribute(one) not in node.attrib]
        for name in map(str, node.attrib):
            if name not in known:
                expected = ", ".join(f"@{one}" for one in known.values()) or "no attributes"
                namespace = etree.QName(name).namespace
                within = f" in the namespace {namespace[:200]}" if namespace else " in no namespace"
                received = f"@{etree.QName(name).localname}{within}"
                mend = self._attribute_mend(name, node, known.values(), missing)
                return Fault(expected, received, mend=mend, at=Spot(node, name))
        for one in missing:
            mend = f'Add {one}="{EXAMPLES.get(one, "…")}" to {named(node)}.'
            return Fault(f"@{one}", "no such attribute", mend=mend, at=Spot(node))
        for name, written in known.items():
            local = written.rpartition(":")[2]
            if name in node.attrib and (kind := VALUES.get(f"@{local}")):
                value = node.get(name, "")
                if not kind.pattern.fullmatch(value.strip()):
                    return _wrong(kind, value, written, Spot(node, name))
        return None

    def _attribute_mend(self, name: str, node: Element, known: Iterable[str], missing: list[str]) -> str:
        local, namespace = etree.QName(name).localname, etree.QName(name).namespace
        locals_ = {one.rpartition(":")[2]: one for one in known}
        meant = locals_.get(nearest(local, locals_), "")
        if meant == local:
            return f"Write {meant} without a prefix: this attribute has no namespace."
        if meant == "xml:lang":
            return f"Write xml:lang instead of {local} in {named(node)}."
        if meant.startswith("esc:") and not namespace:
            return (
                f"Write {meant}, with a prefix that stands for {self.namespace}: a default namespace does not reach "
                "attributes."
            )
        if meant:
            return f"Write {meant}: the schema has no {local} in {named(node)}."
        if missing:
            return f"Write {missing[0]} in {named(node)}, and leave {local} out."
        return f"Leave {local} out: the schema does not have it in {named(node)}."

    def _children(self, node: Element, shape: Shape) -> Fault | None:
        at = count = 0
        for part in node.iterchildren(etree.Element):
            names = [self._name(name) for name, _, _ in shape.children]
            if part.tag not in names:
                expected = ", ".join(name for name, _, _ in shape.children) or "text only"
                mend = self._element_mend(part, node, shape)
                return Fault(f"in {named(node)}: {expected}", named(part), mend=mend, at=Spot(part))
            where = names.index(str(part.tag))
            if where < at:
                before, behind = (_written(shape.children[index][0]) for index in (where, at))
                mend = f"Move {before} to before {behind}: the schema has an order."
                return Fault(f"{before} before {behind}", "it behind that", mend=mend, at=Spot(part))
            if where > at:
                if missing := self._missing(shape, at, where, count):
                    tag = self._name(missing.strip("<>").removeprefix("esc:"))
                    there = any(one.tag == tag for one in part.itersiblings())
                    mend = f"{'Move' if there else 'Add'} {missing} {'to ' if there else ''}before {named(part)}."
                    received = f"{named(part)} before it" if there else f"{named(part)} without it"
                    return Fault(f"{missing} in {named(node)}", received, mend=mend, at=Spot(part))
                at, count = where, 0
            count += 1
            if count > shape.children[at][2]:
                one = _written(shape.children[at][0])
                mend = f"Leave one {one}, and take the others out."
                return Fault(f"one {one} in {named(node)}", "another one", mend=mend, at=Spot(part))
        if missing := self._missing(shape, at, len(shape.children), count):
            mend = f"Add {missing} to {named(node)}."
            return Fault(f"{missing} in {named(node)}", "none", mend=mend, at=Spot(node))
        return None

    def _element_mend(self, part: Element, node: Element, shape: Shape) -> str:
        local = etree.QName(part).localname
        here = {name.rpartition(":")[2]: name for name, _, _ in shape.children}
        meant = local if local in FULL else nearest(local, here, 0.8) or nearest(local, FULL, 0.8)
        if not meant:
            return (
                f"Leave {named(part)} out, or write what the schema has: {named(node)} has no such element."
            )
        written = _written(FULL[meant])
        if meant not in here:
            inside = " or ".join(f"<esc:{name}>" for name in dict.fromkeys(_PARENTS[meant]))
            return f"Put {written} in {inside}: it has no place in {named(node)}."
        if meant != local:
            return f"Write {written}: the schema has no {local}."
        namespace = etree.QName(self._name(FULL[meant])).namespace
        return f"Write {written}, with a prefix that stands for {namespace}."

    def _missing(self, shape: Shape, at: int, until: int, count: int) -> str:
        """The first obligatory one from ``at``, of which there are ``count``, up to ``until``."""
        for index in range(at, until):
            name, fewest, _ = shape.children[index]
            if fewest > (count if index == at else 0):
                return _written(name)
        return ""

    def _name(self, prefixed: str) -> str:
        """Of an element: without a prefix it is of the catalogue's namespace."""
        return qname(prefixed) if ":" in prefixed else f"{{{self.namespace}}}{prefixed}"

    def _attribute(self, prefixed: str) -> str:
        """Without a prefix it has no namespace."""
        prefix, _, local = prefixed.rpartition(":")
        return f"{{{self.namespace}}}{local}" if prefix == "esc" else qname(prefixed)


def _written(name: str) -> str:
    return f"<{name}>" if ":" in name else f"<esc:{name}>"


def _value(node: Element) -> Fault | None:
    kind = VALUES.get(etree.QName(node).localname)
    value = text_of(node) or ""
    if kind is None or kind.pattern.fullmatch(value):
        return None
    return _wrong(kind, value, named(node), Spot(node))


def _wrong(kind: Kind, value: str, name: str, at: Spot) -> Fault:
    return Fault(kind.expected, said(value), mend=kind.mend.format(name), at=at)
