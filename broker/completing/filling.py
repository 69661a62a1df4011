"""What a person fills in on each page, by what the caller knows and what the register and the inbox have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker.completing import naming
from broker.completing.stops import CHOOSING, facts_of, stop_of
from broker.completing.who import Pick
from broker.completing.wish import Stop, Stopped, Unknown, Wish
from suppliers.accounts import secret_of
from suppliers.choice import FIELDS
from suppliers.desk import Desk
from suppliers.inbox import Filter
from suppliers.profiles import Profile
from suppliers.steps.consent import LEAVE
from suppliers.steps.login import BY_CARD, may_stay
from suppliers.visit import Kind, Screen, Visit

SECRET = frozenset({"password", "pin", "cardpin", "new_password", "repeat_password"})
"""Fields of which nobody gets to see what was filled in."""
ENDS = frozenset({"means", "level", "nochannel", "nomandate", "nomore", "refused", "ended", "unknown"})
"""Pages with nothing to fill in that leads on."""
_FIELDS = {str(kind): field for kind, field in FIELDS.items()}
# Most logins find their message among the newest few.
_LOOKED_AT = (20, 1000)


@dataclass(slots=True)
class Filler:
    """One person with one wish. ``client`` comes to be known on the page of the organisations, too."""

    desk: Desk
    wish: Wish
    pick: Pick
    client: str = ""

    def form(self, visit: Visit, screen: Screen) -> dict[str, str]:
        """What to send from a page that is not one of ENDS. Raises Stopped where that is not known, Unknown for
        nobody."""
        values = screen.values
        match screen.name:
            case "login":
                return self._login(visit, screen)
            case "card":
                means = self.pick.means
                number = means.username if means else self.pick.typed
                return {"card": number, "cardpin": self.wish.pin or self._secret(visit, screen)}
            case "channel":
                return {"channel": self._channel(visit, screen)}
            case "pin":
                return {"pin": self.wish.pin or self._sent(visit, screen)}
            case "app" | "qr":
                self._answer_phone(visit)
                return {}
            case "renew":
                new = self.wish.new_password or f"{self._secret(visit, screen)}-2"
                return {"new_password": new, "repeat_password": new}
            case "consent":
                return {item.field: "yes" for item in values["optional"] if self.wish.consent}
            case "missing":
                return {LEAVE: "yes"}
            case _:
                return {_FIELDS[screen.name]: self._option(visit, screen)}

    def _login(self, visit: Visit, screen: Screen) -> dict[str, str]:
        fields: tuple[str, ...] = screen.values["fields"]
        if not self.pick.typed:
            raise Unknown("person", "has no value: say who logs in")
        means = self.pick.means
        if means and means.card and "username" in fields:
            return {BY_CARD: "yes"}
        form = {"username": self.pick.typed} if "username" in fields else {}
        if "password" in fields or means is None:
            secret = self.wish.password or self._secret(visit, screen)
            form |= {"password": secret} if "password" in fields else {}
        if self.wish.stay_logged_in and "username" in fields and may_stay(visit, self._profile(visit)):
            form["stay"] = "yes"
        return form

    def _secret(self, visit: Visit, screen: Screen) -> str:
        """The password in force, or the PIN of a card: what the person knows by heart."""
        means = self.pick.means
        if means is None:
            raise Stopped(Stop(screen.step, screen.name, "no-means", text=self.pick.missing))
        secret = secret_of(means, self.desk.accounts.of(means, visit.ask.tag))
        if not secret:
            raise Stopped(
                stop_of(self.desk, visit, screen, "pin-needed" if means.card else "password-needed")
            )
        return secret

    def _channel(self, visit: Visit, screen: Screen) -> str:
        ways: Mapping[str, str] = screen.values["ways"]
        if self.wish.channel and self.wish.channel not in ways:
            raise Stopped(stop_of(self.desk, visit, screen, "choose-channel"))
        return self.wish.channel or next(iter(ways))

    def _sent(self, visit: Visit, screen: Screen) -> str:
        """The newest message first: an earlier PIN is worth nothing."""
        for most in _LOOKED_AT:
            for message in self.desk.inbox.list(most, wanted=Filter(supplier=visit.supplier)):
                if message.ask_id == visit.ask.id and message.code:
                    return message.code
        raise Stopped(stop_of(self.desk, visit, screen, "pin-needed"))

    def _answer_phone(self, visit: Visit) -> None:
        if visit.phone and not visit.phone.answer:
            self.desk.answer_phone(
                visit.phone.id,
                "refused" if self.wish.phone == "refuse" else "approved",
                ask_id=visit.ask.id,
                factor=visit.phone.factor,
            )

    def _option(self, visit: Visit, screen: Screen) -> str:
        options = screen.values["options"].all
        found = None
        if screen.name == Kind.MANDATE:
            if facts := facts_of(self.desk, visit):
                found, client = naming.organisation(options, self.wish, visit, facts)
                self.client = self.wish.client or client
        elif screen.name == Kind.CHAIN:
            # Where there is one intermediary nobody is asked which: the company that was named is its client.
            found = naming.client(options, self.client or self.wish.client or self.wish.company)
        else:
            found = naming.branch(options, self.wish.branch)
        if found is None:
            raise Stopped(stop_of(self.desk, visit, screen, CHOOSING[screen.name]))
        return found.value

    def _profile(self, visit: Visit) -> Profile:
        return self.desk.profiles[visit.supplier]
