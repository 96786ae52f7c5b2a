"""Remembers for a moment what was seen in the bucket, so that many who ask the same at once cost one request.

Failures are not remembered. What is asked for often is looked up again before its time is over, in the background: nobody
waits for that.
"""

from __future__ import annotations

import math
import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

# A look at the bucket counts for so long, from its beginning.
MEMORY_SECONDS = 10.0
# When it is looked at again beside those who ask: not for all at once, though all were first asked for at once.
RENEWAL_SECONDS = (3.0, 8.0)
# How many wait for that; what is more is looked at once it is asked for after its time.
MOST_RENEWALS = 256
MOST_REMEMBERED = 4_096
# Fewer than the connections that a client keeps.
AT_ONCE = 8


_YES: Future[bool] = Future()
_YES.set_result(True)


@dataclass(frozen=True, slots=True)
class _Found:
    """A result: when its lookup began, and when it is to be looked up again (infinite: a lookup is under way)."""

    began: float
    renewed_from: float = math.inf


@dataclass(frozen=True, slots=True)
class _Look:
    """A look that is on its way: when it began, and what it finds."""

    began: float
    found: Future[bool] = field(default_factory=Future)


class LookupCache:
    """Remembers for a moment what was found to be so. Threads may share one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock in seconds that never goes back."""
        self._clock = clock
        self._lock = Lock()
        # INVARIANT: never more than MOST_REMEMBERED; the one that was noted longest ago stands first.
        self._known: OrderedDict[Hashable, _Found] = OrderedDict()
        self._looks: dict[Hashable, _Look] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="storage")
        # One by one: nobody waits for it, and whoever is served meanwhile shall not notice.
        self._renewals: deque[tuple[Hashable, _Found, Callable[[], bool]]] = deque()
        self._is_renewing = False

    def ask(self, what: Hashable, look: Callable[[], bool]) -> Future[bool]:
        """Return whether it is so: as found a moment ago, by a look that began then, or by a look in another thread.

        What a look raises is raised to everybody who waits for it, and not remembered; neither is that it is not so.
        """
        with self._lock:
            known = self._known.get(what)
            if known is not None and self._is_recent(known.began):
                self._renew(what, known, look)
                return _YES
            theirs = self._looks.get(what)
            if theirs is not None and self._is_recent(theirs.began):
                return theirs.found
            own = self._looks[what] = _Look(self._clock())
        self._pool.submit(self._looked, what, own, look)
        return own.found

    def _renew(self, what: Hashable, known: _Found, look: Callable[[], bool]) -> None:
        """Have it looked at again, beside whoever asks, where it is time to."""
        if self._clock() < known.renewed_from or len(self._renewals) >= MOST_RENEWALS:
            return
        # What is known stays, and is told by its identity from what anybody else finds meanwhile.
        self._known[what] = again = _Found(known.began)
        self._renewals.append((what, again, look))
        if not self._is_renewing:
            # A storage that does not answer must not keep the process from ending; where no thread is to be had, the
            # next who asks tries again.
            with suppress(RuntimeError):
                Thread(target=self._work_off, name="storage-renewal", daemon=True).start()
                self._is_renewing = True

    def _work_off(self) -> None:
        while renewal := self._next_renewal():
            what, known, look = renewal
            began, found = self._clock(), False
            # Whoever asks next looks for himself, and is told why it fails.
            with suppress(Exception):
                found = look()
            with self._lock:
                # INVARIANT: nothing is said over a look that anybody made meanwhile, above all not over its no.
                if self._known.get(what) is known:
                    self._note(what, began, found=found)

    def _next_renewal(self) -> tuple[Hashable, _Found, Callable[[], bool]] | None:
        with self._lock:
            while self._renewals:
                what, known, look = self._renewals.popleft()
                if self._known.get(what) is known and self._is_recent(known.began):
                    return what, known, look
            self._is_renewing = False
            return None

    def _looked(self, what: Hashable, own: _Look, look: Callable[[], bool]) -> None:
        try:
            found = look()
        except BaseException as error:  # noqa: BLE001 - whoever waits has to be told, whatever it is
            self._end(what, own)
            own.found.set_exception(error)
        else:
            self._end(what, own, found=found)
            own.found.set_result(found)

    def _end(self, what: Hashable, own: _Look, *, found: bool = False) -> None:
        with self._lock:
            if self._looks.get(what) is own:
                del self._looks[what]
            self._note(what, own.began, found=found)

    def _note(self, what: Hashable, began: float, *, found: bool) -> None:
        """Remember what a look found; one that began before what is known says nothing new."""
        known = self._known.get(what)
        if known is not None and known.began > began:
            return
        if not found:
            self._known.pop(what, None)
            return
        self._known[what] = _Found(began, self._clock() + random.uniform(*RENEWAL_SECONDS))  # noqa: S311 - no secret
        self._known.move_to_end(what)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    def _is_recent(self, began: float) -> bool:
        return self._clock() - began <= MEMORY_SECONDS
