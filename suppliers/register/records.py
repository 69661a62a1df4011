"""Records out of parts that have been checked, for whoever read the parts: from YAML, from CSV, or made up."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from suppliers.ask import Names
from suppliers.register.model import CompanyRecord, Mandate, Means, PersonRecord, Place, ServiceRecord
from suppliers.register.schema import (
    UUID,
    CompanyPart,
    MandatePart,
    MeansPart,
    NamesPart,
    PersonPart,
    ServicePart,
)

ANY_SERVICE = "*"


class Called(Protocol):
    """What services and their providers are called; see ``loader.ServiceNames``."""

    service_ids: Mapping[str, str]

    def called(self, text: str) -> list[str]: ...

    def providers_called(self, text: str) -> list[str]: ...


def service_record(key: str, part: ServicePart, place: Place) -> ServiceRecord:
    return ServiceRecord(
        key=key,
        service_id=part.service_id,
        uuid=part.uuid or _derived(part.service_id, "definition"),
        instance_uuid=part.instance_uuid or _derived(part.service_id, "instance"),
        name=_names(part.name),
        provider=_names(part.provider),
        level=part.level,
        identifier_sets=tuple(map(tuple, part.identifiers)),
        branches_accepted=part.branches,
        place=place,
    )


def company_record(key: str, part: CompanyPart, place: Place) -> CompanyRecord:
    return CompanyRecord(
        key, part.name, part.kvk, part.rsin, part.branches, place, part.manager, part.approves
    )


def means_record(part: MeansPart, place: Place) -> Means:
    return Means(
        supplier=part.supplier,
        username=part.card or part.username or "",
        password=part.password or "",
        level=part.level,
        pin=part.pin,
        place=place,
        card=part.card is not None,
        status=part.status,
        until=part.until,
        renew=part.renew,
        app=part.app,
    )


def person_record(key: str, part: PersonPart, means: Sequence[Means], place: Place) -> PersonRecord:
    return PersonRecord(key, part.name, part.email, part.phone, part.attributes, tuple(means), place)


class MandateRecords:
    """Makes mandates, each with an id of its own: the one that is written, else one that says what it is.

    ``taken`` holds the ids that are written anywhere and those of mandates made before.
    """

    def __init__(self, names: Called, taken: set[str]) -> None:
        self._names = names
        self._taken = taken
        self._found: dict[tuple[str | None, str | None], tuple[str, str, str]] = {}

    def record(self, part: MandatePart, place: Place) -> Mandate:
        asked = part.service, part.provider
        if (found := self._found.get(asked)) is None:
            found = self._found[asked] = self._resolved(part.service or "", part.provider or "")
        label, service, provider = found
        own = part.id
        if not own:
            own = f"{part.person}/{part.company}/{label}"
            if part.branch or part.intermediary:
                own = "/".join(filter(None, (own, part.branch, part.intermediary)))
            if own in self._taken:
                own = _free(own, self._taken.__contains__)
        self._taken.add(own)
        return Mandate(
            id=own,
            person=part.person,
            company=part.company,
            service=service,
            level=part.level,
            start=part.from_,
            until=part.until,
            branch=part.branch,
            status=part.status,
            intermediary=part.intermediary,
            place=place,
            provider=provider,
            last_used=part.last_used,
        )

    def _resolved(self, asked: str, provider: str) -> tuple[str, str, str]:
        """What an id calls it, the service, and the provider."""
        called = self._names.called(asked)
        if len(called) == 1:
            label, service = called[0], self._names.service_ids[called[0]]
        elif asked == ANY_SERVICE:
            label, service = "all", ANY_SERVICE
        else:
            label = service = asked.lower() if UUID.fullmatch(asked) else asked
        provider = self._names.providers_called(provider)[0] if provider else ""
        return label or f"all of {provider}", service, provider


def _names(part: NamesPart) -> Names:
    return Names(part.nl, part.en or part.nl)


def _derived(service_id: str, role: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{service_id}#{role}"))


def _free(name: str, is_taken: Callable[[str], bool]) -> str:
    """The name, with a number behind it if someone has it already."""
    number, free = 1, name
    while is_taken(free):
        number += 1
        free = f"{name}-{number}"
    return free
