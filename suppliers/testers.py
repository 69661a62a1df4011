"""The panel "Voor testers": who could log in here, whether it would work, and what to fill in for them.

Test data only, and only as long as the setting lets it: ``desk.Desk.testers`` asks that at each page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from pathlib import PurePath

from suppliers.foresee import Foresight, Verdict
from suppliers.register.model import Means, PersonRecord
from suppliers.steps.pin import pin_state
from suppliers.visit import Facts, Screen, Visit

MOST_CARDS = 12
MOST_LOOKED_AT = 100
"""So many people are looked at for one page, at about 0.13 ms each, or 0.03 where it is remembered what
would happen. A supplier with more clients shows nobody until a tester searches: a dozen picked by chance would help
nobody."""
# The pages that stop somebody: who else could be tried?
_ENDS = ("means", "level", "nochannel", "nomandate", "missing", "refused")


@dataclass(frozen=True, slots=True)
class Card:
    """One person with one means here. ``current`` is whoever this visit is of; ``here`` says that this very page can
    be filled in for them, else the first page can."""

    person: PersonRecord
    means: Means
    verdict: Verdict
    current: bool = False
    here: bool = False

    @property
    def line(self) -> str:
        """The line of the YAML that decides, without the folder; empty for what came over the API."""
        place = self.verdict.place
        return f"{PurePath(place.file).name}:{place.line}" if place.file else ""

    @property
    def fills(self) -> bool:
        """There is no sense in starting again as the person one is already."""
        return self.here or not self.current


@dataclass(frozen=True, slots=True)
class Panel:
    """``searched`` is what the tester looked for, None where they did not; ``everybody`` is whether people besides
    ``current`` were looked at, and ``left_out`` how many more there are. ``fill`` are values for the fields of this
    page, ``code`` is the PIN that was sent last for this visit, and ``app`` whether a phone waits for the tester.
    ``reset`` is the panel of a forgotten password, whose cards say who gets a link.
    """

    cards: tuple[Card, ...] = ()
    searched: str | None = None
    everybody: bool = True
    left_out: int = 0
    fill: Mapping[str, str] = field(default_factory=dict, repr=False)
    code: str = field(default="", repr=False)
    app: bool = False
    reset: bool = False


def panel(
    visit: Visit,
    screen: Screen,
    facts: Facts,
    *,
    searched: str | None = None,
    fill: str = "",
    foresight: Foresight | None = None,
) -> Panel:
    """What the panel on this page shows. ``fill`` is the user name (or card number) of whoever to fill in;
    ``foresight`` remembers what it foresaw at earlier pages.

    Everybody is looked at where it is asked who one is, where the road ends, and where a tester searches; on the
    pages between only whoever the visit is of, so that a login is not slowed for people who never look.
    """
    facts = replace(facts, account=cache(facts.account), held=cache(facts.held))
    holder = facts.holder(visit)
    everybody = holder is None or screen.step <= 1 or screen.name in _ENDS or searched is not None
    verdict = (foresight or Foresight()).of(visit.ask, facts, alone=visit.alone)
    cards, left_out = _cards(
        visit, screen, facts, verdict, searched if everybody else None, everybody=everybody
    )
    found = facts.register.login(facts.profile.slug, fill, card=screen.name == "card")
    return Panel(
        cards=cards,
        searched=searched,
        everybody=everybody,
        left_out=left_out,
        fill=_fill(visit, screen, facts, found[1]) if fill and found else {},
        code=_code(visit, screen, facts),
        app=screen.name in ("app", "qr"),
    )


def _cards(
    visit: Visit,
    screen: Screen,
    facts: Facts,
    verdict: Callable[[PersonRecord, Means], Verdict],
    searched: str | None,
    *,
    everybody: bool,
) -> tuple[tuple[Card, ...], int]:
    """The cards, and how many people there are besides."""
    clients = facts.register.clients(facts.profile.slug)
    holder = facts.holder(visit)
    wanted = (searched or "").strip().casefold()
    few = len(clients) <= MOST_LOOKED_AT

    def card(person: PersonRecord, means: Means) -> Card:
        current = holder is not None and holder[1] is means
        return Card(
            person, means, verdict(person, means), current, here=bool(_fill(visit, screen, facts, means))
        )

    def is_named(person: PersonRecord, means: Means) -> bool:
        return wanted in person.name.casefold() or wanted in means.username.casefold()

    here: Iterable[tuple[PersonRecord, Means]] = ()
    if everybody and (few or wanted):
        # Among many only names are searched: what would happen is looked up of nobody but the first of those.
        here = (one for one in clients if (one[1].card or screen.name != "card") and (few or is_named(*one)))
    found = [card(*one) for one in islice(here, MOST_LOOKED_AT)]
    left_out = sum(1 for _ in here) if wanted else 0 if few or not everybody else len(clients)
    found = [one for one in found if is_named(one.person, one.means) or happens(wanted, one.verdict)]
    if holder and not any(one.current for one in found) and not wanted:
        found.insert(0, card(*holder))
    return tuple(chosen(found)), left_out + max(0, len(found) - MOST_CARDS)


def happens(wanted: str, verdict: Verdict) -> bool:
    """Whether a search is for what happens to people, rather than for their names."""
    return any(wanted in text.casefold() for reason in verdict.reasons for text in (reason.nl, reason.en))


def chosen(cards: list[Card]) -> list[Card]:
    """At most a dozen: whoever the visit is of, one for each thing that can happen to people here, and then more of
    those who pass. Those who pass stand first, but leave room for those who do not."""
    seen: set[str] = set()
    kinds: list[Card] = []
    rest: list[Card] = []
    for card in cards:
        (rest if card.verdict.kind in seen and not card.current else kinds).append(card)
        seen.add(card.verdict.kind)
    passing = [card for card in kinds if card.verdict.passes]
    failing = [card for card in kinds if not card.verdict.passes]
    more = sorted(rest, key=lambda card: not card.verdict.passes)
    chosen = [*passing[: MOST_CARDS // 2], *failing, *passing[MOST_CARDS // 2 :], *more][:MOST_CARDS]
    return sorted(chosen, key=lambda card: (not card.current, not card.verdict.passes))


def _fill(visit: Visit, screen: Screen, facts: Facts, means: Means) -> dict[str, str]:
    """The values for this page's fields; none for a means that this page is not about."""
    holder = facts.holder(visit)
    theirs = holder is not None and holder[1] is means
    if screen.name == "card" and means.card:
        return {"card": means.username, "cardpin": means.pin or ""}
    if screen.name == "pin" and theirs:
        return {"pin": code} if (code := _code(visit, screen, facts)) else {}
    fields = screen.values.get("fields", ()) if screen.name == "login" else ()
    if means.card or not (theirs or "username" in fields):
        return {}
    known = {"username": means.username, "password": facts.account(means).password or means.password}
    return {name: value for name, value in known.items() if name in fields}


def _code(visit: Visit, screen: Screen, facts: Facts) -> str:
    """The PIN on its page, as long as it is good for anything."""
    if screen.name != "pin" or visit.pin is None or pin_state(visit.pin, facts.now) != "open":
        return ""
    return visit.pin.code
