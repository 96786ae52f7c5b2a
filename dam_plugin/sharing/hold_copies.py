"""Copies that no open link needs go back on hold, which ends URLs handed out before; then caches are told to drop them.

A copy is `closing` until its tag is written, `purging` while somebody who keeps a cache has not dropped it, then `closed`.
What fails stays where it is, is tried again by `settle_all_due`, and told by `doctor`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from dam_plugin.errors import AssetMissing, StorageError
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.model import Release
from dam_plugin.services import Services
from dam_plugin.sharing.finish_copy import finish, tag_copy

THREADS = 8
# So many failures, and none that went well in between, are taken for a storage that does not answer.
MOST_FAILURES = 16
# Copies whose new state is kept at once, and which caches are told of at once.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Settled:
    """Counts: copies put on hold, copies that wait to be, and copies on hold that a cache may still show."""

    held: int = 0
    waiting: int = 0
    purging: int = 0

    def __add__(self, other: Settled) -> Settled:
        """Return the sums."""
        return Settled(self.held + other.held, self.waiting + other.waiting, self.purging + other.purging)


def settle_all_due(services: Services) -> Settled:
    """Put every copy on hold that no open link needs, those of links that ran out too, and have caches drop them.

    Safe to run at any time, twice at once, and again after a failure. Raises StoreError.
    """
    now = services.now()
    with services.store.reading() as unit:
        unneeded = unit.shares.unneeded(now)
    if unneeded:
        with services.store.writing() as unit:
            unit.shares.withdraw_unneeded(now, unneeded)
    return settle(services, None)


def reopen(services: Services, releases: Collection[str] | None) -> int:
    """Open those of these copies (null: all) again that were closed and that an open link needs; finish others.

    Returns how many. Raises StorageError, StoreError: those that failed stay `recorded`.
    """
    with services.store.writing() as unit:
        again = unit.shares.needed_again(services.now(), releases)
        copies = unit.shares.releases(["moving", "recorded"], ids=again if releases is None else releases)
    for copy in copies:
        finish(services, copy)
    return len(copies)


def settle(services: Services, releases: Collection[str] | None, *, most: int | None = None) -> Settled:
    """Put those of these copies on hold that are `closing` (null: all that are; at most so many), and have caches drop them."""
    with services.store.reading() as unit:
        closing = unit.shares.releases(["closing"], ids=releases)
        on_hold = unit.shares.releases(["purging"], ids=releases)
    if most is not None:
        closing = random.sample(closing, min(most, len(closing)))
    held = _put_on_hold(services, closing)
    if services.voices.who_answers("purge"):
        on_hold += held
    purging = _purge(services, on_hold)
    return Settled(len(held), len(closing) - len(held), purging)


def _put_on_hold(services: Services, closing: Sequence[Release]) -> list[Release]:
    """Write the tag of each copy, several at once; return those on which it is written."""
    # In any order: a few that fail each time must not be the first each time.
    rest = random.sample(closing, len(closing))
    after = "purging" if services.voices.who_answers("purge") else "closed"
    one = _Attempts(services)
    held: list[Release] = []
    kept = 0
    with ThreadPoolExecutor(min(THREADS, len(rest)) or 1) as pool:
        for copy, is_held in zip(rest, pool.map(one.hold, rest), strict=True):
            held += [copy] if is_held else []
            if len(held) - kept >= BATCH:
                _keep(services, held[kept:], "closing", after)
                kept = len(held)
    _keep(services, held[kept:], "closing", after)
    return held


class _Attempts:
    """Writes tags from several threads, until the storage is seen not to answer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._failed = 0
        self._guard = threading.Lock()

    def hold(self, copy: Release) -> bool:
        """Put a copy on hold; return whether it is, now or because somebody deleted it."""
        if self._failed >= MOST_FAILURES:
            return False
        try:
            tag_copy(self._services, copy, "hold")
        except BucketMissing:
            is_held = False
        except AssetMissing:
            is_held = True
        except StorageError:
            is_held = False
        else:
            is_held = True
        with self._guard:
            self._failed = 0 if is_held else self._failed + 1
        return is_held


def _purge(services: Services, on_hold: Sequence[Release]) -> int:
    """Have caches drop these copies; return how many somebody failed to drop."""
    left = 0
    for start in range(0, len(on_hold), BATCH):
        batch = on_hold[start : start + BATCH]
        # INVARIANT: after the tags, or a cache could fetch again what it has dropped.
        if all(each.value for each in services.voices.purge([copy.key for copy in batch])):
            _keep(services, batch, "purging", "closed")
        else:
            left += len(batch)
    return left


def _keep(services: Services, copies: Sequence[Release], was: str, state: str) -> None:
    if not copies:
        return
    with services.store.writing() as unit:
        moved = set(unit.shares.move_releases([each.id for each in copies], was=[was], state=state))
        others = [each.id for each in copies if each.id not in moved]
        # A link needed it again while its tag was written.
        again = unit.shares.move_releases(others, was=["open"], state="recorded")
    if again:
        # What fails now is `recorded`, and finished by an opening or by `recover`.
        with suppress(StorageError):
            reopen(services, again)
