"""What the service does beside answering: copies whose links ran out or were closed go on hold, old requests are forgotten.

Links are decided again, too: a process may have been killed between what a family chose and the links that this closes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from dam_hooks.http import idempotency
from dam_plugin.errors import DamPluginError
from dam_plugin.gate import close_links
from dam_plugin.services import Services
from dam_plugin.sharing import hold_copies

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
# After a failure it waits twice as long each time, up to this.
LONGEST_SECONDS = 300.0
# How often what hosts sent is looked through, in rounds.
FORGET_ROUNDS = 40
# How often open links are decided again.
RECHECK_ROUNDS = 20


class Housekeeping(threading.Thread):
    """Rounds in a thread of their own until it is stopped. Each is safe to break off: the next one goes on."""

    def __init__(self, services: Services, *, every: float = EVERY_SECONDS, longest: float = LONGEST_SECONDS) -> None:
        """Take the services, and how many seconds lie between two rounds."""
        super().__init__(name="housekeeping", daemon=True)
        self._services = services
        self._every = every
        self._longest = longest
        self._stopped = threading.Event()
        self._rounds = 0

    def run(self) -> None:
        """Do a round now and then, later after a failure."""
        wait = self._every
        while not self._stopped.wait(wait):
            wait = self._every if self._round() else min(wait * 2, self._longest)

    def stop(self, seconds: float = 10.0) -> None:
        """Begin no more rounds, and give the one at work so many seconds to end."""
        self._stopped.set()
        if self.is_alive():
            self.join(seconds)

    def _round(self) -> bool:
        """Do what is due; return whether all of it was done."""
        done = self._tried(lambda: hold_copies.settle_all_due(self._services))
        if self._rounds % RECHECK_ROUNDS == 0:
            done &= self._tried(lambda: close_links.recheck(self._services))
        if self._rounds % FORGET_ROUNDS == 0:
            done &= self._tried(lambda: idempotency.forget_old(self._services))
        self._rounds += 1
        return done

    def _tried(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except DamPluginError as error:
            log.warning("the service will try again later: %s", error)
        except Exception as error:  # noqa: BLE001 - the next round must come, and the text might name somebody
            log.error("the service will try again later: this is a bug (%s)", type(error).__name__)  # noqa: TRY400
        else:
            return True
        return False
