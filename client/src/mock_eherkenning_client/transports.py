"""How a login reaches the service provider: over HTTP, or by the test client of its framework.

None of the frameworks is imported: a client is known by what it can do. Cookies that a test client has stay in it.
"""

from __future__ import annotations

import inspect
import io
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import unquote_to_bytes, urlencode, urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from mock_eherkenning_client.errors import ClientError

FORM = "application/x-www-form-urlencoded"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SECONDS = 30.0


class Unreachable(ClientError):
    """The service provider does not answer."""


class Headers(dict[str, str]):
    """By name, case ignored; several of one name are joined by a comma, as HTTP has it."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        for name, value in pairs:
            key = name.lower()
            self[key] = f"{self[key]}, {value}" if key in self else value

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


@dataclass
class Reply:
    """``response`` is what the test client gave, where there is one."""

    status: int
    url: str
    headers: Headers
    body: bytes
    response: Any = field(default=None, repr=False)

    @property
    def text(self) -> str:
        kind = Message()
        kind["Content-Type"] = self.headers.get("Content-Type", "text/html")
        charset = kind.get_content_charset("utf-8")
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


class Transport(Protocol):
    base: str
    """Where a start URL that is only a path counts from."""

    def send(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Reply:
        """One request; redirects are not followed."""


class _LocalPolicy(DefaultCookiePolicy):
    """Browsers send Secure cookies to loopback over http too. They take a Domain that is the host itself, also where
    that is a name without a dot or an address."""

    def set_ok(self, cookie: Any, request: Any) -> bool:
        host = urlsplit(request.full_url).hostname or ""
        if cookie.domain.lstrip(".").lower() == host and _stands_alone(host):
            # As one without a Domain; the module calls a name without a dot so.
            cookie.domain = host if "." in host else f"{host}.local"
            cookie.domain_specified = cookie.domain_initial_dot = False
        return bool(super().set_ok(cookie, request))

    def return_ok_secure(self, cookie: Any, request: Any) -> bool:
        return urlsplit(request.full_url).hostname in LOOPBACK or bool(
            super().return_ok_secure(cookie, request)
        )


def _stands_alone(host: str) -> bool:
    """Whether it has no subdomains: a name without a dot, or an address."""
    return "." not in host or ":" in host or host.rpartition(".")[2].isdigit()


def jar() -> CookieJar:
    return CookieJar(_LocalPolicy())


class Http:
    """``ca`` is a file with the CA of the provider's certificate, False for none that counts."""

    base = ""

    def __init__(self, ca: str | bool | None = None) -> None:
        self.cookies = jar()
        try:
            context = ssl.create_default_context(cafile=str(ca) if ca and ca is not True else None)
        except OSError as error:
            raise ClientError(f"the CA of the service provider, {ca}: {error.strerror or error}") from None
        if ca is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._direct = _opener(context, ProxyHandler({}))
        self._by_proxy = _opener(context, ProxyHandler())

    def send(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Reply:
        data = None if form is None else urlencode(form).encode()
        try:
            request = Request(url, data, dict(headers), method=method)  # noqa: S310 - the opener has http and https only
            self.cookies.add_cookie_header(request)
            opener = self._direct if urlsplit(url).hostname in LOOPBACK else self._by_proxy
            answer = _opened(opener, request)
            with answer:
                body = answer.read()
        except (URLError, OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error) or type(error).__name__
            raise Unreachable(f"the service provider does not answer {method} {url}: {reason}") from None
        self.cookies.extract_cookies(answer, request)
        return Reply(int(answer.status or 0), url, Headers(answer.headers.items()), body)


def _opened(opener: OpenerDirector, request: Request) -> Any:
    try:
        return opener.open(request, timeout=SECONDS)
    except HTTPError as error:
        return error


def _opener(context: ssl.SSLContext, proxies: ProxyHandler) -> OpenerDirector:
    """One that neither follows a redirect nor makes an error of a status."""
    opener = OpenerDirector()
    for handler in (proxies, UnknownHandler(), HTTPHandler(), HTTPSHandler(context=context)):
        opener.add_handler(handler)
    return opener


class Wsgi:
    """Any WSGI application, called in this thread; with a cookie jar of its own."""

    base = "http://localhost"

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self.cookies = jar()

    def send(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Reply:
        request = Request(url, headers=dict(headers), method=method)  # noqa: S310 - is not opened
        self.cookies.add_cookie_header(request)
        data = b"" if form is None else urlencode(form).encode()
        split = urlsplit(url)
        port = split.port or (443 if split.scheme == "https" else 80)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": _unquoted(split.path or "/"),
            "QUERY_STRING": split.query,
            "SERVER_NAME": split.hostname or "localhost",
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": split.netloc,
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": split.scheme or "http",
            "wsgi.input": io.BytesIO(data),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if form is not None:
            environ["CONTENT_TYPE"] = FORM
        for name, value in request.header_items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        said: list[tuple[str, Sequence[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, pairs: Sequence[tuple[str, str]], *_: Any) -> Callable[[bytes], Any]:
            said.append((status, pairs))
            return written.append

        chunks = self._application(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()
        status, pairs = said[-1]
        self.cookies.extract_cookies(_Answer(pairs), request)  # type: ignore[arg-type]
        return Reply(int(status.split()[0]), url, Headers(pairs), b"".join(written) + body)


class _Answer:
    """As much of a response as a cookie jar looks at."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._message = Message()
        for name, value in pairs:
            self._message[name] = value

    def info(self) -> Message:
        return self._message


def _unquoted(path: str) -> str:
    """As WSGI has it: decoded bytes, each as one character."""
    return unquote_to_bytes(path).decode("latin-1")


class Werkzeug:
    """The test client of Flask, or of Werkzeug."""

    base = "http://localhost"

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Reply:
        data = None if form is None else dict(form)
        got = self._client.open(url, method=method, data=data, headers=dict(headers), follow_redirects=False)
        return Reply(got.status_code, url, Headers(got.headers.items()), got.get_data(), got)


class Django:
    """Django's test client; the host of an address is that of the request, so it has to be in ALLOWED_HOSTS."""

    base = "http://testserver"

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Reply:
        split = urlsplit(url)
        path = (split.path or "/") + (f"?{split.query}" if split.query else "")
        extra = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
        extra["HTTP_HOST"] = split.netloc
        data = b"" if form is None else urlencode(form).encode()
        kind = "application/octet-stream" if form is None else FORM
        got = self._client.generic(method, path, data, kind, secure=split.scheme == "https", **extra)
        body = b"".join(got.streaming_content) if getattr(got, "streaming", False) else got.content
        return Reply(got.status_code, url, Headers(got.items()), body, got)


class Requesting:
    """``httpx.Client``, ``requests.Session`` and what is like them: one method ``request``."""

    def __init__(self, client: Any, redirects: str) -> None:
        self._client = client
        self._redirects = redirects
        self.base = str(getattr(client, "base_url", "") or "").rstrip("/")

    def send(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Reply:
        how: dict[str, Any] = {"headers": dict(headers), self._redirects: False}
        if form is not None:
            how["data"] = dict(form)
        got = self._client.request(method, url, **how)
        return Reply(got.status_code, str(got.url), Headers(got.headers.items()), got.content, got)


class GetAndPost:
    """Anything with ``get`` and ``post`` whose answer has ``status_code`` or ``status_int``, ``headers`` and a body."""

    base = "http://localhost"

    def __init__(self, client: Any) -> None:
        self._client = client
        self.base = str(getattr(client, "base_url", "") or "").rstrip("/") or self.base

    def send(
        self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Reply:
        call = self._client.get if method == "GET" else self._client.post
        known = inspect.signature(call).parameters
        no = {name: False for name in ("follow_redirects", "allow_redirects", "follow") if name in known}
        if "expect_errors" in known:
            no["expect_errors"] = True
        how: dict[str, Any] = {"headers": dict(headers), **no}
        if form is not None:
            how["data" if "data" in known or "params" not in known else "params"] = dict(form)
        got = call(url, **how)
        status = getattr(got, "status_code", None) or getattr(got, "status_int", None) or got.status
        body = getattr(got, "content", None)
        body = body if body is not None else getattr(got, "body", None)
        body = body if body is not None else got.data
        raw = body.encode() if isinstance(body, str) else bytes(body)
        return Reply(int(status), url, Headers(got.headers.items()), raw, got)


def transport_of(app: Any, ca: str | bool | None = None) -> Transport:
    """The way to ``app``: None for HTTP, else a test client, a Flask application, or any WSGI application."""
    if app is None:
        return Http(ca)
    if callable(getattr(app, "test_client", None)):
        return Werkzeug(app.test_client())
    if callable(getattr(app, "generic", None)):
        return Django(app)
    if callable(getattr(app, "open", None)) and callable(getattr(app, "run_wsgi_app", None)):
        return Werkzeug(app)
    if callable(getattr(app, "request", None)):
        known = inspect.signature(app.request).parameters
        for name in ("follow_redirects", "allow_redirects"):
            if name in known:
                return Requesting(app, name)
    if callable(getattr(app, "get", None)) and callable(getattr(app, "post", None)):
        return GetAndPost(app)
    if callable(app):
        return Wsgi(app)
    raise ClientError(
        f"app= is a {type(app).__name__}; expected a Flask application or test client, a Django test client, an "
        "httpx.Client or requests.Session, or any WSGI application"
    )
