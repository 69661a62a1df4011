"""The document as a whole: elements and attributes, which, in which order, how many, and what is in them (SC-01)."""

from __future__ import annotations

from lxml import etree

from broker.rules.authn.seen import said
from broker.rules.engine import Example, Fault
from broker.rules.metadata.schema import unread
from broker.rules.nearest import nearest
from broker.rules.service_catalogue.examples import made, swap
from broker.rules.service_catalogue.judge import Judge
from broker.rules.service_catalogue.seen import CATALOGUE, SeenCatalogue, rule
from broker.wire.handed_in import other_root
from broker.wire.places import Spot
from broker.wire.service_catalogue import NAMESPACE, ROOT, is_catalogue
from broker.wire.xml import Element, child, named

SPOKEN = "urn:etoegang:1.13:service-catalog"


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
        return unread("a well-formed esc:ServiceCatalogue", seen.data, seen.problem)
    assert seen.root is not None
    if not is_catalogue(seen.root):
        mend = other_root(seen.root, "catalogue")
        if nearest(etree.QName(seen.root).localname, (ROOT,)):
            mend = f"Write esc:{ROOT}, letter for letter."
        return Fault(
            "<esc:ServiceCatalogue> as the root", named(seen.root), mend=mend or None, at=Spot(seen.root)
        )
    if not NAMESPACE.fullmatch(seen.namespace):
        received = said(seen.namespace) if seen.namespace else "no namespace"
        return Fault(SPOKEN, received, mend=_namespace_mend(seen.root), at=Spot(seen.root))
    return Judge(seen.namespace).judge(seen.root)


def _namespace_mend(root: Element) -> str:
    if not etree.QName(root).namespace:
        return f'Declare xmlns:esc="{SPOKEN}" on the root, and write the elements as <esc:ServiceCatalogue> and so on.'
    return f"Declare the namespace {SPOKEN}, letter for letter: of the 1.13 schema, and catalog without -ue."


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
