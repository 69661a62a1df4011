"""The message itself: id, time, destination, what it forces (AR-03..12)."""

from __future__ import annotations

from datetime import timedelta

from broker.rules import samples
from broker.rules.authn.examples import rule, sent
from broker.rules.authn.seen import DATE_TIME, NCNAME, REQUESTER, XML_BLANKS, SeenRequest, nearly, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import CORE, INTERFACE, SESSIONS, Severity
from broker.rules.schema_told import minds, misspelt
from broker.wire import instants, names
from suppliers.ask import Level

FORCED = 'ForceAuthn="true"'


@rule(
    "AR-03",
    "@ID is there and is an NCName",
    "R",
    mend="Give every request an ID that starts with a letter or an underscore, such as _ and 32 hex digits.",
    reference=INTERFACE,
    firm="without an ID there is nothing to answer to, and no replay is seen",
    bad=sent(('ID="_7f3c', 'ID="7f3c')),
)
def has_id(seen: SeenRequest) -> Fault | None:
    identifier = seen.request.id
    if misspelt(seen.schema_errors, seen.request.element, "ID"):
        raise NotApplicable  # AR-02's, which refuses it too
    if identifier and NCNAME.fullmatch(identifier):
        return None
    return Fault("an NCName", f'"{identifier}"' if identifier else "no ID", at=seen.at("ID"))


@rule(
    "AR-04",
    "@ID was not used before by this service provider",
    "R",
    mend="Make a new request with a new ID for every login; do not send a kept page again.",
    reference=INTERFACE,
    firm="a request that is sent again may be one that somebody stole",
    bad=sent(
        shown="The same request a second time: by the Back button, or from a page that was kept.",
        replayed=True,
    ),
    certainty="The scheme keeps an ID for 12 months; this broker for 30 days, or as long as its store lives.",
)
def fresh_id(seen: SeenRequest) -> Fault | None:
    if not seen.replayed:
        return None
    return Fault("an ID that was not seen before", f'"{seen.request.id}", seen before', at=seen.at("ID"))


@rule(
    "AR-05",
    "@Version is 2.0",
    "R",
    mend='Send Version="2.0".',
    reference=CORE,
    bad=sent(('Version="2.0"', 'Version="1.1"')),
)
def version(seen: SeenRequest) -> Fault | None:
    if misspelt(seen.schema_errors, seen.request.element, "Version"):
        raise NotApplicable  # AR-02's
    if seen.request.version == "2.0":
        return None
    received, firm = said(seen.request.version), _minded(seen, "Version")
    return Fault('"2.0"', received, at=seen.at("Version"), firm=firm)


@rule(
    "AR-06",
    "@IssueInstant is there and is UTC",
    "E",
    mend="Write the time in UTC, ending in Z: 2026-02-01T09:00:00Z.",
    reference=CORE,
    bad=sent(("2026-02-02T09:00:00Z", "2026-02-02T10:00:00+01:00")),
)
def issue_instant(seen: SeenRequest) -> Fault | None:
    text = seen.request.issue_instant
    if misspelt(seen.schema_errors, seen.request.element, "IssueInstant"):
        raise NotApplicable  # AR-02's
    try:
        if text and text.endswith("Z") and DATE_TIME.fullmatch(text) and instants.read(text):
            return None
    except ValueError:
        pass
    # Only a zone that is missing or another is a time all the same; what is none is refused, as the schema would.
    firm = _minded(seen, "IssueInstant")
    severity = None if text and DATE_TIME.fullmatch(text) and not firm else Severity.REFUSED
    return Fault(
        "a UTC time ending in Z", said(text), severity=severity, at=seen.at("IssueInstant"), firm=firm
    )


@rule(
    "AR-07",
    "@IssueInstant is about now",
    "E",
    mend="Make the request when the person clicks, and keep the clocks of both machines right (NTP).",
    reference=INTERFACE,
    status=REQUESTER,
    bad=sent(("2026-02-02T09:00:00Z", "2026-02-02T08:30:00Z")),
    certainty="That an old request gets Requester is the scheme's; how old it may be is not. Here it is five minutes "
    "(broker.request_seconds in the YAML), and one minute ahead.",
)
def age(seen: SeenRequest) -> Fault | None:
    try:
        issued = instants.read(seen.request.issue_instant or "")
    except ValueError:
        raise NotApplicable from None
    if seen.now - seen.oldest <= issued <= seen.now + seen.newest:
        return None
    early, late = instants.write(seen.now - seen.oldest), instants.write(seen.now + seen.newest)
    received, mend = instants.write(issued), None
    off = issued - seen.now
    hours = round(off / timedelta(hours=1))
    whole_hours = 0 < abs(hours) <= 14 and abs(off - timedelta(hours=hours)) < timedelta(minutes=1)
    days = round(off / timedelta(days=1))
    if 0 < days <= 366 and abs(off - timedelta(days=days)) < timedelta(minutes=1):
        received += f", {days} day{'s' if days > 1 else ''} ahead"
        mend = (
            "Whole days are a wrong date: look at the date of that machine, and keep its clock right (NTP)."
        )
    if whole_hours and hours not in (1, 2):
        received += f", {abs(hours)} h {'ahead' if hours > 0 else 'behind'}"
        mend = "Whole hours are a time zone: convert local time to UTC, once, before the Z is put behind it."
    elif whole_hours:
        received += f", {hours} h ahead"
        mend = "This is Dutch local time written as if it were UTC: convert it to UTC before the Z is put behind it."
    return Fault(f"between {early} and {late}", received, mend=mend, at=seen.at("IssueInstant"))


@rule(
    "AR-08",
    "@Destination is the address that the request was sent to",
    "R",
    mend="Take the Location of SingleSignOnService from the broker's metadata, character for character.",
    reference=INTERFACE,
    firm="a request that was made for another address may have been caught there",
    bad=sent((f'"{samples.SSO}"', f'"{samples.SSO}/"')),
)
def destination(seen: SeenRequest) -> Fault | None:
    received = seen.request.destination
    if seen.saml and seen.signed is None and received is None:
        raise NotApplicable
    if received == seen.endpoint:
        return None
    return Fault(
        f'"{seen.endpoint}"', said(received), mend=nearly(received, seen.endpoint), at=seen.at("Destination")
    )


@rule(
    "AR-09",
    "@Consent, if there, is not empty",
    "W",
    mend="Leave Consent out, or send urn:oasis:names:tc:SAML:2.0:consent:unspecified.",
    reference=INTERFACE,
    bad=sent((FORCED, f'{FORCED} Consent=""')),
    good=sent((FORCED, f'{FORCED} Consent="urn:oasis:names:tc:SAML:2.0:consent:unspecified"')),
)
def consent(seen: SeenRequest) -> Fault | None:
    if seen.request.consent is None:
        raise NotApplicable
    return None if seen.request.consent else Fault("a consent URN", '""', at=seen.at("Consent"))


@rule(
    "AR-10",
    "@ForceAuthn is a boolean",
    "R",
    mend="Send ForceAuthn as true or false; left out, it means that an existing session may be used.",
    reference=INTERFACE,
    bad=sent((FORCED, 'ForceAuthn="yes"')),
)
def force_authn(seen: SeenRequest) -> Fault | None:
    value = seen.request.force_authn
    if value is None:
        raise NotApplicable
    if value in ("true", "false", "1", "0"):
        return None
    if (bare := value.strip(XML_BLANKS)) in ("true", "false", "1", "0"):
        return Fault(
            f'"{bare}" and nothing around it',
            said(value),
            mend="Take the white space around the value out: not every broker forgives it.",
            severity=Severity.WARNING,
            at=seen.at("ForceAuthn"),
        )
    firm = _minded(seen, "ForceAuthn")
    return Fault('"true" or "false"', said(value), at=seen.at("ForceAuthn"), firm=firm)


@rule(
    "AR-10-digit",
    "booleans are written true or false",
    "N/N/-",
    mend='Write "true" or "false": 1 and 0 mean the same, and not every broker reads them.',
    reference=INTERFACE,
    bad=sent((FORCED, 'ForceAuthn="1"')),
)
def booleans_as_words(seen: SeenRequest) -> Fault | None:
    sent_ = {"ForceAuthn": seen.request.force_authn, "IsPassive": seen.request.is_passive}
    digits = [(name, value) for name, value in sent_.items() if value and value.strip() in ("1", "0")]
    if not any(sent_.values()):
        raise NotApplicable
    if not digits:
        return None
    name, value = digits[0]
    return Fault('"true" or "false"', said(value), at=seen.at(name))


@rule(
    "AR-11",
    "@ForceAuthn is true where there is no single sign-on",
    "W/W/-",
    mend='Send ForceAuthn="true": at EH4, or for a service without SSOSupport, no session may be used.',
    reference=SESSIONS,
    bad=sent((FORCED, 'ForceAuthn="false"'), level=Level.EH4),
    good=sent(level=Level.EH4),
    certainty="The scheme says that there is no single sign-on then; that the request must say so is our reading.",
)
def force_authn_needed(seen: SeenRequest) -> Fault | None:
    why = "at EH4" if seen.level is Level.EH4 else "for a service without SSOSupport"
    if seen.level is not Level.EH4 and seen.sso is not False:
        raise NotApplicable
    if seen.request.forces:
        return None
    return Fault(f'"true", {why}', said(seen.request.force_authn), at=seen.at("ForceAuthn"))


@rule(
    "AR-12",
    "@IsPassive is absent or false",
    "E",
    mend="Leave IsPassive out: a login with eHerkenning always asks the person something.",
    reference=INTERFACE,
    status=(names.RESPONDER, names.REQUEST_UNSUPPORTED),
    bad=sent((FORCED, f'{FORCED} IsPassive="true"')),
    good=sent((FORCED, f'{FORCED} IsPassive="false"')),
    certainty="Read on the page of the sister interface HM-AD.",
)
def is_passive(seen: SeenRequest) -> Fault | None:
    if seen.request.is_passive is None:
        raise NotApplicable
    if seen.request.is_passive.strip(XML_BLANKS) in ("false", "0"):
        return None
    received, firm = said(seen.request.is_passive), _minded(seen, "IsPassive")
    return Fault('"false"', received, at=seen.at("IsPassive"), firm=firm)


def _minded(seen: SeenRequest, attribute: str) -> bool:
    """Whether the schema minds it too: AR-02 leaves that to the rule of the attribute, and it cannot be suppressed."""
    return minds(seen.schema_errors, seen.request.element, attribute)
