"""The pages, a module for each screen. Views translate between HTTP and the steps, and decide nothing."""

from __future__ import annotations

from flask import Flask

from helpdeskpo.pages import (
    archive,
    evaluations,
    forgotten,
    gtb,
    linking,
    login,
    mine,
    profile,
    start,
    support,
)
from helpdeskpo.site import Site


def add(app: Flask, site: Site) -> None:
    for module in (start, login, linking, forgotten, mine, archive, support, evaluations, gtb, profile):
        module.add(app, site)
