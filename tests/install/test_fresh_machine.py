"""As a newcomer meets it: installed from the checkout, in a folder of one's own, with no xmlsec1 and no compiler."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sps.running import free_port
from support.browser import Browser
from support.checkout import copy_of_checkout
from support.running import ROOT, until
from support.sp import ServiceProvider
from support.walk import landed, walk

HIDDEN = ("xmlsec1", "gcc", "cc", "g++", "c++", "pkg-config")


@pytest.fixture(scope="module")
def bare_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with what a shell needs, and without xmlsec1 or a compiler."""
    folder = tmp_path_factory.mktemp("path")
    for name in ("sh", "env", "uname", "ldconfig"):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    for name in HIDDEN:
        assert shutil.which(name, path=str(folder)) is None
    return str(folder)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def installed(checkout: Path, tmp_path_factory: pytest.TempPathFactory, bare_path: str) -> Path:
    """``pip install .`` in an environment of its own; the folder with its commands."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    done = subprocess.run(
        [
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--only-binary=:all:",
            "--no-binary=mock-eherkenning",
            str(checkout),
        ],
        env={**os.environ, "PATH": bare_path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "bin"


@pytest.fixture
def environment(bare_path: str) -> dict[str, str]:
    return {"PATH": bare_path, "HOME": os.environ.get("HOME", "/"), "PYTHONUNBUFFERED": "1"}


def test_init_fills_any_folder_and_serve_logs_somebody_in(
    installed: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    command = str(installed / "mock-eherkenning")
    made = subprocess.run(
        [command, "init"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert "eherkenning.yaml" in made.stdout
    sp = ServiceProvider()
    (tmp_path / "metadata" / "sp.xml").write_bytes(sp.metadata)
    process = subprocess.Popen(
        [command, "serve", "--port", "0"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        found = re.search(r"listens on (http\S+)", process.stdout.readline())
        assert found
        browser = Browser(found[1])
        xml = sp.signed(sp.request(f"{found[1]}/sso/1.13"))
        page = walk(browser, browser.post("/sso/1.13", sp.form(xml)))
        assert landed(page).fields["SAMLart"]
        for path in ("/static/broker.css", "/console/static/console.css", "/console", "/console/inbox"):
            assert requests.get(f"{found[1]}{path}", timeout=10).ok, f"{path} did not travel in the package"
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_init_leaves_a_file_that_is_there_as_it_is(
    installed: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "eherkenning.yaml").write_text("people: {}\n")
    subprocess.run([installed / "mock-eherkenning", "init"], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "eherkenning.yaml").read_text() == "people: {}\n"


@pytest.fixture
def started(
    checkout: Path, tmp_path: Path, bare_path: str
) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """``python run_broker.py`` in the checkout, with a home and ports of its own."""
    broker, demo = free_port(), free_port()
    log = tmp_path / "log"
    # In the background a shell has SIGINT ignored; told to stop, it stops all the same.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(
        [
            sys.executable,
            "run_broker.py",
            "--home",
            str(tmp_path),
            "--port",
            str(broker),
            "--demo-port",
            str(demo),
        ],
        cwd=checkout,
        env={**os.environ, "PATH": bare_path},
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    try:
        until(lambda: "Ctrl-C stops both" in log.read_text() or process.poll() is not None, "both run", 240)
        assert process.poll() is None, log.read_text()[-3000:]
        yield process, f"http://127.0.0.1:{broker}", f"http://localhost:{demo}"
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_one_command_starts_broker_and_demo_and_one_ctrl_c_stops_both(
    started: tuple[subprocess.Popen[str], str, str],
) -> None:
    process, broker_url, demo_url = started
    assert requests.get(demo_url, timeout=10).ok
    assert requests.get(f"{broker_url}/readyz", timeout=10).json()["ready"] is True
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    until(lambda: gone(broker_url) and gone(demo_url), "both have stopped")


def test_both_end_when_the_one_command_is_killed(started: tuple[subprocess.Popen[str], str, str]) -> None:
    process, broker_url, demo_url = started
    process.kill()
    until(lambda: gone(broker_url) and gone(demo_url), "both have stopped", 30)


def gone(url: str) -> bool:
    try:
        requests.get(url, timeout=2)
    except requests.ConnectionError:
        return True
    return False


def test_a_python_without_venv_is_told_in_one_line(checkout: Path, tmp_path: Path) -> None:
    """As on Debian without python3-venv: ``python -m venv`` fails for want of ensurepip."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    (copy / "client").mkdir()
    for name in ("run_broker.py", "setup.cfg", "client/pyproject.toml"):
        shutil.copy(checkout / name, copy / name)
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / "venv.py").write_text(
        "import sys; print('The virtual environment was not created successfully because ensurepip is not\\n"
        "available.'); sys.exit(1)\n"
    )
    done = subprocess.run(
        [sys.executable, "run_broker.py"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(fake)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.stderr.strip().splitlines() == [
        "run_broker.py: this Python cannot make a virtual environment; on Debian: "
        f"apt install python{minor}-venv"
    ]


def test_xmlsec_and_lxml_agree_in_either_order_of_import() -> None:
    for order in ("import lxml.etree, xmlsec", "import xmlsec, lxml.etree"):
        subprocess.run([sys.executable, "-c", order], check=True, capture_output=True)


def test_the_broker_never_imports_pysaml2_on_its_way_to_the_first_answer(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from broker.app import create; from broker.settings import Settings;"
        f"a = create(Settings(home=Path({str(tmp_path)!r}), store='memory'), watch=False);"
        "a.wsgi.test_client().get('/metadata'); print([m for m in sys.modules if m.split('.')[0] == 'saml2'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
