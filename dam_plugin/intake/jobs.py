"""Long work in small steps: begun by a command, gone on with by any process, safe to be broken off anywhere.

A job is kept in the store (`store/jobs.py`). A step may be done twice and changes nothing then. Whoever is at a job holds its
lease, renewed with each step: a process that was killed loses it after `LEASE`, and another one goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from dam_plugin.errors import DamPluginError, InputError
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.intake.events import tag_again
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import Actor
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.store.jobs import Job, JobKind

LEASE = timedelta(minutes=2)
"""Longer than a step takes: one recording is read and tagged."""
PAGE = 50

Tell = Callable[[Job], None]
"""Hears how far a job is, after each step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job: where it was, whether it failed, whether its object is there, and the links that it closed."""

    cursor: str
    failed: bool = False
    is_there: bool = True
    closed: ClosedLinks = field(default_factory=ClosedLinks)


@dataclass(frozen=True, slots=True)
class Ran:
    """What one process did of a job: how many steps found their object, how many failed, and the links that it closed."""

    job: Job
    there: int = 0
    failed: int = 0
    closed: ClosedLinks = field(default_factory=ClosedLinks)


def nobody_told(_: Job) -> None:
    """Tell nobody."""


def add_job(services: Services, unit: Unit, kind: JobKind, by: Actor) -> Job | None:
    """Keep a job in the transaction of the change that it follows; None where nothing is to be done."""
    total = _COUNTS[kind](unit)
    if not total:
        return None
    now = services.now()
    job = Job(f"job-{secrets.token_hex(4)}", kind, by, now, now, total)
    unit.jobs.add(job)
    return job


def run_job(services: Services, job_id: str | None = None, tell: Tell = nobody_told) -> Ran | None:
    """Go on with a job, or with the oldest one that waits; None where nobody may: it is over, or another process is at it.

    Stops where it is cancelled meanwhile. Raises StorageError and StoreError where the machine fails: another process, or
    this one later, goes on then.
    """
    lease, now = secrets.token_hex(8), services.now()
    with services.store.reading() as unit:
        # Whoever looks for work every few seconds keeps nobody else from writing.
        if unit.jobs.free(now, job_id) is None:
            return None
    with services.store.writing() as unit:
        job = unit.jobs.claim(lease, now, now + LEASE, job_id)
    if job is None:
        return None
    try:
        return _run(services, job, tell)
    except DamPluginError:
        with services.store.writing() as unit:
            unit.jobs.let_go(job.id, lease)
        raise


def _run(services: Services, job: Job, tell: Tell) -> Ran:
    ran = Ran(job)
    for step in _STEPS[job.kind](services, job):
        now = services.now()
        job = replace(
            job,
            cursor=step.cursor,
            done=job.done + (not step.failed),
            failed=job.failed + step.failed,
            leased_until=now + LEASE,
            moved_at=now,
        )
        ran = Ran(
            job, ran.there + (step.is_there and not step.failed), ran.failed + step.failed, ran.closed + step.closed
        )
        if not _is_kept(services, job):
            return ran
        tell(job)
    over = replace(job, state="failed" if job.failed else "done", leased_until=None, moved_at=services.now())
    return replace(ran, job=over) if _is_kept(services, over) else ran


def _is_kept(services: Services, job: Job) -> bool:
    with services.store.writing() as unit:
        return unit.jobs.keep(job)


def run_waiting(services: Services, is_stopped: Callable[[], bool] = lambda: False) -> int:
    """Go on with every job that waits, one after the other; return how many."""
    count = 0
    while not is_stopped():
        try:
            if run_job(services, tell=partial(_stop_where_asked, is_stopped)) is None:
                break
        except _Stopped:
            break
        count += 1
    return count


class _Stopped(DamPluginError):
    """The process ends; the job waits for another one."""


def _stop_where_asked(is_stopped: Callable[[], bool], job: Job) -> None:
    if is_stopped():
        raise _Stopped(f"{job.id} goes on in another process")


def cancel_job(services: Services, job_id: str) -> Job:
    """Cancel a job: what it has not done yet stays as it is. Raises UnknownThing, and InputError where it is over."""
    with services.store.writing() as unit:
        job = unit.jobs.need(job_id)
        if not unit.jobs.cancel(job_id):
            raise InputError(f"this job is {job.state}: there is nothing to cancel")
        return unit.jobs.need(job_id)


def begin_again(services: Services, job_id: str) -> Job:
    """Let a job take up what is left. Raises UnknownThing, and InputError where a process is at it."""
    with services.store.writing() as unit:
        job = unit.jobs.need(job_id)
        if not unit.jobs.begin_again(job_id, _COUNTS[job.kind](unit), services.now()):
            raise InputError(
                f"a process is at this job; should it have been killed, try again in {LEASE.seconds // 60} minutes"
            )
        return unit.jobs.need(job_id)


def _tag_again(services: Services, job: Job) -> Iterator[Step]:
    """Tag again each recording whose tags are stale. What another process has tagged meanwhile is stale no longer."""
    behind = job.cursor or ""
    while True:
        with services.store.reading() as unit:
            keys = unit.words.stale_page(behind, PAGE)
        for key in keys:
            tagged = one_of_many(partial(tag_again, services, key))
            if tagged is None:
                yield Step(key, failed=True)
            else:
                yield Step(key, is_there=tagged.is_there, closed=tagged.closed)
        if not keys:
            return
        behind = keys[-1]


_STEPS: Mapping[JobKind, Callable[[Services, Job], Iterator[Step]]] = {"tag again": _tag_again}
_COUNTS: Mapping[JobKind, Callable[[Unit], int]] = {"tag again": lambda unit: unit.words.stale_count()}
