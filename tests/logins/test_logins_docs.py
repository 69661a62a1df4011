"""docs/logins-over-the-api.md says what is so: its commands work by real HTTP, and it names every word."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from broker.api.logins import PAGES, Completion, NewLogin
from broker.api.logins_json import Completed, LoginSeen
from broker.api.problems import StopSeen
from broker.app import create
from broker.completing.wish import MEND
from broker.settings import Settings
from support.logins import Logins, Said
from support.running import RunningBroker
from support.sp import ARTIFACT, ServiceProvider
from support.web import serving, to

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "logins-over-the-api.md").read_text()


def test_the_commands_of_the_docs_log_a_person_in(tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)
    with RunningBroker(tmp_path / "home", store="memory") as broker, serving() as web:
        sp = ServiceProvider(acs={1: (ARTIFACT, f"{web.base_url}/acs")})
        broker.trust(sp.metadata, "sp")
        sso = f"{broker.base_url}/sso/1.13"
        start = web.serve("/login", to(f"{sso}?{sp.query(sp.signed(sp.request(sso)))}"))
        here = script.replace("http://localhost:8000/login", start)
        here = here.replace("http://127.0.0.1:8080", broker.base_url)
        assert here.count(broker.base_url) == here.count(start) == 1
        environment = {"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)}
        got = subprocess.run(
            ["sh", "-eu", "-c", here], capture_output=True, text=True, timeout=60, env=environment
        )
        assert got.returncode == 0, got.stderr
    assert web.asked[0] == "/login"
    assert re.fullmatch(r"/acs\?SAMLart=[^&]+&RelayState=rs-1", web.asked[1]), web.asked


@pytest.mark.parametrize(
    "word",
    sorted({*NewLogin.model_fields, *Completion.model_fields, *MEND, *PAGES}),
)
def test_every_word_is_told(word: str) -> None:
    assert f"`{word}`" in DOCS


def test_every_key_of_an_answer_stands_in_an_example() -> None:
    examples = "".join(re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL))
    for model in (LoginSeen, Completed, StopSeen):
        for key in model.model_fields:
            assert f'"{key}"' in examples, (model, key)


def test_without_the_token_nobody_logs_in(bench: Any, tmp_path: Path, keys: Path) -> None:
    home = tmp_path / "guarded"
    (home / "metadata").mkdir(parents=True)
    (home / "metadata" / "sp.xml").write_bytes(bench.sp.metadata)
    (home / "certs").symlink_to(keys)
    application = create(Settings(home=home, store="memory", token="s3cret"), watch=False)
    logins = Logins(type(bench)(application, bench.sp, home))
    own = {"Authorization": "Bearer s3cret"}
    fields = bench.sp.form(bench.sp.signed(bench.sp.request(bench.sso)))
    assert logins("POST", "logins", {"fields": fields}).status == 401
    assert logins("POST", "logins", {"fields": fields}, **own, Sec_Fetch_Site="cross-site").status == 403
    began = logins("POST", "logins", {"fields": fields}, **own)
    assert began.status == 201
    to = f"logins/{began.body['id']}/complete"
    assert logins("POST", to, {"person": "m.devries"}).status == 401
    assert logins("POST", to, {"person": "m.devries"}, **own).body["outcome"] == "success"
    application.close()


def test_real_answers_are_as_the_description_has_them(logins: Logins) -> None:
    document = logins.bench.browser().get("/api/openapi.json").body
    described = json.loads(document)
    components = described["components"]
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)

    def fits(said: Said, method: str, path: str, status: int) -> None:
        assert said.status == status, said.body
        (content,) = described["paths"][path][method]["responses"][str(status)]["content"].values()
        validator = Draft202012Validator({**content["schema"], "components": components})
        assert not [f"{one.json_path}: {one.message}" for one in validator.iter_errors(said.body)]

    one, complete = "/api/v1/logins/{id}", "/api/v1/logins/{id}/complete"
    begun = logins.new()
    fits(begun, "post", "/api/v1/logins", 201)
    login = begun.body["id"]
    for person in ("k.dekker", "r.peters", "t.mulder"):
        fits(logins.complete(login, person=person), "post", complete, 409)
        fits(logins("GET", f"logins/{login}"), "get", one, 200)
    fits(logins.complete(login, person="m.devries"), "post", complete, 200)
    fits(logins("GET", f"logins/{login}"), "get", one, 200)
    fits(logins.complete(login, person="m.devries"), "post", complete, 410)
    fits(logins.cancel(logins.begin()), "post", "/api/v1/logins/{id}/cancel", 200)
    fits(logins.new({}), "post", "/api/v1/logins", 400)
