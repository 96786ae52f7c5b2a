"""A copy that links share gets another key where one of them is closed: the URL that it gave out before opens nothing then.

The old object goes on hold as any other that no link needs; the others' links open the copy at its new key.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from dam_plugin.errors import AssetMissing, StorageError, StorageUnreachable
from dam_plugin.library.s3 import Head
from dam_plugin.model import Release
from dam_plugin.private_files import workroom
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import LARGEST_RECORDING, copy_tags, url_seconds
from dam_plugin.store import Unit
from dam_plugin.store.shares import LAST_OPENING

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


def _copied(services: Services, former: Release, release: Release) -> Head:
    """Copy the bytes within the storage, or through here where that copies nothing (a server in front of others does not)."""
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
        # INVARIANT: what is published are the bytes that were proven; one for an emergency has no hash.
        if sha256 != release.sha256 and release.sha256:
            raise StorageError(f"the copy {release.id} is not as it was proven; share it again")
        with path.open("rb") as file:
            return services.library.publish(release.key, file, media_type=found.media_type, tags=tags)


def moved(services: Services, release: Release) -> Release:
    """Copy the bytes of a copy that is `moving` to its new key, on hold, and return it as it is recorded then.

    Safe to run twice at once. Raises StorageError.
    """
    with services.store.reading() as unit:
        former = unit.shares.release(str(release.proof.get(MOVED_FROM)))
    if former is None:
        raise StorageError(f"where the copy {release.id} lay before is not on record; share it again")
    head = _copied(services, former, release)
    with services.store.writing() as unit:
        if not unit.shares.record_moved(release.id, release.key, head.version_id):
            # Somebody else was first, and may have opened what these bytes lie over now, on hold.
            unit.shares.move_releases([release.id], was=["open"], state="recorded")
        known = unit.shares.release(release.id)
    return known or release
