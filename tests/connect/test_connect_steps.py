"""The steps of a service provider: what ticks each off, what blocks it, and what is left to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from broker.exchanges import LOG
from broker.rules.authn import RULES
from broker.rules.metadata import RULES as metadata_rules
from broker.rules.resolve import RULES as resolve_rules
from support.browser import Browser
from support.plain_sp import PlainProvider
from support.sp import NS, POST, ServiceProvider
from support.walk import landed, walk

ORDER = [
    "metadata-read",
    "request-seen",
    "signature-good",
    "return-address-known",
    "person-logged-in",
    "answer-sent",
    "artifact-resolved",
    "sp-landed",
]


def states(told: Any, **how: Any) -> dict[str, str]:
    return {name: step["state"] for name, step in told(**how)["steps"].items()}


def resolve(bench: Any, artifact: str, sp: ServiceProvider | None = None) -> Any:
    message = (sp or bench.sp).resolve_message(artifact)
    client = bench.application.wsgi.test_client()
    return client.post("/ars/1.13", data=message, content_type="text/xml", base_url=bench.base_url)


def page(bench: Any) -> Any:
    return bench.browser().get(f"/console/connect?sp={bench.sp.entity_id}")


def test_a_provider_that_did_nothing_is_asked_for_a_request(bench: Any, told: Any) -> None:
    found = told()
    assert list(found["steps"]) == ORDER
    assert states(told) == dict.fromkeys(ORDER, "later") | {"metadata-read": "done", "request-seen": "next"}
    assert (found["done"], found["of"], found["complete"]) == (1, 8, False)


def test_a_login_ticks_off_step_by_step(bench: Any, told: Any) -> None:
    browser = bench.browser()
    choice = bench.ask(browser)
    assert states(told)["person-logged-in"] == "next"
    done = {name for name, state in states(told).items() if state == "done"}
    assert done == {"metadata-read", "request-seen", "signature-good", "return-address-known"}
    got = landed(walk(browser, choice))
    assert (states(told)["answer-sent"], states(told)["artifact-resolved"]) == ("done", "next")
    resolve(bench, got.fields["SAMLart"])
    assert states(told)["artifact-resolved"] == "done"
    assert states(told)["sp-landed"] == "next", "that it landed is not to be seen from here"


def test_each_step_says_when_and_in_which_exchange(bench: Any, told: Any) -> None:
    bench.login()
    (exchange,) = bench.exchanges.recent(1)
    for name in ORDER[1:6]:
        step = told()["steps"][name]
        assert (step["exchange"], bool(step["at"])) == (exchange.id, True), name


def test_an_answer_by_post_has_no_artifact(bench: Any, told: Any) -> None:
    bench.login(AssertionConsumerServiceIndex="2")
    assert states(told)["artifact-resolved"] == "not-applicable"
    assert states(told)["sp-landed"] == "next"


def test_a_provider_without_artifact_has_seven_steps(bench: Any, told: Any) -> None:
    bench.trust(replace(bench.sp, acs={1: (POST, "http://localhost:9/acs")}))
    assert (told()["of"], states(told)["artifact-resolved"]) == (7, "not-applicable")


def test_a_log_out_of_the_session_proves_that_the_answer_was_taken(bench: Any, told: Any) -> None:
    bench.login()
    (exchange,) = bench.exchanges.recent(1)
    message = etree.fromstring(exchange.last("answer")["xml"].encode())
    (name_id,) = message.xpath("saml:Assertion/saml:Subject/saml:NameID/text()", namespaces=NS)
    (index,) = message.xpath("saml:Assertion/saml:AuthnStatement/@SessionIndex", namespaces=NS)
    request = bench.sp.logout_request(f"{bench.base_url}/slo/1.13", name_id, index)
    got = bench.browser().post("/slo/1.13", bench.sp.form(bench.sp.signed(request)))
    assert got.status == 200, got.readable
    assert told()["steps"]["sp-landed"]["code"] == "landed-logout"


def test_who_sees_that_it_landed_says_so_on_the_page(bench: Any, told: Any) -> None:
    browser = bench.browser()
    resolve(bench, bench.login().fields["SAMLart"])
    shown = browser.get(f"/console/connect?sp={bench.sp.entity_id}")
    browser.submit(shown, shown.by_testid("landed")[0].getparent())
    assert told()["complete"] is True
    assert page(bench).by_testid("complete")


def test_nobody_can_say_that_it_landed_before_there_was_an_answer(bench: Any, told: Any) -> None:
    got = bench.browser().post("/console/connect/landed", {"sp": bench.sp.entity_id})
    assert got.status == 409
    assert states(told)["sp-landed"] == "later"


@pytest.mark.parametrize(
    ("how", "step", "rule"),
    [
        ("other key", "signature-good", "AR-27"),
        ("no signature", "signature-good", "AR-26"),
        ("other index", "return-address-known", "AR-14"),
        ("other destination", "person-logged-in", "AR-08"),
    ],
)
def test_a_refused_request_blocks_its_step_with_the_rule_and_its_mend(
    bench: Any, told: Any, how: str, step: str, rule: str
) -> None:
    sp: ServiceProvider = bench.sp
    if how == "other key":
        bench.ask(xml=ServiceProvider().signed(sp.request(bench.sso)))
    elif how == "no signature":
        bench.ask(xml=etree.tostring(sp.request(bench.sso)))
    elif how == "other index":
        bench.ask(AssertionConsumerServiceIndex="7")
    else:
        bench.ask(Destination="https://elsewhere.example/sso")
    blocked = told()["steps"][step]
    assert (blocked["state"], [found["rule"] for found in blocked["findings"]]) == ("blocked", [rule])
    shown = page(bench)
    assert blocked["findings"][0]["mend"] in shown.readable
    assert states(told)["request-seen"] == "done"


def test_a_request_that_is_good_again_unblocks(bench: Any, told: Any) -> None:
    bench.ask(AssertionConsumerServiceIndex="7")
    assert states(told)["return-address-known"] == "blocked"
    bench.ask()
    assert states(told)["return-address-known"] == "done"
    assert states(told)["person-logged-in"] == "next"


def test_a_new_fault_is_told_beside_what_went_well_before(bench: Any, told: Any) -> None:
    bench.login()
    bench.ask(AssertionConsumerServiceIndex="7")
    step = told()["steps"]["return-address-known"]
    assert (step["state"], bool(step["exchange"])) == ("blocked", True)
    assert step["stopped"]["exchange"] != step["exchange"]
    assert "Eerder wel gelukt" in page(bench).readable


def test_a_person_who_stops_gives_no_answer_with_a_person_in_it(bench: Any, told: Any) -> None:
    browser = bench.browser()
    choice = bench.ask(browser)
    browser.submit(choice, choice.form("cancel"))
    step = told()["steps"]["answer-sent"]
    assert (step["state"], step["stopped"]["outcome"]) == ("blocked", "cancelled")


def test_an_artifact_of_nobody_blocks(bench: Any, told: Any) -> None:
    bench.login()
    resolve(bench, bench.sp.artifact())
    step = told()["steps"]["artifact-resolved"]
    assert step["state"] == "blocked"
    assert step["stopped"]["outcome"] == "foreign"


def test_a_request_of_an_unknown_issuer_is_shown_as_long_as_none_came(bench: Any, told: Any) -> None:
    other = "urn:etoegang:DV:00000001777777770000:entities:9999"
    bench.ask(issuer=other)
    assert [one["issuer"] for one in told()["strangers"]] == [other]
    assert other in page(bench).said("strangers")
    bench.ask()
    assert told()["strangers"] == []


def test_an_unsigned_request_is_no_fault_where_none_is_promised(bench: Any, told: Any) -> None:
    sp = PlainProvider()
    bench.trust(sp, "plain")
    sp.ask(bench, bench.browser())
    step = told(sp.entity_id)["steps"]["signature-good"]
    assert (step["state"], step["code"]) == ("done", "signature-unsigned")


def test_metadata_with_errors_says_so(bench: Any, told: Any) -> None:
    bench.trust(replace(bench.sp, services={1: ("urn:etoegang:DV:00000001777777770000:services:x", "Fout")}))
    step = told()["steps"]["metadata-read"]
    assert (step["state"], step["code"]) == ("done", "metadata-errors")
    assert step["findings"]


def test_steps_outlive_the_log_of_exchanges(bench: Any, told: Any) -> None:
    bench.login()
    bench.application.parts.store.clear(log=LOG)
    assert states(told)["answer-sent"] == "done"


def test_a_reset_of_the_log_begins_them_anew(bench: Any, told: Any) -> None:
    bench.login()
    client = bench.application.wsgi.test_client()
    assert client.post("/api/v1/reset?what=exchanges", base_url=bench.base_url).status_code == 200
    assert states(told)["request-seen"] == "next"


def test_begin_anew_forgets_what_was_reached(bench: Any, told: Any) -> None:
    bench.login()
    browser: Browser = bench.browser()
    shown = browser.get(f"/console/connect?sp={bench.sp.entity_id}")
    browser.submit(shown, shown.by_testid("again")[0].getparent())
    assert states(told)["request-seen"] == "next"


def test_a_room_has_steps_of_its_own(bench: Any, told: Any) -> None:
    form = bench.sp.form(bench.sp.signed(bench.sp.request(bench.sso)))
    bench.browser().post("/sso/1.13", form, Mock_Eherkenning_Tag="t1")
    assert states(told, tag="t1")["request-seen"] == "done"
    assert states(told)["request-seen"] == "next"


def test_a_login_of_a_provider_that_works_writes_nothing_more(bench: Any, monkeypatch: Any) -> None:
    bench.login()
    store = bench.application.parts.store
    swapped = []
    swap = store.swap
    monkeypatch.setattr(store, "swap", lambda kind, *rest: swapped.append(kind) or swap(kind, *rest))
    bench.login()
    assert not [kind for kind in swapped if kind.startswith("connecting")]


def boom(seen: Any) -> None:
    raise ZeroDivisionError("by nought")


@pytest.mark.parametrize(
    ("rule", "step"),
    [("AR-27", "signature-good"), ("AR-42", "signature-good"), ("AR-14", "return-address-known")],
)
def test_a_check_that_broke_ticks_nothing_off_and_takes_the_blame(
    bench: Any, told: Any, monkeypatch: pytest.MonkeyPatch, rule: str, step: str
) -> None:
    monkeypatch.setitem(RULES.rules, rule, replace(RULES.rules[rule], check=boom))
    bench.ask()
    found = told()["steps"][step]
    assert (found["state"], found["code"], found["at"]) == ("blocked", "check-broken", None)
    assert found["broken_rules"] == [{"rule": rule, "error": "ZeroDivisionError: by nought"}]
    shown = page(bench)
    assert "Een controle van ons ging stuk" in shown.readable
    assert (shown.by_testid("broken-rule")[0].get("data-rule"), "by nought" in shown.readable) == (rule, True)
    monkeypatch.undo()
    bench.ask()
    assert (states(told)[step], told()["steps"][step]["broken_rules"]) == ("done", [])


def test_a_check_that_broke_elsewhere_in_the_request_is_said_where_the_person_would_log_in(
    bench: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULES.rules, "AR-09", replace(RULES.rules["AR-09"], check=boom))
    bench.ask()
    found = told()["steps"]
    assert (found["signature-good"]["state"], found["return-address-known"]["state"]) == ("done", "done")
    assert found["person-logged-in"]["code"] == "check-broken"


def test_a_check_of_the_artifact_that_broke_ticks_nothing_off(
    bench: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = "AX-05"
    monkeypatch.setitem(resolve_rules.rules, rule, replace(resolve_rules.rules[rule], check=boom))
    resolve(bench, bench.login().fields["SAMLart"])
    found = told()["steps"]["artifact-resolved"]
    assert (found["state"], found["code"], found["at"]) == ("blocked", "check-broken", None)
    assert [one["rule"] for one in found["broken_rules"]] == [rule]


def test_metadata_of_which_a_check_broke_is_not_said_to_be_without_errors(
    bench: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(metadata_rules.rules, "MD-08", replace(metadata_rules.rules["MD-08"], check=boom))
    found = told()["steps"]["metadata-read"]
    assert (found["code"], [one["rule"] for one in found["broken_rules"]]) == ("metadata-broken", ["MD-08"])
    shown = page(bench)
    assert shown.by_testid("broken-rule")[0].get("data-rule") == "MD-08"
