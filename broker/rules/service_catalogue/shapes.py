"""The scheme's 1.13 schema of the catalogue as a table: elements, attributes and what stands in them (spec 8.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from broker.wire.service_catalogue import UUID

MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """``children``: name, fewest, most, in order; without a prefix they are of the catalogue's namespace. Attributes
    with ``esc:`` are qualified, others are not."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    children: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """Of a value: how it is written, in words and as a pattern, and how to mend one that is not; ``{}`` is its name."""

    expected: str
    pattern: re.Pattern[str]
    mend: str


BOOLEAN = Kind(
    '"true" or "false"',
    re.compile(r"true|false|1|0"),
    "Write true or false for {}, in lower case and in English.",
)
DATE_TIME = Kind(
    "a time such as 2026-01-01T00:00:00Z",
    re.compile(
        r"-?[0-9]{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-4]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
        r"(Z|[+-][0-9]{2}:[0-9]{2})?"
    ),
    "Write {} as date and time in UTC: 2026-01-01T00:00:00Z.",
)
A_UUID = Kind(
    "a UUID",
    UUID,
    "Write a UUID as {}: 8-4-4-4-12 hexadecimal digits with the dashes, and no braces around it.",
)
OIN = Kind(
    "an OIN of 20 digits", re.compile("[0-9]{20}"), "Write the 20 digits of the OIN as {}, and no more."
)
SOMETHING = Kind("a text", re.compile(r".+", re.DOTALL), "Fill {} in, or leave it out.")
_ALLOWED = ("noIntermediation", "generalAvailable", "serviceProviderOnly", "requiresApproval")
INTERMEDIATION = Kind(
    "one of " + ", ".join(_ALLOWED),
    re.compile("|".join(_ALLOWED)),
    "Write one of these as {}; left out, it is noIntermediation.",
)

VALUES: Mapping[str, Kind] = {
    "@IsPublic": BOOLEAN,
    "@IsPortal": BOOLEAN,
    "@isRequired": BOOLEAN,
    "@IssueInstant": DATE_TIME,
    "@intermediationAllowed": INTERMEDIATION,
    "SSOSupport": BOOLEAN,
    "ServiceUUID": A_UUID,
    "InstanceOfService": A_UUID,
    "IntermediatedService": A_UUID,
    "ServiceIntermediationAllowed": OIN,
    "Classifier": SOMETHING,
    "BsnkStructureVersion": SOMETHING,
    "BsnkRecipientKeySetVersion": SOMETHING,
}
"""What the values are, by local name; attributes with @ before it. Of others a rule of their own speaks."""

TEXT = Shape()
_LANGUAGE = Shape(required=("xml:lang",))
_PUBLIC = ("esc:IsPublic",)
_SET = Shape(optional=("setNumber",))

SHAPES: Mapping[str, Shape] = {
    "ServiceCatalogue": Shape(
        ("esc:IssueInstant", "esc:Version"),
        ("ID",),
        (("ds:Signature", 0, 1), ("ServiceProvider", 1, MANY)),
    ),
    "ServiceProvider": Shape(
        _PUBLIC,
        (),
        (
            ("ServiceProviderID", 1, 1),
            ("OrganizationDisplayName", 1, MANY),
            ("ServiceDefinition", 0, MANY),
            ("ServiceInstance", 0, MANY),
        ),
    ),
    "ServiceDefinition": Shape(
        _PUBLIC,
        ("esc:IsPortal",),
        (
            ("ServiceUUID", 1, 1),
            ("ServiceName", 1, MANY),
            ("ServiceDescription", 1, MANY),
            ("ServiceDescriptionURL", 0, MANY),
            ("saml:AuthnContextClassRef", 1, 1),
            ("HerkenningsmakelaarId", 1, 1),
            ("EntityConcernedTypesAllowed", 1, MANY),
            ("ActingSubjectTypesAllowed", 0, MANY),
            ("ServiceRestrictionsAllowed", 0, MANY),
            ("RequestedAttribute", 0, MANY),
        ),
    ),
    "ServiceInstance": Shape(
        _PUBLIC,
        ("esc:IsPortal",),
        (
            ("ServiceID", 1, 1),
            ("ServiceUUID", 1, 1),
            ("InstanceOfService", 0, 1),
            ("IntermediatedService", 0, 1),
            ("ServiceURL", 0, MANY),
            ("PrivacyPolicyURL", 0, MANY),
            ("HerkenningsmakelaarId", 1, 1),
            ("AdditionalHerkenningsmakelaarId", 0, MANY),
            ("SSOSupport", 0, 1),
            ("EntityConcernedTypesAllowed", 0, MANY),
            ("ServiceCertificate", 0, MANY),
            ("ServiceIntermediation", 0, 1),
            ("Classifiers", 0, 1),
            ("BsnkStructureVersion", 0, 1),
            ("BsnkRecipientKeySetVersion", 0, 1),
            ("PortalForService", 0, MANY),
        ),
    ),
    # That each has a PurposeStatement is SC-08's.
    "RequestedAttribute": Shape(("Name",), ("isRequired",), (("PurposeStatement", 0, MANY),)),
    "ServiceCertificate": Shape((), (), (("md:KeyDescriptor", 0, MANY),)),
    "ServiceIntermediation": Shape(
        (), ("intermediationAllowed",), (("ServiceIntermediationAllowed", 0, MANY),)
    ),
    "Classifiers": Shape((), (), (("Classifier", 1, MANY),)),
    **dict.fromkeys(("EntityConcernedTypesAllowed", "ActingSubjectTypesAllowed"), _SET),
    **dict.fromkeys(
        (
            "OrganizationDisplayName",
            "ServiceName",
            "ServiceDescription",
            "ServiceDescriptionURL",
            "PurposeStatement",
        ),
        _LANGUAGE,
    ),
    **dict.fromkeys(("ServiceURL", "PrivacyPolicyURL"), Shape(optional=("xml:lang",))),
}
