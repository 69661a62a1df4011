"""Fuzzing with atheris: one module for each door that strangers can knock on. See docs/testing.md.

python -m fuzz.bindings -max_total_time=600
"""
