"""Which level it asks for, and whom (AR-34..38)."""

from __future__ import annotations

from typing import Any

from lxml import etree

from broker.rules.authn.examples import rule, sent
from broker.rules.authn.seen import LOA1, UNSUPPORTED, SeenRequest, requested_level, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import INTERFACE, LEVELS, Severity
from broker.wire import names
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.xml import named
from suppliers.ask import Level

CONTEXT = "samlp:RequestedAuthnContext"
CLASS_REF = "saml:AuthnContextClassRef"
LOA3 = "urn:etoegang:core:assurance-class:loa3"
BEFORE_CONTEXT = f'  <{CONTEXT} Comparison="minimum">'
WHOLE_CONTEXT = f"{BEFORE_CONTEXT}\n    <{CLASS_REF}>{LOA3}</{CLASS_REF}>\n  </{CONTEXT}>\n"
AD, OTHER_AD = (f"urn:etoegang:AD:0000000399990000000{n}:entities:9001" for n in (1, 2))
LISTED = ("samlp:Scoping", "samlp:IDPList")
ABLE: dict[str, Any] = {"known": (AD, OTHER_AD), "able": (AD,)}


def _asked(level: str) -> tuple[str, str]:
    return LOA3, LOA3.replace("loa3", level)


def _scoped(*entries: str) -> tuple[str, str]:
    listed = "".join(f'\n      <samlp:IDPEntry ProviderID="{entry}"/>' for entry in entries)
    scoping = f"  <samlp:Scoping>\n    <samlp:IDPList>{listed}\n    </samlp:IDPList>\n  </samlp:Scoping>\n"
    return "</samlp:AuthnRequest>", f"{scoping}</samlp:AuthnRequest>"


@rule(
    "AR-34",
    "RequestedAuthnContext holds one level of the scheme",
    "E/E/N",
    mend="Ask for one of loa2plus, loa3 or loa4, or leave it out: the catalogue has a level.",
    reference=LEVELS,
    status=UNSUPPORTED,
    bad=sent(_asked("loa1")),
)
def level_known(seen: SeenRequest) -> Fault | None:
    refs = seen.request.class_refs
    if refs is None:
        raise NotApplicable
    inside = [
        etree.QName(node).namespace for node in seen.inside(CONTEXT).element.iterchildren(etree.Element)
    ]
    context = seen.inside(CONTEXT).element
    if (inside and names.SAML not in inside) or (not inside and "AuthnContextClassRef" in context.attrib):
        raise NotApplicable  # AR-02's, which refuses it
    known = [level.urn for level in Level]
    if len(refs) == 1 and refs[0] in known:
        return None
    received = ", ".join(ref or said(ref) for ref in refs) or "no AuthnContextClassRef"
    mend = None
    if any(ref.startswith("urn:oasis:names:tc:SAML:2.0:ac:classes:") for ref in refs):
        mend = "Ask for one of loa2plus, loa3 or loa4, or leave it out. What you send are levels of DigiD and of SAML."
    if LOA1 in refs:
        received += " (EH1 ended on 1 July 2021)"
    return Fault(
        "one of " + ", ".join(known),
        received,
        mend=mend,
        at=seen.inside(CONTEXT, CLASS_REF),
        firm=not inside,  # the schema wants something in it
    )


@rule(
    "AR-34-loa2",
    "the level asked is one that is still handed out",
    "W/W/-",
    mend="Ask for loa2plus: since 1 January 2024 it is the lowest level.",
    reference=LEVELS,
    bad=sent(_asked("loa2")),
)
def level_current(seen: SeenRequest) -> Fault | None:
    if not seen.request.class_refs:
        raise NotApplicable
    if Level.EH2.urn not in seen.request.class_refs:
        return None
    return Fault(f"{Level.EH2_PLUS.urn} or higher", Level.EH2.urn, at=seen.inside(CONTEXT, CLASS_REF))


@rule(
    "AR-35",
    "the level asked is not above the catalogue's",
    "E",
    mend="Ask for the level of the service catalogue or a lower one, or have the catalogue changed.",
    reference=LEVELS,
    status=UNSUPPORTED,
    bad=sent(_asked("loa4")),
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
    return Fault(f"{seen.level.label} or lower", asked.label, at=seen.inside(CONTEXT, CLASS_REF))


@rule(
    "AR-36",
    "@Comparison is minimum",
    "W/W/-",
    mend='Send Comparison="minimum": a person with a higher level must get in as well.',
    reference=INTERFACE,
    bad=sent(('Comparison="minimum"', 'Comparison="exact"')),
    certainty="Everything that we saw sends minimum; whether another value is refused could not be confirmed.",
)
def comparison(seen: SeenRequest) -> Fault | None:
    if seen.request.comparison is None:
        raise NotApplicable
    if seen.request.comparison == "minimum":
        return None
    return Fault('"minimum"', said(seen.request.comparison), at=seen.inside(CONTEXT, attribute="Comparison"))


@rule(
    "AR-37",
    "NameIDPolicy, Subject and Conditions are absent",
    "W/W/-",
    mend="Leave them out: the scheme does not use them.",
    reference=INTERFACE,
    bad=sent((BEFORE_CONTEXT, f'  <samlp:NameIDPolicy AllowCreate="true"/>\n{BEFORE_CONTEXT}')),
    certainty="They are in no sample of the scheme; that they are forbidden is said nowhere.",
)
def unused_elements(seen: SeenRequest) -> Fault | None:
    there = [
        name
        for name, present in (
            ("samlp:NameIDPolicy", seen.request.name_id_policy),
            ("saml:Subject", seen.request.subject),
            ("saml:Conditions", seen.request.conditions),
        )
        if present
    ]
    return Fault("none of them", ", ".join(there), at=seen.inside(there[0])) if there else None


@rule(
    "AR-38",
    "Scoping names a supplier that can serve this login",
    "E",
    mend="Send the entity id of an authentication service that reaches the level and has the identifier, or "
    "leave Scoping out: the person then chooses.",
    reference=INTERFACE,
    status=UNSUPPORTED,
    firm="the login would begin at a supplier that cannot serve it",
    bad=sent((WHOLE_CONTEXT, ""), _scoped(OTHER_AD), **ABLE),
    good=sent((WHOLE_CONTEXT, ""), _scoped(AD), **ABLE),
)
def scoping_served(seen: SeenRequest) -> Fault | None:
    """A Scoping that names nobody is a warning: the person chooses, as without it. One that is empty is AR-40's."""
    entries = seen.request.idp_entries
    scoping = next(seen.request.element.iterchildren(qname("samlp:Scoping")), None)
    if seen.level is None:
        raise NotApplicable
    if entries is None and scoping is not None and (len(scoping) or scoping.attrib):
        there = [f"@{name}" for name in map(str, scoping.attrib)]
        there += [named(node) for node in scoping.iterchildren(etree.Element)]
        return Fault(
            "samlp:IDPList with a samlp:IDPEntry",
            f"samlp:Scoping without it, with {', '.join(there) or 'text'}",
            mend="Name the supplier in samlp:IDPList with a samlp:IDPEntry, or leave Scoping out: the person then "
            "chooses. The scheme uses Scoping for nothing else.",
            severity=Severity.WARNING,
            at=Spot(scoping),
        )
    if entries is None:
        raise NotApplicable
    if any(entry in seen.able for entry in entries):
        return None
    received = (
        ", ".join(said(entry) if entry else "one without ProviderID" for entry in entries)
        or "no samlp:IDPEntry"
    )
    unable = [entry for entry in entries if entry in seen.known]
    if unable:
        received += ", which does not reach this level or has not this identifier"
    expected = "one of " + ", ".join(seen.able) if seen.able else "a supplier that can serve this login"
    return Fault(expected, received, at=seen.inside(*LISTED, "samlp:IDPEntry", attribute="ProviderID"))


@rule(
    "AR-38-one",
    "Scoping names one supplier",
    "W/W/-",
    mend="Send one IDPEntry, with the supplier that the person chose; several, or others, are left to the broker.",
    reference=INTERFACE,
    bad=sent((WHOLE_CONTEXT, ""), _scoped(AD, OTHER_AD), **ABLE),
    good=sent((WHOLE_CONTEXT, ""), _scoped(AD), **ABLE),
    certainty="How many entries are allowed could not be confirmed.",
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
    return Fault("one samlp:IDPEntry", received, at=seen.inside(*LISTED))
