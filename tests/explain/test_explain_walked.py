"""What is explained is what happens: for everybody of the default YAML, at every service and supplier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.explaining import Question, Scene, explained
from support.sp import ServiceProvider
from support.walk import choose, kind, login_id_of
from support.walk_panel import walk_as

if TYPE_CHECKING:
    from conftest import Bench

SERVICES = {
    "mijn-helpdesk-po": "urn:etoegang:DV:00000001999999990000:services:1",
    "subsidieloket": "urn:etoegang:DV:00000001999999980000:services:1",
    "examenkluis": "urn:etoegang:DV:00000001999999990000:services:2",
}
LEVELS = {"mijn-helpdesk-po": "loa3", "subsidieloket": "loa2plus", "examenkluis": "loa4"}


@pytest.fixture(scope="module")
def three_services() -> ServiceProvider:
    return ServiceProvider(services={n: (id_, key) for n, (key, id_) in enumerate(SERVICES.items(), 1)})


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("supplier", ["digidentity", "kpn", "quovadis", "reconi", "we-id", "z-login"])
def test_everybody_comes_where_the_explanation_says(
    bench: Bench, three_services: ServiceProvider, service: str, supplier: str
) -> None:
    bench.trust(three_services)
    bench.sp = three_services
    desk = bench.application.parts.suppliers
    parts = bench.application.parts
    scene = Scene(parts.current, desk, parts.now())
    number = str(1 + list(SERVICES).index(service))
    wrong: list[str] = []
    for person in scene.register.people.values():
        theirs = [means for means in person.means if means.supplier == supplier]
        if not theirs:
            found = explained(scene, Question(person.key, service, supplier=supplier))
            assert not found.passes, f"{person.key} has nothing to log in with at {supplier}"
        for means in theirs:
            found = explained(scene, Question(person.key, service, supplier=supplier, means=means.username))
            browser = bench.browser()
            page = bench.ask(browser, level=LEVELS[service], AttributeConsumingServiceIndex=number)
            offered = supplier in page.tree.xpath('//select[@name="supplier"]/option/@value')
            ended = "choice"
            if offered:
                page = choose(browser, page, supplier)
                login = login_id_of(page)
                ended = kind(walk_as(bench, browser, page, means.username))
            last = found.explanation.steps[-1]
            if ended != (last.ends or "answer") or found.passes is not (ended == "answer"):
                wrong.append(f"{means.username}: explained {last.text.en!r}, came to {ended}")
            if ended == "answer":
                given, word = found.explanation.given, parts.exchanges.get(login).last("word-given")
                assert given
                told = (given.company.key, given.level, given.branch)
                assert told == (word["company"], word["level"], word["branch"]), means.username
    assert not wrong, "\n".join(wrong)
