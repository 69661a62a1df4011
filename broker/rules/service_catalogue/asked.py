"""What the services ask: levels, identifiers, attributes, keys, broker (SC-05..10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from broker.rules.attributes import meant
from broker.rules.authn.seen import EXTRA_ATTRIBUTE, said
from broker.rules.engine import Fault
from broker.rules.finding import ATTRIBUTES, LEVELS, Severity
from broker.rules.metadata.asked import IDENTIFYING, INTERMEDIATE
from broker.rules.metadata.certificates import certificate_fault
from broker.rules.metadata.seen import key_descriptor
from broker.rules.nearest import nearest
from broker.rules.service_catalogue.examples import HM, swap
from broker.rules.service_catalogue.seen import CATALOGUE, SeenCatalogue, rule
from broker.wire import names
from broker.wire.places import Spot
from broker.wire.service_catalogue import TYPES
from broker.wire.xml import Element, child, children, text_of

LEVEL = "urn:etoegang:core:assurance-class:"
CURRENT = ("loa2plus", "loa3", "loa4")
HIGH = ("loa3", "loa4")
_TYPE = "urn:etoegang:1.9:EntityConcernedID:KvKnr</esc:EntityConcernedTypesAllowed>"
_LEVEL = "<saml:AuthnContextClassRef>urn:etoegang:core:assurance-class:"
SUBDOSSIER = "urn:etoegang:1.9:ServiceRestriction:SubdossierNr"


@rule(
    "SC-05",
    "the level is a current one, and high enough for a BSN",
    "E",
    mend="Ask for loa2plus, loa3 or loa4; for a service with a BSN in a set loa3 or loa4.",
    reference=LEVELS,
    **swap(_LEVEL + "loa3", _LEVEL + "loa1"),
)
def levels(seen: SeenCatalogue) -> Fault | None:
    """loa2 gets a warning: it ended on 1 January 2024, and many catalogues still have it."""
    warning = None
    for node in seen.some("ServiceDefinition"):
        ref = child(node, "saml:AuthnContextClassRef")
        if ref is None:
            continue
        found = text_of(ref) or ""
        name = found.removeprefix(LEVEL)
        if name == "loa2" and found != name:
            warning = warning or Fault(
                f"{LEVEL}loa2plus or higher", found, at=Spot(ref), severity=Severity.WARNING
            )
        elif name not in CURRENT or found == name:
            return Fault("one of " + ", ".join(LEVEL + level for level in CURRENT), said(found), at=Spot(ref))
        if name not in HIGH and any((text_of(item) or "").endswith(":BSN") for item in _types(seen, node)):
            return Fault(f"{LEVEL}loa3 or loa4, as a set has a BSN", said(found), at=Spot(ref))
    return warning


@rule(
    "SC-06",
    "the sets of identifiers have numbers above 0 and types that are known",
    "E",
    mend="Number the sets 1, 2, …, give every type of a set the same number, and use types of the scheme's list.",
    reference=CATALOGUE,
    **swap('setNumber="1"', 'setNumber="0"'),
)
def sets(seen: SeenCatalogue) -> Fault | None:
    """A set is everything with one number, so a type without a number beside numbered ones is in none. A number that
    is left out, a set that is there twice, and a restriction or an acting subject of no known type are warnings."""
    warning: Fault | None = None
    for node in [*seen.some("ServiceDefinition"), *seen.every("ServiceInstance")]:
        found = _types(seen, node)
        for item in found:
            number, urn = item.get("setNumber"), text_of(item) or ""
            if number is not None and not (number.isascii() and number.isdigit() and int(number[:9]) > 0):
                return Fault("a whole number above 0", said(number), at=Spot(item, "setNumber"))
            if urn not in TYPES and "SubdossierNr" not in urn:
                close = nearest(urn, TYPES, 0.9)
                mend = f"Write {close}, letter for letter." if close else None
                return Fault("one of " + ", ".join(TYPES), said(urn), mend=mend, at=Spot(item))
        bare = [item for item in found if item.get("setNumber") is None]
        if bare and len(bare) < len(found):
            return Fault("a setNumber, as others have one", "none", at=Spot(bare[0]))
        seen_: set[tuple[str | None, str]] = set()
        for item in found:
            entry = (item.get("setNumber"), text_of(item) or "")
            if entry in seen_:
                return Fault("each type once in a set", f"{said(entry[1])} twice", at=Spot(item))
            seen_.add(entry)
        warning = warning or next(_oddities(found), None)
    return warning or next(_other_types(seen), None)


def _oddities(found: list[Element]) -> Iterator[Fault]:
    """Sets that are not wrong in themselves, beside each other."""
    numbered: dict[int, set[str]] = {}
    first: dict[int, Element] = {}
    for item in found:
        if written := item.get("setNumber"):
            numbered.setdefault(int(written[:9]), set()).add(text_of(item) or "")
            first.setdefault(int(written[:9]), item)
    there: dict[frozenset[str], int] = {}
    before = 0
    for number, types in sorted(numbered.items()):
        spot = Spot(first[number], "setNumber")
        if before and number != before + 1:
            mend = f"Number the sets without a gap: this one is {before + 1}, unless a set is missing."
            yield _warning(f'"{before + 1}" after "{before}"', f'"{number}"', mend, spot)
        same = there.setdefault(frozenset(types), number)
        if same != number:
            mend = "Leave one of the two out, or give it the types that it should have."
            yield _warning("another set than before", f"set {number}, the same as set {same}", mend, spot)
        before = number


def _other_types(seen: SeenCatalogue) -> Iterator[Fault]:
    for node in seen.every("ServiceRestrictionsAllowed"):
        text = text_of(node) or ""
        if text != names.BRANCH and "SubdossierNr" not in text:
            mend = f"Write {names.BRANCH}, or leave it out."
            yield _warning(names.BRANCH, said(text), mend, Spot(node))
    for node in seen.every("ActingSubjectTypesAllowed"):
        text = text_of(node) or ""
        if text not in TYPES and "SubdossierNr" not in text:
            close = nearest(text, TYPES, 0.8)
            mend = f"Write {close or 'a type of the list'}, or leave it out."
            yield _warning("one of " + ", ".join(TYPES), said(text), mend, Spot(node))


def _warning(expected: str, received: str, mend: str, at: Spot) -> Fault:
    return Fault(expected, received, mend=mend, at=at, severity=Severity.WARNING)


@rule(
    "SC-07",
    "SubdossierNr is not in the catalogue",
    "E",
    mend="Leave it out: it comes with Vestigingsnr of itself, as long as the trade register has it.",
    reference="https://afsprakenstelsel.etoegang.nl/Startpagina/v2/servicerestriction-subdossiernr",
    **swap(
        _TYPE,
        f"{_TYPE}\n      <esc:ServiceRestrictionsAllowed>{SUBDOSSIER}</esc:ServiceRestrictionsAllowed>",
    ),
)
def no_subdossier(seen: SeenCatalogue) -> Fault | None:
    for name in ("EntityConcernedTypesAllowed", "ServiceRestrictionsAllowed", "ActingSubjectTypesAllowed"):
        for node in seen.every(name):
            if "SubdossierNr" in (text_of(node) or ""):
                return Fault("Vestigingsnr, or nothing", said(text_of(node)), at=Spot(node))
    return None


@rule(
    "SC-08",
    "each attribute has a purpose",
    "E",
    mend="Say in a PurposeStatement what the attribute is for: people read it before they consent.",
    reference=ATTRIBUTES,
    **swap(
        '<esc:PurposeStatement xml:lang="nl">Om u aan te spreken</esc:PurposeStatement>',
        "",
    ),
)
def purposes(seen: SeenCatalogue) -> Fault | None:
    for node in seen.some("RequestedAttribute"):
        if not any(text_of(item) for item in seen.inside(node, "PurposeStatement")):
            return Fault("a PurposeStatement", f"none for {said(node.get('Name'))}", at=Spot(node))
    return None


@rule(
    "SC-08-name",
    "what is asked as an attribute is an attribute of the scheme",
    "E",
    mend="Ask for urn:etoegang:<version>:attribute:<name> or attribute-represented:<name>, as the scheme lists them.",
    reference=ATTRIBUTES,
    certainty="The whole list is not public: a name that is almost one of the known ones is a warning.",
    **swap("urn:etoegang:1.9:attribute:FirstName", "urn:oid:2.5.4.42"),
)
def attribute_names(seen: SeenCatalogue) -> Fault | None:
    """One without a Name is SC-01's."""
    warning = None
    for node in seen.some("RequestedAttribute"):
        name = node.get("Name")
        if name is None:
            continue
        at = Spot(node, "Name")
        if IDENTIFYING.fullmatch(name):
            mend = "Leave it out: identifiers are chosen by EntityConcernedTypesAllowed."
            return Fault("no identifying attribute", said(name), mend=mend, at=at)
        if not EXTRA_ATTRIBUTE.fullmatch(name) and not INTERMEDIATE.fullmatch(name):
            expected = "urn:etoegang:<version>:attribute:<name> or attribute-represented:<name>"
            return Fault(expected, said(name), at=at)
        if urn := meant(name):
            mend = f"Write {urn}, if that is what you mean."
            warning = warning or _warning(urn, said(name), mend, at)
    return warning


@rule(
    "SC-09",
    "each service has a certificate to encrypt for that is good, with its KeyName",
    "E",
    mend="Add ServiceCertificate with a md:KeyDescriptor: ds:KeyName and ds:X509Certificate.",
    reference=CATALOGUE,
    **swap("<ds:KeyName>FINGERPRINT</ds:KeyName>", ""),
)
def certificates(seen: SeenCatalogue) -> Fault | None:
    """A warning where the metadata has a key to encrypt for: brokers take that one then."""
    severity = Severity.WARNING if seen.beside.encryption_in_metadata else None
    for node in seen.some("ServiceInstance"):
        holders = seen.inside(node, "ServiceCertificate")
        keys = [key_descriptor(one) for holder in holders for one in children(holder, "md:KeyDescriptor")]
        usable = [key for key in keys if key.serves("encryption") and key.certificates]
        if not usable:
            serving = [key for key in keys if key.serves("encryption")]
            received, mend = "none", None
            if serving:
                received = "a md:KeyDescriptor without ds:X509Certificate"
                mend = "Put the certificate in the md:KeyDescriptor of ServiceCertificate, in ds:X509Certificate."
            elif keys:
                use = keys[0].use
                received = "one for signing only" if use == "signing" else f"one with use={said(use)}"
                mend = f'Write use="encryption" on the md:KeyDescriptor of ServiceCertificate instead of {said(use)}.'
            return Fault(
                "a ServiceCertificate with a key to encrypt for",
                received,
                mend=mend,
                at=Spot(node),
                severity=severity,
            )
        for key in usable:
            if not key.name:
                mend = "Add ds:KeyName with the name of the key to the ds:KeyInfo, beside ds:X509Data."
                received = "an empty one" if key.name is not None else "none"
                return Fault("ds:KeyName beside the certificate", received, mend=mend, at=Spot(key.element))
            for one in key.certificates:
                # Without use it is for encryption here, whatever else it may be for.
                if fault := certificate_fault(
                    replace(key, use="encryption"), one, seen.beside.now, "a catalogue"
                ):
                    return fault
    return None


@rule(
    "SC-10",
    "the services go by this broker",
    "W",
    mend="Write the OIN of your broker as HerkenningsmakelaarId; for this mock that is " + HM + ".",
    reference=CATALOGUE,
    **swap(f"<esc:HerkenningsmakelaarId>{HM}", "<esc:HerkenningsmakelaarId>00000003888888880000"),
)
def broker(seen: SeenCatalogue) -> Fault | None:
    for node in seen.some("HerkenningsmakelaarId"):
        owner = node.getparent()
        others = [] if owner is None else seen.inside(owner, "AdditionalHerkenningsmakelaarId")
        if seen.beside.own_oin not in [text_of(item) for item in (node, *others)]:
            return Fault(f"{seen.beside.own_oin}, this broker", said(text_of(node)), at=Spot(node))
    return None


def _types(seen: SeenCatalogue, node: Element) -> list[Element]:
    return seen.inside(node, "EntityConcernedTypesAllowed")
