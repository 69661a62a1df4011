"""Each mistake by itself, in the very words that the tester reads; and then all of them together."""

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest
from good_file import SERVICE_ID, SUPPLIERS, UUID, changed, complaints, good

from suppliers.register.loader import loads
from suppliers.register.problems import ConfigError, Problem, nearest

DIGITS_LOST = "was a zero at the front lost? write"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param(
            "kvk: 01234567",
            "kvk: 1234567",
            f'13: companies.regenboog.kvk: a KvK number has 8 digits, "1234567" has 7: {DIGITS_LOST} 01234567; '
            'allowed: 8 digits; did you mean "01234567"?',
            id="a KvK number that lost its zero",
        ),
        pytest.param(
            "kvk: 01234567",
            "kvk: 123",
            '13: companies.regenboog.kvk: a KvK number has 8 digits, "123" has 3; allowed: 8 digits',
            id="a KvK number that lost more than zeros",
        ),
        pytest.param(
            "kvk: 01234567",
            "kvk: 0123.4567",
            '13: companies.regenboog.kvk: "0123.4567" holds more than digits; allowed: 8 digits; '
            'did you mean "01234567"?',
            id="a KvK number with a dot",
        ),
        pytest.param(
            "kvk: 01234567",
            "kvk: ０１２３４５６７",
            '13: companies.regenboog.kvk: "０１２３４５６７" is not a KvK number; allowed: 8 digits',
            id="a KvK number of digits from elsewhere",
        ),
        pytest.param(
            "rsin: 012345678",
            "rsin: 12345678",
            f'14: companies.regenboog.rsin: an RSIN has 9 digits, "12345678" has 8: {DIGITS_LOST} 012345678; '
            'allowed: 9 digits; did you mean "012345678"?',
            id="an RSIN that lost its zero",
        ),
        pytest.param(
            "rsin: 012345678",
            "rsin: 0123456789",
            '14: companies.regenboog.rsin: an RSIN has 9 digits, "0123456789" has 10; allowed: 9 digits',
            id="an RSIN that is too long",
        ),
        pytest.param(
            "{000001234567: Hoofd",
            "{000001234567: Hoofdlocatie, 1234568: Hoofd",
            "15: companies.regenboog.branches.1234568: a branch number (vestigingsnummer) has 12 digits, "
            '"1234568" has 7; allowed: 12 digits',
            id="a branch number that is too short",
        ),
        pytest.param(
            "pin: 012345",
            "pin: 12345",
            "23: people.m.devries.means[1].pin: a PIN has 6 digits, this one has 5: was a zero at the front lost? "
            "write all 6; allowed: 6 digits",
            id="a PIN that lost its zero",
        ),
        pytest.param(
            "pin: 012345",
            "pin: geheim",
            "23: people.m.devries.means[1].pin: a PIN has 6 digits, and this is something else; "
            "allowed: 6 digits",
            id="a PIN of letters",
        ),
        pytest.param(
            "phone: 06-00 00 00 01",
            "phone: 612345678",
            '20: people.m.devries.phone: "612345678" is not a Dutch mobile number: '
            "was a zero at the front lost? write 0612345678; allowed: 06 and 8 digits; "
            'did you mean "0612345678"?',
            id="a phone number that lost its zero",
        ),
        pytest.param(
            "phone: 06-00 00 00 01",
            "phone: 070-1234567",
            '20: people.m.devries.phone: "070-1234567" is not a Dutch mobile number; '
            "allowed: 06 and 8 digits, spaces and dashes between them",
            id="a phone number of the Hague",
        ),
        pytest.param(
            "m.devries@voorbeeld.example",
            "voorbeeld.example",
            '19: people.m.devries.email: "voorbeeld.example" is not an e-mail address; allowed: name@domain',
            id="an e-mail address without @",
        ),
        pytest.param(
            "level: EH2+",
            "level: eh2plus",
            '23: people.m.devries.means[1].level: "eh2plus" is not a level; allowed: EH2, EH2+, EH3, EH4; '
            'did you mean "EH2+"?',
            id="a level in other letters",
        ),
        pytest.param(
            "level: EH2+",
            "level: loa4",
            '23: people.m.devries.means[1].level: "loa4" is not a level; allowed: EH2, EH2+, EH3, EH4; '
            'did you mean "EH4"?',
            id="a level as messages call it",
        ),
        pytest.param(
            "level: EH2+",
            "level: EH5",
            '23: people.m.devries.means[1].level: "EH5" is not a level; allowed: EH2, EH2+, EH3, EH4',
            id="a level that is as near to one as to another",
        ),
        pytest.param(
            "level: EH2+",
            "level: [EH2]",
            "23: people.m.devries.means[1].level: must be one text, not a list",
            id="a list for a level",
        ),
        pytest.param(
            "until: 2039-12-31",
            "until: {year: 2039}",
            "31: mandates[1].until: must be one text, not 'key: value' lines",
            id="a mapping for a date",
        ),
        pytest.param(
            'password: " Welkom "',
            'password: ""',
            "23: people.m.devries.means[1].password: is empty",
            id="an empty password",
        ),
        pytest.param(
            "level: EH2+",
            "level: EH1",
            "23: people.m.devries.means[1].level: EH1 has ended (1 July 2021); allowed: EH2, EH2+, EH3, EH4",
            id="the level that has ended",
        ),
        pytest.param(
            "until: 2039-12-31",
            "until: 31-12-2039",
            '31: mandates[1].until: "31-12-2039" is not a date; '
            'allowed: YYYY-MM-DD, today, today-30d, today+1y; did you mean "2039-12-31"?',
            id="a date the Dutch way",
        ),
        pytest.param(
            "until: 2039-12-31",
            "until: 20391231",
            '31: mandates[1].until: "20391231" is not a date; allowed: YYYY-MM-DD, today, today-30d, today+1y',
            id="a date without dashes",
        ),
        pytest.param(
            "until: 2039-12-31",
            "until: 2039-02-29",
            '31: mandates[1].until: "2039-02-29" is not in the calendar; '
            "allowed: YYYY-MM-DD, today, today-30d, today+1y",
            id="a date that does not exist",
        ),
        pytest.param(
            "until: 2039-12-31",
            "until: 2023-12-31",
            "31: mandates[1].until: 2023-12-31 comes before from, 2024-01-01",
            id="an end before the beginning",
        ),
        pytest.param(
            "    branch: 000001234567",
            "    branch: 1234567",
            '32: mandates[1].branch: a branch number (vestigingsnummer) has 12 digits, "1234567" has 7; '
            "allowed: 12 digits",
            id="a branch number of the wrong length, which is not looked up as well",
        ),
        pytest.param(
            "status: active",
            "status: Activ",
            '33: mandates[1].status: "Activ" is not one of the values; allowed: requested, active, revoked; '
            'did you mean "active"?',
            id="a status that is not one",
        ),
        pytest.param(
            "branches: false",
            "branches: onwaar",
            '9: services.helpdesk.branches: "onwaar" is neither true nor false; allowed: true, false',
            id="neither true nor false",
        ),
        pytest.param(
            "[[KvKnr], [RSIN]]",
            "[[kvk], [RSIN]]",
            '8: services.helpdesk.identifiers[1][1]: "kvk" is not one of the values; '
            'allowed: KvKnr, RSIN, Pseudo; did you mean "KvKnr"?',
            id="an identifier that is not one",
        ),
        pytest.param(
            "[[KvKnr], [RSIN]]",
            "[BSN]",
            '8: services.helpdesk.identifiers[1]: "BSN" is not one of the values; allowed: KvKnr, RSIN, Pseudo',
            id="an identifier in the short form that is not one",
        ),
        pytest.param(
            "[[KvKnr], [RSIN]]",
            "KvKnr",
            "8: services.helpdesk.identifiers: must be a list: one item a line after '- ', or [one, two]",
            id="one identifier for a list",
        ),
        pytest.param(
            "[[KvKnr], [RSIN]]",
            "[]",
            "8: services.helpdesk.identifiers: is empty",
            id="no identifiers at all",
        ),
        pytest.param(
            "[[KvKnr], [RSIN]]",
            "[[]]",
            "8: services.helpdesk.identifiers[1]: is empty",
            id="a set of nothing",
        ),
        pytest.param(
            f"service_id: {SERVICE_ID}",
            "service_id: urn:etoegang:DV:1999999990000:services:1",
            '5: services.helpdesk.service_id: "urn:etoegang:DV:1999999990000:services:1" is not a ServiceID: '
            "the OIN after 'DV:' has 13 digits, 20 are needed; "
            "allowed: urn:etoegang:DV:<OIN of 20 digits>:services:<1 to 4 digits>",
            id="a ServiceID whose OIN lost its zeros",
        ),
        pytest.param(
            f"service_id: {SERVICE_ID}",
            f"service_id: {SERVICE_ID}2345",
            f'5: services.helpdesk.service_id: "{SERVICE_ID}2345" is not a ServiceID: '
            "the number after 'services:' has 5 digits, 1 to 4 are needed; "
            "allowed: urn:etoegang:DV:<OIN of 20 digits>:services:<1 to 4 digits>",
            id="a ServiceID whose number is too long",
        ),
        pytest.param(
            f"service_id: {SERVICE_ID}",
            "service_id: helpdesk",
            '5: services.helpdesk.service_id: "helpdesk" is not a ServiceID; '
            "allowed: urn:etoegang:DV:<OIN of 20 digits>:services:<1 to 4 digits>",
            id="a ServiceID that is nothing like one",
        ),
        pytest.param(
            f"uuid: {UUID}",
            f"uuid: '{{{UUID}}}'",
            f'6: services.helpdesk.uuid: "{{{UUID}}}" is not a UUID; '
            "allowed: 32 hexadecimal digits in groups of 8-4-4-4-12",
            id="a UUID in braces",
        ),
        pytest.param(
            "name: {nl: Mijn Helpdesk po, en: My Helpdesk po}",
            "name: {nl: Mijn Helpdesk po, fr: Mon Helpdesk po}",
            "3: services.helpdesk.name.fr: is not known here; allowed: nl, en",
            id="a language that is not there",
        ),
        pytest.param(
            "name: {nl: Mijn Helpdesk po, en: My Helpdesk po}",
            "name: {en: My Helpdesk po}",
            "3: services.helpdesk.name.nl: is missing",
            id="English without Dutch",
        ),
        pytest.param(
            "name: De Regenboog",
            'name: " "',
            "12: companies.regenboog.name: is empty",
            id="a name of a space",
        ),
        pytest.param(
            "name: De Regenboog",
            "name:",
            "12: companies.regenboog.name: has no value",
            id="a key with no value",
        ),
        pytest.param(
            "    name: De Regenboog\n",
            "",
            "11: companies.regenboog.name: is missing",
            id="a key that is not there",
        ),
        pytest.param(
            "name: De Regenboog",
            "name: [De Regenboog]",
            "12: companies.regenboog.name: must be one text, not a list",
            id="a list for a text",
        ),
        pytest.param(
            "name: De Regenboog",
            "name: {nl: De Regenboog}",
            "12: companies.regenboog.name: must be one text, not 'key: value' lines",
            id="a mapping for a text",
        ),
        pytest.param(
            "    kvk: 01234567\n    rsin: 012345678\n",
            "",
            "11: companies.regenboog: needs a kvk, an rsin or both",
            id="a company without a number",
        ),
        pytest.param(
            "    email:",
            "    e-mail:",
            "19: people.m.devries.e-mail: is not known here; allowed: name, email, phone, attributes, means; "
            'did you mean "email"?',
            id="a key that is misspelt",
        ),
        pytest.param(
            "    email:",
            "    shoesize:",
            "19: people.m.devries.shoesize: is not known here; allowed: name, email, phone, attributes, means",
            id="a key like none",
        ),
        pytest.param(
            "    from:",
            "    from_:",
            "30: mandates[1].from_: is not known here; allowed: id, person, company, intermediary, service, "
            'provider, level, from, until, branch and 2 more; did you mean "from"?',
            id="a key as Python would write it",
        ),
        pytest.param(
            "mandates:",
            "machtigingen:",
            "25: machtigingen: is not known here; "
            "allowed: services, companies, people, mandates, include, csv, generate",
            id="a section that is not there",
        ),
        pytest.param(
            "supplier: kpn",
            "supplier: KPN",
            '24: people.m.devries.means[2].supplier: there is no supplier "KPN"; '
            'allowed: digidentity, kpn, reconi, we-id; did you mean "kpn"?',
            id="a supplier in capitals",
        ),
    ],
)
def test_one_mistake_gives_one_complaint(old, new, complaint):
    assert complaints(changed(old, new)) == [f"f.yaml:{complaint}"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "people: {name: {name: P, shoesize: }}",
            "1: people.name.shoesize: is not known here; allowed: name, email, phone, attributes, means",
            id="an unknown key without a value, in a person called as a key is",
        ),
        pytest.param(
            "people: {p: }",
            "1: people.p: has no value; allowed: name, email, phone, attributes, means",
            id="a person",
        ),
        pytest.param(
            "companies: {c: C}",
            "1: companies.c: must consist of 'key: value' lines; "
            "allowed: name, kvk, rsin, branches, manager, approves",
            id="a company",
        ),
        pytest.param(
            "mandates: [a]",
            "1: mandates[1]: must consist of 'key: value' lines; allowed: id, person, company, intermediary, service, "
            "provider, level, from, until, branch and 2 more",
            id="a mandate",
        ),
        pytest.param("people: [a]", "1: people: must consist of 'key: value' lines", id="all people"),
        pytest.param(
            "mandates: {a: b}",
            "1: mandates: must be a list: one item a line after '- ', or [one, two]",
            id="all mandates",
        ),
    ],
)
def test_what_should_have_keys_or_items_but_has_not(text, complaint):
    assert complaints(text) == [f"f.yaml:{complaint}"]


# ---- what is wrong between values ----


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param(
            "person: m.devries",
            "person: m.de.vries",
            '26: mandates[1].person: there is no person "m.de.vries"; allowed: m.devries; did you mean "m.devries"?',
            id="a person",
        ),
        pytest.param(
            "company: regenboog",
            "company: regenbog",
            '27: mandates[1].company: there is no company "regenbog"; allowed: regenboog; did you mean "regenboog"?',
            id="a company",
        ),
        pytest.param(
            "service: helpdesk",
            "service: mijn helpdesk PO",
            '28: mandates[1].service: there is no service "mijn helpdesk PO"; '
            'allowed: helpdesk, Mijn Helpdesk po, My Helpdesk po, *; did you mean "Mijn Helpdesk po"?',
            id="a service by name",
        ),
        pytest.param(
            "service: helpdesk",
            f"service: {SERVICE_ID[:-3]}",
            f'28: mandates[1].service: there is no service "{SERVICE_ID[:-3]}"; allowed: {SERVICE_ID}; '
            f'did you mean "{SERVICE_ID}"?',
            id="a service by a broken ServiceID",
        ),
        pytest.param(
            "branch: 000001234567",
            "branch: 000001234568",
            '32: mandates[1].branch: there is no branch of regenboog with number "000001234568"; '
            'allowed: 000001234567; did you mean "000001234567"?',
            id="a branch",
        ),
        pytest.param(
            "    branches: {000001234567: Hoofdlocatie}\n",
            "",
            "31: mandates[1].branch: regenboog has no branches: put 000001234567 under its branches",
            id="a branch of a company that has none",
        ),
        pytest.param(
            "    status: active",
            "    intermediary: regenbogg",
            '33: mandates[1].intermediary: there is no company "regenbogg"; allowed: regenboog; '
            'did you mean "regenboog"?',
            id="an intermediary",
        ),
        pytest.param(
            "    status: active",
            "    intermediary: regenboog",
            '33: mandates[1].intermediary: "regenboog" is the company itself: leave it out, '
            "or name another company",
            id="an intermediary that is the company itself",
        ),
    ],
)
def test_a_reference_to_nothing(old, new, complaint):
    assert complaints(changed(old, new)) == [f"f.yaml:{complaint}"]


def test_an_intermediary_needs_a_kvk_number():
    text = changed("companies:\n", "companies:\n  steun: {name: Steunfonds, rsin: 123456789}\n").replace(
        "    status: active", "    intermediary: steun"
    )
    assert complaints(text) == [
        'f.yaml:34: mandates[1].intermediary: "steun" has no kvk, and an intermediary is known by its KvK number'
    ]


CARD = '{supplier: kpn, card: "600100", level: EH3, pin: "135790"}'


def with_means(means: str) -> str:
    """The good file with another second means, on line 24."""
    return changed("{supplier: kpn, username: mieke, password: Welkom-123, level: EH3}", means)


def with_company(line: str) -> str:
    """The good file with one line more of its company, line 15."""
    return changed("    branches: {0000", f"    {line}\n    branches: {{0000")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            with_company("manager: m.devris"),
            '15: companies.regenboog.manager: there is no person "m.devris"; allowed: m.devries; '
            'did you mean "m.devries"?',
            id="a mandate manager who is nobody",
        ),
        pytest.param(
            with_company("manager: stil").replace("people:\n", "people:\n  stil: {name: Stil}\n"),
            '15: companies.regenboog.manager: "stil" has no email, '
            "and a mandate manager hears of requests by e-mail",
            id="a mandate manager who gets no mail",
        ),
        pytest.param(
            with_company("manager: [m.devries]"),
            "15: companies.regenboog.manager: must be one text, not a list",
            id="two mandate managers",
        ),
        pytest.param(
            with_company("approves: soms"),
            '15: companies.regenboog.approves: "soms" is neither true nor false; allowed: true, false',
            id="approval now and then",
        ),
        pytest.param(
            with_means('{supplier: kpn, card: "600100", username: mieke, level: EH3, pin: "135790"}'),
            "24: people.m.devries.means[2].username: a smartcard has none: leave it out",
            id="a card with a user name",
        ),
        pytest.param(
            with_means('{supplier: kpn, card: "600100", password: x, level: EH3, pin: "135790"}'),
            "24: people.m.devries.means[2].password: a smartcard has none: leave it out",
            id="a card with a password",
        ),
        pytest.param(
            with_means('{supplier: kpn, card: "600100", level: EH3, pin: "135790", renew: true}'),
            "24: people.m.devries.means[2].renew: a smartcard has none: leave it out",
            id="a card whose password must be renewed",
        ),
        pytest.param(
            with_means('{supplier: kpn, card: "600100", level: EH3, pin: "135790", app: false}'),
            "24: people.m.devries.means[2].app: a smartcard has none: leave it out",
            id="a card with an app",
        ),
        pytest.param(
            with_means('{supplier: kpn, card: "600100", level: EH3}'),
            "24: people.m.devries.means[2].pin: is missing, and a smartcard is used with its PIN; "
            "allowed: 6 digits",
            id="a card without a PIN",
        ),
        pytest.param(
            with_means('{supplier: kpn, card: "600100", level: EH3, pin: "1234"}'),
            "24: people.m.devries.means[2].pin: a PIN has 6 digits, this one has 4; allowed: 6 digits",
            id="a card with the PIN of a bank",
        ),
        pytest.param(
            with_means(f"{CARD}\n      - {CARD.replace('EH3', 'EH4')}"),
            '25: people.m.devries.means[3].card: "600100" is taken on line 24: each needs one of its own',
            id="a card that is used twice",
        ),
        pytest.param(
            with_means('{supplier: kpn, level: EH3, pin: "135790"}'),
            "24: people.m.devries.means[2]: needs a username and a password, or a card and its pin",
            id="neither a user name nor a card",
        ),
        pytest.param(
            with_means('{supplier: kpn, card: , level: EH3, pin: "135790"}'),
            "24: people.m.devries.means[2]: needs a username and a password, or a card and its pin",
            id="a card without a number",
        ),
        pytest.param(
            with_means("{supplier: kpn, username: mieke, level: EH3}"),
            "24: people.m.devries.means[2].password: is missing",
            id="a user name without a password",
        ),
        pytest.param(
            with_means("{supplier: kpn, password: mieke, level: EH3}"),
            "24: people.m.devries.means[2].username: is missing",
            id="a password without a user name",
        ),
        pytest.param(
            with_means("{supplier: kpn, username: mieke, password: x, level: EH3, status: requested}"),
            '24: people.m.devries.means[2].status: "requested" is not one of the values; '
            "allowed: active, blocked, suspended, revoked",
            id="the status of a mandate at a means",
        ),
        pytest.param(
            with_means("{supplier: kpn, username: mieke, password: x, level: EH3, status: expired}"),
            '24: people.m.devries.means[2].status: "expired" is not written down: '
            "it follows from until, the last day that the means works",
            id="a means that is said to have expired",
        ),
        pytest.param(
            with_means("{supplier: kpn, username: mieke, password: x, level: EH3, until: 31/12/2030}"),
            '24: people.m.devries.means[2].until: "31/12/2030" is not a date; '
            "allowed: YYYY-MM-DD, today, today-30d, today+1y; "
            'did you mean "2030-12-31"?',
            id="a last day of a means the Dutch way",
        ),
        pytest.param(
            with_means("{supplier: kpn, username: mieke, password: x, level: EH3, renew: ja}"),
            '24: people.m.devries.means[2].renew: "ja" is neither true nor false; allowed: true, false',
            id="renew in Dutch",
        ),
        pytest.param(
            with_means("{supplier: kpn, username: mieke, password: x, level: EH3, app: 06-00000001}"),
            '24: people.m.devries.means[2].app: "06-00000001" is neither true nor false; allowed: true, false',
            id="an app with a number",
        ),
        pytest.param(
            changed("status: active", "status: expired"),
            '33: mandates[1].status: "expired" is not written down: '
            "it follows from until, the last day of the mandate",
            id="a mandate that is said to have expired",
        ),
        pytest.param(
            changed("status: active", "status: Lapsed"),
            '33: mandates[1].status: "Lapsed" is not written down: '
            "it follows from last_used, when that is more than 24 months ago",
            id="a mandate that is said to have lapsed",
        ),
        pytest.param(
            changed("status: active", "last_used: vorige week"),
            '33: mandates[1].last_used: "vorige week" is not a date; allowed: YYYY-MM-DD, today, today-30d, today+1y',
            id="a last use that is no day",
        ),
        pytest.param(
            changed("status: active", "last_used: 2023-12-31"),
            "33: mandates[1].last_used: 2023-12-31 comes before from, 2024-01-01",
            id="a last use before the mandate was there",
        ),
        pytest.param(
            changed("status: active", "last_used: 2040-01-01"),
            "33: mandates[1].last_used: 2040-01-01 comes after until, 2039-12-31",
            id="a last use after the mandate had gone",
        ),
        pytest.param(
            changed("status: active", "provider: Dienst Uitvoering Onderwijs"),
            "33: mandates[1].provider: stands beside service: leave one of the two out",
            id="a provider beside a service",
        ),
        pytest.param(
            changed("    service: helpdesk\n", "    provider: Dienst uitvoering onderwijs\n"),
            '28: mandates[1].provider: there is no provider "Dienst uitvoering onderwijs"; '
            "allowed: Dienst Uitvoering Onderwijs, <OIN of 20 digits>, <entity id of a service provider>; "
            'did you mean "Dienst Uitvoering Onderwijs"?',
            id="a provider in other letters",
        ),
        pytest.param(
            changed("    service: helpdesk\n", "    provider: 1999999990000\n"),
            '28: mandates[1].provider: the OIN of a provider has 20 digits, "1999999990000" has 13; '
            "allowed: 20 digits",
            id="an OIN that lost its zeros",
        ),
        pytest.param(
            changed("    service: helpdesk\n", '    provider: "*"\n'),
            '28: mandates[1].provider: there is no provider "*"; '
            "allowed: Dienst Uitvoering Onderwijs, <OIN of 20 digits>, <entity id of a service provider>",
            id="every provider",
        ),
        pytest.param(
            changed("    service: helpdesk\n", ""),
            '26: mandates[1].service: is missing: a mandate is for a service, for "*" or for a provider',
            id="a mandate for nothing",
        ),
    ],
)
def test_a_mistake_with_means_managers_and_mandates(text, complaint):
    assert complaints(text) == [f"f.yaml:{complaint}"]


def test_a_card_of_a_supplier_that_has_none():
    with pytest.raises(ConfigError) as caught:
        loads(with_means(CARD), "f.yaml", suppliers=SUPPLIERS, smartcards=("reconi",))
    assert (
        str(caught.value)
        == "f.yaml:24:25: people.m.devries.means[2].card: kpn has no smartcards; allowed: reconi"
    )


SECOND = "{{name: T, provider: P, service_id: {id}, uuid: {uuid}, instance_uuid: {instance}, level: EH3}}"
OTHER = "00000000-0000-4000-8000-00000000000"


def with_two_more_services(**fields: str) -> str:
    one = {"id": SERVICE_ID[:-1] + "2", "uuid": OTHER + "1", "instance": OTHER + "2"}
    two = {"id": SERVICE_ID[:-1] + "3", "uuid": OTHER + "3", "instance": OTHER + "4"}
    lines = f"  een: {SECOND.format(**one)}\n  twee: {SECOND.format(**(two | fields))}\ncompanies:\n"
    return changed("companies:\n", lines)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            with_two_more_services(id=SERVICE_ID),
            f'11: services.twee.service_id: "{SERVICE_ID}" is taken on line 5: each needs one of its own',
            id="a ServiceID",
        ),
        pytest.param(
            with_two_more_services(instance=OTHER + "2"),
            f'11: services.twee.instance_uuid: "{OTHER}2" is taken on line 10: each needs one of its own',
            id="the UUID of an instance",
        ),
        pytest.param(
            changed("kpn, username: mieke", "reconi, username: MIEKE"),
            '24: people.m.devries.means[2].username: "MIEKE" is taken on line 23: each needs one of its own',
            id="a user name, at one supplier",
        ),
        pytest.param(
            changed("status: active\n", "id: a\n")
            + "  - {person: m.devries, company: regenboog, service: helpdesk, level: EH3, id: a}\n",
            '34: mandates[2].id: "a" is taken on line 33: each needs one of its own',
            id="the id of a mandate",
        ),
    ],
)
def test_taken_already(text, complaint):
    assert complaints(text) == [f"f.yaml:{complaint}"]


def test_a_definition_may_have_more_than_one_instance():
    assert set(good(with_two_more_services(uuid=OTHER + "1")).register.services) == {
        "helpdesk",
        "een",
        "twee",
    }


def test_a_name_that_two_services_have_says_nothing():
    text = with_two_more_services().replace("service: helpdesk", "service: T")
    assert complaints(text) == [
        'f.yaml:30: mandates[1].service: 2 services are called "T": use the key of one; allowed: een, twee'
    ]


def test_a_name_that_two_providers_have_says_nothing():
    other = SERVICE_ID.replace("1999999990000", "1888888880000")
    text = with_two_more_services(id=other).replace("    service: helpdesk\n", "    provider: P\n")
    assert complaints(text) == [
        'f.yaml:30: mandates[1].provider: 2 providers are called "P": use the OIN; '
        "allowed: 00000001999999990000, 00000001888888880000"
    ]
    assert complaints(text.replace("provider: P\n", 'provider: ""\n')) == [
        'f.yaml:28: mandates[1].service: is missing: a mandate is for a service, for "*" or for a provider',
        "f.yaml:30: mandates[1].provider: is empty",
    ]


# ---- everything at once ----


def test_all_mistakes_are_said_at_once_in_the_order_of_the_lines():
    text = (
        changed("person: m.devries", "person: m.devris")
        .replace("kvk: 01234567", "kvk: 1")
        .replace("level: EH3\n    identifiers", "level: EH3\n    level: EH3\n    identifiers")
        .replace("until: 2039-12-31", "until: never")
    )
    assert [line.split(": ")[:2] for line in complaints(text)] == [
        ["f.yaml:8", "services.helpdesk.level"],
        ["f.yaml:14", "companies.regenboog.kvk"],
        ["f.yaml:27", "mandates[1].person"],
        ["f.yaml:32", "mandates[1].until"],
    ]


def test_each_key_that_a_record_lacks_is_a_problem():
    assert complaints("mandates: [{person: , service: '*'}]") == [
        "f.yaml:1: mandates[1].company: is missing",
        "f.yaml:1: mandates[1].level: is missing",
        "f.yaml:1: mandates[1].person: has no value",
    ]


def test_what_is_missing_is_not_looked_up_as_well():
    text = f"""
services:
  a: {{name: A, provider: P, service_id: {SERVICE_ID}, level: EH3}}
  b: {{name: B, provider: P, service_id: {SERVICE_ID}2, level: EH3}}
people: {{p: {{name: P, means: [{{username: p, password: q, level: EH3}}]}}}}
companies: {{c: {{name: C, kvk: 90000012}}}}
mandates: [{{person: p, company: c, level: EH3}}]
"""
    assert complaints(text) == [
        "f.yaml:5: people.p.means[1].supplier: is missing",
        'f.yaml:7: mandates[1].service: is missing: a mandate is for a service, for "*" or for a provider',
    ]


def test_a_mistake_behind_an_anchor_is_said_once():
    text = "people:\n  a: {name: A, means: [&m {supplier: x, username: a, password: b, level: EH9}]}\n"
    text += "  b: {name: B, means: [*m]}\n"
    assert [line.split(";")[0] for line in complaints(text)] == [
        'f.yaml:2: people.a.means[1].supplier: there is no supplier "x"',
        'f.yaml:2: people.b.means[1].username: "a" is taken on line 2: each needs one of its own',
        'f.yaml:2: people.a.means[1].level: "EH9" is not a level',
    ]


def test_thousands_of_mistakes_are_said_too():
    people = "".join(f"  p{i}: {{name: P}}\n" for i in range(2000))
    mandates = "".join(f"  - {{person: q{i}, company: c, service: '*', level: EH3}}\n" for i in range(2000))
    text = f"companies: {{c: {{name: C, kvk: 90000012}}}}\npeople:\n{people}mandates:\n{mandates}"
    lines = complaints(text)
    assert len(lines) == 2000
    assert lines[-1].endswith("p8, p9 and 1990 more")


@pytest.mark.parametrize(
    ("written", "candidates", "meant"),
    [
        pytest.param("regenbog", ["vuurtoren", "regenboog"], "regenboog", id="a letter too few"),
        pytest.param(" KPN ", ["quovadis", "kpn"], "kpn", id="capitals and spaces"),
        pytest.param("kpn", ["quovadis", "KPN"], "KPN", id="no capitals"),
        pytest.param(
            "zuid", ["De Regenboog, locatie Zuid", "De Vuurtoren"], "De Regenboog, locatie Zuid", id="a part"
        ),
        pytest.param(
            "regenboog",
            ["De Regenboog, locatie Zuid", "De Regenboog, locatie Noord"],
            None,
            id="a part of two",
        ),
        pytest.param("eh5", ["EH3", "EH4"], None, id="as near to one as to the other"),
        pytest.param("molen", ["regenboog", "vuurtoren"], None, id="near to none"),
        pytest.param("", ["regenboog"], None, id="nothing"),
        pytest.param("regenboog", [], None, id="no candidates"),
    ],
)
def test_the_nearest_match_is_only_given_if_it_is_probable(written, candidates, meant):
    assert nearest(written, candidates) == meant


def test_an_error_carries_its_problems_sorted_and_survives_another_process():
    late, early = Problem("f", 9, 1, "a", "is wrong"), Problem("f", 2, 1, "b", "is wrong")
    error = ConfigError(problem for problem in (late, early, late))
    assert error.problems == (early, late)
    assert str(error) == "f:2:1: b: is wrong\nf:9:1: a: is wrong"
    assert pickle.loads(pickle.dumps(error)).problems == (early, late)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"file": "g"}, id="file"),
        pytest.param({"line": 3}, id="line"),
        pytest.param({"column": 2}, id="column"),
        pytest.param({"key": "a.c"}, id="key"),
    ],
)
def test_problems_are_two_and_in_order_if_they_differ_in(other):
    one = Problem("f", 2, 1, "a.b", "is absent")
    two = replace(one, **other)
    three = replace(two, message="is wrong")
    assert ConfigError([two, one, three]).problems == (one, two, three)
    assert ConfigError([one, two, three]).problems == (one, two, three)


def test_one_mistake_that_an_anchor_brings_in_twice_is_said_for_the_first():
    one = Problem("f", 2, 1, "people.a.level", "is absent")
    assert ConfigError([one, replace(one, key="people.b.level")]).problems == (one,)


def test_a_problem_does_not_change():
    with pytest.raises(FrozenInstanceError):
        Problem("f", 1, 1, "a", "is wrong").line = 2


def test_a_problem_says_where_what_and_what_else():
    assert (
        str(Problem("f", 3, 1, "a.b", "is wrong", ("x", "y"), "x"))
        == 'f:3:1: a.b: is wrong; allowed: x, y; did you mean "x"?'
    )
    assert str(Problem("f", 0, 0, "", "is gone")) == "f: is gone"
    twelve = tuple(f"v{i}" for i in range(12))
    assert str(Problem("f", 1, 1, "a", "is wrong", twelve)).endswith("v8, v9 and 2 more")


def test_a_value_is_quoted_on_one_line_and_not_endlessly():
    [line] = complaints(changed("email: m.devries@voorbeeld.example", "email: 'a\"" + "b" * 100 + "'"))
    assert 'email: "a\\"' + "b" * 55 + '..." is not' in line


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("31-12-2025", "2025-12-31"),
        ("2025-1-5", "2025-01-05"),
        ("1/2/26", "2026-02-01"),
        ("12/31/2030", "2030-12-31"),
        ("2025-31-12", "2025-12-31"),
        ("2030-12-31T12:00:00+02:00", "2030-12-31"),
        ("yesterday", "today-1d"),
        ("vandaag", "today"),
        ("today-1", "today-1d"),
        ("today - 2 weeks", "today-2w"),
        ("2025-02-30", None),
        ("31-31-2025", None),
        ("ooit", None),
    ],
)
def test_the_day_that_was_probably_meant_is_named(text, likely):
    [line] = complaints(changed("until: 2039-12-31", f"until: {text}"))
    assert ("did you mean" in line) == (likely is not None)
    assert likely is None or line.endswith(f'did you mean "{likely}"?')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("company: regenboog", "company: De Regenboog"),
        ("company: regenboog", "company: 01234567"),
        ("company: regenboog", "company: 012345678"),
        ("person: m.devries", "person: Mieke de Vries"),
    ],
)
def test_who_names_a_record_by_its_name_or_number_hears_its_key(old, new):
    [line] = complaints(changed(old, new))
    assert ", and the key is needed here; " in line
    assert line.endswith(f'did you mean "{old.partition(": ")[2]}"?')


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("people:\n", "People:\n", "People"),
        ("people:\n", "peple:\n", "peple"),
        ("people:\n  m.devries:\n", "people:\n  - m.devries:\n", "people"),
        ("people:\n", "people: !!set\n", "people"),
    ],
)
def test_a_section_that_cannot_be_read_is_said_once_and_not_for_each_mandate(old, new, key):
    [line] = complaints(changed(old, new))
    assert f": {key}: " in line


@pytest.mark.parametrize("text", ["!Welkom", "&Welkom"])
def test_a_password_that_yaml_takes_for_a_sign_of_its_own_is_said_once(text):
    [line] = complaints(changed("password: Welkom-123", f"password: {text}"))
    assert "in quotes" in line
    assert "Welkom" not in line.replace("!Welkom", "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "Welkom-123",
            '"Welkom-123\\n"',
            "password: holds a line break, as after '|' or '>': write it on one line",
        ),
        (
            "Mieke de Vries",
            '"Mieke\\nde Vries"',
            "name: holds a line break, as after '|' or '>': write it on one line",
        ),
        ("Mieke de Vries", '"Mieke\\tde Vries"', "name: holds a tab: put a space there"),
        ("Mieke de Vries", "x" * 1_001, "name: is longer than 1000 characters"),
        (
            "Mieke de Vries",
            '"Mieke\\u200bde Vries"',
            "name: character U+200B (zero width space) is invisible and not allowed: remove it",
        ),
        (
            "company: regenboog",
            "company: regenboog\u202e",
            "character U+202E (right-to-left override) is invisible and not allowed: remove it",
        ),
        ("Mieke de Vries", "Mieke \U0001f469\u200d\U0001f4bb", None),
        ("Mieke de Vries", "Zoë Ågren-İnan", None),
    ],
)
def test_a_text_has_one_line_and_characters_that_are_seen(old, new, said):
    text = changed(old, new)
    if said is None:
        assert good(text)
        return
    [line] = complaints(text)
    assert line.endswith(said)
