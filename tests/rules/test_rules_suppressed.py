"""A finding that somebody knows of and cannot mend yet: let through with its reason, never out of sight."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from broker.rules.engine import Against, Profile
from broker.rules.finding import Outcome, Severity
from broker.rules.registries import every_rule
from support import mistakes
from support.answers import call
from support.mistakes import unsigned
from support.shaped import settle
from support.sp import RSA_SHA256, ServiceProvider

PSS = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
REASON = "we cannot change this before March"


def findings(bench: Any) -> dict[str, Any]:
    return {item["rule"]: item for item in bench.exchanges.recent(1)[0].asked["findings"]}


def write(bench: Any, suppress: str) -> str:
    """The problem that this section makes."""
    file = bench.home / "eherkenning.yaml"
    file.write_text(
        f'{file.read_text()}\nservice_providers:\n  "{bench.sp.entity_id}":\n    suppress: {suppress}\n'
    )
    bench.application.parts.configuration.refresh()
    (problem,) = bench.application.parts.current.problems
    return str(problem)


def test_a_suppressed_error_no_longer_declines_and_still_stands_in_the_report(bench: Any) -> None:
    assert "SAMLart=" in (bench.ask(level="loa4").location or "")
    assert findings(bench)["AR-35"]["outcome"] == "answer"
    settle(bench, suppress={"AR-35": REASON})
    page = bench.ask(level="loa4")
    assert "/login/" in page.url, page.readable
    found = findings(bench)["AR-35"]
    assert (found["outcome"], found["severity"], found["suppressed"]) == ("go-on", "E", REASON)
    told = json.loads(call(bench, "GET", f"/api/v1/exchanges/{bench.exchanges.recent(1)[0].id}").body)
    assert [item["suppressed"] for item in told["findings"] if item["rule"] == "AR-35"] == [REASON]


def test_it_is_suppressed_for_that_provider_and_that_rule_only(bench: Any) -> None:
    other = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
    bench.trust(other, "other")
    settle(bench, other, suppress={"AR-35": REASON})
    bench.ask(level="loa4")
    assert findings(bench)["AR-35"]["suppressed"] == ""
    settle(bench, suppress={"AR-36": REASON})
    bench.ask(level="loa4")
    assert findings(bench)["AR-35"]["outcome"] == "answer"


def test_what_protects_somebody_cannot_be_suppressed_and_the_error_says_why(bench: Any) -> None:
    problem = write(bench, f"{{AR-27: {REASON}}}")
    assert "AR-27 cannot be suppressed: without a good signature anybody could send this message" in problem
    bench.ask(xml=unsigned(bench.sp, bench.sso))
    assert findings(bench)["AR-26"]["outcome"] == "refuse"


@pytest.mark.parametrize(
    ("suppress", "says"),
    [
        ("{AR-351: x}", "there is no rule AR-351; did you mean AR-35"),
        ("{ar-31: x}", "did you mean AR-31"),
        ("{HTTP: x}", "there is no rule HTTP; they are in docs/rules"),
        ('{AR-31: " "}', "AR-31 needs a reason"),
    ],
)
def test_a_section_that_is_wrong_is_told_with_the_mend(bench: Any, suppress: str, says: str) -> None:
    problem = write(bench, suppress)
    assert says in problem
    assert "eherkenning.yaml:" in problem


SAFETY = (
    "AR-01",
    "AR-02",
    "AR-03",
    "AR-04",
    "AR-08",
    "AR-14",
    "AR-16",
    "AR-19",
    "AR-20",
    "AR-22",
    "AR-26",
    "AR-27",
    "AR-42",
    "AR-43",
)


@pytest.mark.parametrize(
    "id_", [*SAFETY, "AX-01", "AX-03", "AX-04", "AX-05", "AX-07", "LO-08", "LO-09", "LO-11"]
)
def test_signature_sender_replay_and_addresses_are_firm_even_if_the_engine_is_told_otherwise(
    id_: str,
) -> None:
    rule = every_rule()[id_]
    assert rule.firm
    assert rule.bad
    fault = rule.check(rule.bad.make())
    assert fault
    found = rule.finding(fault, Against(Profile.STRICT, suppressed={id_: REASON}))
    assert found.suppressed == ""
    if found.severity is Severity.REFUSED:
        assert found.outcome is Outcome.REFUSE


@pytest.mark.parametrize(
    ("rule", "method", "salt", "canonical"),
    [
        ("AR-28", PSS, 0, mistakes.EXC_C14N),
        ("AR-28", RSA_SHA256, 32, mistakes.EXC_C14N),
        ("AR-30", RSA_SHA256, None, mistakes.EXC_C14N + "WithComments"),
    ],
    ids=["RSA-PSS without a salt", "RSA-PSS by another name", "with comments"],
)
def test_a_signature_that_is_not_read_stays_refused_where_its_rule_is_suppressed(
    bench: Any, rule: str, method: str, salt: int | None, canonical: str
) -> None:
    """What the rule says of a signature that does verify may be suppressed; this one does not."""
    settle(bench, suppress={rule: REASON})
    message = etree.fromstring(
        mistakes.signed_by_hand(bench.sp.request(bench.sso), lambda _: b"", method=method)
    )
    info, value = message[1][0], message[1][1]
    info[0].set("Algorithm", canonical)
    octets = etree.tostring(info, method="c14n", exclusive=True)
    how = padding.PKCS1v15() if salt is None else padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    value.text = base64.b64encode(bench.sp.key.sign(octets, how, hashes.SHA256())).decode()
    page = bench.browser().post("/sso/1.13", bench.sp.form(etree.tostring(message)))
    assert page.status == 403, page.readable
    found = findings(bench)[rule]
    assert (found["outcome"], found["severity"], found["suppressed"]) == ("refuse", "R", "")
