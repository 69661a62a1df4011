"""The commands of ``mock-eherkenning``, a module each; ``broker/cli.py`` puts them together."""


class Unusable(Exception):
    """One line for the person at the command line."""
