"""Rules AR-..: what an AuthnRequest must be (spec 2, Checks A).

Importing this package registers them all, in the order of their ids.
"""

from broker.rules.authn import examples, form, message, addresses, sender, signature  # isort: skip
from broker.rules.authn import wishes, extensions, carried  # isort: skip
from broker.rules.authn.examples import RULES
from broker.rules.authn.seen import (
    SeenRequest,
    Source,
    chosen_endpoint,
    chosen_service,
    requested_level,
)

__all__ = [
    "RULES",
    "SeenRequest",
    "Source",
    "addresses",
    "carried",
    "chosen_endpoint",
    "chosen_service",
    "examples",
    "extensions",
    "form",
    "message",
    "requested_level",
    "sender",
    "signature",
    "wishes",
]
