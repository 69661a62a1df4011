"""How a message is carried: base64, DEFLATE and a query whose octets are signed."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest

from broker.wire.bindings import BindingProblem, from_post, from_redirect, unbase64
from support.mistakes import bomb, deflated

XML = b"<a>caf\xc3\xa9</a>"
PACKED = base64.b64encode(deflated(XML)).decode()


def test_a_form_field_is_base64_of_the_message() -> None:
    carried = from_post(base64.b64encode(XML).decode(), "rs")
    assert (carried.xml, carried.relay_state, carried.deflated_post) == (XML, "rs", False)


def test_base64_in_lines_is_forgiven() -> None:
    assert from_post(base64.encodebytes(XML * 20).decode(), None).xml == XML * 20


def test_deflate_by_post_is_read_and_told() -> None:
    carried = from_post(PACKED, None)
    assert (carried.xml, carried.deflated_post) == (XML, True)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_not_taken_for_deflate(encoding: str) -> None:
    data = "<a/>".encode(encoding)
    carried = from_post(base64.b64encode(data).decode(), None)
    assert (carried.xml, carried.deflated_post) == (data, False)


@pytest.mark.parametrize("relay_state", ["a b+c", "a%2Bb", "é€/?&=#;", "<\"'>"])
@pytest.mark.parametrize("escape", [quote, quote_plus])
def test_a_query_gives_message_and_relay_state_as_they_were(relay_state: str, escape: object) -> None:
    assert callable(escape)
    carried = from_redirect(f"SAMLRequest={quote_plus(PACKED)}&RelayState={escape(relay_state)}".encode())
    assert (carried.xml, carried.relay_state, carried.query_signature) == (XML, relay_state, None)


@pytest.mark.parametrize(
    ("query", "signed"),
    [
        (
            "SAMLRequest={0}&RelayState=a%2fb&SigAlg=x&Signature=AAAA",
            "SAMLRequest={0}&RelayState=a%2fb&SigAlg=x",
        ),
        ("SAMLRequest={0}&SigAlg=x&Signature=AAAA", "SAMLRequest={0}&SigAlg=x"),
        ("Signature=AAAA&SigAlg=x&RelayState=&SAMLRequest={0}", "SAMLRequest={0}&RelayState=&SigAlg=x"),
        ("lang=nl&SAMLRequest={0}&SigAlg=x&Signature=AAAA&utm=1", "SAMLRequest={0}&SigAlg=x"),
    ],
    ids=["lower case stays", "no RelayState", "another order", "other parameters"],
)
def test_what_is_signed_is_the_octets_as_sent_in_the_order_of_the_binding(query: str, signed: str) -> None:
    packed = quote_plus(PACKED)
    signature = from_redirect(query.format(packed).encode()).query_signature
    assert signature is not None
    assert signature.signed == signed.format(packed).encode()
    assert (signature.algorithm, signature.value) == ("x", b"\0\0\0")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "no SAMLRequest"),
        ("SAMLRequest=", "no SAMLRequest"),
        ("SAMLRequest=%3Ca%2F%3E", "the XML itself, without base64"),
        (f"SAMLRequest={quote_plus(PACKED)}&SAMLRequest={quote_plus(PACKED)}", "more than once"),
        (f"SAMLRequest={quote_plus(PACKED)}&RelayState=a&Relay%53tate=b", "more than once"),
        (f"SAMLRequest={quote_plus(base64.b64encode(XML).decode())}", "of the XML, without DEFLATE"),
        (f"SAMLRequest={quote_plus(base64.b64encode(deflated(XML)[:-4]).decode())}", "cut off"),
        (f"SAMLRequest={quote_plus(base64.b64encode(deflated(XML) + b'more').decode())}", "behind"),
        (f"SAMLRequest={quote_plus(bomb())}", "inflates to more than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_unpacked_says_why(query: str, reason: str) -> None:
    with pytest.raises(BindingProblem, match=reason):
        from_redirect(query.encode())


@pytest.mark.parametrize("text", ["AAA", "A===", "AA-_", "AAAA*", "\u0661AAA"])
def test_base64_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(BindingProblem, match="not whole base64"):
        unbase64(text, "SAMLRequest")
