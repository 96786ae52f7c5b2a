"""A connected library, and servers that answer with a fault or not at all."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from moto_server import DELIVERY_KEYS

from dam_plugin.library import clients
from dam_plugin.library.s3 import Library


@pytest.fixture
def library(bucket: str) -> Iterator[Library]:
    with Library.connect(bucket, delivery=DELIVERY_KEYS) as connected:
        yield connected


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after one attempt: the number of attempts is not what these tests are about."""
    monkeypatch.setattr(clients, "ATTEMPTS", 1)


@pytest.fixture
def silent_endpoint() -> Iterator[str]:
    """Take connections and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def answering() -> Iterator[Callable[..., str]]:
    """Serve one fixed answer to every request; returns the URL."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def serve(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *args: object) -> None:
                return

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
