"""docs/tags.md does what it says."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from pathlib import Path
from typing import Any

from broker.api import models
from broker.pages.room import COOKIE, HEADER

DOCS = (Path(__file__).parents[2] / "docs" / "tags.md").read_text()
CURL = argparse.ArgumentParser()
for option in ("-X", "-H", "-d"):
    CURL.add_argument(option, default=None)
CURL.add_argument("url")


def test_every_line_of_the_docs_works_in_their_order(rooms: Any) -> None:
    lines = re.findall(r"^curl .*$", DOCS, re.MULTILINE)
    answers = []
    for line in lines:
        given = CURL.parse_args(shlex.split(line)[1:])
        path = given.url.partition("/api/v1/")[2]
        answers.append(rooms.api(given.X or "GET", path, None if given.d is None else json.loads(given.d)))
    _, inside, outside, *_, dropped = answers
    assert (inside["name"], outside["name"]) == ("Mieke in t-42", "Mieke de Vries")
    assert (dropped["dropped"]["changes"], dropped["dropped"]["clock"]) == (1, 1)


def test_the_docs_name_the_header_the_cookie_and_all_that_a_room_has() -> None:
    for word in (HEADER, COOKIE, *models.OF_ROOMS):
        assert f"`{word}`" in DOCS, word
