"""Mistakes in where it goes, and which service is meant."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from sp_mistakes.messages import asking
from sp_mistakes.stage import Mistake, Stage
from support.answers import call
from support.sp import ARTIFACT, POST, REDIRECT

ACS = "http://localhost:9/acs/artifact"
BY_URL = {"AssertionConsumerServiceIndex": None, "ProtocolBinding": ARTIFACT}


def to(change: Any) -> Any:
    return lambda stage: stage.post(stage.signed(destination=change(stage.sso)))


def by_url(url: str) -> Any:
    return asking(**BY_URL, AssertionConsumerServiceURL=url)


def of(who: str, **how: Any) -> Any:
    return lambda stage: stage.post(stage.signed(stage.others[who], **how))


def host_in_capitals(url: str) -> str:
    host = urlsplit(url).netloc
    return url.replace(host, host.upper())


def no_destination(stage: Stage) -> object:
    request = stage.sp.request(stage.sso)
    del request.attrib["Destination"]
    return stage.post(stage.sp.signed(request))


def at_address(path: str, method: str = "POST") -> Any:
    def send(stage: Stage) -> object:
        return call(stage.bench, method, path, urlencode(stage.sp.form(stage.signed())).encode())

    return send


MISTAKES = (
    Mistake("an address without the version", ("AR-01",), "/sso/1.13", at_address("/sso"), "POST /sso"),
    Mistake("an address with a slash behind it", ("AR-01",), "no slash behind it", at_address("/sso/1.13/"), "/sso/1.13/"),
    Mistake("an address of a version that is not there", ("AR-01",), "/sso/1.13", at_address("/sso/1.12"), "/sso/1.12"),
    Mistake("PUT", ("AR-01",), "by no other method", at_address("/sso/1.13", "PUT"), "PUT"),
    Mistake("Destination is a path", ("AR-08",), "the whole address", to(lambda url: "/sso/1.13")),
    Mistake("Destination with a fragment", ("AR-08",), "fragment", to(lambda url: url + "#login")),
    Mistake("Destination with a slash behind it", ("AR-08",), "slash at the end", to(lambda url: url + "/")),
    Mistake("Destination with https for http", ("AR-08",), "instead of https", to(lambda url: url.replace("http:", "https:"))),
    Mistake("Destination with a blank behind it", ("AR-08",), "white space", to(lambda url: url + " ")),
    Mistake("Destination with the port that another machine has", ("AR-08",), "port", to(lambda url: url.replace(":8080", ":8443"))),
    Mistake("Destination without the port", ("AR-08",), "port", to(lambda url: url.replace(":8080", ""))),
    Mistake("Destination by another name of the host", ("AR-08",), "name of the host", to(lambda url: url.replace(urlsplit(url).hostname, "broker.test"))),
    Mistake("Destination in capitals", ("AR-08",), "capitals", to(lambda url: url.replace("/sso", "/SSO"))),
    Mistake("Destination is the address for another version", ("AR-08",), "version", to(lambda url: url.replace("1.13", "1.11"))),
    Mistake("Destination with a query", ("AR-08",), "query", to(lambda url: url + "?tenant=1")),
    Mistake("Destination is the entity id of the broker", ("AR-08",), "SingleSignOnService", to(lambda url: "urn:etoegang:HM:00000003999999990000:entities:9001")),
    Mistake("Destination is the artifact service", ("AR-08",), "SingleSignOnService", to(lambda url: url.replace("sso", "ars"))),
    Mistake("Destination is percent-encoded", ("AR-08",), "without percent-encoding", to(lambda url: quote(url, safe=""))),
    Mistake("Destination is a placeholder", ("AR-08",), "placeholder", to(lambda url: "${HM_SSO_URL}")),
    Mistake("Destination is empty", ("AR-08",), "SingleSignOnService", to(lambda url: "")),
    Mistake("Destination with two slashes", ("AR-08",), "one of the slashes", to(lambda url: url.replace("/sso", "//sso"))),
    Mistake("Destination is left out", ("AR-08",), "SingleSignOnService", no_destination),
    Mistake("an index that is not in the metadata", ("AR-14",), "your metadata has", asking(AssertionConsumerServiceIndex="7"), '"7"'),
    Mistake("an index that counts from 0", ("AR-14",), "your metadata has", asking(AssertionConsumerServiceIndex="0")),
    Mistake("white space around the index", ("AR-14",), "white space around the index", asking(AssertionConsumerServiceIndex=" 1 ")),
    Mistake("the index with a sign", ("AR-14",), "without a sign", asking(AssertionConsumerServiceIndex="+1")),
    Mistake("white space before the service index", ("AR-19",), "white space around the index", asking(AttributeConsumingServiceIndex=" 1")),
    Mistake("the index is a word", ("AR-14",), "your metadata has", asking(AssertionConsumerServiceIndex="artifact")),
    Mistake("the index is empty", ("AR-14",), "your metadata has", asking(AssertionConsumerServiceIndex="")),
    Mistake("a return address of another environment", ("AR-16",), "new metadata", by_url("https://acc.sp.example/acs")),
    Mistake("a return address that is percent-encoded", ("AR-16",), "without percent-encoding", by_url(quote(ACS, safe=""))),
    Mistake("a return address with a slash behind it", ("AR-16",), "slash at the end", by_url(ACS + "/")),
    Mistake("a return address with https for http", ("AR-16",), "instead of https", by_url(ACS.replace("http:", "https:"))),
    Mistake("a return address with a query", ("AR-16",), "query", by_url(ACS + "?next=/")),
    Mistake("a return address on 127.0.0.1 for localhost", ("AR-16",), "name of the host", by_url(ACS.replace("localhost", "127.0.0.1"))),
    Mistake("the answer asked by POST", ("AR-18",), "by artifact", asking(AssertionConsumerServiceIndex=None, ProtocolBinding=POST)),
    Mistake("the answer asked by redirect", ("AR-18",), "by artifact", asking(AssertionConsumerServiceIndex=None, ProtocolBinding=REDIRECT)),
    Mistake("the binding by its short name", ("AR-18",), "by artifact", asking(AssertionConsumerServiceIndex=None, ProtocolBinding="HTTP-Artifact")),
    Mistake("both index and address", ("AR-15",), "AssertionConsumerServiceIndex", asking(AssertionConsumerServiceURL=ACS)),
    Mistake("a service index that is not in the metadata", ("AR-19",), "AttributeConsumingServiceIndex that your metadata has", asking(AttributeConsumingServiceIndex="9052")),
    Mistake("the service index is empty", ("AR-19",), "AttributeConsumingServiceIndex that your metadata has", asking(AttributeConsumingServiceIndex="")),
    Mistake("the ServiceID as service index", ("AR-19",), "AttributeConsumingServiceIndex that your metadata has", asking(AttributeConsumingServiceIndex="urn:etoegang:DV:00000001777777770000:services:1")),
    Mistake("no service index, and no default", ("AR-19",), "default", of("fickle", AttributeConsumingServiceIndex=None)),
    Mistake("a service without ServiceID", ("AR-20",), "whose Name is the ServiceID", of("vague")),
    Mistake("a service that the catalogue has not", ("AR-20-catalogue",), "service catalogue", of("unlisted")),
)  # fmt: skip
