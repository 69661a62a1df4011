"""Rules MD-..: what the metadata of a service provider must be (spec 8.1, Checks C).

Importing this package registers them all, in the order of their ids.
"""

from broker.rules.metadata import schema, signature, document, promises, keys, endpoints  # isort: skip
from broker.rules.metadata import services, asked, contacts  # isort: skip
from broker.rules.metadata.seen import RULES, SeenMetadata, Surroundings, see

__all__ = [
    "RULES",
    "SeenMetadata",
    "Surroundings",
    "asked",
    "contacts",
    "document",
    "endpoints",
    "keys",
    "promises",
    "schema",
    "see",
    "services",
    "signature",
]
