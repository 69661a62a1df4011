"""Metadata and service catalogues: taken in, and judged by every rule."""

from __future__ import annotations

from contextlib import suppress

from broker.check.documents import check_catalogue, check_metadata
from broker.check.source import Read
from broker.rules import samples
from broker.rules.engine import Profile
from broker.trusted.trust import TrustProblem, read
from fuzz.running import unbroken


def knock(data: bytes) -> None:
    with suppress(TrustProblem):
        read(data)
    given = Read("fuzz", data)
    for profile in Profile:
        for checked in check_metadata(given, profile, samples.NOW):
            unbroken(checked.report.broken)
        unbroken(check_catalogue(given, profile, samples.NOW, sp=samples.sp()).report.broken)
