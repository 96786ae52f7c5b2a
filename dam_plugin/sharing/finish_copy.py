"""A recorded copy is opened to delivery; `recover` finishes or undoes what a process left that died before it was.

Putting copies back on hold is in `holding.py`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from dam_plugin.errors import AssetMissing, StorageError
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import Release, ReleaseTag
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import copy_tags
from dam_plugin.sharing.move_copy import moved
from dam_plugin.sharing.stage_copy import broken_off, undo
from dam_plugin.store import Unit


def finish(services: Services, release: Release) -> None:
    """Open a recorded copy to delivery's role, after it was moved where it is to be; another one stays as it is.

    Raises StorageError: a copy that was closed meanwhile and may be open is then `closing`, and tried again as those are.
    """
    if release.state == "moving":
        release = moved(services, release)
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
    # INVARIANT: who closes it writes the state first and the tag after, who opens it the other way round: so
    # whichever comes last, a copy whose links were closed in between ends on hold.
    try:
        tag_copy(services, release, "hold")
    except StorageError:
        with services.store.writing() as unit:
            # Whoever closes it may have been done with it since.
            _close_again(unit, release)
        raise


def _close_again(unit: Unit, release: Release) -> None:
    unit.shares.move_releases([release.id], was=["purging", "closed"], state="closing")


def tag_copy(services: Services, release: Release, tag: ReleaseTag) -> None:
    """Write the object tags of a released copy: `open` lets delivery read it, `hold` nobody but the plugin."""
    services.library.put_tags(release.key, release.version_id, copy_tags(services.pseudonyms, release, tag))


@dataclass(frozen=True, slots=True)
class Recovered:
    """What `recover` put right: releases finished, and releases undone because they were never recorded.

    `failed` are those that the storage refused: they stay as they are, and are tried again by the next run.
    """

    finished: int
    undone: int
    failed: int = 0


def recover(services: Services) -> Recovered:
    """Finish releases that were recorded and not opened, and undo those that were staged and never recorded.

    Raises StorageUnreachable, StoreError; one release that fails keeps no other from its turn.
    """
    with services.store.reading() as unit:
        recorded, left = unit.shares.releases(["moving", "recorded"]), broken_off(services, unit)
    finished = [one_of_many(partial(_finished, services, release)) for release in recorded]
    undone = [one_of_many(partial(undo, services, release)) for release in left]
    failed = finished.count(None) + undone.count(None)
    return Recovered(len(recorded) - finished.count(None), undone.count(True), failed)


def _finished(services: Services, release: Release) -> bool:
    # A copy that somebody deleted opens nothing; its link says so.
    with suppress(AssetMissing):
        finish(services, release)
    return True
