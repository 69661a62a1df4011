"""One login: the record, and its steps as plain functions. Every step decides again from the record.

asked ─ choose ─► chosen ─ finish ─► answered.  Cancel and refusals lead to answered too, or to nowhere.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from broker.catalogue import Service
from broker.parts import Parts
from broker.settings import LOGIN_LIFE
from broker.wire.metadata import SpMetadata
from suppliers.adapters import Adapter
from suppliers.ask import Ask, AskedService, Level, Offer, RequestedAttribute
from suppliers.rooms import enter, of_room

# Some list these among the extra attributes, against the rules; they come, or not, whatever is asked (spec 4).
NEVER_REQUESTED = re.compile(
    r"urn:etoegang:(core|1\.\d+:(EntityConcernedID|ServiceRestriction|IntermediateEntityID|attribute-intermediate)):"
)

KIND = "login"
OF_ROOM = "login-of-room"
KEEP = 24 * 3600.0


class State(enum.StrEnum):
    ASKED = "asked"
    CHOSEN = "chosen"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Login:
    """``id`` is in every URL of this login, and finds its exchange. ``level`` is what this login needs.

    ``scoped`` are the entity ids of authentication services to which the request limits the choice,
    ``requested`` and ``required`` the extra attributes that the request itself asks for. ``language_known`` once
    the person's browser has told which; it does not at a POST from another site. With ``remember`` the browser
    keeps the choice of supplier after a success; ``remembered`` is whether it came from there. ``tag`` is the room
    in which all of it happens (docs/tags.md).
    """

    id: str
    state: State
    created_at: datetime
    sp: str
    request_id: str
    acs_binding: str
    acs_url: str
    relay_state: str | None
    service_id: str
    level: Level
    force_authn: bool
    provider_name: str | None = None
    language: str = "nl"
    language_known: bool = False
    supplier: str | None = None
    version: str = "1.13"
    name_id_format: str | None = None
    scoped: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    remember: bool = True
    remembered: bool = False
    tag: str = ""


ADAPTER = Adapter(Login)


class LoginProblem(Exception):
    """This step cannot be taken; ``reason`` is a word for the page, ``detail`` for the log."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def keep(parts: Parts, login: Login) -> None:
    """It is under way from now on."""
    parts.store.put(KIND, login.id, ADAPTER.dump_json(login), keep=KEEP)
    if login.tag:
        # So that a room can be emptied without a look at all that others have.
        enter(parts.store, login.tag)
        parts.store.put(of_room(OF_ROOM, login.tag), login.id, b"", keep=KEEP)


def open_login(parts: Parts, login_id: str) -> Login:
    """The login of a URL. Raises LoginProblem: unknown, answered (ended) or late."""
    found = parts.store.get(KIND, login_id)
    if found is None:
        raise LoginProblem("unknown")
    login = ADAPTER.validate_json(found)
    if login.state is State.ANSWERED:
        raise LoginProblem("ended")
    if parts.seen_by(login.tag).now_of(login.sp) - login.created_at > LOGIN_LIFE:
        raise LoginProblem("late")
    return login


def service_of(parts: Parts, login: Login) -> tuple[SpMetadata, Service]:
    """Provider and service as they are now. Raises LoginProblem when either has gone meanwhile."""
    catalogue = parts.seen_by(login.tag).current.catalogue
    sp = catalogue.sps.get(login.sp)
    service = None if sp is None else catalogue.service_by_id(sp, login.service_id)
    if sp is None or service is None:
        raise LoginProblem("withdrawn", f"{login.sp} or {login.service_id} is no longer in the metadata")
    return sp, service


def offers(parts: Parts, login: Login) -> tuple[Offer, ...]:
    """The suppliers that reach level and identifier, alphabetical; of those only the ones that the request
    names, if it names any (spec 11.2)."""
    _, service = service_of(parts, login)
    return tuple(
        offer for offer in able(parts, service, login.level) if not login.scoped or offer.ad in login.scoped
    )


def able(parts: Parts, service: Service, level: Level) -> tuple[Offer, ...]:
    """The suppliers that can serve a login to this service at this level."""
    return tuple(
        offer
        for offer in parts.suppliers.offers()
        if offer.reaches(level) and offer.delivers(service.identifier_sets)
    )


def start(parts: Parts, login: Login) -> str:
    """The path of the first page: the choice, or the supplier that the request names (spec 11.2: then no screen).

    Raises LoginProblem as ``choose`` does.
    """
    found = offers(parts, login) if len(login.scoped) == 1 else ()
    if len(found) != 1:
        return f"/login/{login.id}"
    only = found[0]
    parts.exchanges.tell(login.id, "choice-skipped", {"why": "Scoping", "supplier": only.slug})
    return choose(parts, login, only.slug)


def choose_again(parts: Parts, login: Login, slug: str | None) -> str | None:
    """Where a browser that remembers this supplier goes at once (spec 9): the path of that supplier's first page.

    None where there is a choice to make: nothing is remembered, it is not offered here, or this person has seen
    the choice, and came back to it. Raises LoginProblem as ``choose`` does.
    """
    if login.state is not State.ASKED or slug not in {offer.slug for offer in offers(parts, login)}:
        return None
    parts.exchanges.tell(login.id, "choice-skipped", {"why": "remembered", "supplier": slug})
    return choose(parts, login, str(slug), remembered=True)


def choose(parts: Parts, login: Login, slug: str, *, remember: bool = True, remembered: bool = False) -> str:
    """Go to a supplier; the path of its first page. Raises LoginProblem for one that was not offered."""
    _, service = service_of(parts, login)
    if slug not in {offer.slug for offer in offers(parts, login)}:
        parts.exchanges.tell(login.id, "choice-refused", {"supplier": slug})
        raise LoginProblem("not-offered", slug)
    chosen = replace(login, state=State.CHOSEN, supplier=slug, remember=remember, remembered=remembered)
    if not _move(parts, login, chosen):
        raise LoginProblem("ended")
    parts.exchanges.tell(login.id, "choice", {"supplier": slug})
    return parts.suppliers.open(slug, _ask(parts, chosen, service))


def set_language(parts: Parts, login: Login, language: str) -> Login:
    """In this language from here on."""
    changed = replace(login, language="en" if language == "en" else "nl", language_known=True)
    if changed == login:
        return login
    return changed if _move(parts, login, changed) else login


def language_of(parts: Parts, login_id: str) -> str | None:
    """For a page that says why this login cannot go on; None where there is no such login."""
    found = parts.store.get(KIND, login_id)
    login = None if found is None else ADAPTER.validate_json(found)
    return login.language if login and login.language_known else None


def close(parts: Parts, login: Login) -> None:
    """Mark it answered: of two that try at once, one does. Raises LoginProblem for the other."""
    if not _move(parts, login, replace(login, state=State.ANSWERED)):
        raise LoginProblem("ended")


def origin(url: str) -> str:
    """Scheme, host and port of a URL, as a Content-Security-Policy writes them."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"


def requested(parts: Parts, login: Login, service: Service) -> tuple[RequestedAttribute, ...]:
    """The extra attributes that this login asks for (spec 4.4): those of the service, in its order.

    Those of the request itself (Extensions) come after them. Under saml the attributes are always the same, and
    isRequired is a wish.
    """
    current = parts.seen_by(login.tag).current
    sp = current.catalogue.sps.get(login.sp)
    if sp is None or current.is_saml(sp):
        return ()
    return requested_of(service, login.requested, login.required)


def requested_of(
    service: Service, beside: Iterable[str] = (), required: Iterable[str] = ()
) -> tuple[RequestedAttribute, ...]:
    """What the service asks, and then what a request asks ``beside`` that."""
    needed = {*service.required, *required}
    return tuple(
        RequestedAttribute(name, service.purposes.get(name), name in needed)
        for name in dict.fromkeys((*service.attributes, *beside))
        if not NEVER_REQUESTED.match(name)
    )


def _ask(parts: Parts, login: Login, service: Service) -> Ask:
    return Ask(
        id=login.id,
        service=AskedService(
            service_id=service.service_id,
            uuids=(service.uuid, service.instance_uuid),
            name=service.name,
            provider_id=login.sp,
            provider=service.provider,
        ),
        level=login.level,
        identifier_sets=service.identifier_sets,
        return_path=f"/login/{login.id}/return",
        choice_path="" if len(login.scoped) == 1 else f"/login/{login.id}",
        return_origins=(origin(login.acs_url),),
        branches_accepted=service.branches_accepted,
        force_authn=login.force_authn,
        language=login.language,
        requested=requested(parts, login, service),
        remembered=login.remembered,
        until=login.created_at + LOGIN_LIFE,
        tag=login.tag,
    )


def _move(parts: Parts, old: Login, new: Login) -> bool:
    return parts.store.swap(KIND, old.id, ADAPTER.dump_json(old), ADAPTER.dump_json(new))
