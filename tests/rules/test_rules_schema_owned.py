"""What the schema minds and another rule judges: it stops the message, also where that rule is suppressed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from broker.rules.authn import RULES, carried, examples, form, seen
from broker.rules.authn.examples import request
from broker.rules.engine import Against, Profile, Report
from broker.rules.finding import Outcome, Severity
from broker.rules.logout import RULES as LOGOUT
from broker.rules.logout_form import OWNERS as LOGOUT_OWNERS
from broker.rules.logout_seen import sent
from broker.rules.schema_told import EXPECTED

ALL = dict.fromkeys((*RULES.rules, *LOGOUT.rules), "we cannot change this before March")
NO_LEVEL = re.findall(r"<saml:AuthnContextClassRef>.*</saml:AuthnContextClassRef>", examples.message())[0]
ADDRESS = "https://broker.example/sso/1.13"


def judged(*swaps: tuple[str, str], profile: Profile = Profile.LENIENT, **how: Any) -> Report:
    report = RULES.run(request(*swaps, **how), Against(profile, suppressed=ALL))
    assert report.broken == ()
    return report


def stopped_by(report: Report) -> list[str]:
    return [one.rule for one in report.findings if one.outcome is not Outcome.GO_ON]


@pytest.mark.parametrize("profile", [Profile.LENIENT, Profile.STRICT])
@pytest.mark.parametrize(
    ("swap", "rule"),
    [
        (('ForceAuthn="true"', 'ForceAuthn="yes"'), "AR-10"),
        (('    Version="2.0"\n', ""), "AR-05"),
        (("2026-02-02T09:00:00Z", "yesterday"), "AR-06"),
        (("2026-02-02T09:00:00Z", "2026-13-45T09:00:00Z"), "AR-06"),
        (("2026-02-02T09:00:00Z", "2026-02-02T09:00:00+99:00"), "AR-06"),
        (('ForceAuthn="true"', 'ForceAuthn="true" IsPassive="no"'), "AR-12"),
        ((NO_LEVEL, ""), "AR-34"),
        (('ConsumingServiceIndex="1"', 'ConsumingServiceIndex="one"'), "AR-19"),
        (('ID="_7f3c', 'ID="7f3c'), "AR-03"),
    ],
)
def test_what_the_schema_minds_is_stopped_by_one_rule_whatever_is_suppressed(
    swap: tuple[str, str], rule: str, profile: Profile
) -> None:
    swapped = request(swap)
    assert swapped.schema_errors, "a bad example that the schema does not mind says nothing"
    report = judged(swap, profile=profile)
    # AR-14 may have the index too, and AR-07 the time.
    assert rule in stopped_by(report)
    assert "AR-02" not in stopped_by(report)


@pytest.mark.parametrize(
    ("swap", "rule"),
    [
        (("2026-02-02T09:00:00Z", "2026-02-02T10:00:00+01:00"), "AR-06"),
        (('Version="2.0"', 'Version="1.1"'), "AR-05"),
        (('ForceAuthn="true"', 'ForceAuthn="true" IsPassive="true"'), "AR-12"),
        (("assurance-class:loa3", "assurance-class:loa1"), "AR-34"),
        (('ForceAuthn="true"', 'ForceAuthn=" true "'), "AR-10"),
    ],
)
def test_what_the_schema_takes_can_be_suppressed_as_before(swap: tuple[str, str], rule: str) -> None:
    assert request(swap).schema_errors == ()
    report = judged(swap)
    assert [one.rule for one in report.findings if one.suppressed] == [rule]
    assert stopped_by(report) == []


def test_a_level_that_is_missing_is_the_schemas_where_the_scheme_is_not_known() -> None:
    assert "AR-02" in stopped_by(judged((NO_LEVEL, ""), profile=Profile.SAML, saml=True))


@pytest.mark.parametrize(
    "swap",
    [
        ('Version="2.0"', 'Version="2.0" NotOnOrAfter="tomorrow"'),
        ('    Version="2.0"\n', ""),
        ("2026-02-02T09:00:00Z", "2026-13-45T09:00:00Z"),
        ("2026-02-02T09:00:00Z", "2026-02-02T09:00:00+99:00"),
        ('ID="_90ab', 'ID="90ab'),
    ],
)
def test_a_logout_that_the_schema_minds_is_refused_whatever_is_suppressed(swap: tuple[str, str]) -> None:
    sample = sent(swap).make()
    assert sample.schema_errors
    report = LOGOUT.run(sample, Against(suppressed=ALL))
    assert report.broken == ()
    assert report.refusals


def test_no_rule_that_can_be_suppressed_is_left_what_is_firm() -> None:
    assert all(LOGOUT.rules[id_].firm for id_ in LOGOUT_OWNERS.values())
    loose = {id_ for id_ in form.OWNERS.values() if not RULES.rules[id_].firm}
    for id_ in loose:
        example = RULES.rules[id_].bad
        assert example
        fault = RULES.rules[id_].check(example.make())
        assert fault
        minded = bool(example.make().schema_errors)
        assert RULES.rules[id_].stops(fault) is minded, id_


@pytest.mark.parametrize("blank", ["&#xA0;", "&#x2003;", "&#x85;"])
def test_a_blank_that_xml_does_not_know_makes_a_boolean_none(blank: str) -> None:
    report = RULES.run(request(('ForceAuthn="true"', f'ForceAuthn="{blank}true"')))
    assert [(one.rule, one.severity) for one in report.refusals] == [("AR-10", Severity.REFUSED)]
    passive = RULES.run(request(('ForceAuthn="true"', f'ForceAuthn="true" IsPassive="{blank}false"')))
    assert "AR-12" in [one.rule for one in (*passive.answers, *passive.refusals)]


def test_an_address_that_is_far_too_long_is_not_looked_at() -> None:
    assert seen.nearly(f"{ADDRESS}/", ADDRESS)
    assert seen.nearly("{}" + "x" * seen.LONGEST_ADDRESS, ADDRESS) is None
    assert seen.nearly(f"{ADDRESS}/" + "/" * seen.LONGEST_ADDRESS, ADDRESS) is None


@pytest.mark.parametrize(
    "text", ["https://${HOST}/sso", "{{ url }}", "<destination>", "%SSO_URL%", "[[url]]"]
)
def test_a_placeholder_is_known(text: str) -> None:
    assert "placeholder" in (seen.nearly(text, ADDRESS) or "")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (seen.PLACEHOLDER, "{" * 100_000),
        (seen.PLACEHOLDER, "<" * 100_000),
        (seen.PLACEHOLDER, "{" + "x" * 101 + "}"),
        (carried.E_MAIL, "x" * 100_000),
        (carried.E_MAIL, "a@" * 50_000),
        (EXPECTED, "Expected is ( " * 7_000),
        (carried.E_MAIL, f"jan@{'x' * 64}.example"),
        (EXPECTED, f"Expected is ( {'x' * 2_001} )"),
    ],
)
def test_what_is_sought_in_a_message_is_sought_within_bounds(pattern: re.Pattern[str], text: str) -> None:
    """These took seconds, as each began anew at every letter."""
    assert pattern.search(text) is None


def test_an_e_mail_address_is_still_seen_in_relay_state() -> None:
    assert carried.E_MAIL.search("/dossier?of=jan.jansen+1@voorbeeld.example&x")
    assert not carried.E_MAIL.search("/dossier?of=@voorbeeld.example")
