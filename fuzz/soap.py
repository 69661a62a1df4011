"""Run by atheris: see fuzz/doors/soap.py."""

from fuzz.running import main

if __name__ == "__main__":
    main("soap")
