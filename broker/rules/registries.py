"""All rules, by the kind of message that they judge; what is done for every rule is done over these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from broker.rules import authn, logout, metadata, resolve, service_catalogue
from broker.rules.engine import Rule, Rules


@dataclass(frozen=True, slots=True)
class Registry:
    """``prefix`` is how its ids begin, ``title`` what they judge."""

    prefix: str
    title: str
    rules: Rules[Any]


REGISTRIES = (
    Registry("AR", "AuthnRequest", authn.RULES),
    Registry("AX", "ArtifactResolve, over the back channel", resolve.RULES),
    Registry("LO", "LogoutRequest", logout.RULES),
    Registry("MD", "Metadata of a service provider", metadata.RULES),
    Registry("SC", "Service catalogue", service_catalogue.RULES),
)


def every_rule() -> dict[str, Rule[Any]]:
    """By id; ids are unique over all registries."""
    return {id_: rule for registry in REGISTRIES for id_, rule in sorted(registry.rules.rules.items())}
