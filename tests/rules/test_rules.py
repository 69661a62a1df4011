"""The rules one by one, and what the engine makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree, html
from rule_examples import EVERY_RULE, SP, request, resolving, signed

from broker.rules.authn import RULES
from broker.rules.engine import Against, Fault, NotApplicable, Profile, Result, Rule, Rules
from broker.rules.finding import Finding, Outcome, Severity
from broker.rules.logout import RULES as LOGOUT_RULES
from broker.rules.resolve import RULES as RESOLVE_RULES
from broker.rules.resolve import ArtifactState
from broker.wire import names
from support.answers import call, resolve, response
from support.golden import same_as_golden
from support.mistakes import unsigned
from support.sp import NS
from support.walk import landed

EACH = pytest.mark.parametrize(("rules", "id_"), EVERY_RULE, ids=[id_ for _, id_ in EVERY_RULE])


NOT_ALONE = {
    "AR-16": {"AR-15"},
    "AR-18": {"AR-17"},
    "AX-01-id": {"AX-01-schema"},
    "MD-02": {"MD-01"},
}
"""What else is found in the bad example, and in the good: an address by URL is one too many whatever it is."""


def test_every_check_of_the_digest_has_its_rule() -> None:
    ids = {id_ for _, id_ in EVERY_RULE}
    assert {f"AR-{number:02}" for number in range(1, 45)} <= ids
    assert {f"AX-{number:02}" for number in range(1, 9)} <= ids


@EACH
def test_a_rule_finds_what_it_is_there_for_and_no_other_rule_finds_it_too(
    rules: Rules[Any], id_: str
) -> None:
    rule = rules.rules[id_]
    assert rule.bad, f"{id_} has no bad example"
    seen = rule.bad.make()
    report = rules.run(seen)
    assert not report.broken
    assert report.results[id_] is Result.FAILED
    (found,) = [finding for finding in report.findings if finding.rule == id_]
    assert found.expected
    assert found.received
    assert found.expected != found.received
    if id_[:2] in ("AR", "AX", "LO"):
        assert {finding.rule for finding in report.findings} - NOT_ALONE.get(id_, set()) == {id_}


@EACH
def test_a_rule_lets_pass_what_is_right(rules: Rules[Any], id_: str) -> None:
    rule = rules.rules[id_]
    assert rule.good, f"{id_} has no good example"
    report = rules.run(rule.good.make())
    assert id_ in report.passed
    if id_[:2] in ("AR", "AX", "LO"):
        assert {finding.rule for finding in report.findings} <= NOT_ALONE.get(id_, set())


@EACH
def test_the_page_of_a_rule_shows_both_examples_and_they_differ(rules: Rules[Any], id_: str) -> None:
    rule = rules.rules[id_]
    assert rule.bad
    assert rule.good
    assert rule.bad.text.strip()
    assert rule.bad.text != rule.good.text


@pytest.mark.parametrize("rules", [RULES, RESOLVE_RULES, LOGOUT_RULES])
@pytest.mark.parametrize("profile", Profile)
def test_a_flawless_message_has_no_findings_and_every_rule_that_the_profile_knows_was_asked(
    rules: Rules[Any], profile: Profile
) -> None:
    assert rules.good
    report = rules.run(rules.good.make(), profile)
    assert [str(finding) for finding in report.findings] == []
    known = {id_ for id_, rule in rules.rules.items() if rule.severity(profile) is not None}
    assert known
    assert {*report.passed, *report.not_applicable} >= known


@pytest.mark.parametrize(
    ("id_", "seen"),
    [
        ("AR-07", lambda: request(IssueInstant="2022-02-01T09:01:31Z")),
        ("AR-03", lambda: request(ID=None)),
        ("AR-06", lambda: request(IssueInstant=None)),
        ("AR-06", lambda: request(IssueInstant="2022-02-01T09:00:00")),
        ("AR-14", lambda: request(AssertionConsumerServiceIndex="\u0661")),
        ("AR-14", lambda: request(AssertionConsumerServiceIndex="-1")),
        ("AR-14", lambda: request(AssertionConsumerServiceIndex="9" * 5_000)),
        ("AR-14", lambda: request(AssertionConsumerServiceIndex=None, seen={"sp": replace(SP, acs=())})),
        ("AR-19", lambda: request(AttributeConsumingServiceIndex="9" * 5_000)),
        ("AR-19", lambda: request(AttributeConsumingServiceIndex=None, seen={"sp": open_choice()})),
        ("AR-21", lambda: request(ProviderName="x" * 65)),
        ("AR-28", lambda: signed(signature_algorithm=names.RSA_PSS_SHA256)),
        ("AR-30", lambda: signed(transforms=(names.ENVELOPED, names.C14N))),
        ("AR-34", lambda: request(level="loa5")),
        ("AX-04", lambda: resolving(sp=None, signed=None, artifact=ArtifactState.UNSEEN)),
        ("AX-05", lambda: resolving(artifact=ArtifactState.FOREIGN)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_finds_its_other_cases_too(id_: str, seen: Any) -> None:
    rules = RESOLVE_RULES if id_.startswith("AX") else RULES
    report = rules.run(seen())
    assert id_ in [finding.rule for finding in report.findings]
    assert not report.broken


@pytest.mark.parametrize(
    ("id_", "change", "says"),
    [
        (
            "AR-07",
            {"IssueInstant": "2022-02-01T10:00:31Z"},
            "This is Dutch local time written as if it were UTC",
        ),
        (
            "AR-07",
            {"IssueInstant": "2022-02-01T11:00:29Z"},
            "This is Dutch local time written as if it were UTC",
        ),
        ("AR-07", {"IssueInstant": "2022-02-01T09:20:00Z"}, "keep the clocks of both machines right"),
        ("AR-08", {"Destination": "http://broker.example/sso/1.13"}, "Write https instead of http"),
        ("AR-08", {"Destination": "https://broker.example/sso/1.13/"}, "Mind the slash at the end"),
        ("AR-08", {"Destination": " https://broker.example/sso/1.13"}, "Take the white space"),
        ("AR-08", {"Destination": "https://Broker.example/sso/1.13"}, "Mind capitals"),
        ("AR-08", {"Destination": "https://other.example/sso"}, "Take the Location of SingleSignOnService"),
        ("AR-08", {"Destination": None}, "Take the Location of SingleSignOnService"),
    ],
)
def test_a_mistake_that_is_easily_made_gets_its_own_mend(id_: str, change: dict[str, Any], says: str) -> None:
    (found,) = RULES.run(request(**change), only=[id_]).findings
    assert says in found.mend


def open_choice() -> Any:
    """Two services, and neither is the default."""
    one = replace(SP.services[0], is_default=None)
    return replace(SP, services=(one, replace(one, index=2)))


@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2022-13-01T00:00:00Z", "T"]
)
def test_no_instant_breaks_a_rule(instant: str) -> None:
    """Anybody may send it: nothing is signed yet when the rules run."""
    report = RULES.run(request(IssueInstant=instant))
    assert report.broken == ()
    assert "AR-06" in [finding.rule for finding in report.findings]


# Severities.


def test_lenient_and_strict_differ_in_these_rules_only() -> None:
    pairs = {
        id_: [str(rules.rules[id_].severity(profile)) for profile in (Profile.LENIENT, Profile.STRICT)]
        for rules, id_ in EVERY_RULE
    }
    differ = {
        id_: "/".join(pair)
        for id_, pair in pairs.items()
        if pair[0] != pair[1] and id_[:2] in ("AR", "AX", "LO")
    }
    assert differ == {
        "AX-01-schema": "W/E",
        "AX-01-id": "W/E",
        "AX-01-version": "W/E",
        "AX-01-age": "W/E",
        "AX-01-destination": "W/E",
        "AX-03-digest": "W/E",
        "AX-03-c14n": "W/E",
        "AX-03-key-name": "W/E",
        "AX-03-certificate": "W/E",
        "AR-13": "W/E",
        "AR-28": "E/R",
        "AR-29": "E/R",
        "AX-03-algorithm": "W/R",
        "LO-11-algorithm": "E/R",
        "LO-11-digest": "E/R",
    }


def test_what_the_scheme_refuses_is_refused_in_both_profiles() -> None:
    """Checks A and B of the digest; AR-19 and AR-20 give an answer instead, as there is an address for it."""
    refusing = {
        id_ for rules, id_ in EVERY_RULE if rules.rules[id_].severity(Profile.LENIENT) is Severity.REFUSED
    }
    numbers = ("01", "02", "03", "04", "05", "08", "10", "14", "16", "22", "26", "27", "42", "43")
    # A LogoutRequest that is not right ends nothing: there is no answer to give.
    of_logout = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "11", "12", "14", "15", "16")
    assert refusing == {f"AR-{number}" for number in numbers} | {"AX-01", "AX-03", "AX-04", "AX-05"} | {
        f"LO-{number}" for number in of_logout
    }


@EACH
@pytest.mark.parametrize("profile", Profile)
def test_severity_and_status_decide_what_becomes_of_the_message(
    rules: Rules[Any], id_: str, profile: Profile
) -> None:
    rule = rules.rules[id_]
    if rule.severity(profile) is None:
        bad = rule.bad
        assert bad
        assert id_ not in [finding.rule for finding in rules.run(bad.make(), profile).findings]
        return
    finding = rule.finding(Fault("this", "that"), profile)
    if rule.severity(profile) is Severity.REFUSED:
        assert (finding.outcome, finding.status) == (Outcome.REFUSE, None)
    elif rule.status and rule.severity(profile) is Severity.ERROR:
        assert (finding.outcome, finding.status) == (Outcome.ANSWER, rule.status)
    else:
        assert (finding.outcome, finding.status) == (Outcome.GO_ON, None)


def test_answers_use_the_status_codes_of_the_scheme_only() -> None:
    for rules, id_ in EVERY_RULE:
        status = rules.rules[id_].status
        if status:
            assert status[0] in (names.REQUESTER, names.RESPONDER)
            assert status[1] in (None, names.REQUEST_UNSUPPORTED, names.AUTHN_FAILED)


# A rule that breaks.


def boom(seen: Any) -> None:
    raise ZeroDivisionError("by nought")


def test_a_rule_that_raises_is_broken_and_the_others_still_speak() -> None:
    rules: Rules[int] = Rules()
    rules.rule("X-1", "breaks", "E", mend="", reference="")(boom)
    rules.rule("X-2", "fails", "E", mend="", reference="")(lambda seen: Fault("1", str(seen)))
    rules.rule("X-3", "passes", "E", mend="", reference="")(lambda seen: None)

    @rules.rule("X-4", "has nothing to say", "E", mend="", reference="")
    def nothing(seen: int) -> None:
        raise NotApplicable

    report = rules.run(2)
    assert report.broken == (("X-1", "ZeroDivisionError: by nought"),)
    assert [finding.rule for finding in report.findings] == ["X-2"]
    assert report.passed == ("X-3",)
    assert report.not_applicable == ("X-4",)
    assert rules.run(2, only=["X-3"]).passed == ("X-3",)
    assert not rules.run(2, only=["X-3"]).broken


def test_two_rules_cannot_have_one_id() -> None:
    rules: Rules[int] = Rules()
    rules.rule("X-1", "", "E", mend="", reference="")(lambda seen: None)
    with pytest.raises(ValueError, match="X-1 is there already"):
        rules.rule("X-1", "", "E", mend="", reference="")(lambda seen: None)


def broken(rule: Rule[Any]) -> Rule[Any]:
    return replace(rule, check=boom)


def test_a_rule_that_breaks_stops_the_login_with_a_page_that_takes_the_blame(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never looks like one that passed."""
    monkeypatch.setitem(RULES.rules, "AR-09", broken(RULES.rules["AR-09"]))
    page = bench.ask()
    assert page.status == 500
    assert page.by_testid("finding")[0].get("data-rule") == "AR-09"
    assert "the broker's fault, not yours" in page.readable
    assert "Traceback" not in page.text
    (exchange,) = bench.exchanges.recent()
    assert exchange.outcome == "refused"
    assert exchange.last("request")["broken_rules"] == [
        {"rule": "AR-09", "error": "ZeroDivisionError: by nought"}
    ]


def test_a_check_that_broke_is_told_by_the_api_and_counts_as_no_pass(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULES.rules, "AR-09", broken(RULES.rules["AR-09"]))
    exchange = bench.ask().said("exchange")
    told = json.loads(call(bench, "GET", f"/api/v1/exchanges/{exchange}").body)
    assert told["broken_rules"] == [{"rule": "AR-09", "error": "ZeroDivisionError: by nought"}]
    assert told["outcome"] == "refused"
    report = RULES.run(request())
    assert report.results["AR-09"] is Result.BROKEN
    assert "AR-09" not in report.passed
    assert report.as_json()["broken_rules"] == told["broken_rules"]


def test_a_rule_that_breaks_on_the_back_channel_gives_no_message(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = bench.login().fields["SAMLart"]
    monkeypatch.setitem(RESOLVE_RULES.rules, "AX-02", broken(RESOLVE_RULES.rules["AX-02"]))
    page = resolve(bench, artifact)
    assert page.status == 403
    assert "Response" not in page.text
    assert "soap:Fault" in page.text


# What a finding says, and where.


@EACH
def test_a_finding_teaches(rules: Rules[Any], id_: str) -> None:
    """What is asked, how to mend it, and where the scheme says so; in sentences."""
    rule = rules.rules[id_]
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.mend.endswith(".")
    assert rule.reference.startswith("https://")


def test_the_text_of_every_finding_is_the_one_that_it_was() -> None:
    lines = []
    for rules, id_ in EVERY_RULE:
        if id_[:2] not in ("AR", "AX", "LO"):
            continue
        for profile in dict.fromkeys((Profile.LENIENT, Profile.STRICT)):
            bad = rules.rules[id_].bad
            assert bad
            against = Against(profile, document=bad.text.encode())
            (finding,) = rules.run(bad.make(), against, only=[id_]).findings
            lines.append(str(finding))
    same_as_golden("finding-texts.txt", "\n\n".join(dict.fromkeys(lines)) + "\n")


def test_one_finding_says_the_same_on_the_page_in_the_api_in_the_console_and_in_the_log(
    bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    page = bench.ask(xml=unsigned(bench.sp, bench.sso))
    exchange = page.said("exchange")
    (found,) = [
        Finding(**item)
        for item in json.loads(call(bench, "GET", f"/api/v1/exchanges/{exchange}").body)["request"][
            "findings"
        ]
        if item["rule"] == "AR-26"
    ]
    (section,) = [item for item in page.by_testid("finding") if item.get("data-rule") == "AR-26"]
    console = html.fromstring(bench.browser().get(f"/console/exchanges/{exchange}").body)
    (line,) = console.xpath('//*[@data-rule="AR-26"]')

    texts = (
        found.rule,
        found.title,
        found.expected,
        found.received,
        found.mend,
        found.where,
        str(found.line),
    )
    for text in texts:
        assert text in section.text_content(), f"{text!r} is not on the page"
        assert text in line.text_content(), f"{text!r} is not in the console"
    for element in (section, line):
        assert found.reference in element.xpath(".//a/@href")
    assert str(found) in caplog.text, "the log does not say it"


def test_a_finding_that_declines_says_itself_in_the_answer(bench: Any) -> None:
    message = response(bench, landed(bench.ask(level="loa4")))
    text = message.findtext("samlp:Status/samlp:StatusMessage", namespaces=NS)
    (exchange,) = [item for item in bench.exchanges.recent() if item.last("answer")]
    (found,) = [item for item in exchange.last("request")["findings"] if item["rule"] == "AR-35"]
    assert text == f"AR-35: expected {found['expected']}; received {found['received']}"


def test_a_finding_on_the_back_channel_says_itself_in_the_fault_and_in_the_exchange(bench: Any) -> None:
    unsigned_message = bench.sp.resolve_message("AAQA").replace(b"ds:Signature", b"ds:Sign")
    fault = resolve(bench, "", message=unsigned_message)
    said = etree.fromstring(fault.body).findtext(".//faultstring")
    findings = bench.exchanges.recent(1)[0].events[-1].data["findings"]
    (found,) = [finding for finding in findings if finding["rule"] == "AX-03"]
    for text in (found["rule"], found["expected"], found["received"], found["mend"]):
        assert text in said
