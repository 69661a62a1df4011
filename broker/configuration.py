"""What the home folder says now: ``eherkenning.yaml`` and ``metadata/``, read again when they change; and what
testers added to it, in the store (``trust.py``), which lies over the folder.

A snapshot is immutable and replaced as a whole, so that a login under way sees one or the other. What is
broken does not replace what was good: the last good one stays in force and the problems are said.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from threading import Event, Lock, Thread

from broker.catalogue import Catalogue
from broker.rooms import NO_RECORDS, Ground, Room
from broker.rules.engine import Against, Profile
from broker.rules.libraries import guess
from broker.scenarios.armed import Armed
from broker.scenarios.section import ScenarioSection
from broker.settings import BrokerSection
from broker.sp_settings import DEFAULT, SpSection, SpSections
from broker.store import Store
from broker.trusted.documents import Documents, Listed, Trusted
from broker.trusted.trust import Source
from broker.wire.metadata import SpMetadata
from broker.wire.shape import Shape
from broker.wire.xml import Element
from broker.yaml_files import YamlFiles
from suppliers.register.changes import NONE as NO_CHANGES
from suppliers.register.changes import Entry, Journal, Rooms
from suppliers.register.layer import Allowed, Layer
from suppliers.register.model import Register
from suppliers.register.reading import reading_now
from suppliers.register.warnings import SupplierFacts

YAML = "eherkenning.yaml"
LOOK_EVERY = 0.5

log = logging.getLogger("mock_eherkenning.configuration")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``version`` counts from 1, one up for every change in force. ``problems`` is empty when all is well;
    ``warnings`` are what may surprise in files that are in force, the first of ``warned``.

    ``layer`` is what ``register`` was made of: the files, and what testers changed over them. ``rooms`` are those
    that have something of their own, by tag; ``tag`` is the one that this is seen from.
    """

    version: int
    loaded_at: datetime
    register: Register
    catalogue: Catalogue
    broker: BrokerSection
    sp_settings: Mapping[str, SpSection]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    warned: int = 0
    sources: Mapping[str, Source] = field(default_factory=dict)
    catalogues: Mapping[str, Listed] = field(default_factory=dict)
    layer: Layer | None = None
    scenarios: tuple[Armed, ...] = ()
    rooms: Mapping[str, Room] = field(default_factory=dict, repr=False)
    tag: str = ""
    _seen: dict[str, Snapshot] = field(default_factory=dict, init=False, repr=False, compare=False)

    def seen_by(self, tag: str) -> Snapshot:
        """As the room of this tag sees it: what was made there lies over the rest (docs/tags.md). Made once for
        each room."""
        room = self.rooms.get(tag)
        if room is None or tag == self.tag:
            return self
        seen = self._seen.get(tag)
        if seen is None:
            seen = self._seen[tag] = replace(
                self,
                register=room.layer.register,
                catalogue=room.catalogue,
                problems=(*self.problems, *room.problems),
                sources=room.sources,
                catalogues=room.catalogues,
                layer=room.layer,
                tag=tag,
            )
        return seen

    def room_with(self, sp: str) -> str:
        """The tag of a room that has metadata of this provider of its own; empty where none has."""
        return next((tag for tag, room in self.rooms.items() if room.has(sp)), "")

    def settings_of(self, sp: str) -> SpSection:
        """How this provider is judged and answered; the defaults where the YAML says nothing of it."""
        return self.sp_settings.get(sp, DEFAULT)

    def is_saml(self, sp: SpMetadata) -> bool:
        """Whether it is served as a provider that knows nothing of the scheme."""
        return self.settings_of(sp.entity_id).is_saml(sp.of_the_scheme)

    def shape_of(self, sp: str, version: str) -> Shape:
        """How answers to this provider are built, for a login by this version of the interface."""
        shape = self.settings_of(sp).shape(version)
        metadata = self.catalogue.sps.get(sp)
        if metadata is None or not self.is_saml(metadata):
            return shape
        # Libraries that know nothing of the scheme look for the certificate where SAML usually puts it.
        return replace(shape, signing=replace(shape.signing, certificate=True))

    def profile_of(self, sp: SpMetadata | None) -> Profile:
        """How strictly its messages are judged."""
        if sp is None:
            return self.broker.rules
        return Profile.SAML if self.is_saml(sp) else self.settings_of(sp.entity_id).rules or self.broker.rules

    def against(
        self, sp: SpMetadata | None, document: bytes = b"", message: Element | None = None
    ) -> Against:
        """What a message of this provider is judged by; ``message`` is its root, in ``document``."""
        settings = DEFAULT if sp is None else self.settings_of(sp.entity_id)
        libraries: tuple[str, ...] = (settings.library,) if settings.library else ()
        if not libraries and message is not None:
            libraries = guess(message)
        return Against(self.profile_of(sp), document, libraries, settings.suppress)


def fill(home: Path) -> list[Path]:
    """Put in a home folder what is missing to start from; what is there stays. The files that were made."""
    made = []
    for folder in ("metadata", "certs"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    target = home / YAML
    if not target.exists():
        draft = target.with_name(f".{YAML}.{secrets.token_hex(4)}")
        try:
            with (files("broker") / "defaults" / YAML).open("rb") as source, draft.open("wb") as out:
                shutil.copyfileobj(source, out)
            draft.replace(target)  # whole or not at all: another process may start in the same home
        finally:
            draft.unlink(missing_ok=True)
        made.append(target)
    return made


class Configuration:
    """Holds the snapshot in force. Raises ConfigError or OSError when made from a broken or missing YAML."""

    def __init__(
        self,
        home: Path,
        suppliers: Collection[str],
        now: Callable[[], datetime],
        store: Store | None = None,
        smartcards: Collection[str] | None = None,
        facts: Mapping[str, SupplierFacts] | None = None,
    ) -> None:
        """``suppliers`` are the slugs of all, ``smartcards`` of those with smartcards (all if None); ``facts`` is
        what warnings need to know of each."""
        self._yaml = home / YAML
        self._smartcards = smartcards
        self._documents = Documents(home / "metadata", store)
        self._suppliers = tuple(suppliers)
        self._now = now
        self._lock = Lock()
        # Apart from the other, for a change must not wait until a large file is read.
        self._changing = Lock()
        self._journal = None if store is None else Journal(store)
        self._stop = Event()
        self._files = YamlFiles(self._yaml, self._suppliers, smartcards, facts)
        self._loaded = self._files.loaded
        self._documents.refresh()
        self._trusted = self._documents.trusted()
        self._documents_problems = self._trusted.problems
        self._catalogue: tuple[Trusted, Layer, Catalogue] | None = None
        self._rooms: dict[str, Room] = {}
        if self._journal:
            self._journal.read()
        self._layer = self._laid()
        self.current = self._snapshot(1)
        for problem in self.current.problems:
            log.warning("%s", problem)

    def refresh(self) -> bool:
        """Read again what changed on disk and in the store since last time; True if that gave a new snapshot."""
        with self._lock:
            loaded, rooms = self._loaded, self._documents.rooms
            read, documents_read = self._read_yaml(), self._documents.refresh()
            # A save that is broken changes what is wrong, and nothing that is in force.
            changed = self._loaded is not loaded or self._documents.rooms is not rooms
            if documents_read:
                trusted = self._documents.trusted()
                self._documents_problems = trusted.problems
                if not trusted.counts_as(self._trusted):
                    self._trusted, changed = trusted, True
            with self._changing:
                if self._follow() or changed:
                    self._put_in_force()
                elif read or documents_read:
                    self._say_problems()
                else:
                    return False
            return True

    @property
    def changes(self) -> Rooms:
        """All that was changed over the files, by the tag of the room."""
        return self._journal.rooms if self._journal else {}

    def change(self, decide: Callable[[Layer], Entry | None], tag: str = "") -> Layer:
        """Change what lies over the files, for everybody or in one room: ``decide`` sees everything that was changed
        there before, in whichever process, and says what is to be written, None for nothing. It is asked again where
        somebody else was first. What it raises goes on to the caller. When this returns the change is in force here,
        elsewhere at the next look."""
        if self._journal is None:
            raise RuntimeError("changes need a store")
        with self._changing:
            while True:
                followed = self._follow()
                try:
                    entry = decide(self._layer_of(tag))
                except Exception:
                    if followed:
                        self._put_in_force()
                    raise
                if entry is None or self._journal.append(entry):
                    break
            if entry is not None:
                self._lay(entry)
            if followed or entry is not None:
                self._put_in_force()
            return self._layer_of(tag)

    def _follow(self) -> bool:
        """Take in what was changed since the last look, here or elsewhere, file or store."""
        entries = self._journal.read() if self._journal else []
        if self._layer.base is not self._loaded.register or (
            self._journal and self._journal.rooms and self._laid_on != reading_now().today
        ):
            self._layer = self._laid()
            return True
        for entry in entries:
            self._lay(entry)
        return bool(entries)

    def _lay(self, entry: Entry) -> None:
        """One entry more of the journal, which has it already."""
        if entry.afresh or "" in entry.rooms:
            self._layer = self._layer.after(entry.within(""))
            return
        for tag in entry.rooms:
            room = self._rooms.get(tag)
            if room is None or room.ground.layer is not self._layer:
                continue  # laid as a whole when somebody looks
            laid = replace(room, changes=self.changes.get(tag, NO_CHANGES))
            # Not the whole of it again for each of very many changes.
            laid.__dict__["layer"] = room.layer.after(entry.within(tag))
            self._rooms[tag] = laid

    def _layer_of(self, tag: str) -> Layer:
        """What was changed in this room over what everybody sees."""
        if not tag:
            return self._layer
        room = self._room(tag, Ground(self._layer, self._trusted, self._catalogue_of(self._trusted)))
        self._rooms[tag] = room
        return room.layer

    def _room(self, tag: str, ground: Ground) -> Room:
        """The same one as long as nothing of it changes."""
        now = Room(ground, self.changes.get(tag, NO_CHANGES), self._documents.rooms.get(tag, NO_RECORDS))
        known = self._rooms.get(tag)
        if known is None or known.holds(now):
            return known or now
        if known.ground.layer is ground.layer and known.changes is now.changes and "layer" in known.__dict__:
            now.__dict__["layer"] = known.layer
        return now

    def _laid(self) -> Layer:
        """Days may be relative in changes too, so they count from the day on which they are laid."""
        slugs = Allowed(self._suppliers, self._suppliers if self._smartcards is None else self._smartcards)
        self._laid_on = reading_now().today
        changes = self._journal.changes if self._journal else NO_CHANGES
        return Layer.on(self._loaded.register, slugs, changes)

    def _put_in_force(self) -> None:
        before = set(self.current.problems)
        self.current = self._snapshot(self.current.version + 1)
        self._log_problems(before)
        log.info("configuration %d is in force", self.current.version)

    def _say_problems(self) -> None:
        """What is in force stays; what is said of the files is new."""
        before = set(self.current.problems)
        self.current = replace(self.current, problems=(*self._files.problems, *self._documents_problems))
        self._log_problems(before)

    def _log_problems(self, before: Collection[str]) -> None:
        for problem in self.current.problems:
            if problem not in before:
                log.warning("the last good configuration stays in force: %s", problem)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that the register in force was read from, the one that includes the others first."""
        return self._loaded.files or (self._yaml,)

    @property
    def warned(self) -> int:
        """How many warnings there are; ``current.warnings`` has the first of them."""
        return self._files.warned

    def watch(self) -> None:
        """Refresh in the background, off the path of every request, until ``close``."""
        Thread(target=self._watch, name="configuration", daemon=True).start()

    def close(self) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            try:
                self.refresh()
                self._files.index()
            except Exception:
                # The watch must outlive whatever an editor leaves on disk for a moment.
                log.exception("the configuration could not be read again")

    def _read_yaml(self) -> bool:
        changed = self._files.refresh()
        self._loaded = self._files.loaded
        return changed

    def _snapshot(self, version: int) -> Snapshot:
        trusted = self._trusted
        catalogue = self._catalogue_of(trusted)
        ground = Ground(self._layer, trusted, catalogue)
        # A room that has nothing any more is forgotten.
        self._rooms = {tag: self._room(tag, ground) for tag in {*self.changes, *self._documents.rooms} - {""}}
        section = self._loaded.sections.get("broker")
        sections = self._loaded.sections.get("service_providers")
        scenarios = self._loaded.sections.get("scenarios")
        return Snapshot(
            version=version,
            loaded_at=self._now(),
            register=self._layer.register,
            catalogue=catalogue,
            sp_settings=sections.root if isinstance(sections, SpSections) else {},
            broker=section if isinstance(section, BrokerSection) else BrokerSection(),  # type: ignore[call-arg]
            problems=(*self._files.problems, *self._documents_problems),
            warnings=self._files.warnings,
            warned=self._files.warned,
            sources=trusted.sources,
            catalogues=trusted.catalogues,
            layer=self._layer,
            scenarios=scenarios.armed() if isinstance(scenarios, ScenarioSection) else (),
            rooms=dict(self._rooms),
        )

    def _catalogue_of(self, trusted: Trusted) -> Catalogue:
        """Made again only where one of its parts is another: a thousand providers take their time."""
        layer = self._layer
        if self._catalogue is not None:
            of, was, catalogue = self._catalogue
            if of is trusted and was.base is layer.base and was.over.services == layer.over.services:
                return catalogue
        catalogue = Catalogue(trusted.sps, layer.register.services.values(), trusted.services)
        self._catalogue = trusted, layer, catalogue
        return catalogue
