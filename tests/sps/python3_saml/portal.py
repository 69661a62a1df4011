"""A portal on python3-saml, as its documentation has it: a login link, an ACS, metadata. Strict, always.

One process serves several providers, each under a path of its own with settings and an entity id of its own:
`/<name>/`, `/<name>/login`, `/<name>/acs`, `/<name>/metadata`. What the application knows stands in the folder
PORTAL_HOME: `providers.json`, and `broker.json` as soon as `configure.py` has read the broker's metadata.
"""

import html
import json
import os
import secrets
import sys
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as C
from onelogin.saml2.settings import OneLogin_Saml2_Settings

HOME = Path(os.environ["PORTAL_HOME"])
BASE_URL = os.environ["PORTAL_BASE_URL"]

sessions: dict[str, dict[str, object]] = {}


def settings_of(name: str) -> dict:
    """What an administrator would write in settings.json."""
    chosen = json.loads((HOME / "providers.json").read_text())[name]
    security = {
        "wantAssertionsSigned": True,
        "wantNameId": True,
        "wantAttributeStatement": True,
        "rejectUnsolicitedResponsesWithInResponseTo": True,
        "signatureAlgorithm": C.RSA_SHA256,
        "digestAlgorithm": C.SHA256,
        "rejectDeprecatedAlgorithm": True,
        "requestedAuthnContext": False,
    }
    found = {
        "strict": True,
        "debug": True,
        "sp": {
            "entityId": f"{BASE_URL}/{name}/metadata",
            "assertionConsumerService": {"url": f"{BASE_URL}/{name}/acs", "binding": C.BINDING_HTTP_POST},
            "NameIDFormat": chosen.get("NameIDFormat", C.NAMEID_UNSPECIFIED),
            "x509cert": (HOME / "sp.crt").read_text(),
            "privateKey": (HOME / "sp.key").read_text(),
        },
        "security": security | chosen.get("security", {}),
    }
    broker = HOME / "broker.json"
    if broker.exists():
        # Of what the parser makes of the metadata only this: it would also take our NameIDFormat from there, and
        # the broker lists types of identifiers there, as the scheme has it.
        found["idp"] = json.loads(broker.read_text())["idp"]
    return found


def application(environ, start_response):
    _, name, *rest = environ["PATH_INFO"].split("/")
    page = rest[0] if rest else ""
    if not name:
        return _answer(start_response, "200 OK", "ready")
    session_id = SimpleCookie(environ.get("HTTP_COOKIE", "")).get("python3-saml-portal")
    session = sessions.setdefault(session_id.value if session_id else secrets.token_hex(16), {})
    key = next(key for key, value in sessions.items() if value is session)
    cookie = [("Set-Cookie", f"python3-saml-portal={key}; Path=/; HttpOnly")]
    if page == "metadata":
        settings = OneLogin_Saml2_Settings(settings_of(name), sp_validation_only=True)
        metadata = settings.get_sp_metadata()
        assert settings.validate_metadata(metadata) == []
        return _answer(start_response, "200 OK", metadata, [("Content-Type", "text/xml")])
    if page == "login":
        auth = _auth(name, environ)
        url = auth.login(return_to=f"{BASE_URL}/{name}/")
        session["request_id"] = auth.get_last_request_id()
        return _answer(start_response, "302 Found", "", [("Location", url), *cookie])
    if page == "acs" and environ["REQUEST_METHOD"] == "POST":
        auth = _auth(name, environ)
        auth.process_response(request_id=session.pop("request_id", None))
        session["shown"] = _shown(auth)
        for line in (auth.get_last_response_xml(), auth.get_last_error_reason()):
            print(line, file=sys.stderr)
        return _answer(start_response, "303 See Other", "", [("Location", f"{BASE_URL}/{name}/"), *cookie])
    return _answer(start_response, "200 OK", _landing(name, session.get("shown", {})), cookie)


def _auth(name: str, environ) -> OneLogin_Saml2_Auth:
    size = int(environ.get("CONTENT_LENGTH") or 0)
    form = dict(parse_qsl(environ["wsgi.input"].read(size).decode()))
    request = {
        "https": "off",
        "http_host": environ["HTTP_HOST"],
        "script_name": environ["PATH_INFO"],
        "get_data": {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()},
        "post_data": form,
    }
    return OneLogin_Saml2_Auth(request, old_settings=settings_of(name))


def _shown(auth: OneLogin_Saml2_Auth) -> dict[str, str]:
    """What the landing page says afterwards, by test id."""
    if auth.get_errors() or not auth.is_authenticated():
        return {"errors": " ".join(auth.get_errors()), "reason": auth.get_last_error_reason() or ""}
    attributes = {name: ", ".join(values) for name, values in auth.get_attributes().items()}
    return {
        "who": auth.get_nameid(),
        "format": auth.get_nameid_format(),
        "session-index": auth.get_session_index(),
        "class-refs": " ".join(auth.get_last_authn_contexts()),
        **{f"attribute-{name}": value for name, value in attributes.items()},
    }


def _landing(name: str, shown: dict[str, str]) -> str:
    lines = "".join(
        f'<p data-testid="{html.escape(key)}">{html.escape(value)}</p>' for key, value in shown.items()
    )
    return (
        f"<!doctype html><html lang=en><title>{html.escape(name)}</title>"
        f'<a data-testid="login" href="/{html.escape(name)}/login">Log in</a>{lines}</html>'
    )


def _answer(start_response, status: str, body, headers=()):
    data = body if isinstance(body, bytes) else body.encode()
    given = {key for key, _ in headers}
    kind = [] if "Content-Type" in given else [("Content-Type", "text/html; charset=utf-8")]
    start_response(status, [*kind, *headers, ("Content-Length", str(len(data)))])
    return [data]
