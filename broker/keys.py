"""The keys in the folder ``certs/``: made when first needed, kept over restarts, readable by the owner only."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from threading import Lock

from broker.wire.keys import KeyProblem, SigningKey


class KeyFolder:
    """One PEM file a party, holding private key and certificate."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, SigningKey] = {}
        self._lock = Lock()

    def get(self, name: str, common_name: str, oin: str, now: datetime) -> SigningKey:
        """The key in ``<name>.pem``; made if there is none. Raises KeyProblem with the file and the mend."""
        key = self._keys.get(name)
        if key is None:
            with self._lock:
                key = self._keys.get(name) or self._read_or_make(name, common_name, oin, now)
                self._keys[name] = key
        return key

    def _read_or_make(self, name: str, common_name: str, oin: str, now: datetime) -> SigningKey:
        file = self._folder / f"{name}.pem"
        try:
            if not file.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                self._write(file, SigningKey.generate(common_name, oin, now).as_pem())
            return SigningKey.of_pem(file.read_bytes(), str(file))
        except OSError as error:
            raise KeyProblem(f"{file}: {error.strerror}; let this user write there, or give --home") from None

    def _write(self, file: Path, pem: bytes) -> None:
        """Whole or not at all, and never over another process's key: two may start at once."""
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(pem)
            try:
                os.link(draft, file)
            except FileExistsError:
                pass
            except OSError:
                draft.replace(file)  # a file system without hard links
                return
        finally:
            draft.unlink(missing_ok=True)
