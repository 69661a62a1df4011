"""What stands around the pages: headers, cookies, who may call what, and RelayState."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from support.answers import call
from support.browser import Browser, Page
from support.mistakes import unsigned
from support.walk import kind, landed, walk

BY_POST = {"AssertionConsumerServiceIndex": "2"}


def at(step: str, **how: str) -> Callable[[Any, Browser], Page]:
    return lambda bench, browser: walk(browser, bench.ask(browser, **how), until=step)


def exchange(bench: Any, browser: Browser) -> Page:
    bench.ask(browser)
    return browser.get(f"/console/exchanges/{bench.exchanges.recent(1)[0].id}")


def ended(bench: Any, browser: Browser) -> Page:
    page = bench.ask(browser)
    browser.submit(page, page.form("cancel"))
    return browser.get(page.url)


def message(bench: Any, browser: Browser) -> Page:
    walk(browser, bench.ask(browser), until="pin")
    return browser.get(f"/console/inbox/{bench.application.parts.suppliers.inbox.list(1)[0].id}")


def phone_page(bench: Any, browser: Browser, factor: str) -> Page:
    return walk(browser, bench.ask(browser), "a.yilmaz", "digidentity", channel=factor, until=factor)


PAGES: dict[str, Callable[[Any, Browser], Page]] = {
    "home": lambda bench, browser: browser.get("/"),
    "choice": at("choice"),
    "choice, nothing chosen": lambda bench, browser: browser.post(bench.ask(browser).url, {}),
    "login": at("login"),
    "channel": at("channel"),
    "pin": at("pin"),
    "answer by POST": at("answer", **BY_POST),
    "answer by artifact": at("answer"),
    "refusal": lambda bench, browser: bench.ask(browser, unsigned(bench.sp, bench.sso)),
    "unreadable": lambda bench, browser: browser.get("/sso/1.13"),
    "ended": ended,
    "unknown login": lambda bench, browser: browser.get("/login/none"),
    "unknown visit": lambda bench, browser: browser.get("/supplier/reconi/none/"),
    "unknown page": lambda bench, browser: browser.get("/none"),
    "wrong method": lambda bench, browser: browser.get("/ars/1.13"),
    "console": lambda bench, browser: browser.get("/console"),
    "exchange": exchange,
    "inbox": lambda bench, browser: browser.get("/console/inbox"),
    "message": lambda bench, browser: message(bench, browser),
    "phone": lambda bench, browser: browser.get("/console/phone"),
    "app": lambda bench, browser: phone_page(bench, browser, "app"),
    "QR code": lambda bench, browser: phone_page(bench, browser, "qr"),
    "metadata": lambda bench, browser: browser.get("/metadata"),
    "API": lambda bench, browser: browser.get("/api/v1/inbox"),
    "readiness": lambda bench, browser: browser.get("/readyz"),
    "SOAP": lambda bench, browser: call(bench, "POST", "/ars/1.13", b"<a/>", Content_Type="text/xml"),
    "foreign name": lambda bench, browser: call(bench, "GET", "/console", Host="evil.example"),
}
EACH_PAGE = pytest.mark.parametrize("open_", PAGES.values(), ids=PAGES)


def policy(page: Page) -> dict[str, list[str]]:
    """The Content-Security-Policy by directive."""
    parts = [part.split() for part in page.headers["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in parts}


@EACH_PAGE
def test_every_answer_has_the_strict_headers(bench: Any, open_: Callable[[Any, Browser], Page]) -> None:
    page = open_(bench, bench.browser())
    directives = policy(page)
    assert directives["default-src"] == ["'none'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["base-uri"] == ["'none'"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "*" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-cache, no-store"
    assert page.headers["Pragma"] == "no-cache"


@EACH_PAGE
def test_no_page_asks_more_of_the_browser_than_its_own_policy_allows(
    bench: Any, open_: Callable[[Any, Browser], Page]
) -> None:
    page = open_(bench, bench.browser())
    if "html" not in page.headers["Content-Type"]:
        return
    nonces = [item[7:-1] for item in policy(page).get("script-src", []) if item.startswith("'nonce-")]
    for script in page.tree.xpath("//script"):
        own = script.get("src") and "'self'" in policy(page).get("script-src", [])
        assert own or script.get("nonce") in nonces, "this script is blocked"
    assert not page.tree.xpath("//style | //@style"), "inline style is blocked"
    handlers = [name for name in page.tree.xpath("//@*") if str(name.attrname or "").startswith("on")]
    assert not handlers, "event handlers in attributes are blocked"
    for address in page.tree.xpath("//link/@href | //img/@src | //script/@src"):
        assert address.startswith("/"), f"{address} comes from elsewhere"


@EACH_PAGE
def test_every_page_says_test_and_has_a_title_and_a_language(
    bench: Any, open_: Callable[[Any, Browser], Page]
) -> None:
    page = open_(bench, bench.browser())
    if "html" not in page.headers["Content-Type"] or page.location:
        return
    assert "TEST" in page.said("test-bar")
    assert page.tree.xpath("//html/@lang")[0] in ("nl", "en")
    assert page.tree.findtext(".//title")
    assert len(page.tree.xpath("//h1")) == 1


@pytest.mark.parametrize("step", ["choice", "login", "channel", "pin"])
def test_a_form_may_lead_to_the_return_address_of_this_login_and_nowhere_else(bench: Any, step: str) -> None:
    """Or the browser blocks the last redirect; browsers hold the whole chain to form-action."""
    page = walk(bench.browser(), bench.ask(), until=step)
    assert policy(page)["form-action"] == ["'self'", "http://localhost:9"]


def test_the_answer_page_sends_itself_by_a_nonce_that_is_new_each_time(bench: Any) -> None:
    seen = []
    for _ in range(2):
        browser = bench.browser()
        page = walk(browser, bench.ask(browser, **BY_POST))
        (script,) = page.tree.xpath("//script")
        assert policy(page)["script-src"] == [f"'nonce-{script.get('nonce')}'"]
        seen.append(script.get("nonce"))
    assert len(set(seen)) == 2


@pytest.mark.parametrize("name", PAGES)
def test_only_pages_that_wait_for_something_run_a_script_and_only_ours(bench: Any, name: str) -> None:
    page = PAGES[name](bench, bench.browser())
    directives = policy(page)
    waits = name in ("console", "inbox", "message", "phone", "app", "QR code")
    assert (directives.get("connect-src") == ["'self'"]) is waits
    assert (directives.get("script-src") == ["'self'"]) is waits


def test_nothing_of_a_login_is_kept_in_a_cookie(bench: Any) -> None:
    """The login is in the URL: tabs, parallel tests and SameSite do not get in its way."""
    browser = bench.browser()
    walk(browser, bench.ask(browser))
    cookies = [page.headers.get("Set-Cookie") for page in browser.seen]
    kept = [cookie.partition(";")[0] for cookie in cookies if cookie]
    assert kept == ["mock_eherkenning_choice=reconi"], "only the supplier is remembered, for the next login"


# Who may call what.


@pytest.fixture
def guarded(start: Callable[..., Any]) -> Any:
    """A broker that listens to more than this machine."""
    return start(host="0.0.0.0", base_url="http://broker.test:8080", token="the-token")


@pytest.mark.parametrize("path", ["/console", "/console/inbox", "/console/exchanges/x"])
def test_elsewhere_than_on_loopback_the_console_asks_for_the_token(guarded: Any, path: str) -> None:
    browser = guarded.browser()
    page = browser.get(path)
    assert page.status == 401
    assert page.heading == "U hebt een token nodig"
    assert browser.get(f"{path}?token=wrong").status == 401

    page = browser.get(f"{path}?token=the-token")
    assert page.status in (200, 404)
    assert "token" not in page.url, "the token stays in the address, and so in the history"
    assert browser.get(path).status == page.status, "the cookie does it from here on"
    cookie = browser.seen[-3].headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/inbox"),
        ("GET", "/api/v1/inbox/x"),
        ("GET", "/api/v1/exchanges"),
        ("GET", "/api/v1/exchanges/x"),
        ("GET", "/api/v1/clock"),
        ("PUT", "/api/v1/clock"),
        ("DELETE", "/api/v1/clock"),
    ],
)
@pytest.mark.parametrize(
    ("authorization", "let_in"),
    [
        ("", False),
        ("Bearer wrong", False),
        ("Bearer ", False),
        ("Basic the-token", False),
        ("bearer the-token", True),
    ],
)
def test_elsewhere_than_on_loopback_the_api_asks_for_the_token(
    guarded: Any, method: str, path: str, authorization: str, let_in: bool
) -> None:
    page = call(guarded, method, path, Authorization=authorization)
    assert (page.status != 401) is let_in, page.text
    if not let_in:
        assert page.headers["Content-Type"] == "application/problem+json"
        assert "Authorization: Bearer" in json.loads(page.body)["detail"]


def test_without_a_token_a_broker_that_listens_elsewhere_lets_nobody_in(start: Callable[..., Any]) -> None:
    broker = start(host="0.0.0.0", base_url="http://broker.test:8080")
    assert call(broker, "GET", "/api/v1/inbox").status == 401
    assert call(broker, "GET", "/api/v1/inbox", Authorization="Bearer ").status == 401


def test_a_login_needs_no_token(guarded: Any) -> None:
    browser = guarded.browser()
    assert kind(guarded.ask(browser)) == "choice"
    assert browser.get("/metadata").status == 200
    assert browser.get("/readyz").status == 200


@pytest.mark.parametrize("path", ["/", "/console", "/api/v1/inbox", "/metadata", "/readyz", "/sso/1.13"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8080", "evil.example:8080", "[::2]:8080"]
)
def test_under_a_foreign_name_nothing_is_shown(bench: Any, path: str, host: str) -> None:
    """A page elsewhere may point its own name at this machine (DNS rebinding)."""
    bench.login()
    page = call(bench, "GET", path, Host=host)
    assert page.status == 421
    assert "m.devries" not in page.text
    assert "messages" not in page.text


def test_the_api_refuses_a_foreign_name_in_its_own_form(bench: Any) -> None:
    page = call(bench, "GET", "/api/v1/inbox", Host="evil.example")
    assert page.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "localhost"])
def test_loopback_has_several_names(bench: Any, host: str) -> None:
    assert call(bench, "GET", "/api/v1/inbox", Host=host).status == 200


@pytest.mark.parametrize(("method", "body"), [("PUT", {"shift_seconds": 600}), ("DELETE", None)])
@pytest.mark.parametrize(
    ("site", "let_in"), [("cross-site", False), ("same-site", False), ("same-origin", True), ("none", True)]
)
def test_a_change_over_the_api_is_refused_when_another_site_makes_it(
    bench: Any, method: str, body: Any, site: str, let_in: bool
) -> None:
    call(bench, "PUT", "/api/v1/clock", {"shift_seconds": 60})
    page = call(bench, method, "/api/v1/clock", body, Sec_Fetch_Site=site)
    assert page.status == (200 if let_in else 403), page.text
    left = json.loads(call(bench, "GET", "/api/v1/clock").body).get("shift_seconds")
    assert (left != 60) is let_in


def test_a_change_over_the_api_without_a_browser_is_taken(bench: Any) -> None:
    assert call(bench, "PUT", "/api/v1/clock", {"shift_seconds": 60}).status == 200


def test_the_clock_takes_json_only(bench: Any) -> None:
    """What a form of another site can send is not JSON."""
    page = call(bench, "PUT", "/api/v1/clock", b'{"shift_seconds": 60}', Content_Type="text/plain")
    assert page.status == 415


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/none", 404),
        ("/api/v1/inbox/none", 404),
        ("/api/v1/exchanges/none", 404),
        ("/api/v1/inbox?limit=0", 422),
        ("/api/v1/inbox?limit=501", 422),
        ("/api/v1/exchanges?limit=-1", 422),
        ("/api/v1/exchanges?limit=\u0661", 422),
    ],
)
def test_the_api_says_what_is_wrong_as_a_problem_document(bench: Any, path: str, status: int) -> None:
    page = call(bench, "GET", path)
    problem = json.loads(page.body)
    assert (page.status, problem["status"]) == (status, status)
    assert page.headers["Content-Type"] == "application/problem+json"
    assert problem["title"]
    assert problem["detail"]


def test_the_api_gives_the_newest_first_and_pages_on(bench: Any) -> None:
    for _ in range(3):
        bench.ask()
    whole = [item["id"] for item in json.loads(call(bench, "GET", "/api/v1/exchanges").body)["exchanges"]]
    assert whole == [exchange.id for exchange in bench.exchanges.recent()]
    assert len(whole) == 3
    rest = json.loads(call(bench, "GET", f"/api/v1/exchanges?limit=1&before={whole[0]}").body)["exchanges"]
    assert [item["id"] for item in rest] == whole[1:2]


# RelayState.

ODD = [
    "rs-1",
    "a b+c%20d",
    "\u00e9\u20ac\U0001f600",
    '<script>alert("1")</script>\'&amp;',
    "https://sp.example/?a=1&b=2;c#d",
    " leading and trailing ",
    "x" * 2_000,
    "0",
]


@pytest.mark.parametrize("relay_state", ODD, ids=lambda text: repr(text)[:30])
@pytest.mark.parametrize("index", ["1", "2"], ids=["by artifact", "by POST"])
@pytest.mark.parametrize("binding", ["POST", "Redirect"])
def test_relay_state_comes_back_as_it_went(bench: Any, relay_state: str, index: str, binding: str) -> None:
    browser = bench.browser()
    request = bench.sp.request(bench.sso, AssertionConsumerServiceIndex=index)
    if binding == "POST":
        page = bench.ask(browser, bench.sp.signed(request), relay_state)
    else:
        page = browser.get(f"/sso/1.13?{bench.sp.query(etree.tostring(request), relay_state)}")
    got = landed(browser.submit(page, page.form("cancel")))
    assert got.fields["RelayState"] == relay_state


@pytest.mark.parametrize("index", ["1", "2"], ids=["by artifact", "by POST"])
def test_where_no_relay_state_went_none_comes_back(bench: Any, index: str) -> None:
    browser = bench.browser()
    page = bench.ask(browser, relay_state=None, AssertionConsumerServiceIndex=index)
    got = landed(browser.submit(page, page.form("cancel")))
    assert set(got.fields) == {"SAMLart" if index == "1" else "SAMLResponse"}


def test_relay_state_comes_back_with_an_answer_that_declines_too(bench: Any) -> None:
    assert landed(bench.ask(level="loa4", relay_state="a&b")).fields["RelayState"] == "a&b"
