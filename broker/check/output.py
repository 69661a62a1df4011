"""What came of a check, as text for people, and as JSON, JUnit and SARIF for CI."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from broker.check.checked import FAILING, Checked, Exit
from broker.rules.engine import Rule
from broker.rules.finding import Finding, Severity

FORMATS = ("text", "json", "junit", "sarif")
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {
    Severity.REFUSED: "error",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}
"""Of SARIF."""
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(found: Sequence[Checked], style: str, fail_on: Severity) -> str:
    """One of ``FORMATS``, without a line break at the end."""
    if style == "text":
        return "\n".join(map(_text, found))
    if style == "json":
        return _json(found, fail_on)
    return _junit(found, fail_on) if style == "junit" else _sarif(found)


def _text(one: Checked) -> str:
    lines = [f"{one.name}: {one.about}; judged by profile {one.profile}"]
    lines += [_line(one, finding) for finding in one.report.findings]
    lines += [
        f"{one.name}: [!] {rule} this check broke, and that is no fault of yours: {error}"
        for rule, error in one.report.broken
    ]
    reasons: dict[str, list[str]] = {}
    for rule, reason in one.unknown.items():
        reasons.setdefault(reason, []).append(rule)
    lines += [
        f"{one.name}: could not be judged: {', '.join(rules)} ({reason})" for reason, rules in reasons.items()
    ]
    lines.append(f"{one.name}: {one.summary}")
    return _UNPRINTABLE.sub("?", "\n".join(lines))


def _line(one: Checked, finding: Finding) -> str:
    """As compilers write it, so that editors find the place."""
    place = ":".join([one.name, *(str(number) for number in (finding.line, finding.column) if number)])
    where = f" ({finding.where})" if finding.where else ""
    mends = "".join(f" {library}: {mend}" for library, mend in finding.mends.items())
    said = (
        f"{place}: [{finding.severity}] {finding.rule} {finding.title}{where}: expected {finding.expected}; "
        f"received {finding.received}; {finding.mend}{mends} {finding.docs} {finding.reference}"
    )
    # A value may hold line breaks; a finding is one line.
    said = " ".join(said.split())
    return said + (f" [suppressed: {finding.suppressed}]" if finding.suppressed else "")


def _json(found: Sequence[Checked], fail_on: Severity) -> str:
    documents = [
        {
            "name": one.name,
            "about": one.about,
            "profile": str(one.profile),
            "passes": one.exit(fail_on) is Exit.GOOD,
            **one.report.as_json(),
            "not_applicable": list(one.not_applicable),
            "unknown": [{"rule": rule, "reason": reason} for rule, reason in one.unknown.items()],
        }
        for one in found
    ]
    passes = all(document["passes"] for document in documents)
    return json.dumps({"passes": passes, "documents": documents}, indent=2, ensure_ascii=False)


def _junit(found: Sequence[Checked], fail_on: Severity) -> str:
    """One test case for each rule: one that could not be judged is skipped, one that broke is an error."""
    suites = ElementTree.Element("testsuites", name="mock-eherkenning")
    for one in found:
        suite = ElementTree.SubElement(
            suites, "testsuite", name=_UNPRINTABLE.sub("?", f"{one.name}: {one.about}")
        )
        findings = {finding.rule: finding for finding in one.report.findings}
        broken = dict(one.report.broken)
        idle = dict.fromkeys(one.not_applicable, "nothing to judge") | dict(one.unknown)
        counts = dict.fromkeys(("failures", "errors", "skipped"), 0)
        judged = sorted({*findings, *broken, *idle, *one.report.passed})
        for id_ in judged:
            case = ElementTree.SubElement(suite, "testcase", classname=one.name, name=_named(one, id_))
            if id_ in broken:
                counts["errors"] += 1
                ElementTree.SubElement(case, "error", message=broken[id_])
            elif id_ in idle:
                counts["skipped"] += 1
                ElementTree.SubElement(case, "skipped", message=idle[id_])
            elif id_ in findings:
                said = _UNPRINTABLE.sub("?", _line(one, findings[id_]))
                if findings[id_].suppressed:
                    counts["skipped"] += 1
                    ElementTree.SubElement(case, "skipped", message=said)
                elif findings[id_].severity in FAILING[fail_on]:
                    counts["failures"] += 1
                    ElementTree.SubElement(case, "failure", message=said)
                else:
                    ElementTree.SubElement(case, "system-out").text = said
        suite.attrib.update(
            {"tests": str(len(judged)), **{name: str(count) for name, count in counts.items()}}
        )
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode")


def _named(one: Checked, id_: str) -> str:
    rule = one.rules.rules.get(id_)
    return id_ if rule is None else f"{id_} {rule.title}"


def _sarif(found: Sequence[Checked]) -> str:
    """SARIF 2.1.0, one run: code hosts put its results beside the lines of a pull request."""
    rules = {id_: rule for one in found for id_, rule in one.rules.rules.items()}
    indexes = {id_: index for index, id_ in enumerate(rules)}
    broken = [(one, rule, error) for one in found for rule, error in one.report.broken]
    invocation: dict[str, Any] = {"executionSuccessful": not broken}
    if broken:
        invocation["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": {"text": f"{one.name}: {rule} broke: {error}"},
                "associatedRule": {"id": rule, "index": indexes[rule]},
            }
            for one, rule, error in broken
        ]
    run = {
        "tool": {
            "driver": {
                "name": "mock-eherkenning",
                "informationUri": "https://afsprakenstelsel.etoegang.nl/",
                "rules": [_sarif_rule(rule) for rule in rules.values()],
            }
        },
        "invocations": [invocation],
        "artifacts": [
            {"location": {"uri": _uri(one.name)}, "description": {"text": one.about}} for one in found
        ],
        "results": [
            _sarif_result(one, finding, indexes[finding.rule])
            for one in found
            for finding in one.report.findings
        ],
        "properties": {
            "notJudged": [f"{rule}: {reason}" for one in found for rule, reason in one.unknown.items()]
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _sarif_rule(rule: Rule[Any]) -> dict[str, Any]:
    weight = next((severity for severity in rule.severities.values() if severity is not None), Severity.NOTE)
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title}. {rule.mend}"},
        "help": {"text": f"{rule.mend} See {rule.docs} and {rule.reference}"},
        "helpUri": rule.reference,
        "defaultConfiguration": {"level": LEVELS[weight]},
    }


def _sarif_result(one: Checked, finding: Finding, index: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(one.name)}}
    if finding.line:
        place["region"] = {"startLine": finding.line} | (
            {"startColumn": finding.column} if finding.column else {}
        )
    location: dict[str, Any] = {"physicalLocation": place}
    if finding.where:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.where}]
    result = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {
            "text": f"{finding.title}: expected {finding.expected}; received {finding.received}. {finding.mend}"
        },
        "locations": [location],
        "properties": {"severity": str(finding.severity)},
    }
    if finding.suppressed:
        result["suppressions"] = [{"kind": "external", "justification": finding.suppressed}]
    return result


def _uri(name: str) -> str:
    return name if "://" in name else quote(name)
