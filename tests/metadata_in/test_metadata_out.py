"""What the broker says of itself: in two forms, while its key is rolled over; and its list of suppliers."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from lxml import etree
from signxml import InvalidSignature

from broker import cli, keys
from broker.clock import machine_time
from suppliers.ask import Level
from support.answers import call, response
from support.catalogues import BRANCH, DEFINITION, INSTANCE, Catalogue
from support.running import ROOT, RunningBroker, until
from support.schemas import errors_in
from support.sp import NS, ServiceProvider, certificates_of, fingerprint, verified

STEPS = ("announce", "switch", "drop")


@pytest.fixture
def own(start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A broker with keys of its own, that looks at them each time."""
    monkeypatch.setattr(keys, "LOOK_EVERY", 0)
    home = tmp_path / "own"
    broker = start(home)
    broker.trust(broker.sp)
    return broker


def metadata(bench: Any, query: str = "") -> bytes:
    got = call(bench, "GET", f"/metadata{query}")
    assert got.status == 200, got.text
    return bytes(got.body)


def announced(bench: Any) -> list[str]:
    return [fingerprint(certificate) for certificate in certificates_of(metadata(bench))]


def signer(bench: Any, among: list[x509.Certificate]) -> str:
    """Whose signature is on an answer, by the fingerprint of the certificate that verifies it."""
    landed = bench.login(AssertionConsumerServiceIndex="2")
    for certificate in among:
        try:
            response(Signed(bench, certificate), landed)
        except InvalidSignature:
            continue
        return fingerprint(certificate)
    raise AssertionError("none of these verifies the answer")


class Signed:
    """A provider that knows one certificate of the broker."""

    def __init__(self, bench: Any, certificate: x509.Certificate) -> None:
        self._certificate = certificate
        self.base_url, self.application, self.sp = bench.base_url, bench.application, bench.sp

    def certificate(self) -> x509.Certificate:
        return self._certificate


def command(home: Path, step: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "broker.cli", "keys", step, "--home", str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# Two forms.


def test_the_entities_form_holds_the_same_entity_and_is_signed_as_a_whole(bench: Any) -> None:
    xml = metadata(bench, "?form=entities")
    assert errors_in(xml) == []
    root = verified(etree.fromstring(xml), bench.certificate())
    assert etree.QName(root).localname == "EntitiesDescriptor"
    (inside,) = root.findall("md:EntityDescriptor", NS)
    alone = etree.fromstring(metadata(bench))
    alone.remove(alone.find("ds:Signature", NS))
    assert etree.tostring(inside, method="c14n", exclusive=True) == etree.tostring(
        alone, method="c14n", exclusive=True
    )
    assert inside.get("ID") != root.get("ID")


def test_metadata_is_valid_in_every_form_and_step(own: Any) -> None:
    for step in (None, *STEPS):
        if step:
            assert call(own, "POST", f"/api/v1/keys/{step}").status == 200
        for query in ("", "?form=entity", "?form=entities"):
            assert errors_in(metadata(own, query)) == []


def test_another_form_is_refused_with_the_forms_there_are(bench: Any) -> None:
    got = call(bench, "GET", "/metadata?form=html")
    assert got.status == 400
    assert "entity (EntityDescriptor) or entities (EntitiesDescriptor)" in got.text


# Roll-over.


def test_a_key_is_announced_then_signs_then_is_alone(own: Any) -> None:
    (old,) = certificates_of(metadata(own))
    assert call(own, "POST", "/api/v1/keys/announce").status == 200
    both = certificates_of(metadata(own))
    assert len(both) == 2
    assert both[0] == old
    new = both[1]
    assert signer(own, both) == fingerprint(old), "announced is not yet in use"
    verified(etree.fromstring(metadata(own)), old)

    assert call(own, "POST", "/api/v1/keys/switch").status == 200
    assert announced(own) == [fingerprint(new), fingerprint(old)]
    assert signer(own, both) == fingerprint(new)
    verified(etree.fromstring(metadata(own)), new)

    assert call(own, "POST", "/api/v1/keys/drop").status == 200
    assert announced(own) == [fingerprint(new)]
    assert signer(own, both) == fingerprint(new)


def test_the_metadata_has_another_id_when_a_certificate_comes_or_goes(own: Any) -> None:
    seen = [etree.fromstring(metadata(own)).get("ID")]
    for step in STEPS:
        call(own, "POST", f"/api/v1/keys/{step}")
        seen.append(etree.fromstring(metadata(own)).get("ID"))
    assert len(set(seen)) == 4


@pytest.mark.parametrize("done", [0, 1, 2])
def test_only_the_next_step_can_be_taken_and_the_others_say_which_it_is(own: Any, done: int) -> None:
    for step in STEPS[:done]:
        assert call(own, "POST", f"/api/v1/keys/{step}").status == 200
    before = announced(own)
    for step in set(STEPS) - {STEPS[done]}:
        got = call(own, "POST", f"/api/v1/keys/{step}")
        assert got.status == 409
        assert f"the next step is {STEPS[done]}" in json.loads(got.body)["detail"]
        said = command(own.home, step)
        assert said.returncode == 2
        assert said.stderr.count("\n") == 1
        assert f"the next step is {STEPS[done]}" in said.stderr
    assert announced(own) == before
    assert json.loads(call(own, "GET", "/api/v1/keys").body)["next_step"] == STEPS[done]


def test_the_steps_by_command_are_taken_up_by_a_broker_that_runs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with RunningBroker(home) as broker:

        def known() -> list[str]:
            got = requests.get(broker.metadata_url, timeout=10)
            return [fingerprint(certificate) for certificate in certificates_of(got.content)]

        (old,) = known()
        assert command(home, "announce").returncode == 0
        until(lambda: len(known()) == 2, "the next certificate is in the metadata")
        new = known()[1]
        assert command(home, "switch").returncode == 0
        until(lambda: known() == [new, old], "the next key is in use")
        assert command(home, "drop").returncode == 0
        until(lambda: known() == [new], "the old certificate is gone")


def test_show_says_where_it_stands_and_makes_the_first_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["keys", "show", "--home", str(tmp_path)]) == 0
    assert cli.main(["keys", "announce", "--home", str(tmp_path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["signs", "next", "signs", "next", "next"]
    assert said[-1] == "next step: mock-eherkenning keys switch"
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "certs").iterdir()} == {0o600}


def test_there_is_a_key_to_sign_with_at_every_moment_of_a_switch(
    own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that found none would make one of its own, and sign by that."""
    call(own, "POST", "/api/v1/keys/announce")
    current = own.home / "certs" / "broker.pem"
    there = []

    def watched(method: str) -> None:
        whole = getattr(Path, method)

        def wrapped(self: Path, *more: Any, **how: Any) -> Any:
            there.append(current.exists())
            found = whole(self, *more, **how)
            there.append(current.exists())
            return found

        monkeypatch.setattr(Path, method, wrapped)

    for method in ("replace", "unlink"):
        watched(method)
    assert call(own, "POST", "/api/v1/keys/switch").status == 200
    assert there
    assert all(there)


def test_a_switch_that_was_cut_off_halfway_can_be_done_again(own: Any) -> None:
    """The old key was put aside, and then the machine stopped."""
    call(own, "POST", "/api/v1/keys/announce")
    certs = own.home / "certs"
    (certs / "broker.previous.pem").write_bytes((certs / "broker.pem").read_bytes())
    before = announced(own)
    assert len(before) == 2
    assert call(own, "POST", "/api/v1/keys/switch").status == 200
    assert announced(own) == before[::-1]


@pytest.mark.parametrize("change", [lambda file: file.write_text("nothing"), lambda file: file.unlink()])
def test_a_key_that_is_broken_or_gone_while_the_broker_runs_leaves_the_last_good_one(
    own: Any, change: Callable[[Path], Any]
) -> None:
    before = announced(own)
    change(own.home / "certs" / "broker.pem")
    assert announced(own) == before
    assert signer(own, certificates_of(metadata(own))) == before[0]


def test_the_files_are_looked_at_no_more_than_twice_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = [0.0]
    folder = keys.KeyFolder(tmp_path, lambda: ticks[0])
    other = keys.KeyFolder(tmp_path)
    who = ("broker", "broker", "0" * 20, machine_time())
    first = folder.get(*who)
    for step in (keys.Step.ANNOUNCE, keys.Step.SWITCH):
        other.step(step, *who)
    monkeypatch.setattr(keys, "_stamp", lambda file: pytest.fail("it looked again"))
    ticks[0] = 0.49
    assert folder.get(*who) is first
    monkeypatch.undo()
    ticks[0] = 0.51
    assert folder.get(*who).certificate == other.get(*who).certificate != first.certificate


# RequestADlist.


def names(page: Any) -> list[str]:
    root = etree.fromstring(page.body)
    return [str(text) for text in root.xpath("//md:OrganizationDisplayName/text()", namespaces=NS)]


def ad_list(bench: Any, uuid: str = INSTANCE, level: str | None = None) -> Any:
    query = f"?ServiceUUID={uuid}" + (f"&RequestedAuthnContext={level}" if level else "")
    return call(bench, "GET", f"/listAD.xml{query}")


@pytest.fixture
def with_catalogue(bench: Any) -> Any:
    got = call(bench, "POST", "/api/v1/service-catalogues", Catalogue(restrictions=(BRANCH,)).xml)
    assert got.status == 201
    return bench


def test_the_list_is_signed_valid_and_sorted_by_display_name(with_catalogue: Any) -> None:
    got = ad_list(with_catalogue)
    assert got.status == 200
    assert got.headers["Content-Type"].startswith("application/samlmetadata+xml")
    assert errors_in(got.body) == []
    root = verified(etree.fromstring(got.body), with_catalogue.certificate())
    assert etree.QName(root).localname == "EntitiesDescriptor"
    found = names(got)
    assert len(found) == 6
    assert found == sorted(found, key=str.casefold)


def test_each_supplier_of_the_list_can_be_asked_for_by_its_entity_id(with_catalogue: Any) -> None:
    root = etree.fromstring(ad_list(with_catalogue).body)
    offers = {offer.ad: offer.name for offer in with_catalogue.application.parts.suppliers.offers()}
    for entity in root.findall("md:EntityDescriptor", NS):
        name = entity.findtext("md:Organization/md:OrganizationDisplayName", namespaces=NS)
        assert offers[entity.get("entityID")] == name
        for node in entity.findall("md:IDPSSODescriptor/md:SingleSignOnService", NS):
            assert urlsplit(node.get("Location")).path == "/sso/1.13"


@pytest.mark.parametrize("level", list(Level))
def test_the_list_holds_who_reaches_the_level_and_nobody_else(bench: Any, level: Level) -> None:
    call(bench, "POST", "/api/v1/service-catalogues", Catalogue(level=Level.EH4.urn).xml)
    offers = bench.application.parts.suppliers.offers()
    assert names(ad_list(bench, level=level.urn)) == [o.name for o in offers if max(o.levels) >= level]
    assert len(names(ad_list(bench))) < len(offers), "without a level it is the service's own"


def test_the_service_is_found_by_its_definition_too_and_without_a_catalogue(with_catalogue: Any) -> None:
    assert names(ad_list(with_catalogue, DEFINITION)) == names(ad_list(with_catalogue, INSTANCE.upper()))
    got = call(with_catalogue, "GET", "/api/v1/service-providers")
    assert names(ad_list(with_catalogue, "4b1c6f0e-2f0a-4f0e-9a57-52b1f4d9f001")), "the YAML's own service"
    other = ServiceProvider(
        entity_id="urn:etoegang:DV:00000001777777760000:entities:9001",
        services={1: ("urn:etoegang:DV:00000001777777760000:services:1", "Zonder catalogus")},
    )
    got = call(with_catalogue, "POST", "/api/v1/service-providers", other.metadata)
    (service,) = json.loads(got.body)["service_providers"][0]["services"]
    assert names(ad_list(with_catalogue, service["instance_uuid"]))


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("", 400, "no ServiceUUID"),
        ("?ServiceUUID=", 400, "no ServiceUUID"),
        ("?ServiceUUID=99999999-9999-4999-8999-999999999999", 404, "no service has ServiceUUID"),
        ("?ServiceUUID=<script>", 404, "no service has ServiceUUID"),
        (f"?ServiceUUID={INSTANCE}&RequestedAuthnContext=hoog", 400, "is not a level; expected one of urn:"),
        (f"?ServiceUUID={INSTANCE}&RequestedAuthnContext=", 400, "is not a level"),
        (f"?ServiceUUID={INSTANCE}&RequestedAuthnContext={Level.EH4.urn}", 400, "is higher than"),
    ],
)
def test_a_list_that_cannot_be_made_says_why_in_plain_text(
    with_catalogue: Any, query: str, status: int, says: str
) -> None:
    got = call(with_catalogue, "GET", f"/listAD.xml{query}")
    assert got.status == status
    assert says in got.text
    assert got.headers["Content-Type"].startswith("text/plain")


def test_no_supplier_at_all_is_told_and_not_an_empty_list(bench: Any) -> None:
    """An EntitiesDescriptor without an entity is not valid."""
    bsn = [("urn:etoegang:1.12:EntityConcernedID:BSN", "1")]
    call(bench, "POST", "/api/v1/service-catalogues", Catalogue(types=bsn).xml)
    got = ad_list(bench)
    assert (got.status, "no supplier reaches" in got.text) == (404, True)
