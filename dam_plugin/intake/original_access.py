"""Decides who may read an original, the plugin alone (`hold`) or staff, and writes this as tags of the object."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

from dam_plugin.errors import AssetMissing, StorageError
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.library.tags import object_tags
from dam_plugin.model import ReleaseTag, Tagging
from dam_plugin.procedure.terms import people_of
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import case_asset
from dam_plugin.store import StoredAsset

MOST_CHANGES = 5


def write_object_tags(services: Services, stored: StoredAsset) -> None:
    """Write the plugin's object tags of a recording; tags of others stay. Raises StorageError if the tags keep changing.

    INVARIANT: an original that has to go on hold is kept as `unwritten` with the change itself, until it is written here. So
    is one whose closure is over.
    """
    for _ in range(MOST_CHANGES):
        tags = _tags(stored)
        services.library.write_tags(stored.asset.key, stored.asset.version_id, tags)
        # A look that was kept meanwhile may have written its tags before these: the last writer checks again.
        with services.store.reading() as unit:
            stored = unit.assets.by_id(stored.asset.id) or stored
            waited = unit.assets.is_any_unwritten(stored.asset.id)
        if _tags(stored) == tags and (not waited or _is_written(services, stored, tags)):
            return
    raise StorageError("what is known of an object changes faster than its tags can be written; try again")


def write_object_tags_due(services: Services, most: int) -> int:
    """Write the tags of at most `most` waiting originals; return the number that failed."""
    with services.store.reading() as unit:
        waiting = unit.assets.unwritten()
    waiting = random.sample(waiting, min(most, len(waiting)))
    return sum(not _tried(services, stored) for stored in waiting)


def open_after_closures(services: Services, most: int) -> None:
    """Let staff read at most `most` originals whose last closure ended on a day before today, where nothing else forbids it.

    The objects' tags are then `unwritten`. Nobody has to tag them again.
    """
    today = services.now().date()
    with services.store.writing() as unit:
        over = unit.assets.closures_over(today, most)
        bent = unit.assets.bent(each.asset.id for each in over)
        for stored in over:
            # Tags that were changed beside the program open nothing.
            tag = "hold" if stored.asset.id in bent else access_to_original(stored.tagging, today)
            unit.assets.open_again(replace(stored, release_tag=tag), today)


def _tried(services: Services, stored: StoredAsset) -> bool:
    try:
        write_object_tags(services, stored)
    except BucketMissing:
        return False
    except AssetMissing:
        # A missing original cannot be read.
        with services.store.writing() as unit:
            unit.assets.drop_unwritten(stored.asset.id)
    except StorageError:
        return False
    return True


def _is_written(services: Services, stored: StoredAsset, tags: dict[str, str]) -> bool:
    """Note that the tags are written, where the recording still has the same."""
    with services.store.writing() as unit:
        kept = unit.assets.by_id(stored.asset.id)
        is_same = kept is None or _tags(kept) == tags
        if is_same:
            unit.assets.drop_unwritten(stored.asset.id)
    return is_same


def _tags(stored: StoredAsset) -> dict[str, str]:
    _, _, related = people_of(case_asset(stored.asset, stored.tagging))
    return object_tags(stored.tagging, stored.release_tag, len(related))


def access_to_original(tagging: Tagging, day: date) -> ReleaseTag:
    """Return who may read the original on a day: `hold` (the plugin alone) or `staff`.

    INVARIANT: an original is never `open`.
    """
    if tagging.state == "failed" or tagging.official_uses or tagging.record_pii:
        return "hold"
    is_closed = tagging.why_closed("closed", day) or tagging.why_closed("confidential", day)
    return "hold" if is_closed else "staff"
