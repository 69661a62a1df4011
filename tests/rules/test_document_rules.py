"""Rules over documents, MD-.. and SC-..: each by its two examples, in every profile."""

from __future__ import annotations

from typing import Any

import pytest

from broker.rules import metadata, service_catalogue
from broker.rules.engine import Against, Profile, Rules

EACH = pytest.mark.parametrize(
    ("rules", "id_"),
    [
        pytest.param(module.RULES, id_, id=id_)
        for module in (metadata, service_catalogue)
        for id_ in module.RULES.rules
    ],
)


@pytest.mark.parametrize("profile", Profile)
@EACH
def test_the_bad_example_yields_its_finding_alone_and_the_good_one_none(
    rules: Rules[Any], id_: str, profile: Profile
) -> None:
    rule = rules.rules[id_]
    assert rule.bad
    assert rule.good
    bad, good = rules.run(rule.bad.make(), profile), rules.run(rule.good.make(), profile)
    assert (bad.broken, good.broken) == ((), ())
    assert [finding.rule for finding in bad.findings] == ([id_] if rule.severity(profile) else [])
    assert [str(finding) for finding in good.findings] == []
    if rule.severity(profile):
        assert id_ in good.passed


@EACH
def test_a_finding_says_where(rules: Rules[Any], id_: str) -> None:
    bad = rules.rules[id_].bad
    assert bad
    seen = bad.make()
    (finding,) = rules.run(seen, Against(Profile.STRICT, seen.data)).findings
    assert finding.line > 0
    assert finding.expected != finding.received
