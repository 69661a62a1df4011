"""How a visit goes along its road: one function for what is asked to be seen, one for what is filled in.

Every answer is decided from the visit and the register as they are now. The number in the URL is only a
wish: a step that is not yet at hand is refused, whatever the form says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from suppliers.ask import Outcome, Word
from suppliers.authenticate import (
    PIN_MINUTES,
    PIN_TRIES,
    channels,
    choose_channel,
    enter_pin,
    log_in,
    mask,
    pin_state,
    send_pin,
    without_pin,
)
from suppliers.authorise import Code, branch_name, choices, choose, considered, permit, take, taken, tell
from suppliers.consent import agree, weigh
from suppliers.register.model import Means, PersonRecord
from suppliers.visit import (
    At,
    Event,
    Facts,
    Kind,
    Leave,
    Message,
    Problem,
    Screen,
    Step,
    Told,
    Tried,
    Turn,
    Visit,
    road,
)
from suppliers.wording import clock_time

_MOST_REASONS = 5


def show(visit: Visit, n: int, facts: Facts) -> Turn:
    """The page of step ``n``. Looking changes nothing and sends nothing."""
    if elsewhere := _not_here(visit, n, facts):
        return elsewhere
    return Turn(visit, _screen(visit, n, facts))


def act(visit: Visit, n: int, form: Mapping[str, str], facts: Facts) -> Turn:
    """What the person filled in at step ``n``. A step that was done before may be done again."""
    if elsewhere := _not_here(visit, n, facts):
        return elsewhere
    holder = facts.holder(visit)
    if n > 1 and holder and _stopped(visit, n, holder, facts):
        return arrive(visit, facts)
    step = road(facts.profile)[n - 1]
    tried = _try(visit, step, form, holder, facts)
    if tried.refused:
        return _refused(tried.visit, n, facts, tried.refused, tried.told)
    if tried.problems:
        if step.kind is Kind.MANDATE and not considered(tried.visit, facts).fitting:
            return Turn(tried.visit, At(n), tried.told)
        page = _screen(tried.visit, n, facts)
        if step.kind is Kind.LOGIN and "username" in step.fields:
            page = replace(page, values={**page.values, "username": form.get("username", "")})
        return Turn(tried.visit, replace(page, status=422, problems=tried.problems), tried.told)
    if tried.visit.word:
        return Turn(tried.visit, Leave(), tried.told)
    if step.kind is Kind.CONSENT:
        # The last step is only behind a person with a Word: what there is to ask has changed meanwhile.
        return arrive(tried.visit, facts, tried.told)
    return arrive(replace(tried.visit, done=n), facts, tried.told)


def resend(visit: Visit, n: int, facts: Facts) -> Turn:
    """A new PIN instead of the one that was sent."""
    if elsewhere := _not_here(visit, n, facts):
        return elsewhere
    steps, holder = road(facts.profile), facts.holder(visit)
    if steps[n - 1].kind is not Kind.PIN or holder is None:
        return _refused(visit, n, facts, "early")
    if visit.channel not in channels(holder[0], facts.profile):
        # The address went from the register since: ask again where to send it, if there is anywhere.
        first = n - 1 if steps[n - 2].kind is Kind.CHANNEL else n
        return arrive(replace(without_pin(visit), done=first - 1, channel=""), facts)
    if means_too_low(visit, holder[1]):
        return Turn(visit, At(n))
    tried = send_pin(replace(visit, done=n - 1), facts)
    return Turn(tried.visit, At(n), tried.told, tried.sent)


def cancel(visit: Visit) -> Turn:
    """Away from any page ("Annuleren"): the Word is that there will be none."""
    word = Word(visit.ask.id, visit.supplier, Outcome.CANCELLED)
    return Turn(replace(visit, word=word), Leave(), (Told(Event.CANCELLED, {"step": visit.done + 1}),))


def arrive(visit: Visit, facts: Facts, told: tuple[Told, ...] = ()) -> Turn:
    """Past a step: on to the next one that has something to ask, doing what the ones between do by themselves."""
    sent: tuple[Message, ...] = ()
    steps = road(facts.profile)
    while True:
        n, step = visit.done + 1, steps[visit.done]
        holder = facts.holder(visit)
        if holder is None:
            return Turn(visit, At(n), told, sent)
        person, means = holder
        if means_too_low(visit, means):
            low = {"asked": visit.ask.level.label, "has": means.level.label, "place": str(means.place)}
            return Turn(visit, At(n), (*told, Told(Event.LEVEL_REFUSED, low)), sent)
        if step.kind is Kind.LOGIN:
            return Turn(visit, At(n), told, sent)
        if step.kind is Kind.MANDATE:
            came = _arrive_at_mandates(visit, facts)
            visit, told = came.visit, (*told, *came.told)
            if not visit.mandate:
                return Turn(visit, At(n), told, sent)
            visit = replace(visit, done=n)
            continue
        if step.kind is Kind.CONSENT:
            return _arrive_at_consent(visit, n, facts, told, sent)
        ways = channels(person, facts.profile)
        if not ways:
            lost = {"wanted": list(facts.profile.second_factors), "place": str(person.place)}
            return Turn(visit, At(n), (*told, Told(Event.PIN_NO_CHANNEL, lost)), sent)
        if step.kind is Kind.CHANNEL:
            if len(ways) > 1:
                return Turn(visit, At(n), told, sent)
            visit = replace(visit, done=n, channel=next(iter(ways)))
            continue
        tried = send_pin(visit if visit.channel in ways else replace(visit, channel=next(iter(ways))), facts)
        return Turn(tried.visit, At(n), (*told, *tried.told), (*sent, *tried.sent))


def means_too_low(visit: Visit, means: Means) -> bool:
    return means.level < visit.ask.level


def refusal(why: str, **values: object) -> Screen:
    """The page for a step that this person may not do here."""
    return Screen("refused", 403, values={"why": why, **values})


def _arrive_at_mandates(visit: Visit, facts: Facts) -> Tried:
    """With a mandate in the visit if there is nothing to choose, else without."""
    visit = replace(visit, authenticated_at=facts.now, mandate="")
    decision = considered(visit, facts)
    told = (tell(decision, facts.register),)
    options = choices(decision.fitting, facts.register)
    if len(options) == 1:
        passed = take(visit, options[0], facts)
        return replace(passed, told=(*told, *passed.told))
    return Tried(replace(visit, offered=tuple(mandate.id for mandate in options)), told=told)


def _arrive_at_consent(
    visit: Visit, n: int, facts: Facts, told: tuple[Told, ...], sent: tuple[Message, ...]
) -> Turn:
    weighed = weigh(visit, facts)
    if weighed is None:
        return Turn(visit, At(n - 1), told, sent)
    mandate, found = weighed
    visit = replace(visit, shown=found.shown)
    if found.missing:
        lacking = {"missing": [asked.name for asked in found.missing], "place": str(mandate.place)}
        return Turn(visit, At(n), (*told, Told(Event.ATTRIBUTES_MISSING, lacking)), sent)
    if found.of_person:
        return Turn(visit, At(n), told, sent)
    passed = permit(visit, mandate, facts, {}, found.of_company)
    return Turn(passed.visit, Leave(), (*told, *passed.told), sent)


def _try(
    visit: Visit,
    step: Step,
    form: Mapping[str, str],
    holder: tuple[PersonRecord, Means] | None,
    facts: Facts,
) -> Tried:
    if step.kind is Kind.LOGIN:
        return log_in(visit, step, form, facts)
    if step.kind is Kind.CHANNEL and holder:
        return choose_channel(visit, form, holder[0], facts.profile)
    if step.kind is Kind.PIN:
        return enter_pin(visit, form, facts.now)
    if step.kind is Kind.CONSENT:
        return agree(visit, form, facts)
    return choose(visit, form, facts)


def _not_here(visit: Visit, n: int, facts: Facts) -> Turn | None:
    """Where to go instead, for a step that is not (yet) this person's to see or do."""
    if not 1 <= n <= visit.done + 1:
        return _refused(visit, n, facts, "early")
    if n > 1 and facts.holder(visit) is None:
        # The register lost this login since: nothing that was proved still stands.
        return Turn(visit, At(1))
    if road(facts.profile)[n - 1].kind is Kind.CONSENT and taken(visit, facts) is None:
        # The mandate that was chosen lets in no more: the page before says what else there is.
        return Turn(visit, At(n - 1))
    return None


def _refused(visit: Visit, n: int, facts: Facts, why: str, told: tuple[Told, ...] = ()) -> Turn:
    at_hand = 1 if facts.holder(visit) is None else visit.done + 1
    data = {"step": n, "at_hand": at_hand, "why": why}
    return Turn(visit, refusal(why, resume=at_hand), (*told, Told(Event.STEP_REFUSED, data)))


def _back(visit: Visit, n: int, facts: Facts) -> int:
    """The step that "Vorige" leads to: the last one before this that asked something; 0 for the choice page."""
    steps, holder = road(facts.profile), facts.holder(visit)
    before = n - 1
    if before and steps[before - 1].kind is Kind.MANDATE:
        before -= len(choices(considered(visit, facts).fitting, facts.register)) < 2
    if before and steps[before - 1].kind is Kind.CHANNEL:
        ways = channels(holder[0], facts.profile) if holder else {}
        before -= len(ways) < 2
    return before


def _stopped(visit: Visit, n: int, holder: tuple[PersonRecord, Means], facts: Facts) -> Screen | None:
    """The page that ends the road here, if one does: the level, or no way to send a PIN."""
    person, means = holder
    page = Screen("level", step=n, back=_back(visit, n, facts))
    if means_too_low(visit, means):
        return replace(page, values={"has": means.level.label})
    kind = road(facts.profile)[n - 1].kind
    waiting = kind is Kind.CHANNEL or (kind is Kind.PIN and visit.pin is None)
    if waiting and not channels(person, facts.profile):
        factors = facts.profile.second_factors
        return replace(page, name="nochannel", values={"wanted": factors[0] if len(factors) == 1 else "both"})
    return None


def _screen(visit: Visit, n: int, facts: Facts) -> Screen:
    step, holder = road(facts.profile)[n - 1], facts.holder(visit)
    page = Screen(step.kind, step=n, back=_back(visit, n, facts))
    if n == 1:
        gone = bool(visit.person) and holder is None
        page = replace(page, problems=(Problem("username", "login.gone"),) if gone else ())
    elif holder and (stop := _stopped(visit, n, holder, facts)):
        return stop
    # Only a step that was done before, with the next one open, has somewhere to go on to.
    values: dict[str, Any] = {"resume": visit.done + 1 if n <= visit.done and holder else 0}
    if step.kind is Kind.LOGIN:
        values |= {"fields": step.fields, "username": visit.username}
    elif step.kind is Kind.CHANNEL and holder:
        values["ways"] = {way: mask(to) for way, to in channels(holder[0], facts.profile).items()}
        values["chosen"] = visit.channel
    elif step.kind is Kind.PIN and visit.pin:
        state = pin_state(visit.pin, facts.now)
        values |= {
            "state": state,
            "channel": visit.pin.channel,
            "address": visit.pin.address,
            "time": clock_time(visit.pin.sent_at),
            "again": bool(visit.old_pins),
            "minutes": PIN_MINUTES,
        }
        # Whoever comes back to a page that went well meets no error, only the way on.
        if state in ("late", "blocked"):
            problem = Problem("pin", f"pin.{state}", {"minutes": PIN_MINUTES, "most": PIN_TRIES})
            page = replace(page, problems=(problem,))
    elif step.kind is Kind.MANDATE:
        return _mandates(visit, page, facts)
    elif step.kind is Kind.CONSENT:
        return _consent(visit, page, facts)
    return replace(page, values=values)


def _mandates(visit: Visit, page: Screen, facts: Facts) -> Screen:
    decision = considered(visit, facts)
    if not decision.fitting:
        # A mandate for another service says nothing to whoever wants to log in here.
        near = [reason.text for reason in decision.reasons if reason.code is not Code.SERVICE]
        return replace(page, name="nomandate", values={"reasons": near[:_MOST_REASONS]})
    companies = facts.register.companies
    options = [
        {
            "id": mandate.id,
            "company": companies[mandate.company].name,
            "kvk": companies[mandate.company].kvk,
            "rsin": companies[mandate.company].rsin,
            "branch": branch_name(mandate, companies[mandate.company]),
            "via": companies[mandate.intermediary].name if mandate.intermediary else "",
        }
        for mandate in choices(decision.fitting, facts.register)
    ]
    return replace(page, values={"options": options})


def _consent(visit: Visit, page: Screen, facts: Facts) -> Screen:
    weighed = weigh(visit, facts)
    if weighed is None:
        raise ValueError("consent is asked of whoever may log in")
    mandate, found = weighed
    if found.missing:
        company = facts.register.companies[mandate.company].name
        return replace(page, name="missing", values={"missing": found.missing, "company": company})
    items = found.of_person
    return replace(
        page,
        values={
            "required": [item for item in items if item.asked.required],
            "optional": [item for item in items if not item.asked.required],
        },
    )
