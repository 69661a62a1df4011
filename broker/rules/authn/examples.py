"""The registry of the AR rules, and the flawless request that their examples alter."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from broker.rules import samples
from broker.rules.authn.seen import SeenRequest
from broker.rules.engine import Example, Rules
from broker.rules.libraries import AUTHN
from broker.wire import metadata as wire_metadata
from broker.wire import names, schema
from broker.wire.bindings import Carried
from broker.wire.request import read
from broker.wire.signing import SignatureProblem, verify
from broker.wire.xml import parse
from suppliers.ask import Level

Swap = tuple[str, str]
NOTHING = ""


def message(*swaps: Swap, cut: str = "") -> str:
    """The sample with pieces swapped, and without the element ``cut``."""
    text = samples.altered(samples.text("authn_request"), swaps)
    return re.sub(rf"\s*<{cut}\b.*</{cut}>", "", text, count=1, flags=re.DOTALL) if cut else text


def request(
    *swaps: Swap,
    cut: str = "",
    metadata: tuple[Swap, ...] = (),
    check: bool = False,
    relay_state: str | None = "rs-1",
    **seen: Any,
) -> SeenRequest:
    """What the rules see of the sample, as altered; ``metadata`` alters the sender's, ``check`` checks the signature
    for real, and whatever else is seen goes by its name."""
    document = message(*swaps, cut=cut).encode()
    element = parse(document)
    (sp,) = wire_metadata.read(samples.altered(samples.text("sp_metadata"), metadata).encode())
    signed, problem = samples.signed(element), None
    if check:
        try:
            signed = verify(element, sp.signing)
        except SignatureProblem as found:
            signed, problem = None, found  # type: ignore[assignment]
    usual: dict[str, Any] = {
        "request": read(element),
        "carried": Carried(document, relay_state),
        "binding": names.HTTP_POST,
        "endpoint": samples.SSO,
        "now": samples.NOW,
        "sp": sp,
        "signed": signed,
        "signature_problem": problem,
        "schema_errors": schema.errors(element),
        "level": Level.EH3,
        "provider": samples.PROVIDER,
    }
    return SeenRequest(**usual | seen)


def sent(*swaps: Swap, shown: str = "", cut: str = "", **how: Any) -> Example[SeenRequest]:
    """The sample with these pieces swapped. ``shown`` is for what is not in the XML."""
    return Example(partial(request, *swaps, cut=cut, **how), shown or partial(message, *swaps, cut=cut))


FLAWLESS = sent()
RULES: Rules[SeenRequest] = Rules(mends=AUTHN, good=FLAWLESS)
rule = RULES.rule
