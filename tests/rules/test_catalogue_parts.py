"""A mistake between two parts of a catalogue, each of which is right: one finding. And its certificates in time."""

from __future__ import annotations

from datetime import datetime

import pytest
from one_finding import Case, of_catalogue, the_one

from broker.check.documents import check_catalogue
from broker.check.source import Read
from broker.rules.engine import Profile
from broker.rules.metadata.examples import NOW, OIN
from broker.rules.service_catalogue.examples import FLAWLESS, document

UUID = "11111111-1111-4111-8111-111111111111"
OWN = "22222222-2222-4222-8222-222222222222"


def piece(name: str) -> str:
    """An element of the flawless catalogue, with all that is in it."""
    begin, end = FLAWLESS.index(f"<esc:{name} "), f"</esc:{name}>"
    return FLAWLESS[begin : FLAWLESS.index(end, begin) + len(end)]


INSTANCE = piece("ServiceInstance")
TWICE: dict[str, Case] = {
    "a whole ServiceProvider twice": (
        (piece("ServiceProvider"), piece("ServiceProvider") * 2),
        *("SC-03-unique", "E", f'"{OIN}" twice', "in one ServiceProvider"),
    ),
    "a ServiceDefinition twice": (
        (piece("ServiceDefinition"), piece("ServiceDefinition") * 2),
        *("SC-03-unique", "E", "in <esc:ServiceDefinition>", "a new UUID of its own"),
    ),
    "a ServiceID twice": (
        (INSTANCE, INSTANCE + INSTANCE.replace(OWN, OWN.replace("2", "4"))),
        *("SC-03-unique", "E", "services:1", "Number the services"),
    ),
    "the UUID of an instance twice": (
        (INSTANCE, INSTANCE + INSTANCE.replace("services:1", "services:2")),
        *("SC-03-unique", "E", OWN, "a new UUID of its own"),
    ),
    "an attribute twice": (
        (piece("RequestedAttribute"), piece("RequestedAttribute") * 2),
        *("SC-03-once", "E", "attribute:FirstName", "Leave one of them"),
    ),
    "a ServiceDefinition without instance": (
        (INSTANCE, ""),
        *("SC-03-used", "W", "none", "Add a ServiceInstance"),
    ),
    "an InstanceOfService in other capitals": (
        (f"InstanceOfService>{UUID}", "InstanceOfService>ABCDEFAB-1111-4111-8111-111111111111"),
        *("SC-03", "W", "ABCDEFAB", "capitals of the ServiceUUID"),
    ),
}


@pytest.mark.parametrize("what", TWICE)
def test_a_mistake_between_two_parts_of_a_catalogue(what: str) -> None:
    edit, rule, severity, received, mend = TWICE[what]
    edits = [edit]
    if "capitals" in what:
        edits.append((f"<esc:ServiceUUID>{UUID}", "<esc:ServiceUUID>abcdefab-1111-4111-8111-111111111111"))
    found = of_catalogue(document(*edits, signed=False))
    the_one(found, rule, severity, received, mend)
    assert {one.rule for one in found} == {rule, "SC-01-signed"}


@pytest.mark.parametrize(
    ("now", "received", "mend"),
    [
        (NOW.replace(year=2030), "valid from", "Renew the certificate"),
        (NOW.replace(year=2025), "valid from", "Wait until"),
    ],
)
def test_a_certificate_out_of_its_time(now: datetime, received: str, mend: str) -> None:
    checked = check_catalogue(Read("dc.xml", document()), Profile.LENIENT, now)
    the_one(list(checked.report.findings), "SC-09", "E", received, mend)
