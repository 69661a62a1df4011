"""Exchanges: every login that came, from request to answer; a list, one of them, and a wait for the next."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Any, Literal

from flask.typing import ResponseReturnValue
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from broker import polls
from broker.api.described import Answer, Calls, Operation, answer, asked
from broker.api.models import MOST, Given, Tag
from broker.api.problems import Answered, wrong
from broker.exchange_json import told
from broker.exchanges import Wanted
from broker.parts import Parts
from broker.rules.finding import Outcome, Severity
from suppliers.register.problems import Problem, shown
from suppliers.register.schema import Part, fault

OUTCOMES = ("success", "cancelled", "declined", "refused", "logged-out", "under-way", "self-service")
_LONG = "; only with `full=true`, and for one exchange"
_WAIT = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)(ms|s)?")
_HOW = (
    "With wait or since it gives the first login that fits and was answered or refused after that; an empty list when "
    "none was in time. So that nothing is missed: take `cursor` of a list before the login begins, and poll with "
    "since= that; or start the poll first, without since. "
    "To see all one by one, poll on with the cursor of each answer."
)


class _Open(Given):
    """More keys than these may come with it."""

    model_config = ConfigDict(extra="allow", defer_build=True)


class Drops(Given):
    """What made room. ``since`` and ``last`` are by the broker's clock."""

    number: int
    since: str | None
    last: str | None


class FindingSeen(_Open):
    """One thing that is not as it should be: the same here, on the page, in the log and on the command line."""

    rule: str = Field(description="id, such as AR-08")
    severity: Severity
    outcome: Outcome = Field(description="what became of the message because of it")
    title: str
    expected: str
    received: str
    mend: str
    reference: str = Field(description="where the scheme or SAML says so")
    where: str = Field("", description="element or attribute, by the name in the XML")
    line: int = Field(0, description="from 1; 0 if unknown")
    column: int = Field(0, description="from 1; 0 if unknown")
    docs: str = Field("", description="our page about the rule; the broker has it at /rules/<id>")
    mends: dict[str, str] = Field(
        default_factory=dict, description="library to the setting, for the one that made the message"
    )
    suppressed: str = Field("", description="why the configuration lets it pass")


class BrokenRule(_Open):
    """A check that could not run: that is the broker's fault, and no pass."""

    rule: str
    error: str


class RequestSeen(_Open):
    """What came in; empty where nothing of a request did."""

    binding: str | None = None
    sp: str | None = Field(None, description="entity id of the issuer")
    id: str | None = None
    relay_state: str | None = None
    level: str | None = Field(None, description="EH2, EH2+, EH3, EH4; null where none is asked")
    fields: dict[str, Any] | None = Field(None, description="what the AuthnRequest says, by name")
    findings: list[FindingSeen] | None = None
    xml: str | None = Field(None, description=f"decoded{_LONG}")
    raw: str | None = Field(
        None, description=f"the query, the form field SAMLRequest, or the SOAP answer, as it came{_LONG}"
    )


class Choices(Given):
    """Keys as in the YAML; null as long as nothing was chosen."""

    supplier: str | None
    how: Literal["person", "remembered", "scoping"] | None = Field(description="how the supplier was chosen")
    remembered: bool = Field(description="whether the browser remembered the supplier")
    organisation: str | None
    branch: str | None
    intermediary: str | None
    mandate: str | None
    consent: dict[str, Any] | None


class ReasonSeen(_Open):
    """Why a mandate did not fit, or what stopped the person before that."""

    code: str
    nl: str | None = None
    en: str | None = None
    place: str | None = Field(None, description="the line that decided")
    mandate: str | None = None
    step: str | None = None


class DecisionSeen(Given):
    outcome: str | None
    person: str | None
    level: str | None
    mandates: list[dict[str, Any]] = Field(description="those that let the person in")
    reasons: list[ReasonSeen]
    left_out: int = Field(description="how many more mandates there were")


class AnswerSeen(_Open):
    outcome: str
    status: list[str]
    message: str | None = None
    binding: str
    acs: str
    relay_state: str | None = None
    identifiers: list[dict[str, Any]] = Field(description="what is encrypted in it, in clear")
    decrypted: str | None = Field(None, description=f"the assertion, where it is encrypted as a whole{_LONG}")
    xml: str | None = Field(None, description=f"decoded{_LONG}")
    raw: str | None = Field(
        None, description=f"the form field SAMLResponse, or the SOAP answer to the ArtifactResolve{_LONG}"
    )


class StepSeen(Given):
    kind: str
    at: str = Field(description="by the broker's clock")
    after_ms: int = Field(description="real time since the first step")


class Times(Given):
    started_at: str
    ended_at: str | None
    duration_ms: int | None = Field(description="real time until the answer or the refusal")
    steps: list[StepSeen]


class ExchangeSeen(Given):
    id: str
    started_at: str
    tag: str = Field(description="the room in which it happened; empty for none")
    sp: str | None
    service: dict[str, Any] | None
    supplier: str | None
    person: str | None
    outcome: Literal[OUTCOMES]  # type: ignore[valid-type]
    request: RequestSeen
    findings: list[FindingSeen]
    broken_rules: list[BrokenRule] = Field(description="checks that could not run; none of them passed")
    choices: Choices
    decision: DecisionSeen | None
    answer: AnswerSeen | None
    resolve: list[dict[str, Any]]
    logout: list[dict[str, Any]]
    times: Times
    cut: list[str] = Field(description="what of this exchange is not here any more")
    events: list[dict[str, Any]] | None = Field(None, description=f"everything else, in order{_LONG}")


class ExchangeAlone(ExchangeSeen):
    dropped: Drops


class Exchanges(Given):
    exchanges: list[ExchangeSeen]
    cursor: str = Field(description="the login that ended last, or of a poll the last that was looked at")
    dropped: Drops


def _seconds(value: object) -> float:
    """``5s``, ``5`` or ``500ms``."""
    found = _WAIT.fullmatch(str(value))
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1) if found else -1
    if not 0 <= seconds <= polls.LONGEST:
        raise fault(
            f"{shown(str(value))} is not a time to wait", "5s", "500ms", f"at most {polls.LONGEST:g}s"
        )
    return seconds


_Said = Annotated[str, StringConstraints(max_length=1000)]
_Wait = Annotated[
    float, BeforeValidator(_seconds), WithJsonSchema({"type": "string", "examples": ["5s", "500ms"]})
]


class ExchangesQuery(Part):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    sp: _Said = Field("", description="entity id of the service provider")
    person: _Said = Field("", description="key of who logged in, or tried to")
    service: _Said = Field("", description="ServiceID, UUID or name of the service")
    outcome: Literal[("", *OUTCOMES)] = ""  # type: ignore[valid-type]
    tag: Tag = Field("", description="the room in which it happened")
    full: bool = Field(False, description="with messages and events")
    limit: int = Field(50, ge=1, le=MOST)
    before: _Said = Field("", description="the last exchange of the page before")
    wait: _Wait | None = Field(None, description="how long to wait for the next login that fits, at most 60s")
    since: _Said | None = Field(
        None,
        description="`cursor` of an answer, or an exchange: what ended since that one began, other than itself; "
        "`0` is the beginning",
    )


def add(calls: Calls, parts: Parts) -> None:
    log = parts.exchanges

    @calls(
        Operation(
            "GET",
            "/api/v1/exchanges",
            "Logins, newest first; or wait for the next",
            "exchanges",
            {200: Answer("those that fit", Exchanges)},
            query=ExchangesQuery,
            problems=(503,),
            more=_HOW,
        )
    )
    def list_() -> ResponseReturnValue:
        query = asked(ExchangesQuery)
        wanted = Wanted(query.sp, query.person, query.service, query.outcome, query.tag)
        if query.wait is None and query.since is None:
            cursor = parts.polls.cursor()
            found = log.recent(query.limit, query.before or None, wanted)
        else:
            one = _next(wanted, query)
            cursor, found = one.cursor, [one.exchange] if one.exchange else []
        shown_ = [told(exchange, full=query.full) for exchange in found]
        return answer({"exchanges": shown_, "cursor": cursor, "dropped": asdict(log.dropped())})

    @calls(
        Operation(
            "GET",
            "/api/v1/exchanges/{id}",
            "One login, with everything",
            "exchanges",
            {200: Answer("what came in, what was found and chosen, and what went out", ExchangeAlone)},
            problems=(404,),
        )
    )
    def get(id: str) -> ResponseReturnValue:  # noqa: A002
        found = log.get(id)
        if found is None:
            detail = f"the log has no exchange {shown(id)}; it keeps the newest 1000"
            raise Answered(404, "Not there", detail)
        return answer({**told(found), "dropped": asdict(log.dropped())})

    def _next(wanted: Wanted, query: ExchangesQuery) -> polls.Found:
        try:
            return parts.polls.next(wanted, query.since, query.wait or 0)
        except polls.UnknownCursor:
            message = f"the log has no exchange {shown(query.since or '')} (any more)"
            allowed = ("`cursor` of an answer", polls.BEGINNING)
            raise wrong([(("since",), Problem("", 0, 0, "since", message, allowed))]) from None
        except polls.TooMany as many:
            detail = (
                f"{many}, which is as many as this broker lets: look again without wait, or start it with more "
                "than its --threads"
            )
            raise Answered(503, "Too many wait", detail) from None
        except polls.Stopping:
            raise Answered(
                503, "Stopping", "the broker is being stopped: ask again when it is back"
            ) from None
