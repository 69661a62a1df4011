"""What the SAML schema has against a message, in words that name the mend: for each kind of message alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from broker.rules.engine import Fault
from broker.rules.nearest import nearest
from broker.wire import names
from broker.wire.names import qname
from broker.wire.schema import SchemaError
from broker.wire.xml import Element, named, named_in

ACCEPTED = "a message that the SAML 2.0 protocol schema accepts"
EXPECTED = re.compile(r"Expected is (?:one of )?\( (.{1,2000}?) \)")
MOST_SHOWN = 60
_NAMES = """
saml:Issuer ds:Signature samlp:Extensions saml:Subject samlp:NameIDPolicy saml:Conditions samlp:RequestedAuthnContext
samlp:Scoping saml:AuthnContextClassRef saml:AuthnContextDeclRef saml:NameID samlp:IDPList samlp:IDPEntry
samlp:RequesterID samlp:SessionIndex samlp:Artifact esp:RequestedAttributes md:RequestedAttribute ds:SignedInfo
ds:SignatureValue ds:KeyInfo ds:KeyName ds:X509Data ds:X509Certificate ds:CanonicalizationMethod ds:SignatureMethod
ds:Reference ds:Transforms ds:Transform ds:DigestMethod ds:DigestValue
"""
HOMES = {name.partition(":")[2]: name for name in _NAMES.split()}
"""Each element that a message can have, by its name without prefix: with the prefix that says where it is from."""
CHILDREN = {
    "samlp:AuthnRequest": "Issuer, Signature, Extensions, Subject, NameIDPolicy, Conditions, RequestedAuthnContext, "
    "Scoping",
    "samlp:LogoutRequest": "Issuer, Signature, Extensions, NameID, SessionIndex",
    "samlp:ArtifactResolve": "Issuer, Signature, Extensions, Artifact",
}
EVERY = ("ID", "Version", "IssueInstant", "Destination", "Consent")
ATTRIBUTES = {
    "samlp:AuthnRequest": (
        *EVERY,
        "ForceAuthn",
        "IsPassive",
        "AssertionConsumerServiceIndex",
        "AttributeConsumingServiceIndex",
        "ProtocolBinding",
        "AssertionConsumerServiceURL",
        "ProviderName",
    ),
    "samlp:LogoutRequest": (*EVERY, "NotOnOrAfter", "Reason"),
    "samlp:ArtifactResolve": EVERY,
    "samlp:RequestedAuthnContext": ("Comparison",),
    "samlp:NameIDPolicy": ("Format", "SPNameQualifier", "AllowCreate"),
    "samlp:IDPEntry": ("ProviderID", "Name", "Loc"),
    "samlp:Scoping": ("ProxyCount",),
    "saml:Issuer": ("Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"),
    "saml:NameID": ("Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"),
    "md:RequestedAttribute": ("Name", "NameFormat", "FriendlyName", "isRequired"),
    "ds:Reference": ("URI", "Id", "Type"),
}
MANY = ("samlp:SessionIndex",)


def meant(name: str, known: tuple[str, ...]) -> str:
    """Which attribute of these somebody meant; "" where it is like none, or is one of them."""
    found = nearest(name.rpartition("}")[2], known)
    return "" if found == name else found


def misspelt(errors: Iterable[SchemaError], element: Element, attribute: str) -> bool:
    """Whether this attribute is missing, and the schema minds one that is there in its stead."""
    known = ATTRIBUTES.get(_prefixed(element), ())
    return element.get(attribute) is None and any(
        "not allowed" in error.message
        and error.at is not None
        and error.at.element is element
        and meant(error.attribute, known) == attribute
        for error in errors
    )


def minds(errors: Iterable[SchemaError], element: Element, attribute: str) -> bool:
    """Whether the schema has something against the value of this attribute, or misses it."""
    return any(
        error.attribute == attribute
        and error.at is not None
        and error.at.element is element
        and "not allowed" not in error.message
        for error in errors
    )


def fault(error: SchemaError) -> Fault:
    """What a rule says of it."""
    return Fault(ACCEPTED, received(error), line=error.line, mend=mend(error), at=error.at)


def received(error: SchemaError) -> str:
    """What libxml2 says, without the whole of a value that may be as long as a certificate."""
    text = error.message.removesuffix(".")
    element = error.at.element if error.at else None
    value = "" if element is None or error.attribute else (element.text or "")
    if len(value) > MOST_SHOWN and value in text:
        text = text.replace(value, f"{value[:MOST_SHOWN]}…")
    return text


def mend(error: SchemaError) -> str | None:
    """How to mend it; None where nothing can be said beyond what the rule says."""
    element = error.at.element if error.at else None
    if element is None:
        return None
    if "is required but missing" in error.message:
        wanted = error.attribute
        near = next((str(name) for name in element.attrib if meant(str(name), (wanted,)) == wanted), "")
        instead = f" instead of {near.rpartition('}')[2]}" if near else ""
        return f"Add the attribute {wanted} to {named(element)}{instead}."
    if "not allowed" in error.message and error.attribute:
        return _of_attribute(element, error.attribute)
    if "not expected" in error.message:
        return _of_element(element, error.message)
    if "Missing child" in error.message:
        found = EXPECTED.search(error.message)
        listed = found[1].split(", ") if found else []
        wanted = next((name for name in listed if name in HOMES.values()), "")
        put = f"put <{wanted}> in it" if wanted else "put in it what belongs there"
        if element.getparent() is None or _prefixed(element) in CHILDREN:
            return f"Add <{wanted}> to {named(element)}." if wanted else None
        return f"Leave {named(element)} out, or {put}."
    if "content" in error.message and "not allowed" in error.message:
        if "lement content" in error.message:
            return f"Put text alone in {named(element)}, without elements in it."
        return f"Put no text in {named(element)} beside its elements."
    if error.attribute == "Comparison":
        return 'Send Comparison="minimum".'
    if error.attribute and "not a valid value" in error.message:
        return f"Give {error.attribute} a value of the type that is named, or leave it out."
    if "-----" in (element.text or ""):
        return f"Take the lines BEGIN CERTIFICATE and END CERTIFICATE out of {named(element)}, or leave KeyInfo out."
    if "base64" in error.message:
        return f"Put base64 alone in {named(element)}."
    return None


def _of_attribute(element: Element, attribute: str) -> str:
    known = ATTRIBUTES.get(_prefixed(element), ())
    local = attribute.rpartition("}")[2]
    if local in known:
        return f"Write {local} without a prefix: attributes of SAML have none."
    if local in HOMES and element.find(f".//{qname(HOMES[local])}") is None:
        inside = "samlp:RequestedAuthnContext" if "AuthnContext" in local else _prefixed(element)
        return f"Make it an element in <{inside}>: <{HOMES[local]}>…</{HOMES[local]}>."
    if right := meant(attribute, known):
        return f"Write {right}: SAML has no attribute {local}."
    return f"Take the attribute {local} of {named(element)} out: SAML has none of that name there."


def _of_element(element: Element, message: str) -> str:
    local, parent = etree.QName(element).localname, element.getparent()
    home = HOMES.get(local) or next(
        (HOMES[name] for name in HOMES if name.casefold() == local.casefold()), ""
    )
    if home and qname(home) != element.tag:
        if home.partition(":")[2] != local:
            return f"Write <{home}>, with these capitals."
        namespace = names.PREFIXES[home.partition(":")[0]]
        return f"Use the namespace {namespace} for {local}, letter for letter: this is {named_in(element)}."
    if parent is None:
        return "Mind the name of this element."
    if home not in MANY and any(node.tag == element.tag for node in element.itersiblings(preceding=True)):
        return f"Send {named(element)} once: {named(parent)} has it twice."
    if order := CHILDREN.get(_prefixed(parent)):
        return f"Mind the name and the place of this element. The order is {order}; the scheme has no others."
    found = EXPECTED.search(message)
    expected = (
        f": expected there is {found[1].replace('##other', 'one of another namespace than ')}"
        if found
        else ""
    )
    return f"Mind the name and the place of this element in {named(parent)}{expected}."


def _prefixed(element: Element) -> str:
    """By the usual prefix of its namespace, whichever it has here; "" where none is usual."""
    name = etree.QName(element)
    for prefix in ("samlp", "saml", "md", "ds"):
        if name.namespace == names.PREFIXES[prefix]:
            return f"{prefix}:{name.localname}"
    return ""
