"""An upload: examine it, keep the tags, and hold the object or open it to staff.

Events come at least once and in any order: the newest version in the bucket is what counts, and doing it again changes
nothing. What a file says is `examination`'s, a person's look `looking`'s; sharing is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from dam_plugin.closing import close_in, followed_up, recheck
from dam_plugin.copies import asset_id
from dam_plugin.errors import AssetMissing, StorageError
from dam_plugin.examination import examine, sidecars_beside
from dam_plugin.inheritance import inherited_looks, sources_of, with_what_sticks
from dam_plugin.library.faults import BucketMissing, one_of_many
from dam_plugin.library.keys import is_ours, is_released
from dam_plugin.library.s3 import Head
from dam_plugin.looks import with_looks
from dam_plugin.marking import release_tag, write_tags
from dam_plugin.model import Asset, Link
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset
from dam_plugin.strictest import former_with, laid_over, waiting
from dam_plugin.tag_changes import not_loosened
from dam_tagging.metadata.sidecar import common_start, describes, is_of_a_folder, is_sidecar

MOST_REPLACEMENTS = 5


@dataclass(frozen=True, slots=True)
class Event:
    """An object was stored: its key, and what the event told of it (null = not told). `size`: bytes."""

    key: str
    version_id: str | None = None
    etag: str | None = None
    sequencer: str | None = None
    size: int | None = None


def is_asset(key: str) -> bool:
    """Whether a key names a recording: not the plugin's own copies or evidence, not a sidecar, not a folder marker."""
    return not (is_ours(key) or key.endswith("/") or is_sidecar(key))


def take_in(services: Services, event: Event) -> StoredAsset | None:
    """Tag the newest version of an uploaded object and return what is kept; None when there is nothing to tag.

    The event only says where to look, unless it tells everything of a version newer than what is kept: an event that
    comes twice or late changes nothing. A sidecar's event tags what it describes again. Raises StorageError and
    StoreError: the event is then to be handled again.
    """
    if is_released(event.key):
        return None
    if is_sidecar(event.key):
        _tag_described(services, event.key)
        return None
    return tag_newest(services, event.key, event=event) if is_asset(event.key) else None


def _tag_described(services: Services, sidecar: str) -> None:
    """Tag again what a sidecar describes; raises StorageError where one failed, once the others had their turn."""
    outcomes = [one_of_many(partial(_tag_again, services, key)) for key in _described_by(services, sidecar)]
    if None in outcomes:
        raise StorageError(f"{outcomes.count(None)} of {len(outcomes)} recordings beside a sidecar could not be tagged")


def _tag_again(services: Services, key: str) -> bool:
    tagged = tag_newest(services, key, again=True) is not None
    recheck(services, asset_key=key)
    return tagged


def _described_by(services: Services, sidecar: str) -> list[str]:
    """Return the recordings that a sidecar describes: `x.jpg` of `x.jpg.xmp`, `x.*` of `x.xmp`, a folder's of its own."""
    if is_of_a_folder(sidecar):
        folder = sidecar[: sidecar.rfind("/") + 1]
        listed = services.library.list(folder)
        return [each.key for each in listed if is_asset(each.key) and "/" not in each.key.removeprefix(folder)]
    listed = services.library.list(common_start(sidecar))
    return [each.key for each in listed if is_asset(each.key) and describes(sidecar, each.key)]


def look_up(services: Services, key: str) -> None:
    """Bring what is kept of a key up to what the bucket holds, sidecars too, where no event has told of it yet."""
    if not is_asset(key):
        return
    stored = tag_newest(services, key)
    if stored is None:
        forget_if_gone(services, key)
    elif (stored.sidecars or ()) != sidecars_beside(services.library, key):
        _tag_again(services, key)


def tag_newest(services: Services, key: str, *, event: Event | None = None, again: bool = False) -> StoredAsset | None:
    """Tag the newest version in the bucket unless it is kept already (or even then: `again`); None when it is gone."""
    for _ in range(MOST_REPLACEMENTS):
        # Read before the bucket is asked: whatever is kept after this may be newer than what the bucket says now.
        with services.store.reading() as unit:
            before = unit.assets.newest(key)
        told = _told(event, before)
        try:
            head = told or services.library.head(key)
            is_kept = before is not None and not before.deleted and is_version(before, head.version_id, head.etag)
            sequencer = event.sequencer if event else None
            stored = before if is_kept and not again else _tag_version(services, head, before, sequencer)
            if stored is not None:
                write_tags(services, stored)
                return stored
        except BucketMissing:
            raise
        except AssetMissing:
            if told is None:
                # Uploaded and deleted again before we came: the deletion is an event of its own, or found by reconciling.
                return None
            # What the event told of is gone: the bucket knows what is there now.
            event = None
    raise StorageError("an object is replaced faster than it can be tagged; the event is handled again later")


def _told(event: Event | None, before: StoredAsset | None) -> Head | None:
    """Return what an event says of its version where that is all, and the version newer than what is kept; else None.

    Versions of one key are ordered by their sequencers alone: hexadecimal, the shorter one filled up with zeros.
    """
    if event is None or event.version_id is None or event.etag is None or event.size is None or not event.sequencer:
        return None
    if before is not None:
        if not before.sequencer:
            return None
        width = max(len(event.sequencer), len(before.sequencer))
        new, old = (each.upper().ljust(width, "0") for each in (event.sequencer, before.sequencer))
        if new <= old:
            return None
    return Head(event.key, event.version_id, event.etag, event.size, "application/octet-stream")


def is_version(stored: StoredAsset, version_id: str | None, etag: str) -> bool:
    """Whether this is the version that is kept; S3 calls a version `null` that was stored without versioning."""
    return (stored.asset.version_id or "null", stored.asset.etag) == (version_id or "null", etag)


def _tag_version(
    services: Services, head: Head, before: StoredAsset | None, sequencer: str | None
) -> StoredAsset | None:
    """Read and tag one version of an object, and keep it as the current one; None where `before` no longer is that."""
    # Listed before they are read: one that changes meanwhile is noticed, and read again.
    sidecars = sidecars_beside(services.library, head.key)
    asset, machine, about = examine(services, asset_of(services, head))
    now = services.now()
    with services.store.writing() as unit:
        if not _is_same(unit.assets.newest(asset.key), before):
            # INVARIANT: another worker kept a version meanwhile, perhaps a newer one: it is never overwritten.
            return None
        known = unit.assets.by_id(asset.id)
        machine = with_what_sticks(unit, asset, machine)
        if known is not None:
            # What other rules loosen waits for `rules apply` and its approval, whatever had it tagged again.
            machine = not_loosened(known.machine, machine)
        is_new = known is None or (before is not None and before.asset.id != asset.id)
        inherited = inherited_looks(unit, asset, before) if is_new else []
        looks = sorted([*unit.assets.looks(asset.id), *inherited], key=lambda look: look.at)
        former = former_with(
            known.former if known else None,
            sources_of(unit, asset, before, known),
            with_looks(machine, looks),
            now,
            looks,
        )
        tagging = laid_over(machine, looks, former)
        stored = StoredAsset(
            asset=asset,
            sequencer=sequencer,
            release_tag=release_tag(tagging),
            tagging=tagging,
            machine=machine,
            first_seen=known.first_seen if known else now,
            updated_at=now,
            deleted=False,
            current=True,
            about=about,
            former=former,
            sidecars=sidecars,
            loosens=bool(waiting(machine, looks, former)),
        )
        unit.assets.save(stored)
        unit.assets.supersede(asset.key, asset.id)
        for look in inherited:
            unit.assets.add_look(asset.id, look)
        closed: tuple[Link, ...] = ()
        if before is not None and before.asset.id != asset.id:
            closed = close_in(services, unit, unit.shares.links_of(asset_key=asset.key), "the original was replaced")
    followed_up(services, closed)
    return stored


def _is_same(kept: StoredAsset | None, before: StoredAsset | None) -> bool:
    return (kept and (kept.asset.id, kept.deleted)) == (before and (before.asset.id, before.deleted))


def asset_of(services: Services, head: Head) -> Asset:
    """Return the asset of an object's version; its id is the pseudonym of key and version."""
    return Asset(
        id=asset_id(services.pseudonyms, head.key, head.version_id, head.etag),
        key=head.key,
        version_id=head.version_id,
        etag=head.etag,
        size=head.size,
        media_type=head.media_type,
    )


def forget_if_gone(services: Services, key: str) -> bool:
    """Forget an asset whose object is no longer in the bucket: mark it deleted, close its links. Whether it was there.

    The ledger keeps what happened. What a sidecar described that is gone is tagged again without it.
    """
    if is_sidecar(key) and not is_released(key):
        _tag_described(services, key)
        return False
    # Read before the bucket is asked, so that what is uploaded and kept meanwhile is not forgotten.
    with services.store.reading() as unit:
        before = unit.assets.current(key)
    try:
        services.library.head(key)
    except BucketMissing:
        # Of a bucket that is not there, nothing is known to be gone.
        raise
    except AssetMissing:
        return before is not None and _forget(services, before)
    return False


def _forget(services: Services, gone: StoredAsset) -> bool:
    with services.store.writing() as unit:
        stored = unit.assets.current(gone.asset.key)
        if stored is None or stored.asset.id != gone.asset.id:
            return False
        unit.assets.save(replace(stored, deleted=True, updated_at=services.now()))
        links = unit.shares.links_of(asset_key=gone.asset.key)
        closed = close_in(services, unit, links, "the original was deleted")
    followed_up(services, closed)
    return True
