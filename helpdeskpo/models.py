"""The tables: who may come in (organisations, accounts, links), what is under way, and what people see inside."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdeskpo.database import Base, Instant

# Who may come in


class Organisation(Base):
    """A school (``code`` is its instellingscode) or a board (its bestuursnummer)."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    """school or board"""
    name: Mapped[str]
    kvk: Mapped[str] = mapped_column(default="")
    rsin: Mapped[str] = mapped_column(default="")
    """Of the company that it belongs to; both empty: any company may link its accounts."""
    branch: Mapped[str] = mapped_column(default="")
    """Its vestigingsnummer, 12 digits; empty where it has none of its own."""

    agents: Mapped[list[Gemachtigde]] = relationship(order_by="Gemachtigde.id")


class Gemachtigde(Base):
    """Who receives the mail about a forgotten password of this school or board."""

    __tablename__ = "gemachtigde"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str]
    email: Mapped[str]


class Contact(Base):
    """Somebody is registered as contact person of this school or board, by e-mail address in lower case."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("email", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))


class Account(Base):
    """Of the time before eHerkenning, or made by an activation code and then without user name and password."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    user_name: Mapped[str | None] = mapped_column(unique=True)
    """In lower case."""
    password_hash: Mapped[str | None]

    organisation: Mapped[Organisation] = relationship()


class ActivationCode(Base):
    """Only its hash is kept: see ``secrets.digest``."""

    __tablename__ = "activation_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    organisation: Mapped[Organisation] = relationship()


class Link(Base):
    """One person for one company, as eHerkenning tells them (acting and legal subject), on one account."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("acting", "legal_kind", "legal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    acting: Mapped[str]
    """The pseudonym, in lower case: brokers differ (spec 4.2)."""
    legal_kind: Mapped[str]
    """The URN of the kind of number."""
    legal: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    email: Mapped[str]
    """Proved by the PIN that was sent there; in lower case."""
    made_at: Mapped[datetime] = mapped_column(Instant)

    account: Mapped[Account] = relationship()
    memberships: Mapped[list[Membership]] = relationship(order_by="Membership.id")


class Membership(Base):
    """A school or board that a link gives access to: that of its account first, then those that were added."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("link_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    added_at: Mapped[datetime] = mapped_column(Instant)

    organisation: Mapped[Organisation] = relationship()


# What is under way


class Pending(Base):
    """A link that waits for its PIN. Either ``account_id`` or ``activation_id`` says what it will be a link to."""

    __tablename__ = "pending"

    id: Mapped[int] = mapped_column(primary_key=True)
    acting: Mapped[str]
    legal_kind: Mapped[str]
    legal: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    activation_id: Mapped[int | None] = mapped_column(ForeignKey("activation_code.id"))
    email: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)

    pins: Mapped[list[PinCode]] = relationship(order_by="PinCode.id")
    account: Mapped[Account | None] = relationship()
    activation: Mapped[ActivationCode | None] = relationship()


class PinCode(Base):
    """The newest of a pending link counts; the older ones are kept to say that they were replaced."""

    __tablename__ = "pin_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    pending_id: Mapped[int] = mapped_column(ForeignKey("pending.id"), index=True)
    mac: Mapped[str]
    sent_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0)
    """Wrong ones."""
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class ResetToken(Base):
    """The link in a mail about a forgotten password; only its hash is kept."""

    __tablename__ = "reset_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    account: Mapped[Account] = relationship()


class Failure(Base):
    """Something that may not happen too often, such as a wrong password: by whom, or at what. See ``throttle.py``."""

    __tablename__ = "failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Instant)


class SamlId(Base):
    """A request under way, an outcome to be fetched, a message or assertion seen: see ``shelf.py``."""

    __tablename__ = "saml_id"
    __table_args__ = (Index("saml_id_expiry", "kind", "until"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    until: Mapped[datetime] = mapped_column(Instant)


class WebSession(Base):
    """What we know of a browser; the cookie holds its name, and only the hash of that is here."""

    __tablename__ = "web_session"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[str]
    """JSON."""
    made_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant, index=True)


class LoginRecord(Base):
    """Somebody came in: shown to them, and kept for who has to account for it (SP-15: through whom)."""

    __tablename__ = "login_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    level: Mapped[str]
    intermediary: Mapped[str] = mapped_column(default="")
    """KvK number of the office that the person works for, in a chain mandate."""


# What people see inside


class Document(Base):
    """In the digital archive."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    title: Mapped[str]
    file_name: Mapped[str]
    day: Mapped[date]
    content: Mapped[str]


class Question(Base):
    """To the helpdesk, by the contact form."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"))
    reference: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)


class Evaluation(Base):
    """A question that we ask of every school or board."""

    __tablename__ = "evaluation"

    id: Mapped[int] = mapped_column(primary_key=True)
    title_nl: Mapped[str]
    title_en: Mapped[str]


class EvaluationAnswer(Base):
    """One of each school or board."""

    __tablename__ = "evaluation_answer"
    __table_args__ = (UniqueConstraint("evaluation_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"))
    mark: Mapped[int]
    """1 to 5"""
    remark: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)


class GtbRow(Base):
    """A line of the GTB-overzicht. Invented figures."""

    __tablename__ = "gtb_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    day: Mapped[date]
    pupils: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
