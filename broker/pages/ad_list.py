"""RequestADlist: the suppliers for one service, for a service provider that shows the choice itself (spec 2.6)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from broker.login import able
from broker.metadata import addresses
from broker.pages.room import room
from broker.parts import Parts
from broker.wire.descriptor import AuthenticationService, describe_services
from suppliers.ask import Level


def blueprint(parts: Parts) -> Blueprint:
    pages = Blueprint("ad_list", __name__)

    @pages.route("/listAD.xml")
    def ad_list() -> Response:
        wanted = request.args.get("ServiceUUID", "").strip()
        if not wanted:
            return _sorry(
                400, "the query has no ServiceUUID; expected /listAD.xml?ServiceUUID=<uuid of the service>"
            )
        service = parts.seen_by(room()).current.catalogue.service_by_uuid(wanted)
        if service is None:
            return _sorry(
                404,
                f"no service has ServiceUUID {wanted[:60]!r}; it stands in the service catalogue, or as instance_uuid "
                "under services: in eherkenning.yaml",
            )
        level, asked = service.level, request.args.get("RequestedAuthnContext")
        if asked is not None:
            try:
                level = Level.of(asked)
            except ValueError:
                urns = ", ".join(known.urn for known in Level)
                return _sorry(
                    400, f"RequestedAuthnContext={asked[:80]!r} is not a level; expected one of {urns}"
                )
        if level > service.level:
            return _sorry(
                400,
                f"{level.urn} is higher than this service's {service.level.urn}; ask that one or a lower one",
            )
        # Every supplier is behind the broker: a request for one goes to our address, with its name in Scoping.
        here = addresses(parts)
        found = [
            AuthenticationService(offer.ad, offer.name, here.sso, here.home)
            for offer in able(parts, service, level)
        ]
        if not found:
            return _sorry(404, f"no supplier reaches {level.urn} and the identifiers of this service")
        document = describe_services(parts.broker, found, parts.new_id())
        return Response(document, content_type="application/samlmetadata+xml")

    return pages


def _sorry(status: int, text: str) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")
