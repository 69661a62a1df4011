"""From the choice to the password: mistakes, other ways round, and leaving."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, NoAnswer, road
from journeys.traveller import Traveller

THEME = "Choice, user name and password"
EH3 = LoggedIn(REGENBOOG, "EH3")


@road(
    "choice-empty",
    THEME,
    "m.devries",
    EH3,
    "choice: Verder without a supplier, the browser says so; then Reconi",
)
def choice_empty(t: Traveller) -> None:
    t.ask()
    t.stays("next")
    t.choose("reconi")
    t.all_right()


@road("choice-cancel", THEME, "m.devries", CANCELLED, "choice: Annuleren")
def choice_cancel(t: Traveller) -> None:
    t.ask()
    t.cancel()


@road("login-cancel", THEME, "m.devries", CANCELLED, "Reconi: Annuleren at the password")
def login_cancel(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.cancel()


@road("other-supplier", THEME, "m.devries", EH3, "KPN, Vorige, back at the choice: Reconi after all")
def other_supplier(t: Traveller) -> None:
    t.arrive_at("kpn")
    t.press("back")
    t.choose("reconi")
    t.all_right()


@road("login-empty", THEME, "m.devries", EH3, "Volgende with nothing filled in; then all right")
def login_empty(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.press("next")
    t.on("login", "username.empty", "password.empty")
    t.all_right()


@road(
    "password-wrong",
    THEME,
    "m.devries",
    EH3,
    "wrong password once; the summary has the focus; then all right",
)
def password_wrong(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in(password="verkeerd")
    t.on("login", "login.wrong")
    t.has_focus("error-summary")
    t.all_right()


@road(
    "username-unknown",
    THEME,
    "m.devries",
    EH3,
    "Digidentity: a user name that is not known; then Reconi after all",
)
def username_unknown(t: Traveller) -> None:
    t.arrive_at("digidentity")
    t.write("username", "niemand")
    t.press("next")
    t.on("login", "username.wrong")
    t.press("back")
    t.choose("reconi")
    t.all_right()


@road(
    "password-blocked",
    THEME,
    "m.devries",
    CANCELLED,
    "three wrong passwords: blocked, the right one too; cancel",
)
def password_blocked(t: Traveller) -> None:
    t.arrive_at("reconi")
    for _ in range(2):
        t.log_in(password="verkeerd")
        t.on("login", "login.wrong")
    t.log_in(password="verkeerd")
    t.on("login", "login.blocked")
    t.log_in()
    t.on("login", "login.blocked")
    t.cancel()


@road(
    "language", THEME, "m.devries", EH3, "English half-way (switch at the password), and English to the end"
)
def language(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.press("language")
    t.language("en")
    t.sees("heading", "Log in")
    t.log_in()
    t.language("en")
    t.by("sms")
    t.language("en")
    t.code()


@road(
    "language-choice",
    THEME,
    "m.devries",
    EH3,
    "English at the choice: the supplier follows; Dutch again at the code",
)
def language_choice(t: Traveller) -> None:
    t.ask()
    t.press("language")
    t.choose("reconi")
    t.language("en")
    t.log_in()
    t.by("sms")
    t.press("language")
    t.language("nl")
    t.code()


@road(
    "two-tabs",
    THEME,
    "m.devries",
    EH3,
    "two tabs at two suppliers; the second logs in, the first still stands",
)
def two_tabs(t: Traveller) -> None:
    other = t.tab()
    other.arrive_at("digidentity")
    t.arrive_at("reconi")
    t.all_right()
    t.landed()
    other.reload()
    other.sees("supplier-name", "Digidentity")


@road(
    "skip-a-step",
    THEME,
    "m.devries",
    EH3,
    "types the address of a later step: refused; Verder leads back; all right",
)
def skip_a_step(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.open(t.path.rpartition("/")[0] + "/3")
    t.on("refused")
    t.press("resume")
    t.on("login")
    t.all_right()


@road(
    "after-the-end",
    THEME,
    "m.devries",
    EH3,
    "logged in, then the browser's back button: the login is over, says the page",
)
def after_the_end(t: Traveller) -> None:
    t.arrive_at("reconi")
    step = t.path
    t.all_right()
    t.landed()
    after = t.tab()
    after.open(step)
    after.on("ended")


@road(
    "unknown-login", THEME, "-", NoAnswer("page-unknown"), "an old bookmark of a supplier's page: begin again"
)
def unknown_login(t: Traveller) -> None:
    t.open("/supplier/reconi/00000000-0000-0000-0000-000000000000/1")
    t.on("unknown")
