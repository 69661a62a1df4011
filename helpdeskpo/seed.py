"""The invented schools, boards, accounts and codes that a new database starts with, from a YAML."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.orm import Session

from helpdeskpo.models import (
    Account,
    ActivationCode,
    Contact,
    Document,
    Evaluation,
    Gemachtigde,
    GtbRow,
    Organisation,
)
from helpdeskpo.secret import Passwords, digest, plain_code


class Part(BaseModel):
    """What is not known is refused: it may be a slip of the pen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AgentSeed(Part):
    name: str
    email: str


class AccountSeed(Part):
    user_name: str
    password: str


class CodeSeed(Part):
    code: str
    until: date
    used: date | None = None


class DocumentSeed(Part):
    title: str
    file: str
    day: date
    text: str


class GtbSeed(Part):
    day: date
    pupils: int
    accepted: int
    rejected: int


class OrganisationSeed(Part):
    code: str
    kind: Literal["school", "board"]
    name: str
    kvk: str = ""
    rsin: str = ""
    board: str = ""
    branch: str = ""
    agents: tuple[AgentSeed, ...] = ()
    contacts: tuple[str, ...] = ()
    accounts: tuple[AccountSeed, ...] = ()
    codes: tuple[CodeSeed, ...] = ()
    documents: tuple[DocumentSeed, ...] = ()
    gtb: tuple[GtbSeed, ...] = ()


class EvaluationSeed(Part):
    nl: str
    en: str


class Seed(Part):
    """The file."""

    organisations: tuple[OrganisationSeed, ...]
    evaluations: tuple[EvaluationSeed, ...] = ()


def load(file: Path | None) -> Seed:
    """None: the file of the package. Raises ValueError with one line, and OSError."""
    text = (file or files("helpdeskpo") / "seed.yaml").read_text("utf-8")
    name = file or "seed.yaml"
    try:
        seed = Seed.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ValueError(f"{name} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{name}: {place}: {first['msg']} ({error.error_count()} faults in all)") from error
    codes = [one.code for one in seed.organisations]
    for one in seed.organisations:
        if codes.count(one.code) > 1:
            raise ValueError(f"{name}: the code {one.code} is there {codes.count(one.code)} times")
        if one.board and one.board not in codes:
            raise ValueError(f"{name}: {one.code} belongs to board {one.board}, which is not in the file")
    return seed


def sow(session: Session, seed: Seed, passwords: Passwords) -> None:
    """Into empty tables."""
    boards = {one.code: one for one in seed.organisations}
    for one in seed.organisations:
        _organisation(session, one, boards.get(one.board, one), passwords)
    session.add_all(Evaluation(title_nl=one.nl, title_en=one.en) for one in seed.evaluations)


def _organisation(
    session: Session, one: OrganisationSeed, board: OrganisationSeed, passwords: Passwords
) -> None:
    made = Organisation(
        code=one.code, kind=one.kind, name=one.name, kvk=board.kvk, rsin=board.rsin, branch=one.branch
    )
    made.agents = [Gemachtigde(name=agent.name, email=agent.email) for agent in one.agents]
    session.add(made)
    session.flush()
    session.add_all(Contact(email=email.lower(), organisation_id=made.id) for email in one.contacts)
    session.add_all(
        Account(
            organisation=made,
            user_name=account.user_name.lower(),
            password_hash=passwords.hash(account.password),
        )
        for account in one.accounts
    )
    session.add_all(
        ActivationCode(
            organisation=made,
            code_hash=digest(plain_code(code.code)),
            expires_at=_moment(code.until),
            used_at=_moment(code.used) if code.used else None,
        )
        for code in one.codes
    )
    session.add_all(
        Document(
            organisation_id=made.id, title=item.title, file_name=item.file, day=item.day, content=item.text
        )
        for item in one.documents
    )
    session.add_all(GtbRow(organisation_id=made.id, **row.model_dump()) for row in one.gtb)


def _moment(day: date) -> datetime:
    """The end of that day."""
    return datetime.combine(day, time.max, UTC)
