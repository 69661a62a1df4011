"""The pages of broker and suppliers in a real browser, for whoever tests with Playwright or Selenium."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mock_eherkenning_client.api import part
from mock_eherkenning_client.errors import ApiProblem, ClientError, NotInTime
from mock_eherkenning_client.hands import Hands, hands_of

if TYPE_CHECKING:
    from mock_eherkenning_client.broker import Broker
    from mock_eherkenning_client.seen import Seen

SECONDS = 30.0
GOES_ON_SECONDS = 20.0
MOST_PAGES = 20
_OPTIONS = {
    "mandate": ("organisation", "company"),
    "chain": ("client", "client"),
    "branch": ("branch", "branch"),
}
"""Of a page where one chooses: the name of its field, and of what says which."""
_ENDS = ("nomandate", "means", "level", "nochannel", "nomore", "refused", "ended")
_WHERE = """(() => {
  const root = document.documentElement
  if (root.dataset.left || document.readyState === "loading") return null
  const main = document.querySelector('[data-testid^="page-"]')
  const has = id => document.querySelector(`[data-testid="${id}"]`)
  const page = has("answer") ? "answer" : main ? main.dataset.testid.slice(5) : has("refused") ? "refusal"
    : document.querySelector('select[data-testid="supplier"]') ? "choice" : ""
  const all = (css, of) => [...document.querySelectorAll(css)].map(of)
  return {
    page, url: location.href,
    fields: all("input, select", one => one.dataset.testid || ""),
    values: all('select[data-testid="supplier"] option, input[type="radio"]', one => one.value).filter(one => one),
    errors: all(".errors [data-code], [data-testid='error-summary'] [data-code]", one => one.dataset.code),
    text: (document.querySelector("main") || document.body).innerText.slice(0, 600),
  }
})()"""
_SUBMIT = """(() => { const form = document.querySelector('form[data-testid="answer"]'); if (form) form.submit() })()"""
_LEAVE = '(() => { document.documentElement.dataset.left = "yes" })()'


def tag_browser(broker: Broker, page: Any) -> None:
    from mock_eherkenning_client.broker import TAG_COOKIE

    if broker.tag:
        hands_of(page).cookie(broker.url, TAG_COOKIE, broker.tag)


def drive(
    broker: Broker,
    page: Any,
    person: str,
    *,
    supplier: str = "",
    username: str = "",
    password: str = "",
    pin: str = "",
    channel: str = "",
    company: str = "",
    client: str = "",
    branch: str = "",
    cancel: str = "",
    until: str = "",
) -> str:
    """From the page that the browser is at to the service provider, or to the page named ``until`` (``pin``, say). On
    the page named ``cancel`` "Annuleren" is pressed.

    The URL there. Raises ClientError with what the page says where the road stops, or where such a page never came.
    """
    hands = hands_of(page)
    person_ = _Person(broker, person, username, password)
    wanted = {"company": company, "client": client, "branch": branch}
    pages: list[str] = []
    for _ in range(MOST_PAGES):
        here = _arrived(hands)
        kind, url = here["page"], here["url"]
        if not _at(broker, url):
            _expect_was(cancel or until, pages, url)
            return str(url)
        if until and kind == until:
            return str(url)
        if cancel and kind == cancel:
            pages.append(kind)
            cancel = ""
            _leave(hands, "cancel")
            continue
        if here["errors"] and pages[-1:] == [kind]:
            raise ClientError(f"page {kind} says {', '.join(here['errors'])}\n{here['text']}")
        if kind in _ENDS or kind in ("refusal", ""):
            raise ClientError(f"the road stopped on page {kind or url}\n{here['text']}")
        pages.append(kind)
        login = _login_id(url)
        if kind == "answer":
            _answer(hands, str(url))
            continue
        if kind == "choice":
            meant = _offered(here, supplier or person_.supplier(here["values"]))
            hands.pick('select[data-testid="supplier"]', meant)
        elif kind == "login":
            name, word = person_.means(_supplier(url))
            for field, value in (("username", name), ("password", word)):
                if field in here["fields"]:
                    hands.write(field, value)
        elif kind == "channel":
            hands.click(f"channel-{_offered(here, channel or _first_channel(here['values']))}")
        elif kind == "pin":
            hands.write("pin", pin or broker.inbox.code_for(login))
        elif kind in ("app", "qr"):
            _approve(broker, login)
        elif kind in _OPTIONS:
            field, of = _OPTIONS[kind]
            hands.click(f"{field}-{_option(broker, login, here, wanted[of]).replace(':', '-')}")
        elif kind not in ("consent", "missing"):
            raise ClientError(
                f"drive() does not know page {kind}; go on yourself, or give until={kind!r}\n{here['text']}"
            )
        _leave(hands, "leave" if kind == "missing" else "next")
    raise ClientError(f"{MOST_PAGES} pages, and no end in sight; last at {hands.url()}")


def _expect_was(page: str, pages: list[str], url: str) -> None:
    if page:
        # The one with the answer may be gone before it is seen.
        were = ", ".join(one for one in pages if one != "answer") or "none of the broker"
        raise ClientError(f"page {page} never came; there were {were}, and the browser is at {url}")


def _offered(here: dict[str, Any], meant: str) -> str:
    if meant not in here["values"]:
        raise ClientError(f'page {here["page"]} has no "{meant}"; it has {", ".join(here["values"])}')
    return meant


class _Person:
    """Who logs in, with what; looked up when it is asked."""

    def __init__(self, broker: Broker, key: str, username: str, password: str) -> None:
        self._broker = broker
        self._key = key
        self._username = username
        self._password = password
        self._found: list[Seen] | None = None

    @property
    def _means(self) -> list[Seen]:
        if self._found is None:
            try:
                self._found = list(self._broker.people.get(self._key).get("means") or [])
            except ApiProblem:
                if not self._username:
                    raise
                self._found = []
        return self._found

    def supplier(self, offered: list[str]) -> str:
        mine = [str(one.supplier) for one in self._means]
        return next((slug for slug in offered if slug in mine), offered[0])

    def means(self, supplier: str) -> tuple[str, str]:
        one = next((one for one in self._means if one.supplier == supplier and one.get("username")), None)
        if one is None and not (self._username and self._password):
            raise ClientError(f"{self._key} has no user name at {supplier}; give username= and password=")
        found: dict[str, Any] = one or {}
        return self._username or str(found.get("username")), self._password or str(found.get("password"))


def _arrived(hands: Hands) -> dict[str, Any]:
    """What is on the page, once the browser is there."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            here = hands.run(_WHERE)
        except ClientError:
            raise
        except Exception:
            here = None  # between two pages there is nothing to run a script in
        if here:
            return dict(here)
        time.sleep(0.02)
    raise NotInTime(f"the browser came to no page within {SECONDS:g} s; it is at {hands.url()}")


def _leave(hands: Hands, button: str) -> None:
    hands.run(_LEAVE)
    hands.click(button)


def _answer(hands: Hands, url: str) -> None:
    """The page goes on by itself, unless no script may run. An answer counts once, so it gets the time to."""
    until = time.monotonic() + GOES_ON_SECONDS
    while time.monotonic() < until:
        if _now_at(hands) != url:
            return
        time.sleep(0.02)
    hands.run(_SUBMIT)


def _now_at(hands: Hands) -> str:
    """Asked of the page itself: Playwright learns of a new address only when it is asked something."""
    try:
        return str(hands.run("location.href"))
    except Exception:
        return ""  # between two pages


def _at(broker: Broker, url: str) -> bool:
    own = {urlsplit(one).netloc for one in (broker.url, *broker.sso_urls)}
    return urlsplit(url).netloc in own


def _login_id(url: str) -> str:
    """``/login/{id}`` or ``/supplier/{slug}/{id}/…``."""
    parts = urlsplit(url).path.strip("/").split("/")
    return parts[2] if parts[0] == "supplier" and len(parts) > 2 else parts[1] if len(parts) > 1 else ""


def _supplier(url: str) -> str:
    return urlsplit(url).path.strip("/").split("/")[1]


def _first_channel(offered: list[str]) -> str:
    return next((one for one in ("sms", "email", "app", "qr") if one in offered), offered[0])


def _approve(broker: Broker, login: str) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for one in broker.api.get("/phone").waiting:
            if one.ask_id == login:
                answer = {"answer": "approve", "ask_id": login}
                if one.factor == "qr":
                    broker.api.call("POST", "/phone", {"code": one.number, "ask_id": login})
                else:
                    broker.api.call("POST", f"/phone/{part(one.id)}", answer)
                return
        time.sleep(0.05)
    raise NotInTime(f"nothing waits for the phone of login {login}")


def _option(broker: Broker, login: str, here: dict[str, Any], wanted: str) -> str:
    """The value of the option that is meant: by value, KvK number, RSIN or name; the only one if none is named."""
    options = broker.api.get(f"/logins/{part(login)}").options
    if not wanted and len(here["values"]) == 1:
        return str(here["values"][0])
    numbers = {wanted}
    if wanted:
        try:
            company = broker.companies.get(wanted)
            numbers |= {str(company[name]) for name in ("kvk", "rsin") if company.get(name)}
        except ApiProblem:
            pass
    for one in options:
        if wanted and numbers & {str(one.get(name)) for name in ("value", "name", "kvk", "rsin")}:
            return str(one.value)
    told = "\n".join(f"  {one.get('value')} {one.get('name')}" for one in options)
    raise ClientError(f"page {here['page']} asks which; give one of these, received {wanted!r}:\n{told}")
