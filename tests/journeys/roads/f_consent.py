"""Attributes of the person, which a service may ask for."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, NotLoggedIn, road
from journeys.traveller import Traveller
from support.checking_sp import asking

THEME = "Consent"
EH3 = LoggedIn(REGENBOOG, "EH3")
FIRST, BORN = "urn:etoegang:1.9:attribute:FirstName", "urn:etoegang:1.9:attribute:DateOfBirth"


def _asked_for(t: Traveller, *attributes: str) -> None:
    t.arrive_at("reconi", children=asking(*attributes))
    t.log_in()
    t.by("sms")
    t.code()


@road("consent", THEME, "m.devries", EH3, "the service asks for a first name: agrees")
def consent(t: Traveller) -> None:
    _asked_for(t, FIRST)
    t.on("consent")
    t.sees("attribute-FirstName", "Mieke")
    t.press("next")


@road("consent-cancel", THEME, "m.devries", CANCELLED, "the service asks for a first name: Annuleren")
def consent_cancel(t: Traveller) -> None:
    _asked_for(t, FIRST)
    t.on("consent")
    t.cancel()


@road(
    "consent-missing", THEME, "m.devries", NotLoggedIn(("Responder", "RequestUnsupported")),
    "the service must have a date of birth, which there is not: back without",
)  # fmt: skip
def consent_missing(t: Traveller) -> None:
    _asked_for(t, BORN)
    t.on("missing")
    t.press("leave")
