"""The examples for other languages, as they stand in the repository, against a real broker and a real provider."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.checking_sp import HELPDESK, CheckingSps
from support.running import ROOT, RunningBroker
from support.sp import certificates_of

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def stand(
    tmp_path_factory: pytest.TempPathFactory, keys: Path
) -> Iterator[tuple[RunningBroker, CheckingSps]]:
    home = tmp_path_factory.mktemp("examples") / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "certs").symlink_to(keys)
    with CheckingSps() as sps:
        (home / "metadata" / "sp.xml").write_bytes(sps.sps[HELPDESK].metadata)
        with RunningBroker(home, store="memory") as broker:
            sps.sso = f"{broker.base_url}/sso/1.13"
            certificate = certificates_of(broker.browser().get("/metadata").body)[0]
            sps.certificate = lambda: certificate
            sps.clock = lambda: datetime.now(UTC)
            yield broker, sps


def run(stand: tuple[RunningBroker, CheckingSps], *command: str) -> subprocess.CompletedProcess[str]:
    broker, sps = stand
    sps.forget()
    environment = {
        **os.environ,
        "MOCK_EHERKENNING_URL": broker.base_url,
        "START_URL": f"{sps.base_url}/login",
    }
    environment.pop("MOCK_EHERKENNING_TOKEN", None)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120, cwd=EXAMPLES
    )
    assert sps.faults == [], sps.faults
    return done


def needed(program: str) -> None:
    if shutil.which(program) is None:
        assert not os.environ.get("CI"), f"under CI the examples must run: {program} is not installed"
        pytest.skip(f"{program} is not installed")


def test_the_example_in_node(stand: tuple[RunningBroker, CheckingSps]) -> None:
    needed("node")
    done = run(stand, "node", "--test", "--test-reporter=spec", "node/login.test.mjs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [answer.status for answer in stand[1].answers] == [("Success",), ("Responder", "AuthnFailed")]


def test_the_example_in_a_shell(stand: tuple[RunningBroker, CheckingSps]) -> None:
    needed("jq")
    done = run(stand, "sh", "shell/login.sh", f"{stand[1].base_url}/login", "m.devries")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("200 ")
    assert [answer.status for answer in stand[1].answers] == [("Success",)]


def test_the_example_in_a_shell_says_why_somebody_does_not_get_in(
    stand: tuple[RunningBroker, CheckingSps],
) -> None:
    needed("jq")
    done = run(stand, "sh", "shell/login.sh", f"{stand[1].base_url}/login", "nobody")
    assert done.returncode == 1, done.stdout
    assert "nobody" in done.stderr
    assert stand[1].answers == []


def test_the_example_in_a_shell_says_where_the_provider_leads_instead(
    stand: tuple[RunningBroker, CheckingSps],
) -> None:
    needed("jq")
    done = run(stand, "sh", "shell/login.sh", f"{stand[1].base_url}/elsewhere", "m.devries")
    assert done.returncode == 1
    assert "not to http://127.0.0.1" in done.stderr
