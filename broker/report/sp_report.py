"""A report about one service provider: each rule with its last result, over all of its logins; as JSON and as a page
to keep.

Metadata and service catalogue are judged now, as they are in force; what came in messages was kept when it came.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from broker.configuration import Snapshot
from broker.report import judging, rule_results
from broker.report.rule_results import Kept, Last
from broker.rules.engine import Profile, Report, Rule
from broker.rules.registries import REGISTRIES
from broker.store import Store
from broker.wire import instants
from broker.wire.metadata import SpMetadata


@dataclass(frozen=True, slots=True)
class Line:
    """One rule. ``severity`` is the rule's in this profile, or the finding's; "" where the profile does not know the
    rule. ``at`` and ``exchange`` are of the last message that it judged, "" for what is judged now."""

    rule: Rule[Any]
    result: Last
    severity: str
    at: str = ""
    exchange: str = ""
    finding: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def suppressed(self) -> str:
        return str(self.finding.get("suppressed") or "")

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "title": self.rule.title,
            "severity": self.severity or None,
            "result": str(self.result),
            "at": self.at or None,
            "exchange": self.exchange or None,
            "finding": dict(self.finding) or None,
            "error": self.error or None,
            "reference": self.rule.reference,
            "docs": self.rule.docs,
        }


@dataclass(frozen=True, slots=True)
class Section:
    """The rules over one kind of message or document."""

    prefix: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class SpReport:
    sp: str
    name: str
    at: str
    profile: Profile
    sections: tuple[Section, ...]

    @property
    def lines(self) -> list[Line]:
        return [line for section in self.sections for line in section.lines]

    @property
    def counts(self) -> dict[str, int]:
        """How many rules of each result; those that failed and are suppressed are counted apart."""
        found = {str(result): 0 for result in Last} | {"suppressed": 0}
        for line in self.lines:
            found["suppressed" if line.suppressed else str(line.result)] += 1
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "entity_id": self.sp,
            "name": self.name,
            "at": self.at,
            "profile": str(self.profile),
            "counts": self.counts,
            "sections": [
                {"prefix": one.prefix, "title": one.title, "rules": [line.as_json() for line in one.lines]}
                for one in self.sections
            ],
        }

    def as_html(self) -> str:
        """One file with everything in it, to keep and to print."""
        return _environment().get_template("sp-report.html").render(report=self, Last=Last, style=style())


def report(current: Snapshot, store: Store, sp: SpMetadata, now: datetime, tag: str = "") -> SpReport:
    """As the room of ``tag`` has it."""
    kept = rule_results.kept(store, sp.entity_id, tag)
    profile = current.profile_of(sp)
    kept |= _now(judging.of_provider(current, sp, now))
    for listed in judging.catalogues_of(current, sp):
        kept |= _now(judging.of_catalogue(current, listed, now))
    sections = []
    for registry in REGISTRIES:
        lines = []
        for id_, rule in sorted(registry.rules.rules.items()):
            # MD-12 is asked of requests too; in a report it stands with the metadata.
            if id_.startswith(registry.prefix):
                lines.append(_line(rule, kept.get(id_, Kept(Last.NEVER, "", "")), profile))
        sections.append(Section(registry.prefix, registry.title, tuple(lines)))
    name = sp.organization.get("nl") or next(iter(sp.organization.values()), sp.entity_id)
    return SpReport(sp.entity_id, name, instants.write(now), profile, tuple(sections))


def _line(rule: Rule[Any], kept: Kept, profile: Profile) -> Line:
    severity = kept.finding.get("severity") or rule.severity(profile) or ""
    return Line(rule, kept.result, str(severity), kept.at, kept.exchange, kept.finding, kept.error)


def _now(found: Report) -> dict[str, Kept]:
    """What was judged just now, in no exchange."""
    judged = dict.fromkeys(found.passed, Kept(Last.PASSED, "", ""))
    judged |= dict.fromkeys(found.not_applicable, Kept(Last.NOT_APPLICABLE, "", ""))
    judged |= {finding.rule: Kept(Last.FAILED, "", "", finding.as_json()) for finding in found.findings}
    return judged | {rule: Kept(Last.BROKEN, "", "", error=error) for rule, error in found.broken}


@cache
def style() -> str:
    """What stands in the style element of the page."""
    return (files("broker") / "report" / "sp-report.css").read_text("utf-8")


def style_hash() -> str:
    """The same, as a Content-Security-Policy names it."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("broker", "report"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
