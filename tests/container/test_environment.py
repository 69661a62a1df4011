"""Options from the environment: as on the command line, and said to be wrong by the name of the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.cli import _parser, main
from broker.command.environment import Parser, misspelt


def parser(**environment: str) -> Parser:
    made = Parser(prog="mock-eherkenning")
    made.environment = {f"MOCK_EHERKENNING_{name}": value for name, value in environment.items()}
    made.add_argument("--base-url", default="")
    made.add_argument("--port", type=int, default=8080)
    made.add_argument("--tls", action="store_true")
    made.add_argument("--store", choices=("sqlite", "memory"), default="sqlite")
    made.add_argument("--cors", action="append", default=[])
    made.add_argument("--token", default="its own")
    return made


@pytest.mark.parametrize(
    ("environment", "name", "value"),
    [
        ({"BASE_URL": "http://broker.test"}, "base_url", "http://broker.test"),
        ({"PORT": "9000"}, "port", 9000),
        ({"TLS": "yes"}, "tls", True),
        ({"TLS": "0"}, "tls", False),
        ({"STORE": "memory"}, "store", "memory"),
        ({"CORS": "http://a.test http://b.test"}, "cors", ["http://a.test", "http://b.test"]),
        ({"TOKEN": "not read here"}, "token", "its own"),
    ],
)
def test_an_option_may_come_from_the_environment(
    environment: dict[str, str], name: str, value: object
) -> None:
    assert getattr(parser(**environment).parse_args([]), name) == value


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "99999", "MOCK_EHERKENNING_PORT (--port)"),
        ("BASE_URL", "foo", "MOCK_EHERKENNING_BASE_URL (--base-url): expected a URL"),
        ("SP_METADATA", "ftp://sp", "MOCK_EHERKENNING_SP_METADATA (--sp-metadata): expected a URL"),
        ("PROT", "9000", "MOCK_EHERKENNING_PROT is not known; did you mean MOCK_EHERKENNING_PORT?"),
    ],
)
def test_a_mistake_is_told_by_the_name_of_the_variable_also_where_it_shows_later(
    name: str,
    value: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(f"MOCK_EHERKENNING_{name}", value)
    # A port that cannot be had ends each of them that would otherwise start.
    options = [] if name == "PORT" else ["--port", "99999"]
    assert main(["serve", "--home", str(tmp_path), *options]) == 2
    assert says in capsys.readouterr().err


def test_the_client_s_own_variables_are_nobody_s_mistake() -> None:
    own = ("URL", "COMMAND", "IMAGE", "CACHE", "SHARED", "FROM", "START", "IN_CONTAINER", "IMAGE_SECONDS")
    known = _parser().parse_args(["serve"]).known
    assert misspelt(known, {f"MOCK_EHERKENNING_{name}": "x" for name in own}) == []


def test_what_the_command_line_says_wins() -> None:
    assert parser(PORT="9000").parse_args(["--port", "9001"]).port == 9001


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (
            {"PORT": "http"},
            "MOCK_EHERKENNING_PORT: invalid literal for int() with base 10: 'http'; received \"http\"",
        ),
        ({"TLS": "maybe"}, 'MOCK_EHERKENNING_TLS: expected yes or no, received "maybe"'),
        ({"STORE": "redis"}, 'MOCK_EHERKENNING_STORE: expected one of sqlite, memory, received "redis"'),
    ],
)
def test_a_value_that_is_none_is_told_by_the_name_of_the_variable(
    environment: dict[str, str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser(**environment)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
