"""The answer to a login: from the supplier's Word to a signed Response, and how it reaches the provider."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from broker.login import Login, LoginProblem, close, service_of
from broker.parts import Parts
from broker.wire import response
from broker.wire.artifact import make_artifact
from broker.wire.assertions import Facts, Issue, ad_assertion, hm_assertion, mr_assertion
from broker.wire.encryption import Recipient
from broker.wire.identifiers import first_filled, internal_pseudonym, pseudonym
from broker.wire.names import COMPANY_NAME, HTTP_ARTIFACT
from broker.wire.response import CANCELLED, SUCCESS, Status
from broker.wire.xml import Element, serialize
from suppliers.ask import Outcome, Word

ARTIFACT_KIND = "artifact"
KEEP_ARTIFACT = 3600.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the browser takes the answer along: ``fields`` in a form POST, or in the query of a redirect."""

    url: str
    fields: Mapping[str, str]
    by_post: bool


def finish(parts: Parts, login: Login) -> Delivery:
    """The supplier has spoken. Raises LoginProblem: no Word yet, or one that does not fit this login."""
    word = parts.suppliers.word(login.id)
    if word is None:
        raise LoginProblem("no-word")
    if word.supplier != login.supplier:
        raise LoginProblem("no-word", f"the word is of {word.supplier}, the login is at {login.supplier}")
    if word.outcome is Outcome.CANCELLED:
        return cancel(parts, login)
    assertion, identifiers = _assertion(parts, login, word)
    close(parts, login)
    return _deliver(parts, login, SUCCESS, assertion, {"identifiers": identifiers})


def cancel(parts: Parts, login: Login) -> Delivery:
    """The person stops, on whichever page: Responder and AuthnFailed (spec 6.2)."""
    close(parts, login)
    return _deliver(parts, login, CANCELLED, None, {})


def decline(parts: Parts, login: Login, status: Status) -> Delivery:
    """A request that is answered with an error at once; there was no login to close."""
    return _deliver(parts, login, status, None, {})


def _issue(parts: Parts) -> Issue:
    life = timedelta(seconds=parts.current.broker.assertion_seconds)
    return Issue(parts.now(), parts.new_id, life)


def _assertion(parts: Parts, login: Login, word: Word) -> tuple[Element, list[dict[str, str]]]:
    """The three assertions; and in clear what was encrypted in them, for the exchange log."""
    sp, service = service_of(parts, login)
    if word.person is None or word.mandate is None or word.level is None or word.authenticated_at is None:
        raise LoginProblem("no-word", "a permit without person, level or mandate")
    if word.level < login.level or word.mandate.level < login.level:
        raise LoginProblem("no-word", f"{word.level.label} is below {login.level.label}")
    mandate = word.mandate
    legal = first_filled(service.identifier_sets, mandate.company.identifiers)
    if legal is None:
        raise LoginProblem("no-identifier", mandate.company.key)
    offer = next(offer for offer in parts.suppliers.offers() if offer.slug == word.supplier)
    ad = parts.party(f"supplier-{offer.slug}-ad", offer.ad)
    mr = parts.party(f"supplier-{offer.slug}-mr", offer.mr)
    intermediary = "" if mandate.intermediary is None else mandate.intermediary.key
    acting = pseudonym(sp.entity_id, mandate.company.key, intermediary, word.person.subject)
    available = {COMPANY_NAME: mandate.company.name}
    facts = Facts(
        request_id=login.request_id,
        recipient=login.acs_url,
        audience=login.sp,
        service_id=service.service_id,
        service_uuid=service.instance_uuid,
        transient=parts.new_uuid(),
        session_index=parts.new_uuid(),
        authenticated_at=word.authenticated_at,
        level_asked=login.level.urn,
        level=word.level.urn,
        level_used=mandate.level.urn,
        acting_at_ad=internal_pseudonym(ad.entity_id, word.person.subject),
        acting=acting,
        legal=legal,
        branch=mandate.branch,
        extra=tuple((name, value) for name, value in available.items() if name in service.attributes),
    )
    recipient = Recipient(sp.entity_id, sp.encryption[0])
    issue = _issue(parts)
    hm_acs = f"{parts.settings.base_url}/acs/1.13"
    from_ad = ad_assertion(ad, mr, parts.settings.entity_id, hm_acs, facts, issue)
    from_mr = mr_assertion(mr, from_ad, facts, recipient, issue)
    assertion = hm_assertion(parts.broker, ad, (from_ad, from_mr), facts, recipient, issue)
    in_clear = [
        *({"attribute": "LegalSubjectID", "type": item.type, "value": item.value} for item in legal),
        {"attribute": "ActingSubjectID", "type": acting.type, "value": acting.value},
        *({"attribute": name, "value": value} for name, value in facts.extra),
    ]
    return assertion, in_clear


def _deliver(
    parts: Parts, login: Login, status: Status, assertion: Element | None, more: Mapping[str, Any]
) -> Delivery:
    message = serialize(
        response.build(parts.broker, login.request_id, login.acs_url, status, assertion, _issue(parts))
    )
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
            **more,
        },
    )
    return Delivery(login.acs_url, fields, by_post=not by_artifact)


def _keep_artifact(parts: Parts, login: Login, message: bytes) -> str:
    artifact = make_artifact(parts.settings.entity_id, 0, parts.random_bytes(20))
    record = {
        "exchange": login.id,
        "sp": login.sp,
        "made_at": parts.now().isoformat(),
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
