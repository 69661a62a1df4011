"""The broker's own steps: each decides again from the record, so a forged form or a later address leads nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from broker import answer
from broker.exchange_json import told
from broker.login import ADAPTER, KIND, LoginProblem, State
from suppliers.ask import Company, Level, Mandated, Outcome, Person, Word
from support.answers import (
    artifact_response,
    attribute,
    call,
    company,
    identifiers,
    resolve,
    response,
    status,
)
from support.browser import Browser, Page
from support.sp import NS, ServiceProvider
from support.walk import choose, kind, landed, login_id_of, options, walk

BY_POST = {"AssertionConsumerServiceIndex": "2"}


def stopped(page: Page, reason: str, http: int) -> None:
    """A page that says why, with a way on; and nothing for the provider."""
    assert page.by_testid("problem"), f"HTTP {page.status} at {page.url}:\n{page.readable}"
    assert page.by_testid("problem")[0].get("data-reason") == reason
    assert page.status == http
    assert not page.location
    assert not page.tree.forms
    again = any(text in page.readable for text in ("begin daar opnieuw", "start again there"))
    assert again or reason in ("not-offered", "no-identifier")


def events(bench: Any, login_id: str) -> list[str]:
    found = bench.exchanges.get(login_id)
    assert found is not None
    return [event.kind for event in found.events]


def move_clock(bench: Any, seconds: int) -> None:
    page = call(bench, "PUT", "/api/v1/clock", {"shift_seconds": seconds})
    assert page.status == 200, page.text


# Out of turn.


@pytest.mark.parametrize("slug", ["nobody", "", "../kpn", "KPN", "reconi "])
def test_a_supplier_that_was_not_offered_cannot_be_chosen(bench: Any, slug: str) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    got = browser.post(page.url, {"supplier": slug})
    if slug:
        stopped(got, "not-offered", 403)
        assert "choice-refused" in events(bench, login_id_of(page))
    else:
        assert got.status == 422
        assert got.by_testid("error-summary")
    assert company(bench, landed(walk(browser, browser.get(page.url)))) == {"KvKnr": "90000012"}


def test_a_supplier_that_does_not_reach_the_level_is_not_offered_and_not_taken(bench: Any) -> None:
    bench.rewrite(
        "\nservices:\n",
        f"\nservices:\n  mine:\n    name: Mine\n    provider: Me\n    service_id: {bench.sp.services[1][0]}\n"
        "    level: EH4\n    identifiers: [[KvKnr]]\n",
    )
    browser = bench.browser()
    page = bench.ask(browser, level="loa4")
    offered = page.tree.xpath('//select[@name="supplier"]/option/@value')
    levels = {offer.slug: max(offer.levels) for offer in bench.application.parts.suppliers.offers()}
    assert [slug for slug in offered if slug] == [slug for slug, top in levels.items() if top >= Level.EH4]
    low = next(slug for slug, top in levels.items() if top < Level.EH4)
    stopped(browser.post(page.url, {"supplier": low}), "not-offered", 403)


@pytest.mark.parametrize("step", ["choice", "login", "channel", "pin"])
def test_the_return_address_is_of_no_use_before_the_supplier_has_spoken(bench: Any, step: str) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until=step)
    assert kind(page) == step
    stopped(browser.get(f"/login/{login_id_of(page)}/return"), "no-word", 403)
    assert company(bench, landed(walk(browser, page))) == {"KvKnr": "90000012"}, "it harmed the login"


def test_going_straight_to_a_later_step_is_recorded(bench: Any) -> None:
    """Issue 2: refused and recorded."""
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    before = events(bench, login_id_of(page))
    browser.get(f"/login/{login_id_of(page)}/return")
    assert events(bench, login_id_of(page)) != before, "the exchange says nothing of the attempt"


def test_the_word_of_another_login_is_of_no_use(bench: Any) -> None:
    """One login is finished at the supplier; its neighbour's return address does not profit."""
    browser = bench.browser()
    mine, other = (walk(browser, bench.ask(browser), until="pin") for _ in range(2))
    walk(browser, mine)
    stopped(browser.get(f"/login/{login_id_of(other)}/return"), "no-word", 403)


def test_a_word_of_another_supplier_than_the_chosen_one_is_of_no_use(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    login = record(bench, page)
    forged = word(login.id, supplier="kpn")
    with pytest.raises(LoginProblem, match="no-word"):
        answer.finish(with_word(bench, forged), login)
    assert record(bench, page).state is State.CHOSEN


def record(bench: Any, page: Page) -> Any:
    return ADAPTER.validate_json(bench.application.parts.store.get(KIND, login_id_of(page)))


def word(login_id: str, **change: Any) -> Word:
    """A permit that is right for a login at Reconi."""
    usual = Word(
        id=login_id,
        supplier="reconi",
        outcome=Outcome.PERMIT,
        person=Person("m.devries", "subject-1", "Mieke de Vries"),
        level=Level.EH3,
        authenticated_at=None,
        mandate=Mandated(Company("regenboog", "De Regenboog", {"KvKnr": "90000012"}), Level.EH3),
    )
    return replace(usual, **change)


def with_word(bench: Any, said: Word) -> Any:
    """The parts of this broker, with suppliers that have said that."""
    parts = bench.application.parts

    class Spoken:
        offers = staticmethod(parts.suppliers.offers)
        word = staticmethod(lambda _: said)

    said = replace(said, authenticated_at=said.authenticated_at or parts.now())
    return replace(parts, suppliers=Spoken())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"level": Level.EH2_PLUS}, "EH2\\+ is below EH3"),
        (
            {"mandate": Mandated(Company("r", "R", {"KvKnr": "90000012"}), Level.EH2)},
            "EH2 is below EH3",
        ),
        ({"person": None}, "without person"),
        ({"mandate": None}, "without person"),
        ({"level": None}, "without person"),
        ({"mandate": Mandated(Company("r", "R", {}), Level.EH3)}, "no-identifier"),
        ({"mandate": Mandated(Company("r", "R", {"KvK": "90000012"}), Level.EH3)}, "no-identifier"),
    ],
    ids=[
        "means too low",
        "mandate too low",
        "nobody",
        "no mandate",
        "no level",
        "no number",
        "no such number",
    ],
)
def test_a_forged_word_gets_no_assertion(bench: Any, change: dict[str, Any], says: str) -> None:
    """The broker believes its suppliers in nothing that it can check itself."""
    browser = bench.browser()
    login = record(bench, walk(browser, bench.ask(browser), until="login"))
    assert answer.finish(with_word(bench, word(login.id)), login).fields, "the unforged one is good"

    login = record(bench, walk(browser, bench.ask(browser), until="login"))
    with pytest.raises(LoginProblem, match=says):
        answer.finish(with_word(bench, word(login.id, **change)), login)
    assert "answer" not in events(bench, login.id)


# Twice.


def finished(bench: Any, browser: Browser) -> tuple[str, Page]:
    page = walk(browser, bench.ask(browser), until="pin")
    walk(browser, page)
    return login_id_of(page), page


STEPS: dict[str, Callable[[Browser, str], Page]] = {
    "return": lambda browser, id_: browser.get(f"/login/{id_}/return"),
    "cancel": lambda browser, id_: browser.post(f"/login/{id_}/cancel", {}),
    "choose": lambda browser, id_: browser.post(f"/login/{id_}", {"supplier": "reconi"}),
    "choice page": lambda browser, id_: browser.get(f"/login/{id_}"),
    "language": lambda browser, id_: browser.get(f"/login/{id_}?lang=en"),
}
EACH_STEP = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)


@EACH_STEP
def test_after_the_answer_no_step_leads_anywhere(bench: Any, step: Callable[[Browser, str], Page]) -> None:
    browser = bench.browser()
    id_, _ = finished(bench, browser)
    stopped(step(browser, id_), "ended", 410)
    assert events(bench, id_).count("answer") == 1


@EACH_STEP
def test_after_a_cancel_no_step_leads_anywhere(bench: Any, step: Callable[[Browser, str], Page]) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    browser.submit(page, page.form("cancel"))
    stopped(step(browser, login_id_of(page)), "ended", 410)
    assert events(bench, login_id_of(page)).count("answer") == 1


@EACH_STEP
@pytest.mark.parametrize("id_", ["00000000-0000-4000-8000-000000000000", "%2e%2e", "x" * 3_000, "'--"])
def test_a_login_that_there_is_not_is_not_found(
    bench: Any, step: Callable[[Browser, str], Page], id_: str
) -> None:
    stopped(step(bench.browser(), id_), "unknown", 404)


@EACH_STEP
def test_after_half_an_hour_no_step_leads_anywhere(bench: Any, step: Callable[[Browser, str], Page]) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="pin")
    move_clock(bench, 1801)
    stopped(step(browser, login_id_of(page)), "late", 410)
    assert "answer" not in events(bench, login_id_of(page))


def test_within_half_an_hour_a_login_goes_on(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    move_clock(bench, 1790)
    assert kind(choose(browser, browser.get(page.url), "reconi")) == "login"


# What changes meanwhile.


@pytest.mark.parametrize("what", ["provider", "service"])
@pytest.mark.parametrize("at", ["choice", "pin"])
def test_what_is_withdrawn_from_the_metadata_gets_no_answer(bench: Any, what: str, at: str) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until=at)
    file = bench.home / "metadata" / "sp.xml"
    if what == "provider":
        file.unlink()
    else:
        file.write_bytes(bench.sp.metadata.replace(b":services:1", b":services:2"))
    bench.application.parts.configuration.refresh()

    last = choose(browser, page, "reconi") if at == "choice" else walk(browser, page)

    stopped(last, "withdrawn", 410)
    assert "answer" not in events(bench, login_id_of(page))


def test_two_tabs_with_two_logins_do_not_mix(bench: Any) -> None:
    """One browser, every step taken in turn: each tab gets its own person, company and RelayState."""
    browser = bench.browser()
    tabs = [
        bench.ask(browser, relay_state="one", **BY_POST),
        bench.ask(browser, relay_state="two", **BY_POST),
    ]
    people = [("m.devries", "reconi"), ("h.dijkstra", "kpn")]
    for step in ("login", "pin", "answer"):
        tabs = [walk(browser, page, *who, until=step) for page, who in zip(tabs, people, strict=True)]
    got = [landed(page) for page in tabs]
    assert [answer.fields["RelayState"] for answer in got] == ["one", "two"]
    assert [company(bench, answer) for answer in got] == [{"KvKnr": "90000012"}, {"RSIN": "999900031"}]


def test_an_artifact_that_another_provider_tried_is_still_good_for_its_own(bench: Any) -> None:
    other = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
    bench.trust(other, "other")
    artifact = bench.login().fields["SAMLart"]
    assert artifact_response(bench, resolve(bench, artifact, other)).find("samlp:Response", NS) is None
    assert artifact_response(bench, resolve(bench, artifact)).find("samlp:Response", NS) is not None


# Services and identifiers.


def test_a_service_that_the_catalogue_does_not_know_is_taken_from_the_metadata(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser, level=None)
    assert page.said("service") == "Testdienst"
    assert page.said("provider") == "Testorganisatie (fictief)"
    assert page.said("level") == "EH3"


@pytest.mark.parametrize(
    ("person", "supplier", "expected"),
    [
        ("m.devries", "reconi", {"KvKnr": "90000012"}),
        ("h.dijkstra", "kpn", {"RSIN": "999900031"}),
        ("g.jansen", "z-login", {"KvKnr": "90000039"}),
    ],
)
def test_it_gets_the_kvk_number_and_where_there_is_none_the_rsin(
    bench: Any, person: str, supplier: str, expected: dict[str, str]
) -> None:
    assert company(bench, bench.login(person, supplier)) == expected


def test_a_service_of_the_catalogue_is_what_the_catalogue_says(bench: Any) -> None:
    bench.rewrite(
        "\nservices:\n",
        f"\nservices:\n  mine:\n    name: {{nl: De mijne, en: Mine}}\n    provider: Ik\n"
        f"    service_id: {bench.sp.services[1][0]}\n    level: EH2+\n    identifiers: [[RSIN, KvKnr]]\n",
    )
    page = bench.ask(level=None)
    assert (page.said("service"), page.said("provider")) == ("De mijne", "Ik")
    assert page.said("level") == "EH2+"
    got = response(bench, bench.login(level="loa2plus", **BY_POST))
    assert identifiers(bench.sp, got, "LegalSubjectID") == {"RSIN": "999900006", "KvKnr": "90000012"}


def test_a_company_without_what_the_service_needs_gets_no_assertion(bench: Any) -> None:
    bench.rewrite(
        "\nservices:\n",
        f"\nservices:\n  mine:\n    name: Mine\n    provider: Me\n    service_id: {bench.sp.services[1][0]}\n"
        "    level: EH3\n    identifiers: [[RSIN]]\n",
    )
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "g.jansen", "z-login")
    assert kind(page) != "answer", "a company without an RSIN was let in where an RSIN is needed"


# The pseudonym.


def acting(bench: Any, sp: ServiceProvider, **how: Any) -> str:
    """How this provider knows the person who logs in."""
    browser = bench.browser()
    person, supplier, mandate = (how.pop(key, None) for key in ("person", "supplier", "mandate"))
    xml = sp.signed(sp.request(bench.sso, **BY_POST, **how))
    page = browser.post("/sso/1.13", sp.form(xml))
    last = walk(browser, page, person or "m.devries", supplier or "reconi", mandate=mandate)
    message = response(bench, landed(last))
    assert status(message) == ["Success"]
    (value,) = attribute(message, "ActingSubjectID")
    return str(sp.decrypt(value[0]).text)


def test_the_pseudonym_is_of_person_company_and_provider(bench: Any) -> None:
    """The same each time, also for another service or system of that provider; another one for all else."""
    oin = "urn:etoegang:DV:00000001777777770000"
    sibling = ServiceProvider(entity_id=f"{oin}:entities:9002", services={1: (f"{oin}:services:2", "Tweede")})
    stranger = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
    bench.trust(sibling, "sibling")
    bench.trust(stranger, "stranger")

    first = acting(bench, bench.sp)
    assert acting(bench, bench.sp) == first
    assert acting(bench, sibling) == first

    colleague = acting(bench, bench.sp, person="c.vandam")
    elsewhere = acting(bench, stranger)
    assert len({first, colleague, elsewhere}) == 3
    assert colleague.partition("@")[2] == first.partition("@")[2], "the part of company and provider"
    assert not set(elsewhere.split("@")) & set(first.split("@")), "neither part may be recognised elsewhere"


def test_the_pseudonym_of_one_person_differs_by_company(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), "t.mulder", until="mandate")
    choices = options(page)
    assert len(choices) == 2
    pseudonyms = [acting(bench, bench.sp, person="t.mulder", mandate=choice) for choice in choices]
    one, other = (set(pseudonym.split("@")) for pseudonym in pseudonyms)
    assert not one & other, "neither part may be recognised at another company"
    assert acting(bench, bench.sp, person="t.mulder", mandate=choices[0]) == pseudonyms[0]


# Cancel.


def assert_cancelled(bench: Any, page: Page) -> None:
    got = landed(page)
    message = response(bench, got)
    assert status(message) == ["Responder", "AuthnFailed"]
    assert message.find("saml:Assertion", NS) is None
    assert got.fields["RelayState"] == "rs-1"
    (exchange,) = bench.exchanges.recent()
    assert exchange.outcome == "cancelled"


def test_cancel_on_the_choice_page_answers_the_provider(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    assert_cancelled(bench, browser.submit(page, page.form("cancel")))


PAGES = [
    *(("digidentity", "a.yilmaz", step) for step in ("login", "password", "channel", "pin")),
    *(("kpn", "p.bakker", step) for step in ("login", "channel", "pin")),
    *(("quovadis", "s.visser", step) for step in ("login", "pin")),
    *(("reconi", "t.mulder", step) for step in ("login", "channel", "pin", "mandate")),
    *(("we-id", "j.smit", step) for step in ("login", "password", "channel", "pin")),
    *(("z-login", "f.elamrani", step) for step in ("login", "channel", "pin")),
]


@pytest.mark.parametrize(("supplier", "person", "step"), PAGES)
def test_cancel_on_each_page_of_each_supplier_answers_the_provider(
    bench: Any, supplier: str, person: str, step: str
) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), person, supplier, until=step.replace("password", "login"))
    if step == "password":
        page = browser.submit(page, page.form("next"), username=person)
        assert page.by_testid("password"), page.readable
    else:
        assert kind(page) == step, f"{supplier} has no page {step}"
    assert_cancelled(bench, browser.submit(page, page.form("cancel")))


@pytest.mark.parametrize("person", ["k.dekker", "r.peters", "b.willems", "n.postma"])
def test_cancel_on_a_page_that_says_no_answers_the_provider(bench: Any, person: str) -> None:
    """No mandate, expired, too low: nothing goes to the provider until the person cancels."""
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), person)
    assert kind(page) != "answer", f"{person} was let in"
    assert bench.exchanges.recent()[0].outcome == "under-way"
    assert_cancelled(bench, browser.submit(page, page.form("cancel")))


def test_cancel_by_artifact_and_by_post_are_the_same_answer(bench: Any) -> None:
    found = []
    for index in ("1", "2"):
        browser = bench.browser()
        page = bench.ask(browser, AssertionConsumerServiceIndex=index)
        found.append(response(bench, landed(browser.submit(page, page.form("cancel")))))
    assert [status(message) for message in found] == [["Responder", "AuthnFailed"]] * 2


# What is recorded.


def test_the_exchange_tells_the_whole_login_in_order(bench: Any) -> None:
    landed_ = bench.login()
    company(bench, landed_)
    (exchange,) = json.loads(call(bench, "GET", "/api/v1/exchanges?full=true").body)["exchanges"]
    assert (exchange["outcome"], exchange["person"], exchange["sp"]) == (
        "success",
        "m.devries",
        bench.sp.entity_id,
    )
    order = events(bench, exchange["id"])
    wanted = "request choice supplier-opened password-right pin-sent pin-right word-given answer resolve"
    assert [kind for kind in order if kind in wanted.split()] == wanted.split()
    assert exchange["request"]["xml"].startswith("<samlp:AuthnRequest")
    assert exchange["answer"]["status"] == ["urn:oasis:names:tc:SAML:2.0:status:Success"]


def test_no_password_and_no_pin_is_in_the_exchange_or_in_a_log_line(
    bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    bench.login()
    text = json.dumps([told(exchange) for exchange in bench.exchanges.recent()])
    for secret in ("Welkom-123", "123456"):
        assert secret not in text
        assert secret not in caplog.text


@pytest.mark.parametrize("kind_", ["unknown", "used"])
def test_an_artifact_that_cannot_be_had_does_not_look_like_a_login_under_way(bench: Any, kind_: str) -> None:
    artifact = "AAQA"
    if kind_ == "used":
        artifact = bench.login().fields["SAMLart"]
        resolve(bench, artifact)
    resolve(bench, artifact)
    assert "under-way" not in {exchange.outcome for exchange in bench.exchanges.recent()}


def test_the_page_that_posts_the_answer_is_in_the_language_of_the_login(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser, AssertionConsumerServiceIndex="2")
    page = browser.get(page.url + "?lang=en")
    assert browser.submit(page, page.form("cancel")).heading == "You are being sent back"
