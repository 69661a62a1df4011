"""How a visit goes along its road: one function for what is asked to be seen, one for what is filled in.

Every answer is decided from the visit and the register as they are now. The number in the URL is only a
wish: a step that is not yet at hand is refused, whatever the form says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suppliers.accounts import Standing, must_renew, proof, standing
from suppliers.ask import Level, Outcome, Word
from suppliers.authorise import considered
from suppliers.choice import lost
from suppliers.profiles import Profile
from suppliers.sessions import Session
from suppliers.steps import HANDLERS
from suppliers.steps.channel import ways
from suppliers.steps.factor import ask_again
from suppliers.steps.pin import without_pin
from suppliers.steps.stops import stop
from suppliers.visit import (
    At,
    Change,
    Event,
    Facts,
    Kind,
    Leave,
    Message,
    Screen,
    SessionEnded,
    Step,
    Told,
    Turn,
    Visit,
    road,
)

AUTHENTICATION = frozenset({Kind.LOGIN, Kind.CHANNEL, Kind.PIN, Kind.CARD, Kind.RENEW})
"""The steps that a session of the supplier's stands for."""


def show(visit: Visit, n: int, facts: Facts) -> Turn:
    """The page of step ``n``. Looking changes nothing and sends nothing, but for whoever is still logged in here:
    their first look brings them past the steps that their session stands for."""
    if elsewhere := _not_here(visit, n, facts):
        return elsewhere
    if n == 1 and visit == Visit(visit.ask, visit.supplier, alone=visit.alone) and facts.session:
        return _resume(visit, facts.session, facts)
    kind = _steps(visit, facts)[n - 1].kind
    if n <= visit.done and kind in (Kind.CHAIN, Kind.BRANCH) and not HANDLERS[kind].asks(visit, facts):
        # Passed over on the way here: there is no such page for this choice.
        return Turn(visit, At(visit.done + 1))
    return Turn(visit, _screen(visit, n, facts))


def act(visit: Visit, n: int, form: Mapping[str, str], facts: Facts) -> Turn:
    """What the person filled in at step ``n``. A step that was done before may be done again."""
    if elsewhere := _not_here(visit, n, facts):
        return elsewhere
    step = _steps(visit, facts)[n - 1]
    if n > 1 and stop(visit, step.kind, facts):
        return arrive(visit, facts)
    tried = HANDLERS[step.kind].act(visit, step, form, facts)
    if tried.refused:
        return _refused(tried.visit, n, facts, tried.refused, tried.told)
    if tried.problems:
        if step.kind is Kind.MANDATE and not considered(tried.visit, facts).fitting:
            return Turn(tried.visit, At(n), tried.told)
        page = _screen(tried.visit, n, facts)
        if step.kind is Kind.LOGIN and "username" in step.fields:
            page = replace(page, values={**page.values, "username": form.get("username", "")})
        if step.kind is Kind.CARD:
            page = replace(page, values={**page.values, "card": form.get("card", "")})
        return Turn(tried.visit, replace(page, status=422, problems=tried.problems), tried.told)
    if tried.visit.word:
        return Turn(tried.visit, Leave(), tried.told, changes=tried.changes)
    if step.kind is Kind.CONSENT:
        # The last step is only behind a person with a Word: what there is to ask has changed meanwhile.
        return arrive(tried.visit, facts, tried.told)
    came = arrive(replace(tried.visit, done=n), facts, tried.told)
    # Whoever has just proved who they are is not also whoever this browser was logged in as.
    ended = (SessionEnded(facts.session.id),) if facts.session and _proves(step) else ()
    return replace(came, changes=(*tried.changes, *ended, *came.changes))


def resend(visit: Visit, n: int, facts: Facts) -> Turn:
    """A new PIN, or a new question to the phone, instead of the last one."""
    if elsewhere := _not_here(visit, n, facts):
        return elsewhere
    steps = _steps(visit, facts)
    if steps[n - 1].kind is not Kind.PIN or facts.holder(visit) is None or visit.card:
        return _refused(visit, n, facts, "early")
    if visit.channel not in ways(visit, facts):
        # The address went from the register since: ask again where to send it, if there is anywhere.
        first = n - 1 if steps[n - 2].kind is Kind.CHANNEL else n
        return arrive(replace(without_pin(visit), done=first - 1, channel=""), facts)
    if stop(visit, Kind.PIN, facts):
        return Turn(visit, At(n))
    tried = ask_again(replace(visit, done=n - 1), facts)
    if tried.problems:
        page = replace(_screen(visit, n, facts), status=422, problems=tried.problems)
        return Turn(visit, page, tried.told)
    return Turn(tried.visit, At(n), tried.told, tried.sent, tried.changes)


def cancel(visit: Visit, facts: Facts) -> Turn:
    """Away from any page ("Annuleren"): the Word is that there will be none. Outside a login it logs out whoever
    had come in."""
    word = Word(visit.ask.id, visit.supplier, Outcome.CANCELLED)
    if came_in(visit, facts.profile):
        ended = (SessionEnded(visit.session),) if visit.session else ()
        told = Told(Event.LOGGED_OUT, {"supplier": visit.supplier})
        return Turn(replace(visit, word=word, session=""), Leave(), (told,), changes=ended)
    return Turn(replace(visit, word=word), Leave(), (Told(Event.CANCELLED, {"step": visit.done + 1}),))


def came_in(visit: Visit, profile: Profile) -> bool:
    """Whether somebody on business of their own, outside a login, proved who they are."""
    return visit.alone and visit.done >= len(road(profile, alone=True))


def go_on(visit: Visit, facts: Facts) -> Turn:
    """Look again which mandates there are, for whoever has come to them and no further."""
    steps = _steps(visit, facts)
    n = min(visit.done + 1, len(steps))
    if elsewhere := _not_here(visit, n, facts):
        return elsewhere
    return arrive(visit, facts) if steps[n - 1].kind is Kind.MANDATE else Turn(visit, At(n))


def arrive(visit: Visit, facts: Facts, told: tuple[Told, ...] = ()) -> Turn:
    """Past a step: on to the next one that has something to ask, doing what the ones between do by themselves."""
    sent: tuple[Message, ...] = ()
    changes: tuple[Change, ...] = ()
    steps = _steps(visit, facts)
    while visit.done < len(steps):
        n, step = visit.done + 1, steps[visit.done]
        if facts.holder(visit) is None and not visit.card:
            return Turn(visit, At(n), told, sent, changes)
        if stopped := stop(visit, step.kind, facts):
            return Turn(visit, At(n), (*told, stopped.told), sent, changes)
        if lost(visit, step.kind, facts):
            return Turn(visit, At(_at_mandate(steps)), told, sent, changes)
        came = HANDLERS[step.kind].arrive(visit, facts)
        visit, told = came.visit, (*told, *came.told)
        sent, changes = (*sent, *came.sent), (*changes, *came.changes)
        if not came.passed:
            return Turn(visit, At(n), told, sent, changes)
        visit = replace(visit, done=n)
    return Turn(visit, Leave(), told, sent, changes)


def refusal(why: str, **values: object) -> Screen:
    """The page for a step that this person may not do here."""
    return Screen("refused", 403, values={"why": why, **values})


def _resume(visit: Visit, session: Session, facts: Facts) -> Turn:
    """Past what the supplier's session stands for, if it may be used here (spec 9); the mandate is asked again."""
    why_not = _unusable(visit, session, facts)
    if why_not:
        told = Told(Event.SESSION_NOT_USED, {"why": why_not})
        # Whoever must authenticate anew is logged out here first. One that is over by the clock of this provider may
        # not be by that of another.
        ended = (SessionEnded(session.id),) if why_not in ("force-authn", "gone") else ()
        return Turn(visit, _screen(visit, 1, facts), (told,), changes=ended)
    used = {
        "username": session.username,
        "person": session.person,
        "authenticated_at": session.authenticated_at.isoformat(),
    }
    known = replace(
        visit,
        done=len(road(facts.profile, alone=True)),
        person=session.person,
        username=session.username,
        card=session.card,
        proved=True,
        authenticated_at=session.authenticated_at,
        stay=True,
        session=session.id,
    )
    return arrive(known, facts, (Told(Event.SESSION_USED, used),))


def _unusable(visit: Visit, session: Session, facts: Facts) -> str:
    """Why a session does not do for this visit; empty if it does."""
    if session.is_over(facts.now):
        return "over"
    if visit.ask.force_authn:
        return "force-authn"
    if visit.ask.level >= Level.EH4:
        return "level-4"
    holder = facts.holder(replace(visit, person=session.person, username=session.username, card=session.card))
    if holder is None:
        return "gone"
    means = holder[1]
    account = facts.account(means)
    if standing(means, account, facts.today) is not Standing.ACTIVE or session.proof != proof(means, account):
        return "gone"
    if must_renew(means, account):
        return "renew"
    return "level" if means.level < visit.ask.level else ""


def _proves(step: Step) -> bool:
    return step.kind is Kind.CARD or "password" in step.fields


def _not_here(visit: Visit, n: int, facts: Facts) -> Turn | None:
    """Where to go instead, for a step that is not (yet) this person's to see or do."""
    if visit.alone and n == visit.done + 1 > len(_steps(visit, facts)) and facts.holder(visit):
        # It is known who this is: on to what they came for.
        return Turn(visit, Leave())
    if not 1 <= n <= min(visit.done + 1, len(_steps(visit, facts))):
        return _refused(visit, n, facts, "early")
    if _other_way(visit, n, facts):
        return _refused(visit, n, facts, "early")
    if n > 1 and facts.holder(visit) is None and not (visit.card and not visit.person):
        # The register lost this login since: nothing that was proved still stands.
        return Turn(visit, At(1))
    if lost(visit, _steps(visit, facts)[n - 1].kind, facts):
        # What was chosen lets in no more: the page of the organisations says what else there is.
        return Turn(visit, At(_at_mandate(_steps(visit, facts))))
    return None


def _other_way(visit: Visit, n: int, facts: Facts) -> bool:
    """Whether this step is of those who came in another way: by smartcard, by user name and password, or by a
    session that the supplier still had."""
    kind = _steps(visit, facts)[n - 1].kind
    if n > 1 and stop(visit, kind, facts):
        # Whoever is stopped is told so at the next step, whichever that is.
        return False
    if visit.session and n > 1 and kind in AUTHENTICATION:
        return True
    if kind is Kind.CARD:
        return not visit.card
    # The first page is there for everybody: going back to it is how to change over.
    return visit.card and n > 1 and kind in (Kind.LOGIN, Kind.CHANNEL, Kind.PIN)


def _refused(visit: Visit, n: int, facts: Facts, why: str, told: tuple[Told, ...] = ()) -> Turn:
    known = facts.holder(visit) is not None or (visit.card and not visit.person)
    last = len(_steps(visit, facts)) + visit.alone
    at_hand = min(visit.done + 1, last) if known else 1
    data = {"step": n, "at_hand": at_hand, "why": why}
    return Turn(visit, refusal(why, resume=at_hand), (*told, Told(Event.STEP_REFUSED, data)))


def _back(visit: Visit, n: int, facts: Facts) -> int:
    """The step that "Vorige" leads to: the last one before this that asked something; 0 for the choice page."""
    steps = _steps(visit, facts)
    asking = (
        m
        for m in range(n - 1, 0, -1)
        if m == 1 or (HANDLERS[steps[m - 1].kind].asks(visit, facts) and not _other_way(visit, m, facts))
    )
    return next(asking, 0)


def _screen(visit: Visit, n: int, facts: Facts) -> Screen:
    step, holder = _steps(visit, facts)[n - 1], facts.holder(visit)
    stopped = stop(visit, step.kind, facts) if n > 1 else None
    page = stopped.screen if stopped else HANDLERS[step.kind].page(visit, step, facts)
    # Only a step that was done before, with the next one open, has somewhere to go on to.
    resume = visit.done + 1 if n <= visit.done and holder and not stopped else 0
    return replace(page, step=n, back=_back(visit, n, facts), values={**page.values, "resume": resume})


def _steps(visit: Visit, facts: Facts) -> tuple[Step, ...]:
    return road(facts.profile, alone=visit.alone)


def _at_mandate(steps: tuple[Step, ...]) -> int:
    return 1 + next(index for index, step in enumerate(steps) if step.kind is Kind.MANDATE)
