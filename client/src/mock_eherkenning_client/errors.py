"""What can go wrong, each with what was expected, what came and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_eherkenning_client.logging_in import Landing


class ClientError(Exception):
    """Anything that this package raises."""


class NoBroker(ClientError):
    """No broker was found, or the one that was started did not come up."""


class NotInTime(ClientError):
    """What was waited for did not happen."""


class NeverAtBroker(ClientError):
    """The start page of the service provider did not lead to this broker."""


class ScenarioUnused(UserWarning):
    """A scenario was armed and no login came that it is for."""


class BrokerReplaced(UserWarning):
    """A broker that was started for the tests ended by itself, and another took its place."""


class ApiProblem(ClientError):
    """The API did not do a call; ``document`` is its problem document (RFC 9457)."""

    def __init__(self, call: str, status: int, document: Mapping[str, Any]) -> None:
        self.call = call
        self.status = status
        self.document = dict(document)
        super().__init__(self._text())

    @property
    def title(self) -> str:
        return str(self.document.get("title", ""))

    @property
    def detail(self) -> str:
        return str(self.document.get("detail", ""))

    def _text(self) -> str:
        lines = [f"{self.call}: {self.status} {self.title}. {self.detail}".rstrip()]
        lines += [f"  {error.get('text', error)}" for error in self.document.get("errors", [])[1:]]
        return "\n".join(lines)


class RequestRefused(ApiProblem):
    """The broker refused the AuthnRequest; ``findings`` say which rules, and how to mend it."""

    @property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        return list(self.document.get("findings", []))

    @property
    def exchange(self) -> str:
        return str(self.document.get("exchange", ""))

    def _text(self) -> str:
        refusing = [one for one in self.findings if one.get("outcome") == "refuse"] or self.findings
        lines = [
            "the broker refused the AuthnRequest:" if refusing else f"the broker refused it: {self.detail}"
        ]
        for finding in refusing:
            lines += finding_lines(finding)
        return "\n".join(lines)


class RoadStopped(ApiProblem):
    """The login came to a page that this call has no answer for; ``stop`` says which, and what it says.

    The login stays open; ``login`` is its id. ``cancel`` does what a person can still do there.
    """

    login = ""
    _cancel: Callable[[], Landing] | None = None

    def cancel(self) -> Landing:
        """Press "Annuleren" on that page, and bring the answer that says so to the service provider: where the person
        lands. Raises ClientError where no service provider is at hand, after ``answer_for``."""
        if self._cancel is None:
            raise ClientError(
                f"this login came without a way to its service provider; take Broker.cancel({self.login!r}), which "
                "gives the answer"
            )
        return self._cancel()

    @property
    def stop(self) -> Mapping[str, Any]:
        return dict(self.document.get("stop") or {})

    @property
    def page(self) -> str:
        return str(self.stop.get("page", ""))

    @property
    def code(self) -> str:
        return str(self.stop.get("code", ""))

    @property
    def options(self) -> Sequence[Mapping[str, Any]]:
        return list(self.stop.get("options") or [])

    def _text(self) -> str:
        stop = self.stop
        if not stop:
            return super()._text()
        lines = [f'the login stopped on page "{self.page}" ({self.code})']
        for name in ("heading", "text"):
            said = _language(stop.get(name))
            lines += [f"  it says   {said}"] if said else []
        lines += [f"  because   {_reason(reason)}" for reason in stop.get("reasons") or []]
        lines += [f"  option    {_option(option)}" for option in self.options]
        lines += [f"  mend      {stop['mend']}"] if stop.get("mend") else []
        return "\n".join(lines)


def finding_lines(finding: Mapping[str, Any]) -> list[str]:
    """A finding as a person reads it."""
    title = _language(finding.get("title"))
    where = ", ".join(
        part
        for part in (
            str(finding.get("where") or ""),
            f"line {finding['line']}" if finding.get("line") else "",
            f"column {finding['column']}" if finding.get("column") else "",
        )
        if part
    )
    lines = [f"  {finding.get('rule', '')} {title}".rstrip() + (f" ({where})" if where else "")]
    for name in ("expected", "received", "mend"):
        said = _language(finding.get(name))
        lines += [f"    {name:<9} {said}"] if said else []
    return lines


def _reason(reason: Mapping[str, Any]) -> str:
    place = f" [{reason['place']}]" if reason.get("place") else ""
    return f"{reason.get('en') or reason.get('nl') or reason.get('code')}{place}"


def _option(option: Mapping[str, Any]) -> str:
    numbers = [f"{name} {option[name]}" for name in ("kvk", "rsin") if option.get(name)]
    return " ".join([str(option.get("value", "")), str(option.get("name", "")), *numbers]).strip()


def _language(said: object) -> str:
    """A text that may come in two languages."""
    if isinstance(said, Mapping):
        said = said.get("en") or said.get("nl")
    return " ".join(str(said).split()) if said else ""
