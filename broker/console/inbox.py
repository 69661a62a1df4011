"""The console's inbox: the list, and a page for each message."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from broker.console.guard import from_elsewhere
from broker.pages.room import asked_room, with_room
from broker.parts import Parts
from suppliers.inbox import Filter, Inbox, Message

MOST = 100
_LONGEST = 200
CHANNELS = {"sms": "Sms", "email": "E-mail", "app": "App-bericht"}


def add(pages: Blueprint, parts: Parts, inbox: Inbox) -> None:
    """On the console's own blueprint, so that its guard holds here too."""

    @pages.route("/inbox")
    def inbox_page() -> ResponseReturnValue:
        to, supplier, text = (
            request.args.get(name, "").strip()[:_LONGEST] for name in ("to", "supplier", "q")
        )
        wanted = Filter(to, supplier, text, asked_room())
        messages = inbox.list(MOST, wanted=wanted)
        newest = inbox.list(1)
        asked = {"to": wanted.to, "supplier": wanted.supplier, "q": wanted.text, "tag": wanted.tag}
        asked = {name: value for name, value in asked.items() if value}
        poll = {**asked, "limit": "1", "after": newest[0].id if newest else "none"}
        return _page(
            "inbox",
            parts,
            messages=[shown(message, parts, inbox) for message in messages],
            wanted=wanted,
            asked=asked,
            poll=f"/api/v1/inbox?{urlencode(poll)}",
            again=f"/console/inbox?{urlencode(with_room(asked, wanted.tag))}".rstrip("?"),
            json=f"/api/v1/inbox?{urlencode(asked)}" if asked else "/api/v1/inbox",
            suppliers=parts.suppliers.offers(),
            most=MOST,
            delivers=inbox.delivers,
            emptied="emptied" in request.args,
        )

    @pages.route("/inbox/<id>")
    def inbox_message(id: str) -> ResponseReturnValue:  # noqa: A002
        message = inbox.get(id)
        if message is None:
            return _page("nomessage", parts, id=id), 404
        return _page(
            "message", parts, message=shown(message, parts, inbox), delivers=inbox.delivers, alone=True
        )

    @pages.route("/inbox/empty", methods=["POST"])
    def inbox_empty() -> ResponseReturnValue:
        if from_elsewhere():
            return render_template("console/elsewhere.html"), 403
        inbox.clear()
        return redirect("/console/inbox?emptied", 303)


def shown(message: Message, parts: Parts, inbox: Inbox) -> dict[str, Any]:
    """A message as the templates show it. ``pending``: its delivery may still be told."""
    return {
        "id": message.id,
        "kind": CHANNELS.get(message.channel, message.channel),
        "channel": message.channel,
        "to": message.to,
        "at": message.at,
        "subject": message.subject,
        "body": linked(message.body, parts.settings.base_url),
        "code": message.code,
        "supplier": message.supplier,
        "sender": message.sender,
        "link": message.link,
        "ask_id": message.ask_id,
        "tag": message.tag,
        "delivery": message.delivery,
        "why": message.why,
        "pending": inbox.delivers
        and message.channel == "email"
        and message.delivery == "kept"
        and not message.sender,
    }


def linked(text: str, base_url: str) -> Markup:
    """The text with the addresses of this broker as links, and nothing else as HTML."""
    own = re.compile(rf"{re.escape(base_url)}/[A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*[A-Za-z0-9_~=/-]")
    made, at = Markup(), 0
    for found in own.finditer(text):
        url = escape(found[0])
        made += escape(text[at : found.start()]) + Markup(f'<a href="{url}">{url}</a>')  # noqa: S704
        at = found.end()
    return made + escape(text[at:])


def _page(name: str, parts: Parts, **context: Any) -> str:
    g.own_script = True
    return render_template(
        f"console/{name}.html", here="inbox", current=parts.current, now=parts.now(), **context
    )
