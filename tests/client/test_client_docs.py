"""The examples of docs/ci.md and of the client's README, run as they stand there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mock_eherkenning_client
import pytest
from mock_eherkenning_client import Broker, shell
from test_client_pytest import PLUGIN, project

from support.running import ROOT

__all__ = ["project"]
pytest_plugins = ["pytester"]
SITE = """
from client_sp import flask_app, provider

def make_app(idp_metadata):
    sp = provider()
    sso = idp_metadata.decode().partition('SingleSignOnService')[2].partition('Location="')[2].partition('"')[0]
    app = flask_app(sp, lambda: sso)
    app.metadata, app.entity_id = sp.metadata, sp.entity_id
    return app
"""
CI = (ROOT / "docs" / "ci.md").read_text()
README = (ROOT / "client" / "README.md").read_text()


def blocks(text: str) -> dict[str, str]:
    """The Python examples, by the file name in their first line."""
    found = re.findall(r"```python\n(?:# (\S+)\n)?(.*?)```", text, re.DOTALL)
    return {name or "test_readme.py": code for name, code in found}


def test_the_examples_with_pytest_run(project: pytest.Pytester) -> None:
    files = {**blocks(CI), **blocks(README), "my_site.py": SITE}
    for name in (
        "conftest.py",
        "test_login.py",
        "test_more.py",
        "test_refused.py",
        "test_readme.py",
        "my_site.py",
    ):
        (project.path / name).write_text(files[name])
    project.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=11)


def test_every_call_of_the_docs_is_there(broker: Broker) -> None:
    table = CI[CI.index("## What a test can say") : CI.index("Errors say")]
    names = re.findall(
        r"`\.?([a-z_]+)[`(.]", "\n".join(line.partition(" | ")[0] for line in table.splitlines())
    )
    of_all = (broker, broker.exchanges, broker.people, broker.clock, broker.inbox)
    known = {name for one in of_all for name in dir(one)}
    assert len(names) > 20
    assert [name for name in names if name not in known] == []


def test_the_exit_codes_of_the_docs_are_those_of_the_command() -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", CI, re.MULTILINE)]
    assert codes == [shell.DONE, shell.NOT, shell.UNUSABLE, shell.REFUSED, shell.STOPPED, shell.NEVER]


@pytest.mark.parametrize(
    "file", sorted(Path(mock_eherkenning_client.__file__).parent.rglob("*.py")), ids=lambda f: f.stem
)
def test_the_client_is_written_for_python_3_9(file: Path) -> None:
    tree = ast.parse(file.read_text(), feature_version=(3, 9))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    own = {
        name for name in imported if name and name.partition(".")[0] in ("broker", "suppliers", "helpdeskpo")
    }
    assert own == set()
    assert tree.body == [] or "annotations" in ast.unparse(tree.body[1])
