"""Jobs on both databases: one process at a time has a job, and one that was killed loses it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Actor
from dam_plugin.store import Store
from dam_plugin.store.jobs import Job

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
BY = Actor("custodian", "records-office")


@pytest.fixture
def job(store: Store) -> Job:
    made = Job("job-1", "tag again", BY, NOW, NOW, 10)
    with store.writing() as unit:
        unit.jobs.add(made)
    return made


def claim(store: Store, lease: str, now: datetime = NOW, job_id: str | None = None) -> Job | None:
    with store.writing() as unit:
        return unit.jobs.claim(lease, now, now + timedelta(minutes=2), job_id)


def keep(store: Store, job: Job) -> bool:
    with store.writing() as unit:
        return unit.jobs.keep(job)


def on_file(store: Store) -> Job:
    with store.reading() as unit:
        return unit.jobs.need("job-1")


def test_a_job_is_read_back_as_it_was_kept(store: Store, job: Job) -> None:
    assert on_file(store) == job
    with store.reading() as unit, pytest.raises(UnknownThing, match="jobs list"):
        unit.jobs.need("job-2")


def test_one_process_has_a_job_until_its_lease_is_over(store: Store, job: Job) -> None:
    first = claim(store, "one")
    assert first == replace(job, state="running", lease="one", leased_until=LATER)
    assert claim(store, "two") is None
    assert claim(store, "two", NOW + timedelta(minutes=1), "job-1") is None
    second = claim(store, "two", LATER)
    assert second is not None
    assert second.lease == "two"
    assert not keep(store, replace(first, done=1))
    assert keep(store, replace(second, done=2))
    assert on_file(store).done == 2


def test_the_oldest_job_comes_first(store: Store, job: Job) -> None:
    with store.writing() as unit:
        unit.jobs.add(replace(job, id="job-0", at=NOW + timedelta(seconds=1)))
    assert [each.id if each else None for each in (claim(store, "a"), claim(store, "b"), claim(store, "c"))] == [
        "job-1",
        "job-0",
        None,
    ]


def test_a_process_that_lets_go_leaves_the_job_to_others_at_once(store: Store, job: Job) -> None:
    claim(store, "one")
    with store.writing() as unit:
        unit.jobs.let_go("job-1", "another")
    assert claim(store, "two") is None
    with store.writing() as unit:
        unit.jobs.let_go("job-1", "one")
    assert claim(store, "two") is not None
    del job


def test_a_cancelled_job_takes_no_more_progress(store: Store, job: Job) -> None:
    mine = claim(store, "one")
    assert mine is not None
    with store.writing() as unit:
        assert unit.jobs.cancel("job-1")
        assert not unit.jobs.cancel("job-1")
    assert not keep(store, replace(mine, done=1))
    assert claim(store, "two", LATER) is None
    assert on_file(store) == replace(job, state="cancelled")


def test_a_job_begins_again_with_what_is_left_unless_a_process_is_at_it(store: Store, job: Job) -> None:
    mine = claim(store, "one")
    assert mine is not None
    with store.writing() as unit:
        assert not unit.jobs.begin_again("job-1", 3, NOW)
        assert unit.jobs.keep(replace(mine, state="failed", done=4, failed=3, cursor="x", leased_until=None))
        assert unit.jobs.begin_again("job-1", 3, LATER)
    assert on_file(store) == replace(job, total=3, moved_at=LATER)


def test_open_jobs_are_listed_first_and_those_that_stand_still_are_counted(store: Store, job: Job) -> None:
    with store.writing() as unit:
        unit.jobs.add(replace(job, id="job-2", at=LATER, moved_at=LATER, state="done"))
        unit.jobs.add(replace(job, id="job-3", at=LATER, moved_at=LATER))
        assert [each.id for each in unit.jobs.newest(9)] == ["job-3", "job-1", "job-2"]
        assert [each.id for each in unit.jobs.newest(1)] == ["job-3"]
        assert (unit.jobs.standing_still(NOW), unit.jobs.standing_still(LATER)) == (0, 1)
