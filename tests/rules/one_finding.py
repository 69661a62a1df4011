"""Documents with one mistake, and the one finding of weight that each must give."""

from __future__ import annotations

from broker.check.documents import check_catalogue, check_metadata
from broker.check.source import Read
from broker.rules.engine import Profile
from broker.rules.finding import Finding, Severity
from broker.rules.metadata.examples import NOW

HEAVY = (Severity.REFUSED, Severity.ERROR)
SPSSO = "urn:oasis:names:tc:SAML:2.0:protocol"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
Edit = tuple[str, str]
"""A piece of the flawless document, and what stands there instead."""
Case = tuple[Edit, str, str, str, str]
"""The edit, the rule, its severity, what is in ``received``, what is in ``mend``."""


def of_metadata(data: bytes, profile: Profile = Profile.LENIENT) -> list[Finding]:
    (checked,) = check_metadata(Read("sp.xml", data), profile, NOW)
    assert checked.report.broken == ()
    return list(checked.report.findings)


def of_catalogue(data: bytes) -> list[Finding]:
    checked = check_catalogue(Read("dc.xml", data), Profile.LENIENT, NOW)
    assert checked.report.broken == ()
    return list(checked.report.findings)


def the_one(found: list[Finding], rule: str, severity: str, received: str, mend: str) -> None:
    """That this rule says so, and none beside it weighs as much."""
    said = [str(one) for one in found]
    assert {one.rule for one in found if one.severity in HEAVY} <= {rule}, said
    (own,) = [one for one in found if one.rule == rule]
    assert str(own.severity) == severity, said
    assert received in own.received, said
    assert mend in own.mend, said
    assert own.expected != own.received
    assert "ParseError" not in own.received
