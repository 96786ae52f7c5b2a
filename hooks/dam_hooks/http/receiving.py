"""A request as it comes in: its headers once each, and its body, whole, small enough and soon enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import anyio
from starlette.requests import ClientDisconnect, Request

from dam_hooks.http.bodies import MOST_BYTES
from dam_hooks.http.problems import Refused

BODY_SECONDS = 10.0
# What is left of a body that was not read would be taken for the next request.
_CLOSE = {"Connection": "close"}
_TOO_LARGE = f"a body has at most {MOST_BYTES // 1024} KiB"


def headers_of(request: Request) -> Mapping[str, Sequence[str]]:
    """Return the values of each header, in order, by its name in small letters."""
    found: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        found.setdefault(name.lower(), []).append(value)
    return found


def check_form(headers: Mapping[str, Sequence[str]]) -> None:
    """Raise Refused for a body that is not plain JSON (415), or that says it is too large (413)."""
    kind, _, parameters = ",".join(headers.get("content-type", ())).partition(";")
    charset = parameters.replace('"', "").strip().lower()
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json in UTF-8", headers=_CLOSE)
    if any(each.strip().lower() != "identity" for each in headers.get("content-encoding", ())):
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must not be compressed", headers=_CLOSE)
    if any(each.isdecimal() and int(each[:20]) > MOST_BYTES for each in headers.get("content-length", ())):
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE, headers=_CLOSE)


async def body_of(request: Request) -> bytes:
    """Return the body. Raises Refused: 413 once it is too large, whatever its length claimed; 408 where it is too slow."""
    body = bytearray()
    try:
        with anyio.fail_after(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE, headers=_CLOSE)
    except TimeoutError:
        raise Refused(
            HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {BODY_SECONDS:.0f} seconds", headers=_CLOSE
        ) from None
    except ClientDisconnect:
        raise Refused(HTTPStatus.BAD_REQUEST, "the body did not come whole") from None
    return bytes(body)
