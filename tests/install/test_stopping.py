"""SIGINT and SIGTERM, at whatever moment they come."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from support.running import ROOT, RunningBroker, until
from support.sp import ServiceProvider
from support.walk import kind, walk

# A signal comes between any two steps of the main thread. Here it comes while that thread holds the lock of a queue,
# as it does for each connection: what stops the server must neither raise there nor wait for that lock.
IN_THE_MIDDLE = """
import queue, signal

put = queue.Queue.put

def interrupted(self, *what, **how):
    queue.Queue.put = put
    with self.mutex:
        signal.getsignal(signal.{signal})(signal.{signal}, None)
    put(self, *what, **how)

def application(environ, start_response):
    if environ["PATH_INFO"] == "/first":
        queue.Queue.put = interrupted
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]

{serve}
print("ended", flush=True)
"""
SERVERS = {
    "broker": """
from broker.serving.server import Server, Told
server = Server("127.0.0.1", 0)
print(server.port, flush=True)
server.serve(application, Told())
""",
    "helpdeskpo": """
from cheroot import wsgi
from helpdeskpo.serving import serve_until_told
server = wsgi.Server(("127.0.0.1", 0), application)
prepare = server.prepare
def prepared():
    prepare()
    print(server.bind_addr[1], flush=True)
server.prepare = prepared
serve_until_told(server, "greets")
""",
}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("who", SERVERS)
def test_a_signal_in_the_middle_of_something_lets_it_be_finished(who: str, name: str) -> None:
    program = IN_THE_MIDDLE.format(signal=name, serve=SERVERS[who])
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        requests.get(f"http://127.0.0.1:{port}/first", timeout=10)
        answered = requests.get(f"http://127.0.0.1:{port}/second", timeout=10).text
        try:
            out, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out.splitlines()[-1], errors) == (0, "ended", "")
    assert answered == "ok"


def test_an_answer_that_is_held_back_is_sent_when_the_broker_stops(tmp_path: Path) -> None:
    sp = ServiceProvider()
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "sp.xml").write_bytes(sp.metadata)
    with RunningBroker(tmp_path) as broker:
        armed = requests.post(
            f"{broker.base_url}/api/v1/armed-scenarios",
            json={"scenario": "slow-answer", "params": {"seconds": "60"}},
            timeout=10,
        )
        assert armed.ok, armed.text
        browser = broker.browser()
        pages = []
        sso = f"{broker.base_url}/sso/1.13"

        def log_in() -> None:
            pages.append(walk(browser, browser.post("/sso/1.13", sp.form(sp.signed(sp.request(sso))))))

        person = threading.Thread(target=log_in)
        person.start()
        until(lambda: " answer {" in broker.log, "the answer is held back")
        broker.process.send_signal(signal.SIGTERM)
        person.join(20)
        assert [kind(page) for page in pages] == ["answer"]
        assert broker.process.wait(10) == 0


def test_one_that_is_stopped_as_soon_as_it_has_greeted_ends_in_order(tmp_path: Path) -> None:
    with RunningBroker(tmp_path):
        pass


def test_the_demo_says_what_ended_its_server() -> None:
    program = """
from cheroot import wsgi
from helpdeskpo.serving import serve_until_told
class Broken(wsgi.Server):
    def serve(self):
        raise RuntimeError("no more sockets")
serve_until_told(Broken(("127.0.0.1", 0), None), "greets")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "RuntimeError: no more sockets" in done.stderr
