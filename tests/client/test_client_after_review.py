"""What a reader of the client found, each as a sentence."""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from client_sp import provider
from flask import Flask, make_response, redirect, request
from mock_eherkenning_client import (
    Broker,
    BrokerReplaced,
    ClientError,
    NeverAtBroker,
    NoBroker,
    html,
    shell,
    start,
)
from mock_eherkenning_client.logging_in import Answer, Road
from mock_eherkenning_client.plugin_parts import Brokers, _folder, _mark
from mock_eherkenning_client.starting import Wish, container, folders, process
from mock_eherkenning_client.transports import Http, Unreachable, Werkzeug, Wsgi

from broker.serving import healthy

pytest_plugins = ["pytester"]
SSO = "http://localhost:1/sso"


def road(transport: Any) -> Road:
    return Road(transport, lambda: [SSO], "http://localhost:1/metadata", {})


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A server that gives the head of each request to ``answer`` and sends what that gives; its URL."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(answer(self.request.recv(65536)))

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


# Waiting, trusting, calling.


def test_where_too_many_wait_it_looks_again_without_waiting() -> None:
    asked: list[str] = []

    def answer(head: bytes) -> bytes:
        target = head.split()[1].decode()
        asked.append(target)
        if "wait=" in target:
            return b'HTTP/1.1 503 Full\r\nContent-Length: 25\r\nConnection: close\r\n\r\n{"title":"Too many wait"}'
        ended = b'{"id":"e"}' if len(asked) > 4 else b""
        body = b'{"cursor":"c","exchanges":[%s]}' % ended
        kind = b"Content-Type: application/json\r\nConnection: close"
        return b"HTTP/1.1 200 OK\r\n%s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)

    with answering(answer) as url:
        assert Broker(url, tag="t").exchanges.wait_for(timeout=30).id == "e"
    assert [("wait=" in one) for one in asked[1:]] == [True, False, True, False]


@pytest.mark.parametrize("tagged", [True, False])
@pytest.mark.parametrize("within", [True, False], ids=["entities", "alone"])
def test_trusting_again_replaces_what_is_there(
    whole: Broker, tagged: bool, within: bool, tmp_path: Path
) -> None:
    broker = whole.tagged() if tagged else whole
    first, second = provider("http://one.test"), provider("http://two.test")
    second.entity_id = first.entity_id
    for sp in (first, second):
        file = tmp_path / "metadata.xml"
        xml = sp.metadata.split(b"?>")[-1] if within else sp.metadata
        wrap = b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">%s</md:EntitiesDescriptor>'
        file.write_bytes(wrap % xml if within else xml)
        assert broker.trust(file) == [first.entity_id]
    seen = broker.api.get(f"/service-providers/{first.entity_id}", tag=broker.tag)
    assert {acs.location for acs in seen.acs} == {"http://two.test/acs", "http://two.test/acs/artifact"}
    broker.api.call("DELETE", f"/service-providers/{first.entity_id}", query={"tag": broker.tag})


@pytest.mark.parametrize("tagged", [True, False])
def test_trusting_an_address_again_replaces_what_came_from_a_file(whole: Broker, tagged: bool) -> None:
    broker = whole.tagged() if tagged else whole
    first, second = provider("http://one.test"), provider("http://two.test")
    second.entity_id = first.entity_id
    assert broker.trust(first.metadata) == [first.entity_id]
    xml = second.metadata
    with answering(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(xml), xml)) as url:
        assert broker.trust(f"{url}/metadata") == [first.entity_id]
    seen = broker.api.get(f"/service-providers/{first.entity_id}", tag=broker.tag)
    assert "http://two.test/acs" in {acs.location for acs in seen.acs}
    broker.api.call("DELETE", f"/service-providers/{first.entity_id}", query={"tag": broker.tag})


def test_a_forked_child_has_a_connection_of_its_own(broker: Broker) -> None:
    broker.state()
    kept = broker.api._kept()
    child = os.fork()
    if not child:
        os._exit(0 if broker.api._kept() is None and broker.state() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kept is not None
    assert broker.api._kept() is kept


def test_a_forked_child_does_not_keep_the_broker_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import json,os,sys; print(json.dumps({'url': 'u', 'pid': os.getpid()}), flush=True); sys.stdin.read()"
    made = process.Process([sys.executable, "-c", program], tmp_path / "log", os.environ)
    made.announced()
    child = os.fork()
    if not child:
        made.stop()  # says nothing about a broker of its parent
        time.sleep(300)
        os._exit(0)
    try:
        # So long that only the end of its standard input can have ended it.
        monkeypatch.setattr(process, "POLITE_SECONDS", 60.0)
        assert made.process.poll() is None
        made.stop()
        assert made.process.returncode == 0
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_one_that_does_not_heed_its_input_is_ended_soon(tmp_path: Path) -> None:
    program = "import json,time; print(json.dumps({'url': 'u', 'pid': 1}), flush=True); time.sleep(300)"
    made = process.Process([sys.executable, "-c", program], tmp_path / "log", os.environ)
    made.announced()
    made.stop()
    assert made.process.returncode == -signal.SIGTERM


def _calls_nobody() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        Broker(f"http://127.0.0.1:{nobody.getsockname()[1]}", token="very-secret").state()


@pytest.mark.parametrize("does", [_calls_nobody, lambda: start(command="/bin/true")], ids=["call", "start"])
def test_the_token_is_in_no_traceback(does: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_EHERKENNING_TOKEN", "very-secret")
    with pytest.raises(NoBroker) as caught:
        does()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    variables = [
        one for entry in caught.traceback for one in entry.frame.f_locals.items() if one[0] != "caught"
    ]
    told = [name for name, value in variables if "very-secret" in repr(value) and name != "monkeypatch"]
    assert len(variables) > 3
    assert told == []


# On the way.


def test_loopback_without_a_port_needs_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    http, used = Http(), []
    for name in ("_direct", "_by_proxy"):
        opener = SimpleNamespace(open=lambda request, timeout, name=name: used.append(name) or _none())
        monkeypatch.setattr(http, name, opener)
    for url in ("http://localhost/x", "http://127.0.0.1:80/x", "http://[::1]/x", "http://sp.test/x"):
        with pytest.raises(Unreachable):
            http.send("GET", url, None, {})
    assert used == ["_direct", "_direct", "_direct", "_by_proxy"]


def _none() -> Any:
    raise ConnectionRefusedError


@pytest.fixture
def site() -> Flask:
    app = Flask("site")

    @app.get("/go")
    def go() -> Any:
        answer = make_response("", 302)
        answer.headers["Location"] = request.args["to"]
        return answer

    @app.get("/to/<path:rest>")
    def to(rest: str) -> Any:
        return redirect(f"{SSO}?SAMLRequest=x&RelayState={rest}")

    @app.post("/acs")
    def acs() -> Any:
        return redirect("mailto:helpdesk@voorbeeld.example")

    @app.get("/cookie")
    def cookie() -> Any:
        answer = make_response("")
        answer.set_cookie("is", "there", domain=request.host.partition(":")[0])
        return answer

    @app.get("/cookies")
    def cookies() -> str:
        return request.cookies.get("is", "none")

    return app


@pytest.mark.parametrize("to", ["/to/a b", "/to/é", "/to/€"])
def test_addresses_are_written_as_a_browser_writes_them(to: str, site: Flask) -> None:
    def plain(environ: Any, begin: Any) -> Any:
        if environ["PATH_INFO"] != "/go":
            return site(environ, begin)
        begin("302 Found", [("Location", to.encode().decode("latin-1"))])
        return []

    found = road(Wsgi(plain)).to_broker("/go")
    assert found.query.startswith("SAMLRequest=x&RelayState=")
    assert found.query.isascii()
    assert " " not in found.query


def test_where_the_web_ends_it_says_so(site: Flask) -> None:
    with pytest.raises(
        NeverAtBroker, match=r"mailto:x@y.example'\n  expected  an address that begins with http"
    ):
        road(Werkzeug(site.test_client())).to_broker("/go?to=mailto:x@y.example")
    answer = Answer("POST", "http://localhost/acs", {}, "success", "e", [])
    with pytest.raises(ClientError, match="mailto:helpdesk"):
        road(Werkzeug(site.test_client())).carry(answer)
    with pytest.raises(ClientError, match="expected a URL"):
        road(Http()).to_broker("http://localhost:port/")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "sp.test"])
def test_a_cookie_of_the_host_itself_comes_back(site: Flask, host: str) -> None:
    wsgi = Wsgi(site)
    wsgi.send("GET", f"http://{host}/cookie", None, {})
    assert wsgi.send("GET", f"http://{host}/cookies", None, {}).text == "there"
    assert wsgi.send("GET", "http://other.test/cookies", None, {}).text == "none"


def test_areas_and_selects_go_along_with_a_form() -> None:
    page = html.read(
        '<form method=post><textarea name="RelayState">\na &amp; b\n c</textarea><select name=one><option>x <option'
        " value=2 selected>y</select><select name=two><option>first</option><option>second</option></select>"
        '<select name="three"><option value="">-</option></select><input name=SAMLRequest value=m></form>'
    )
    assert page.forms[0].fields == {
        "RelayState": "a & b\n c",
        "one": "2",
        "two": "first",
        "three": "",
        "SAMLRequest": "m",
    }


# The command.


@pytest.mark.parametrize(
    "said", [b"this is no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"]
)
def test_an_answer_that_is_no_answer_is_an_error_of_the_run(
    broker: Broker, said: bytes, tmp_path: Path, capsys
) -> None:
    file = tmp_path / "junit.xml"
    with answering(lambda _: said) as url:
        code = shell.main(["login", f"{url}/login", "--broker", broker.url, "--junit", str(file)])
    assert code == shell.UNUSABLE
    assert "does not answer GET" in capsys.readouterr().err
    (suite,) = ElementTree.parse(file).iter("testsuite")
    assert (suite.get("errors"), suite.get("failures")) == ("1", "0")
    assert suite.find("testcase/error") is not None


def test_a_file_that_is_not_there_is_an_error_of_the_run(broker: Broker, capsys, tmp_path: Path) -> None:
    common = ["login", "http://127.0.0.1:9/login", "--broker", broker.url]
    assert shell.main([*common, "--ca", str(tmp_path / "no.pem")]) == shell.UNUSABLE
    assert "the CA of the service provider" in capsys.readouterr().err
    assert shell.main([*common, "--junit", str(tmp_path / "no" / "junit.xml")]) == shell.UNUSABLE
    assert "--junit" in capsys.readouterr().err


def test_junit_is_well_formed_whatever_was_said(tmp_path: Path) -> None:
    options = shell._parser().parse_args(["login", "http://x/\x01"])
    text = shell._junit(options, {"text": "\x00a \x1b[31m\ud800 & <b>\ufffe", "exit_code": 1, "seconds": 0.1})
    (failure,) = ElementTree.fromstring(text.encode()).iter("failure")
    assert failure.text == "\ufffda \ufffd[31m\ufffd & <b>\ufffd"


def test_the_command_leaves_no_scenario_armed(broker: Broker, capsys) -> None:
    common = ["login", "http://127.0.0.1:9/login", "--broker", broker.url, "--tag", broker.tag]
    assert shell.main([*common, "--scenario", "wrong-audience"]) == shell.UNUSABLE
    assert "wrong-audience was armed and never used" in capsys.readouterr().err
    assert broker.api.get("/armed-scenarios", tag=broker.tag).armed == []


def test_a_login_without_its_scenario_did_not_go_as_expected(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(shell, "_tried", lambda _, __, told: told.update(text="success") or shell.DONE)
    common = ["login", "http://127.0.0.1:9/login", "--broker", broker.url, "--tag", broker.tag]
    assert shell.main([*common, "--scenario", "wrong-audience"]) == shell.NOT
    assert "never used" in capsys.readouterr().err


# Settings and folders.


@pytest.mark.parametrize(
    ("how", "variables", "says"),
    [
        ({}, {"COMMAND": "mock-eherkenning 'serve"}, "MOCK_EHERKENNING_COMMAND.*No closing quotation"),
        ({}, {"COMMAND": "/bin/echo {}"}, "ended with exit code 0"),
        ({}, {"URL": "http://127.0.0.1:port"}, "MOCK_EHERKENNING_URL.*expected the URL of a broker"),
        ({"command": "/bin/true"}, {"CACHE": "/proc/no/such"}, "MOCK_EHERKENNING_CACHE"),
        ({"yaml": "/no/such.yaml", "command": "/bin/true"}, {}, "/no/such.yaml cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], variables: dict[str, str], says: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"MOCK_EHERKENNING_{name}", value)
    before = set(Path(folders.tempfile.gettempdir()).glob(f"mock-eherkenning-{os.getpid()}-*"))
    with pytest.raises(NoBroker, match=f"(?s){says}"):
        start(**how)
    assert set(Path(folders.tempfile.gettempdir()).glob(f"mock-eherkenning-{os.getpid()}-*")) <= before


def test_the_seconds_of_an_image_are_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_EHERKENNING_IMAGE_SECONDS", "long")
    monkeypatch.setattr(container.shutil, "which", lambda _: "/bin/false")
    with pytest.raises(NoBroker, match="MOCK_EHERKENNING_IMAGE_SECONDS"):
        container.start(Wish("container", image="x"))


def test_a_port_that_is_none_is_told_by_the_health_check(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("MOCK_EHERKENNING_PORT", "abc")
    assert healthy.main([]) == 2
    assert "MOCK_EHERKENNING_PORT" in capsys.readouterr().err


def test_a_cache_that_was_there_stays_as_open_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setenv("MOCK_EHERKENNING_CACHE", str(tmp_path))
    assert folders.keys().stat().st_mode & 0o777 == 0o700
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_of_a_yaml_only_the_files_that_it_names_are_copied(tmp_path: Path) -> None:
    for name in (
        "people.yaml",
        "teams/a b.yaml",
        "teams/deep.yml",
        "one.csv",
        "two.csv",
        "not.yaml",
        "secret.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    (tmp_path / "teams/a b.yaml").write_text("include: [deep.yml, no.yaml]\n", "utf-8")
    (tmp_path / "loop").symlink_to(tmp_path)
    given = tmp_path / "own.yaml"
    given.write_text(
        "include:\n  - people.yaml\n  # - not.yaml\n\n  - 'teams/a b.yaml'  # theirs\n"
        'csv: {people: one.csv, companies: ["two.csv", ../three.csv]}\npeople: {x: {name: not.yaml}}\n',
        "utf-8",
    )
    made = folders.home(given)
    try:
        assert sorted(str(one.relative_to(made)) for one in made.rglob("*.*")) == [
            "eherkenning.yaml",
            "one.csv",
            "people.yaml",
            "teams/a b.yaml",
            "teams/deep.yml",
            "two.csv",
        ]
        assert (made / "eherkenning.yaml").read_bytes() == given.read_bytes()
    finally:
        folders.remove(made)


# The plugin.


@pytest.mark.parametrize(
    ("args", "given", "says"),
    [(("own.yaml",), {}, "give it by name: clock, frozen"), ((), {"frozen": True}, "without clock")],
)
def test_a_marker_that_does_nothing_is_a_mistake(args: Any, given: Any, says: str) -> None:
    mark = SimpleNamespace(args=args, kwargs=given)
    with pytest.raises(ClientError, match=says):
        _mark(SimpleNamespace(iter_markers=lambda _: iter([mark])))


@pytest.mark.parametrize("name", ["path", "fspath"])
def test_the_folder_of_a_test_is_known_in_each_pytest(name: str) -> None:
    assert _folder(SimpleNamespace(**{name: Path("/site/tests/test_x.py")})) == Path("/site/tests")


def test_rooms_of_rooms_are_told_and_dropped_and_a_session_has_a_broker(
    whole: Broker, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCK_EHERKENNING_URL", whole.url)
    monkeypatch.setenv("MOCK_EHERKENNING_TOKEN", str(whole.api.token or ""))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def rooms(eherkenning_broker_session):
            assert not eherkenning_broker_session.tag
            eherkenning_broker_session.companies.put("van-de-sessie", name="Van de sessie", kvk="90000098")
            yield []
            eherkenning_broker_session.companies.delete("van-de-sessie")

        def test_session(eherkenning_broker, eherkenning_broker_factory, rooms):
            assert eherkenning_broker.companies.get("van-de-sessie").name == "Van de sessie"
            other = eherkenning_broker_factory(way="running", url=eherkenning_broker.url)
            rooms.append(other.tagged())
            rooms[0].scenario("wrong-audience", person="of-factory")
            child = eherkenning_broker.tagged()
            child.scenario("wrong-audience", person="of-child")
            child.companies.patch("van-de-sessie", name="Van het kind")
            rooms.append(child)

        def test_the_child_has_nothing_left(eherkenning_broker, rooms):
            assert len(rooms) == 2
            for room in rooms:
                assert room.companies.get("van-de-sessie").name == "Van de sessie"
                assert room.api.get("/armed-scenarios", tag=room.tag).armed == []
        """
    )
    done = pytester.runpytest_subprocess(
        "-p", "mock_eherkenning_client.pytest_plugin", "-p", "no:cacheprovider"
    )
    done.assert_outcomes(passed=2, warnings=2)
    done.stdout.fnmatch_lines_random(["*never used: *person=of-child*", "*never used: *person=of-factory*"])


def test_a_broker_of_ours_that_died_is_started_anew_once(whole: Broker) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    closed: list[str] = []
    started = [Broker(dead, stop=lambda: closed.append("first")), Broker(whole.url, stop=lambda: None)]
    started.append(Broker(dead, stop=lambda: closed.append("third")))
    said: list[str] = []
    node = SimpleNamespace(name="test_x", add_report_section=lambda when, title, text: said.append(text))
    brokers = Brokers(SimpleNamespace())  # type: ignore[arg-type]
    brokers._start = lambda *_: started.pop(0)  # type: ignore[method-assign]
    with pytest.warns(BrokerReplaced, match="has ended"):
        found, room = brokers._room(node, "", ())
    assert (found.url, room.url, closed) == (whole.url, whole.url, ["first"])
    assert said == [
        f"the broker at {dead} does not answer GET /api/v1/exchanges?limit=1: [Errno 111] Connection refused; "
        f"it was started for these tests and has ended. From this test on another runs: {whole.url}"
    ]
    brokers._common["", ()] = started.pop()
    with pytest.raises(NoBroker, match="does not answer"):
        brokers._room(node, "", ())
