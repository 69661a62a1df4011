"""``mock-eherkenning-client login START_URL --person m.devries``: a login from a shell, for pipelines."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from mock_eherkenning_client.broker import Broker
from mock_eherkenning_client.errors import ClientError, NeverAtBroker, RequestRefused, RoadStopped
from mock_eherkenning_client.logging_in import Landing

DONE, NOT, UNUSABLE, REFUSED, STOPPED, NEVER = 0, 1, 2, 3, 4, 5
_CODES = """exit codes:
  0  it went as expected (--expect), and the service provider took the answer (below 400)
  1  another outcome, the service provider refused the answer, or the scenario was never used
  2  a wrong option, no broker, no service provider there, or a file that cannot be read or written
  3  the broker refused the AuthnRequest; with --expect refused that is 0
  4  the login stopped on a page; with --expect stopped that is 0
  5  the start page never led to the broker
"""
_HOW = {
    "supplier": "slug or name",
    "card": "true: by smartcard; or its number",
    "company": "key, KvK number, RSIN or name",
    "client": "the same, of an intermediary's client",
    "branch": "number or name, or whole",
    "password": "another than the one in force",
    "pin": "another than the one in the inbox",
    "channel": "sms, email, app or qr",
    "phone": "approve or refuse, for app and qr",
    "cancel": 'page on which to press "Annuleren": choice, login, pin, mandate, nomandate and so on',
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Log in; the exit code."""
    options = _parser().parse_args(arguments)
    began = time.monotonic()
    told: dict[str, Any] = {"start_url": options.start_url, "person": options.person, "outcome": None}
    told["text"] = "interrupted"
    code = UNUSABLE
    try:
        code = _login(options, told)
    finally:
        told["exit_code"] = code
        told["seconds"] = round(time.monotonic() - began, 3)
        code = _keep(options, told)
    print(
        json.dumps(told, indent=2, ensure_ascii=False) if options.json else told["text"],
        file=_out(code, options),
    )
    return code


def _keep(options: argparse.Namespace, told: dict[str, Any]) -> int:
    """Write the JUnit file, if one is wished; the exit code."""
    if options.junit:
        try:
            options.junit.write_text(_junit(options, told), "utf-8")
        except OSError as error:
            told["text"] += f"\n--junit {options.junit}: {error.strerror or error}"
            told["exit_code"] = UNUSABLE
    return int(told["exit_code"])


def _out(code: int, options: argparse.Namespace) -> Any:
    return sys.stdout if options.json or code == DONE else sys.stderr


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mock-eherkenning-client",
        description="Log in at a service provider by a mock eHerkenning broker.",
    )
    commands = parser.add_subparsers(required=True, metavar="command", dest="command")
    login = commands.add_parser(
        "login",
        help="log in without a browser",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    login.add_argument(
        "start_url", metavar="START_URL", help="behind the button that logs in with eHerkenning"
    )
    login.add_argument("--person", default="", help="key or user name of who logs in")
    for name, text in _HOW.items():
        login.add_argument(f"--{name}", default="", help=text)
    login.add_argument(
        "--cancel-if-stopped", action="store_true", help='press "Annuleren" on the page where the login stops'
    )
    login.add_argument(
        "--broker",
        metavar="URL",
        default=os.environ.get("MOCK_EHERKENNING_URL") or "http://127.0.0.1:8080",
        help="default: MOCK_EHERKENNING_URL, else %(default)s; its token is MOCK_EHERKENNING_TOKEN",
    )
    login.add_argument(
        "--broker-ca",
        metavar="FILE",
        default=os.environ.get("MOCK_EHERKENNING_CA"),
        help="CA of a broker that speaks https (default: MOCK_EHERKENNING_CA)",
    )
    login.add_argument("--tag", default="", help="count the login to this tag")
    login.add_argument(
        "--trust", action="append", default=[], metavar="FILE|URL", help="trust this metadata first"
    )
    login.add_argument("--scenario", default="", metavar="NAME", help="arm this scenario for the login")
    login.add_argument(
        "--expect",
        choices=("success", "cancelled", "declined", "refused", "stopped"),
        default="success",
        help="how it has to end (default: %(default)s)",
    )
    login.add_argument("--ca", metavar="FILE", help="CA of the service provider's certificate")
    login.add_argument("--junit", type=Path, metavar="FILE", help="also write the result as JUnit XML")
    login.add_argument("--json", action="store_true", help="print all of it as JSON")
    return parser


def _login(options: argparse.Namespace, told: dict[str, Any]) -> int:
    """The exit code; what there is to say comes into ``told``."""
    try:
        broker = Broker(
            options.broker,
            token=os.environ.get("MOCK_EHERKENNING_TOKEN") or None,
            ca=options.broker_ca or None,
            tag=options.tag,
        )
        for metadata in options.trust:
            broker.trust(metadata)
        if not options.scenario:
            return _tried(broker, options, told)
        armed = broker.scenario(options.scenario)
        try:
            code = _tried(broker, options, told)
        finally:
            armed.disarm()
        if armed.used:
            return code
        told["text"] += f"\n{armed!r} was armed and never used: no login came that it is for"
        return code or NOT
    except (ClientError, OSError, HTTPException, ValueError) as error:
        told["text"] = str(error) or type(error).__name__
        return UNUSABLE


def _tried(broker: Broker, options: argparse.Namespace, told: dict[str, Any]) -> int:
    try:
        how = {name: getattr(options, name) for name in _HOW if getattr(options, name)}
        landing = broker.login(options.start_url, options.person, ca=options.ca, **how)
    except RequestRefused as refused:
        told.update(
            outcome="refused", exchange=refused.exchange, findings=list(refused.findings), text=str(refused)
        )
        return DONE if options.expect == "refused" else REFUSED
    except RoadStopped as stopped:
        told.update(outcome="stopped", stop=dict(stopped.stop), text=str(stopped))
        if not options.cancel_if_stopped:
            return DONE if options.expect == "stopped" else STOPPED
        return _cancelled(options, told, stopped)
    except NeverAtBroker as never:
        told["text"] = str(never)
        return NEVER
    except (ClientError, OSError, HTTPException, ValueError) as error:
        told["text"] = str(error) or type(error).__name__
        return UNUSABLE
    return _landed(options, told, landing)


def _cancelled(options: argparse.Namespace, told: dict[str, Any], stopped: RoadStopped) -> int:
    try:
        code = _landed(options, told, stopped.cancel())
    except (ClientError, OSError, HTTPException, ValueError) as error:
        told["text"] = str(error) or type(error).__name__
        return UNUSABLE
    told["text"] += f"\n{stopped}"
    return code


def _landed(options: argparse.Namespace, told: dict[str, Any], landing: Landing) -> int:
    answer = landing.answer
    told.update(outcome=answer.outcome, exchange=answer.exchange_id, status=landing.status, url=landing.url)
    told["text"] = (
        f"{answer.outcome}: {options.person or 'nobody'} landed at {landing.url} (HTTP {landing.status}); "
        f"exchange {answer.exchange_id}"
    )
    if answer.outcome != options.expect:
        told["text"] += f"\nexpected {options.expect}, and the answer is {answer.outcome}"
        return NOT
    if answer.outcome == "success" and landing.status >= 400:
        told["text"] += f"\nthe service provider did not take the answer:\n{landing.text.strip()[:1000]}"
        return NOT
    return DONE


def _junit(options: argparse.Namespace, told: dict[str, Any]) -> str:
    name = quoteattr(_xml_text(f"login {options.person} at {options.start_url}"))
    errors = int(told["exit_code"] == UNUSABLE)
    failures = int(told["exit_code"] not in (DONE, UNUSABLE))
    kind = "error" if errors else "failure"
    said = _xml_text(told["text"]) or "nothing"
    text = (
        f"<{kind} message={quoteattr(said.splitlines()[0])}>{escape(said)}</{kind}>"
        if errors or failures
        else ""
    )
    seconds = told["seconds"]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites><testsuite name="mock-eherkenning" tests="1" failures="{failures}" errors="{errors}" skipped="0" '
        f'time="{seconds}"><testcase classname="mock-eherkenning" name={name} time="{seconds}">{text}</testcase>'
        "</testsuite></testsuites>\n"
    )


def _xml_text(text: str) -> str:
    """With a replacement character for what XML 1.0 cannot hold."""
    return re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text).strip()


if __name__ == "__main__":
    sys.exit(main())
