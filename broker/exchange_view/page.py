"""Everything that the page of one exchange shows, put together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from broker.exchange_view import assertion
from broker.exchange_view.listing import MOST_SHOWN, Marked, Row, rows
from broker.exchange_view.messages import Message, messages
from broker.exchange_view.picture import picture
from broker.exchange_view.reproduce import Doors, curl
from broker.exchange_view.signatures import Covered, Keyring, in_message, in_query
from broker.exchange_view.source import Source
from broker.exchange_view.steps import Step, steps, waits
from broker.exchange_view.summary import Found, Summary, findings, summary
from broker.exchanges import Event, Exchange
from broker.wire.names import HTTP_REDIRECT
from broker.wire.xml import XmlProblem, child, parse, text_of

MOST_MESSAGES = 16
"""Written out on the page; of the others there are the downloads."""
SECOND_SHOWN = 15_000
"""Characters of what is folded on the page: the other form of a message, what is inside of it."""
FOLDED_LINES = 60
MOST_EVENT_TEXT = 4_000
MOST_EVENTS = 300


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the page shows it: ``main`` is open, ``other`` is folded. ``general`` are findings about no one
    place in it."""

    message: Message
    written: bool
    laid_out: bool = False
    main: tuple[Row, ...] = ()
    other: tuple[Row, ...] = ()
    general: tuple[Marked, ...] = ()
    signatures: tuple[Covered, ...] = ()
    inner: tuple[Covered, ...] = ()
    told: assertion.Told | None = None
    advice: tuple[tuple[Row, ...], ...] = ()
    plain: tuple[Row, ...] = ()
    curl: str = ""

    @property
    def folded(self) -> bool:
        """A long message that nothing was found in is there for who wants it."""
        return len(self.main) > FOLDED_LINES and not any(row.marked for row in self.main)

    @property
    def all_hold(self) -> bool:
        return all(one.valid for one in (*self.signatures, *self.inner))


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as it stands in the log, without what has a place of its own on the page."""

    step: Step
    rest: str
    scenario: bool


@dataclass(frozen=True, slots=True)
class View:
    summary: Summary
    findings: tuple[Found, ...]
    broken: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    waits: str
    picture: Markup
    messages: tuple[Listed, ...]
    events: tuple[Shown, ...]
    left_out: int
    tag: str


def view(exchange: Exchange, keyring: Keyring, doors: Doors, now: datetime) -> View:
    """``now`` is the time at the service provider of this exchange."""
    sent = messages(exchange)
    found = findings(exchange, sent)
    taken = steps(exchange)
    waiting = waits(exchange)
    return View(
        summary=summary(exchange, found),
        findings=tuple(found),
        broken=tuple(
            (str(entry["rule"]), str(entry["error"]))
            for event in exchange.events
            for entry in event.data.get("broken_rules", ())
        ),
        steps=tuple(taken),
        waits=waiting,
        picture=picture(taken, waiting, "Wat er gebeurde, van verzoek tot antwoord"),
        messages=tuple(
            _listed(
                message, exchange, [one for one in found if one.message == message.n], keyring, doors, now
            )
            for message in sent
        ),
        events=tuple(
            _event(event, step) for event, step in zip(exchange.events, taken[:MOST_EVENTS], strict=False)
        ),
        left_out=max(0, len(taken) - MOST_EVENTS),
        tag=str(exchange.last("request").get("tag") or ""),
    )


def signatures(message: Message, keyring: Keyring) -> tuple[list[Covered], list[Covered]]:
    """Those of a message, and those in the assertion that was sealed in it."""
    found = in_message(message.xml, keyring)
    if message.binding == HTTP_REDIRECT and message.sent:
        issuer = next((one.issuer for one in found), "") or _issuer(message)
        if in_the_query := in_query(message.sent, issuer, keyring):
            found.insert(0, in_the_query)
    return found, in_message(message.decrypted.encode(), keyring) if message.decrypted else []


def _issuer(message: Message) -> str:
    try:
        return text_of(child(parse(message.xml), "saml:Issuer")) or ""
    except XmlProblem:
        return ""


def _listed(
    message: Message,
    exchange: Exchange,
    found: Sequence[Found],
    keyring: Keyring,
    doors: Doors,
    now: datetime,
) -> Listed:
    if message.n > MOST_MESSAGES:
        return Listed(message, written=False)
    source = Source.of(message.xml)
    marked = [Marked(one.number, one.finding, source.place(one.finding)) for one in found]
    laid_out = source.laid_out
    forms = [source.as_sent()] if laid_out else [source.indented()]
    # The other form too where it says more: one that somebody laid out is read as it came; in one line there is
    # little to read, but a finding has its line and column there.
    if source.well_formed and (laid_out or any(one.offset is not None for one in marked)):
        forms.append(source.indented() if laid_out else source.as_sent())
    main, *other = [
        rows(source, form, marked, most)
        for form, most in zip(forms, (MOST_SHOWN, SECOND_SHOWN), strict=False)
    ]
    event = exchange.events[message.event - 1]
    own, inner = signatures(message, keyring)
    told = None
    if message.direction == "out":
        answer = exchange.last("answer")
        told = assertion.told(
            message.xml,
            message.decrypted or str(answer.get("decrypted") or ""),
            answer.get("identifiers") or (),
            event.at,
            now,
        )
        if event.kind == "resolve" and told and told.own:
            # It is the answer above once more, in an envelope.
            told = replace(told, own=None, advice=())
    plain = Source.of(message.decrypted.encode()) if message.decrypted else None
    return Listed(
        message,
        written=True,
        laid_out=laid_out,
        main=main,
        other=other[0] if other else (),
        general=tuple(one for one in marked if one.offset is None),
        signatures=tuple(own),
        inner=tuple(inner),
        told=told,
        advice=tuple(_pretty(statement.xml) for statement in told.advice) if told else (),
        plain=rows(plain, plain.indented(), (), SECOND_SHOWN) if plain else (),
        curl=curl(message, doors),
    )


def _pretty(xml: bytes) -> tuple[Row, ...]:
    source = Source.of(xml)
    return rows(source, source.indented(), (), SECOND_SHOWN)


def _event(event: Event, step: Step) -> Shown:
    """The findings and the messages have a place of their own."""
    rest = {key: value for key, value in event.data.items() if key not in _ELSEWHERE}
    text = json.dumps(rest, indent=2, ensure_ascii=False) if rest else ""
    if len(text) > MOST_EVENT_TEXT:
        text = f"{text[:MOST_EVENT_TEXT]}\n… {len(text) - MOST_EVENT_TEXT} tekens meer, in de API"
    return Shown(step, text, event.kind == "scenario")


_ELSEWHERE = frozenset({"xml", "raw", "findings", "decrypted", "broken_rules"})
