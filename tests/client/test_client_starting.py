"""Finding a broker, or starting one; and that none stays behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from mock_eherkenning_client import Broker, NoBroker, start
from mock_eherkenning_client.starting import Wish, command, folders

from support.running import until

COMMAND = (sys.executable, "-m", "broker.cli")
YAML = """
services:
  s: {name: Dienst, provider: Voorbeeld, service_id: "urn:etoegang:DV:00000001999999990000:services:9", level: EH2,
      identifiers: [[KvKnr]]}
companies:
  c: {name: Organisatie, kvk: "90000012"}
people:
  p: {name: P, phone: 06 12345678, means: [{supplier: kpn, username: p, password: Welkom-123, level: EH3}]}
mandates:
  - {person: p, company: c, service: "*", level: EH3}
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def people(broker: Broker) -> list[str]:
    return [person.key for person in broker.people.list()]


def test_by_command_it_is_there_and_goes(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where other tests, and other runs, make no homes.
    monkeypatch.setattr(folders.tempfile, "tempdir", str(tmp_path))
    with start(command=COMMAND, yaml=YAML) as broker:
        assert people(broker) == ["p"]
        url = broker.url
        assert list(tmp_path.glob("mock-eherkenning-*"))
    with pytest.raises(NoBroker, match=r"does not answer GET /api/v1/people\?limit=500"):
        people(Broker(url))
    assert list(tmp_path.glob("mock-eherkenning-*")) == []


def test_keys_are_kept_for_this_user_alone(whole: Broker, cache: Path) -> None:
    (folder,) = cache.glob("keys-*")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    keys = list(folder.glob("*.pem"))
    assert keys
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    with start(command=COMMAND) as other:
        assert other.metadata.count(b"X509Certificate") == whole.metadata.count(b"X509Certificate")
        assert _certificate(other) == _certificate(whole)


def _certificate(broker: Broker) -> bytes:
    return broker.metadata.partition(b"X509Certificate>")[2].partition(b"<")[0]


def test_in_a_thread_it_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_eherkenning_client.starting.thread.importable", lambda: True)
    with start("thread", yaml=YAML) as broker:
        assert people(broker) == ["p"]
    with pytest.raises(NoBroker):
        people(Broker(broker.url))


def test_a_module_of_the_application_that_is_called_broker_is_not_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("mock_eherkenning_client.starting.thread.metadata.distribution", _no_distribution)
    with pytest.raises(NoBroker, match="cannot be imported here"):
        start("thread")


def _no_distribution(name: str) -> None:
    from importlib.metadata import PackageNotFoundError

    raise PackageNotFoundError(name)


def test_one_that_runs_is_used_and_left_running(whole: Broker) -> None:
    with start(environ={"MOCK_EHERKENNING_URL": whole.url}) as broker:
        assert broker.url == whole.url
    assert people(whole)


def test_a_token_goes_along() -> None:
    with start(command=COMMAND, options=["--token", "of-this-test"]) as broker:
        assert people(broker)
        with pytest.raises(Exception, match="MOCK_EHERKENNING_TOKEN"):
            people(Broker(broker.url))
        assert people(
            start(environ={"MOCK_EHERKENNING_URL": broker.url, "MOCK_EHERKENNING_TOKEN": "of-this-test"})
        )


def test_one_that_does_not_run_is_told() -> None:
    with pytest.raises(NoBroker, match=r"http://127\.0\.0\.1:9 does not answer GET /readyz"):
        start(environ={"MOCK_EHERKENNING_URL": "http://127.0.0.1:9"})


def test_where_there_is_none_one_command_mends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    monkeypatch.setattr("mock_eherkenning_client.starting.thread.metadata.distribution", _no_distribution)
    with pytest.raises(NoBroker) as none:
        start(environ={})
    assert str(none.value).endswith("Mend it with:  python3 -m pip install mock-eherkenning")


def test_a_broker_that_does_not_come_up_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoBroker, match=r"(?s)ended with exit code 2; it said:.*EH9.* is not a level"):
        start(command=COMMAND, yaml=YAML.replace("EH2", "EH9"))
    monkeypatch.setattr("mock_eherkenning_client.starting.thread.importable", lambda: True)
    with pytest.raises(NoBroker, match=r"EH9.* is not a level"):
        start("thread", yaml=YAML.replace("EH2", "EH9"))


@pytest.mark.parametrize(
    ("tool", "words", "in_place"),
    [
        ("uvx", ["--python", ">=3.11,<3.14", "--from"], ["--with-editable", "{}"]),
        ("pipx", ["run", "--spec"], ["--pip-args=--editable"]),
    ],
)
def test_nothing_is_fetched_by_its_name_alone(
    tool: str, words: list[str], in_place: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / tool).write_text("#!/bin/sh\n")
    (tmp_path / tool).chmod(0o755)
    (tmp_path / "checkout").mkdir()
    (tmp_path / "of.whl").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    assert command.find(Wish()) == ()
    given, wheel = str(tmp_path / "checkout"), str(tmp_path / "of.whl")
    program = str(tmp_path / tool)
    assert command.find(Wish(source="checkout")) == (
        program,
        *words[:-1],
        *(word.format(given) for word in in_place),
        words[-1],
        given,
        "mock-eherkenning",
    )
    assert command.find(Wish(source="of.whl")) == (program, *words, wheel, "mock-eherkenning")


def _fake(folder: Path, name: str, more: str = "") -> Path:
    """A command that keeps its arguments and starts the broker of this checkout with those behind ``serve``."""
    said = folder / "said"
    script = folder / name
    script.write_text(
        f'#!/bin/sh\necho "$@" > {said}\nwhile [ "$1" != serve ]; do shift; done\n{more}\n'
        f'exec {sys.executable} -m broker.cli "$@" --home {folder}\n'
    )
    script.chmod(0o755)
    return said


def test_in_a_container_by_a_script_in_place_of_docker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The engine publishes port 8080 of the container elsewhere; the script listens there at once."""
    more = 'url=$(echo "$@" | sed "s/.*--base-url \\([^ ]*\\).*/\\1/"); shift 5; set -- serve --port ${url##*:} "$@"'
    said = _fake(tmp_path, "docker", more)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with start(environ={"MOCK_EHERKENNING_IMAGE": "mock-eherkenning:test"}, yaml=YAML) as broker:
        assert people(broker)
        assert broker.metadata.count(broker.url.encode()) > 0
        assert broker.api.token
    words = said.read_text()
    port = broker.url.rpartition(":")[2]
    assert words.startswith(f"run --rm --interactive --publish 127.0.0.1:{port}:8080 --volume ")
    assert (
        ":/home/eherkenning/eherkenning.yaml:ro --env MOCK_EHERKENNING_TOKEN mock-eherkenning:test serve"
        in words
    )
    assert broker.api.token not in words


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killing_the_program_that_started_it_leaves_nothing(how: signal.Signals, cache: Path) -> None:
    program = (
        "import json, sys, time\nfrom mock_eherkenning_client import start\n"
        f"broker = start(command={COMMAND!r})\nprint(broker.url, flush=True)\ntime.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    url = holder.stdout.readline().strip()
    pid = _listening(url)
    holder.send_signal(how)
    holder.wait(60)
    until(lambda: gone(pid), f"the broker {pid} is gone", 60)


def _listening(url: str) -> int:
    """The process that has this broker's home, as its command line says."""
    found = [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if b"--stop-with-parent" in _command(folder)
        and _listens(int(folder.name), int(url.rpartition(":")[2]))
    ]
    assert len(found) == 1, f"{len(found)} processes listen on {url}"
    return found[0]


def _command(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""


def _listens(pid: int, port: int) -> bool:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {
        f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port
    }
    try:
        return any(str(one.readlink()) in inodes for one in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def test_what_a_killed_run_left_behind_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders.tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f"mock-eherkenning-{ended.pid}-x"
    ours = tmp_path / f"mock-eherkenning-{os.getpid()}-x"
    handed_on = tmp_path / f"mock-eherkenning-{ended.pid}-y"
    for folder in (left, ours, handed_on):
        folder.mkdir()
    folders.belongs_to(handed_on, os.getpid())
    made = folders.home("")
    assert not left.exists()
    assert ours.exists()
    assert handed_on.exists()
    assert made.parent == tmp_path


def test_a_yaml_brings_what_it_includes(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("companies:\n  d: {name: Ander, kvk: '90000020'}\n")
    (tmp_path / "eherkenning.yaml").write_text(f"include: [more.yaml]\n{YAML}")
    with start(command=COMMAND, yaml=tmp_path / "eherkenning.yaml") as broker:
        assert [one.key for one in broker.companies.list()] == ["c", "d"]
