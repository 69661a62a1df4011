"""The AuthnRequest of a service provider, read as it stands; the rules judge it (spec 2.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.xml import Element, child, children, named_in, text_of


@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """Attributes as text, None where absent. ``element`` is the message itself, for line numbers."""

    element: Element = field(repr=False, compare=False)
    id: str | None
    version: str | None
    issue_instant: str | None
    destination: str | None
    issuer: str | None
    issuer_attributes: tuple[str, ...]
    consent: str | None
    force_authn: str | None
    is_passive: str | None
    protocol_binding: str | None
    acs_index: str | None
    acs_url: str | None
    service_index: str | None
    provider_name: str | None
    name_id_policy: bool
    name_id_format: str | None
    subject: bool
    conditions: bool
    class_refs: tuple[str, ...] | None
    comparison: str | None
    idp_entries: tuple[str, ...] | None
    requested_attributes: tuple[str, ...]
    required_attributes: tuple[str, ...] = ()
    other_extensions: tuple[str, ...] = ()

    @property
    def forces(self) -> bool:
        """Whether an existing session may not be used; absent is false (spec 2.2)."""
        return is_true(self.force_authn)


def is_true(text: str | None) -> bool:
    """An xs:boolean: ``1`` is as good as ``true``."""
    return (text or "").strip() in ("true", "1")


def is_authn_request(element: Element) -> bool:
    return element.tag == qname("samlp:AuthnRequest")


def read(element: Element) -> AuthnRequest:
    """Read a parsed message. Whatever is missing is None: no exception, so that every rule can speak."""
    issuer = child(element, "saml:Issuer")
    policy = child(element, "samlp:NameIDPolicy")
    context = child(element, "samlp:RequestedAuthnContext")
    scoping = child(element, "samlp:Scoping")
    idp_list = None if scoping is None else child(scoping, "samlp:IDPList")
    extensions = child(element, "samlp:Extensions")
    asked = [] if extensions is None else list(extensions.iter(qname("md:RequestedAttribute")))
    return AuthnRequest(
        element=element,
        id=element.get("ID"),
        version=element.get("Version"),
        issue_instant=element.get("IssueInstant"),
        destination=element.get("Destination"),
        issuer=text_of(issuer),
        issuer_attributes=() if issuer is None else tuple(str(name) for name in issuer.attrib),
        consent=element.get("Consent"),
        force_authn=element.get("ForceAuthn"),
        is_passive=element.get("IsPassive"),
        protocol_binding=element.get("ProtocolBinding"),
        acs_index=element.get("AssertionConsumerServiceIndex"),
        acs_url=element.get("AssertionConsumerServiceURL"),
        service_index=element.get("AttributeConsumingServiceIndex"),
        provider_name=element.get("ProviderName"),
        name_id_policy=policy is not None,
        name_id_format=None if policy is None else policy.get("Format"),
        subject=child(element, "saml:Subject") is not None,
        conditions=child(element, "saml:Conditions") is not None,
        class_refs=None
        if context is None
        else tuple(text_of(ref) or "" for ref in children(context, "saml:AuthnContextClassRef")),
        comparison=None if context is None else context.get("Comparison"),
        idp_entries=None
        if idp_list is None
        else tuple(entry.get("ProviderID", "") for entry in children(idp_list, "samlp:IDPEntry")),
        requested_attributes=tuple(node.get("Name", "") for node in asked),
        required_attributes=tuple(node.get("Name", "") for node in asked if is_true(node.get("isRequired"))),
        other_extensions=()
        if extensions is None
        else tuple(
            named_in(node)
            for node in extensions.iterchildren(etree.Element)
            if node.tag != qname("esp:RequestedAttributes")
        ),
    )


def empty_spots(element: Element) -> list[Spot]:
    """Optional parts that are there but empty, which spec 2.1 forbids."""
    found = [Spot(element, str(name)) for name, value in element.attrib.items() if not str(value).strip()]
    found += [
        Spot(node)
        for node in element.iterchildren(etree.Element)
        if not len(node) and not (node.text or "").strip() and not node.attrib
    ]
    return found
