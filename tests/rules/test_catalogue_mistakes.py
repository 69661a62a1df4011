"""One mistake in a flawless catalogue: one finding, and how to mend just that."""

from __future__ import annotations

import pytest
from one_finding import Case, Edit, of_catalogue, the_one

from broker.rules.metadata.examples import OIN
from broker.rules.service_catalogue.examples import document

UUID = "11111111-1111-4111-8111-111111111111"
OWN = "22222222-2222-4222-8222-222222222222"
TYPE = '<esc:EntityConcernedTypesAllowed setNumber="1">urn:etoegang:1.9:EntityConcernedID:KvKnr'
TYPE += "</esc:EntityConcernedTypesAllowed>"
NAME = '<esc:ServiceName xml:lang="nl">Mijn loket</esc:ServiceName>'
DESCRIPTION = '<esc:ServiceDescription xml:lang="nl">Een aanvraag doen of inzien</esc:ServiceDescription>'
LEVEL = "<saml:AuthnContextClassRef>urn:etoegang:core:assurance-class:loa3</saml:AuthnContextClassRef>"
ISSUED = 'esc:IssueInstant="2026-01-01T00:00:00Z"'
END = "    </esc:ServiceInstance>"
OF = f"</esc:ServiceUUID>\n      <esc:InstanceOfService>{UUID}</esc:InstanceOfService>"


def before(what: str, new: str) -> Edit:
    return what, new + what


MISTAKES: dict[str, Case] = {
    # Types.
    **{
        f"IsPublic of {holder} is {value or 'empty'}": (
            (f'<esc:{holder} esc:IsPublic="true"', f'<esc:{holder} esc:IsPublic="{value}"'),
            *("SC-01", "E", f'"{value}"', "Write true or false for esc:IsPublic"),
        )
        for holder, value in (
            ("ServiceProvider", "yes"),
            ("ServiceDefinition", "True"),
            ("ServiceInstance", ""),
        )
    },
    "IsPortal is ja": (
        ("<esc:ServiceInstance ", '<esc:ServiceInstance esc:IsPortal="ja" '),
        *("SC-01", "E", '"ja"', "Write true or false for esc:IsPortal"),
    ),
    "isRequired is yes": (
        ('isRequired="false"', 'isRequired="yes"'),
        *("SC-01", "E", '"yes"', "Write true or false for isRequired"),
    ),
    "SSOSupport is ja": (
        ("SSOSupport>true", "SSOSupport>ja"),
        *("SC-01", "E", '"ja"', "Write true or false for <esc:SSOSupport>"),
    ),
    "SSOSupport is empty": (("SSOSupport>true", "SSOSupport>"), "SC-01", "E", '""', "Write true or false"),
    "intermediationAllowed is ja": (
        before(END, '<esc:ServiceIntermediation intermediationAllowed="ja"/>'),
        *("SC-01", "E", '"ja"', "left out, it is noIntermediation"),
    ),
    "a date for a time": (
        ("2026-01-01T00:00:00Z", "2026-01-01"),
        "SC-01",
        "E",
        '"2026-01-01"',
        "date and time",
    ),
    "a Dutch date": (
        ("2026-01-01T00:00:00Z", "01-01-2026 00:00"),
        "SC-01",
        "E",
        "01-01-2026",
        "date and time",
    ),
    **{
        f"{wrong or 'nothing'} for a UUID": (
            (f"<esc:ServiceUUID>{UUID}", f"<esc:ServiceUUID>{wrong}"),
            *("SC-01", "E", f'"{wrong}"', "Write a UUID as <esc:ServiceUUID>"),
        )
        for wrong in ("loket", f"{{{UUID}}}", UUID.replace("-", ""), UUID.replace("8", "g"), "")
    },
    "an InstanceOfService that is no UUID": (
        (f"InstanceOfService>{UUID}", "InstanceOfService>1"),
        *("SC-01", "E", '"1"', "Write a UUID as <esc:InstanceOfService>"),
    ),
    "no Classifier": (before(END, "<esc:Classifiers/>"), "SC-01", "E", "none", "Add <esc:Classifier>"),
    "an empty Classifier": (
        before(END, "<esc:Classifiers><esc:Classifier/></esc:Classifiers>"),
        *("SC-01", "E", '""', "Fill <esc:Classifier> in"),
    ),
    "a Classifier in other letters": (
        before(END, "<esc:Classifiers><esc:Classifier>eIdas-Inbound</esc:Classifier></esc:Classifiers>"),
        *("SC-04-written", "W", "eIdas-Inbound", "Write eIDAS-inbound"),
    ),
    "a version that is a word": (
        before(END, "<esc:BsnkStructureVersion>een</esc:BsnkStructureVersion>"),
        *("SC-04-written", "W", '"een"', "Write a number"),
    ),
    "a ServiceURL that is no address": (
        (OF, f'{OF}<esc:ServiceURL xml:lang="nl">loket</esc:ServiceURL>'),
        *("SC-04-written", "W", '"loket"', "Write the whole address in <esc:ServiceURL>"),
    ),
    "a ServiceDescriptionURL that is no address": (
        before(LEVEL, '<esc:ServiceDescriptionURL xml:lang="nl">www.sp.example</esc:ServiceDescriptionURL>'),
        *("SC-04-written", "W", "www", "Write the whole address in <esc:ServiceDescriptionURL>"),
    ),
    "a Version that is no URN": (
        ("urn:etoegang:1.13:53", "1.13"),
        "SC-04-written",
        "W",
        '"1.13"',
        "as a URN",
    ),
    # What there is one of.
    "one UUID for definition and instance": (
        (f"<esc:ServiceUUID>{OWN}", f"<esc:ServiceUUID>{UUID}"),
        *("SC-03-unique", "E", "in <esc:ServiceInstance>", "a new UUID of its own"),
    ),
    "a name twice": ((NAME, NAME + NAME), "SC-03-once", "E", "second time", "Leave one of them"),
    "one set twice": (
        (TYPE, TYPE + TYPE.replace('"1"', '"2"')),
        *("SC-06", "W", "the same as set 1", "Leave one of the two out"),
    ),
    # How it is written.
    "no IssueInstant": ((ISSUED, ""), "SC-01", "E", "no such attribute", 'Add esc:IssueInstant="2026'),
    "no Version": (('esc:Version="urn:etoegang:1.13:53"', ""), "SC-01", "E", "no such", "Add esc:Version="),
    "no language": (
        (NAME, NAME.replace(' xml:lang="nl"', "")),
        "SC-01",
        "E",
        "no such",
        'Add xml:lang="nl" to',
    ),
    "lang without its prefix": (
        (NAME, NAME.replace("xml:lang", "lang")),
        *("SC-01", "E", "@lang in no namespace", "Write xml:lang instead of lang"),
    ),
    "setnumber": (("setNumber", "setnumber"), "SC-01", "E", "@setnumber", "Write setNumber"),
    "FriendlyName for Name": (
        ("RequestedAttribute Name=", "RequestedAttribute FriendlyName="),
        *(
            "SC-01",
            "E",
            "@FriendlyName",
            "Write Name in <esc:RequestedAttribute>, and leave FriendlyName out",
        ),
    ),
    "a namespace of long ago": (
        ('1.13:service-catalog"', '1.9:service-catalog"'),
        "SC-01",
        "E",
        "1.9",
        "Declare",
    ),
    "catalogue for catalog": (
        ('1.13:service-catalog"', '1.13:service-catalogue"'),
        *("SC-01", "E", "catalogue", "catalog without -ue"),
    ),
    "two levels": (
        (LEVEL, LEVEL + LEVEL),
        "SC-01",
        "E",
        "another one",
        "Leave one <saml:AuthnContextClassRef>",
    ),
    "no ServiceName": ((NAME, ""), "SC-01", "E", "without it", "Add <esc:ServiceName> before"),
    "a level of another namespace": (
        ("saml:AuthnContextClassRef", "esc:AuthnContextClassRef"),
        *("SC-01", "E", "<esc:AuthnContextClassRef>", "Write <saml:AuthnContextClassRef>, with a prefix"),
    ),
    "an element in other letters": (
        ("SSOSupport", "SsoSupport"),
        "SC-01",
        "E",
        "SsoSupport",
        "Write <esc:SSOSupport>",
    ),
    "an element in another place": (
        before(END, "<esc:Classifier>eIDAS-inbound</esc:Classifier>"),
        *("SC-01", "E", "<esc:Classifier>", "Put <esc:Classifier> in <esc:Classifiers>"),
    ),
    "an element of one's own": (
        before(END, "<esc:Kleur/>"),
        "SC-01",
        "E",
        "<esc:Kleur>",
        "Leave <esc:Kleur> out",
    ),
    "a name behind the description": (
        (f"{NAME}\n      {DESCRIPTION}", DESCRIPTION + NAME),
        *("SC-01", "E", "<esc:ServiceDescription> before it", "Move <esc:ServiceName> to before"),
    ),
    # ServiceIDs.
    **{
        f"{wrong} for a ServiceID": (
            (f"urn:etoegang:DV:{OIN}:services:1", wrong.replace("OIN", OIN)),
            *("SC-02", "E", wrong.replace("OIN", OIN), mend),
        )
        for wrong, mend in (
            ("urn:etoegang:DV:OIN:services:loket", "one to four digits behind it"),
            ("urn:etoegang:DV:OIN:services:99999999", "one to four digits behind it"),
            ("urn:etoegang:DV:OIN:service:1", "with services"),
            ("1", "Write each ServiceID as urn:etoegang:DV"),
            ("URN:etoegang:DV:OIN:services:1", "Mind the capitals"),
            (OWN, "not a UUID"),
        )
    },
    "a ServiceID with number 0": ((":services:1", ":services:0"), "SC-02", "W", ":services:0", "from 1 on"),
    # What it says.
    "an empty ServiceName": (("Mijn loket", ""), "SC-04-text", "E", "an empty one", "Fill it in"),
    "an empty OrganizationDisplayName": (
        ("Testorganisatie (fictief)", ""),
        *("SC-04-text", "E", "an empty one", "Fill it in"),
    ),
    "a ServiceName in English only": (
        (NAME, NAME.replace('"nl"', '"en"')),
        *("SC-04-dutch", "W", '"en"', 'with xml:lang="nl"'),
    ),
    "IntermediatedService too": (
        (OF, f"{OF}<esc:IntermediatedService>{UUID}</esc:IntermediatedService>"),
        *("SC-03", "W", "both", "Leave IntermediatedService out"),
    ),
    "a portal for a service that is not there": (
        before(END, f"<esc:PortalForService>{UUID.replace('1', '3')}</esc:PortalForService>"),
        *("SC-03-portal", "W", "3333", "Write the ServiceID of a service"),
    ),
    "an acting subject of no known type": (
        (
            TYPE,
            f"{TYPE}<esc:ActingSubjectTypesAllowed>urn:etoegang:1.9:ActingSubjectID:BSN</esc:ActingSubjectTypesAllowed>",
        ),
        *("SC-06", "W", "ActingSubjectID:BSN", "or leave it out"),
    ),
    "a restriction that is not known": (
        (
            TYPE,
            f"{TYPE}<esc:ServiceRestrictionsAllowed>urn:etoegang:1.9:ServiceRestriction:Vestiging"
            "</esc:ServiceRestrictionsAllowed>",
        ),
        *("SC-06", "W", ":Vestiging", "Write urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"),
    ),
    "a set that is missing": (
        (TYPE, TYPE + TYPE.replace('"1"', '"3"').replace("KvKnr", "RSIN")),
        *("SC-06", "W", '"3"', "this one is 2"),
    ),
    "a type in other letters": (
        ("ID:KvKnr", "ID:KVKnr"),
        "SC-06",
        "E",
        "KVKnr",
        "Write urn:etoegang:1.9:Entity",
    ),
    # Attributes and certificates.
    "an attribute in Dutch": (
        ("attribute:FirstName", "attribute:Voornaam"),
        *("SC-08-name", "W", "Voornaam", "Write urn:etoegang:1.9:attribute:FirstName"),
    ),
    "an identifier as attribute": (
        ('Name="urn:etoegang:1.9:attribute:FirstName"', 'Name="urn:etoegang:1.9:EntityConcernedID:KvKnr"'),
        *("SC-08-name", "E", "KvKnr", "EntityConcernedTypesAllowed"),
    ),
    "use is both": (
        ('use="encryption"', 'use="both"'),
        *("SC-09", "E", 'use="both"', 'Write use="encryption"'),
    ),
    "a certificate for signing": (
        ('use="encryption"', 'use="signing"'),
        *("SC-09", "E", "for signing only", 'Write use="encryption"'),
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_in_a_catalogue(what: str) -> None:
    edit, rule, severity, received, mend = MISTAKES[what]
    found = [one for one in of_catalogue(document(edit)) if one.rule != "SC-01-signed"]
    the_one(found, rule, severity, received, mend)
    assert {one.rule for one in found} == {rule}
