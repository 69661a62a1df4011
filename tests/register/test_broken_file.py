"""A file with a mistake on nearly every line, and the exact lines that a tester gets to read."""

import pytest
from pydantic import BaseModel, ConfigDict

from suppliers.register.loader import loads
from suppliers.register.problems import ConfigError
from support.golden import FOLDER, same_as_golden

SUPPLIERS = ("digidentity", "kpn", "quovadis", "reconi", "we-id", "z-login")


class Broker(BaseModel):
    model_config = ConfigDict(extra="forbid")

    port: int = 8080
    spelling: str = "strict"


@pytest.fixture(scope="module")
def problems():
    source = (FOLDER / "broken.yaml").read_bytes()
    with pytest.raises(ConfigError) as caught:
        loads(
            source,
            "broken.yaml",
            suppliers=SUPPLIERS,
            sections={"broker": Broker},
            smartcards=("reconi",),
        )
    return caught.value.problems


def test_every_mistake_is_said_in_these_words(problems):
    same_as_golden("broken.txt", "".join(f"{problem}\n" for problem in problems))


def test_every_line_that_is_marked_has_its_problem_and_no_other_line_has_one(problems):
    lines = (FOLDER / "broken.yaml").read_text("utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if "  # " in line}
    assert len(marked) >= 60
    assert {problem.line for problem in problems} == marked
