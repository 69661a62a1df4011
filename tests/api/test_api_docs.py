"""docs/api.md, the description and the page say what is so."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from openapi_spec_validator import validate

from broker.api import models
from broker.api.described import Operation
from broker.api.openapi import GROUPS

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
CURL = argparse.ArgumentParser(exit_on_error=False)
CURL.add_argument("url")
CURL.add_argument("-X", default="GET")
CURL.add_argument("-H", action="append", default=[])
CURL.add_argument("-d")


def curl(api: Any, line: str) -> Any:
    """What the line would do on a broker of our own."""
    words = shlex.split(line)
    assert words[0] == "curl", line
    given = CURL.parse_args(words[1:])
    headers = dict(header.split(": ", 1) for header in given.H)
    split = urlsplit(given.url)
    path = f"{split.path}?{split.query}" if split.query else split.path
    raw = None if given.d is None else given.d.encode()
    return api(given.X, path, raw=raw, **{name.replace("-", "_"): value for name, value in headers.items()})


def lines(text: str) -> list[str]:
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    return re.split(r"\n(?=curl )", blocks.strip())


def test_every_line_of_the_docs_works_in_their_order(api: Any) -> None:
    found = [(line, curl(api, line)) for line in lines(DOCS)]
    assert len(found) == 10
    for line, answer in found:
        assert answer.status in (200, 201), (line, answer.body)
    made = [answer.body for line, answer in found if "POST" in line and "mandates" in line]
    assert made[0]["state"] == "expired"
    emptied = [answer.body["dropped"] for line, answer in found if "tag=demo'" in line and "reset" in line]
    assert [one["changes"] for one in emptied] == [1]


def test_the_docs_name_every_part_that_a_reset_knows() -> None:
    assert all(f"`{what}`" in DOCS for what in models.WHAT)


@pytest.fixture
def document(api: Any) -> Any:
    return api.get("/api/openapi.json").body


def test_the_description_is_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(m, path, said) for path, methods in document["paths"].items() for m, said in methods.items()]


def test_every_operation_says_what_it_does_and_how_it_can_end(document: Any) -> None:
    ids = [said["operationId"] for _, _, said in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, said in operations(document):
        assert said["summary"], (method, path)
        assert said["tags"][0] in GROUPS
        for status, answer in said["responses"].items():
            media = set(answer.get("content", {}))
            fails = status >= "400" and path != "/readyz"
            assert media == ({"application/problem+json"} if fails else media)
            assert bool(media) == (status != "204"), (method, path, status)


def test_every_call_that_there_is_stands_in_the_description(bench: Any, document: Any) -> None:
    described = {(method.upper(), re.sub(r"{(\w+)}", "{}", path)) for method, path, _ in operations(document)}
    there = {
        (method, re.sub(r"<[^>]+>", "{}", rule.rule))
        for rule in bench.application.wsgi.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/") or rule.rule == "/readyz"
    }
    assert there - described == {("GET", "/api/openapi.json")}
    assert described <= there


def test_every_example_of_a_record_is_taken(api: Any, document: Any) -> None:
    """In the order of the description, on keys that are there where a PATCH needs one."""
    there = {
        "services": "mijn-helpdesk-po",
        "companies": "regenboog",
        "people": "m.devries",
        "mandates": "m.devries/regenboog/all",
    }
    tried = 0
    for method, path, said in operations(document):
        for media, content in said.get("requestBody", {}).get("content", {}).items():
            section = path.split("/")[3]
            if section not in there:
                continue
            key = there[section] if method == "patch" or "means" in path else "example"
            target = (
                path.replace("{key}", key).replace("{id}", key).replace("{supplier}/{name}", "kpn/example")
            )
            answer = api(
                method.upper(), target, raw=json.dumps(content["example"]).encode(), Content_Type=media
            )
            assert answer.status in (200, 201), (method, target, answer.body)
            tried += 1
            api.post("reset?what=changes")
    assert tried == 14


def test_the_page_shows_every_operation_and_runs_no_script(api: Any, document: Any) -> None:
    page = api.get("/api")
    assert page.status == 200
    for method, path, said in operations(document):
        assert f"<code>{method.upper()} {path}</code>" in page.body
        assert f'id="{said["operationId"]}"' in page.body
    assert "<script" not in page.body
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.body), "nothing comes from elsewhere"


@pytest.mark.usefixtures("own_keys")
def test_every_curl_line_of_the_page_names_a_call_that_there_is(api: Any) -> None:
    import html

    found = [
        html.unescape(one)
        for one in re.findall(r"<pre><code>(curl.*?)</code></pre>", api.get("/api").body, re.DOTALL)
    ]
    assert len(found) > 20
    for line in found:
        answer = curl(api, line.replace("{", "").replace("}", "") if " -d " not in line else line)
        assert answer.status != 405, line


def test_a_rule_of_flask_is_made_of_the_path_of_the_description() -> None:
    operation = Operation("GET", "/api/v1/a/{b}/c/{d}", "", "", {}, rest="d")
    assert (operation.rule, operation.id) == ("/api/v1/a/<b>/c/<path:d>", "get_a_b_c_d")
