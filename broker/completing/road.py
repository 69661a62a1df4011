"""The road from the choice of a supplier to the answer, page by page, as a person goes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from broker import answer
from broker.completing import naming
from broker.completing.filling import ENDS, SECRET, Filler
from broker.completing.stops import stop_of
from broker.completing.who import Pick, pick
from broker.completing.wish import CHOICE, RETURN, Choice, Stop, Stopped, Taken, Wish
from broker.delivery import Delivery
from broker.login import Login, LoginProblem, State, choose, open_login, set_language
from broker.parts import Parts
from suppliers.ask import Mandated, Outcome, Word
from suppliers.desk import Desk
from suppliers.visit import At, Leave, Screen, Visit

EVENT = "completed-over-api"
KIND = "completing"
# For a process that died on the way: far longer than a call takes.
_KEEP_SECONDS = 60.0
_MOST_PAGES = 50
_FACTORS = ("pin", "app", "qr")
# What was sent is worth nothing any more: the only way on is to ask for another.
_OVER = ("late", "blocked", "refused", "used", "")


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer to a login, and the pages on the way to it."""

    id: str
    delivery: Delivery
    taken: tuple[Taken, ...]


class Busy(Exception):
    """Another call is completing this login now."""


def complete(parts: Parts, desk: Desk, login_id: str, wish: Wish) -> Completed:
    """To the answer. Raises LoginProblem as the pages meet it, Busy, Unknown, and Stopped: after that one may call
    again."""
    with _alone(parts, login_id):
        login = open_login(parts, login_id)
        parts = parts.seen_by(login.tag)
        if wish.language:
            login = set_language(parts, login, wish.language)
        road = _Road(parts, desk, login, wish)
        try:
            delivery = road.to_the_answer()
        except Stopped as stopped:
            raise Stopped(stopped.stop, road.taken) from None
        return Completed(login_id, delivery, tuple(road.taken))


def cancel(parts: Parts, desk: Desk, login_id: str) -> Completed:
    """ "Annuleren" on the page at hand, whichever it is. Raises LoginProblem and Busy."""
    with _alone(parts, login_id):
        login = open_login(parts, login_id)
        road = _Road(parts.seen_by(login.tag), desk, login, Wish())
        return Completed(login_id, road.cancelled_here(), tuple(road.taken))


@contextmanager
def _alone(parts: Parts, login_id: str) -> Iterator[None]:
    """Of two calls at once one goes: else each would use up what the other needs."""
    open_login(parts, login_id)
    if not parts.store.add(KIND, login_id, b"", keep=_KEEP_SECONDS):
        raise Busy(login_id)
    try:
        yield
    finally:
        parts.store.delete(KIND, login_id)


class _Road:
    """One call on its way. ``taken`` grows with each page that is behind it."""

    def __init__(self, parts: Parts, desk: Desk, login: Login, wish: Wish) -> None:
        self.parts = parts
        self.desk = desk
        self.login = login
        self.wish = wish
        self.taken: list[Taken] = []

    def to_the_answer(self) -> Delivery:
        if self.wish.cancel == CHOICE and self._has_choice:
            return self._cancelled_at_broker(CHOICE)
        word = self._word()
        if word is None or not self._is_wanted(word):
            self._past_supplier()
            word = self._word()
        if word and word.outcome is not Outcome.CANCELLED:
            if self.wish.cancel:
                raise Stopped(Stop(0, RETURN, "cancel-not-reached"))
            if other := self._unlike(word):
                raise Stopped(Stop(0, RETURN, other, options=_given(word.mandate)))
        return self._finish()

    def cancelled_here(self) -> Delivery:
        if self.login.state is State.ASKED:
            return self._cancelled_at_broker(CHOICE)
        if self._word() is not None:
            # The supplier is done. What is left of the road is the broker's, where one can stop too.
            return self._cancelled_at_broker(RETURN)
        slug = str(self.login.supplier)
        _, to = self.desk.enter(slug, self.login.id)
        if isinstance(to, At):
            _, page = self.desk.show(slug, self.login.id, to.step)
            self._took(to.step, page.name if isinstance(page, Screen) else RETURN, {"cancel": "yes"})
        self.desk.cancel(slug, self.login.id)
        return self._finish()

    @property
    def _has_choice(self) -> bool:
        """Whether a person gets to see "Maak een keuze"; not where the request named the supplier."""
        return self.login.state is State.ASKED or len(self.login.scoped) != 1

    def _cancelled_at_broker(self, page: str) -> Delivery:
        self._took(0, page, {"cancel": "yes"})
        self._tell()
        return answer.cancel(self.parts, self.login)

    def _finish(self) -> Delivery:
        self._tell()
        return answer.finish(self.parts, self.login)

    def _tell(self) -> None:
        """Before the answer, so that whoever waits for the end of an exchange gets all of it."""
        pages = [one.page for one in self.taken]
        self.parts.exchanges.tell(self.login.id, EVENT, {"pages": pages})

    def _word(self) -> Word | None:
        if self.login.state is not State.CHOSEN:
            return None
        word = self.parts.suppliers.word(self.login.id)
        return word if word and word.supplier == self.login.supplier else None

    def _is_wanted(self, word: Word) -> bool:
        """Whether what the supplier said before this call will do; else the person goes back to the choice."""
        if self.wish.cancel:
            return False
        if not self.wish.person or word.person is None:
            return not self._unlike(word)
        wanted = pick(self.parts, self.desk, self.login, self.wish)
        known = wanted.person.key if wanted.person else ""
        return (known, wanted.supplier) == (word.person.key, word.supplier) and not self._unlike(word)

    def _unlike(self, word: Word) -> str:
        return naming.unlike(word, self.wish, self.parts.current.register)

    # ---- at the supplier ----

    def _past_supplier(self) -> None:
        """To where the supplier has its Word."""
        filler = Filler(self.desk, self.wish, self._pick())
        n = self._begin(filler.pick)
        slug, login_id = filler.pick.supplier, self.login.id
        for _ in range(_MOST_PAGES):
            visit, to = self.desk.show(slug, login_id, n)
            if visit and isinstance(to, Screen) and to.name not in ENDS:
                visit, to = self._turn(visit, to, filler)
            if isinstance(to, Leave):
                return
            if isinstance(to, Screen):
                if self._cancels(to):
                    self._took(to.step, to.name, {"cancel": "yes"})
                    self.desk.cancel(slug, login_id)
                    return
                if to.name in ("ended", "unknown"):
                    raise LoginProblem("late" if to.values.get("why") == "late" else "ended")
                raise Stopped(stop_of(self.desk, visit, to))
            n = to.step
        raise Stopped(Stop(n, "", "no-end"))

    def _turn(self, visit: Visit, screen: Screen, filler: Filler) -> tuple[Visit | None, At | Leave | Screen]:
        """Fill in one page and send it, or press another button that it has."""
        slug, login_id, n = visit.supplier, self.login.id, screen.step
        if self._cancels(screen):
            return visit, screen
        if screen.name in _FACTORS:
            if self.wish.channel not in ("", visit.channel):
                return visit, self._other_way(visit, screen)
            given_up = screen.name != "pin" and self.wish.phone == "refuse"
            if screen.values["state"] in _OVER and not given_up:
                self._took(n, screen.name, {"resend": "yes"})
                return self.desk.resend(slug, login_id, n)
        form = filler.form(visit, screen)
        after, to = self.desk.act(slug, login_id, n, form)
        if not isinstance(to, Screen):
            self._took(n, screen.name, form)
        return after, to

    def _other_way(self, visit: Visit, screen: Screen) -> At:
        """Back to the page on which to choose the way that the wish names."""
        _, back = self.desk.show(visit.supplier, self.login.id, screen.back)
        if isinstance(back, Screen) and back.name == "channel":
            return At(screen.back)
        only = Choice(visit.channel, visit.pin.address if visit.pin else visit.channel)
        raise Stopped(replace(stop_of(self.desk, visit, screen, "choose-channel"), options=(only,)))

    def _cancels(self, screen: Screen) -> bool:
        asks_password = "password" in screen.values.get("fields", ())
        return screen.name == self.wish.cancel or (self.wish.cancel == "password" and asks_password)

    def _pick(self) -> Pick:
        if not self.wish.person and self.login.supplier:
            # A call that goes on: whoever said who they are before.
            visit = self.desk.under_way(self.login.supplier, self.login.id)
            if visit and visit.person:
                known = replace(self.wish, person=visit.person, means=self.wish.means or visit.username)
                return pick(self.parts, self.desk, self.login, known)
        return pick(self.parts, self.desk, self.login, self.wish)

    def _begin(self, chosen: Pick) -> int:
        """Go to this supplier where the login is not there yet; the page to begin at."""
        slug, login = chosen.supplier, self.login
        if login.state is State.CHOSEN and login.supplier == slug and self._word() is None:
            visit, to = self.desk.enter(slug, login.id, language=self.wish.language)
            if visit and isinstance(to, At):
                same = chosen.typed.casefold() in ("", visit.username.casefold())
                return to.step if same else 1
        self._took(0, CHOICE, {"supplier": slug})
        choose(self.parts, login, slug)
        self.login = open_login(self.parts, login.id)
        return 1

    def _took(self, n: int, page: str, form: Mapping[str, str]) -> None:
        gave = {name: None if name in SECRET else value for name, value in form.items()}
        self.taken.append(Taken(n, page, gave))


def _given(mandate: Mandated | None) -> tuple[Choice, ...]:
    """What there was, where it is not what was asked for."""
    if mandate is None:
        return ()
    found = [mandate.company, *([mandate.intermediary] if mandate.intermediary else [])]
    listed = [
        Choice(one.key, one.name, one.identifiers.get("KvKnr"), one.identifiers.get("RSIN")) for one in found
    ]
    return (*listed, Choice(mandate.branch, mandate.branch)) if mandate.branch else tuple(listed)
