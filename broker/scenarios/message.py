"""A message that is put together oddly, though our own key signs it: status, values, size and DOCTYPE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lxml import etree

from broker.scenarios import anew, sp_must
from broker.scenarios.model import ArtifactAnswer, CannotAct, Case, Param, Point, Scenario
from broker.wire import names
from broker.wire.artifact import artifact_response
from broker.wire.names import qname
from broker.wire.xml import serialize
from suppliers.ask import Names

GROUP = "message"
KILOBYTE = 1_000
DOCTYPE = '<!DOCTYPE {root} [<!ENTITY mock "eherkenning">]>\n'


def without_assertion(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    found = [
        *response.iterfind(qname("saml:Assertion")),
        *response.iterfind(qname("saml:EncryptedAssertion")),
    ]
    if not found:
        raise CannotAct("this login ended without an assertion")
    anew.unsign(response)
    for assertion in found:
        response.remove(assertion)
    anew.sign_again(response, case)
    return serialize(response)


def failed_with_assertion(message: bytes, case: Case) -> bytes:
    response = anew.opened(message)
    if response.find(qname("saml:EncryptedAssertion")) is None:
        anew.own_assertion(response)
    anew.unsign(response)
    anew.set_status(response, names.RESPONDER, names.AUTHN_FAILED)
    anew.sign_again(response, case)
    return serialize(response)


def comments(message: bytes, case: Case) -> bytes:
    """In the middle of each value in clear. No signature covers a comment: those that there are stay good."""
    response = anew.opened(message)
    for node in anew.plain_values(anew.own_assertion(response)):
        text = node.text or ""
        comment = etree.Comment(" ")
        comment.tail = text[len(text) // 2 :]
        node.text = text[: len(text) // 2]
        node.append(comment)
    return serialize(response)


def padded(message: bytes, case: Case) -> bytes:
    """White space at the end of the Response, under its signature."""
    response = anew.opened(message)

    def pad() -> None:
        response[-1].tail = (" " * 99 + "\n") * (case.number("kilobytes") * KILOBYTE // 100)

    return anew.resigned(response, case, pad)


def doctype(message: bytes, case: Case) -> bytes:
    """With one entity of its own, which nothing uses; nothing outside is named."""
    return DOCTYPE.format(root="samlp:Response").encode() + message


def doctype_by_artifact(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    body = artifact_response(
        answer.hm, answer.in_response_to, answer.message, answer.issue, anew.shape_of(case).signing
    )
    return replace(answer, body=DOCTYPE.format(root="soap:Envelope").encode() + body)


def _message(
    name: str,
    act: Callable[..., Any],
    title: tuple[str, str],
    changes: tuple[str, str],
    reference: str,
    must: Names = sp_must.REFUSE,
    point: Point = Point.RESPONSE,
    params: tuple[Param, ...] = (),
    **more: Any,
) -> Scenario:
    return Scenario(name, Names(*title), GROUP, point, act, Names(*changes), must, reference, params, **more)


WHOLE_VALUE = Names(
    "De hele waarde lezen, of weigeren. Nooit alleen het stuk voor het commentaar.",
    "Read the whole value, or refuse. Never the part before the comment alone.",
)
IN_TIME = Names(
    "Binnen een seconde of wat inloggen of weigeren. Andere bezoekers mogen er niets van merken.",
    "Log in or refuse within a second or so. Other visitors must not notice.",
)

SCENARIOS = (
    _message(
        "success-without-assertion",
        without_assertion,
        ("Success zonder assertion", "Success without an assertion"),
        (
            "De assertion is weg; de Response is goed ondertekend",
            "The assertion is gone; the Response is signed well",
        ),
        "PRO-19",
    ),
    _message(
        "failed-with-assertion",
        failed_with_assertion,
        ("AuthnFailed met een goede assertion", "AuthnFailed with a good assertion"),
        (
            "De status is Responder + AuthnFailed; de assertion blijft, en alles is goed ondertekend",
            "The status is Responder + AuthnFailed; the assertion stays, and all of it is signed well",
        ),
        "PRO-18, EH-12",
    ),
    _message(
        "comment-in-values",
        comments,
        ("Commentaar midden in de waarden", "A comment in the middle of the values"),
        (
            "In elke waarde die niet versleuteld is staat commentaar; de handtekeningen blijven goed",
            "Each value that is not encrypted has a comment in it; the signatures stay good",
        ),
        "PAR-01",
        WHOLE_VALUE,
        hostile=True,
    ),
    _message(
        "padding",
        padded,
        ("Een heel groot bericht", "A very large message"),
        (
            "Witruimte aan het eind van de Response, goed ondertekend",
            "White space at the end of the Response, signed well",
        ),
        "XML-06",
        IN_TIME,
        params=(
            Param(
                "kilobytes",
                "1000",
                Names("hoeveel kB erbij komt", "how many kB are added"),
                "number",
                1,
                1_300,
            ),
        ),
        hostile=True,
    ),
    _message(
        "doctype",
        doctype,
        ("DOCTYPE voor de Response", "DOCTYPE before the Response"),
        (
            "Voor de Response staat een DOCTYPE met een eigen entity; de handtekeningen blijven goed",
            "A DOCTYPE with an entity of its own stands before the Response; the signatures stay good",
        ),
        "PAR-03",
        hostile=True,
        by_post=True,
    ),
    _message(
        "artifact-doctype",
        doctype_by_artifact,
        (
            "DOCTYPE voor het antwoord van de artifactdienst",
            "DOCTYPE before the answer of the artifact service",
        ),
        (
            "Voor de SOAP-envelope staat een DOCTYPE met een eigen entity",
            "A DOCTYPE with an entity of its own stands before the SOAP envelope",
        ),
        "PAR-03",
        point=Point.ARTIFACT,
        hostile=True,
    ),
)
