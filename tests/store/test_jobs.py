"""Jobs on both databases: one process at a time has a job, and one that was killed loses it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databases import DATABASES, empty_database, run_sql

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Actor
from dam_plugin.store import Store
from dam_plugin.store.jobs import MOST_EXAMPLES, Job, JobExample

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
        free = unit.jobs.free(now, ["tag again"], job_id)
        return unit.jobs.claim(free[0].id, lease, now, now + timedelta(minutes=2)) if free else None


def keep(store: Store, job: Job) -> bool:
    with store.writing() as unit:
        return unit.jobs.keep(job)


def on_file(store: Store) -> Job:
    with store.reading() as unit:
        return unit.jobs.need("job-1")


def test_a_job_is_read_back_as_it_was_kept(store: Store, job: Job) -> None:
    assert on_file(store) == job
    asked = replace(job, id="job-3", arguments={"digest": "1f", "days": 3}, result={"changed": 2})
    with store.writing() as unit:
        unit.jobs.add(asked)
        assert unit.jobs.need("job-3") == asked
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


def test_a_kind_that_a_process_does_not_know_is_not_free_for_it(store: Store, job: Job) -> None:
    with store.writing() as unit:
        unit.jobs.add(replace(job, id="job-0", kind="of a newer version", at=NOW - timedelta(days=1)))
        assert [each.id for each in unit.jobs.free(NOW, ["tag again"])] == ["job-1"]
        assert [each.id for each in unit.jobs.open_of("of a newer version")] == ["job-0"]
        assert unit.jobs.claim("job-1", "one", NOW, LATER) is not None
        assert unit.jobs.claim("job-1", "two", NOW, LATER) is None


def test_counts_are_added_up_by_the_process_that_has_the_job_and_by_no_other(store: Store, job: Job) -> None:
    mine = claim(store, "one")
    assert mine is not None
    with store.writing() as unit:
        assert unit.jobs.count(mine, {"changed": 2})
        assert unit.jobs.count(mine, {"changed": 1, "closed": 1})
        assert not unit.jobs.count(replace(mine, lease="two"), {"changed": 5})
        assert unit.jobs.keep(replace(mine, done=3))
    assert on_file(store).result == {"changed": 3, "closed": 1}
    with store.writing() as unit:
        unit.jobs.cancel("job-1")
        assert not unit.jobs.count(mine, {"changed": 5})
    assert on_file(store).result == {"changed": 3, "closed": 1}


def test_a_job_goes_on_with_its_place_and_counts_unless_a_process_is_at_it(store: Store, job: Job) -> None:
    mine = claim(store, "one")
    assert mine is not None
    with store.writing() as unit:
        unit.jobs.count(mine, {"changed": 2})
        unit.jobs.keep(replace(mine, cursor="x", done=2))
        assert not unit.jobs.go_on("job-1", NOW)
        unit.jobs.cancel("job-1")
        assert unit.jobs.go_on("job-1", LATER)
    assert on_file(store) == replace(job, cursor="x", done=2, result={"changed": 2}, moved_at=LATER)


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
        assert unit.jobs.count(mine, {"changed": 4})
        assert unit.jobs.keep(replace(mine, state="failed", done=4, failed=3, cursor="x", leased_until=None))
        assert unit.jobs.begin_again("job-1", 3, LATER)
    assert on_file(store) == replace(job, total=3, moved_at=LATER)


def test_the_first_examples_of_a_job_are_kept_until_it_begins_anew_or_is_forgotten(store: Store, job: Job) -> None:
    found = [JobExample(f"a-{number}", {"closed": number}) for number in range(MOST_EXAMPLES + 10)]
    with store.writing() as unit:
        unit.jobs.add(replace(job, id="job-2", state="done"))
        unit.jobs.add_examples(job, found[:70])
        unit.jobs.add_examples(job, found[70:])
        unit.jobs.add_examples(replace(job, id="job-2"), found[:1])
        assert unit.jobs.examples("job-1") == found[:MOST_EXAMPLES]
        assert unit.jobs.begin_again("job-1", 10, NOW)
        assert (unit.jobs.examples("job-1"), unit.jobs.examples("job-2")) == ([], found[:1])
        unit.jobs.forget_over("tag again", 0)
        assert unit.jobs.examples("job-2") == []


def test_open_jobs_are_listed_first_and_those_that_stand_still_are_counted(store: Store, job: Job) -> None:
    with store.writing() as unit:
        unit.jobs.add(replace(job, id="job-2", at=LATER, moved_at=LATER, state="done"))
        unit.jobs.add(replace(job, id="job-3", at=LATER, moved_at=LATER))
        assert [each.id for each in unit.jobs.newest(9)] == ["job-3", "job-1", "job-2"]
        assert [each.id for each in unit.jobs.newest(1)] == ["job-3"]
        assert (unit.jobs.standing_still(NOW), unit.jobs.standing_still(LATER)) == (0, 1)


@pytest.mark.parametrize("kind", DATABASES)
def test_an_upgrade_keeps_the_jobs_on_file_with_their_leases(kind: str, tmp_path: Path) -> None:
    former = (
        "CREATE TABLE former AS SELECT id, kind, asked_by, at, moved_at, total, state, done, failed, cursor, lease, "
        "leased_until FROM jobs"
    )
    with empty_database(kind, tmp_path) as url:
        store = Store(url)
        store.upgrade()
        running = Job(
            "job-1", "tag again", BY, NOW, LATER, 10, "running", 4, 1, cursor="x", lease="one", leased_until=LATER
        )
        with store.writing() as unit:
            unit.jobs.add(running)
        gone = ("DROP TABLE job_examples", "DROP TABLE news", "DROP TABLE workers", "DROP TABLE jobs")
        undone = (former, *gone, "ALTER TABLE former RENAME TO jobs")
        run_sql(store, *undone, "UPDATE alembic_version SET version_num = '20261130_words'")
        store.close()
        store = Store(url)
        store.upgrade()
        assert on_file(store) == running
        # The process that was at it goes on, and counts what it could not count before.
        example = JobExample("a-1", {"closed": 0})
        with store.writing() as unit:
            assert unit.jobs.count(running, {"tagged_again": 1})
            assert unit.jobs.keep(replace(running, done=5))
            unit.jobs.add_examples(running, [example])
        with store.reading() as unit:
            assert unit.jobs.examples(running.id) == [example]
        assert on_file(store) == replace(running, done=5, result={"tagged_again": 1})
        store.close()
