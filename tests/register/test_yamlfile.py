"""YAML as text: what is written is what comes out, and what cannot be read is said with its line."""

import pytest
import yaml
from good_file import without_column
from hypothesis import example, given
from hypothesis import strategies as st

from suppliers.register import yamlfile
from suppliers.register.problems import ConfigError, Problem
from suppliers.register.yamlfile import read


@pytest.fixture(params=[yaml.CSafeLoader, yaml.SafeLoader], ids=["in C", "in Python"])
def _either_parser(request, monkeypatch):
    monkeypatch.setattr(yamlfile, "_Loader", type("_Loader", (yamlfile._AsText, request.param), {}))


either_parser = pytest.mark.usefixtures("_either_parser")


def problems(source: str | bytes) -> tuple[Problem, ...]:
    """Everything that is wrong with a text, whether it could be read or not."""
    try:
        return read(source, "f.yaml").problems
    except ConfigError as error:
        return error.problems


def complaints(source: str | bytes) -> list[str]:
    return [without_column(problem) for problem in problems(source)]


def test_the_c_parser_is_used_where_there_is_one():
    assert issubclass(yamlfile._Loader, yaml.CSafeLoader)


@either_parser
@pytest.mark.parametrize(
    ("written", "comes_out"),
    [
        pytest.param("01234567", "01234567", id="a zero at the front stays"),
        pytest.param("0123", "0123", id="no octal numbers"),
        pytest.param("0x1F", "0x1F", id="no hexadecimal numbers"),
        pytest.param("1_000", "1_000", id="no thousands"),
        pytest.param("1.10", "1.10", id="no fractions"),
        pytest.param("12:30", "12:30", id="no sixtieths"),
        pytest.param("no", "no", id="no is not false"),
        pytest.param("true", "true", id="true is a text"),
        pytest.param("2024-01-01", "2024-01-01", id="a date is a text"),
        pytest.param("Null", "Null", id="Null with a capital is a text"),
        pytest.param("null", None, id="null is nothing"),
        pytest.param("~", None, id="a tilde is nothing"),
        pytest.param("", None, id="nothing is nothing"),
        pytest.param("''", "", id="empty quotes are an empty text"),
        pytest.param("'null'", "null", id="null in quotes is a text"),
        pytest.param("'~'", "~", id="a tilde in quotes is a text"),
        pytest.param("!!null foo", "foo", id="the tag for nothing takes no text away"),
        pytest.param("!!str 012", "012", id="the tag for text is harmless"),
        pytest.param("<<", "<<", id="a merge sign as a value is a text"),
        pytest.param("|\n  een\n  twee\n", "een\ntwee\n", id="a block keeps its lines"),
        pytest.param("[007, [no]]", ["007", ["no"]], id="texts in lists too"),
        pytest.param("{no: 007}", {"no": "007"}, id="texts in mappings too, keys as well"),
    ],
)
def test_a_scalar_stays_as_written(written, comes_out):
    document = read(f"key: {written}", "f.yaml")
    assert document.data == {"key": comes_out}
    assert document.problems == ()


@given(st.from_regex("[0-9]+", fullmatch=True))
@example("01234567")
@example("0123")
def test_any_digits_come_out_unchanged(digits):
    assert read(f"kvk: {digits}\n{digits}: x", "f.yaml").data == {"kvk": digits, digits: "x"}


@given(st.text() | st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#,~<= \n\t\r\u0085\ufeff\x00é"))
def test_any_text_is_read_or_refused_and_never_breaks_the_reader(text):
    lines = len(text.splitlines()) + 1
    assert all(1 <= problem.line <= lines for problem in problems(text))


@given(st.binary())
def test_any_bytes_are_read_or_refused(source):
    assert all(str(problem).startswith("f.yaml:") for problem in problems(source))


@either_parser
def test_every_key_and_item_knows_its_line_and_column():
    document = read("a:\n  m.devries:\n    - {x: 1, y: 2}\nb: [p, q]\n", "f.yaml")
    assert dict(document.places) == {
        ("a",): (1, 1),
        ("a", "m.devries"): (2, 3),
        ("a", "m.devries", 0): (3, 7),
        ("a", "m.devries", 0, "x"): (3, 8),
        ("a", "m.devries", 0, "y"): (3, 14),
        ("b",): (4, 1),
        ("b", 0): (4, 5),
        ("b", 1): (4, 8),
    }
    assert document.place(("a", "m.devries", 0, "missing")) == (3, 7)
    assert document.place(("c",)) == (1, 1)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"\xef\xbb\xbfa: \xc3\xa9\nb: 2\n", id="a byte order mark"),
        pytest.param(b"a: \xc3\xa9\r\nb: 2\r\n", id="Windows line ends"),
        pytest.param("\ufeffa: é\r\nb: 2\r\n", id="both, in a text"),
    ],
)
def test_windows_files_are_fine(source):
    document = read(source, "f.yaml")
    assert document.data == {"a": "é", "b": "2"}
    assert document.places == {("a",): (1, 1), ("b",): (2, 1)}


@either_parser
def test_anchors_and_merges_share_what_they_mark():
    text = """
first: &base {supplier: reconi, level: EH3}
second: {<<: *base, level: EH4}
third: {<<: [{level: EH2}, *base]}
fourth: *base
"""
    document = read(text, "f.yaml")
    assert document.problems == ()
    assert document.data == {
        "first": {"supplier": "reconi", "level": "EH3"},
        "second": {"supplier": "reconi", "level": "EH4"},
        "third": {"supplier": "reconi", "level": "EH2"},
        "fourth": {"supplier": "reconi", "level": "EH3"},
    }
    assert document.place(("second", "supplier")) == (2, 15)
    assert document.place(("second", "level")) == (3, 21)


def nested(levels: int) -> str:
    return "a: " + "[" * levels + "]" * levels


@either_parser
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "a: 1\nb: 2\na: 3", "3: a: is here twice, on line 1 and on line 3: remove one", id="twice"
        ),
        pytest.param(
            "p:\n  m.d: {x: 1,\n  x: 2}",
            "3: p.m.d.x: is here twice, on line 2 and on line 3: remove one",
            id="a key twice, deep down",
        ),
        pytest.param(
            "a:\n  &x {b: *x}",
            "2: a.b: an anchor is used inside itself",
            id="a circle",
        ),
        pytest.param("a: &x {<<: *x}", "1: a: an anchor is used inside itself", id="a circle of merges"),
        pytest.param("x: 1\n" + nested(32), "2: nested more than 32 levels deep", id="too deep"),
        pytest.param(
            "- " * 100_000, "1: nested more than 32 levels deep", id="deep enough to overflow a stack"
        ),
        pytest.param(
            "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 40)),
            "1: a31" + "[1]" * 31 + ": nested more than 32 levels deep",
            id="too deep by anchors",
        ),
        pytest.param(
            "a: {<<: x}",
            "1: a.<<: must name a mapping, or a list of mappings, by '*anchor'",
            id="a merge with a text",
        ),
        pytest.param(
            "? [a]\n: b", "1: a key must be one text, not a list or a mapping", id="a list for a key"
        ),
        pytest.param("? \n: b", "1: a key is missing before the ':'", id="nothing for a key"),
        pytest.param(
            "a: !python/object:os.system x",
            "1: a: the tag !python/object:os.system has no meaning here: leave it out, or put the text in quotes",
            id="a tag",
        ),
        pytest.param(
            "a: !!set {x}",
            "1: a: the tag !!set has no meaning here: leave it out, or put the text in quotes",
            id="a tag of YAML's own",
        ),
        pytest.param("", "1: the file is empty", id="an empty file"),
        pytest.param("# later\n", "1: the file is empty", id="only a comment"),
        pytest.param("- a\n- b", "1: the file must consist of 'key: value' lines", id="a list for a file"),
        pytest.param("hallo", "1: the file must consist of 'key: value' lines", id="a text for a file"),
    ],
)
def test_what_yaml_takes_in_silence_is_refused(text, complaint):
    assert complaints(text) == [f"f.yaml:{complaint}"]


def bomb(line: str) -> str:
    """Eleven lines, each of which repeats the one before it nine times."""
    lines = [line.format(i=i, nine=", ".join([f"*a{i - 1}"] * 9)) for i in range(1, 12)]
    return "\n".join(["a0: &a0 {x: 1}", *lines])


@either_parser
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(bomb("a{i}: &a{i} [{nine}]"), id="of lists"),
        pytest.param(bomb("a{i}: &a{i} {{k: 1, <<: [{nine}]}}"), id="of merges"),
        pytest.param(
            "a: &a {" + ", ".join(f"k{i}: 1" for i in range(1000)) + "}\nb: [" + "{<<: *a}, " * 200 + "]",
            id="of one wide mapping",
        ),
    ],
)
def test_a_bomb_of_aliases_is_refused(text):
    [complaint] = complaints(text)
    assert complaint.endswith(": anchors repeat more than 100000 values")


def test_it_may_be_as_deep_as_that_and_no_deeper():
    assert complaints(nested(31)) == []
    assert complaints(nested(31).replace("[]", "[x]")) == ["f.yaml:1: nested more than 32 levels deep"]


def test_a_long_file_without_anchors_is_no_bomb():
    assert len(read("a: [" + "x, " * (yamlfile.MAX_REPEATED + 1) + "]", "f.yaml").data["a"]) == 100_001


def test_an_honest_anchor_may_be_used_thousands_of_times():
    text = "a: &a {supplier: reconi, level: EH3}\nb:\n" + "  - {<<: *a, username: x}\n" * 5000
    document = read(text, "f.yaml")
    assert document.problems == ()
    assert document.data["b"][4999] == {"supplier": "reconi", "level": "EH3", "username": "x"}


@either_parser
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "x: 1\nname: De Regenboog: locatie Zuid",
            "2: ':' cannot stand here: go on at a new line, or put a text that holds ': ' or '- ' in quotes",
            id="a colon in a text",
        ),
        pytest.param(
            "x: - y",
            "1: '-' cannot stand here: go on at a new line, or put a text that holds ': ' or '- ' in quotes",
            id="a list item behind its key",
        ),
        pytest.param(
            "x: 1\nname De Regenboog\ny: 2",
            "2: this line is not 'key: value': a ':' with a space after it is missing",
            id="no colon",
        ),
        pytest.param(
            "x:\n  a: 1\n b: 2",
            "3: this line does not fit the keys that begin on line 1: the same indent and 'key: value' are "
            "needed; look also for a quote too many or too few",
            id="a wrong indent",
        ),
        pytest.param(
            "x:\n  - a: 1\n   b: 2",
            "3: this line does not fit the list that begins on line 2: the same indent and '- ' are needed",
            id="a wrong indent in a list",
        ),
        pytest.param("x:\n\ta: 1", "2: a tab: indent with spaces only", id="a tab"),
        pytest.param("x: 1\n\t\ny: 2", "2: a tab: indent with spaces only", id="a tab on an empty line"),
        pytest.param(
            'x: 1\ny: "a\nz: 1\n', "2: the quote that opens here is never closed", id="an open quote"
        ),
        pytest.param(
            "x: [a, b\ny: 1",
            "2: the list that opens with '[' on line 1 lacks its ']', or a ',' before this place",
            id="an open list",
        ),
        pytest.param(
            "x: {a: 1\n  b: 2}",
            "2: the mapping that opens with '{' on line 1 lacks its '}', or a ',' before this place",
            id="a comma too few",
        ),
        pytest.param("x: [a, , b]", "1: a value is missing before ','", id="a comma too many"),
        pytest.param("x: @a", "1: a text that begins with '@' must be in quotes", id="an at sign"),
        pytest.param("x: %a", "1: a text that begins with '%' must be in quotes", id="a per cent sign"),
        pytest.param(
            "x: 1\nservice: *",
            "2: a text that begins with '*' must be in quotes (without them it repeats what '&' marked further "
            "up, and there is no such mark)",
            id="a star",
        ),
        pytest.param(
            "x: 1\nservice: *alle",
            "2: a text that begins with '*' must be in quotes (without them it repeats what '&' marked further "
            "up, and there is no such mark)",
            id="an alias without an anchor",
        ),
        pytest.param("x: & y", "1: a text that begins with '&' must be in quotes", id="an ampersand"),
        pytest.param("x: !< y", "1: a text that begins with '!' must be in quotes", id="an exclamation mark"),
        pytest.param(
            "x: &a 1\ny: &a 2",
            "2: line 1 sets this anchor already: give one of them another name",
            id="an anchor twice",
        ),
        pytest.param(
            'x: "C:\\qa"', "1: in double quotes a backslash must be written twice", id="a backslash"
        ),
        pytest.param(
            "x: >y\n z",
            "1: after '|' or '>' the text begins on the next line; else put it in quotes",
            id="a >",
        ),
        pytest.param(
            "x: 1\n---\ny: 2",
            "2: a second document begins here with '---': a file holds one",
            id="two documents",
        ),
        pytest.param("x: a\x07", "1: character U+0007 is invisible and not allowed: remove it", id="a bell"),
        pytest.param(
            "x: 1\ny: \ud800", "2: character U+D800 is invisible and not allowed: remove it", id="half"
        ),
    ],
)
def test_a_mistake_in_the_yaml_is_said_in_our_words(text, complaint):
    assert complaints(text) == [f"f.yaml:{complaint}"]


@either_parser
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "c:\n  name C (fictief)\n  kvk: x",
            "f.yaml:2:3: 'key: value' is needed: ':' and a space are missing",
            id="no colon",
        ),
        pytest.param(
            "c:\n  name:C (fictief)\n  kvk: x",
            "f.yaml:2:3: 'key: value' is needed: a space is missing after ':'",
            id="no space after the colon",
        ),
        pytest.param(
            "m:\n  -person: p\n    company: c",
            "f.yaml:2:3: a space is missing after '-'",
            id="no space after the dash",
        ),
        pytest.param(
            "s:\n    name: S\n\xa0\xa0\xa0\xa0provider: P\n    level: EH3",
            "f.yaml:3:1: character U+00A0 looks like a space, and is none: put an ordinary space there",
            id="an indent of no-break spaces",
        ),
        pytest.param(
            "s:\n    name:\xa0S\n    level: EH3",
            "f.yaml:2:10: character U+00A0 looks like a space, and is none: put an ordinary space there",
            id="a no-break space after the colon",
        ),
        pytest.param(
            's:\n  kvk: "90000012\n  rsin: "999900006"\n',
            "f.yaml:2:8: the quote that opens here is closed on line 3 only: is one missing on this line?",
            id="a quote that another one closes",
        ),
        pytest.param(
            "s:\n  # first\n  name: S\n   level: EH3\n",
            'f.yaml:4:4: this line is indented deeper than "name" on line 3, which has its value already: the same '
            "indent is needed",
            id="indented deeper",
        ),
        pytest.param(
            "s:\n  name: S\n  text: two\n    lines, then: a colon\n",
            'f.yaml:4:5: this line is indented deeper than "text" on line 3, which has its value already: the same '
            "indent is needed",
            id="a text over two lines",
        ),
    ],
)
def test_a_mistake_is_named_where_it_was_made_not_where_the_parser_gives_up(text, complaint):
    assert [str(problem) for problem in problems(text)] == [complaint]


def test_the_place_is_found_far_down_a_long_file():
    text = "people:\n" + "".join(f"  p{i}:\n    name: P\n" for i in range(2_000))
    [problem] = problems(f"{text}  q:\n    name Q\n    email: q@voorbeeld.example\n")
    assert (problem.line, problem.column) == (4_003, 5)


def test_a_mistake_that_we_have_no_words_for_is_said_in_the_parsers():
    assert complaints("%YAML 9.0\n---\na: 1") == [
        "f.yaml:1: this is not YAML: found incompatible YAML document"
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        pytest.param(b"a: 1\nb: caf\xe9", "2: byte 0xE9 is not UTF-8: save the file as UTF-8", id="Latin 1"),
        pytest.param(
            "a: 1".encode("utf-16"), "1: the file is saved as UTF-16: save it as UTF-8", id="UTF-16"
        ),
        pytest.param(b"", "1: the file is empty", id="no bytes"),
        pytest.param(b"\xef\xbb\xbf", "1: the file is empty", id="only a byte order mark"),
    ],
)
def test_bytes_that_are_no_text_are_refused(source, complaint):
    assert complaints(source) == [f"f.yaml:{complaint}"]


@pytest.mark.parametrize("source", ["", "- a", b"\xff\xfe", "%YAML 9.0\n---\na: 1"])
def test_what_is_wrong_with_a_file_as_a_whole_is_on_its_first_line(source):
    assert [(problem.line, problem.column) for problem in problems(source)] == [(1, 1)]


def test_the_column_counts_characters_not_bytes():
    with pytest.raises(ConfigError) as caught:
        read("a: é\nééé: @".encode(), "f.yaml")
    assert [(p.line, p.column) for p in caught.value.problems] == [(2, 6)]
    with pytest.raises(ConfigError) as caught:
        read("a: é\r\nééé\xff".encode("latin-1").replace(b"\xe9", "é".encode()), "f.yaml")
    assert [(p.line, p.column) for p in caught.value.problems] == [(2, 4)]
