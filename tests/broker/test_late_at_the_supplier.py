"""Half an hour for a login: the supplier says so where the person is, before they walk on for nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from broker.settings import LOGIN_LIFE
from support.walk import kind, login_id_of, walk


@pytest.mark.parametrize("until", ["login", "channel", "pin"])
def test_a_login_that_is_too_late_ends_at_the_supplier_wherever_the_person_is(bench: Any, until: str):
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until=until)
    assert kind(page) == until, page.readable
    bench.application.clock.shift(LOGIN_LIFE + timedelta(seconds=1))
    late = browser.get(page.url)
    assert (late.status, kind(late)) == (410, "ended"), late.readable
    assert login_id_of(page) in late.by_testid("reference")[0].text_content()
    events = bench.exchanges.get(login_id_of(page)).events
    refused = [event.data for event in events if event.kind == "step-refused"]
    assert [data["why"] for data in refused] == ["late"], "the exchange tells why"
    over = browser.get(late.by_testid("continue")[0].get("href"))
    assert over.by_testid("problem")[0].get("data-reason") == "late", over.readable


def test_a_login_in_time_goes_on(bench: Any):
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="pin")
    bench.application.clock.shift(LOGIN_LIFE - timedelta(seconds=60))
    assert kind(browser.get(page.url)) == "pin"
