"""The back channel: an ArtifactResolve from a service provider, and its ArtifactResponse to ours."""

from __future__ import annotations

from dataclasses import replace

from broker.resolve import resolve
from broker.rules.engine import Against, Profile
from broker.rules.resolve import RULES
from broker.wire.artifact import read_resolve, read_response
from broker.wire.signing import SignatureProblem, verify
from broker.wire.xml import XmlProblem
from fuzz.doors.world import parts
from fuzz.running import unbroken

assert RULES.good
USUAL = RULES.good.make()


def knock(data: bytes) -> None:
    answer = resolve(parts(), data, "text/xml")
    assert answer.http_status in (200, 400, 403), answer
    (sp,) = parts().current.catalogue.sps.values()
    try:
        asked = read_resolve(data)
    except XmlProblem:
        pass
    else:
        for profile in Profile:
            unbroken(RULES.run(replace(USUAL, request=asked), Against(profile, data)).broken)
    try:
        response = read_response(data)
        verify(response.element, sp.signing, holding=response.message)
    except (XmlProblem, SignatureProblem) as problem:
        str(problem)
