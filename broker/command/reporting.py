"""The command ``report``: one service provider over all of its logins, as a page to keep or as JSON."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from broker.check.source import Unreadable


def options(commands: argparse._SubParsersAction[Any]) -> None:
    """Add it to those of the program."""
    report = commands.add_parser(
        "report", help="each rule with its last result, for one service provider; an HTML file to keep"
    )
    report.add_argument("--sp", required=True, metavar="ENTITY", help="entity id")
    report.add_argument("-o", "--output", type=Path, metavar="FILE", help="(default: standard output)")
    report.add_argument("--format", choices=("html", "json"), default="html", help="(default: %(default)s)")
    report.add_argument("--tag", default="", help="as this test room has it")
    report.add_argument(
        "--home",
        type=Path,
        default=Path(os.environ.get("MOCK_EHERKENNING_HOME", ".")),
        help="folder with eherkenning.yaml and state.sqlite (default: MOCK_EHERKENNING_HOME, else here)",
    )
    report.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    """Raises Unreadable, ConfigError, OSError."""
    from broker.clock import Clock, machine_time
    from broker.explaining import of_home
    from broker.report.sp_report import report
    from broker.store.reading import copied
    from broker.store.sqlite import StoreError
    from suppliers.profiles import ProfileError

    try:
        current = of_home(given.home).current.seen_by(given.tag)
        store = copied(given.home / "state.sqlite")
    except (ProfileError, StoreError) as problem:
        raise Unreadable(str(problem)) from None
    sp = current.catalogue.sps.get(given.sp)
    if sp is None:
        known = ", ".join(list(current.catalogue.sps)[:10]) or "none"
        raise Unreadable(f"--sp {given.sp}: {given.home} has no metadata of it; known are {known}")
    found = report(current, store, sp, Clock(store, machine_time)(), given.tag)
    text = (
        found.as_html()
        if given.format == "html"
        else json.dumps(found.as_json(), indent=2, ensure_ascii=False)
    )
    if given.output is None:
        print(text)
    else:
        given.output.write_text(text + "\n", "utf-8")
    return 0
