"""Mail to the records custodian (`dam_plugin.custodian.mail`) as one of the plugins that are told of work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic

from dam_hooks.specs import hookimpl
from dam_plugin.custodian import mail
from dam_plugin.errors import DamPluginError
from dam_plugin.model import Referral, Share
from dam_plugin.services import Services

log = logging.getLogger(__name__)

# Its name in the plugin manager.
MAIL = "mail"
# New work in the queue is told at most so often by one process: a yearbook set may bring hundreds, and the digest has them all.
SECONDS_BETWEEN = 600


class CustodianMail:
    """Answers `notify`, and hears of new work in the queue."""

    def __init__(self, services: Services, clock: Callable[[], float] = monotonic) -> None:
        """Take the services whose settings name the server and the addresses, and a clock that only goes on."""
        self._services = services
        self._clock = clock
        self._told_at: float | None = None
        self._lock = Lock()

    @hookimpl
    def notify(self, person: str, message: str) -> bool | None:
        """Tell the custodian at once; None for anybody else, whose address is not known, and where no server took it."""
        if person != "custodian":
            return None
        return mail.tell_custodian(self._services, message) or None

    @hookimpl
    def referral_opened(self, referral: Referral, share: Share) -> None:  # noqa: ARG002 - what is shared is told nobody
        """Tell the custodian that work came in, beside what the person who shares waits for."""
        with self._lock:
            now = self._clock()
            if self._told_at is not None and now - self._told_at < SECONDS_BETWEEN:
                return
            self._told_at = now
        Thread(target=self._tell, args=(f"due on {referral.due}",), name="mail").start()

    def _tell(self, message: str) -> None:
        try:
            mail.tell_custodian(self._services, message)
        except DamPluginError as error:
            log.warning("the custodian could not be told by mail (%s)", type(error).__name__)


def built_in(services: Services) -> CustodianMail | None:
    """Return the mail to the custodian where the settings name a server and an address."""
    if not mail.can_send(services.settings) or not services.settings.custodian_mail:
        return None
    return CustodianMail(services)
