"""Codes, PINs, tokens and passwords: how they are made, kept and compared. None is kept as it is."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from helpdeskpo.keys import create_file

PIN_DIGITS = 6
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


def make_pin() -> str:
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"


def make_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def make_reference() -> str:
    """What a person reads to the helpdesk; no secret."""
    return f"PO-{secrets.token_hex(4).upper()}"


def digest(value: str) -> str:
    """Of something with enough randomness of its own: a token, a session's name, an activation code."""
    return hashlib.sha256(value.encode()).hexdigest()


def plain_code(code: str) -> str:
    """An activation code as it is compared: people leave out dashes, and type small letters."""
    return "".join(character for character in code.upper() if character.isalnum())


def server_key(folder: Path) -> bytes:
    """Of this installation: made on the first start, the same ever after. Raises OSError."""
    file = folder / "helpdeskpo-secret.key"
    if not file.exists():
        create_file(file, os.urandom(32))
    return file.read_bytes()


def mac(key: bytes, purpose: str, value: str) -> str:
    """Of something that can be guessed, such as a PIN: whoever reads the database alone cannot."""
    return hmac.new(key, f"{purpose}\n{value}".encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """In a time that does not tell how much of it is alike."""
    return hmac.compare_digest(one.encode(), other.encode())


class Passwords:
    """Argon2id, with its parameters in each hash: they can be raised later, and older hashes still work."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(make_token())

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def right(self, password_hash: str | None, password: str) -> bool:
        """Without a hash it takes as long, and is wrong: nobody learns who has an account."""
        try:
            self._hasher.verify(password_hash or self._nobody, password[:LONGEST_PASSWORD])
        except (Argon2Error, InvalidHashError):
            return False
        return password_hash is not None
