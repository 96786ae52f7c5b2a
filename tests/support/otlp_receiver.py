"""A collector of OpenTelemetry on a free port of this machine: takes OTLP over HTTP, keeps every byte, and decodes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Received:
    """One span: its name, its attributes, the name of the span that it is a part of, whether it failed, and its trace."""

    name: str
    attributes: dict[str, str | int]
    parent: str | None
    failed: bool
    events: int
    trace: bytes


@dataclass
class Receiver:
    """What came: the address it came to, and each request as bytes, by its path."""

    url: str
    requests: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """Every byte of every request."""
        return b"\n".join(body for _, body in self.requests)

    def spans(self, name: str | None = None) -> list[Received]:
        """The spans of a name, or all."""
        spans = [span for scope in self._scopes() for span in scope.spans]
        names = {span.span_id: span.name for span in spans}
        found = [
            Received(
                each.name,
                _plain(each.attributes),
                names.get(each.parent_span_id),
                each.status.code == each.status.STATUS_CODE_ERROR,
                len(each.events),
                each.trace_id,
            )
            for each in spans
        ]
        return [each for each in found if name in (None, each.name)]

    def figures(self) -> dict[tuple[str, ...], float]:
        """The newest value of each figure, by its name and the values of its labels."""
        found: dict[tuple[str, ...], float] = {}
        for metric in self._metrics():
            points = metric.gauge.data_points or metric.sum.data_points
            for each in points:
                labels = tuple(str(value) for _, value in sorted(_plain(each.attributes).items(), reverse=True))
                found[metric.name, *labels] = each.as_double or each.as_int
        return found

    def resources(self) -> list[dict[str, str | int]]:
        """What the senders say of themselves."""
        return [_plain(each.resource.attributes) for each in self._resources(ExportTraceServiceRequest, "/v1/traces")]

    def _scopes(self) -> Iterator[Any]:
        for each in self._resources(ExportTraceServiceRequest, "/v1/traces"):
            yield from each.scope_spans

    def _metrics(self) -> Iterator[Any]:
        for each in self._resources(ExportMetricsServiceRequest, "/v1/metrics"):
            for scope in each.scope_metrics:
                yield from scope.metrics

    def _resources(self, kind: Any, path: str) -> Iterator[Any]:
        for came_to, body in list(self.requests):
            if came_to == path:
                decoded = kind.FromString(body)
                yield from (decoded.resource_spans if path.endswith("traces") else decoded.resource_metrics)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Take what is sent until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is the library's
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _plain(attributes: Sequence[Any]) -> dict[str, str | int]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
