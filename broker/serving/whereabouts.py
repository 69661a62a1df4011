"""Names and addresses that mean something else inside a container or behind a proxy: each with its mend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from broker.settings import ANY_ADDRESS, LOOPBACK, Settings

HOW_TO = "docs/container.md"
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Files that Docker and Podman put in every container."""


def in_container(environment: Mapping[str, str] = os.environ) -> bool:
    """As far as can be known: an engine that leaves no mark is not seen."""
    marked = any(mark.exists() for mark in MARKS)
    return (
        marked or "KUBERNETES_SERVICE_HOST" in environment or "MOCK_EHERKENNING_IN_CONTAINER" in environment
    )


def means_itself(url: str) -> str:
    """The mend where an address of loopback was not reached from inside a container; else empty."""
    name = urlsplit(url).hostname or ""
    if name not in LOOPBACK or not in_container():
        return ""
    return (
        f'; in this container "{name}" is the container itself: name the other container, such as http://sp:8000, or '
        f"host.docker.internal for the machine around it ({HOW_TO})"
    )


def told_at_start(settings: Settings) -> list[str]:
    """What will not work for whoever is elsewhere, one line each."""
    browsers = urlsplit(settings.base_url).hostname or ""
    artifacts = urlsplit(settings.artifact_url).hostname or ""
    if settings.host in LOOPBACK or browsers not in LOOPBACK:
        return []
    told = []
    if artifacts in LOOPBACK:
        told.append(
            f"service providers resolve artifacts at {settings.artifact_url}; one in another container finds itself "
            "there: set MOCK_EHERKENNING_BACKCHANNEL_URL (--backchannel-url) to how it reaches this one, such as "
            f"http://broker:{settings.port} ({HOW_TO})"
        )
    return told


def other_name(host: str, settings: Settings) -> str:
    """The mend where somebody reached the broker by a name that it does not know of."""
    name = host[:100]
    if settings.host in ANY_ADDRESS or settings.host not in LOOPBACK:
        return (
            f"where browsers say {name}: MOCK_EHERKENNING_BASE_URL (--base-url); where only service providers do, "
            f"for artifacts: MOCK_EHERKENNING_BACKCHANNEL_URL (--backchannel-url) ({HOW_TO})"
        )
    return f"if a proxy in front of the broker is called {name}, say so: --base-url https://{name} ({HOW_TO})"
