"""YAML as text: every scalar stays as it is written, and every key knows its line.

PyYAML would read ``01234567`` as an integer, ``0123`` as 83 and ``no`` as False, and take the last of two
equal keys in silence. Here its parser only makes the tree of nodes; the data is built from that tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from suppliers.register.characters import is_unseen, unprintable, unseen
from suppliers.register.complaints import in_our_words, lines_of
from suppliers.register.model import Place
from suppliers.register.problems import ConfigError, KeyPath, Problem, Surprise, dotted

if TYPE_CHECKING:
    from yaml import SafeLoader as Base
else:
    Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 32
MAX_REPEATED = 100_000  # so many values may come into the data a second time, by way of anchors

_TAG = "tag:yaml.org,2002:"
_TEXT, _NULL, _MERGE = _TAG + "str", _TAG + "null", _TAG + "merge"
_PLAIN = {"": _NULL, "~": _NULL, "null": _NULL, "<<": _MERGE}
_KNOWN = {_TEXT, _NULL, _MERGE}
_COMMENT = re.compile(r"[ \t]+(#[^\s#]\S*)")
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a file, where each key of it stands, and what is already known to be wrong."""

    name: str
    data: dict[str, Any]
    places: Mapping[KeyPath, tuple[int, int]]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Surprise, ...] = ()
    broken: frozenset[KeyPath] = frozenset()
    """``notes`` are warnings; ``broken`` is where nothing but the problem that is known already needs to be said."""

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Line and column of a key, or of the nearest thing around it that is there."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def file(self, path: KeyPath) -> str:
        """The name of the file that a key stands in."""
        return self.name

    def within(self, path: KeyPath) -> KeyPath:
        """The path of a key in that file."""
        return path

    def problem(
        self, path: KeyPath, message: str, allowed: tuple[str, ...] = (), nearest: str | None = None
    ) -> Problem:
        key = dotted(self.within(path))
        return Problem(self.file(path), *self.place(path), key, message, allowed, nearest)


def read(source: str | bytes, name: str) -> Document:
    """The document in a YAML text that messages call ``name``. ConfigError if it cannot be read at all."""
    text = _decoded(source, name)
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([in_our_words(error, text, name)]) from error
    if root is None:
        raise ConfigError([Problem(name, 1, 1, "", "the file is empty")])
    builder = _Builder(name, text)
    data = builder.value(root, ())
    if not isinstance(data, dict):
        raise ConfigError([Problem(name, 1, 1, "", "the file must consist of 'key: value' lines")])
    return Document(
        name,
        data,
        builder.places,
        tuple(builder.problems),
        tuple(builder.notes),
        frozenset(builder.broken),
    )


def _decoded(source: str | bytes, name: str) -> str:
    if isinstance(source, str):
        text = source
    elif source.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError([Problem(name, 1, 1, "", "the file is saved as UTF-16: save it as UTF-8")])
    else:
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            place = _line_and_column(source[: error.start].decode("utf-8"))
            message = f"byte 0x{source[error.start]:02X} is not UTF-8: save the file as UTF-8"
            raise ConfigError([Problem(name, *place, "", message)]) from error
    text = text.removeprefix("\ufeff")
    if found := unseen(text):
        place = _line_and_column(text[: found.start()])
        raise ConfigError([Problem(name, *place, "", is_unseen(found.group()))])
    return text


def _line_and_column(before: str) -> tuple[int, int]:
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


class _AsText:
    """Takes every scalar for text but an empty one, and counts how deep it is.

    PyYAML does not count and calls itself for each level, and so would overflow the stack of the process.
    """

    depth = 0

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        is_plain = kind is yaml.ScalarNode and implicit[0]
        return (
            _PLAIN.get(value, _TEXT) if is_plain else _TEXT
        )  # the tag of a list or a mapping is not looked at

    def descend_resolver(self, parent: Any, current_index: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=_TOO_DEEP, problem_mark=parent.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


class _Loader(_AsText, Base):
    pass


class _Builder:
    """Plain data out of nodes. An alias is the node that it stands for once more; not without end, though."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.notes: list[Surprise] = []
        self.broken: set[KeyPath] = set()
        self.repeated = 0
        self.seen: set[int] = set()
        self.open: set[int] = set()
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        if node.tag not in _KNOWN:
            tag = node.tag.replace(_TAG, "!!")
            message = f"the tag {tag} has no meaning here: leave it out, or put the text in quotes"
            self._note(node, path, message)
            self.broken.add(path)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        with self._inside(node, path):
            if isinstance(node, yaml.MappingNode):
                data: dict[str, Any] = {}
                for name, (key, value) in self._pairs(node, path).items():
                    self.places[(*path, name)] = _start(key)
                    data[name] = self.value(value, (*path, name))
                return data
            items: list[Any] = []
            for index, item in enumerate(node.value):
                self.places[(*path, index)] = _start(item)
                items.append(self.value(item, (*path, index)))
            return items

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> str | None:
        text: str = node.value
        if node.tag == _NULL and text in _PLAIN:
            if text or self._char(node.start_mark) != "&":
                return None
            # An anchor without anything to mark: whoever wrote it meant a text.
            self._note(node, path, "a text that begins with '&' must be in quotes")
            return "&"
        if not text.isprintable() and (found := unprintable(text)):
            self._note(node, path, is_unseen(found))
        if path and path[-1] == "password" and not node.style and "#" in self.text:
            self._comment(node, path)
        return text

    def _comment(self, node: yaml.ScalarNode, path: KeyPath) -> None:
        """A password without quotes ends where YAML sees a comment, and that may be in the middle of it."""
        mark = node.end_mark
        line = self.lines[mark.line] if mark.line < len(self.lines) else ""
        # The text itself is a secret; what stands behind it is not shown either.
        if _COMMENT.match(line, mark.column):
            message = (
                "what follows ' #' is a comment and no part of the password: put the password in quotes, or a space "
                "behind the #"
            )
            self.notes.append(Surprise(Place(self.name, mark.line + 1), path, message))

    @cached_property
    def lines(self) -> list[str]:
        return lines_of(self.text)

    def _char(self, mark: yaml.Mark) -> str:
        line = self.lines[mark.line] if mark.line < len(self.lines) else ""
        return line[mark.column : mark.column + 1]

    def _pairs(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Key and value nodes by key: first the mapping's own, then what ``<<`` brings and it lacks."""
        pairs: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        merges: list[tuple[yaml.Node, yaml.Node]] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._note(key, path, "a key must be one text, not a list or a mapping")
            elif not key.value:
                self._note(key, path, "a key is missing before the ':'")
            elif key.tag == _MERGE:
                merges.append((key, value))
            elif key.value in pairs:
                first = _start(pairs[key.value][0])[0]
                message = f"is here twice, on line {first} and on line {_start(key)[0]}: remove one"
                self._note(key, (*path, key.value), message)
            else:
                pairs[key.value] = (key, value)
        for key, value in merges:
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(source, yaml.MappingNode):
                    with self._inside(source, path):
                        for name, pair in self._pairs(source, path).items():
                            pairs.setdefault(name, pair)
                else:
                    self._note(key, (*path, "<<"), "must name a mapping, or a list of mappings, by '*anchor'")
        return pairs

    @contextmanager
    def _inside(self, node: yaml.Node, path: KeyPath) -> Iterator[None]:
        if id(node) in self.seen:
            self.repeated += len(node.value)
        if self.repeated > MAX_REPEATED:
            self._refuse(node, path, f"anchors repeat more than {MAX_REPEATED} values")
        if id(node) in self.open:
            self._refuse(node, path, "an anchor is used inside itself")
        if len(self.open) >= MAX_DEPTH:
            self._refuse(node, path, _TOO_DEEP)
        self.seen.add(id(node))
        self.open.add(id(node))
        yield
        self.open.remove(id(node))

    def _note(self, node: yaml.Node, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self.name, *_start(node), dotted(path), message))

    def _refuse(self, node: yaml.Node, path: KeyPath, message: str) -> None:
        self._note(node, path, message)
        raise ConfigError(self.problems)


def _start(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
