"""A message that was sent to an address, or by a method, at which no request is taken: told as what it is, not read."""

from __future__ import annotations

from broker.arrival import Refused, refuse
from broker.parts import Parts
from broker.rules import engine as rules
from broker.rules.authn import RULES as AUTHN
from broker.rules.logout import RULES as LOGOUT
from broker.settings import VERSIONS


def turned_away(parts: Parts, tag: str, method: str, address: str, *, logging_out: bool = False) -> Refused:
    """``address`` is the path as it was asked. With 404 for another address, with 405 for another method there."""
    parts = parts.seen_by(tag)
    url_of = parts.settings.logout_url_of if logging_out else parts.settings.sso_url_of
    known = [url_of(version) for version in reversed(VERSIONS)]
    rule = (LOGOUT.rules["LO-01"], "logout-request") if logging_out else (AUTHN.rules["AR-01"], "request")
    right = any(url.endswith(address) for url in known)
    mend = f"Send the request to {known[0]}, character for character: no slash behind it, and with the version in it."
    if right:
        mend = "Send the request by POST in a form, or by GET in the query: by no other method."
    fault = rules.Fault(
        f"GET or POST at {' or '.join(known)}", f"{method[:20]} {address[:200]}", "address", mend=mend
    )
    exchange = parts.new_uuid()
    finding = rule[0].finding(fault, parts.current.broker.rules)
    data = {"sp": None, "tag": tag, "address": address[:200], "findings": [finding.as_json()]}
    parts.exchanges.tell(exchange, rule[1], data)
    kind = "logout-refused" if logging_out else "refused"
    return refuse(parts, exchange, 405 if right else 404, (finding,), kind)
