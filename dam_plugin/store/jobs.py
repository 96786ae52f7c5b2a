"""Long work in batches: what is to be done, how far it is, and which process is at it; in the database.

What a kind of job does is in `intake/jobs.py` and the rooms above it: here a kind is its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, delete, false, func, insert, or_, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Actor
from dam_plugin.store.sql import changed
from dam_plugin.store.tables import JobExampleRow, JobRow

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
OPEN: tuple[JobState, ...] = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work: its kind, who asked for it and when, and how far it is.

    `done` and `failed` count what was tried, of about `total`. `cursor` is where it goes on (null: at the beginning); it may
    be an object's key, and is not shown. `lease` is the process that is at it until `leased_until`; `moved_at`, when it last
    got any further. `arguments` is what the kind needs to know (small, and never a name or number of a student); `result`,
    what came of it so far: counts by name. `why` is one sentence of why it could not be done at all.
    """

    id: str
    kind: str
    asked_by: Actor
    at: datetime
    moved_at: datetime
    total: int
    state: JobState = "waiting"
    done: int = 0
    failed: int = 0
    cursor: str | None = field(default=None, repr=False)
    lease: str | None = None
    leased_until: datetime | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, int] = field(default_factory=dict)
    why: str | None = None


@dataclass(frozen=True, slots=True)
class JobExample:
    """A recording's version that a job found something about, and what it is as plain data; never a student's name."""

    asset_id: str
    found: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JobCounts:
    """Jobs by kind and state; what open ones have left, and when the one that stands still the longest moved."""

    states: Mapping[tuple[str, JobState], int]
    left: int
    moved_at: datetime | None


MOST_EXAMPLES = 100
"""How many examples of a job are kept: those that came first."""
_FRESH = {"populate_existing": True}
_NAMES = tuple(each.name for each in fields(Job))


class Jobs:
    """The repository of jobs, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def add(self, job: Job) -> None:
        """Keep a new job."""
        self._session.execute(insert(JobRow).values(**{name: getattr(job, name) for name in _NAMES}))

    def need(self, job_id: str) -> Job:
        """Return a job by its id. Raises UnknownThing."""
        row = self._session.scalar(select(JobRow).where(JobRow.id == job_id), execution_options=_FRESH)
        if row is None:
            raise UnknownThing("no job has this id: `dam-plugin jobs list` shows them")
        return _job(row)

    def newest(self, limit: int) -> list[Job]:
        """Return at most so many jobs, those that are open first, then the newest."""
        is_over = JobRow.state.not_in(OPEN)
        rows = self._session.scalars(select(JobRow).order_by(is_over, JobRow.at.desc(), JobRow.id).limit(limit))
        return [_job(row) for row in rows]

    def open_of(self, kind: str) -> list[Job]:
        """Return the open jobs of a kind, oldest first."""
        query = select(JobRow).where(JobRow.kind == kind, JobRow.state.in_(OPEN)).order_by(JobRow.at, JobRow.id)
        return [_job(row) for row in self._session.scalars(query, execution_options=_FRESH)]

    def last_done(self, kind: str) -> Job | None:
        """Return the job of a kind that was done last; None if none was."""
        query = select(JobRow).where(JobRow.kind == kind, JobRow.state == "done").order_by(JobRow.moved_at.desc())
        row = self._session.scalar(query.limit(1), execution_options=_FRESH)
        return None if row is None else _job(row)

    def forget_over(self, kind: str, keep: int) -> None:
        """Forget the jobs of a kind that are over, but for the newest of them."""
        over = select(JobRow.id).where(JobRow.kind == kind, JobRow.state.not_in(OPEN))
        old = self._session.scalars(over.order_by(JobRow.at.desc()).offset(keep)).all()
        self._session.execute(delete(JobExampleRow).where(JobExampleRow.job_id.in_(old)))
        self._session.execute(delete(JobRow).where(JobRow.id.in_(old)))

    def free(
        self, now: datetime, kinds: Collection[str], job_id: str | None = None, *, attempt: str | None = None
    ) -> list[Job]:
        """Return the open jobs of these kinds (of them this one) that nobody is at, oldest first.

        `attempt`: also those that an earlier process of the same attempt is at (`claim`).
        """
        query = select(JobRow).where(JobRow.kind.in_(kinds), _is_free(now, attempt)).order_by(JobRow.at, JobRow.id)
        query = query if job_id is None else query.where(JobRow.id == job_id)
        return [_job(row) for row in self._session.scalars(query, execution_options=_FRESH)]

    def claim(
        self, job_id: str, lease: str, now: datetime, until: datetime, *, attempt: str | None = None
    ) -> Job | None:
        """Take a job until a moment; None where it is over, or a process is at it.

        A process whose lease begins with `attempt` and a point loses the job: it was killed, or will notice (`keep`).
        """
        free = update(JobRow).where(JobRow.id == job_id, _is_free(now, attempt))
        if not changed(self._session, free.values(state="running", lease=lease, leased_until=until)):
            return None
        return self.need(job_id)

    def keep(self, job: Job) -> bool:
        """Keep how far a job is; False, and nothing is kept, where it was cancelled or another process has taken it.

        What came of it (`result`) is kept by `count`.
        """
        mine = update(JobRow).where(JobRow.id == job.id, JobRow.lease == job.lease, JobRow.state == "running")
        names = ("state", "total", "done", "failed", "cursor", "leased_until", "moved_at", "why")
        return changed(self._session, mine.values({name: getattr(job, name) for name in names})) > 0

    def count(self, job: Job, counts: Mapping[str, int]) -> bool:
        """Add to the result of a job, in the transaction of what is counted; False as with `keep`: then undo that."""
        mine = (JobRow.id == job.id, JobRow.lease == job.lease, JobRow.state == "running")
        known = self._session.scalar(select(JobRow.result).where(*mine))
        if known is None:
            return False
        result = Counter(known)
        result.update(counts)
        return changed(self._session, update(JobRow).where(*mine).values(result=dict(result))) > 0

    def add_examples(self, job: Job, found: Sequence[JobExample]) -> None:
        """Keep what a job found, as far as it has not `MOST_EXAMPLES` already, in the transaction that keeps its place."""
        count = self._session.scalar(select(func.count()).where(JobExampleRow.job_id == job.id)) or 0
        for number, each in enumerate(found[: MOST_EXAMPLES - count], start=count):
            row = {"job_id": job.id, "number": number, "asset_id": each.asset_id, "found": dict(each.found)}
            self._session.execute(insert(JobExampleRow).values(row))

    def examples(self, job_id: str) -> list[JobExample]:
        """Return what a job found first."""
        rows = select(JobExampleRow).where(JobExampleRow.job_id == job_id).order_by(JobExampleRow.number)
        return [JobExample(row.asset_id, row.found) for row in self._session.scalars(rows)]

    def renew(self, job_id: str, lease: str, until: datetime) -> None:
        """Let the process that has a job have it for longer; nothing where it has lost it."""
        mine = update(JobRow).where(JobRow.id == job_id, JobRow.lease == lease, JobRow.state == "running")
        self._session.execute(mine.values(leased_until=until))

    def let_go(self, job_id: str, lease: str) -> None:
        """Let another process take a job at once that this one could not go on with."""
        mine = update(JobRow).where(JobRow.id == job_id, JobRow.lease == lease, JobRow.state == "running")
        self._session.execute(mine.values(state="waiting", lease=None, leased_until=None))

    def cancel(self, job_id: str) -> bool:
        """Cancel an open job: whoever is at it stops after the step at hand. False where it is over."""
        open_one = update(JobRow).where(JobRow.id == job_id, JobRow.state.in_(OPEN))
        return changed(self._session, open_one.values(state="cancelled", lease=None, leased_until=None)) > 0

    def begin_again(self, job_id: str, total: int, now: datetime) -> bool:
        """Let a job begin at its beginning, with what is left; False where a process is at it."""
        values: dict[str, Any] = {"cursor": None, "done": 0, "failed": 0, "total": total, "result": {}}
        if not self._is_waiting_again(job_id, now, values):
            return False
        self._session.execute(delete(JobExampleRow).where(JobExampleRow.job_id == job_id))
        return True

    def go_on(self, job_id: str, now: datetime) -> bool:
        """Let a job go on from where it was; False where a process is at it."""
        return self._is_waiting_again(job_id, now, {})

    def _is_waiting_again(self, job_id: str, now: datetime, values: Mapping[str, Any]) -> bool:
        again = update(JobRow).where(JobRow.id == job_id, or_(JobRow.state.not_in(OPEN), _is_free(now)))
        waiting = again.values(state="waiting", moved_at=now, lease=None, leased_until=None, why=None, **values)
        return changed(self._session, waiting) > 0

    def counts(self) -> JobCounts:
        """Return how many jobs there are of each kind and state, what open ones have left, and when the slowest moved."""
        by = JobRow.kind, JobRow.state
        grouped = self._session.execute(select(*by, func.count()).group_by(*by))
        left = func.sum(JobRow.total - JobRow.done - JobRow.failed)
        open_ones = select(left, func.min(JobRow.moved_at)).where(JobRow.state.in_(OPEN))
        steps, moved_at = self._session.execute(open_ones).one()
        return JobCounts({(kind, state): count for kind, state, count in grouped}, max(0, int(steps or 0)), moved_at)

    def standing_still(self, since: datetime) -> int:
        """Return how many open jobs have got no further since a moment."""
        query = select(func.count()).select_from(JobRow).where(JobRow.state.in_(OPEN), JobRow.moved_at < since)
        return self._session.scalar(query) or 0


def _is_free(now: datetime, attempt: str | None = None) -> ColumnElement[bool]:
    is_ours = false() if attempt is None else JobRow.lease.startswith(f"{attempt}.", autoescape=True)
    return and_(JobRow.state.in_(OPEN), or_(JobRow.leased_until.is_(None), JobRow.leased_until <= now, is_ours))


def _job(row: JobRow) -> Job:
    return Job(**{name: getattr(row, name) for name in _NAMES})
