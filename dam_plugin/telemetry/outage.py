"""A trouble that lasts, such as a storage that does not answer: told once when it begins and once when it is over."""

from __future__ import annotations

import logging
import threading


class Outage:
    """Logs the first of many equal failures, and how many there were once something succeeds again. Threads may share one."""

    def __init__(self, log: logging.Logger, what_follows: str) -> None:
        """Take the log, and what follows from the trouble (`it is tried again`): both lines begin with it."""
        self._log = log
        self._what_follows = what_follows
        self._guard = threading.Lock()
        self._why: str | None = None
        self._count = 0

    def met(self, why: str) -> None:
        """Take a failure, by its reason; another reason is told again."""
        with self._guard:
            self._count += 1
            is_new, self._why = why != self._why, why
        if is_new:
            self._log.warning("%s: %s", self._what_follows, why)

    def over(self) -> None:
        """Take a success."""
        with self._guard:
            count, self._count, self._why = self._count, 0, None
        if count > 1:
            self._log.warning("%s: over, after %d failures", self._what_follows, count)

    def lasts(self) -> bool:
        """Whether nothing has succeeded since the last failure."""
        return self._count > 0
