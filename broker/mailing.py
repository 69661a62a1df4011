"""The inbox, and the mailer behind it where e-mail also goes out by SMTP."""

from __future__ import annotations

from collections.abc import Mapping

from broker.exchanges import Exchanges
from broker.store import Store
from suppliers.inbox import Inbox, Message
from suppliers.mail import Mailer, server_of
from suppliers.steps.channel import mask
from suppliers.visit import Event


def inbox_of(
    store: Store, exchanges: Exchanges, smtp: str, names: Mapping[str, str]
) -> tuple[Inbox, Mailer | None]:
    """``smtp`` is the URL of a server, or empty; ``names`` are the suppliers' by slug. SmtpProblem for a wrong URL."""
    if not smtp:
        return Inbox(store), None

    def told(message: Message, why_not: str) -> None:
        inbox.delivered(message.id, why_not)
        if message.ask_id and exchanges.get(message.ask_id):
            data = {"message": message.id, "to": mask(message.to)}
            if why_not:
                # The server may repeat the address; the exchange has it masked.
                data["reason"] = why_not.replace(message.to, mask(message.to))
            exchanges.tell(message.ask_id, Event.MAIL_FAILED if why_not else Event.MAIL_DELIVERED, data)

    mailer = Mailer(server_of(smtp), told, names)
    inbox = Inbox(store, post=mailer.post)
    return inbox, mailer
