"""Long work in batches: what is to be done, how far it is, and which process is at it; in the database.

What a kind of job does is in `intake/jobs.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Actor
from dam_plugin.store.sql import changed
from dam_plugin.store.tables import JobRow

JobKind = Literal["tag again"]
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
OPEN: tuple[JobState, ...] = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work: its kind, who asked for it and when, and how far it is.

    `done` and `failed` count what was tried, of about `total`. `cursor` is where it goes on (null: at the beginning); it may
    be an object's key, and is not shown. `lease` is the process that is at it until `leased_until`; `moved_at`, when it last
    got any further.
    """

    id: str
    kind: JobKind
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
        row = self._session.scalar(
            select(JobRow).where(JobRow.id == job_id), execution_options={"populate_existing": True}
        )
        if row is None:
            raise UnknownThing("no job has this id: `dam-plugin jobs list` shows them")
        return _job(row)

    def newest(self, limit: int) -> list[Job]:
        """Return at most so many jobs, those that are open first, then the newest."""
        is_over = JobRow.state.not_in(OPEN)
        rows = self._session.scalars(select(JobRow).order_by(is_over, JobRow.at.desc(), JobRow.id).limit(limit))
        return [_job(row) for row in rows]

    def free(self, now: datetime, job_id: str | None = None) -> str | None:
        """Return the id of the oldest open job (or of this one) that nobody is at; None if there is none."""
        query = select(JobRow.id).where(_is_free(now)).order_by(JobRow.at, JobRow.id).limit(1)
        return self._session.scalar(query if job_id is None else query.where(JobRow.id == job_id))

    def claim(self, lease: str, now: datetime, until: datetime, job_id: str | None = None) -> Job | None:
        """Take the oldest open job (or this one) that nobody is at, until a moment; None if there is none."""
        found = self.free(now, job_id)
        if found is None:
            return None
        taken = update(JobRow).where(JobRow.id == found).values(state="running", lease=lease, leased_until=until)
        self._session.execute(taken)
        return self.need(found)

    def keep(self, job: Job) -> bool:
        """Keep how far a job is; False, and nothing is kept, where it was cancelled or another process has taken it."""
        mine = update(JobRow).where(JobRow.id == job.id, JobRow.lease == job.lease, JobRow.state == "running")
        names = ("state", "done", "failed", "cursor", "leased_until", "moved_at")
        return changed(self._session, mine.values({name: getattr(job, name) for name in names})) > 0

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
        nobody = or_(JobRow.state.not_in(OPEN), _is_free(now))
        again = update(JobRow).where(JobRow.id == job_id, nobody)
        values = {"state": "waiting", "cursor": None, "done": 0, "failed": 0, "total": total, "moved_at": now}
        return changed(self._session, again.values(**values, lease=None, leased_until=None)) > 0

    def standing_still(self, since: datetime) -> int:
        """Return how many open jobs have got no further since a moment."""
        query = select(func.count()).select_from(JobRow).where(JobRow.state.in_(OPEN), JobRow.moved_at < since)
        return self._session.scalar(query) or 0


def _is_free(now: datetime) -> ColumnElement[bool]:
    return and_(JobRow.state.in_(OPEN), or_(JobRow.leased_until.is_(None), JobRow.leased_until <= now))


def _job(row: JobRow) -> Job:
    return Job(**{name: getattr(row, name) for name in _NAMES})
