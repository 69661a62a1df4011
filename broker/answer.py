"""The answer to a login: from the supplier's Word to a signed Response, and how it reaches the provider."""

from __future__ import annotations

import json

from broker import sessions
from broker.assemble import Assembled, Unanswerable, assemble, issue_for, unavailable
from broker.delivery import Delivery
from broker.login import Login, LoginProblem, close
from broker.parts import Parts
from broker.scenarios.acting import Ending
from broker.wire import response
from broker.wire.artifact import make_artifact
from broker.wire.names import HTTP_ARTIFACT
from broker.wire.response import CANCELLED, SUCCESS, Status
from broker.wire.xml import Element, serialize
from suppliers.ask import Outcome

ARTIFACT_KIND = "artifact"
KEEP_ARTIFACT = 3600.0


def finish(parts: Parts, login: Login) -> Delivery:
    """The supplier has spoken. Raises LoginProblem: no Word yet, or one that does not fit this login."""
    parts = parts.seen_by(login.tag)
    _still_there(parts, login)
    word = parts.suppliers.word(login.id)
    if word is None:
        parts.exchanges.tell(login.id, "return-refused", {"reason": "no-word"})
        raise LoginProblem("no-word")
    if word.supplier != login.supplier:
        raise LoginProblem("no-word", f"the word is of {word.supplier}, the login is at {login.supplier}")
    if word.outcome is Outcome.CANCELLED:
        return cancel(parts, login)
    if word.outcome is Outcome.UNAVAILABLE:
        close(parts, login)
        return _deliver(parts, login, unavailable(word.missing))
    person = word.person.key if word.person else ""
    ending = Ending(parts, login, person)
    try:
        assembled = assemble(parts, login, word, ending)
    except Unanswerable as reason:
        close(parts, login)
        return _deliver(parts, login, reason.status, ending=ending)
    close(parts, login)
    sessions.remember(parts, login, assembled.session_index, assembled.name_id, person)
    return _deliver(parts, login, SUCCESS, assembled, ending)


def cancel(parts: Parts, login: Login) -> Delivery:
    """The person stops, on whichever page: Responder and AuthnFailed (spec 6.2)."""
    parts = parts.seen_by(login.tag)
    _still_there(parts, login)
    close(parts, login)
    return _deliver(parts, login, CANCELLED)


def decline(parts: Parts, login: Login, status: Status) -> Delivery:
    """A request that is answered with an error at once; there was no login to close."""
    return _deliver(parts.seen_by(login.tag), login, status)


def _still_there(parts: Parts, login: Login) -> None:
    """Raises LoginProblem where the return address has gone from the metadata since the request came."""
    sp = parts.current.catalogue.sps.get(login.sp)
    if sp is None or not any((e.location, e.binding) == (login.acs_url, login.acs_binding) for e in sp.acs):
        raise LoginProblem("withdrawn", f"{login.acs_url} is no longer in the metadata of {login.sp}")


def _deliver(
    parts: Parts,
    login: Login,
    status: Status,
    assembled: Assembled | None = None,
    ending: Ending | None = None,
) -> Delivery:
    settings = parts.current.settings_of(login.sp)
    ending = ending or Ending(parts, login)
    message = ending.response(serialize(_response(parts, login, status, assembled)))
    by_artifact = login.acs_binding == HTTP_ARTIFACT
    fields = {"SAMLResponse": response.form_value(message)}
    if by_artifact:
        fields = {"SAMLart": _keep_artifact(parts, login, message)}
    if login.relay_state is not None:
        fields["RelayState"] = login.relay_state
    parts.exchanges.tell(
        login.id,
        "answer",
        {
            "outcome": _outcome(status),
            "status": [code for code in (status.top, status.second) if code],
            "message": status.message,
            "binding": login.acs_binding,
            "acs": login.acs_url,
            "relay_state": login.relay_state,
            "xml": message.decode(),
            "identifiers": [] if assembled is None else list(assembled.in_clear),
            "decrypted": None if assembled is None else assembled.plain,
        },
    )
    by_post = not by_artifact or settings.artifact_by == "post"
    outcome = _outcome(status)
    delivery = Delivery(
        login.acs_url, fields, by_post, login.language, success=status == SUCCESS, outcome=outcome
    )
    return ending.delivery(delivery)


def _response(parts: Parts, login: Login, status: Status, assembled: Assembled | None) -> Element:
    if assembled is None:
        issue = issue_for(parts, login.sp)
        shape = parts.current.shape_of(login.sp, login.version)
        return response.build(parts.broker, login.request_id, login.acs_url, status, None, issue, shape)
    made = assembled.draft
    return response.build(
        made.answerer,
        made.request_id,
        made.destination,
        status,
        assembled.element,
        made.issued,
        made.shape,
    )


def _keep_artifact(parts: Parts, login: Login, message: bytes) -> str:
    artifact = make_artifact(parts.settings.entity_id, 0, parts.random_bytes(20))
    record = {
        "exchange": login.id,
        "tag": login.tag,
        "sp": login.sp,
        "made_at": parts.now_of(login.sp).isoformat(),
        "request_id": login.request_id,
        "acs": login.acs_url,
        "message": message.decode(),
    }
    parts.store.put(ARTIFACT_KIND, artifact, json.dumps(record).encode(), keep=KEEP_ARTIFACT)
    return artifact


def _outcome(status: Status) -> str:
    if status == SUCCESS:
        return "success"
    return "cancelled" if status == CANCELLED else "declined"
