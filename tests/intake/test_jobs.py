"""A job goes on wherever it broke off, does nothing twice at once, and what it has not done stays kept back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from district import CUSTODIAN, GRADUATION, HALLWAY, PEP_RALLY, TEAM, District
from use_cases import kept
from waiting import wait_until

from dam_plugin.admin.jobs_thread import doing_jobs
from dam_plugin.errors import InputError, StorageError
from dam_plugin.intake import jobs
from dam_plugin.intake.jobs import (
    ALIVE,
    INTAKE_KINDS,
    LEASE,
    TAG_AGAIN,
    Added,
    Kind,
    Ran,
    Step,
    add_job,
    begin_again,
    cancel_job,
    count_in,
    kinds_of,
    run_job,
    run_part,
    run_waiting,
)
from dam_plugin.library.storage_errors import StorageUnreachable
from dam_plugin.services import Services
from dam_plugin.store.jobs import Job

KEYS = (GRADUATION, TEAM, PEP_RALLY, HALLWAY)


@pytest.fixture
def job(district: District) -> Job:
    for key in KEYS:
        district.upload(key)
    return stale_again(district)


def stale_again(district: District) -> Job:
    ids = [kept(district.services, key).asset.id for key in KEYS]
    with district.services.store.writing() as unit:
        unit.words.add_stale(ids, unit.people.last_change())
        made = add_job(district.services, unit, TAG_AGAIN, CUSTODIAN)
    assert made is not None
    return made.job


def stale(district: District) -> set[str]:
    with district.services.store.reading() as unit:
        return set(unit.words.stale_keys())


def on_file(district: District, job: Job) -> Job:
    with district.services.store.reading() as unit:
        return unit.jobs.need(job.id)


def after(count: int, act: Callable[[], object]) -> Callable[[Job], None]:
    """Return what hears of steps and acts behind so many of them."""
    heard: list[Job] = []

    def tell(told: Job) -> None:
        heard.append(told)
        if len(heard) == count:
            act()

    return tell


def killed() -> None:
    # No DamPluginError: nothing is tidied up, as after kill -9.
    raise KeyboardInterrupt


def test_a_job_tags_everything_again_that_is_stale_and_counts_it(district: District, job: Job) -> None:
    seen: list[tuple[int, int]] = []
    ran = run_job(district.services, INTAKE_KINDS, job.id, lambda each: seen.append((each.done, each.total)))
    assert isinstance(ran, Ran)
    assert (ran.counts["tagged_again"], ran.failed, ran.job.state) == (4, 0, "done")
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert stale(district) == set()
    assert run_job(district.services, INTAKE_KINDS) is None


def test_nothing_to_do_makes_no_job(district: District) -> None:
    with district.services.store.writing() as unit:
        assert add_job(district.services, unit, TAG_AGAIN, CUSTODIAN) is None


def test_a_killed_process_loses_its_job_and_another_does_the_rest(
    district: District, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_job(district.services, INTAKE_KINDS, job.id, after(2, killed))
    assert len(stale(district)) == 2
    assert run_job(district.services, INTAKE_KINDS) is None
    with pytest.raises(InputError, match="a process is at this job"):
        begin_again(district.services, INTAKE_KINDS, job.id)
    later = district.services.now() + LEASE
    monkeypatch.setattr(type(district.services), "now", lambda _: later)
    ran = run_job(district.services, INTAKE_KINDS)
    assert ran is not None
    assert (ran.counts["tagged_again"], ran.job.done, ran.job.state) == (2, 4, "done")
    assert stale(district) == set()


def test_two_processes_do_not_work_on_one_job_at_once(district: District, job: Job) -> None:
    others: list[Ran | None] = []
    ran = run_job(
        district.services,
        INTAKE_KINDS,
        job.id,
        lambda _: others.append(run_job(district.services, INTAKE_KINDS, job.id)),
    )
    assert ran is not None
    assert (ran.counts["tagged_again"], others) == (4, [None] * 4)


def test_a_part_of_a_job_ends_once_it_got_further_and_leaves_the_rest(district: District, job: Job) -> None:
    kinds = kinds_of(replace(TAG_AGAIN, part_seconds=0.0))
    parts = [run_part(district.services, kinds, job.id, f"task-{number}") for number in range(6)]
    assert [each and each.done for each in parts] == [1, 2, 3, 4, None, None]
    assert (on_file(district, job).state, stale(district)) == ("done", set())


def test_a_part_that_took_long_to_begin_gets_further_all_the_same(district: District, job: Job) -> None:
    def steps(_: Services, at: Job) -> Iterator[Step]:
        yield ALIVE
        yield Step(total=2)
        for place in ("1", "2"):
            if place > (at.cursor or ""):
                yield Step(place, done=1)

    kinds = kinds_of(replace(TAG_AGAIN, steps=steps, part_seconds=0.0))
    parts = [run_part(district.services, kinds, job.id, f"task-{number}") for number in range(3)]
    assert [each and each.done for each in parts] == [1, 2, None]
    assert on_file(district, job).state == "done"


def test_a_kind_without_parts_is_done_to_its_end(district: District, job: Job) -> None:
    kinds = kinds_of(replace(TAG_AGAIN, part_seconds=None))
    assert run_part(district.services, kinds, job.id, "task-1") is None
    assert on_file(district, job).state == "done"


def test_a_part_of_a_job_that_another_process_has_is_left_alone(district: District, job: Job) -> None:
    parts: list[Job | None] = []
    ran = run_job(
        district.services,
        INTAKE_KINDS,
        job.id,
        lambda _: parts.append(run_part(district.services, INTAKE_KINDS, job.id, "task-2")),
        attempt="task-1",
    )
    assert ran is not None
    assert (ran.job.done, ran.job.state, parts) == (4, "done", [None] * 4)


def test_the_same_attempt_begun_once_more_goes_on_at_once_and_the_first_one_stops(district: District, job: Job) -> None:
    def begun_once_more() -> None:
        assert run_part(district.services, kinds_of(replace(TAG_AGAIN, part_seconds=0.0)), job.id, "task-1") is not None

    ran = run_job(district.services, INTAKE_KINDS, job.id, after(2, begun_once_more), attempt="task-1")
    assert ran is not None
    assert (on_file(district, job).done, len(stale(district))) == (3, 1)
    assert run_waiting(district.services, INTAKE_KINDS) == 1
    over = on_file(district, job)
    assert (over.state, over.done, over.result["tagged_again"]) == ("done", 4, 4)


def test_the_thread_of_jobs_does_none_where_they_are_announced_to_others(district: District) -> None:
    with doing_jobs(replace(district.services, announce_job=lambda _: None)):
        assert "jobs" not in {each.name for each in threading.enumerate()}
    with doing_jobs(district.services):
        assert "jobs" in {each.name for each in threading.enumerate()}


def test_a_storage_that_is_down_leaves_the_job_to_whoever_comes_next(
    district: District, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StorageUnreachable("the storage does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "tag_again", down)
        with pytest.raises(StorageUnreachable):
            run_job(district.services, INTAKE_KINDS)
    assert on_file(district, job).state == "waiting"
    assert run_waiting(district.services, INTAKE_KINDS) == 1
    assert stale(district) == set()


def test_a_recording_that_cannot_be_tagged_stays_stale_and_is_taken_up_again(
    district: District, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = jobs.tag_again

    def one_fails(services: object, key: str) -> object:
        if key == TEAM:
            raise StorageError("no access")
        return real(services, key)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "tag_again", one_fails)
        ran = run_job(district.services, INTAKE_KINDS)
    assert ran is not None
    assert (ran.counts["tagged_again"], ran.failed, ran.job.state) == (3, 1, "failed")
    assert stale(district) == {TEAM}
    assert begin_again(district.services, INTAKE_KINDS, job.id).total == 1
    again = run_job(district.services, INTAKE_KINDS)
    assert again is not None
    assert (again.counts["tagged_again"], again.job.state, stale(district)) == (1, "done", set())


def test_a_cancelled_job_stops_and_what_is_left_is_not_given_out(district: District, job: Job) -> None:
    ran = run_job(district.services, INTAKE_KINDS, job.id, after(1, lambda: cancel_job(district.services, job.id)))
    assert ran is not None
    assert on_file(district, job).state == "cancelled"
    left = stale(district)
    assert len(left) in (2, 3)
    for key in left:
        with pytest.raises(StorageError, match="not tagged again yet"):
            district.share(key)
    with pytest.raises(InputError, match="nothing to cancel"):
        cancel_job(district.services, job.id)
    begin_again(district.services, INTAKE_KINDS, job.id)
    assert run_waiting(district.services, INTAKE_KINDS) == 1
    assert stale(district) == set()


def test_what_becomes_stale_during_a_job_is_not_lost(district: District, job: Job) -> None:
    more: list[Job] = []
    run_job(district.services, INTAKE_KINDS, job.id, after(3, lambda: more.append(stale_again(district))))
    assert run_waiting(district.services, INTAKE_KINDS) == len(more)
    assert stale(district) == set()


def test_a_thread_does_the_jobs_that_wait_and_ends(district: District, job: Job) -> None:
    with doing_jobs(district.services):
        wait_until(lambda: on_file(district, job).state == "done", "the job is done")
    assert stale(district) == set()


def test_a_worker_that_is_to_stop_leaves_the_rest_to_another(district: District, job: Job) -> None:
    asked = iter((False, False, True))
    assert run_waiting(district.services, INTAKE_KINDS, lambda: next(asked, True)) == 0
    assert on_file(district, job).state == "waiting"
    assert 0 < len(stale(district)) < 4
    assert run_waiting(district.services, INTAKE_KINDS) == 1


# Other kinds


def copying(services: Services, job: Job) -> Iterator[Step]:
    """Count to three, one recording a step."""
    del services
    for number in range(int(job.cursor or 0) + 1, 4):
        yield Step(str(number), done=1, counts={"copied": 2})


COPY = Kind("copy", lambda *_: 3, copying, same_by=("to",))


def asked(district: District, kind: Kind, **arguments: str) -> Added:
    with district.services.store.writing() as unit:
        added = add_job(district.services, unit, kind, CUSTODIAN, arguments)
    assert added is not None
    return added


def test_a_process_leaves_a_kind_alone_that_it_does_not_know(district: District) -> None:
    job = asked(district, COPY).job
    assert run_job(district.services, INTAKE_KINDS) is None
    assert run_job(district.services, INTAKE_KINDS, job.id) is None
    with pytest.raises(InputError, match="a newer one began it"):
        begin_again(district.services, INTAKE_KINDS, job.id)
    ran = run_job(district.services, kinds_of(COPY))
    assert ran is not None
    assert (ran.job.state, ran.job.done, ran.job.result) == ("done", 3, {"copied": 6})


def test_a_process_leaves_a_job_alone_that_a_newer_version_asked_for(district: District) -> None:
    newer, own = asked(district, COPY, to="a", speed="high").job, asked(district, COPY, to="b").job
    older_kinds = kinds_of(replace(COPY, takes=("to",)))
    assert run_waiting(district.services, older_kinds) == 1
    assert [on_file(district, each).state for each in (newer, own)] == ["waiting", "done"]
    with pytest.raises(InputError, match="a newer version of the program asked for this job"):
        begin_again(district.services, older_kinds, newer.id)
    run_waiting(district.services, kinds_of(replace(COPY, takes=("to", "speed"))))
    assert on_file(district, newer).state == "done"


def test_a_job_that_is_open_already_is_not_added_twice(district: District) -> None:
    first = asked(district, COPY, to="a", why="one")
    assert asked(district, COPY, to="a", why="two") == Added(first.job, was_open=True)
    assert not asked(district, COPY, to="b").was_open
    cancel_job(district.services, first.job.id)
    assert not asked(district, COPY, to="a").was_open


def test_a_cancelled_job_goes_on_where_it_was(district: District) -> None:
    job = asked(district, COPY).job
    run_job(district.services, kinds_of(COPY), job.id, after(2, lambda: cancel_job(district.services, job.id)))
    again = begin_again(district.services, kinds_of(COPY), job.id)
    assert (again.cursor, again.done, again.result) == ("2", 2, {"copied": 4})
    run_waiting(district.services, kinds_of(COPY))
    assert (on_file(district, job).done, on_file(district, job).result) == (3, {"copied": 6})
    assert begin_again(district.services, kinds_of(COPY), job.id).result == {}


def test_a_process_leaves_alone_what_it_cannot_do_now_and_does_what_is_behind_it(district: District) -> None:
    first, second = asked(district, COPY, to="a").job, asked(district, COPY, to="b").job
    kind = replace(COPY, why_not=lambda _, job: "the rules are others" if job.arguments["to"] == "a" else None)
    assert run_waiting(district.services, kinds_of(kind)) == 1
    assert [on_file(district, each).state for each in (first, second)] == ["waiting", "done"]
    with pytest.raises(InputError, match="the rules are others"):
        begin_again(district.services, kinds_of(kind), first.id)


def test_a_job_that_cannot_be_done_at_all_fails_and_is_not_tried_for_ever(district: District) -> None:
    def refused(*_: object) -> Iterator[Step]:
        yield Step("1", done=1)
        raise InputError("it is held")

    job = asked(district, COPY).job
    kinds = kinds_of(replace(COPY, steps=refused))
    with pytest.raises(InputError, match="it is held"):
        run_job(district.services, kinds)
    failed = on_file(district, job)
    assert (failed.state, failed.done, failed.why) == ("failed", 1, "it is held")
    assert run_waiting(district.services, kinds) == 0
    assert begin_again(district.services, kinds, job.id).why is None


def test_a_step_that_takes_long_keeps_its_lease(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [district.services.now()]
    monkeypatch.setattr(type(district.services), "now", lambda _: moments[-1])
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.01)
    others: list[Ran | None] = []

    def is_renewed() -> bool:
        until = on_file(district, job).leased_until
        return until is not None and until >= moments[-1] + LEASE

    def long(services: Services, job: Job) -> Iterator[Step]:
        for _ in range(3):
            moments.append(moments[-1] + LEASE * 0.9)
            wait_until(is_renewed, "the lease is renewed")
            others.append(run_job(services, kinds_of(COPY), job.id))
        yield Step("3", done=3)

    job = asked(district, COPY).job
    ran = run_job(district.services, kinds_of(replace(COPY, steps=long)), job.id)
    assert ran is not None
    assert (others, ran.job.state, ran.job.done) == ([None] * 3, "done", 3)
    assert (on_file(district, job).leased_until, on_file(district, job).state) == (None, "done")


def test_a_process_that_is_to_stop_does_so_within_a_large_step(district: District) -> None:
    def large(*_: object) -> Iterator[Step]:
        yield ALIVE
        pytest.fail("it went on")

    job = asked(district, COPY).job
    asked_to_stop = iter((False, True))
    assert run_waiting(district.services, kinds_of(replace(COPY, steps=large)), lambda: next(asked_to_stop)) == 0
    assert on_file(district, job).state == "waiting"


def test_what_a_step_counts_in_its_own_transaction_is_undone_where_the_job_was_cancelled(district: District) -> None:
    def counting(services: Services, job: Job) -> Iterator[Step]:
        cancel_job(services, job.id)
        with services.store.writing() as unit:
            unit.jobs.add(replace(job, id="job-0"))
            count_in(unit, job, {"copied": 1})
        yield Step("1", done=1)

    job = asked(district, COPY).job
    ran = run_job(district.services, kinds_of(replace(COPY, steps=counting)), job.id)
    assert ran is not None
    assert (on_file(district, job).state, on_file(district, job).done) == ("cancelled", 0)
    with district.services.store.reading() as unit:
        assert [each.id for each in unit.jobs.newest(9)] == [job.id]
