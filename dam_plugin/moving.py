"""A copy that links share gets another key where one of them is closed: the URL that it gave out before opens nothing then.

The old object goes on hold as any other that no link needs; the others' links open the copy at its new key.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from dam_plugin.copies import copy_tags
from dam_plugin.errors import StorageError
from dam_plugin.model import Release
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.store.shares import LAST_OPENING
from dam_plugin.urls import url_seconds

# Where the proof of a copy says by which release its former object is put on hold.
MOVED_FROM = "moved_from"
# By how much the storage's clock may be behind ours.
CLOCK = timedelta(seconds=30)


def move_from(unit: Unit, links: Collection[str], now: datetime) -> dict[str, str]:
    """Give each open copy another key that one of these closed links has a URL of which may still work.

    In the caller's transaction. Returns the ids of the copies, each with that of the release which its former object is
    from then on. Their bytes follow by `moved`, at the latest when somebody opens them.
    """
    moved: dict[str, str] = {}
    for release, opened in unit.shares.lately_opened(links, now - LAST_OPENING - CLOCK).values():
        if opened + timedelta(seconds=url_seconds(release)) + CLOCK < now:
            continue
        former = replace(release, id=f"r-{secrets.token_hex(8)}", state="closing")
        unit.shares.add_release(former, now)
        # In the same folder, which bears the name of the release that the ledger tells of.
        key = f"released/{release.id}/{secrets.token_hex(8)}{PurePosixPath(release.key).suffix}"
        unit.shares.move_copy(release.id, key, {**release.proof, MOVED_FROM: former.id})
        moved[release.id] = former.id
    return moved


def moved(services: Services, release: Release) -> Release:
    """Copy the bytes of a copy that is `moving` to its new key, on hold, and return it as it is recorded then.

    Safe to run twice at once. Raises StorageError.
    """
    with services.store.reading() as unit:
        former = unit.shares.release(str(release.proof.get(MOVED_FROM)))
    if former is None:
        raise StorageError(f"where the copy {release.id} lay before is not on record; share it again")
    found = services.library.head(former.key, former.version_id)
    source = (former.key, former.version_id, found.etag)
    tags = copy_tags(services.pseudonyms, release, "hold")
    head = services.library.publish_as_it_is(release.key, source, media_type=found.media_type, tags=tags)
    with services.store.writing() as unit:
        if not unit.shares.record_moved(release.id, release.key, head.version_id):
            # Somebody else was first, and may have opened what these bytes lie over now, on hold.
            unit.shares.move_releases([release.id], was=["open"], state="recorded")
        known = unit.shares.release(release.id)
    return known or release
