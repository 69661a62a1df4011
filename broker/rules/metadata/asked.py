"""What its services ask for (MD-26..29)."""

from __future__ import annotations

import re

from broker.rules.attributes import meant
from broker.rules.authn.seen import EXTRA_ATTRIBUTE, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import ATTRIBUTES, METADATA
from broker.rules.metadata.examples import other, swap
from broker.rules.metadata.seen import SeenMetadata, rule
from broker.rules.metadata.services import END, SECOND, all_asked, asked, each_service
from broker.wire.places import Spot
from broker.wire.xml import Element, children, text_of

INTERMEDIATE = re.compile(r"urn:etoegang:1\.[0-9]+:attribute-intermediate:CompanyName")
IDENTIFYING = re.compile(
    r"urn:etoegang:(core:(ActingSubjectID|LegalSubjectID|IntermediateSubjectID|ActingEntityID)"
    r"|1\.[0-9]+:(EntityConcernedID|ServiceRestriction):\S+"
    r"|1\.[0-9]+:attribute(-represented)?:(KvKnr|RSIN|BSN|Pseudo|PseudoID|Vestigingsnr|SubdossierNr))"
)


@rule(
    "MD-26",
    "the attributes that a service asks for exist, and the catalogue has them for it",
    "E/E/-",
    mend="Ask only for attributes of the scheme's list that the catalogue names for this service.",
    reference=ATTRIBUTES,
    **swap("urn:etoegang:1.9:attribute:FirstName", "urn:oid:2.5.4.42"),
)
def attributes_known(seen: SeenMetadata) -> Fault | None:
    judged = False
    for node in each_service(seen):
        items = asked(node)
        ids = [name for one in items if (name := one.get("Name", "")).startswith("urn:etoegang:DV:")]
        if not ids:
            continue  # MD-25 says that one of them should be the ServiceID
        listed = next((seen.around.catalogue[id_] for id_ in ids if id_ in seen.around.catalogue), None)
        may_ask = None if listed is None else {wanted.name: None for wanted in listed.attributes}
        for item in items:
            name = item.get("Name", "")
            # One without a Name is MD-01's.
            if not name or name.startswith("urn:etoegang:DV:"):
                continue
            if IDENTIFYING.fullmatch(name) or INTERMEDIATE.fullmatch(name):
                continue
            judged = True
            if not EXTRA_ATTRIBUTE.fullmatch(name):
                expected = "urn:etoegang:<version>:attribute:<name> or attribute-represented:<name>"
                return Fault(expected, said(name), at=Spot(item, "Name"))
            if may_ask is not None and name not in may_ask:
                known = ", ".join(may_ask) or "none for this service"
                return Fault("of the catalogue: " + known, said(name), at=Spot(item, "Name"))
    if not judged:
        raise NotApplicable
    return None


@rule(
    "MD-26-known",
    "the attributes that a service asks for are written as the known ones are",
    "W/W/-",
    mend="Write the attribute letter for letter as the scheme's list has it.",
    reference=ATTRIBUTES,
    certainty="The whole list is not public: only a name that is almost one of the known ones is told.",
    **swap("urn:etoegang:1.9:attribute:FirstName", "urn:etoegang:1.9:attribute:Firstname"),
)
def attributes_nearly_known(seen: SeenMetadata) -> Fault | None:
    """But for those that the catalogue has for the service."""
    listed = {wanted.name for service in seen.around.catalogue.values() for wanted in service.attributes}
    names_ = [(item, item.get("Name", "")) for _, item in all_asked(seen)]
    if not any(EXTRA_ATTRIBUTE.fullmatch(name) for _, name in names_):
        raise NotApplicable
    for item, name in names_:
        if name not in listed and not IDENTIFYING.fullmatch(name) and (urn := meant(name)):
            return Fault(
                urn, said(name), mend=f"Write {urn}, if that is what you mean.", at=Spot(item, "Name")
            )
    return None


@rule(
    "MD-27",
    "no service asks for an identifier as an attribute",
    "E/E/-",
    mend="Leave it out: identifiers are chosen by EntityConcernedTypesAllowed in the service catalogue.",
    reference=METADATA,
    **swap("urn:etoegang:1.9:attribute:FirstName", "urn:etoegang:1.9:EntityConcernedID:KvKnr"),
)
def no_identifiers(seen: SeenMetadata) -> Fault | None:
    for _, item in all_asked(seen):
        if IDENTIFYING.fullmatch(item.get("Name", "")):
            return Fault("no identifying attribute", said(item.get("Name")), at=Spot(item, "Name"))
    return None


@rule(
    "MD-28",
    "the name of the intermediary is not asked for",
    "W/W/-",
    mend="Leave it out: it is sent of itself where there is a chain mandate.",
    reference=ATTRIBUTES,
    **swap("urn:etoegang:1.9:attribute:FirstName", "urn:etoegang:1.13:attribute-intermediate:CompanyName"),
)
def no_intermediate_name(seen: SeenMetadata) -> Fault | None:
    for _, item in all_asked(seen):
        if INTERMEDIATE.fullmatch(item.get("Name", "")):
            return Fault("no such attribute", said(item.get("Name")), at=Spot(item, "Name"))
    return None


@rule(
    "MD-29",
    "the services are all of eHerkenning or all of eIDAS",
    "W/W/-",
    mend="Make two documents, each with an entity id of its own: one for eHerkenning, one for eIDAS.",
    reference=METADATA,
    certainty="seen with one broker, since version 1.24a of the scheme",
    **other(
        'A <md:ServiceName xml:lang="nl">Ander loket (eIDAS)</md:ServiceName>, beside one of eHerkenning.',
        "Services of eHerkenning only.",
        (END, SECOND.replace("Ander loket", "Ander loket (eIDAS)") + END),
        right=((END, SECOND + END),),
    ),
)
def one_kind(seen: SeenMetadata) -> Fault | None:
    """A service is taken as one of eIDAS if a catalogue says so, or else by its name."""
    found = [(node, _is_eidas(seen, node)) for node in each_service(seen)]
    if len(found) < 2:
        raise NotApplicable
    if len({eidas for _, eidas in found}) == 1:
        return None
    node = next(node for node, eidas in found if eidas)
    return Fault("services of one kind", "one of eIDAS beside one of eHerkenning", at=Spot(node))


def _is_eidas(seen: SeenMetadata, node: Element) -> bool:
    ids = [item.get("Name", "") for item in asked(node)]
    if any(name in seen.around.eidas for name in ids):
        return True
    return any("eidas" in (text_of(item) or "").lower() for item in children(node, "md:ServiceName"))
