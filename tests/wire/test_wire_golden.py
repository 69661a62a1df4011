"""The messages as they leave, with clock, ids and key held still: a change of a message shows as a diff."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from broker import answer
from broker.keys import KeyFolder
from broker.login import ADAPTER, KIND, Login, State
from broker.metadata import own_metadata
from broker.parts import Parts
from broker.wire.artifact import artifact_response
from broker.wire.assertions import Issue
from broker.wire.keys import SigningKey
from broker.wire.names import HTTP_ARTIFACT
from suppliers.ask import Company, Level, Mandated, Outcome, Person, Word
from support.golden import TEST_KEY, readable_xml, same_as_golden

NOW = datetime(2026, 2, 1, 9, 1, 29, tzinfo=UTC)
KEY = SigningKey.of_pem(TEST_KEY.read_bytes(), str(TEST_KEY))
WORD = Word(
    id="login-1",
    supplier="reconi",
    outcome=Outcome.PERMIT,
    person=Person("m.devries", "subject-1", "Mieke de Vries"),
    level=Level.EH4,
    authenticated_at=datetime(2026, 2, 1, 9, 1, 10, tzinfo=UTC),
    mandate=Mandated(
        Company("regenboog", "De Regenboog", {"KvKnr": "90000012"}), Level.EH3, branch="000090000013"
    ),
)


class Spoken:
    """Suppliers that have said their word."""

    def __init__(self, word: Word, suppliers: Any) -> None:
        self.word = lambda _: word
        self.offers = suppliers.offers


@pytest.fixture
def still(bench: Any, tmp_path: Path) -> Parts:
    """The parts of a broker in which nothing moves and all keys are the TEST key."""
    for name in ("broker", "supplier-reconi-ad", "supplier-reconi-mr"):
        (tmp_path / f"{name}.pem").write_bytes(KEY.as_pem())
    parts = bench.application.parts
    numbers: Iterator[int] = itertools.count(1)
    provider = parts.current.catalogue.sps[bench.sp.entity_id]
    parts.current.catalogue.sps[bench.sp.entity_id] = replace(provider, encryption=(KEY.certificate,))
    return replace(
        parts,
        keys=KeyFolder(tmp_path),
        suppliers=Spoken(WORD, parts.suppliers),
        now=lambda: NOW,
        now_at=lambda sp, tag: NOW,
        new_id=lambda: f"_id-{next(numbers)}",
        new_uuid=lambda: f"00000000-0000-4000-8000-{next(numbers):012}",
        random_bytes=lambda size: b"r" * size,
    )


def login(parts: Parts, sp: Any) -> Login:
    """One that is under way at Reconi."""
    made = Login(
        id="login-1",
        state=State.CHOSEN,
        created_at=NOW,
        sp=sp.entity_id,
        request_id="_request-1",
        acs_binding=HTTP_ARTIFACT,
        acs_url=sp.acs[1][1],
        relay_state="rs-1",
        service_id=sp.services[1][0],
        level=Level.EH3,
        force_authn=True,
        supplier="reconi",
    )
    parts.store.put(KIND, made.id, ADAPTER.dump_json(made))
    return made


def message(parts: Parts) -> bytes:
    """The Response that was made last."""
    return str(parts.exchanges.recent(1)[0].last("answer")["xml"]).encode()


def test_a_success_is_the_message_that_it_was(still: Parts, bench: Any) -> None:
    answer.finish(still, login(still, bench.sp))
    same_as_golden("wire-response.xml", readable_xml(message(still)))


def test_a_cancelled_login_is_the_message_that_it_was(still: Parts, bench: Any) -> None:
    answer.cancel(still, login(still, bench.sp))
    same_as_golden("wire-cancelled.xml", readable_xml(message(still)))


def test_an_artifact_response_is_the_message_that_it_was(still: Parts, bench: Any) -> None:
    answer.cancel(still, login(still, bench.sp))
    made = artifact_response(still.broker, "_resolve-1", message(still), Issue(NOW, still.new_id))
    same_as_golden("wire-artifact-response.xml", readable_xml(made))


def test_the_metadata_is_the_message_that_it_was(still: Parts) -> None:
    same_as_golden("wire-metadata.xml", readable_xml(own_metadata(still)))


def test_the_golden_file_shows_a_change() -> None:
    """Of an attribute too, and of the order."""
    text = readable_xml(b'<a><b x="1"/><c/></a>')
    assert text != readable_xml(b'<a><b x="2"/><c/></a>')
    assert text != readable_xml(b'<a><c/><b x="1"/></a>')
    assert etree.fromstring(text) is not None
