"""The documents that are in force: metadata and service catalogues of the folder, and those of the store over them.

What is broken does not replace what was good: of each file the last good content stays, and the problem is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from broker.store import Store
from broker.trusted import trust
from broker.trusted.trust import Document, Held, Kind, Origin, Source, TrustProblem
from broker.wire.metadata import SpMetadata
from broker.wire.service_catalogue import CatalogueService, ServiceCatalogue

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """A service catalogue in force; ``xml`` is the document."""

    catalogue: ServiceCatalogue
    source: Source
    xml: str = ""


@dataclass(frozen=True, slots=True)
class Trusted:
    """Everything in force at once. ``sources`` is by entity id, ``catalogues`` by ``trust.catalogue_id``."""

    sps: tuple[SpMetadata, ...]
    services: tuple[CatalogueService, ...]
    sources: Mapping[str, Source]
    catalogues: Mapping[str, Listed]
    problems: tuple[str, ...]

    def counts_as(self, other: Trusted) -> bool:
        """Whether the very same documents are in force in both, whatever is wrong with others."""
        return self._parts() == other._parts()

    def _parts(self) -> tuple[object, ...]:
        """What was not read again is the same object."""
        listed = [(id(one.catalogue), one.source) for one in self.catalogues.values()]
        return list(map(id, self.sps)), list(map(id, self.services)), self.sources, listed


@dataclass(frozen=True, slots=True)
class _File:
    stamp: Stamp
    document: Document
    problem: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One of the store. ``raw`` tells whether it is still the one that was read."""

    raw: bytes
    held: Held
    document: Document
    problem: str | None


Records = Mapping[tuple[Kind, str], Record]


class Documents:
    """Reads only what changed: a thousand files cost one look each, a thousand records one look together."""

    def __init__(self, folder: Path, store: Store | None) -> None:
        self._folder = folder
        self._store = store
        self._files: dict[Path, _File] = {}
        self._records: Records = {}
        self._version: bytes | None = None
        self.rooms: Mapping[str, Records] = {}
        """What lies over the rest in each room, by its tag; the same object as long as nothing of it changes."""
        self._room_versions: dict[str, bytes] = {}
        self._version_of_rooms: bytes | None = None
        self._trusted: Trusted | None = None

    def refresh(self) -> bool:
        """True if anything is other than last time."""
        changed = self._read_folder()
        changed = self._read_store() or changed
        if changed:
            self._trusted = None
        return self._read_rooms() or changed

    def trusted(self) -> Trusted:
        """What everybody sees; the same object as long as that is so."""
        if self._trusted is None:
            self._trusted = self._together()
        return self._trusted

    def _together(self) -> Trusted:
        sps: dict[str, SpMetadata] = {}
        services: dict[str, CatalogueService] = {}
        sources: dict[str, Source] = {}
        listed: dict[str, Listed] = {}
        problems: list[str] = []
        for source, document, problem in self._in_order():
            if problem:
                problems.append(problem)
            for sp in document.sps:
                if sp.entity_id in sps:
                    first = sources[sp.entity_id]
                    sources[sp.entity_id] = _over(first, source, sp.entity_id, problems)
                    continue
                sps[sp.entity_id], sources[sp.entity_id] = sp, source
            if document.catalogue is None:
                continue
            name = trust.catalogue_id(document.catalogue)
            if name in listed:
                over = _over(listed[name].source, source, f"the catalogue of {name}", problems)
                listed[name] = replace(listed[name], source=over)
                continue
            listed[name] = Listed(document.catalogue, source, document.xml)
            for service in document.catalogue.services:
                services.setdefault(service.service_id, service)
        return Trusted(tuple(sps.values()), tuple(services.values()), sources, listed, tuple(problems))

    def _in_order(self) -> Iterator[tuple[Source, Document, str | None]]:
        """The store first: what was added later lies over the folder."""
        for record in self._records.values():
            yield Source.of(record.held), record.document, record.problem
        for file, entry in sorted(self._files.items()):
            yield Source(Origin.FILE, str(file)), entry.document, entry.problem

    def _read_folder(self) -> bool:
        found = {file: stamp_of(file) for file in sorted(self._folder.glob("*.xml"))}
        changed = set(self._files) - set(found)
        for file in changed:
            del self._files[file]
        for file, stamp in found.items():
            known = self._files.get(file)
            if stamp is None or (known and known.stamp == stamp):
                continue
            changed.add(file)
            try:
                self._files[file] = _File(stamp, trust.read(file.read_bytes()), None)
            except (TrustProblem, OSError) as error:
                line = getattr(error, "line", 0)
                where = f"{file}:{line}" if line else str(file)
                last_good = known.document if known else Document()
                self._files[file] = _File(stamp, last_good, f"{where}: {error}")
        return bool(changed)

    def _read_store(self) -> bool:
        if self._store is None:
            return False
        version = trust.version(self._store)
        if version == self._version:
            return False
        # The version from before the records were read: a change in between gives another one, so another look.
        self._records, self._version = self._read_records(self._store, "", self._records), version
        return True

    def _read_rooms(self) -> bool:
        if self._store is None:
            return False
        version = trust.version_of_rooms(self._store)
        if version == self._version_of_rooms:
            return False
        versions = trust.rooms(self._store)
        rooms = {}
        for tag, of_room in versions.items():
            known = self.rooms.get(tag, {})
            same = self._room_versions.get(tag) == of_room
            rooms[tag] = known if same else self._read_records(self._store, tag, known)
        self.rooms = {tag: found for tag, found in rooms.items() if found}
        self._room_versions, self._version_of_rooms = versions, version
        return True

    def _read_records(self, store: Store, tag: str, before: Records) -> Records:
        found: dict[tuple[Kind, str], Record] = {}
        for kind in Kind:
            for id_, raw in trust.records(store, kind, tag):
                known = before.get((kind, id_))
                found[kind, id_] = known if known and known.raw == raw else _read_record(id_, raw)
        return found


def _read_record(id_: str, raw: bytes) -> Record:
    """It was good when it was taken in; a later version of the broker may judge otherwise."""
    held = trust.ADAPTER.validate_json(raw)
    try:
        return Record(raw, held, trust.read(held.xml.encode()), None)
    except TrustProblem as problem:
        return Record(raw, held, Document(), f"{id_}, added by {held.origin}: {problem}")


def _over(first: Source, second: Source, what: str, problems: list[str]) -> Source:
    """Which of two counts is the first; that it lies over a file is meant, that two files say it is not."""
    if first.origin is Origin.FILE:
        problems.append(f"{second.name}: {what} is in {Path(first.name).name} already; that one counts")
        return first
    return replace(first, covers=first.covers or Path(second.name).name)


def stamp_of(file: Path) -> Stamp | None:
    """Changes with every save, also one of the same size within the same second."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
