"""One finding, the same object on the page, in the API, in the log and on the command line."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

INTERFACE = "https://afsprakenstelsel.etoegang.nl/Startpagina/v3/interface-specifications-dv-hm"
SIGNATURE = "https://afsprakenstelsel.etoegang.nl/display/as/Digital+signature"
ENTITY_ID = "https://afsprakenstelsel.etoegang.nl/display/BEHEERAS/EntityID"
METADATA = "https://afsprakenstelsel.etoegang.nl/Startpagina/v3/dv-metadata-for-hm"
LEVELS = "https://afsprakenstelsel.etoegang.nl/display/as/Level+of+assurance"
SESSIONS = "https://afsprakenstelsel.etoegang.nl/display/as/Single+sign-on+and+user+sessions"
LOGOUT = "https://afsprakenstelsel.etoegang.nl/Startpagina/v1/single-log-out"
ATTRIBUTES = "https://afsprakenstelsel.etoegang.nl/Startpagina/v3/encryptedattribute"
BINDINGS = "https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf"
CORE = "https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf"


class Severity(enum.StrEnum):
    """R: refused, without an answer. E: an error. W: a warning. N: a note."""

    REFUSED = "R"
    ERROR = "E"
    WARNING = "W"
    NOTE = "N"


class Outcome(enum.StrEnum):
    """What becomes of the message because of this finding."""

    REFUSE = "refuse"
    ANSWER = "answer"
    GO_ON = "go-on"


@dataclass(frozen=True, slots=True)
class Finding:
    """``where`` is an element or attribute by the name that stands in the XML; ``line`` and ``column`` count from 1,
    0 if unknown.

    ``docs`` is the path of our page about the rule. ``mends`` has, for a library that the message was recognised to
    be from or that the configuration names, what to change there, beside ``mend``, which holds for everybody.
    ``suppressed`` is why the configuration lets this pass, "" where it does not. ``status`` is what the SAML answer
    says where the outcome is ANSWER: top and second-level code URNs.
    """

    rule: str
    severity: Severity
    outcome: Outcome
    title: str
    expected: str
    received: str
    mend: str
    reference: str
    where: str = ""
    line: int = 0
    column: int = 0
    docs: str = ""
    mends: Mapping[str, str] = field(default_factory=dict)
    suppressed: str = ""
    status: tuple[str, str | None] | None = None

    @property
    def place(self) -> str:
        """``line 3, column 14``; "" where it is not known."""
        if not self.line:
            return ""
        return f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"

    def as_json(self) -> dict[str, object]:
        """The same fields by the same names in every place where a finding is machine-read."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "status"}
        return {**fields, "mends": dict(self.mends)}

    def __str__(self) -> str:
        where = ", ".join(filter(None, (self.where, self.place)))
        mends = "".join(f" {library}: {mend}" for library, mend in self.mends.items())
        return (
            f"{self.rule} [{self.severity}] {self.title}{where and f' ({where})'}: expected {self.expected}; "
            f"received {self.received}. {self.mend}{mends} See {self.reference}"
            + (f" Suppressed: {self.suppressed}" if self.suppressed else "")
        )
