"""The suppliers' texts: complete in both languages, compiled, and none that nobody asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from babel.dates import format_date

from suppliers.ask import Names
from suppliers.wording import TEXTS, Wording, at_least, both, clock_time, day
from support import gettext_files as files

# Ids that are put together while running. What a group catches must be a word of its own in the code.
MADE = (
    r"attribute\..+",  # the last part of a URN
    r"(.+)\.(?:label|empty|wrong)",  # of a field
    r"channel\.(.+)",
    r"(?:decided|nolink|requested)\.([^.]+)(?:\.heading)?",
    r"(?:channel|confirm)(\..+)",  # the same page, with and without a phone to choose
    r"confirm\.(.+)",
    r"(?:app|pin|qr)(\..+)",  # what asking again is like
    r"(?:app|qr)\.(.+)",  # the state of it
    r"ended\.(.+)",
    r"explain\.(?:attributes|means|way)\.(.+)",
    r"identifier\.(.+)",
    r"means\.(?:heading|what|why)\.(.+)",
    r"message\.(.+?)(?:\.subject)?",
    r"nochannel\.(?:with|without)\.(.+)",
    r"pin\.(?:sent\.)?(.+)",
    r"reason\.(.+)",
    r"refused\.(.+)",
    r"(mandate|chain|branch)\.(?:empty|gone)",
    r"state\.([^.]+)(?:\.on)?",
    r"until\.(.+)",
    r"reset\.(?:mail|what|why)\.(.+)",
    r"testers\.(.+)",  # of the state of a means
)


def test_every_text_is_there_in_both_languages_with_the_same_values_to_fill_in() -> None:
    dutch, english = files.po("suppliers", "nl"), files.po("suppliers", "en")
    assert list(dutch) == list(english), "the two files have the same ids in the same order"
    other = {k for k in dutch if files.placeholders(dutch[k]) != files.placeholders(english[k])}
    assert not other


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    assert files.mo("suppliers", language) == files.po("suppliers", language), "run: make translations"


def test_every_text_that_is_asked_for_is_there() -> None:
    missing = {k: v for k, v in files.asked(files.ROOT / "suppliers").items() if k not in TEXTS}
    assert not missing


def test_every_text_is_used() -> None:
    assert files.unused(TEXTS, files.ROOT / "suppliers", MADE) == []


def test_a_text_of_the_suppliers_own_comes_before_the_common_one() -> None:
    say = Wording("en", {"en": {"login.heading": "Who are you?"}})
    assert say("login.heading") == "Who are you?"
    assert say("password.heading") == "Enter your password"
    assert Wording("nl", {"en": {"login.heading": "Who are you?"}})("login.heading") == "Inloggen"


def test_an_id_that_no_text_has_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        Wording()("logn.heading")
    with pytest.raises(KeyError):
        both("logn.heading")


def test_a_text_in_both_languages_has_names_and_dates_in_each() -> None:
    said = both("reason.expired", company=Names("Bakkerij", "Bakery"), date=date(2026, 3, 1))
    assert said.nl == "De machtiging namens Bakkerij was geldig tot en met 1 maart 2026."
    assert said.en == "The authorisation for Bakery was valid until 1 March 2026."


@pytest.mark.parametrize("language", ["nl", "en"])
def test_months_have_the_names_that_babel_knows(language: str) -> None:
    for month in range(1, 13):
        at = date(2026, month, 9)
        assert day(at, language) == format_date(at, "d MMMM y", locale=language)


def test_dates_and_times_are_as_people_in_the_netherlands_write_them() -> None:
    assert [day(date(2026, month, 9), "nl").split()[1] for month in (1, 3, 5, 8, 12)] == [
        "januari",
        "maart",
        "mei",
        "augustus",
        "december",
    ]
    assert day(date(2026, 12, 31), "en") == "31 December 2026"
    assert clock_time(datetime(2026, 7, 1, 12, 5, tzinfo=UTC)) == "14:05"


@pytest.mark.parametrize(
    ("company", "sentence"),
    [
        ("Bakker B.V.", "Wacht op het besluit over uw aanvraag voor Bakker B.V."),
        ("Bakker", "Wacht op het besluit over uw aanvraag voor Bakker."),
    ],
)
def test_a_name_that_ends_in_a_full_stop_gets_no_second_one(company: str, sentence: str) -> None:
    assert Wording()("requested.waits", company=company) == sentence
    assert both("requested.waits", company=company).nl == sentence


def test_no_text_puts_two_full_stops_after_a_name() -> None:
    for key, text in TEXTS.items():
        said = both(key, **dict.fromkeys(files.placeholders(text.nl), "Bakker B.V."))
        assert ".." not in said.nl + said.en, key


@pytest.mark.parametrize(
    ("level", "said"), [("EH3", "EH3 of hoger"), ("EH2+", "EH2+ of hoger"), ("EH4", "EH4")]
)
def test_nothing_is_said_to_be_above_the_highest_level(level: str, said: str) -> None:
    assert Wording().least(level) == at_least(level).nl == said
