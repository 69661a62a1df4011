"""The schema that judges what comes in: right in every thread, and quick because it is compiled once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from broker.wire import schema
from broker.wire.places import place
from broker.wire.xml import parse

MESSAGE = (
    '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0" '
    'IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>x</saml:Issuer></samlp:AuthnRequest>'
)


def test_a_good_message_has_no_error() -> None:
    assert schema.error_in(etree.fromstring(MESSAGE)) is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('ID="_1" ', "", "Element 'samlp:AuthnRequest': The attribute 'ID' is required but missing."),
        ("saml:Issuer>", "saml:Sender>", "Element 'saml:Sender': This element is not expected."),
        ("2026-01-01T00:00:00Z", "today", "'today' is not a valid value of the atomic type 'xs:dateTime'."),
    ],
)
def test_an_error_is_said_with_prefixes_and_with_its_line(old: str, new: str, says: str) -> None:
    found = schema.error_in(etree.fromstring("\n\n" + MESSAGE.replace(old, new)))
    assert found is not None
    assert says in found[0]
    assert "{urn:" not in found[0]
    assert found[1] == 3


def test_the_name_of_an_attribute_is_whole_though_its_namespace_has_an_apostrophe() -> None:
    """Or whoever looks for its place would look for a name that is none."""
    document = MESSAGE.replace(" Version=", """ xmlns:x="urn:o'x" x:foo="1" Version=""").encode()
    (found,) = schema.errors(parse(document))
    assert found.attribute == "{urn:o'x}foo"
    assert found.at is not None
    assert place(document, found.at).name == "@x:foo of <samlp:AuthnRequest>"


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads that change places as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hurried")
def test_threads_do_not_get_each_others_verdict() -> None:
    """The broker serves with eight, and all ask one compiled schema."""
    wrong: list[object] = []

    def ask(message: str, good: bool) -> None:
        for _ in range(10_000):
            try:
                found = schema.error_in(etree.fromstring(message))
            except Exception as error:
                wrong.append(error)
                continue
            if (found is None) is not good:
                wrong.append(found)

    bad = MESSAGE.replace('ID="_1" ', "")
    threads = [threading.Thread(target=ask, args=pair) for pair in ((MESSAGE, True), (bad, False)) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_what_libxml2_cuts_off_in_the_middle_of_a_letter_breaks_nothing() -> None:
    """A path of so many bytes with an accent at its end: found by fuzzing, and kept as it was found."""
    seed = Path(__file__).resolve().parents[2] / "fuzz" / "seeds" / "request" / "schema-path-cut.xml"
    found = schema.errors(parse(seed.read_bytes()))
    assert found
    assert all(error.message for error in found)
