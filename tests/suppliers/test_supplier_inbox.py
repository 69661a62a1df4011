from __future__ import annotations

from dataclasses import replace
from itertools import count

from supplier_world import NOW

from broker.store.memory import MemoryStore
from suppliers.inbox import MOST_MESSAGES, Inbox
from suppliers.visit import Message


def message(body: str = "hallo") -> Message:
    return Message(NOW, "sms", "0612345678", "", body, "123456", "reconi", "login-1")


def inbox() -> Inbox:
    ids = count(1)
    return Inbox(MemoryStore(), lambda: f"{next(ids)}")


def test_the_newest_message_is_first():
    box = inbox()
    for body in ("een", "twee", "drie"):
        box.add(message(body))
    assert [found.body for found in box.list()] == ["drie", "twee", "een"]
    assert [found.body for found in box.list(1)] == ["drie"]


def test_a_message_comes_back_by_its_id_as_it_was():
    box = inbox()
    kept = box.add(message())
    assert kept.id == "1"
    assert box.get("1") == kept
    assert box.get("2") is None


def test_the_oldest_message_makes_room():
    box = inbox()
    for number in range(MOST_MESSAGES + 5):
        box.add(message(str(number)))
    assert len(box.list(10_000)) == MOST_MESSAGES
    assert box.get("1") is None


def test_a_message_keeps_its_code_out_of_a_log_line():
    secret = replace(message("777777 is uw pincode"), code="777777")
    assert "777777" not in repr(secret)
