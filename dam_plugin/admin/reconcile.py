"""Reconciling store and bucket: objects that events missed, and work that broke off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import partial

from dam_plugin.admin import audit
from dam_plugin.admin.compare_listing import ALL, How, compare, fill, forget_missing, listed_objects
from dam_plugin.admin.old_accesses import forget_old_accesses
from dam_plugin.errors import LedgerBroken
from dam_plugin.gate.close_links import recheck_links
from dam_plugin.intake.events import restore_held_lately
from dam_plugin.intake.jobs import NEWER, Kind, Step, add_job
from dam_plugin.intake.legal_holds import look_again
from dam_plugin.intake.original_access import write_object_tags_due
from dam_plugin.intake.take_down import file_of_ended_consents
from dam_plugin.library.listing import empty_listing
from dam_plugin.library.object_keys import RELEASED
from dam_plugin.library.s3 import Listed
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.library.tags import RELEASE
from dam_plugin.model import Actor
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
from dam_plugin.store import Unit
from dam_plugin.store.jobs import Job
from dam_plugin.store.messages import dead_before
from dam_plugin.yearbook.copies import drop_old

# How many originals one run puts on hold that a change left readable; the next one does the rest.
MOST_ORIGINALS = 10_000
# How many reconciliations that are over are kept in the list of jobs.
MOST_KEPT = 20
# The cursor of a job: what is compared, and the key or id that was compared last.
_LISTED, _KEPT = "listed ", "kept "


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
    file_of_ended_consents(services)
    # `access-log verify` says what is wrong with a log that is broken; it keeps nothing else from being put right.
    with suppress(LedgerBroken):
        forget_old_accesses(services)
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


def reconcile(services: Services, how: How = ALL) -> Reconciled:
    """Bring store and bucket together again, without a job. Running it twice changes nothing."""
    result = Counter[str]()
    for step in reconciling(services, how):
        result.update({**step.counts, "failed": step.failed})
    return Reconciled(**{each.name: result[each.name] for each in fields(Reconciled)})


def reconciling(services: Services, how: How = ALL, cursor: str | None = None) -> Iterator[Step]:
    """Yield the steps that bring store and bucket together again; they count what `Reconciled` has.

    `cursor` is that of the last step that was done: the recordings before it are not compared again.
    """
    open_before, alarms_before = _open_links(services), _alarms(services)
    phase, _, place = (cursor or "").partition(" ")
    if not phase:
        # Recordings that an earlier version released are examined before they are decided again.
        audit.reexamine(services)
        repaired = repair(services)
        look_again(services, whole=True)
        counts = {
            "finished": repaired.recovered.finished,
            "undone": repaired.recovered.undone,
            "strays": repaired.strays,
        }
        yield Step(_LISTED, counts=counts, failed=repaired.recovered.failed + repaired.failed)
    with empty_listing() as listing:
        yield from fill(listing, listed_objects(services, how))
        yield Step(total=listing.count())
        if phase != _KEPT.strip():
            yield from _in_phase(_LISTED, compare(services, listing, how, place))
            place = ""
        yield from _in_phase(_KEPT, forget_missing(services, listing, place))
    recheck_links(services)
    closed, alarms = len(open_before - _open_links(services)), len(_alarms(services) - alarms_before)
    yield Step(counts={"closed": closed, "alarms": alarms})


def _steps(services: Services, job: Job) -> Iterator[Step]:
    # Arguments that this version does not know are none of its own: such a job is left alone (`takes`).
    return reconciling(services, How(**job.arguments), job.cursor)


def _about(unit: Unit, _job: Job) -> int:
    return max(1, unit.assets.counts().of_all)


def _is_newer(_: Services, job: Job) -> str | None:
    return None if not job.cursor or job.cursor.startswith((_LISTED, _KEPT)) else NEWER


# Each part lists the bucket anew, which takes minutes where it has a million keys.
RECONCILE = Kind(
    "reconcile",
    _about,
    _steps,
    _is_newer,
    takes=tuple(each.name for each in fields(How)),
    same_by=(),
    part_seconds=15 * 60,
)
"""Two at once would do the same work twice."""


def begin_reconciling(services: Services, how: How, by: Actor) -> Job:
    """Add a job that compares all of the library; one that broke off is given up for it. Returns one that is under way."""
    with services.store.writing() as unit:
        for each in unit.jobs.free(services.now(), [RECONCILE.name]):
            unit.jobs.cancel(each.id)
        unit.jobs.forget_over(RECONCILE.name, MOST_KEPT)
        added = add_job(services, unit, RECONCILE, by, asdict(how))
    if added is None:
        raise AssertionError("a reconciliation is about one recording at least")
    return added.job


def counts_of(job: Job) -> Reconciled:
    """Return what came of a job."""
    counts = {**job.result, "failed": job.failed}
    return Reconciled(**{each.name: counts.get(each.name, 0) for each in fields(Reconciled)})


def _in_phase(phase: str, steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        yield step if step.cursor is None else replace(step, cursor=phase + step.cursor)


def _alarms(services: Services) -> set[str]:
    with services.store.reading() as unit:
        return {each.id for each in unit.holds.deletions(unseen=False)}


def _open_links(services: Services) -> set[str]:
    with services.store.reading() as unit:
        # What is under an order that forbids telling is in no count.
        return {link.id for link in unit.shares.links(open_only=True) if not link.secret}


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
