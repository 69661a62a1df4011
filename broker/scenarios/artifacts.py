"""The artifact service as it should not be: late, broken, or answering what was not asked.

The artifact itself is good, and used by the call: who calls again gets what a used artifact gives.
"""

from __future__ import annotations

from dataclasses import replace

from broker.scenarios import anew, sp_must
from broker.scenarios.model import ArtifactAnswer, Case, OnArtifact, Param, Point, Scenario
from broker.wire.artifact import artifact_response, fault
from suppliers.ask import Names

GROUP = "artifact"
SECONDS = Param(
    "seconds", "10", Names("hoeveel seconden het duurt", "how many seconds it takes"), "seconds", 1, 60
)


def slow(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    return replace(answer, wait=float(case.number("seconds")))


def timeout(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    return replace(answer, wait=float(case.number("seconds")), body=b"", drop=True)


def dropped(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    return replace(answer, body=b"", drop=True)


def server_error(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    return replace(answer, http_status=500, body=b"<html><body><h1>Internal Server Error</h1></body></html>")


def soap_fault(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    """SAML over SOAP sends a fault with HTTP 500."""
    return replace(answer, http_status=500, body=fault("the artifact service is out of order"))


def garbled(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    """The first half of the good answer."""
    whole = artifact_response(
        answer.hm, answer.in_response_to, answer.message, answer.issue, anew.shape_of(case).signing
    )
    return replace(answer, body=whole[: len(whole) // 2])


def wrong_in_response_to(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    return replace(answer, in_response_to=case.parts.new_id())


def unsigned(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    return replace(answer, signed=False)


def unknown_key(answer: ArtifactAnswer, case: Case) -> ArtifactAnswer:
    return replace(answer, hm=replace(answer.hm, key=anew.stranger(case).key))


def _answers(
    name: str,
    act: OnArtifact,
    title: tuple[str, str],
    changes: tuple[str, str],
    must: Names = sp_must.REFUSE,
    params: tuple[Param, ...] = (),
    reference: str = "ART-05",
) -> Scenario:
    return Scenario(name, Names(*title), GROUP, Point.ARTIFACT, act, Names(*changes), must, reference, params)


IN_TIME = Names(
    "Niet eindeloos wachten: na een vaste tijd een foutmelding tonen. Andere bezoekers mogen er niets van merken.",
    "Do not wait forever: show an error after a fixed time. Other visitors must not notice.",
)
LATE = Names(
    "De persoon inloggen, of na een vaste tijd een foutmelding tonen. Andere bezoekers mogen er niets van merken.",
    "Log the person in, or show an error after a fixed time. Other visitors must not notice.",
)
INNER = Names(
    "De handtekening van de Response erin controleren, of weigeren. Vastleggen wat uw dienst doet.",
    "Check the signature of the Response inside, or refuse. Write down what your service does.",
)

SCENARIOS = (
    _answers(
        "artifact-slow",
        slow,
        ("De artifactdienst is traag", "The artifact service is slow"),
        ("Het goede antwoord komt later", "The good answer comes later"),
        LATE,
        (SECONDS,),
    ),
    _answers(
        "artifact-timeout",
        timeout,
        ("De artifactdienst antwoordt niet", "The artifact service does not answer"),
        (
            "De verbinding blijft zo lang open zonder antwoord, en wordt dan gesloten",
            "The connection stays open for so long without an answer, and is closed then",
        ),
        IN_TIME,
        (SECONDS,),
    ),
    _answers(
        "artifact-dropped",
        dropped,
        ("De artifactdienst verbreekt de verbinding", "The artifact service drops the connection"),
        (
            "De verbinding wordt meteen gesloten zonder antwoord",
            "The connection is closed at once, without an answer",
        ),
    ),
    _answers(
        "artifact-server-error",
        server_error,
        ("De artifactdienst geeft fout 500", "The artifact service gives error 500"),
        ("HTTP 500 met een HTML-pagina", "HTTP 500 with an HTML page"),
    ),
    _answers(
        "artifact-soap-fault",
        soap_fault,
        ("De artifactdienst geeft een SOAP-fault", "The artifact service gives a SOAP fault"),
        ("HTTP 500 met een SOAP-fault", "HTTP 500 with a SOAP fault"),
    ),
    _answers(
        "artifact-garbled",
        garbled,
        ("Het antwoord van de artifactdienst is afgebroken", "The answer of the artifact service breaks off"),
        (
            "De eerste helft van het goede antwoord, met HTTP 200",
            "The first half of the good answer, with HTTP 200",
        ),
    ),
    _answers(
        "artifact-wrong-in-response-to",
        wrong_in_response_to,
        ("ArtifactResponse op een andere vraag", "ArtifactResponse to another question"),
        ("InResponseTo van de ArtifactResponse", "InResponseTo of the ArtifactResponse"),
    ),
    _answers(
        "artifact-unsigned",
        unsigned,
        ("ArtifactResponse zonder handtekening", "ArtifactResponse without a signature"),
        (
            "De handtekening van de ArtifactResponse is weg; die van de Response erin is goed",
            "The signature of the ArtifactResponse is gone; that of the Response inside is good",
        ),
        INNER,
        reference="ART-04",
    ),
    _answers(
        "artifact-unknown-key",
        unknown_key,
        ("ArtifactResponse met een onbekende sleutel", "ArtifactResponse by an unknown key"),
        (
            "Een sleutel die in geen metadata staat tekent de ArtifactResponse; de Response erin is goed",
            "A key that no metadata has signs the ArtifactResponse; the Response inside is good",
        ),
        reference="SP-01, ART-04",
    ),
)
