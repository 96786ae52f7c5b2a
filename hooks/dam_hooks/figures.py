"""The figures that are told to whoever measures: what waits and since when, decisions, openings. Each is a row of FIGURES.

`/metrics` and OpenTelemetry tell the same ones. Counts and ages alone: no name, no id, no key of a file.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Lock

from dam_hooks.plugin import Manager, services_of
from dam_hooks.specs import hookimpl
from dam_plugin.custodian.work import queue_state
from dam_plugin.errors import DamPluginError
from dam_plugin.intake.age_of_events import AT_WORK
from dam_plugin.library.event_queue import Queue
from dam_plugin.model import Decision, Share
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.telemetry import otlp
from dam_plugin.telemetry.samples import Figure, Sample

PLUGIN = "dam-plugin figures"
# For how long what was counted on file is told again: a look costs more the larger the library is.
FRESH_SECONDS = 30.0

RECORDINGS = Figure("dam_recordings", "Recordings of the library")
ON_HOLD = Figure("dam_recordings_on_hold", "Recordings that nobody gets from the bucket")
WAITING = Figure("dam_recordings_waiting", "Recordings that wait for a person's look")
WAITING_OLDEST = Figure("dam_recordings_waiting_oldest_seconds", "For how long the first of them waits")
CUSTODIAN_OPEN = Figure("dam_custodian_open", "Work that waits for the custodian; what is sealed is not counted")
CUSTODIAN_OVERDUE = Figure("dam_custodian_overdue", "Work of the custodian whose day has passed")
CUSTODIAN_REVIEWS = Figure("dam_custodian_reviews", "Emergencies that wait for their review")
CUSTODIAN_PENDING = Figure("dam_custodian_pending", "Findings that wait for a second person")
LINKS_OPEN = Figure("dam_links_open", "Links that can be opened")
ROSTER_AGE = Figure(
    "dam_roster_age_seconds", "For how long the roster has not been imported; missing before the first import"
)
LEDGER = Figure("dam_ledger_entries", "Entries of the ledger")
JOBS = Figure("dam_jobs", "Jobs", ("kind", "state"))
JOBS_LEFT = Figure("dam_jobs_left", "Recordings that open jobs have left, about")
JOBS_STILL = Figure(
    "dam_jobs_still_seconds", "For how long the open job that stands still the longest got no further; 0 without one"
)
WORKERS = Figure("dam_workers", "Workers that said within the last minute that they are at work")
EVENTS_OLDEST = Figure(
    "dam_events_oldest_seconds",
    "The age of the oldest event that these workers have, some 15 seconds late; 0 without an event, none without a worker",
)
EVENTS_UP = Figure("dam_events_up", "Whether the queue of the bucket's events answers; missing where none is set")
EVENTS_WAITING = Figure("dam_events_waiting", "Messages of the bucket that wait")
EVENTS_IN_WORK = Figure("dam_events_in_work", "Messages of the bucket that are in work")
EVENTS_DEAD = Figure("dam_events_dead", "Messages of the bucket that were given up")
DECISIONS = Figure(
    "dam_decisions",
    "Shares that this process decided, by outcome and first clause; what is sealed is not counted",
    ("outcome", "clause"),
    rises=True,
)
OPENINGS = Figure(
    "dam_openings", "Requests to open a link that this process answered: `opened` or `refused`", ("answer",), rises=True
)

FIGURES = (
    RECORDINGS, ON_HOLD, WAITING, WAITING_OLDEST, CUSTODIAN_OPEN, CUSTODIAN_OVERDUE, CUSTODIAN_REVIEWS, CUSTODIAN_PENDING,
    LINKS_OPEN, ROSTER_AGE, LEDGER, JOBS, JOBS_LEFT, JOBS_STILL, WORKERS, EVENTS_OLDEST, EVENTS_UP, EVENTS_WAITING,
    EVENTS_IN_WORK, EVENTS_DEAD, DECISIONS, OPENINGS,
)  # fmt: skip

log = logging.getLogger(__name__)


class Figures:
    """The figures of one process. What happens is counted from its start; what is on file is counted at each look."""

    def __init__(self, services: Services) -> None:
        """Count for these services; nothing is looked up yet."""
        self._services = services
        self._lock = Lock()
        self._on_file: tuple[float, tuple[Sample, ...]] | None = None
        self._risen: Counter[tuple[Figure, tuple[str, ...]]] = Counter()

    @hookimpl
    def decision_made(self, share: Share, decision: Decision) -> None:  # noqa: ARG002 - the hook's arguments
        """Count a decision. What is sealed is told to no observer, and so is not counted."""
        self._rise(DECISIONS, decision.outcome.word, decision.reasons[0].clause if decision.reasons else "")

    def opened(self, *, is_open: bool) -> None:
        """Count a request to open a link that was answered."""
        self._rise(OPENINGS, "opened" if is_open else "refused")

    def _rise(self, figure: Figure, *labels: str) -> None:
        with self._lock:
            self._risen[figure, labels] += 1

    def risen(self) -> tuple[Sample, ...]:
        """Return what this process has counted since it started."""
        with self._lock:
            return tuple(Sample(figure, count, labels) for (figure, labels), count in self._risen.items())

    def on_file(self) -> tuple[Sample, ...]:
        """Return what is on file and in the bucket's queue, counted at most once in FRESH_SECONDS. Raises StoreError."""
        with self._lock:
            if self._on_file is None or time.monotonic() - self._on_file[0] > FRESH_SECONDS:
                self._on_file = time.monotonic(), (*self._kept(), *self._announced())
            return self._on_file[1]

    def all(self) -> tuple[Sample, ...]:
        """Return both."""
        return (*self.on_file(), *self.risen())

    def _kept(self) -> Iterator[Sample]:
        now = self._services.now()
        with self._services.store.reading() as unit:
            recordings = unit.assets.counts()
            since = unit.assets.waiting_since()
            state = unit.people.roster_state()
            head = unit.entries.head()
            links = unit.shares.count_open_links(now)
            work = [*self._jobs(unit), *self._workers(unit)]
        waits = queue_state(self._services)
        yield Sample(RECORDINGS, recordings.of_all)
        yield Sample(ON_HOLD, recordings.on_hold)
        yield Sample(WAITING, recordings.waiting)
        yield Sample(WAITING_OLDEST, (now - since).total_seconds() if since else 0)
        yield Sample(LINKS_OPEN, links)
        yield Sample(LEDGER, head.seq if head else 0)
        yield Sample(CUSTODIAN_OPEN, waits.open)
        yield Sample(CUSTODIAN_OVERDUE, waits.overdue)
        yield Sample(CUSTODIAN_REVIEWS, waits.reviews)
        yield Sample(CUSTODIAN_PENDING, waits.pending)
        if state.last_import is not None:
            yield Sample(ROSTER_AGE, (now - state.last_import).total_seconds())
        yield from work

    def _jobs(self, unit: Unit) -> Iterator[Sample]:
        counted = unit.jobs.counts()
        for (kind, state), count in counted.states.items():
            yield Sample(JOBS, count, (kind, state))
        yield Sample(JOBS_LEFT, counted.left)
        moved_at, now = counted.moved_at, self._services.now()
        yield Sample(JOBS_STILL, max(0.0, (now - moved_at).total_seconds()) if moved_at else 0)

    def _workers(self, unit: Unit) -> Iterator[Sample]:
        now = self._services.now()
        at_work = unit.workers.since(now - AT_WORK)
        yield Sample(WORKERS, at_work.count)
        if at_work.count:
            oldest = at_work.oldest_event
            yield Sample(EVENTS_OLDEST, max(0.0, (now - oldest).total_seconds()) if oldest else 0)

    def _announced(self) -> Iterator[Sample]:
        url = self._services.settings.queue_url
        if url is None:
            return
        try:
            with Queue.connect(url) as queue:
                counts = queue.counts()
        except DamPluginError as error:
            log.warning("the bucket's events could not be counted: %s", error)
            yield Sample(EVENTS_UP, 0)
            return
        yield Sample(EVENTS_UP, 1)
        yield Sample(EVENTS_WAITING, counts.visible)
        yield Sample(EVENTS_IN_WORK, counts.in_flight)
        yield Sample(EVENTS_DEAD, counts.dead or 0)


def figures_of(pm: Manager) -> Figures:
    """Return the figures of a plugin manager, which counts decisions from the first call on."""
    found = pm.get_plugin(PLUGIN)
    if not isinstance(found, Figures):
        found = Figures(services_of(pm))
        pm.register(found, PLUGIN)
    return found


def sending(pm: Manager, *, lasts: bool) -> AbstractContextManager[None]:
    """Send spans and figures to the collector of OpenTelemetry's settings until the block ends. Needs the extra `otel`.

    `lasts`: what is on file is measured too; another process tells what it did itself. Raises SettingsError.
    """
    figures = figures_of(pm)
    return otlp.sending(FIGURES, figures.all if lasts else figures.risen)
