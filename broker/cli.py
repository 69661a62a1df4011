"""The command ``mock-eherkenning``: init, serve, metadata. Exit code 2 and one line for what cannot be done."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from broker import configuration
from broker.settings import LOOPBACK, Settings
from broker.wire.keys import KeyProblem
from suppliers.register.problems import ConfigError

UNUSABLE = 2


class Unusable(Exception):
    """One line for the person at the command line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (Unusable, KeyProblem) as problem:
        return _stop(str(problem))
    except ConfigError as error:
        first, *others = [str(problem) for problem in error.problems]
        more = f" (and {len(others)} more; mend this one first)" if others else ""
        return _stop(first + more)
    except OSError as error:
        return _stop(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))


def _stop(line: str) -> int:
    print(f"mock-eherkenning: {line}", file=sys.stderr)
    return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mock-eherkenning",
        description="A mock eHerkenning broker. For tests only: never trust it elsewhere.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    init = commands.add_parser("init", help="fill a home folder with a starter eherkenning.yaml")
    serve = commands.add_parser("serve", help="start the broker")
    metadata = commands.add_parser("metadata", help="print the broker's metadata")
    for command in (init, serve, metadata):
        command.add_argument(
            "--home",
            type=Path,
            default=Path(os.environ.get("MOCK_EHERKENNING_HOME", ".")),
            help="folder with eherkenning.yaml, metadata/, certs/ (default: MOCK_EHERKENNING_HOME, else here)",
        )
    for command in (serve, metadata):
        command.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
        )
        command.add_argument(
            "--port", type=int, default=8080, help="0 for any free one (default: %(default)s)"
        )
        command.add_argument(
            "--base-url", default="", help="how browsers reach the broker, if not http://HOST:PORT"
        )
    serve.add_argument(
        "--store",
        choices=("sqlite", "memory"),
        default="sqlite",
        help="where logins live (default: %(default)s)",
    )
    serve.add_argument(
        "--token",
        default=os.environ.get("MOCK_EHERKENNING_TOKEN"),
        help="asked of whoever calls the console or the API (default: MOCK_EHERKENNING_TOKEN; "
        "made up when listening on another address than loopback)",
    )
    init.set_defaults(run=_init)
    serve.set_defaults(run=_serve)
    metadata.set_defaults(run=_metadata)
    return parser


def _init(options: argparse.Namespace) -> int:
    home: Path = options.home
    made = configuration.fill(home)
    for file in made:
        print(f"made {file}")
    if not made:
        print(f"{home / configuration.YAML} is there already; nothing was changed")
    print(
        f"Put the metadata of your service provider in {home / 'metadata'} and start: mock-eherkenning serve"
    )
    return 0


def _serve(options: argparse.Namespace) -> int:
    from broker.server import PortProblem, Server

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    try:
        server = Server(options.host, options.port)
    except PortProblem as problem:
        raise Unusable(str(problem)) from None
    application = None
    try:
        # Imported late: a port in use is told before the slower parts are loaded.
        from broker.app import create
        from broker.store.sqlite import StoreError
        from suppliers.profiles import ProfileError

        settings = _settings(options, server.port)
        try:
            application = create(settings)
        except (StoreError, ProfileError) as problem:
            raise Unusable(str(problem)) from None
        _greet(settings)
        server.serve(application.wsgi)
    finally:
        server.close()
        if application is not None:
            application.close()
    return 0


def _settings(options: argparse.Namespace, port: int) -> Settings:
    token = getattr(options, "token", None)
    if token is None and options.host not in LOOPBACK:
        token = secrets.token_urlsafe(24)
    return Settings(
        home=options.home.resolve(),
        host=options.host,
        port=port,
        base_url=options.base_url.rstrip("/"),
        store=getattr(options, "store", "memory"),
        token=token,
    )


def _greet(settings: Settings) -> None:
    lines = [
        f"Mock eHerkenning (TEST) listens on {settings.base_url}",
        f"  metadata for your service provider  {settings.metadata_url}",
        f"  console with inbox and exchanges    {settings.base_url}/console",
        f"  home folder                         {settings.home}",
    ]
    if settings.token:
        lines.append(
            f"  token for console and API           {settings.base_url}/console?token={settings.token}"
        )
    print("\n".join(lines), flush=True)


def _metadata(options: argparse.Namespace) -> int:
    from broker.app import create
    from broker.metadata import own_metadata

    application = create(_settings(options, options.port), watch=False)
    try:
        print(own_metadata(application.parts).decode())
    finally:
        application.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
