"""Which login gets which scenario, how often, and what is told of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, local
from typing import Any

import pytest

from broker.scenarios import armed as records
from broker.scenarios import arming, mandates
from broker.scenarios.acting import Ending
from broker.scenarios.armed import Armed, Seen, best
from broker.store.memory import MemoryStore
from broker.store.sqlite import SqliteStore
from support.answers import response, status
from support.scenario import arm, differing, go
from support.shaped import BY_POST, describe_service, settle
from support.walk import PASSWORD, kind, landed, walk

SERVICE = "urn:etoegang:DV:00000001999999990000:services:1"
SEEN = Seen(
    sp="urn:sp",
    services=frozenset({SERVICE.casefold(), "mijn helpdesk po"}),
    persons=frozenset({"m.devries", "mieke"}),
    relay_state="t-42",
    tag="room",
)


def one(id_: str, **criteria: Any) -> Armed:
    return Armed(id=id_, scenario="wrong-audience", **criteria)


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        ({}, True),
        ({"sp": "urn:sp"}, True),
        ({"sp": "urn:other"}, False),
        ({"service": SERVICE}, True),
        ({"service": "Mijn Helpdesk PO"}, True),
        ({"service": "Subsidieloket"}, False),
        ({"person": "M.DEVRIES"}, True),
        ({"person": "Mieke"}, True),
        ({"person": "somebody"}, False),
        ({"relay_state": "t-42"}, True),
        ({"relay_state": "T-42"}, False),
        ({"tag": "room"}, True),
        ({"tag": "another"}, False),
        ({"sp": "urn:sp", "person": "somebody"}, False),
    ],
)
def test_a_scenario_fits_a_login_when_all_that_it_names_is_so(criteria: dict[str, str], fits: bool) -> None:
    assert one("a", **criteria).fits(SEEN) is fits


@pytest.mark.parametrize(
    ("armed", "first"),
    [
        ([one("all"), one("sp", sp="urn:sp")], "sp"),
        ([one("sp", sp="urn:sp"), one("all")], "sp"),
        ([one("two", sp="urn:sp", person="m.devries"), one("one", relay_state="t-42")], "two"),
        ([one("earlier", sp="urn:sp"), one("later", relay_state="t-42")], "later"),
        ([one("room", tag="room"), one("precise", sp="urn:sp", person="m.devries")], "room"),
        ([one("elsewhere", tag="x", sp="urn:sp"), one("all")], "all"),
    ],
)
def test_the_most_specific_comes_first_and_of_two_as_specific_the_later(
    armed: list[Armed], first: str
) -> None:
    assert best(armed, SEEN)[0].id == first


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "store.sqlite")
    yield made
    made.close()


@pytest.mark.parametrize("times", [1, 3])
def test_of_many_logins_at_once_no_more_get_it_than_may(store: Any, times: int) -> None:
    armed = records.arm(store, one("a", times=times))
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda number: records.bind(store, f"login-{number}", armed), range(24)))
    assert got.count(True) == times
    found = records.one(store, "a")
    assert found
    assert found.spent
    assert len(set(found.used_by)) == times
    assert records.waiting(store) == []
    assert [bool(records.bound(store, f"login-{number}")) for number in range(24)] == got


def test_two_logins_that_have_both_seen_it_waiting_do_not_both_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore()
    armed = records.arm(store, one("a"))
    both, seen, real = Barrier(2, timeout=10), local(), MemoryStore.get
    seen.it = "in this thread nobody waits"

    def get(self: MemoryStore, kind: str, key: str) -> bytes | None:
        found = real(self, kind, key)
        if kind == records.ARMED and not hasattr(seen, "it"):
            seen.it = found
            both.wait()
        return found

    monkeypatch.setattr(MemoryStore, "get", get)
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(lambda login: records.bind(store, login, armed), ("one", "two")))
    assert sorted(got) == [False, True]
    found = records.one(store, "a")
    assert found
    assert len(found.used_by) == 1


def test_a_login_has_one_scenario_however_many_fit(store: Any) -> None:
    first, second = records.arm(store, one("a")), records.arm(store, one("b"))
    assert records.bind(store, "login", first)
    assert not records.bind(store, "login", second)
    assert [waits.id for waits in records.waiting(store)] == ["b"], "the other is not used up"


def test_what_acts_always_is_never_spent_and_remembers_the_newest_logins(store: Any) -> None:
    armed = records.arm(store, one("a", times=0))
    for number in range(records.MOST_USES + 5):
        assert records.bind(store, f"login-{number}", armed)
    found = records.one(store, "a")
    assert found
    assert not found.spent
    assert (found.uses, len(found.used_by)) == (records.MOST_USES + 5, records.MOST_USES)
    assert found.used_by[-1] == f"login-{records.MOST_USES + 4}"


def test_a_one_shot_is_forgotten_after_a_day_and_one_that_acts_always_is_not() -> None:
    now = [0.0]
    store = MemoryStore(clock=lambda: now[0])
    records.arm(store, one("once"))
    records.arm(store, one("always", times=0))
    now[0] = records.KEEP - 1
    assert [waits.id for waits in records.waiting(store)] == ["once", "always"]
    now[0] = records.KEEP + 1
    assert [waits.id for waits in records.waiting(store)] == ["always"]


def test_dropping_a_tag_leaves_the_others(store: Any) -> None:
    for tag in ("", "a", "b"):
        records.arm(store, one(f"of-{tag}", tag=tag))
    assert records.drop(store, "a") == 1
    assert [waits.tag for waits in records.waiting(store)] == ["", "b"]


# In logins.


def audience(bench: Any, went: Any) -> str:
    return str(went.values["Response/Assertion/Conditions/AudienceRestriction/Audience"])


def test_a_scenario_waits_for_the_login_that_it_is_for(bench: Any) -> None:
    armed = arm(bench, "wrong-audience", person="t.mulder", params={"value": "urn:other"})
    assert audience(bench, go(bench)) == bench.sp.entity_id
    assert records.waiting(bench.application.parts.store) == [armed]
    went = go(bench, "t.mulder")
    assert audience(bench, went) == "urn:other"
    found = arming.one(bench.application.parts, armed.id)
    assert found
    assert found.used_by == (went.exchange,)
    assert audience(bench, go(bench, "t.mulder")) == bench.sp.entity_id, "once"


def test_the_more_specific_acts_further_on_so_the_other_stays_where_it_is(bench: Any) -> None:
    general = arm(bench, "mandate-none", sp=bench.sp.entity_id)
    precise = arm(bench, "wrong-audience", sp=bench.sp.entity_id, person="m.devries")
    went = go(bench)
    assert went.page == "answer"
    parts = bench.application.parts
    assert [arming.one(parts, one.id).uses for one in (general, precise)] == [0, 1]
    assert go(bench).page == "nomandate", "now it is the other's turn"


@pytest.mark.parametrize("name", ["the ServiceID", "mine", "Mine"])
def test_a_service_may_be_called_by_any_of_its_names(bench: Any, name: str) -> None:
    describe_service(bench, "[[KvKnr]]")
    arm(bench, "cancelled-at-choice", service=bench.sp.services[1][0] if name == "the ServiceID" else name)
    assert status(response(bench, landed(bench.ask(**BY_POST)))) == ["Responder", "AuthnFailed"]


def test_a_request_of_another_relay_state_goes_by(bench: Any) -> None:
    arm(bench, "cancelled-at-choice", relay_state="t-42")
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, relay_state="t-41"), until="choice")
    assert kind(page) == "choice"
    assert landed(bench.ask(relay_state="t-42", **BY_POST)).fields["RelayState"] == "t-42"


def test_the_world_is_another_for_this_person_in_this_login_only(bench: Any) -> None:
    """Two logins at once by the same person; the scenario is the first one's."""
    first, second = bench.browser(), bench.browser()
    arm(bench, "mandate-expired", relay_state="first")
    one_ = walk(first, bench.ask(first, relay_state="first", **BY_POST), until="pin")
    other = walk(second, bench.ask(second, relay_state="second", **BY_POST), until="pin")
    assert kind(walk(second, other)) == "answer"
    assert kind(walk(first, one_)) == "nomandate"


def uses(bench: Any, armed: Armed) -> tuple[int, tuple[str, ...]]:
    found = arming.one(bench.application.parts, armed.id)
    assert found
    return found.uses, found.used_by


@pytest.mark.parametrize(
    ("name", "ends"),
    [("means-suspended", "means"), ("mandate-expired", "nomandate"), ("means-must-change-password", "renew")],
)
def test_a_wrong_password_and_a_cancel_leave_another_world_for_the_login_that_comes_to_it(
    bench: Any, name: str, ends: str
) -> None:
    armed = arm(bench, name, person="m.devries")
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), until="login")
    wrong = browser.submit(page, page.form("next"), username="m.devries", password="wrong")
    assert wrong.status == 422
    browser.submit(wrong, wrong.form("cancel"))
    assert uses(bench, armed) == (0, ())
    assert records.waiting(bench.application.parts.store) == [armed]
    page = walk(browser, bench.ask(browser, **BY_POST))
    assert kind(page) == ends
    exchange = bench.exchanges.recent(1)[0]
    assert uses(bench, armed) == (1, (exchange.id,))
    told = [event for event in bench.exchanges.get(exchange.id).events if event.kind == "scenario"]
    assert [event.data["name"] for event in told] == [name]


def test_of_two_logins_in_one_other_world_the_first_that_is_decided_keeps_it(bench: Any) -> None:
    armed = arm(bench, "mandate-none", person="m.devries")
    first, second = bench.browser(), bench.browser()
    one_ = walk(first, bench.ask(first, **BY_POST), until="pin")
    other = walk(second, bench.ask(second, **BY_POST), until="pin")
    assert kind(walk(second, other)) == "nomandate"
    assert kind(walk(first, one_)) == "answer"
    assert uses(bench, armed)[0] == 1


def test_where_another_login_was_first_at_the_same_moment_it_is_decided_again_without(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    armed = arm(bench, "mandate-none", person="m.devries")
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), until="pin")
    real = records.bind

    def bind(store: Any, exchange: str, wanted: Armed) -> bool:
        monkeypatch.setattr(records, "bind", real)
        assert real(store, "another-login", wanted)
        return real(store, exchange, wanted)

    monkeypatch.setattr(records, "bind", bind)
    assert kind(walk(browser, page)) == "answer"
    assert uses(bench, armed) == (1, ("another-login",))


@pytest.mark.parametrize("name", ["mandate-none", "cancelled-at-choice", "wrong-audience"])
def test_a_login_goes_by_a_spent_one_that_was_left_among_those_that_wait(bench: Any, name: str) -> None:
    """A process that is killed between counting the use and putting it away leaves it so."""
    store = bench.application.parts.store
    armed = arm(bench, name, person="" if name == "cancelled-at-choice" else "m.devries")
    spent = replace(armed, uses=1, used_by=("another-login",))
    records.disarm(store, armed.id)
    records.arm(store, spent)
    assert not records.is_left(store, spent)
    went = go(bench)
    assert went.page == "answer"
    assert audience(bench, went) == bench.sp.entity_id
    assert records.waiting(store) == []
    assert uses(bench, armed) == (1, ("another-login",)), "whoever asks still sees what became of it"
    assert records.drop(store) == 1


def test_a_login_in_which_another_world_never_stands_is_decided_without(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    armed = arm(bench, "mandate-none", person="m.devries")
    monkeypatch.setattr(records, "bind", lambda store, exchange, wanted: False)
    assert go(bench).page == "answer"
    assert uses(bench, armed) == (0, ())


def by_address_at(bench: Any, supplier: str) -> None:
    """From now on this supplier takes an e-mail address for a user name."""
    profiles = bench.application.parts.suppliers.profiles
    profiles[supplier] = profiles[supplier].model_copy(update={"email_as_username": True})


@pytest.mark.parametrize(
    "typed", ["m.devries", "m.devries@voorbeeld.example", "M.deVries@Voorbeeld.example "]
)
@pytest.mark.parametrize(("name", "ends"), [("means-blocked", "login"), ("means-no-channel", "nochannel")])
def test_the_world_is_another_as_soon_as_somebody_typed_their_user_name_or_address(
    bench: Any, typed: str, name: str, ends: str
) -> None:
    by_address_at(bench, "reconi")
    armed = arm(bench, name, person="m.devries")
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), until="login")
    page = browser.submit(page, page.form("next"), username=typed, password=PASSWORD)
    assert kind(page) == ends
    assert uses(bench, armed) == (1, (bench.exchanges.recent(1)[0].id,))


def test_without_anything_armed_a_point_costs_one_look_in_the_store(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = bench.application.parts
    asked: list[tuple[str, ...]] = []
    real = MemoryStore.get
    monkeypatch.setattr(MemoryStore, "get", lambda self, *key: asked.append(key) or real(self, *key))
    ending = Ending(parts, None, "m.devries")  # type: ignore[arg-type]
    ending.decision(None)  # type: ignore[arg-type]
    ending.facts(None)  # type: ignore[arg-type]
    assert ending.response(b"as it was") == b"as it was"
    assert asked == [records.EVER]


# By the YAML.


def test_whoever_logs_in_under_the_name_in_the_yaml_gets_the_scenario_each_time(bench: Any) -> None:
    for _ in range(2):
        assert audience(bench, go(bench, "verkeerde-audience")).endswith(":entities:0001")
    assert audience(bench, go(bench)) == bench.sp.entity_id
    (found,) = [one for one in arming.listed(bench.application.parts) if one.scenario == "wrong-audience"]
    assert (found.uses, found.times, found.source) == (2, 0, "eherkenning.yaml, scenarios[1]")


def test_in_the_yaml_too_times_is_how_often(bench: Any) -> None:
    bench.rewrite("person: te-laag-niveau}", "person: te-laag-niveau, times: 1}")
    level = "Response/Assertion/AuthnStatement/AuthnContext/AuthnContextClassRef"
    levels = [go(bench, "te-laag-niveau").values[level].rpartition(":")[2] for _ in range(2)]
    assert levels == ["loa2plus", "loa3"]


def test_in_the_yaml_another_world_too_is_there_as_often_as_it_says(bench: Any) -> None:
    bench.rewrite(
        "\nscenarios:\n", "\nscenarios:\n  - {scenario: mandate-none, person: m.devries, times: 1}\n"
    )
    assert [go(bench).page for _ in range(2)] == ["nomandate", "answer"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{scenario: wrong-audiense}", 'did you mean "wrong-audience"?'),
        ("{scenario: expired, params: {hours: 1}}", "expired has no such parameter; it has: seconds"),
        ("{scenario: expired, params: {seconds: soon}}", "is not a whole number"),
        ("{scenario: expired, persn: m.devries}", 'did you mean "person"?'),
        ("{scenario: expired, times: -1}", "scenarios[4].times: must be 0 or more"),
    ],
)
def test_a_wrong_entry_is_said_with_its_line_and_the_last_good_file_stays(
    bench: Any, entry: str, said: str
) -> None:
    file = bench.home / "eherkenning.yaml"
    last = "  - {scenario: technical-fault, person: technische-storing}\n"
    file.write_text(file.read_text().replace(last, f"{last}  - {entry}\n"))
    bench.application.parts.configuration.refresh()
    (problem,) = bench.application.parts.current.problems
    assert said in problem
    assert len(bench.application.parts.current.scenarios) == 3


def test_a_person_whom_nobody_knows_is_a_warning(bench: Any) -> None:
    bench.rewrite("person: te-laag-niveau}", "person: te-laag-nivo}")
    (warning,) = [one for one in bench.application.parts.current.warnings if "scenarios" in one]
    assert 'nobody has the key or the user name "te-laag-nivo"' in warning
    assert 'did you mean "te-laag-niveau"?' in warning


# Beside the ordinary road.


def test_it_goes_out_by_artifact_too(bench: Any) -> None:
    arm(bench, "wrong-audience", params={"value": "urn:other"})
    went = go(bench, AssertionConsumerServiceIndex="1")
    path = "ArtifactResponse/Response/Assertion/Conditions/AudienceRestriction/Audience"
    assert went.values[path] == "urn:other"


def test_a_provider_outside_the_scheme_gets_it_in_its_own_words(bench: Any) -> None:
    settle(bench, profile="saml", levels={"EH2+": "urn:low", "EH3": "urn:middle"})
    bench.application.clock.change("", frozen=True)
    good = go(bench)
    arm(bench, "level-lower")
    went = go(bench)
    level = "Response/Assertion/AuthnStatement/AuthnContext/AuthnContextClassRef"
    assert (good.values[level], went.values[level]) == ("urn:middle", "urn:low")
    assert len(differing(good, went)) == 2, "the class, and the attribute that says the level"


def test_a_mandate_for_one_branch_lets_in_where_the_service_takes_branches(bench: Any) -> None:
    describe_service(bench, "[[KvKnr]]", branches=True)
    good = go(bench)
    arm(bench, "mandate-branch", params={"branch": "000090000013"})
    went = go(bench)
    assert went.page == "answer"
    found = {
        path for path in differing(good, went) if path.startswith("Response/Assertion/AttributeStatement")
    }
    assert found == {
        "Response/Assertion/AttributeStatement/Attribute[1.9:ServiceRestriction:Vestigingsnr]",
    }


def test_a_mandate_that_was_granted_while_running_does_not_count_either(bench: Any) -> None:
    """The register of the scenario stands alone: neither a grant nor a last use comes on top of it."""
    parts = bench.application.parts
    go(bench)
    register = mandates.none(parts.current.register, parts.current.register.people["m.devries"], None)  # type: ignore[arg-type]
    assert parts.suppliers.grants.of("m.devries").last_used
    assert parts.suppliers.grants.of("m.devries", register=register).last_used is None
    assert parts.suppliers.grants.of("t.mulder", register=register) == parts.suppliers.grants.of("t.mulder")


def test_it_finds_whoever_is_still_logged_in_at_the_supplier(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, ForceAuthn="false", **BY_POST), until="login")
    form = page.form("next")
    page = browser.submit(page, form, username="m.devries", password=PASSWORD, stay="1")
    assert kind(walk(browser, page)) == "answer"
    arm(bench, "mandate-none", person="m.devries")
    page = walk(browser, bench.ask(browser, ForceAuthn="false", **BY_POST))
    (exchange,) = bench.exchanges.recent(1)
    assert exchange.last("supplier-session-used"), "no password was asked"
    assert kind(page) == "nomandate"
