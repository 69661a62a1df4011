"""Suppliers as data: one YAML file each, its name without ``.yaml`` being the supplier's slug.

``load_profiles()`` gives the ones that come along; ``load_profiles(folder)`` adds those of a folder, and
a file there replaces one of the same name. Adding a supplier takes a file and no Python: ``docs/suppliers.md``
has every key and an example.

What a file says comes in three parts: what the supplier is to the scheme (``ad``, ``mr``, ``levels``,
``identifiers``, ``next_register``), the road that people take (``steps``, ``second_factors``, ``smartcard``,
``stay_logged_in``), and how its pages look and speak (``look``, ``colours``, ``tagline``, ``shown_levels``,
``eh1_notice``, ``wording``).
"""

from __future__ import annotations

import difflib
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from suppliers.ask import Level, Offer
from suppliers.wording import TEXTS

SHIPPED = Path(__file__).parent

FieldName = Literal["username", "password", "pin"]
Factor = Literal["sms", "email", "app", "qr"]
ShownLevel = Literal["EH1", "EH2", "EH2+", "EH3", "EH4"]
Identifier = Literal["KvKnr", "RSIN", "Pseudo"]

# Six digits only: the theme is written into a style sheet, and the contrast test must be able to compute.
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ProfileError(ValueError):
    """A profile file that cannot be used; the text names file, line and key."""


def _entity(role: str) -> str:
    # Index 9000-9999 is the scheme's range for test systems, so that no real party is ever named.
    return rf"^urn:etoegang:{role}:[0-9]{{20}}:entities:9[0-9]{{3}}$"


def _level(value: object) -> object:
    return Level.of(value) if isinstance(value, str) else value


class Colours(BaseModel):
    """``brand`` fills the button and, with most headers, the top of the page; ``on_brand`` is on it.

    ``page`` is behind everything, ``sheet`` behind the content where ``look.sheet`` says so, and ``tint`` behind the
    box that says where one logs in. ``text`` and ``link`` stand on all three. ``accent`` is for edges only, never
    for text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: Colour
    on_brand: Colour
    link: Colour
    page: Colour = "#ffffff"
    text: Colour = "#1c1c1c"
    sheet: Colour = "#ffffff"
    tint: Colour = "#f3f3f3"
    accent: Colour | None = None

    @property
    def edge(self) -> str:
        return self.accent or self.brand


class Look(BaseModel):
    """The shape of the pages. Every value has rules of its own in ``pages/static/supplier.css``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: Literal["bar", "band", "centred", "line"] = Field(
        "bar",
        description="bar: a low strip in the brand's colour; band: a high one, the tagline under the name; "
        "centred: the name in the middle of the page; line: the name above a line in the brand's colour",
    )
    corners: Literal["square", "soft", "round"] = Field("soft", description="of buttons, fields and boxes")
    letters: Literal["sans", "serif"] = Field("sans", description="of the name and the headings")
    sheet: bool = Field(False, description="the content stands on a sheet of its own colour")
    service: Literal["above", "below"] = Field(
        "above", description="where it says what one logs in to: above or below what is asked"
    )

    @property
    def classes(self) -> str:
        """As classes of the page."""
        sheet = " on-sheet" if self.sheet else ""
        return f"header-{self.header} corners-{self.corners} letters-{self.letters}{sheet}"


class Tagline(BaseModel):
    """A line with the supplier's name, in the pages' two languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nl: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=60)

    def in_(self, language: str) -> str:
        return self.en if language == "en" else self.nl


class Profile(BaseModel):
    """One supplier: an authentication service and an authorisation register under one name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    name: str = Field(min_length=1)
    ad: str = Field(pattern=_entity("AD"))
    mr: str = Field(pattern=_entity("MR"))
    levels: tuple[Annotated[Level, BeforeValidator(_level)], ...] = Field(min_length=1)
    identifiers: tuple[Identifier, ...] = Field(min_length=1)
    next_register: str = Field("", description="slug of the supplier whose register confirms chain mandates")
    second_factors: tuple[Factor, ...] = ()
    steps: tuple[tuple[FieldName, ...], ...] = Field(min_length=1)
    smartcard: bool = Field(False, description="the first page also offers to log in with a smartcard")
    email_as_username: bool = Field(
        False,
        description="the e-mail address does as well as the user name, where one means here goes with it",
    )
    stay_logged_in: bool = Field(True, description="the first page offers to stay logged in, at most 2 hours")
    shown_levels: tuple[ShownLevel, ...] = Field(
        (), description="the levels on the page, if not those of levels"
    )
    eh1_notice: bool = Field(False, description="warn on the first page that EH1 ended on 1 July 2021")
    tagline: Tagline | None = Field(None, description="a line with the name, in nl and en")
    look: Look = Look()  # type: ignore[call-arg]
    colours: Colours
    wording: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)

    @field_validator("slug")
    @classmethod
    def _slug_is_free(cls, slug: str) -> str:
        if slug == "static":
            raise ValueError("this name is taken by the style sheets; choose another file name")
        return slug

    @field_validator("steps")
    @classmethod
    def _steps_can_be_walked(cls, steps: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        asked = [field for page in steps for field in page]
        if () in steps:
            raise ValueError("a page without fields asks nothing; leave it out")
        if len(asked) != len(set(asked)):
            raise ValueError("each field is asked once at most")
        if "username" not in steps[0]:
            raise ValueError("the first page must ask the username: without it nobody knows whose step it is")
        if "password" not in asked:
            raise ValueError("one of the pages must ask the password")
        if any("pin" in page and len(page) > 1 for page in steps):
            raise ValueError("the pin needs a page of its own, [pin]: it is sent when that page is reached")
        return steps

    @field_validator("wording")
    @classmethod
    def _wording_is_used(cls, wording: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
        for language, texts in wording.items():
            if language not in ("nl", "en"):
                raise ValueError(f"{language}: no page is in this language; allowed: nl, en")
            for key, text in texts.items():
                if key not in TEXTS:
                    near = difflib.get_close_matches(key, TEXTS, n=1)
                    hint = f"; did you mean {near[0]}?" if near else ""
                    raise ValueError(f"{language}.{key}: no page has a text of this name{hint}")
                known = _placeholders(TEXTS[key].nl) | _placeholders(TEXTS[key].en)
                if strange := _placeholders(text) - known:
                    allowed = ", ".join(f"{{{name}}}" for name in sorted(known)) or "none"
                    raise ValueError(
                        f"{language}.{key}: {{{min(strange)}}} cannot be filled in here; allowed: {allowed}"
                    )
        return wording

    @model_validator(mode="after")
    def _pin_has_a_way_to_travel(self) -> Profile:
        asks_pin = any("pin" in page for page in self.steps)
        if asks_pin and not self.second_factors:
            raise ValueError(
                "second_factors: the steps ask a pin, so name at least one of sms, email, app and qr"
            )
        if self.second_factors and not asks_pin:
            raise ValueError(
                "second_factors: no page of steps asks a pin; add [pin] to steps or leave this out"
            )
        return self

    def offer(self) -> Offer:
        """What a broker lists of this supplier."""
        levels = tuple(sorted(self.levels))
        return Offer(self.slug, self.name, levels, self.identifiers, self.ad, self.mr, self.next_register)


def load_profiles(*folders: Path) -> dict[str, Profile]:
    """Every supplier by slug: those that come along, then those of ``folders``; ProfileError for a wrong file.

    A folder that does not exist adds nothing: a home folder need not have one.
    """
    files = {path.stem: path for folder in (SHIPPED, *folders) for path in sorted(folder.glob("*.yaml"))}
    profiles = {slug: load_profile(path) for slug, path in files.items()}
    owners: dict[str, str] = {}
    for slug, profile in profiles.items():
        for key, entity in (("ad", profile.ad), ("mr", profile.mr)):
            if entity in owners:
                raise ProfileError(f"{files[slug]}: {key}: {entity} is already that of {owners[entity]}")
            owners[entity] = slug
        if profile.next_register and profile.next_register not in profiles:
            near = difflib.get_close_matches(profile.next_register, profiles, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            known = ", ".join(profiles)
            raise ProfileError(
                f"{files[slug]}: next_register: there is no supplier {profile.next_register!r}; allowed: {known}{hint}"
            )
    return profiles


def load_profile(path: Path) -> Profile:
    """The supplier that one file describes."""
    try:
        text = path.read_text(encoding="utf-8")
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            data = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProfileError(f"{path}:{line}: not YAML: {error.problem}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProfileError(f"{path}: cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise ProfileError(f"{path}:1: a profile is a list of keys with values, such as name: Example")
    for twice in _duplicates(node):
        raise ProfileError(f"{path}:{twice.start_mark.line + 1}: {twice.value}: this key is here twice")
    if "slug" in data:
        raise ProfileError(f"{path}:{_line(node, ('slug',))}: slug: leave it out; the file name is the slug")
    try:
        return Profile.model_validate({**data, "slug": path.stem})
    except ValidationError as error:
        first = error.errors()[0]
        where = tuple(part for part in first["loc"] if part != "slug")
        key = ".".join(map(str, where))
        what = first["msg"].removeprefix("Value error, ")
        raise ProfileError(": ".join(filter(None, (f"{path}:{_line(node, where)}", key, what)))) from error


def _placeholders(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from error


def _line(node: yaml.Node, where: tuple[int | str, ...]) -> int:
    """The line of the last part of ``where`` that the file has."""
    line = node.start_mark.line
    for part in where:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return line + 1


def _duplicates(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key
                seen.add(key.value)
            yield from _duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _duplicates(value)


__all__ = ["SHIPPED", "Colours", "Look", "Profile", "ProfileError", "load_profile", "load_profiles"]
