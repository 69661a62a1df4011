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
    GetJsonSchemaHandler,
    RootModel,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, PydanticKnownError

from suppliers.ask import Level
from suppliers.register import days
from suppliers.register.characters import LONGEST
from suppliers.register.model import MandateStatus, MeansStatus
from suppliers.register.problems import KeyPath, Problem, nearest, shown
from suppliers.register.reading import Reading, Unset, reading_now
from suppliers.register.yamlfile import Document

LEVELS = tuple(level.label for level in Level)
SERVICE_ID = re.compile(r"urn:etoegang:DV:([0-9]{20}):services:([0-9]{1,4})")
LOST_ZERO = "was a zero at the front lost?"
ONE_LINE = r"^[^\r\n\t]*$"
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
                likely = digits.zfill(count)
                message += f": {LOST_ZERO} write {likely}"
        raise fault(message, allowed, nearest=likely)

    return AfterValidator(check)


def _pin(text: str) -> str:
    """Like _digits, and never says what it read: problems are shown in logs and on pages."""
    if re.fullmatch("[0-9]{6}", text):
        return text
    if re.fullmatch("[0-9]{1,5}|[0-9]{7,12}", text):
        lost = f": {LOST_ZERO} write all 6" * (len(text) == 5)
        raise fault(f"a PIN has 6 digits, this one has {len(text)}{lost}", "6 digits")
    raise fault("a PIN has 6 digits, and this is something else", "6 digits")


def _phone(text: str) -> str:
    digits = re.sub("[ -]", "", text)
    if re.fullmatch(r"(06|\+316)[0-9]{8}", digits):
        return text
    message = f"{shown(text)} is not a Dutch mobile number"
    if re.fullmatch("6[0-9]{8}", digits):
        raise fault(f"{message}: {LOST_ZERO} write 0{digits}", "06 and 8 digits", nearest="0" + digits)
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
    if days.is_relative(text):
        try:
            return _reading(info).day(text)
        except ValueError:
            raise fault(f"{shown(text)} is further than the calendar goes", *days.FORMS) from None
    likely = days.likely(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise fault(f"{shown(text)} is not in the calendar", *days.FORMS, nearest=likely) from None
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


class _Also:
    """In the JSON Schema: may also be written like this, as the validators allow. An editor takes 90000012 for a
    number, here it is text."""

    def __init__(self, **schema: Any) -> None:
        self.schema = schema

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(core), self.schema]}


def _form(pattern: str) -> WithJsonSchema:
    """In the JSON Schema: text of this form. Numbers without quotes are not looked at."""
    return WithJsonSchema({"type": ["string", "number"], "pattern": pattern})


_SIZE = {"minLength": 1, "maxLength": LONGEST}
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST, pattern=ONE_LINE),
    WithJsonSchema({"type": ["string", "number", "boolean"], **_SIZE}),
]
Exact = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST, pattern=ONE_LINE),
    WithJsonSchema({"type": ["string", "number"], **_SIZE}),
]
AtLevel = Annotated[Level, BeforeValidator(_level), WithJsonSchema({"type": "string", "enum": list(LEVELS)})]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "pattern": days.PATTERN})]
Uuid = Annotated[Text, AfterValidator(_uuid), _form("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
ServiceId = Annotated[Text, AfterValidator(_service_id), _form(f"^{SERVICE_ID.pattern}$")]
Kvk = Annotated[Text, _digits(8, "a KvK number"), _form("^[0-9]{8}$")]
Rsin = Annotated[Text, _digits(9, "an RSIN"), _form("^[0-9]{9}$")]
Branch = Annotated[Text, _digits(12, "a branch number (vestigingsnummer)"), _form("^[0-9]{12}$")]
Email = Annotated[Text, AfterValidator(_email), _form(r"^[^@\s]+@[^@\s]+$")]
Phone = Annotated[Text, AfterValidator(_phone), _form(r"^(06|\+31[ -]*6)([ -]*[0-9]){8}$")]
Password = Annotated[Exact, AfterValidator(_secret)]
Pin = Annotated[
    Text, AfterValidator(_secret), AfterValidator(_pin), _form(r"^([0-9]{6}|.*\$\{[A-Za-z_].*\}.*)$")
]
FileNames = Annotated[list[Text], BeforeValidator(_one_or_more), _Also(type="string", minLength=1)]
IdentifierSet = Annotated[list[Literal["KvKnr", "RSIN", "Pseudo"]], Field(min_length=1)]
IdentifierSets = Annotated[
    list[Annotated[IdentifierSet, _Also(enum=["KvKnr", "RSIN", "Pseudo"])]],
    BeforeValidator(_sets),
    Field(min_length=1),
]


class NamesPart(Part):
    """A name in two languages; or write the name itself, for both."""

    nl: Text = Field(description="in Dutch", examples=["Mijn Helpdesk po"])
    en: Text | None = Field(None, description="in English; else the Dutch name", examples=["My Helpdesk po"])


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
InLanguages = Annotated[NamesPart, BeforeValidator(_names), _Also(type="string", minLength=1)]


class ServicePart(Part):
    """A service that people log in to."""

    name: InLanguages = Field(description="its name on the pages", examples=["Mijn Helpdesk po"])
    provider: InLanguages = Field(description="whose service it is", examples=["Dienst Uitvoering Onderwijs"])
    service_id: ServiceId = Field(
        description="its ServiceID, as in the metadata of the service provider",
        examples=["urn:etoegang:DV:00000001999999990000:services:1"],
    )
    uuid: Uuid | None = Field(
        None,
        description="its ServiceUUID in the catalogue, which mandates hang on; else made from service_id",
        examples=["4b1c6f0e-2f0a-4f0e-9a57-52b1f4d9f001"],
    )
    instance_uuid: Uuid | None = Field(
        None,
        description="its ServiceUUID in messages; else made from service_id",
        examples=["5c1c6f0e-2f0a-4f0e-9a57-52b1f4d9f001"],
    )
    level: AtLevel = Field(description="the level that is needed at least", examples=["EH3"])
    identifiers: IdentifierSets = Field(
        [["KvKnr"]],
        description="what it is told of the company: sets, the one that it likes best first",
        examples=[[["KvKnr"], ["RSIN"]]],
    )
    branches: bool = Field(
        False, description="true if a mandate for one branch only is accepted", examples=[True]
    )


class CompanyPart(Part):
    """A company that people log in for; it has a kvk, an rsin or both."""

    name: Text = Field(description="its name", examples=["De Regenboog (fictief)"])
    kvk: Kvk | None = Field(
        None, description="KvK number of 8 digits; made-up ones begin with 9", examples=["90000012"]
    )
    rsin: Rsin | None = Field(
        None, description="RSIN of 9 digits that passes the eleven test", examples=["999900006"]
    )
    branches: dict[Branch, Text] = Field(
        {},
        description="names of its branches by branch number (vestigingsnummer) of 12 digits",
        examples=[{"000090000012": "Hoofdlocatie (fictief)"}],
    )
    manager: Text | None = Field(
        None, description="key of the person, with an email, who approves mandates", examples=["m.beheer"]
    )
    approves: bool = Field(
        False, description="true if every mandate that is asked for is approved at once", examples=[True]
    )


class MeansPart(Part):
    """A login at one supplier: username and password, or card and pin."""

    supplier: Text = Field(description="slug of the supplier", examples=["reconi"])
    username: Text | None = Field(
        None, description="user name; each at a supplier needs its own", examples=["m.devries"]
    )
    password: Password | None = Field(
        None,
        description="password; ${NAME} and ${NAME:-default} come from the environment, $$ is a dollar sign",
        examples=["Welkom-123", "${TEST_PASSWORD}"],
    )
    card: Text | None = Field(
        None,
        description="number of a smartcard, in place of username and password",
        examples=["900000000030"],
    )
    level: AtLevel = Field(description="the level of this means", examples=["EH3"])
    pin: Pin | None = Field(
        None,
        description="a fixed PIN of 6 digits, else one is made each time; of a card its own. ${NAME} as in password",
        examples=["123456", "${TEST_PIN}"],
    )
    status: StatusOfMeans | None = Field(
        None, description="what the supplier made of it; active lifts a block", examples=["blocked"]
    )
    until: Day | None = Field(
        None, description="the last day that it works", examples=["2039-12-31", "today+1y"]
    )
    renew: bool = Field(False, description="true if a new password must be chosen", examples=[True])
    app: bool = Field(True, description="false if no app goes with it", examples=[False])


class PersonPart(Part):
    """Somebody who logs in."""

    name: Text = Field(description="full name", examples=["Mieke de Vries"])
    email: Email | None = Field(
        None, description="where e-mail goes", examples=["m.devries@voorbeeld.example"]
    )
    phone: Phone | None = Field(
        None, description="Dutch mobile number, where text messages go", examples=["06-00000001"]
    )
    attributes: dict[str, Text] = Field(
        {},
        description="what services may ask, by the URN of the attribute",
        examples=[{"urn:etoegang:1.9:attribute:FirstName": "Mieke"}],
    )
    means: list[MeansPart] = Field(
        [],
        description="logins at suppliers",
        examples=[
            [{"supplier": "reconi", "username": "m.devries", "password": "Welkom-123", "level": "EH3"}]
        ],
    )


class MandatePart(Part):
    """Who may log in for which company, to which service."""

    id: Text | None = Field(
        None, description="a name of its own; else person/company/service", examples=["mandate-1"]
    )
    person: Text = Field(description="key of the person", examples=["m.devries"])
    company: Text = Field(description="key of the company", examples=["regenboog"])
    intermediary: Text | None = Field(
        None,
        description="key of the company, with a kvk, through which the person acts: a chain mandate",
        examples=["kantoor-kompas"],
    )
    service: Text | None = Field(
        None,
        description='key, name, ServiceID or ServiceUUID of a service, or "*" for every service',
        examples=["*", "mijn-helpdesk-po"],
    )
    provider: Text | None = Field(
        None,
        description="in place of service: all services of a provider, by name, OIN or entity id",
        examples=["Dienst Uitvoering Onderwijs"],
    )
    level: AtLevel = Field(description="the highest level that it holds for", examples=["EH3"])
    from_: Day | None = Field(
        None, alias="from", description="the first day", examples=["2024-01-01", "today-30d"]
    )
    until: Day | None = Field(None, description="the last day", examples=["2039-12-31", "today+1y"])
    branch: Branch | None = Field(
        None, description="branch number, if it is for one branch only", examples=["000090000012"]
    )
    status: StatusOfMandate = Field(
        MandateStatus.ACTIVE,
        description="active, requested and not yet given, or revoked",
        examples=["requested"],
    )
    last_used: Day | None = Field(
        None, description="when it was last used; it lapses after 24 months without", examples=["today-2y"]
    )


class CsvPart(Part):
    """Tables, a file name or a list of them for each kind; the first line names the columns."""

    companies: FileNames = Field(
        [],
        description="columns key, name, kvk, rsin, branches, manager, approves",
        examples=["companies.csv"],
    )
    people: FileNames = Field(
        [],
        description="columns key, name, email, phone, attributes.<name>, and those of a means; "
        "a further row with the same key adds a means",
        examples=["people.csv"],
    )
    mandates: FileNames = Field(
        [], description="columns as the keys of a mandate", examples=["mandates.csv", ["a.csv", "b.csv"]]
    )


class GeneratePart(Part):
    """People and companies that are made up, marked as such; the same seed gives the same."""

    seed: int = Field(1, description="any number", examples=[7])
    companies: int = Field(0, ge=0, le=50_000, description="how many companies", examples=[5000])
    people: int = Field(
        0, ge=0, le=200_000, description="how many people, each with one means", examples=[20000]
    )
    mandates: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        None, description="how many mandates, for every service; else one for each person", examples=[60000]
    )
    supplier: Text | None = Field(
        None, description="slug of the supplier of all; else any of them", examples=["reconi"]
    )
    level: AtLevel = Field(Level.EH3, description="of means and mandates", examples=["EH3"])
    password: Password = Field("Welkom-123", description="the password of all", examples=["Welkom-123"])


class RegisterPart(Part):
    """What a configuration of Mock eHerkenning says of services, companies, people and mandates."""

    services: dict[str, ServicePart] = Field(
        {},
        description="services by a key of your own",
        examples=[
            {
                "helpdesk": {
                    "name": "Mijn Helpdesk po",
                    "provider": "DUO",
                    "service_id": "urn:etoegang:DV:00000001999999990000:services:1",
                    "level": "EH3",
                }
            }
        ],
    )
    companies: dict[str, CompanyPart] = Field(
        {},
        description="companies by a key of your own",
        examples=[{"regenboog": {"name": "De Regenboog", "kvk": "90000012"}}],
    )
    people: dict[str, PersonPart] = Field(
        {}, description="people by a key of your own", examples=[{"m.devries": {"name": "Mieke de Vries"}}]
    )
    mandates: list[MandatePart] = Field(
        [],
        description="who may log in for which company",
        examples=[[{"person": "m.devries", "company": "regenboog", "service": "*", "level": "EH3"}]],
    )
    include: list[Text] = Field(
        [],
        description="more YAML files, from the folder of this one",
        examples=[["people.yaml", "teams/billing.yaml"]],
    )
    csv: CsvPart | None = Field(
        None, description="tables of many records", examples=[{"people": "people.csv"}]
    )
    generate: GeneratePart | None = Field(
        None,
        description="records that are made up",
        examples=[{"seed": 7, "companies": 5000, "people": 20000}],
    )


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
        if (*root, *details["loc"]) not in document.broken:
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
        if (glued := str(path[-1]).partition(":"))[0] in allowed and glued[1]:
            return document.problem(path, f"a space is missing after '{glued[0]}:'")
    elif kind in ("literal_error", "enum"):
        allowed = tuple(re.findall("'([^']*)'", context["expected"]))
        likely = nearest(str(value), allowed)
    elif kind == "string_pattern_mismatch" and context["pattern"] == ONE_LINE:
        # The value may be a secret.
        if "\t" in str(value).strip():
            return document.problem(path, "holds a tab: put a space there")
        message = "holds a line break, as after '|' or '>': write it on one line"
        return document.problem(path, message)
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
