"""Service providers and service catalogues that are trusted.

A document may come as the body itself, or as JSON with ``xml`` or ``url``. Its root says whether it is metadata
or a catalogue, so POST takes either at both addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

from flask import Response, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field, StringConstraints
from werkzeug.exceptions import RequestEntityTooLarge

from broker.api.described import Answer, Body, Calls, Operation, answer, asked
from broker.api.exchanges import BrokenRule
from broker.api.models import DESCRIBED, Given, InRoom, Tagged, Trusted
from broker.api.problems import Answered
from broker.connecting.progress import StepState
from broker.connecting.reached import Step
from broker.console import trusted
from broker.console.connect import progress_of
from broker.parts import Parts
from broker.report import sp_report
from broker.trusted import trust
from broker.trusted.trust import Held, Kind, Origin, TrustProblem
from broker.wire.xml import MOST_BYTES

EXPECTED = (
    'Send the XML as the body, or JSON: {"xml": "<md:EntityDescriptor …"} or {"url": "https://…/metadata"}.'
)
_HOW = (
    "The body is the XML itself, or JSON with one of xml and url. An address is fetched again where an unknown key "
    "signs, and on request."
)
_EXAMPLE = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" \
entityID="urn:etoegang:DV:00000001999999990000:entities:9100">
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" \
Location="https://sp.example/acs" index="0"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>"""


_FINDINGS = "what the rules MD-.. or SC-.. find in it; lines and columns are of `xml`"


class TrustedProblem(Given):
    """What a tester will stumble over."""

    code: str
    text: str


class CertificateSeen(Given):
    use: list[str] = Field(description="signing, encryption")
    subject: str
    key_name: str | None
    sha256: str
    not_before: str
    not_after: str
    state: Literal["valid", "soon", "expired", "not-yet"]


class _FromSomewhere(Given):
    origin: Literal["file", "paste", "upload", "api", "url"]
    source: str = Field(description="the file or the address")
    at: str | None = Field(description="when it came in, if not as a file")
    covers: str | None = Field(description="the file that it lies over")
    tag: str | None = Field(description="of the room that it is in; null where everybody sees it")
    certificates: list[CertificateSeen]
    problems: list[TrustedProblem]


class ServiceOfProvider(Given):
    index: int
    service_id: str
    uuid: str | None
    instance_uuid: str | None
    name: str
    level: str
    identifiers: list[list[str]] = Field(description="sets, in order of preference")
    attributes: list[str]
    from_: Literal["yaml", "catalogue", "metadata"] = Field(alias="from", description="what describes it")


class AcsSeen(Given):
    index: int
    binding: str
    location: str
    default: bool


class ServiceProviderSeen(_FromSomewhere):
    entity_id: str
    name: str
    profile: Literal["eherkenning", "saml"]
    services: list[ServiceOfProvider]
    acs: list[AcsSeen]


class ServiceProviderAlone(ServiceProviderSeen):
    xml: str = Field(description="its metadata")
    findings: list[dict[str, Any]] = Field(description=_FINDINGS)


class ServiceOfCatalogue(Given):
    service_id: str
    uuid: str | None
    instance_uuid: str | None
    name: str
    level: str
    identifiers: list[list[str]]
    attributes: list[str]
    branches: bool
    single_sign_on: bool
    from_: Literal["yaml", "catalogue"] = Field(alias="from")


class ServiceCatalogueSeen(_FromSomewhere):
    id: str
    name: str
    version: str | None
    service_providers: list[str] = Field(description="OINs")
    findings: list[dict[str, Any]] = Field(description=_FINDINGS)
    services: list[ServiceOfCatalogue]


class RuleReported(Given):
    rule: str
    title: str
    severity: Literal["R", "E", "W", "N"] | None = Field(
        description="null: the profile does not know the rule"
    )
    result: Literal["passed", "failed", "not-applicable", "broken", "never-seen"]
    at: str | None = Field(description="of the last message that it judged; null for what is judged now")
    exchange: str | None
    finding: dict[str, Any] | None
    error: str | None = Field(description="why the check could not run")
    reference: str
    docs: str


class RulesReported(Given):
    prefix: str
    title: str
    rules: list[RuleReported]


class SpReported(Given):
    entity_id: str
    name: str
    at: str
    profile: Literal["lenient", "strict", "saml"]
    counts: dict[str, int]
    sections: list[RulesReported]


class AttemptStopped(Given):
    """The newest attempt, where it went wrong at this step."""

    at: str
    exchange: str
    outcome: str | None = Field(description="of the answer or of the artifact")
    message: str | None


class StepSeen(Given):
    step: Step
    state: StepState
    code: str = Field(description="of the text, which is in English")
    text: str
    at: str | None = Field(description="when it was first reached, by the broker's clock")
    exchange: str | None
    stopped: AttemptStopped | None
    findings: list[dict[str, Any]] = Field(description="what stops it, with how to mend it")
    broken_rules: list[BrokenRule] = Field(
        description="checks that could not run: the broker's fault, and no pass"
    )


class StrangerSeen(Given):
    exchange: str
    at: str
    issuer: str | None


class ProgressSeen(Given):
    entity_id: str
    complete: bool
    done: int
    of: int = Field(description="how many steps there are for this provider")
    steps: list[StepSeen]
    strangers: list[StrangerSeen] = Field(
        description="as long as no request was seen: the newest whose issuer nobody has metadata of"
    )


class ServiceProviders(Given):
    service_providers: list[ServiceProviderSeen]


class ServiceCatalogues(Given):
    service_catalogues: list[ServiceCatalogueSeen]


class TakenIn(Given):
    """What was in the document, as it is in force now."""

    service_providers: list[ServiceProviderAlone]
    service_catalogues: list[ServiceCatalogueSeen]


class DocumentGiven(Given):
    """One of the two."""

    xml: str | None = None
    url: str | None = Field(None, description="http or https")


class ServiceProvidersQuery(InRoom):
    model_config = DESCRIBED

    q: Annotated[str, StringConstraints(max_length=1000)] = Field(
        "", description="text in entity id or name, case ignored"
    )


@dataclass(frozen=True, slots=True)
class _Shelf:
    name: str
    kind: Kind
    one: str
    what: str
    key: str
    listed: type[BaseModel]
    alone: type[BaseModel]
    query: type[InRoom] = InRoom


_SHELVES = (
    _Shelf(
        "service-providers",
        Kind.SP,
        "service provider",
        "entity id",
        "entity_id",
        ServiceProviders,
        ServiceProviderAlone,
        ServiceProvidersQuery,
    ),
    _Shelf(
        "service-catalogues",
        Kind.CATALOGUE,
        "service catalogue",
        "OIN of its service provider",
        "id",
        ServiceCatalogues,
        ServiceCatalogueSeen,
    ),
)
_BODY = Body(DocumentGiven, {"xml": _EXAMPLE}, xml=_EXAMPLE, strict=False)
_GROUP = "service-providers"


def add(calls: Calls, parts: Parts) -> None:
    for shelf in _SHELVES:
        _many(calls, parts, shelf)
        _single(calls, parts, shelf)
    _report(calls, parts)
    _progress(calls, parts)


def _many(calls: Calls, parts: Parts, shelf: _Shelf) -> None:
    path = f"/api/v1/{shelf.name}"

    @calls(
        Operation(
            "GET",
            path,
            f"Each {shelf.one} that is trusted",
            _GROUP,
            {200: Answer("from wherever it came", shelf.listed)},
            query=shelf.query,
        )
    )
    def list_() -> ResponseReturnValue:
        query = asked(shelf.query)
        here = parts.seen_by(query.tag)
        current, now = here.current, here.now_of(None)
        if not isinstance(query, ServiceProvidersQuery):
            return answer({"service_catalogues": trusted.catalogues(current, now)})
        sps = trusted.having(current, query.q)
        return answer({"service_providers": [trusted.service_provider(current, sp, now) for sp in sps]})

    @calls(
        Operation(
            "POST",
            path,
            "Trust what is in a document of metadata, or in a service catalogue",
            _GROUP,
            {201: Answer("all that was in it", TakenIn)},
            query=Trusted,
            body=_BODY,
            problems=(409,),
            more=_HOW,
        )
    )
    def post() -> ResponseReturnValue:
        query = asked(Trusted)
        here = parts.seen_by(query.tag)
        found = _take_in(here, only=None, replacing=query.replace)
        where = {"Location": _path(found[0])} if len(found) == 1 else {}
        return answer(_described(here, found), 201, **where)


def _report(calls: Calls, parts: Parts) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/service-providers/{entity_id}/report",
            "Each rule with its last result, over all logins of one service provider",
            _GROUP,
            {200: Answer("the rules, by the kind of message that they judge", SpReported)},
            query=InRoom,
            problems=(404,),
            rest="entity_id",
            more="Metadata and catalogue are judged now; what came in messages was kept when it came.",
        )
    )
    def report(**given: str) -> ResponseReturnValue:
        here = parts.seen_by(asked(InRoom).tag)
        sp = here.current.catalogue.sps.get(given["entity_id"])
        if sp is None:
            detail = f"there is no service provider {given['entity_id'][:200]} here"
            raise Answered(404, "Not trusted", detail)
        return answer(sp_report.report(here.current, parts.store, sp, here.now_of(None), here.tag).as_json())


def _progress(calls: Calls, parts: Parts) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/service-providers/{entity_id}/progress",
            "How far one service provider has come, from metadata to a person who has landed",
            _GROUP,
            {200: Answer("the steps, in their order", ProgressSeen)},
            query=InRoom,
            problems=(404,),
            rest="entity_id",
            more="A step is ticked off once and stays so; the newest attempt that went wrong is told beside it. That a "
            "person has landed is known when the provider asks to log their session out, or when somebody says so in "
            "the console; a broker cannot see more.",
        )
    )
    def progress(**given: str) -> ResponseReturnValue:
        here = parts.seen_by(asked(InRoom).tag)
        sp = here.current.catalogue.sps.get(given["entity_id"])
        if sp is None:
            detail = f"there is no service provider {given['entity_id'][:200]} here"
            raise Answered(404, "Not trusted", detail)
        return answer(progress_of(here, sp).as_json())


def _single(calls: Calls, parts: Parts, shelf: _Shelf) -> None:
    path = f"/api/v1/{shelf.name}/{{{shelf.key}}}"
    how = f"Its {shelf.what} goes into the address percent-encoded."

    def existing(here: Parts, id_: str) -> dict[str, Any]:
        if described := _one(here, shelf.kind, id_):
            return described
        detail = f"there is no {shelf.one} {id_[:200]} here; GET /api/v1/{shelf.name} lists them"
        raise Answered(404, "Not trusted", detail)

    @calls(
        Operation(
            "GET",
            path,
            f"One {shelf.one}",
            _GROUP,
            {200: Answer("as it is in force", shelf.alone)},
            query=InRoom,
            problems=(404,),
            rest=shelf.key,
            more=how,
        )
    )
    def get(**given: str) -> ResponseReturnValue:
        return answer(existing(parts.seen_by(asked(InRoom).tag), given[shelf.key]))

    @calls(
        Operation(
            "PUT",
            path,
            f"Trust this {shelf.one}, or replace it",
            _GROUP,
            {200: Answer("replaced", shelf.alone), 201: Answer("added", shelf.alone)},
            query=Tagged,
            body=_BODY,
            rest=shelf.key,
            more=f"{_HOW} {how}",
        )
    )
    def put(**given: str) -> ResponseReturnValue:
        id_, here = given[shelf.key], parts.seen_by(asked(Tagged).tag)
        new = trust.get(here.store, shelf.kind, id_, here.tag) is None
        _take_in(here, only=(shelf.kind, id_), replacing=True)
        return answer(existing(here, id_), 201 if new else 200)

    @calls(
        Operation(
            "DELETE",
            path,
            f"Trust a {shelf.one} no longer",
            _GROUP,
            {204: Answer("it is gone; what it lay over counts again")},
            query=Tagged,
            problems=(404, 409),
            rest=shelf.key,
            more=how,
        )
    )
    def delete(**given: str) -> ResponseReturnValue:
        id_, here = given[shelf.key], parts.seen_by(asked(Tagged).tag)
        if trust.remove(here.store, shelf.kind, id_, here.tag):
            parts.configuration.refresh()
            return Response(status=204)
        found = existing(here, id_)
        if found["origin"] != Origin.FILE:
            raise Answered(
                409, "It is everybody's", f"{id_} is not of this room; leave tag= out to remove it."
            )
        detail = f"{id_} stands in {found['source']}; take the file away instead."
        raise Answered(409, "It is a file", detail)

    @calls(
        Operation(
            "POST",
            f"{path}/refresh",
            "Fetch its address again",
            _GROUP,
            {200: Answer("what was there", TakenIn)},
            query=Tagged,
            problems=(404, 409),
            rest=shelf.key,
            more=how,
        )
    )
    def refresh(**given: str) -> ResponseReturnValue:
        id_, here = given[shelf.key], parts.seen_by(asked(Tagged).tag)
        existing(here, id_)
        try:
            found = trust.refetch(parts.store, shelf.kind, id_, parts.now(), tag=here.tag)
        except TrustProblem as wrong:
            raise _refused(wrong) from None
        finally:
            parts.configuration.refresh()
        return answer(_described(here, found))


def _take_in(parts: Parts, *, only: tuple[Kind, str] | None, replacing: bool) -> list[Held]:
    """The document of this request, from now on in force."""
    try:
        found = _taken(parts, only, replacing)
    except (TrustProblem, RequestEntityTooLarge) as wrong:
        raise _refused(wrong) from None
    parts.configuration.refresh()
    return found


def _taken(parts: Parts, only: tuple[Kind, str] | None, replacing: bool) -> list[Held]:
    store, now, tag = parts.store, parts.now(), parts.tag
    if not request.is_json:
        data = request.get_data(cache=False)
        if not data.strip():
            raise TrustProblem(f"the body is empty. {EXPECTED}")
        return trust.add(store, data, Origin.API, now, only=only, replacing=replacing, tag=tag)
    try:
        body: Any = request.get_json(silent=True)
    except RecursionError:
        body = None
    given = body if isinstance(body, dict) else {}
    xml, url = given.get("xml"), given.get("url")
    if len(given) != 1 or not (isinstance(xml, str) or isinstance(url, str)):
        raise TrustProblem(f"this JSON is not understood. {EXPECTED}")
    if isinstance(url, str):
        return trust.add_url(store, url.strip(), now, only=only, replacing=replacing, tag=tag)
    return trust.add(store, trust.of_text(str(xml)), Origin.API, now, only=only, replacing=replacing, tag=tag)


def _refused(wrong: TrustProblem | RequestEntityTooLarge) -> Answered:
    if isinstance(wrong, RequestEntityTooLarge):
        return Answered(
            413, "Too big", f"the document is more than {MOST_BYTES:,} bytes; that much is not read"
        )
    if isinstance(wrong, trust.Taken):
        return Answered(409, "It is there already", wrong.reason)
    status, title = (
        (413, "Too big") if isinstance(wrong, trust.TooBig) else (422, "This document cannot be used")
    )
    return Answered(status, title, wrong.reason, line=wrong.line or None)


def _described(parts: Parts, found: list[Held]) -> dict[str, Any]:
    """What came in, as it is in force now."""
    described = {
        kind: [item for held in found if held.kind is kind and (item := _one(parts, kind, held.id))]
        for kind in Kind
    }
    return {"service_providers": described[Kind.SP], "service_catalogues": described[Kind.CATALOGUE]}


def _one(parts: Parts, kind: Kind, id_: str) -> dict[str, Any] | None:
    current, now = parts.current, parts.now_of(None)
    if kind is Kind.CATALOGUE:
        listed = current.catalogues.get(id_)
        return None if listed is None else trusted.catalogue(current, id_, listed, now)
    sp = current.catalogue.sps.get(id_)
    if sp is None:
        return None
    described = trusted.service_provider(current, sp, now)
    return {**described, "xml": sp.xml.decode(), "findings": trusted.findings(current, sp, now)}


def _path(held: Held) -> str:
    room = f"?tag={held.tag}" if held.tag else ""
    return f"/api/v1/{held.kind}s/{quote(held.id, safe='')}{room}"
