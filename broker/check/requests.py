"""An AuthnRequest, with the metadata of its sender where that is at hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.arrival import check_signature
from broker.catalogue import Service
from broker.check.carried import Garbled, Unpacked
from broker.check.checked import Checked
from broker.check.source import Unreadable
from broker.configuration import Snapshot
from broker.rules.authn import RULES, SeenRequest, chosen_service
from broker.rules.engine import Against, Fault, Profile, Report
from broker.rules.libraries import guess
from broker.settings import VERSIONS
from broker.wire import schema
from broker.wire.bindings import Carried
from broker.wire.envelope import other_root
from broker.wire.metadata import SpMetadata
from broker.wire.names import HTTP_POST, HTTP_REDIRECT, qname
from broker.wire.request import AuthnRequest, is_authn_request, read
from broker.wire.signing import Fault as SignatureFault
from broker.wire.signing import SignatureProblem, Signed
from broker.wire.xml import Element, XmlProblem, parse

BINDINGS = {"redirect": HTTP_REDIRECT, "post": HTTP_POST}
NO_METADATA = "the sender's metadata is not here: --metadata FILE, or --home with it"
UNKNOWN_SENDER = "there is no metadata of this sender among what was given"
NO_ADDRESS = "where it was sent is not known: --destination URL"
NO_BINDING = "how it was sent is not known: --binding redirect or post"
NO_QUERY = "the signature of HTTP-Redirect is in the query: give the whole address"
NO_TIME = "what is stored has no now: --now INSTANT"
NO_MEMORY = "only a broker knows which IDs came before"
NO_BROWSER = "only a broker sees how the browser asks"
_SIGNATURE = ("AR-26", "AR-27", "AR-28", "AR-29", "AR-30", "AR-31", "AR-32", "AR-33")
_METADATA = ("AR-14", "AR-16", "AR-19", "AR-20", "AR-22", *_SIGNATURE[1:], "MD-12")
_CATALOGUE = ("AR-35", "AR-38")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What was said of the request, "" or None where nothing was; ``sps`` are the providers that are known."""

    machine_time: datetime
    binding: str = ""
    destination: str = ""
    profile: Profile | None = None
    now: datetime | None = None
    sps: tuple[SpMetadata, ...] = ()
    sp: str = ""
    snapshot: Snapshot | None = None


def check_request(name: str, unpacked: Unpacked, around: Circumstances) -> Checked:
    """Raises Unreadable where the circumstances do not go together."""
    try:
        element = parse(unpacked.carried.xml)
    except XmlProblem as unparsed:
        return _unparsed(name, unpacked, around, unparsed)
    if not is_authn_request(element):
        return _unparsed(name, unpacked, around, other_root(element))
    request = read(element)
    sp = _sender(name, around, request.issuer)
    binding = BINDINGS.get(around.binding, "") or unpacked.binding
    signed_inside = next(element.iter(qname("ds:Signature")), None) is not None
    profile = _profile(around, sp)
    unknown: dict[str, str] = {"AR-04": NO_MEMORY, "AR-44": NO_BROWSER}
    if around.now is None:
        unknown["AR-07"] = NO_TIME
    if not binding:
        unknown["AR-01"] = NO_BINDING
    endpoint = around.destination or unpacked.url
    if not endpoint:
        endpoint = request.destination or "the single sign-on address in the broker's metadata"
        if request.destination:
            unknown["AR-08"] = NO_ADDRESS
    signed, problem = _signature(unpacked, element, sp, binding, signed_inside)
    loose = problem is not None and problem.fault is SignatureFault.MISSING and not signed_inside
    if loose and binding != HTTP_POST and unpacked.carried.query_signature is None and not unpacked.url:
        reason = NO_QUERY if binding == HTTP_REDIRECT else NO_BINDING
        unknown |= dict.fromkeys(_SIGNATURE, reason)
        signed, problem = None, None
    elif problem is not None and profile is Profile.SAML and loose and sp and not sp.requests_signed:
        problem = None
    if sp is None:
        unknown |= dict.fromkeys(_METADATA, UNKNOWN_SENDER if around.sps else NO_METADATA)
        if around.sps:
            del unknown["AR-22"]
    service = _service(around, sp, request)
    if around.snapshot is None:
        unknown |= dict.fromkeys(
            _CATALOGUE, "what the service asks is not known: --home with its service catalogue"
        )
    listed = (
        None
        if service is None or around.snapshot is None
        else around.snapshot.catalogue.listed(service.service_id)
    )
    seen = SeenRequest(
        request=request,
        carried=unpacked.carried,
        binding=binding or HTTP_POST,
        endpoint=endpoint,
        now=around.now or around.machine_time,
        sp=sp,
        signed=signed,
        signature_problem=problem,
        schema_errors=schema.errors(element),
        level=None if service is None else service.level,
        provider=None if service is None else service.provider.nl,
        oldest=timedelta(seconds=300),
        saml=profile is Profile.SAML,
        senders=tuple(known.entity_id for known in around.sps),
        catalogue_key=service is not None and service.certificate is not None,
        encrypts=around.snapshot is None
        or around.snapshot.shape_of(request.issuer or "", VERSIONS[-1]).encrypts,
        sso=None if listed is None else listed.single_sign_on,
        may_ask=service.attributes if service and listed else None,
    )
    asked = [id_ for id_ in RULES.rules if id_ not in unknown]
    suppressed = {} if around.snapshot is None or sp is None else around.snapshot.against(sp).suppressed
    against = Against(profile, unpacked.carried.xml, guess(element), suppressed)
    report = RULES.run(seen, against, asked)
    known = {id_: reason for id_, reason in unknown.items() if id_ in RULES.rules}
    idle = tuple(sorted((*report.not_applicable, *known)))
    report = Report(report.findings, report.passed, idle, report.broken)
    about = f"AuthnRequest of {request.issuer or 'nobody'}, taken for {unpacked.about}"
    return Checked(name, about, profile, report, RULES, known)


def garbled(name: str, problem: Garbled, around: Circumstances) -> Checked:
    """A request that could not be taken out of its query or form."""
    nothing = Unpacked(problem.about, Carried(b"", None))
    return _unparsed(name, nothing, around, XmlProblem(problem.reason, mend=problem.mend))


def _unparsed(name: str, unpacked: Unpacked, around: Circumstances, problem: XmlProblem) -> Checked:
    """Not XML that is read: one finding, and of every other rule nothing can be said."""
    rule = RULES.rules["AR-27" if problem.tampered else "AR-02"]
    profile = around.profile or Profile.LENIENT
    fault = Fault(
        "one well-formed samlp:AuthnRequest", problem.reason, line=problem.line, mend=problem.mend or None
    )
    finding = rule.finding(fault, Against(profile, unpacked.carried.xml))
    others = tuple(id_ for id_ in RULES.rules if id_ != rule.id)
    report = Report((finding,), (), others, ())
    unknown = dict.fromkeys(others, "the message cannot be read")
    return Checked(name, f"taken for {unpacked.about}", profile, report, RULES, unknown)


def _sender(name: str, around: Circumstances, issuer: str | None) -> SpMetadata | None:
    """None where nobody is known; an unknown sender among known ones is AR-22's to tell."""
    by_id = {sp.entity_id: sp for sp in around.sps}
    if around.sp:
        if around.sp not in by_id:
            known = ", ".join(by_id) or "none; give --metadata"
            raise Unreadable(f"--sp {around.sp}: there is no metadata of it here; known are {known}")
        return by_id[around.sp]
    return by_id.get(issuer or "")


def _profile(around: Circumstances, sp: SpMetadata | None) -> Profile:
    if around.profile not in (None, Profile.LENIENT):
        return around.profile or Profile.LENIENT
    if sp is not None and around.snapshot is not None and around.profile is None:
        return around.snapshot.profile_of(sp)
    return Profile.SAML if sp is not None and not sp.of_the_scheme else Profile.LENIENT


def _signature(
    unpacked: Unpacked, element: Element, sp: SpMetadata | None, binding: str, inside: bool
) -> tuple[Signed | None, SignatureProblem | None]:
    """Without metadata only whether there is one; with a message signed inside, as HTTP-POST has it."""
    if unpacked.carried.query_signature is None and (inside or binding != HTTP_REDIRECT):
        binding = HTTP_POST
    if sp is not None:
        return check_signature(binding, unpacked.carried, element, sp, None)
    if inside or unpacked.carried.query_signature is not None:
        return None, None
    where = "SigAlg and Signature in the query" if binding == HTTP_REDIRECT else "ds:Signature in the message"
    return None, SignatureProblem(SignatureFault.MISSING, where, "neither", element.sourceline or 0)


def _service(around: Circumstances, sp: SpMetadata | None, request: AuthnRequest) -> Service | None:
    if sp is None or around.snapshot is None:
        return None
    entry = chosen_service(request, sp)
    return None if entry is None else around.snapshot.catalogue.service(sp, entry)
