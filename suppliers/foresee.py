"""What would happen to a person here: for testers, who must know whom to log in as before they do.

Nothing is decided in this module. An imagined visit is taken along the supplier's road, and each step is asked
with the functions that decide when somebody really comes by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from suppliers.accounts import MOST_WRONG, standing
from suppliers.ask import Ask, Names
from suppliers.authorise import ELSEWHERE, considered, delivered
from suppliers.register.model import Means, MeansStatus, PersonRecord, Place
from suppliers.steps import renew
from suppliers.steps.channel import channels
from suppliers.steps.consent import disclosure
from suppliers.steps.stops import stop
from suppliers.visit import Facts, Kind, Visit, road
from suppliers.wording import both

PASSES = "answer"
_MOST_REASONS = 3
# Where a stop shows for the first time: on the way to the second factor, or else once all was proved.
_STOPPING = (Kind.CHANNEL, Kind.PIN, Kind.RENEW)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``ends`` is the page where the road ends for this person: ``answer``, or the name of the Screen that stops
    them. ``reasons`` say why, or for those who pass what they meet on the way. ``place`` is the line of the YAML
    that decides. ``kind`` is the same for people to whom the same happens.
    """

    ends: str
    reasons: tuple[Names, ...]
    place: Place
    kind: str = ""

    @property
    def passes(self) -> bool:
        return self.ends == PASSES


def foresee(person: PersonRecord, means: Means, ask: Ask, facts: Facts, *, alone: bool = False) -> Verdict:
    """Where this person's road ends with this means. They type everything right, and choose what lets them in.

    ``alone`` is a visit on business of their own, which ends where it is known who they are.
    """
    visit = Visit(
        ask, facts.profile.slug, person=person.key, username=means.username, card=means.card, alone=alone
    )
    met: dict[str, Names] = {}
    for step in road(facts.profile, alone=True):
        if step.kind in _STOPPING and (stopped := _stopped(visit, step.kind, person, means, facts)):
            return stopped
        at_password = step.kind is Kind.LOGIN and not means.card and "password" in step.fields
        if at_password or (step.kind is Kind.CARD and means.card):
            if _is_blocked(means, facts):
                return _blocked(means, str(step.kind))
            visit = replace(visit, proved=True)
        if step.kind is Kind.RENEW and renew.asks(visit, facts):
            met["renew"] = both("testers.renew")
    if alone:
        return _passes(met, means.place)
    return _mandates(visit, person, means, facts, met)


def _stopped(visit: Visit, kind: Kind, person: PersonRecord, means: Means, facts: Facts) -> Verdict | None:
    """Between two steps: the state of the means, its level, and a way to send the PIN."""
    stopped = stop(visit, kind, facts)
    if stopped is None:
        return None
    page = stopped.screen.name
    if not channels(person, means, facts.profile) and page == "nochannel":
        return Verdict(page, (both("testers.nochannel"),), person.place, page)
    state = standing(means, facts.account(means), facts.today)
    if page == "level":
        text = both("testers.level", has=means.level.label, asked=visit.ask.level.label)
        return Verdict(page, (text,), means.place, page)
    return Verdict(page, (both(f"testers.{state}", date=means.until),), means.place, f"{page}.{state}")


def _is_blocked(means: Means, facts: Facts) -> bool:
    # As a guess has it: it says no to the right password too.
    return means.status is MeansStatus.BLOCKED or facts.account(means).blocked


def _blocked(means: Means, page: str) -> Verdict:
    by_file = means.status is MeansStatus.BLOCKED
    text = both("testers.blocked") if by_file else both("testers.guesses", most=MOST_WRONG)
    return Verdict(page, (text,), means.place, "means.blocked")


def _mandates(
    visit: Visit, person: PersonRecord, means: Means, facts: Facts, met: dict[str, Names]
) -> Verdict:
    ask, decision = visit.ask, considered(visit, facts)
    if not decision.fitting:
        near = [reason for reason in decision.reasons if reason.code not in ELSEWHERE]
        if near:
            texts = tuple(reason.text for reason in near[:_MOST_REASONS])
            return Verdict("nomandate", texts, near[0].place, f"nomandate.{near[0].code}")
        text = both("testers.nomandate", service=ask.service.name)
        return Verdict("nomandate", (text,), person.place, "nomandate")
    companies = {mandate.company: mandate for mandate in decision.fitting}
    # Without attributes that are asked there is nothing to disclose, and nothing can be missing.
    asking = companies if ask.requested else ()
    found = {key: disclosure(ask, person, delivered(key, facts)) for key in asking}
    if found and all(one.missing for one in found.values()):
        key, lacking = next(iter(found.items()))
        names = ", ".join(asked.name.rpartition(":")[2] for asked in lacking.missing)
        return Verdict("missing", (both("testers.missing", names=names),), companies[key].place, "missing")
    if len(companies) > 1:
        met["companies"] = both("testers.companies", count=len(companies))
    if any(one.of_person for one in found.values()):
        met["consent"] = both("testers.consent")
    only = decision.fitting[0] if len(decision.fitting) == 1 else None
    if only and only.intermediary:
        met["chain"] = both("testers.chain", intermediary=facts.register.companies[only.intermediary].name)
    if only and only.branch:
        met["branch"] = both("testers.branch", branch=only.branch)
    return _passes(met, only.place if only else means.place)


def _passes(met: dict[str, Names], place: Place) -> Verdict:
    return Verdict(PASSES, tuple(met.values()), place, " ".join((PASSES, *met)))


__all__ = ["PASSES", "Verdict", "foresee"]
