"""A login without a browser: every step that a person takes, by the functions that the pages call.

Nothing is decided here. What the caller knows of the person is filled in on the page at hand; where it does not know
enough, or the page says no, the road stops there with the page's own words.
"""

from broker.completing.road import Busy, Completed, cancel, complete
from broker.completing.view import View, look
from broker.completing.wish import Choice, Stop, Stopped, Taken, Unknown, Wish

__all__ = [
    "Busy",
    "Choice",
    "Completed",
    "Stop",
    "Stopped",
    "Taken",
    "Unknown",
    "View",
    "Wish",
    "cancel",
    "complete",
    "look",
]
