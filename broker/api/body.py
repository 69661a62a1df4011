"""A body of JSON as the YAML would have it: every value is text, so that the same words are said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import request

from broker.api.problems import Answered, wrong
from suppliers.register.characters import is_unseen, unprintable
from suppliers.register.problems import KeyPath, Problem, dotted
from suppliers.register.yamlfile import MAX_DEPTH

JSON = ("application/json",)
MERGE = ("application/json", "application/merge-patch+json")
_READ_ONLY = ("key", "source")


def read(media: tuple[str, ...] = JSON, *, as_sent: bool = False) -> Any:
    """The body of this request. Ends the call where it is no JSON, or says so. ``as_sent`` lets characters through
    that no file may have: of what somebody else made."""
    if request.mimetype not in media:
        raise Answered(
            415,
            "Not JSON",
            f"send the body as Content-Type: {media[0]}; received {request.mimetype[:100] or 'none'}",
        )
    try:
        data = json.loads(
            request.get_data(cache=False).decode("utf-8-sig"),
            parse_int=str,
            parse_float=str,
            parse_constant=_no_number,
            object_pairs_hook=_mapping,
        )
    except UnicodeDecodeError as error:
        raise _unreadable(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _unreadable(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _unreadable(f"nested more than {MAX_DEPTH} levels deep") from None
    except ValueError as error:
        raise _unreadable(str(error)) from None
    faults: list[tuple[KeyPath, Problem]] = []
    plain = _plain(data, (), faults)
    if faults and not as_sent:
        raise wrong(faults)
    return plain


def record(key: str) -> Any:
    """The body of a PUT or PATCH on this key: as GET gives it is right too."""
    body = read(MERGE if request.method == "PATCH" else JSON)
    if not isinstance(body, Mapping):
        return body
    if body.get("key", key) != key:
        problem = Problem(
            "", 0, 0, "key", f"is that of the address, {json.dumps(key, ensure_ascii=False)}, or left out"
        )
        raise wrong([(("key",), problem)])
    return {name: value for name, value in body.items() if name not in _READ_ONLY}


def perhaps(*, any_type: bool = False) -> Any:
    """The body where it is JSON, else None: of calls that say themselves what they expect."""
    try:
        value = request.get_json(silent=True, force=any_type)
    except RecursionError:
        return None
    faults: list[tuple[KeyPath, Problem]] = []
    _plain(value, (), faults)
    if faults:
        raise wrong(faults)
    return value


def _plain(value: Any, path: KeyPath, faults: list[tuple[KeyPath, Problem]]) -> Any:
    if len(path) > MAX_DEPTH:
        raise _unreadable(f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        for key in value:
            printable(key, (*path, key), faults)
        return {key: _plain(below, (*path, key), faults) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below, (*path, index), faults) for index, below in enumerate(value)]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        printable(value, path, faults)
    return value


def printable(text: str, path: KeyPath, faults: list[tuple[KeyPath, Problem]]) -> None:
    """Adds what is wrong with the characters of a text."""
    if found := unprintable(text):
        shown = tuple(step if isinstance(step, int) or not unprintable(step) else "?" for step in path)
        faults.append((shown, Problem("", 0, 0, dotted(shown), is_unseen(found))))


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number of JSON")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{json.dumps(twice)} is here twice: remove one")
    return found


def _unreadable(why: str) -> Answered:
    return Answered(422, "Not JSON", f"the body cannot be read: {why}")
