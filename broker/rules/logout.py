"""Rules LO-..: what a LogoutRequest must be (spec 9). Its fields could not be confirmed: this is SAML core 3.7."""

from __future__ import annotations

from broker.rules import shared, signatures
from broker.rules.authn.seen import NCNAME, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, CORE, INTERFACE, LOGOUT, SIGNATURE
from broker.rules.logout_form import named_by
from broker.rules.logout_seen import (
    BELIEF,
    NAME_ID,
    OTHER,
    RULES,
    KnownSession,
    SeenLogout,
    by_artifact,
    rule,
    sent,
)
from broker.rules.signatures import Signatures
from broker.wire.places import Spot
from broker.wire.signing import Fault as SignatureFault
from broker.wire.xml import named

__all__ = ["RULES", "KnownSession", "SeenLogout"]


@rule(
    "LO-11",
    "the request is signed as a whole with a key from the metadata",
    "R",
    mend="Sign the LogoutRequest with the key whose certificate is in your metadata: inside the message for "
    "HTTP-POST, in the query for HTTP-Redirect.",
    reference=SIGNATURE,
    firm=BELIEF,
    bad=sent(cut="ds:Signature", check=True),
    good=sent(check=True),
)
def signed(seen: SeenLogout) -> Fault | None:
    problem = seen.signature_problem
    by_id = problem is not None and problem.fault in (SignatureFault.STRUCTURE, SignatureFault.DIGEST)
    if seen.sp is None or (by_id and not NCNAME.fullmatch(seen.request.id or "")):
        raise NotApplicable  # LO-09's, or LO-03's: either refuses it
    return shared.signature(problem, *SignatureFault)


SIGNATURES = Signatures(RULES, sent)
SIGNATURES.rule("LO-11-algorithm", signatures.ALGORITHM, "E/R")
SIGNATURES.rule("LO-11-key-info", signatures.KEY_INFO, "W/W/-")
SIGNATURES.rule("LO-11-digest", signatures.DIGEST, "E/R")
SIGNATURES.rule("LO-11-c14n", signatures.CANONICALIZATION, "E/E/W")
SIGNATURES.rule("LO-11-key-name", signatures.KEY_NAME, "E/E/W")
SIGNATURES.rule(
    "LO-11-certificate", signatures.CERTIFICATE, "E", bad=SIGNATURES.in_2035("2026-02-02T09:00:00Z")
)


@rule(
    "LO-12",
    "the person is named by a NameID",
    "R",
    mend="Send the NameID of the assertion as saml:NameID, as it came.",
    reference=CORE,
    firm=BELIEF,
    bad=sent((f"<saml:NameID>{NAME_ID}<", "<saml:NameID><")),
)
def has_name_id(seen: SeenLogout) -> Fault | None:
    if seen.request.name_id:
        return None
    other = named_by(seen.request.element)
    if seen.request.name_id is None and other is not None:
        mend = "Send the NameID in clear: an identifier of another kind names no session here."
        return Fault("a saml:NameID", named(other), mend=mend, at=Spot(other))
    received = "none" if seen.request.name_id is None else "an empty one"
    return Fault("a saml:NameID", received, at=seen.at("saml:NameID"))


@rule(
    "LO-13",
    "the session is one that an answer of this broker began",
    "E",
    mend="Send the SessionIndex of the AuthnStatement in the assertion, and its NameID. After a log-out, a day, "
    "or a restart of a broker without a store on disk, a session is no longer known.",
    reference=LOGOUT,
    bad=sent(shown="A SessionIndex of a login that is over, or that never was.", sessions=()),
)
def session_known(seen: SeenLogout) -> Fault | None:
    if seen.signed is None:
        raise NotApplicable
    if seen.sessions:
        return None
    received = ", ".join(said(index) for index in seen.request.session_indexes)
    received = received or f"no SessionIndex, and the NameID {said(seen.request.name_id)}"
    return Fault("the SessionIndex of a login here", received, at=seen.at("samlp:SessionIndex"))


@rule(
    "LO-14",
    "the session is of the service provider that ends it",
    "R",
    mend="Send the SessionIndex of an assertion that you got, under the entity id that got it.",
    reference=LOGOUT,
    firm=BELIEF,
    bad=sent(
        shown="A SessionIndex that another service provider got.", sessions=(KnownSession(OTHER, NAME_ID),)
    ),
)
def session_own(seen: SeenLogout) -> Fault | None:
    if seen.signed is None or seen.sp is None or not seen.sessions:
        raise NotApplicable
    if all(session.sp == seen.sp.entity_id for session in seen.sessions):
        return None
    received = "a session of another service provider"
    return Fault(f"a session of {seen.sp.entity_id}", received, at=seen.at("samlp:SessionIndex"))


@rule(
    "LO-15",
    "the NameID is the one of the session",
    "R",
    mend="Send the NameID that came with this SessionIndex in one assertion.",
    reference=LOGOUT,
    firm=BELIEF,
    bad=sent((f"<saml:NameID>{NAME_ID}<", "<saml:NameID>someone-else<")),
)
def name_id_of_session(seen: SeenLogout) -> Fault | None:
    if seen.signed is None or not seen.sessions or not seen.request.name_id:
        raise NotApplicable
    if all(session.name_id == seen.request.name_id for session in seen.sessions):
        return None
    return Fault("the NameID of this session", said(seen.request.name_id), at=seen.at("saml:NameID"))


@rule(
    "LO-16",
    "a request by artifact is had from its sender, in a signed ArtifactResponse",
    "R",
    mend="Answer our ArtifactResolve with a samlp:ArtifactResponse, signed by you as a whole, with Status Success "
    "and InResponseTo the ID of the ArtifactResolve, that holds your LogoutRequest.",
    reference=BINDINGS,
    firm=BELIEF,
    bad=sent(
        shown="The artifact has the SourceID of one service provider, and the message that it stands for the Issuer of "
        "another.",
        **by_artifact(sp=OTHER),
    ),
    good=sent(**by_artifact()),
)
def fetched_from_sender(seen: SeenLogout) -> Fault | None:
    return shared.from_its_sender(seen.source, seen.request.issuer, seen.at("saml:Issuer"))


@rule(
    "LO-16-tls",
    "a request by artifact is had over TLS",
    "W/W/-",
    mend="Give your ArtifactResolutionService an https address in your metadata.",
    reference=INTERFACE,
    bad=sent(
        shown='<md:ArtifactResolutionService Location="http://sp.example/ars" .../> in the metadata',
        **by_artifact(url="http://sp.example/ars"),
    ),
    good=sent(**by_artifact()),
)
def fetched_over_tls(seen: SeenLogout) -> Fault | None:
    return shared.over_tls(seen.source)
