"""A thread that does its work again and again beside what else a process does, and waits longer after a failure."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from dam_plugin.errors import DamPluginError, InputError, OtherSchema, place_of
from dam_plugin.telemetry.outage import Outage


class RoundsThread(threading.Thread):
    """Does rounds until it is stopped. After a failure it waits twice as long each time, up to `longest` seconds.

    A subclass has the round, which raises nothing: `_tried` (`tried`) logs what failed, once while it lasts. A round that
    breaks off is safe. Where another version has changed the tables, no more rounds come: the process ends, and says so.
    """

    def __init__(self, name: str, log: logging.Logger, *, every: float, longest: float, at_once: bool = True) -> None:
        """Take the thread's name, its log, the seconds between two rounds, and whether the first comes at once."""
        super().__init__(name=name, daemon=True)
        self._log = log
        self._every = every
        self._longest = longest
        self._at_once = at_once
        self._stopped = threading.Event()
        self._outages: dict[str, Outage] = {}

    def run(self) -> None:
        """Do rounds until stopped."""
        wait = self._every
        if not self._at_once and self._stopped.wait(wait):
            return
        while True:
            wait = self._every if self._round() else min(wait * 2, self._longest)
            if self._stopped.wait(wait):
                return

    def stop(self, seconds: float) -> None:
        """Begin no more rounds, and give the one at work so many seconds to end."""
        self._stopped.set()
        if self.is_alive():
            self.join(seconds)

    def _round(self) -> bool:
        """Do what is due; return whether nothing failed."""
        raise NotImplementedError

    def _tried(self, act: Callable[[], object], what_follows: str) -> bool:
        def watched() -> None:
            try:
                act()
            except OtherSchema:
                self._stopped.set()
                raise

        outage = self._outages.setdefault(what_follows, Outage(self._log, what_follows))
        return tried(self._log, watched, self.name, what_follows, outage)


def tried(
    log: logging.Logger, act: Callable[[], object], name: str, what_follows: str, outage: Outage | None = None
) -> bool:
    """Do what nobody waits for, and return True; after an error log it and what follows, and return False.

    `outage`: has the same trouble told once while it lasts, and not each time.

    INVARIANT: no text is logged that might name somebody.
    """
    try:
        act()
    except InputError as error:
        # It may repeat what was typed in. A job has it, for `jobs show`.
        log.warning("%s: something could not be done at all (%s)", name, type(error).__name__)
    except DamPluginError as error:
        (outage or Outage(log, what_follows)).met(str(error))
    except Exception as error:  # noqa: BLE001 - what follows must come, and the text might name somebody
        log.error("%s: this is a bug (%s at %s)", name, type(error).__name__, place_of(error))  # noqa: TRY400
    else:
        if outage is not None:
            outage.over()
        return True
    return False
