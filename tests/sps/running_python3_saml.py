"""Start and stop the providers on python3-saml, all in one process on loopback."""

import json
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from cryptography.hazmat.primitives import serialization

from support.sp import make_key

from .process import SPProcess


class Python3SamlSP(SPProcess):
    """Providers on python3-saml, unchanged, from `python3_saml/`; each has a name and settings of its own.

        with Python3SamlSP(tmp_path, {"portal": {"security": {"wantMessagesSigned": True}}}) as sp:
            ...  # give sp.metadata("portal") to the broker, then sp.configure(its metadata's URL)

    The landing page `sp.url("portal")` has, under `data-testid`: `login`; `who`, `format`, `session-index`,
    `class-refs` and `attribute-<name>` when somebody is logged in; `errors` and `reason` when a login failed.
    """

    name = "python3_saml"

    def __init__(self, folder: Path, providers: dict[str, dict[str, Any]]) -> None:
        super().__init__(folder)
        self._home.mkdir(parents=True)
        (self._home / "providers.json").write_text(json.dumps(providers))
        key, certificate = make_key("python3-saml")
        (self._home / "sp.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (self._home / "sp.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    @property
    def broker(self) -> dict[str, Any]:
        """What the library's parser made of the broker's metadata."""
        return dict(json.loads((self._home / "broker.json").read_text()))

    def url(self, name: str, page: str = "") -> str:
        return f"{self.base_url}/{name}/{page}"

    def entity_id(self, name: str) -> str:
        return self.url(name, "metadata")

    def metadata(self, name: str) -> bytes:
        """As the library makes it, and as it is served."""
        return self._get(f"/{name}/metadata")

    def configure(self, broker_metadata: str) -> None:
        """Read the broker's metadata, which must answer at this URL."""
        self.run("configure.py", broker_metadata, str(self._home / "broker.json"), doing="configuring")

    def _get(self, path: str) -> bytes:
        with build_opener(ProxyHandler({})).open(self.base_url + path, timeout=10) as answer:
            return bytes(answer.read())
