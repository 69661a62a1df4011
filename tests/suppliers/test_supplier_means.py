"""States of a means: what is counted, what blocks and unblocks, and what a person reads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
from supplier_web import URL, codes, log_in, opened, said, shown, web_of
from supplier_world import NOW, PASSWORD, World, ask, credentials, mandate, person, register

from broker.store import Store
from broker.store.memory import MemoryStore
from broker.store.sqlite import SqliteStore
from suppliers import accounts as accounts_module
from suppliers.accounts import MOST_WRONG, Accounts, Standing, must_renew, standing, stranger
from suppliers.ask import Level
from suppliers.passwords import problems_of
from suppliers.profiles import Profile, load_profiles
from suppliers.register.model import Means, MeansStatus
from suppliers.wording import TEXTS

JAN = Means("reconi", "jan", PASSWORD, Level.EH3)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "state.sqlite")


def at_once(work: Callable[[int], object], many: int = 20) -> list[object]:
    gate = Barrier(many)

    def go(n: int) -> object:
        gate.wait()
        return work(n)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(go, range(many)))


# Counting.


def test_three_wrong_passwords_in_a_row_block_and_the_right_one_is_of_no_use_then(store: Store):
    accounts = Accounts(store)
    assert [accounts.guess(JAN, "wrong").left for _ in range(4)] == [2, 1, 0, 0]
    assert not accounts.guess(JAN, PASSWORD).right


def test_a_right_password_in_between_sets_the_count_back(store: Store):
    accounts = Accounts(store)
    accounts.guess(JAN, "wrong")
    accounts.guess(JAN, "wrong")
    assert accounts.guess(JAN, PASSWORD).right
    assert accounts.of(JAN).wrong == 0
    assert accounts.guess(JAN, "wrong").left == 2


def test_twenty_guesses_at_once_block_after_exactly_three(store: Store):
    accounts = Accounts(store)
    left = sorted(guess.left for guess in at_once(lambda n: accounts.guess(JAN, f"wrong-{n}")))  # type: ignore[attr-defined]
    assert left == [0] * 18 + [1, 2]
    assert accounts.of(JAN).wrong == MOST_WRONG


def test_none_of_twenty_guesses_at_once_goes_uncounted(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(accounts_module, "MOST_WRONG", 100)
    accounts = Accounts(store)
    at_once(lambda n: accounts.guess(JAN, f"wrong-{n}"))
    assert accounts.of(JAN).wrong == 20


def test_two_processes_count_together(tmp_path: Path):
    here, there = (Accounts(SqliteStore(tmp_path / "state.sqlite")) for _ in range(2))
    here.guess(JAN, "wrong")
    there.guess(JAN, "wrong")
    assert here.guess(JAN, "wrong").left == 0
    assert there.of(JAN).blocked


@pytest.mark.parametrize(
    "said",
    [
        replace(JAN, status=MeansStatus.ACTIVE),
        replace(JAN, password="Anders-1"),
        replace(JAN, until=date(2030, 1, 1)),
    ],
    ids=["status: active", "another password", "another date"],
)
def test_a_block_goes_when_the_file_says_anything_else_of_this_means(store: Store, said: Means):
    accounts = Accounts(store)
    for _ in range(3):
        accounts.guess(JAN, "wrong")
    assert not accounts.of(said).blocked
    assert accounts.guess(said, said.password).right


def test_a_move_within_the_file_keeps_the_block(store: Store):
    accounts = Accounts(store)
    for _ in range(3):
        accounts.guess(JAN, "wrong")
    moved = person("jan").means[0]
    assert accounts.of(moved).blocked


def test_unblocking_lifts_the_block_and_keeps_the_password_that_was_chosen(store: Store):
    accounts = Accounts(store)
    accounts.set_password(JAN, "Eigen-keuze")
    for _ in range(3):
        accounts.guess(JAN, "wrong")
    assert accounts.unblock(JAN)
    assert not accounts.unblock(JAN)
    assert accounts.guess(JAN, "Eigen-keuze").right


def test_a_new_password_does_not_lift_a_block(store: Store):
    accounts = Accounts(store)
    for _ in range(3):
        accounts.guess(JAN, "wrong")
    accounts.set_password(JAN, "Eigen-keuze")
    assert accounts.of(JAN).blocked


def test_putting_the_password_back_brings_that_of_the_file_and_the_duty_to_renew(store: Store):
    accounts, means = Accounts(store), replace(JAN, renew=True)
    assert must_renew(means, accounts.of(means))
    accounts.set_password(means, "Eigen-keuze")
    assert not must_renew(means, accounts.of(means))
    assert not accounts.guess(means, PASSWORD).right
    accounts.reset_password(means)
    assert accounts.guess(means, PASSWORD).right
    assert must_renew(means, accounts.of(means))


@pytest.mark.parametrize("given", ["", " ", "anything"])
def test_no_password_is_right_for_a_name_that_nobody_has(store: Store, given: str):
    assert not Accounts(store).guess(stranger("reconi", "nobody"), given).right


def test_a_name_that_nobody_has_leaves_nothing_behind_for_its_later_owner(store: Store):
    accounts = Accounts(store)
    for _ in range(3):
        accounts.guess(stranger("reconi", "jan"), "wrong")
    assert accounts.guess(JAN, PASSWORD).right
    assert [key for key, _ in store.records(accounts_module.STRANGER) if "jan" in key] == []


def test_secrets_stay_out_of_the_repr():
    accounts = Accounts(MemoryStore())
    accounts.set_password(JAN, "Eigen-keuze")
    assert "Eigen-keuze" not in repr(accounts.of(JAN))
    assert PASSWORD not in repr(JAN)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Standing.ACTIVE),
        ({"until": date(2026, 11, 22)}, Standing.ACTIVE),
        ({"until": date(2026, 11, 21)}, Standing.EXPIRED),
        ({"status": MeansStatus.SUSPENDED, "until": date(2020, 1, 1)}, Standing.SUSPENDED),
        ({"status": MeansStatus.REVOKED}, Standing.REVOKED),
        ({"status": MeansStatus.BLOCKED}, Standing.BLOCKED),
    ],
)
def test_the_file_says_what_a_means_is(changes: dict[str, object], expected: Standing):
    means = replace(JAN, **changes)  # type: ignore[arg-type]
    assert standing(means, Accounts(MemoryStore()).of(means), date(2026, 11, 22)) is expected


# A new password.


@pytest.mark.parametrize(
    ("new", "again", "problem"),
    [
        ("", "", "new_password.empty"),
        (" " * 8, " " * 8, "new_password.empty"),
        ("kort", "kort", "new_password.short"),
        ("x" * 129, "x" * 129, "new_password.long"),
        (PASSWORD, PASSWORD, "new_password.same"),
        ("Lang-genoeg", "Lang-genoeg!", "repeat_password.differs"),
    ],
)
def test_what_is_wrong_with_a_new_password(new: str, again: str, problem: str):
    form = {"new_password": new, "repeat_password": again}
    found = problems_of(form, JAN, Accounts(MemoryStore()).of(JAN))
    assert [one.key for one in found] == [problem]


def test_the_password_that_was_chosen_is_the_current_one_not_that_of_the_file():
    accounts = Accounts(MemoryStore())
    accounts.set_password(JAN, "Eigen-keuze")

    def problems(new: str) -> list[str]:
        form = {"new_password": new, "repeat_password": new}
        return [one.key for one in problems_of(form, JAN, accounts.of(JAN))]

    assert problems("Eigen-keuze") == ["new_password.same"]
    assert problems(PASSWORD) == []


def test_who_must_renew_chooses_a_password_and_logs_in_with_it_from_then_on(world: World):
    world.register = register((person("jan", renew=True),), (mandate("m", "jan", "linde"),))
    web = opened(world)
    log_in(web, "jan")
    page = web.post(f"{URL}/3", data={"pin": world.pin}, follow_redirects=True)
    assert shown(page) == "renew"
    assert codes(web.post(page.request.path, data={"new_password": "kort"})) == ["new_password.short"]
    form = {"new_password": "Nieuw-wachtwoord", "repeat_password": "Nieuw-wachtwoord"}
    assert web.post(page.request.path, data=form).location == "/broker/login-1/answer"
    assert world.told("password-renewed") == [{"username": "jan"}]
    web = opened(world, id="login-2")
    again = URL.replace("login-1", "login-2")
    assert codes(log_in(web, "jan", PASSWORD, again)) == ["login.wrong"]
    assert shown(log_in(web, "jan", "Nieuw-wachtwoord", again)) == "pin"
    assert "Nieuw-wachtwoord" not in str(world.events)


# What a person reads while guessing.


@pytest.mark.parametrize("who", ["jan", "nobody", "kees"])
def test_wrong_guesses_read_the_same_whether_or_not_the_name_is_known(world: World, who: str):
    web = opened(world)
    read = []
    for _ in range(4):
        page = log_in(web, who, "wrong")
        read.append((page.status_code, *codes(page), said(page, "error-username")))
    assert [text for *_, text in read] == [
        "Fout: De gebruikersnaam of het wachtwoord klopt niet. Controleer beide. U kunt het nog 2 keer proberen.",
        "Fout: De gebruikersnaam of het wachtwoord klopt niet. Controleer beide. U kunt het nog 1 keer proberen.",
        *["Fout: " + TEXTS["login.blocked"].nl.format(supplier="Reconi")] * 2,
    ]
    assert {status for status, *_ in read} == {422}
    assert said(page, "reference").startswith("login-1")


def test_guesses_for_an_unknown_name_count_over_several_visits_like_those_for_a_known_one(world: World):
    for n, left in enumerate(["2 keer", "1 keer", "geblokkeerd"]):
        for who in ("jan", "nobody"):
            web = opened(world, id=f"login-{n}-{who}")
            assert left in said(
                log_in(web, who, "wrong", f"/supplier/reconi/login-{n}-{who}"), "error-username"
            )


def test_the_exchange_log_tells_the_tester_which_of_the_two_it_was(world: World):
    web = opened(world)
    for who in ("jan", "nobody"):
        log_in(web, who, "wrong")
    known, unknown = world.told("password-wrong")
    assert known == {"username": "jan", "left": 2, "place": "-"}
    assert unknown == {"username": "no…", "length": 6, "known": False, "left": 2}


def test_a_blocked_means_stays_blocked_over_visits_until_the_tester_lifts_it(world: World):
    web = opened(world)
    for _ in range(3):
        log_in(web, "jan", "wrong")
    assert len(world.told("means-blocked")) == 1
    web = opened(world, id="login-2")
    url = URL.replace("login-1", "login-2")
    assert codes(log_in(web, "jan", PASSWORD, url)) == ["login.blocked"]
    world.desk.accounts.unblock(world.register.people["jan"].means[0])
    assert shown(log_in(web, "jan", PASSWORD, url)) == "channel"


def test_a_password_that_is_asked_on_its_own_page_is_counted_as_well(world: World):
    who = person("anna", supplier="digidentity", email="anna@school.example")
    world.register = register((who,), (mandate("m", "anna", "linde"),))
    web = opened(world, "digidentity")
    url = "/supplier/digidentity/login-1"
    web.post(f"{url}/1", data={"username": "anna"})
    read = [said(web.post(f"{url}/2", data={"password": "wrong"}), "error-password") for _ in range(3)]
    assert "nog 2 keer" in read[0]
    assert "nog 1 keer" in read[1]
    assert "geblokkeerd" in read[2]
    assert codes(web.post(f"{url}/2", data={"password": PASSWORD})) == ["login.blocked"]


def backwards() -> dict[str, Profile]:
    """Reconi, asking the factor before the password."""
    reconi = load_profiles()["reconi"]
    return {"reconi": reconi.model_copy(update={"steps": (("username",), ("pin",), ("password",))})}


STATES = [
    ({"status": MeansStatus.SUSPENDED}, "suspended", "tijdelijk stopgezet"),
    ({"status": MeansStatus.REVOKED}, "revoked", "niet meer mee inloggen"),
    ({"until": date(2026, 11, 21)}, "expired", "geldig tot en met 21 november 2026"),
]


@pytest.mark.parametrize(("changes", "state", "why"), STATES)
def test_a_means_that_cannot_be_used_says_what_to_do_then_why_and_a_code(
    world: World, changes: dict[str, object], state: str, why: str
):
    world.register = register((person("jan", **changes),))
    page = log_in(opened(world), "jan")
    assert shown(page) == "means"
    assert "Reconi" in said(page, "what")
    assert why in said(page, "why")
    assert page.text.index('data-testid="what"') < page.text.index('data-testid="why"')
    assert said(page, "reference") == "login-1"
    (told,) = world.told("means-refused")
    assert (told["standing"], told["place"]) == (state, "-")
    assert told["nl"]
    assert told["en"]
    assert world.desk.inbox.list() == []
    assert log_in(opened(world), "jan", "wrong").status_code == 422, "only who knows the password is told"


@pytest.mark.parametrize(("changes", "state", "why"), STATES)
def test_where_the_factor_comes_first_nothing_is_said_of_the_means_before_the_password(
    changes: dict[str, object], state: str, why: str
):
    world = World(backwards())
    world.register = register((person("jan", **changes),))
    web = opened(world)
    assert shown(web.post(f"{URL}/1", data={"username": "jan"}, follow_redirects=True)) in ("pin", "channel")
    assert not world.told("means-refused")
    step = 3 if world.desk.inbox.list() else 2
    page = web.post(f"{URL}/{step}", data={"pin": world.pin}, follow_redirects=True)
    assert shown(page) == "login"
    page = web.post(page.request.path, data={"password": PASSWORD}, follow_redirects=True)
    assert shown(page) == "means"
    assert why in said(page, "why")


def test_a_means_that_is_blocked_by_somebody_else_meanwhile_stops_the_login(world: World):
    web = opened(world)
    log_in(web, "piet")
    for _ in range(3):
        world.desk.accounts.guess(world.register.people["piet"].means[0], "wrong")
    page = web.post(f"{URL}/3", data={"pin": world.pin}, follow_redirects=True)
    assert shown(page) == "means"
    assert "te vaak" in said(page, "why")
    assert world.desk.word("login-1") is None


@pytest.mark.parametrize(
    ("factors", "what", "why"),
    [
        (("sms",), "een mobiel telefoonnummer", "geen mobiel telefoonnummer"),
        (
            ("sms", "email"),
            "een mobiel telefoonnummer of een e-mailadres",
            "geen mobiel telefoonnummer en geen e",
        ),
        (("app", "qr"), "een telefoon met onze app", "geen telefoon met onze app"),
    ],
)
def test_who_has_no_way_to_the_second_factor_reads_which_one_to_arrange(
    factors: tuple[str, ...], what: str, why: str
):
    reconi = load_profiles()["reconi"]
    world = World({"reconi": reconi.model_copy(update={"second_factors": factors})})
    world.register = register((person("stil", phone=None, app=False),))
    page = log_in(opened(world), "stil")
    assert shown(page) == "nochannel"
    assert what in said(page, "what")
    assert why in said(page, "why")
    assert said(page, "reference") == "login-1"


# Step-up: another means of the same person.


def several(**changes: object) -> World:
    """Jan with a means that is too low, and one of each other sort."""
    world = World()
    jan = person("jan", email="jan@school.example", level=Level.EH2_PLUS)
    held = (
        *jan.means,
        Means("reconi", "jan-hoog", PASSWORD, Level.EH3),
        Means("reconi", "900000000012", "", Level.EH4, pin="246810", card=True),
        Means("kpn", "jan-kpn", PASSWORD, Level.EH3),
        Means("digidentity", "jan-laag", PASSWORD, Level.EH2_PLUS),
        Means("z-login", "jan-weg", PASSWORD, Level.EH3, status=MeansStatus.REVOKED),
        Means("quovadis", "jan-oud", PASSWORD, Level.EH3, until=date(2026, 1, 1)),
        Means("we-id", "jan-stuk", PASSWORD, Level.EH3, status=MeansStatus.BLOCKED),
    )
    world.register = register(
        (replace(jan, means=held), *(p for p in world.register.people.values() if p.key != "jan"))
    )
    return world


def test_who_has_too_low_a_level_is_offered_their_other_means_that_can_be_used_today():
    world = several()
    page = log_in(opened(world), "jan")
    assert shown(page) == "level"
    assert page.text.count('data-testid="other"') == 3
    text = said(page, "others")
    assert "Gebruikersnaam jan-hoog (niveau EH3)" in text
    assert "Smartcard 900000000012 (niveau EH4)" in text
    assert "Uw middel bij KPN (niveau EH3)" in text
    assert f'href="{URL}/1?as=jan-hoog"' in page.text
    assert 'href="/broker/login-1/choice?supplier=kpn"' in page.text


def test_another_means_is_filled_in_and_has_still_to_be_proved():
    world = several()
    web = opened(world)
    log_in(web, "jan")
    page = web.get(f"{URL}/1?as=jan-hoog")
    assert 'value="jan-hoog"' in page.text
    assert web.get(f"{URL}/2").status_code != 200 or shown(web.get(f"{URL}/2")) == "level"
    assert shown(log_in(web, "jan-hoog")) in ("channel", "pin")


def test_the_card_is_filled_in_and_has_still_to_be_proved():
    world = several()
    web = opened(world)
    log_in(web, "jan")
    page = web.post(f"{URL}/1", data={"card": "yes", "number": "900000000012"}, follow_redirects=True)
    assert shown(page) == "card"
    assert 'value="900000000012"' in page.text
    assert web.get(f"{URL}/6").status_code == 403


def test_what_is_filled_in_by_the_address_is_text_and_no_more(world: World):
    page = opened(world).get(f'{URL}/1?as="><script>x</script>')
    assert "<script>x" not in page.text


def test_a_card_is_offered_at_eh4_and_the_supplier_with_too_low_a_level_is_not():
    world = several()
    page = log_in(opened(world, level=Level.EH4), "jan")
    assert page.text.count('data-testid="other"') == 1
    assert "Smartcard" in said(page, "others")


def test_where_the_supplier_was_chosen_elsewhere_other_suppliers_are_named_without_a_link():
    page = log_in(opened(several(), choice_path=""), "jan")
    assert "Uw middel bij KPN" in said(page, "others")
    assert "supplier=kpn" not in page.text


def test_who_has_no_other_means_reads_what_to_do(world: World):
    page = log_in(opened(world), "laag")
    assert shown(page) == "level"
    assert "Vraag bij Reconi een middel met niveau EH3 aan" in said(page, "what")
    assert 'data-testid="others"' not in page.text
    assert said(page, "reference") == "login-1"


def test_nobody_is_offered_the_means_of_somebody_else(world: World):
    assert "piet" not in said(log_in(opened(world), "laag"))


@pytest.mark.parametrize("step", [2, 3, 4, 5, 6])
def test_going_on_past_the_level_by_hand_is_refused_and_told(step: int):
    world = several()
    web = opened(world)
    log_in(web, "jan")
    page = web.post(
        f"{URL}/{step}", data={"channel": "sms", "pin": "1", "mandate": "m"}, follow_redirects=True
    )
    assert shown(page) in ("level", "refused")
    assert world.told("step-refused") or len(world.told("level-refused")) == 2
    assert world.desk.word("login-1") is None


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("changes", [changes for changes, *_ in STATES])
def test_each_page_is_there_in_both_languages(world: World, changes: dict[str, object], language: str):
    world.register = register((person("jan", **changes),))
    page = log_in(opened(world, language=language), "jan")
    assert f'<html lang="{language}">' in page.text
    assert shown(page) == "means"


def test_a_login_begun_anew_does_not_keep_the_time_of_the_one_before(world: World):
    world.desk.open("reconi", ask(force_authn=False))
    web = web_of(world)
    web.post(f"{URL}/1", data={**credentials("piet"), "stay": "yes"})
    assert web.post(f"{URL}/3", data={"pin": world.pin}).location == "/broker/login-1/answer"
    world.later(minutes=30)
    world.register = register(mandates=(mandate("m-mail", "mail", "linde"),))
    world.desk.open("reconi", ask(id="login-2", force_authn=False))
    url = URL.replace("login-1", "login-2")
    assert shown(web.get(f"{url}/1", follow_redirects=True)) == "nomandate", "the session was used"
    web.post(f"{url}/1", data=credentials("mail"))
    web.post(f"{url}/3", data={"pin": world.pin})
    word = world.desk.word("login-2")
    assert word
    assert word.authenticated_at
    assert word.authenticated_at > NOW
