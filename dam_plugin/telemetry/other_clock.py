"""How far the clock of another machine, which the database or the storage has, is from this machine's own."""

from __future__ import annotations

import logging
import threading

# Less than this is no difference: it is how long an answer may take.
SAME_SECONDS = 0.5
WARN_SECONDS = 5.0
"""From here on a person is told, in the log and by `doctor`."""
MOST_SECONDS = 60.0
"""From here on no URL is signed: it would work for so much longer, or not at all."""

log = logging.getLogger(__name__)


class OtherClock:
    """The clock of one other machine, as its answers tell it again and again."""

    def __init__(self, whose: str) -> None:
        """Take whose it is, for the log. Nothing is known of it yet."""
        self._whose = whose
        self._ahead: float | None = None
        self._is_told = False
        self._lock = threading.Lock()

    @property
    def ahead(self) -> float | None:
        """By how many seconds it is ahead of ours (below 0: behind); 0 where no difference can be seen, None if unknown."""
        return self._ahead

    def hear(self, least: float, most: float) -> None:
        """Take from an answer that it is ahead by this at least and at most: the answer took its time."""
        with self._lock:
            if least - SAME_SECONDS <= 0 <= most + SAME_SECONDS:
                self._ahead = 0.0
            elif self._ahead is None or not least - SAME_SECONDS <= self._ahead <= most + SAME_SECONDS:
                self._ahead = (least + most) / 2
            is_off = abs(self._ahead) > WARN_SECONDS
            if is_off and not self._is_told:
                log.warning("%s: set both clocks, by NTP for example", self.told())
            self._is_told = is_off

    def told(self) -> str:
        """Return how far the clocks are apart, as half a sentence."""
        if self._ahead is None:
            return f"the clock of {self._whose} is not known"
        if not self._ahead:
            return f"the clock of {self._whose} goes as this machine's"
        way = "ahead of" if self._ahead > 0 else "behind"
        return f"the clock of {self._whose} is {abs(self._ahead):.0f} s {way} this machine's"
