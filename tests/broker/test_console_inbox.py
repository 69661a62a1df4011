"""The inbox and the phone in the console, as pages and over the API; e-mail that goes out from a whole broker."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from broker import cli, exchange_json
from broker.console.inbox import linked
from broker.console.phone import code_of
from support.answers import call
from support.browser import Page
from support.postbox import At, Postbox
from support.running import ROOT, RunningBroker
from support.walk import answer_phone, kind, landed, login_id_of, walk

BASE = "http://127.0.0.1:8080"


def messages(bench: Any, query: str = "") -> list[dict[str, Any]]:
    page = call(bench, "GET", f"/api/v1/inbox{query}")
    assert page.status == 200, page.text
    found: list[dict[str, Any]] = json.loads(page.body)["messages"]
    return found


def waiting(bench: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call(bench, "GET", "/api/v1/phone").body)["waiting"]
    return found


@pytest.fixture
def told(bench: Any) -> Any:
    """A broker whose inbox has an SMS of Reconi, an e-mail of Z login and a request of Digidentity's app."""
    for person, supplier, channel in (
        ("m.devries", "reconi", "sms"),
        ("f.elamrani", "z-login", "email"),
        ("a.yilmaz", "digidentity", "app"),
    ):
        until = "app" if channel == "app" else "pin"
        walk(bench.browser(), bench.ask(), person, supplier, channel=channel, until=until)
    return bench


def at_phone(bench: Any, factor: str = "app") -> Page:
    page = walk(bench.browser(), bench.ask(), "a.yilmaz", "digidentity", channel=factor, until=factor)
    assert kind(page) == factor
    return page


# The inbox.


def test_the_newest_is_on_top_with_its_code_and_its_exchange(told: Any) -> None:
    page = told.browser().get("/console/inbox")
    shown = [" ".join(link.text_content().split()) for link in page.by_testid("message-link")]
    assert [text.split(" aan ")[0] for text in shown] == ["App-bericht", "E-mail", "Sms"]
    codes = [code.text_content() for code in page.by_testid("inbox-code")]
    assert codes == [message["code"] for message in messages(told)]
    for link in page.by_testid("message-exchange"):
        assert told.browser().get(link.get("href")).status == 200


@pytest.mark.parametrize(
    ("query", "channels"),
    [
        ("to=F.ELAMRANI", ["email"]),
        ("supplier=reconi", ["sms"]),
        ("q=pincode", ["email", "sms"]),
        ("supplier=reconi&q=nonsense", []),
        ("to=&supplier=&q=", ["app", "email", "sms"]),
    ],
)
def test_the_list_and_the_json_can_be_narrowed(told: Any, query: str, channels: list[str]) -> None:
    assert [message["channel"] for message in messages(told, f"?{query}")] == channels
    page = told.browser().get(f"/console/inbox?{query}")
    assert len(page.by_testid("message")) == len(channels)
    assert bool(page.by_testid("inbox-empty")) is not bool(channels)


def test_what_is_newer_than_a_message_can_be_asked(told: Any) -> None:
    ids = [message["id"] for message in messages(told)]
    assert [message["id"] for message in messages(told, f"?after={ids[1]}")] == ids[:1]
    assert messages(told, f"?after={ids[0]}") == []
    assert [message["id"] for message in messages(told, "?after=gone")] == ids


def test_the_page_asks_for_what_is_newer_than_its_newest(told: Any) -> None:
    page = told.browser().get("/console/inbox?supplier=reconi")
    (live,) = page.by_testid("messages")
    asked = parse_qs(urlsplit(live.get("data-poll")).query)
    assert asked == {"supplier": ["reconi"], "limit": ["1"], "after": [messages(told)[0]["id"]]}


@pytest.fixture
def in_rooms(bench: Any) -> Any:
    """A broker with a message in each of two rooms, and one outside any."""
    for tag in ("one", "two", ""):
        browser = bench.browser()
        browser.post("/console/room", {"tag": tag} if tag else {"do": "leave"})
        walk(browser, bench.ask(browser), until="pin")
    return bench


def tags(page: Page) -> list[str]:
    return [link.text_content() for link in page.by_testid("message-tag")]


def test_the_inbox_is_narrowed_to_a_room_and_asks_for_its_news(in_rooms: Any) -> None:
    browser = in_rooms.browser()
    whole = browser.get("/console/inbox")
    assert tags(whole) == ["two", "one"]
    page = browser.get(whole.by_testid("message-tag")[1].get("href"))
    assert len(page.by_testid("message")) == 1
    assert tags(page) == ["one"]
    assert page.form("filter").fields["tag"] == "one"
    (live,) = page.by_testid("messages")
    assert parse_qs(urlsplit(live.get("data-poll")).query)["tag"] == ["one"]
    (link,) = page.tree.xpath('//p[@class="api"]/a/@href')
    assert [one["tag"] for one in messages(in_rooms, link.removeprefix("/api/v1/inbox"))] == ["one"]


def test_who_is_in_a_room_sees_its_messages_unless_they_ask_otherwise(in_rooms: Any) -> None:
    browser = in_rooms.browser()
    browser.post("/console/room", {"tag": "two"})
    page = browser.get("/console/inbox")
    assert tags(page) == ["two"]
    page = browser.get(page.by_testid("filter-none")[0].get("href"))
    assert len(page.by_testid("message")) == 3
    for address in (page.by_testid("refresh")[0].get("href"), page.by_testid("messages")[0].get("data-page")):
        assert len(browser.get(address).by_testid("message")) == 3, "the same list once more"


def test_a_message_has_a_page_of_its_own(told: Any) -> None:
    for message in messages(told):
        page = told.browser().get(f"/console/inbox/{message['id']}")
        assert page.status == 200
        assert page.said("inbox-code") == message["code"]
        assert page.by_testid("copy")[0].get("data-copy") == message["code"]
        assert " ".join(message["body"].split()) in page.said("body")
    page = told.browser().get("/console/inbox/none")
    assert (page.status, page.heading) == (404, "Dit bericht is er niet (meer)")


@pytest.mark.parametrize("how", ["page", "api"])
def test_the_inbox_can_be_emptied(told: Any, how: str) -> None:
    if how == "api":
        assert call(told, "DELETE", "/api/v1/inbox").status == 204
    else:
        page = told.browser().get("/console/inbox")
        page = told.browser().submit(page, page.form("empty"))
        assert page.said("done") == "De inbox is leeggemaakt."
    assert messages(told) == []
    assert len(waiting(told)) == 1, "what waits for the phone is not in the inbox"
    walk(told.browser(), told.ask(), until="pin")
    assert len(messages(told)) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/console/inbox/empty"),
        ("DELETE", "/api/v1/inbox"),
        ("POST", "/console/phone/answer"),
        ("POST", "/console/phone/scan"),
        ("POST", "/api/v1/phone"),
        ("POST", "/api/v1/phone/x"),
    ],
)
def test_another_site_changes_nothing(told: Any, method: str, path: str) -> None:
    assert call(told, method, path, Sec_Fetch_Site="cross-site").status == 403
    assert len(messages(told)) == 3


@pytest.mark.parametrize(
    ("text", "links"),
    [
        (f"Kies {BASE}/supplier/reconi/reset/abc-1.", [f"{BASE}/supplier/reconi/reset/abc-1"]),
        (f"<{BASE}/a?b=c&d=e>", [f"{BASE}/a?b=c&d=e"]),
        (f"{BASE}/een en {BASE}/twee", [f"{BASE}/een", f"{BASE}/twee"]),
        ("https://elders.example/a http://127.0.0.1:80801/x", []),
        (f"{BASE}.evil.example/a {BASE}@evil.example/a", []),
        (f"javascript:alert(1) {BASE}", []),
        (f'{BASE}/"onclick="x', []),
    ],
)
def test_only_our_own_addresses_are_links_and_nothing_else_is_html(text: str, links: list[str]) -> None:
    from lxml import html

    made = html.fromstring(f"<p>{linked(text, BASE)}</p>")
    assert made.xpath("//a/@href") == links
    assert made.text_content() == text
    assert {element.tag for element in made.iter()} <= {"p", "a"}


# The phone.


def test_a_login_waits_for_the_phone_and_goes_on_when_it_approves(bench: Any) -> None:
    page = at_phone(bench)
    browser = bench.browser()
    again = browser.submit(page, page.form("next"))
    assert again.status == 422
    assert "nog niet bevestigd" in again.said("error-phone")
    answer_phone(browser, login_id_of(page))
    assert not waiting(bench)
    assert landed(walk(browser, browser.submit(page, page.form("next"))))


@pytest.mark.parametrize("factor", ["app", "qr"])
def test_a_refusal_on_the_phone_is_told_on_the_page(bench: Any, factor: str) -> None:
    page = at_phone(bench, factor)
    answer_phone(bench.browser(), login_id_of(page), "refuse")
    page = bench.browser().get(page.url)
    assert "geweigerd" in page.said("error-phone")
    assert page.by_testid("error-summary")


def test_the_numbers_are_the_same_on_both_sides(bench: Any) -> None:
    page = at_phone(bench)
    phone = bench.browser().get("/console/phone")
    assert phone.said("phone-number") == page.said("app-number") == waiting(bench)[0]["number"]


@pytest.mark.parametrize("how", ["the readable code", "the address", "the id", "the button"])
def test_a_code_is_scanned_by_button_or_by_typing_it(bench: Any, how: str) -> None:
    page, browser = at_phone(bench, "qr"), bench.browser()
    (item,) = waiting(bench)
    if how == "the button":
        answer_phone(browser, login_id_of(page))
    else:
        address = f"{bench.base_url}/console/phone?code={item['id']}"
        typed = {"the readable code": page.said("qr-code"), "the address": address, "the id": item["id"]}[how]
        phone = browser.get("/console/phone")
        phone = browser.submit(phone, phone.form("scan-code"), code=typed)
        assert "Goedgekeurd" in phone.said("done"), phone.readable
    assert landed(walk(browser, browser.submit(page, page.form("next"))))


def test_what_the_qr_code_says_opens_the_phone_with_the_code_filled_in_and_changes_nothing(
    bench: Any,
) -> None:
    at_phone(bench, "qr")
    (item,) = waiting(bench)
    page = bench.browser().get(f"/console/phone?code={item['id']}")
    assert page.by_testid("code")[0].get("value") == item["id"]
    assert len(waiting(bench)) == 1


@pytest.mark.parametrize(
    ("case", "wrong"),
    [
        ("nothing", "empty"),
        ("made up", "unknown"),
        ("late", "late"),
        ("used", "used"),
        ("another visit", "other"),
        ("cancelled", "ended"),
    ],
)
def test_each_trouble_with_a_code_has_its_own_text(bench: Any, case: str, wrong: str) -> None:
    page, browser = at_phone(bench, "qr"), bench.browser()
    form = {"code": waiting(bench)[0]["id"]}
    if case in ("nothing", "made up"):
        form = {"code": "" if case == "nothing" else "AAAA-BBBB"}
    elif case == "late":
        call(bench, "PUT", "/api/v1/clock", {"shift_seconds": 601})
    elif case == "used":
        answer_phone(browser, login_id_of(page))
    elif case == "another visit":
        form["ask_id"] = login_id_of(at_phone(bench, "qr"))
    else:
        browser.submit(page, page.form("cancel"))
    answer = browser.post("/console/phone/scan", form)
    assert answer.status == 422
    assert answer.by_testid("wrong")[0].get("data-code") == wrong
    if case != "nothing":
        over_api = call(bench, "POST", "/api/v1/phone", form)
        assert over_api.status == (404 if wrong == "unknown" else 409), over_api.text
        assert over_api.headers["Content-Type"] == "application/problem+json"


def test_the_api_approves_and_refuses(bench: Any) -> None:
    for answer in ("approve", "refuse"):
        page = at_phone(bench)
        (item,) = waiting(bench)
        said = (item["supplier"], item["factor"], item["ask_id"], item["number"])
        assert said == ("digidentity", "app", login_id_of(page), page.said("app-number"))
        said = call(bench, "POST", f"/api/v1/phone/{item['id']}", {"answer": answer})
        assert said.status == 200, said.text
        state = json.loads(bench.browser().get(f"{page.url}/status").body)
        assert state == {"state": {"approve": "approved", "refuse": "refused"}[answer]}


@pytest.mark.parametrize("body", [None, {}, [], {"answer": "yes"}, {"answer": 1}, "approve"])
def test_an_answer_that_is_none_is_refused(bench: Any, body: Any) -> None:
    at_phone(bench)
    page = call(bench, "POST", f"/api/v1/phone/{waiting(bench)[0]['id']}", body)
    assert page.status == 422
    assert len(waiting(bench)) == 1


def test_the_exchange_tells_of_the_phone_and_holds_nothing_that_answers_it(bench: Any) -> None:
    page = at_phone(bench, "qr")
    (item,) = waiting(bench)
    bench.browser().post("/console/phone/scan", {"code": item["id"], "ask_id": "another"})
    answer_phone(bench.browser(), login_id_of(page))
    exchange = bench.exchanges.get(login_id_of(page))
    kinds = [event.kind for event in exchange.events]
    assert kinds[-2:] == ["phone-asked", "phone-approved"]
    assert item["id"] not in json.dumps(exchange_json.told(exchange))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("K7QF-2M9X", "K7QF-2M9X"),
        (" http://x/console/phone?code=abc ", "abc"),
        ("http://[", "http://["),
        ("http://x/?other=1", "http://x/?other=1"),
    ],
)
def test_a_code_is_found_in_what_was_scanned(text: str, code: str) -> None:
    assert code_of(text) == code


# At the command line.


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_wrong_mail_server_is_one_line_and_exit_code_2(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    url = "smtp://user:s3cret@mail.example:port"
    if how == "environment":
        monkeypatch.setenv("MOCK_EHERKENNING_SMTP", url)
    given = ["--smtp", url] if how == "option" else []
    assert cli.main(["serve", "--home", str(tmp_path / "home"), "--port", "0", *given]) == 2
    said = capsys.readouterr()
    name = "--smtp" if how == "option" else "MOCK_EHERKENNING_SMTP"
    assert re.fullmatch(rf"mock-eherkenning: {name}: .*expected smtp://.*\n", said.err)
    assert "s3cret" not in said.out + said.err
    assert not (tmp_path / "home").exists()


# The docs.


def test_the_examples_in_the_docs_do_what_they_say(tmp_path: Any, sp: Any) -> None:
    text = (ROOT / "docs" / "messages.md").read_text()
    examples = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    assert len(examples) >= 9
    home = tmp_path / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
    with RunningBroker(home, store="memory") as broker:
        values = {"BROKER": broker.base_url}
        requests_ = f"{broker.base_url}/sso/1.13"

        def begin(person: str, supplier: str, channel: str, until: str) -> None:
            browser = broker.browser()
            page = browser.post("/sso/1.13", sp.form(sp.signed(sp.request(requests_)), "rs"))
            walk(browser, page, person, supplier, channel=channel, until=until)

        begin("m.devries", "reconi", "sms", "pin")
        values["MESSAGE"] = json.loads(broker.browser().get("/api/v1/inbox").body)["messages"][0]["id"]
        for name, channel in (("APP", "app"), ("OTHER_APP", "app"), ("QR", "qr")):
            begin("a.yilmaz", "digidentity", channel, channel)
            values[name] = json.loads(broker.browser().get("/api/v1/phone").body)["waiting"][0]["id"]
        for example in examples:
            ran = subprocess.run(
                ["bash", "-c", f"{example} --fail-with-body"],
                env={**os.environ, **values, "no_proxy": "*"},
                capture_output=True,
                text=True,
                timeout=30,
            )
            assert ran.returncode == 0, f"{example}\n{ran.stdout}{ran.stderr}"
            said = json.loads(ran.stdout) if ran.stdout else {}
            if "messages" in said:
                assert said["messages"], f"{example} found nothing"
            elif "--json" in example:
                assert said == {"answer": "refused" if "refuse" in example else "approved"}
        assert json.loads(broker.browser().get("/api/v1/inbox").body) == {"messages": []}
        assert json.loads(broker.browser().get("/api/v1/phone").body) == {"waiting": []}


# A whole broker with a mail server.


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_mail_goes_out_of_a_broker_and_the_password_of_the_server_shows_nowhere(
    tmp_path: Any, sp: Any
) -> None:
    box = Postbox()
    server = At(box, authenticator=box.login, auth_required=True, auth_require_tls=False)
    server.start()
    home = tmp_path / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
    smtp = f"smtp://mock:geheim%3A%2F%401@127.0.0.1:{server.port}"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "MOCK_EHERKENNING_SMTP": smtp}
    try:
        with RunningBroker(home, environment=environment) as broker:
            browser = broker.browser()
            page = browser.post(
                "/sso/1.13", sp.form(sp.signed(sp.request(f"{broker.base_url}/sso/1.13")), "rs")
            )
            page = walk(browser, page, "f.elamrani", "z-login", channel="email", until="pin")
            assert kind(page) == "pin"
            command = Path(f"/proc/{broker.process.pid}/cmdline").read_text()
        log = (tmp_path / "home.log").read_text()
        # Stopping sends what waits, and keeps what became of it.
        (mail,) = box.letters
        assert mail["To"] == "f.elamrani@voorbeeld.example"
        with RunningBroker(home) as broker:
            (message,) = json.loads(broker.browser().get("/api/v1/inbox").body)["messages"]
            assert (message["delivery"], message["why"]) == ("delivered", "")
            assert message["code"] in mail.get_content()
            shown = broker.browser().get("/console/inbox")
            assert shown.by_testid("delivery")[0].get("data-state") == "delivered"
            exchange = json.loads(broker.browser().get(f"/api/v1/exchanges/{message['ask_id']}").body)
            assert "mail-delivered" in [event["kind"] for event in exchange["events"]]
        for text in (command, log, json.dumps(exchange)):
            assert "geheim" not in text
    finally:
        server.stop()
