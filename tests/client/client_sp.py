"""Small service providers for the client: one application, as Flask, as bare WSGI, and on a port."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from flask import Flask, redirect, request, session
from lxml import etree

from support.answers import identifiers, status
from support.sp import ARTIFACT, POST, ServiceProvider

RELAY = "t-42"


def provider(base: str = "http://localhost") -> ServiceProvider:
    return ServiceProvider(acs={1: (POST, f"{base}/acs"), 2: (ARTIFACT, f"{base}/acs/artifact")})


def flask_app(sp: ServiceProvider, sso: Callable[[], str]) -> Flask:
    """``/login`` redirects, ``/form`` has a form that submits itself; what came of it is told at ``/home``. The answer
    is only taken by who has the cookie of the start."""
    app = Flask("service provider")
    app.secret_key = "of this test"

    @app.get("/login")
    def login() -> Any:
        session["relay"] = RELAY
        return redirect("/to-the-broker")

    @app.get("/to-the-broker")
    def to_the_broker() -> Any:
        message = etree.tostring(sp.request(sso()))
        return redirect(f"{sso()}?{sp.query(message, session['relay'])}")

    @app.get("/form")
    def form() -> str:
        session["relay"] = RELAY
        fields = sp.form(sp.signed(sp.request(sso())), RELAY)
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items()
        )
        return (
            '<form action="/search"><input name="q"></form>'
            f'<body onload="document.forms[1].submit()"><form method="post" action="{sso()}">{inputs}</form>'
        )

    @app.get("/unsigned")
    def unsigned() -> Any:
        query = sp.query(etree.tostring(sp.request(sso()))).partition("&SigAlg=")[0]
        return redirect(f"{sso()}?{query}")

    @app.get("/elsewhere")
    def elsewhere() -> Any:
        return redirect(f"http://elsewhere.test/sso?{sp.query(etree.tostring(sp.request(sso())))}")

    @app.get("/public")
    def public() -> str:
        return "<title>Welkom bij de dienst</title><p>Inloggen kan met de knop.</p>"

    @app.get("/around")
    def around() -> Any:
        return redirect("/around")

    @app.post("/acs")
    def acs() -> Any:
        if session.get("relay") != request.form["RelayState"]:
            return "no cookie of the start came back with the answer", 400
        message = etree.fromstring(base64.b64decode(request.form["SAMLResponse"]))
        codes = status(message)
        legal = identifiers(sp, message, "LegalSubjectID") if codes == ["Success"] else {}
        session["who"] = " ".join([*codes, *legal.values()])
        return redirect("/home", 303)

    @app.get("/home")
    def home() -> str:
        return f"<h1>{session.get('who', 'nobody')}</h1>"

    return app


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """The test reads what came of it."""


@contextmanager
def on_a_port(make: Callable[[str], Any]) -> Iterator[str]:
    """``make`` gets the base URL and gives the application."""
    server = make_server("127.0.0.1", 0, lambda environ, start: app(environ, start), handler_class=Quiet)
    base = f"http://localhost:{server.server_port}"
    app = make(base)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield base
    finally:
        server.shutdown()
        server.server_close()


class GetAndPostOnly:
    """A test client of no framework in particular, with an answer that is not like the others."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()

    def get(self, url: str, headers: Any = None) -> Any:
        return _Answer(self._client.get(url, headers=headers))

    def post(self, url: str, params: Any = None, headers: Any = None, expect_errors: bool = False) -> Any:
        return _Answer(self._client.post(url, data=params, headers=headers))


class LikeDjango:
    """What Django's test client has: ``generic`` with a path, headers as in an environ, and ``secure``. It sends each
    cookie everywhere."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()

    def generic(
        self, method: str, path: str, data: bytes, content_type: str, secure: bool, **extra: str
    ) -> Any:
        assert extra.pop("HTTP_HOST") in ("testserver", "localhost")
        base = f"http{'s' if secure else ''}://localhost"
        answer = self._client.open(
            path, method=method, base_url=base, data=data, content_type=content_type, environ_overrides=extra
        )
        answer.items, answer.content, answer.streaming = answer.headers.items, answer.get_data(), False
        return answer


class _Answer:
    def __init__(self, answer: Any) -> None:
        self.status_int, self.headers, self.body = answer.status_code, answer.headers, answer.get_data()
