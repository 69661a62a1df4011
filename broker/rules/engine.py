"""Rules as a registry, and the run of all of them over one message."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from broker.rules.finding import Finding, Outcome, Severity

Seen = TypeVar("Seen")


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

    ``severity`` is for a rule whose weight is a setting of its own; else the profile says it.
    """

    expected: str
    received: str
    where: str = ""
    line: int = 0
    mend: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule(Generic[Seen]):
    """``status`` makes a failure an answer to the service provider instead of a refusal."""

    id: str
    title: str
    check: Callable[[Seen], Fault | None]
    severities: Mapping[Profile, Severity | None]
    mend: str
    reference: str
    status: tuple[str, str | None] | None = None

    def severity(self, profile: Profile) -> Severity | None:
        """None where the profile does not know this rule."""
        return self.severities[profile]

    def finding(self, fault: Fault, profile: Profile) -> Finding:
        severity = fault.severity or self.severity(profile)
        assert severity is not None
        outcome = Outcome.GO_ON
        if severity is Severity.REFUSED:
            outcome = Outcome.REFUSE
        elif self.status and severity is Severity.ERROR:
            outcome = Outcome.ANSWER
        return Finding(
            rule=self.id,
            severity=severity,
            outcome=outcome,
            title=self.title,
            expected=fault.expected,
            received=fault.received,
            mend=fault.mend or self.mend,
            reference=self.reference,
            where=fault.where,
            line=fault.line,
            status=self.status if outcome is Outcome.ANSWER else None,
        )


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


@dataclass(slots=True)
class Rules(Generic[Seen]):
    """A set of rules over one kind of message, in the order of their ids."""

    rules: dict[str, Rule[Seen]] = field(default_factory=dict)

    def rule(
        self,
        id: str,  # noqa: A002 - it is what the scheme's checks are called
        title: str,
        severity: str,
        *,
        mend: str,
        reference: str,
        status: tuple[str, str | None] | None = None,
    ) -> Callable[[Callable[[Seen], Fault | None]], Callable[[Seen], Fault | None]]:
        """Register a check. ``severity`` is lenient/strict/saml: ``E/R/-``; what is left out is as lenient.

        A dash: this profile does not know the rule.
        """
        severities = dict(zip(PROFILES, _severities(severity), strict=True))

        def register(check: Callable[[Seen], Fault | None]) -> Callable[[Seen], Fault | None]:
            if id in self.rules:
                raise ValueError(f"rule {id} is there already")
            self.rules[id] = Rule(id, title, check, severities, mend, reference, status)
            return check

        return register

    def run(
        self, seen: Seen, profile: Profile = Profile.LENIENT, only: Iterable[str] | None = None
    ) -> Report:
        """Judge one message by every rule: none is skipped because another one failed."""
        findings: list[Finding] = []
        passed: list[str] = []
        not_applicable: list[str] = []
        broken: list[tuple[str, str]] = []
        wanted = None if only is None else set(only)
        for rule in self.rules.values():
            if wanted is not None and rule.id not in wanted:
                continue
            if rule.severity(profile) is None:
                not_applicable.append(rule.id)
                continue
            try:
                fault = rule.check(seen)
            except NotApplicable:
                not_applicable.append(rule.id)
            except Exception as error:
                # A rule that breaks is our fault, not the SP's: it must be seen, and not stop a login.
                broken.append((rule.id, f"{type(error).__name__}: {error}"))
            else:
                if fault is None:
                    passed.append(rule.id)
                else:
                    findings.append(rule.finding(fault, profile))
        return Report(tuple(findings), tuple(passed), tuple(not_applicable), tuple(broken))


def _severities(text: str) -> list[Severity | None]:
    given = text.split("/")
    letters = [
        given[index] if index < len(given) and given[index] else given[0] for index in range(len(PROFILES))
    ]
    return [None if letter == "-" else Severity(letter) for letter in letters]
