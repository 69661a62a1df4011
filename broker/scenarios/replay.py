"""What was sent before, sent once more: the newest good login of this provider is in the log of exchanges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from broker.exchanges import Exchange, Wanted
from broker.scenarios import anew, sp_must
from broker.scenarios.model import CannotAct, Case, Point, Scenario
from broker.wire.names import HTTP_ARTIFACT, qname
from broker.wire.response import form_value
from broker.wire.xml import serialize
from suppliers.ask import Names

if TYPE_CHECKING:
    from broker.delivery import Delivery

GROUP = "replay"
LOOKED_AT = 50
"""So many logins back."""


def same_response(delivery: Delivery, case: Case) -> Delivery:
    """By artifact the artifact of that login, which was exchanged already."""
    earlier = _earlier(case)
    if case.login.acs_binding == HTTP_ARTIFACT:
        used = {"SAMLart": str(earlier.last("resolve")["artifact"])}
        return replace(delivery, fields={**delivery.fields, **used})
    message = {"SAMLResponse": form_value(str(earlier.last("answer")["xml"]).encode())}
    return replace(delivery, fields={**delivery.fields, **message})


def same_assertion(message: bytes, case: Case) -> bytes:
    """The Response is a new one, to this request, and signed well."""
    response = anew.opened(message)
    earlier = anew.opened(str(_earlier(case).last("answer")["xml"]).encode())
    names = (qname("saml:Assertion"), qname("saml:EncryptedAssertion"))
    new = next(response.iterchildren(*names), None)
    if new is None:
        raise CannotAct("this login ended without an assertion")

    signed = anew.unsign(response)
    response.replace(new, next(earlier.iterchildren(*names)))
    if signed:
        anew.sign_again(response, case)
    return serialize(response)


def _earlier(case: Case) -> Exchange:
    """Raises CannotAct where this provider had no good login in this room by this binding."""
    login = case.login
    wanted = Wanted(sp=login.sp, tag=login.tag)
    by_artifact = login.acs_binding == HTTP_ARTIFACT
    for found in case.parts.exchanges.recent(LOOKED_AT, wanted=wanted):
        answered = found.last("answer")
        if (
            found.id == login.id
            or found.tag != login.tag
            or found.last("scenario")
            or answered.get("outcome") != "success"
        ):
            continue
        if by_artifact and found.last("resolve").get("outcome") != "resolved":
            continue
        if answered["binding"] == login.acs_binding:
            return found
    raise CannotAct(
        "there is no earlier good login of this provider to take the answer of: log in once before"
    )


def _replays(
    name: str,
    point: Point,
    act: Callable[..., Any],
    title: tuple[str, str],
    changes: tuple[str, str],
    reference: str,
) -> Scenario:
    return Scenario(
        name, Names(*title), GROUP, point, act, Names(*changes), sp_must.REFUSE, reference, hostile=True
    )


SCENARIOS = (
    _replays(
        "replayed-response",
        Point.DELIVERY,
        same_response,
        ("Het antwoord van een eerdere keer", "The answer of an earlier login"),
        (
            "De browser neemt het antwoord mee van de vorige goede keer bij deze dienstverlener, of het artifact, "
            "dat al gebruikt is. Log eerst een keer gewoon in",
            "The browser carries the answer of the last good login at this service provider, or its artifact, which "
            "was used already. Log in once as usual before",
        ),
        "SP-04, PRO-05, ART-01",
    ),
    _replays(
        "replayed-assertion",
        Point.RESPONSE,
        same_assertion,
        ("Een eerdere assertion in een nieuwe Response", "An earlier assertion in a new Response"),
        (
            "De assertion van de vorige goede keer bij deze dienstverlener, in een Response op dit verzoek. Log "
            "eerst een keer gewoon in",
            "The assertion of the last good login at this service provider, in a Response to this request. Log in "
            "once as usual before",
        ),
        "SP-04, PRO-06",
    ),
)
