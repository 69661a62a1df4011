"""Rules AR-..: what an AuthnRequest must be (spec 2, Checks A).

Importing this package registers them all, in the order of their ids.
"""

from broker.rules.authn import message, addresses, sender, signature, wishes  # isort: skip
from broker.rules.authn.seen import (
    RULES,
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
    "chosen_endpoint",
    "chosen_service",
    "message",
    "requested_level",
    "sender",
    "signature",
    "wishes",
]
