"""For testers: the inbox, the exchanges, the clock; as pages and as an HTTP API."""

from broker.console.api import api, problem
from broker.console.views import blueprint

__all__ = ["api", "blueprint", "problem"]
