"""One reason, one text: whoever says why a login fails takes it from the same object."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suppliers.ask import Names
from suppliers.wording import TEXTS
from support.walk import login_id_of, walk

if TYPE_CHECKING:
    from conftest import Bench

Run = Callable[..., tuple[int, str]]
SERVICE = "Mijn Helpdesk po"
EXPIRED, SUSPENDED = "r.peters", "s.tacke"


def everywhere(bench: Bench, run: Run, person: str, event: str) -> dict[str, str]:
    """What each says of this person, who logs in and does not get in."""
    said: dict[str, str] = {}
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, AttributeConsumingServiceIndex="1"), person)
    said["page"] = page.readable
    panel = browser.get(f"{page.url}?people={person}")
    said["panel"] = panel.by_testid(f"person-{person}")[0].text_content()
    exchange = bench.exchanges.get(login_id_of(page))
    said["log"] = json.dumps(exchange.last(event), ensure_ascii=False)
    question = f"person={person}&service={bench.sp.services[1][0]}"
    said["API"] = json.dumps(json.loads(browser.get(f"/api/v1/explain?{question}").body), ensure_ascii=False)
    said["console"] = browser.get(f"/console/explain?{question}").readable
    said["people"] = browser.get(f"/console/users?q={person}").readable
    said["people, API"] = json.dumps(
        json.loads(browser.get(f"/api/v1/users?q={person}").body), ensure_ascii=False
    )
    said["command"] = run("explain", person, "--service", SERVICE, "--lang", "nl")[1]
    said["command, JSON"] = run("explain", person, "--service", SERVICE, "--format", "json")[1]
    said["command users"] = run("users", "--lang", "nl")[1]
    return {name: " ".join(text.split()) for name, text in said.items()}


@pytest.mark.parametrize(
    ("person", "event", "key", "not_on"),
    [
        (EXPIRED, "mandates-considered", "reason.expired", ()),
        # The page speaks to the person themselves, and says what to do.
        (SUSPENDED, "means-refused", "testers.suspended", ("page",)),
    ],
)
def test_another_text_of_one_reason_is_another_text_everywhere(
    bench: Bench,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    person: str,
    event: str,
    key: str,
    not_on: tuple[str, ...],
) -> None:
    before = everywhere(bench, run, person, event)
    monkeypatch.setitem(TEXTS, key, Names("Uitgelachen en weggestuurd.", "Laughed at and sent away."))  # type: ignore[attr-defined]
    after = everywhere(bench, run, person, event)
    for where, text in after.items():
        assert "Uitgelachen" not in before[where]
        assert ("Uitgelachen en weggestuurd." in text) is (where not in not_on), f"{where}: {text}"


def test_a_reason_names_the_same_line_everywhere(bench: Bench, run: Run, home: Path) -> None:
    said = everywhere(bench, run, EXPIRED, "mandates-considered")
    lines = (home / "eherkenning.yaml").read_text().splitlines()
    line = 1 + next(n for n, text in enumerate(lines) if "person: r.peters" in text)
    silent = [where for where, text in said.items() if f"eherkenning.yaml:{line}" not in text]
    assert silent == ["page", "people", "command users"], (
        "a person is not told of files, a table not of each line"
    )


def test_the_reason_of_the_log_has_code_and_both_languages(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), EXPIRED)
    (refused,) = bench.exchanges.get(login_id_of(page)).last("mandates-considered")["refused"]
    found = json.loads(
        browser.get(f"/api/v1/explain?person={EXPIRED}&service={bench.sp.services[1][0]}").body
    )
    (step,) = [one for one in found["steps"] if (one["step"], one["code"]) == ("mandate", "expired")]
    assert {name: step[name] for name in ("code", "nl", "en", "place")} == {
        name: refused[name] for name in ("code", "nl", "en", "place")
    }


def test_an_exchange_and_the_list_of_means_lead_to_why(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), EXPIRED)
    found = browser.get(f"/console/exchanges/{login_id_of(page)}")
    (link,) = found.by_testid("why")
    assert "Komt niet binnen" in browser.get(link.get("href")).said("verdict")
    bench.login()
    newest = bench.exchanges.recent(1)[0].id
    (link,) = browser.get(f"/console/exchanges/{newest}").by_testid("why")
    assert "Komt binnen" in browser.get(link.get("href")).said("verdict")
    (link,) = browser.get(f"/console/means?q={EXPIRED}").by_testid("why")
    assert browser.get(link.get("href")).tree.get_element_by_id("person").get("value") == EXPIRED
