"""Rule AX-07 over real TLS: who resolves an artifact shows a certificate of its metadata, or is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from support.sp import ServiceProvider, fingerprint
from support.tls import Client, TlsBroker, certificate_of, fault_of, found, holds_message, pem


def own(sp: ServiceProvider) -> Client:
    return Client.of(sp)


def without(sp: ServiceProvider) -> Client:
    return Client()


def stranger(sp: ServiceProvider) -> Client:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return Client(key, certificate_of(key))


def stranger_with_another_kind_of_key(sp: ServiceProvider) -> Client:
    key = ec.generate_private_key(ec.SECP256R1())
    return Client(key, certificate_of(key))


def renewed(sp: ServiceProvider) -> Client:
    """A new certificate for the key of the metadata."""
    return Client(sp.key, certificate_of(sp.key))


def renewed_by_an_unknown_ca(sp: ServiceProvider) -> Client:
    ca = ec.generate_private_key(ec.SECP256R1())
    return Client(sp.key, certificate_of(sp.key, issuer=(ca, certificate_of(ca, name="Nobody's CA"))))


def expired(sp: ServiceProvider) -> Client:
    return Client(sp.key, certificate_of(sp.key, days=(-30, -1)))


def not_yet_valid(sp: ServiceProvider) -> Client:
    return Client(sp.key, certificate_of(sp.key, days=(1, 30)))


def with_a_strange_name(sp: ServiceProvider) -> Client:
    key = ec.generate_private_key(ec.SECP256R1())
    return Client(key, certificate_of(key, name="<b>\x07\x00\u202e]]>"))


RIGHT = [own, renewed, renewed_by_an_unknown_ca]
WRONG = [
    without,
    stranger,
    stranger_with_another_kind_of_key,
    expired,
    not_yet_valid,
    with_a_strange_name,
]
Who = Callable[[ServiceProvider], Client]


@pytest.mark.parametrize("mode", ["required", "recorded", "off"])
@pytest.mark.parametrize("who", RIGHT)
def test_who_shows_a_certificate_of_its_metadata_gets_the_message_without_a_finding(
    broker: TlsBroker, sp: ServiceProvider, mode: str, who: Who
) -> None:
    broker.set(mode)
    client = who(sp)
    assert holds_message(broker.resolve(client, sp, broker.artifact(sp)))
    assert found(broker.last_resolve()) is None
    assert client.fingerprint in broker.last_resolve()["client_certificate"]


@pytest.mark.parametrize("who", WRONG)
def test_where_it_is_required_anybody_else_is_refused_and_told_which_certificate_is_expected(
    broker: TlsBroker, sp: ServiceProvider, who: Who
) -> None:
    broker.set("required")
    page = broker.resolve(who(sp), sp, broker.artifact(sp))
    assert page.status == 403
    assert fault_of(page).startswith("AX-07: expected ")
    if who not in (expired, not_yet_valid):
        assert fingerprint(sp.certificate) in fault_of(page)
    finding = found(broker.last_resolve())
    assert finding is not None
    assert (finding["severity"], finding["outcome"]) == ("R", "refuse")
    assert broker.last_resolve()["outcome"] == "refused"


@pytest.mark.parametrize("who", WRONG)
def test_where_it_is_recorded_anybody_else_gets_the_message_and_a_warning(
    broker: TlsBroker, sp: ServiceProvider, who: Who
) -> None:
    broker.set("recorded")
    assert holds_message(broker.resolve(who(sp), sp, broker.artifact(sp)))
    finding = found(broker.last_resolve())
    assert finding is not None
    assert (finding["severity"], finding["outcome"]) == ("W", "go-on")


@pytest.mark.parametrize("who", WRONG)
def test_where_it_is_off_nobody_is_judged_by_it(broker: TlsBroker, sp: ServiceProvider, who: Who) -> None:
    broker.set("off")
    assert holds_message(broker.resolve(who(sp), sp, broker.artifact(sp)))
    assert found(broker.last_resolve()) is None


def test_with_tls_it_is_recorded_unless_the_yaml_says_otherwise(
    broker: TlsBroker, sp: ServiceProvider
) -> None:
    broker.set("")
    assert holds_message(broker.resolve(Client(), sp, broker.artifact(sp)))
    finding = found(broker.last_resolve())
    assert finding is not None
    assert finding["severity"] == "W"


@pytest.mark.parametrize(
    ("who", "received", "mend"),
    [
        (without, "no client certificate", "Call with the certificate and private key of your metadata"),
        (stranger, "CN=a client (TEST)", "Call with the certificate and private key of your metadata"),
        (expired, "one that is valid from", "Renew the certificate"),
        (not_yet_valid, "one that is valid from", "Renew the certificate"),
    ],
)
def test_the_finding_says_what_came_and_how_to_mend_it(
    broker: TlsBroker, sp: ServiceProvider, who: Who, received: str, mend: str
) -> None:
    broker.set("required")
    told = fault_of(broker.resolve(who(sp), sp, broker.artifact(sp)))
    assert received in told
    assert mend in told


def test_what_a_stranger_puts_in_a_certificate_reaches_no_page_as_markup(
    broker: TlsBroker, sp: ServiceProvider
) -> None:
    broker.set("required")
    page = broker.resolve(with_a_strange_name(sp), sp, broker.artifact(sp))
    assert "<b>" not in page.text
    assert "\u202e" not in page.text
    assert "SHA-256" in fault_of(page)


def test_a_refused_call_does_not_use_up_the_artifact(broker: TlsBroker, sp: ServiceProvider) -> None:
    broker.set("required")
    artifact = broker.artifact(sp)
    assert broker.resolve(Client(), sp, artifact).status == 403
    assert broker.resolve(stranger(sp), sp, artifact).status == 403
    assert holds_message(broker.resolve(Client.of(sp), sp, artifact)), "the right caller finds it still there"
    assert not holds_message(broker.resolve(Client.of(sp), sp, artifact)), "and only once"


def test_the_certificate_of_one_provider_is_of_no_use_to_another(
    broker: TlsBroker, sp: ServiceProvider
) -> None:
    other = ServiceProvider(entity_id="urn:etoegang:DV:00000001666666660000:entities:9001")
    broker.trust(other.metadata, "other")
    broker.set("required")
    page = broker.resolve(Client.of(other), sp, broker.artifact(sp))
    assert page.status == 403
    assert fingerprint(sp.certificate) in fault_of(page)
    assert fingerprint(other.certificate) in fault_of(page), "what came"


def test_the_browsers_port_asks_no_certificate_and_so_cannot_do_where_one_is_required(
    broker: TlsBroker, sp: ServiceProvider
) -> None:
    broker.set("required")
    page = broker.resolve(Client.of(sp), sp, broker.artifact(sp), f"{broker.base_url}/ars/1.13")
    assert page.status == 403
    assert "ArtifactResolutionService" in fault_of(page)


def test_a_change_of_metadata_is_in_force_at_once_also_on_a_connection_that_is_open(
    broker: TlsBroker, sp: ServiceProvider
) -> None:
    broker.set("required")
    provider = ServiceProvider(entity_id="urn:etoegang:DV:00000001555555550000:entities:9001")
    broker.trust(provider.metadata, "changing")
    client = stranger(provider)
    assert broker.resolve(client, provider, broker.artifact(provider)).status == 403

    one = f"<ds:X509Data><ds:X509Certificate>{base64_of(client)}</ds:X509Certificate></ds:X509Data>".encode()
    both = provider.metadata.replace(b"<ds:X509Data>", one + b"<ds:X509Data>", 1)
    broker.trust(both, "changing")
    assert holds_message(broker.resolve(client, provider, broker.artifact(provider))), "rolled over"

    broker.trust(provider.metadata, "changing")
    assert broker.resolve(client, provider, broker.artifact(provider)).status == 403, "and back"
    assert client.connections == 1


def base64_of(client: Client) -> str:
    assert client.certificate is not None
    return "".join(pem(client.certificate).decode().splitlines()[1:-1])


def test_the_brokers_clock_says_whether_a_certificate_is_valid(
    broker: TlsBroker, sp: ServiceProvider
) -> None:
    """A tester sees today what the provider will see when its certificate is over."""
    broker.set("required")
    client = renewed(sp)
    put = broker.browser()._client.put
    assert put(f"{broker.base_url}/api/v1/clock", json={"shift_seconds": 40 * 86_400}, timeout=30).ok
    try:
        page = broker.resolve(client, sp, "the caller is judged before the artifact")
        assert "one that is valid from" in fault_of(page)
    finally:
        assert broker.browser()._client.delete(f"{broker.base_url}/api/v1/clock", timeout=30).ok


def test_nothing_secret_is_in_the_log(broker: TlsBroker, sp: ServiceProvider) -> None:
    broker.resolve(Client.of(sp), sp, broker.artifact(sp))
    assert "PRIVATE KEY" not in broker.log
    assert "BEGIN CERTIFICATE" not in broker.log
