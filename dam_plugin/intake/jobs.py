"""Long work in small steps: begun by a command, gone on with by any process, safe to be broken off anywhere.

A job is kept in the store (`store/jobs.py`). A step may be done twice and changes nothing then. Whoever is at a job holds its
lease, and a thread renews it while the step at hand takes its time: a process that was killed loses it after `LEASE`, and
another one goes on. A process does the kinds of jobs that it is given (`Kinds`), and leaves others alone: a newer version may
have begun them.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from dam_plugin.errors import DamPluginError, InputError
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.intake.events import tag_again
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import Actor
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.store.jobs import OPEN, Job, JobExample
from dam_plugin.telemetry.spans import span

LEASE = timedelta(minutes=2)
"""For how long nobody else takes a job whose process says nothing any more."""
RENEW_SECONDS = 30.0
PAGE = 50
# How often one who waits for another process looks how far it is.
LOOK_SECONDS = 1.0
NEWER = "a newer version of the program asked for this job, and goes on with it: upgrade this one"

Tell = Callable[[Job], None]
"""Hears how far a job is, after each step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job: its last place (null: no further yet), the recordings done and failed, and the links that it closed.

    `counts` is what came of it by name; the job's result adds it up. `examples` are recordings that it found something about;
    the job's first ones are kept. `total`: of how many recordings, where that is known now.
    """

    cursor: str | None = None
    done: int = 0
    failed: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    closed: ClosedLinks = field(default_factory=ClosedLinks)
    total: int | None = None
    examples: Sequence[JobExample] = ()


ALIVE = Step()
"""Part of a larger step: nothing is kept, and a process that is to stop may do so."""


def _nothing_against(_: Services, __: Job) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: its name, of how many recordings it is about, and its steps from the job's cursor on.

    `part_seconds`: how long one process is at it before others get their turn, where several share the jobs; more where it
    takes long to begin again, and null where that would lose what was done: then one process does it to its end.
    `somebody_waits`: it is done before jobs for which nobody does. `why_not` gives the sentence why this process cannot do
    such a job now (null: it can); another process may. `takes` names the arguments that a job may have (null: any): one with
    others is of a newer version, and is left to it. `same_by` names the arguments by which two jobs are the same: while
    one is open, no other is added (null: each is another one).
    """

    name: str
    total: Callable[[Unit, Job], int]
    steps: Callable[[Services, Job], Iterator[Step]]
    why_not: Callable[[Services, Job], str | None] = _nothing_against
    takes: tuple[str, ...] | None = None
    same_by: tuple[str, ...] | None = None
    part_seconds: float | None = 2.0
    somebody_waits: bool = False


Kinds = Mapping[str, Kind]
"""The kinds of jobs that a process can do, by name."""


def kinds_of(*kinds: Kind) -> Kinds:
    """Return the table of these kinds."""
    return {each.name: each for each in kinds}


@dataclass(frozen=True, slots=True)
class Added:
    """A job that was asked for; `was_open`: the same one was open already, and none was added."""

    job: Job
    was_open: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """What one process did of a job: how many failed, what came of it by name, and the links that it closed."""

    job: Job
    failed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    closed: ClosedLinks = field(default_factory=ClosedLinks)


class JobTaken(DamPluginError):
    """A job was cancelled, or another process has it: what is at hand is undone."""


def nobody_told(_: Job) -> None:
    """Tell nobody."""


def add_job(
    services: Services,
    unit: Unit,
    kind: Kind,
    by: Actor,
    arguments: Mapping[str, Any] | None = None,
    *,
    ours: bool = False,
) -> Added | None:
    """Keep a job in the transaction of the change that it follows; None where nothing is to be done.

    The next process that looks for jobs takes it; `ours`: this one has it, for `run_job` with its lease. Where the same one
    is open already (`Kind.same_by`), that one is returned.
    """
    now = services.now()
    job = Job(f"job-{secrets.token_hex(4)}", kind.name, by, now, now, 0, arguments=arguments or {})
    if ours:
        job = replace(job, state="running", lease=secrets.token_hex(8), leased_until=now + LEASE)
    if kind.same_by is not None:
        for each in unit.jobs.open_of(kind.name):
            if all(each.arguments.get(name) == job.arguments.get(name) for name in kind.same_by):
                return Added(each, was_open=True)
    job = replace(job, total=kind.total(unit, job))
    if not job.total:
        return None
    unit.jobs.add(job)
    if services.announce_job is not None and not ours:
        unit.after_commit(partial(services.announce_job, job))
    return Added(job)


def run_job(
    services: Services,
    kinds: Kinds,
    job_id: str | None = None,
    tell: Tell = nobody_told,
    *,
    lease: str | None = None,
    attempt: str | None = None,
) -> Ran | None:
    """Go on with a job, or with the oldest one that waits; None where nobody may: it is over, or another process is at it.

    `lease` is that of a job which this process has already, from `add_job`. `attempt` names what had this process go on: the
    same attempt begun once more takes the job from the process before.

    Stops where it is cancelled meanwhile. Raises StorageError and StoreError where the machine fails: another process, or
    this one later, goes on then. Raises InputError where the job cannot be done at all: it has failed.
    """
    job = _had(services, job_id, lease) if job_id is not None and lease is not None else None
    if job is None or lease is None:
        lease = ".".join(filter(None, (attempt, secrets.token_hex(8))))
        job = _claimed(services, kinds, job_id, lease, attempt)
    if job is None:
        return None
    try:
        with _lease_renewed(services, job.id, lease):
            return _run(services, kinds[job.kind], job, tell)
    except InputError as error:
        with services.store.writing() as unit:
            now = replace(unit.jobs.need(job.id), lease=lease, state="failed", leased_until=None, why=str(error))
            unit.jobs.keep(now)
        raise
    except DamPluginError:
        with services.store.writing() as unit:
            unit.jobs.let_go(job.id, lease)
        raise


def finish_job(services: Services, kinds: Kinds, job_id: str, tell: Tell = nobody_told) -> Job:
    """Do a job to its end, or wait until the process that is at it has done so. Raises what `run_job` raises."""
    while True:
        ran = run_job(services, kinds, job_id, tell)
        with services.store.reading() as unit:
            job = unit.jobs.need(job_id)
        if ran is not None or job.state not in OPEN:
            return job
        tell(job)
        time.sleep(LOOK_SECONDS)


def _had(services: Services, job_id: str, lease: str) -> Job | None:
    with services.store.reading() as unit:
        job = unit.jobs.need(job_id)
    return job if job.lease == lease and job.state == "running" else None


def _claimed(
    services: Services, kinds: Kinds, job_id: str | None, lease: str, attempt: str | None = None
) -> Job | None:
    with services.store.reading() as unit:
        # In the transaction, which has just heard what time it is where the leases are.
        now = services.now()
        # Whoever looks for work every few seconds keeps nobody else from writing.
        free = unit.jobs.free(now, kinds, job_id, attempt=attempt)
    found = next((each for each in free if _why_not(services, kinds[each.kind], each) is None), None)
    if found is None:
        return None
    with services.store.writing() as unit:
        now = services.now()
        return unit.jobs.claim(found.id, lease, now, now + LEASE, attempt=attempt)


@contextmanager
def _lease_renewed(services: Services, job_id: str, lease: str) -> Iterator[None]:
    """Renew a job's lease beside the block, in a thread."""
    is_over = threading.Event()

    def renew() -> None:
        while not is_over.wait(RENEW_SECONDS):
            # A database that is busy now takes the next one.
            with suppress(DamPluginError), services.store.writing() as unit:
                unit.jobs.renew(job_id, lease, services.now() + LEASE)

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _run(services: Services, kind: Kind, job: Job, tell: Tell) -> Ran:
    ran = Ran(job)
    try:
        steps = kind.steps(services, job)
        while (step := _next_of(steps, job)) is not None:
            if step != ALIVE:
                job = _kept(services, _after(services, job, step), step)
                ran = _with_step(ran, job, step)
            tell(job)
        over = replace(job, state="failed" if job.failed else "done", leased_until=None, moved_at=services.now())
        return replace(ran, job=_kept(services, over, ALIVE))
    except JobTaken:
        with services.store.reading() as unit:
            return replace(ran, job=unit.jobs.need(job.id))


def _next_of(steps: Iterator[Step], job: Job) -> Step | None:
    """Do the next step of a job, and return it; None at its end."""
    with span("job step", job_id=job.id, job_kind=job.kind) as work:
        step = next(steps, None)
        if step is None or step == ALIVE:
            work.drop()
        else:
            work.tell(outcome="failed" if step.failed else "done", recordings=step.done + step.failed)
        return step


def _after(services: Services, job: Job, step: Step) -> Job:
    now = services.now()
    return replace(
        job,
        cursor=job.cursor if step.cursor is None else step.cursor,
        total=job.total if step.total is None else step.total,
        done=job.done + step.done,
        failed=job.failed + step.failed,
        leased_until=now + LEASE,
        moved_at=now,
    )


def _with_step(ran: Ran, job: Job, step: Step) -> Ran:
    counts = Counter(ran.counts)
    counts.update(step.counts)
    return Ran(job, ran.failed + step.failed, counts, ran.closed + step.closed)


def _kept(services: Services, job: Job, step: Step) -> Job:
    with services.store.writing() as unit:
        if step.counts:
            count_in(unit, job, step.counts)
        if not unit.jobs.keep(job):
            raise JobTaken(f"{job.id} is cancelled, or another process has it")
        if step.examples:
            unit.jobs.add_examples(job, step.examples)
        return unit.jobs.need(job.id)


def count_in(unit: Unit, job: Job, counts: Mapping[str, int]) -> None:
    """Add to a job's result in the transaction of what is counted, which is undone where the job is no longer ours.

    Raises JobTaken, which ends the job's steps.
    """
    if not unit.jobs.count(job, counts):
        raise JobTaken(f"{job.id} is cancelled, or another process has it")


def run_waiting(services: Services, kinds: Kinds, is_stopped: Callable[[], bool] = lambda: False) -> int:
    """Go on with every job that waits, one after the other; return how many."""
    count = 0
    while not is_stopped():
        try:
            if run_job(services, kinds, tell=partial(_stop_where_asked, lambda _: is_stopped())) is None:
                break
        except _Stopped:
            break
        count += 1
    return count


def run_part(services: Services, kinds: Kinds, job_id: str, attempt: str) -> Job | None:
    """Go on with a job for its kind's `part_seconds`, and until it got any further; return it where some of it is left.

    None where it is over, or may not be gone on with now; see `run_job`, which raises the same. UnknownThing without it.
    """
    with services.store.reading() as unit:
        before = unit.jobs.need(job_id)
    kind = kinds.get(before.kind)
    if kind is None:
        return None
    if kind.part_seconds is None:
        # It may take longer than a broker waits: the same message once more does not mean that this process is gone.
        run_job(services, kinds, job_id)
        return None
    end = time.monotonic() + kind.part_seconds
    try:
        run_job(
            services,
            kinds,
            job_id,
            partial(_stop_where_asked, lambda job: job.cursor != before.cursor and time.monotonic() >= end),
            attempt=attempt,
        )
    except _Stopped:
        with services.store.reading() as unit:
            return unit.jobs.need(job_id)
    return None


class _Stopped(DamPluginError):
    """The process ends, or others get their turn; the job waits for another one."""


def _stop_where_asked(is_stopped: Callable[[Job], bool], job: Job) -> None:
    if is_stopped(job):
        raise _Stopped(f"{job.id} goes on in another process")


def cancel_job(services: Services, job_id: str) -> Job:
    """Cancel a job: what it has not done yet stays as it is. Raises UnknownThing, and InputError where it is over."""
    with services.store.writing() as unit:
        job = unit.jobs.need(job_id)
        if not unit.jobs.cancel(job_id):
            raise InputError(f"this job is {job.state}: there is nothing to cancel")
        return unit.jobs.need(job_id)


def begin_again(services: Services, kinds: Kinds, job_id: str, *, detach: bool = False) -> Job:
    """Let a job take up what is left. Where something failed, that lies behind its place: it begins at the beginning then.

    `detach`: it is left to others, who are told. Raises UnknownThing, and InputError where a process is at it, and where this
    process cannot do such a job.
    """
    with services.store.writing() as unit:
        job, now = unit.jobs.need(job_id), services.now()
        kind = _can_do(services, kinds, job)
        if job.failed or job.state not in (*OPEN, "cancelled"):
            is_free = unit.jobs.begin_again(job_id, kind.total(unit, job), now)
        else:
            is_free = unit.jobs.go_on(job_id, now)
        if not is_free:
            raise InputError(
                f"a process is at this job; should it have been killed, try again in {LEASE.seconds // 60} minutes"
            )
        job = unit.jobs.need(job_id)
        if services.announce_job is not None and detach:
            unit.after_commit(partial(services.announce_job, job))
        return job


def _can_do(services: Services, kinds: Kinds, job: Job) -> Kind:
    kind = kinds.get(job.kind)
    if kind is None:
        raise InputError("this version of the program does not know such a job: a newer one began it")
    if (why_not := _why_not(services, kind, job)) is not None:
        raise InputError(why_not)
    return kind


def _why_not(services: Services, kind: Kind, job: Job) -> str | None:
    if kind.takes is not None and not job.arguments.keys() <= set(kind.takes):
        return NEWER
    return kind.why_not(services, job)


def _tag_again(services: Services, job: Job) -> Iterator[Step]:
    """Tag again each recording whose tags are stale. What another process has tagged meanwhile is stale no longer."""
    behind = job.cursor or ""
    while True:
        with services.store.reading() as unit:
            keys = unit.words.stale_page(behind, PAGE)
        for key in keys:
            tagged = one_of_many(partial(tag_again, services, key))
            if tagged is None:
                yield Step(key, failed=1)
            else:
                counts = {"tagged_again": int(tagged.is_there), "closed_links": len(tagged.closed)}
                yield Step(key, done=1, counts=counts, closed=tagged.closed)
        if not keys:
            return
        behind = keys[-1]


TAG_AGAIN = Kind("tag again", lambda unit, _: unit.words.stale_count(), _tag_again, takes=())
"""Recordings that a changed name or a family's choice may tag otherwise (`intake/changed_recordings.py`)."""
INTAKE_KINDS = kinds_of(TAG_AGAIN)
"""What the rooms below `admin` can do; `admin/job_kinds.py` adds its own."""
