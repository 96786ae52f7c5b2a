"""A host that asks a live service over HTTP, and signs as Standard Webhooks' own library does."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import clock
from district import District
from httpx import Client, Response
from jsonschema import Draft202012Validator
from live_service import client_of, live_service
from standardwebhooks import Webhook

from dam_hooks import manager
from dam_plugin.services import Services

SECRET = "whsec_" + "A" * 32
OTHER_SECRET = "whsec_" + "B" * 32
FAMILY_SECRET = "whsec_" + "C" * 32
KEYS = f"portal:{SECRET},portal:{OTHER_SECRET},gallery:{FAMILY_SECRET}"
DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "docs" / "openapi.json").read_text("utf-8"))
GATE = "https://media.example.org"


@dataclass(frozen=True)
class Host:
    """A digital asset manager that asks over HTTP; `district` is whom it asks."""

    district: District
    client: Client
    secret: str = SECRET

    def post(self, path: str, kind: str, data: object, **how: Any) -> Response:
        return self.send(path, json.dumps({"type": kind, "data": data}), **how)

    def send(
        self,
        path: str,
        body: str | bytes,
        *,
        message_id: str | None = None,
        at: datetime | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send a body, signed over its bytes; `headers` take the place of those that are made."""
        content = body if isinstance(body, bytes) else body.encode()
        message_id, at = message_id or f"msg_{uuid.uuid4().hex}", at or clock.now(UTC)
        made = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, at, content.decode("utf-8", "replace")),
        }
        answer = self.client.post(path, content=content, headers={**made, **(headers or {})})
        check_described(path, answer)
        return answer

    def share(self, key: str, changes: dict[str, Any] | None = None, **how: Any) -> Response:
        return self.post("/v1/shares", "share.requested", {**publication(key), **(changes or {})}, **how)

    def with_key(self, secret: str) -> Host:
        return replace(self, secret=secret)

    @contextmanager
    def of(self, services: Services) -> Iterator[Host]:
        """The same host, asking a process with other services."""
        with live_service(manager(services=services)) as address, client_of(address) as client:
            yield replace(self, client=client)


def check_described(path: str, answer: Response) -> None:
    """Check that docs/openapi.json tells of this answer: its status, and whatever is in it."""
    if path in DOCUMENT["paths"]:
        _described(path, str(answer.status_code), answer.headers["content-type"]).validate(answer.json())


@cache
def _described(path: str, status: str, media_type: str) -> Draft202012Validator:
    told = DOCUMENT["paths"][path]["post"]["responses"][status]
    if "$ref" in told:
        told = DOCUMENT["components"]["responses"][told["$ref"].rpartition("/")[2]]
    schema = told["content"][media_type]["schema"]
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def publication(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "kind": "publication",
        "purpose": "website",
        "actor": {"role": "media_staff", "id": "media-desk"},
        "recipient": {"role": "public"},
    }
