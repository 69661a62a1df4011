"""django-digid-eherkenning, unchanged, over TLS: it resolves artifacts with its own client certificate, or cannot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from lxml import html

from support.tls import TlsBroker, found
from support.walk import walk

from .running import DjangoSP, free_port

pytestmark = pytest.mark.sp


@pytest.fixture(scope="module", params=["mutual", "server only"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsBroker]:
    """Its metadata sends providers to the port that asks for a certificate, or to the one that does not."""
    port = free_port()
    there = ("--port", str(port), "--artifact-port", "0")
    if request.param == "server only":
        there = (*there, "--backchannel-url", f"https://127.0.0.1:{port}")
    with TlsBroker(tmp_path_factory.mktemp("django-tls") / "home", *there) as running:
        running.mutual = request.param == "mutual"
        yield running


@pytest.fixture(scope="module")
def django(broker: TlsBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DjangoSP]:
    """It trusts the broker's CA as its administrators have it do: by one variable, which requests reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(broker.ca))
        with DjangoSP(tmp_path_factory.mktemp("sp"), broker.metadata_url) as sp:
            broker.trust(sp.metadata, "django")
            yield sp


def log_in(sp: DjangoSP, broker: TlsBroker) -> dict[str, str]:
    """A whole login; what the provider's landing page says, by test id."""
    session, browser = requests.Session(), broker.browser()
    session.trust_env = False
    form = html.fromstring(session.get(sp.login_url, timeout=20).content).forms[0]
    assert form.get("action") == f"{broker.base_url}/sso/1.13"
    page = walk(browser, browser.post(form.get("action"), dict(form.form_values())), "m.devries", "reconi")
    assert page.location, page.readable
    tree = html.fromstring(session.get(page.location, timeout=30).content)
    return {
        node.get("data-testid"): " ".join(node.text_content().split())
        for node in tree.xpath("//*[@data-testid]")
    }


@pytest.mark.parametrize("mode", ["required", "recorded", "off"])
def test_a_person_logs_in_unless_a_certificate_is_required_where_none_is_asked_for(
    django: DjangoSP, broker: TlsBroker, mode: str
) -> None:
    broker.set(mode)
    landing = log_in(django, broker)
    resolve = broker.last_resolve()
    if broker.mutual:
        assert landing.get("kvk") == "90000012", f"{landing}\n{django.log}"
        assert "aanvraagportaal.voorbeeld.example" in resolve["client_certificate"]
        assert found(resolve) is None
        return
    assert "client_certificate" not in resolve
    finding = found(resolve)
    assert (finding["severity"] if finding else "none") == {"required": "R", "recorded": "W", "off": "none"}[
        mode
    ]
    if mode == "required":
        assert "kvk" not in landing
        assert landing["message"]
    else:
        assert landing.get("kvk") == "90000012", f"{landing}\n{django.log}"
