"""What a rule's page says, out of the rule's own source: for ``docs/rules`` and for ``/rules/<id>``."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from broker.rules import samples
from broker.rules.engine import PROFILES, Example, Rule
from broker.rules.finding import Severity
from broker.rules.registries import REGISTRIES, Registry, every_rule

MOST_LINES = 40
WORDS = {
    Severity.REFUSED: "refused",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An example as its page shows it. ``code`` marks what stands in a message; else it is a sentence."""

    text: str
    code: bool


@dataclass(frozen=True, slots=True)
class Weight:
    """What a profile makes of it. ``severity`` is a word, or "not asked"."""

    profile: str
    severity: str
    then: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything on a rule's page. ``good`` is None where the bad example is no message that could be altered."""

    id: str
    title: str
    kind: str
    why: tuple[str, ...]
    certainty: str
    reference: str
    weights: tuple[Weight, ...]
    firm: str
    bad: Shown | None
    good: Shown | None
    mend: str
    mends: tuple[tuple[str, str], ...]
    docs: str

    def weights_in(self, *profiles: str) -> tuple[Weight, ...]:
        """In the order of these profiles."""
        found = {weight.profile: weight for weight in self.weights}
        return tuple(found[profile] for profile in profiles)


def flawless() -> tuple[tuple[str, str], ...]:
    """The messages that the examples alter: what each is, and its text."""
    named = {
        "A flawless request": "authn_request",
        "A flawless ArtifactResolve": "artifact_resolve",
        "A flawless LogoutRequest": "logout_request",
    }
    return tuple((title, samples.text(name).rstrip("\n")) for title, name in named.items())


def explained(id_: str) -> Explained | None:
    """None for an id that no rule has."""
    rule = every_rule().get(id_)
    return None if rule is None else _explained(rule, registry_of(rule))


def registry_of(rule: Rule[Any]) -> Registry:
    return next(registry for registry in REGISTRIES if registry.rules.rules.get(rule.id) is rule)


def _explained(rule: Rule[Any], registry: Registry) -> Explained:
    bad, good = _examples(rule.bad, rule.good)
    said = [inspect.getdoc(rule.check), rule.why]
    return Explained(
        id=rule.id,
        title=rule.title[:1].upper() + rule.title[1:] if rule.title[:1] != "@" else rule.title,
        kind=registry.title,
        why=tuple(" ".join(text.split()) for text in said if text),
        certainty=rule.certainty,
        reference=rule.reference,
        weights=tuple(_weight(rule, profile) for profile in PROFILES),
        firm=rule.firm,
        bad=bad,
        good=good,
        mend=rule.mend,
        mends=tuple(sorted(rule.mends.items())),
        docs=rule.docs,
    )


def _weight(rule: Rule[Any], profile: Any) -> Weight:
    severity = rule.severity(profile)
    if severity is None:
        return Weight(str(profile), "not asked", "")
    then = "told, and it goes on"
    if severity is Severity.REFUSED:
        then = "nothing goes back to the service provider"
    elif rule.status and severity is Severity.ERROR:
        codes = " / ".join(code.rpartition(":")[2] for code in rule.status if code)
        then = f"answered with {codes}"
    return Weight(str(profile), f"{severity}, {WORDS[severity]}", then)


def _examples(bad: Example[Any] | None, good: Example[Any] | None) -> tuple[Shown | None, Shown | None]:
    if bad is None:
        return None, None
    wrong, right = bad.text.strip("\n"), "" if good is None else good.text.strip("\n")
    if _is_xml(wrong) and _is_xml(right) and wrong.count("\n") > 3:
        wrong, right = _difference(wrong, right)
        return Shown(wrong, code=True), Shown(right, code=True)
    if not right or (_is_xml(right) and right.count("\n") > MOST_LINES / 2):
        return Shown(wrong, code=_is_code(wrong)), None
    return Shown(wrong, code=_is_code(wrong)), Shown(right, code=_is_code(right))


def _is_xml(text: str) -> bool:
    return text.lstrip().startswith("<")


def _is_code(text: str) -> bool:
    """Sentences end in a full stop."""
    return not text.rstrip().endswith(".")


def _difference(wrong: str, right: str) -> tuple[str, str]:
    """Only the lines that differ, each with the line before it; what is left out is three dots."""
    lines = wrong.splitlines(), right.splitlines()
    kept: tuple[set[int], set[int]] = set(), set()
    for tag, *spans in SequenceMatcher(None, *lines, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for side, (begin, end) in enumerate((spans[:2], spans[2:])):
            around = range(max(begin - 1, 0), end if end > begin else min(begin + 1, len(lines[side])))
            kept[side].update(around)
    return _excerpt(lines[0], kept[0]), _excerpt(lines[1], kept[1])


def _excerpt(lines: list[str], kept: set[int]) -> str:
    out: list[str] = []
    before = -1
    for number in sorted(kept)[:MOST_LINES]:
        if number != before + 1:
            out.append("...")
        out.append(lines[number])
        before = number
    if before + 1 < len(lines):
        out.append("...")
    return "\n".join(out)
