"""The document itself, its signature and its name (MD-01..06)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from broker.rules.authn.seen import said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import ENTITY_ID, METADATA, SIGNATURE
from broker.rules.metadata.examples import OIN, other, swap
from broker.rules.metadata.seen import Given, SeenMetadata, given, local, rule
from broker.wire import names, schema
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.shape import Signing
from broker.wire.signing import Fault as SignatureFault
from broker.wire.signing import SignatureProblem, Signed, verify
from broker.wire.xml import Element, child, named, named_in, parse, serialize

SCHEMA = "saml-schema-metadata-2.0.xsd"
DV_ENTITY = re.compile(r"urn:etoegang:DV:[0-9]{20}:entities:(0|[1-9][0-9]{0,3}|0[0-9]{3})")
EXTENSION = re.compile(r"urn:etoegang:(1\.[0-9]+):metadata-extension")


@rule(
    "MD-01",
    "the document is metadata as the SAML schema has it",
    "E",
    mend="Give one md:EntityDescriptor that is valid by saml-schema-metadata-2.0.xsd.",
    reference=METADATA,
    **swap(' index="1" isDefault="true"/>', "/>"),
)
def schema_valid(seen: SeenMetadata) -> Fault | None:
    if seen.problem is not None:
        return Fault(
            "a well-formed md:EntityDescriptor",
            seen.problem.reason,
            line=seen.problem.line,
            mend=seen.problem.mend or None,
        )
    assert seen.root is not None
    if seen.entity is None:
        mend = None
        if local(seen.root) in ("EntityDescriptor", "EntitiesDescriptor"):
            mend = f"Use the namespace {names.MD}, letter for letter."
        expected = f"<md:EntityDescriptor> in the namespace {names.MD} as the root"
        return Fault(expected, named_in(seen.root), mend=mend, at=Spot(seen.root))
    for error in schema.errors(seen.root, SCHEMA):
        if error.at is not None and error.at.element.tag == qname("ds:X509Certificate"):
            continue  # MD-15 says what it is
        expected = "metadata that the SAML 2.0 metadata schema accepts"
        return Fault(expected, error.message, line=error.line, mend=_schema_mend(error), at=error.at)
    return None


def _schema_mend(error: schema.SchemaError) -> str | None:
    holder = named(error.at.element) if error.at else "it"
    if "not expected" in error.message or "Missing child" in error.message:
        return "Name the elements as the schema does, in its order, and leave none out that it asks."
    if "is required but missing" in error.message:
        attribute = "xml:lang" if error.attribute.endswith("lang") else error.attribute
        return f"Add the attribute {attribute} to {holder}."
    if "content is not allowed" in error.message:
        return f"Put text alone in {holder}, or leave it empty, as the schema has it."
    if "not allowed" in error.message and error.attribute:
        return f"Take the attribute {error.attribute} of {holder} out, or write it as the schema does."
    return None


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


@rule(
    "MD-02",
    "the metadata is signed",
    "W/E/-",
    mend="Sign the root as a whole: enveloped, RSA-SHA256, exclusive canonicalisation, SHA-256.",
    reference=SIGNATURE,
    **other(
        "<md:EntityDescriptor …><md:SPSSODescriptor …",
        "<md:EntityDescriptor …><ds:Signature>…</ds:Signature><md:SPSSODescriptor …",
        how="none",
    ),
)
def signed(seen: SeenMetadata) -> Fault | None:
    """A mock believes what is put in its folder, signed or not; a real broker does not."""
    _, problem = _signature(seen)
    if problem is None or problem.fault is not SignatureFault.MISSING:
        return None
    return Fault(problem.expected, problem.received, at=Spot(_signed_part(seen)))


@rule(
    "MD-02-good",
    "the signature of the metadata is good",
    "E/E/W",
    mend="Sign last, and change nothing after that: no indenting, no edited value.",
    reference=SIGNATURE,
    **other(
        "A document that was edited after it was signed.",
        "A document as it was signed.",
        after=("https://sp.example/acs", "https://sp.example/saml/acs"),
    ),
)
def signature_good(seen: SeenMetadata) -> Fault | None:
    """Checked with the certificate in it, or one of its KeyDescriptors: it shows that nothing changed, not by whom."""
    _, problem = _signature(seen)
    if problem is None:
        return None
    if problem.fault is SignatureFault.MISSING:
        raise NotApplicable
    node = next(seen.readable.getroottree().iter(qname("ds:Signature")))
    return Fault(problem.expected, problem.received, at=Spot(node))


@rule(
    "MD-02-algorithm",
    "the metadata is signed by RSA-SHA256 over SHA-256 and exclusive canonicalisation",
    "E/E/W",
    mend="Set http://www.w3.org/2001/04/xmldsig-more#rsa-sha256, http://www.w3.org/2001/04/xmlenc#sha256 and "
    "http://www.w3.org/2001/10/xml-exc-c14n#.",
    reference=SIGNATURE,
    **other(
        f'<ds:SignatureMethod Algorithm="{names.RSA_SHA512}"/>',
        f'<ds:SignatureMethod Algorithm="{names.RSA_SHA256}"/>',
        algorithms=Signing(names.RSA_SHA512, names.SHA512),
    ),
)
def algorithms(seen: SeenMetadata) -> Fault | None:
    found, _ = _signature(seen)
    if found is None:
        raise NotApplicable
    wanted = (
        ("ds:SignatureMethod", names.RSA_SHA256, found.signature_algorithm),
        ("ds:DigestMethod", names.SHA256, found.digest_algorithm),
        ("ds:CanonicalizationMethod", names.EXC_C14N, found.canonicalization),
        ("ds:Transform", names.EXC_C14N, found.transforms[-1]),
    )
    for name, expected, received in wanted:
        if received != expected:
            nodes = list(seen.readable.getroottree().iter(qname(name)))
            return Fault(expected, received or "nothing", at=Spot(nodes[-1], "Algorithm"))
    return None


@rule(
    "MD-03",
    "KeyInfo in the signature of the metadata has the certificate only",
    "W/W/-",
    mend="Put only ds:X509Data with ds:X509Certificate in it: a KeyName is for messages.",
    reference=SIGNATURE,
    **other(
        "<ds:KeyInfo><ds:KeyName>…</ds:KeyName></ds:KeyInfo>",
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>…</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
        how="name",
    ),
)
def certificate_only(seen: SeenMetadata) -> Fault | None:
    signature = child(_signed_part(seen), "ds:Signature")
    if signature is None:
        raise NotApplicable
    info = child(signature, "ds:KeyInfo")
    inside = [] if info is None else list(info.iterdescendants(etree.Element))
    names_ = [local(node) for node in inside]
    if names_ == ["X509Data", "X509Certificate"]:
        return None
    return Fault(
        "X509Data with one X509Certificate",
        ", ".join(names_) or "nothing",
        at=Spot(signature if info is None else info),
    )


@rule(
    "MD-04",
    "entityID has the scheme's form",
    "E/E/-",
    mend="Use urn:etoegang:DV:<OIN of 20 digits>:entities:<index>; 9000 to 9999 are for tests.",
    reference=ENTITY_ID,
    **swap(f'entityID="urn:etoegang:DV:{OIN}:entities:9001"', 'entityID="https://sp.example/saml/metadata"'),
)
def entity_id(seen: SeenMetadata) -> Fault | None:
    if DV_ENTITY.fullmatch(seen.entity_id):
        return None
    return Fault(
        "urn:etoegang:DV:<20 digits>:entities:<index>",
        said(seen.readable.get("entityID")),
        at=Spot(seen.readable, "entityID"),
    )


@rule(
    "MD-05",
    "the version, if there, is one that is spoken here, in its own namespace",
    "W/W/-",
    mend='Write eme:version="1.13" with xmlns:eme="urn:etoegang:1.13:metadata-extension", or leave it out.',
    reference=METADATA,
    **swap('eme:version="1.13"', 'eme:version="1.9"'),
)
def version(seen: SeenMetadata) -> Fault | None:
    there = [
        name for name in map(str, seen.readable.attrib) if etree.QName(name).localname.lower() == "version"
    ]
    if not there:
        raise NotApplicable
    for name in there:
        match = EXTENSION.fullmatch(etree.QName(name).namespace or "")
        value = seen.readable.get(name)
        if match is None or match[1] != value or value not in seen.around.versions:
            namespace = etree.QName(name).namespace or "no namespace"
            expected = " or ".join(
                f'"{known}" in urn:etoegang:{known}:metadata-extension' for known in seen.around.versions
            )
            return Fault(expected, f"{said(value)} in {namespace}", at=Spot(seen.readable, name))
    return None


_ENDPOINT = "Binding Location ResponseLocation index isDefault"
ALLOWED: dict[str, tuple[str, str]] = {
    "md:EntityDescriptor": (
        "entityID ID version",
        "ds:Signature md:SPSSODescriptor md:Organization md:ContactPerson",
    ),
    "md:SPSSODescriptor": (
        "AuthnRequestsSigned WantAssertionsSigned protocolSupportEnumeration",
        "md:KeyDescriptor md:ArtifactResolutionService md:SingleLogoutService md:NameIDFormat "
        "md:AssertionConsumerService md:AttributeConsumingService",
    ),
    "md:KeyDescriptor": ("use", "ds:KeyInfo"),
    "md:ArtifactResolutionService": (_ENDPOINT, ""),
    "md:SingleLogoutService": (_ENDPOINT, ""),
    "md:AssertionConsumerService": (_ENDPOINT, ""),
    "md:AttributeConsumingService": (
        "index isDefault",
        "md:ServiceName md:ServiceDescription md:RequestedAttribute",
    ),
    "md:RequestedAttribute": ("Name isRequired", ""),
    "md:Organization": ("", "md:OrganizationName md:OrganizationDisplayName md:OrganizationURL"),
    "md:ContactPerson": (
        "contactType",
        "md:Company md:GivenName md:SurName md:EmailAddress md:TelephoneNumber",
    ),
}
"""Attributes and child elements of each, by spec 8.1. NameIDFormat is MD-18's."""


@rule(
    "MD-06",
    "nothing stands in the metadata that the scheme does not list",
    "W/W/-",
    mend="Leave it out: the scheme says that what it does not list must not be there.",
    reference=METADATA,
    **swap("<md:EntityDescriptor ", '<md:EntityDescriptor cacheDuration="P7D" '),
)
def nothing_else(seen: SeenMetadata) -> Fault | None:
    found = list(_others(seen.readable))
    if not found:
        return None
    more = "" if len(found) == 1 else f", and {len(found) - 1} more"
    first = found[0]
    what = (
        f"@{etree.QName(first.attribute).localname} of {named(first.element)}"
        if first.attribute
        else named(first.element)
    )
    return Fault("only what the scheme lists", what + more, at=first)


def _others(node: Element) -> Iterator[Spot]:
    known = next((name for name in ALLOWED if node.tag == qname(name)), None)
    if known is None:
        return
    attributes, inside = ALLOWED[known]
    for name in map(str, node.attrib):
        if etree.QName(name).localname not in attributes.split():
            yield Spot(node, name)
    allowed = {qname(name) for name in inside.split()}
    for part in node.iterchildren(etree.Element):
        if part.tag not in allowed:
            yield Spot(part)
        else:
            yield from _others(part)


def _signed_part(seen: SeenMetadata) -> Element:
    """The entity, or the whole that it is in where only that is signed."""
    entity = seen.readable
    assert seen.root is not None
    if child(entity, "ds:Signature") is None and child(seen.root, "ds:Signature") is not None:
        return seen.root
    return entity


def _signature(seen: SeenMetadata) -> tuple[Signed | None, SignatureProblem | None]:
    part = _signed_part(seen)
    if part is not seen.root:
        # Others beside it may be signed too; alone it is judged as if it were its own document.
        part = parse(serialize(part))
    certificates = [
        found.certificate for key in seen.readable.iter(qname("ds:KeyInfo")) for found in _in(key)
    ]
    around = child(part, "ds:Signature")
    if around is not None:
        certificates = [*(found.certificate for found in _in(around)), *certificates]
    candidates = {found.fingerprint: found for found in certificates if found is not None}
    try:
        return verify(part, tuple(candidates.values())), None
    except SignatureProblem as problem:
        return None, problem


def _in(node: Element) -> Iterator[Given]:
    return map(given, node.iter(qname("ds:X509Certificate")))
