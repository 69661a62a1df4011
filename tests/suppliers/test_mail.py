"""E-mail that goes out, to a real SMTP server."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.exchanges import Exchanges
from broker.mailing import inbox_of
from broker.store.memory import MemoryStore
from broker.tls.authority import Authority
from suppliers.inbox import Inbox
from suppliers.mail import Mailer, Server, SmtpProblem, letter, server_of
from suppliers.visit import Message
from support.postbox import At, Postbox, free_port

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
PIN = Message(
    at=NOW,
    channel="email",
    to="mieke@school.example",
    subject="Uw pincode – Helpdesk",
    body="Beste Mieké,\n\n123456\n",
    code="123456",
    supplier="reconi",
    ask_id="login-1",
)
SECONDS = 20


@pytest.fixture
def box() -> Postbox:
    return Postbox()


@pytest.fixture
def server(box: Postbox) -> Iterator[At]:
    controller = At(box)
    controller.start()
    yield controller
    controller.stop()


Send = Callable[..., list[tuple[Message, str]]]


@pytest.fixture
def send() -> Send:
    """Post messages to a server and close; what was told of each."""

    def call(url: str, *messages: Message, **how: Any) -> list[tuple[Message, str]]:
        told: list[tuple[Message, str]] = []
        mailer = Mailer(server_of(url), lambda *said: told.append(said), {"reconi": "Reconi"}, **how)
        for message in messages:
            mailer.post(message)
        mailer.close(SECONDS)
        return told

    return call


def mail_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "mail"]


def test_a_message_arrives_as_it_was_written(server: At, box: Postbox, send: Send):
    assert send(f"smtp://127.0.0.1:{server.port}", PIN) == [(PIN, "")]
    (mail,) = box.letters
    assert (mail["To"], mail["Subject"]) == ("mieke@school.example", "Uw pincode – Helpdesk")
    assert mail["From"] == '"Reconi (TEST)" <no-reply@mock-eherkenning.test>'
    assert mail["Date"].datetime == NOW
    assert mail.get_content() == "Beste Mieké,\r\n\r\n123456\r\n" or mail.get_content() == PIN.body
    assert mail["Message-ID"]


def test_the_sender_can_be_set(server: At, box: Postbox, send: Send):
    send(f"smtp://127.0.0.1:{server.port}?from=test%40ons.example", PIN)
    assert box.letters[0]["From"].addresses[0].addr_spec == "test@ons.example"


def test_messages_go_in_order_and_closing_sends_what_waits(server: At, box: Postbox, send: Send):
    posted = [replace(PIN, subject=f"nummer {number}") for number in range(5)]
    told = send(f"smtp://127.0.0.1:{server.port}", *posted)
    assert [mail["Subject"] for mail in box.letters] == [message.subject for message in posted]
    assert {why for _, why in told} == {""}
    assert not mail_threads(), "a thread is left"


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_password_opens_the_server_and_a_wrong_one_is_told_without_saying_it(box: Postbox, send: Send):
    controller = At(box, authenticator=box.login, auth_required=True, auth_require_tls=False)
    controller.start()
    try:
        url = f"smtp://mock:{{}}@127.0.0.1:{controller.port}"
        assert send(url.format("geheim%3A%2F%401"), PIN) == [(PIN, "")]
        ((_, why),) = send(url.format("verkeerd"), PIN)
        assert why == "the mail server refused the user name or password (535)"
        assert len(box.letters) == 1
    finally:
        controller.stop()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side with a certificate that this process trusts by the usual variable."""
    (tmp_path / "certs").mkdir()
    authority = Authority(tmp_path / "certs")
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    authority.identity(("127.0.0.1", "localhost"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "certs" / "tls-server.pem")
    return context


def test_starttls_is_used_before_the_password_is_said(box: Postbox, send: Send, tls: ssl.SSLContext):
    controller = At(box, tls_context=tls, require_starttls=True, authenticator=box.login, auth_required=True)
    controller.start()
    try:
        address = f"smtp://mock:geheim%3A%2F%401@127.0.0.1:{controller.port}"
        assert send(f"{address}?starttls=yes", PIN) == [(PIN, "")]
        assert box.tls == [True]
        ((_, why),) = send(address, PIN)
        assert why, "without STARTTLS this server takes nothing"
    finally:
        controller.stop()


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(
    box: Postbox, send: Send, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SSL_CERT_FILE")
    controller = At(box, tls_context=tls, require_starttls=True)
    controller.start()
    try:
        ((_, why),) = send(f"smtp://127.0.0.1:{controller.port}?starttls=yes", PIN)
        assert "CERTIFICATE_VERIFY_FAILED" in why
        assert not box.letters
    finally:
        controller.stop()


def test_a_server_that_is_down_is_told(send: Send):
    ((_, why),) = send(f"smtp://127.0.0.1:{free_port()}", PIN)
    assert why.startswith("the mail server cannot be reached")


def test_an_address_that_the_server_refuses_is_told_with_its_words(server: At, box: Postbox, send: Send):
    gone = replace(PIN, to="weg@school.example")
    told = send(f"smtp://127.0.0.1:{server.port}", gone, PIN)
    assert told[0] == (gone, "the mail server refused the address: 550 5.1.1 no such user weg@school.example")
    assert told[1] == (PIN, ""), "the next one is not held up"


@pytest.mark.parametrize(
    "to",
    [
        "a@b.example\nBcc: c@d.example",
        "a@b.example\r\nSubject: x",
        "a@b.example, c@d.example",
        "a b@c.example",
        "a@b.example\u2028x",
        "no address",
        "@b.example",
        "a@",
        "",
        "Naam <a@b.example>",
    ],
)
def test_an_address_that_is_none_goes_nowhere(server: At, box: Postbox, send: Send, to: str):
    ((_, why),) = send(f"smtp://127.0.0.1:{server.port}", replace(PIN, to=to))
    assert why == "the address is no e-mail address that a message can go to"
    assert not box.letters


def test_a_subject_with_lines_in_it_is_one_line(server: At, box: Postbox, send: Send):
    send(f"smtp://127.0.0.1:{server.port}", replace(PIN, subject="Uw\r\nBcc: x@y.example\nPIN"))
    (mail,) = box.letters
    assert mail["Subject"] == "Uw Bcc: x@y.example PIN"
    assert mail["Bcc"] is None


def test_the_name_of_a_supplier_does_not_break_the_sender():
    mail = letter(PIN, 'We"ID\n<x@y.example>', "a@b.example")
    assert mail["From"].addresses[0].addr_spec == "a@b.example"


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_server_that_says_nothing_holds_nobody_up(silent: int):
    told: list[tuple[Message, str]] = []
    mailer = Mailer(server_of(f"smtp://127.0.0.1:{silent}"), lambda *said: told.append(said), {}, seconds=1)
    before = time.monotonic()
    for _ in range(3):
        mailer.post(PIN)
    assert time.monotonic() - before < 0.5, "posting waits for the server"
    mailer.close(0.1)
    assert time.monotonic() - before < 5
    assert not mail_threads()
    assert len(told) == 3
    assert all(why for _, why in told)
    assert told[-1][1] == "the mock stopped before it was sent"


def test_more_than_the_queue_holds_is_told_at_once(silent: int):
    told: list[tuple[Message, str]] = []
    server = server_of(f"smtp://127.0.0.1:{silent}")
    mailer = Mailer(server, lambda *said: told.append(said), {}, most_queued=2, seconds=1)
    for _ in range(6):
        mailer.post(PIN)
    assert "too many messages are waiting to be sent" in [why for _, why in told]
    mailer.close(0.1)
    assert len(told) == 6


def test_a_mailer_that_was_closed_takes_nothing_and_one_that_sent_nothing_has_no_thread():
    told: list[tuple[Message, str]] = []
    mailer = Mailer(server_of("smtp://127.0.0.1:1"), lambda *said: told.append(said), {})
    assert not mail_threads()
    mailer.close()
    mailer.close()
    mailer.post(PIN)
    assert told == [(PIN, "too many messages are waiting to be sent")]
    assert not mail_threads()


# The URL.


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 25)),
        ("smtp://mail.example:2525/", Server("mail.example", 2525)),
        ("smtp://mail.example?starttls=yes", Server("mail.example", 587, starttls=True)),
        ("smtp://mail.example?starttls=no", Server("mail.example", 25)),
        ("smtps://mail.example", Server("mail.example", 465, tls=True)),
        ("smtp://u%40x:p%3Aw@mail.example", Server("mail.example", 25, user="u@x", password="p:w")),
        ("smtp://[::1]:25?from=a@b.example", Server("::1", 25, sender="a@b.example")),
    ],
)
def test_a_url_says_where_and_how(url: str, server: Server):
    assert server_of(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://:25",
        "smtp://user:s3cret@mail.example:0",
        "smtp://user:s3cret@mail.example:port",
        "smtp://user:s3cret@mail.example:99999",
        "smtp://user@mail.example",
        "smtp://:s3cret@mail.example",
        "smtp://user:s3cret@mail.example/path",
        "smtp://user:s3cret@mail.example?tls=yes",
        "smtp://user:s3cret@mail.example?starttls=maybe",
        "smtp://user:s3cret@mail.example?starttls=yes&starttls=no",
        "smtp://user:s3cret@mail.example?from=nobody",
        "smtp://user:s3cret@mail.example?from=a%40b%0d%0aRCPT",
        "smtps://user:s3cret@mail.example?starttls=yes",
        "smtp://[::1",
    ],
)
def test_a_url_that_says_nothing_usable_is_refused_in_one_line_without_its_password(url: str):
    with pytest.raises(SmtpProblem) as problem:
        server_of(url)
    assert "expected smtp://" in str(problem.value)
    assert "s3cret" not in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_password_shows_nowhere():
    server = server_of("smtp://user:s3cret@mail.example?starttls=yes")
    assert str(server) == "smtp://mail.example:587 with STARTTLS"
    assert "s3cret" not in repr(server)


# With the inbox.


def test_the_inbox_and_the_exchange_know_how_it_went(server: At):
    store = MemoryStore()
    exchanges = Exchanges(store, lambda: NOW)
    exchanges.tell("login-1", "request", {})
    inbox, mailer = inbox_of(store, exchanges, f"smtp://127.0.0.1:{server.port}", {})
    assert mailer
    assert inbox.delivers
    kept = [inbox.add(PIN), inbox.add(replace(PIN, to="weg@school.example"))]
    text = inbox.add(replace(PIN, channel="sms", to="0612345678"))
    unknown = inbox.add(replace(PIN, ask_id="no-exchange"))
    mailer.close(SECONDS)
    states = [found.delivery for message in (*kept, text, unknown) if (found := inbox.get(message.id))]
    assert states == ["delivered", "failed", "kept", "delivered"]
    failed = inbox.get(kept[1].id)
    assert failed
    assert failed.why == "the mail server refused the address: 550 5.1.1 no such user weg@school.example"
    exchange = exchanges.get("login-1")
    assert exchange
    assert exchange.last("mail-delivered") == {"message": kept[0].id, "to": "m***@school.example"}
    told = exchange.last("mail-failed")
    assert told["reason"].endswith("550 5.1.1 no such user w***@school.example")
    assert exchanges.get("no-exchange") is None, "mail about no login makes no exchange"


def test_without_a_server_everything_stays_in_the_inbox():
    store = MemoryStore()
    inbox, mailer = inbox_of(store, Exchanges(store, lambda: NOW), "", {})
    assert mailer is None
    assert not inbox.delivers
    assert inbox.add(PIN).delivery == "kept"


def test_news_of_a_message_that_has_gone_brings_nothing_back():
    inbox = Inbox(MemoryStore())
    kept = inbox.add(PIN)
    inbox.clear()
    inbox.delivered(kept.id)
    assert inbox.list() == []
    assert inbox.get(kept.id) is None
