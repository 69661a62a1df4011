"""The page for when something did not work out: what happened, what to do, a reference, and the way back."""

from __future__ import annotations

import logging
from dataclasses import replace

from flask import render_template
from flask_babel import gettext

from helpdeskpo.checks import Refusal
from helpdeskpo.secret import make_reference
from helpdeskpo.texts import HTTP

log = logging.getLogger(__name__)


def failed(refusal: Refusal) -> tuple[str, int]:
    if not refusal.reference:
        refusal = replace(refusal, reference=make_reference())
        log.warning(
            "page %s %s: expected %s, received %s",
            refusal.reference,
            refusal.code,
            refusal.expected,
            refusal.received,
        )
    text = {part: gettext(f"refused.{refusal.code}.{part}") for part in ("title", "happened", "advice")}
    page = render_template("failed.html", text=text, refusal=refusal)
    return page, HTTP.get(refusal.code, 403)
