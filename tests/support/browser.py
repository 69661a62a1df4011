"""A person's browser without JavaScript: pages, forms, redirects; over a Flask test client or over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from flask import Flask
from lxml import html


@dataclass
class Page:
    """One answer. ``location`` is set where it redirects away from the broker."""

    url: str
    status: int
    headers: Any
    body: bytes
    location: str | None = None

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def tree(self) -> html.HtmlElement:
        return html.fromstring(self.body)

    def by_testid(self, name: str) -> list[html.HtmlElement]:
        return self.tree.xpath(f'//*[@data-testid="{name}"]')

    def said(self, name: str) -> str:
        """The text of the one element of that test id, white space folded."""
        found = self.by_testid(name)
        assert found, f"no data-testid={name} on {self.url} (HTTP {self.status}):\n{self.readable}"
        return " ".join(found[0].text_content().split())

    @property
    def heading(self) -> str:
        found = self.tree.xpath("//h1")
        return " ".join(found[0].text_content().split()) if found else ""

    @property
    def readable(self) -> str:
        """What a person reads, for the message of a failing test."""
        if self.location:
            return f"-> {self.location}"
        main = self.tree.xpath("//main") or [self.tree]
        return "\n".join(filter(None, (line.strip() for line in main[0].text_content().splitlines())))

    def form(self, testid: str | None = None, action: str | None = None) -> html.FormElement:
        """The form around a test id, or the one whose action ends so, or the first."""
        if testid:
            holder = self.by_testid(testid)
            assert holder, f"no data-testid={testid} on {self.url} (HTTP {self.status}):\n{self.readable}"
            element = holder[0]
            if element.get("form"):
                return self.tree.get_element_by_id(element.get("form"))
            while element.tag != "form":
                element = element.getparent()
            return element
        forms = [f for f in self.tree.forms if action is None or (f.get("action") or "").endswith(action)]
        assert forms, f"no form on {self.url} (HTTP {self.status}):\n{self.readable}"
        return forms[0]


@dataclass
class Browser:
    """Follows redirects within ``base_url`` and stops where one leads elsewhere."""

    base_url: str
    app: Flask | None = None
    seen: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client: Any = self.app.test_client() if self.app else requests.Session()
        if self.app is None:
            self._client.trust_env = False

    def get(self, url: str, **headers: str) -> Page:
        return self._follow("GET", urljoin(self.base_url + "/", url), None, headers)

    def post(self, url: str, data: dict[str, str], **headers: str) -> Page:
        return self._follow("POST", urljoin(self.base_url + "/", url), data, headers)

    def submit(self, page: Page, form: html.FormElement, **values: str) -> Page:
        """Fill in and send a form; values that the form has no field for are a mistake of the test."""
        data = {name: value for name, value in form.form_values() if value is not None}
        names = {element.name for element in form.inputs}
        for name, value in values.items():
            assert name in names, f"no field {name!r} on {page.url}, only {sorted(filter(None, names))}"
            data[name] = value
        url = urljoin(page.url, form.get("action") or page.url)
        if not url.startswith(self.base_url):
            return Page(url, 0, {}, b"<html><body/></html>", location=url)
        return self.post(url, data)

    def _follow(self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]) -> Page:
        for _ in range(12):
            page = self._once(method, url, data, headers)
            self.seen.append(page)
            target = page.headers.get("Location")
            if page.status not in (301, 302, 303, 307, 308) or not target:
                return page
            url = urljoin(url, target)
            if not url.startswith(self.base_url + "/"):
                page.location = url
                return page
            method, data = "GET", None
        raise AssertionError(f"a loop of redirects ends at {url}")

    def _once(self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.app is None:
            got = self._client.request(
                method, url, data=data, headers=named, allow_redirects=False, timeout=30
            )
            return Page(url, got.status_code, got.headers, got.content)
        split = urlsplit(url)
        path = split.path + (f"?{split.query}" if split.query else "")
        got = self._client.open(path, method=method, data=data, headers=named, base_url=self.base_url)
        return Page(url, got.status_code, got.headers, got.data)
