"""django-digid-eherkenning, set up by the text that the console gives and nothing else, logs a person in."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from lxml import html

from support.running import RunningBroker
from support.walk import walk

from .running import DjangoSP

pytestmark = pytest.mark.sp


def test_the_text_of_the_page_connects_it(tmp_path: Path) -> None:
    with (
        RunningBroker(tmp_path / "home") as broker,
        DjangoSP(tmp_path / "sp", broker.metadata_url) as sp,
    ):
        broker.trust(sp.metadata, "django")
        entity_id = html.fromstring(sp.metadata).get("entityid")
        page = broker.browser().get(f"/console/connect?sp={entity_id}")
        (text,) = page.tree.xpath(
            '//details[@data-library="django-digid-eherkenning"]//pre[@class="take"]/text()'
        )
        sp.shell(
            "from digid_eherkenning.models import EherkenningConfiguration as E; E.objects.all().delete()"
        )
        sp.shell(text)
        session, browser = requests.Session(), broker.browser()
        form = html.fromstring(session.get(sp.login_url, timeout=20).content).forms[0]
        end = walk(browser, browser.post(form.get("action"), dict(form.form_values())))
        assert end.location, end.readable
        landing = html.fromstring(session.get(end.location, timeout=30).content)
        assert landing.xpath('string(//*[@data-testid="kvk"])').strip() == "90000012", sp.log[-2000:]
        steps = broker.browser().get(f"/console/connect?sp={entity_id}").by_testid("step")
        states = {step.get("data-step"): step.get("data-state") for step in steps}
        assert (states["artifact-resolved"], states["sp-landed"]) == ("done", "next")
