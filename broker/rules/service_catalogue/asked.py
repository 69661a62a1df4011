"""What the services ask: levels, identifiers, attributes, keys, broker (SC-05..10)."""

from __future__ import annotations

from broker.rules.authn.seen import said
from broker.rules.engine import Fault
from broker.rules.finding import ATTRIBUTES, LEVELS, Severity
from broker.rules.metadata.seen import key_descriptor
from broker.rules.service_catalogue.examples import HM, swap
from broker.rules.service_catalogue.seen import CATALOGUE, SeenCatalogue, rule
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
    """A set is everything with one number, so a type without a number beside numbered ones is in none."""
    for node in [*seen.some("ServiceDefinition"), *seen.every("ServiceInstance")]:
        found = _types(seen, node)
        for item in found:
            number, urn = item.get("setNumber"), text_of(item) or ""
            if number is not None and not (number.isascii() and number.isdigit() and int(number[:9]) > 0):
                return Fault("a whole number above 0", said(number), at=Spot(item, "setNumber"))
            if urn not in TYPES and "SubdossierNr" not in urn:
                return Fault("one of " + ", ".join(TYPES), said(urn), at=Spot(item))
        bare = [item for item in found if item.get("setNumber") is None]
        if bare and len(bare) < len(found):
            return Fault("a setNumber, as others have one", "none", at=Spot(bare[0]))
        seen_: set[tuple[str | None, str]] = set()
        for item in found:
            entry = (item.get("setNumber"), text_of(item) or "")
            if entry in seen_:
                return Fault("each type once in a set", f"{said(entry[1])} twice", at=Spot(item))
            seen_.add(entry)
    return None


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
    "SC-09",
    "each service has a certificate to encrypt for, with its KeyName",
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
                received = "one for signing only"
                mend = 'Leave use="signing" off the md:KeyDescriptor of ServiceCertificate, or write use="encryption".'
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
                if one.certificate is None:
                    return Fault(
                        "an X.509 certificate with an RSA key, in base64",
                        one.problem,
                        mend="Put the certificate itself in ds:X509Certificate: the base64 of its PEM, without the "
                        "lines of dashes, of a certificate with an RSA key; no private key, no fingerprint.",
                        at=Spot(one.element),
                    )
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
