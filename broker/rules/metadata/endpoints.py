"""Where it can be reached (MD-18..21)."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from lxml import etree

from broker.rules.authn.seen import said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import METADATA
from broker.rules.metadata.examples import swap
from broker.rules.metadata.seen import SeenMetadata, rule
from broker.wire.metadata import ARTIFACT_OR_POST
from broker.wire.names import HTTP_ARTIFACT
from broker.wire.places import Spot
from broker.wire.request import is_true
from broker.wire.xml import Element

TLS = "https://afsprakenstelsel.etoegang.nl/display/as/Secure+connection"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ACS = "<md:AssertionConsumerService"
_POST = (
    '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
    'Location="https://sp.example/acs/post" '
)


@rule(
    "MD-18",
    "there is no md:NameIDFormat",
    "W/W/-",
    mend="Leave md:NameIDFormat out: identifiers are chosen in the service catalogue.",
    reference=METADATA,
    certainty="seen with brokers; gone since version 1.24a of the scheme",
    **swap(
        _ACS,
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>" + _ACS,
    ),
)
def no_name_id_format(seen: SeenMetadata) -> Fault | None:
    found = seen.all("md:NameIDFormat")
    if not found:
        return None
    return Fault("none", said("".join(found[0].itertext()).strip()), at=Spot(found[0]))


@rule(
    "MD-19",
    "there is an address for the answer",
    "E",
    mend="Add a md:AssertionConsumerService with Binding="
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact and your Location.",
    reference=METADATA,
    **swap("bindings:HTTP-Artifact", "bindings:PAOS"),
)
def has_endpoint(seen: SeenMetadata) -> Fault | None:
    found = seen.all("md:AssertionConsumerService")
    if any(node.get("Binding") in ARTIFACT_OR_POST for node in found):
        return None
    elsewhere = seen.descriptor.iterchildren("{*}AssertionConsumerService")
    if not found and next(elsewhere, None) is not None:
        raise NotApplicable  # of another namespace, as MD-01 says
    received = ", ".join(said(node.get("Binding")) for node in found)
    return Fault(
        f"a md:AssertionConsumerService with {HTTP_ARTIFACT}",
        received or "none",
        at=Spot(found[0], "Binding") if found else Spot(seen.descriptor),
    )


@rule(
    "MD-19-artifact",
    "the answer can be had by artifact",
    "W/E/-",
    mend="Add a md:AssertionConsumerService for HTTP-Artifact: it is the only binding that every broker must offer.",
    reference=METADATA,
    **swap("bindings:HTTP-Artifact", "bindings:HTTP-POST"),
)
def artifact_endpoint(seen: SeenMetadata) -> Fault | None:
    """This mock answers by HTTP-POST too."""
    found = seen.all("md:AssertionConsumerService")
    usable = [node for node in found if node.get("Binding") in ARTIFACT_OR_POST]
    if not usable:
        raise NotApplicable
    if any(node.get("Binding") == HTTP_ARTIFACT for node in usable):
        return None
    return Fault(HTTP_ARTIFACT, said(usable[0].get("Binding")), at=Spot(usable[0], "Binding"))


@rule(
    "MD-20",
    "each md:AssertionConsumerService has an index of its own, and at most one is the default",
    "E",
    mend='Give each an index of its own, and isDefault="true" to one.',
    reference=METADATA,
    **swap(
        "    <md:AttributeConsumingService",
        f'    {_POST}index="1"/>\n    <md:AttributeConsumingService',
    ),
)
def endpoint_indexes(seen: SeenMetadata) -> Fault | None:
    found = seen.all("md:AssertionConsumerService")
    if not found:
        raise NotApplicable
    return indexes_unique(found) or _one_default(found)


@rule(
    "MD-21",
    "every address is https, and whole",
    "E/E/W",
    mend="Serve it over TLS, and write https in the metadata.",
    reference=TLS,
    **swap("https://sp.example/acs", "http://sp.example/acs"),
)
def https(seen: SeenMetadata) -> Fault | None:
    """But for this machine itself, which is MD-21-local's."""
    for node, attribute, url in _addresses(seen):
        if not _scheme(url, "https") and not _local(url):
            return Fault("https://…", said(url), mend=_mend(url, attribute), at=Spot(node, attribute))
        if mend := _unusable(url, attribute):
            return Fault("one address as a browser asks it", said(url), mend=mend, at=Spot(node, attribute))
    return None


@rule(
    "MD-21-local",
    "no address is on this machine without TLS, or in a private network",
    "N/W/-",
    mend="Nothing, while you develop. For others write https and a name that they can reach.",
    reference=TLS,
    **swap("https://sp.example/acs", "http://localhost:8000/acs"),
)
def not_local(seen: SeenMetadata) -> Fault | None:
    for node, attribute, url in _addresses(seen):
        if not _scheme(url, "https") and _local(url):
            return Fault("https://…", said(url), at=Spot(node, attribute))
        if _private(url):
            mend = "Nothing, while whoever logs in is in that network. For others write a name that they can reach."
            return Fault("a name that others can reach", said(url), mend=mend, at=Spot(node, attribute))
    return None


def indexes_unique(found: list[Element]) -> Fault | None:
    seen: dict[str, Element] = {}
    for node in found:
        index = (node.get("index") or "").strip()
        if index and seen.setdefault(index.lstrip("0") or "0", node) is not node:
            return Fault(
                "an index that no other has", f"{said(index)} for the second time", at=Spot(node, "index")
            )
    return None


def _one_default(found: list[Element]) -> Fault | None:
    marked = [node for node in found if is_true(node.get("isDefault"))]
    if len(marked) < 2:
        return None
    return Fault('isDefault="true" once', f"{len(marked)} times", at=Spot(marked[1], "isDefault"))


def _addresses(seen: SeenMetadata) -> list[tuple[Element, str, str]]:
    found = [
        (node, attribute, url)
        for node in seen.descriptor.iterchildren(etree.Element)
        for attribute in ("Location", "ResponseLocation")
        if (url := node.get(attribute)) is not None
    ]
    if not found:
        raise NotApplicable
    return found


def _mend(url: str, attribute: str) -> str | None:
    """Where TLS is not what is missing."""
    if not url.strip():
        return f"Write the whole address in {attribute}, from https:// on, or leave out what has no address."
    if _scheme(url.strip(), "https"):
        return f"Take the white space around the address in {attribute} out: it is compared character for character."
    if not _scheme(url.strip(), "http"):
        return f"Write the whole address in {attribute}: https://, the name of the host, the path."
    return None


def _unusable(url: str, attribute: str) -> str:
    """How to mend an address that begins well and that no browser can be sent to; "" where it can."""
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
        _ = parts.port
    except ValueError:
        host, user = None, None
    if url != url.strip():
        return f"Take the white space around the address in {attribute} out: it is compared character for character."
    if url.count("://") > 1 and "?" not in url.partition("://")[2].partition("://")[0]:
        return f"Write one address in {attribute}; for another one add an element with an index of its own."
    if any(character.isspace() for character in url):
        return f"Take the white space out of the address in {attribute}, or write %20 for it."
    if "{" in url or "\\" in url:
        return f"Write the real address in {attribute}: no placeholder, and / instead of \\."
    if not host:
        return f"Write the whole address in {attribute}: https://, the name of the host, the path."
    if user is not None:
        return f"Take the user name and password out of {attribute}: everybody reads them, and browsers refuse them."
    if "#" in url:
        return f"Take the fragment out of {attribute}, from the # on: no browser sends it to a server."
    return ""


def _private(url: str) -> bool:
    """An address by number that only some network knows."""
    try:
        address = ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return (address.is_private or address.is_link_local) and not address.is_loopback


def _scheme(url: str, scheme: str) -> bool:
    return url.lower().startswith(scheme + "://")


def _local(url: str) -> bool:
    try:
        return _scheme(url, "http") and (urlsplit(url).hostname or "") in LOOPBACK
    except ValueError:
        return False
