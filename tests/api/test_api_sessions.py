"""Sessions over the API: who is still logged in, and the end of that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broker import sessions
from support.browser import Browser
from support.walk import PASSWORD, choose, kind, landed, walk


@pytest.fixture
def browser(bench: Any) -> Browser:
    """It logged in at Reconi, and wished to stay logged in there."""
    browser = bench.browser()
    page = choose(browser, bench.ask(browser, ForceAuthn=None), "reconi")
    fields = {"username": "m.devries", "password": PASSWORD, "stay": "yes"}
    landed(walk(browser, browser.submit(page, page.form("next"), **fields)))
    return browser


def comes_to(bench: Any, browser: Browser) -> str:
    """The page that the next login at Reconi comes to."""
    page = bench.ask(browser, ForceAuthn=None)
    return kind(choose(browser, page, "reconi") if kind(page) == "choice" else page)


def listed(api: Any, query: str = "") -> dict[str, Any]:
    return {one["kind"]: one for one in api.get(f"sessions{query}").body["sessions"]}


@pytest.mark.usefixtures("browser")
def test_a_login_leaves_a_session_at_its_supplier_and_one_at_the_provider(api: Any, bench: Any) -> None:
    found = listed(api)
    exchange = bench.exchanges.recent(1)[0].id
    assert set(found) == {"supplier", "answer"}
    for one in found.values():
        assert (one["supplier"], one["person"], one["login"]) == ("reconi", "m.devries", exchange)
        assert one["since"]
        assert not one["over"]
    assert (found["supplier"]["sp"], found["answer"]["sp"]) == (None, bench.sp.entity_id)
    assert found["supplier"]["until"] > found["supplier"]["since"]


@pytest.mark.usefixtures("browser")
def test_what_is_in_the_cookie_or_the_answer_is_never_told(api: Any, bench: Any) -> None:
    said = json.dumps(api.get("sessions").body)
    store = bench.application.parts.store
    kept = [key for of in ("supplier-session", "session") for key, _ in store.records(of)]
    assert len(kept) == 2
    assert not [key for key in kept if key in said]


@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("?person=m.devries", {"supplier", "answer"}),
        ("?person=somebody", set()),
        ("?supplier=kpn", set()),
        ("?kind=supplier", {"supplier"}),
        ("?sp=urn:etoegang:DV:00000001999999990000:entities:1", set()),
    ],
)
def test_the_list_can_be_narrowed(api: Any, query: str, kinds: set[str]) -> None:
    assert set(listed(api, query)) == kinds


@pytest.mark.usefixtures("browser")
def test_two_hours_later_the_session_of_the_supplier_is_over(api: Any) -> None:
    api.put("clock", {"shift_seconds": 2 * 3600 + 60})
    assert {kind: one["over"] for kind, one in listed(api).items()} == {"supplier": True, "answer": False}


def test_one_that_is_ended_asks_for_the_password_again(api: Any, bench: Any, browser: Any) -> None:
    assert comes_to(bench, browser) == "answer"
    ended = listed(api)["supplier"]["id"]
    assert api.delete(f"sessions/{ended}").status == 204
    assert "supplier" not in listed(api)
    assert comes_to(bench, browser) == "login"
    assert api.delete(f"sessions/{ended}").status == 404


@pytest.mark.usefixtures("browser")
def test_a_provider_that_logs_out_what_was_ended_finds_nothing(api: Any, bench: Any) -> None:
    parts = bench.application.parts
    (session,) = sessions.every(parts)
    assert sessions.find(parts, session.sp, session.name_id, ()) == (session,)
    assert api.delete(f"sessions/{listed(api)['answer']['id']}").status == 204
    assert sessions.find(parts, session.sp, session.name_id, ()) == ()


@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_all_of_them_end_at_once(api: Any, method: str) -> None:
    if method == "DELETE":
        assert api.delete("sessions").body == {"ended": 2}
    else:
        assert api.post("reset?what=sessions").body["dropped"] == {"sessions": 2}
    assert api.get("sessions").body == {"sessions": [], "total": 0}


@pytest.mark.usefixtures("browser")
def test_another_site_ends_nothing(api: Any) -> None:
    assert api("DELETE", "sessions", Sec_Fetch_Site="cross-site").status == 403
    assert len(listed(api)) == 2
