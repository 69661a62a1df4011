"""The doors by which a document comes in: console and API, as a whole or by its address."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from support.browser import Page
from support.web import Web


@dataclass(frozen=True)
class Said:
    """What a door says: ``text`` is the reason as a person or a program reads it."""

    status: int
    text: str
    line: int | None


@dataclass
class Doors:
    """Every way in. Each takes a document and says what came of it."""

    bench: Any
    web: Web

    def call(self, method: str, path: str, **how: Any) -> Any:
        client = self.bench.application.wsgi.test_client()
        return client.open(path, method=method, base_url=self.bench.base_url, **how)

    def paste(self, data: bytes) -> Said:
        return self._page(
            self.call("POST", "/console/service-providers/paste", data={"paste": data.decode()})
        )

    def upload(self, data: bytes) -> Said:
        files = {"upload": (io.BytesIO(data), "sp.xml")}
        return self._page(self.call("POST", "/console/service-providers/upload", data=files))

    def url(self, data: bytes) -> Said:
        address = self.web.serve("/document", data)
        return self._page(self.call("POST", "/console/service-providers/url", data={"url": address}))

    def api(self, data: bytes) -> Said:
        return self._problem(
            self.call("POST", "/api/v1/service-providers", data=data, content_type="application/xml")
        )

    def api_json(self, data: bytes) -> Said:
        return self._problem(self.call("POST", "/api/v1/service-providers", json={"xml": data.decode()}))

    def api_url(self, data: bytes) -> Said:
        address = self.web.serve("/document", data)
        return self._problem(self.call("POST", "/api/v1/service-providers", json={"url": address}))

    def _page(self, got: Any) -> Said:
        page = Page("/console/service-providers", got.status_code, got.headers, got.data)
        if got.status_code == 303:
            return Said(303, "", None)
        assert got.content_type.startswith("text/html")
        return Said(got.status_code, page.said("error-summary"), None)

    def _problem(self, got: Any) -> Said:
        if got.status_code == 201:
            return Said(201, "", None)
        assert got.content_type == "application/problem+json", got.text
        told = json.loads(got.data)
        assert told["status"] == got.status_code
        return Said(got.status_code, told["detail"], told.get("line"))
