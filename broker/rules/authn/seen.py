"""One AuthnRequest with all that is needed to judge it, and what it chooses from the metadata (spec 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from broker.wire import names
from broker.wire.bindings import FRONT_CHANNEL, Carried
from broker.wire.metadata import ARTIFACT_OR_POST, Endpoint, ServiceEntry, SpMetadata
from broker.wire.places import Spot, spot
from broker.wire.request import AuthnRequest
from broker.wire.schema import SchemaError
from broker.wire.signing import SignatureProblem, Signed
from suppliers.ask import Level

NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
DATE_TIME = re.compile(
    r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
DV_ENTITY = re.compile(r"urn:etoegang:DV:[0-9]{20}:entities:(0|[1-9][0-9]{0,3}|0[0-9]{3})")
EXTRA_ATTRIBUTE = re.compile(r"urn:etoegang:1\.[0-9]+:attribute(-represented)?:\S+")
REQUESTER = (names.REQUESTER, None)
UNSUPPORTED = (names.REQUESTER, names.REQUEST_UNSUPPORTED)
# Bounded, as anybody may send what these are sought in: else the time goes by the square of its length.
PLACEHOLDER = re.compile(r"\{[^{}]{0,100}\}|%[A-Z_]{3,100}%|<[^<>]{1,100}>|\[\[")
DOUBLE_SLASH = re.compile(r"(?<!:)//+")
VERSION = re.compile(r"/[0-9]+\.[0-9]+$")
LONGEST_ADDRESS = 2_000
"""Characters of an address that is looked at for what is wrong with it."""
XML_BLANKS = " \t\r\n"
"""What the schema takes off around a value; str.strip() takes off more, such as a no-break space."""
LOA1 = "urn:etoegang:core:assurance-class:loa1"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a message by artifact was had: which provider was asked, at which address of its metadata."""

    sp: str
    url: str


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request with all that is needed to judge it. ``sp`` is None for an unknown sender.

    Exactly one of ``signed`` and ``signature_problem`` is set for a known sender. ``schema_errors`` are what
    the SAML schema has against it. ``senders`` are the entity ids that are known, where the sender is not among them.
    ``level`` is the catalogue's for the service, if any.
    ``saml`` marks a provider that knows nothing of the scheme; it may leave out signature and Destination.
    ``catalogue_key``: the service catalogue has a certificate to encrypt for. ``encrypts``: what is sent to this
    provider is encrypted for it.
    ``sso`` is the catalogue's SSOSupport, None where it says nothing. ``able`` are the entity ids of the
    authentication services that reach level and identifier, in ``known`` with all others. ``may_ask`` are the
    extra attributes of the catalogue, None where it lists none. ``source`` is there for a request by artifact.
    ``in_catalogue``: whether a service catalogue lists the service, None where there is no catalogue to look in.
    """

    request: AuthnRequest
    carried: Carried
    binding: str
    endpoint: str
    now: datetime
    sp: SpMetadata | None
    signed: Signed | None
    signature_problem: SignatureProblem | None
    schema_errors: tuple[SchemaError, ...] = ()
    replayed: bool = False
    level: Level | None = None
    provider: str | None = None
    oldest: timedelta = timedelta(minutes=5)
    newest: timedelta = timedelta(minutes=1)
    framed: bool = False
    saml: bool = False
    catalogue_key: bool = False
    encrypts: bool = True
    sso: bool | None = None
    known: tuple[str, ...] = ()
    able: tuple[str, ...] = ()
    may_ask: tuple[str, ...] | None = None
    source: Source | None = None
    published: tuple[str, ...] = FRONT_CHANNEL
    senders: tuple[str, ...] = ()
    in_catalogue: bool | None = None

    def at(self, attribute: str = "") -> Spot:
        """The message, or an attribute of it."""
        return Spot(self.request.element, attribute)

    def inside(self, *path: str, attribute: str = "") -> Spot:
        """An element of the message by its prefixed name, or an attribute of that."""
        return spot(self.request.element, *path, attribute=attribute)


def chosen_endpoint(request: AuthnRequest, sp: SpMetadata) -> Endpoint | None:
    """Where the answer goes, from metadata only; None where the request names what is not there.

    In this order: AssertionConsumerServiceIndex, AssertionConsumerServiceURL, ProtocolBinding's default,
    the metadata's default.
    """
    usable = tuple(endpoint for endpoint in sp.acs if endpoint.binding in ARTIFACT_OR_POST)
    if request.acs_index is not None:
        found = sp.acs_at(int(request.acs_index)) if whole(request.acs_index) else None
        return found if found in usable else None
    if request.acs_url is not None:
        usable = tuple(endpoint for endpoint in usable if endpoint.location == request.acs_url)
    if request.protocol_binding in ARTIFACT_OR_POST:
        usable = tuple(e for e in usable if e.binding == request.protocol_binding) or usable
    marked = [endpoint for endpoint in usable if endpoint.is_default]
    unmarked = [endpoint for endpoint in usable if endpoint.is_default is None]
    return next(iter([*marked, *unmarked, *usable]), None)


def chosen_service(request: AuthnRequest, sp: SpMetadata) -> ServiceEntry | None:
    """The AttributeConsumingService that the request points to, or the default (spec 2.2)."""
    if request.service_index is None:
        return sp.default_service
    return sp.service_at(int(request.service_index)) if whole(request.service_index) else None


def requested_level(request: AuthnRequest) -> Level | None:
    """The level asked, None where none is; ValueError where it is not one of the scheme's."""
    if not request.class_refs:
        return None
    return Level.of(request.class_refs[0])


def said(value: str | None) -> str:
    return "nothing" if value is None else f'"{value[:200]}"'


def nearly(received: str | None, expected: str) -> str | None:
    """What to change in an address that is almost right; None where it is another one altogether."""
    if not received or len(received) > LONGEST_ADDRESS:
        return None
    letter = "the addresses are compared character for character."
    if PLACEHOLDER.search(received):
        return "Fill in the address: this is the placeholder of a template or of an environment variable."
    if "%3A%2F%2F" in received.upper():
        return f"Write the address without percent-encoding, as in the metadata: {letter}"
    if received.strip() == expected:
        return "Take the white space around the address out."
    if received.rstrip("/") == expected.rstrip("/"):
        return f"Mind the slash at the end: {letter}"
    if received.partition(":")[2] == expected.partition(":")[2]:
        return (
            f"Write {expected.partition(':')[0]} instead of {received.partition(':')[0]}; if a proxy ends TLS before "
            "your server or before the broker, tell that server its outside address."
        )
    if received.casefold() == expected.casefold():
        return f"Mind capitals: {letter}"
    if DOUBLE_SLASH.sub("/", received) == expected:
        return f"Take one of the slashes in the path out: {letter}"
    if received.partition("?")[0].partition("#")[0] == expected.partition("?")[0]:
        what, mark = ("query", "?") if "?" in received else ("fragment", "#")
        return f"Take the {what} out, from the {mark} on: {letter}"
    try:
        there, wanted = urlsplit(received), urlsplit(expected)
        if (there.path, there.hostname) == (wanted.path, wanted.hostname):
            return f"Mind the port, {wanted.port or 'none'} here: {letter}"
        if not there.scheme and there.path in (
            wanted.path,
            wanted.path.rstrip("/"),
            f"{wanted.netloc}{wanted.path}",
        ):
            return f"Write the whole address, from {wanted.scheme} on: {letter}"
        if there.path == wanted.path:
            return f"Mind the name of the host, {wanted.hostname} here: {letter}"
    except ValueError:
        return None
    if VERSION.sub("", received) == VERSION.sub("", expected):
        return "Mind the version in the address: each version of the interface has an address of its own."
    return None


def index_mend(received: str | None) -> str | None:
    """What to change in an index that is a number all the same; None where it is none, or another one."""
    if received is None or whole(received) or not whole(received.strip().lstrip("+")):
        return None
    if received != received.strip():
        return "Take the white space around the index out."
    return "Write the index without a sign."


def whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5
