"""Rules LO-..: what a LogoutRequest must be (spec 9). Its fields could not be confirmed: this is SAML core 3.7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.rules import shared
from broker.rules.authn.seen import NCNAME, Source, said
from broker.rules.engine import Fault, NotApplicable, Rules
from broker.rules.finding import BINDINGS, CORE, INTERFACE, LOGOUT, METADATA, SIGNATURE
from broker.wire import instants, names
from broker.wire.bindings import FRONT_CHANNEL
from broker.wire.logout import LogoutRequest
from broker.wire.metadata import SpMetadata
from broker.wire.signing import SignatureProblem, Signed

RULES: Rules[SeenLogout] = Rules()
rule = RULES.rule


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that was begun with an answer of ours: for whom, and under which NameID."""

    sp: str
    name_id: str


@dataclass(frozen=True, slots=True)
class SeenLogout:
    """One LogoutRequest with all that is needed to judge it. ``sp`` is None for an unknown sender.

    ``sessions`` are those that it names and that we know; they are looked up only for a sender that is believed,
    so that nobody else learns which there are.
    """

    request: LogoutRequest
    binding: str
    endpoint: str
    now: datetime
    sp: SpMetadata | None
    signed: Signed | None
    signature_problem: SignatureProblem | None
    schema_error: tuple[str, int] | None = None
    replayed: bool = False
    sessions: tuple[KnownSession, ...] = ()
    source: Source | None = None
    oldest: timedelta = timedelta(minutes=5)
    newest: timedelta = timedelta(minutes=1)
    published: tuple[str, ...] = FRONT_CHANNEL

    @property
    def line(self) -> int:
        return self.request.element.sourceline or 0


@rule(
    "LO-01",
    "the request comes by a binding that is published for this address",
    "R",
    mend="Send the LogoutRequest by HTTP-Redirect, HTTP-POST or HTTP-Artifact, as the broker's metadata says.",
    reference=BINDINGS,
)
def published_binding(seen: SeenLogout) -> Fault | None:
    if seen.binding in seen.published:
        return None
    return Fault("one of " + ", ".join(seen.published), said(seen.binding), "binding")


@rule(
    "LO-02",
    "the message is valid against the SAML schema",
    "R",
    mend="Send a samlp:LogoutRequest as the SAML 2.0 protocol schema describes it.",
    reference=CORE,
)
def schema_valid(seen: SeenLogout) -> Fault | None:
    if seen.schema_error is None:
        return None
    message, line = seen.schema_error
    return Fault("a message that the SAML 2.0 protocol schema accepts", message, line=line)


@rule(
    "LO-03",
    "@ID is there and is an NCName",
    "R",
    mend="Give every request an ID that starts with a letter or an underscore, such as _ and 32 hex digits.",
    reference=CORE,
)
def has_id(seen: SeenLogout) -> Fault | None:
    identifier = seen.request.id
    if identifier and NCNAME.fullmatch(identifier):
        return None
    return Fault("an NCName", said(identifier), "@ID", seen.line)


@rule(
    "LO-04",
    "@ID was not used before by this service provider",
    "R",
    mend="Make a new LogoutRequest with a new ID every time; do not send a kept page again.",
    reference=CORE,
)
def fresh_id(seen: SeenLogout) -> Fault | None:
    if not seen.replayed:
        return None
    return Fault("an ID that was not seen before", f'"{seen.request.id}", seen before', "@ID", seen.line)


@rule("LO-05", "@Version is 2.0", "R", mend='Send Version="2.0".', reference=CORE)
def version(seen: SeenLogout) -> Fault | None:
    if seen.request.version == "2.0":
        return None
    return Fault('"2.0"', said(seen.request.version), "@Version", seen.line)


@rule(
    "LO-06",
    "@IssueInstant is about now",
    "R",
    mend="Make the request when the person logs out, and keep the clocks of both machines right (NTP).",
    reference=CORE,
)
def age(seen: SeenLogout) -> Fault | None:
    early, late = seen.now - seen.oldest, seen.now + seen.newest
    try:
        if early <= instants.read(seen.request.issue_instant or "") <= late:
            return None
    except (ValueError, OverflowError):
        pass
    expected = f"between {instants.write(early)} and {instants.write(late)}"
    return Fault(expected, said(seen.request.issue_instant), "@IssueInstant", seen.line)


@rule(
    "LO-07",
    "@NotOnOrAfter, if there, has not passed",
    "R",
    mend="Leave NotOnOrAfter out, or set it a few minutes ahead.",
    reference=CORE,
)
def not_expired(seen: SeenLogout) -> Fault | None:
    text = seen.request.not_on_or_after
    if text is None:
        raise NotApplicable
    try:
        if seen.now < instants.read(text):
            return None
    except (ValueError, OverflowError):
        pass
    return Fault(f"later than {instants.write(seen.now)}", said(text), "@NotOnOrAfter", seen.line)


@rule(
    "LO-08",
    "@Destination is the address that the request was sent to",
    "R",
    mend="Take the Location of SingleLogoutService from the broker's metadata, character for character.",
    reference=BINDINGS,
)
def destination(seen: SeenLogout) -> Fault | None:
    if seen.request.destination == seen.endpoint:
        return None
    return Fault(f'"{seen.endpoint}"', said(seen.request.destination), "@Destination", seen.line)


@rule(
    "LO-09",
    "Issuer is the entity id of a known service provider",
    "R",
    mend="Put the metadata of this service provider in the metadata folder, or mend the entity id in either.",
    reference=METADATA,
)
def issuer_known(seen: SeenLogout) -> Fault | None:
    if seen.sp is not None:
        return None
    return Fault(
        "the entityID of metadata that this broker has", said(seen.request.issuer), "Issuer", seen.line
    )


@rule(
    "LO-10",
    "Issuer has no attributes",
    "W/W/-",
    mend="Leave Format, NameQualifier and their kin off Issuer.",
    reference=INTERFACE,
)
def issuer_bare(seen: SeenLogout) -> Fault | None:
    if not seen.request.issuer_attributes:
        return None
    return Fault("no attributes", ", ".join(seen.request.issuer_attributes), "Issuer", seen.line)


@rule(
    "LO-11",
    "the request is signed as a whole with a key from the metadata",
    "R",
    mend="Sign the LogoutRequest with the key whose certificate is in your metadata: inside the message for "
    "HTTP-POST, in the query for HTTP-Redirect.",
    reference=SIGNATURE,
)
def signed(seen: SeenLogout) -> Fault | None:
    if seen.sp is None:
        raise NotApplicable
    problem = seen.signature_problem
    if problem is None:
        return None
    return Fault(problem.expected, problem.received, "ds:Signature", problem.line)


@rule(
    "LO-11-algorithm",
    "the signature is RSA-SHA256",
    "E/R",
    mend="Set the signature algorithm to http://www.w3.org/2001/04/xmldsig-more#rsa-sha256.",
    reference=SIGNATURE,
)
def algorithm(seen: SeenLogout) -> Fault | None:
    if seen.signed is None:
        raise NotApplicable
    received = seen.signed.signature_algorithm
    if received == names.RSA_SHA256:
        return None
    return Fault(names.RSA_SHA256, received, "SignatureMethod or SigAlg", seen.signed.line)


@rule(
    "LO-11-key-info",
    "KeyInfo is absent or has a KeyName only",
    "W/W/-",
    mend="Put only ds:KeyName in KeyInfo; the broker takes the certificate from your metadata anyway.",
    reference=SIGNATURE,
)
def key_info(seen: SeenLogout) -> Fault | None:
    return shared.only_a_key_name(seen.signed)


@rule(
    "LO-12",
    "the person is named by a NameID",
    "R",
    mend="Send the NameID of the assertion as saml:NameID, as it came.",
    reference=CORE,
)
def has_name_id(seen: SeenLogout) -> Fault | None:
    if seen.request.name_id:
        return None
    return Fault("a saml:NameID", "none, or an empty one", "samlp:LogoutRequest", seen.line)


@rule(
    "LO-13",
    "the session is one that an answer of this broker began",
    "E",
    mend="Send the SessionIndex of the AuthnStatement in the assertion, and its NameID. After a log-out, a day, "
    "or a restart of a broker without a store on disk, a session is no longer known.",
    reference=LOGOUT,
)
def session_known(seen: SeenLogout) -> Fault | None:
    if seen.signed is None:
        raise NotApplicable
    if seen.sessions:
        return None
    received = ", ".join(said(index) for index in seen.request.session_indexes)
    received = received or f"no SessionIndex, and the NameID {said(seen.request.name_id)}"
    return Fault("the SessionIndex of a login here", received, "samlp:SessionIndex", seen.line)


@rule(
    "LO-14",
    "the session is of the service provider that ends it",
    "R",
    mend="Send the SessionIndex of an assertion that you got, under the entity id that got it.",
    reference=LOGOUT,
)
def session_own(seen: SeenLogout) -> Fault | None:
    if seen.signed is None or seen.sp is None or not seen.sessions:
        raise NotApplicable
    if all(session.sp == seen.sp.entity_id for session in seen.sessions):
        return None
    received = "a session of another service provider"
    return Fault(f"a session of {seen.sp.entity_id}", received, "samlp:SessionIndex", seen.line)


@rule(
    "LO-15",
    "the NameID is the one of the session",
    "R",
    mend="Send the NameID that came with this SessionIndex in one assertion.",
    reference=LOGOUT,
)
def name_id_of_session(seen: SeenLogout) -> Fault | None:
    if seen.signed is None or not seen.sessions or not seen.request.name_id:
        raise NotApplicable
    if all(session.name_id == seen.request.name_id for session in seen.sessions):
        return None
    return Fault("the NameID of this session", said(seen.request.name_id), "saml:NameID", seen.line)


@rule(
    "LO-16",
    "a request by artifact is had from its sender, in a signed ArtifactResponse",
    "R",
    mend="Answer our ArtifactResolve with a samlp:ArtifactResponse, signed by you as a whole, with Status Success "
    "and InResponseTo the ID of the ArtifactResolve, that holds your LogoutRequest.",
    reference=BINDINGS,
)
def fetched_from_sender(seen: SeenLogout) -> Fault | None:
    return shared.from_its_sender(seen.source, seen.request.issuer, seen.line)


@rule(
    "LO-16-tls",
    "a request by artifact is had over TLS",
    "W/W/-",
    mend="Give your ArtifactResolutionService an https address in your metadata.",
    reference=INTERFACE,
)
def fetched_over_tls(seen: SeenLogout) -> Fault | None:
    return shared.over_tls(seen.source)
