"""One ArtifactResolve with all that is needed to judge it, and the flawless one that the rules' examples alter."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from broker.rules import samples
from broker.rules.engine import Example, Rules
from broker.rules.libraries import RESOLVE
from broker.wire.artifact import ArtifactResolve, read_resolve
from broker.wire.keys import Certificate
from broker.wire.metadata import SpMetadata
from broker.wire.places import Spot, spot
from broker.wire.signing import SignatureProblem, Signed, verify
from broker.wire.xml import XmlProblem


class ArtifactState(enum.StrEnum):
    """What became of the artifact; UNSEEN where the sender was not believed, so that it was not looked for."""

    GOOD = "resolved"
    UNSEEN = "refused"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    USED = "used"
    LATE = "late"
    OTHER_SP = "other-sp"


class ClientCertificates(enum.StrEnum):
    """What becomes of a caller without a client certificate of its metadata."""

    REQUIRED = "required"
    RECORDED = "recorded"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called, by TLS. ``asked``: whether this way in asks for a certificate. ``problem``: what came instead."""

    certificate: Certificate | None = None
    asked: bool = False
    problem: str = ""

    def __str__(self) -> str:
        if self.certificate is None:
            return self.problem or "no client certificate"
        # A stranger's certificate may say anything, and this goes into XML and on a page.
        subject = self.certificate.x509.subject.rfc4514_string()
        readable = "".join(letter if letter.isprintable() else "?" for letter in subject)
        return f"SHA-256 {self.certificate.fingerprint} ({readable[:100]})"


@dataclass(frozen=True, slots=True)
class SeenResolve:
    """One ArtifactResolve with all that is needed to judge it. ``sp`` is None for an unknown sender.

    ``unreadable`` is there for a call in which no ArtifactResolve was found: then only AX-01 and AX-02 have something
    to judge. ``endpoints`` are the addresses at which it may be sent.
    """

    request: ArtifactResolve
    content_type: str
    sp: SpMetadata | None
    signed: Signed | None
    signature_problem: SignatureProblem | None
    artifact: ArtifactState
    seconds: int
    client_certificates: ClientCertificates
    caller: Caller
    now: datetime
    unreadable: XmlProblem | None = None
    endpoints: tuple[str, ...] = ()
    oldest: timedelta = timedelta(minutes=5)
    newest: timedelta = timedelta(minutes=1)

    def at(self, *path: str, attribute: str = "") -> Spot:
        """The message, an element in it, or an attribute of either."""
        return spot(self.request.element, *path, attribute=attribute)


def _message(*swaps: tuple[str, str], cut: str = "") -> str:
    text = samples.altered(samples.text("artifact_resolve"), swaps)
    return re.sub(rf"\s*<{cut}\b.*</{cut}>", "", text, count=1, flags=re.DOTALL) if cut else text


def _resolve(*swaps: tuple[str, str], cut: str = "", check: bool = False, **seen: Any) -> SeenResolve:
    """What the rules see of the sample, as altered; whatever else is seen goes by its name."""
    sp = samples.sp()
    problem = unreadable = None
    try:
        request = read_resolve(_message(*swaps, cut=cut).encode())
    except XmlProblem as found:
        request, unreadable = read_resolve(samples.text("artifact_resolve").encode()), found
    signed: Signed | None = samples.signed(request.element)
    if check:
        try:
            signed = verify(request.element, sp.signing)
        except SignatureProblem as wrong:
            signed, problem = None, wrong
    usual: dict[str, Any] = {
        "request": request,
        "content_type": "text/xml; charset=utf-8",
        "sp": sp,
        "signed": signed,
        "signature_problem": problem,
        "artifact": ArtifactState.GOOD,
        "seconds": 60,
        "client_certificates": ClientCertificates.REQUIRED,
        "caller": Caller(sp.signing[0], asked=True),
        "now": samples.NOW,
        "unreadable": unreadable,
        "endpoints": ("https://broker.example/artifact",),
    }
    return SeenResolve(**usual | seen)


def sent(*swaps: tuple[str, str], shown: str = "", cut: str = "", **how: Any) -> Example[SeenResolve]:
    return Example(partial(_resolve, *swaps, cut=cut, **how), shown or partial(_message, *swaps, cut=cut))


RULES: Rules[SeenResolve] = Rules(mends=RESOLVE, good=sent())
rule = RULES.rule
