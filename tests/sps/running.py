"""Start and stop the providers on Django, each a process of its own on loopback."""

import socket
from pathlib import Path
from typing import Literal

from .process import SPProcess

ContentType = Literal["text/xml", "application/soap+xml"]


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class DjangoSP(SPProcess):
    """A Django project with django-digid-eherkenning, unchanged, from `django_digid_eherkenning/`.

        with DjangoSP(tmp_path, "http://127.0.0.1:8080/metadata") as sp:
            ...  # give sp.metadata to the broker, open sp.base_url, click the link with data-testid="login"

    `catalogue` is the service catalogue (dienstencatalogus) that the library generates.

    The landing page has, under `data-testid`: `login` while nobody is logged in; `who`, `kvk`, `rsin`,
    `pseudonym`, `level` and `branch` when somebody is (with `login_by="rsin"`, the library's own backend,
    only `who` and `rsin` are filled: it keeps nothing else); `message`: what the library says of a failure.
    """

    name = "django_digid_eherkenning"

    def __init__(
        self,
        folder: Path,
        broker_metadata: str | Path,
        port: int = 0,
        *,
        login_by: Literal["kvk", "rsin"] = "kvk",
        content_type: ContentType = "text/xml",
        host: str = "localhost",
    ) -> None:
        """Take a port (0: any free one), so that `base_url` is known. `folder` keeps database, key and log.

        `broker_metadata` is a URL, which must answer when the `with` block is entered, or a file.
        """
        super().__init__(folder, port, host)
        self.metadata = b""
        self.catalogue = b""
        is_url = str(broker_metadata).startswith(("http://", "https://"))
        self._broker_metadata = str(broker_metadata if is_url else Path(broker_metadata).resolve())
        self._login_by = login_by
        self._content_type: ContentType = content_type

    @property
    def login_url(self) -> str:
        """Where the link on the landing page leads."""
        return f"{self.base_url}/eherkenning/login/?next=/&attr_consuming_service_index=9052"

    def configure(self, content_type: ContentType | None = None) -> None:
        """Fill the project and read its metadata. May be called while it runs, for new broker metadata."""
        self._content_type = content_type or self._content_type
        metadata, catalogue = self._home / "metadata.xml", self._home / "dienstencatalogus.xml"
        arguments = [self._broker_metadata, str(metadata), "--content-type", self._content_type]
        arguments += ["--catalogue-out", str(catalogue)]
        self._home.mkdir(parents=True, exist_ok=True)
        self.run("configure.py", *arguments, doing="configuring")
        self.metadata, self.catalogue = metadata.read_bytes(), catalogue.read_bytes()

    def shell(self, text: str) -> None:
        """What an administrator types into `python manage.py shell`."""
        self.run("-m", "django", "shell", typed=text, doing="the shell")

    def _prepare(self) -> None:
        self.configure()

    def _environ(self) -> dict[str, str]:
        own = {"PORTAL_LOGIN_BY": self._login_by, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        return super()._environ() | own
