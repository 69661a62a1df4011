"""What testers add to the home folder while the broker runs: metadata and service catalogues.

Each is a record in the store, so that every process sees it and a restart keeps it; it lies over what the
folder says of the same provider. ``Configuration`` reads the records, this module writes them. A change ends
with a new ``version``: that is all that the others have to look at.

With a tag it is a record of one room (docs/tags.md), which lies over what everybody sees. Each room has a version of
its own, and all of them together have one.
"""

from __future__ import annotations

import enum
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from broker.store import Store
from broker.trusted.fetch import FetchProblem, fetch, shown
from broker.wire import metadata, service_catalogue
from broker.wire.metadata import MetadataProblem, SpMetadata
from broker.wire.service_catalogue import CatalogueProblem, ServiceCatalogue
from broker.wire.xml import MOST_BYTES, XmlProblem, named, parse
from suppliers.adapters import Adapter
from suppliers.rooms import of_room

REFETCH_SECONDS = 60.0
_DECLARATION = re.compile(r"^[\ufeff\s]*<\?xml[^>]*\?>")
_VERSION = ("trusted", "version")
_VERSION_OF_ROOMS = ("trusted", "version of rooms")
_ROOM = "trusted-room"
REFETCHED = "refetched"


class Kind(enum.StrEnum):
    """The kind of document; also the kind of its records in the store."""

    SP = "service-provider"
    CATALOGUE = "service-catalogue"


class Origin(enum.StrEnum):
    FILE = "file"
    PASTE = "paste"
    UPLOAD = "upload"
    API = "api"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Held:
    """One record: one provider's metadata, or one catalogue. ``problem`` is why the last refetch failed; ``tag`` the
    room that it is in, empty for all."""

    id: str
    kind: Kind
    origin: Origin
    at: datetime
    xml: str
    url: str | None = None
    problem: str | None = None
    tag: str = ""


ADAPTER = Adapter(Held)


@dataclass(frozen=True, slots=True)
class Source:
    """Where what is in force came from. ``name`` is a file or an address, ``covers`` the file that it lies over."""

    origin: Origin
    name: str = ""
    at: datetime | None = None
    problem: str | None = None
    covers: str | None = None
    tag: str = ""

    @classmethod
    def of(cls, held: Held) -> Source:
        return cls(held.origin, shown(held.url or ""), held.at, held.problem, tag=held.tag)


class TrustProblem(ValueError):
    """What cannot be taken in and why; ``line`` of the document, 0 where there is none."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class TooBig(TrustProblem):
    """More bytes than are ever read."""


class Taken(TrustProblem):
    """It is there already, and it was asked not to replace."""


@dataclass(frozen=True, slots=True)
class Document:
    """What one XML document held: providers, or one catalogue."""

    sps: tuple[SpMetadata, ...] = ()
    catalogue: ServiceCatalogue | None = None
    xml: str = ""

    def records(self, origin: Origin, at: datetime, url: str | None, tag: str = "") -> list[Held]:
        if self.catalogue is not None:
            id_ = catalogue_id(self.catalogue)
            return [Held(id_, Kind.CATALOGUE, origin, at, self.xml, url, tag=tag)]
        return [Held(sp.entity_id, Kind.SP, origin, at, sp.xml.decode(), url, tag=tag) for sp in self.sps]


def read(data: bytes) -> Document:
    """Metadata or a service catalogue: the root says which. Raises TrustProblem with the line."""
    if len(data) > MOST_BYTES:
        raise TooBig(f"the document is {len(data):,} bytes; at most {MOST_BYTES:,} are read")
    start = data[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        raise TrustProblem("the document is empty")
    if start.startswith((b"<!doctype html", b"<html")):
        raise TrustProblem("this is a web page (HTML), not metadata: give the metadata document itself", 1)
    try:
        root = parse(data)
    except XmlProblem as problem:
        raise TrustProblem(problem.reason, problem.line) from None
    try:
        if service_catalogue.is_catalogue(root):
            found = service_catalogue.read(data)
            return Document(catalogue=found, xml=etree.tostring(root, encoding="unicode"))
        if etree.QName(root).localname not in ("EntityDescriptor", "EntitiesDescriptor"):
            raise TrustProblem(
                f"the root is {named(root)}; expected <md:EntityDescriptor>, <md:EntitiesDescriptor> or "
                "<esc:ServiceCatalogue>",
                root.sourceline or 0,
            )
        return Document(sps=tuple(metadata.read(data)))
    except (MetadataProblem, CatalogueProblem) as problem:
        raise TrustProblem(problem.reason, problem.line) from None


def of_text(text: str) -> bytes:
    """Text that somebody pasted: what its XML declaration says of an encoding is not true any more."""
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")


def catalogue_id(catalogue: ServiceCatalogue) -> str:
    """The OIN whose services it lists; the next catalogue of the same provider takes its place."""
    if len(catalogue.oins) == 1:
        return catalogue.oins[0]
    together = hashlib.sha256(" ".join(sorted(catalogue.oins)).encode()).hexdigest()
    return f"{catalogue.oins[0]}-{together[:12]}"


def version(store: Store) -> bytes | None:
    """Another one after every change that everybody sees."""
    return store.get(*_VERSION)


def version_of_rooms(store: Store) -> bytes | None:
    """Another one after every change in any room."""
    return store.get(*_VERSION_OF_ROOMS)


def rooms(store: Store) -> dict[str, bytes]:
    """The version of each room that has anything, by its tag."""
    return dict(store.records(_ROOM))


def records(store: Store, kind: Kind, tag: str = "") -> list[tuple[str, bytes]]:
    """As they lie in the store, so that only those that changed need to be read."""
    return store.records(of_room(kind, tag))


def get(store: Store, kind: Kind, id_: str, tag: str = "") -> Held | None:
    found = store.get(of_room(kind, tag), id_)
    return None if found is None else ADAPTER.validate_json(found)


def add(
    store: Store,
    data: bytes,
    origin: Origin,
    now: datetime,
    *,
    url: str | None = None,
    only: tuple[Kind, str] | None = None,
    replacing: bool = True,
    tag: str = "",
) -> list[Held]:
    """Take a document in, for all or for one room; its records. All of it or, with TrustProblem, nothing.

    ``only`` is what it must hold, and nothing else. Without ``replacing``, what is there already is Taken.
    """
    document = read(data)
    entity_ids = [sp.entity_id for sp in document.sps]
    twice = next((one for one in entity_ids if entity_ids.count(one) > 1), None)
    if twice:
        raise TrustProblem(f"{twice} stands there twice: an entityID is one provider's")
    found = document.records(origin, now, url, tag)
    if only is not None and [(held.kind, held.id) for held in found] != [only]:
        raise TrustProblem(
            f"this is {', '.join(held.id for held in found)}; expected {only[1]} and nothing else"
        )
    if not replacing:
        _add_new(store, found)
    else:
        for held in found:
            _put(store, held)
    _changed(store, tag)
    return found


def add_url(
    store: Store,
    url: str,
    now: datetime,
    *,
    only: tuple[Kind, str] | None = None,
    replacing: bool = True,
    tag: str = "",
    get_: Callable[[str], bytes] = fetch,
) -> list[Held]:
    """Fetch and take in. What came from this address before and is not in it any more is trusted no longer."""
    try:
        data = get_(url)
    except FetchProblem as problem:
        raise TrustProblem(str(problem)) from None
    try:
        found = add(store, data, Origin.URL, now, url=url, only=only, replacing=replacing, tag=tag)
    except TrustProblem as problem:
        raise type(problem)(f"{shown(url)}: {problem.reason}", problem.line) from None
    kept = {(held.kind, held.id) for held in found}
    for kind in Kind:
        for id_, raw in records(store, kind, tag):
            if only is None and (kind, id_) not in kept and ADAPTER.validate_json(raw).url == url:
                store.delete(of_room(kind, tag), id_)
    _changed(store, tag)
    return found


def remove(store: Store, kind: Kind, id_: str, tag: str = "") -> bool:
    """True if there was one. What the folder says of it, if anything, is in force again."""
    gone = store.delete(of_room(kind, tag), id_)
    if gone:
        _changed(store, tag)
    return gone


def empty(store: Store, tag: str) -> int:
    """Take away all that a room has; how much that was."""
    gone = 0
    for kind in Kind:
        gone += len(records(store, kind, tag))
        store.clear(kind=of_room(kind, tag))
    if gone:
        _changed(store, tag)
    store.delete(_ROOM, tag)
    return gone


def refetch(
    store: Store,
    kind: Kind,
    id_: str,
    now: datetime,
    *,
    tag: str = "",
    get_: Callable[[str], bytes] = fetch,
) -> list[Held]:
    """Fetch its address again. On TrustProblem the last good one stays, and the record says why."""
    raw = store.get(of_room(kind, tag), id_)
    held = None if raw is None else ADAPTER.validate_json(raw)
    if raw is None or held is None or held.url is None:
        raise TrustProblem(f"{id_} did not come from an address")
    try:
        return add_url(store, held.url, now, tag=tag, get_=get_)
    except TrustProblem as problem:
        where = f"line {problem.line}: " if problem.line else ""
        # Not put: what somebody removed meanwhile must not come back.
        failed = replace(held, problem=where + problem.reason)
        store.swap(of_room(kind, tag), id_, raw, ADAPTER.dump_json(failed))
        _changed(store, tag)
        raise


def refetch_for_key(store: Store, entity_id: str, now: datetime, tag: str = "") -> bool:
    """A request was signed by a key that we do not know: perhaps the provider has a new one. At most once a
    minute for one provider, and only where its metadata came from an address. True if it was fetched.

    In a room it is the room's own metadata, where it has that; else what everybody sees."""
    held = (get(store, Kind.SP, entity_id, tag) if tag else None) or get(store, Kind.SP, entity_id)
    if held is None or held.url is None:
        return False
    if not store.add(of_room(REFETCHED, held.tag), entity_id, b"", keep=REFETCH_SECONDS):
        return False
    try:
        refetch(store, Kind.SP, entity_id, now, tag=held.tag)
    except TrustProblem:
        return False
    return True


def _add_new(store: Store, found: list[Held]) -> None:
    added: list[Held] = []
    for held in found:
        if not store.add(of_room(held.kind, held.tag), held.id, ADAPTER.dump_json(held)):
            for one in added:
                store.delete(of_room(one.kind, one.tag), one.id)
            raise Taken(f"{held.id} is there already; replace it with PUT, or remove it first")
        added.append(held)


def _put(store: Store, held: Held) -> None:
    store.put(of_room(held.kind, held.tag), held.id, ADAPTER.dump_json(held))


def _changed(store: Store, tag: str) -> None:
    if not tag:
        store.put(*_VERSION, secrets.token_bytes(8))
        return
    # The room's first: who sees that some room changed finds which.
    store.put(_ROOM, tag, secrets.token_bytes(8))
    store.put(*_VERSION_OF_ROOMS, secrets.token_bytes(8))
