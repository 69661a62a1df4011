"""Checks that messages of more than one kind must stand: what their rules have in common."""

from __future__ import annotations

from broker.rules.authn.seen import Source, said
from broker.rules.engine import Fault, NotApplicable
from broker.wire.signing import Signed


def only_a_key_name(signed: Signed | None) -> Fault | None:
    """KeyInfo is absent or has a KeyName only (spec 7)."""
    if signed is None or not signed.key_info:
        raise NotApplicable
    if signed.key_info == ("KeyName",):
        return None
    return Fault("KeyName", ", ".join(signed.key_info), "KeyInfo", signed.line)


def from_its_sender(source: Source | None, issuer: str | None, line: int) -> Fault | None:
    """What came by artifact is of the provider whose artifact it was."""
    if source is None:
        raise NotApplicable
    if issuer == source.sp:
        return None
    return Fault(f'"{source.sp}", whose artifact it is', said(issuer), "Issuer", line)


def over_tls(source: Source | None) -> Fault | None:
    """What came by artifact came over https."""
    if source is None:
        raise NotApplicable
    return None if source.url.startswith("https:") else Fault("https", source.url, "back channel")
