"""The forms of a page, as a browser would send them without anybody filling anything in."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.title = ""
        self.refresh = ""
        self._open: Form | None = None
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").upper())
            self.forms.append(self._open)
        elif tag == "input" and self._open is not None and given.get("name"):
            kind = given.get("type", "text").lower()
            ticked = kind not in ("checkbox", "radio") or "checked" in given
            if kind not in ("submit", "button", "image", "reset", "file") and ticked:
                self._open.fields[given["name"]] = given.get("value", "")
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            _, _, self.refresh = given.get("content", "").partition("=")
        elif tag == "title":
            self._in_title = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data


@dataclass(frozen=True)
class Page:
    """``refresh`` is where a page leads by itself, empty if nowhere."""

    title: str
    forms: tuple[Form, ...]
    refresh: str = ""

    def carrying(self, *names: str) -> Form | None:
        """The first form with one of these fields."""
        return next((form for form in self.forms if any(name in form.fields for name in names)), None)


def read(text: str) -> Page:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return Page(" ".join(reader.title.split()), tuple(reader.forms), reader.refresh.strip(" '\""))
