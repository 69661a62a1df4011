"""One LogoutRequest with all that is needed to judge it, and the flawless one that the rules' examples alter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from broker.rules import samples
from broker.rules.authn.seen import Source
from broker.rules.engine import Example, Rules
from broker.wire import names, schema
from broker.wire.bindings import FRONT_CHANNEL
from broker.wire.logout import LogoutRequest, read
from broker.wire.metadata import SpMetadata
from broker.wire.places import Spot, spot
from broker.wire.schema import SchemaError
from broker.wire.signing import SignatureProblem, Signed, verify
from broker.wire.xml import parse


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that was begun with an answer of ours: for whom, and under which NameID."""

    sp: str
    name_id: str


@dataclass(frozen=True, slots=True)
class SeenLogout:
    """One LogoutRequest with all that is needed to judge it. ``sp`` is None for an unknown sender.

    ``sessions`` are those that it names and that we know; they are looked up only for a sender that is believed,
    so that nobody else learns which there are. ``schema_errors`` are what the SAML schema has against it; ``senders``
    the entity ids that are known, where the sender is not among them.
    """

    request: LogoutRequest
    binding: str
    endpoint: str
    now: datetime
    sp: SpMetadata | None
    signed: Signed | None
    signature_problem: SignatureProblem | None
    schema_errors: tuple[SchemaError, ...] = ()
    replayed: bool = False
    sessions: tuple[KnownSession, ...] = ()
    source: Source | None = None
    oldest: timedelta = timedelta(minutes=5)
    newest: timedelta = timedelta(minutes=1)
    published: tuple[str, ...] = FRONT_CHANNEL
    senders: tuple[str, ...] = ()

    def at(self, *path: str, attribute: str = "") -> Spot:
        """The message, an element in it, or an attribute of either."""
        return spot(self.request.element, *path, attribute=attribute)


NAME_ID = "2f1e0d9c-8b7a-4c6d-9e5f-0a1b2c3d4e5f"
SENDER = "urn:etoegang:DV:00000001777777770000:entities:9001"
OTHER = "urn:etoegang:DV:00000001888888880000:entities:9001"
BELIEF = "a log-out that is not believed ends nobody's session"


def _message(*swaps: tuple[str, str], cut: str = "") -> str:
    text = samples.altered(samples.text("logout_request"), swaps)
    return re.sub(rf"\s*<{cut}\b.*</{cut}>", "", text, count=1, flags=re.DOTALL) if cut else text


def _logout(*swaps: tuple[str, str], cut: str = "", check: bool = False, **seen: Any) -> SeenLogout:
    """What the rules see of the sample, as altered; whatever else is seen goes by its name."""
    element = parse(_message(*swaps, cut=cut).encode())
    sp = samples.sp()
    signed: Signed | None = samples.signed(element)
    problem = None
    if check:
        try:
            signed = verify(element, sp.signing)
        except SignatureProblem as wrong:
            signed, problem = None, wrong
    usual: dict[str, Any] = {
        "request": read(element),
        "binding": names.HTTP_POST,
        "endpoint": samples.SLO,
        "now": samples.NOW,
        "sp": sp,
        "signed": signed,
        "signature_problem": problem,
        "schema_errors": schema.errors(element),
        "sessions": (KnownSession(SENDER, NAME_ID),),
    }
    return SeenLogout(**usual | seen)


def sent(*swaps: tuple[str, str], shown: str = "", cut: str = "", **how: Any) -> Example[SeenLogout]:
    return Example(partial(_logout, *swaps, cut=cut, **how), shown or partial(_message, *swaps, cut=cut))


def by_artifact(sp: str = SENDER, url: str = "https://sp.example/ars") -> dict[str, Any]:
    return {"binding": names.HTTP_ARTIFACT, "source": Source(sp, url)}


RULES: Rules[SeenLogout] = Rules(good=sent())
rule = RULES.rule
