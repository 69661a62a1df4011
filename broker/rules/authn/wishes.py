"""What it asks for, and how it is carried (AR-34..44)."""

from __future__ import annotations

from broker.rules import shared
from broker.rules.authn.seen import (
    EXTRA_ATTRIBUTE,
    LOA1,
    UNSUPPORTED,
    SeenRequest,
    requested_level,
    rule,
    said,
)
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import ATTRIBUTES, BINDINGS, INTERFACE, LEVELS
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
    "AR-34-loa2",
    "the level asked is one that is still handed out",
    "W/W/-",
    mend="Ask for loa2plus: since 1 January 2024 it is the lowest level.",
    reference=LEVELS,
)
def level_current(seen: SeenRequest) -> Fault | None:
    if not seen.request.class_refs:
        raise NotApplicable
    if Level.EH2.urn not in seen.request.class_refs:
        return None
    return Fault(f"{Level.EH2_PLUS.urn} or higher", Level.EH2.urn, "AuthnContextClassRef", seen.line)


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
    "AR-38",
    "Scoping names a supplier that can serve this login",
    "E",
    mend="Send the entity id of an authentication service that reaches the level and has the identifier, or "
    "leave Scoping out: the person then chooses.",
    reference=INTERFACE,
    status=UNSUPPORTED,
)
def scoping_served(seen: SeenRequest) -> Fault | None:
    entries = seen.request.idp_entries
    if entries is None or seen.level is None:
        raise NotApplicable
    if any(entry in seen.able for entry in entries):
        return None
    received = ", ".join(said(entry) for entry in entries)
    unable = [entry for entry in entries if entry in seen.known]
    if unable:
        received += ", which does not reach this level or has not this identifier"
    expected = "one of " + ", ".join(seen.able) if seen.able else "a supplier that can serve this login"
    return Fault(expected, received, "samlp:IDPEntry/@ProviderID", seen.line)


@rule(
    "AR-38-one",
    "Scoping names one supplier",
    "W/W/-",
    mend="Send one IDPEntry, with the supplier that the person chose; several, or others, are left to the broker.",
    reference=INTERFACE,
)
def scoping_one(seen: SeenRequest) -> Fault | None:
    entries = seen.request.idp_entries
    if entries is None or not any(entry in seen.able for entry in entries):
        raise NotApplicable
    if len(entries) == 1:
        return None
    left_out = [entry for entry in entries if entry not in seen.able]
    received = f"{len(entries)} of them"
    if left_out:
        received += ", and cannot be used: " + ", ".join(said(entry) for entry in left_out)
    return Fault("one samlp:IDPEntry", received, "samlp:IDPList", seen.line)


@rule(
    "AR-39",
    "the request asks only for extra attributes that the service may have",
    "E/E/-",
    mend="Ask only for attributes that the service catalogue lists for the service, and never for identifiers: "
    "those are in the identifier sets.",
    reference=ATTRIBUTES,
    status=UNSUPPORTED,
)
def attributes_allowed(seen: SeenRequest) -> Fault | None:
    asked = seen.request.requested_attributes
    if not asked:
        raise NotApplicable
    wrong = [
        name
        for name in asked
        if not EXTRA_ATTRIBUTE.fullmatch(name) or (seen.may_ask is not None and name not in seen.may_ask)
    ]
    if not wrong:
        return None
    expected = "urn:etoegang:<version>:attribute:<name> or attribute-represented:<name>"
    if seen.may_ask is not None:
        expected = "of the catalogue: " + (", ".join(seen.may_ask) or "none")
    return Fault(expected, ", ".join(said(name) for name in wrong), "md:RequestedAttribute/@Name", seen.line)


@rule(
    "AR-39-other",
    "Extensions holds esp:RequestedAttributes only",
    "W/W/-",
    mend="Leave other extensions out: the scheme has only RequestedAttributes of urn:etoegang:1.9:samlp-extension.",
    reference=INTERFACE,
)
def extensions_known(seen: SeenRequest) -> Fault | None:
    if not seen.request.other_extensions:
        return None
    received = ", ".join(seen.request.other_extensions)
    return Fault("<esp:RequestedAttributes> only", received, "samlp:Extensions", seen.line)


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
    "AR-43",
    "a request by artifact is had from its sender, in a signed ArtifactResponse",
    "R",
    mend="Answer our ArtifactResolve with a samlp:ArtifactResponse, signed by you as a whole, with Status Success "
    "and InResponseTo the ID of the ArtifactResolve, that holds your AuthnRequest.",
    reference=BINDINGS,
)
def fetched_from_sender(seen: SeenRequest) -> Fault | None:
    return shared.from_its_sender(seen.source, seen.request.issuer, seen.line)


@rule(
    "AR-43-tls",
    "a request by artifact is had over TLS",
    "W/W/-",
    mend="Give your ArtifactResolutionService an https address in your metadata.",
    reference=INTERFACE,
)
def fetched_over_tls(seen: SeenRequest) -> Fault | None:
    return shared.over_tls(seen.source)


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
