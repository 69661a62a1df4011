"""Ready configuration for the libraries that service providers are built on, with this broker's addresses and, where
its metadata is known, the provider's own. One file in ``templates/`` each.

What metadata says is somebody else's text: each value is quoted by the filter of the language that it goes into.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from jinja2 import Environment, PackageLoader, StrictUndefined

from broker.catalogue import Service
from broker.connecting.given import Given
from broker.rules.libraries import Library
from broker.wire.metadata import Endpoint, ServiceEntry, SpMetadata
from broker.wire.names import HTTP_ARTIFACT, HTTP_POST
from suppliers.ask import Level


@dataclass(frozen=True, slots=True)
class Tried:
    """What stands on the page was given to the library. ``how``: ``login`` a person logged in with it, ``not`` it could
    not be had where this was made. ``scheme`` is what was seen with a provider of the scheme, in Dutch."""

    how: str
    version: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """``file`` is where the text belongs, in Dutch; ``language`` what it is written in."""

    library: Library
    name: str
    file: str
    tried: Tried
    language: str
    docs: str

    @property
    def template(self) -> str:
        return f"{self.library}.txt"


@dataclass(frozen=True, slots=True)
class Own:
    """What a configuration says of the provider itself. ``acs`` is where its answer goes, ``index`` of the service that
    it asks for (None where its metadata has none)."""

    entity_id: str
    acs: Endpoint
    index: int | None
    scheme: bool
    level: str
    signs: bool
    slo: str
    known: bool = True

    @property
    def artifact(self) -> bool:
        return self.acs.binding == HTTP_ARTIFACT

    @property
    def origin(self) -> str:
        split = urlsplit(self.acs.location)
        return f"{split.scheme}://{split.netloc}"

    @property
    def path(self) -> str:
        return urlsplit(self.acs.location).path

    @property
    def parent(self) -> str:
        """The folder of the ACS, as mod_auth_mellon and Shibboleth name theirs; never empty."""
        return self.path.rstrip("/").rpartition("/")[0] or "/"


EXAMPLE = Own(
    entity_id="urn:etoegang:DV:00000001123456789000:entities:9001",
    acs=Endpoint(HTTP_POST, "https://sp.example/saml/acs", 0, True),
    index=1,
    scheme=True,
    level=Level.EH3.urn,
    signs=True,
    slo="https://sp.example/saml/slo",
    known=False,
)
"""As long as no metadata is known: invented, to be replaced."""


def own(sp: SpMetadata, services: Sequence[tuple[ServiceEntry, Service]], *, saml: bool) -> Own:
    entry = sp.default_service or (sp.services[0] if sp.services else None)
    service = next((service for one, service in services if one is entry), None)
    return Own(
        entity_id=sp.entity_id,
        acs=sp.default_acs,
        index=None if entry is None else entry.index,
        scheme=not saml,
        level=(Level.EH3 if service is None else service.level).urn,
        signs=sp.requests_signed or not saml,
        slo=sp.single_logout[0].location if sp.single_logout else "",
    )


ENCRYPTED = (
    "De nummers van organisatie en persoon staan versleuteld in het antwoord (EncryptedID). Ontsleutel ze in uw "
    "eigen programma als de bibliotheek dat niet doet."
)

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        Library.MAYKIN,
        "django-digid-eherkenning",
        "een script voor manage.py shell, of dezelfde velden in de admin",
        Tried("login", "0.24.0"),
        "python",
        "https://django-digid-eherkenning.readthedocs.io/",
    ),
    Recipe(
        Library.PYSAML2,
        "pysaml2",
        "sp_conf.py",
        Tried(
            "login",
            "7.5.5",
            "pysaml2 weigert antwoorden van het stelsel: zijn schema’s kennen de verklaring van de leverancier niet. "
            "Stel voor deze dienstverlener profile: saml in, of kijk hoe helpdeskpo/seam.py het oplost.",
        ),
        "python",
        "https://pysaml2.readthedocs.io/en/latest/howto/config.html",
    ),
    Recipe(
        Library.PYTHON3_SAML,
        "python3-saml",
        "saml/settings.json",
        Tried(
            "login",
            "maykin-python3-saml 1.16.1",
            "Alleen maykin-python3-saml kent disableSignatureWrappingProtection. Zonder die instelling wordt het "
            "antwoord geweigerd, omdat er meer dan één Assertion in staat.",
        ),
        "json",
        "https://github.com/SAML-Toolkits/python3-saml#settings",
    ),
    Recipe(
        Library.MELLON,
        "mod_auth_mellon",
        "een bestand in conf-enabled van Apache",
        Tried("login", "0.18.1", ENCRYPTED),
        "apache",
        "https://github.com/latchset/mod_auth_mellon",
    ),
    Recipe(
        Library.SHIBBOLETH,
        "Shibboleth SP 3",
        "/etc/shibboleth/shibboleth2.xml",
        Tried("login", "3.4.1", ENCRYPTED),
        "xml",
        "https://shibboleth.atlassian.net/wiki/spaces/SP3",
    ),
    Recipe(
        Library.SIMPLESAMLPHP,
        "SimpleSAMLphp",
        "metadata/saml20-idp-remote.php en config/authsources.php",
        Tried("login", "1.19.7", ENCRYPTED),
        "php",
        "https://simplesamlphp.org/docs/stable/simplesamlphp-reference-idp-remote.html",
    ),
    Recipe(
        Library.SPRING,
        "Spring Security SAML",
        "application.yml",
        Tried("not"),
        "yaml",
        "https://docs.spring.io/spring-boot/reference/web/spring-security.html",
    ),
    Recipe(
        Library.SUSTAINSYS,
        "Sustainsys.Saml2",
        "Program.cs",
        Tried("not"),
        "csharp",
        "https://saml2.sustainsys.com/en/v2/asp.net-core.html",
    ),
    Recipe(
        Library.ITFOXTEC,
        "ITfoxtec.Identity.Saml2",
        "appsettings.json en Program.cs",
        Tried("not"),
        "csharp",
        "https://www.itfoxtec.com/IdentitySaml2",
    ),
    Recipe(
        Library.NODE_SAML,
        "node-saml",
        "saml.js",
        Tried("login", "5.1.0", ENCRYPTED),
        "javascript",
        "https://github.com/node-saml/node-saml",
    ),
)


def text(recipe: Recipe, given: Given, own: Own) -> str:
    """The configuration, to be pasted."""
    metadata = given.metadata if own.scheme else given.metadata_saml
    return _environment().get_template(recipe.template).render(b=given, sp=own, metadata=metadata)


def _quoted(value: object) -> str:
    """As a string of Python, JSON, YAML, JavaScript and C#: they share these escapes."""
    return json.dumps(str(value))


def _php(value: object) -> str:
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _apache(value: object) -> str:
    escaped = " ".join(str(value).split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _xml(value: object) -> str:
    return quoteattr(str(value))


FILTERS: Mapping[str, Callable[[object], str]] = {"q": _quoted, "php": _php, "xml": _xml, "apache": _apache}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("broker.connecting"),
        autoescape=False,  # noqa: S701 - no HTML: the page that shows it escapes
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(FILTERS)
    return made
