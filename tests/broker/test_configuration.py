"""The home folder: what is saved there comes in force, what is broken does not, and keys stay."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from broker import configuration, yaml_files
from broker.keys import KeyFolder
from broker.parts import Parts
from suppliers.register import search
from support.answers import call, company
from support.running import ROOT, until
from support.sp import ServiceProvider, certificates_of
from support.walk import kind, walk

OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")


def state(bench: Any) -> Any:
    """What /readyz says."""
    return json.loads(call(bench, "GET", "/readyz").body)


def asked(bench: Any, sp: ServiceProvider) -> str:
    """Which page a request of this provider gets."""
    return kind(bench.ask(xml=sp.signed(sp.request(bench.sso))))


# The YAML.


def test_a_broken_yaml_leaves_the_last_good_one_in_force_and_everybody_is_told(
    bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert state(bench)["problems"] == []
    bench.rewrite("level: EH3, pin:", "level: EH9, pin:")
    line = 1 + (bench.home / "eherkenning.yaml").read_text().split("level: EH9")[0].count("\n")

    assert company(bench, bench.login()) == {"KvKnr": "90000012"}, "the last good one is not in force"
    (problem,) = state(bench)["problems"]
    assert f"eherkenning.yaml:{line}:" in problem
    assert "EH9" in problem
    assert call(bench, "GET", "/readyz").status == 503
    console = bench.browser().get("/console")
    assert problem in console.said("configuration-problems")
    assert f"the last good configuration stays in force: {problem}" in caplog.text

    bench.rewrite("level: EH9, pin:", "level: EH3, pin:")
    assert state(bench)["problems"] == []
    assert call(bench, "GET", "/readyz").status == 200
    assert not bench.browser().get("/console").by_testid("configuration-problems")


@pytest.mark.parametrize("broken", ["yaml", "metadata"])
def test_a_broken_save_is_no_configuration_that_is_in_force(
    bench: Any, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    before = bench.application.parts.current
    if broken == "yaml":
        bench.rewrite("level: EH3, pin:", "level: EH9, pin:")
    else:
        (bench.home / "metadata" / "sp.xml").write_bytes(b"<md:")
        assert bench.application.parts.configuration.refresh()

    now = bench.application.parts.current
    assert now.problems
    assert (now.version, now.loaded_at) == (before.version, before.loaded_at)
    assert state(bench)["configuration"] == before.version
    assert "stays in force" in caplog.text
    assert f"configuration {before.version + 1} is in force" not in caplog.text


def test_what_is_in_force_counts_on_once_a_broken_save_is_mended(bench: Any) -> None:
    before = bench.application.parts.current.version
    bench.rewrite("level: EH3, pin:", "level: EH9, pin:")
    bench.rewrite("level: EH9, pin:", "level: EH3, pin:")
    assert bench.application.parts.current.version == before + 1
    assert not bench.application.parts.current.problems


def test_a_yaml_that_is_gone_leaves_the_last_good_one_in_force(bench: Any) -> None:
    (bench.home / "eherkenning.yaml").unlink()
    assert bench.application.parts.configuration.refresh()
    assert "eherkenning.yaml" in state(bench)["problems"][0]
    assert asked(bench, bench.sp) == "choice"


def test_one_problem_is_logged_once(bench: Any, caplog: pytest.LogCaptureFixture) -> None:
    bench.rewrite("level: EH3, pin:", "level: EH9, pin:")
    bench.rewrite("Mieke de Vries", "Mieke de  Vries")
    assert caplog.text.count("stays in force") == 1


def test_a_mandate_that_goes_from_the_yaml_is_gone_at_the_next_login(bench: Any) -> None:
    """Issue 2, point 4: without a restart."""
    assert company(bench, bench.login()) == {"KvKnr": "90000012"}
    text = (bench.home / "eherkenning.yaml").read_text()
    start = text.index("  - person: m.devries")
    end = text.index("  - {person: a.yilmaz")
    bench.rewrite(text[start:end], "")
    browser = bench.browser()
    page = walk(browser, bench.ask(browser))
    assert kind(page) == "nomandate", page.readable
    assert "Testdienst" in page.readable


def test_what_has_not_changed_is_not_read_again(bench: Any) -> None:
    before = bench.application.parts.current
    assert not bench.application.parts.configuration.refresh()
    assert bench.application.parts.current is before


def test_a_save_of_the_same_size_is_noticed(bench: Any) -> None:
    bench.rewrite("Mieke de Vries", "Mieke de Smit")
    assert bench.application.parts.current.register.people["m.devries"].name == "Mieke de Smit"


# Metadata.


def test_metadata_is_trusted_once_it_is_in_the_folder_and_no_longer_when_it_goes(bench: Any) -> None:
    assert asked(bench, OTHER) == "other"
    bench.trust(OTHER, "other")
    assert asked(bench, OTHER) == "choice"
    (bench.home / "metadata" / "other.xml").unlink()
    bench.application.parts.configuration.refresh()
    assert asked(bench, OTHER) == "other"


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml[:-9],
        lambda xml: b"",
        lambda xml: xml.replace(b"http://localhost:9/acs/post", b"ftp://localhost/"),
        lambda xml: xml.replace(b"http://localhost:9/acs/post", b"http://[localhost/acs"),
        lambda xml: xml.replace(b'index="2"', b'index="' + b"9" * 5_000 + b'"'),
    ],
    ids=["cut off", "empty", "ftp", "half an IPv6 address", "index of 5,000 digits"],
)
def test_broken_metadata_leaves_the_last_good_one_in_force_and_all_else_goes_on(
    bench: Any, change: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    (bench.home / "metadata" / "sp.xml").write_bytes(change(bench.sp.metadata))
    (bench.home / "metadata" / "zzz.xml").write_bytes(OTHER.metadata)

    assert bench.application.parts.configuration.refresh()

    assert asked(bench, bench.sp) == "choice", "the last good one is not in force"
    assert asked(bench, OTHER) == "choice", "one broken file holds up another"
    (problem,) = state(bench)["problems"]
    assert "metadata/sp.xml" in problem
    assert problem in caplog.text
    assert problem in bench.browser().get("/console").said("configuration-problems")
    bench.rewrite("Mieke de Vries", "Mieke de Smit")
    assert bench.application.parts.current.register.people["m.devries"].name == "Mieke de Smit"

    bench.trust(bench.sp)
    assert state(bench)["problems"] == []


def test_of_one_provider_in_two_files_the_first_counts_and_it_is_told(bench: Any) -> None:
    bench.trust(bench.sp, "zzz")
    (problem,) = state(bench)["problems"]
    assert "is in sp.xml already" in problem
    assert asked(bench, bench.sp) == "choice"


def test_the_watcher_takes_up_what_is_saved(
    bench: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """YAML and metadata, and it outlives a change that it cannot read."""
    monkeypatch.setattr(configuration, "LOOK_EVERY", 0.01)
    watched = bench.application.parts.configuration
    watched.watch()

    (bench.home / "metadata" / "other.xml").write_bytes(OTHER.metadata)
    until(lambda: OTHER.entity_id in watched.current.catalogue.sps, "new metadata is in force")

    file = bench.home / "eherkenning.yaml"
    good = file.read_text()
    file.write_text("people: [")
    until(lambda: bool(watched.current.problems), "a broken YAML is told")
    file.write_text(good.replace("Mieke de Vries", "Mieke de Smit"))
    until(lambda: not watched.current.problems, "a mended YAML is in force")
    assert watched.current.register.people["m.devries"].name == "Mieke de Smit"


def test_the_watcher_outlives_a_fault_of_our_own(
    bench: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(configuration, "LOOK_EVERY", 0.01)
    watched = bench.application.parts.configuration
    whole, fell = watched.refresh, threading.Event()

    def refresh() -> bool:
        if not fell.is_set():
            fell.set()
            raise RuntimeError("once")
        return bool(whole())

    monkeypatch.setattr(watched, "refresh", refresh)
    watched.watch()
    (bench.home / "metadata" / "other.xml").write_bytes(OTHER.metadata)
    until(lambda: OTHER.entity_id in watched.current.catalogue.sps, "new metadata is in force")
    assert "could not be read again" in caplog.text


def test_the_watcher_makes_very_many_people_ready_to_be_searched(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(yaml_files, "is_large", lambda register: True)
    watched = bench.application.parts.configuration
    watched.watch()
    until(lambda: search.is_ready(watched.current.layer.files), "a search has nothing to wait for")


# Starting.


def serve(home: Path, *options: str, **how: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "broker.cli", "serve", "--home", str(home), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, **how)


def one_line(result: subprocess.CompletedProcess[str], *says: str) -> None:
    assert result.returncode == 2, result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("mock-eherkenning: ")
    for text in says:
        assert text in lines[0], lines[0]


def test_a_broken_yaml_at_start_is_one_line_with_file_and_line(tmp_path: Path) -> None:
    configuration.fill(tmp_path)
    file = tmp_path / "eherkenning.yaml"
    file.write_text(file.read_text().replace("level: EH3, pin:", "level: EH9, pin:"))
    one_line(serve(tmp_path, "--port", "0"), "eherkenning.yaml:", "EH9")


def test_a_yaml_that_is_no_yaml_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "eherkenning.yaml").write_text("people: [\n")
    one_line(serve(tmp_path, "--port", "0"), "eherkenning.yaml:")


def test_a_port_in_use_is_one_line_and_nothing_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_line(serve(tmp_path / "home", "--port", str(port)), f"port {port}", "in use")
    assert not (tmp_path / "home").exists()


def test_an_address_that_is_not_ours_is_one_line(tmp_path: Path) -> None:
    """One that is nobody's: it is for documentation."""
    one_line(serve(tmp_path, "--host", "192.0.2.1", "--port", "0"), "192.0.2.1")


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A file where a folder must be: that stops root too, under whom tests may run."""
    (tmp_path / "home").write_text("")
    one_line(serve(tmp_path / "home", "--port", "0"), str(tmp_path / "home"))


@pytest.mark.parametrize("part", ["certs", "metadata", "state.sqlite"])
def test_a_part_of_the_home_that_cannot_be_used_is_one_line(tmp_path: Path, part: str) -> None:
    if part == "state.sqlite":
        (tmp_path / part).mkdir()
    else:
        (tmp_path / part).write_text("")
    one_line(serve(tmp_path, "--port", "0"), part)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_the_right_to_write_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    one_line(serve(tmp_path / "home", "--port", "0"), str(tmp_path))


def test_a_key_that_is_none_is_one_line_with_the_file(tmp_path: Path) -> None:
    configuration.fill(tmp_path)
    (tmp_path / "certs" / "broker.pem").write_text("nothing")
    one_line(serve(tmp_path, "--port", "0"), "broker.pem", "expected a private key")


def test_metadata_that_is_broken_at_start_does_not_keep_the_broker_from_starting(
    bench: Any, start: Callable[..., Any]
) -> None:
    for name, text in (
        ("half", b"<md:Ent"),
        ("odd", OTHER.metadata.replace(b"http://localhost:9/acs/post", b"http://[")),
    ):
        (bench.home / "metadata" / f"{name}.xml").write_bytes(text)
    broker = start()
    assert asked(broker, bench.sp) == "choice"
    assert len(state(broker)["problems"]) == 2


# Keys.


def test_keys_are_for_the_owner_only_and_stay_the_same_over_restarts(
    tmp_path: Path, start: Callable[..., Any]
) -> None:
    home = tmp_path / "fresh"
    seen = []
    for _ in range(2):
        broker = start(home, store="memory")
        (home / "metadata" / "sp.xml").write_bytes(broker.sp.metadata)
        broker.application.parts.configuration.refresh()
        broker.login()
        files = sorted((home / "certs").iterdir())
        assert [file.name for file in files] == [
            "broker.pem",
            "supplier-reconi-ad.pem",
            "supplier-reconi-mr.pem",
        ]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        seen.append([file.read_bytes() for file in files])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 3


def test_a_key_of_a_supplier_is_made_when_it_is_first_needed(
    tmp_path: Path, start: Callable[..., Any]
) -> None:
    broker = start(tmp_path / "fresh")
    assert [file.name for file in (broker.home / "certs").iterdir()] == ["broker.pem"]


def test_of_many_threads_that_need_a_key_at_once_all_get_the_same(bench: Any, tmp_path: Path) -> None:
    parts: Parts = bench.application.parts
    folders = [KeyFolder(tmp_path), KeyFolder(tmp_path)]
    gate, found = threading.Barrier(6), []

    def need(folder: KeyFolder) -> None:
        gate.wait(30)
        found.append(folder.get("one", "one", "0" * 20, parts.now()).pem)

    threads = [threading.Thread(target=need, args=(folder,)) for folder in folders * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 6
    assert len(set(found)) == 1
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["one.pem"], "a draft was left"


def test_two_processes_that_start_at_once_in_an_empty_home_have_one_key(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-m", "broker.cli", "metadata", "--home", str(home)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], [err.decode() for _, err in said]
    first, second = (certificates_of(out)[0] for out, _ in said)
    assert first == second
    assert [file.name for file in (home / "certs").iterdir()] == ["broker.pem"]


def test_another_process_never_sees_half_of_the_first_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two may start at once: the file is there as a whole, or not yet."""
    seen: list[int | None] = []
    target = tmp_path / "eherkenning.yaml"
    whole = shutil.copyfileobj

    def slowly(source: Any, out: Any, *more: Any) -> None:
        out.write(source.read(100))
        out.flush()
        seen.append(target.stat().st_size if target.exists() else None)
        whole(source, out, *more)

    monkeypatch.setattr("broker.configuration.shutil.copyfileobj", slowly)
    configuration.fill(tmp_path)
    size = target.stat().st_size
    assert set(seen) <= {None, size}, f"another process could have read {seen[0]} of {size} bytes"


def test_fill_leaves_what_is_there(tmp_path: Path) -> None:
    assert configuration.fill(tmp_path) == [tmp_path / "eherkenning.yaml"]
    (tmp_path / "eherkenning.yaml").write_text("mine")
    assert configuration.fill(tmp_path) == []
    assert (tmp_path / "eherkenning.yaml").read_text() == "mine"
