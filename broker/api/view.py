"""A record of the register as the API gives it: the keys of the YAML, its own key, and where it came from."""

from __future__ import annotations

from typing import Any

from broker.parts import Parts
from broker.wire import instants
from suppliers.register import shape
from suppliers.register.changes import Section
from suppliers.register.days import dutch_day
from suppliers.register.layer import Layer, Record, find
from suppliers.register.model import CompanyRecord, Mandate, MandateStatus, PersonRecord, ServiceRecord


class View:
    """What is in force at this moment, in the room of ``parts``; one call looks through one."""

    def __init__(self, parts: Parts) -> None:
        layer = parts.current.layer
        assert layer is not None
        self.layer: Layer = layer
        self.tag = parts.tag
        self.register = layer.register
        self.today = dutch_day(parts.now_of(None))

    def record(self, section: Section, record: Record) -> dict[str, Any]:
        if isinstance(record, Mandate):
            return {
                **shape.mandate(record),
                "state": self.state(record),
                "source": self.source(section, record.id),
            }
        source = self.source(section, record.key)
        if isinstance(record, ServiceRecord):
            return {"key": record.key, **shape.service(record), "source": source}
        if isinstance(record, CompanyRecord):
            return {"key": record.key, **shape.company(record), "source": source}
        return {"key": record.key, **shape.person(record), "source": source}

    def means(self, person: PersonRecord) -> list[dict[str, Any]]:
        return [shape.means(one) for one in person.means]

    def source(self, section: Section, key: str) -> dict[str, Any]:
        """The change that made it, and the place in a file where there is one."""
        change = self.layer.change(section, key)
        base = find(self.layer.files, section, key) if change or section is not Section.MANDATES else None
        if change is None and base is None:
            base = find(self.register, section, key)
        file = {"file": base.place.file, "line": base.place.line} if base is not None else {}
        if change is None:
            return {"from": "file", **file}
        return {"from": "api", "tag": change.tag, "at": instants.write(change.at), **file}

    def state(self, mandate: Mandate) -> str:
        """What the file and its changes make of it today."""
        if mandate.status is not MandateStatus.ACTIVE:
            return str(mandate.status)
        if mandate.start is not None and self.today < mandate.start:
            return "not-yet"
        return "expired" if mandate.until is not None and self.today > mandate.until else "active"
