"""A record as the file would write it: the keys of ``schema.py`` as plain data, what goes without saying left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from suppliers.ask import Names
from suppliers.register.model import (
    CompanyRecord,
    Mandate,
    MandateStatus,
    Means,
    PersonRecord,
    Register,
    ServiceRecord,
)
from suppliers.register.reading import FromEnvironment

Shape = dict[str, Any]
_Record = TypeVar("_Record")


def service(record: ServiceRecord) -> Shape:
    return {
        "name": _names(record.name),
        "provider": _names(record.provider),
        "service_id": record.service_id,
        "uuid": record.uuid,
        "instance_uuid": record.instance_uuid,
        "level": record.level.label,
        "identifiers": [list(wanted) for wanted in record.identifier_sets],
        "branches": record.branches_accepted,
    }


def company(record: CompanyRecord) -> Shape:
    return _said(
        name=record.name,
        kvk=record.kvk,
        rsin=record.rsin,
        branches=dict(record.branches),
        manager=record.manager,
        approves=record.approves,
    )


def person(record: PersonRecord) -> Shape:
    return _said(
        name=record.name,
        email=record.email,
        phone=record.phone,
        attributes=dict(record.attributes),
        means=[means(one) for one in record.means],
    )


def means(record: Means) -> Shape:
    own = {"card": record.username} if record.card else {"username": record.username}
    return _said(
        supplier=record.supplier,
        **own,
        password=_secret(record.password),
        level=record.level.label,
        pin=_secret(record.pin or ""),
        status=record.status and str(record.status),
        until=record.until and record.until.isoformat(),
        renew=record.renew,
    ) | ({} if record.app else {"app": False})


def mandate(record: Mandate) -> Shape:
    """Services and providers by their official names, so that it means the same in any file."""
    return _said(
        id=record.id,
        person=record.person,
        company=record.company,
        intermediary=record.intermediary,
        service=record.service,
        provider=record.provider,
        level=record.level.label,
        **{"from": record.start and record.start.isoformat()},
        until=record.until and record.until.isoformat(),
        branch=record.branch,
        status=None if record.status is MandateStatus.ACTIVE else str(record.status),
        last_used=record.last_used and record.last_used.isoformat(),
    )


def whole(register: Register) -> Shape:
    """The sections of a register, in the order of the file."""
    return {
        "services": {key: service(record) for key, record in register.services.items()},
        "companies": {key: company(record) for key, record in register.companies.items()},
        "people": {key: person(record) for key, record in register.people.items()},
        "mandates": [mandate(record) for record in register.mandates()],
    }


class Shaped(Mapping[str, Mapping[str, Any]], Generic[_Record]):
    """Records by their key, each put in shape when it is asked for and not before."""

    def __init__(self, records: Mapping[str, _Record], shape: Callable[[_Record], Mapping[str, Any]]) -> None:
        self._records = records
        self._shape = shape

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        return self._shape(self._records[key])

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


def _said(**values: Any) -> Shape:
    return {key: value for key, value in values.items() if value not in (None, "", False, [], {})}


def _names(names: Names) -> str | Shape:
    return names.nl if names.en == names.nl else {"nl": names.nl, "en": names.en}


def _secret(text: str) -> str:
    """One that the environment gave is shown as the file writes it."""
    return text.written if isinstance(text, FromEnvironment) else text
