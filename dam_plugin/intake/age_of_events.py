"""A worker's word on how old its events are, kept in the store: SQS tells how many messages wait, and not since when."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from dam_plugin.errors import DamPluginError
from dam_plugin.services import Services

NOTE_SECONDS = 15.0
AT_WORK = timedelta(minutes=1)
"""Who has not said for so long that it is at work counts as ended: it was killed, or the database does not answer it."""
FORGET_AFTER = timedelta(days=1)

log = logging.getLogger(__name__)


class AgeOfEvents:
    """Notes every NOTE_SECONDS when the oldest event was sent that the worker had since the last note, and when it has none."""

    def __init__(self, services: Services) -> None:
        """Note for one worker of these services; nothing is noted yet."""
        self._services = services
        self._id = f"worker-{secrets.token_hex(4)}"
        self._oldest: datetime | None = None
        self._noted: datetime | None = None
        self._noted_at: float | None = None

    def tell(self, sent: Iterable[datetime]) -> None:
        """Hear when the events were sent that came or are in work."""
        now, at_hand = time.monotonic(), list(sent)
        # What is done is not old any more once nothing else is in work.
        self._oldest = min([each for each in (self._oldest, *at_hand) if each is not None]) if at_hand else None
        is_over = not at_hand and self._noted is not None
        if is_over or self._noted_at is None or now - self._noted_at >= NOTE_SECONDS:
            self._noted_at, self._noted = now, self._oldest
            self._note()
            self._oldest = None

    def _note(self) -> None:
        now = self._services.now()
        try:
            with self._services.store.writing() as unit:
                unit.workers.note(self._id, now, self._oldest, forget=now - FORGET_AFTER)
        except DamPluginError as error:
            # The work itself says whether it can go on.
            log.warning("the age of the events could not be kept: %s", error)

    def drop(self) -> None:
        """Say that the worker has ended."""
        try:
            with self._services.store.writing() as unit:
                unit.workers.drop(self._id)
        except DamPluginError as error:
            log.warning("the end of the worker could not be kept: %s", error)


@contextmanager
def noting_age(services: Services) -> Iterator[AgeOfEvents]:
    """Have the age of a worker's events noted until the block ends."""
    age = AgeOfEvents(services)
    try:
        yield age
    finally:
        age.drop()
