"""A message of an exchange as a file, for console and API."""

from __future__ import annotations

from flask import Response

from broker.exchange_view.messages import Message


def file_of(
    message: Message,
    id: str,  # noqa: A002 - what an exchange's is called everywhere
    *,
    sent: bool,
    media: str = "",
) -> Response:
    """The bytes, never to be shown by the browser as a page of ours: they are somebody else's. ``sent``: as they
    went over the line, where that was kept."""
    body = (message.sent or "").encode() if sent else message.xml
    kind = "text/plain; charset=utf-8" if sent or not message.is_xml else "application/xml"
    response = Response(body, content_type=media or kind)
    name = f"exchange-{id[:8]}-{message.n}-{message.kind}.{'txt' if sent else 'xml'}"
    safe = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in name)
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response
