"""Scenarios: the ordinary road, on which one named function alters one thing at one point (docs/scenarios.md)."""
