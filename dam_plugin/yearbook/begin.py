"""How a set begins: its place made free, its candidates planned; and how one that broke off is taken up again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from dam_plugin import private_files
from dam_plugin.errors import InputError, StorageError
from dam_plugin.model import Actor
from dam_plugin.services import Services
from dam_plugin.sharing.stage_copy import UPLOAD_HOURS
from dam_plugin.store import Unit
from dam_plugin.store.sets import ExportFile, ExportSet, SetOrder
from dam_plugin.yearbook import plan
from dam_plugin.yearbook.again import again
from dam_plugin.yearbook.bucket_sink import BucketSink
from dam_plugin.yearbook.digests import roster_digest, rules_digest
from dam_plugin.yearbook.sinks import Sink
from dam_plugin.yearbook.targets import Target

# How long the lock of a process that ended is kept.
KEPT_LOCK = timedelta(hours=UPLOAD_HOURS)
CHANGED = "what is on file of {count} of its pictures changed while it was made, and nothing was signed: make it anew (--anew)"


def make_room(services: Services, target: Target, *, anew: bool) -> None:
    """Throw away what broke off at the target on an earlier day, or (`anew`) today. Raises InputError otherwise."""
    target.check_free()
    with services.store.reading() as unit:
        left = [each for state in ("planning", "making", "made") for each in unit.exports.sets(state)]
    left = [each for each in left if each.target == target.name]
    _check_left(left)
    today = services.now().date()
    newest = max(left, key=lambda each: each.at, default=None)
    # One that was made and did not come to its name waits for it; whether an upload still does, only the bucket knows.
    unfinished = ("making", "made") if target.library is None and target.is_begun() else ("making",)
    if not anew and newest is not None and newest.state in unfinished and newest.day == today:
        raise InputError("a set broke off here today: go on with it by --resume, or throw it away by --anew")
    if left or anew:
        # A file that no set is on record for may be anything.
        target.forget([each.upload for each in left if each.upload is not None])
    with services.store.writing() as unit:
        for each in left:
            # What was made and whose file somebody took away stays on record: it may have gone anywhere.
            if each.state != "made":
                unit.exports.drop(each.id)


def _check_left(sets: Iterable[ExportSet]) -> None:
    """Raise InputError where a process is seen to be at work on one of these sets."""
    for each in sets:
        is_other = each.process is not None and each.process != private_files.name(KEPT_LOCK)
        if each.state in ("planning", "making") and is_other and private_files.has_ended(each.process or "") is False:
            raise InputError("another export is at work on this set: wait for it, or choose another place")


def planned(
    services: Services, order: SetOrder, target: Target, sink: Sink, by: Actor, progress: Callable[[int], None]
) -> ExportSet:
    """Keep a new set with its plan, and return it; where that fails, nothing is left of it in its place.

    `progress` is that of `candidates.plan`.
    """
    try:
        set_ = _added(services, order, target, sink, by)
        plan.plan(services, set_, progress=progress)
        with services.store.writing() as unit:
            unit.exports.change_set(set_.id, state="making")
    except BaseException:
        # What it failed of is to be told.
        with suppress(StorageError):
            sink.abort()
        raise
    return replace(set_, state="making")


def _added(services: Services, order: SetOrder, target: Target, sink: Sink, by: Actor) -> ExportSet:
    now = services.now()
    with services.store.reading() as unit:
        roster = roster_digest(services, unit)
    set_ = ExportSet(
        id=f"x-{secrets.token_hex(8)}",
        at=now,
        day=now.date(),
        state="planning",
        by=by,
        order=order,
        target=target.name,
        roster=roster,
        rules=rules_digest(services),
        upload=_upload_of(sink),
        process=private_files.name(KEPT_LOCK),
    )
    with services.store.writing() as unit:
        unit.exports.add_set(set_)
    return set_


def begun(services: Services, order: SetOrder, target: Target) -> ExportSet:
    """Return the set that broke off at this target. Raises InputError where there is none to go on with."""
    with services.store.reading() as unit:
        found = next((each for each in unit.exports.sets() if each.target == target.name), None)
    # One that is made was recorded, and its process killed before it had its name.
    is_left = found is not None and (
        found.state == "making" or (found.state == "made" and target.is_begun() and not target.is_there())
    )
    if found is None or not is_left:
        raise InputError("nothing that can be gone on with broke off here: leave --resume out")
    _check_left([found])
    if found.order != order:
        raise InputError("it was begun with other options: give the same ones, or begin anew with --anew")
    if found.day != services.now().date():
        raise InputError("it was begun on another day, and is decided as of that day: begin anew, without --resume")
    return found


def resumed(services: Services, set_: ExportSet, target: Target) -> Sink:
    """Take up what was written, and plan again what is on record and did not outlast the process that wrote it.

    Its process is this one from now on. Raises InputError where what was written may not go in any more.
    """
    with services.store.reading() as unit:
        check_all(services, unit, set_)
    sink = target.resumed(set_.upload, set_.kept)
    try:
        # INVARIANT: nothing on record is touched before the place is known to be nobody else's.
        with services.store.writing() as unit:
            lost = [each for each in unit.exports.files(set_.id) if (each.end or 0) > set_.kept]
            unit.exports.change_files([_planned_again(each) for each in lost])
            process = private_files.name(KEPT_LOCK)
            unit.exports.change_set(set_.id, state="making", upload=_upload_of(sink), process=process)
    except BaseException:
        sink.close()
        raise
    return sink


def _upload_of(sink: Sink) -> str | None:
    return sink.upload_id if isinstance(sink, BucketSink) else None


def check_all(services: Services, unit: Unit, set_: ExportSet) -> None:
    """Raise InputError unless each picture that was written would be decided now as it was, on the same."""
    changed = sum(
        bool(each.stops) or each.judged is None or each.judged.digest != each.file.digest
        for each in again(services, unit, set_.order, set_.by, set_.day, unit.exports.files(set_.id))
    )
    if changed:
        raise InputError(CHANGED.format(count=changed))


def _planned_again(file: ExportFile) -> ExportFile:
    return replace(
        file,
        state="planned",
        path=None,
        sha256=None,
        size=None,
        crc=None,
        offset=None,
        end=None,
        decision=None,
        covered=False,
    )
