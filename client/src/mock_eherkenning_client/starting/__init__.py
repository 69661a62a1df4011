"""Find a broker, or start one: by command, in a container, in a thread, or the one that runs already.

Each way gives a Broker with the same methods.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mock_eherkenning_client.broker import Broker
from mock_eherkenning_client.errors import NoBroker
from mock_eherkenning_client.secret import Secret

WAYS = ("auto", "running", "command", "container", "thread")


@dataclass(frozen=True)
class Wish:
    """What kind of broker. ``way`` is one of WAYS; ``ca`` a file with the CA of one that speaks https;
    ``yaml`` a file, a home folder, or the text of a YAML, empty for the broker's own example; ``options`` go to
    ``serve``. ``token`` is None for one of the broker's own making. The broker ends when ``stdin`` does, None for a
    pipe of ours."""

    way: str = "auto"
    url: str = ""
    ca: str = ""
    token: str | None = field(default=None, repr=False)
    command: Sequence[str] = ()
    image: str = ""
    source: str = ""
    yaml: str | Path = ""
    options: Sequence[str] = ()
    stdin: int | None = None


def start(
    way: str = "",
    *,
    url: str = "",
    ca: str | Path = "",
    token: str | None = None,
    command: str | Sequence[str] = (),
    image: str = "",
    source: str = "",
    yaml: str | Path = "",
    options: Sequence[str] = (),
    stdin: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> Broker:
    """A broker, until ``close``. What is left out is taken from the environment: MOCK_EHERKENNING_URL, _CA
    (a file), _TOKEN, _COMMAND, _IMAGE, _FROM (what uvx or pipx run it from) and _START (one of WAYS).

    Left to itself: the one that runs if there is a URL; else by the command or image that is set; else
    ``mock-eherkenning`` beside this Python or on PATH; else in a thread, if it can be imported here.

    Raises NoBroker, which ends with the one command that mends it.
    """
    from mock_eherkenning_client.starting import command as by_command

    __tracebackhide__ = True
    token = token if token is None else Secret(token)

    def said(name: str) -> str:
        return (os.environ if environ is None else environ).get(f"MOCK_EHERKENNING_{name}", "")

    wish = Wish(
        way or said("START") or "auto",
        url or said("URL"),
        str(ca or said("CA")),
        token if token is not None else Secret(said("TOKEN")) if said("TOKEN") else None,
        by_command.words(command or said("COMMAND")),
        image or said("IMAGE"),
        source or said("FROM"),
        yaml,
        tuple(options),
        stdin,
    )
    if wish.way not in WAYS:
        raise NoBroker(
            f'expected one of {", ".join(WAYS)} as the way to start a broker, received "{wish.way}"'
        )
    return _by(wish)


def _by(wish: Wish) -> Broker:
    from mock_eherkenning_client.starting import command, container, running, thread

    own = wish.yaml or wish.options
    if wish.way == "running" or (wish.way == "auto" and wish.url and not own):
        return running.use(wish)
    if wish.way == "container" or (wish.way == "auto" and wish.image and not wish.command):
        return container.start(wish)
    if wish.way == "thread":
        return thread.start(wish)
    found = command.find(wish)
    if found:
        return command.start(wish, found)
    if wish.way == "auto" and thread.importable():
        return thread.start(wish)
    raise NoBroker(
        "no mock eHerkenning broker: there is no command mock-eherkenning beside this Python or on PATH"
        + (
            ""
            if wish.way == "command"
            else ", it cannot be imported here, and no MOCK_EHERKENNING_URL or _IMAGE is set"
        )
        + f".\nMend it with:  {mend()}"
    )


def mend() -> str:
    """The one command that gets a broker on this machine."""
    if tuple(sys.version_info) >= (3, 11):
        return f"{Path(sys.executable).name} -m pip install mock-eherkenning"
    if shutil.which("uv"):
        return "uv tool install --python 3.12 mock-eherkenning"
    return "pipx install --python python3.12 mock-eherkenning"
