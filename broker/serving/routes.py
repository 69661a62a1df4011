"""Routes that are made quickly: what builds an address is compiled when the first one is built."""

from __future__ import annotations

from threading import Lock
from typing import Any

from werkzeug.routing import Rule

_compiling = Lock()


class LazyRule(Rule):
    """Werkzeug compiles two functions for each rule when it is added, which is a fifth of the time that a start takes,
    and of most rules no address is ever built. Should Werkzeug go another way, this is not called, and all works."""

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        compiled = super()._compile_builder
        name = "_build_unknown" if append_unknown else "_build"

        def build(rule: Rule, *values: Any, **more: Any) -> Any:
            # Two threads that compile at once can fail in Python 3.11: its ast.parse counts depth in one place for
            # all (python/cpython#106905).
            with _compiling:
                made = compiled(append_unknown).__get__(rule, None)
            setattr(rule, name, made)
            return made(*values, **more)

        return build
