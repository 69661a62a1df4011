"""What would happen to a person here, in short: for testers, who must know whom to log in as before they do.

Nothing is decided in this module, nor put in words: it takes what counts from ``explain.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

from suppliers.ask import Ask, Names
from suppliers.authorise import ELSEWHERE
from suppliers.explain import walk
from suppliers.reasons import Step
from suppliers.register.model import Means, PersonRecord, Place
from suppliers.visit import Facts

PASSES = "answer"
_MOST_REASONS = 3


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
    steps = walk(person, means, ask, facts, alone=alone).steps
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


__all__ = ["PASSES", "Verdict", "foresee"]
