"""Requests over many connections that stay open: as fast as they are answered (closed loop), or so many a second (open).

A client for measurements alone: it takes a path and expects the status that its caller names.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import cast

from bench.frame import Timing

CONNECT_SECONDS, MOST_SECONDS = 20, 120


@dataclass(frozen=True, slots=True)
class Load:
    """What became of a round of requests: how long it took, and how long each did."""

    seconds: float
    timing: Timing

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return len(self.timing.samples) / self.seconds


def closed_loop(port: int, paths: Sequence[str], *, connections: int, status: int = 303) -> Load:
    """Ask for each path once, over so many connections, each of which asks again as soon as it was answered."""
    return asyncio.run(asyncio.wait_for(_closed(port, paths, connections, status), MOST_SECONDS))


def open_loop(port: int, paths: Sequence[str], *, connections: int, per_second: float, status: int = 303) -> Load:
    """Ask for the paths at their times, whether or not those before were answered; a wait for a connection counts."""
    return asyncio.run(asyncio.wait_for(_open(port, paths, connections, per_second, status), MOST_SECONDS))


async def _closed(port: int, paths: Sequence[str], connections: int, status: int) -> Load:
    waiting, samples = iter(paths), []

    async def ask_on(connection: _Connection, rest: Iterator[str]) -> None:
        for path in rest:
            begun = perf_counter_ns()
            await connection.ask(path, status)
            samples.append(perf_counter_ns() - begun)

    opened = await _connected(port, connections)
    begun = perf_counter_ns()
    await asyncio.gather(*(ask_on(each, waiting) for each in opened))
    taken = (perf_counter_ns() - begun) / 1e9
    _close(opened)
    return Load(taken, Timing(tuple(sorted(samples))))


async def _open(port: int, paths: Sequence[str], connections: int, per_second: float, status: int) -> Load:
    opened = await _connected(port, connections)
    free, samples = deque(opened), []
    available = asyncio.Semaphore(connections)

    async def ask(path: str, due: int) -> None:
        async with available:
            connection = free.popleft()
            await connection.ask(path, status)
            free.append(connection)
        # From when it was due: a client that was late itself would hide what it waited for.
        samples.append(perf_counter_ns() - due)

    begun, asked = perf_counter_ns(), []
    for place, path in enumerate(paths):
        due = begun + round(place * 1e9 / per_second)
        await asyncio.sleep(max(0, due - perf_counter_ns()) / 1e9)
        asked.append(asyncio.create_task(ask(path, due)))
    await asyncio.gather(*asked)
    taken = (perf_counter_ns() - begun) / 1e9
    _close(opened)
    return Load(taken, Timing(tuple(sorted(samples))))


class _Connection(asyncio.Protocol):
    """One connection that asks one thing at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._answered: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, path: str, status: int) -> None:
        """Ask for a path; raises AssertionError for another status than expected."""
        assert self._transport
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(f"GET {path} HTTP/1.1\r\nHost: gate\r\nAccept: */*\r\n\r\n".encode())
        answered = await self._answered
        assert answered == status, f"{path.rpartition('/')[0]} was answered with {answered}, not with {status}"

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._received = b""
        if self._answered and not self._answered.done():
            self._answered.set_result(int(head.split(b" ", 2)[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("the service closed the connection"))

    def close(self) -> None:
        """Close it."""
        if self._transport:
            self._transport.close()


async def _connected(port: int, connections: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    opening = [loop.create_connection(_Connection, "127.0.0.1", port) for _ in range(connections)]
    return [protocol for _, protocol in await asyncio.wait_for(asyncio.gather(*opening), CONNECT_SECONDS)]


def _close(connections: Iterable[_Connection]) -> None:
    for each in connections:
        each.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
