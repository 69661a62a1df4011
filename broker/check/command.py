"""What the three commands take, and what they do with it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from broker.check.checked import Checked, Exit
from broker.check.output import FORMATS, write
from broker.check.source import Read, Unreadable, read
from broker.configuration import YAML, Snapshot
from broker.rules.engine import Profile
from broker.rules.finding import Severity

_WHAT = "file, http or https address, or - for standard input"


def options(commands: argparse._SubParsersAction[Any]) -> None:
    """Add them to those of the program."""
    request = commands.add_parser(
        "check-request", help="judge an AuthnRequest by the rules; exit code 1 if there is an error"
    )
    metadata = commands.add_parser(
        "check-metadata", help="judge a service provider's metadata; exit code 1 if there is an error"
    )
    catalogue = commands.add_parser(
        "check-catalogue", help="judge a service catalogue; exit code 1 if there is an error"
    )
    request.add_argument(
        "document",
        metavar="FILE|URL|-",
        help="XML, base64, a whole address with SAMLRequest=, a form's body, or a page with a form",
    )
    request.add_argument("--binding", choices=("redirect", "post"), default="", help="how it was sent")
    request.add_argument("--destination", default="", metavar="URL", help="the address that it was sent to")
    request.add_argument("--metadata", default="", metavar="FILE|URL", help="metadata of the sender")
    request.add_argument("--sp", default="", metavar="ENTITY", help="judge it as one of this provider")
    metadata.add_argument("document", metavar="FILE|URL|-", help=_WHAT)
    metadata.add_argument(
        "--catalogue", default="", metavar="FILE|URL", help="service catalogue that goes with it"
    )
    catalogue.add_argument("document", metavar="FILE|URL|-", help=_WHAT)
    catalogue.add_argument("--metadata", default="", metavar="FILE|URL", help="metadata that it goes with")
    catalogue.add_argument(
        "--broker-oin", default="", metavar="OIN", help="of your own broker (default: that of the mock)"
    )
    for command in (request, metadata, catalogue):
        command.add_argument("--format", choices=FORMATS, default="text", help="(default: %(default)s)")
        command.add_argument(
            "--profile",
            choices=[str(profile) for profile in Profile],
            help="how strictly (default: as the broker would: lenient, or saml for what is not of the scheme)",
        )
        command.add_argument(
            "--fail-on",
            choices=[str(severity) for severity in Severity],
            default=str(Severity.ERROR),
            help="the lightest severity that gives exit code 1 (default: %(default)s)",
        )
        command.add_argument("--now", default="", metavar="INSTANT", help="such as 2026-02-01T09:00:00Z")
        command.add_argument(
            "--home",
            type=Path,
            default=os.environ.get("MOCK_EHERKENNING_HOME"),
            help="home folder whose metadata, catalogues and settings count (default: MOCK_EHERKENNING_HOME, or none)",
        )
    request.set_defaults(run=lambda given: _run(given, _request))
    metadata.set_defaults(run=lambda given: _run(given, _metadata))
    catalogue.set_defaults(run=lambda given: _run(given, _catalogue))


def _run(given: argparse.Namespace, check: Callable[[argparse.Namespace], Sequence[Checked]]) -> Exit:
    """Print what came of it. Unreadable goes on to the caller."""
    found = check(given)
    fail_on = Severity(given.fail_on)
    print(write(found, given.format, fail_on))
    worst = max((one.exit(fail_on) for one in found), default=Exit.GOOD)
    if worst is Exit.BROKEN:
        rules = ", ".join(rule for one in found for rule, _ in one.report.broken)
        print(
            f"mock-eherkenning: these checks broke, and say nothing: {rules}; please report it",
            file=sys.stderr,
        )
    return worst


def _request(given: argparse.Namespace) -> Sequence[Checked]:
    from broker.check.carried import Garbled, is_request_url, unpack
    from broker.check.documents import provider_in
    from broker.check.requests import Circumstances, check_request, garbled

    document = given.document
    source = Read("the address", document.encode()) if is_request_url(document) else read(document)
    snapshot = _snapshot(given)
    sps = () if snapshot is None else tuple(snapshot.catalogue.sps.values())
    if given.metadata:
        sps = (*provider_in(read(given.metadata)), *sps)
    around = Circumstances(
        binding=given.binding,
        destination=given.destination,
        profile=_profile(given),
        now=_instant(given.now),
        machine_time=_now(given),
        sps=sps,
        sp=given.sp,
        snapshot=snapshot,
    )
    try:
        return [check_request(source.name, unpack(source), around)]
    except Garbled as problem:
        return [garbled(source.name, problem, around)]


def _metadata(given: argparse.Namespace) -> Sequence[Checked]:
    from broker.check.documents import check_metadata, services_in

    document = read(given.document)
    services = list(services_in(read(given.catalogue))) if given.catalogue else []
    snapshot = _snapshot(given)
    if snapshot is not None:
        services += snapshot.catalogue.listings.values()
        return check_metadata(
            document, _profile(given), _now(given), services, lambda sp: snapshot.settings_of(sp).suppress
        )
    return check_metadata(document, _profile(given), _now(given), services)


def _catalogue(given: argparse.Namespace) -> Sequence[Checked]:
    from broker.check.documents import check_catalogue, provider_in

    document = read(given.document)
    beside = provider_in(read(given.metadata)) if given.metadata else []
    sp = beside[0] if beside else None
    return [check_catalogue(document, _profile(given), _now(given), given.broker_oin, sp)]


def _snapshot(given: argparse.Namespace) -> Snapshot | None:
    """What a home says; None where none was named."""
    if given.home is None:
        return None
    from broker.explaining import of_home
    from broker.store.sqlite import StoreError
    from suppliers.profiles import ProfileError

    home = Path(given.home)
    if not (home / YAML).is_file():
        raise Unreadable(f"--home {home}: there is no {YAML} in it")
    try:
        return of_home(home).current
    except (ProfileError, StoreError) as problem:
        raise Unreadable(str(problem)) from None


def _profile(given: argparse.Namespace) -> Profile | None:
    return Profile(given.profile) if given.profile else None


def _instant(text: str) -> datetime | None:
    from broker.wire import instants

    try:
        return instants.read(text) if text else None
    except ValueError as error:
        raise Unreadable(f"--now: {error}") from None


def _now(given: argparse.Namespace) -> datetime:
    from broker.clock import machine_time

    return _instant(given.now) or machine_time()
