"""A register as YAML that the loader reads back: the keys and their order of the file, without its comments.

Days come out as they are, not as they were counted; a secret of the environment comes out as the file writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from suppliers.register import shape
from suppliers.register.model import Register
from suppliers.register.reading import written


def dump(register: Register) -> str:
    """The sections services, companies, people and mandates, as text that ends in a line break."""
    return "".join(pieces(register))


def pieces(register: Register) -> Iterator[str]:
    """The same, section by section; a section without records is left out."""
    sections = {name: records for name, records in shape.whole(register).items() if records}
    for person in register.people.values():
        shaped = sections["people"][person.key]
        for means, out in zip(person.means, shaped.get("means", ()), strict=True):
            secrets = {"password": means.password, "pin": means.pin}
            out.update({name: written(text) for name, text in secrets.items() if text})
    if not sections:
        yield "{}\n"
    for number, (name, records) in enumerate(sections.items()):
        yield "\n" * (number > 0) + yaml.dump(
            {name: _plain(records)}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110
        )


def _plain(value: Any) -> Any:
    """Texts as texts, whatever kind of text; true and false as themselves."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, bool) else str(value)


class _Dumper(yaml.SafeDumper):
    """Every text that another reader of YAML would take for a number, a date or a bool is in quotes; small records
    stand on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        short = all(isinstance(value, yaml.ScalarNode) for _, value in node.value)
        if short and sum(len(key.value) + len(value.value) + 4 for key, value in node.value) < 100:
            node.flow_style = True
        return node
