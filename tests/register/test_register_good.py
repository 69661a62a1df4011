"""From a file that is right to a register of all that it says."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from good_file import EVERY_KEY, GOOD, SERVICE_ID, SUPPLIERS, UUID, changed, good
from pydantic import BaseModel, ConfigDict

from suppliers.ask import Level, Names
from suppliers.register.loader import load, loads
from suppliers.register.model import Means, Place
from suppliers.register.problems import ConfigError


def test_a_good_file_becomes_a_register_of_all_that_it_says():
    register = good().register
    service = register.services["helpdesk"]
    assert (service.key, service.service_id, service.uuid) == ("helpdesk", SERVICE_ID, UUID)
    assert service.name == Names("Mijn Helpdesk po", "My Helpdesk po")
    assert service.provider == Names("Dienst Uitvoering Onderwijs", "Dienst Uitvoering Onderwijs")
    assert (service.level, service.branches_accepted) == (Level.EH3, False)
    assert service.identifier_sets == (("KvKnr",), ("RSIN",))
    company = register.companies["regenboog"]
    assert (company.key, company.name) == ("regenboog", "De Regenboog")
    assert company.identifiers == {"KvKnr": "01234567", "RSIN": "012345678"}
    assert company.branches == {"000001234567": "Hoofdlocatie"}
    person = register.people["m.devries"]
    assert (person.key, person.name) == ("m.devries", "Mieke de Vries")
    assert (person.email, person.phone) == ("m.devries@voorbeeld.example", "06-00 00 00 01")
    assert person.attributes == {"FirstName": "Mieke"}
    assert person.means == (
        Means("reconi", "mieke", " Welkom ", Level.EH2_PLUS, "012345", Place("f.yaml", 23)),
        Means("kpn", "mieke", "Welkom-123", Level.EH3, None, Place("f.yaml", 24)),
    )
    [mandate] = register.mandates()
    assert (mandate.id, mandate.service) == ("m.devries/regenboog/helpdesk/000001234567", SERVICE_ID)
    assert (mandate.start, mandate.until) == (date(2024, 1, 1), date(2039, 12, 31))
    assert (mandate.level, mandate.branch, mandate.status) == (Level.EH3, "000001234567", "active")


def test_means_managers_and_mandates_with_every_key_that_there_is():
    register = good(EVERY_KEY).register
    company = register.companies["regenboog"]
    assert (company.manager, company.approves) == ("m.devries", True)
    assert (register.companies["kantoor"].manager, register.companies["kantoor"].approves) == (None, False)
    card, means = register.people["m.devries"].means
    assert (card.card, card.username, card.password, card.pin) == (True, "600100", "", "135790")
    assert (card.status, card.until, card.renew, card.app) == ("suspended", date(2030, 12, 31), False, True)
    assert (means.card, means.status, means.until, means.renew, means.app) == (
        False,
        "blocked",
        None,
        True,
        False,
    )
    [mandate] = register.mandates()
    assert (mandate.service, mandate.provider) == ("", "00000001999999990000")
    assert mandate.last_used == date(2024, 2, 29)


def test_what_is_left_out_of_a_means_is_not_the_same_as_active():
    """So that saying active lifts a block that came while the mock ran."""
    silent, said = (
        good(GOOD.replace("level: EH2+", f"level: EH2+{more}")).register.people["m.devries"].means[0]
        for more in ("", ", status: active")
    )
    assert (silent.status, said.status) == (None, "active")
    assert silent.fingerprint != said.fingerprint


def test_a_card_and_a_user_name_may_be_the_same_text():
    register = good(EVERY_KEY.replace("kpn, username: mieke", 'reconi, username: "600100"')).register
    by_card, by_name = (register.login("reconi", "600100", card=card) for card in (True, False))
    assert by_card
    assert by_name
    assert (by_card[1].card, by_name[1].card) == (True, False)


@pytest.mark.parametrize(
    ("called", "means"),
    [
        pytest.param("Dienst", "00000001999999990000", id="its name, which two services have"),
        pytest.param("Agency", "00000001999999990000", id="its English name"),
        pytest.param("00000001999999990000", "00000001999999990000", id="its OIN"),
        pytest.param("00000001777777770000", "00000001777777770000", id="an OIN that only metadata brings"),
        pytest.param(
            "urn:etoegang:DV:00000001999999990000:entities:9001",
            "urn:etoegang:DV:00000001999999990000:entities:9001",
            id="an entity id of the scheme",
        ),
        pytest.param(
            "https://sp.example/saml", "https://sp.example/saml", id="an entity id of any other kind"
        ),
    ],
)
def test_a_mandate_may_be_for_all_services_of_a_provider_by(called, means):
    [mandate] = good(
        EVERY_KEY.replace("provider: Dienst, level: EH3, l", f'provider: "{called}", level: EH3, l')
    ).register.mandates()
    assert (mandate.service, mandate.provider) == ("", means)


def test_every_record_knows_its_line():
    register = good().register
    lines = [
        register.services["helpdesk"].place,
        register.companies["regenboog"].place,
        register.people["m.devries"].place,
        register.mandates()[0].place,
    ]
    assert list(map(str, lines)) == ["f.yaml:2", "f.yaml:11", "f.yaml:17", "f.yaml:26"]


def test_what_is_left_out_has_a_sensible_value():
    text = f"""
services: {{s: {{name: S, provider: P, service_id: {SERVICE_ID}, level: EH3, branches: }}}}
companies: {{c: {{name: C, kvk: 90000012, rsin: }}}}
people: {{p: {{name: P}}}}
mandates: [{{person: p, company: c, service: s, level: EH3}}]
"""
    register = good(text).register
    assert register.services["s"].identifier_sets == (("KvKnr",),)
    assert not register.services["s"].branches_accepted
    assert register.companies["c"].rsin is None
    assert (register.people["p"].means, register.people["p"].email) == ((), None)
    [mandate] = register.mandates()
    assert (mandate.start, mandate.until, mandate.branch, mandate.status) == (None, None, None, "active")


@pytest.mark.parametrize("text", ["{}", "services:\npeople:\nmandates:\n"], ids=["no keys", "no values"])
def test_a_register_may_be_empty(text):
    register = good(text).register
    assert (register.services, register.people, register.mandates()) == ({}, {}, ())


@pytest.mark.parametrize(
    ("written", "sets"),
    [
        pytest.param("[KvKnr, RSIN]", (("KvKnr",), ("RSIN",)), id="the short form: one each"),
        pytest.param("[[RSIN, KvKnr], KvKnr]", (("RSIN", "KvKnr"), ("KvKnr",)), id="both forms"),
        pytest.param("[Pseudo]", (("Pseudo",),), id="a pseudonym"),
    ],
)
def test_identifier_sets_have_a_short_form(written, sets):
    register = good(changed("[[KvKnr], [RSIN]]", written)).register
    assert register.services["helpdesk"].identifier_sets == sets


def test_uuids_are_derived_from_the_service_id_and_from_nothing_else():
    derived = good(changed(f"    uuid: {UUID}\n", "")).register.services["helpdesk"]
    again = good(changed(f"    uuid: {UUID}\n", "").replace("EH3", "EH4")).register.services["helpdesk"]
    other = good(changed(f"    uuid: {UUID}\n", "").replace("services:1", "services:2")).register
    assert (derived.uuid, derived.instance_uuid) == (again.uuid, again.instance_uuid)
    assert derived.uuid != derived.instance_uuid
    assert derived.uuid != other.services["helpdesk"].uuid
    assert derived.uuid == "a490d76d-2395-5b31-bff6-b29e5bf33786"
    assert derived.instance_uuid == "aea26429-2027-5eb3-a222-b73e2aa04e26"


@pytest.mark.parametrize(
    ("called", "means"),
    [
        pytest.param("helpdesk", SERVICE_ID, id="its key"),
        pytest.param("Mijn Helpdesk po", SERVICE_ID, id="its Dutch name"),
        pytest.param("My Helpdesk po", SERVICE_ID, id="its English name"),
        pytest.param(SERVICE_ID, SERVICE_ID, id="its ServiceID"),
        pytest.param(UUID.upper(), SERVICE_ID, id="its ServiceUUID, in capitals"),
        pytest.param('"*"', "*", id="a star for every service"),
        pytest.param(
            "urn:etoegang:DV:00000001999999970000:services:7",
            "urn:etoegang:DV:00000001999999970000:services:7",
            id="the ServiceID of a service that only metadata brings",
        ),
        pytest.param(
            "AAAAAAAA-2F0A-4F0E-9A57-52B1F4D9F001",
            "aaaaaaaa-2f0a-4f0e-9a57-52b1f4d9f001",
            id="the ServiceUUID of a service that only metadata brings",
        ),
    ],
)
def test_a_mandate_may_call_a_service_by(called, means):
    register = good(changed("service: helpdesk", f"service: {called}")).register
    assert [mandate.service for mandate in register.mandates()] == [means]


def test_a_star_means_every_service_even_if_one_has_it_for_a_key():
    text = changed("  helpdesk:\n", '  "*":\n').replace("service: helpdesk", 'service: "*"')
    assert [mandate.service for mandate in good(text).register.mandates()] == ["*"]


def test_a_mandate_may_call_a_service_by_the_uuid_of_its_instance():
    own = UUID.replace("4b", "5c")
    text = changed(f"    uuid: {UUID}\n", f"    instance_uuid: {own}\n")
    [mandate] = good(text.replace("service: helpdesk", f"service: {own}")).register.mandates()
    assert mandate.service == SERVICE_ID
    assert good(text).register.services["helpdesk"].instance_uuid == own


def test_a_mandate_for_a_definition_that_two_services_share_keeps_its_uuid():
    second = f"""\
  tweede: {{name: T, provider: P, service_id: {SERVICE_ID[:-1]}2, uuid: {UUID}, level: EH3}}
companies:
"""
    text = changed("companies:\n", second).replace("service: helpdesk", f"service: {UUID}")
    assert [mandate.service for mandate in good(text).register.mandates()] == [UUID]


@pytest.mark.parametrize("called", ["helpdesk", "Mijn Helpdesk po", SERVICE_ID, UUID])
def test_the_id_of_a_mandate_has_the_key_of_its_service_however_it_calls_it(called):
    [mandate] = good(changed("service: helpdesk", f"service: {called}")).register.mandates()
    assert mandate.id == "m.devries/regenboog/helpdesk/000001234567"


@pytest.mark.parametrize(
    ("written", "accepted"), [("true", True), ("yes", True), ("false", False), ("no", False)]
)
def test_a_service_may_accept_branches(written, accepted):
    register = good(changed("branches: false", f"branches: {written}")).register
    assert register.services["helpdesk"].branches_accepted is accepted


def test_mandates_get_ids_that_say_what_they_are_and_differ():
    text = (
        changed("    branch: 000001234567\n    status: active\n", "")
        + """\
  - {person: m.devries, company: regenboog, service: helpdesk, level: EH3}
  - {person: m.devries, company: regenboog, service: helpdesk, level: EH3, id: m.devries/regenboog/helpdesk}
  - {person: m.devries, company: regenboog, service: "*", level: EH3}
"""
    )
    assert [mandate.id for mandate in good(text).register.mandates()] == [
        "m.devries/regenboog/helpdesk-2",
        "m.devries/regenboog/helpdesk-3",
        "m.devries/regenboog/helpdesk",
        "m.devries/regenboog/all",
    ]


def test_a_mandate_may_go_through_an_intermediary():
    text = changed("companies:\n", "companies:\n  kantoor: {name: Kantoor, kvk: 90000047}\n").replace(
        "    status: active", "    intermediary: kantoor"
    )
    [mandate] = good(text).register.mandates()
    assert mandate.intermediary == "kantoor"
    assert mandate.id == "m.devries/regenboog/helpdesk/000001234567/kantoor"
    assert good().register.mandates()[0].intermediary is None


@pytest.mark.parametrize(
    "phone", ["0612345678", "06 1234 5678", "06-12345678", "+31 6 12345678", "+31612345678"]
)
def test_a_phone_number_may_be_written_as(phone):
    register = good(changed("06-00 00 00 01", phone)).register
    assert register.people["m.devries"].phone == phone


@pytest.mark.parametrize("level", ["EH2", "EH2+", "EH3", "EH4"])
def test_a_level_may_be(level):
    register = good(changed("level: EH2+", f"level: {level}")).register
    assert register.people["m.devries"].means[0].level.label == level


def test_from_and_until_may_be_the_same_day():
    assert good(changed("until: 2039-12-31", "until: 2024-01-01")).register.mandates()[0].until == date(
        2024, 1, 1
    )


def test_one_user_name_may_be_used_at_two_suppliers():
    register = good().register
    assert register.login("reconi", "Mieke") is not None
    assert register.login("kpn", "Mieke") is not None


# ---- files ----


class Other(BaseModel):
    model_config = ConfigDict(extra="forbid")


def test_a_file_is_called_by_its_path(tmp_path: Path):
    file = tmp_path / "my.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    loaded = load(file, suppliers=SUPPLIERS)
    assert str(loaded.register.people["m.devries"].place) == f"{file}:17"
    file.write_text("other:")
    assert load(file, suppliers=SUPPLIERS, sections={"other": Other}).sections == {"other": Other()}
    file.write_text("servces: 1")
    with pytest.raises(ConfigError, match=r"my\.yaml:1:1: servces: is not known here"):
        load(file, suppliers=SUPPLIERS)


def test_a_file_that_is_not_there_is_a_problem_like_any_other(tmp_path: Path):
    file = tmp_path / "none.yaml"
    with pytest.raises(ConfigError) as caught:
        load(file, suppliers=SUPPLIERS)
    assert str(caught.value) == f"{file}: the file cannot be read: No such file or directory"


def test_the_digest_tells_one_file_from_another_and_text_from_bytes_not():
    assert good().digest == loads(GOOD.encode(), "other", suppliers=SUPPLIERS).digest
    assert good().digest != good(GOOD + "\n").digest
    assert len(good().digest) == 64


def test_the_model_needs_neither_yaml_nor_pydantic():
    code = "import sys, suppliers.register.model; print({'yaml', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
