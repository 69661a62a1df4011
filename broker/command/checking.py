"""``mock-eherkenning check``: everything that is wrong with a file, and what will surprise, for people and for CI."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from broker.clock import machine_time
from broker.configuration import YAML
from broker.yaml_files import SECTIONS, surprises
from suppliers.register import days
from suppliers.register.loader import load
from suppliers.register.problems import ConfigError, Problem
from suppliers.register.reading import Reading
from suppliers.register.warnings import SupplierFacts

if TYPE_CHECKING:
    from suppliers.profiles import Profile

FORMATS = ("text", "json", "github", "junit")
_CHANNELS = ("email", "sms", "app", "qr")


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file, with all that it includes."""

    file: Path
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def passes(self, strict: bool) -> bool:
        return not self.errors and not (strict and self.warnings)


def facts_of(profiles: Mapping[str, Profile]) -> dict[str, SupplierFacts]:
    """What warnings need to know of the suppliers."""
    return {
        slug: SupplierFacts(max(profile.levels), tuple(c for c in _CHANNELS if c in profile.second_factors))
        for slug, profile in profiles.items()
    }


def check(file: Path, profiles: Mapping[str, Profile]) -> Checked:
    """Read a file as the broker would, now and in this environment."""
    today = days.dutch_day(machine_time())
    if file.suffix.lower() == ".csv":
        message = (
            f"a table is checked through the YAML that names it under 'csv:': check {YAML}, or its folder"
        )
        return Checked(file, (Problem(str(file), 0, 0, "", message),), ())
    try:
        loaded = load(
            file,
            suppliers=tuple(profiles),
            sections=SECTIONS,
            smartcards=tuple(slug for slug, profile in profiles.items() if profile.smartcard),
            reading=Reading(today, os.environ),
        )
    except ConfigError as error:
        return Checked(file, error.problems, ())
    where, found = loaded.where, surprises(loaded, today, facts_of(profiles), file)
    warnings = [where.problem(one) for one in found] if where else []
    return Checked(file, (), tuple(sorted(warnings, key=lambda one: (one.file, one.line, one.column))))


def report(found: Sequence[Checked], style: str, *, strict: bool) -> str:
    """What to print, without a line break at the end."""
    return {"text": _text, "json": _json, "github": _github, "junit": _junit}[style](found, strict)


def _marked(warning: Problem) -> str:
    """A warning says that it is one, behind the place, where compilers and editors look for it."""
    where, _, rest = str(warning).partition(": ")
    return f"{where}: warning: {rest}"


def _text(found: Sequence[Checked], strict: bool) -> str:
    lines: list[str] = []
    for one in found:
        lines += map(str, one.errors)
        lines += map(_marked, one.warnings)
    errors, warnings = sum(len(one.errors) for one in found), sum(len(one.warnings) for one in found)
    lines.append(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}")
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _json(found: Sequence[Checked], strict: bool) -> str:
    document: dict[str, Any] = {
        "passes": all(one.passes(strict) for one in found),
        "files": [str(one.file) for one in found],
        "errors": [asdict(problem) for one in found for problem in one.errors],
        "warnings": [asdict(problem) for one in found for problem in one.warnings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _github(found: Sequence[Checked], strict: bool) -> str:
    """Workflow commands: GitHub Actions puts them beside the lines of a pull request."""
    lines = []
    for one in found:
        for kind, problems in (("error", one.errors), ("error" if strict else "warning", one.warnings)):
            for problem in problems:
                place = {"file": problem.file, "line": problem.line, "col": problem.column}
                fields = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value)
                lines.append(f"::{kind} {fields}::{_data(_said(problem))}")
    return "\n".join(lines)


def _said(problem: Problem) -> str:
    """The line without its place."""
    return str(problem).partition(": ")[2]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _junit(found: Sequence[Checked], strict: bool) -> str:
    """One test case for each mistake, and one that passes for a file without any."""
    suites = ElementTree.Element("testsuites", name="mock-eherkenning check")
    for one in found:
        failures = [*one.errors, *(one.warnings if strict else ())]
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=str(one.file),
            tests=str(max(len(failures), 1)),
            failures=str(len(failures)),
        )
        for problem in failures:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=problem.file,
                name=f"{problem.line}:{problem.column}: {problem.key}",
                file=problem.file,
                line=str(problem.line),
            )
            ElementTree.SubElement(case, "failure", message=_said(problem)).text = str(problem)
        if not failures:
            ElementTree.SubElement(suite, "testcase", classname=str(one.file), name="check")
        if one.warnings and not strict:
            ElementTree.SubElement(suite, "system-out").text = "\n".join(map(_marked, one.warnings))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode")
