"""`/metrics` for Prometheus: what waits and since when, decisions, openings. Counts alone: no name, no id, no key of a file.

What happens is counted by this process from its start; what is on file is counted at each look, at most twice a minute.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPStatus
from threading import Lock

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from dam_hooks.http.bearer import has_token
from dam_hooks.http.problems import RETRY_SECONDS, Refused, response
from dam_hooks.specs import hookimpl
from dam_plugin.custodian.work import queue_state
from dam_plugin.errors import DamPluginError
from dam_plugin.library.event_queue import Queue
from dam_plugin.model import Decision, Share
from dam_plugin.services import Services

PATH = "/metrics"
# For how long what was counted on file is told again: a look costs more the larger the library is.
FRESH_SECONDS = 30.0
LOOK_SECONDS = 20.0
WHO_READS = (
    "what is measured is told to whoever has the token: Authorization: Bearer …, the one of DAM_PLUGIN_METRICS_TOKEN"
)
TOO_SLOW = "the database takes too long to count: ask again in a moment"

log = logging.getLogger(__name__)


class Metrics:
    """What a service has counted since it started, and how to tell it. Its hook counts decisions (`decision_made`)."""

    def __init__(self, services: Services) -> None:
        """Count for the service of these services."""
        self._registry = CollectorRegistry()
        self._registry.register(OnFile(services))
        self._decisions = Counter(
            "dam_decisions",
            "Shares that this process decided, by outcome and first clause",
            ("outcome", "clause"),
            registry=self._registry,
        )
        self._openings = Counter(
            "dam_openings", "Requests to open a link that this process answered", ("answer",), registry=self._registry
        )

    @hookimpl
    def decision_made(self, share: Share, decision: Decision) -> None:  # noqa: ARG002 - the hook's arguments
        """Count a decision. What is sealed is told to no observer, and so is not counted."""
        clause = decision.reasons[0].clause if decision.reasons else ""
        self._decisions.labels(decision.outcome.word, clause).inc()

    def opened(self, *, is_open: bool) -> None:
        """Count a request to open a link that was answered."""
        self._openings.labels("opened" if is_open else "refused").inc()

    def told(self) -> bytes:
        """Return all of it in Prometheus' own format. Raises StoreError where the database does not answer."""
        return generate_latest(self._registry)


class OnFile(Collector):
    """What is on file and in the bucket's queue, counted at most once in FRESH_SECONDS."""

    def __init__(self, services: Services) -> None:
        """Count what these services keep."""
        self._services = services
        self._lock = Lock()
        self._counted: tuple[float, tuple[Metric, ...]] | None = None

    def describe(self) -> Iterator[Metric]:
        """Yield nothing, so that nothing is counted when the service starts."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield what is counted."""
        with self._lock:
            if self._counted is None or time.monotonic() - self._counted[0] > FRESH_SECONDS:
                self._counted = time.monotonic(), (*self._kept(), *self._announced())
            yield from self._counted[1]

    def _kept(self) -> Iterator[Metric]:
        now = self._services.now()
        with self._services.store.reading() as unit:
            recordings = unit.assets.counts()
            since = unit.assets.waiting_since()
            state = unit.people.roster_state()
            head = unit.entries.head()
            links = unit.shares.count_open_links(now)
        waits = queue_state(self._services)
        yield _gauge("dam_recordings", "Recordings of the library", recordings.of_all)
        yield _gauge("dam_recordings_on_hold", "Recordings that nobody gets from the bucket", recordings.on_hold)
        yield _gauge("dam_recordings_waiting", "Recordings that wait for a person's look", recordings.waiting)
        oldest = (now - since).total_seconds() if since else 0
        yield _gauge("dam_recordings_waiting_oldest_seconds", "For how long the first of them waits", oldest)
        yield _gauge("dam_links_open", "Links that can be opened", links)
        yield _gauge("dam_ledger_entries", "Entries of the ledger", head.seq if head else 0)
        yield _gauge("dam_custodian_open", "Work that waits for the custodian", waits.open)
        yield _gauge("dam_custodian_overdue", "Work of the custodian whose day has passed", waits.overdue)
        yield _gauge("dam_custodian_reviews", "Emergencies that wait for their review", waits.reviews)
        yield _gauge("dam_custodian_pending", "Findings that wait for a second person", waits.pending)
        if state.last_import is not None:
            age = (now - state.last_import).total_seconds()
            yield _gauge("dam_roster_age_seconds", "Since when the roster was imported last", age)

    def _announced(self) -> Iterator[Metric]:
        url = self._services.settings.queue_url
        if url is None:
            return
        try:
            with Queue.connect(url) as queue:
                counts = queue.counts()
        except DamPluginError as error:
            log.warning("the bucket's events could not be counted: %s", error)
            yield _gauge("dam_events_up", "Whether the queue of the bucket's events answers", 0)
            return
        yield _gauge("dam_events_up", "Whether the queue of the bucket's events answers", 1)
        yield _gauge("dam_events_waiting", "Messages of the bucket that wait", counts.visible)
        yield _gauge("dam_events_in_work", "Messages of the bucket that are in work", counts.in_flight)
        yield _gauge("dam_events_dead", "Messages of the bucket that were given up", counts.dead or 0)


def metrics_routes(metrics: Metrics, token: str) -> APIRouter:
    """Return the route of `/metrics`, for whoever has the token."""
    api = APIRouter()
    # A database that hangs must not use up the threads that others wait for.
    limiter = CapacityLimiter(1)

    @api.get(PATH, include_in_schema=False)
    async def told(request: Request) -> Response:
        if not has_token(request, token):
            told_how = {"WWW-Authenticate": "Bearer"}
            return response(Refused(HTTPStatus.UNAUTHORIZED, WHO_READS, headers=told_how))
        with anyio.move_on_after(LOOK_SECONDS):
            content = await to_thread.run_sync(partial(_told, metrics), limiter=limiter, abandon_on_cancel=True)
            if content is not None:
                return Response(content, headers=_HEADERS)
        return response(Refused(HTTPStatus.SERVICE_UNAVAILABLE, TOO_SLOW, retry_after=RETRY_SECONDS))

    return api


_HEADERS: Mapping[str, str] = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}


def _told(metrics: Metrics) -> bytes | None:
    try:
        return metrics.told()
    except DamPluginError as error:
        log.warning("nothing could be measured: %s", error)
        return None


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value)
