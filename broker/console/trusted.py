"""What console and API say of the service providers and catalogues in force: one description for both."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from broker import arrival
from broker.catalogue import Service
from broker.configuration import Snapshot
from broker.report import judging
from broker.rules.engine import Report
from broker.trusted.documents import Listed
from broker.trusted.trust import Source
from broker.wire import instants, names
from broker.wire.keys import Certificate
from broker.wire.metadata import SpMetadata
from broker.wire.service_catalogue import CatalogueService

SOON = timedelta(days=30)
FILLABLE = frozenset(names.IDENTIFIER_TYPES)


def having(current: Snapshot, text: str = "") -> list[SpMetadata]:
    """Those in whose entity id or name ``text`` stands, in the order of their entity ids."""
    wanted = text.strip().casefold()
    return [
        sp
        for entity_id, sp in sorted(current.catalogue.sps.items())
        if wanted in entity_id.casefold() or wanted in display(sp).casefold()
    ]


def service_provider(current: Snapshot, sp: SpMetadata, now: datetime) -> dict[str, Any]:
    services = [
        (entry.index, service)
        for entry in sp.services
        if (service := current.catalogue.service(sp, entry)) is not None
    ]
    saml = current.is_saml(sp)
    source = current.sources.get(sp.entity_id)
    certificates = [
        _certificate(certificate, now, uses)
        for certificate, uses in _uses(signing=sp.signing, encryption=sp.encryption)
    ]
    return {
        "entity_id": sp.entity_id,
        "name": display(sp),
        **_source(source),
        "profile": "saml" if saml else "eherkenning",
        "services": [
            _service(index, service, current.catalogue.in_yaml(service.service_id))
            for index, service in services
        ],
        "acs": [
            {"index": e.index, "binding": e.binding, "location": e.location, "default": e == sp.default_acs}
            for e in sp.acs
        ],
        "certificates": certificates,
        "problems": [
            *_source_problems(source),
            *_certificate_problems(certificates),
            *_sp_problems(sp, saml, [service for _, service in services]),
        ],
    }


def findings(current: Snapshot, sp: SpMetadata, now: datetime) -> list[dict[str, Any]]:
    """What the rules find in its metadata, as it is in force; a check that broke among them."""
    return _told(judging.of_provider(current, sp, now))


def _told(report: Report) -> list[dict[str, Any]]:
    broke = [arrival.broken(rule, error) for rule, error in report.broken]
    return [finding.as_json() for finding in (*report.findings, *broke)]


def catalogues(current: Snapshot, now: datetime) -> list[dict[str, Any]]:
    return [catalogue(current, id_, listed, now) for id_, listed in sorted(current.catalogues.items())]


def catalogue(current: Snapshot, id_: str, listed: Listed, now: datetime) -> dict[str, Any]:
    certificates = [
        _certificate(service.certificate, now, ["encryption"])
        for service in listed.catalogue.services
        if service.certificate is not None
    ]
    unique = list({found["sha256"]: found for found in certificates}.values())
    return {
        "id": id_,
        "name": next((name for s in listed.catalogue.services for name in s.provider.values()), id_),
        **_source(listed.source),
        "version": listed.catalogue.version,
        "service_providers": list(listed.catalogue.oins),
        "services": [
            _listed(service, current.catalogue.in_yaml(service.service_id))
            for service in listed.catalogue.services
        ],
        "certificates": unique,
        "findings": _told(judging.of_catalogue(current, listed, now)),
        "problems": [
            *_source_problems(listed.source),
            *_certificate_problems(unique),
            *(
                _problem("unfillable", f"no set of identifiers of {s.service_id} can ever be filled here")
                for s in listed.catalogue.services
                if not any(FILLABLE.issuperset(wanted) for wanted in s.identifier_sets)
            ),
        ],
    }


def display(sp: SpMetadata) -> str:
    return sp.organization.get("nl") or next(iter(sp.organization.values()), "")


def _source(source: Source | None) -> dict[str, Any]:
    if source is None:
        return {"origin": "file", "source": "", "at": None, "covers": None, "tag": None}
    return {
        "origin": str(source.origin),
        "source": source.name,
        "at": None if source.at is None else instants.write(source.at),
        "covers": source.covers,
        "tag": source.tag or None,
    }


def _service(index: int, service: Service, in_yaml: bool) -> dict[str, Any]:
    known_from = "yaml" if in_yaml else "catalogue"
    return {
        "index": index,
        "service_id": service.service_id,
        "uuid": service.uuid,
        "instance_uuid": service.instance_uuid,
        "name": service.name.nl,
        "level": service.level.label,
        "identifiers": [list(wanted) for wanted in service.identifier_sets],
        "attributes": list(service.attributes),
        "from": known_from if service.known else "metadata",
    }


def _listed(service: CatalogueService, in_yaml: bool) -> dict[str, Any]:
    return {
        "service_id": service.service_id,
        "uuid": service.uuid,
        "instance_uuid": service.instance_uuid,
        "name": service.names.get("nl") or next(iter(service.names.values())),
        "level": service.level.rpartition(":")[2].replace("loa", "EH").replace("plus", "+"),
        "identifiers": [list(wanted) for wanted in service.identifier_sets],
        "attributes": [wanted.name for wanted in service.attributes],
        "branches": service.branches_accepted,
        "single_sign_on": service.single_sign_on,
        "from": "yaml" if in_yaml else "catalogue",
    }


def _uses(**by_use: Iterable[Certificate]) -> list[tuple[Certificate, list[str]]]:
    """Each certificate once, with what it is for, in the order of the metadata."""
    found: dict[str, tuple[Certificate, list[str]]] = {}
    for use, certificates in by_use.items():
        for certificate in certificates:
            found.setdefault(certificate.fingerprint, (certificate, []))[1].append(use)
    return list(found.values())


def _certificate(certificate: Certificate, now: datetime, uses: list[str]) -> dict[str, Any]:
    x509 = certificate.x509
    state = "valid"
    if now < x509.not_valid_before_utc:
        state = "not-yet"
    elif now > x509.not_valid_after_utc:
        state = "expired"
    elif now > x509.not_valid_after_utc - SOON:
        state = "soon"
    return {
        "use": uses,
        "subject": x509.subject.rfc4514_string(),
        "key_name": certificate.key_name,
        "sha256": certificate.fingerprint,
        "not_before": instants.write(x509.not_valid_before_utc),
        "not_after": instants.write(x509.not_valid_after_utc),
        "state": state,
    }


def _problem(code: str, text: str) -> dict[str, str]:
    return {"code": code, "text": text}


def _source_problems(source: Source | None) -> list[dict[str, str]]:
    if source is None or source.problem is None:
        return []
    return [_problem("refetch", f"the last good one stays in force: {source.problem}")]


def _certificate_problems(certificates: list[dict[str, Any]]) -> list[dict[str, str]]:
    words = {
        "expired": "is expired since {not_after}",
        "not-yet": "is not valid before {not_before}",
        "soon": "expires on {not_after}",
    }
    return [
        _problem(
            f"certificate-{found['state']}", f"certificate {found['sha256'][:16]}… " + text.format(**found)
        )
        for found in certificates
        if (text := words.get(found["state"]))
    ]


def _sp_problems(sp: SpMetadata, saml: bool, services: list[Service]) -> list[dict[str, str]]:
    found = []
    if not sp.signing and (sp.requests_signed or not saml):
        found.append(
            _problem("no-signing-key", "no certificate to check requests with: none can be believed")
        )
    if saml:
        if not sp.of_the_scheme:
            found.append(
                _problem("saml", "no mark of the scheme in its metadata: it is served as profile saml")
            )
        return found
    if not sp.encryption and not any(service.certificate for service in services):
        found.append(_problem("no-encryption-key", "no certificate to encrypt identifiers for"))
    if not services:
        found.append(_problem("no-service", "no AttributeConsumingService with a ServiceID"))
    found += [
        _problem("unknown-service", f"{service.service_id} is in no catalogue: level EH3 is taken")
        for service in services
        if not service.known
    ]
    return found
