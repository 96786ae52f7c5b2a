"""Spans of work at hand, and the ids that log lines carry meanwhile: all their names and attributes are here.

INVARIANT: a value is an id of ours, an outcome, a clause, the type of an error or a count; never a student's name or number,
an object's key, a file name, a URL or a token. Where nobody collects spans (`otlp`), none is made.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, Literal, Protocol, TypedDict, TypeVar, Unpack

T = TypeVar("T")

SpanName = Literal["tag recording", "decide share", "open link", "announce job", "job step"]
SPANS: Mapping[SpanName, str] = {
    "tag recording": "one version of a recording is read, tagged and kept; `outcome` is the object's tag: `hold` or `staff`",
    "decide share": "a share is decided and carried out; what is sealed has no span",
    "open link": "a request to open a link is answered: `opened` or `refused`. A sealed link has neither id nor clause",
    "announce job": "Celery is told of a job; the steps that follow are part of it, in whatever process",
    "job step": "one step of a job: `done` or `failed`",
}
"""Each span, and what it is about."""


class Attributes(TypedDict, total=False):
    """What a span may say. A log line carries the ids of the work at hand."""

    message_id: str
    asset_id: str
    share_id: str
    link_id: str
    job_id: str
    job_kind: str
    outcome: str
    clause: str
    error: str
    recordings: int
    s3_requests: int


ATTRIBUTES: Mapping[str, str] = {
    "message_id": "the message of the queue that announced it",
    "asset_id": "the recording's version, a pseudonym",
    "share_id": "the share",
    "link_id": "the link, which the id does not open",
    "job_id": "the job",
    "job_kind": "what kind of job",
    "outcome": "how it ended; of a share: `allow`, `redact`, `refer` or `deny`",
    "clause": "the first reason of the procedure",
    "error": "the type of the error that ended it",
    "recordings": "how many recordings the step was about",
    "s3_requests": "how many requests to the object storage it took, with those that were tried again",
}
"""Each attribute, and what it is; in a span its name begins with `dam.`."""


class Collector(Protocol):
    """Takes spans to whoever collects them."""

    def span(self, name: SpanName) -> AbstractContextManager[Callable[[Attributes | None], None]]:
        """Return a span around the block, which hears its attributes before the end; None: it is not to be kept."""

    def ended(self, name: SpanName, began: int, attributes: Attributes) -> None:
        """Keep a span that is over; `began` is in nanoseconds since 1970."""

    def traceparent(self) -> str | None:
        """Return the span at hand as the header `traceparent` tells it (W3C Trace Context); None without one."""

    def continuing(self, traceparent: str) -> AbstractContextManager[None]:
        """Have the spans of the block be parts of that one; of one that is no `traceparent`, of none."""


class Work:
    """A piece of work at hand, and what its span will say."""

    __slots__ = ("_outer", "attributes", "is_kept", "requests")

    def __init__(self, attributes: Attributes | None = None, outer: Work | None = None) -> None:
        """Begin with these attributes, within another piece of work."""
        self.attributes: Attributes = attributes or {}
        self.is_kept = True
        self.requests = 0
        self._outer = outer

    def tell(self, **more: Unpack[Attributes]) -> None:
        """Add attributes."""
        self.attributes.update(more)

    def drop(self) -> None:
        """Have no span of this: nothing was to be done."""
        self.is_kept = False

    def count_request(self) -> None:
        """Count a request to the object storage, for the work that this is a part of as well."""
        self.requests += 1
        if self._outer is not None:
            self._outer.count_request()


ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""OpenTelemetry's own variable: where a collector takes OTLP over HTTP."""
_collector: Collector | None = None
_IDS: ContextVar[Attributes] = ContextVar("ids of the work at hand", default={})  # noqa: B039 - nobody changes it
_WORK: ContextVar[Work | None] = ContextVar("work at hand", default=None)


@contextmanager
def collected_by(collector: Collector) -> Iterator[None]:
    """Have the spans of this process collected until the block ends."""
    global _collector  # noqa: PLW0603 - one process, one collector
    before, _collector = _collector, collector
    try:
        yield
    finally:
        _collector = before


def is_asked_for() -> bool:
    """Whether the settings name a collector of spans and figures."""
    return bool(os.environ.get(ENDPOINT, "").strip())


def traceparent() -> str | None:
    """Return what another process needs to go on with the trace at hand; None where nobody collects spans."""
    return None if _collector is None else _collector.traceparent()


def continuing(traceparent: str | None) -> AbstractContextManager[None]:
    """Have the spans of the block go on with a trace of another process, where there is one."""
    return nullcontext() if _collector is None or traceparent is None else _collector.continuing(traceparent)


@contextmanager
def bound(**ids: Unpack[Attributes]) -> Iterator[None]:
    """Have the log lines and spans of the block carry these ids."""
    token = _IDS.set({**_IDS.get(), **ids})
    try:
        yield
    finally:
        _IDS.reset(token)


def ids_at_hand() -> Attributes:
    """Return the ids of the work at hand, for a log line."""
    return _IDS.get()


@contextmanager
def span(name: SpanName, **ids: Unpack[Attributes]) -> Iterator[Work]:
    """Have a span of the block, whose log lines carry these ids too; an error goes on, and its type alone is told."""
    with bound(**ids):
        if _collector is None:
            yield Work()
            return
        with _collector.span(name) as end, _counting(Work({**_IDS.get()}, _WORK.get())) as work:
            try:
                yield work
            except BaseException as error:
                work.tell(error=type(error).__name__)
                raise
            finally:
                end(work.attributes | {"s3_requests": work.requests} if work.is_kept else None)


@contextmanager
def spans_of_batch(name: SpanName) -> Iterator[Callable[..., None]]:
    """Have a span of each of several pieces of work that are done together; each is told of before the block ends.

    The storage's requests of all of them are counted for each.
    """
    if _collector is None:
        yield lambda **_: None
        return
    began, told = time.time_ns(), list[Attributes]()

    def tell(**attributes: Unpack[Attributes]) -> None:
        told.append(attributes)

    with _counting(Work(outer=_WORK.get())) as work:
        yield tell
    for each in told:
        _collector.ended(name, began, each | {"s3_requests": work.requests})


@contextmanager
def _counting(work: Work) -> Iterator[Work]:
    token = _WORK.set(work)
    try:
        yield work
    finally:
        _WORK.reset(token)


def count_request(**_: Any) -> None:  # noqa: ANN401 - the storage's client says much that is not looked at
    """Count a request to the object storage for the work at hand."""
    if (work := _WORK.get()) is not None:
        work.count_request()


def in_context(act: Callable[[], T]) -> Callable[[], T]:
    """Return an act for another thread, that is a part of the work at hand here."""
    return partial(copy_context().run, act)
