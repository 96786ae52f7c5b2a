"""Locks the versions of held recordings in the storage (S3 Object Lock, legal hold), and unlocks them after the hold.

A hold takes effect with its commit; any running process then sets the locks, one batch at a time. A lock stops even an
administrator from deleting a version. A version that another party locked is left alone and stays locked.
Source: Amazon S3 User Guide, "Locking objects with Object Lock", legal holds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from dam_plugin.errors import AssetMissing, StorageError
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.services import Services
from dam_plugin.sharing.held import holdings_of
from dam_plugin.sharing.published_copy import THREADS
from dam_plugin.store import Unit
from dam_plugin.store.holds import HoldWork, LockState

log = logging.getLogger(__name__)

# Versions per piece of work: each is a listing, and two transactions.
BATCH = 200
Named = tuple[str, str]
"""A version: its key and its id."""


@dataclass(frozen=True, slots=True)
class _Page:
    """The versions of one batch to lock and to unlock, and the last one. `begun`: they may be locked already."""

    to_lock: tuple[Named, ...]
    begun: tuple[Named, ...]
    to_unlock: tuple[Named, ...]
    behind: Named | None


def lock_due(services: Services) -> int:
    """Do one batch of the waiting work; return how many versions the storage refused. Raises StoreError.

    A bucket without Object Lock has no work.
    """
    with services.store.reading() as unit:
        work = unit.holds.work()
    if work is None:
        return 0
    try:
        if services.library.can_lock():
            return _done(services, work)
    except StorageError as error:
        log.warning("held versions could not be locked in the storage, it is tried again: %s", error)
        return 1
    with services.store.writing() as unit:
        unit.holds.drop_work()
    return 0


def look_again(services: Services, *, whole: bool = False) -> None:
    """Note the end of holds whose last day is over, and try refused or interrupted locks again.

    `whole`: look at every held version again: the bucket may have Object Lock now, or an event was missed.
    """
    today = services.now().date()
    with services.store.writing() as unit:
        for hold in unit.holds.ended(today):
            unit.holds.note_end(hold)
            details = {"done": "ended", "kind": hold.kind, "until": hold.until}
            services.ledger.append(
                unit, at=services.now(), kind="hold", subject=hold.id, details=details, secret=hold.secret
            )
        unit.requests.note_meetings_over(today)
        for key in unit.holds.unfinished_locks():
            unit.holds.note_work(key)
        if whole:
            for hold in unit.holds.listed():
                if hold.is_in_force(today):
                    unit.holds.note_work(hold.key, is_folder=hold.is_folder)
            for referral in unit.referrals.waiting_for():
                unit.holds.note_work(referral.asset_key)
            unit.requests.note_hold_work()


def _done(services: Services, work: HoldWork) -> int:
    page = _page(services, work)
    # A version that is already locked was locked by another party, who also unlocks it.
    free = [each for each, is_locked in _each(page.to_lock, partial(_is_locked, services)) if is_locked is False]
    with services.store.writing() as unit:
        unit.holds.keep_locks(free, "setting")
        unit.holds.keep_locks(page.to_unlock, "lifting")
    locked = _each([*free, *page.begun], partial(_lock, services, on=True))
    unlocked = _each(page.to_unlock, partial(_lock, services, on=False))
    with services.store.writing() as unit:
        unit.holds.keep_locks([each for each, is_done in locked if is_done], "set")
        unit.holds.drop_locks([each for each, is_done in unlocked if is_done])
        unit.holds.drop_locks([each for each, is_done in (*locked, *unlocked) if is_done is None])
        unit.holds.advance(work, page.behind)
    return sum(is_done is False for _, is_done in (*locked, *unlocked))


def _page(services: Services, work: HoldWork) -> _Page:
    versions, behind = services.library.page_of_versions(work.key, work.behind, BATCH)
    if not work.is_folder:
        if any(each.key != work.key for each in versions):
            behind = None
        versions = tuple(each for each in versions if each.key == work.key)
    there = [(each.key, each.version_id) for each in versions if not each.is_marker]
    keys = list(dict.fromkeys(key for key, _ in there))
    with services.store.reading() as unit:
        return _planned(services, unit, there, keys, behind)


def _planned(
    services: Services, unit: Unit, there: Collection[Named], keys: Collection[str], behind: Named | None
) -> _Page:
    held = holdings_of(unit, keys, services.now().date())
    ours: dict[Named, LockState] = unit.holds.locks(keys)
    begun = ("setting", "lifting")
    return _Page(
        to_lock=tuple(each for each in there if each[0] in held and each not in ours),
        begun=tuple(each for each in there if each[0] in held and ours.get(each) in begun),
        to_unlock=tuple(each for each in ours if each[0] not in held),
        behind=behind,
    )


def _each(versions: Iterable[Named], act: Callable[[Named], bool | None]) -> list[tuple[Named, bool | None]]:
    """Apply `act` to each version, several at a time; None means that the version is gone."""
    wanted = list(versions)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(zip(wanted, pool.map(act, wanted), strict=True))


def _is_locked(services: Services, version: Named) -> bool | None:
    try:
        return services.library.is_locked(*version)
    except BucketMissing:
        raise
    except AssetMissing:
        return None


def _lock(services: Services, version: Named, *, on: bool) -> bool | None:
    try:
        services.library.lock(*version, on=on)
    except BucketMissing:
        raise
    except AssetMissing:
        return None
    except StorageError as error:
        log.warning("a version could not be %s in the storage: %s", "locked" if on else "unlocked", error)
        return False
    return True
