"""A broker that speaks https: every call is made by its CA, and what does not fit says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from client_sp import flask_app, on_a_port, provider
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from mock_eherkenning_client import Broker, ClientError, NoBroker, shell, start
from test_client_pytest import PLUGIN, project
from test_client_starting import COMMAND

from support.sp import NS
from support.tls import Client, certificate_of, pem

__all__ = ["project"]
pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def secure(cache: Path) -> Iterator[Broker]:
    with start(command=COMMAND, options=["--tls"]) as broker:
        yield broker


@pytest.fixture
def room(secure: Broker) -> Iterator[Broker]:
    made = secure.tagged()
    yield made
    made.reset()


@pytest.fixture(scope="module")
def other_ca(tmp_path_factory: pytest.TempPathFactory) -> str:
    """That signed nothing of ours."""
    file = tmp_path_factory.mktemp("ca") / "other-ca.pem"
    file.write_bytes(pem(certificate_of(ec.generate_private_key(ec.SECP256R1()), ca=True)))
    return str(file)


@pytest.mark.parametrize("start_page", ["/login", "/form"])
def test_a_person_logs_in_by_the_ca_that_was_announced(room: Broker, start_page: str) -> None:
    sp = provider()
    room.trust(sp.metadata)
    app = flask_app(sp, lambda: room.sso_urls[0])
    landing = room.login(start_page, person="m.devries", app=app)
    assert room.sso_urls[0].startswith("https://")
    assert landing.text == "<h1>Success 90000012</h1>"
    assert room.exchanges.wait_for(person="m.devries").outcome == "success"


def test_the_provider_resolves_its_artifact_by_the_same_ca(room: Broker) -> None:
    sp = provider()
    room.trust(sp.metadata)
    request = sp.request(room.sso_urls[0], AssertionConsumerServiceIndex="2")
    answer = room.answer_for(sp.form(sp.signed(request)), person="m.devries")
    artifact = answer.url.partition("SAMLart=")[2].partition("&")[0]
    service = f"{{{NS['md']}}}ArtifactResolutionService"
    (address,) = {str(one.get("Location")) for one in etree.fromstring(room.metadata).iter(service)}
    assert room.ca is not None
    got = Client.of(sp).post(address, sp.resolve_message(artifact), Path(room.ca))
    assert got.status_code == 200
    assert b"status:Success" in got.content


def test_one_that_runs_is_used_by_its_ca(secure: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    with start(environ={"MOCK_EHERKENNING_URL": secure.url, "MOCK_EHERKENNING_CA": str(secure.ca)}) as broker:
        assert broker.people.get("m.devries").key == "m.devries"

    def make(base: str) -> object:
        sp = provider(base)
        secure.trust(sp.metadata)
        return flask_app(sp, lambda: secure.sso_urls[0])

    with on_a_port(make) as base:
        login = ["login", f"{base}/login", "--person", "m.devries", "--broker", secure.url]
        assert shell.main([*login, "--broker-ca", str(secure.ca)]) == shell.DONE
        assert shell.main(login) == shell.UNUSABLE
    assert "export MOCK_EHERKENNING_CA=" in capsys.readouterr().err


@pytest.mark.parametrize("call", [lambda broker: broker.state(), lambda broker: broker.metadata])
def test_a_wrong_ca_is_told_with_how_to_get_the_right_one(
    secure: Broker, other_ca: str, call: Callable[[Broker], object]
) -> None:
    with pytest.raises(NoBroker) as wrong:
        call(Broker(secure.url, ca=other_ca))
    said = str(wrong.value)
    assert f"its certificate is not signed by {other_ca} (" in said
    assert "Mend it with:  export MOCK_EHERKENNING_CA=" in said
    assert f"curl -k -o ca.pem {secure.url}/ca.pem" in said


def test_without_a_ca_it_is_told_the_same(secure: Broker) -> None:
    with pytest.raises(NoBroker, match="not signed by a CA that this Python trusts"):
        start(environ={"MOCK_EHERKENNING_URL": secure.url})


def test_a_ca_that_cannot_be_read_is_told_with_its_setting(secure: Broker, tmp_path: Path) -> None:
    with pytest.raises(NoBroker, match=r"no\.pem: No such file or directory; give its ca\.pem"):
        start(environ={"MOCK_EHERKENNING_URL": secure.url, "MOCK_EHERKENNING_CA": str(tmp_path / "no.pem")})


def test_http_where_https_is_spoken_and_the_other_way_round(secure: Broker, whole: Broker) -> None:
    plain = secure.url.replace("https://", "http://")
    with pytest.raises(NoBroker, match="only speaks HTTPS on this port"):
        start(environ={"MOCK_EHERKENNING_URL": plain})
    tls = whole.url.replace("http://", "https://")
    with pytest.raises(NoBroker, match=f"does not speak https there.*\nMend it with:  .*={whole.url}"):
        start(environ={"MOCK_EHERKENNING_URL": tls})


def test_a_certificate_for_another_name_is_told(cache: Path, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, secret = tmp_path / "own.pem", tmp_path / "own.key"
    certificate.write_bytes(pem(certificate_of(key, san="elsewhere.test")))
    secret.write_bytes(pem(key))
    options = ["--tls", "--tls-certificate", str(certificate), "--tls-key", str(secret)]
    with (
        start(command=COMMAND, options=options, ca=certificate) as broker,
        pytest.raises(NoBroker, match=r"is for another name \(.*127\.0\.0\.1.*\n.*--base-url"),
    ):
        broker.state()


def test_a_provider_with_another_ca_is_told_apart_from_the_broker(room: Broker, secure: Broker) -> None:
    """``ca=`` of a login is of the provider; it does not loosen what is asked of the broker."""
    with pytest.raises(ClientError, match=f"the service provider does not answer GET {secure.url}/login"):
        room.login(f"{secure.url}/login", person="m.devries")


def test_a_broker_in_a_container_says_how_tls_is_had(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoBroker, match="MOCK_EHERKENNING_CA"):
        start("container", image="x", options=["--tls"])


def test_a_factory_gives_one_with_tls(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client_sp import flask_app, provider

        def test_tls(eherkenning_broker_factory):
            broker = eherkenning_broker_factory(options=["--tls"])
            sp = provider()
            broker.trust(sp.metadata)
            app = flask_app(sp, lambda: broker.sso_urls[0])
            assert broker.url.startswith("https://") and broker.ca
            assert broker.login("/login", person="m.devries", app=app).text == "<h1>Success 90000012</h1>"
        """
    )
    project.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=1)
