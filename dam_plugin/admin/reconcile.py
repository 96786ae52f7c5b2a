"""Reconciling store and bucket: objects that events missed, and work that broke off."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from dam_plugin.admin import audit
from dam_plugin.gate.close_links import recheck_links
from dam_plugin.intake.events import (
    forget_if_gone,
    is_asset,
    is_version,
    restore_held_lately,
    tag_newest,
    take_as_sidecar,
)
from dam_plugin.intake.examine import lacks_third_party_answer
from dam_plugin.intake.legal_holds import look_again
from dam_plugin.intake.original_access import write_object_tags, write_object_tags_due
from dam_plugin.library.object_keys import RELEASED, is_ours
from dam_plugin.library.s3 import Listed
from dam_plugin.library.sidecars import seen_beside
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.library.tags import RELEASE
from dam_plugin.private_files import sweep
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import copy_tags
from dam_plugin.sharing.published_copy import (
    ON_RECORD,
    THREADS,
    CopyCounts,
    Recovered,
    close_unneeded_copies,
    finish_or_withdraw_all,
)
from dam_plugin.store.messages import dead_before
from dam_plugin.yearbook.copies import drop_old
from dam_tagging.metadata.sidecars.sidecar import common_start, is_of_a_folder, may_be_sidecar, stem
from dam_tagging.tag import TAGGER

# How many originals one run puts on hold that a change left readable; the next one does the rest.
MOST_ORIGINALS = 10_000


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Counts: objects seen, tagged without an event, forgotten, releases finished or undone, stray copies.

    `failed` are objects that could not be tagged and stay as they are, `closed` are links that today's decision refuses.
    `alarms` are deletions of held recordings that were found now.
    """

    seen: int
    tagged: int
    forgotten: int
    finished: int
    undone: int
    strays: int
    failed: int = 0
    closed: int = 0
    alarms: int = 0


@dataclass(frozen=True, slots=True)
class Repaired:
    """Counts of broken-off work that was put right: releases, copies on hold, stray copies, and requests without a process.

    `failed` are stray copies that the storage refused to put on hold, `closed` are links that today's decision refuses.
    """

    recovered: Recovered
    settled: CopyCounts
    strays: int
    failed: int = 0
    unanswered: int = 0
    closed: int = 0


def repair(services: Services) -> Repaired:
    """Finish or undo work that broke off in the middle. Running it twice changes nothing.

    Raises StorageUnreachable, StoreError: running it again does the rest.
    """
    sweep()
    # A process may have been killed between what a family chose and the links that this closes.
    closed = recheck_links(services)
    # Unneeded copies are closed before recorded ones are opened.
    settled = close_unneeded_copies(services)
    write_object_tags_due(services, MOST_ORIGINALS)
    drop_old(services)
    look_again(services)
    restore_held_lately(services)
    with services.store.writing() as unit:
        unit.shares.needed_again(services.now())
    recovered = finish_or_withdraw_all(services)
    withdrawn = list(_withdraw_strays(services))
    before = dead_before(services.now(), services.settings.redaction_seconds)
    with services.store.writing() as unit:
        unanswered = unit.messages.drop_unfinished(before)
    return Repaired(
        recovered, settled + closed.copies, withdrawn.count(True), withdrawn.count(None), unanswered, len(closed)
    )


def reconcile(services: Services) -> Reconciled:
    """Bring store and bucket together again. Running it twice changes nothing."""
    open_before, alarms_before = _open_links(services), _alarms(services)
    # Recordings that an earlier version released are examined before they are decided again.
    audit.reexamine(services)
    repaired = repair(services)
    look_again(services, whole=True)
    listing = [each for each in services.library.list() if not is_ours(each.key)]
    beside_others = [each for each in listing if may_be_sidecar(each.key)]
    found = [each for each in listing if is_asset(each.key) and not _is_beside(services, each.key)]
    beside = _sidecars_of(beside_others, [each.key for each in found])
    seen = {each.key for each in found}
    brought_in = [one_of_many(partial(_brought_in, services, each, beside.get(each.key, ()))) for each in found]
    with services.store.reading() as unit:
        unseen = [stored.asset.key for stored in unit.assets.all_current() if stored.asset.key not in seen]
    # Each is looked for again: it may have been uploaded after its place in the listing had passed.
    forgotten = sum(forget_if_gone(services, key) for key in unseen)
    recheck_links(services)
    return Reconciled(
        seen=len(seen),
        tagged=brought_in.count(True),
        forgotten=forgotten,
        finished=repaired.recovered.finished,
        undone=repaired.recovered.undone,
        strays=repaired.strays,
        failed=brought_in.count(None) + repaired.recovered.failed + repaired.failed,
        closed=len(open_before - _open_links(services)),
        alarms=len(_alarms(services) - alarms_before),
    )


def _alarms(services: Services) -> set[str]:
    with services.store.reading() as unit:
        return {each.id for each in unit.holds.deletions(unseen=False)}


def _open_links(services: Services) -> set[str]:
    with services.store.reading() as unit:
        # What is under an order that forbids telling is in no count.
        return {link.id for link in unit.shares.links(open_only=True) if not link.secret}


def _is_beside(services: Services, key: str) -> bool:
    """Whether a key is a sidecar that lies beside its recording; a sidecar is then no longer kept as a recording."""
    return may_be_sidecar(key) and take_as_sidecar(services, key, tag_again=False)


def _sidecars_of(sidecars: Iterable[Listed], keys: Sequence[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return name and ETag of the files that a listing shows beside each of its recordings, by the recording's key."""
    ordered = sorted(keys)
    found: dict[str, list[tuple[str, str]]] = {}
    for each in sidecars:
        of_folder = is_of_a_folder(each.key)
        start = each.key[: each.key.rfind("/") + 1] if of_folder else common_start(each.key)
        for key in ordered[bisect_left(ordered, start) :]:
            if not key.startswith(start):
                break
            if not of_folder or "/" not in key.removeprefix(start):
                found.setdefault(key, []).append((each.key, each.etag))
    there = set(keys)
    # `a_01.jpg.xmp` is of `a_01.jpg` where that is there, and of no duplicate of `a.jpg`.
    return {
        key: seen_beside(key, [*listed, *((own, "") for name, _ in listed if (own := stem(name)) in there)])
        for key, listed in found.items()
    }


def _brought_in(services: Services, listed: Listed, beside: tuple[tuple[str, str], ...]) -> bool:
    """Tag an object that is not kept as it is in the bucket, or make sure that its object tags are right.

    Also where the files `beside` it are not those it was tagged with, and where an earlier version of the plugin tagged it.
    Returns whether it was tagged.
    """
    with services.store.reading() as unit:
        before = unit.assets.current(listed.key)
    if before is None or not is_version(before, listed.version_id, listed.etag):
        return tag_newest(services, listed.key) is not None
    if lacks_third_party_answer(before) or before.machine.tagger < TAGGER or (before.sidecars or ()) != beside:
        return tag_newest(services, listed.key, again=True) is not None
    write_object_tags(services, before)
    return False


def _withdraw_strays(services: Services) -> Iterator[bool | None]:
    """Put copies under `released/` that no record knows on hold: nothing stays public whose release was not recorded.

    A copy whose links were all closed, or that is kept for a set, goes back on hold if somebody opened it by hand or a
    process was killed while it was opening it. Yields for each checked copy whether a stray was withdrawn, None if the
    storage refused.
    """
    # Listed first: a copy is on record before it is stored, so one that is stored meanwhile is no stray.
    copies = list(services.library.list(RELEASED))
    with services.store.reading() as unit:
        known = {release.key: release for release in unit.shares.releases(ON_RECORD)}
    looks: list[Callable[[], bool]] = []
    for copy in copies:
        release = known.get(copy.key)
        if release is None or release.version_id not in (None, copy.version_id):
            looks.append(partial(_withdrawn, services, copy))
        elif release.state in ("purging", "closed", "kept"):
            tags = copy_tags(services.pseudonyms, release, "hold")
            looks.append(partial(_held_again, services, copy, tags))
    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(one_of_many, looks)


def _withdrawn(services: Services, copy: Listed) -> bool:
    # On hold and not deleted: with another district's database by mistake, these are its releases.
    if services.library.tags(copy.key, copy.version_id).get(RELEASE) == "hold":
        return False
    services.library.write_tags(copy.key, copy.version_id, {RELEASE: "hold"})
    return True


def _held_again(services: Services, copy: Listed, tags: dict[str, str]) -> bool:
    services.library.write_tags(copy.key, copy.version_id, tags)
    return False
