"""A broker in a container, by docker or podman."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from typing import TYPE_CHECKING

from mock_eherkenning_client.broker import Broker
from mock_eherkenning_client.errors import NoBroker
from mock_eherkenning_client.secret import Secret
from mock_eherkenning_client.starting import folders
from mock_eherkenning_client.starting.command import environ
from mock_eherkenning_client.starting.process import Process

if TYPE_CHECKING:
    from mock_eherkenning_client.starting import Wish

PORT = 8080
IMAGE_SECONDS = 300.0
_INSIDE = "/home/eherkenning/eherkenning.yaml"


def start(wish: Wish) -> Broker:
    """``--rm -i``: when we end, its standard input closes, it stops, and the engine takes it away."""
    if "--tls" in wish.options:
        raise NoBroker(
            "the CA of a broker in a container is inside it, so it cannot be asked for TLS here.\nMend it with:  start "
            "it yourself, and set MOCK_EHERKENNING_URL=https://... and MOCK_EHERKENNING_CA=/path/of/ca.pem"
        )
    engine = shutil.which("docker") or shutil.which("podman")
    if not engine:
        raise NoBroker("neither docker nor podman is on PATH.\nMend it with:  apt install podman")
    if not wish.image:
        raise NoBroker("no image is named.\nMend it with:  export MOCK_EHERKENNING_IMAGE=mock-eherkenning")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    token = Secret(wish.token or secrets.token_urlsafe(24))
    seconds = _seconds()
    home = folders.home(wish.yaml)
    yaml = home / "eherkenning.yaml"
    mounted = ("--volume", f"{yaml}:{_INSIDE}:ro") if yaml.exists() else ()
    run = (engine, "run", "--rm", "--interactive", "--publish", f"127.0.0.1:{port}:{PORT}", *mounted)
    # By its name only: what is in the command line, others can see.
    named = ("--env", "MOCK_EHERKENNING_TOKEN", wish.image)
    serve = ("serve", "--host", "0.0.0.0", "--port", str(PORT), "--base-url", url, "--store", "memory")  # noqa: S104
    command = [*run, *named, *serve, "--announce", "--stop-with-parent", *wish.options]
    try:
        if yaml.exists():
            # The user in the container is another than the one here.
            home.chmod(0o755)
            yaml.chmod(0o644)
        process = Process(
            command, home / "broker.log", {**environ(), "MOCK_EHERKENNING_TOKEN": token}, wish.stdin
        )
        process.announced(seconds)
    except BaseException:
        folders.remove(home)
        raise

    def stop() -> None:
        if process.is_ours:
            process.stop()
            folders.remove(home)

    return Broker(url, token=token, stop=stop)


def _seconds() -> float:
    """How long the start may take, with the fetching of the image."""
    said = os.environ.get("MOCK_EHERKENNING_IMAGE_SECONDS")
    try:
        return float(said) if said else IMAGE_SECONDS
    except ValueError:
        raise NoBroker(
            f'MOCK_EHERKENNING_IMAGE_SECONDS: expected a number of seconds, received "{said}"'
        ) from None


def _free_port() -> int:
    """Known before the start, as the broker has to say in its metadata how browsers reach it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
