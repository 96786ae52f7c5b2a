"""Storage work that a committed change left, done within seconds by any running process: service, worker, command.

It is noted in the transaction of the change: copies that are `closing` or `moving`, originals that are `unwritten`, the
locks of held recordings. The day after a closure's last day is such a change, too. Work without a change (links that ran
out, caches that failed) is `published_copy.close_unneeded_copies`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dam_plugin.admin.rounds import RoundsThread
from dam_plugin.errors import DamPluginError, StorageError
from dam_plugin.intake.legal_holds import lock_due
from dam_plugin.intake.original_access import open_after_closures, write_object_tags_due
from dam_plugin.model import Release
from dam_plugin.services import Services
from dam_plugin.sharing.published_copy import BATCH, close_copies, open_copy
from dam_plugin.telemetry.outage import Outage

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
# After a failure it waits twice as long each time, up to this.
LONGEST_SECONDS = 8.0
# For how long a command that is done waits for what it found left behind.
END_SECONDS = 3.0


def has_pending_work(services: Services) -> bool:
    """Whether anything is left to do. Raises StoreError."""
    with services.store.reading() as unit:
        return (
            unit.shares.is_any(["closing", "moving"])
            or unit.assets.is_any_unwritten()
            or unit.holds.is_any_work()
            or unit.assets.is_any_closure_over(services.now().date())
        )


def do_pending_work(services: Services, is_stopped: Callable[[], bool] = lambda: False) -> int:
    """Do the pending work until it is done or something fails; return how many parts failed and stay.

    Safe at any time, and twice at once. Raises StoreError.
    """
    left = 0
    while not left and not is_stopped() and has_pending_work(services):
        # Closing comes before opening.
        with services.store.reading() as unit:
            is_over = unit.assets.is_any_closure_over(services.now().date())
        if is_over:
            open_after_closures(services, BATCH)
        left = close_copies(services, None, most=BATCH).waiting + write_object_tags_due(services, BATCH)
        with services.store.reading() as unit:
            moving = unit.shares.releases(["moving"])
        left += sum(not _is_finished(services, copy) for copy in moving[:BATCH])
        left += lock_due(services)
    return left


def _is_finished(services: Services, copy: Release) -> bool:
    try:
        open_copy(services, copy)
    except StorageError:
        return False
    return True


class PendingWorkThread(RoundsThread):
    """Looks for pending work again and again, in a thread of its own until it is stopped."""

    def __init__(self, services: Services, *, every: float = EVERY_SECONDS, longest: float = LONGEST_SECONDS) -> None:
        """Take the services, and how many seconds lie between two looks."""
        super().__init__("pending", log, every=every, longest=longest)
        self._refused = Outage(log, "not all objects could be put on hold yet; it is tried again")
        self._services = services
        self.is_done = threading.Event()

    def stop(self, seconds: float = END_SECONDS) -> None:
        """Begin no more looks, and give the one at work so many seconds to end."""
        super().stop(seconds)

    def _round(self) -> bool:
        left = 0

        def look() -> None:
            nonlocal left
            left = do_pending_work(self._services, self._stopped.is_set)

        done = self._tried(look, "what is to be put on hold is tried again")
        if left:
            self._refused.met("the storage refuses some")
        elif done:
            self._refused.over()
        if done:
            self.is_done.set()
        return done and not left


@contextmanager
def doing_pending_work(services: Services) -> Iterator[None]:
    """Do pending work beside the block, again and again."""
    watch = PendingWorkThread(services)
    watch.start()
    try:
        yield
    finally:
        watch.stop()


@contextmanager
def doing_work_left_behind(services: Services) -> Iterator[None]:
    """Do the work that an earlier process left, where there is any, in a thread beside the block. Raises nothing of its own."""
    try:
        is_left = has_pending_work(services)
    except DamPluginError:
        # The block reports errors of the database itself.
        is_left = False
    if not is_left:
        yield
        return
    watch = PendingWorkThread(services)
    watch.start()
    try:
        yield
    finally:
        watch.is_done.wait(END_SECONDS)
        watch.stop()
