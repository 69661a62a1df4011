"""The document as a whole: XML, metadata, one provider (MD-01)."""

from __future__ import annotations

from lxml import etree

from broker.rules.engine import Fault, NotApplicable, Profile
from broker.rules.finding import METADATA
from broker.rules.metadata.examples import other, swap
from broker.rules.metadata.seen import RULES, SeenMetadata, local, rule
from broker.rules.nearest import nearest
from broker.wire import names, schema
from broker.wire.handed_in import instead, other_root
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.xml import Element, XmlProblem, child, named, named_in

SCHEMA = "saml-schema-metadata-2.0.xsd"
LANG = "xml:lang"
_ENDPOINT = "Binding Location ResponseLocation index isDefault"
ATTRIBUTES: dict[str, str] = {
    "EntityDescriptor": "entityID ID validUntil cacheDuration",
    "EntitiesDescriptor": "Name ID validUntil cacheDuration",
    "SPSSODescriptor": "AuthnRequestsSigned WantAssertionsSigned protocolSupportEnumeration ID errorURL",
    "KeyDescriptor": "use",
    "ArtifactResolutionService": _ENDPOINT,
    "SingleLogoutService": _ENDPOINT,
    "AssertionConsumerService": _ENDPOINT,
    "AttributeConsumingService": "index isDefault",
    "RequestedAttribute": "Name NameFormat FriendlyName isRequired",
    "ContactPerson": "contactType",
    **dict.fromkeys(
        (
            "ServiceName",
            "ServiceDescription",
            "OrganizationName",
            "OrganizationDisplayName",
            "OrganizationURL",
        ),
        LANG,
    ),
}
ELEMENTS = (
    *(name for name in ATTRIBUTES if name != "EntitiesDescriptor"),
    *("Organization", "Extensions", "NameIDFormat", "ManageNameIDService", "EncryptionMethod", "Company"),
    *(
        "GivenName",
        "SurName",
        "EmailAddress",
        "TelephoneNumber",
        "AdditionalMetadataLocation",
        "RoleDescriptor",
    ),
    *("IDPSSODescriptor", "AttributeAuthorityDescriptor", "AuthnAuthorityDescriptor", "PDPDescriptor"),
)
VALUES = {
    "use": 'Write use="signing" or use="encryption"; leave use out where the key is for both.',
    "index": "Write index as a whole number from 0 to 65535.",
    "contactType": 'Write contactType="administrative" or "technical", "support", "billing" or "other".',
    "lang": 'Write a language tag, such as xml:lang="nl", with a hyphen if it has a country: nl-NL.',
    "cacheDuration": "Leave cacheDuration out, or write a duration, such as PT1H.",
    "validUntil": "Leave validUntil out, or write a time in UTC, such as 2027-01-01T00:00:00Z.",
    "ID": "Write an ID that starts with a letter or an underscore and has no blank, colon or slash in it.",
    "entityID": "Write an entityID of at most 1024 characters.",
    **{
        name: f'Write {name}="true" or {name}="false", in lower case.'
        for name in ("isDefault", "isRequired", "AuthnRequestsSigned", "WantAssertionsSigned")
    },
}
"""How to write a value that the schema does not take, by attribute."""
OWNERS = {
    ("EntityDescriptor", "entityID"): "MD-04",
    ("SPSSODescriptor", "AuthnRequestsSigned"): "MD-08",
    ("SPSSODescriptor", "WantAssertionsSigned"): "MD-09",
    ("SPSSODescriptor", "protocolSupportEnumeration"): "MD-10",
    ("AssertionConsumerService", "Binding"): "MD-19",
    ("RequestedAttribute", "Name"): "MD-25",
}
"""Attributes that another rule judges: it says so in its own words, also where one is missing or misspelt."""


@rule(
    "MD-01",
    "the document is metadata as the SAML schema has it",
    "E",
    mend="Give one md:EntityDescriptor that is valid by saml-schema-metadata-2.0.xsd.",
    reference=METADATA,
    **swap(' index="1" isDefault="true"/>', "/>"),
)
def schema_valid(seen: SeenMetadata) -> Fault | None:
    """What another rule says in its own words is left to that."""
    if seen.problem is not None:
        return unread("a well-formed md:EntityDescriptor", seen.data, seen.problem)
    assert seen.root is not None
    if seen.entity is None:
        expected = f"<md:EntityDescriptor> in the namespace {names.MD} as the root"
        return Fault(expected, named_in(seen.root), mend=_root_mend(seen.root), at=Spot(seen.root))
    for error in schema.errors(seen.root, SCHEMA):
        if error.at is not None and error.at.element.tag == qname("ds:X509Certificate"):
            continue  # MD-15 says what it is
        if _told_by_another(seen, error):
            continue
        expected = "metadata that the SAML 2.0 metadata schema accepts"
        return Fault(expected, error.message, line=error.line, mend=_schema_mend(error), at=error.at)
    return None


def unread(expected: str, data: bytes, problem: XmlProblem) -> Fault:
    """Of a document that is no XML that is read: what it is, where that can be seen."""
    told = instead(data)
    if told is None:
        # Whatever was read here is no message, as what the reader says mostly is about.
        mend = problem.mend.replace("message", "document")
        return Fault(expected, problem.reason, line=problem.line, mend=mend or None)
    return Fault(expected, told[0], line=problem.line, mend=told[1])


def misspelt(element: Element, attribute: str) -> str:
    """An attribute that stands for the one that is missing, with its name written otherwise; "" where none does."""
    known = ATTRIBUTES.get(local(element), "").split()
    for name in map(str, element.attrib):
        if name not in known and etree.QName(name).namespace is None and nearest(name, known) == attribute:
            return name
    return ""


def _root_mend(root: Element) -> str | None:
    name = local(root)
    if etree.QName(root).namespace == names.MD and name == "EntitiesDescriptor":
        return "There is no md:EntityDescriptor in it: hand in the one of the service provider."
    if name in ("EntityDescriptor", "EntitiesDescriptor"):
        return f"Use the namespace {names.MD}, letter for letter."
    if close := nearest(name, ("EntityDescriptor",)):
        return f"Write md:{close}, with these capitals."
    return other_root(root, "metadata") or None


def _told_by_another(seen: SeenMetadata, error: schema.SchemaError) -> bool:
    """Whether that rule does find it, in the profile of this provider."""
    if error.at is None:
        return False
    node = error.at.element
    holder = local(node)
    attribute = error.attribute
    if attribute and "not allowed" in error.message:
        attribute = nearest(attribute, ATTRIBUTES.get(holder, "").split())
        if not attribute or ":" in attribute or attribute in node.attrib:
            return False
    id_ = OWNERS.get((holder, attribute), "")
    if not attribute:
        id_ = _owner_of_missing(error)
    if not id_ or (seen.around.saml and RULES.rules[id_].severity(Profile.SAML) is None):
        return False
    try:
        return RULES.rules[id_].check(seen) is not None
    except NotApplicable:
        return False


def _owner_of_missing(error: schema.SchemaError) -> str:
    """The rule that says that an element is not there; "" where this one should."""
    assert error.at is not None
    node = error.at.element
    inside = node if "Missing child" in error.message else node.getparent()
    if inside is None or (inside is not node and instead_of(node)):
        return ""
    if local(inside) == "SPSSODescriptor" and child(inside, "md:AssertionConsumerService") is None:
        return "MD-19" if "AssertionConsumerService" in error.message.partition("Expected is")[2] else ""
    if local(inside) == "AttributeConsumingService" and child(inside, "md:RequestedAttribute") is None:
        return "MD-25" if "RequestedAttribute" in error.message.partition("Expected is")[2] else ""
    return ""


def instead_of(node: Element) -> str:
    """The name of the metadata's element that this one was meant to be; "" where it is one, or none."""
    if etree.QName(node).namespace == names.MD and local(node) in ELEMENTS:
        return ""
    return nearest(local(node), ELEMENTS, 0.8)


def _schema_mend(error: schema.SchemaError) -> str | None:
    holder = named(error.at.element) if error.at else "it"
    node = error.at.element if error.at else None
    if "not expected" in error.message or "Missing child" in error.message:
        meant = "" if node is None or "Missing child" in error.message else instead_of(node)
        if node is not None and meant == local(node):
            return f"Write it as <md:{meant}>: the namespace of {holder} is not {names.MD}."
        if meant:
            return f"Write <md:{meant}>: the schema has no {local(node) if node is not None else ''}."
        return "Name the elements as the schema does, in its order, and leave none out that it asks."
    if "is required but missing" in error.message:
        attribute = LANG if error.attribute.endswith("lang") else error.attribute
        if attribute == LANG and node is not None and "lang" in node.attrib:
            return f"Write xml:lang instead of lang in {holder}."
        return f"Add the attribute {attribute} to {holder}. {VALUES.get(error.attribute, '')}".rstrip()
    if "content is not allowed" in error.message:
        return f"Put text alone in {holder}, or leave it empty, as the schema has it."
    if "not allowed" in error.message and error.attribute:
        return _attribute_mend(error.attribute, node, holder)
    if error.attribute:
        return VALUES.get(etree.QName(error.attribute).localname) or (
            f"Give {etree.QName(error.attribute).localname} of {holder} a value of the type that is named."
        )
    if "not a valid value" in error.message or "facet" in error.message:
        return f"Give {holder} a value of the type that is named."
    return None


def _attribute_mend(attribute: str, node: Element | None, holder: str) -> str:
    name = etree.QName(attribute)
    known = [] if node is None else ATTRIBUTES.get(local(node), "").split()
    if attribute == "lang" and LANG in known:
        return f"Write xml:lang instead of lang in {holder}."
    if name.namespace and name.localname in known:
        return f"Write {name.localname} without a prefix: this attribute has no namespace."
    close = nearest(name.localname, (item for item in known if node is not None and item not in node.attrib))
    if close and close != name.localname:
        return f"Write {close}: SAML has no attribute {name.localname}."
    return f"Take the attribute {attribute} of {holder} out, or write it as the schema does."


@rule(
    "MD-01-one",
    "the root is one md:EntityDescriptor",
    "E/E/-",
    mend="Hand in the md:EntityDescriptor of the service provider alone.",
    reference=METADATA,
    **other(
        "<md:EntitiesDescriptor><md:EntityDescriptor …",
        "<md:EntityDescriptor …",
        (
            "<md:EntityDescriptor xmlns:md",
            '<md:EntitiesDescriptor ID="_all" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
            "<md:EntityDescriptor xmlns:md",
        ),
        ("</md:EntityDescriptor>", "</md:EntityDescriptor></md:EntitiesDescriptor>"),
    ),
)
def one_entity(seen: SeenMetadata) -> Fault | None:
    if seen.root is None or seen.entity is None:
        raise NotApplicable
    if seen.root is seen.entity:
        return None
    count = len(list(seen.root.iter(qname("md:EntityDescriptor"))))
    return Fault("<md:EntityDescriptor>", f"{named(seen.root)} with {count} in it", at=Spot(seen.root))
