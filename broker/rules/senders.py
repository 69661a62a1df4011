"""What to change in an entity id that nobody has, where it is almost that of somebody who is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

MOST_COMPARED = 200
USUAL = "Put the metadata of this service provider in the metadata folder, or mend the entity id in either."
OIN = re.compile(r"[0-9]{20}")
SERVICE_ID = re.compile(r"urn:etoegang:DV:([0-9]{20}):services:[0-9]+", re.IGNORECASE)
OTHER_PARTY = {
    "HM": "a broker",
    "AD": "an authentication service",
    "MR": "a register of mandates",
    "BMR": "a register of mandates",
    "EB": "the eIDAS service",
    "MU": "a supplier of means",
}


def nearest_sender(issuer: str, senders: Sequence[str]) -> str:
    """``senders`` are the entity ids that are known."""
    known = senders[:MOST_COMPARED]
    for other in known:
        if other.casefold() == issuer.casefold():
            return f"Mind capitals: write {other}."
    parts = issuer.split(":")
    if OIN.fullmatch(issuer):
        return _of_oin(issuer, known, "This is the OIN alone")
    if service := SERVICE_ID.fullmatch(issuer):
        return _of_oin(service[1], known, "This is a ServiceID")
    if len(parts) == 6 and parts[:2] == ["urn", "etoegang"] and parts[2] in OTHER_PARTY:
        return (
            f"This is the entity id of {OTHER_PARTY[parts[2]]}: send your own as Issuer, urn:etoegang:DV:<your "
            "OIN>:entities:<index>."
        )
    close = get_close_matches(issuer, known, 1, 0.8)
    oin = parts[3] if len(parts) == 6 and issuer.startswith("urn:etoegang:DV:") else ""
    usual = USUAL
    if oin.isdigit() and len(oin) != 20:
        usual = f"Write the OIN of 20 digits; this one has {len(oin)}."
    return f"{usual} The nearest that is known is {close[0]}." if close else usual


def _of_oin(oin: str, known: Sequence[str], what: str) -> str:
    own = [other for other in known if f":{oin}:" in other][:3]
    listed = f"; known here of this OIN: {', '.join(own)}" if own else ""
    return f"{what}: send the entity id, urn:etoegang:DV:{oin}:entities:<index>{listed}."
