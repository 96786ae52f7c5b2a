"""A Redis server of one test alone, which may be killed and started again; it keeps nothing on disk."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from waiting import wait_until


class OwnRedis:
    """One server on a port of its own."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self._port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._folder = folder
        self.start()

    def start(self) -> None:
        words = ("--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder))
        self._running = subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL)
        wait_until(self._answers, "Redis did not start")

    def kill(self) -> None:
        self._running.kill()
        self._running.wait()

    def _answers(self) -> bool:
        with closing(socket.socket()) as asked:
            return asked.connect_ex(("127.0.0.1", self._port)) == 0


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """Give a server until the block ends; skip the test where Redis is not installed."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (Debian's package redis-server)")
    server = OwnRedis(folder)
    try:
        yield server
    finally:
        server.kill()
