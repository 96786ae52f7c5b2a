"""The clock of a reading process: one thread that gives the process up when an answer does not come in time.

Starting a thread for each message would take longer than the message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Clock:
    """Calls `give_up` once, in its own thread, when a stretch of time runs out; `stop` ends the thread."""

    def __init__(self, give_up: Callable[[], object]) -> None:
        """Start the thread; no time runs yet."""
        self.ran_out = False
        self._give_up = give_up
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._wakes: float | None = None
        self._stopped = False
        threading.Thread(target=self._watch, daemon=True).start()

    @contextmanager
    def running(self, seconds: float) -> Iterator[None]:
        """Let at most `seconds` pass until the block ends."""
        self._set(time.monotonic() + max(seconds, 0))
        try:
            yield
        finally:
            self._set(None)

    def stop(self) -> None:
        """End the thread; nothing is given up any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _set(self, deadline: float | None) -> None:
        with self._changed:
            self._deadline = deadline
            # The thread looks again at the time it has slept for: only what is due earlier has to wake it.
            if deadline is not None and (self._wakes is None or deadline < self._wakes):
                self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._stopped:
                left = None if self._deadline is None else self._deadline - time.monotonic()
                if left is not None and left <= 0:
                    self.ran_out = True
                    break
                self._wakes = self._deadline
                self._changed.wait(left)
        if self.ran_out:
            self._give_up()
