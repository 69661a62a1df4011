"""What it asks for, and how it is carried (AR-34..44)."""

from __future__ import annotations

from broker.rules.authn.seen import (
    LOA1,
    UNSUPPORTED,
    SeenRequest,
    requested_level,
    rule,
    said,
)
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, INTERFACE, LEVELS
from broker.wire.request import empty_parts
from suppliers.ask import Level


@rule(
    "AR-34",
    "RequestedAuthnContext holds one level of the scheme",
    "E/E/N",
    mend="Ask for one of loa2plus, loa3 or loa4, or leave it out: the catalogue has a level.",
    reference=LEVELS,
    status=UNSUPPORTED,
)
def level_known(seen: SeenRequest) -> Fault | None:
    refs = seen.request.class_refs
    if refs is None:
        raise NotApplicable
    known = [level.urn for level in Level]
    if len(refs) == 1 and refs[0] in known:
        return None
    received = ", ".join(refs) or "no AuthnContextClassRef"
    if LOA1 in refs:
        received += " (EH1 ended on 1 July 2021)"
    return Fault("one of " + ", ".join(known), received, "RequestedAuthnContext", seen.line)


@rule(
    "AR-35",
    "the level asked is not above the catalogue's",
    "E",
    mend="Ask for the level of the service catalogue or a lower one, or have the catalogue changed.",
    reference=LEVELS,
    status=UNSUPPORTED,
)
def level_allowed(seen: SeenRequest) -> Fault | None:
    try:
        asked = requested_level(seen.request)
    except ValueError:
        raise NotApplicable from None
    if asked is None or seen.level is None:
        raise NotApplicable
    if asked <= seen.level:
        return None
    return Fault(f"{seen.level.label} or lower", asked.label, "AuthnContextClassRef", seen.line)


@rule(
    "AR-36",
    "@Comparison is minimum",
    "W/W/-",
    mend='Send Comparison="minimum": a person with a higher level must get in as well.',
    reference=INTERFACE,
)
def comparison(seen: SeenRequest) -> Fault | None:
    if seen.request.comparison is None:
        raise NotApplicable
    if seen.request.comparison == "minimum":
        return None
    return Fault('"minimum"', said(seen.request.comparison), "RequestedAuthnContext/@Comparison", seen.line)


@rule(
    "AR-37",
    "NameIDPolicy, Subject and Conditions are absent",
    "W/W/-",
    mend="Leave them out: the scheme does not use them.",
    reference=INTERFACE,
)
def unused_elements(seen: SeenRequest) -> Fault | None:
    there = [
        name
        for name, present in (
            ("NameIDPolicy", seen.request.name_id_policy),
            ("Subject", seen.request.subject),
            ("Conditions", seen.request.conditions),
        )
        if present
    ]
    return Fault("none of them", ", ".join(there), there[0], seen.line) if there else None


@rule(
    "AR-40",
    "no optional part is there but empty",
    "W",
    mend="Leave an optional element or attribute out when it has no value.",
    reference=INTERFACE,
)
def nothing_empty(seen: SeenRequest) -> Fault | None:
    found = [part for part in empty_parts(seen.request.element) if part not in ("@Consent", "@ProviderName")]
    return Fault("a value, or no such part", ", ".join(found), found[0], seen.line) if found else None


@rule(
    "AR-41",
    "RelayState is at most 80 bytes",
    "W",
    mend="Keep what you need in your own session, and send only a short opaque reference.",
    reference=BINDINGS,
)
def relay_state(seen: SeenRequest) -> Fault | None:
    if seen.carried.relay_state is None:
        raise NotApplicable
    size = len(seen.carried.relay_state.encode())
    return Fault("80 bytes or fewer", f"{size} bytes", "RelayState") if size > 80 else None


@rule(
    "AR-42",
    "the message is carried as its binding says",
    "N",
    mend="By HTTP-POST send base64 without DEFLATE; DEFLATE is for HTTP-Redirect.",
    reference=BINDINGS,
)
def carried_right(seen: SeenRequest) -> Fault | None:
    if not seen.carried.deflated_post:
        return None
    return Fault("base64 of the XML", "base64 of DEFLATE of the XML", "SAMLRequest")


@rule(
    "AR-44",
    "the login is not shown inside a frame",
    "W",
    mend="Send the whole browser window to the broker: its pages refuse to be framed.",
    reference=INTERFACE,
)
def not_framed(seen: SeenRequest) -> Fault | None:
    if not seen.framed:
        return None
    return Fault("a top-level page", "Sec-Fetch-Dest: iframe", "HTTP header")
