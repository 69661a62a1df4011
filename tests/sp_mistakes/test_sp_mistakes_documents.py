"""Each mistake in metadata or a catalogue yields its finding, no other of severity E or R, and how to mend it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.check.documents import check_catalogue, check_metadata
from broker.check.source import Read
from broker.rules.engine import Profile
from broker.rules.finding import Finding, Severity

HERE = Path(__file__).resolve().parent
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "manifest.yaml").read_text("utf-8"))
NOW = datetime(2026, 2, 1, 9, tzinfo=UTC)
HEAVY = (Severity.REFUSED, Severity.ERROR)


def findings(file: str, profile: str = "lenient") -> tuple[Finding, ...]:
    given = Read(file, (HERE / file).read_bytes())
    if file.startswith("metadata/"):
        (checked,) = check_metadata(given, Profile(profile), NOW)
    else:
        checked = check_catalogue(given, Profile(profile), NOW)
    assert checked.report.broken == ()
    return checked.report.findings


def test_every_file_is_listed() -> None:
    there = {str(path.relative_to(HERE)) for path in HERE.glob("*/*.xml")}
    assert there == {case["file"] for case in CASES} | {"metadata/flawless.xml", "catalogues/flawless.xml"}


@pytest.mark.parametrize("file", ["metadata/flawless.xml", "catalogues/flawless.xml"])
def test_a_flawless_document_has_no_error(file: str) -> None:
    assert [str(one) for one in findings(file) if one.severity in (*HEAVY, Severity.WARNING)] in (
        [],
        [str(one) for one in findings(file) if one.rule == "MD-17"],
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_mistake_in_a_document(case: dict[str, Any]) -> None:
    found = findings(case["file"], case.get("profile", "lenient"))
    said = [str(one) for one in found]
    assert {one.rule for one in found if one.severity in HEAVY} <= set(case["rules"]), said
    own = [one for one in found if one.rule in case["rules"]]
    assert {one.rule for one in own} == set(case["rules"]), said
    assert any(case["mend"] in one.mend for one in own), said
    assert any(case.get("received", "") in one.received for one in own), said
