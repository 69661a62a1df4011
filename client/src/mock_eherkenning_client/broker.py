"""One broker as a test sees it: the calls of its API, under the names that they have there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.etree import ElementTree

from mock_eherkenning_client.api import Api, part
from mock_eherkenning_client.errors import ClientError, NoBroker, RoadStopped
from mock_eherkenning_client.exchanges import Exchanges
from mock_eherkenning_client.logging_in import Answer, Landing, Road, authn_request
from mock_eherkenning_client.records import Clock, Inbox, Records
from mock_eherkenning_client.scenarios import MATCH, Armed, Scenarios
from mock_eherkenning_client.seen import Seen
from mock_eherkenning_client.transports import transport_of

TAG_HEADER = "Mock-Eherkenning-Tag"
TAG_COOKIE = "mock_eherkenning_tag"
_MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"


class Broker:
    """``url`` is the broker's address for API and browser. With a ``tag`` all that is made is seen by logins of that
    tag only, and dropped by ``reset``; without one by everybody.

    ``close`` stops the broker if it was started for this object.
    """

    def __init__(
        self,
        url: str,
        *,
        tag: str = "",
        token: str | None = None,
        ca: str | None = None,
        stop: Callable[[], None] | None = None,
        api: Api | None = None,
    ) -> None:
        self.api = api or Api(url, token, ca)
        self.url = self.api.url
        self.tag = tag
        self._stop = stop
        self.rooms: list[Broker] = []
        """Those that ``tagged`` gave."""

    def __repr__(self) -> str:
        return f"Broker({self.url!r}, tag={self.tag!r})"

    def __enter__(self) -> Broker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.api.close()
        if self._stop is not None:
            stop, self._stop = self._stop, None
            stop()

    @property
    def is_started(self) -> bool:
        """Whether it was started for these tests; another was there before them."""
        return self._stop is not None

    def held_by(self, let_go: Callable[[], None]) -> Broker:
        """The same broker, of which ``close`` does this and no more."""
        self._stop = let_go
        return self

    def tagged(self, tag: str = "") -> Broker:
        """The same broker with a tag of its own; one that nobody else has where none is given. ``exchanges.wait_for``
        looks from this moment on."""
        made = Broker(self.url, tag=tag or f"t-{secrets.token_hex(8)}", api=self.api)
        _ = made.exchanges  # from here on its logins count
        self.rooms.append(made)
        return made

    def all_rooms(self) -> list[Broker]:
        """This one and all that were tagged from it, and from those."""
        return [self, *(inner for room in self.rooms for inner in room.all_rooms())]

    @property
    def ca(self) -> str | None:
        """A file with the CA of a broker that speaks https, for who else calls it: your provider, for its artifacts."""
        return self.api.ca

    @property
    def metadata_url(self) -> str:
        return f"{self.url}/metadata"

    @cached_property
    def metadata(self) -> bytes:
        """As it was at first use."""
        status, raw, _ = self.api.send("GET", "/metadata")
        if status != 200:
            raise NoBroker(f"what answers at {self.url} is no mock broker: GET /metadata gave {status}")
        return raw

    @property
    def entity_id(self) -> str:
        return str(self._root.get("entityID"))

    @property
    def sso_urls(self) -> list[str]:
        """Where it takes AuthnRequests."""
        found = self._root.iter(f"{_MD}SingleSignOnService")
        return list(dict.fromkeys(str(one.get("Location")) for one in found))

    @cached_property
    def _root(self) -> ElementTree.Element:
        root = ElementTree.fromstring(self.metadata)  # noqa: S314 - of a broker that the tests trust already
        inner = root.find(f".//{_MD}EntityDescriptor")
        return root if inner is None else inner

    def trust(self, metadata: str | Path | bytes) -> list[str]:
        """Trust a service provider by its metadata, or take in a service catalogue: a path, an http(s) URL that the
        broker fetches, or the XML. Replaces what was there under the same entity id. The entity ids."""
        url = str(metadata) if str(metadata).startswith(("http://", "https://")) else ""
        xml = b"" if url else _xml(metadata)
        body = {"url": url} if url else None
        query = {"tag": self.tag, "replace": True}
        made = self.api.call("POST", "/service-providers", body, xml=None if url else xml, query=query)
        return [str(one.entity_id) for one in made.service_providers] + [
            str(one.id) for one in made.service_catalogues
        ]

    # Logging in.

    def login(
        self,
        start_url: str,
        person: str = "",
        app: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        ca: str | bool | None = None,
        **how: Any,
    ) -> Landing:
        """Log in at a service provider without a browser, from its start page to where the person lands.

        ``app`` is the provider's test client or WSGI application, so that it needs no port. ``headers`` go with every
        request to it; ``ca`` is a file with the CA of its certificate, False for none that counts. ``how`` goes to
        ``POST /api/v1/logins/{id}/complete``: supplier, company, client, branch, password, pin, channel, card,
        consent, cancel and so on.

        Raises NeverAtBroker, RequestRefused, RoadStopped.
        """
        __tracebackhide__ = True
        way, exchanges = transport_of(app, ca), self.exchanges
        road = Road(way, lambda: self.sso_urls, self.metadata_url, headers or {})
        try:
            answer = self._answer(road.to_broker(start_url).body(), person, how)
        except RoadStopped as stopped:
            login = stopped.login
            stopped._cancel = lambda: Landing.of(self.cancel(login), road, exchanges.get)
            raise
        return Landing.of(answer, road, exchanges.get)

    def answer_for(self, request: Any, person: str = "", *, sso: str = "", **how: Any) -> Answer:
        """The finished answer to an AuthnRequest that your test has: form fields, a URL or its query, the XML, or the
        page with the form. ``sso`` is the address that it was meant for, where the request does not say."""
        __tracebackhide__ = True
        return self._answer(authn_request(request, sso).body(), person, how)

    def _answer(self, body: dict[str, Any], person: str, how: Mapping[str, Any]) -> Answer:
        __tracebackhide__ = True
        if self.tag:
            body["tag"] = self.tag
        if how.get("language"):
            body["language"] = how["language"]
        begun: Seen = self.api.call("POST", "/logins", body)
        if "outcome" not in begun:
            given = {name: value for name, value in how.items() if value is not None}
            given.update({"person": person} if person else {})
            try:
                return Answer.of(self.api.call("POST", f"/logins/{part(begun.id)}/complete", given))
            except RoadStopped as stopped:
                stopped.login = begun.id
                raise
        return Answer.of(begun)

    def cancel(self, login: str) -> Answer:
        """Press "Annuleren" on the page where this login is, also one of a browser: the answer that says so. Its id is
        in the address of its pages, and in RoadStopped."""
        return Answer.of(self.api.call("POST", f"/logins/{part(login)}/cancel"))

    def drive(self, page: Any, person: str, **how: Any) -> str:
        """Take every step on the pages of the broker and its suppliers in a real browser: ``page`` is a page of
        Playwright (sync) or a driver of Selenium. The URL after the last step. See ``driving.drive``."""
        from mock_eherkenning_client.driving import drive

        return drive(self, page, person, **how)

    def tag_browser(self, page: Any) -> None:
        """Have the logins of this browser counted to the tag, by a cookie at the broker: call it before the login."""
        from mock_eherkenning_client.driving import tag_browser

        tag_browser(self, page)

    # What there is.

    @cached_property
    def exchanges(self) -> Exchanges:
        return Exchanges(self.api, self.tag)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.api, self.tag)

    @cached_property
    def clock(self) -> Clock:
        return Clock(self.api, self.tag)

    @cached_property
    def people(self) -> Records:
        return Records(self.api, self.tag, "people")

    @cached_property
    def companies(self) -> Records:
        return Records(self.api, self.tag, "companies")

    @cached_property
    def mandates(self) -> Records:
        return Records(self.api, self.tag, "mandates")

    @cached_property
    def services(self) -> Records:
        return Records(self.api, self.tag, "services")

    @cached_property
    def scenarios(self) -> Scenarios:
        return Scenarios(self.api, self.tag)

    def scenario(self, name: str, *, times: int = 1, **match_and_params: Any) -> Armed:
        """Arm a scenario for the next login that fits sp, service, person and relay_state, as far as they are given;
        the rest are the scenario's own parameters. ``times`` 0 is always. Use it by itself, or with ``with``."""
        match = {key: match_and_params.pop(key) for key in MATCH if key in match_and_params}
        return self.scenarios.arm(name, times=times, match=match, params=match_and_params)

    def register(
        self,
        *,
        people: Mapping[str, Mapping[str, Any]] | None = None,
        companies: Mapping[str, Mapping[str, Any]] | None = None,
        services: Mapping[str, Mapping[str, Any]] | None = None,
        mandates: list[Mapping[str, Any]] | None = None,
    ) -> None:
        """Make several records at once, in the order in which they refer to each other."""
        for records, given in ((self.services, services), (self.companies, companies), (self.people, people)):
            for key, record in (given or {}).items():
                records.put(key, record)
        for mandate in mandates or []:
            self.mandates.add(mandate)

    def explain(self, person: str, service: str, **question: Any) -> Seen:
        """Why a login would pass or fail, step by step, with the line of the YAML that decides."""
        found: Seen = self.api.get("/explain", person=person, service=service, tag=self.tag, **question)
        return found

    def state(self) -> Seen:
        found: Seen = self.api.get("/state")
        return found

    def reset(self, what: str = "") -> Seen:
        """Drop all that was made with this tag; without a tag everything that happened since the start."""
        found: Seen = self.api.call("POST", "/reset", query={"tag": self.tag, "what": what})
        return found

    @property
    def testids(self) -> Mapping[str, str]:
        """What Selenium and Playwright look for: the ``data-testid`` of each thing on the way of a login."""
        from mock_eherkenning_client.testids import TESTIDS

        return TESTIDS


def _xml(given: str | Path | bytes) -> bytes:
    if isinstance(given, bytes):
        return given
    if isinstance(given, str) and given.lstrip().startswith("<"):
        return given.encode()
    try:
        return Path(given).read_bytes()
    except OSError as error:
        raise ClientError(
            f"trust({str(given)!r}): {error.strerror}; give a path, an http(s) URL, or the XML"
        ) from None
