"""What PyYAML complains of, in words that say how to mend it, at the place where the mistake was made.

The parser stops where it cannot go on, often a line or more after a missing ':' or quote. So the tokens of the lines
before are looked at once more: a text that began further up and runs into the place is where it went wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from suppliers.register.problems import Problem, shown

# The tokens are read by the slow parser.
LOOKED_BACK = 200  # lines
LONGEST = 50_000  # characters of them

_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_ODD_SPACE = re.compile("(?:^[ -]*|:)([\xa0\u2000-\u200a\u202f\u205f\u3000])")

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
    ("nested more than", "{problem}", False),
)


def lines_of(text: str) -> list[str]:
    """As the parser counts them."""
    return _BREAKS.split(text)


def in_our_words(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    """The problem in ``text``, which messages call ``name``, that the parser stopped at."""
    complaint = f"{error.context}: {error.problem}"
    mark, began = error.problem_mark, error.context_mark
    lines = lines_of(text)
    if mark and (earlier := _earlier(complaint, lines, mark, began)):
        return Problem(name, *earlier[0], "", earlier[1])
    words = f"this is not YAML: {error.problem}".replace("{", "{{").replace("}", "}}")
    for pattern, ours, from_start in _WORDS:
        if re.search(pattern, complaint):
            words = ours
            mark = began if from_start and began else mark
            break
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    char = _character(lines, line, column)
    if char == "'\t'":
        words = "a tab: indent with spaces only"
    message = words.format(char=char, since=began.line + 1 if began else 1, problem=error.problem)
    return Problem(name, line, column, "", message)


@dataclass(frozen=True, slots=True)
class _Text:
    """A scalar that goes on over a line end; lines and columns count from 0, as marks do."""

    line: int
    column: int
    plain: bool


_Found = tuple[tuple[int, int], str] | None


def _earlier(complaint: str, lines: list[str], mark: yaml.Mark, since: yaml.Mark | None) -> _Found:
    """The place before ``mark`` where it went wrong, and what is wrong there."""
    began = _running_into(lines, mark)
    first = began.line if began else mark.line
    if since and "expected ':'" in complaint:
        first = min(first, since.line)
    for number in range(first, min(mark.line + 1, len(lines))):
        if odd := _ODD_SPACE.search(lines[number]):
            message = (
                f"character U+{ord(odd[1]):04X} looks like a space, and is none: put an ordinary space there"
            )
            return (number + 1, odd.start(1) + 1), message
    if began is None:
        return None
    if not began.plain:
        if not re.search("block (mapping|collection)|mapping values|flow (mapping|sequence)", complaint):
            return None
        message = (
            f"the quote that opens here is closed on line {mark.line + 1} only: is one missing on this line?"
        )
        return (began.line + 1, began.column + 1), message
    return _open_text(lines, began, mark) if "mapping values are not allowed" in complaint else None


def _open_text(lines: list[str], began: _Text, mark: yaml.Mark) -> _Found:
    """Of a text without quotes that took the next line for a part of itself."""
    line = lines[began.line]
    before, text = line[: began.column], line[began.column :]
    here = began.line + 1, began.column + 1
    if dash := re.match(r"( *)-(?=[^\s-])", line):
        return (began.line + 1, len(dash[1]) + 1), "a space is missing after '-'"
    if not before.strip(" -"):
        if re.match(r"[^\s:]+:\S", text):
            return here, "'key: value' is needed: a space is missing after ':'"
        return here, "'key: value' is needed: ':' and a space are missing"
    if not re.search(r":[ \t]$", before):
        return None
    key = before.strip(" -\t").removesuffix(":")
    indent = len(lines[mark.line]) - len(lines[mark.line].lstrip(" "))
    message = (
        f"this line is indented deeper than {shown(key)} on line {began.line + 1}, which has its value already: "
        "the same indent is needed"
    )
    return (mark.line + 1, indent + 1), message


def _running_into(lines: list[str], mark: yaml.Mark) -> _Text | None:
    """The last text before ``mark`` if it began on another line than that of ``mark``, and ends on this one."""
    first = _window(lines, mark.line)
    window = "\n".join(lines[first : mark.line + 1])
    if len(window) > LONGEST:
        return None
    scanner = yaml.SafeLoader(window)
    tokens: list[yaml.Token] = []
    try:
        while scanner.check_token():
            tokens.append(scanner.get_token())  # type: ignore[no-untyped-call]
    except yaml.YAMLError:
        tokens += scanner.tokens
    line, column = mark.line - first, mark.column
    for token in reversed(tokens):
        if isinstance(token, yaml.ScalarToken):
            start, end = token.start_mark, token.end_mark
            if (end.line, end.column) > (line, column):
                continue
            if start.line == line or end.line != line:
                return None
            return _Text(start.line + first, start.column, token.plain)
    return None


def _window(lines: list[str], last: int) -> int:
    """A line to begin at: of those that are not too far back the last that is indented least, and not a blank one."""
    best, least = last, len(lines[last]) if last < len(lines) else 0
    for number in range(min(last, len(lines)) - 1, max(-1, last - LOOKED_BACK), -1):
        stripped = lines[number].lstrip(" ")
        indent = len(lines[number]) - len(stripped)
        if stripped and not stripped.startswith("#") and indent < least:
            best, least = number, indent
        if least == 0:
            break
    return best


def _character(lines: list[str], line: int, column: int) -> str:
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    return f"'{rest[0]}'" if rest else "the end of the line"
