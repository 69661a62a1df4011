"""What console and API say of the means of people, and do with them, in the room of ``parts``. Never a password or a
PIN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broker.parts import Parts
from suppliers.accounts import MOST_WRONG, Account, Standing, must_renew, standing
from suppliers.desk import Desk
from suppliers.profiles import Profile
from suppliers.register.days import dutch_day
from suppliers.register.model import Means, MeansStatus, PersonRecord
from suppliers.steps.others import can_be_told

STATES = (*(str(state) for state in Standing), "no-channel", "must-renew")
"""What a means can be: the Standing, and for one that is active what a login with it would meet."""
CHANGES = ("unblock", "reset")


class MeansProblem(Exception):
    """Why a means is not changed, with the HTTP status that says so."""

    def __init__(self, status: int, title: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.title, self.reason = status, title, reason


def having(
    parts: Parts, desk: Desk, *, text: str = "", supplier: str = "", state: str = "", every: bool = False
) -> list[dict[str, Any]]:
    """Those in whose person, e-mail address or user name ``text`` stands, in the order of the file. Unless
    ``every``, only those of which there is something to tell: a state, wrong tries, another password."""
    wanted = text.strip().casefold()
    people = [
        (person, means)
        for person in parts.current.register.people.values()
        for means in person.means
        if supplier in ("", means.supplier)
        and (not wanted or any(wanted in said.casefold() for said in _said(person, means)))
    ]
    accounts = desk.accounts.of_all((means for _, means in people), parts.tag)
    found = (
        described(parts, desk, person, means, account)
        for (person, means), account in zip(people, accounts, strict=True)
    )
    return [item for item in found if state in ("", item["state"]) and (every or _is_notable(item))]


def change(
    parts: Parts, desk: Desk, what: str, supplier: str, username: str, *, card: bool
) -> dict[str, Any]:
    """Unblock, or put the password of the file back; what the means is now. Raises MeansProblem."""
    if supplier not in desk.profiles:
        known = ", ".join(sorted(desk.profiles))
        raise MeansProblem(
            404, "No such supplier", f"there is no supplier {supplier[:100]!r}; there are {known}"
        )
    found = parts.current.register.login(supplier, username, card=card)
    if found is None:
        kind = "card" if card else "user name"
        raise MeansProblem(404, "No such means", f"{supplier} has no {kind} {username[:100]!r}")
    person, means = found
    if what == "unblock":
        if means.status is MeansStatus.BLOCKED:
            raise MeansProblem(409, "The file blocks it", f"change status: blocked at {means.place}")
        desk.accounts.unblock(means, parts.tag)
    elif card:
        raise MeansProblem(409, "A card has no password", "its PIN is that of the file, always")
    else:
        desk.accounts.reset_password(means, parts.tag)
    return described(parts, desk, person, means, desk.accounts.of(means, parts.tag))


def described(
    parts: Parts, desk: Desk, person: PersonRecord, means: Means, account: Account
) -> dict[str, Any]:
    today = dutch_day(parts.now_of(None))
    state = str(standing(means, account, today))
    if state == Standing.ACTIVE:
        state = _of_active(person, means, account, desk.profiles)
    return {
        "supplier": means.supplier,
        "username": means.username,
        "card": means.card,
        "person": person.key,
        "name": person.name,
        "level": means.level.label,
        "state": state,
        "until": means.until.isoformat() if means.until else None,
        "wrong": account.wrong,
        "left": max(0, MOST_WRONG - account.wrong),
        "password_changed": account.password is not None,
        "can_unblock": account.wrong > 0 and means.status is not MeansStatus.BLOCKED,
        "place": str(means.place),
    }


def _of_active(person: PersonRecord, means: Means, account: Account, profiles: Mapping[str, Profile]) -> str:
    profile = profiles.get(means.supplier)
    if profile and not can_be_told(person, means, profile):
        return "no-channel"
    return "must-renew" if must_renew(means, account) else str(Standing.ACTIVE)


def _said(person: PersonRecord, means: Means) -> tuple[str, ...]:
    return person.key, person.name, person.email or "", means.username


def _is_notable(item: Mapping[str, Any]) -> bool:
    return bool(item["state"] != Standing.ACTIVE or item["wrong"] or item["password_changed"])
