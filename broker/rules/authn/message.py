"""The message itself: form, id, time, destination (AR-02..12)."""

from __future__ import annotations

from broker.rules.authn.seen import (
    NCNAME,
    REQUESTER,
    SeenRequest,
    rule,
    said,
)
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, CORE, INTERFACE, SESSIONS
from broker.wire import instants, names
from suppliers.ask import Level


@rule(
    "AR-01",
    "the request comes by a binding that is published for this address",
    "R",
    mend="Send the request by HTTP-Redirect, HTTP-POST or HTTP-Artifact, as the broker's metadata says.",
    reference=BINDINGS,
)
def published_binding(seen: SeenRequest) -> Fault | None:
    if seen.binding in seen.published:
        return None
    return Fault("one of " + ", ".join(seen.published), said(seen.binding), "binding")


@rule(
    "AR-02",
    "The message is valid against the SAML schema",
    "R",
    mend="Send a samlp:AuthnRequest as the SAML 2.0 protocol schema describes it.",
    reference=CORE,
)
def schema_valid(seen: SeenRequest) -> Fault | None:
    if seen.schema_error is None:
        return None
    message, line = seen.schema_error
    return Fault("a message that the SAML 2.0 protocol schema accepts", message, line=line)


@rule(
    "AR-03",
    "@ID is there and is an NCName",
    "R",
    mend="Give every request an ID that starts with a letter or an underscore, such as _ and 32 hex digits.",
    reference=INTERFACE,
)
def has_id(seen: SeenRequest) -> Fault | None:
    identifier = seen.request.id
    if identifier and NCNAME.fullmatch(identifier):
        return None
    return Fault("an NCName", f'"{identifier}"' if identifier else "no ID", "@ID", seen.line)


@rule(
    "AR-04",
    "@ID was not used before by this service provider",
    "R",
    mend="Make a new request with a new ID for every login; do not send a kept page again.",
    reference=INTERFACE,
)
def fresh_id(seen: SeenRequest) -> Fault | None:
    if not seen.replayed:
        return None
    return Fault("an ID that was not seen before", f'"{seen.request.id}", seen before', "@ID", seen.line)


@rule(
    "AR-05",
    "@Version is 2.0",
    "R",
    mend='Send Version="2.0".',
    reference=CORE,
)
def version(seen: SeenRequest) -> Fault | None:
    if seen.request.version == "2.0":
        return None
    return Fault('"2.0"', said(seen.request.version), "@Version", seen.line)


@rule(
    "AR-06",
    "@IssueInstant is there and is UTC",
    "E",
    mend="Write the time in UTC, ending in Z: 2026-02-01T09:00:00Z.",
    reference=CORE,
)
def issue_instant(seen: SeenRequest) -> Fault | None:
    text = seen.request.issue_instant
    try:
        if text and text.endswith("Z") and instants.read(text):
            return None
    except ValueError:
        pass
    return Fault("a UTC time ending in Z", said(text), "@IssueInstant", seen.line)


@rule(
    "AR-07",
    "@IssueInstant is about now",
    "E",
    mend="Make the request when the person clicks, and keep the clocks of both machines right (NTP).",
    reference=INTERFACE,
    status=REQUESTER,
)
def age(seen: SeenRequest) -> Fault | None:
    try:
        issued = instants.read(seen.request.issue_instant or "")
    except ValueError:
        raise NotApplicable from None
    if seen.now - seen.oldest <= issued <= seen.now + seen.newest:
        return None
    early, late = instants.write(seen.now - seen.oldest), instants.write(seen.now + seen.newest)
    return Fault(f"between {early} and {late}", instants.write(issued), "@IssueInstant", seen.line)


@rule(
    "AR-08",
    "@Destination is the address that the request was sent to",
    "R",
    mend="Take the Location of SingleSignOnService from the broker's metadata, character for character.",
    reference=INTERFACE,
)
def destination(seen: SeenRequest) -> Fault | None:
    if seen.saml and seen.signed is None and seen.request.destination is None:
        raise NotApplicable
    if seen.request.destination == seen.endpoint:
        return None
    return Fault(f'"{seen.endpoint}"', said(seen.request.destination), "@Destination", seen.line)


@rule(
    "AR-09",
    "@Consent, if there, is not empty",
    "W",
    mend="Leave Consent out, or send urn:oasis:names:tc:SAML:2.0:consent:unspecified.",
    reference=INTERFACE,
)
def consent(seen: SeenRequest) -> Fault | None:
    if seen.request.consent is None:
        raise NotApplicable
    return None if seen.request.consent else Fault("a consent URN", '""', "@Consent", seen.line)


@rule(
    "AR-10",
    "@ForceAuthn is a boolean",
    "E",
    mend="Send ForceAuthn as true or false; left out, it means that an existing session may be used.",
    reference=INTERFACE,
)
def force_authn(seen: SeenRequest) -> Fault | None:
    return _boolean(seen, seen.request.force_authn, "@ForceAuthn")


@rule(
    "AR-10-digit",
    "booleans are written true or false",
    "N/N/-",
    mend='Write "true" or "false": 1 and 0 mean the same, and not every broker reads them.',
    reference=INTERFACE,
)
def booleans_as_words(seen: SeenRequest) -> Fault | None:
    sent = {"@ForceAuthn": seen.request.force_authn, "@IsPassive": seen.request.is_passive}
    digits = [(where, value) for where, value in sent.items() if value and value.strip() in ("1", "0")]
    if not any(sent.values()):
        raise NotApplicable
    if not digits:
        return None
    where, value = digits[0]
    return Fault('"true" or "false"', said(value), where, seen.line)


@rule(
    "AR-11",
    "@ForceAuthn is true where there is no single sign-on",
    "W/W/-",
    mend='Send ForceAuthn="true": at EH4, or for a service without SSOSupport, no session may be used.',
    reference=SESSIONS,
)
def force_authn_needed(seen: SeenRequest) -> Fault | None:
    why = "at EH4" if seen.level is Level.EH4 else "for a service without SSOSupport"
    if seen.level is not Level.EH4 and seen.sso is not False:
        raise NotApplicable
    if seen.request.forces:
        return None
    return Fault(f'"true", {why}', said(seen.request.force_authn), "@ForceAuthn", seen.line)


@rule(
    "AR-12",
    "@IsPassive is absent or false",
    "E",
    mend="Leave IsPassive out: a login with eHerkenning always asks the person something.",
    reference=INTERFACE,
    status=(names.RESPONDER, names.REQUEST_UNSUPPORTED),
)
def is_passive(seen: SeenRequest) -> Fault | None:
    if seen.request.is_passive is None:
        raise NotApplicable
    if seen.request.is_passive.strip() in ("false", "0"):
        return None
    return Fault('"false"', said(seen.request.is_passive), "@IsPassive", seen.line)


def _boolean(seen: SeenRequest, value: str | None, where: str) -> Fault | None:
    if value is None:
        raise NotApplicable
    if value.strip() in ("true", "false", "1", "0"):
        return None
    return Fault('"true" or "false"', said(value), where, seen.line)
