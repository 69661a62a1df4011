"""What came of one document, before it is written in any form."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.rules.engine import Profile, Report, Rules
from broker.rules.finding import Severity


class Exit(enum.IntEnum):
    """A checker that broke says so, whatever else was found: nobody may take its silence for a pass."""

    GOOD = 0
    FOUND = 1
    UNUSABLE = 2
    BROKEN = 3


_HEAVY = (Severity.REFUSED, Severity.ERROR, Severity.WARNING, Severity.NOTE)
FAILING = {lightest: _HEAVY[: index + 1] for index, lightest in enumerate(_HEAVY)}
"""By the lightest severity that fails: all that do."""


@dataclass(frozen=True, slots=True)
class Checked:
    """``about`` says what the document was taken for. ``unknown``: rule to why it could not be judged here."""

    name: str
    about: str
    profile: Profile
    report: Report
    rules: Rules[Any]
    unknown: Mapping[str, str] = field(default_factory=dict)

    @property
    def not_applicable(self) -> tuple[str, ...]:
        """Those that have nothing to judge, without those that could not judge it here."""
        return tuple(id_ for id_ in self.report.not_applicable if id_ not in self.unknown)

    def exit(self, fail_on: Severity) -> Exit:
        """``fail_on``: the lightest severity that fails."""
        if self.report.broken:
            return Exit.BROKEN
        found = any(one.severity in FAILING[fail_on] for one in self.report.findings if not one.suppressed)
        return Exit.FOUND if found else Exit.GOOD

    @property
    def summary(self) -> str:
        counts = [
            (sum(one.severity in kind and not one.suppressed for one in self.report.findings), word)
            for kind, word in (
                ((Severity.REFUSED, Severity.ERROR), "error"),
                ((Severity.WARNING,), "warning"),
                ((Severity.NOTE,), "note"),
            )
        ]
        said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
        rest = [f"{len(self.report.passed)} passed", f"{len(self.not_applicable)} not applicable"]
        if self.unknown:
            rest.append(f"{len(self.unknown)} could not be judged")
        if self.report.broken:
            rest.append(f"{len(self.report.broken)} broke")
        return f"{said}; of {len(self.rules.rules)} rules {', '.join(rest)}"
