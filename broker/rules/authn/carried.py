"""How it is carried (AR-41..44)."""

from __future__ import annotations

import re
from typing import Any

from broker.rules import shared
from broker.rules.authn.examples import rule, sent
from broker.rules.authn.seen import SeenRequest, Source
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, INTERFACE
from broker.wire import names
from broker.wire.bindings import Carried

SENDER = "urn:etoegang:DV:00000001777777770000:entities:9001"
E_MAIL = re.compile(r"[\w.+-]@[\w-]{1,63}\.[\w.-]")
"""The letter before the @ is enough: to seek from the first one on takes time by the square of what was sent."""
NINE_DIGITS = re.compile(r"(?<!\d)\d{9}(?!\d)")


def _by_artifact(sp: str = SENDER, url: str = "https://sp.example/ars") -> dict[str, Any]:
    return {"binding": names.HTTP_ARTIFACT, "source": Source(sp, url)}


@rule(
    "AR-41",
    "RelayState is at most 80 bytes",
    "W",
    mend="Keep what you need in your own session, and send only a short opaque reference.",
    reference=BINDINGS,
    bad=sent(shown="RelayState=" + 81 * "x", relay_state=81 * "x"),
)
def relay_state(seen: SeenRequest) -> Fault | None:
    if seen.carried.relay_state is None:
        raise NotApplicable
    size = len(seen.carried.relay_state.encode())
    return Fault("80 bytes or fewer", f"{size} bytes", "RelayState") if size > 80 else None


@rule(
    "AR-41-personal",
    "RelayState has no personal data in clear",
    "W/W/-",
    mend="Send a random reference, and keep what it stands for in your own session: RelayState passes through the "
    "address bar, through logs and through every party on the way.",
    reference=BINDINGS,
    bad=sent(shown="RelayState=/dossier?bsn=999990019", relay_state="/dossier?bsn=999990019"),
    good=sent(shown="RelayState=rs-7f3c1d0a", relay_state="rs-7f3c1d0a"),
    certainty="That it holds nothing personal is our reading of the rule that its maker protects it.",
    why="Looked for are e-mail addresses, and nine digits that are a valid BSN or RSIN.",
)
def relay_state_impersonal(seen: SeenRequest) -> Fault | None:
    text = seen.carried.relay_state
    if text is None:
        raise NotApplicable
    if E_MAIL.search(text):
        return Fault("an opaque reference", "something that reads as an e-mail address", "RelayState")
    if any(_eleven(found) for found in NINE_DIGITS.findall(text)):
        return Fault("an opaque reference", "nine digits that can be a BSN", "RelayState")
    return None


def _eleven(digits: str) -> bool:
    """The check that a BSN stands (the elfproef)."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return digits != "000000000" and sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11 == 0


@rule(
    "AR-42-deflate",
    "a message by HTTP-POST is not deflated",
    "N",
    mend="By HTTP-POST send base64 without DEFLATE; DEFLATE is for HTTP-Redirect.",
    reference=BINDINGS,
    bad=sent(
        shown="SAMLRequest=nZJBb9swDIX... in a form: base64 of DEFLATE of the XML, as for HTTP-Redirect",
        carried=Carried(b"", None, deflated_post=True),
    ),
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
    firm="a message from somebody else than its sender is nobody's",
    bad=sent(
        shown="The artifact has the SourceID of one service provider, and the message that it stands for the Issuer of "
        "another.",
        **_by_artifact(sp="urn:etoegang:DV:00000001888888880000:entities:9001"),
    ),
    good=sent(**_by_artifact()),
)
def fetched_from_sender(seen: SeenRequest) -> Fault | None:
    return shared.from_its_sender(seen.source, seen.request.issuer, seen.inside("saml:Issuer"))


@rule(
    "AR-43-tls",
    "a request by artifact is had over TLS",
    "W/W/-",
    mend="Give your ArtifactResolutionService an https address in your metadata.",
    reference=INTERFACE,
    bad=sent(
        shown='<md:ArtifactResolutionService Location="http://sp.example/ars" .../> in the metadata',
        **_by_artifact(url="http://sp.example/ars"),
    ),
    good=sent(**_by_artifact()),
)
def fetched_over_tls(seen: SeenRequest) -> Fault | None:
    return shared.over_tls(seen.source)


@rule(
    "AR-44",
    "the login is not shown inside a frame",
    "W",
    mend="Send the whole browser window to the broker: its pages refuse to be framed.",
    reference=INTERFACE,
    bad=sent(shown='<iframe src="https://broker.example/sso/1.13?SAMLRequest=...">', framed=True),
    certainty="That the login may not be framed is the scheme's; that header is our way to see it.",
)
def not_framed(seen: SeenRequest) -> Fault | None:
    if not seen.framed:
        return None
    return Fault("a top-level page", "Sec-Fetch-Dest: iframe", "HTTP header")
