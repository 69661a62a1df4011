"""Where a key of a record stands: the line and column that an error and a warning of it name, in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from suppliers.register.model import Place
from suppliers.register.problems import Problem, Surprise, dotted
from suppliers.register.table import Table
from suppliers.register.yamlfile import Document


@dataclass(frozen=True, slots=True)
class Where:
    """Knows the files as they were read. ``mandates`` are the numbers of those in the YAML by their id, ``made_up``
    is the place of what ``generate`` made."""

    document: Document
    tables: Mapping[str, Table] = field(default_factory=dict)
    mandates: Mapping[str, int] = field(default_factory=dict)
    made_up: Place | None = None

    def problem(self, found: Surprise) -> Problem:
        """With line, column and key of the nearest thing that is there."""
        path, place = found.path, found.place
        if table := self.tables.get(place.file):
            column = next((str(step) for step in reversed(path) if step in table.header), "")
            return table.problem(place.line, column, found.message, nearest=found.nearest)
        if path and path[0] == "mandates":
            path = ("mandates", self.mandates.get(str(path[1]), str(path[1])), *path[2:])
        if path[:2] not in self.document.places and place.line:
            return Problem(place.file, place.line, 1, dotted(path), found.message, nearest=found.nearest)
        return self.document.problem(path, found.message, nearest=found.nearest)
