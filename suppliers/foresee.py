"""What would happen to a person here, in short: for testers, who must know whom to log in as before they do.

Nothing is decided in this module, nor put in words: it takes what counts from ``explain.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from itertools import count
from operator import itemgetter
from threading import Lock
from weakref import WeakKeyDictionary

from suppliers.accounts import Account
from suppliers.ask import Ask, Names
from suppliers.authorise import ELSEWHERE
from suppliers.explain import walk
from suppliers.grants import Held
from suppliers.reasons import Step
from suppliers.register.model import Means, PersonRecord, Place, Register
from suppliers.visit import Facts

PASSES = "answer"
_MOST_REASONS = 3
MOST_ASKED = 100
MOST_PEOPLE = 100
"""Of so many kinds of request over all registers (of rooms, of scenarios), each of so many people, the steps are
kept."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``ends`` is the page where the road ends for this person: ``answer``, or the name of the Screen that stops
    them. ``reasons`` say why, or for those who pass what they meet on the way. ``place`` is the line of the YAML
    that decides. ``kind`` is the same for people to whom the same happens; ``companies`` are the names of those that
    they can act for here.
    """

    ends: str
    reasons: tuple[Names, ...]
    place: Place
    kind: str = ""
    companies: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return self.ends == PASSES


def foresee(person: PersonRecord, means: Means, ask: Ask, facts: Facts, *, alone: bool = False) -> Verdict:
    """Where this person's road ends with this means. They type everything right, and choose what lets them in.

    ``alone`` is a visit on business of their own, which ends where it is known who they are.
    """
    return _verdict(walk(person, means, ask, facts, alone=alone).steps, means)


def _verdict(steps: tuple[Step, ...], means: Means) -> Verdict:
    if steps[-1].ends:
        return _stopped(steps)
    met = {f"{step.name}.{step.code}": step.text for step in steps if step.notable}
    fitting = [step for step in steps if (step.name, step.code) == ("mandate", "fits")]
    place = fitting[0].place if len(fitting) == 1 else means.place
    companies = tuple(dict.fromkeys(str(step.values["company"]) for step in fitting))
    return Verdict(PASSES, tuple(met.values()), place, " ".join((PASSES, *met)), companies)


def _stopped(steps: tuple[Step, ...]) -> Verdict:
    last = steps[-1]
    if last.name != "mandate":
        return Verdict(last.ends, (last.text,), last.place, f"{last.name}.{last.code}")
    near = [s for s in steps[:-1] if s.name == "mandate" and s.ok is False and s.code not in ELSEWHERE]
    if not near:
        return Verdict(last.ends, (last.text,), last.place, last.ends)
    texts = tuple(step.text for step in near[:_MOST_REASONS])
    return Verdict(last.ends, texts, near[0].place, f"{last.ends}.{near[0].code}")


class Foresight:
    """``foresee`` with a memory: each login shows the panel, and from one to the next little of it changes. The steps
    stay as long as nothing changes of what they depend on: register, supplier, request, day, and what came of the
    means and the mandates while running; and as long as they are among those that were asked for last."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Register, dict[Hashable, _Kind]] = WeakKeyDictionary()
        self._lock = Lock()
        self._turns = count()

    def of(self, ask: Ask, facts: Facts, *, alone: bool = False) -> Callable[[PersonRecord, Means], Verdict]:
        """For the people of one panel."""
        # What is of this one login decides nothing.
        asked = replace(ask, id="", return_path="", choice_path="", until=None, tag="")
        kind = facts.profile.slug, facts.today, alone, asked
        kept = self._kept(facts.register, kind)

        def verdict(person: PersonRecord, means: Means) -> Verdict:
            lies_over = facts.account(means), facts.held(person.key)
            known = kept.get((means.card, means.username))
            if known is not None and known[0] == lies_over:
                return _verdict(known[1], means)
            if len(kept) >= MOST_PEOPLE:
                kept.clear()
            steps = walk(person, means, ask, facts, alone=alone).steps
            kept[means.card, means.username] = lies_over, steps
            return _verdict(steps, means)

        return verdict

    def _kept(self, register: Register, kind: Hashable) -> _People:
        with self._lock:
            found = self._known.get(register, {}).get(kind)
            if found is None:
                self._make_room()
                found = self._known.setdefault(register, {})[kind] = _Kind()
            found.asked = next(self._turns)
            return found.people

    def _make_room(self) -> None:
        """Forget what was not asked for the longest. What is of a register that is gone is gone already."""
        every = [
            (found.asked, of_register, kind)
            for of_register in list(self._known.values())
            for kind, found in of_register.items()
        ]
        too_many = max(0, len(every) + 1 - MOST_ASKED)
        for _, of_register, kind in sorted(every, key=itemgetter(0))[:too_many]:
            del of_register[kind]


_People = dict[tuple[bool, str], tuple[tuple[Account, Held], tuple[Step, ...]]]


@dataclass(slots=True)
class _Kind:
    """What is known for one kind of request, and the turn at which it was last asked for."""

    people: _People = field(default_factory=dict)
    asked: int = 0


__all__ = ["PASSES", "Foresight", "Verdict", "foresee"]
