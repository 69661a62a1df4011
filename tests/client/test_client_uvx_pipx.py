"""A broker that uvx and pipx fetch, from an environment that has nothing but the client in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import requests
from mock_eherkenning_client import NoBroker
from mock_eherkenning_client.starting import Wish, command

from support.checkout import copy_of_checkout
from support.running import until

PROGRAM = """
import os, signal, sys
from mock_eherkenning_client import start
with start() as broker:
    print(broker.url, broker.people.get("m.devries").name, sep="|", flush=True)
    if sys.argv[1] == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where uv and pipx are installed; no broker is."""
    folder = tmp_path_factory.mktemp("tools")
    venv.create(folder, with_pip=True)
    _run(folder / "bin" / "python", "-m", "pip", "install", "-q", "uv", "pipx")
    return folder / "bin"


@pytest.fixture(scope="module")
def python(tools: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment with the client alone."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    found = folder / "bin" / "python"
    _run(tools / "uv", "pip", "install", "-q", "--python", found, checkout / "client")
    return found


def _run(*words: str | Path) -> None:
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tools keep, nobody else sees."""
    return tmp_path_factory.mktemp("kept")


@pytest.mark.parametrize("tool", ["uvx", "pipx"])
def test_the_folder_is_run_as_it_is_now_and_nothing_stays_behind(
    tool: str, checkout: Path, tools: Path, python: Path, kept: Path, tmp_path: Path
) -> None:
    path, own = tmp_path / "path", tmp_path / "own"
    path.mkdir()
    for name in {tool, tool.replace("uvx", "uv")}:
        (path / name).symlink_to(tools / name)
    (path / "python3").symlink_to(Path(sys.executable).resolve())
    (own / "broker").mkdir(parents=True)
    (own / "broker" / "__init__.py").write_text("raise ImportError('of the application')\n")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MOCK_EHERKENNING_")},
        "PATH": f"{path}:/usr/bin:/bin",
        "PYTHONPATH": str(own),
        "MOCK_EHERKENNING_FROM": checkout.name,
        "MOCK_EHERKENNING_CACHE": str(kept / "keys"),
        "UV_CACHE_DIR": str(kept / "uv"),
        "PIPX_HOME": str(kept / "pipx"),
    }
    yaml = checkout / "broker" / "defaults" / "eherkenning.yaml"
    for end in ("ends", "is killed"):
        name = f"Mieke die met {tool} {end}"
        yaml.write_text(
            re.sub(r"(?m)^(  m\.devries:\n(?: .*\n)*?    name:).*", rf"\1 {name}", yaml.read_text())
        )
        done = subprocess.run(
            [python, "-c", PROGRAM, end],
            cwd=checkout.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip().endswith(f"|{name}"), done.stdout + done.stderr
        url = done.stdout.partition("|")[0]
        until(lambda url=url: not _listens(url), f"nobody listens on {url}", 60)  # type: ignore[misc]


def _listens(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=10).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize(
    ("source", "is_taken"),
    [
        ("mock-eherkenning==0.1.0", True),
        ("mock-eherkenning[x] >= 0.1", True),
        ("mock-eherkenning @ https://elsewhere.test/x.whl", True),
        ("git+https://elsewhere.test/x.git", True),
        ("https://elsewhere.test/x.whl", True),
        ("mock-eherkenning", False),
        ("no-such-folder", False),
        ("./no/such.whl", False),
    ],
)
def test_what_is_neither_there_nor_says_which_is_not_looked_for_in_an_index(
    source: str, is_taken: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "_beside", lambda name: f"/bin/{name}")
    if is_taken:
        assert source in command.find(Wish(source=source))
        return
    with pytest.raises(
        NoBroker, match=r"MOCK_EHERKENNING_FROM: expected a folder or a wheel.*and there is no /"
    ):
        command.find(Wish(source=source))


def test_without_either_tool_the_one_command_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "_beside", lambda name: None)
    with pytest.raises(
        NoBroker, match=r"neither uvx nor pipx .*\nMend it with:  python\S* -m pip install uv$"
    ):
        command.find(Wish(source=str(tmp_path)))
