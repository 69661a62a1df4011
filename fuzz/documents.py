"""Run by atheris: see fuzz/doors/documents.py."""

from fuzz.running import main

if __name__ == "__main__":
    main("documents")
