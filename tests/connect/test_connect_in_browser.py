"""Connecting in a browser: the metadata as a file, and steps that are ticked off while somebody looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.running import RunningBroker
from support.sp import ServiceProvider
from support.walk import walk

pytestmark = pytest.mark.browser


def test_metadata_by_file_and_then_the_steps_tick_off_by_themselves(chromium: Any, tmp_path: Path) -> None:
    sp = ServiceProvider()
    (tmp_path / "sp.xml").write_bytes(sp.metadata)
    with RunningBroker(tmp_path / "home") as broker:
        context = chromium.new_context(base_url=broker.base_url)
        page = context.new_page()
        page.goto("/console")
        page.get_by_test_id("begin").get_by_role("link").click()
        page.get_by_test_id("upload").set_input_files(tmp_path / "sp.xml")
        page.get_by_test_id("add-upload").click()
        step = page.locator("[data-testid=step]")
        step.locator("nth=1").get_by_text("nu aan de beurt").wait_for()
        client = broker.browser()
        sso = f"{broker.base_url}/sso/1.13"
        choice = client.post("/sso/1.13", sp.form(sp.signed(sp.request(sso))))
        page.locator("[data-step=return-address-known][data-state=done]").wait_for()
        walk(client, choice)
        page.locator("[data-step=answer-sent][data-state=done]").wait_for()
        assert page.locator("[data-step=artifact-resolved]").get_attribute("data-state") == "next"
        context.close()
