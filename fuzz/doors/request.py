"""An AuthnRequest, or a LogoutRequest: parsed, its signature looked into, judged by every rule, and answered."""

from __future__ import annotations

from dataclasses import replace

from broker.arrival import Arrived
from broker.check.carried import Unpacked
from broker.check.requests import Circumstances, check_request
from broker.logout import log_out
from broker.receive import receive
from broker.rules import samples
from broker.rules.authn import RULES, SeenRequest, chosen_endpoint, chosen_service
from broker.rules.authn.examples import request as flawless
from broker.rules.engine import Against, Profile
from broker.rules.libraries import guess
from broker.settings import VERSIONS
from broker.wire import schema
from broker.wire.bindings import Carried
from broker.wire.names import HTTP_POST
from broker.wire.request import read
from broker.wire.xml import XmlProblem, parse
from fuzz.doors.world import parts
from fuzz.running import unbroken

USUAL: SeenRequest = flawless()


def knock(data: bytes) -> None:
    carried = Carried(data, "rs-1")
    receive(parts(), Arrived(HTTP_POST, carried, raw="fuzz"))
    log_out(parts(), Arrived(HTTP_POST, carried, version=VERSIONS[-1], raw="fuzz"))
    around = Circumstances(machine_time=samples.NOW, binding="post", now=samples.NOW, sps=(samples.sp(),))
    unbroken(check_request("fuzz", Unpacked("XML", carried, HTTP_POST), around).report.broken)
    believed(data)


def believed(data: bytes) -> None:
    """As if its signature were good: what a provider that is let in may still send."""
    try:
        element = parse(data)
    except XmlProblem:
        return
    seen = replace(
        USUAL,
        request=read(element),
        carried=Carried(data, "rs-1"),
        schema_errors=schema.errors(element),
    )
    for profile in Profile:
        unbroken(RULES.run(seen, Against(profile, data, guess(element))).broken)
    assert seen.sp is not None
    chosen_endpoint(seen.request, seen.sp)
    chosen_service(seen.request, seen.sp)
