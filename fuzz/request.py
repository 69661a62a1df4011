"""Run by atheris: see fuzz/doors/request.py."""

from fuzz.running import main

if __name__ == "__main__":
    main("request")
