"""The YAML and everything that it includes, read again when one of the files changes or when it is another day.

What is broken does not replace what was good. Reading again happens beside requests: see ``background.py``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from pydantic import BaseModel

from broker.background import give_back, is_large, let_go, quietly, step_aside
from broker.clock import machine_time
from broker.scenarios.section import ScenarioSection
from broker.settings import BrokerSection
from broker.sp_settings import SpSections
from broker.trusted.documents import Stamp, stamp_of
from suppliers.register import days, search
from suppliers.register.loader import Loaded, load
from suppliers.register.problems import ConfigError, Problem, Surprise
from suppliers.register.reading import Reading
from suppliers.register.warnings import SupplierFacts, Surprises
from suppliers.register.where import Where

SECTIONS: Mapping[str, type[BaseModel]] = {
    "broker": BrokerSection,
    "service_providers": SpSections,
    "scenarios": ScenarioSection,
}
MOST_SAID = 200  # problems or warnings that are kept to be shown; ``mock-eherkenning check`` prints them all


class YamlFiles:
    """Raises ConfigError when made from a broken or missing YAML. ``loaded`` is the last good one; ``problems`` and
    ``warnings`` are of the last one. ``today`` gives the day that relative dates count from."""

    def __init__(
        self,
        yaml: Path,
        suppliers: Collection[str],
        smartcards: Collection[str] | None = None,
        facts: Mapping[str, SupplierFacts] | None = None,
        machine: Callable[[], datetime] = machine_time,
    ) -> None:
        self._yaml = yaml
        self._suppliers = suppliers
        self._smartcards = smartcards
        self._facts = facts or {}
        self._machine = machine
        self._stamps: dict[Path, Stamp | None] = {yaml: stamp_of(yaml)}
        self._old: list[object] = []
        self.problems: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self.warned = 0
        self.loaded = self._load(lambda: None)
        self._settle(lambda: None)

    def refresh(self) -> bool:
        """Read again if there is a reason to; True if that was so, whatever came of it."""
        if self._old:
            let_go(self._old)
        if not self._changed():
            return False
        before = self.loaded.register
        pause = step_aside if is_large(before) else lambda: None
        try:
            with quietly():
                self.loaded = self._load(pause)
                self._settle(pause)
        except ConfigError as error:
            self.problems = said(error.problems)
            self._watch(error.files or self._stamps)
        else:
            self.problems = ()
            if is_large(before):
                self._old = [*before.people.values(), *before.mandates()]
        return True

    def index(self) -> None:
        """Of very many people, what the first search would have to wait for; at most once for each time they are read,
        and not before they are in force."""
        register = self.loaded.register
        if is_large(register) and not search.is_ready(register):
            with quietly():
                search.prepare(register, step_aside)
            give_back()

    @property
    def today(self) -> date:
        return days.dutch_day(self._machine())

    def _changed(self) -> bool:
        if self.loaded.day not in (None, self.today) and not self.problems:
            return True
        return any(stamp_of(path) != stamp for path, stamp in self._stamps.items())

    def _load(self, pause: Callable[[], None]) -> Loaded:
        # Looked at before they are read: a save in between is seen the next time.
        self._stamps = {path: stamp_of(path) for path in self._stamps}
        loaded = load(
            self._yaml,
            suppliers=self._suppliers,
            sections=SECTIONS,
            smartcards=self._smartcards,
            reading=Reading(self.today, os.environ),
            pause=pause,
        )
        self._watch(loaded.files)
        return loaded

    def _watch(self, files: Collection[Path]) -> None:
        """Those that are new are stamped now."""
        self._stamps = {path: self._stamps.get(path) or stamp_of(path) for path in (self._yaml, *files)}

    def _settle(self, pause: Callable[[], None]) -> None:
        self.loaded.register.prepare()
        found = surprises(self.loaded, self.today, self._facts, self._yaml, pause)
        self.warned, self.warnings = len(found), said(found, self.loaded.where)
        self.loaded = replace(self.loaded, where=None)


def surprises(
    loaded: Loaded,
    today: date,
    facts: Mapping[str, SupplierFacts],
    file: Path,
    pause: Callable[[], None] = lambda: None,
) -> list[Surprise]:
    """Everything that may surprise in a file without mistakes, the section of the scenarios too."""
    made_up = loaded.where.made_up if loaded.where else None
    section = loaded.sections.get("scenarios")
    return [
        *loaded.notes,
        *Surprises(loaded.register, today, facts, pause, made_up).all(),
        *(section.surprises(loaded.register, str(file)) if isinstance(section, ScenarioSection) else ()),
    ]


def said(problems: Collection[Problem] | Collection[Surprise], where: Where | None = None) -> tuple[str, ...]:
    """In words, the first few hundred; ``where`` finds the places of surprises."""
    first = list(islice(problems, MOST_SAID))
    lines = [str(where.problem(one) if where and isinstance(one, Surprise) else one) for one in first]
    if len(problems) > MOST_SAID:
        lines.append(f"and {len(problems) - MOST_SAID} more: mock-eherkenning check prints them all")
    return tuple(lines)
