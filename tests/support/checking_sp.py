"""Service providers that people really log in to: they send a browser to the broker and check what it brings back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from lxml import etree

from support.answers import identifiers, status
from support.schemas import errors_in
from support.sp import LOA, NS, POST, ServiceProvider, instant, verified

BRANCH = "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"
BETWEEN = "urn:etoegang:1.9:IntermediateEntityID:KvKnr"
HELPDESK, SUBSIDY, VAULT = "mijn-helpdesk-po", "subsidieloket", "examenkluis"
"""The services, by their key in the default YAML. The first and the last are of one provider."""
_ASKED = {HELPDESK: ("1", "loa3"), SUBSIDY: ("1", "loa2plus"), VAULT: ("2", "loa4")}
_LEVELS = {"loa2": "EH2", "loa2plus": "EH2+", "loa3": "EH3", "loa4": "EH4"}


@dataclass(frozen=True)
class Answer:
    """What an answer says, after it was found good. All but ``status`` are of a success only."""

    status: tuple[str, ...]
    level: str = ""
    company: str = ""
    person: str = field(default="", repr=False)
    branch: str = ""
    intermediary: str = ""
    advice: int = 0
    name_id: str = field(default="", repr=False)
    session: str = field(default="", repr=False)
    sp: str = ""


class CheckingSps:
    """The providers of two services of the default YAML, at one address of loopback.

    ``clock`` and ``certificate`` are of the broker that is asked; ``/login`` takes service, force and children;
    ``/logout`` is of the last login.
    """

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.base_url = f"http://localhost:{self._server.server_address[1]}"
        acs = {1: (POST, f"{self.base_url}/acs")}
        helpdesk = self._provider(
            "00000001999999990000", "Dienst Uitvoering Onderwijs", acs, "Mijn Helpdesk po", "Examenkluis"
        )
        subsidy = self._provider("00000001999999980000", "Gemeente Voorbeeldstad", acs, "Subsidieloket")
        self.sps = {HELPDESK: helpdesk, SUBSIDY: subsidy, VAULT: helpdesk}
        self.sso = ""
        self.clock: Callable[[], datetime] = datetime.now
        self.certificate: Callable[[], x509.Certificate] | None = None
        self._asked: dict[str, str] = {}
        self.answers: list[Answer] = []
        self.faults: list[BaseException] = []

    @staticmethod
    def _provider(oin: str, owner: str, acs: dict[int, tuple[str, str]], *titles: str) -> ServiceProvider:
        """Its services are numbered from 1."""
        services = {n: (f"urn:etoegang:DV:{oin}:services:{n}", title) for n, title in enumerate(titles, 1)}
        entity_id = f"urn:etoegang:DV:{oin}:entities:9002"
        return ServiceProvider(entity_id=entity_id, services=services, acs=acs, organization=owner)

    def __enter__(self) -> CheckingSps:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *about: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Before the next person: no request is open, nothing was answered."""
        self._asked.clear()
        self.answers.clear()
        self.faults.clear()

    def _ask(self, query: dict[str, str]) -> str:
        """Where to send the browser: a signed request by redirect."""
        name = query.get("service", HELPDESK)
        sp, (index, level) = self.sps[name], _ASKED[name]
        request = sp.request(
            self.sso,
            level=level,
            now=self.clock(),
            children=query.get("children", ""),
            AttributeConsumingServiceIndex=index,
            ForceAuthn="true" if query.get("force") else "false",
        )
        self._asked[request.get("ID")] = name
        return f"{self.sso}?{sp.query(etree.tostring(request))}"

    def _log_out(self) -> str:
        """Where to send the browser that logged in last."""
        last = self.answers[-1]
        slo = self.sso.replace("/sso/", "/slo/")
        request = self.sps[HELPDESK].logout_request(
            slo, last.name_id, last.session, IssueInstant=instant(self.clock())
        )
        return f"{slo}?{self.sps[HELPDESK].query(etree.tostring(request))}"

    def _take(self, form: dict[str, str]) -> Answer:
        assert form.get("RelayState") == "rs-1", "the RelayState is another"
        xml = base64.b64decode(form["SAMLResponse"])
        assert errors_in(xml) == []
        assert self.certificate is not None
        message = verified(etree.fromstring(xml), self.certificate())
        name = self._asked.pop(message.get("InResponseTo"), None)
        assert name, "an answer to no request of ours, or a second one"
        assert message.get("Destination") == f"{self.base_url}/acs"
        codes = tuple(status(message))
        if codes != ("Success",):
            assert message.find("saml:Assertion", NS) is None, "no success, and an assertion all the same"
            return Answer(codes)
        return self._read(self.sps[name], message, codes)

    def _read(self, sp: ServiceProvider, message: etree._Element, codes: tuple[str, ...]) -> Answer:
        conditions = message.find("saml:Assertion/saml:Conditions", NS)
        now = self.clock()
        assert _instant(conditions, "NotBefore") <= now < _instant(conditions, "NotOnOrAfter")
        audience = conditions.findtext("saml:AudienceRestriction/saml:Audience", namespaces=NS)
        assert audience == sp.entity_id
        context = message.findtext(
            "saml:Assertion/saml:AuthnStatement/saml:AuthnContext/saml:AuthnContextClassRef", namespaces=NS
        )
        legal = identifiers(sp, message, "LegalSubjectID")
        acting = identifiers(sp, message, "ActingSubjectID")
        return Answer(
            codes,
            _LEVELS[context.removeprefix(LOA)],
            " and ".join(f"{kind} {value}" for kind, value in sorted(legal.items())),
            " ".join(acting.values()),
            _plain(message, BRANCH),
            _plain(message, BETWEEN),
            len(message.findall("saml:Assertion/saml:Advice/saml:Assertion", NS)),
            message.findtext("saml:Assertion/saml:Subject/saml:NameID", namespaces=NS),
            message.find("saml:Assertion/saml:AuthnStatement", NS).get("SessionIndex"),
            sp.entity_id,
        )

    def _handler(sps) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                split = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(split.query).items()}
                if split.path not in ("/login", "/logout"):
                    return self._page(404, "Niet hier")
                self.send_response(302)
                self.send_header("Location", sps._ask(query) if split.path == "/login" else sps._log_out())
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                try:
                    answer = sps._take({name: values[0] for name, values in parse_qs(body).items()})
                except Exception as fault:
                    sps.faults.append(fault)
                    return self._page(400, f"Geweigerd: {type(fault).__name__} {fault}")
                sps.answers.append(answer)
                return self._page(200, " ".join(answer.status))

            def _page(self, code: int, text: str) -> None:
                page = (
                    '<!doctype html><html lang="nl"><title>Dienst</title><link rel="icon" href="data:,">'
                    f'<h1 data-testid="landed">{text}</h1>'
                ).encode()
                self.send_response(code)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *arguments: Any) -> None:
                """The test reads ``answers`` and ``faults``."""

        return Handler


def asking(*attributes: str) -> str:
    """What a request has in it that asks for these attributes of the person or the company, all required."""
    listed = "".join(f'<md:RequestedAttribute Name="{name}" isRequired="true"/>' for name in attributes)
    return (
        '<samlp:Extensions><esp:RequestedAttributes xmlns:esp="urn:etoegang:1.9:samlp-extension" '
        f'xmlns:md="{NS["md"]}">{listed}</esp:RequestedAttributes></samlp:Extensions>'
    )


def _instant(element: etree._Element, name: str) -> datetime:
    return datetime.fromisoformat(element.get(name))


def _plain(message: etree._Element, name: str) -> str:
    found = message.xpath(
        "saml:Assertion/saml:AttributeStatement/saml:Attribute[@Name=$name]/saml:AttributeValue",
        namespaces=NS,
        name=name,
    )
    return " ".join("".join(value.itertext()).strip() for value in found)
