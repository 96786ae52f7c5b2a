"""The service as a process: its socket, its limits, what it does beside answering, and how it ends."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import uvicorn

from dam_hooks.http.app import create_app
from dam_hooks.http.edge import MOST_HEAD_BYTES, Logged
from dam_hooks.http.housekeeping import Housekeeping
from dam_hooks.plugin import Manager, services_of
from dam_plugin.admin.pending_work import watched
from dam_plugin.errors import SettingsError
from dam_plugin.sharing.json_output import GATE_PATH

BACKLOG = 1024
MOST_CONNECTIONS = 1_000
KEEP_ALIVE_SECONDS = 10
END_SECONDS = 20
# For how long a thread at work may keep the one that answers waiting for its turn; Python's own is ten times that.
TURN_SECONDS = 0.0005


def serve(
    pm: Manager, *, host: str, port: int, behind: Sequence[str] = (), ready: Callable[[str], None] | None = None
) -> None:
    """Answer requests until SIGTERM or SIGINT; `ready` hears the address once it does.

    `behind`: addresses of proxies whose X-Forwarded-For is believed. Port 0 takes a free one. Raises SettingsError where
    delivery's credentials are missing or the address cannot be listened on, StoreError where the database is not ready.
    """
    services = services_of(pm)
    services.settings.need("delivery_access_key_id", "delivery_secret_access_key")
    with services.store.reading():
        pass
    listening = listen(host, port)
    address = _written(host, listening.getsockname()[1])
    config = configuration(pm, behind=behind)
    answer_evenly()
    housekeeping = Housekeeping(services)
    # uvicorn raises the signal that ended it once more, which would end this process before it has tidied up.
    before = _deaf(signal.SIGTERM)
    housekeeping.start()
    try:
        with watched(services):
            _Server(config, lambda: ready(address) if ready else None).run(sockets=[listening])
    finally:
        housekeeping.stop()
        listening.close()
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def answer_evenly() -> None:
    """Keep what this process does beside answering from holding answers up for long. For a process that only serves."""
    # What was imported stays to the end: looking it through for garbage takes longer than a hundred openings.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(TURN_SECONDS)


def configuration(pm: Manager, *, behind: Sequence[str] = ()) -> uvicorn.Config:
    """Return uvicorn's settings: its limits, no access log, no header that names the server.

    Slow clients, and one address with many connections, are the business of the proxy in front (docs/operations.md).
    """
    app = create_app(pm)
    # Its lines have paths, and so tokens: it stays off whatever handlers anybody gives it.
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Config(
        Logged(app, app.openapi()["paths"], [GATE_PATH]),
        http="h11",
        loop="asyncio",
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


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell()


def _why(error: OSError | UnicodeError) -> str:
    # The resolver's own numbers are below zero, and no address that could be looked up has none.
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number and number > 0 else "no such address"


def _deaf(number: int) -> signal._HANDLER:
    # Only the main thread may say so; in another one no signal arrives anyway.
    with suppress(ValueError):
        return signal.signal(number, lambda *_: None)
    return None


def _written(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
