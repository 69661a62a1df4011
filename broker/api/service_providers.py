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

from broker import trust
from broker.api.described import Answer, Body, Calls, NoQuery, Operation, answer, asked
from broker.api.models import DESCRIBED, Given
from broker.api.problems import Answered
from broker.console import trusted
from broker.parts import Parts
from broker.trust import Held, Kind, Origin, TrustProblem
from broker.wire.xml import MOST_BYTES
from suppliers.register.schema import Part

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
    services: list[ServiceOfCatalogue]


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


class ServiceProvidersQuery(Part):
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
    query: type[BaseModel] = NoQuery


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
        current, now = parts.current, parts.now()
        if shelf.kind is Kind.CATALOGUE:
            return answer({"service_catalogues": trusted.catalogues(current, now)})
        sps = trusted.having(current, asked(ServiceProvidersQuery).q)
        return answer({"service_providers": [trusted.service_provider(current, sp, now) for sp in sps]})

    @calls(
        Operation(
            "POST",
            path,
            "Trust what is in a document of metadata, or in a service catalogue",
            _GROUP,
            {201: Answer("all that was in it", TakenIn)},
            body=_BODY,
            problems=(409,),
            more=_HOW,
        )
    )
    def post() -> ResponseReturnValue:
        found = _take_in(parts, only=None, replacing=False)
        where = {"Location": _path(found[0])} if len(found) == 1 else {}
        return answer(_described(parts, found), 201, **where)


def _single(calls: Calls, parts: Parts, shelf: _Shelf) -> None:
    path = f"/api/v1/{shelf.name}/{{{shelf.key}}}"
    how = f"Its {shelf.what} goes into the address percent-encoded."

    def existing(id_: str) -> dict[str, Any]:
        if described := _one(parts, shelf.kind, id_):
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
            problems=(404,),
            rest=shelf.key,
            more=how,
        )
    )
    def get(**given: str) -> ResponseReturnValue:
        return answer(existing(given[shelf.key]))

    @calls(
        Operation(
            "PUT",
            path,
            f"Trust this {shelf.one}, or replace it",
            _GROUP,
            {200: Answer("replaced", shelf.alone), 201: Answer("added", shelf.alone)},
            body=_BODY,
            rest=shelf.key,
            more=f"{_HOW} {how}",
        )
    )
    def put(**given: str) -> ResponseReturnValue:
        id_ = given[shelf.key]
        new = trust.get(parts.store, shelf.kind, id_) is None
        _take_in(parts, only=(shelf.kind, id_), replacing=True)
        return answer(existing(id_), 201 if new else 200)

    @calls(
        Operation(
            "DELETE",
            path,
            f"Trust a {shelf.one} no longer",
            _GROUP,
            {204: Answer("it is gone; a file that it lay over counts again")},
            problems=(404, 409),
            rest=shelf.key,
            more=how,
        )
    )
    def delete(**given: str) -> ResponseReturnValue:
        id_ = given[shelf.key]
        if trust.remove(parts.store, shelf.kind, id_):
            parts.configuration.refresh()
            return Response(status=204)
        source = existing(id_)["source"]
        raise Answered(409, "It is a file", f"{id_} stands in {source}; take the file away instead.")

    @calls(
        Operation(
            "POST",
            f"{path}/refresh",
            "Fetch its address again",
            _GROUP,
            {200: Answer("what was there", TakenIn)},
            problems=(404, 409),
            rest=shelf.key,
            more=how,
        )
    )
    def refresh(**given: str) -> ResponseReturnValue:
        id_ = given[shelf.key]
        existing(id_)
        try:
            found = trust.refetch(parts.store, shelf.kind, id_, parts.now())
        except TrustProblem as wrong:
            raise _refused(wrong) from None
        finally:
            parts.configuration.refresh()
        return answer(_described(parts, found))


def _take_in(parts: Parts, *, only: tuple[Kind, str] | None, replacing: bool) -> list[Held]:
    """The document of this request, from now on in force."""
    try:
        found = _taken(parts, only, replacing)
    except (TrustProblem, RequestEntityTooLarge) as wrong:
        raise _refused(wrong) from None
    parts.configuration.refresh()
    return found


def _taken(parts: Parts, only: tuple[Kind, str] | None, replacing: bool) -> list[Held]:
    store, now = parts.store, parts.now()
    if not request.is_json:
        data = request.get_data(cache=False)
        if not data.strip():
            raise TrustProblem(f"the body is empty. {EXPECTED}")
        return trust.add(store, data, Origin.API, now, only=only, replacing=replacing)
    try:
        body: Any = request.get_json(silent=True)
    except RecursionError:
        body = None
    given = body if isinstance(body, dict) else {}
    xml, url = given.get("xml"), given.get("url")
    if len(given) != 1 or not (isinstance(xml, str) or isinstance(url, str)):
        raise TrustProblem(f"this JSON is not understood. {EXPECTED}")
    if isinstance(url, str):
        return trust.add_url(store, url.strip(), now, only=only, replacing=replacing)
    return trust.add(store, trust.of_text(str(xml)), Origin.API, now, only=only, replacing=replacing)


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
    current, now = parts.current, parts.now()
    if kind is Kind.CATALOGUE:
        listed = current.catalogues.get(id_)
        return None if listed is None else trusted.catalogue(current, id_, listed, now)
    sp = current.catalogue.sps.get(id_)
    if sp is None:
        return None
    return {**trusted.service_provider(current, sp, now), "xml": sp.xml.decode()}


def _path(held: Held) -> str:
    return f"/api/v1/{held.kind}s/{quote(held.id, safe='')}"
