"""Which characters and how many of them a text may have: one rule for files, tables and the API."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 1_000  # characters of one text
LONGEST_KEY = 200
DOTS = (".", "..")

# Control and format characters and what is no character at all. A joiner between two letters of other alphabets, or
# between two emoji, is seen: it changes what they look like.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)


def unseen(text: str) -> re.Match[str] | None:
    """The first character that nobody sees and that may be in no text, tabs and line ends aside."""
    return None if text.isprintable() else _UNSEEN.search(text)


def unprintable(text: str) -> str | None:
    """The same, only the character."""
    found = unseen(text)
    return found.group() if found else None


def is_unseen(character: str) -> str:
    """What to say of it."""
    name = unicodedata.name(character, "")
    called = f" ({name.lower()})" if name else ""
    return f"character U+{ord(character):04X}{called} is invisible and not allowed: remove it"


def fault_of_key(key: str) -> str | None:
    """What is wrong with the key of a record, which stands in addresses too; None where nothing is."""
    if found := unprintable(key) or next(iter(re.findall("[\t\r\n]", key)), None):
        return is_unseen(found)
    if len(key) > LONGEST_KEY:
        return f"a key has at most {LONGEST_KEY} characters, this one has {len(key)}"
    if key.strip() in DOTS:
        return f"{key.strip()} cannot stand in an address: a key needs a letter or a digit"
    return None
