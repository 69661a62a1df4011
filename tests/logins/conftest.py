"""Logins over the API on a broker in this process."""

from __future__ import annotations

from typing import Any

import pytest

from support.logins import Logins


@pytest.fixture
def logins(bench: Any) -> Logins:
    return Logins(bench)
