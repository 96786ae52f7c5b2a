"""An upload: examine it, keep its tags, and put the object on hold or open it to staff.

Events come at least once and in any order: the newest version in the bucket counts, and handling an event again changes
nothing. Reading a file is in `examine.py`, a person's look in `keep_look.py`; sharing is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dam_plugin.errors import AssetMissing, StorageError
from dam_plugin.gate.close_links import (
    ClosedLinks,
    after_closing,
    close_in_transaction,
    close_refused_links,
    recheck_links,
)
from dam_plugin.intake import undo_deletion
from dam_plugin.intake.examine import examine
from dam_plugin.intake.found_later import refer_found_later, tagged_before, tell_found_later
from dam_plugin.intake.keep_look import close_refused_of, spread_uses
from dam_plugin.intake.looks import with_looks
from dam_plugin.intake.original_access import access_to_original, write_object_tags
from dam_plugin.intake.strictest_tags import (
    former_taggings,
    former_to_keep,
    inherited_looks,
    tags_that_hold,
    what_would_loosen,
    with_inherited_uses,
)
from dam_plugin.intake.tag_changes import not_loosened
from dam_plugin.intake.take_down import file_of_changed, tell_to_take_down
from dam_plugin.library.object_keys import is_ours, is_released
from dam_plugin.library.s3 import Head, Listed
from dam_plugin.library.sidecars import Sidecars, sidecars_beside
from dam_plugin.library.storage_errors import BucketMissing, one_of_many
from dam_plugin.model import Actor, Asset, AssetEvent, Link
from dam_plugin.services import Services
from dam_plugin.sharing.held import Holding, held_by, holdings_of, holdings_on
from dam_plugin.sharing.make_copy import asset_id
from dam_plugin.sharing.third_parties import third_parties_review
from dam_plugin.store import KeptVersion, StoredAsset, Unit
from dam_plugin.telemetry.spans import span
from dam_tagging.facts import about
from dam_tagging.metadata.sidecars.sidecar import (
    FORMATS,
    TAKEOUT,
    common_start,
    describes,
    is_of_a_folder,
    is_sidecar,
    may_be_sidecar,
)
from dam_tagging.names.kept_words import kept_words

# Whoever wrote into the file who is in it.
_BY_FILE = Actor("media_staff")
MOST_REPLACEMENTS = 5
MOST_CHANGES = 5
"""So often is a recording read again at once because the roster changed meanwhile."""

Under = Callable[[str], Iterable[Listed]]
"""Lists the objects whose keys begin with a text: those of the bucket, or of a listing of it."""


def is_asset(key: str) -> bool:
    """Whether a key may name a recording: not the plugin's own copies or evidence, not an XMP, not a folder marker.

    A text or a JSON is one as well, unless it lies beside what it describes: `take_as_sidecar` knows.
    """
    return not (is_ours(key) or key.endswith("/") or is_sidecar(key))


def take_as_sidecar(services: Services, key: str) -> bool:
    """Whether a key is a sidecar of recordings in the bucket: they are tagged again, and it is no recording any more.

    Raises StorageError if one of them could not be tagged.
    """
    described = described_if_sidecar(services.library.list, key)
    if described is None:
        return False
    keep_no_longer(services, key)
    _tag_all_again(services, described)
    return True


def described_if_sidecar(under: Under, key: str) -> list[str] | None:
    """Return the recordings that a sidecar describes; None if it is no sidecar."""
    if not may_be_sidecar(key) or is_ours(key):
        return None
    described = described_by(under, key)
    return described if described or is_sidecar(key) else None


def keep_no_longer(services: Services, sidecar: str) -> None:
    """Keep a sidecar as a recording no longer, where it was."""
    with services.store.reading() as unit:
        before = unit.assets.current(sidecar)
    if before is not None:
        _forget(services, before, "the original describes others, and is no recording")


def take_in(services: Services, event: AssetEvent) -> StoredAsset | None:
    """Tag the newest version of an uploaded object and return it as kept; None when there is nothing to tag.

    The event says only where to look, unless it says everything of a version newer than the kept one. An event that comes
    twice or late changes nothing. A sidecar's event tags the recording beside it again. Raises StorageError and StoreError:
    the event then has to be handled again.
    """
    if is_released(event.key):
        return None
    if take_as_sidecar(services, event.key):
        return None
    return tag_newest(services, event.key, event=event) if is_asset(event.key) else None


def _tag_all_again(services: Services, keys: Sequence[str]) -> None:
    """Tag again what a sidecar describes; raises StorageError if one failed, once the others had their turn."""
    outcomes = [one_of_many(partial(_tag_described_one, services, key)) for key in keys]
    if None in outcomes:
        raise StorageError(f"{outcomes.count(None)} of {len(outcomes)} recordings beside a sidecar could not be tagged")


def _tag_described_one(services: Services, key: str) -> bool:
    tagged = tag_newest(services, key, again=True) is not None
    if third_parties_review(services):
        recheck_links(services, asset_key=key)
    return tagged


def described_by(under: Under, sidecar: str) -> list[str]:
    """Return the recordings that a sidecar describes: `x.jpg` of `x.jpg.xmp`, `x.*` of `x.xmp`, a folder's of its own.

    `under` lists the objects whose keys begin with a text.
    """
    if is_of_a_folder(sidecar):
        folder = sidecar[: sidecar.rfind("/") + 1]
        there = [each.key for each in under(folder)]
        inside = [key for key in there if "/" not in key.removeprefix(folder)]
        recordings = [key for key in inside if is_asset(key) and not may_be_sidecar(key)]
        if is_sidecar(sidecar):
            return recordings
        # An album's file is one only in a folder whose recordings have Takeout's JSON.
        return _with_takeout(recordings, inside)
    listed = under(common_start(sidecar))
    return [each.key for each in listed if is_asset(each.key) and describes(sidecar, each.key)]


def _with_takeout(recordings: Sequence[str], there: Sequence[str]) -> list[str]:
    """Return the recordings that Takeout's JSON lies beside; each is compared with what begins as it does alone."""
    by_start: dict[str, list[str]] = {}
    for each in there:
        if each.casefold().endswith(FORMATS[TAKEOUT].endings):
            by_start.setdefault(common_start(each), []).append(each)
    return [
        key
        for key in recordings
        if any(
            FORMATS[TAKEOUT].is_of(each, key) for end in range(1, len(key) + 1) for each in by_start.get(key[:end], ())
        )
    ]


def look_up(services: Services, key: str) -> None:
    """Bring the kept version of a key up to the bucket's, sidecars too, where no event has come yet; and stale tags."""
    if not is_asset(key):
        return
    with services.store.reading() as unit:
        is_stale = bool(unit.words.stale_among([key]))
    stored = tag_newest(services, key, again=is_stale)
    if stored is None:
        forget_if_gone(services, key)
    elif (stored.sidecars or ()) != sidecars_beside(services.library, key):
        _tag_described_one(services, key)


@dataclass(frozen=True, slots=True)
class TaggedAgain:
    """The result of tagging a recording again: whether it is there, and the links that this closed."""

    is_there: bool
    closed: ClosedLinks


def tag_again(services: Services, key: str) -> TaggedAgain:
    """Tag the newest version in the bucket, although it is kept."""
    closed: list[ClosedLinks] = []
    stored = _tag_newest(services, key, None, closed, again=True)
    return TaggedAgain(stored is not None, sum(closed, ClosedLinks()))


def tag_newest(
    services: Services,
    key: str,
    *,
    event: AssetEvent | None = None,
    again: bool = False,
    sidecars: Sidecars | None = None,
) -> StoredAsset | None:
    """Tag the newest version in the bucket unless it is kept already (or even then: `again`); None when it is gone.

    Links that today's decision refuses are closed in the transaction that keeps the tags. `sidecars` are those beside it
    where the bucket has just been listed.
    """
    return _tag_newest(services, key, event, [], again=again, sidecars=sidecars)


def _tag_newest(
    services: Services,
    key: str,
    event: AssetEvent | None,
    closed: list[ClosedLinks],
    *,
    again: bool,
    sidecars: Sidecars | None = None,
) -> StoredAsset | None:
    for _ in range(MOST_REPLACEMENTS):
        # Read before the bucket is asked: a version that is kept after this may be newer than the bucket's answer.
        with services.store.reading() as unit:
            before = unit.assets.newest(key)
        told = _told(event, before)
        try:
            head = told or services.library.head(key)
            is_kept = before is not None and not before.deleted and is_version(before.asset, head.version_id, head.etag)
            sequencer = event.sequencer if event else None
            if is_kept and not again and not _is_stale(services, key):
                stored = before
            else:
                # Listed before they are read: one that changes meanwhile is noticed, and read again.
                beside = sidecars_beside(services.library, key) if sidecars is None else sidecars
                stored = _tag_version(services, _Newest(head, before, sequencer, beside), closed)
            if stored is not None:
                write_object_tags(services, stored)
                return stored
        except BucketMissing:
            raise
        except AssetMissing:
            if told is None:
                # Uploaded and deleted again before we came: the deletion is an event of its own, or found by reconciling.
                return None
            # The event's version is gone: the bucket knows the present one.
            event = None
    raise StorageError("an object is replaced faster than it can be tagged; the event is handled again later")


def _is_stale(services: Services, key: str) -> bool:
    with services.store.reading() as unit:
        return bool(unit.words.stale_among([key]))


def _told(event: AssetEvent | None, before: StoredAsset | None) -> Head | None:
    """Return an event's version where the event says all of it and it is newer than the kept one; else None.

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


def is_version(kept: Asset | KeptVersion, version_id: str | None, etag: str) -> bool:
    """Whether this is the version that is kept; S3 calls a version `null` that was stored without versioning."""
    return (kept.version_id or "null", kept.etag) == (version_id or "null", etag)


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest version in the bucket: what the bucket says, what was kept before, its event's sequencer, its sidecars."""

    head: Head
    before: StoredAsset | None
    sequencer: str | None
    sidecars: Sidecars


def _tag_version(services: Services, newest: _Newest, closed: list[ClosedLinks]) -> StoredAsset | None:
    """Read and tag one version of an object, and keep it as the current one; None if `before` no longer is that."""
    with span("tag recording", asset_id=asset_of(services, newest.head).id) as work:
        for _ in range(MOST_CHANGES):
            stored, is_stale = _tagged_version(services, newest, closed)
            if stored is None or not is_stale:
                work.tell(outcome="overtaken" if stored is None else stored.release_tag)
                return stored
            # No job looks for it, so it would stay kept back. Who is killed here leaves it to `reconcile`.
            newest = replace(newest, before=stored)
    raise StorageError("the roster changes faster than a recording can be tagged; the event is handled again later")


def _tagged_version(services: Services, newest: _Newest, closed: list[ClosedLinks]) -> tuple[StoredAsset | None, bool]:
    """Do it once, and say too whether the roster changed meanwhile: what is kept is then stale, and not shared."""
    before, sidecars = newest.before, newest.sidecars
    with services.store.reading() as unit:
        seen = unit.people.last_change()
    asset, machine, facts = examine(services, asset_of(services, newest.head), [name for name, _ in sidecars])
    words = kept_words(facts, asset.key)
    now = services.now()
    with services.store.writing() as unit:
        if not _is_same(unit.assets.newest(asset.key), before):
            # INVARIANT: another worker kept a version meanwhile, perhaps a newer one: it is never overwritten.
            return None, False
        known = unit.assets.by_id(asset.id)
        machine = with_inherited_uses(unit, asset, machine)
        if known is not None:
            # Tags that other rules loosen wait for `rules apply` and its approval, whatever caused this tagging.
            machine = not_loosened(known.machine, machine)
        is_new = known is None or (before is not None and before.asset.id != asset.id)
        inherited = inherited_looks(unit, asset, before) if is_new else []
        looks = sorted([*unit.assets.looks(asset.id), *inherited], key=lambda look: look.at)
        former = former_to_keep(
            known.former if known else None,
            former_taggings(unit, asset, before, known),
            with_looks(machine, looks),
            now,
            looks,
        )
        tagging = tags_that_hold(machine, looks, former)
        stored = StoredAsset(
            asset=asset,
            sequencer=newest.sequencer,
            release_tag=access_to_original(tagging, services.now().date()),
            tagging=tagging,
            machine=machine,
            first_seen=known.first_seen if known else now,
            updated_at=now,
            deleted=False,
            current=True,
            about=about(facts),
            former=former,
            sidecars=sidecars,
            loosens=bool(what_would_loosen(machine, looks, former)),
        )
        unit.assets.save(stored)
        unit.assets.keep_facts(asset.id, facts, words)
        is_stale = _note_stale(unit, asset, seen)
        unit.assets.supersede(asset.key, asset.id)
        for look in inherited:
            unit.assets.add_look(asset.id, look)
        if before is not None and before.asset.id != asset.id:
            fell = close_in_transaction(
                services, unit, unit.shares.links_of(asset_key=asset.key), "the original was replaced", by_itself=True
            )
        else:
            fell = close_refused_links(services, unit, asset_key=asset.key)
        known_as = tagged_before(unit, stored, before)
        filed = refer_found_later(services, unit, [(known_as, stored)] if known_as is not None else [], _BY_FILE)
        copies = list(spread_uses(services, unit, stored))
        stands = file_of_changed(services, unit, [*([(before, stored)] if before is not None else []), *copies])
        fell += close_refused_of(services, unit, copies)
        if is_new and holdings_on(unit, asset.key, now.date()):
            unit.holds.note_work(asset.key)
    closed.append(after_closing(services, fell))
    for _, each in copies:
        write_object_tags(services, each)
    tell_found_later(services, filed)
    tell_to_take_down(services, stands)
    if before is not None and is_new and not before.deleted and not undo_deletion.note_if_lost(services, before):
        undo_deletion.tell_if_saved_over(services, before, stored)
    return stored, is_stale


def _note_stale(unit: Unit, asset: Asset, seen: int) -> bool:
    """Note whether a recording was read by the roster of now; `seen` is the last change of the one that it was read by."""
    unit.words.drop_stale(asset.id, seen)
    last = unit.people.last_change()
    if last > seen:
        # The roster changed meanwhile, and whoever changed it did not see these words.
        unit.words.add_stale([asset.id], last)
    return last > seen


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


def forget_if_gone(services: Services, key: str, version_id: str | None = None) -> bool:
    """Forget an asset whose object is no longer in the bucket: mark it deleted, close its links. Whether it was there.

    The ledger keeps the entries. If a sidecar is gone, its recordings are tagged again. The deletion of a held object is
    undone: the index keeps the recording, and only its links are closed. `version_id` is the deleted version, if known.
    """
    if _is_back(services, key, version_id):
        return False
    if is_sidecar(key) and not is_released(key):
        _tag_all_again(services, described_by(services.library.list, key))
        return False
    # Read before the bucket is asked, so that an upload meanwhile is not forgotten.
    with services.store.reading() as unit:
        before = unit.assets.current(key)
    try:
        services.library.head(key)
    except BucketMissing:
        # Of a bucket that is not there, nothing is known to be gone.
        raise
    except AssetMissing:
        if may_be_sidecar(key) and not is_ours(key):
            _tag_all_again(services, described_by(services.library.list, key))
        return before is not None and _forget(services, before, "the original was deleted")
    return False


def why_kept(services: Services, key: str) -> str | None:
    """Return the reason why an object may not be deleted, in one sentence that names the hold; None if it may."""
    if is_ours(key):
        return "this is one of the plugin's own files, and only the plugin deletes it"
    holdings = _holdings_of_object(services, key)
    return f"the recording is {held_by(holdings)}" if holdings else None


def _holdings_of_object(services: Services, key: str) -> tuple[Holding, ...]:
    """Return the holds of an object: of the recording, or of the recordings that a sidecar describes."""
    with services.store.reading() as unit:
        holdings = holdings_on(unit, key, services.now().date())
    if holdings or not may_be_sidecar(key):
        return holdings
    described = described_by(services.library.list, key)
    with services.store.reading() as unit:
        found = holdings_of(unit, described, services.now().date())
    return next(iter(found.values()), ())


def _is_back(services: Services, key: str, version_id: str | None) -> bool:
    """Whether the deletion of a held object was undone, or waits to be; False if it is not held, or lost."""
    if is_ours(key) or key.endswith("/"):
        return False
    with services.store.reading() as unit:
        before, told = unit.assets.newest(key), _named(unit, key, version_id)
        if before is not None and undo_deletion.is_destroyed(unit, before):
            return False
    holdings = _holdings_of_object(services, key)
    if not holdings:
        return False
    # A recording that the index has already forgotten is no news.
    undone = undo_deletion.undo(services, key, holdings, before, is_news=before is None or not before.deleted)
    if undone == "gone":
        return False
    known = [each for each in (before, told) if each is not None and not each.deleted]
    lost = [each for each in known if undo_deletion.note_if_lost(services, each)]
    if undone == "there" and not lost:
        # Nothing was deleted, or it is undone already.
        return False
    if before is not None:
        closed = _links_closed(services, key, "the original was deleted, and restored because it is held")
        after_closing(services, closed)
    if undone in ("copied back", "there") and is_asset(key):
        tag_newest(services, key)
    return True


def _named(unit: Unit, key: str, version_id: str | None) -> StoredAsset | None:
    """Return the version of a key with this version id, if it is on file."""
    if version_id is None:
        return None
    return next((each for each in unit.assets.of_key(key) if each.asset.version_id == version_id), None)


def _links_closed(services: Services, key: str, why: str) -> tuple[Link, ...]:
    with services.store.writing() as unit:
        return close_in_transaction(services, unit, unit.shares.links_of(asset_key=key), why, by_itself=True)


def restore_held(services: Services, key: str) -> bool:
    """Restore a held recording that the index forgot as deleted; whether it is there."""
    with services.store.reading() as unit:
        before, holdings = unit.assets.newest(key), holdings_on(unit, key, services.now().date())
    if not holdings or undo_deletion.undo(services, key, holdings, before) in ("gone", None):
        return False
    return is_asset(key) and tag_newest(services, key) is not None


def restore_held_lately(services: Services) -> int:
    """Restore held recordings that were deleted at the time of their hold; return how many are restored."""
    with services.store.reading() as unit:
        keys = undo_deletion.held_and_deleted_lately(services, unit)
    return sum(one_of_many(partial(restore_held, services, key)) is True for key in keys)


def _forget(services: Services, gone: StoredAsset, why: str) -> bool:
    with services.store.writing() as unit:
        stored = unit.assets.current(gone.asset.key)
        if stored is None or stored.asset.id != gone.asset.id:
            return False
        unit.assets.save(replace(stored, deleted=True, updated_at=services.now()))
        links = unit.shares.links_of(asset_key=gone.asset.key)
        closed = close_in_transaction(services, unit, links, why, by_itself=True)
    after_closing(services, closed)
    return True
