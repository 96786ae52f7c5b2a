"""The service as a process: uvicorn with its limits, the log of answers, and the rounds of housekeeping beside them.

`serve` runs it until a signal ends it. `served` runs it beside other work in the same process. The proxy handles slow
clients, and many connections of one address (docs/operations.md).
"""

from __future__ import annotations

import gc
import logging
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dam_hooks.http import idempotency
from dam_hooks.http.app import create_app
from dam_hooks.http.problems import HEADERS
from dam_hooks.plugin import Manager, services_of
from dam_plugin.admin.pending_work import doing_pending_work
from dam_plugin.admin.rounds import RoundsThread
from dam_plugin.errors import SettingsError, place_of
from dam_plugin.gate import close_links
from dam_plugin.services import Services
from dam_plugin.sharing import published_copy
from dam_plugin.sharing.json_output import GATE_PATH
from dam_plugin.telemetry.logs import FIELDS

BACKLOG = 1024
MOST_CONNECTIONS = 1_000
KEEP_ALIVE_SECONDS = 10
END_SECONDS = 20
# How long a thread at work may keep the one that answers waiting; Python's own is ten times that.
TURN_SECONDS = 0.0005
# uvicorn's own limit is for a head that is not whole yet.
MOST_HEAD_BYTES = 16 * 1024
# A target may name scheme and host as well (RFC 9112, 3.2.2). Which host does not matter here.
_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
_TWO_LENGTHS = PlainTextResponse(
    "a request has Content-Length or Transfer-Encoding, not both\n", 400, {**HEADERS, "Connection": "close"}
)
_TOO_LARGE = PlainTextResponse("the address and the headers are too long\n", 431, HEADERS)

# `served`
HOST = "127.0.0.1"
START_SECONDS = 30
STOP_SECONDS = 30

# Housekeeping
EVERY_SECONDS = 15.0
# After a failure it waits twice as long each time, up to this.
LONGEST_SECONDS = 300.0
# How often what hosts sent is looked through, in rounds.
FORGET_ROUNDS = 40
# How often open links are decided again.
RECHECK_ROUNDS = 20
_LATER = "the service will try again later"

log = logging.getLogger(__name__)


def serve(
    pm: Manager, *, host: str, port: int, behind: Sequence[str] = (), ready: Callable[[str], None] | None = None
) -> None:
    """Answer requests until SIGTERM or SIGINT, or until another version changes the database's tables (`Store.outdated`).

    `ready` hears the address once it does.

    `behind`: addresses of proxies whose X-Forwarded-For is believed. Port 0 takes a free one. Raises SettingsError if
    delivery's credentials are missing or the address cannot be listened on, StoreError if the database is not ready.
    """
    services = services_of(pm)
    services.settings.need("delivery_access_key_id", "delivery_secret_access_key")
    housekeeping = Housekeeping(services)
    with running(services, configuration(pm, behind=behind), host, port) as (server, listening, address):
        server.tell = lambda: ready(address) if ready else None
        housekeeping.start()
        try:
            server.run(sockets=[listening])
        finally:
            housekeeping.stop()


@contextmanager
def running(
    services: Services, config: uvicorn.Config, host: str, port: int
) -> Iterator[tuple[Server, socket.socket, str]]:
    """Give a server that is about to run, where it listens, and its address; meanwhile the work left behind is done.

    Raises SettingsError if the address cannot be listened on, StoreError if the database is not ready.
    """
    with services.store.reading():
        pass
    listening = listen(host, port)
    answer_evenly()
    # uvicorn raises the signal that ended it once more, which would end this process before it has tidied up.
    before = _deaf(signal.SIGTERM)
    try:
        server = Server(config)
        services.store.when_outdated(server.end)
        with doing_pending_work(services):
            yield server, listening, _written(host, listening.getsockname()[1])
    finally:
        listening.close()
        if before is not None:
            signal.signal(signal.SIGTERM, before)


@contextmanager
def served(pm: Manager, port: int = 0, *, behind: Sequence[str] = ()) -> Iterator[str]:
    """Serve in a thread named after the address until the block ends; yields the address. Port 0 takes a free one.

    `behind`: the proxies that are believed. Raises SettingsError.
    """
    listening = listen(HOST, port)
    address = f"http://{HOST}:{listening.getsockname()[1]}"
    is_up = threading.Event()
    server = Server(configuration(pm, behind=behind))
    server.tell = is_up.set
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name=address, daemon=True)
    thread.start()
    try:
        if not is_up.wait(START_SECONDS):
            raise SettingsError(f"the service did not start within {START_SECONDS} s: look at what it logged")
        yield address
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        listening.close()


def answer_evenly() -> None:
    """Set garbage collection and thread switching so that no answer waits long. For a process that only serves."""
    # The collector need not look at what was imported: that takes longer than a hundred openings.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(TURN_SECONDS)


def configuration(pm: Manager, *, behind: Sequence[str] = ()) -> uvicorn.Config:
    """Return uvicorn's settings: its limits, no access log, no header that names the server.

    The proxy in front handles slow clients, and one address with many connections (docs/operations.md).
    """
    app = create_app(pm)
    return limited(Logged(app, app.openapi()["paths"], [GATE_PATH]), behind=behind)


def limited(app: ASGIApp, *, behind: Sequence[str] = (), lifespan: Literal["auto", "off"] = "auto") -> uvicorn.Config:
    """Return uvicorn's settings for an application: the same limits for all that we serve; `behind` as in `serve`."""
    # Its lines have paths, and so tokens: it stays off whatever handlers anybody gives it.
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        lifespan=lifespan,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(behind),
        forwarded_allow_ips=list(behind),
        backlog=BACKLOG,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises SettingsError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"'{host}' port {port} cannot be listened on ({_why(error)}): name another with --host and --port"
        ) from None
    # An answer is sent in two pieces, and the second must not wait until the other side has said that it has the first:
    # that takes 40 ms. asyncio sees to it only for sockets that it has made itself.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class Logged:
    """Logs the answers of an application: method, route, status and time taken. Never a token, an address or a body.

    It refuses a head that is too large (431), and a body with two lengths (400): a proxy in front may have taken the other
    length, and the rest for the next request (RFC 9112, 6.3).
    """

    def __init__(self, app: ASGIApp, paths: Collection[str], prefixes: Collection[str]) -> None:
        """Take the application, the paths that may be logged, and the beginnings of paths whose rest may not be."""
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
            shown = self._shown(scope["path"])
            fields = {"method": scope["method"], "route": shown, "status": status, "ms": round(taken, 1)}
            log.info("%s %s %d, %.0f ms", scope["method"], shown, status, taken, extra={FIELDS: fields})

    def _app_for(self, scope: Scope) -> ASGIApp:
        if _head_bytes(scope) > MOST_HEAD_BYTES:
            return _TOO_LARGE
        return _TWO_LENGTHS if {name.lower() for name, _ in scope["headers"]} >= _LENGTHS else self._app

    def _shown(self, path: str) -> str:
        if path in self._paths:
            return path
        return next((f"{prefix}…" for prefix in self._prefixes if path.startswith(prefix)), "elsewhere")


class Housekeeping(RoundsThread):
    """A thread that puts copies of closed links on hold, decides open links again, and forgets old requests, in rounds.

    Open links are decided again since a process may have been killed between what a family chose and the links that this
    closes. A round that breaks off is safe: the next one goes on.
    """

    def __init__(self, services: Services, *, every: float = EVERY_SECONDS, longest: float = LONGEST_SECONDS) -> None:
        """Take the services, and how many seconds lie between two rounds."""
        super().__init__("housekeeping", log, every=every, longest=longest, at_once=False)
        self._services = services
        self._rounds = 0

    def stop(self, seconds: float = 10.0) -> None:
        """Begin no more rounds; a round that is running has so many seconds to end."""
        super().stop(seconds)

    def _round(self) -> bool:
        """Do all that is due; return whether nothing failed."""
        done = self._tried(lambda: published_copy.close_unneeded_copies(self._services), _LATER)
        if self._rounds % RECHECK_ROUNDS == 0:
            done &= self._tried(lambda: close_links.recheck_links(self._services), _LATER)
        if self._rounds % FORGET_ROUNDS == 0:
            done &= self._tried(lambda: idempotency.forget_old(self._services), _LATER)
        self._rounds += 1
        return done


def _without_origin(scope: Scope) -> Scope:
    raw: bytes = scope.get("raw_path") or b""
    origin = _ORIGIN.match(raw.decode("latin-1"))
    if origin is None:
        return scope
    # A host with percent-encoding would have another length in the path; ours has none.
    path = scope["path"].removeprefix(origin[0])
    return {**scope, "path": path or "/", "raw_path": raw[origin.end() :] or b"/"}


def _head_bytes(scope: Scope) -> int:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope.get("raw_path") or b"") + len(scope["query_string"])


def _why(error: OSError | UnicodeError) -> str:
    # The resolver's own numbers are below zero, and no address that could be looked up has none.
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number and number > 0 else "no such address"


def _deaf(number: int) -> signal._HANDLER:
    # Only the main thread may set a handler; another one gets no signal anyway.
    with suppress(ValueError):
        return signal.signal(number, lambda *_: None)
    return None


def _written(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn's server, which says once it answers; `tell` may raise nothing."""

    tell: Callable[[], object] = staticmethod(lambda: None)

    def end(self) -> None:
        """Take no more requests, and end once those that are being answered are: as after a signal."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self.tell()
