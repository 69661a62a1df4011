"""The command ``mock-eherkenning``: init, check, schema, explain, users, serve, metadata, keys.

Exit code 2 and one line for what cannot be done; 1 for a file that ``check`` finds wrong, and for a login that would
fail as ``explain`` has it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from broker import configuration
from broker.check import command as checking_messages
from broker.check.source import Unreadable
from broker.command import Unusable, asking, reporting
from broker.command import serve as serve_command
from broker.command.environment import Parser, of_process, told_of
from broker.wire.keys import KeyProblem
from suppliers.register.problems import ConfigError

WRONG = 1
UNUSABLE = 2
CUT_OFF = 141  # as a shell says it of SIGPIPE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["login"]:
        return _login(words)
    options = _parser().parse_args(arguments)
    code = CUT_OFF
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Who reads has seen enough, such as "head". What is left goes nowhere, also what Python writes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code
    except (Unusable, asking.Unanswerable, Unreadable, KeyProblem) as problem:
        return _stop(told_of(str(problem), words, of_process()))
    except ConfigError as error:
        first, *others = [str(problem) for problem in error.problems]
        more = f" (and {len(others)} more; mend this one first)" if others else ""
        return _stop(first + more)
    except OSError as error:
        return _stop(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))


def _login(words: list[str]) -> int:
    """By the client, a distribution of its own: a broker needs none. Its options are its own too."""
    try:
        from mock_eherkenning_client.shell import main as shell
    except ModuleNotFoundError:
        here = Path(__file__).resolve().parents[1] / "client"
        what = str(here) if here.is_dir() else "mock-eherkenning-client"
        return _stop(f"login needs the client; install it: {sys.executable} -m pip install {what}")
    return int(shell(words))


def _stop(line: str) -> int:
    print(f"mock-eherkenning: {line}", file=sys.stderr)
    return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="mock-eherkenning",
        description="A mock eHerkenning broker. For tests only: never trust it elsewhere.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    init = commands.add_parser("init", help="fill a home folder with a starter eherkenning.yaml")
    serve = commands.add_parser("serve", help="start the broker")
    metadata = commands.add_parser("metadata", help="print the broker's metadata")
    keys = commands.add_parser("keys", help="roll the broker's key over: announce, switch, drop; show")
    keys.add_argument(
        "step",
        choices=("show", "announce", "switch", "drop"),
        help="announce: the next certificate joins the metadata; switch: messages are signed by it; "
        "drop: the previous one leaves the metadata; show: where it stands",
    )
    explain = commands.add_parser(
        "explain", help="why a login would pass or fail; exit code 1 if it would fail"
    )
    users = commands.add_parser("users", help="who can do what, with which user name and password")
    asking.options(explain, users)
    for command in (init, serve, metadata, keys, explain, users):
        command.add_argument(
            "--home",
            type=Path,
            default=Path(os.environ.get("MOCK_EHERKENNING_HOME", ".")),
            help="folder with eherkenning.yaml, metadata/, certs/ (default: MOCK_EHERKENNING_HOME, else here)",
        )
    serve_command.options(serve, metadata)
    check = commands.add_parser(
        "check", help="print everything that is wrong with a file; exit code 1 if anything is"
    )
    check.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="files, or home folders (default: MOCK_EHERKENNING_HOME, else here)",
    )
    check.add_argument(
        "--format",
        choices=("text", "json", "github", "junit"),
        default="text",
        help="github: annotations of a pull request; junit: XML (default: %(default)s)",
    )
    check.add_argument("--strict", action="store_true", help="warnings count as errors")
    commands.add_parser(
        "login", help="log in at a service provider from its start URL, without a browser", add_help=False
    )
    checking_messages.options(commands)
    reporting.options(commands)
    schema = commands.add_parser("schema", help="print the JSON Schema of eherkenning.yaml, for editors")
    check.set_defaults(run=_check_files)
    explain.set_defaults(run=_explain)
    users.set_defaults(run=_users)
    schema.set_defaults(run=_schema)
    init.set_defaults(run=_init)
    keys.set_defaults(run=_keys)
    return parser


def _check_files(options: argparse.Namespace) -> int:
    from broker.command.checking import check, report
    from suppliers.profiles import ProfileError, load_profiles

    files: list[Path] = options.files or [Path(os.environ.get("MOCK_EHERKENNING_HOME", "."))]
    found = []
    for given in files:
        file = given / configuration.YAML if given.is_dir() else given
        try:
            found.append(check(file, load_profiles(file.parent / "profiles")))
        except ProfileError as problem:
            raise Unusable(str(problem)) from None
    if text := report(found, options.format, strict=options.strict):
        print(text)
    return 0 if all(one.passes(options.strict) for one in found) else WRONG


def _explain(options: argparse.Namespace) -> int:
    return 0 if asking.explain(options) else WRONG


def _users(options: argparse.Namespace) -> int:
    asking.users(options)
    return 0


def _schema(options: argparse.Namespace) -> int:
    print(_schema_text(), end="")
    return 0


def _schema_text() -> str:
    from broker.command.json_schema import schema

    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(home: Path, made: list[Path]) -> None:
    """Put the schema beside a new file, whose first line then tells editors so; an older file stays as it is."""
    from broker.command.json_schema import NAME

    target, yaml = home / NAME, home / configuration.YAML
    text = _schema_text()
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")
        made.append(target)
    if yaml in made:
        yaml.write_text(f"# yaml-language-server: $schema={NAME}\n{yaml.read_text('utf-8')}", "utf-8")


def _init(options: argparse.Namespace) -> int:
    home: Path = options.home
    made = configuration.fill(home)
    _describe(home, made)
    for file in made:
        print(f"made {file}")
    if not made:
        print(f"{home / configuration.YAML} is there already; nothing was changed")
    print(
        f"Put the metadata of your service provider in {home / 'metadata'} and start: mock-eherkenning serve"
    )
    return 0


def _keys(options: argparse.Namespace) -> int:
    from broker.clock import machine_time
    from broker.keys import KeyFolder, Step
    from broker.settings import ENTITY_ID, OIN

    folder = KeyFolder(options.home / "certs")
    signer = ("broker", ENTITY_ID, OIN, machine_time())
    state = folder.rollover(*signer) if options.step == "show" else folder.step(Step(options.step), *signer)
    found = (("signs", state.current), ("next", state.next), ("previous", state.previous))
    for role, certificate in found:
        if certificate is not None:
            until = certificate.x509.not_valid_after_utc
            print(f"{role:<9} {certificate.fingerprint}  valid until {until:%Y-%m-%d}")
    print(f"next step: mock-eherkenning keys {state.next_step}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
