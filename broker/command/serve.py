"""``mock-eherkenning serve``, and ``metadata``: the same options say what a broker tells about itself."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import re
import secrets
import sys
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from broker.command import Unusable
from broker.command.environment import Parser, misspelt, of_process
from broker.serving import whereabouts
from broker.settings import ANY_ADDRESS, LOOPBACK, VERSIONS, Settings

if TYPE_CHECKING:
    from broker.app import Application
    from broker.serving.server import Server
    from broker.serving.smtp_door import Door
    from broker.tls.authority import Authority

ARTIFACT_PORT = 8443
ARTIFACT_PATHS = frozenset({*(f"/ars/{version}" for version in VERSIONS), "/readyz"})


def options(serve: Parser, metadata: Parser) -> None:
    """Each may come from the environment too."""
    serve.environment = metadata.environment = of_process()
    for command in (serve, metadata):
        command.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
        )
        command.add_argument(
            "--port", type=int, default=8080, help="0 for any free one (default: %(default)s)"
        )
        command.add_argument(
            "--base-url", default="", help="how browsers reach the broker, if not http(s)://HOST:PORT"
        )
        command.add_argument(
            "--backchannel-url",
            default="",
            help="how service providers reach the artifact service, if otherwise: goes into the metadata",
        )
        command.add_argument(
            "--tls", action="store_true", help="serve https, with a certificate of a test CA of its own"
        )
        command.add_argument(
            "--artifact-port",
            type=int,
            metavar="PORT",
            help="with --tls: port of the artifact service, where client certificates are asked for; 0 for any "
            f"free one (default: {ARTIFACT_PORT}, or any free one where --port is 0)",
        )
        command.add_argument(
            "--tls-certificate",
            type=Path,
            metavar="FILE",
            help="serve https with this one; PEM, with its chain",
        )
        command.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key; PEM, no password")
    serve.add_argument(
        "--client-certificate-header",
        default="",
        metavar="NAME",
        help="header in which a TLS proxy hands on the client certificate; only with --trusted-proxy",
    )
    serve.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="address or network of that proxy: the header is ignored from any other; may be given again",
    )
    serve.add_argument(
        "--store",
        choices=("sqlite", "memory"),
        default="sqlite",
        help="where logins live (default: %(default)s)",
    )
    serve.add_argument(
        "--threads",
        type=_positive,
        default=8,
        metavar="N",
        help="how many requests are served at once (default: %(default)s)",
    )
    serve.add_argument(
        "--sp-metadata",
        action="append",
        default=[],
        metavar="URL",
        help="metadata of a service provider to trust: asked for until it is there; may be given again",
    )
    serve.add_argument(
        "--cors",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="origin of a site whose pages may call the API, such as http://localhost:3000; may be given again",
    )
    serve.add_argument(
        "--token",
        default=os.environ.get("MOCK_EHERKENNING_TOKEN"),
        help="asked of whoever calls the console or the API (default: MOCK_EHERKENNING_TOKEN; "
        "made up when listening on another address than loopback)",
    )
    serve.add_argument(
        "--certs",
        type=Path,
        metavar="DIR",
        help="folder of the broker's keys (default: certs in the home folder)",
    )
    serve.add_argument(
        "--announce",
        action="store_true",
        help="say in one line of JSON where it listens, in place of the greeting",
    )
    serve.add_argument(
        "--stop-with-parent",
        action="store_true",
        help="end when standard input closes: so it ends with the program that started it, however that ends",
    )
    serve.add_argument(
        "--smtp",
        metavar="URL",
        help="also send e-mail by this server: smtp://[user:password@]host[:port][?starttls=yes&from=address] or "
        "smtps://... (default: MOCK_EHERKENNING_SMTP; with a password use that, for others can see an option)",
    )
    serve.add_argument(
        "--smtp-door",
        metavar="[HOST:]PORT",
        help="keep an SMTP server open, on loopback unless a host is named: what a service provider mails there "
        "comes into the inbox and goes no further; 0 for any free port",
    )
    serve.set_defaults(run=_serve, known=serve.options)
    metadata.set_defaults(run=_metadata)


def _serve(options: argparse.Namespace) -> int:
    from broker.serving.fixture import announcement, stop_with_parent
    from broker.serving.server import PortProblem, Server, Told, only

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    if options.stop_with_parent:
        stop_with_parent()
    for line in misspelt(options.known, of_process()):
        print(f"mock-eherkenning: {line}", file=sys.stderr)
    _check(options)
    options.smtp = _smtp(options)
    door_address = _smtp_door(options)
    servers: list[Server] = []
    application = None
    door = None
    try:
        try:
            servers.append(Server(options.host, options.port, threads=options.threads))
            if options.tls:
                beside = Server(options.host, options.artifact_port, "--artifact-port", options.threads)
                servers.append(beside)
        except PortProblem as problem:
            raise Unusable(str(problem)) from None
        # Imported late: a port in use is told before the slower parts are loaded. Nothing of what is made until
        # the first request is garbage: looking for it takes a tenth of the time to start.
        gc.disable()
        from broker.app import create
        from broker.store.sqlite import StoreError
        from suppliers.profiles import ProfileError

        settings = _settings(options, *(server.port for server in servers))
        authority = _speak_tls(options, settings, servers)
        try:
            application = create(settings, ca=authority.pem if authority else None)
        except (StoreError, ProfileError) as problem:
            raise Unusable(str(problem)) from None
        if door_address:
            door = _open_door(application, *door_address)
        gc.freeze()
        gc.enable()
        # From here on it can be stopped in order: whoever reads the greeting may do so at once.
        told = Told()
        if options.announce:
            print(announcement(settings, authority.file if authority else None), flush=True)
        else:
            _greet(settings, authority)
        if door and not options.announce:
            print(f"  SMTP door of the inbox              {door.address}", flush=True)
        if warned := application.parts.configuration.warned:
            print(
                f"  {warned} warnings about your files       mock-eherkenning check {settings.home}",
                flush=True,
            )
        for server in servers[1:]:
            server.serve_beside(only(ARTIFACT_PATHS, application.wsgi))
        servers[0].serve(application.wsgi, told, application.stop_waiting)
    finally:
        for server in servers:
            server.close()
        if door is not None:
            door.close()
        if application is not None:
            application.close()
    return 0


def _smtp_door(options: argparse.Namespace) -> tuple[str, int] | None:
    """Host and port, looked at before anything is made."""
    if options.smtp_door is None:
        return None
    from broker.serving.smtp_door import DoorProblem, address_of

    try:
        return address_of(options.smtp_door)
    except DoorProblem as problem:
        raise Unusable(f"--smtp-door: {problem}") from None


def _open_door(application: Application, host: str, port: int) -> Door:
    from broker.serving.smtp_door import Door, DoorProblem

    try:
        return Door(application.inbox, application.parts.now, host, port)
    except DoorProblem as problem:
        raise Unusable(f"--smtp-door: {problem}") from None


def _speak_tls(options: argparse.Namespace, settings: Settings, servers: list[Server]) -> Authority | None:
    """Have every port speak TLS; the CA if the certificate is of our own."""
    if not options.tls:
        return None
    # pyOpenSSL is loaded for TLS only.
    from broker.tls.adapter import TlsAdapter
    from broker.tls.authority import Authority, own

    authority = None
    if options.tls_certificate is None:
        authority = Authority(settings.key_folder)
        names = (settings.hosts | {*LOOPBACK}).difference(ANY_ADDRESS)
        identity = partial(authority.identity, names)
    else:
        identity = partial(own, options.tls_certificate, options.tls_key)
    for number, server in enumerate(servers):
        server.speak_tls(TlsAdapter(identity, asks_client=number > 0))
    return authority


def _settings(options: argparse.Namespace, port: int, artifact_port: int | None = None) -> Settings:
    token = getattr(options, "token", None) or None
    # Behind a proxy the listener is on loopback, and whoever reaches the proxy is not.
    names = (urlsplit(url).hostname for url in (options.base_url, options.backchannel_url) if url)
    elsewhere = options.host not in LOOPBACK or any(name not in LOOPBACK for name in names)
    if token is None and (elsewhere or options.proxies):
        token = secrets.token_urlsafe(24)
    return Settings(
        home=options.home.resolve(),
        host=options.host,
        port=port,
        base_url=options.base_url,
        store=getattr(options, "store", "memory"),
        token=token,
        tls=options.tls,
        artifact_port=artifact_port,
        backchannel_url=options.backchannel_url,
        client_certificate_header=getattr(options, "client_certificate_header", ""),
        trusted_proxies=options.proxies,
        cors=tuple(map(_origin, getattr(options, "cors", ()))),
        sp_metadata=options.sp_metadata,
        threads=getattr(options, "threads", 8),
        smtp=getattr(options, "smtp", None) or "",
        certs=options.certs.resolve() if getattr(options, "certs", None) else None,
    )


def _greet(settings: Settings, authority: Authority | None) -> None:
    lines = [
        f"Mock eHerkenning (TEST) listens on {settings.base_url}",
        f"  metadata for your service provider  {settings.metadata_url}",
        f"  console with inbox and exchanges    {settings.base_url}/console",
    ]
    if settings.tls or settings.backchannel_url:
        lines.append(f"  artifact service                    {settings.artifact_url}")
    if authority:
        lines.append(f"  CA certificate, for clients         {authority.file}, or {settings.base_url}/ca.pem")
        lines.append(f"    its SHA-256                       {authority.fingerprint}")
    if settings.smtp:
        from suppliers.mail import server_of

        lines.append(f"  e-mail also goes out by             {server_of(settings.smtp)}")
    lines += [f"  note: {told}" for told in whereabouts.told_at_start(settings)]
    lines.append(f"  home folder                         {settings.home}")
    if settings.token:
        token = quote(settings.token, safe="")
        lines.append(f"  token for console and API           {settings.base_url}/console?token={token}")
    print("\n".join(lines), flush=True)


def _metadata(options: argparse.Namespace) -> int:
    from broker.app import create
    from broker.metadata import own_metadata

    _check(options)
    application = create(_settings(options, options.port, options.artifact_port), watch=False)
    try:
        print(own_metadata(application.parts).decode())
    finally:
        application.close()
    return 0


def _positive(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 1000:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number from 1 to 1000, got {text[:20]!r}")


def _url(option: str, text: str) -> str:
    """An http or https URL that a path can be put behind, or nothing."""
    if not text:
        return ""
    try:
        split = urlsplit(text)
        usable = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
    except ValueError:
        usable = False
    if not usable or split.query or split.fragment or split.username is not None:
        raise Unusable(f'{option}: expected a URL such as https://broker.test:8443, received "{text}"')
    return text.rstrip("/")


def _origin(text: str) -> str:
    """As a browser says it: scheme, host and port, no path."""
    split = urlsplit(_url("--cors", text.rstrip("/")) or "-")
    if split.path or not split.hostname:
        raise Unusable(f'--cors: expected an origin such as http://localhost:3000, received "{text}"')
    return f"{split.scheme}://{split.netloc.lower()}"


def _document(text: str) -> str:
    """An http or https address of a document; it may have a query."""
    split = urlsplit(text)
    if split.scheme not in ("http", "https") or not split.hostname:
        raise Unusable(f'--sp-metadata: expected a URL such as http://sp:8000/metadata, received "{text}"')
    return text


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise Unusable(
            f'--trusted-proxy: expected an IP address or network such as 10.0.0.5 or 10.0.0.0/24, received "{text}"'
        ) from None
    if found.prefixlen == 0:
        raise Unusable(f"--trusted-proxy: {text} is everybody; name the addresses of the proxy")
    return found


def _check(options: argparse.Namespace) -> None:
    """What cannot be or does not go together, before anything is made. ``--tls-certificate`` stands for ``--tls``."""
    if options.host in ANY_ADDRESS and not options.base_url:
        raise Unusable(
            f"--host {options.host} is every address; say by --base-url how browsers reach the broker, "
            "such as http://broker.test.example:8080"
        )
    options.base_url = _url("--base-url", options.base_url)
    options.backchannel_url = _url("--backchannel-url", options.backchannel_url)
    if (options.tls_certificate is None) != (options.tls_key is None):
        raise Unusable("--tls-certificate and --tls-key go together; give both, or --tls alone for a test CA")
    options.tls = options.tls or options.tls_certificate is not None
    if options.artifact_port is not None and not options.tls:
        raise Unusable("--artifact-port is where client certificates are asked for: give --tls too")
    if options.tls and options.base_url.startswith("http:"):
        raise Unusable("--tls serves https and --base-url says http; write --base-url https://...")
    if options.tls and options.artifact_port is None:
        options.artifact_port = ARTIFACT_PORT if options.port else 0
    options.sp_metadata = tuple(_document(url) for url in getattr(options, "sp_metadata", ()))
    header = getattr(options, "client_certificate_header", "")
    proxies = options.proxies = tuple(_network(text) for text in getattr(options, "trusted_proxy", ()))
    if bool(header) != bool(proxies):
        raise Unusable(
            "--client-certificate-header and --trusted-proxy go together: the header is believed from that address only"
        )
    if header and not re.fullmatch(r"[A-Za-z0-9-]+", header):
        raise Unusable(f'--client-certificate-header "{header}": expected letters, digits and dashes')


def _smtp(options: argparse.Namespace) -> str:
    """The URL of the mail server, looked at before anything is made; empty for none."""
    from suppliers.mail import SmtpProblem, server_of

    given = getattr(options, "smtp", None)
    name = "MOCK_EHERKENNING_SMTP" if given is None else "--smtp"
    url: str = os.environ.get(name, "") if given is None else given
    if url:
        try:
            server_of(url)
        except SmtpProblem as problem:
            raise Unusable(f"{name}: {problem}") from None
    return url
