"""The Dockerfile and the files for pipelines: each is one that its reader takes, and names what is there."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from broker.cli import _parser
from broker.command.environment import variable
from tools import container, requirements

ROOT = Path(container.__file__).resolve().parents[1]
DOCKERFILE = container.instructions((ROOT / "Dockerfile").read_text())
IGNORE = (ROOT / ".dockerignore").read_text()
SCHEMAS = {
    "compose.yaml": "vendor.compose-spec",
    "examples/github-actions/eherkenning.yml": "vendor.github-workflows",
    "examples/gitlab-ci/gitlab-ci.yml": "vendor.gitlab-ci",
}


@pytest.mark.parametrize("instruction", DOCKERFILE, ids=lambda one: f"{one.line}-{one.name}")
def test_every_instruction_is_one_that_the_script_carries_out(instruction: container.Instruction) -> None:
    assert hasattr(container.Build, f"_{instruction.name.lower()}"), f"line {instruction.line}"
    if instruction.name in ("RUN", "CMD", "ENTRYPOINT", "VOLUME"):
        assert instruction.words, "the JSON form: no shell comes in between unseen"


def test_what_is_copied_is_there_and_in_the_context() -> None:
    copied = [one for one in DOCKERFILE if one.name == "COPY" and "from" not in one.flags]
    sources = [source for one in copied for source in one.value.split()[:-1]]
    assert {"broker", "suppliers", "client", "setup.cfg"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert container.context_has(IGNORE, source), f".dockerignore leaves out {source}"
    assert not container.context_has(IGNORE, "certs"), "keys of this machine never get into an image"
    assert not container.context_has(IGNORE, "state.sqlite")


def test_the_image_runs_as_nobody_in_particular_and_is_asked_for_its_health_without_a_shell() -> None:
    last = {one.name: one for one in DOCKERFILE}
    assert last["USER"].value == "10001:10001"
    read = configparser.ConfigParser()
    read.read(ROOT / "setup.cfg")
    commands = re.findall(r"^(\S+) =", read["options.entry_points"]["console_scripts"], re.MULTILINE)
    health = container.Instruction("CMD", last["HEALTHCHECK"].value.partition("CMD ")[2], {}, 0).words
    assert health[0] in commands
    assert last["ENTRYPOINT"].words[0] in commands


def test_what_the_image_sets_is_read() -> None:
    known = {variable(name) for name in _options_of_serve()} | {"PATH", "MOCK_EHERKENNING_HOME"}
    (environment,) = [one for one in DOCKERFILE if one.name == "ENV"]
    names = {pair.partition("=")[0] for pair in environment.value.split()}
    assert names - known == {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


def test_what_the_compose_file_sets_is_read() -> None:
    known = {variable(name) for name in _options_of_serve()}
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    broker = compose["services"]["broker"]
    assert set(broker["environment"]) <= known
    for name in ("broker", "demo", "mailpit"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), (
            "nothing is open to the network"
        )


@pytest.mark.parametrize(("file", "schema"), SCHEMAS.items(), ids=SCHEMAS)
def test_files_for_pipelines_are_valid(file: str, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_requirements_of_the_image_are_those_of_setup_cfg() -> None:
    found = requirements.requirements(ROOT / "setup.cfg")
    assert any(line.startswith("flask>=") for line in found)
    assert not any(line.startswith("#") for line in found)


def _options_of_serve() -> set[str]:
    commands = next(
        action for action in _parser()._actions if action.dest == "==SUPPRESS==" or action.choices
    )
    return {name for action in commands.choices["serve"]._actions for name in action.option_strings}
