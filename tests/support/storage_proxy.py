"""A server between a command and the storage: passes requests on, refuses some, or kills the command at one of them."""

from __future__ import annotations

import http.client
import http.server
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# What belongs to one connection, or is written anew when a request is passed on.
_HOP = {"connection", "expect", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the storage would see it: `path` with its query, `action` where it is one to the queue."""

    method: str
    path: str
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the storage refuses a request: by the status, and the code of an S3 error."""

    status: int
    code: str


class StorageProxy:
    """Listens on a port of its own until closed; `url` is the endpoint to set."""

    def __init__(self, endpoint: str) -> None:
        self.seen: list[Request] = []
        self.refuses: Callable[[Request], Refusal | None] = lambda _: None
        self._behind = urlsplit(endpoint)
        self._border: int | None = None
        self._counted: Callable[[Request], bool] = lambda _: True
        self._passed = 0
        self._victim: int | None = None
        self._victim_known = threading.Event()
        proxy = self

        class Handler(_Handler):
            def answer(self) -> None:
                proxy._answer(self)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kill_at(self, border: int | None, counted: Callable[[Request], bool] = lambda _: True) -> None:
        """Kill the victim at a border: each request has two, before it is passed on and before it is answered."""
        self._border, self._counted, self._passed = border, counted, 0
        self._victim_known.clear()

    def victim(self, pid: int) -> None:
        self._victim = pid
        self._victim_known.set()

    def _answer(self, handler: _Handler) -> None:
        action = handler.headers.get("X-Amz-Target")
        request = Request(handler.command, handler.path, action.rpartition(".")[2] if action else None)
        self.seen.append(request)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        refusal = self.refuses(request)
        if refusal is not None:
            handler.reply(refusal.status, [], f"<Error><Code>{refusal.code}</Code></Error>".encode())
            return
        if self._kills(request):
            handler.close_connection = True
            return
        status, headers, content = self._passed_on(handler, body)
        if self._kills(request):
            handler.close_connection = True
            return
        handler.reply(status, headers, content)

    def _kills(self, request: Request) -> bool:
        if self._border is None or not self._counted(request):
            return False
        self._passed += 1
        if self._passed != self._border:
            return False
        self._victim_known.wait()
        assert self._victim
        os.kill(self._victim, signal.SIGKILL)
        return True

    def _passed_on(self, handler: _Handler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._behind.netloc)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in _HOP}
        headers["Content-Length"] = str(len(body))
        try:
            connection.request(handler.command, handler.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        raise NotImplementedError

    def reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        length = str(len(content))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self) -> None:
        self.answer()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        return
