"""Around the application: heads that are too large are refused, and what was answered is logged without any token."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Collection

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dam_hooks.http.problems import HEADERS
from dam_plugin.errors import place_of

log = logging.getLogger(__name__)

# The server itself looks only at a head that is not whole yet.
MOST_HEAD_BYTES = 16 * 1024
# A target may name scheme and host as well (RFC 9112, 3.2.2): which host it is does not matter here.
_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


class Logged:
    """An application whose answers are logged: method, route, status and time taken. Never a token, an address or a body.

    A request whose head is too large is answered with 431 before it comes to it, and with 400 one whose body has two
    lengths: a proxy in front may have taken the other one, and its end for the next request (RFC 9112, 6.3).
    """

    def __init__(self, app: ASGIApp, paths: Collection[str], prefixes: Collection[str]) -> None:
        """Take the application, the paths that may stand in a log, and the beginnings of those whose rest may not."""
        self._app = app
        self._paths = frozenset(paths)
        self._prefixes = tuple(prefixes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope, began, status = _without_origin(scope), time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app_for(scope)(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 - its text might name somebody: the place alone is told
            log.error("this is a bug (%s at %s)", type(error).__name__, place_of(error))  # noqa: TRY400
            if not status:
                await PlainTextResponse("something went wrong\n", 500, HEADERS)(scope, receive, noting)
        finally:
            taken = (time.perf_counter() - began) * 1000
            log.info("%s %s %d, %.0f ms", scope["method"], self._shown(scope["path"]), status, taken)

    def _app_for(self, scope: Scope) -> ASGIApp:
        if _head_bytes(scope) > MOST_HEAD_BYTES:
            return _TOO_LARGE
        return _TWO_LENGTHS if {name.lower() for name, _ in scope["headers"]} >= _LENGTHS else self._app

    def _shown(self, path: str) -> str:
        if path in self._paths:
            return path
        return next((f"{prefix}…" for prefix in self._prefixes if path.startswith(prefix)), "elsewhere")


_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
_TWO_LENGTHS = PlainTextResponse(
    "a request has Content-Length or Transfer-Encoding, not both\n", 400, {**HEADERS, "Connection": "close"}
)
_TOO_LARGE = PlainTextResponse("the address and the headers are too long\n", 431, HEADERS)


def _without_origin(scope: Scope) -> Scope:
    raw: bytes = scope.get("raw_path") or b""
    origin = _ORIGIN.match(raw.decode("latin-1"))
    if origin is None:
        return scope
    # What is percent-encoded in a host would have another length in the path: that is no host of ours.
    path = scope["path"].removeprefix(origin[0])
    return {**scope, "path": path or "/", "raw_path": raw[origin.end() :] or b"/"}


def _head_bytes(scope: Scope) -> int:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope.get("raw_path") or b"") + len(scope["query_string"])
