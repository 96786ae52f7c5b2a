"""A yearbook set for the bucket, made as a job: the worker goes on with it where it was killed (`yearbook/make.py`).

A set that goes into a file is no job: the worker may be on another machine.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing

from dam_plugin.errors import InputError, SetRefused
from dam_plugin.intake.jobs import ALIVE, Added, Kind, Step, add_job
from dam_plugin.model import Actor
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.store.codec import from_plain, to_plain
from dam_plugin.store.jobs import Job
from dam_plugin.store.sets import ExportSet, Made, SetOrder
from dam_plugin.yearbook.make import NO_PICTURE, Progress, Way, exporting
from dam_plugin.yearbook.own_set import check_recipient_is_no_student
from dam_plugin.yearbook.profiles import Profile, check_volume
from dam_plugin.yearbook.recheck import check_recipient
from dam_plugin.yearbook.signing_key import signer
from dam_plugin.yearbook.targets import Target, target_of

PICTURES = 20
"""After so many more pictures it is kept how far a set is."""


def ask_for_set(
    services: Services, order: SetOrder, profile: Profile, target: Target, by: Actor, *, way: Way = "new"
) -> Added:
    """Keep the job of making a set in the bucket, or return the open one that makes the same set there.

    Raises InputError for a place that is no key of the bucket or is taken, or at which an open job makes another set, and
    for a recipient who is called as a student is; SettingsError without a key to sign with.
    """
    if target.library is None:
        raise InputError("the worker may be on another machine: with --detach give --out s3://BUCKET/exports/NAME.zip")
    signer(services.settings)
    check_volume(order.volume)
    check_recipient(order.recipient, by)
    if order.recipient.id is not None and order.recipient.id != order.publisher:
        check_recipient_is_no_student(services, order.recipient.id)
    target.check_free()
    same = {"order": to_plain(order), "profile": to_plain(profile)}
    # A program that does not know of chosen recordings would make a set of all: it leaves a job with this to others.
    chosen = {"recordings": len(order.query.recordings)} if order.query.recordings else {}
    with services.store.writing() as unit:
        added = add_job(services, unit, YEARBOOK_SET, by, {"target": target.name, "way": way, **same, **chosen})
    if added is None:
        raise SetRefused(NO_PICTURE, "no-picture")
    if any(added.job.arguments[name] != value for name, value in same.items()):
        job_id = added.job.id
        raise SetRefused(
            f"{job_id} makes another set in this place: choose another key, or `dam-plugin jobs cancel {job_id}`",
            "other-set",
        )
    return added


def _make(services: Services, job: Job) -> Iterator[Step]:
    """Make the set, or go on with it. Its pictures are counted from the first one each time that it is gone on with."""
    target = target_of(job.arguments["target"], services.library)
    with services.store.reading() as unit:
        begun = set_of_job(unit, job)
    if begun is None or begun.state not in ("made", "locked") or not target.is_there():
        order, profile = from_plain(SetOrder, job.arguments["order"]), from_plain(Profile, job.arguments["profile"])
        way = _way(services, job, begun)
        with closing(exporting(services, order, profile, target, job.asked_by, way=way)) as making:
            made = yield from _steps(making, job.done)
        begun = made.set
    if job.result:
        # Counted already, by a process that was killed right after it.
        return
    with services.store.reading() as unit:
        totals = unit.exports.totals(begun.id)
    counts = {"portraits": totals.portraits, "candids": totals.candids, "redacted": totals.redacted}
    yield Step(counts={**counts, "left_out": totals.left_out})


def _steps(making: Generator[Progress, None, Made], counted: int) -> Generator[Step, None, Made]:
    while True:
        try:
            progress = next(making)
        except StopIteration as over:
            made: Made = over.value
            return made
        is_due = abs(progress.done - counted) >= PICTURES or progress.done == progress.of
        if progress.step == "copying" and is_due:
            yield Step(done=progress.done - counted, total=progress.of)
            counted = progress.done
        else:
            yield ALIVE


def set_of_job(unit: Unit, job: Job) -> ExportSet | None:
    """Return the set that a job began, or was to go on with; None before it began one."""
    found = next((each for each in unit.exports.sets() if each.target == job.arguments["target"]), None)
    return found if found is not None and (found.at >= job.at or job.arguments["way"] == "resume") else None


def _way(services: Services, job: Job, begun: ExportSet | None) -> Way:
    """Return how to begin. A set is of one day: what is left of another day is thrown away and made anew."""
    if begun is None:
        way: Way = job.arguments["way"]
        return way
    return "resume" if begun.state in ("making", "made") and begun.day == services.now().date() else "new"


def _recordings(unit: Unit, job: Job) -> int:
    del job
    return unit.assets.counts().of_all


YEARBOOK_SET = Kind(
    "yearbook set",
    _recordings,
    _make,
    takes=("target", "way", "order", "profile", "recordings"),
    same_by=("target",),
    part_seconds=None,
    somebody_waits=True,
)
"""The job's arguments are the place in the bucket, the order, the publisher's profile, how it was to begin, and where
recordings were chosen, how many."""
