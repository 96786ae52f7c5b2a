"""Runs the HTTP service of a plugin manager in a thread, on a free port of this machine, as `dam-plugin serve` runs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

from dam_hooks import Manager
from dam_hooks.http.serving import configuration, listen

STARTED_SECONDS = 30
PAGES = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def live_service(pm: Manager, *, behind: Sequence[str] = ()) -> Iterator[str]:
    """Serve until the block ends; yields the address."""
    listening = listen("127.0.0.1", 0)
    server = _Server(configuration(pm, behind=behind))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        assert server.is_up.wait(STARTED_SECONDS)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(STARTED_SECONDS)
        listening.close()
    assert not thread.is_alive()


@contextmanager
def client_of(address: str, **more: Any) -> Iterator[httpx.Client]:
    """Ask the service as a program does, without the machine's proxies; redirects are shown and not followed."""
    with httpx.Client(base_url=address, trust_env=False, timeout=60, **more) as client:
        yield client
