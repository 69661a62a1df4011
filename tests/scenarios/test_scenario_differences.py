"""Each scenario beside the good login: what it changes, all of that, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from broker.scenarios.catalogue import CATALOGUE
from broker.scenarios.model import Point
from support import hostile
from support.answers import status
from support.scenario import Went, arm, asks, differing, go
from support.shaped import checked

RESPONSE, OURS = "Response", "Response/Assertion"
CONDITIONS = f"{OURS}/Conditions"
CONFIRMED = f"{OURS}/Subject/SubjectConfirmation/SubjectConfirmationData"
SAID = f"{OURS}/AttributeStatement"
AD, MR = f"{OURS}/Advice/AD", f"{OURS}/Advice/MR"
ASKED = f"{MR}/Statement/Request"
LEVELS = {
    f"{OURS}/AuthnStatement/AuthnContext/AuthnContextClassRef",
    f"{AD}/AuthnStatement/AuthnContext/AuthnContextClassRef",
    f"{ASKED}/Resource/Attribute[core:LevelOfAssuranceUsed]/AttributeValue",
}
LEGAL = {
    f"{SAID}/Attribute[core:LegalSubjectID]/AttributeValue",
    f"{ASKED}/Subject/Attribute[core:LegalSubjectID]/AttributeValue",
}
NUMBER = {f"{path}/NameID" for path in LEGAL}
ACTING = {
    f"{SAID}/Attribute[core:ActingSubjectID]/AttributeValue/NameID",
    f"{ASKED}/Subject/Attribute[core:ActingSubjectID]/AttributeValue/NameID",
}
ONE_STATUS = {OURS, f"{RESPONSE}/Status/StatusCode/@Value", f"{RESPONSE}/Status/StatusMessage"}
TWO_STATUS = ONE_STATUS | {f"{RESPONSE}/Status/StatusCode/StatusCode"}
VALID = {f"{CONDITIONS}/@NotBefore", f"{CONDITIONS}/@NotOnOrAfter", f"{CONFIRMED}/@NotOnOrAfter"}
INTERMEDIARY = {
    f"{SAID}/Attribute[1.13:attribute-intermediate:CompanyName]",
    f"{SAID}/Attribute[1.9:IntermediateEntityID:KvKnr]",
    f"{SAID}/Attribute[core:IntermediateSubjectID]",
}
CHAIN = {
    *INTERMEDIARY,
    *ACTING,
    f"{MR}[2]",
    f"{MR}/Statement/Response/Result/Obligations",
    f"{ASKED}/Resource/Attribute[1.9:IntermediateEntityID:KvKnr]",
    f"{ASKED}/Subject/Attribute[core:IntermediateSubjectID]",
    # What was for the provider is for the second register now, which alone may read it.
    f"{ASKED}/Subject/Attribute[core:LegalSubjectID]/AttributeValue/NameID",
    f"{ASKED}/Subject/Attribute[core:LegalSubjectID]/AttributeValue/EncryptedID",
    f"{ASKED}/Subject/Attribute[core:LegalSubjectID]/AttributeValue[2]",
}

ANSWERS: dict[str, set[str]] = {
    "cancelled-at-choice": TWO_STATUS,
    "cancelled-at-supplier": TWO_STATUS,
    "cancelled-at-mandate": TWO_STATUS,
    "authentication-failed": TWO_STATUS,
    "force-authn-impossible": TWO_STATUS,
    "level-not-supported": TWO_STATUS,
    "request-expired": ONE_STATUS,
    "unsupported-function": TWO_STATUS,
    "service-unknown": TWO_STATUS,
    "not-authorised-for-service": ONE_STATUS,
    "technical-fault": ONE_STATUS,
    "unsupported-option": TWO_STATUS,
    "attribute-unavailable": TWO_STATUS,
    "mandate-chain": CHAIN,
    "mandate-several": set(),
    "level-lower": LEVELS,
    "level-higher": LEVELS,
    "other-company": {
        *NUMBER,
        *ACTING,
        f"{SAID}/Attribute[1.11:attribute-represented:CompanyName]/AttributeValue",
    },
    "two-companies": {f"{path}[2]" for path in LEGAL},
    "several-identifiers": {f"{path}[2]" for path in LEGAL},
    "rsin-only": {*NUMBER, *(f"{path}/@NameQualifier" for path in NUMBER)},
    "malformed-number": NUMBER,
    "unexpected-branch": {
        f"{SAID}/Attribute[1.9:ServiceRestriction:Vestigingsnr]",
        f"{ASKED}/Resource/Attribute[1.9:ServiceRestriction:Vestigingsnr]",
    },
    "unexpected-intermediary": CHAIN,
    "optional-attributes-missing": {
        f"{SAID}/Attribute[1.9:attribute:FirstName]",
        f"{SAID}/Attribute[1.11:attribute-represented:CompanyName]",
    },
    "unasked-attribute": {f"{SAID}/Attribute[1.9:attribute:Unasked]"},
    "odd-values": {
        f"{SAID}/Attribute[1.9:attribute:FirstName]/AttributeValue",
        f"{SAID}/Attribute[1.9:attribute:FamilyName]/AttributeValue",
        f"{SAID}/Attribute[1.11:attribute-represented:CompanyName]/AttributeValue",
    },
    "other-pseudonym": ACTING,
    "pseudonym-upper-case": ACTING,
    "wrong-audience": {f"{CONDITIONS}/AudienceRestriction/Audience"},
    "wrong-recipient": {f"{CONFIRMED}/@Recipient"},
    "wrong-destination": {f"{RESPONSE}/@Destination"},
    "wrong-in-response-to": {f"{RESPONSE}/@InResponseTo", f"{CONFIRMED}/@InResponseTo"},
    "wrong-in-response-to-inside": {f"{CONFIRMED}/@InResponseTo"},
    "wrong-service": {
        f"{SAID}/Attribute[core:ServiceID]/AttributeValue",
        f"{SAID}/Attribute[core:ServiceUUID]/AttributeValue",
    },
    "wrong-issuer": {f"{RESPONSE}/Issuer", f"{OURS}/Issuer"},
    "wrong-issuer-inside": {f"{OURS}/Issuer"},
    "expired": VALID,
    "not-yet-valid": VALID,
    "confirmation-expired": {f"{CONFIRMED}/@NotOnOrAfter"},
    "issued-long-ago": {f"{RESPONSE}/@IssueInstant", f"{OURS}/@IssueInstant"},
    "authenticated-long-ago": {f"{OURS}/AuthnStatement/@AuthnInstant"},
    "clock-off": {
        *VALID,
        *(f"{path}/@IssueInstant" for path in (RESPONSE, OURS, AD, MR)),
        *(f"{path}/AuthnStatement/@AuthnInstant" for path in (OURS, AD)),
        *(f"{path}/Conditions/@{end}" for path in (AD, MR) for end in ("NotBefore", "NotOnOrAfter")),
        f"{AD}/Subject/SubjectConfirmation/SubjectConfirmationData/@NotOnOrAfter",
    },
}
"""The paths in the Response, decrypted, that are not as in the good login: of what came or went the outermost."""

PAGES: dict[str, tuple[str, str, str]] = {
    "means-blocked": ("login", "means-blocked", ""),
    "means-suspended": ("means", "means-refused", "suspended"),
    "means-revoked": ("means", "means-refused", "revoked"),
    "means-expired": ("means", "means-refused", "expired"),
    "means-level-too-low": ("level", "level-refused", "EH2+"),
    "means-no-channel": ("nochannel", "pin-no-channel", ""),
    "means-must-change-password": ("renew", "", ""),
    "mandate-none": ("nomandate", "mandates-considered", "'refused': []"),
    "mandate-requested": ("nomandate", "mandates-considered", "'requested'"),
    "mandate-not-yet": ("nomandate", "mandates-considered", "'not_started'"),
    "mandate-expired": ("nomandate", "mandates-considered", "'expired'"),
    "mandate-revoked": ("nomandate", "mandates-considered", "'revoked'"),
    "mandate-lapsed": ("nomandate", "mandates-considered", "'lapsed'"),
    "mandate-level-too-low": ("nomandate", "mandates-considered", "'level'"),
    "mandate-other-service": ("nomandate", "mandates-considered", "'service'"),
    "mandate-branch": ("nomandate", "mandates-considered", "'branch'"),
}
"""The page on which the person ends, the first event that is not as in the good login, and a word in its data."""

BY_ARTIFACT: dict[str, set[str]] = {"artifact-unknown": {"ArtifactResponse/Response"}}
"""The same as ANSWERS, of the ArtifactResponse."""


def test_every_scenario_has_its_row_in_one_of_the_tables() -> None:
    rows = [*ANSWERS, *PAGES, *BY_ARTIFACT, *hostile.EVERY]
    assert sorted(rows) == sorted(CATALOGUE), "each scenario has one row, and each row a scenario"


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory, bench_maker: Any, keys: Any, sp: Any) -> Iterator[Any]:
    """One broker, whose clock stands still, for a provider that asks for attributes."""
    made = bench_maker(tmp_path_factory.mktemp("scenarios"), keys, sp)
    asks(
        made,
        "urn:etoegang:1.9:attribute:FirstName",
        "urn:etoegang:1.11:attribute-represented:CompanyName",
        required=("urn:etoegang:1.9:attribute:FamilyName",),
    )
    made.application.clock.change("", frozen=True)
    yield made
    made.application.close()


@pytest.fixture(scope="module")
def good(still: Any) -> Went:
    return go(still)


@pytest.fixture(scope="module")
def good_by_artifact(still: Any) -> Went:
    return go(still, AssertionConsumerServiceIndex="1")


def test_two_good_logins_are_the_same_in_this_form(still: Any, good: Went) -> None:
    again = go(still)
    assert again.page == "answer"
    assert len(again.values) > 100, "much is compared"
    assert differing(good, again) == set()
    assert again.events == good.events


@pytest.mark.parametrize("name", ANSWERS)
def test_the_answer_differs_in_this_and_in_nothing_else(still: Any, good: Went, name: str) -> None:
    armed = arm(still, name)
    went = go(still)
    assert went.page == "answer"
    assert differing(good, went) == ANSWERS[name]
    told = still.exchanges.get(went.exchange).last("scenario")
    assert (told["id"], told["name"], told["point"]) == (armed.id, name, CATALOGUE[name].point)
    if CATALOGUE[name].point in (Point.DECISION, Point.FACTS):
        assert went.events == good.events, "the person went the ordinary road"
    if name not in ("wrong-issuer", "wrong-issuer-inside"):
        assert checked(still, went.xml) is not None, "valid, and every signature in it is good"
    after = go(still)
    assert differing(good, after) == set(), "the next login is a good one"


@pytest.mark.parametrize("name", PAGES)
def test_the_person_stops_at_this_page_for_this_reason(still: Any, good: Went, name: str) -> None:
    page, kind, word = PAGES[name]
    arm(still, name)
    went = go(still)
    assert went.page == page
    pairs = zip(good.events, (*went.events, ("", "")), strict=False)
    first = next(((was, now) for was, now in pairs if was != now and now[0] != "password-right"), None)
    assert first is not None
    assert first[1][0] == kind, f"until there all went as it does when all is well; then {first}"
    assert word in first[1][1]
    after = go(still)
    assert (after.page, differing(good, after)) == ("answer", set()), "nothing of it was written anywhere"


@pytest.mark.parametrize("name", BY_ARTIFACT)
def test_the_artifact_service_answers_so_and_not_otherwise(
    still: Any, good_by_artifact: Went, name: str
) -> None:
    arm(still, name)
    went = go(still, AssertionConsumerServiceIndex="1")
    assert differing(good_by_artifact, went) == BY_ARTIFACT[name]
    after = go(still, AssertionConsumerServiceIndex="1")
    assert differing(good_by_artifact, after) == set()


SPEC_6_2 = {
    "cancelled-at-choice": ["Responder", "AuthnFailed"],
    "cancelled-at-supplier": ["Responder", "AuthnFailed"],
    "cancelled-at-mandate": ["Responder", "AuthnFailed"],
    "authentication-failed": ["Responder", "AuthnFailed"],
    "force-authn-impossible": ["Responder", "AuthnFailed"],
    "level-not-supported": ["Requester", "RequestUnsupported"],
    "request-expired": ["Requester"],
    "unsupported-function": ["Requester", "RequestUnsupported"],
    "service-unknown": ["Requester", "RequestUnsupported"],
    "not-authorised-for-service": ["Requester"],
    "technical-fault": ["Responder"],
    "unsupported-option": ["Responder", "RequestUnsupported"],
    "attribute-unavailable": ["Responder", "RequestUnsupported"],
}


@pytest.mark.parametrize(("name", "codes"), SPEC_6_2.items())
def test_the_status_is_that_of_the_scheme(still: Any, name: str, codes: list[str]) -> None:
    arm(still, name)
    assert status(checked(still, go(still).xml)) == codes
