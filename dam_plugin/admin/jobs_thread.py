"""Does the jobs that wait, in a thread beside what else a process does. The jobs themselves are in `intake/jobs.py`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dam_plugin.errors import DamPluginError
from dam_plugin.intake.jobs import run_waiting
from dam_plugin.services import Services

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
# After a failure it waits twice as long each time, up to this.
LONGEST_SECONDS = 60.0
# For how long the step at hand may take to end.
END_SECONDS = 30.0


class JobsThread(threading.Thread):
    """Looks for jobs again and again, in a thread of its own until it is stopped."""

    def __init__(self, services: Services, *, every: float = EVERY_SECONDS) -> None:
        """Take the services, and how many seconds lie between two looks."""
        super().__init__(name="jobs", daemon=True)
        self._services = services
        self._every = every
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look at once, then now and then, later after a failure."""
        wait = self._every
        while True:
            wait = self._every if self._round() else min(wait * 2, LONGEST_SECONDS)
            if self._stopped.wait(wait):
                return

    def stop(self) -> None:
        """Begin no more steps, and let the one at hand end."""
        self._stopped.set()
        if self.is_alive():
            self.join(END_SECONDS)

    def _round(self) -> bool:
        try:
            run_waiting(self._services, self._stopped.is_set)
        except DamPluginError as error:
            log.warning("a job is gone on with later: %s", error)
        except Exception as error:  # noqa: BLE001 - the next round must come, and the text might name somebody
            log.error("a job is gone on with later: this is a bug (%s)", type(error).__name__)  # noqa: TRY400
        else:
            return True
        return False


@contextmanager
def doing_jobs(services: Services) -> Iterator[None]:
    """Do the jobs that wait beside the block, one after the other."""
    thread = JobsThread(services)
    thread.start()
    try:
        yield
    finally:
        thread.stop()
