"""The command ``mock-eherkenning-healthy``: exit code 0 where a login would work, 1 and the reason where it would not.

For the health check of a container, without a shell. Nothing that takes long to load, so that asking every few seconds
costs next to nothing.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from broker.command.environment import YES

SECONDS = 3.0
ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - where a broker listens, not where this does
USAGE = "usage: mock-eherkenning-healthy [http://127.0.0.1:8080]"


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) > 1 or (given and not given[0].startswith(("http://", "https://"))):
        print(USAGE, file=sys.stderr)
        return 2
    where = given[0] if given else own_address()
    try:
        _ = urlsplit(where).port
    except ValueError:
        named = "" if given else "MOCK_EHERKENNING_PORT and MOCK_EHERKENNING_HOST: "
        print(
            f"mock-eherkenning-healthy: {named}expected a host and a port number, received {where}",
            file=sys.stderr,
        )
        return 2
    why = unhealthy(where)
    if why:
        print(f"mock-eherkenning-healthy: {why}", file=sys.stderr)
    return 1 if why else 0


def own_address() -> str:
    """Where the broker listens that was started with this environment."""
    tls = os.environ.get("MOCK_EHERKENNING_TLS", "").casefold() in YES
    port = os.environ.get("MOCK_EHERKENNING_PORT") or "8080"
    host = os.environ.get("MOCK_EHERKENNING_HOST") or "127.0.0.1"
    here = "127.0.0.1" if host in ANY_ADDRESS else host
    return f"{'https' if tls else 'http'}://{f'[{here}]' if ':' in here else here}:{port}"


def unhealthy(base_url: str) -> str:
    """Why a login would not work there; empty where it would."""
    split = urlsplit(base_url)
    host, where = split.hostname or "", f"{base_url.rstrip('/')}/readyz"
    connection: http.client.HTTPConnection
    if split.scheme == "https":
        # Its certificate is of a test CA that nobody here trusts; nothing is told to it.
        connection = http.client.HTTPSConnection(host, split.port, timeout=SECONDS, context=_trusting())
    else:
        connection = http.client.HTTPConnection(host, split.port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz", headers={"Host": split.netloc})
        answer = connection.getresponse()
        body = answer.read(100_000)
    except (OSError, http.client.HTTPException) as error:
        return f"{where} does not answer: {error}"
    finally:
        connection.close()
    return "" if answer.status == 200 else f"{where} answers {answer.status}: {_problems(body)}"


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _problems(body: bytes) -> str:
    try:
        found = json.loads(body)["problems"]
    except (ValueError, KeyError, TypeError):
        return body[:200].decode("utf-8", "replace")
    return "; ".join(map(str, found)) if isinstance(found, list) else f"{found} problems; the log has them"


if __name__ == "__main__":
    sys.exit(main())
