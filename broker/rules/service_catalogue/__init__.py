"""Rules SC-..: what a service catalogue must be (spec 8.3, Checks D).

Importing this package registers them all, in the order of their ids.
"""

from broker.rules.service_catalogue import structure, contents, unique, texts, asked  # isort: skip
from broker.rules.service_catalogue.seen import RULES, SeenCatalogue, see

__all__ = ["RULES", "SeenCatalogue", "asked", "contents", "see", "structure", "texts", "unique"]
