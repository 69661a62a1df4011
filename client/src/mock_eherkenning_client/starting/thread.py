"""A broker in a thread of this process, where the application is installed beside the tests."""

from __future__ import annotations

import importlib.util
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from mock_eherkenning_client.broker import Broker
from mock_eherkenning_client.errors import NoBroker
from mock_eherkenning_client.starting import folders

if TYPE_CHECKING:
    from mock_eherkenning_client.starting import Wish


def importable() -> bool:
    """Whether ``broker`` here is ours: an application may have a module of that name itself."""
    try:
        metadata.distribution("mock-eherkenning")
        return importlib.util.find_spec("broker.serving.fixture") is not None
    except (ImportError, ValueError, metadata.PackageNotFoundError):
        return False


def start(wish: Wish) -> Broker:
    if not importable():
        raise NoBroker(
            "the broker cannot be imported here, so that it cannot run in a thread.\n"
            f"Mend it with:  {sys.executable} -m pip install mock-eherkenning"
        )
    if wish.options:
        raise NoBroker(f"a broker in a thread takes no options of serve, received {' '.join(wish.options)}")
    from importlib import import_module

    in_thread = import_module("broker.serving.fixture").in_thread
    home = folders.home(wish.yaml)
    try:
        url, close = in_thread(home, folders.keys(), wish.token)
    except NoBroker:
        folders.remove(home)
        raise
    except Exception as error:
        folders.remove(home)
        raise NoBroker(f"the broker does not start in a thread: {error}") from error

    def stop() -> None:
        close()
        folders.remove(home)

    return Broker(url, token=wish.token, stop=stop)
