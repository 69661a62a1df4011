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
from broker.documents import Documents, Listed, Trusted
from broker.rules.engine import Profile
from broker.settings import BrokerSection
from broker.sp_settings import DEFAULT, SpSection, SpSections
from broker.store import Store
from broker.trust import Source
from broker.wire.metadata import SpMetadata
from broker.wire.shape import Shape
from broker.yaml_files import YamlFiles
from suppliers.register.changes import NONE as NO_CHANGES
from suppliers.register.changes import Entry, Journal
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

    ``layer`` is what ``register`` was made of: the files, and what testers changed over them.
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
        self._catalogue: tuple[Trusted, Layer, Catalogue] | None = None
        if self._journal:
            self._journal.read()
        self._layer = self._laid()
        self.current = self._snapshot(1)
        for problem in self.current.problems:
            log.warning("%s", problem)

    def refresh(self) -> bool:
        """Read again what changed on disk and in the store since last time; True if that gave a new snapshot."""
        with self._lock:
            changed = self._read_yaml()
            if self._documents.refresh():
                self._trusted = self._documents.trusted()
                changed = True
            with self._changing:
                changed = self._follow() or changed
                if changed:
                    self._put_in_force()
            return changed

    def change(self, decide: Callable[[Layer], Entry | None]) -> Layer:
        """Change what lies over the files: ``decide`` sees everything that was changed before, in whichever process,
        and says what is to be written, None for nothing. It is asked again where somebody else was first. What it
        raises goes on to the caller. When this returns the change is in force here, elsewhere at the next look."""
        if self._journal is None:
            raise RuntimeError("changes need a store")
        with self._changing:
            while True:
                followed = self._follow()
                try:
                    entry = decide(self._layer)
                except Exception:
                    if followed:
                        self._put_in_force()
                    raise
                if entry is None or self._journal.append(entry):
                    break
            if entry is not None:
                self._layer = self._layer.after(entry)
            if followed or entry is not None:
                self._put_in_force()
            return self._layer

    def _follow(self) -> bool:
        """Take in what was changed since the last look, here or elsewhere, file or store."""
        entries = self._journal.read() if self._journal else []
        if self._layer.base is not self._loaded.register or (
            self._journal and self._journal.changes and self._laid_on != reading_now().today
        ):
            self._layer = self._laid()
            return True
        for entry in entries:
            self._layer = self._layer.after(entry)
        return bool(entries)

    def _laid(self) -> Layer:
        """Days may be relative in changes too, so they count from the day on which they are laid."""
        slugs = Allowed(self._suppliers, self._suppliers if self._smartcards is None else self._smartcards)
        self._laid_on = reading_now().today
        changes = self._journal.changes if self._journal else NO_CHANGES
        return Layer.on(self._loaded.register, slugs, changes)

    def _put_in_force(self) -> None:
        before = set(self.current.problems)
        self.current = self._snapshot(self.current.version + 1)
        for problem in self.current.problems:
            if problem not in before:
                log.warning("the last good configuration stays in force: %s", problem)
        log.info("configuration %d is in force", self.current.version)

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
            except Exception:
                # The watch must outlive whatever an editor leaves on disk for a moment.
                log.exception("the configuration could not be read again")

    def _read_yaml(self) -> bool:
        changed = self._files.refresh()
        self._loaded = self._files.loaded
        return changed

    def _snapshot(self, version: int) -> Snapshot:
        trusted = self._trusted
        section = self._loaded.sections.get("broker")
        sections = self._loaded.sections.get("service_providers")
        return Snapshot(
            version=version,
            loaded_at=self._now(),
            register=self._layer.register,
            catalogue=self._catalogue_of(trusted),
            sp_settings=sections.root if isinstance(sections, SpSections) else {},
            broker=section if isinstance(section, BrokerSection) else BrokerSection(),  # type: ignore[call-arg]
            problems=(*self._files.problems, *trusted.problems),
            warnings=self._files.warnings,
            warned=self._files.warned,
            sources=trusted.sources,
            catalogues=trusted.catalogues,
            layer=self._layer,
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
