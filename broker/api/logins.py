"""Logins without a browser: begin one with a request, look where it stands, complete it, cancel it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field, StringConstraints, ValidationError, WithJsonSchema

from broker import answer as answering
from broker import completing, login, receive, unpacking
from broker.api import body
from broker.api.described import Answer, Body, Calls, Operation, answer
from broker.api.logins_json import Completed, LoginSeen, completed_json, steps_json, stop_json, view_json
from broker.api.models import DESCRIBED, Tag
from broker.api.problems import Answered, wrong
from broker.arrival import Arrived, Refused
from broker.completing import Busy, Stopped, Unknown, Wish
from broker.login import LoginProblem
from broker.pages.room import room
from broker.parts import Parts
from broker.receive import Declined
from broker.settings import VERSIONS
from suppliers.desk import Desk
from suppliers.register.layer import loose
from suppliers.register.problems import ConfigError, KeyPath, Problem, nearest, shown
from suppliers.register.schema import Part, problems_of

PAGES = (
    "choice",
    "login",
    "password",
    "channel",
    "pin",
    "app",
    "qr",
    "card",
    "renew",
    "mandate",
    "chain",
    "branch",
    "consent",
    "missing",
    "nomandate",
    "means",
    "level",
    "nochannel",
    "nomore",
)
_ENDED = {
    "unknown": (404, "Not there", "there is no login with this id"),
    "ended": (410, "Over", "this login was answered before; begin another"),
    "late": (410, "Over", "this login took more than half an hour; begin another"),
    "withdrawn": (
        410,
        "Withdrawn",
        "the service provider, its service or its return address has gone from the metadata since this login began",
    ),
}
_NOT_POSSIBLE = (409, "Not possible")
_BY_GET = ("SAMLRequest", "SAMLart", "RelayState", "SigAlg", "Signature")
_Said = Annotated[str, StringConstraints(max_length=200)]
_Asked = TypeVar("_Asked", bound=BaseModel)


class NewLogin(Part):
    """A request as the browser would bring it."""

    model_config = DESCRIBED | {"extra": "forbid"}

    method: Literal["", "POST", "GET"] = Field("", description="POST with fields, else GET, when left out")
    url: str = Field(
        "", description="the address it was sent to, with the query of a GET; …/sso/1.13 when left out"
    )
    fields: dict[str, str] = Field({}, description="of the form: SAMLRequest or SAMLart, and RelayState")
    query: str = Field("", description="with GET: as it was sent, byte for byte")
    tag: Tag = Field("", description="of this login; or by the header Mock-Eherkenning-Tag")
    language: Literal["", "nl", "en"] = Field("", description="of pages and messages; nl when left out")


class Completion(Part):
    """What is left out is taken from the register and the inbox, or asked for by a stop."""

    model_config = DESCRIBED | {"extra": "forbid"}

    person: _Said = Field("", description="key, user name, card number, name or e-mail address")
    supplier: _Said = Field(
        "", description="slug or name; where this person has a means that does when left out"
    )
    means: _Said = Field("", description="user name or card number, for a person with more than one")
    card: Annotated[_Said, WithJsonSchema({"type": ["string", "boolean"], "maxLength": 200})] = Field(
        "", description="true for a smartcard, or its number"
    )
    password: str = Field("", description="the one in force when left out")
    new_password: str = Field("", description="where one must be chosen")
    channel: Literal["", "sms", "email", "app", "qr"] = Field("", description="the first when left out")
    pin: str = Field("", description="the newest in the inbox when left out; of a card that of the YAML")
    phone: Literal["", "approve", "refuse"] = Field("", description="for app and qr; approve when left out")
    company: _Said = Field("", description="key, KvK number, RSIN or name; a stop when there are more")
    client: _Said = Field("", description="of an intermediary, by the same")
    branch: _Said = Field("", description="number or name, or whole")
    consent: bool = Field(True, description="false only to what the service cannot do without")
    cancel: Literal[("", *PAGES)] = Field(  # type: ignore[valid-type]
        "", description="the page on which to press Annuleren"
    )
    stay_logged_in: bool = Field(False, description="tick Ik wil ingelogd blijven")
    language: Literal["", "nl", "en"] = Field("", description="that of the login when left out")


def add(calls: Calls, parts: Parts, desk: Desk) -> None:
    @calls(
        Operation(
            "POST",
            "/api/v1/logins",
            "Begin a login, with a request as the browser would bring it",
            "logins",
            {
                200: Answer("it is answered at once with an error", Completed),
                201: Answer("the login, waiting for a person", LoginSeen),
            },
            body=Body(NewLogin, {"url": f"{parts.settings.sso_url}?SAMLRequest=fZ…&SigAlg=…&Signature=…"}),
            problems=(400, 403, 404, 409, 410, 500),
            more="A request that is refused is a problem with `findings`.",
        )
    )
    def begin() -> ResponseReturnValue:
        data = body.read(as_sent=True)
        given = _read(NewLogin, data)
        outcome = receive.receive(parts, _arrived(parts, given))
        if isinstance(outcome, Refused):
            raise _refused(outcome)
        if isinstance(outcome, Declined):
            here = replace(outcome.login, language=given.language or outcome.login.language)
            delivery = answering.decline(parts.seen_by(here.tag), here, outcome.status)
            return answer(completed_json(here.id, delivery, ()))
        return _stopping(outcome.id, lambda: _begun(outcome, given.language))

    def _begun(here: login.Login, language: str) -> ResponseReturnValue:
        own = parts.seen_by(here.tag)
        login.start(own, login.set_language(own, here, language) if language else here)
        seen = view_json(parts, completing.look(parts, desk, here.id))
        return answer(seen, 201, Location=f"/api/v1/logins/{here.id}")

    @calls(
        Operation(
            "GET",
            "/api/v1/logins/{id}",
            "Where a login stands, and what its page asks",
            "logins",
            {200: Answer("nothing changes by looking", LoginSeen)},
            problems=(404,),
        )
    )
    def look(id: str) -> ResponseReturnValue:  # noqa: A002
        return _stopping(id, lambda: answer(view_json(parts, completing.look(parts, desk, id))))

    @calls(
        Operation(
            "POST",
            "/api/v1/logins/{id}/complete",
            "Log in: every step that a person takes, to the answer",
            "logins",
            {200: Answer("what the browser would carry to the service provider", Completed)},
            body=Body(Completion, {"person": "m.devries"}),
            problems=(404, 409, 410),
            more="A page that the call has no answer for is a 409 with `stop`; the login stays open.",
        )
    )
    def complete(id: str) -> ResponseReturnValue:  # noqa: A002
        given = _read(Completion, body.read())
        wish = Wish(**given.model_dump())
        return _stopping(id, lambda: _answer(completing.complete(parts, desk, id, wish)))

    @calls(
        Operation(
            "POST",
            "/api/v1/logins/{id}/cancel",
            "Press Annuleren on the page at hand",
            "logins",
            {200: Answer("the answer that says so", Completed)},
            problems=(404, 409, 410),
        )
    )
    def cancel(id: str) -> ResponseReturnValue:  # noqa: A002
        return _stopping(id, lambda: _answer(completing.cancel(parts, desk, id)))


def _answer(done: completing.Completed) -> ResponseReturnValue:
    return answer(completed_json(done.id, done.delivery, done.taken))


def _stopping(id_: str, call: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """The call, with all that can stand in its way as a problem document."""
    try:
        return call()
    except LoginProblem as problem:
        status, title, detail = _ENDED.get(problem.reason, (*_NOT_POSSIBLE, str(problem)))
        known = {} if problem.reason == "unknown" else {"exchange": id_}
        raise Answered(status, title, detail, reason=problem.reason, **known) from None
    except Busy:
        detail = "another call is completing this login at this moment; one does"
        raise Answered(409, "Under way", detail, reason="busy", exchange=id_) from None
    except Unknown as unknown:
        about = Problem("", 0, 0, unknown.key, str(unknown), nearest=unknown.nearest)
        raise wrong([((unknown.key,), about)]) from None
    except Stopped as stopped:
        stop, steps = stopped.stop, steps_json(stopped.taken)
        words = (f"{stop.page}: {stop.code}.", stop.text.en or stop.heading.en, stop.mend)
        detail = " ".join(filter(None, words))
        raise Answered(
            409, "Stopped on the way", detail, stop=stop_json(stop), steps=steps, exchange=id_
        ) from None


def _refused(refused: Refused) -> Answered:
    findings = [finding.as_json() for finding in refused.findings]
    return Answered(
        refused.http_status,
        "Refused",
        " ".join(f"{finding.rule}: {finding.title}." for finding in refused.findings),
        findings=findings,
        exchange=refused.id,
    )


def _read(model: type[_Asked], data: Any) -> _Asked:
    if not isinstance(data, Mapping):
        raise wrong([((), Problem("", 0, 0, "", "expected an object of JSON"))])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        document = loose(dict(data), "")
        found = ConfigError(problems_of(error, document, model)).problems
        raise wrong(((problem.key,), problem) for problem in found) from None


def _arrived(parts: Parts, given: NewLogin) -> Arrived:
    """As /sso has it of a browser. Ends the call for what no browser could bring there."""
    for name, text in (("url", given.url), ("query", given.query), *given.fields.items()):
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise _mistake((name,), name, "has half a character in it (a lone surrogate)")
    version, query = _address(parts, given.url)
    tag = given.tag or room()
    method = given.method or ("POST" if given.fields else "GET")
    if method == "POST":
        sent = {name: [value] for name, value in given.fields.items()}
        return replace(unpacking.by_post(sent, version), tag=tag)
    if given.fields and (given.query or query):
        raise _mistake(("fields",), "fields", "leave it out beside a query: there would be two requests")
    by_name = urlencode([(name, given.fields[name]) for name in _BY_GET if name in given.fields])
    raw = given.query.removeprefix("?") or query or by_name
    fields = parse_qs(raw, keep_blank_values=True)
    return replace(unpacking.by_redirect(fields, raw.encode(), version), tag=tag)


def _address(parts: Parts, url: str) -> tuple[str, str]:
    """Version and query of the address that a request was sent to."""
    if not url:
        return VERSIONS[-1], ""
    settings = parts.settings
    own = {urlsplit(settings.sso_url_of(version)).path: version for version in VERSIONS}
    allowed = tuple(settings.sso_url_of(version) for version in VERSIONS)
    try:
        split = urlsplit(url)
        host = (split.hostname or "").lower()
    except ValueError:
        raise _mistake(("url",), "url", f"{shown(url[:100])} is not a URL", allowed) from None
    if split.scheme not in ("http", "https") or host not in settings.hosts or split.path not in own:
        plain = url.partition("?")[0][:200]
        text = f"{shown(plain)} is not where this broker takes requests"
        raise _mistake(("url",), "url", text, allowed, nearest(plain, allowed))
    return own[split.path], split.query


def _mistake(
    path: KeyPath, key: str, text: str, allowed: tuple[str, ...] = (), near: str | None = None
) -> Answered:
    return wrong([(path, Problem("", 0, 0, key, text, allowed, near))])


__all__ = ["PAGES", "Completion", "NewLogin", "add"]
