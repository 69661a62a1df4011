"""A home with the default YAML, and the commands as somebody types them in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import broker
from broker import cli

DEFAULT = Path(broker.__file__).parent / "defaults" / "eherkenning.yaml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the commands, so that places are the same everywhere."""
    folder = tmp_path / "qa"
    folder.mkdir()
    shutil.copyfile(DEFAULT, folder / "eherkenning.yaml")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Exit code, and all that was printed."""

    def ran(*words: str) -> tuple[int, str]:
        try:
            code = cli.main([*words, "--home", "."])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return ran
