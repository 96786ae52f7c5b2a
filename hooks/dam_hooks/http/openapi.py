"""The OpenAPI document of the service, made from the same types that requests are checked by.

`docs/openapi.json` is this, as `docs/blocks.py` writes and checks it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from starlette.routing import BaseRoute

from dam_hooks.http import signed_requests
from dam_hooks.http.idempotency import HEADER
from dam_hooks.http.operations import OPERATIONS, Operation
from dam_hooks.http.problems import MEDIA_TYPE, ProblemAnswer

SECURITY = "webhookSignature"
_REFERENCE = "#/components/schemas/{model}"
_TEXT = {"type": "string"}
_ABOUT = (
    "What a digital asset manager asks of dam-plugin. Every request is signed as Standard Webhooks 1.0 has it; its body says "
    "by `type` what it is. Ids of students are pseudonyms. Whatever is no success is a problem (RFC 9457), and nothing was "
    "released then. How to attach a host: docs/hosts.md."
)
PROBLEMS: Mapping[int, str] = {
    400: "The body is no JSON that can be read, or a header is malformed",
    401: "No signature of a known key over this id, time and body, or the time is not now",
    404: "The recording, the link or the student is not known",
    408: "The body did not come in time",
    409: "The very same request came before, or one under this key is at work on (then with `Retry-After`)",
    413: "The body is too large",
    415: "The body is not plain `application/json`",
    422: "The body is another than this path takes, or what it says cannot be; or its key was used for another request",
    500: "A setting is missing, or something failed: `error` is the id under which the log has it",
    503: "The database or the storage does not answer, or no host's key is set; ask again (`Retry-After`)",
}


def operation_document(operation: Operation[Any]) -> dict[str, Any]:
    """Return what the document says of an operation, beyond its path and its summary."""
    answers = {
        str(status): {"description": told, "content": {"application/json": {"schema": _refer(kind)}}}
        for status, (kind, told) in operation.answers.items()
    }
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": _refer(operation.body)}}},
        "responses": {**{str(status): _shared("responses", str(status)) for status in PROBLEMS}, **answers},
        "parameters": [_shared("parameters", name) for name in (_HEADERS if operation.changes else _SIGNED)],
        "security": [{SECURITY: []}],
    }


def document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the whole document of an application's routes."""
    whole = get_openapi(title="dam-plugin", version=version("dam-plugin"), description=_ABOUT, routes=list(routes))
    problem = {MEDIA_TYPE: {"schema": _refer(ProblemAnswer)}}
    whole["components"] = {
        "schemas": _schemas(),
        "responses": {str(status): {"description": told, "content": problem} for status, told in PROBLEMS.items()},
        "parameters": _HEADERS,
        "securitySchemes": {SECURITY: _SIGNATURE},
    }
    return whole


def text(routes: Iterable[BaseRoute]) -> str:
    """Return the document as it is checked in."""
    return json.dumps(document(routes), indent=2, ensure_ascii=False) + "\n"


@cache
def _schemas() -> dict[str, Any]:
    kinds: dict[tuple[type, JsonSchemaMode], None] = {(ProblemAnswer, "serialization"): None}
    for operation in OPERATIONS:
        kinds[operation.body, "validation"] = None
        kinds.update({(kind, "serialization"): None for kind, _ in operation.answers.values()})
    adapters: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        (kind.__name__, mode, TypeAdapter(kind)) for kind, mode in kinds
    ]
    _, shared = TypeAdapter.json_schemas(adapters, ref_template=_REFERENCE)
    schemas: dict[str, Any] = shared["$defs"]
    return dict(sorted(schemas.items()))


def _refer(kind: type) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=kind.__name__)}


def _shared(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _header(name: str, told: str, *, required: bool, **schema: object) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": told, "schema": {**_TEXT, **schema}}


_SIGNED: Mapping[str, Any] = {
    signed_requests.ID: _header(
        signed_requests.ID,
        "The request's id, another for each; ASCII without spaces and full stops",
        required=True,
        maxLength=255,
    ),
    signed_requests.TIMESTAMP: _header(
        signed_requests.TIMESTAMP, "When it was signed, in seconds since 1970", required=True, pattern="^[1-9][0-9]*$"
    ),
}
_HEADERS: Mapping[str, Any] = {
    **_SIGNED,
    HEADER: _header(
        HEADER,
        "The host's own key of what is asked (without it, the id): the same again within a day gets the answer it had",
        required=False,
        maxLength=255,
    ),
}
_SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": signed_requests.SIGNATURE,
    "description": (
        "`v1,` and the base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY` under the bytes of the host's key; several, parted "
        f"by spaces, while keys change. Good for {signed_requests.TOLERANCE_SECONDS // 60} minutes, and once."
    ),
}
