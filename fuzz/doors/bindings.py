"""Messages as a browser brings them: a form, a query, an artifact, or whatever lies in a file."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qs

from broker.check.carried import Garbled, unpack
from broker.check.source import Read, Unreadable
from broker.settings import VERSIONS
from broker.unpacking import by_post, by_redirect
from broker.wire import signing
from broker.wire.artifact import ArtifactProblem, read_artifact
from fuzz.doors.world import parts


def knock(data: bytes) -> None:
    (sp,) = parts().current.catalogue.sps.values()
    text = data.decode("latin-1")
    for arrived in (
        by_post({"SAMLRequest": [text], "RelayState": [text[:100]]}, VERSIONS[-1]),
        by_redirect(parse_qs(text, keep_blank_values=True), data, VERSIONS[-1]),
    ):
        if arrived.carried is not None and arrived.carried.query_signature is not None:
            try:
                signing.verify_query(arrived.carried.query_signature, sp.signing)
            except signing.SignatureProblem as problem:
                str(problem)
    with suppress(ArtifactProblem):
        read_artifact(text)
    with suppress(Unreadable, Garbled):
        unpack(Read("fuzz", data))
