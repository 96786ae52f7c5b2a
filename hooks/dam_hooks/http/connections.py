"""Connections: none is kept for nothing, whatever is or is not sent over it, and no address keeps them all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import ClassVar

import h11
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from dam_hooks.http.limits import network_of
from dam_hooks.http.problems import HEADERS, RETRY_SECONDS

MOST_CONNECTIONS = 1_000
# A school's whole network may come from one address: two hundred who open a link at once have to get in.
MOST_PER_ADDRESS = 250
HEAD_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 10
# How long an answer may wait to be taken, and a connection to be closed.
TAKE_SECONDS = 20.0
# How large a body may be, and how long it may take, that is read though it was answered before it came whole.
MOST_READ_AWAY = 1024 * 1024
READ_AWAY_SECONDS = 2.0
_PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close", **HEADERS}


class State(Enum):
    """What a connection waits for."""

    IDLE = "no request has begun"
    HEAD = "a head has begun and is not whole"
    AT_WORK = "a request is being answered"
    FULL = "the other side does not take what it asked for"
    ENDING = "it is being closed"


class Places:
    """How many connections there are, of all and of each address (IPv6: each network of 64 bits)."""

    def __init__(
        self, behind: Sequence[str] = (), *, most: int = MOST_CONNECTIONS, most_per_address: int = MOST_PER_ADDRESS
    ) -> None:
        """Take the limits, and the proxies: all the world comes from their addresses."""
        self._behind = [ip_network(each) for each in behind]
        self._most = most
        self._most_per_address = most_per_address
        self._taken: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Give a connection a place; return False where there is none for it."""
        network = network_of(address)
        is_full = self._taken.total() >= self._most
        if is_full or (self._taken[network] >= self._most_per_address and not self._is_proxy(address)):
            return False
        self._taken[network] += 1
        return True

    def leave(self, address: str) -> None:
        """Take back the place of a connection that had one."""
        network = network_of(address)
        self._taken[network] -= 1
        if not self._taken[network]:
            del self._taken[network]

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._behind)


class Patient(H11Protocol):
    """A connection with one timer at a time, which what is sent does not put off: it counts from the state's beginning."""

    places: Places
    seconds: ClassVar[dict[State, float]] = {
        State.IDLE: KEEP_ALIVE_SECONDS,
        State.HEAD: HEAD_SECONDS,
        State.FULL: TAKE_SECONDS,
        State.ENDING: TAKE_SECONDS,
    }
    _state: State | None = None
    _until: asyncio.TimerHandle | None = None
    _has_place = False
    _is_full = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request from now on; where there is no place, say so at once and close."""
        # Its own log has paths, and so tokens: it is off whatever anybody makes of that logger.
        self.access_log = False
        super().connection_made(transport)
        self._answers, self.app = self.app, self._app
        self._has_place = self.places.take(self._address)
        if not self._has_place:
            transport.write(_written(503, "too many connections: try again in a moment", RETRY_SECONDS))
            transport.close()
        self._now_in(State.IDLE)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        super().data_received(data)
        self._now_in(State.HEAD)

    def on_response_complete(self) -> None:
        """Go on to the next request, unless a body is still coming that nobody is going to read."""
        if self.conn.their_state is h11.SEND_BODY:
            self.transport.close()
        super().on_response_complete()
        self._now_in(State.IDLE)

    def pause_writing(self) -> None:
        """Wait for the other side to take what it asked for, and not for ever."""
        super().pause_writing()
        self._is_full = True
        self._now_in(State.FULL)

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self._is_full = False
        self._now_in(State.IDLE)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and close."""
        if self.conn.our_state is h11.IDLE or self.conn.our_state is h11.SEND_RESPONSE:
            self.transport.write(_written(400, msg))
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._wait_no_more()
        if self._has_place:
            self._has_place = False
            self.places.leave(self._address)
        super().connection_lost(exc)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does; where a body is still coming that is too large, say that it is the last answer."""

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start" and self.conn.their_state is h11.SEND_BODY:
                # Closing over bytes that nobody read resets the connection, and the answer is lost with it.
                if self._has_small_body(scope) and not self.conn.they_are_waiting_for_100_continue:
                    await _read_away(receive)
                if self.conn.their_state is h11.SEND_BODY:
                    headers = [each for each in message.get("headers", ()) if each[0].lower() != b"connection"]
                    message = {**message, "headers": [*headers, (b"connection", b"close")]}
            await send(message)

        await self._answers(scope, receive, telling)

    @staticmethod
    def _has_small_body(scope: Scope) -> bool:
        """Whether a body says that it is small; to read one in pieces away costs as much as its sender likes."""
        headers = dict(scope["headers"])
        return b"transfer-encoding" not in headers and int(headers.get(b"content-length", 0)) <= MOST_READ_AWAY

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _now_in(self, waiting: State) -> None:
        """Count from now on where the state is another; `waiting` is what it waits for where nobody is at work."""
        is_at_work = self.cycle is not None and not self.cycle.response_complete
        if self.transport.is_closing():
            state = State.ENDING
        elif self._is_full:
            state = State.FULL
        else:
            state = State.AT_WORK if is_at_work else waiting
        if state is self._state:
            return
        self._wait_no_more()
        self._state = state
        if state in self.seconds:
            self._until = self.loop.call_later(self.seconds[state], self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None


def patient(places: Places) -> type[Patient]:
    """Return the connections that share these places."""

    class Placed(Patient):
        pass

    Placed.places = places
    return Placed


async def _read_away(receive: Receive) -> None:
    """Read what is left of a body that nobody is going to use, as far as it comes soon."""
    with suppress(TimeoutError):
        async with asyncio.timeout(READ_AWAY_SECONDS):
            message = await receive()
            while message["type"] == "http.request" and message.get("more_body"):
                message = await receive()


def _written(status: int, text: str, retry_after: int | None = None) -> bytes:
    connection = h11.Connection(h11.SERVER)
    body = f"{text}\n".encode()
    headers = {**_PLAIN, "Content-Length": str(len(body))}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    head = h11.Response(status_code=status, headers=list(headers.items()))
    return b"".join(connection.send(each) or b"" for each in (head, h11.Data(data=body), h11.EndOfMessage()))
