"""The service beside other work of the same process, on this machine alone: for the demo, and for who tries a host out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from dam_hooks.http.serving import configuration, listen
from dam_hooks.plugin import Manager
from dam_plugin.errors import SettingsError

HOST = "127.0.0.1"
START_SECONDS = 30
END_SECONDS = 30


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def served(pm: Manager, port: int = 0, *, behind: Sequence[str] = ()) -> Iterator[str]:
    """Serve in a thread named after the address until the block ends; yields the address. Port 0 takes a free one.

    `behind`: the proxies that are believed. Raises SettingsError.
    """
    listening = listen(HOST, port)
    address = f"http://{HOST}:{listening.getsockname()[1]}"
    server = _Server(configuration(pm, behind=behind))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name=address, daemon=True)
    thread.start()
    try:
        if not server.is_up.wait(START_SECONDS):
            raise SettingsError(f"the service did not start within {START_SECONDS} s: look at what it logged")
        yield address
    finally:
        server.should_exit = True
        thread.join(END_SECONDS)
        listening.close()
