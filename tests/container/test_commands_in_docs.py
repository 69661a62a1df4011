"""What README.md and docs tell to type, where nothing else runs it: the options are there, the files too."""

from __future__ import annotations

import configparser
import re
import shlex

import pytest
import yaml
from mock_eherkenning_client import shell
from test_container_files import ROOT, _options_of_serve

from broker.command.environment import variable
from tools import container

FILES = ("README.md", "docs/ci.md", "docs/container.md", "client/README.md", "examples/django/README.md")
READ = configparser.ConfigParser()
READ.read(ROOT / "setup.cfg")
SCRIPTS = set(re.findall(r"^(\S+) =", READ["options.entry_points"]["console_scripts"], re.MULTILINE))
ENGINE = {"run": ("--rm", "-p", "--read-only"), "build": ("-t",), "compose": ("--build", "--wait")}


def lines() -> list[tuple[str, list[str]]]:
    found = []
    for file in FILES:
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / file).read_text(), re.DOTALL):
            joined = block.replace("\\\n", " ").splitlines()
            found += [(file, words) for line in joined if (words := shlex.split(line, comments=True))]
    return found


@pytest.mark.parametrize(
    ("file", "words"), lines(), ids=lambda one: one if isinstance(one, str) else " ".join(one)[:60]
)
def test_a_command_of_the_docs_is_one_that_there_is(file: str, words: list[str]) -> None:
    folder = (ROOT / file).parent if file.startswith("examples") else ROOT
    words = words[1:] if words[0] == "sudo" else words
    name, rest = words[0], words[1:]
    options = [word for word in rest if word.startswith("-")]
    if name == "docker":
        assert set(options) <= set(ENGINE[rest[0]]), f"{file}: look whether the engine knows {options}"
        assert rest[-1] in (".", "mock-eherkenning"), "the image that is built is the one that runs"
    elif name == "mock-eherkenning" and rest[0] == "login":
        shell._parser().parse_args(rest)
    elif name in SCRIPTS:
        assert {one.partition("=")[0] for one in options} <= _options_of_serve()
    elif name == "make":
        assert all(f"\n{target}:" in (ROOT / "Makefile").read_text() for target in rest)
    elif name.startswith("python"):
        if options[:1] == ["-m"]:
            assert rest[1] == "pip"
            _installs(folder, rest[3:])
        else:
            assert (ROOT / rest[0]).exists(), rest[0]
    elif name in ("pip", "pipx"):
        _installs(folder, rest[1:])
    else:
        assert name in ("pytest", "git", "cd", "."), f"{file}: nothing looks at: {' '.join(words)}"


def _installs(folder: object, what: list[str]) -> None:
    for one in what:
        assert one == "-r" or container.Path(str(folder), one).exists(), one


def test_the_settings_beside_your_own_provider_are_read() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/container.md").read_text(), re.DOTALL)
    broker = yaml.safe_load(block)["services"]["broker"]
    assert set(broker["environment"]) <= {variable(name) for name in _options_of_serve()}


def test_the_table_of_settings_names_what_is_read() -> None:
    text = (ROOT / "docs/container.md").read_text()
    named = set(re.findall(r"`(MOCK_EHERKENNING_[A-Z_]+)`", text)) | {"MOCK_EHERKENNING_PORT"}
    known = {variable(name) for name in _options_of_serve()} | {"MOCK_EHERKENNING_HOME"}
    assert named <= known, named - known
