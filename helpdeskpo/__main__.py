"""``python -m helpdeskpo serve`` and ``python -m helpdeskpo metadata``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from helpdeskpo.keys import key_pair
from helpdeskpo.settings import OIN, Settings, request_binding, response_binding

# pysaml2 uses a cipher mode of cryptography that is going; setup.cfg holds cryptography back until it does not.
warnings.filterwarnings("ignore", message="CFB has been moved", module="saml2")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 2, and one line, for what the one who starts it can mend."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings(
            idp_metadata=options.idp_metadata,
            state=options.state,
            base_url=options.base_url,
            request_binding=request_binding(options.request_binding),
            response_binding=response_binding(options.response_binding),
            smtp=options.smtp,
            seed=options.seed,
        )
        return int(options.run(settings, options))
    except (OSError, ValueError) as error:
        print(f"helpdeskpo: {error}", file=sys.stderr)
        return 2


def serve(settings: Settings, options: argparse.Namespace) -> int:
    """Until it is told to stop."""
    from cheroot import wsgi

    from helpdeskpo.app import create_app
    from helpdeskpo.database import Database
    from helpdeskpo.serving import serve_until_told

    logging.basicConfig(level=logging.INFO, format="helpdeskpo %(levelname)s %(message)s")
    # pysaml2 says at length what checks.py has said in a line.
    logging.getLogger("saml2").setLevel(logging.CRITICAL)
    if options.reset:
        Database(settings.database_file).remove()
    app = create_app(settings)
    server = wsgi.Server((options.host, options.port), app, numthreads=32, timeout=5, server_name="localhost")
    server.max_request_header_size = 65_536
    server.max_request_body_size = 2_000_000

    serve_until_told(
        server,
        f"MijnHelpdeskPO: {settings.url('/')} (metadata: {settings.url('/metadata')})",
        with_parent=options.stop_with_parent,
    )
    return 0


def metadata(settings: Settings, options: argparse.Namespace) -> int:
    """To a file or to the screen."""
    from helpdeskpo.metadata import own_metadata

    content = own_metadata(settings, key_pair(settings.state, OIN, settings.clock()))
    if options.out:
        options.out.write_bytes(content)
    else:
        sys.stdout.buffer.write(content + b"\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("helpdeskpo", description="MijnHelpdeskPO, a demo service provider.")
    commands = parser.add_subparsers(required=True, metavar="command")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--base-url", default="http://localhost:8081", help="as browsers see it")
    common.add_argument(
        "--home",
        "--state",
        dest="state",
        type=Path,
        default=Path(os.environ.get("HELPDESKPO_HOME", "var/helpdeskpo")),
        help="folder for keys, database and mail (default: HELPDESKPO_HOME, else %(default)s)",
    )
    common.set_defaults(
        idp_metadata="", request_binding="post", response_binding="artifact", smtp="", seed=None
    )

    one = commands.add_parser("serve", parents=[common], help="start the website")
    one.add_argument("--idp-metadata", required=True, metavar="URL|FILE", help="metadata of the broker")
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=8081)
    one.add_argument("--request-binding", choices=("redirect", "post"))
    one.add_argument("--response-binding", choices=("post", "artifact"))
    one.add_argument(
        "--smtp",
        default=os.environ.get("HELPDESKPO_SMTP", ""),
        metavar="URL",
        help="mail server: smtp://[user:password@]host[:port] or smtps://... (default: HELPDESKPO_SMTP, else "
        "mail is kept as files in the folder mail of --home)",
    )
    one.add_argument(
        "--seed", type=Path, metavar="FILE", help="schools and accounts of a new database, as seed.yaml"
    )
    one.add_argument("--reset", action="store_true", help="throw the database away, and start with the seed")
    one.add_argument(
        "--stop-with-parent",
        action="store_true",
        help="end when standard input closes: so it ends with the program that started it, however that ends",
    )
    one.set_defaults(run=serve)

    two = commands.add_parser("metadata", parents=[common], help="write our own metadata, without starting")
    two.add_argument("--out", type=Path, help="file to write (default: the screen)")
    two.set_defaults(run=metadata)
    return parser


if __name__ == "__main__":
    sys.exit(main())
