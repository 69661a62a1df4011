"""One mistake in flawless metadata: one finding of weight, and how to mend just that."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from one_finding import HEAVY, SPSSO, Case, Edit, of_catalogue, of_metadata, the_one

from broker.check.documents import check_metadata
from broker.check.source import Read
from broker.rules.engine import Profile
from broker.rules.metadata.examples import NOW, OIN, document, key
from broker.rules.service_catalogue.examples import document as catalogue
from support.certificates import WITHOUT_EXTENSIONS

ACS = '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"\n        '
ACS += 'Location="https://sp.example/acs" index="1" isDefault="true"/>'
SERVICE = f'<md:RequestedAttribute Name="urn:etoegang:DV:{OIN}:services:1"/>'
FIRST_NAME = '<md:RequestedAttribute Name="urn:etoegang:1.9:attribute:FirstName"/>'
KEY = "<ds:X509Data><ds:X509Certificate>CERTIFICATE</ds:X509Certificate></ds:X509Data>"
ENTITY = f'entityID="urn:etoegang:DV:{OIN}:entities:9001"'
URL = "https://sp.example/acs"


def acs(**attributes: str) -> Edit:
    """The address with its attributes written so."""
    usual = {"index": "1", "isDefault": "true", **attributes}
    return 'index="1" isDefault="true"/>', " ".join(
        f'{name}="{value}"' for name, value in usual.items()
    ) + "/>"


MISTAKES: dict[str, Case] = {
    # What the schema does not take, said once.
    **{
        f"use is {use or 'empty'}": (
            ("<md:KeyDescriptor>", f'<md:KeyDescriptor use="{use}">'),
            *("MD-01", "E", f"'{use}'", 'Write use="signing" or use="encryption"'),
        )
        for use in ("both", "Signing", "sign", "")
    },
    "entityID is missing": ((ENTITY, ""), "MD-04", "E", "nothing", "Use urn:etoegang:DV"),
    "entityID is misspelt": (
        ("entityID=", "EntityID="),
        *("MD-04", "E", "no entityID, but EntityID", "Write entityID instead of EntityID."),
    ),
    "entityID is too long": ((":9001", ":" + 1_100 * "9"), "MD-04", "E", "999", "Use urn:etoegang:DV"),
    "entityID ends in a blank": ((':9001"', ':9001 "'), "MD-04", "E", '9001 "', "Take the white space"),
    "AuthnRequestsSigned in capitals": (
        ('AuthnRequestsSigned="true"', 'AuthnRequestsSigned="True"'),
        *("MD-08", "E", '"True"', 'Write AuthnRequestsSigned="true", in lower case'),
    ),
    "AuthnRequestsSigned is misspelt": (
        ("AuthnRequestsSigned=", "AuthnRequestSigned="),
        *("MD-08", "E", "but AuthnRequestSigned", "Write AuthnRequestsSigned instead of"),
    ),
    "WantAssertionsSigned is misspelt": (
        ("WantAssertionsSigned=", "WantAssertionSigned="),
        *("MD-09", "E", "but WantAssertionSigned", "Write WantAssertionsSigned instead of"),
    ),
    "the protocol is missing": (
        (f'protocolSupportEnumeration="{SPSSO}"', ""),
        *("MD-10", "E", "nothing", "Set protocolSupportEnumeration"),
    ),
    "the protocol is empty": ((f'"{SPSSO}"', '""'), "MD-10", "E", '""', "Set protocolSupportEnumeration"),
    "the protocol is misspelt": (
        ("protocolSupportEnumeration=", "protocolSupportenumeration="),
        *("MD-10", "E", "but protocolSupportenumeration", "Write protocolSupportEnumeration instead of"),
    ),
    "no binding": (
        ('Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"', ""),
        *("MD-19", "E", "nothing", "Binding=urn:oasis"),
    ),
    "no address for the answer": ((ACS, ""), "MD-19", "E", "none", "Add a md:AssertionConsumerService"),
    "an address in another namespace": (
        ("<md:AssertionConsumerService", f'<p:AssertionConsumerService xmlns:p="{SPSSO}"'),
        *("MD-01", "E", "samlp:AssertionConsumerService", "Write it as <md:AssertionConsumerService>"),
    ),
    "no RequestedAttribute": (
        (f"{SERVICE}\n      {FIRST_NAME}", ""),
        *("MD-25", "E", "no md:RequestedAttribute", "Give it one"),
    ),
    "FriendlyName for Name": (
        (SERVICE, SERVICE.replace("Name=", "FriendlyName=")),
        *("MD-25", "E", "without Name, but with FriendlyName", "in the attribute Name, not in FriendlyName"),
    ),
    "a RequestedAttribute without Name beside the ServiceID": (
        (FIRST_NAME, "<md:RequestedAttribute/>"),
        *("MD-01", "E", "'Name' is required", "Add the attribute Name"),
    ),
    "a KeyName alone": ((KEY, ""), "MD-11", "E", "with KeyName in it", "Put the certificate in that"),
    "a key without its certificate": (
        (
            KEY,
            "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>"
            "</ds:RSAKeyValue></ds:KeyValue>",
        ),
        *("MD-11", "E", "KeyValue", "Put the certificate in that"),
    ),
    # A value or a name that the schema does not know.
    "an index in letters": (acs(index="acs"), "MD-01", "E", "'acs'", "a whole number from 0 to 65535"),
    "an index below nought": (acs(index="-1"), "MD-01", "E", "'-1'", "a whole number from 0 to 65535"),
    "an index too high": (acs(index="70000"), "MD-01", "E", "70000", "a whole number from 0 to 65535"),
    "yes for true": (acs(isDefault="yes"), "MD-01", "E", "'yes'", 'Write isDefault="true"'),
    "a capital in true": (acs(isDefault="True"), "MD-01", "E", "'True'", 'Write isDefault="true"'),
    "default for isDefault": ((" isDefault=", " default="), "MD-01", "E", "'default'", "Write isDefault:"),
    "contactType is admin": (
        ('"administrative"', '"admin"'),
        *("MD-01", "E", "'admin'", 'Write contactType="administrative"'),
    ),
    "a language with an underscore": (
        ('ServiceName xml:lang="nl"', 'ServiceName xml:lang="nl_NL"'),
        *("MD-01", "E", "nl_NL", "with a hyphen"),
    ),
    "lang without its prefix": (
        ('ServiceName xml:lang="nl"', 'ServiceName lang="nl"'),
        *("MD-01", "E", "'lang'", "Write xml:lang instead of lang"),
    ),
    "no language": (
        ('ServiceName xml:lang="nl"', "ServiceName"),
        *("MD-01", "E", "lang' is required", "Add the attribute xml:lang to <md:ServiceName>"),
    ),
    "cacheDuration as seconds": (
        (" ID=", ' cacheDuration="3600" ID='),
        *("MD-01", "E", "3600", "Leave cacheDuration out, or write a duration"),
    ),
    "validUntil without a zone": (
        (" ID=", ' validUntil="2027-01-01 00:00" ID='),
        *("MD-01", "E", "2027-01-01 00:00", "Leave validUntil out, or write a time in UTC"),
    ),
    "an element in other letters": (
        ("md:EmailAddress", "md:EMailAddress"),
        *("MD-01", "E", "EMailAddress", "Write <md:EmailAddress>"),
    ),
    "an attribute with a prefix": (
        ("<md:KeyDescriptor>", '<md:KeyDescriptor md:use="signing">'),
        *("MD-01", "E", "use", "Write use without a prefix"),
    ),
    "metadata that has ended": (
        (" ID=", ' validUntil="2025-01-01T00:00:00Z" ID='),
        *("MD-06-valid", "W", "which has passed", "Leave validUntil out"),
    ),
    "metadata that has not ended": (
        (" ID=", ' validUntil="2027-01-01T00:00:00Z" ID='),
        *("MD-06", "W", "@validUntil", "Leave it out"),
    ),
    # Addresses.
    "an address with a blank in it": ((URL, f"{URL} 1"), "MD-21", "E", "acs 1", "or write %20"),
    "an address with a blank behind it": ((URL, f"{URL} "), "MD-21", "E", "acs ", "around the address"),
    "two addresses in one": ((URL, f"{URL},https://b.example/"), "MD-21", "E", ",https", "Write one address"),
    "an address with a fragment": ((URL, "https://sp.example/#/acs"), "MD-21", "E", "#", "Take the fragment"),
    "an address with a password": ((URL, "https://a:b@sp.example/"), "MD-21", "E", "a:b@", "user name and"),
    "an address without a host": (
        (URL, "https:///acs"),
        "MD-21",
        "E",
        "https:///acs",
        "the name of the host",
    ),
    "a placeholder in an address": ((URL, "https://{host}/acs"), "MD-21", "E", "{host}", "no placeholder"),
    "an address in a private network": (
        (URL, "https://192.168.1.5/acs"),
        *("MD-21-local", "N", "192.168.1.5", "in that network"),
    ),
    # Services.
    "a ServiceID in capitals": (
        (SERVICE, SERVICE.replace("urn:etoegang", "URN:ETOEGANG")),
        *("MD-25", "E", "URN:ETOEGANG", "with these capitals"),
    ),
    "a ServiceID with DV in lower case": (
        (SERVICE, SERVICE.replace(":DV:", ":dv:")),
        *("MD-25", "E", ":dv:", "with these capitals"),
    ),
    "a ServiceID as value": (
        (
            SERVICE,
            '<md:RequestedAttribute Name="ServiceID"><s:AttributeValue xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion">'
            f"urn:etoegang:DV:{OIN}:services:1</s:AttributeValue></md:RequestedAttribute>",
        ),
        *("MD-25", "E", '"ServiceID" with', "as Name of md:RequestedAttribute"),
    ),
    "a UUID for the ServiceID": (
        (f"urn:etoegang:DV:{OIN}:services:1", "11111111-1111-4111-8111-111111111111"),
        *("MD-25", "E", "a UUID", "not the ServiceUUID"),
    ),
    "a ServiceID that ends in a blank": (
        (':services:1"', ':services:1 "'),
        *("MD-25", "E", ':services:1 "', "Take the white space"),
    ),
    "a ServiceID with number 0": ((":services:1", ":services:0"), "MD-25", "W", ":services:0", "from 1 on"),
    "a ServiceID twice": ((FIRST_NAME, SERVICE), "MD-25", "E", "services:1", "they say the same"),
    **{
        f"an attribute that is nearly {name}": (
            ("urn:etoegang:1.9:attribute:FirstName", urn),
            *("MD-26-known", "W", urn, f"Write urn:etoegang:{name}"),
        )
        for urn, name in (
            ("urn:etoegang:1.9:attribute:Firstname", "1.9:attribute:FirstName"),
            ("urn:etoegang:1.13:attribute:FirstName", "1.9:attribute:FirstName"),
            ("urn:etoegang:1.9:attribute:Achternaam", "1.9:attribute:FamilyName"),
            ("urn:etoegang:1.11:attribute:CompanyName", "1.11:attribute-represented:CompanyName"),
        )
    },
    # People.
    "a contact without e-mail": (
        ("<md:EmailAddress>beheer@sp.example</md:EmailAddress>", "<md:Company>TEST</md:Company>"),
        *("MD-30", "W", "without it", "Add md:EmailAddress"),
    ),
    "a technical contact alone": (
        ('"administrative"', '"technical"'),
        *("MD-30", "W", '"technical"', 'Add <md:ContactPerson contactType="administrative">'),
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_in_metadata(what: str) -> None:
    edit, rule, severity, received, mend = MISTAKES[what]
    the_one(of_metadata(document(edit)), rule, severity, received, mend)


def test_an_attribute_that_is_like_no_other_is_believed() -> None:
    found = of_metadata(document(("attribute:FirstName", "attribute:Shoesize")))
    assert [one.rule for one in found] == []


@pytest.mark.parametrize("what", ["entityID is missing", "AuthnRequestsSigned in capitals"])
def test_what_the_profile_saml_has_no_rule_for_the_schema_says(what: str) -> None:
    found = of_metadata(document(MISTAKES[what][0]), Profile.SAML)
    assert {one.rule for one in found if one.severity in HEAVY} == {"MD-01"}


def test_metadata_that_has_ended_is_told_in_the_profile_saml_too() -> None:
    found = of_metadata(document(MISTAKES["metadata that has ended"][0]), Profile.SAML)
    assert [(one.rule, str(one.severity)) for one in found] == [("MD-06-valid", "W")]


def test_two_certificates_in_one_key_descriptor() -> None:
    second = "</ds:X509Certificate><ds:X509Certificate>SECOND</ds:X509Certificate></ds:X509Data>"
    data = document(("</ds:X509Certificate></ds:X509Data>", second))
    the_one(of_metadata(data), "MD-13-unique", "E", "2 in one", "a md:KeyDescriptor of its own")


def test_a_certificate_that_is_not_valid_yet() -> None:
    early = NOW - timedelta(days=30)
    (checked,) = check_metadata(Read("sp.xml", document()), Profile.LENIENT, early)
    the_one(list(checked.report.findings), "MD-15", "E", "valid from", "Wait until")


# The signature.


@pytest.mark.parametrize(
    ("after", "received", "mend"),
    [
        (("sp.example/acs", "sp.example/saml"), "changed", "change nothing after that"),
        ((' ID="_md-1"', ""), "no ID", "Give the root an ID"),
        (
            ("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
            "another key",
            "Sign with the private key of the certificate",
        ),
        (('URI="#_md-1"', 'URI="#_md-2"'), "_md-2", "by its ID"),
        (("xmldsig-more#rsa-sha256", "xmldsig#rsa-sha256"), "xmldsig#rsa-sha256", "xmldsig-more#rsa-sha256"),
    ],
)
def test_a_signature_that_does_not_hold(after: Edit, received: str, mend: str) -> None:
    the_one(of_metadata(document(after=after)), "MD-02-good", "E", received, mend)


def test_metadata_signed_by_another_key_than_it_shows() -> None:
    mine, other = (key(name).certificate.base64 for name in ("first", "second"))
    data = document(by="second").replace(other.encode(), mine.encode())
    the_one(
        of_metadata(data), "MD-02-good", "E", "another key", "Sign with the private key of the certificate"
    )


@pytest.mark.parametrize("attribute", ["foo", "use"])
def test_an_attribute_of_a_namespace_with_an_apostrophe_is_a_finding_as_any(attribute: str) -> None:
    edit = ("<md:KeyDescriptor>", f'<md:KeyDescriptor xmlns:x="urn:o\'x" x:{attribute}="1">')
    mend = "Write use without a prefix" if attribute == "use" else "Take the attribute {urn:o'x}foo"
    the_one(of_metadata(document(edit)), "MD-01", "E", f"{{urn:o'x}}{attribute}", mend)


@pytest.mark.parametrize("what", WITHOUT_EXTENSIONS)
def test_a_certificate_whose_extensions_cannot_be_read_breaks_no_rule(what: str) -> None:
    """``of_metadata`` and ``of_catalogue`` see to that."""
    content = base64.b64encode(WITHOUT_EXTENSIONS[what]).decode()
    found = of_metadata(document(("CERTIFICATE<", f"{content}<")))
    assert [one.received for one in found if one.rule == "MD-16"]
    assert not [one for one in found if one.rule == "MD-15"]
    assert not [
        one for one in of_catalogue(catalogue(("CERTIFICATE<", f"{content}<"))) if one.rule == "SC-09"
    ]
