"""YAML as text: every scalar stays as it is written, and every key knows its line.

PyYAML would read ``01234567`` as an integer, ``0123`` as 83 and ``no`` as False, and take the last of two
equal keys in silence. Here its parser only makes the tree of nodes; the data is built from that tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from suppliers.register.problems import ConfigError, KeyPath, Problem, dotted

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
_UNPRINTABLE = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a file, where each key of it stands, and what is already known to be wrong."""

    name: str
    data: dict[str, Any]
    places: Mapping[KeyPath, tuple[int, int]]
    problems: tuple[Problem, ...] = ()

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
        raise ConfigError([_in_our_words(error, text, name)]) from error
    if root is None:
        raise ConfigError([Problem(name, 1, 1, "", "the file is empty")])
    builder = _Builder(name)
    data = builder.value(root, ())
    if not isinstance(data, dict):
        raise ConfigError([Problem(name, 1, 1, "", "the file must consist of 'key: value' lines")])
    return Document(name, data, builder.places, tuple(builder.problems))


def unprintable(text: str) -> str | None:
    """The first character that no file may hold; None where there is none."""
    found = _UNPRINTABLE.search(text)
    return found.group() if found else None


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
    if found := _UNPRINTABLE.search(text):
        place = _line_and_column(text[: found.start()])
        message = f"character U+{ord(found.group()):04X} is invisible and not allowed: remove it"
        raise ConfigError([Problem(name, *place, "", message)])
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

    def __init__(self, name: str) -> None:
        self.name = name
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
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL and node.value in _PLAIN else node.value
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


# What the parser complains of, what we say of it, and whether the place where it all began shows it better.
# {char} is the character at that place, {since} the line where the surrounding thing began.
_WORDS: tuple[tuple[str, str, bool], ...] = (
    (
        "mapping values are not allowed|sequence entries are not allowed",
        "{char} cannot stand here: go on at a new line, or put a text that holds ': ' or '- ' in quotes",
        False,
    ),
    (
        "could not find expected ':'",
        "this line is not 'key: value': a ':' with a space after it is missing",
        True,
    ),
    (
        "while scanning an alias|undefined alias",
        "a text that begins with '*' must be in quotes (without them it repeats what '&' marked further up, "
        "and there is no such mark)",
        True,
    ),
    ("while scanning an anchor", "a text that begins with '&' must be in quotes", True),
    ("duplicate anchor", "line {since} sets this anchor already: give one of them another name", False),
    ("escape|hexadecimal|hexdecimal", "in double quotes a backslash must be written twice", False),
    ("quoted scalar", "the quote that opens here is never closed", True),
    ("cannot start any token", "a text that begins with {char} must be in quotes", False),
    (
        "block collection",
        "this line does not fit the list that begins on line {since}: the same indent and '- ' are needed",
        False,
    ),
    (
        "block mapping",
        "this line does not fit the keys that begin on line {since}: the same indent and 'key: value' are "
        "needed; look also for a quote too many or too few",
        False,
    ),
    (
        "flow sequence",
        "the list that opens with '[' on line {since} lacks its ']', or a ',' before this place",
        False,
    ),
    (
        "flow mapping",
        "the mapping that opens with '{{' on line {since} lacks its '}}', or a ',' before this place",
        False,
    ),
    ("node content", "a value is missing before {char}", False),
    ("single document", "a second document begins here with '---': a file holds one", False),
    ("block scalar", "after '|' or '>' the text begins on the next line; else put it in quotes", True),
    ("scanning a tag|parsing a tag", "a text that begins with '!' must be in quotes", True),
    ("nested more than", _TOO_DEEP, False),
)


def _in_our_words(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    complaint = f"{error.context}: {error.problem}"
    mark, began = error.problem_mark, error.context_mark
    words = f"this is not YAML: {error.problem}".replace("{", "{{").replace("}", "}}")
    for pattern, ours, from_start in _WORDS:
        if re.search(pattern, complaint):
            words = ours
            mark = began if from_start and began else mark
            break
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    char = _character(text, line, column)
    if char == "'\t'":
        words = "a tab: indent with spaces only"
    message = words.format(char=char, since=began.line + 1 if began else 1)
    return Problem(name, line, column, "", message)


def _character(text: str, line: int, column: int) -> str:
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    return f"'{rest[0]}'" if rest else "the end of the line"
