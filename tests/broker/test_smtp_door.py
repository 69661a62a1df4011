"""The SMTP door: what is mailed there is read in the inbox, and goes nowhere else."""

from __future__ import annotations

import json
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from broker.clock import machine_time
from broker.serving import smtp_door
from broker.serving.smtp_door import Door, DoorProblem, address_of, read
from broker.store.memory import MemoryStore
from helpdeskpo.mail import Letter, Mailer, way_of
from suppliers.inbox import Inbox, Message

SENDER = "noreply@portaal.example"


@pytest.fixture(scope="module")
def passed_on() -> list[Message]:
    return []


@pytest.fixture(scope="module")
def inbox(passed_on: list[Message]) -> Inbox:
    """Of a broker that itself sends e-mail by SMTP too."""
    return Inbox(MemoryStore(), post=passed_on.append)


@pytest.fixture(scope="module")
def door(inbox: Inbox) -> Iterator[Door]:
    made = Door(inbox, machine_time, "127.0.0.1", 0)
    yield made
    made.close()


def mail(text: str, subject: str = "Bericht", to: str = "ik@school.example", **more: Any) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = SENDER, to, subject
    made.set_content(text, **more)
    return made


def send(door: Door, message: EmailMessage, *, to: list[str] | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", door.port, timeout=10) as connection:
        connection.send_message(message, to_addrs=to)


def test_a_mail_is_in_the_inbox_with_its_code_and_its_link(door: Door, inbox: Inbox) -> None:
    text = "Uw code is 048213.\n\nOf open http://localhost:8081/herstel?code=123456&x=é.\n"
    send(door, mail(text, "Uw pincode – één keer"))
    (found,) = inbox.list(1)
    assert (found.channel, found.sender, found.to) == ("email", SENDER, "ik@school.example")
    assert (found.subject, found.body) == ("Uw pincode – één keer", text)
    assert (found.code, found.link) == ("048213", "http://localhost:8081/herstel?code=123456&x=é")


def test_each_recipient_has_a_message(door: Door, inbox: Inbox) -> None:
    send(door, mail("twee"), to=["a@x.example", "b@x.example"])
    assert {one.to for one in inbox.list(2)} == {"a@x.example", "b@x.example"}


def test_what_came_in_here_is_not_sent_on(door: Door, inbox: Inbox, passed_on: list[Message]) -> None:
    send(door, mail("blijft hier"))
    assert passed_on == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("code 123456", "123456"),
        ("123456 is uw code.", "123456"),
        ("12345 of 1234567", ""),
        ("bestelling A123456", ""),
        ("zie https://x.example/123456", ""),
        ("op 20261122 of 123456-789", ""),
    ],
)
def test_a_code_is_six_digits_by_themselves(text: str, code: str) -> None:
    assert read(mail(text).as_bytes()).code == code


def test_a_page_as_mail_is_read_where_there_is_no_text() -> None:
    html = mail('<p>Klik <a href="https://x.example/a">hier</a></p>', subtype="html")
    assert read(html.as_bytes()).link == "https://x.example/a"
    both = mail("gewone tekst")
    both.add_alternative("<p>opmaak</p>", subtype="html")
    assert read(both.as_bytes()).body == "gewone tekst\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"Subject: =?utf-8?b?!!?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=nope\r\n\r\n\xff",
    ],
)
def test_a_mail_that_cannot_be_read_breaks_nothing(content: bytes) -> None:
    assert read(content).code == ""


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: text/plain" + b"; a=b\r\n " * 30_000 + b"\r\n\r\nx",
        b"".join(b"X-%d: %s\r\n" % (number, b"x" * 900) for number in range(20)) + b"\r\nx",
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain'
        + b"; a=b\r\n " * 30_000
        + b"\r\n\r\nx\r\n--b--\r\n",
    ],
    ids=["one", "many", "of-a-part"],
)
def test_headers_that_take_long_to_parse_are_not_parsed(door: Door, inbox: Inbox, content: bytes) -> None:
    before = inbox.list(1)
    connection = smtplib.SMTP("127.0.0.1", door.port, timeout=10)
    with connection, pytest.raises(smtplib.SMTPDataError, match="552"):
        connection.sendmail("a@x.example", ["b@x.example"], content)
    assert inbox.list(1) == before


def test_too_much_is_refused(door: Door, inbox: Inbox) -> None:
    before = inbox.list(1)
    with pytest.raises(smtplib.SMTPException):
        send(door, mail("x" * (smtp_door.MOST_BYTES + 1000)))
    assert inbox.list(1) == before


def test_twenty_recipients_are_the_most(door: Door) -> None:
    with smtplib.SMTP("127.0.0.1", door.port, timeout=10) as connection:
        refused = connection.send_message(mail("x"), to_addrs=[f"r{n}@x.example" for n in range(22)])
    assert len(refused) == 2


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8025", ("127.0.0.1", 8025)),
        ("0", ("127.0.0.1", 0)),
        ("0.0.0.0:25", ("0.0.0.0", 25)),
        ("[::1]:8025", ("::1", 8025)),
    ],
)
def test_the_door_is_on_loopback_unless_told(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "x", ":25", "host:", "host:x", "70000", "-1", "²"])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(DoorProblem, match="expected PORT or HOST:PORT"):
        address_of(text)


def test_a_port_in_use_is_told_at_once(inbox: Inbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DoorProblem, match=f"port {port} of 127.0.0.1 cannot be had"):
            Door(inbox, machine_time, "127.0.0.1", port)


def test_a_door_that_is_closed_takes_nothing(inbox: Inbox) -> None:
    door = Door(inbox, machine_time, "127.0.0.1", 0)
    door.close()
    with pytest.raises(OSError, match="refused"):
        smtplib.SMTP("127.0.0.1", door.port, timeout=5)


def test_the_server_is_not_loaded_by_who_wants_no_door() -> None:
    code = "import sys, broker.cli, broker.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"aiosmtpd", "sqlalchemy", "argon2", "wtforms"} & set(done.stdout.split())


def test_what_the_demo_service_provider_mails_is_read_here(door: Door, inbox: Inbox) -> None:
    """As ``run_broker.py`` connects them: a PIN that needs no mailbox."""
    mailer = Mailer(way_of(f"smtp://127.0.0.1:{door.port}", Path("unused")), machine_time)
    mailer.send(Letter("m.devries@voorbeeld.example", "Uw pincode", "Uw pincode is 048213\n"))
    (found,) = inbox.list(1)
    assert (found.sender, found.to, found.code) == (
        "noreply@helpdeskpo.example",
        "m.devries@voorbeeld.example",
        "048213",
    )


def test_console_and_api_show_who_sent_it_and_the_link(bench: Any) -> None:
    letter = read(mail("Open https://portaal.example/herstel?code=abc of vul 048213 in.").as_bytes())
    message = Message(
        at=machine_time(),
        channel="email",
        to="ik@school.example",
        subject="Nieuw wachtwoord",
        body=letter.body,
        code=letter.code,
        supplier="",
        ask_id="",
        sender=SENDER,
        link=letter.link,
    )
    kept = bench.application.inbox.add(message)
    page = bench.browser().get("/console/inbox")
    assert [one.text for one in page.by_testid("inbox-sender")] == [SENDER]
    (link,) = page.by_testid("inbox-url")
    assert link.get("href") == "https://portaal.example/herstel?code=abc"
    (found,) = json.loads(bench.browser().get("/api/v1/inbox").body)["messages"]
    assert {name: found[name] for name in ("id", "sender", "to", "code", "link")} == {
        "id": kept.id,
        "sender": SENDER,
        "to": "ik@school.example",
        "code": "048213",
        "link": "https://portaal.example/herstel?code=abc",
    }
