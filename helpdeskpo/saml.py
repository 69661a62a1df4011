"""A login, seen from the service provider: the request that goes out, the answer that comes in.

An answer is opened in this order, and nothing in it is believed before its turn:

1. it is XML without tricks, and its outside (Response, or ArtifactResponse) is signed by the broker;
2. it answers a request of ours that is still open, which is then closed;
3. its assertion is signed by the broker, and is for us, for now, for this request, for this level and service;
4. pysaml2 says so too: schema, signatures, conditions, by code that shares only the RSA with ours;
5. only then the identifiers are decrypted and read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any, Final

from lxml import etree
from saml2 import BINDING_HTTP_ARTIFACT, BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml
from saml2 import xmldsig as ds
from saml2.sigver import DecryptError, pre_signature_part

from helpdeskpo import checks, identity
from helpdeskpo.broker import Broker, BrokerMetadata
from helpdeskpo.checks import NS, SAMLP, Refusal, Refused
from helpdeskpo.crypto import RSA_SHA256, SHA256, SignatureRefused, parse
from helpdeskpo.database import Database
from helpdeskpo.identity import Identity, Spoken
from helpdeskpo.keys import KeyPair
from helpdeskpo.secret import make_reference
from helpdeskpo.settings import RequestBinding, ResponseBinding, Settings
from helpdeskpo.shelf import Shelf
from helpdeskpo.transport import Transport, Unreachable

log = logging.getLogger(__name__)

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
LOGIN_LIFE: Final = timedelta(minutes=30)
"""How long somebody may take at the broker and the supplier."""
OUTCOME_LIFE: Final = timedelta(minutes=5)
SEEN_LIFE: Final = timedelta(days=1)
"""How long an assertion is known to be used: longer than any broker lets one live."""


@dataclass(frozen=True, slots=True)
class Started:
    """A login under way: what its answer must match."""

    request_id: str
    relay_state: str
    browser: str
    """The cookie of the browser that began it."""
    response_binding: ResponseBinding


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How the browser takes the request to the broker: to go to ``url``, or to post ``fields`` there."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a login came to. ``browser`` is empty when we cannot know whose it was."""

    result: Identity | Refusal
    browser: str = ""


Fetch = Callable[[], tuple[Broker, etree._Element]]
"""The way to a Response whose outside the broker has signed. Raises Refused, Unreachable."""


class ServiceProvider:
    """pysaml2 on one side, the rest of MijnHelpdeskPO on the other."""

    def __init__(self, settings: Settings, keys: KeyPair, transport: Transport, database: Database) -> None:
        self.settings = settings
        self.keys = keys
        self.metadata = BrokerMetadata(settings, keys, transport)
        self._transport = transport
        clock = settings.clock
        self._started = Shelf(database, "request", Started, clock, LOGIN_LIFE)
        self._seen = Shelf(database, "seen", bool, clock, SEEN_LIFE)
        self._outcomes = Shelf(database, "outcome", Outcome, clock, OUTCOME_LIFE)

    # Out

    def start(self, browser: str, by: RequestBinding, answer_by: ResponseBinding) -> Outgoing:
        """A new request, kept until its answer comes. Raises Unreachable."""
        broker = self.metadata.current()
        location = broker.sso.get(by)
        if location is None:
            raise Unreachable(f"{broker.entity_id} takes no requests by {by}")
        # binding None: a request that names its return address by index names no ProtocolBinding (spec 2.2).
        _, request = broker.client.create_authn_request(
            location,
            binding=None,
            sign=False,
            assertion_consumer_service_index=str(self.settings.acs[answer_by][0]),
            attribute_consuming_service_index="1",
            provider_name=self.settings.organisation,
            force_authn="true",
            requested_authn_context={
                "authn_context_class_ref": [self.settings.level],
                "comparison": "minimum",
            },
        )
        # An Issuer is the bare entity id (spec 2.2); pysaml2 adds a Format.
        request.issuer.format = None
        relay_state = token_urlsafe(32)
        self._started.put(relay_state, Started(request.id, relay_state, browser, answer_by))
        if by == "redirect":
            info = broker.client.apply_binding(
                BINDING_HTTP_REDIRECT, str(request), location, relay_state, sign=True, sigalg=RSA_SHA256
            )
            return Outgoing(dict(info["headers"])["Location"], {})
        message = base64.b64encode(self._signed(broker, request).encode("utf-8")).decode("ascii")
        return Outgoing(location, {"SAMLRequest": message, "RelayState": relay_state})

    def _signed(self, broker: Broker, message: Any) -> str:
        """pysaml2 would put the certificate in KeyInfo; the scheme wants only the name of the key (spec 7)."""
        message.signature = pre_signature_part(message.id, None, sign_alg=RSA_SHA256, digest_alg=SHA256)
        message.signature.key_info = ds.KeyInfo(key_name=[ds.KeyName(text=self.keys.key_name)])
        return str(broker.client.sign(message, sign_alg=RSA_SHA256, digest_alg=SHA256))

    def log_out(self, spoken: Spoken) -> Outgoing | None:
        """A signed LogoutRequest; None where the broker takes none, or there is nothing to name the session by.

        One way (spec 9): the person stays at the broker, and no answer comes back. Raises Unreachable.
        """
        broker = self.metadata.last()
        if not broker.logout or not spoken.name_id:
            return None
        by: RequestBinding = "post" if "post" in broker.logout else "redirect"
        location = broker.logout[by]
        name_id = saml.NameID(
            text=spoken.name_id,
            format=spoken.format or None,
            name_qualifier=spoken.name_qualifier or None,
            sp_name_qualifier=spoken.sp_name_qualifier or None,
        )
        _, request = broker.client.create_logout_request(
            location,
            broker.entity_id,
            name_id=name_id,
            session_indexes=[spoken.session_index] if spoken.session_index else None,
            sign=False,
        )
        request.issuer.format = None
        if by == "redirect":
            info = broker.client.apply_binding(
                BINDING_HTTP_REDIRECT, str(request), location, "", sign=True, sigalg=RSA_SHA256
            )
            return Outgoing(dict(info["headers"])["Location"], {})
        message = base64.b64encode(self._signed(broker, request).encode("utf-8")).decode("ascii")
        return Outgoing(location, {"SAMLRequest": message})

    # In

    def answer_by_post(self, message: str, relay_state: str) -> str:
        """The handle of the outcome."""
        return self._outcome(lambda: self._response_by_post(message), relay_state, "post")

    def answer_by_artifact(self, artifact: str, relay_state: str) -> str:
        """The handle of the outcome."""
        return self._outcome(lambda: self._response_by_artifact(artifact), relay_state, "artifact")

    def outcome(self, handle: str) -> Outcome | None:
        return self._outcomes.get(handle)

    def take_outcome(self, handle: str) -> Outcome | None:
        return self._outcomes.take(handle)

    def _outcome(self, fetch: Fetch, relay_state: str, by: ResponseBinding) -> str:
        started = self._started.get(relay_state)
        result: Identity | Refusal
        try:
            result = self._login(fetch, started, by)
            through = f", through intermediary {result.intermediary}" if result.intermediary else ""
            log.info("login by %s, level %s%s", by, result.level_name, through)
        except Refused as refused:
            result = replace(refused.refusal, reference=make_reference())
            log.warning(
                "no login %s: %s, expected %s, received %s",
                result.reference,
                result.code,
                result.expected,
                result.received,
            )
        except Unreachable as reason:
            result = Refusal("broker-unreachable", "", str(reason), make_reference())
            log.warning("no login %s: %s", result.reference, result.received)
        handle = token_urlsafe(32)
        self._outcomes.put(handle, Outcome(result, started.browser if started else ""))
        return handle

    def _login(self, fetch: Fetch, started: Started | None, by: ResponseBinding) -> Identity:
        # Before all else: nobody makes us ask the broker for an artifact without a login under way.
        if started is None:
            raise Refused(
                "SP-04", "the RelayState of a login that is still open", "another one, or one that was used"
            )
        if started.response_binding != by:
            raise Refused("SP-05", f"an answer by {started.response_binding}", f"by {by}")
        broker, response = fetch()
        # SP-04. Now that the broker is known to have said it, the request is closed: one answer each, good or bad.
        if self._started.take(started.relay_state) is None:
            raise Refused("SP-04", "the answer to a request that is still open", "a second answer")
        if response.get("InResponseTo") != started.request_id:
            raise Refused("SP-04", f"InResponseTo {started.request_id}", str(response.get("InResponseTo")))
        return self._read(broker, response, started)

    def _response_by_post(self, message: str) -> tuple[Broker, etree._Element]:
        try:
            root = parse(base64.b64decode("".join(message.split()), validate=True))
        except ValueError as reason:
            raise Refused("unreadable", "a SAML Response in base64", str(reason)) from reason
        if root.tag != f"{{{SAMLP}}}Response":
            raise Refused("unreadable", "Response", str(root.tag))
        return self._verified(root), root

    def _verified(self, node: etree._Element) -> Broker:
        """Signed by the broker as we know it, or as its metadata says now. Raises Refused."""
        broker = self.metadata.last()
        try:
            checks.from_broker(node, broker.entity_id)
            checks.signed_by(node, broker.certificates)
        except Refused as refused:
            if refused.refusal.code != "SP-01":
                raise
            try:
                newer = self.metadata.again()
            except Unreachable:
                raise refused from None
            if newer is broker:
                raise
            checks.from_broker(node, newer.entity_id)
            checks.signed_by(node, newer.certificates)
            return newer
        return broker

    def _response_by_artifact(self, artifact: str) -> tuple[Broker, etree._Element]:
        broker = self.metadata.last()
        location = self._artifact_service(broker, artifact)
        resolve_id, question = self._question(broker, artifact, location)
        headers = {
            # Brokers refuse application/soap+xml, which is what pysaml2 would send (spec 3.1).
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": '"http://www.oasis-open.org/committees/security"',
        }
        try:
            root = parse(self._transport.post(location, question, headers))
        except SignatureRefused as reason:
            raise Refused("unreadable", "a SOAP envelope", str(reason)) from reason
        found = root.findall(f"{{{SOAP}}}Body/{{{SAMLP}}}ArtifactResponse")
        if root.tag != f"{{{SOAP}}}Envelope" or len(found) != 1:
            raise Refused(
                "artifact", "one ArtifactResponse", f"{len(found)} in {etree.QName(root).localname}"
            )
        # Taken out by lxml, not by pysaml2: that renames the namespaces, and the signatures no longer hold.
        envelope = found[0]
        broker = self._verified(envelope)
        if envelope.get("InResponseTo") != resolve_id:
            raise Refused("SP-04", f"ArtifactResponse to {resolve_id}", str(envelope.get("InResponseTo")))
        checks.status(envelope)
        responses = envelope.findall("samlp:Response", NS)
        if len(responses) != 1:
            raise Refused("artifact", "a Response for the artifact", f"{len(responses)} of them")
        checks.from_broker(responses[0], broker.entity_id)
        if responses[0].find(f"{{{ds.NAMESPACE}}}Signature") is not None:
            checks.signed_by(responses[0], broker.certificates)
        return broker, responses[0]

    def _artifact_service(self, broker: Broker, artifact: str) -> str:
        """Where to ask: type, index of the endpoint, SHA-1 of the maker's entity id, 20 random bytes."""
        try:
            raw = base64.b64decode(artifact, validate=True)
        except binascii.Error as reason:
            raise Refused("unreadable", "an artifact in base64", str(reason)) from reason
        if len(raw) != 44 or raw[:2] != b"\x00\x04":
            raise Refused("unreadable", "an artifact of 44 bytes, of type 4", f"{len(raw)} bytes")
        source = hashlib.sha1(broker.entity_id.encode(), usedforsecurity=False).digest()
        if raw[4:24] != source:
            raise Refused("artifact", f"an artifact of {broker.entity_id}", "one of somebody else")
        location = broker.artifact_services.get(int.from_bytes(raw[2:4], "big"))
        if location is None:
            raise Refused(
                "artifact", f"index {sorted(broker.artifact_services)}", str(int.from_bytes(raw[2:4], "big"))
            )
        return location

    def _question(self, broker: Broker, artifact: str, location: str) -> tuple[str, bytes]:
        identifier, message = broker.client.create_artifact_resolve(artifact, location, None, sign=False)
        message.issuer.format = None
        signed = self._signed(broker, message)
        envelope = f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{signed}</soap:Body></soap:Envelope>'
        return identifier, envelope.encode("utf-8")

    def _read(self, broker: Broker, response: etree._Element, started: Started) -> Identity:
        acs = self.settings.acs[started.response_binding][1]
        checks.destination(response, acs)
        checks.status(response)
        node = checks.only_assertion(response)
        checks.signed_by(node, broker.certificates)
        checks.from_broker(node, broker.entity_id)
        checks.assertion(node, request_id=started.request_id, acs=acs, settings=self.settings)
        for element, name in ((response, "a Response"), (node, "an assertion")):
            if not self._seen.put(f"{broker.entity_id} {name} {element.get('ID', '')}", True):
                raise Refused("SP-04", f"{name} that was not used before", str(element.get("ID")))
        self._second_opinion(broker, response, started)
        return identity.read(node, self.keys.key_pem, self.settings.entity_id)

    def _second_opinion(self, broker: Broker, response: etree._Element, started: Started) -> None:
        """pysaml2 on the very elements that were verified, written out again: it sees no byte that we did not."""
        text = base64.b64encode(etree.tostring(response, with_tail=False)).decode("ascii")
        binding = {"post": BINDING_HTTP_POST, "artifact": BINDING_HTTP_ARTIFACT}[started.response_binding]
        try:
            parsed = broker.client.parse_authn_request_response(
                text,
                binding,
                outstanding={started.request_id: started.relay_state},
                # Anything will do, but without it pysaml2 takes an assertion for any Recipient.
                conv_info={"binding": binding},
            )
        except DecryptError as error:
            # Its text names the file of our key. As what cannot be decrypted by ourselves: one error for all of it.
            raise Refused("identity", "identifiers that our key opens", "they do not open") from error
        except Exception as error:  # it raises almost anything, bare Exception too
            raise Refused(
                "library", "a Response that pysaml2 accepts", f"{type(error).__name__}: {error}"[:500]
            ) from error
        # A wrong Destination does not make it raise: it stops half-way and returns what it has.
        if parsed is None or parsed.assertion is None or parsed.name_id is None:
            raise Refused("library", "a Response that pysaml2 accepts", "it stopped half-way")
