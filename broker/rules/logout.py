"""Rules LO-..: what a LogoutRequest must be (spec 9). Its fields could not be confirmed: this is SAML core 3.7."""

from __future__ import annotations

from broker.rules import samples, shared
from broker.rules.authn.seen import NCNAME, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, CORE, INTERFACE, LOGOUT, METADATA, SIGNATURE
from broker.rules.logout_seen import (
    BELIEF,
    NAME_ID,
    OTHER,
    RULES,
    SENDER,
    KnownSession,
    SeenLogout,
    by_artifact,
    rule,
    sent,
)
from broker.wire import instants, names
from broker.wire.signing import Fault as SignatureFault

__all__ = ["RULES", "KnownSession", "SeenLogout"]


@rule(
    "LO-01",
    "the request comes by a binding that is published for this address",
    "R",
    mend="Send the LogoutRequest by HTTP-Redirect, HTTP-POST or HTTP-Artifact, as the broker's metadata says.",
    reference=BINDINGS,
    firm=BELIEF,
    bad=sent(shown="POST /slo/1.13 with a SOAP envelope", binding=names.SOAP_BINDING),
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
    firm=BELIEF,
    bad=sent(('Version="2.0"', 'Version="2.0"\n    SessionIndex="1"')),
)
def schema_valid(seen: SeenLogout) -> Fault | None:
    if seen.schema_error is None:
        return None
    message, line = seen.schema_error[0].removesuffix("."), seen.schema_error[1]
    return Fault("a message that the SAML 2.0 protocol schema accepts", message, line=line, at=seen.schema_at)


@rule(
    "LO-03",
    "@ID is there and is an NCName",
    "R",
    mend="Give every request an ID that starts with a letter or an underscore, such as _ and 32 hex digits.",
    reference=CORE,
    firm=BELIEF,
    bad=sent(('ID="_90ab', 'ID="90ab'), schema_error=None),
)
def has_id(seen: SeenLogout) -> Fault | None:
    identifier = seen.request.id
    if identifier and NCNAME.fullmatch(identifier):
        return None
    return Fault("an NCName", said(identifier), at=seen.at(attribute="ID"))


@rule(
    "LO-04",
    "@ID was not used before by this service provider",
    "R",
    mend="Make a new LogoutRequest with a new ID every time; do not send a kept page again.",
    reference=CORE,
    firm=BELIEF,
    bad=sent(shown="The same LogoutRequest a second time.", replayed=True),
)
def fresh_id(seen: SeenLogout) -> Fault | None:
    if not seen.replayed:
        return None
    return Fault(
        "an ID that was not seen before", f'"{seen.request.id}", seen before', at=seen.at(attribute="ID")
    )


@rule(
    "LO-05",
    "@Version is 2.0",
    "R",
    mend='Send Version="2.0".',
    reference=CORE,
    firm=BELIEF,
    bad=sent(('Version="2.0"', 'Version="1.1"')),
)
def version(seen: SeenLogout) -> Fault | None:
    if seen.request.version == "2.0":
        return None
    return Fault('"2.0"', said(seen.request.version), at=seen.at(attribute="Version"))


@rule(
    "LO-06",
    "@IssueInstant is about now",
    "R",
    mend="Make the request when the person logs out, and keep the clocks of both machines right (NTP).",
    reference=CORE,
    firm=BELIEF,
    bad=sent(("2026-02-02T09:00:00Z", "2026-02-02T08:30:00Z")),
)
def age(seen: SeenLogout) -> Fault | None:
    early, late = seen.now - seen.oldest, seen.now + seen.newest
    try:
        if early <= instants.read(seen.request.issue_instant or "") <= late:
            return None
    except (ValueError, OverflowError):
        pass
    expected = f"between {instants.write(early)} and {instants.write(late)}"
    return Fault(expected, said(seen.request.issue_instant), at=seen.at(attribute="IssueInstant"))


@rule(
    "LO-07",
    "@NotOnOrAfter, if there, has not passed",
    "R",
    mend="Leave NotOnOrAfter out, or set it a few minutes ahead.",
    reference=CORE,
    firm=BELIEF,
    bad=sent(('Version="2.0"', 'Version="2.0"\n    NotOnOrAfter="2026-02-02T09:00:30Z"')),
    good=sent(('Version="2.0"', 'Version="2.0"\n    NotOnOrAfter="2026-02-02T09:05:00Z"')),
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
    return Fault(f"later than {instants.write(seen.now)}", said(text), at=seen.at(attribute="NotOnOrAfter"))


@rule(
    "LO-08",
    "@Destination is the address that the request was sent to",
    "R",
    mend="Take the Location of SingleLogoutService from the broker's metadata, character for character.",
    reference=BINDINGS,
    firm=BELIEF,
    bad=sent((samples.SLO, samples.SSO)),
)
def destination(seen: SeenLogout) -> Fault | None:
    if seen.request.destination == seen.endpoint:
        return None
    return Fault(f'"{seen.endpoint}"', said(seen.request.destination), at=seen.at(attribute="Destination"))


@rule(
    "LO-09",
    "Issuer is the entity id of a known service provider",
    "R",
    mend="Put the metadata of this service provider in the metadata folder, or mend the entity id in either.",
    reference=METADATA,
    firm=BELIEF,
    bad=sent((SENDER, SENDER.replace("9001", "9002")), sp=None, signed=None),
)
def issuer_known(seen: SeenLogout) -> Fault | None:
    if seen.sp is not None:
        return None
    expected = "the entityID of metadata that this broker has"
    return Fault(expected, said(seen.request.issuer), at=seen.at("saml:Issuer"))


@rule(
    "LO-10",
    "Issuer has no attributes",
    "W/W/-",
    mend="Leave Format, NameQualifier and their kin off Issuer.",
    reference=INTERFACE,
    bad=sent(("<saml:Issuer>", '<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">')),
)
def issuer_bare(seen: SeenLogout) -> Fault | None:
    found = seen.request.issuer_attributes
    if not found:
        return None
    return Fault("no attributes", ", ".join(found), at=seen.at("saml:Issuer", attribute=found[0]))


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
    if seen.sp is None:
        raise NotApplicable
    return shared.signature(seen.signature_problem, *SignatureFault)


@rule(
    "LO-11-algorithm",
    "the signature is RSA-SHA256",
    "E/R",
    mend="Set the signature algorithm to http://www.w3.org/2001/04/xmldsig-more#rsa-sha256.",
    reference=SIGNATURE,
    bad=sent(
        (f'SignatureMethod Algorithm="{names.RSA_SHA256}"', f'SignatureMethod Algorithm="{names.RSA_SHA1}"')
    ),
)
def algorithm(seen: SeenLogout) -> Fault | None:
    return shared.rsa_sha256(seen.signed)


@rule(
    "LO-11-key-info",
    "KeyInfo is absent or has a KeyName only",
    "W/W/-",
    mend="Put only ds:KeyName in KeyInfo; the broker takes the certificate from your metadata anyway.",
    reference=SIGNATURE,
    bad=sent(
        (
            "</ds:KeyName>",
            "</ds:KeyName>\n      <ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
        )
    ),
)
def key_info(seen: SeenLogout) -> Fault | None:
    return shared.only_a_key_name(seen.signed)


@rule(
    "LO-12",
    "the person is named by a NameID",
    "R",
    mend="Send the NameID of the assertion as saml:NameID, as it came.",
    reference=CORE,
    firm=BELIEF,
    bad=sent((f"<saml:NameID>{NAME_ID}<", "<saml:NameID><"), schema_error=None),
)
def has_name_id(seen: SeenLogout) -> Fault | None:
    if seen.request.name_id:
        return None
    return Fault("a saml:NameID", "none, or an empty one", at=seen.at("saml:NameID"))


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
