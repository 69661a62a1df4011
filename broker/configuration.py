"""What the home folder says now: ``eherkenning.yaml`` and ``metadata/``, read again when they change.

A snapshot is immutable and replaced as a whole, so that a login under way sees one or the other. What is
broken does not replace what was good: the last good one stays in force and the problems are said.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from threading import Event, Lock, Thread

from pydantic import BaseModel

from broker.catalogue import Catalogue
from broker.rules.engine import Profile
from broker.settings import BrokerSection
from broker.sp_settings import DEFAULT, SpSection, SpSections
from broker.wire.metadata import MetadataProblem, SpMetadata, read
from broker.wire.shape import Shape
from suppliers.register.loader import Loaded, load
from suppliers.register.model import Register
from suppliers.register.problems import ConfigError

YAML = "eherkenning.yaml"
LOOK_EVERY = 0.5

log = logging.getLogger("mock_eherkenning.configuration")

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``version`` counts from 1, one up for every change in force. ``problems`` is empty when all is well."""

    version: int
    loaded_at: datetime
    register: Register
    catalogue: Catalogue
    broker: BrokerSection
    sp_settings: Mapping[str, SpSection]
    problems: tuple[str, ...] = ()

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


@dataclass(frozen=True, slots=True)
class _MetadataFile:
    stamp: Stamp
    sps: tuple[SpMetadata, ...]
    problem: str | None


def fill(home: Path) -> list[Path]:
    """Put in a home folder what is missing to start from; what is there stays. The files that were made."""
    made = []
    for folder in ("metadata", "certs"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    target = home / YAML
    if not target.exists():
        with (files("broker") / "defaults" / YAML).open("rb") as source, target.open("wb") as out:
            shutil.copyfileobj(source, out)
        made.append(target)
    return made


class Configuration:
    """Holds the snapshot in force. Raises ConfigError or OSError when made from a broken or missing YAML."""

    def __init__(self, home: Path, suppliers: Collection[str], now: Callable[[], datetime]) -> None:
        self._yaml = home / YAML
        self._metadata = home / "metadata"
        self._suppliers = tuple(suppliers)
        self._now = now
        self._files: dict[Path, _MetadataFile] = {}
        self._lock = Lock()
        self._stop = Event()
        self._yaml_stamp = _stamp(self._yaml)
        self._loaded = self._load()
        self._yaml_problems: tuple[str, ...] = ()
        self._read_metadata()
        self.current = self._snapshot(1)
        for problem in self.current.problems:
            log.warning("%s", problem)

    def refresh(self) -> bool:
        """Read again what changed on disk since last time; True if that gave a new snapshot."""
        with self._lock:
            changed = self._read_yaml()
            changed = self._read_metadata() or changed
            if changed:
                before = set(self.current.problems)
                self.current = self._snapshot(self.current.version + 1)
                for problem in self.current.problems:
                    if problem not in before:
                        log.warning("the last good configuration stays in force: %s", problem)
                log.info("configuration %d is in force", self.current.version)
            return changed

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

    def _load(self) -> Loaded:
        sections: dict[str, type[BaseModel]] = {"broker": BrokerSection, "service_providers": SpSections}
        return load(self._yaml, suppliers=self._suppliers, sections=sections)

    def _read_yaml(self) -> bool:
        stamp = _stamp(self._yaml)
        if stamp == self._yaml_stamp:
            return False
        self._yaml_stamp = stamp
        try:
            self._loaded = self._load()
        except ConfigError as error:
            self._yaml_problems = tuple(str(problem) for problem in error.problems)
        except OSError as error:
            self._yaml_problems = (f"{self._yaml}: {error.strerror}",)
        else:
            self._yaml_problems = ()
        return True

    def _read_metadata(self) -> bool:
        """Only files whose stamp changed are read: a thousand of them cost one look each."""
        found = {file: _stamp(file) for file in sorted(self._metadata.glob("*.xml"))}
        changed = set(self._files) - set(found)
        for file in changed:
            del self._files[file]
        for file, stamp in found.items():
            known = self._files.get(file)
            if stamp is None or (known and known.stamp == stamp):
                continue
            changed.add(file)
            try:
                self._files[file] = _MetadataFile(stamp, tuple(read(file.read_bytes())), None)
            except (MetadataProblem, OSError) as error:
                line = getattr(error, "line", 0)
                where = f"{file}:{line}" if line else str(file)
                last_good = known.sps if known else ()
                self._files[file] = _MetadataFile(stamp, last_good, f"{where}: {error}")
        return bool(changed)

    def _snapshot(self, version: int) -> Snapshot:
        sps: dict[str, SpMetadata] = {}
        problems = list(self._yaml_problems)
        origin: dict[str, Path] = {}
        for file, entry in sorted(self._files.items()):
            if entry.problem:
                problems.append(entry.problem)
            for sp in entry.sps:
                if sp.entity_id in sps:
                    problems.append(
                        f"{file}: {sp.entity_id} is in {origin[sp.entity_id].name} already; that one counts"
                    )
                    continue
                sps[sp.entity_id] = sp
                origin[sp.entity_id] = file
        section = self._loaded.sections.get("broker")
        sections = self._loaded.sections.get("service_providers")
        return Snapshot(
            version=version,
            loaded_at=self._now(),
            register=self._loaded.register,
            catalogue=Catalogue(sps.values(), self._loaded.register.services.values()),
            sp_settings=sections.root if isinstance(sections, SpSections) else {},
            broker=section if isinstance(section, BrokerSection) else BrokerSection(),  # type: ignore[call-arg]
            problems=tuple(problems),
        )


def _stamp(file: Path) -> Stamp | None:
    """Changes with every save, also one of the same size within the same second."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
