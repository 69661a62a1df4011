"""Elements and attributes: which, in which order, how many (SC-01).

The shape is that of the scheme's 1.13 schema, as spec 8.3 describes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from broker.rules.authn.seen import said
from broker.rules.engine import Example, Fault
from broker.rules.service_catalogue.examples import made, swap
from broker.rules.service_catalogue.seen import CATALOGUE, SeenCatalogue, rule
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.service_catalogue import NAMESPACE, is_catalogue
from broker.wire.xml import Element, child, named

MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class _Shape:
    """``children``: name, fewest, most, in order; without a prefix they are of the catalogue's namespace. Attributes
    with ``esc:`` are qualified, others are not."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    children: tuple[tuple[str, int, int], ...] = ()


_TEXT = _Shape()
_LANGUAGE = _Shape(required=("xml:lang",))
_PUBLIC = ("esc:IsPublic",)
_SET = _Shape(optional=("setNumber",))

SHAPES: Mapping[str, _Shape] = {
    "ServiceCatalogue": _Shape(
        ("esc:IssueInstant", "esc:Version"),
        ("ID",),
        (("ds:Signature", 0, 1), ("ServiceProvider", 1, MANY)),
    ),
    "ServiceProvider": _Shape(
        _PUBLIC,
        (),
        (
            ("ServiceProviderID", 1, 1),
            ("OrganizationDisplayName", 1, MANY),
            ("ServiceDefinition", 0, MANY),
            ("ServiceInstance", 0, MANY),
        ),
    ),
    "ServiceDefinition": _Shape(
        _PUBLIC,
        ("esc:IsPortal",),
        (
            ("ServiceUUID", 1, 1),
            ("ServiceName", 1, MANY),
            ("ServiceDescription", 1, MANY),
            ("ServiceDescriptionURL", 0, MANY),
            ("saml:AuthnContextClassRef", 1, 1),
            ("HerkenningsmakelaarId", 1, 1),
            ("EntityConcernedTypesAllowed", 1, MANY),
            ("ActingSubjectTypesAllowed", 0, MANY),
            ("ServiceRestrictionsAllowed", 0, MANY),
            ("RequestedAttribute", 0, MANY),
        ),
    ),
    "ServiceInstance": _Shape(
        _PUBLIC,
        ("esc:IsPortal",),
        (
            ("ServiceID", 1, 1),
            ("ServiceUUID", 1, 1),
            ("InstanceOfService", 0, 1),
            ("IntermediatedService", 0, 1),
            ("ServiceURL", 0, MANY),
            ("PrivacyPolicyURL", 0, MANY),
            ("HerkenningsmakelaarId", 1, 1),
            ("AdditionalHerkenningsmakelaarId", 0, MANY),
            ("SSOSupport", 0, 1),
            ("EntityConcernedTypesAllowed", 0, MANY),
            ("ServiceCertificate", 0, MANY),
            ("ServiceIntermediation", 0, 1),
            ("Classifiers", 0, 1),
            ("BsnkStructureVersion", 0, 1),
            ("BsnkRecipientKeySetVersion", 0, 1),
            ("PortalForService", 0, MANY),
        ),
    ),
    # That each has a PurposeStatement is SC-08's.
    "RequestedAttribute": _Shape(("Name",), ("isRequired",), (("PurposeStatement", 0, MANY),)),
    "ServiceCertificate": _Shape((), (), (("md:KeyDescriptor", 0, MANY),)),
    "ServiceIntermediation": _Shape(
        (), ("intermediationAllowed",), (("ServiceIntermediationAllowed", 0, MANY),)
    ),
    "Classifiers": _Shape((), (), (("Classifier", 0, MANY),)),
    **dict.fromkeys(("EntityConcernedTypesAllowed", "ActingSubjectTypesAllowed"), _SET),
    **dict.fromkeys(
        (
            "OrganizationDisplayName",
            "ServiceName",
            "ServiceDescription",
            "ServiceDescriptionURL",
            "PurposeStatement",
        ),
        _LANGUAGE,
    ),
    **dict.fromkeys(("ServiceURL", "PrivacyPolicyURL"), _Shape(optional=("xml:lang",))),
}


@rule(
    "SC-01",
    "the catalogue has the elements and attributes of the schema, in its order",
    "E",
    mend="Order and name the elements as the 1.13 schema of the service catalogue does.",
    reference=CATALOGUE,
    **swap("      <esc:SSOSupport>true</esc:SSOSupport>\n", "      <esc:SSO>true</esc:SSO>\n"),
)
def schema_valid(seen: SeenCatalogue) -> Fault | None:
    if seen.problem is not None:
        return Fault(
            "a well-formed esc:ServiceCatalogue",
            seen.problem.reason,
            line=seen.problem.line,
            mend=seen.problem.mend or None,
        )
    assert seen.root is not None
    if not is_catalogue(seen.root):
        mend = None
        if etree.QName(seen.root).localname in ("EntityDescriptor", "EntitiesDescriptor"):
            mend = "This is metadata: check it with check-metadata, and hand in the catalogue here."
        return Fault("<esc:ServiceCatalogue> as the root", named(seen.root), mend=mend, at=Spot(seen.root))
    if not NAMESPACE.fullmatch(seen.namespace):
        return Fault("urn:etoegang:1.13:service-catalog", said(seen.namespace), at=Spot(seen.root))
    return _Judge(seen.namespace).judge(seen.root)


@rule(
    "SC-01-signed",
    "the catalogue is signed",
    "N/W/-",
    mend="Nothing, for a test. What you hand in is signed, as the metadata is.",
    reference=CATALOGUE,
    bad=Example(lambda: made(signed=False), "<esc:ServiceCatalogue …><esc:ServiceProvider …"),
    good=Example(made, "<esc:ServiceCatalogue …><ds:Signature>…</ds:Signature><esc:ServiceProvider …"),
)
def signed(seen: SeenCatalogue) -> Fault | None:
    """Only that there is one: what providers generate is often a draft, to be signed when it is handed in."""
    signature = child(seen.readable, "ds:Signature")
    if signature is None:
        return Fault("ds:Signature", "none", at=Spot(seen.readable))
    value = child(signature, "ds:SignatureValue")
    if value is None or not (value.text or "").strip():
        return Fault("ds:Signature with a value", "an empty one", at=Spot(signature))
    return None


@dataclass(frozen=True, slots=True)
class _Judge:
    """Finds the first thing that is not as the shape has it."""

    namespace: str

    def judge(self, node: Element) -> Fault | None:
        name = etree.QName(node)
        if name.namespace != self.namespace:
            return None
        shape = SHAPES.get(name.localname, _TEXT)
        return (
            self._attributes(node, shape)
            or self._children(node, shape)
            or next(filter(None, map(self.judge, node.iterchildren(etree.Element))), None)
        )

    def _attributes(self, node: Element, shape: _Shape) -> Fault | None:
        known = {self._attribute(name): name for name in (*shape.required, *shape.optional)}
        for name in map(str, node.attrib):
            if name not in known:
                expected = ", ".join(f"@{one}" for one in known.values()) or "no attributes"
                namespace = etree.QName(name).namespace
                within = f" in the namespace {namespace[:200]}" if namespace else ""
                received = f"@{etree.QName(name).localname}{within or ' in no namespace'}"
                mend = None
                if within and etree.QName(name).localname in known:
                    mend = f"Write {etree.QName(name).localname} without a prefix: this attribute has no namespace."
                return Fault(expected, received, mend=mend, at=Spot(node, name))
        for one in shape.required:
            if self._attribute(one) not in node.attrib:
                return Fault(f"@{one}", "no such attribute", at=Spot(node, self._attribute(one)))
        return None

    def _children(self, node: Element, shape: _Shape) -> Fault | None:
        at = count = 0
        for part in node.iterchildren(etree.Element):
            names = [self._name(name) for name, _, _ in shape.children]
            if part.tag not in names:
                expected = ", ".join(name for name, _, _ in shape.children) or "text only"
                return Fault(f"in {named(node)}: {expected}", named(part), at=Spot(part))
            where = names.index(str(part.tag))
            if where < at:
                behind = shape.children[at][0]
                return Fault(f"{shape.children[where][0]} before {behind}", "it behind that", at=Spot(part))
            if where > at:
                if missing := self._missing(shape, at, where, count):
                    return Fault(f"{missing} in {named(node)}", f"{named(part)} without it", at=Spot(part))
                at, count = where, 0
            count += 1
            if count > shape.children[at][2]:
                return Fault(f"one {shape.children[at][0]} in {named(node)}", "another one", at=Spot(part))
        if missing := self._missing(shape, at, len(shape.children), count):
            return Fault(f"{missing} in {named(node)}", "none", at=Spot(node))
        return None

    def _missing(self, shape: _Shape, at: int, until: int, count: int) -> str:
        """The first obligatory one from ``at``, of which there are ``count``, up to ``until``."""
        for index in range(at, until):
            name, fewest, _ = shape.children[index]
            if fewest > (count if index == at else 0):
                return name
        return ""

    def _name(self, prefixed: str) -> str:
        """Of an element: without a prefix it is of the catalogue's namespace."""
        return qname(prefixed) if ":" in prefixed else f"{{{self.namespace}}}{prefixed}"

    def _attribute(self, prefixed: str) -> str:
        """Without a prefix it has no namespace."""
        prefix, _, local = prefixed.rpartition(":")
        return f"{{{self.namespace}}}{local}" if prefix == "esc" else qname(prefixed)
