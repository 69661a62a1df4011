"""The shape of ``eherkenning.yaml``, one value at a time, and what pydantic's complaints are called here.

What holds between values (references, unique names, an order of dates) is in ``loader.py``. All values come
in as text, see ``yamlfile.py``; a key without a value counts as a key that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError, PydanticKnownError

from suppliers.ask import Level
from suppliers.register.model import MandateStatus, MeansStatus
from suppliers.register import days
from suppliers.register.problems import KeyPath, Problem, nearest, shown
from suppliers.register.reading import Reading, Unset, reading_now
from suppliers.register.yamlfile import Document

LEVELS = tuple(level.label for level in Level)
SERVICE_ID = re.compile(r"urn:etoegang:DV:([0-9]{20}):services:([0-9]{1,4})")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def fault(message: str, *allowed: str, nearest: str | None = None) -> PydanticCustomError:
    """What a validator raises to say it in our words."""
    return PydanticCustomError(
        "fault", "{message}", {"message": message, "allowed": allowed, "nearest": nearest}
    )


def _digits(count: int, what: str) -> AfterValidator:
    def check(text: str) -> str:
        if re.fullmatch(f"[0-9]{{{count}}}", text):
            return text
        digits = re.sub(r"[ .-]", "", text)
        missing = count - len(digits)
        allowed, likely = f"{count} digits", None
        if not re.fullmatch("[0-9]+", digits):
            message = f"{shown(text)} is not {what}"
        elif missing == 0:
            message, likely = f"{shown(text)} holds more than digits", digits
        else:
            message = f"{what} has {count} digits, {shown(text)} has {len(digits)}"
            if 0 < missing <= count // 3:
                message += ": was a zero at the front lost? put the number in quotes"
                likely = digits.zfill(count)
        raise fault(message, allowed, nearest=likely)

    return AfterValidator(check)


def _pin(text: str) -> str:
    """Like _digits, and never says what it read: problems are shown in logs and on pages."""
    if re.fullmatch("[0-9]{6}", text):
        return text
    raise fault("a PIN has 6 digits, and this is something else; put it in quotes", "6 digits")


def _phone(text: str) -> str:
    digits = re.sub("[ -]", "", text)
    if re.fullmatch(r"(06|\+316)[0-9]{8}", digits):
        return text
    message = f"{shown(text)} is not a Dutch mobile number"
    if re.fullmatch("6[0-9]{8}", digits):
        message += ": was the zero at the front lost? put the number in quotes"
        raise fault(message, "06 and 8 digits", nearest="0" + digits)
    raise fault(message, "06 and 8 digits, spaces and dashes between them")


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise fault(f"{shown(text)} is not an e-mail address", "name@domain")
    return text


def _uuid(text: str) -> str:
    if not UUID.fullmatch(text):
        allowed = "32 hexadecimal digits in groups of 8-4-4-4-12"
        raise fault(f"{shown(text)} is not a UUID", allowed)
    return text.lower()


def _service_id(text: str) -> str:
    if SERVICE_ID.fullmatch(text):
        return text
    message = f"{shown(text)} is not a ServiceID"
    if parts := re.fullmatch("urn:etoegang:DV:([0-9]*):services:([0-9]*)", text):
        if len(parts[1]) != 20:
            message += f": the OIN after 'DV:' has {len(parts[1])} digits, 20 are needed"
        else:
            message += f": the number after 'services:' has {len(parts[2])} digits, 1 to 4 are needed"
    raise fault(message, "urn:etoegang:DV:<OIN of 20 digits>:services:<1 to 4 digits>")


def _one_text(value: object) -> str:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    return value.strip()


def _level(value: object) -> Level:
    text = _one_text(value)
    if text in LEVELS:
        return Level.of(text)
    if text.upper() == "EH1":
        raise fault("EH1 has ended (1 July 2021)", *LEVELS)
    guess = text.lower().replace("loa", "EH").replace("plus", "+")
    raise fault(f"{shown(text)} is not a level", *LEVELS, nearest=nearest(guess, LEVELS))


def _day(value: object, info: ValidationInfo) -> date:
    text = _one_text(value)
    likely = None
    if days.is_relative(text):
        try:
            return _reading(info).day(text)
        except ValueError:
            raise fault(f"{shown(text)} is further than the calendar goes", *days.FORMS) from None
    if parts := re.fullmatch(r"(\d\d?)[-/. ](\d\d?)[-/. ](\d{4})", text, re.ASCII):
        likely = f"{parts[3]}-{int(parts[2]):02}-{int(parts[1]):02}"
    for candidate in (text, likely):
        if candidate and re.fullmatch(r"\d{4}-\d\d-\d\d", candidate, re.ASCII):
            try:
                day = date.fromisoformat(candidate)
            except ValueError:
                raise fault(f"{shown(text)} is not in the calendar", *days.FORMS) from None
            if candidate == text:
                return day
    raise fault(f"{shown(text)} is not a date", *days.FORMS, nearest=likely)


def _reading(info: ValidationInfo) -> Reading:
    return info.context if isinstance(info.context, Reading) else reading_now()


def _secret(text: str, info: ValidationInfo) -> str:
    """With the environment filled in where the reading has one; what came out is never shown."""
    try:
        filled = _reading(info).secret(text)
    except Unset as error:
        raise fault(str(error)) from None
    if not filled:
        raise fault("is empty")
    return filled


def _status(follows: Mapping[str, str]) -> BeforeValidator:
    """Some states are never written down: they follow from another key, which ``follows`` names."""

    def check(value: object) -> object:
        if isinstance(value, str) and value.strip().lower() in follows:
            raise fault(f"{shown(value)} is not written down: {follows[value.strip().lower()]}")
        return value

    return BeforeValidator(check)


def _sets(value: object) -> object:
    """``[KvKnr, RSIN]`` is short for ``[[KvKnr], [RSIN]]``."""
    if not isinstance(value, list):
        return value
    return [item if isinstance(item, list) else [item] for item in value]


def _one_or_more(value: object) -> object:
    """``people.csv`` is short for ``[people.csv]``."""
    return [value] if isinstance(value, str) else value


def _names(value: object) -> object:
    """``Mijn Helpdesk po`` is short for ``{nl: Mijn Helpdesk po}``."""
    return {"nl": value} if isinstance(value, str) else value


class Part(BaseModel):
    """A piece of the file: a key that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, data: Any) -> Any:
        if not isinstance(data, dict) or None not in data.values():
            return data
        known = set(fields_of(cls))
        return {key: value for key, value in data.items() if value is not None or key not in known}


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Exact = Annotated[str, StringConstraints(min_length=1)]
AtLevel = Annotated[Level, BeforeValidator(_level)]
Day = Annotated[date, BeforeValidator(_day)]
Uuid = Annotated[Text, AfterValidator(_uuid)]
Branch = Annotated[Text, _digits(12, "a branch number (vestigingsnummer)")]
FileNames = Annotated[list[Text], BeforeValidator(_one_or_more)]
IdentifierSet = Annotated[list[Literal["KvKnr", "RSIN", "Pseudo"]], Field(min_length=1)]


class NamesPart(Part):
    nl: Text
    en: Text | None = None


StatusOfMeans = Annotated[
    MeansStatus, _status({"expired": "it follows from until, the last day that the means works"})
]
StatusOfMandate = Annotated[
    MandateStatus,
    _status(
        {
            "expired": "it follows from until, the last day of the mandate",
            "lapsed": "it follows from last_used, when that is more than 24 months ago",
        }
    ),
]
InLanguages = Annotated[NamesPart, BeforeValidator(_names)]


class ServicePart(Part):
    name: InLanguages
    provider: InLanguages
    service_id: Annotated[Text, AfterValidator(_service_id)]
    uuid: Uuid | None = None
    instance_uuid: Uuid | None = None
    level: AtLevel
    identifiers: Annotated[list[IdentifierSet], BeforeValidator(_sets), Field(min_length=1)] = [["KvKnr"]]
    branches: bool = False


class CompanyPart(Part):
    name: Text
    kvk: Annotated[Text, _digits(8, "a KvK number")] | None = None
    rsin: Annotated[Text, _digits(9, "an RSIN")] | None = None
    branches: dict[Branch, Text] = {}
    manager: Text | None = None
    approves: bool = False


class MeansPart(Part):
    supplier: Text
    username: Text | None = None
    password: Annotated[Exact, AfterValidator(_secret)] | None = None
    card: Text | None = None
    level: AtLevel
    pin: Annotated[Text, AfterValidator(_secret), AfterValidator(_pin)] | None = None
    status: StatusOfMeans | None = None
    until: Day | None = None
    renew: bool = False
    app: bool = True


class PersonPart(Part):
    name: Text
    email: Annotated[Text, AfterValidator(_email)] | None = None
    phone: Annotated[Text, AfterValidator(_phone)] | None = None
    attributes: dict[str, Text] = {}
    means: list[MeansPart] = []


class MandatePart(Part):
    id: Text | None = None
    person: Text
    company: Text
    intermediary: Text | None = None
    service: Text | None = None
    provider: Text | None = None
    level: AtLevel
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    branch: Branch | None = None
    status: StatusOfMandate = MandateStatus.ACTIVE
    last_used: Day | None = None


class CsvPart(Part):
    companies: FileNames = []
    people: FileNames = []
    mandates: FileNames = []


class GeneratePart(Part):
    seed: int = 1
    companies: Annotated[int, Field(ge=0, le=50_000)] = 0
    people: Annotated[int, Field(ge=0, le=200_000)] = 0
    mandates: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    supplier: Text | None = None
    level: AtLevel = Level.EH3
    password: Annotated[Exact, AfterValidator(_secret)] = "Welkom-123"


class RegisterPart(Part):
    services: dict[str, ServicePart] = {}
    companies: dict[str, CompanyPart] = {}
    people: dict[str, PersonPart] = {}
    mandates: list[MandatePart] = []
    include: list[Text] = []
    csv: CsvPart | None = None
    generate: GeneratePart | None = None


# ---- pydantic's complaints in our words ----

# Filled in with the error's context and {value}, what the file says.
_WORDS = {
    "extra_forbidden": "is not known here",
    "missing": "is missing",
    "string_type": "must be one text, not {kind}",
    "list_type": "must be a list: one item a line after '- ', or [one, two]",
    "dict_type": "must consist of 'key: value' lines",
    "model_type": "must consist of 'key: value' lines",
    "literal_error": "{value} is not one of the values",
    "enum": "{value} is not one of the values",
    "bool_parsing": "{value} is neither true nor false",
    "int_parsing": "{value} is not a whole number",
    "float_parsing": "{value} is not a number",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "{value} does not have the form {pattern}",
    "too_short": "is empty",
    "greater_than": "must be more than {gt}, not {value}",
    "greater_than_equal": "must be {ge} or more, not {value}",
    "less_than": "must be less than {lt}, not {value}",
    "less_than_equal": "must be {le} or less, not {value}",
    "value_error": "{error}",
    "fault": "{message}",
}

_ALTERNATIVES = re.compile(r"\^\(([\w|-]+)\)\$")  # a pattern that is only a list of words


def problems_of(
    error: ValidationError, document: Document, model: type[BaseModel], root: KeyPath = ()
) -> Iterator[Problem]:
    """The problems in a part of the document that stands at ``root`` and does not fit ``model``."""
    for details in error.errors(include_url=False):
        yield _problem(details, document, model, root)


def _problem(details: ErrorDetails, document: Document, model: type[BaseModel], root: KeyPath) -> Problem:
    kind, loc, value = details["type"], details["loc"], details["input"]
    context = details.get("ctx", {})
    path = root
    for depth, step in enumerate(loc, 1):
        # pydantic also names members of unions and the like: left out, for they are not in the file
        if (*path, step) in document.places or (kind == "missing" and depth == len(loc)):
            path = (*path, step)
    allowed, likely = context.get("allowed", ()), context.get("nearest")
    if kind == "extra_forbidden":
        allowed = fields_of(_type_at(model, loc[:-1]))
        likely = nearest(str(path[-1]), allowed)
    elif kind in ("literal_error", "enum"):
        allowed = tuple(re.findall("'([^']*)'", context["expected"]))
        likely = nearest(str(value), allowed)
    elif kind == "string_pattern_mismatch" and (words := _ALTERNATIVES.fullmatch(context["pattern"])):
        allowed = tuple(words[1].split("|"))
        kind, likely = "enum", nearest(str(value), allowed)
    elif kind == "bool_parsing":
        allowed = ("true", "false")
    elif kind == "model_type":
        allowed = fields_of(_type_at(model, loc))
    if kind != "extra_forbidden" and (value is None or (kind == "missing" and path in document.places)):
        return document.problem(path, "has no value", allowed)
    message = _WORDS.get(kind, "{value}: " + details["msg"].replace("{", "{{").replace("}", "}}"))
    sort = "a list" if isinstance(value, list) else "'key: value' lines"
    message = message.format(**{**context, "value": shown(value), "kind": sort})
    return document.problem(path, message, allowed, likely)


def fields_of(kind: Any) -> tuple[str, ...]:
    """The keys that a piece of the file may have, as the file writes them."""
    if _is_model(kind):
        return tuple(_types(kind))
    return next(filter(None, map(fields_of, get_args(kind))), ())


def _type_at(kind: Any, loc: tuple[str | int, ...]) -> Any:
    for step in loc:
        kind = _type_below(kind, step) or kind
    return kind


def _type_below(kind: Any, step: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, RootModel):
        kind = kind.model_fields["root"].annotation
    if _is_model(kind):
        return _types(kind).get(str(step))
    if get_origin(kind) in (dict, list):
        return get_args(kind)[-1]
    return next(filter(None, (_type_below(member, step) for member in get_args(kind))), None)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _types(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}
