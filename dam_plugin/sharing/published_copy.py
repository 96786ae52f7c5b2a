"""A copy in the bucket: uploaded, opened to delivery, closed again; its state, and how long its URL works.

Its states: `preparing` (on hold, on no record yet), `recorded` (its share is on record), `open` (delivery may read it),
`closing` (no link needs it; its tag is to be written), `purging` (on hold; a cache may still show it), `closed`. A copy
that other links need gets another key when one of its links closes, so that a URL handed out before opens nothing.
Steps that break off are finished or undone later. Making a copy is in `make_copy.py`.
"""

from __future__ import annotations

import logging
import math
import random
import secrets
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from dam_plugin import private_files
from dam_plugin.errors import AssetMissing, DamPluginError, Held, NotProven, StorageError, StorageUnreachable
from dam_plugin.library.s3 import LONGEST_LINK_SECONDS, Head
from dam_plugin.library.storage_errors import BucketMissing, one_of_many
from dam_plugin.model import Release, ReleaseTag
from dam_plugin.private_files import workroom
from dam_plugin.services import Services
from dam_plugin.sharing.held import check_not_held, holdings_of
from dam_plugin.sharing.make_copy import (
    DURATION,
    LARGEST_RECORDING,
    PLAN,
    Copy,
    Recipe,
    copy_tags,
    keep_codings,
    sha256_of,
)
from dam_plugin.store import Unit
from dam_plugin.store.shares import KEPT, LAST_OPENING

log = logging.getLogger(__name__)

# The proof's text for a copy from which nothing was removed.
AS_IT_IS = "released as it is for an emergency: embedded metadata was not removed"
# How long an upload may take where it is unknown whether its process still runs.
UPLOAD_HOURS = 6
_LONG = timedelta(hours=UPLOAD_HOURS)
THREADS = 8
# The states of a copy with an object under `released/`: all but `undone`.
ON_RECORD = ("preparing", "moving", "recorded", "open", "closing", "purging", "closed", KEPT)
# After so many failures in a row the storage counts as down.
MOST_FAILURES = 16
# Copies per transaction, and per message to caches.
BATCH = 200
# The field of a proof that names the release of the copy's former object.
MOVED_FROM = "moved_from"
# By how much the storage's clock may be behind ours.
CLOCK = timedelta(seconds=30)
# How long the URL of a copy works. A player requests parts of a recording until its end, with pauses in between.
URL_SECONDS = 60
PAUSES_SECONDS = 10 * 60


def url_seconds(release: Release) -> int:
    """Return how long the URL of a copy works: a minute; for sound and video as long as it plays and ten minutes more."""
    duration = release.proof.get(DURATION)
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 < duration < math.inf:
        return URL_SECONDS
    return min(math.ceil(duration) + PAUSES_SECONDS, LONGEST_LINK_SECONDS)


@dataclass(frozen=True, slots=True)
class Recovered:
    """The counts of `finish_or_withdraw_all`: copies opened, and copies withdrawn because their share was never recorded.

    `failed` copies stay as they are, since the storage refused; the next run tries them again.
    """

    finished: int
    undone: int
    failed: int = 0


@dataclass(frozen=True, slots=True)
class CopyCounts:
    """Counts of copies: put on hold, waiting to be, and on hold while a cache may still show them."""

    held: int = 0
    waiting: int = 0
    purging: int = 0

    def __add__(self, other: CopyCounts) -> CopyCounts:
        """Return the sums."""
        return CopyCounts(self.held + other.held, self.waiting + other.waiting, self.purging + other.purging)


def reusable_copy(services: Services, recipe: Recipe, held: Release | None) -> Release | None:
    """Return a copy of the same recipe: `held`, which this share has uploaded, or an earlier share's open copy.

    It reads, makes and proves nothing. None if there is no such copy.
    """
    asset = recipe.stored.asset
    if held is not None and _is_of(held, recipe):
        known: Release | None = held
    else:
        with services.store.reading() as unit:
            known = unit.shares.reusable(asset.key, asset.version_id, asset.etag, recipe.redacted, plan=recipe.digest)
    return known if known is not None and _is_there(services, known) else None


def upload_on_hold(services: Services, recipe: Recipe, copy: Copy) -> Release:
    """Put the copy into the bucket on hold. Raises NotProven if its bytes are not those that were proven."""
    release = _release(recipe, copy.suffix, copy.sha256, copy.proof)
    tags = copy_tags(services.pseudonyms, release, "hold")
    keep_codings(services, {recipe.stored.asset.id: copy.coding} if copy.coding else {})
    with copy.path.open("rb") as file:
        # INVARIANT: the published bytes are the proven ones.
        if sha256_of(file) != copy.sha256:
            raise NotProven(["the file changed after it was proven"])
        with _on_record(services, release):
            head = services.library.publish(release.key, file, media_type=copy.media_type, tags=tags)
    return replace(release, version_id=head.version_id)


def upload_original_on_hold(services: Services, recipe: Recipe) -> Release:
    """Put the original itself on hold among the copies, for an emergency. It has no sha256: its bytes are not read."""
    asset = recipe.stored.asset
    proof = {"checks": [AS_IT_IS], "version": asset.version_id, "etag": asset.etag}
    release = _release(recipe, "", "", proof)
    source = (asset.key, asset.version_id, asset.etag)
    tags = copy_tags(services.pseudonyms, release, "hold")
    with _on_record(services, release):
        head = services.library.publish_as_it_is(release.key, source, media_type=asset.media_type, tags=tags)
    return replace(release, version_id=head.version_id)


@contextmanager
def withdrawn_on_failure(services: Services, release: Release | None) -> Iterator[None]:
    """Withdraw an uploaded copy where the block fails: only a killed process leaves one behind."""
    try:
        yield
    except Exception:
        if release is not None:
            with suppress(DamPluginError):
                withdraw(services, release)
        raise


def withdraw(services: Services, release: Release) -> bool:
    """Withdraw a copy that was uploaded and not recorded; return whether it was still in that state.

    A copy of a held recording stays as it is until the recording is no longer held.
    """
    try:
        with services.store.writing() as unit:
            check_not_held(
                unit, [release.source_key], services.now().date(), what=f"the copy {release.id} is not deleted"
            )
            # A share that still works on it finds it withdrawn, and makes another.
            is_undone = bool(unit.shares.move_releases([release.id], was=["preparing"], state="undone"))
            known = unit.shares.release(release.id)
            if known is None or known.state != "undone":
                return False
        # Also where it was withdrawn before: the upload may have ended after that.
        delete_copy(services, release)
    except Held as held:
        log.info("%s", held)
        return False
    return is_undone


def delete_copy(services: Services, release: Release) -> None:
    """Delete the object of a copy permanently. Raises Held if its recording is held."""
    with services.store.reading() as unit:
        check_not_held(unit, [release.source_key], services.now().date(), what=f"the copy {release.id} is not deleted")
    services.library.delete(release.key, release.version_id)


def open_copy(services: Services, release: Release) -> None:
    """Open a recorded copy to delivery, after moving it where that is due; a copy in another state stays as it is.

    Raises StorageError. A copy that was closed meanwhile and may be open then becomes `closing`, and is tried again.
    """
    if release.state == "moving":
        release = move_to_new_key(services, release)
    if release.state not in ("preparing", "recorded"):
        return
    tag_copy(services, release, "open")
    with services.store.writing() as unit:
        if unit.shares.move_releases([release.id], was=["recorded"], state="open"):
            return
        known = unit.shares.release(release.id)
        if known is not None and known.state == "open":
            return
        # A cache may have fetched it again.
        _close_again(unit, release)
    # INVARIANT: closing writes the state first and the tag after, opening the other way round: so
    # whichever comes last, a copy whose links were closed in between ends on hold.
    try:
        tag_copy(services, release, "hold")
    except StorageError:
        with services.store.writing() as unit:
            # Another process may have closed it since.
            _close_again(unit, release)
        raise


def reopen_copies(services: Services, releases: Collection[str] | None) -> int:
    """Open those of these copies (None: all) that were closed and that an open link needs; finish opening others.

    Returns how many. Raises StorageError, StoreError: a copy that failed stays `recorded`.
    """
    with services.store.writing() as unit:
        again = unit.shares.needed_again(services.now(), releases)
        copies = unit.shares.releases(["moving", "recorded"], ids=again if releases is None else releases)
    for copy in copies:
        open_copy(services, copy)
    return len(copies)


def close_copies(services: Services, releases: Collection[str] | None, *, most: int | None = None) -> CopyCounts:
    """Put the `closing` ones of these copies (None: all) on hold, at most `most`, and have caches drop them."""
    with services.store.reading() as unit:
        closing = unit.shares.releases(["closing"], ids=releases)
        on_hold = unit.shares.releases(["purging"], ids=releases)
    if most is not None:
        closing = random.sample(closing, min(most, len(closing)))
    held = _put_on_hold(services, closing)
    if services.third_parties.who_answers("purge"):
        on_hold += held
    purging = _purge(services, on_hold)
    return CopyCounts(len(held), len(closing) - len(held), purging)


def close_unneeded_copies(services: Services) -> CopyCounts:
    """Put every copy on hold that no open link needs, also for links that ran out, and have caches drop them.

    It may run at any time, twice at once, and again after a failure. Raises StoreError.
    """
    now = services.now()
    with services.store.reading() as unit:
        unneeded = unit.shares.unneeded(now)
    if unneeded:
        with services.store.writing() as unit:
            unit.shares.withdraw_unneeded(now, unneeded)
    return close_copies(services, None)


def tag_copy(services: Services, release: Release, tag: ReleaseTag) -> None:
    """Write the object tags of a released copy: with `open` delivery may read it, with `hold` only the plugin."""
    services.library.put_tags(release.key, release.version_id, copy_tags(services.pseudonyms, release, tag))


def give_new_keys(unit: Unit, links: Collection[str], now: datetime) -> dict[str, str]:
    """Give a new key to each open copy if one of these closed links gave out a URL of it that may still work.

    In the caller's transaction. Returns the copies' ids, each with the id of a new release for the object at the former
    key. `move_to_new_key` copies the bytes, at the latest at the next opening.
    """
    moved: dict[str, str] = {}
    for release, opened in unit.shares.lately_opened(links, now - LAST_OPENING - CLOCK).values():
        if opened + timedelta(seconds=url_seconds(release)) + CLOCK < now:
            continue
        former = replace(release, id=f"r-{secrets.token_hex(8)}", state="closing")
        unit.shares.add_release(former, now)
        # In the same folder: its name is the release that the ledger names.
        key = f"released/{release.id}/{secrets.token_hex(8)}{PurePosixPath(release.key).suffix}"
        unit.shares.move_copy(release.id, key, {**release.proof, MOVED_FROM: former.id})
        moved[release.id] = former.id
    return moved


def move_to_new_key(services: Services, release: Release) -> Release:
    """Copy the bytes of a `moving` copy to its new key, on hold, and return it as it is recorded then.

    It may run twice at once. Raises StorageError.
    """
    with services.store.reading() as unit:
        former = unit.shares.release(str(release.proof.get(MOVED_FROM)))
    if former is None:
        raise StorageError(f"where the copy {release.id} lay before is not on record; share it again")
    head = _copied(services, former, release)
    with services.store.writing() as unit:
        if not unit.shares.record_moved(release.id, release.key, head.version_id):
            # Another process was first, and may have opened the copy that these bytes, on hold, have just overwritten.
            unit.shares.move_releases([release.id], was=["open"], state="recorded")
        known = unit.shares.release(release.id)
    return known or release


def finish_or_withdraw_all(services: Services) -> Recovered:
    """Open copies that were recorded and not opened, and withdraw those that were uploaded and never recorded.

    Raises StorageUnreachable, StoreError. One copy that fails does not stop the others.
    """
    with services.store.reading() as unit:
        recorded, left = unit.shares.releases(["moving", "recorded"]), abandoned_copies(services, unit)
    finished = [one_of_many(partial(_opened_if_there, services, release)) for release in recorded]
    undone = [one_of_many(partial(withdraw, services, release)) for release in left]
    failed = finished.count(None) + undone.count(None)
    return Recovered(len(recorded) - finished.count(None), undone.count(True), failed)


def abandoned_copies(services: Services, unit: Unit) -> list[Release]:
    """Return the copies that were uploaded and not recorded, and whose process is gone.

    The process is known to have ended; or it cannot be seen, and it began longer ago than an upload may take. Copies of
    recordings that are held are left out: they stay.
    """
    makers = unit.shares.makers()
    long_ago = {each.id for each in unit.shares.releases(["preparing"], before=services.now() - _LONG)}
    ended = {process: private_files.process_has_ended(process) for process in set(makers.values())}
    staged_ones = unit.shares.releases(["preparing"])
    left = [each for each in staged_ones if _has_ended(ended.get(makers.get(each.id, "")), each.id in long_ago)]
    held = holdings_of(unit, [each.source_key for each in left], services.now().date())
    return [each for each in left if each.source_key not in held]


def _has_ended(seen: bool | None, is_old: bool) -> bool:
    # A held lock decides, whatever a clock says.
    return is_old if seen is None else seen


def _release(recipe: Recipe, suffix: str, sha256: str, proof: dict[str, Any]) -> Release:
    asset = recipe.stored.asset
    release_id = f"r-{secrets.token_hex(8)}"
    return Release(
        id=release_id,
        key=f"released/{release_id}/{secrets.token_hex(8)}{suffix}",
        sha256=sha256,
        source_key=asset.key,
        source_version=asset.version_id,
        source_etag=asset.etag,
        redacted=recipe.redacted,
        state="preparing",
        proof=proof,
    )


@contextmanager
def _on_record(services: Services, release: Release) -> Iterator[None]:
    """Keep the release before the block stores it: an object under `released/` without a record is a stray."""
    with services.store.writing() as unit:
        unit.shares.add_release(release, services.now(), made_on=private_files.process_name(_LONG))
    with withdrawn_on_failure(services, release):
        yield


def _is_of(held: Release, recipe: Recipe) -> bool:
    asset = recipe.stored.asset
    source = (asset.key, asset.version_id, asset.etag)
    return (held.source_key, held.source_version, held.source_etag) == source and (
        # One that went as it is was made by no plan.
        recipe.urgent if PLAN not in held.proof else held.proof[PLAN] == recipe.digest
    )


def _is_there(services: Services, release: Release) -> bool:
    try:
        services.library.head(release.key, release.version_id)
    except AssetMissing:
        return False
    return True


def _close_again(unit: Unit, release: Release) -> None:
    unit.shares.move_releases([release.id], was=["purging", "closed"], state="closing")


def _opened_if_there(services: Services, release: Release) -> bool:
    # A deleted copy opens nothing, and its link says so.
    with suppress(AssetMissing):
        open_copy(services, release)
    return True


def _put_on_hold(services: Services, closing: Sequence[Release]) -> list[Release]:
    """Write the tag of each copy, several at once; return the copies on which it is written."""
    # In random order: the same few failing copies must not come first each time.
    rest = random.sample(closing, len(closing))
    after = "purging" if services.third_parties.who_answers("purge") else "closed"
    one = _Attempts(services)
    held: list[Release] = []
    kept = 0
    with ThreadPoolExecutor(min(THREADS, len(rest)) or 1) as pool:
        for copy, is_held in zip(rest, pool.map(one.hold, rest), strict=True):
            held += [copy] if is_held else []
            if len(held) - kept >= BATCH:
                _keep_state(services, held[kept:], "closing", after)
                kept = len(held)
    _keep_state(services, held[kept:], "closing", after)
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
    """Have caches drop these copies; return how many a cache failed to drop."""
    left = 0
    for start in range(0, len(on_hold), BATCH):
        batch = on_hold[start : start + BATCH]
        # INVARIANT: after the tags, or a cache could fetch again what it has dropped.
        if all(each.value for each in services.third_parties.purge([copy.key for copy in batch])):
            _keep_state(services, batch, "purging", "closed")
        else:
            left += len(batch)
    return left


def _keep_state(services: Services, copies: Sequence[Release], was: str, state: str) -> None:
    if not copies:
        return
    with services.store.writing() as unit:
        moved = set(unit.shares.move_releases([each.id for each in copies], was=[was], state=state))
        others = [each.id for each in copies if each.id not in moved]
        # A link needed it again while its tag was written.
        again = unit.shares.move_releases(others, was=["open"], state="recorded")
    if again:
        # A copy that fails here stays `recorded`; an opening or `finish_or_withdraw_all` opens it.
        with suppress(StorageError):
            reopen_copies(services, again)


def _copied(services: Services, former: Release, release: Release) -> Head:
    """Copy the bytes within the storage; or through this process where a server between does not copy."""
    found = services.library.head(former.key, former.version_id)
    tags = copy_tags(services.pseudonyms, release, "hold")
    source = (former.key, former.version_id, found.etag)
    try:
        return services.library.publish_as_it_is(release.key, source, media_type=found.media_type, tags=tags)
    except (AssetMissing, StorageUnreachable):
        raise
    except StorageError:
        return _carried(services, former, release, found, tags)


def _carried(services: Services, former: Release, release: Release, found: Head, tags: dict[str, str]) -> Head:
    with workroom() as room:
        path = room / "copy"
        sha256 = services.library.download(
            former.key, version_id=former.version_id, etag=found.etag, path=path, limit=LARGEST_RECORDING
        )
        # INVARIANT: the published bytes are the proven ones; a copy for an emergency has no hash.
        if sha256 != release.sha256 and release.sha256:
            raise StorageError(f"the copy {release.id} is not as it was proven; share it again")
        with path.open("rb") as file:
            return services.library.publish(release.key, file, media_type=found.media_type, tags=tags)
