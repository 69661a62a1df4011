"""Metadata and service catalogues, as a file or an address gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from broker.check.checked import Checked
from broker.check.source import Read, Unreadable
from broker.report.judging import eidas
from broker.rules import metadata, service_catalogue
from broker.rules.engine import Against, Profile
from broker.rules.metadata.seen import Surroundings, of_the_scheme
from broker.rules.service_catalogue.seen import Beside
from broker.settings import OIN, VERSIONS
from broker.wire import service_catalogue as wire_catalogue
from broker.wire.metadata import MetadataProblem, SpMetadata
from broker.wire.metadata import read as read_metadata
from broker.wire.service_catalogue import CatalogueProblem, CatalogueService

NO_CATALOGUE = "no service catalogue was given: --catalogue FILE"
UNREAD = "the document cannot be read"
OF_CATALOGUE = ("MD-25-catalogue", "MD-32")


def check_metadata(
    given: Read,
    profile: Profile | None,
    now: datetime,
    services: Sequence[CatalogueService] = (),
    suppressed: Callable[[str], Mapping[str, str]] = lambda entity_id: {},
) -> list[Checked]:
    """One for each provider in it. Without ``profile``, or with lenient, one that shows no mark of the scheme is
    judged by saml, as the broker would. ``suppressed``: entity id to rule to reason."""
    found = []
    for seen in metadata.see(given.data, Surroundings(now)):
        saml = profile is Profile.SAML
        if profile in (None, Profile.LENIENT) and seen.entity is not None:
            saml = not of_the_scheme(seen.entity)
        chosen = Profile.SAML if saml else profile or Profile.LENIENT
        around = Surroundings(
            now,
            # A provider of another world gets its assertion in clear, unless its settings say otherwise.
            encrypts=not saml,
            saml=saml,
            catalogue={service.service_id: service for service in services},
            eidas=eidas(services),
            versions=VERSIONS,
        )
        judged = metadata.SeenMetadata(seen.data, seen.root, seen.entity, around, seen.problem)
        entity_id = "" if seen.entity is None else seen.entity_id
        against = Against(chosen, given.data, suppressed=suppressed(entity_id))
        report = metadata.RULES.run(judged, against)
        unknown = {} if services or saml else dict.fromkeys(OF_CATALOGUE, NO_CATALOGUE)
        if seen.entity is None:
            unknown = dict.fromkeys(metadata.RULES.rules, UNREAD)
        about = "metadata" if seen.entity is None else f"metadata of {seen.entity.get('entityID', 'nobody')}"
        unknown = {rule: reason for rule, reason in unknown.items() if rule in report.not_applicable}
        found.append(Checked(given.name, about, chosen, report, metadata.RULES, unknown))
    return found


def check_catalogue(
    given: Read, profile: Profile | None, now: datetime, own_oin: str = "", sp: SpMetadata | None = None
) -> Checked:
    """``sp`` is the metadata that the catalogue goes with, if it is known."""
    beside = Beside(
        own_oin or OIN, now, "" if sp is None else sp.entity_id, sp is not None and bool(sp.encryption)
    )
    chosen = profile or Profile.LENIENT
    seen = service_catalogue.see(given.data, beside)
    report = service_catalogue.RULES.run(seen, Against(chosen, given.data))
    unknown = {} if seen.is_readable else dict.fromkeys(report.not_applicable, UNREAD)
    return Checked(given.name, "service catalogue", chosen, report, service_catalogue.RULES, unknown)


def services_in(given: Read) -> tuple[CatalogueService, ...]:
    """Raises Unreadable for a catalogue that cannot be used: without it less would be judged than was asked."""
    try:
        return wire_catalogue.read(given.data).services
    except CatalogueProblem as problem:
        raise Unreadable(f"{given.name}: {problem}; check-catalogue says more") from None


def provider_in(given: Read) -> list[SpMetadata]:
    """At least one. Raises Unreadable for metadata that cannot be used."""
    try:
        found = read_metadata(given.data)
    except MetadataProblem:
        found = []
    if not found:
        raise Unreadable(f"{given.name}: no service provider in it; check-metadata says why")
    return found
