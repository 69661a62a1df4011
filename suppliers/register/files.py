"""The files that make up one configuration: the one that is named, what it includes, and the tables they name.

``include:`` lists YAML files, ``csv:`` names tables of people, companies and mandates; both count from the folder of
the file that says so, and stay inside the folder of the first file unless they are written as an absolute path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suppliers.register.problems import ConfigError, KeyPath, Problem, nearest, shown
from suppliers.register.yamlfile import Document, read

MOST_FILES = 500
TABLES = ("companies", "people", "mandates")


@dataclass(frozen=True, slots=True)
class TableFile:
    """A CSV file with one kind of records; ``name`` is what messages call it."""

    kind: str
    path: Path
    name: str


@dataclass(slots=True)
class Tree:
    """``documents`` in the order in which they count, ``paths`` of everything that was looked at."""

    documents: list[Document] = field(default_factory=list)
    tables: list[TableFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)


def tree_of(source: str | bytes, name: str) -> Tree:
    """Everything that a YAML text leads to. ConfigError if the text itself cannot be read at all."""
    path = Path(name)
    tree = Tree(paths=[path])
    _take(tree, read(source, name), path, path.parent, (_real(path),))
    tree.sources.insert(0, source.encode() if isinstance(source, str) else source)
    return tree


def _real(path: Path) -> str:
    return os.path.realpath(path)


def _take(tree: Tree, document: Document, path: Path, home: Path, open_: tuple[str, ...]) -> None:
    tree.documents.append(document)
    tree.problems += document.problems
    for key, text in _listed(document):
        target = _target(tree, document, key, text, path.parent, home)
        if target is None:
            continue
        if key[0] == "csv":
            if any(_real(target) == _real(table.path) and table.kind == key[1] for table in tree.tables):
                tree.problems.append(document.problem(key, f"{shown(text)} is named twice: leave one out"))
            elif _readable(tree, document, key, text, target):
                tree.tables.append(TableFile(str(key[1]), target, str(target)))
            continue
        if _real(target) in open_:
            message = f"{shown(text)} includes this file in turn: a circle"
            tree.problems.append(document.problem(key, message))
        elif any(_real(target) == _real(Path(known.name)) for known in tree.documents):
            tree.problems.append(document.problem(key, f"{shown(text)} is included already: leave one out"))
        elif len(tree.documents) >= MOST_FILES:
            tree.problems.append(document.problem(key, f"more than {MOST_FILES} files"))
        elif _readable(tree, document, key, text, target):
            content = target.read_bytes()
            tree.sources.append(content)
            try:
                included = read(content, str(target))
            except ConfigError as error:
                tree.problems += error.problems
            else:
                _take(tree, included, target, home, (*open_, _real(target)))


def _listed(document: Document) -> Iterator[tuple[KeyPath, str]]:
    """The names of files under ``include`` and ``csv``; what has another shape is a problem of the schema."""
    for index, text in enumerate(_texts(document.data.get("include"))):
        if text:
            yield ("include", index), text
    tables = document.data.get("csv")
    for kind, value in tables.items() if isinstance(tables, dict) else ():
        if kind not in TABLES:
            continue
        if isinstance(value, str):
            yield ("csv", kind), value.strip()
        for index, text in enumerate(_texts(value)):
            if text:
                yield ("csv", kind, index), text


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else []
    return [item.strip() if isinstance(item, str) else "" for item in items]


def _target(tree: Tree, document: Document, key: KeyPath, text: str, folder: Path, home: Path) -> Path | None:
    ending = Path(text).suffix.lower()
    wanted = (".csv",) if key[0] == "csv" else (".yaml", ".yml")
    if ending not in wanted:
        message = f"{shown(text)} is not a {'CSV' if key[0] == 'csv' else 'YAML'} file"
        if key[0] == "include" and ending == ".csv":
            message += ": tables go under 'csv:', such as csv: {people: people.csv}"
        tree.problems.append(document.problem(key, message, tuple(f"name{found}" for found in wanted)))
        return None
    target = Path(os.path.normpath(folder / text))
    if not Path(text).is_absolute() and os.path.relpath(target, home).startswith(".."):
        message = (
            f"{shown(text)} lies outside the folder of the first file: move it there, or write its whole path"
        )
        tree.problems.append(document.problem(key, message))
        return None
    return target


def _readable(tree: Tree, document: Document, key: KeyPath, text: str, target: Path) -> bool:
    tree.paths.append(target)
    try:
        with target.open("rb"):
            return True
    except OSError as error:
        beside: list[str] = []
        if target.parent.is_dir():
            beside = sorted(found.name for found in target.parent.glob(f"*{target.suffix}"))[:200]
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        message = f"{shown(text)} cannot be read: {reason}"
        likely = nearest(target.name, beside)
        tree.problems.append(document.problem(key, message, nearest=likely))
        return False


@dataclass(frozen=True)
class Merged(Document):
    """Several documents read as one: records of all of them, each with its own file and line.

    ``owners`` has the document of each key at the top and right below it, ``offsets`` how many items of a list came
    before those of a document.
    """

    owners: Mapping[KeyPath, Document] = field(default_factory=dict)
    offsets: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def file(self, path: KeyPath) -> str:
        return self._owner(path).name

    def within(self, path: KeyPath) -> KeyPath:
        return _moved(path, -self.offsets.get((self._owner(path).name, str(path[0])), 0)) if path else path

    def _owner(self, path: KeyPath) -> Document:
        return self.owners.get(path[:2]) or self.owners.get(path[:1]) or self.owners[()]


def merged(documents: list[Document]) -> Document:
    """All of them as one; what two of them say of the same key is a problem."""
    if len(documents) == 1:
        return documents[0]
    merger = _Merger(documents[0])
    for document in documents:
        for key, value in document.data.items():
            merger.section(document, key, value)
        merger.take_places(document)
    return Merged(
        documents[0].name,
        merger.data,
        merger.places,
        tuple(merger.problems),
        broken=frozenset(merger.broken),
        owners=merger.owners,
        offsets=merger.offsets,
    )


class _Merger:
    def __init__(self, first: Document) -> None:
        self.data: dict[str, Any] = {}
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self.owners: dict[KeyPath, Document] = {(): first}
        self.offsets: dict[tuple[str, str], int] = {}
        self.broken: set[KeyPath] = set()

    def section(self, document: Document, key: str, value: Any) -> None:
        self.owners.setdefault((key,), document)
        known = self.data.get(key)
        if key == "csv" and isinstance(value, dict):
            value = {name: entry if isinstance(entry, list) else [entry] for name, entry in value.items()}
        if isinstance(value, dict) and isinstance(known, dict | None):
            found = self.data[key] = known or {}
            for name, entry in value.items():
                if key == "csv" and name in found:
                    found[name] = [*found[name], *entry]
                elif name in found:
                    self._twice(document, (key, name), "is here and in")
                else:
                    found[name] = entry
                    self.owners[key, name] = document
        elif isinstance(value, list) and isinstance(known, list | None):
            found_items = self.data[key] = known or []
            self.offsets[document.name, key] = len(found_items)
            for index in range(len(value)):
                self.owners[key, len(found_items) + index] = document
            found_items += value
        elif known is None:
            self.data[key] = value
            self.owners[key,] = document
        elif value is not None:
            self._twice(document, (key,), "has another form here than in")

    def _twice(self, document: Document, path: KeyPath, message: str) -> None:
        first = self.owners[path]
        where = f"{first.name} on line {first.place(path)[0]}"
        self.problems.append(document.problem(path, f"{message} {where}: remove one"))

    def take_places(self, document: Document) -> None:
        for path in document.broken:
            self.broken.add(
                _moved(path, self.offsets.get((document.name, str(path[0])), 0)) if path else path
            )
        for path, place in document.places.items():
            offset = self.offsets.get((document.name, str(path[0])), 0)
            there = _moved(path, offset)
            if len(there) < 2 or self.owners.get(there[:2]) is document:
                self.places.setdefault(there, place)


def _moved(path: KeyPath, by: int) -> KeyPath:
    if by and len(path) > 1 and isinstance(path[1], int):
        return (path[0], path[1] + by, *path[2:])
    return path
