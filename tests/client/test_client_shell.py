"""The command: what it prints, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from client_sp import flask_app, on_a_port, provider
from mock_eherkenning_client import Broker, shell

from broker import cli
from support.running import ROOT


@pytest.fixture
def start_of(broker: Broker):
    """The base URL of a service provider on a port."""

    def make(base: str):
        sp = provider(base)
        broker.trust(sp.metadata)
        return flask_app(sp, lambda: broker.sso_urls[0])

    with on_a_port(make) as base:
        yield base


@pytest.mark.parametrize(
    ("page", "more", "code", "says"),
    [
        ("/login", [], shell.DONE, "success: m.devries landed at"),
        ("/login", ["--cancel", "pin"], shell.NOT, "expected success, and the answer is cancelled"),
        ("/login", ["--cancel", "pin", "--expect", "cancelled"], shell.DONE, "cancelled:"),
        ("/login", ["--cancel", "choice", "--expect", "cancelled"], shell.DONE, "cancelled:"),
        ("/login", ["--scenario", "mandate-expired"], shell.STOPPED, "mandate"),
        (
            "/login",
            ["--scenario", "mandate-expired", "--cancel-if-stopped", "--expect", "cancelled"],
            shell.DONE,
            'stopped on page "nomandate" (expired)',
        ),
        (
            "/login",
            ["--scenario", "mandate-expired", "--cancel-if-stopped"],
            shell.NOT,
            "expected success, and the answer is cancelled",
        ),
        (
            "/login",
            ["--person", "a.yilmaz", "--channel", "app", "--phone", "refuse"],
            shell.STOPPED,
            "app.refused",
        ),
        ("/login", ["--password", "no", "--expect", "stopped"], shell.DONE, "login.wrong"),
        ("/unsigned", [], shell.REFUSED, "the broker refused the AuthnRequest"),
        ("/public", [], shell.NEVER, "never led to the broker"),
        ("/login", ["--trust", "no-such-file.xml"], shell.UNUSABLE, "No such file"),
        ("/login", ["--broker", "http://127.0.0.1:9"], shell.UNUSABLE, "does not answer"),
    ],
)
def test_the_exit_code_says_how_it_went(
    broker: Broker, start_of: str, capsys, page: str, more: list[str], code: int, says: str
) -> None:
    common = [
        "login",
        f"{start_of}{page}",
        "--person",
        "m.devries",
        "--broker",
        broker.url,
        "--tag",
        broker.tag,
    ]
    assert shell.main([*common, *more]) == code
    out, err = capsys.readouterr()
    assert says in (out if code == shell.DONE else err)


def test_json_and_junit_have_all_of_it(broker: Broker, start_of: str, capsys, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    common = [
        "--person",
        "m.devries",
        "--broker",
        broker.url,
        "--tag",
        broker.tag,
        "--json",
        "--junit",
        str(file),
    ]
    # By the broker's own command, which hands over.
    assert cli.main(["login", f"{start_of}/login", *common]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["status"], told["exit_code"]) == ("success", 200, 0)
    assert broker.exchanges.get(told["exchange"]).tag == broker.tag
    assert cli.main(["login", f"{start_of}/public", *common]) == shell.NEVER
    (case,) = ElementTree.parse(file).iter("testcase")
    assert "never led to the broker" in case.find("failure").text


def test_without_the_client_one_command_mends_it() -> None:
    program = "import sys; sys.modules['mock_eherkenning_client'] = None; from broker.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "login", "http://localhost:1/"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"mock-eherkenning: login needs the client; install it: {sys.executable} -m pip install {ROOT / 'client'}\n"
    )
