"""CSV as a table of texts: ``;`` or ``,``, UTF-8 with or without a mark in front, quotes where a text needs them.

Rows are streamed: a table of 300 000 rows is never in memory as a whole. Every row knows the line that it begins
on; the column of a field is looked up again in the file only for whoever made a mistake there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from suppliers.register.characters import LONGEST, is_unseen, unprintable
from suppliers.register.files import TableFile
from suppliers.register.problems import Problem, nearest, shown

_NOT_CSV = {
    b"PK\x03\x04": "this is an Excel workbook: save it as 'CSV UTF-8', a new name is not enough",
    b"\xd0\xcf\x11\xe0": "this is an Excel workbook: save it as 'CSV UTF-8', a new name is not enough",
    b"\xff\xfe": "the file is saved as UTF-16: save it as UTF-8, in Excel as 'CSV UTF-8'",
    b"\xfe\xff": "the file is saved as UTF-16: save it as UTF-8, in Excel as 'CSV UTF-8'",
}
_SEPARATOR = re.compile(r"\ufeff?\"?sep=([;,])\"?\r?\n?", re.IGNORECASE)


@dataclass(slots=True)
class Table:
    """An open table. ``header`` is empty where it cannot be used; ``problems`` says why, and what else is wrong.
    ``first`` is the line that names the columns."""

    file: TableFile
    allowed: tuple[str, ...]
    free: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    header: list[str] = field(default_factory=list)
    delimiter: str = ","
    problems: list[Problem] = field(default_factory=list)
    _lines: list[str] | None = None
    first: int = 1
    _odd: bool = False

    def rows(self, most: int) -> Iterator[list[tuple[int, list[str]]]]:
        """Rows with their lines, at most so many at once. Empty rows are passed over, broken ones are problems."""
        try:
            with self.file.path.open("rb") as source:
                begin = source.read(4)
            for mark, message in _NOT_CSV.items():
                if begin.startswith(mark):
                    self.problems.append(Problem(self.file.name, 1, 1, "", message))
                    return
            with self.file.path.open(encoding="utf-8-sig", newline="") as source:
                yield from self._rows(source, most)
        except UnicodeDecodeError:
            self.problems.append(self._not_utf8())
        except OSError as error:
            message = f"the file cannot be read: {error.strerror or error}"
            self.problems.append(Problem(self.file.name, 0, 0, "", message))

    def _rows(self, source: io.TextIOBase, most: int) -> Iterator[list[tuple[int, list[str]]]]:
        first = source.readline()
        self.delimiter = ";" if first.count(";") > first.count(",") else ","
        if told := _SEPARATOR.fullmatch(first):
            # Excel writes and reads it; the names of the columns come after it.
            self.delimiter, self.first = told[1], 2
        else:
            source.seek(0)
        reader = csv.reader(self._watched(source), delimiter=self.delimiter, strict=True)
        chunk: list[tuple[int, list[str]]] = []
        above = line = self.first - 1
        try:
            self._take_header(next(reader, []))
            line = above + reader.line_num
            width = len(self.header)
            for row in reader if width else ():
                odd = self._odd or above + reader.line_num > line + 1
                self._odd = False
                if not any(row) or (odd and self._is_wrong(line + 1, row)):
                    pass
                elif len(row) == width:
                    chunk.append((line + 1, row))
                else:
                    self._wrong_width(line + 1, row)
                line = above + reader.line_num
                if len(chunk) >= most:
                    yield chunk
                    chunk = []
        except csv.Error as error:
            message = "a quote that opens is not closed, or text stands behind a closing quote"
            if "field larger" in str(error):
                message = "a field is longer than a field can be: is a quote not closed?"
            self.problems.append(Problem(self.file.name, line + 1, 1, "", message))
        if chunk:
            yield chunk

    def _watched(self, source: Iterable[str]) -> Iterator[str]:
        """The lines; most have nothing odd, and are looked at no further."""
        for text in source:
            if len(text) > LONGEST or not text.rstrip("\r\n").isprintable():
                self._odd = True
            yield text

    def _is_wrong(self, line: int, row: Sequence[str]) -> bool:
        """Whether a field holds what no text may hold; then it is noted."""
        for index, text in enumerate(row):
            name = self.header[index] if index < len(self.header) else ""
            if found := unprintable(text):
                self._note(line, index, name, is_unseen(found))
            elif re.search("[\r\n\t]", text.strip()):
                sign = "a tab" if "\t" in text else "a line break"
                self._note(line, index, name, f"holds {sign}: write it on one line")
            elif len(text) > LONGEST:
                self._note(line, index, name, f"is longer than {LONGEST} characters")
            else:
                continue
            return True
        return False

    def _take_header(self, names: Sequence[str]) -> None:
        header = [name.strip() for name in names]
        fine = True
        if "\t" in "".join(names):
            self._note(self.first, 0, "", "tabs stand between the fields: put ';' or ',' there")
            return
        likely = [nearest(name, self.allowed) if name else None for name in header]
        if not any(likely) and not any(name.startswith(self.free) for name in header if self.free):
            message = "the first line must name the columns" + (", and this one names none" * any(header))
            self._note(self.first, 0, "", message, self.allowed)
            return
        for index, name in enumerate(header):
            known = name in self.allowed or name.startswith(self.free)
            if not name:
                self._note(self.first, index, "", f"column {index + 1} has no name", self.allowed)
            elif not known:
                self._note(self.first, index, name, "is not a column here", self.allowed, likely[index])
            elif name in header[:index]:
                self._note(self.first, index, name, "is here twice: remove one")
            else:
                continue
            fine = False
        for name in self.required:
            if name not in header and name not in likely:
                self._note(self.first, 0, name, "is missing: this column is needed", self.allowed)
                fine = False
        self.header = header if fine else []

    def _wrong_width(self, line: int, row: Sequence[str]) -> None:
        many = "more" if len(row) > len(self.header) else "fewer"
        fields = f"{len(row)} field" + "s" * (len(row) != 1)
        other = "," if self.delimiter == ";" else ";"
        if len(row) == 1 and row[0].count(other) == len(self.header) - 1:
            message = f"'{other}' stands between the fields here, and '{self.delimiter}' on line {self.first}"
        else:
            message = (
                f"has {fields}, {many} than the {len(self.header)} columns of line {self.first}: "
                f"put quotes around a text that holds '{self.delimiter}'"
            )
        self._note(line, 0, "", message)

    def _note(
        self,
        line: int,
        index: int,
        key: str,
        message: str,
        allowed: tuple[str, ...] = (),
        nearest: str | None = None,
    ) -> None:
        column = self.column(line, index)
        self.problems.append(Problem(self.file.name, line, column, key, message, allowed, nearest))

    def problem(
        self,
        line: int,
        name: str,
        message: str,
        allowed: tuple[str, ...] = (),
        nearest: str | None = None,
    ) -> Problem:
        """What is wrong with the field in the column called ``name``, or with the row where there is none."""
        index = self.header.index(name) if name in self.header else 0
        return Problem(self.file.name, line, self.column(line, index), name, message, allowed, nearest)

    def column(self, line: int, index: int) -> int:
        """Where on its line the field of this index begins, from 1; where the row begins if that is elsewhere."""
        if self._lines is None:
            text = self.file.path.read_text("utf-8-sig", errors="replace")
            self._lines = text.replace("\r\n", "\n").split("\n")
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        quoted = False
        for position, letter in enumerate(text):
            if index == 0:
                return position + 1
            if letter == '"':
                quoted = not quoted
            elif letter == self.delimiter and not quoted:
                index -= 1
        return len(text) + 1 if index == 0 else 1

    def _not_utf8(self) -> Problem:
        raw = Path(self.file.path).read_bytes()
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
            line = before.count("\n") + 1
            column = len(before) - before.rfind("\n")
            message = f"byte {shown(f'0x{raw[error.start]:02X}')} is not UTF-8: save the file as UTF-8"
            return Problem(self.file.name, line, column, "", message)
        return Problem(self.file.name, 1, 1, "", "the file changed while it was read")
