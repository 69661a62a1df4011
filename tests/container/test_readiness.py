"""``/readyz`` is green only when a login would work; the health command says the same, without a shell."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from broker.serving import healthy, readiness
from broker.serving.server import Server
from broker.trusted.introductions import Introductions
from broker.trusted.trust import TrustProblem


def ready(bench: Any) -> tuple[int, list[str]]:
    page = bench.browser().get("/readyz")
    said = json.loads(page.body)
    assert said["ready"] is (page.status == 200) is (not said["problems"])
    return page.status, said["problems"]


def test_where_a_login_works_it_is_ready(bench: Any) -> None:
    assert ready(bench) == (200, [])


def test_a_file_with_a_mistake_is_told(bench: Any) -> None:
    bench.rewrite("\npeople:\n", "\npepole:\n")
    status, problems = ready(bench)
    assert status == 503
    assert any("pepole" in problem for problem in problems), problems


def test_nobody_who_can_log_in_is_told(bench: Any) -> None:
    file = bench.home / "eherkenning.yaml"
    file.write_text("services: {}\npeople: {}\ncompanies: {}\nmandates: []\n")
    bench.application.parts.configuration.refresh()
    status, problems = ready(bench)
    assert (status, len(problems)) == (503, 1), problems
    assert "nobody can log in" in problems[0]


MEANS = "{supplier: reconi, username: a, password: Welkom-123, level: EH3"


@pytest.mark.parametrize(
    ("means", "works"),
    [
        ("[]", False),
        (f"[{MEANS}, status: revoked}}]", False),
        (f"[{MEANS}, until: today-1d}}]", False),
        (f"[{MEANS}}}]", True),
    ],
    ids=["no means", "revoked", "expired", "active"],
)
def test_somebody_who_can_log_in_has_a_means_that_works(bench: Any, means: str, works: bool) -> None:
    file = bench.home / "eherkenning.yaml"
    file.write_text(
        f"services: {{}}\npeople:\n  a: {{name: A, means: {means}}}\ncompanies: {{}}\nmandates: []\n"
    )
    bench.application.parts.configuration.refresh()
    assert (ready(bench)[0] == 200) is works, ready(bench)


def test_a_certificate_that_is_over_by_the_clock_is_told(bench: Any) -> None:
    bench.application.clock.shift(timedelta(days=365 * 30))
    status, (problem, *_) = ready(bench)
    assert status == 503
    assert "certificate is valid from" in problem


def test_a_state_that_cannot_be_written_is_told(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bench.application.parts.store, "put", full)
    (problem,) = readiness.problems(bench.application.parts)
    assert "No space left on device" in problem


class Provider:
    """Metadata that is there after so many times asking."""

    def __init__(self, document: bytes, after: int) -> None:
        self.document, self.left = document, after

    def take(self, url: str) -> tuple[()]:
        self.left -= 1
        if self.left >= 0:
            raise TrustProblem(f"{url} cannot be reached: Connection refused")
        return ()


def test_a_provider_that_was_named_is_waited_for(bench: Any) -> None:
    provider = Provider(bench.sp.metadata, after=2)
    came: list[str] = []
    introductions = Introductions(["http://sp:8000/metadata"], provider.take, lambda: came.append("once"))
    assert introductions.waiting == {"http://sp:8000/metadata": "not asked yet"}
    assert introductions.ask() is False
    assert "Connection refused" in introductions.waiting["http://sp:8000/metadata"]
    assert introductions.ask() is False
    assert introductions.ask() is True
    assert (introductions.waiting, came) == ({}, ["once"])
    assert introductions.ask() is True, "asked no more"


def test_a_provider_that_is_waited_for_keeps_it_from_being_ready(bench: Any) -> None:
    bench.application.parts.introductions.waiting["http://sp:8000/metadata"] = "Connection refused"
    try:
        assert ready(bench) == (503, ["http://sp:8000/metadata is not trusted yet: Connection refused"])
    finally:
        bench.application.parts.introductions.waiting.clear()


def test_the_health_command_says_why(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    server = Server("127.0.0.1", 0)
    server.serve_beside(bench.application.wsgi)
    url = f"http://127.0.0.1:{server.port}"
    try:
        assert healthy.main([url]) == 0
        bench.rewrite("\npeople:\n", "\npepole:\n")
        assert healthy.main([url]) == 1
        assert "pepole" in capsys.readouterr().err
    finally:
        server.close()
    assert healthy.main([url]) == 1
    assert "does not answer" in capsys.readouterr().err
    assert healthy.main(["broker"]) == 2


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"PORT": "9000", "HOST": "0.0.0.0"}, "http://127.0.0.1:9000"),
        ({"TLS": "yes", "HOST": "10.0.0.5"}, "https://10.0.0.5:8080"),
        ({"HOST": "::1"}, "http://[::1]:8080"),
    ],
)
def test_the_health_command_asks_where_the_environment_says(
    environment: dict[str, str], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PORT", "HOST", "TLS"):
        monkeypatch.delenv(f"MOCK_EHERKENNING_{name}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(f"MOCK_EHERKENNING_{name}", value)
    assert healthy.own_address() == address
