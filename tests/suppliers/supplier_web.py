"""The suppliers' pages over a small world, and what a person reads on them."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from supplier_world import World, ask, credentials
from werkzeug.test import TestResponse

from suppliers.pages import blueprint

URL = "/supplier/reconi/login-1"


def web_of(world: World) -> FlaskClient:
    app = Flask("test")
    app.register_blueprint(blueprint(world.desk, inbox_path="/console/inbox"))
    return app.test_client()


def opened(world: World, supplier: str = "reconi", **asked: object) -> FlaskClient:
    world.desk.open(supplier, ask(**asked))
    return web_of(world)


def log_in(web: FlaskClient, who: str, password: str | None = None, url: str = URL) -> TestResponse:
    form = credentials(who) if password is None else credentials(who, password)
    return web.post(f"{url}/1", data=form, follow_redirects=True)


def shown(page: TestResponse) -> str:
    """Which page this is, by the test id of its main part."""
    found = re.search(r'data-testid="page-(\w+)"', page.text)
    assert found, page.text
    return found[1]


def codes(page: TestResponse) -> list[str]:
    """The ids of what is wrong, as the summary on top lists them."""
    return re.findall(r'<a href="#[^"]+" data-code="([^"]+)"', page.text)


def said(page: TestResponse, testid: str = "") -> str:
    """The text of the one element of that test id, or of the whole page; white space folded."""
    tree = html.fromstring(page.text)
    found = tree.xpath(f'//*[@data-testid="{testid}"]') if testid else [tree]
    assert found, f"no data-testid={testid} on\n{page.text}"
    return " ".join(found[0].text_content().split())
