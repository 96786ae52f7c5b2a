"""Remembers lookups in the bucket for a moment, so that many equal questions at once cost one request.

Failures are not remembered. A frequent lookup is repeated in the background before it expires, so that no caller waits.
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
from functools import partial
from threading import Lock, Thread

from dam_plugin.telemetry.spans import in_context

# How long a lookup counts, from its beginning.
MEMORY_SECONDS = 10.0
# When a lookup is repeated in the background. It varies, so that lookups that began together are not all repeated
# together.
RENEWAL_SECONDS = (3.0, 8.0)
# How many lookups may wait to be repeated. Any further one is repeated by the first caller after it expired.
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
    """A lookup that is under way: when it began, and its result."""

    began: float
    found: Future[bool] = field(default_factory=Future)


class LookupCache:
    """Remembers yes answers for a moment. Threads may share one cache."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock in seconds that never goes back."""
        self._clock = clock
        self._lock = Lock()
        # INVARIANT: never more than MOST_REMEMBERED; the one that was noted longest ago stands first.
        self._known: OrderedDict[Hashable, _Found] = OrderedDict()
        self._looks: dict[Hashable, _Look] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="storage")
        # One by one: no caller waits for it, and it must not slow down other callers.
        self._renewals: deque[tuple[Hashable, _Found, Callable[[], bool]]] = deque()
        self._is_renewing = False

    def ask(self, what: Hashable, look: Callable[[], bool]) -> Future[bool]:
        """Return whether it is so: as remembered, by a new lookup, or by a lookup that another thread has begun.

        All waiting threads get the error of a lookup. Errors and no answers are not remembered.
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
        self._pool.submit(in_context(partial(self._looked, what, own, look)))
        return own.found

    def _renew(self, what: Hashable, known: _Found, look: Callable[[], bool]) -> None:
        """Repeat the lookup in the background, if it is due."""
        if self._clock() < known.renewed_from or len(self._renewals) >= MOST_RENEWALS:
            return
        # The known result stays. Its identity tells it from a result that another thread notes meanwhile.
        self._known[what] = again = _Found(known.began)
        self._renewals.append((what, again, look))
        if not self._is_renewing:
            # A storage that does not answer must not keep the process from ending. Where no thread can be started, the
            # next caller tries again.
            with suppress(RuntimeError):
                Thread(target=self._work_off, name="storage-renewal", daemon=True).start()
                self._is_renewing = True

    def _work_off(self) -> None:
        while renewal := self._next_renewal():
            what, known, look = renewal
            began, found = self._clock(), False
            # The next caller looks for itself, and gets the error.
            with suppress(Exception):
                found = look()
            with self._lock:
                # INVARIANT: the result never overwrites a lookup that another thread made meanwhile, above all not one
                # that said no.
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
        except BaseException as error:  # noqa: BLE001 - waiting threads have to get any error
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
        """Remember the result of a lookup, unless it began before the known one."""
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
