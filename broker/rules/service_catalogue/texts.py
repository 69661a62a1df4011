"""Its texts, addresses and versions (SC-04)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from broker.rules.authn.seen import said
from broker.rules.engine import Fault
from broker.rules.nearest import nearest
from broker.rules.service_catalogue.examples import swap
from broker.rules.service_catalogue.seen import CATALOGUE, SeenCatalogue, rule
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.xml import Element, named, text_of

VERSION = re.compile(r"urn:etoegang:1\.[0-9]+:(service-catalogue?:[A-Z]:)?[0-9]+")
CLASSIFIERS = ("eIDAS-inbound",)
ADDRESSES = ("ServiceDescriptionURL", "ServiceURL", "PrivacyPolicyURL")
LENGTHS = {
    "ServiceName": 64,
    "OrganizationDisplayName": 64,
    "ServiceDescription": 1024,
    "PurposeStatement": 1024,
    "ServiceDescriptionURL": 512,
    "ServiceURL": 512,
    "PrivacyPolicyURL": 512,
}
"""In characters (spec 8.3)."""


@rule(
    "SC-04",
    "texts are no longer than the schema allows",
    "E",
    mend="Shorten it: 64 characters for a name, 1024 for a description or purpose, 512 for a URL.",
    reference=CATALOGUE,
    **swap(
        '<esc:ServiceName xml:lang="nl">Mijn loket',
        '<esc:ServiceName xml:lang="nl">Mijn loket voor het aanvragen, wijzigen en beëindigen van een vergunning',
    ),
)
def lengths(seen: SeenCatalogue) -> Fault | None:
    for node, name in _texts(seen):
        length = len(text_of(node) or "")
        if length > LENGTHS[name]:
            return Fault(f"at most {LENGTHS[name]} characters", f"{length} in {named(node)}", at=Spot(node))
    return None


def _texts(seen: SeenCatalogue) -> Iterator[tuple[Element, str]]:
    return ((node, name) for name in LENGTHS for node in seen.every(name))


@rule(
    "SC-04-text",
    "names and descriptions are not empty",
    "E",
    mend="Fill it in: people read it when they log in or give a mandate.",
    reference=CATALOGUE,
    **swap('<esc:ServiceName xml:lang="nl">Mijn loket<', '<esc:ServiceName xml:lang="nl"><'),
)
def filled_in(seen: SeenCatalogue) -> Fault | None:
    """A purpose that is empty is SC-08's."""
    for name in ("OrganizationDisplayName", "ServiceName", "ServiceDescription"):
        for node in seen.every(name):
            if not text_of(node):
                return Fault(f"a text in {named(node)}", "an empty one", at=Spot(node))
    return None


@rule(
    "SC-04-dutch",
    "names and descriptions of services are there in Dutch",
    "W",
    mend='Add the same element with xml:lang="nl": that is what people see first.',
    reference=CATALOGUE,
    **swap('<esc:ServiceName xml:lang="nl">', '<esc:ServiceName xml:lang="en">'),
)
def in_dutch(seen: SeenCatalogue) -> Fault | None:
    """One without a language is SC-01's; the name of the organisation is often the same in every language."""
    for node in seen.some("ServiceDefinition"):
        for name in ("ServiceName", "ServiceDescription"):
            found = seen.inside(node, name)
            languages = [item.get(qname("xml:lang")) for item in found]
            if found and None not in languages and "nl" not in languages:
                received = ", ".join(map(said, languages))
                return Fault(f'{named(found[0])} with xml:lang="nl"', received, at=Spot(found[0]))
    return None


@rule(
    "SC-04-written",
    "addresses, version and classifiers are written as the scheme writes them",
    "W",
    mend="Write it as the scheme does.",
    reference=CATALOGUE,
    certainty="The schema takes any text here; how others write it is what we go by.",
    **swap('esc:Version="urn:etoegang:1.13:53"', 'esc:Version="1.13"'),
)
def written(seen: SeenCatalogue) -> Fault | None:
    at = f"{{{seen.namespace}}}Version"
    version = seen.readable.get(at, "")
    if version and not VERSION.fullmatch(version):
        mend = (
            "Write esc:Version as a URN with the number of this catalogue at its end: urn:etoegang:1.13:53."
        )
        expected = "urn:etoegang:1.13:<number>, or urn:etoegang:1.13:service-catalogue:<P or T>:<number>"
        return Fault(expected, said(version), mend=mend, at=Spot(seen.readable, at))
    for name in ADDRESSES:
        for node in seen.every(name):
            if not _is_address(text_of(node) or ""):
                mend = f"Write the whole address in {named(node)}: https://, the name of the host, the path."
                return Fault("https://…", said(text_of(node)), mend=mend, at=Spot(node))
    for node in seen.every("Classifier"):
        text = text_of(node) or ""
        close = nearest(text, CLASSIFIERS, 0.85)
        if close and close != text:
            return Fault(close, said(text), mend=f"Write {close}, with these capitals.", at=Spot(node))
    for name in ("BsnkStructureVersion", "BsnkRecipientKeySetVersion"):
        for node in seen.every(name):
            text = text_of(node) or ""
            if text and not (text.isascii() and text.isdigit()):
                return Fault(
                    "a whole number", said(text), mend=f"Write a number in {named(node)}.", at=Spot(node)
                )
    return None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
