"""The decision on mandates against the sentences of the spec (2.3, 5, 10), written down once more, slowly.

Whatever a register holds, whatever is asked on whatever day: :func:`allowed` says who may in, in its own words and
with nothing of the decision's own. Then each thing that a mandate is bound to is shifted, and nobody gets in.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from supplier_world import EIK, KANTOOR, LINDE, SERVICE, STICHTING, ask

from suppliers.ask import Ask, Level
from suppliers.authorise import Code, decide
from suppliers.grants import Held
from suppliers.register.model import Mandate, MandateStatus, Register

slowly = settings(
    derandomize=True,
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

OIN, OTHER_OIN = "00000001999999990000", "00000001888888880000"
SYSTEM = SERVICE.provider_id
SECOND = replace(
    SERVICE, service_id=f"urn:etoegang:DV:{OIN}:services:2", uuids=("33333333-3333-4333-8333-333333333333",)
)
ELSEWHERE = replace(
    SERVICE,
    service_id=f"urn:etoegang:DV:{OTHER_OIN}:services:1",
    uuids=("44444444-4444-4444-8444-444444444444",),
    provider_id=f"urn:etoegang:DV:{OTHER_OIN}:entities:9001",
)
OUTSIDE = replace(
    SERVICE, service_id="https://sp.example/saml", uuids=(), provider_id="https://sp.example/saml"
)
ASKED_FOR = (SERVICE, SECOND, ELSEWHERE, OUTSIDE)
NUMBERS = {
    "linde": {"KvKnr", "RSIN"},
    "eik": {"KvKnr", "RSIN"},
    "stichting": {"RSIN"},
    "kantoor": {"KvKnr"},
    "gone": set[str](),
}
ORDER = ["EH2", "EH2+", "EH3", "EH4"]
BRANCH = "000012345678"

# Few values, near to each other, so that they meet often; 29 February and its neighbours among them.
DAYS = st.sampled_from(
    [
        date(2023, 12, 31),
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
        date(2025, 11, 22),
        date(2026, 2, 27),
        date(2026, 2, 28),
        date(2026, 3, 1),
        date(2028, 2, 28),
        date(2028, 2, 29),
    ]
)
MOMENTS = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes),
    DAYS,
    st.integers(-1500, 1500),
)
COMPANY_KEYS = st.sampled_from(sorted(NUMBERS))
TARGETS = st.one_of(
    st.tuples(
        st.sampled_from(
            ["*", SERVICE.service_id, SERVICE.uuids[1], SECOND.service_id, "https://sp.example/saml", ""]
        ),
        st.just(""),
    ),
    st.tuples(
        st.just(""),
        st.sampled_from([OIN, OTHER_OIN, SYSTEM, ELSEWHERE.provider_id, "https://sp.example/saml"]),
    ),
)


def mandates(ids: st.SearchStrategy[str], people: list[str]) -> st.SearchStrategy[Mandate]:
    return st.builds(
        lambda target, **rest: Mandate(service=target[0], provider=target[1], **rest),
        TARGETS,
        id=ids,
        person=st.sampled_from(people),
        company=COMPANY_KEYS,
        level=st.sampled_from(Level),
        start=st.none() | DAYS,
        until=st.none() | DAYS,
        branch=st.none() | st.just(BRANCH),
        status=st.sampled_from([MandateStatus.ACTIVE, *MandateStatus]),
        intermediary=st.none() | COMPANY_KEYS,
        last_used=st.none() | DAYS,
    )


IN_FILE = st.lists(
    mandates(st.sampled_from([f"m{n}" for n in range(12)]), ["jan", "jan", "piet"]),
    max_size=8,
    unique_by=lambda mandate: mandate.id,
)
HELD = st.builds(
    lambda beside, used: Held(tuple(beside), used),
    st.lists(
        mandates(st.sampled_from(["m0", "m1", "m2", "h0", "h1"]), ["jan", "jan", "jan", "piet"]),
        max_size=3,
        unique_by=lambda mandate: mandate.id,
    ),
    st.none() | DAYS,
)
TYPES = st.lists(st.sampled_from(["KvKnr", "RSIN", "Pseudo"]), min_size=1, max_size=3, unique=True).map(tuple)
ASKS = st.builds(
    lambda service, level, branches, sets: ask(
        service=service, level=level, branches_accepted=branches, identifier_sets=tuple(sets)
    ),
    st.sampled_from(ASKED_FOR),
    st.sampled_from(Level),
    st.booleans(),
    st.lists(TYPES, min_size=1, max_size=3),
)
DELIVERS = st.sampled_from([("KvKnr", "RSIN", "Pseudo"), ("KvKnr", "Pseudo"), ("KvKnr",), ("RSIN",)])


def register(*held: Mandate) -> Register:
    return Register(companies=(LINDE, EIK, STICHTING, KANTOOR), mandates=held)


def for_this_service(m: Mandate, asked: Ask) -> bool:
    """One service by ServiceID or ServiceUUID, all services of one provider, or everything."""
    if m.provider:
        pieces = asked.service.service_id.split(":")
        of_oin = pieces[:3] == ["urn", "etoegang", "DV"] and pieces[3] == m.provider
        return of_oin or asked.service.provider_id == m.provider
    names = {asked.service.service_id} | set(asked.service.uuids)
    return m.service == "*" or (m.service != "" and m.service in names)


def unused_for_24_months(m: Mandate, everything: list[Mandate], beside: Held, today: date) -> bool:
    """Not one mandate of the person was used, and this one was not new, in the 24 months before today."""
    days = {one.last_used for one in everything} | {beside.last_used}
    known = sorted(day for day in days if day)
    if not known:
        return False
    counts_from = known[-1] if m.start is None or m.start < known[-1] else m.start
    months = (today.year - counts_from.year) * 12 + today.month - counts_from.month
    if months != 24:
        return months > 24
    to_29th_that_is_not_there = counts_from.month == 2 and counts_from.day == 29 and not isleap(today.year)
    return today.day > (28 if to_29th_that_is_not_there else counts_from.day)


def identifiable(m: Mandate, asked: Ask, delivers: tuple[str, ...]) -> bool:
    """At least one set can be filled whole with what is known of the company and what the supplier delivers."""
    if m.company == "gone":
        return False
    known = (NUMBERS[m.company] | {"Pseudo"}) & set(delivers)
    return any(all(kind in known for kind in wanted) for wanted in asked.identifier_sets)


def allowed(
    m: Mandate, everything: list[Mandate], asked: Ask, at: datetime, delivers: tuple[str, ...], beside: Held
) -> bool:
    today = at.astimezone(ZoneInfo("Europe/Amsterdam")).date()
    return (
        for_this_service(m, asked)
        and m.status == "active"
        and (m.start or date.min) <= today <= (m.until or date.max)
        and not unused_for_24_months(m, everything, beside, today)
        and ORDER.index(m.level.label) >= ORDER.index(asked.level.label)
        and (asked.branches_accepted or not m.branch)
        and identifiable(m, asked, delivers)
        and (not m.intermediary or ("KvKnr" in NUMBERS[m.intermediary] and "KvKnr" in delivers))
    )


@slowly
@given(IN_FILE, HELD, ASKS, MOMENTS, DELIVERS)
def test_the_decision_is_that_of_a_slow_obvious_reference(
    in_file: list[Mandate], beside: Held, asked: Ask, at: datetime, delivers: tuple[str, ...]
) -> None:
    decision = decide(register(*in_file), "jan", asked, at, delivers, beside)
    of_jan = [m for m in in_file if m.person == "jan"]
    now_in_force = [next((h for h in beside.mandates if h.id == m.id), m) for m in of_jan]
    now_in_force += [h for h in beside.mandates if h.id not in [m.id for m in of_jan]]
    now_in_force = [m for m in now_in_force if m.person == "jan"]
    everything = [*of_jan, *beside.mandates]
    expected = [allowed(m, everything, asked, at, delivers, beside) for m in now_in_force]
    assert list(decision.fitting) == [m for m, fits in zip(now_in_force, expected, strict=True) if fits]
    assert [reason.mandate for reason in decision.reasons] == [
        m.id for m, fits in zip(now_in_force, expected, strict=True) if not fits
    ]
    for reason in decision.reasons:
        assert "{" not in reason.text.nl + reason.text.en
        assert reason.text.nl != reason.text.en


# Mandates that nothing is against but time.
IN_TIME = st.builds(
    lambda id_, start, used: Mandate(id_, "jan", "linde", "*", Level.EH4, start, last_used=used),
    st.sampled_from(["m0", "m1", "m2", "m3"]),
    st.none() | DAYS,
    st.none() | DAYS,
)
IN_TIME_LISTS = st.lists(IN_TIME, max_size=3, unique_by=lambda mandate: mandate.id)


@slowly
@example(
    [Mandate("m0", "jan", "linde", "*", Level.EH4)], [], date(2024, 2, 29), datetime(2026, 3, 1, tzinfo=UTC)
)
@example(
    [Mandate("m0", "jan", "linde", "*", Level.EH4)], [], date(2024, 2, 29), datetime(2026, 2, 28, tzinfo=UTC)
)
@given(IN_TIME_LISTS, IN_TIME_LISTS, st.none() | DAYS, MOMENTS)
def test_mandates_lapse_as_the_reference_says(
    in_file: list[Mandate], beside: list[Mandate], used: date | None, at: datetime
) -> None:
    held, everything = Held(tuple(beside), used), [*in_file, *beside]
    fitting = decide(register(*in_file), "jan", ask(), at, held=held).fitting
    in_force = {m.id: m for m in everything}.values()
    delivers = ("KvKnr", "RSIN", "Pseudo")
    assert set(fitting) == {m for m in in_force if allowed(m, everything, ask(), at, delivers, held)}


# A mandate that lets in, and then one thing is another.

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = AT.date()
GOOD = st.builds(
    lambda target, company, level, start, until, used, chain: Mandate(
        "m", "jan", company, target[0], level, start, until, None, MandateStatus.ACTIVE, chain,
        provider=target[1], last_used=used,
    ),
    st.sampled_from([("*", ""), (SERVICE.service_id, ""), (SERVICE.uuids[0], ""), ("", OIN), ("", SYSTEM)]),
    st.sampled_from(["linde", "eik"]),
    st.sampled_from(Level),
    st.none() | st.dates(date(2020, 1, 1), TODAY),
    st.none() | st.dates(TODAY, date(2030, 1, 1)),
    st.none() | st.dates(date(2024, 3, 1), TODAY),
    st.none() | st.just("kantoor"),
)  # fmt: skip


def lets_in(m: Mandate, *, person: str = "jan", asked: Ask | None = None, at: datetime = AT) -> list[Mandate]:
    asked = asked or ask(level=m.level)
    return list(decide(register(m), person, asked, at).fitting)


def why_not(m: Mandate, *, asked: Ask | None = None, at: datetime = AT) -> Code:
    decision = decide(register(m), "jan", asked or ask(level=m.level), at)
    assert not decision.fitting
    return decision.reasons[0].code


@slowly
@given(GOOD)
def test_a_mandate_lets_in_its_own_person_for_its_own_company(m: Mandate) -> None:
    assert lets_in(m) == [m]
    assert [(one.company, one.intermediary) for one in lets_in(m)] == [(m.company, m.intermediary)]


@slowly
@given(GOOD, st.text(max_size=5))
def test_it_never_lets_in_another_person(m: Mandate, other: str) -> None:
    for person in {other, "piet", "JAN", "jan ", ""} - {"jan"}:
        assert lets_in(m, person=person) == []


@slowly
@given(GOOD, st.sampled_from(["stichting", "gone"]))
def test_it_never_lets_in_for_another_company_than_its_own(m: Mandate, other: str) -> None:
    """What fits is the mandate itself; one for a company that cannot be named is refused."""
    asked = ask(level=m.level, identifier_sets=(("KvKnr",),))
    assert why_not(replace(m, company=other), asked=asked) is Code.IDENTIFIERS
    if m.intermediary:
        assert why_not(replace(m, intermediary=other)) is Code.INTERMEDIARY


@slowly
@given(GOOD)
def test_it_never_lets_in_to_another_service_or_provider(m: Mandate) -> None:
    for service in (SECOND, ELSEWHERE, OUTSIDE):
        asked = ask(level=m.level, service=service)
        same_oin = service is SECOND and m.provider
        if m.service == "*" or same_oin:
            assert lets_in(m, asked=asked) == [m]
        else:
            assert why_not(m, asked=asked) in (Code.SERVICE, Code.PROVIDER)


@slowly
@given(GOOD)
def test_it_never_lets_in_above_its_level(m: Mandate) -> None:
    for level in Level:
        if level > m.level:
            assert why_not(m, asked=ask(level=level)) is Code.LEVEL
        else:
            assert lets_in(m, asked=ask(level=level)) == [m]


@slowly
@given(GOOD)
def test_it_never_lets_in_for_a_branch_where_those_are_not_accepted(m: Mandate) -> None:
    restricted = replace(m, branch=BRANCH)
    assert why_not(restricted) is Code.BRANCH
    assert lets_in(restricted, asked=ask(level=m.level, branches_accepted=True)) == [restricted]


@slowly
@given(GOOD, st.integers(0, 1439))
def test_it_never_lets_in_on_another_day(m: Mandate, minute: int) -> None:
    def at(day: date) -> datetime:
        local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Amsterdam"))
        return (local + timedelta(minutes=minute)).astimezone(UTC)

    unused = replace(m, last_used=None)
    if m.start:
        assert lets_in(unused, at=at(m.start)) == [unused]
        assert why_not(unused, at=at(m.start - timedelta(days=1))) is Code.NOT_STARTED
    if m.until:
        assert lets_in(unused, at=at(m.until)) == [unused]
        assert why_not(unused, at=at(m.until + timedelta(days=1))) is Code.EXPIRED
    if m.last_used:
        last = replace(m, until=None, start=None)
        lapsed = date(m.last_used.year + 2, m.last_used.month, m.last_used.day) + timedelta(days=1)
        assert lets_in(last, at=at(lapsed - timedelta(days=1))) == [last]
        assert why_not(last, at=at(lapsed)) is Code.LAPSED


@slowly
@given(GOOD, st.sampled_from([MandateStatus.REQUESTED, MandateStatus.REVOKED]))
def test_it_never_lets_in_unless_it_is_active(m: Mandate, status: MandateStatus) -> None:
    assert why_not(replace(m, status=status)) is Code(str(status))
    assert not decide(
        register(m), "jan", ask(level=m.level), AT, held=Held((replace(m, status=status),))
    ).fitting
