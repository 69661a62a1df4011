"""Run by atheris: see fuzz/doors/bindings.py."""

from fuzz.running import main

if __name__ == "__main__":
    main("bindings")
