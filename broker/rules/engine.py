"""Rules as a registry, and the run of all of them over one message."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from broker.rules.finding import Finding, Outcome, Severity
from broker.wire.places import Place, Spot, place

Seen = TypeVar("Seen")

MOST_SAID = 1_000
"""Characters of what was expected or received: a message may list as much as fits in it."""


class Profile(enum.StrEnum):
    """How strictly a service provider is judged."""

    STRICT = "strict"
    LENIENT = "lenient"
    SAML = "saml"
    """For a provider that knows nothing of the scheme: what SAML itself asks, and no more."""


PROFILES = (Profile.LENIENT, Profile.STRICT, Profile.SAML)


class NotApplicable(Exception):
    """Raised by a rule that has nothing to judge in this message."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule saw that it should not have: the part of a Finding that depends on the message.

    ``at`` is the element or attribute; from it come the name, the line and the column. What is not in the XML, such
    as a query parameter, is named in ``where``, and has a ``line`` only if there is another way to know it.
    ``severity`` is for a rule whose weight is a setting of its own; else the profile says it. ``firm``: this one
    cannot be suppressed, whatever the rule says.
    """

    expected: str
    received: str
    where: str = ""
    line: int = 0
    mend: str | None = None
    severity: Severity | None = None
    at: Spot | None = None
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Example(Generic[Seen]):
    """One message for a rule: what it sees of it, and what the rule's page shows of it: XML, a query, a sentence."""

    make: Callable[[], Seen]
    shown: str | Callable[[], str] = ""

    @property
    def text(self) -> str:
        return self.shown if isinstance(self.shown, str) else self.shown()


@dataclass(frozen=True, slots=True)
class Against:
    """What a message is judged by, beside the message itself.

    ``document``: the bytes that it was parsed from, for line and column. ``libraries``: which made it, as far as that
    is known; their mends are told. ``suppressed``: rule id to the reason why the configuration lets it pass.
    """

    profile: Profile = Profile.LENIENT
    document: bytes = b""
    libraries: tuple[str, ...] = ()
    suppressed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule(Generic[Seen]):
    """``status`` makes a failure an answer to the service provider instead of a refusal.

    ``firm`` is why nobody may suppress the rule; "" where one may. ``mends``: library to what mends it there.
    ``certainty`` says how sure it is that the scheme asks this, where that is not certain.
    """

    id: str
    title: str
    check: Callable[[Seen], Fault | None]
    severities: Mapping[Profile, Severity | None]
    mend: str
    reference: str
    status: tuple[str, str | None] | None = None
    firm: str = ""
    mends: Mapping[str, str] = field(default_factory=dict)
    bad: Example[Seen] | None = None
    good: Example[Seen] | None = None
    certainty: str = ""
    why: str = ""

    @property
    def docs(self) -> str:
        """Our page about it, from the root of the repository."""
        return f"docs/rules/{self.id}.md"

    def severity(self, profile: Profile) -> Severity | None:
        """None where the profile does not know this rule."""
        return self.severities[profile]

    def finding(self, fault: Fault, against: Profile | Against = Profile.LENIENT) -> Finding:
        if isinstance(against, Profile):
            against = Against(against)
        severity = fault.severity or self.severity(against.profile)
        assert severity is not None
        suppressed = "" if self.firm or fault.firm else against.suppressed.get(self.id, "")
        outcome = Outcome.GO_ON if suppressed else self._outcome(severity)
        at = Place(fault.where, fault.line)
        if fault.at is not None:
            at = place(against.document, fault.at)
        return Finding(
            rule=self.id,
            severity=severity,
            outcome=outcome,
            title=self.title,
            expected=_cut(fault.expected),
            received=_cut(fault.received),
            mend=fault.mend or self.mend,
            reference=self.reference,
            where=fault.where or at.name,
            line=at.line,
            column=at.column,
            docs=self.docs,
            mends={str(name): self.mends[name] for name in against.libraries if name in self.mends},
            suppressed=suppressed,
            status=self.status if outcome is Outcome.ANSWER else None,
        )

    def stops(self, fault: Fault, profile: Profile = Profile.LENIENT) -> bool:
        """Whether no message goes on with this fault, whatever is suppressed: then a firm rule may leave it to this."""
        severity = fault.severity or self.severity(profile)
        return bool(self.firm or fault.firm) and self._outcome(severity) is not Outcome.GO_ON

    def _outcome(self, severity: Severity | None) -> Outcome:
        if severity is Severity.REFUSED:
            return Outcome.REFUSE
        return Outcome.ANSWER if self.status and severity is Severity.ERROR else Outcome.GO_ON


class Result(enum.StrEnum):
    """What came of one rule. A check that could not run is BROKEN, and never looks like one that passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Report:
    """Every rule in exactly one of four: failed (a finding each), passed, not applicable, broken."""

    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    not_applicable: tuple[str, ...]
    broken: tuple[tuple[str, str], ...]

    @property
    def refusals(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome is Outcome.REFUSE)

    @property
    def answers(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome is Outcome.ANSWER)

    @property
    def results(self) -> dict[str, Result]:
        """Each rule that was asked, by id, in the order of the ids."""
        found = dict.fromkeys(self.passed, Result.PASSED)
        found |= dict.fromkeys(self.not_applicable, Result.NOT_APPLICABLE)
        found |= {finding.rule: Result.FAILED for finding in self.findings}
        found |= {rule: Result.BROKEN for rule, _ in self.broken}
        return dict(sorted(found.items()))

    def as_json(self) -> dict[str, Any]:
        """The same keys wherever a report is machine-read."""
        return {
            "findings": [finding.as_json() for finding in self.findings],
            "passed": list(self.passed),
            "not_applicable": list(self.not_applicable),
            "broken_rules": [{"rule": rule, "error": error} for rule, error in self.broken],
        }


@dataclass(slots=True)
class Rules(Generic[Seen]):
    """A set of rules over one kind of message, in the order of their ids.

    ``mends``: rule id to library to what mends it in the configuration of that library. ``good`` is the example of a
    rule that brings no good one of its own.
    """

    rules: dict[str, Rule[Seen]] = field(default_factory=dict)
    mends: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    good: Example[Seen] | None = None

    def rule(
        self,
        id: str,  # noqa: A002 - it is what the scheme's checks are called
        title: str,
        severity: str,
        *,
        mend: str,
        reference: str,
        status: tuple[str, str | None] | None = None,
        firm: str = "",
        bad: Example[Seen] | None = None,
        good: Example[Seen] | None = None,
        certainty: str = "",
        why: str = "",
    ) -> Callable[[Callable[[Seen], Fault | None]], Callable[[Seen], Fault | None]]:
        """Register a check. ``severity`` is lenient/strict/saml: ``E/R/-``; what is left out is as lenient.

        A dash: this profile does not know the rule. ``bad`` must yield a finding, ``good`` must not. ``why`` is a
        sentence or two for the rule's page, beside what the docstring of the check says.
        """
        severities = dict(zip(PROFILES, _severities(severity), strict=True))
        mends = self.mends.get(id, {})

        def register(check: Callable[[Seen], Fault | None]) -> Callable[[Seen], Fault | None]:
            if id in self.rules:
                raise ValueError(f"rule {id} is there already")
            self.rules[id] = Rule(
                id,
                title,
                check,
                severities,
                mend,
                reference,
                status,
                firm,
                mends,
                bad,
                good or self.good,
                certainty,
                why,
            )
            return check

        return register

    def run(
        self,
        seen: Seen,
        against: Profile | Against = Profile.LENIENT,
        only: Iterable[str] | None = None,
    ) -> Report:
        """Judge one message by every rule: none is skipped because another one failed."""
        if isinstance(against, Profile):
            against = Against(against)
        findings: list[Finding] = []
        passed: list[str] = []
        not_applicable: list[str] = []
        broken: list[tuple[str, str]] = []
        wanted = None if only is None else set(only)
        for rule in self.rules.values():
            if wanted is not None and rule.id not in wanted:
                continue
            if rule.severity(against.profile) is None:
                not_applicable.append(rule.id)
                continue
            try:
                fault = rule.check(seen)
                if fault is not None:
                    findings.append(rule.finding(fault, against))
            except NotApplicable:
                not_applicable.append(rule.id)
            except Exception as error:
                # A rule that breaks is our fault, not the SP's: it must be seen.
                broken.append((rule.id, f"{type(error).__name__}: {error}"))
            else:
                if fault is None:
                    passed.append(rule.id)
        return Report(tuple(findings), tuple(passed), tuple(not_applicable), tuple(broken))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]}… ({len(text):,} characters)"


def _severities(text: str) -> list[Severity | None]:
    given = text.split("/")
    letters = [
        given[index] if index < len(given) and given[index] else given[0] for index in range(len(PROFILES))
    ]
    return [None if letter == "-" else Severity(letter) for letter in letters]
