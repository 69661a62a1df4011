"""What a scenario is: a name, the point of the road at which it acts, and the one function that acts there.

A group of scenarios is a module of functions with a tuple ``SCENARIOS``; ``catalogue.py`` puts the groups together.
Each function gets what it alters and the :class:`Case`, and gives it back altered; it reads the clock, the ids and the
keys from the case, and keeps nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from broker.wire.assertions import Facts, Issue, Party
from broker.wire.encryption import Recipient
from broker.wire.response import Status
from broker.wire.shape import Shape
from suppliers.ask import Ask, Names, Word

if TYPE_CHECKING:
    from broker.delivery import Delivery
    from broker.login import Login
    from broker.parts import Parts
    from suppliers.register.model import PersonRecord, Register


class Point(enum.StrEnum):
    """Where on the road a scenario acts, in the order in which a login comes by."""

    REQUEST = "request"
    WORLD = "world"
    DECISION = "decision"
    FACTS = "facts"
    RESPONSE = "response"
    DELIVERY = "delivery"
    ARTIFACT = "artifact"


ROAD = tuple(Point)


@dataclass(frozen=True, slots=True)
class Param:
    """What can be set of a scenario. ``kind`` says what a value looks like: ``seconds`` and ``number`` are whole
    numbers from ``least`` to ``most``, ``level`` is EH2, EH2+, EH3 or EH4, ``choice`` is one of ``choices``."""

    name: str
    default: str
    what: Names
    kind: Literal["text", "seconds", "number", "level", "choice"] = "text"
    least: int = 0
    most: int = 86_400
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """The login in which a scenario acts. ``params`` has a value for each of the scenario's; ``ask`` is there where
    the supplier asks (WORLD). Keys, ids, clock and store are in ``parts``."""

    parts: Parts
    login: Login
    params: Mapping[str, str]
    ask: Ask | None = None

    def text(self, name: str) -> str:
        return self.params[name]

    def number(self, name: str) -> int:
        return int(self.params[name])


@dataclass(frozen=True, slots=True)
class Draft:
    """A success, before any of it is built: what a FACTS scenario may alter.

    ``facts`` and ``issue`` are what our own assertion says, ``inner`` and ``inner_issue`` what the AD's and the MR's
    inside it say.
    ``hm`` issues and signs (entity id and key), ``recipient`` can read what is encrypted. ``request_id``,
    ``destination``, ``issued`` and ``answerer`` are the Response's own: its InResponseTo, Destination, times and ids,
    and who issues and signs it. ``shape`` says what is signed, and how. ``word`` is what the supplier said.
    """

    facts: Facts
    inner: Facts
    issue: Issue
    inner_issue: Issue
    issued: Issue
    hm: Party
    answerer: Party
    recipient: Recipient | None
    request_id: str
    destination: str
    shape: Shape
    word: Word


@dataclass(frozen=True, slots=True)
class ArtifactAnswer:
    """What goes back for an artifact that is good, before it is built: what an ARTIFACT scenario may alter.

    ``message`` is the Response as it was signed, None for a Success without one. ``body``, where it is set, goes out
    as it is, with ``http_status``. ``wait`` is for how many seconds the answer is held back; with ``drop`` the
    connection is closed without an answer.
    """

    message: bytes | None
    in_response_to: str
    hm: Party
    issue: Issue
    signed: bool = True
    http_status: int = 200
    body: bytes | None = None
    wait: float = 0.0
    drop: bool = False


OnRequest = Callable[[Case], Status]
OnWorld = Callable[["Register", "PersonRecord", Case], "Register"]
OnDecision = Callable[[Word, Case], "Word | Status"]
OnFacts = Callable[[Draft, Case], Draft]
OnResponse = Callable[[bytes, Case], bytes]
OnDelivery = Callable[["Delivery", Case], "Delivery"]
OnArtifact = Callable[[ArtifactAnswer, Case], ArtifactAnswer]
"""One type of function for each point. REQUEST and a DECISION that gives a Status end the login with that status;
a DECISION is only asked of a Word that permits. RESPONSE has the signed bytes of the Response, also where they go out
by artifact, and of every status."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``changes`` says what is another than in the good login, ``sp_must`` what the service provider has to make of
    it, ``reference`` is where that stands: a row of spec 6.2, a check of E, a variant's number.

    One that is ``hostile`` is an attack: it is armed for one service provider by name, or not at all. ``by_post``
    where only an answer by HTTP-POST can be so. ``decided`` are the events and pages of a visit that use up one
    of the WORLD; every other point uses it up by acting.
    """

    name: str
    title: Names
    group: str
    point: Point
    act: Callable[..., Any] = field(repr=False, compare=False)
    changes: Names
    sp_must: Names
    reference: str
    params: tuple[Param, ...] = ()
    hostile: bool = False
    by_post: bool = False
    decided: frozenset[str] = frozenset()

    def aimed(self, sp: str, person: str = "") -> None:
        """Raises NeedsProvider where an attack would be armed for whoever comes first, and NobodyYet where a person is
        named and it acts before anybody is known."""
        if self.hostile and not sp:
            raise NeedsProvider(self.name)
        if person and self.point is Point.REQUEST:
            raise NobodyYet(self.name)

    def filled(self, given: Mapping[str, str]) -> dict[str, str]:
        """A value for each parameter. Raises :class:`WrongParams` for one that is not known or not right."""
        wrong = [problem for name, value in given.items() if (problem := self._wrong(name, value))]
        if wrong:
            raise WrongParams(tuple(wrong))
        return {param.name: given.get(param.name, param.default) for param in self.params}

    def _wrong(self, name: str, value: str) -> tuple[str, str] | None:
        param = next((param for param in self.params if param.name == name), None)
        if param is None:
            known = ", ".join(param.name for param in self.params) or "none"
            return name, f"{self.name} has no such parameter; it has: {known}"
        if param.kind in ("seconds", "number"):
            right = (
                value.removeprefix("-").isascii() and value.removeprefix("-").isdigit() and len(value) < 10
            )
            if not right or not param.least <= int(value) <= param.most:
                return name, f"{value[:40]!r} is not a whole number from {param.least} to {param.most}"
        if param.kind == "level" and value not in ("EH2", "EH2+", "EH3", "EH4"):
            return name, f"{value[:40]!r} is not a level: EH2, EH2+, EH3, EH4"
        if param.kind == "choice" and value not in param.choices:
            return name, f"{value[:40]!r} is not one of {', '.join(param.choices)}"
        if len(value) > 500:
            return name, f"{len(value)} characters, where 500 is the most"
        return None


class WrongParams(ValueError):
    """``problems`` are pairs of a parameter's name and what is wrong with it."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems))
        self.problems = problems


class NeedsProvider(WrongParams):
    """An attack, armed without saying on whom."""

    def __init__(self, name: str) -> None:
        why = f"{name} is an attack: say by its entity id for which service provider, one that you may test"
        super().__init__((("sp", why),))


class NobodyYet(WrongParams):
    """Armed for a person, and it acts when the request comes, before anybody has logged in."""

    def __init__(self, name: str) -> None:
        why = f"{name} acts when the request comes, before it is known who logs in: name sp, service or relay_state"
        super().__init__((("person", why),))


class CannotAct(Exception):
    """There is nothing in this login that the scenario could alter: it goes on unaltered, and the exchange says why."""
