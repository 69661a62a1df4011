"""One login a test, which reads the answer and finds it, and no other, in the log of its tag."""

from __future__ import annotations

from flask import Flask
from mock_eherkenning_client import Broker


def test_login(eherkenning_broker: Broker, app: Flask, number: int) -> None:
    landing = eherkenning_broker.login("/login", person="m.devries", app=app)
    assert landing.text == "<h1>Success 90000012</h1>"
    assert [one.outcome for one in eherkenning_broker.exchanges.list()] == ["success"]
