"""The section ``service_providers:`` of the YAML: how one provider is judged and answered. All have sane defaults."""

from __future__ import annotations

import enum
from difflib import get_close_matches
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

from broker.rules.engine import Profile
from broker.rules.libraries import Library
from broker.rules.registries import every_rule
from broker.wire import names
from broker.wire.shape import Encryption, IdentifierForm, Shape, Signing
from suppliers.ask import Level

CIPHERS = {
    "aes256-cbc": names.AES256_CBC,
    "aes128-cbc": names.AES128_CBC,
    "aes256-gcm": names.AES256_GCM,
    "aes128-gcm": names.AES128_GCM,
}
OAEP_DIGESTS = {"sha1": names.SHA1, "sha256": names.SHA256}
SIGNATURES = {
    "rsa-sha256": (names.RSA_SHA256, names.SHA256),
    "rsa-sha384": (names.RSA_SHA384, names.SHA384),
    "rsa-sha512": (names.RSA_SHA512, names.SHA512),
}

LevelName = Literal["EH2", "EH2+", "EH3", "EH4"]


class SpProfile(enum.StrEnum):
    """``auto`` takes saml for metadata without any mark of the scheme, else eherkenning."""

    AUTO = "auto"
    EHERKENNING = "eherkenning"
    SAML = "saml"


class SpSection(BaseModel):
    """One service provider, under its entity id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: SpProfile = Field(SpProfile.AUTO, description="eherkenning, saml for any other SP, or auto")
    rules: Literal[Profile.LENIENT, Profile.STRICT] | None = Field(
        None, description="lenient or strict; else what broker: says"
    )
    version: Literal["1.11", "1.13"] | None = Field(
        None, description="version of the scheme; else the one of the address that the request was sent to"
    )
    identifiers: IdentifierForm | None = Field(
        None, description="encrypted, decrypted-nameid, or plain; else encrypted in 1.13 and plain in 1.11"
    )
    advice: Literal["full", "none"] = Field(
        "full", description="whether the assertions of AD and MR come along"
    )
    sign: Literal["both", "assertion", "response"] = Field("both", description="what the broker signs")
    encrypt_assertion: bool = Field(False, description="send an EncryptedAssertion")
    signature: Literal["rsa-sha256", "rsa-sha384", "rsa-sha512"] = Field(
        "rsa-sha256", description="algorithm"
    )
    cipher: Literal["aes256-cbc", "aes128-cbc", "aes256-gcm", "aes128-gcm"] = Field(
        "aes256-cbc", description="cipher of what is encrypted"
    )
    oaep_digest: Literal["sha1", "sha256"] = Field("sha1", description="digest inside RSA-OAEP-MGF1P")
    statements: Literal["authn-first", "attributes-first"] = Field(
        "authn-first", description="order of the statements in the assertion"
    )
    assertion_seconds: int | None = Field(None, ge=1, le=86_400, description="how long an assertion holds")
    clock_offset_seconds: int = Field(
        0, ge=-86_400, le=86_400, description="how far our clock is off for this SP"
    )
    artifact_by: Literal["get", "post"] = Field("get", description="how the artifact reaches the SP")
    level: LevelName = Field("EH3", description="under saml: the level that is needed")
    levels: dict[LevelName, str] = Field(
        default_factory=dict,
        description="under saml: level to AuthnContextClassRef, e.g. EH3: urn:example:high",
    )

    library: Library | None = Field(
        None,
        description="what it is built with; findings then name its settings. Else guessed from its requests",
    )
    suppress: dict[str, str] = Field(
        default_factory=dict,
        description="rule id to the reason why its finding is let pass, e.g. AR-31: we cannot change this before March",
    )

    @field_validator("suppress")
    @classmethod
    def _may_be_suppressed(cls, suppress: dict[str, str]) -> dict[str, str]:
        known = every_rule()
        for rule, reason in suppress.items():
            if rule not in known:
                near = get_close_matches(rule.upper(), known, 1)
                hint = f"; did you mean {near[0]}?" if near else "; they are in docs/rules/README.md"
                raise ValueError(f"there is no rule {rule}{hint}")
            if known[rule].firm:
                raise ValueError(f"{rule} cannot be suppressed: {known[rule].firm}")
            if not reason.strip():
                raise ValueError(
                    f"{rule} needs a reason, which stands in every finding: {rule}: why it may pass"
                )
        return suppress

    def is_saml(self, of_the_scheme: bool) -> bool:
        """Whether this provider is served as one that knows nothing of the scheme."""
        return self.profile is SpProfile.SAML or (self.profile is SpProfile.AUTO and not of_the_scheme)

    def class_ref(self, level: Level) -> str:
        """How this provider calls a level."""
        return self._class_refs().get(level.label, level.urn)

    def level_of(self, class_ref: str) -> Level | None:
        """The level that it means; None for a context of another kind, such as a password."""
        for level in Level:
            if class_ref in (level.urn, self._class_refs().get(level.label)):
                return level
        return None

    def _class_refs(self) -> dict[str, str]:
        return {str(name): class_ref for name, class_ref in self.levels.items()}

    def shape(self, version: str) -> Shape:
        """How its answers are built, for a login by this version of the interface."""
        version = self.version or version
        default = IdentifierForm.ENCRYPTED if version == "1.13" else IdentifierForm.PLAIN
        return Shape(
            version=version,
            identifiers=self.identifiers or default,
            advice=self.advice == "full",
            sign_assertion=self.sign in ("both", "assertion"),
            sign_response=self.sign in ("both", "response"),
            encrypt_assertion=self.encrypt_assertion,
            attributes_first=self.statements == "attributes-first",
            signing=Signing(*SIGNATURES[self.signature]),
            encryption=Encryption(CIPHERS[self.cipher], names.RSA_OAEP, OAEP_DIGESTS[self.oaep_digest]),
        )


class SpSections(RootModel[dict[str, SpSection]]):
    """All of them, by entity id."""


DEFAULT = SpSection()  # type: ignore[call-arg]
