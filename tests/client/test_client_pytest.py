"""The plugin, in runs of pytest of their own, with a real broker."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mock_eherkenning_client.starting.command import NAME
from test_client_starting import COMMAND, YAML, gone

from support.golden import same_as_golden
from support.running import until

pytest_plugins = ["pytester"]
PLUGIN = ("-p", "mock_eherkenning_client.pytest_plugin", "-p", "no:cacheprovider")
APP = """
import pytest
from client_sp import flask_app, provider

@pytest.fixture
def app(eherkenning_broker):
    sp = provider()
    eherkenning_broker.trust(sp.metadata)
    return flask_app(sp, lambda: eherkenning_broker.sso_urls[0])
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A service provider with tests: nothing of this checkout's own settings counts there."""
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", f"{os.environ['PYTHONPATH']}:{here}:{here.parent}")
    monkeypatch.setenv("MOCK_EHERKENNING_COMMAND", " ".join(COMMAND))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(APP)
    return pytester


def test_tests_log_in_apart_from_each_other(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_a_mandate_of_my_own(eherkenning_broker, app):
            eherkenning_broker.mandates.add(person="m.devries", company="vuurtoren", service="*", level="EH3")
            landing = eherkenning_broker.login("/login", person="m.devries", company="vuurtoren", app=app)
            assert landing.text == "<h1>Success 90000020</h1>"

        def test_it_is_gone(eherkenning_broker, app):
            assert eherkenning_broker.login("/login", person="m.devries", app=app).text == "<h1>Success 90000012</h1>"
            exchange = eherkenning_broker.exchanges.wait_for(person="m.devries")
            assert exchange.request.level == "EH3" and not exchange.findings
            assert eherkenning_broker.tag.startswith("test_it_is_gone.")
            assert eherkenning_broker.exchanges.list() == [exchange]

        def test_never_used(eherkenning_broker):
            eherkenning_broker.scenario("wrong-audience", person="m.devries")
        """
    )
    done = project.runpytest_subprocess(*PLUGIN)
    done.assert_outcomes(passed=3, warnings=1)
    done.stdout.fnmatch_lines(
        ["*ScenarioUnused: armed and never used: scenario wrong-audience (person=m.devries)*"]
    )


def test_a_test_that_fails_shows_its_last_exchange(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_fails(eherkenning_broker, app):
            eherkenning_broker.scenario("wrong-audience", relay_state="other")
            landing = eherkenning_broker.login("/login", person="m.devries", app=app)
            assert landing.status == 403

        def test_stops(eherkenning_broker, app):
            with eherkenning_broker.scenario("mandate-expired"):
                eherkenning_broker.login("/login", person="m.devries", app=app)

        def test_nobody_came(eherkenning_broker):
            raise AssertionError("at once")
        """
    )
    done = project.runpytest_subprocess(*PLUGIN)
    done.assert_outcomes(failed=3, warnings=1)
    text = "\n".join(done.outlines)
    same_as_golden("client-failing-test.txt", _steady(text[text.index("= FAILURES") :].split("\n", 1)[1]))


def _steady(text: str) -> str:
    """Without what is another in every run."""
    text = re.sub(r"=+ warnings summary.*", "", text, flags=re.DOTALL)
    for pattern, instead in (
        (r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>"),
        (r"_[0-9a-f]{32}", "_<id>"),
        (r"[0-9a-f]{64}@[0-9a-f]{32}", "<pseudonym>"),
        (r"[0-9a-f]{64}", "<key>"),
        (r"\.[0-9a-f]{16}\b", ".<tag>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<instant>"),
        (r"\d{1,2} [A-Z][a-z]+ 20\d\d", "<day>"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
        (r"/\S*/mock-eherkenning-\S*?/", "<home>/"),
        (r"eherkenning\.yaml:\d+", "eherkenning.yaml:<line>"),
    ):
        text = re.sub(pattern, instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def test_markers_and_factory_give_other_brokers(project: pytest.Pytester) -> None:
    project.makefile(".yaml", own=YAML)
    project.makepyfile(
        """
        import pytest

        @pytest.mark.eherkenning(yaml="own.yaml")
        def test_yaml(eherkenning_broker):
            assert [one.key for one in eherkenning_broker.people.list()] == ["p"]

        @pytest.mark.eherkenning(clock="2031-02-03T09:00:00Z", frozen=True)
        def test_clock(eherkenning_broker, app):
            assert eherkenning_broker.clock.now == "2031-02-03T09:00:00Z"

        def test_other(eherkenning_broker, eherkenning_broker_factory):
            assert eherkenning_broker.clock.now < "2031"
            other = eherkenning_broker_factory(options=["--token", "secret"])
            assert other.url != eherkenning_broker.url and other.api.token == "secret"

        @pytest.mark.eherkenning(jaml="own.yaml")
        def test_mistake(eherkenning_broker):
            pass
        """
    )
    done = project.runpytest_subprocess(*PLUGIN)
    done.assert_outcomes(passed=3, errors=1)
    done.stdout.fnmatch_lines(["*eherkenning does not know jaml; it knows clock, frozen, options, yaml"])


def test_workers_share_one_broker(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pathlib, pytest

        @pytest.mark.parametrize("number", range(6))
        def test_login(eherkenning_broker, app, number):
            with pathlib.Path("urls").open("a") as out:
                out.write(eherkenning_broker.url + "\\n")
            eherkenning_broker.mandates.add(person="m.devries", company="vuurtoren", service="*", level="EH3")
            landing = eherkenning_broker.login("/login", person="m.devries", company="vuurtoren", app=app)
            assert landing.text == "<h1>Success 90000020</h1>"
            assert len(eherkenning_broker.exchanges.list()) == 1
        """
    )
    project.runpytest_subprocess("-p", "xdist", "-n", "2", *PLUGIN).assert_outcomes(passed=6)
    assert len(set((project.path / "urls").read_text().split())) == 1
    until(lambda: not _serving(project.path), "the broker is gone", 60)


def test_eight_workers_change_the_same_person_and_provider_and_none_sees_the_others(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(
        """
        import pytest
        from client_sp import flask_app, provider

        @pytest.fixture(scope="session")
        def key_of_this_worker():
            return provider()

        @pytest.mark.parametrize("number", range(24))
        def test_login(eherkenning_broker, key_of_this_worker, number):
            sp, name, company = key_of_this_worker, f"Mieke {number}", ("regenboog", "vuurtoren")[number % 2]
            eherkenning_broker.trust(sp.metadata)
            eherkenning_broker.people.patch("m.devries", name=name)
            eherkenning_broker.mandates.add(person="m.devries", company="vuurtoren", service="*", level="EH3")
            if number % 3 == 0:
                eherkenning_broker.scenario("wrong-audience", person="m.devries")
            app = flask_app(sp, lambda: eherkenning_broker.sso_urls[0])
            landing = eherkenning_broker.login("/login", person="m.devries", company=company, app=app)
            kvk = {"regenboog": "90000012", "vuurtoren": "90000020"}[company]
            assert landing.text == f"<h1>Success {kvk}</h1>", "of another key, or another company"
            assert eherkenning_broker.people.get("m.devries").name == name
            (exchange,) = eherkenning_broker.exchanges.list()
            bent = [event.name for event in exchange.events if event.kind == "scenario"]
            assert bent == (["wrong-audience"] if number % 3 == 0 else [])
        """
    )
    project.runpytest_subprocess("-p", "xdist", "-n", "8", *PLUGIN).assert_outcomes(passed=24)
    until(lambda: not _serving(project.path), "the broker is gone", 60)


def test_an_exchange_goes_with_a_test_that_passed_and_stays_with_one_that_failed(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(
        """
        def test_passes(eherkenning_broker, app):
            assert eherkenning_broker.login("/login", person="m.devries", app=app).status == 200

        def test_fails(eherkenning_broker, app):
            assert eherkenning_broker.login("/login", person="m.devries", app=app).status == 403

        def test_look(eherkenning_broker):
            kept = eherkenning_broker.api.get("/exchanges").exchanges
            assert [one.tag.partition(".")[0] for one in kept] == ["test_fails"]
        """
    )
    project.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=2, failed=1)


def test_each_worker_has_its_own_where_that_is_wished(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nmock_eherkenning_shared = false")
    project.makepyfile(
        """
        import pathlib, pytest, time

        @pytest.mark.parametrize("number", range(2))
        def test_login(eherkenning_broker, number):
            with pathlib.Path("urls").open("a") as out:
                out.write(eherkenning_broker.url + "\\n")
            time.sleep(0.2)
        """
    )
    project.runpytest_subprocess("-p", "xdist", "-n", "2", *PLUGIN).assert_outcomes(passed=2)
    assert len(set((project.path / "urls").read_text().split())) == 2


@pytest.mark.parametrize("workers", [0, 2])
def test_killing_the_run_leaves_no_process(project: pytest.Pytester, workers: int) -> None:
    project.makepyfile(
        """
        import os, pathlib, pytest, time

        @pytest.mark.parametrize("number", range(2))
        def test_hangs(eherkenning_broker, number):
            (pathlib.Path(f"pid-{os.getpid()}.tmp")).write_text("")
            pathlib.Path(f"pid-{os.getpid()}.tmp").rename(f"pid-{os.getpid()}")
            time.sleep(600)
        """
    )
    distributed = ("-p", "xdist", "-n", "2") if workers else ()
    command = [sys.executable, "-m", "pytest", *distributed, *PLUGIN]
    run = subprocess.Popen(command, cwd=project.path, stdout=subprocess.DEVNULL, start_new_session=True)
    until(
        lambda: len(list(project.path.glob("pid-*[0-9]"))) == max(workers, 1), "the tests are under way", 120
    )
    brokers = _serving(project.path)
    assert len(brokers) == 1
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(60)
    until(lambda: all(map(gone, brokers)), f"the broker {brokers} is gone", 60)


def _serving(project: Path) -> list[int]:
    """The brokers that were started in this folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                b"--stop-with-parent" in (folder / "cmdline").read_bytes()
                and (folder / "cwd").readlink() == project
            ):
                found.append(int(folder.name))
        except OSError:
            continue
    return [pid for pid in found if not gone(pid)]


def test_a_run_without_a_broker_is_told_once_how_to_mend_it(project: pytest.Pytester) -> None:
    project.makepyfile("def test_one(eherkenning_broker): pass\ndef test_two(eherkenning_broker): pass")
    project.makeini(f"[pytest]\nmock_eherkenning_command = /nowhere/{NAME}")
    done = project.runpytest_subprocess(*PLUGIN)
    done.assert_outcomes(errors=2)
    done.stdout.fnmatch_lines(
        [f"E * /nowhere/{NAME}: No such file or directory", "E * no broker, as was told at the first test*"]
    )


def test_loading_the_plugin_loads_nothing_else(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_modules():
            ours = {name for name in sys.modules if name.startswith("mock_eherkenning_client")}
            assert ours == {"mock_eherkenning_client", "mock_eherkenning_client.pytest_plugin"}
        """
    )
    project.makeconftest("")
    project.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=1)
