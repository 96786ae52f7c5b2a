"""Runs the HTTP service of a plugin manager in a thread, on a free port of this machine, as `dam-plugin serve` runs it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn.server

from dam_hooks import Manager
from dam_hooks.http.serve import served

PAGES = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


class _Sooner:
    """asyncio for uvicorn's server, which looks each tenth of a second whether it is to end: here twenty times as often."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 20)


@contextmanager
def live_service(pm: Manager, *, behind: Sequence[str] = ()) -> Iterator[str]:
    """Serve until the block ends; yields the address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", _Sooner())
        with served(pm, behind=behind) as address:
            yield address
    assert not [thread for thread in threading.enumerate() if thread.name == address and thread.is_alive()]


@contextmanager
def client_of(address: str, **more: Any) -> Iterator[httpx.Client]:
    """Ask the service as a program does, without the machine's proxies; redirects are shown and not followed."""
    with httpx.Client(base_url=address, trust_env=False, timeout=60, **more) as client:
        yield client
