"""From a means of eHerkenning that nobody knows to a link: who you are, a PIN by e-mail, linked.

Each step is a function over the open database session of its caller, and decides again from what is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdeskpo import addresses, pins, throttle
from helpdeskpo.identity import Identity
from helpdeskpo.models import Account, ActivationCode, Link, Membership, Organisation, Pending
from helpdeskpo.problem import Problem
from helpdeskpo.secret import Passwords, digest, plain_code


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says on the link page: an e-mail address, and either user name and password or a code."""

    email: str
    user_name: str = ""
    password: str = field(default="", repr=False)
    code: str = field(default="", repr=False)


def who(identity: Identity) -> tuple[str, str, str]:
    """What makes a link: the acting subject and the legal subject together. Case of a pseudonym says nothing."""
    return identity.person.value.lower(), identity.company.kind, identity.company.value


def _me(identity: Identity) -> str:
    return f"identity {digest(' '.join(who(identity)))}"


def find(session: Session, identity: Identity) -> Link | None:
    acting, legal_kind, legal = who(identity)
    wanted = select(Link).where(Link.acting == acting, Link.legal_kind == legal_kind, Link.legal == legal)
    return session.scalar(wanted)


def open_organisations(link: Link, identity: Identity) -> list[Organisation]:
    """Where this person may come today: a mandate for one branch opens nothing else (SP-14)."""
    return [one.organisation for one in link.memberships if _within_branch(one.organisation, identity)]


def prove(session: Session, now: datetime, identity: Identity, said: Claim, passwords: Passwords) -> str:
    """The hash that the password of this claim is right for, or nothing. Apart from ``claim``, because it takes long:
    nobody is to hold the lock of the database meanwhile."""
    if said.code.strip() or _incomplete(said):
        return ""
    account = _account_of(session, said)
    if throttle.blocked(session, now, *_guessing(account, identity)):
        return ""
    kept = account.password_hash if account else None
    return kept or "" if passwords.right(kept, said.password) else ""


def claim(
    session: Session, now: datetime, identity: Identity, said: Claim, proved: str
) -> Pending | list[Problem]:
    """The link that waits for its PIN, or everything that is to be mended. ``proved``: see ``prove``.

    Failures are returned and not raised: they are counted in the same session.
    """
    email, problems = _address(said.email)
    problems += _incomplete(said)
    if problems or email is None:
        return problems
    me = _me(identity)
    # A PIN may be guessed at only so often, or the address would not be proved; and no mailbox is to be filled.
    mails = (f"mail by {me}", f"mail to {digest(email)}")
    if throttle.blocked(session, now, f"pin of {me}", *mails):
        return [Problem("email", "too-often")]
    by_code = bool(said.code.strip())
    wanted: Account | ActivationCode | Problem = (
        _activation(session, now, me, said.code)
        if by_code
        else _account(session, now, identity, said, proved)
    )
    if isinstance(wanted, Problem):
        return [wanted]
    if not _company_fits(wanted.organisation, identity):
        return [Problem("code" if by_code else "user_name", "other-company", **_company(identity))]
    if not _within_branch(wanted.organisation, identity):
        return [Problem("code" if by_code else "user_name", "other-branch", branch=identity.branch)]
    pins.forget(session, now)
    throttle.count(session, now, *mails)
    acting, legal_kind, legal = who(identity)
    pending = Pending(acting=acting, legal_kind=legal_kind, legal=legal, email=email, made_at=now, pins=[])
    if isinstance(wanted, Account):
        pending.account = wanted
    else:
        pending.activation = wanted
    session.add(pending)
    session.flush()
    return pending


def confirm(
    session: Session, now: datetime, identity: Identity, pending: Pending, pin: str, key: bytes
) -> Link | Problem:
    """The link, made. A code or a company that was taken in the meantime is told; what was wrong is counted."""
    guesses = f"pin of {_me(identity)}"
    if throttle.blocked(session, now, guesses):
        return Problem("pin", "too-often")
    if wrong := pins.judge(session, now, pending, pin, key):
        if wrong.code in pins.GUESSES:
            throttle.count(session, now, guesses)
        return wrong
    if find(session, identity):
        return Problem("pin", "pin-used")
    account = pending.account
    if pending.activation is not None:
        activation = pending.activation
        if activation.used_at:
            return Problem("pin", "code-used")
        if activation.expires_at <= now:
            return Problem("pin", "code-expired")
        activation.used_at = now
        account = Account(organisation=activation.organisation, user_name=None, password_hash=None)
        session.add(account)
    assert account is not None
    acting, legal_kind, legal = who(identity)
    link = Link(
        acting=acting,
        legal_kind=legal_kind,
        legal=legal,
        account=account,
        email=pending.email,
        made_at=now,
        memberships=[Membership(organisation=account.organisation, added_at=now)],
    )
    session.add(link)
    session.flush()
    return link


def _address(text: str) -> tuple[str | None, list[Problem]]:
    if not text.strip():
        return None, [Problem("email", "email-missing")]
    email = addresses.normal(text)
    if email is None:
        return None, [Problem("email", "email-wrong")]
    if addresses.general(email):
        return None, [Problem("email", "email-general", name=email.partition("@")[0])]
    return email, []


def _incomplete(said: Claim) -> list[Problem]:
    if said.code.strip() and (said.user_name.strip() or said.password):
        return [Problem("code", "both-ways")]
    if said.code.strip():
        return []
    missing = []
    if not said.user_name.strip():
        missing.append(Problem("user_name", "user-name-missing"))
    if not said.password:
        missing.append(Problem("password", "password-missing"))
    return missing


def _account_of(session: Session, said: Claim) -> Account | None:
    return session.scalar(select(Account).where(Account.user_name == said.user_name.strip().lower()))


def _guessing(account: Account | None, identity: Identity) -> tuple[str, ...]:
    """Where wrong passwords are counted: at the person, and at an account of their own company. Somebody of another
    company can never link it, and so cannot keep its people out by guessing either."""
    me = _me(identity)
    if account is None or not _company_fits(account.organisation, identity):
        return (me,)
    return me, f"account {digest(account.user_name or '')}"


def _account(
    session: Session, now: datetime, identity: Identity, said: Claim, proved: str
) -> Account | Problem:
    account = _account_of(session, said)
    keys = _guessing(account, identity)
    if throttle.blocked(session, now, *keys):
        return Problem("password", "too-often")
    if account is None or not proved or account.password_hash != proved:
        throttle.count(session, now, *keys)
        return Problem("password", "password-wrong")
    return account


def _activation(session: Session, now: datetime, me: str, code: str) -> ActivationCode | Problem:
    if throttle.blocked(session, now, me):
        return Problem("code", "too-often")
    # Looked up by its hash: how long that takes tells nothing about any code.
    found = session.scalar(select(ActivationCode).where(ActivationCode.code_hash == digest(plain_code(code))))
    if found is None:
        throttle.count(session, now, me)
        return Problem("code", "code-unknown")
    if found.used_at:
        return Problem("code", "code-used")
    if found.expires_at <= now:
        return Problem("code", "code-expired")
    return found


def _company_fits(organisation: Organisation, identity: Identity) -> bool:
    """A mandate speaks for one company: it opens the schools of that company, and no others."""
    if not organisation.kvk and not organisation.rsin:
        return True
    number = {"KvK-nummer": organisation.kvk, "RSIN": organisation.rsin}[identity.company_type]
    return number == identity.company.value


def _within_branch(organisation: Organisation, identity: Identity) -> bool:
    return not identity.branch or organisation.branch == identity.branch


def _company(identity: Identity) -> dict[str, str]:
    return {"kind": identity.company_type, "company": identity.company.value}
