"""Records to JSON and back, by pydantic; made when the first record comes, for no start need wait for it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Adapter(Generic[T]):
    """As pydantic's TypeAdapter, of a dataclass. What it raises comes from there."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind

    @cached_property
    def _made(self) -> TypeAdapter[T]:
        return TypeAdapter(self._kind)

    def dump_json(self, record: T) -> bytes:
        return self._made.dump_json(record)

    def validate_json(self, raw: str | bytes) -> T:
        return self._made.validate_json(raw)

    def validate_python(self, value: Any) -> T:
        return self._made.validate_python(value)
