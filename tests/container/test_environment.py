"""Options from the environment: as on the command line, and said to be wrong by the name of the variable."""

from __future__ import annotations

import pytest

from broker.environment import Parser


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
