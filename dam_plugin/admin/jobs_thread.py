"""Does the jobs that wait, in a thread beside what else a process does. How a job runs is in `intake/jobs.py`.

Where a broker is set, Celery does the jobs instead (`dam_hooks/celery_app.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.admin.rounds import RoundsThread
from dam_plugin.intake.jobs import run_waiting
from dam_plugin.services import Services

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
# After a failure it waits twice as long each time, up to this.
LONGEST_SECONDS = 60.0
# For how long the step at hand may take to end.
END_SECONDS = 30.0


class JobsThread(RoundsThread):
    """Looks for jobs again and again, in a thread of its own until it is stopped."""

    def __init__(self, services: Services, *, every: float = EVERY_SECONDS) -> None:
        """Take the services, and how many seconds lie between two looks."""
        super().__init__("jobs", log, every=every, longest=LONGEST_SECONDS)
        self._services = services

    def _round(self) -> bool:
        return self._tried(
            lambda: run_waiting(self._services, KINDS, self._stopped.is_set), "a job is gone on with later"
        )


@contextmanager
def doing_jobs(services: Services) -> Iterator[None]:
    """Do the jobs that wait beside the block, one after the other; nothing where they are announced to Celery."""
    if services.announce_job is not None:
        yield
        return
    thread = JobsThread(services)
    thread.start()
    try:
        yield
    finally:
        thread.stop(END_SECONDS)
