"""What a service catalogue (dienstencatalogus) says of a service, and what goes before what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broker.catalogue import Service
from broker.wire.service_catalogue import CatalogueProblem, read
from suppliers.ask import Level
from support.answers import call, company
from support.catalogues import BRANCH, DEFINITION, INSTANCE, KVK, PSEUDO, RSIN, Catalogue
from support.sp import ServiceProvider, fingerprint
from support.walk import kind, walk

PHONE = "urn:etoegang:1.9:attribute:PhoneNumber"
NAME = "urn:etoegang:1.11:attribute-represented:CompanyName"
BSN = "urn:etoegang:1.12:EntityConcernedID:BSN"
SERVICE_ID = Catalogue.service_id


def service(bench: Any) -> Service:
    """As a login of this provider finds it."""
    catalogue = bench.application.parts.current.catalogue
    found = catalogue.service_by_id(catalogue.sps[bench.sp.entity_id], SERVICE_ID)
    assert found is not None
    return found


def take_in(bench: Any, **how: Any) -> None:
    got = call(bench, "PUT", "/api/v1/service-catalogues/00000001777777770000", Catalogue(**how).xml)
    assert got.status in (200, 201), got.text


def test_name_provider_level_and_uuids_come_from_the_catalogue(bench: Any) -> None:
    take_in(bench)
    found = service(bench)
    assert (found.name.nl, found.name.en) == ("Dienst uit de catalogus",) * 2
    assert found.provider.nl == "Organisatie uit de catalogus"
    assert found.level is Level.EH2_PLUS
    assert (found.uuid, found.instance_uuid) == (DEFINITION, INSTANCE)
    assert found.known


@pytest.mark.parametrize("level", list(Level))
def test_every_level_is_read(bench: Any, level: Level) -> None:
    take_in(bench, level=level.urn)
    assert service(bench).level is level


@pytest.mark.parametrize(
    ("types", "sets"),
    [
        ([(RSIN, "1"), (KVK, "1"), (KVK, "2")], (("RSIN", "KvKnr"), ("KvKnr",))),
        ([(KVK, "2"), (RSIN, "1")], (("RSIN",), ("KvKnr",))),
        ([(KVK, "10"), (RSIN, "9")], (("RSIN",), ("KvKnr",))),
        ([(KVK, None), (RSIN, None)], (("KvKnr",), ("RSIN",))),
        ([(KVK, None), (RSIN, "1")], (("RSIN",), ("KvKnr",))),
        ([(KVK, "1"), (KVK, "1")], (("KvKnr",),)),
        ([(PSEUDO, "1")], (("Pseudo",),)),
        ([("urn:etoegang:1.13:EntityConcernedID:Pseudo", "1")], (("Pseudo",),)),
        ([(RSIN, "1"), (BSN, "2"), (KVK, "2")], (("RSIN",), ("BSN", "KvKnr"))),
    ],
)
def test_sets_come_in_the_order_of_their_numbers_and_without_numbers_any_type_will_do(
    bench: Any, types: Any, sets: tuple[tuple[str, ...], ...]
) -> None:
    take_in(bench, types=types)
    assert service(bench).identifier_sets == sets


def test_both_identifiers_of_the_first_set_reach_the_provider(bench: Any) -> None:
    take_in(bench, level=Level.EH3.urn)
    assert company(bench, bench.login()) == {"RSIN": "999900006", "KvKnr": "90000012"}


def test_a_set_that_asks_what_no_company_here_has_is_passed_over(bench: Any) -> None:
    take_in(bench, level=Level.EH3.urn, types=[(BSN, "1"), (KVK, "1"), (KVK, "2")])
    assert company(bench, bench.login()) == {"KvKnr": "90000012"}


def test_where_no_set_can_ever_be_filled_the_list_says_so(bench: Any) -> None:
    take_in(bench, types=[(BSN, "1")])
    got = call(bench, "GET", "/api/v1/service-catalogues/00000001777777770000")
    assert '"unfillable"' in got.text


def test_the_level_of_the_catalogue_is_the_one_that_is_asked(bench: Any) -> None:
    take_in(bench, level=Level.EH4.urn)
    browser = bench.browser()
    page = bench.ask(browser, level=None)
    assert page.said("level") == "EH4"
    assert page.said("service") == "Dienst uit de catalogus"


@pytest.mark.parametrize("accepted", [True, False])
def test_a_branch_is_accepted_only_if_the_catalogue_says_so(bench: Any, accepted: bool) -> None:
    take_in(bench, restrictions=(BRANCH,) if accepted else ())
    assert service(bench).branches_accepted is accepted


def test_attributes_are_asked_for_with_their_purpose_and_some_are_required(bench: Any) -> None:
    take_in(bench, attributes=((PHONE, True, "Om u te bellen"), (NAME, False, "Om u aan te spreken")))
    found = service(bench)
    assert found.attributes == (PHONE, NAME)
    assert found.required == (PHONE,)
    assert {name: text.nl for name, text in found.purposes.items()} == {
        PHONE: "Om u te bellen",
        NAME: "Om u aan te spreken",
    }


def test_of_an_attribute_in_both_the_catalogue_says_whether_it_is_required(bench: Any) -> None:
    asked = f'<md:RequestedAttribute Name="{PHONE}" isRequired="true"/>'.encode()
    xml = bench.sp.metadata.replace(
        b"</md:AttributeConsumingService>", asked + b"</md:AttributeConsumingService>"
    )
    (bench.home / "metadata" / "sp.xml").write_bytes(xml)
    bench.application.parts.configuration.refresh()
    assert (service(bench).attributes, service(bench).required) == ((PHONE,), (PHONE,))
    take_in(bench, attributes=((PHONE, False, "Om u te bellen"),))
    assert (service(bench).attributes, service(bench).required) == ((PHONE,), ())


def test_the_key_to_encrypt_for_is_the_catalogues_under_its_own_name(bench: Any) -> None:
    assert service(bench).certificate is None
    other = ServiceProvider()
    take_in(bench, certificate=other.certificate)
    found = service(bench).certificate
    assert found is not None
    assert found.fingerprint == fingerprint(other.certificate)
    assert found.key_name == "name-in-the-catalogue"


def test_the_yaml_goes_before_the_catalogue_which_adds_what_the_yaml_cannot_say(bench: Any) -> None:
    other = ServiceProvider()
    take_in(bench, certificate=other.certificate, attributes=((PHONE, True, "Om u te bellen"),))
    bench.rewrite(
        "services:\n",
        "services:\n  eigen:\n    name: Dienst uit de YAML\n    provider: Organisatie uit de YAML\n"
        f"    service_id: {SERVICE_ID}\n    level: EH4\n    identifiers: [[RSIN]]\n",
    )
    found = service(bench)
    assert (found.name.nl, found.provider.nl) == ("Dienst uit de YAML", "Organisatie uit de YAML")
    assert (found.level, found.identifier_sets) == (Level.EH4, (("RSIN",),))
    assert found.certificate is not None
    assert found.required == (PHONE,)
    (listed,) = service_rows(bench)
    assert listed["from"] == "yaml"


def service_rows(bench: Any) -> Any:
    got = call(bench, "GET", f"/api/v1/service-providers/{bench.sp.entity_id}")
    return json.loads(got.body)["services"]


def test_a_mandate_on_the_definitions_uuid_holds_for_its_instance(bench: Any) -> None:
    take_in(bench, level=Level.EH3.urn)
    text = (bench.home / "eherkenning.yaml").read_text()
    start = text.index("  - person: m.devries")
    end = text.index("  - {person: a.yilmaz")
    bench.rewrite(text[start:end], "")
    browser = bench.browser()
    assert kind(walk(browser, bench.ask(browser))) == "nomandate"
    mandate = f"  - {{person: m.devries, company: regenboog, service: {DEFINITION}, level: EH3}}\n"
    bench.rewrite("  - {person: a.yilmaz", mandate + "  - {person: a.yilmaz")
    assert company(bench, bench.login()) == {"RSIN": "999900006", "KvKnr": "90000012"}


# The document itself.


@pytest.mark.parametrize("version", ["1.10", "1.11", "1.12", "1.13"])
def test_the_namespaces_of_four_versions_are_read(version: str) -> None:
    (found,) = read(Catalogue(namespace=f"urn:etoegang:{version}:service-catalog").xml).services
    assert found.service_id == SERVICE_ID
    assert found.single_sign_on


def test_an_intermediarys_instance_stands_for_the_service_of_another_provider() -> None:
    more = (
        '<esc:ServiceProvider esc:IsPublic="true">'
        "<esc:ServiceProviderID>00000001777777760000</esc:ServiceProviderID>"
        '<esc:OrganizationDisplayName xml:lang="nl">Bemiddelaar</esc:OrganizationDisplayName>'
        '<esc:ServiceInstance esc:IsPublic="true">'
        "<esc:ServiceID>urn:etoegang:DV:00000001777777760000:services:7</esc:ServiceID>"
        "<esc:ServiceUUID>44444444-4444-4444-8444-444444444444</esc:ServiceUUID>"
        f"<esc:IntermediatedService>{INSTANCE}</esc:IntermediatedService>"
        "</esc:ServiceInstance></esc:ServiceProvider>"
    )
    catalogue = read(Catalogue(more=more).xml)
    assert catalogue.oins == ("00000001777777770000", "00000001777777760000")
    through = catalogue.services[1]
    assert (through.uuid, through.provider) == (DEFINITION, {"nl": "Bemiddelaar"})


def test_an_instance_narrows_the_sets_of_its_definition() -> None:
    own = f"<esc:InstanceOfService>{DEFINITION}</esc:InstanceOfService>"
    own += f"<esc:EntityConcernedTypesAllowed>{KVK}</esc:EntityConcernedTypesAllowed>"
    (found,) = read(Catalogue(instance_of=own).xml).services
    assert found.identifier_sets == (("KvKnr",),)


@pytest.mark.parametrize("twice", ["ServiceDefinition", "ServiceInstance"])
def test_what_stands_there_twice_is_refused(twice: str) -> None:
    xml = Catalogue().xml
    start, end = xml.index(f"<esc:{twice} ".encode()), xml.index(f"</esc:{twice}>".encode())
    end += len(f"</esc:{twice}>")
    with pytest.raises(CatalogueProblem, match="stands there twice"):
        read(xml[:end] + xml[start:end] + xml[end:])


def test_a_certificate_that_is_none_is_refused_with_its_line() -> None:
    xml = Catalogue(certificate=ServiceProvider().certificate).xml
    with pytest.raises(CatalogueProblem, match=r"not an X\.509 certificate") as problem:
        read(xml.replace(b"<ds:X509Certificate>MII", b"<ds:X509Certificate>%%%"))
    assert problem.value.line == 8


def test_metadata_is_no_catalogue() -> None:
    with pytest.raises(CatalogueProblem, match="the root is <md:EntityDescriptor>"):
        read(ServiceProvider().metadata)
