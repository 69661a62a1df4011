"""Signatures that are missing, broken, or made by a key that is not ours to sign with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from broker.scenarios import anew, sp_must
from broker.scenarios.model import CannotAct, Case, Draft, Point, Scenario
from broker.wire import names
from broker.wire.names import qname
from broker.wire.shape import Signing
from broker.wire.xml import Element, child, serialize
from suppliers.ask import Names

GROUP = "signature"
SHA1 = Signing(names.RSA_SHA1, names.SHA1)


def unsigned(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    _signatures(response)
    for element in anew.signed_elements(response):
        anew.unsign(element)
    return serialize(response)


def response_only(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    anew.unsign(anew.own_assertion(response))
    anew.unsign(response)
    anew.sign_again(response, case)
    return serialize(response)


def assertion_only(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    assertion = anew.own_assertion(response)
    anew.unsign(response)
    if anew.signature_of(assertion) is None:
        anew.sign_again(assertion, case)
    return serialize(response)


def unknown_key(message: bytes, case: Case) -> bytes:
    key, response = anew.stranger(case).key, anew.opened(message)
    _signatures(response)
    return anew.resigned(response, case, key=key, finish=_without_key_info)


def _without_key_info(signature: Element) -> None:
    info = child(signature, "ds:KeyInfo")
    if info is not None:
        signature.remove(info)


def unknown_key_shown(draft: Draft, case: Case) -> Draft:
    shown = replace(draft.shape, signing=replace(draft.shape.signing, certificate=True))
    return replace(signed_by(draft, anew.stranger(case).key), shape=shown)


def supplier_key(draft: Draft, case: Case) -> Draft:
    return signed_by(draft, anew.supplier_key(case))


def signed_by(draft: Draft, key: Any) -> Draft:
    """Response and assertion say that they are ours, and this key signs them."""
    return replace(draft, hm=replace(draft.hm, key=key), answerer=replace(draft.answerer, key=key))


def sha1(draft: Draft, case: Case) -> Draft:
    signing = replace(SHA1, certificate=draft.shape.signing.certificate)
    return replace(draft, shape=replace(draft.shape, signing=signing))


def value_changed(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    assertion = anew.own_assertion(response)
    _signatures(response)
    path = ("saml:AuthnStatement", "saml:AuthnContext", "saml:AuthnContextClassRef")
    ref = assertion.find("/".join(map(qname, path)))
    assert ref is not None
    said = ref.text or ""
    higher = "3" if said.endswith("4") else "4"
    found = re.sub(r"loa\d(plus)?$", f"loa{higher}", said)
    # A provider outside the scheme has its levels under names of its own.
    ref.text = found if found != said else said[:-1] + higher
    return serialize(response)


def empty_value(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    for signature in _signatures(response):
        value = child(signature, "ds:SignatureValue")
        assert value is not None
        value.text = None
    return serialize(response)


def empty_signature(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    for signature in _signatures(response):
        signature.clear()
    return serialize(response)


def _signatures(response: Element) -> list[Element]:
    """Of Response and own assertion. Raises CannotAct where there is none to see."""
    found = [anew.signature_of(element) for element in anew.signed_elements(response)]
    if not found:
        raise CannotAct("neither the Response nor an assertion in clear is signed for this provider")
    return [signature for signature in found if signature is not None]


def two_signatures(message: bytes, case: Case) -> bytes:
    """A stranger signs the Response first; ours is good, and comes before it."""
    response = anew.opened(message)
    anew.unsign(response)
    anew.sign_again(response, case, key=anew.stranger(case).key)
    anew.sign_again(response, case)
    return serialize(response)


def _signed(
    name: str,
    point: Point,
    act: Callable[..., Any],
    title: tuple[str, str],
    changes: tuple[str, str],
    reference: str,
    must: Names = sp_must.REFUSE,
) -> Scenario:
    return Scenario(name, Names(*title), GROUP, point, act, Names(*changes), must, reference)


WANTS_ASSERTIONS = Names(
    "Weigeren als uw metadata WantAssertionsSigned heeft. Anders: vastleggen wat uw dienst doet.",
    "Refuse where your metadata says WantAssertionsSigned. Else write down what your service does.",
)
WANTS_RESPONSE = Names(
    "Weigeren, of alleen gebruiken wat in de assertion staat: Status, Destination en InResponseTo van de Response kan "
    "dan iedereen veranderd hebben. Vastleggen wat uw dienst doet.",
    "Refuse, or use what stands in the assertion only: anybody may have changed Status, Destination and InResponseTo "
    "of the Response. Write down what your service does.",
)

SCENARIOS = (
    _signed(
        "signature-none",
        Point.RESPONSE,
        unsigned,
        ("Nergens een handtekening", "No signature anywhere"),
        (
            "De handtekeningen van Response en assertion zijn weg",
            "The signatures of Response and assertion are gone",
        ),
        "SP-01, SIG-01",
    ),
    _signed(
        "signature-response-only",
        Point.RESPONSE,
        response_only,
        ("Alleen de Response is ondertekend", "The Response alone is signed"),
        ("De handtekening van de assertion is weg", "The signature of the assertion is gone"),
        "SIG-02",
        WANTS_ASSERTIONS,
    ),
    _signed(
        "signature-assertion-only",
        Point.RESPONSE,
        assertion_only,
        ("Alleen de assertion is ondertekend", "The assertion alone is signed"),
        ("De handtekening van de Response is weg", "The signature of the Response is gone"),
        "SIG-03",
        WANTS_RESPONSE,
    ),
    _signed(
        "signature-unknown-key",
        Point.RESPONSE,
        unknown_key,
        ("Ondertekend met een onbekende sleutel", "Signed with an unknown key"),
        (
            "Een sleutel die in geen metadata staat tekent Response en assertion; er is geen KeyInfo",
            "A key that no metadata has signs Response and assertion; there is no KeyInfo",
        ),
        "SP-01, SIG-04",
    ),
    _signed(
        "signature-unknown-key-shown",
        Point.FACTS,
        unknown_key_shown,
        ("Onbekende sleutel, met certificaat in KeyInfo", "Unknown key, its certificate in KeyInfo"),
        (
            "Een sleutel die in geen metadata staat tekent Response en assertion; het certificaat staat in KeyInfo",
            "A key that no metadata has signs Response and assertion; its certificate stands in KeyInfo",
        ),
        "SP-01, SIG-05",
    ),
    _signed(
        "signature-supplier-key",
        Point.FACTS,
        supplier_key,
        ("Ondertekend met de sleutel van de leverancier", "Signed with the key of the supplier"),
        (
            "De sleutel van de AD tekent Response en assertion, die van de makelaar zeggen te zijn",
            "The key of the AD signs Response and assertion, which say that they are of the broker",
        ),
        "SP-01, SIG-07",
    ),
    _signed(
        "signature-value-changed",
        Point.RESPONSE,
        value_changed,
        ("Een waarde veranderd na het ondertekenen", "A value changed after signing"),
        (
            "Het betrouwbaarheidsniveau (AuthnContextClassRef): loa4, of loa3 waar het al loa4 was",
            "The level of assurance (AuthnContextClassRef): loa4, or loa3 where it was loa4 already",
        ),
        "SP-01, SIG-11",
    ),
    _signed(
        "signature-empty-value",
        Point.RESPONSE,
        empty_value,
        ("Lege SignatureValue", "Empty SignatureValue"),
        ("SignatureValue van Response en assertion", "SignatureValue of Response and assertion"),
        "SP-01, SIG-12",
    ),
    _signed(
        "signature-empty",
        Point.RESPONSE,
        empty_signature,
        ("Lege Signature", "Empty Signature"),
        (
            "Alles in de Signature van Response en assertion",
            "All that is in the Signature of Response and assertion",
        ),
        "SP-01, SIG-13",
    ),
    _signed(
        "signature-sha1",
        Point.FACTS,
        sha1,
        ("Ondertekend met SHA-1", "Signed with SHA-1"),
        (
            "SignatureMethod en DigestMethod van Response en assertion",
            "SignatureMethod and DigestMethod of Response and assertion",
        ),
        "SP-01, STR-08",
    ),
    _signed(
        "signature-two",
        Point.RESPONSE,
        two_signatures,
        ("Twee handtekeningen op de Response", "Two signatures on the Response"),
        (
            "Na de goede handtekening staat er nog een, van een onbekende sleutel",
            "Behind the good signature stands another one, by an unknown key",
        ),
        "SP-01, STR-07",
    ),
)
