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
        self._area = self._select = ""
        self._option: str | None = None
        self._in_title = False
        self._text = False

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
        elif tag in ("textarea", "select") and self._open is not None and given.get("name"):
            self._open.fields[given["name"]] = ""
            setattr(self, "_area" if tag == "textarea" else "_select", given["name"])
            self._option = None
        elif tag == "option" and self._open is not None and self._select:
            self._chosen(given)
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            _, _, self.refresh = given.get("content", "").partition("=")
        elif tag == "title":
            self._in_title = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "title":
            self._in_title = False
        elif tag == "textarea":
            self._area = ""
        elif tag in ("select", "option"):
            self._text = False
            self._select = "" if tag == "select" else self._select

    def _chosen(self, option: dict[str, str]) -> None:
        """The option that says so, or else the first; without a value it is its text."""
        assert self._open is not None
        self._text = False
        if self._option is None or "selected" in option:
            self._option = option.get("value", "")
            self._open.fields[self._select] = self._option
            self._text = "value" not in option

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area:
            said = self._open.fields[self._area]
            # A line break right behind the tag is not of the text.
            self._open.fields[self._area] = said + (data if said else data[data.startswith("\n") :])
        elif self._open is not None and self._select and self._text:
            self._open.fields[self._select] += data.strip()
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
